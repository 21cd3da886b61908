/* How each brand offers a call, opens and closes its media; and the far end that listens. */
#include "other.h"

#include <arpa/inet.h>
#include <openssl/rand.h>
#include <sys/socket.h>
#include <unistd.h>

static bool wide(const struct office *o, const struct seat *s)
{
    return s->version >= 17 && o->p->brand != MOD_SKINNY && o->p->brand != LIBSCCP;
}

/* ---- call presentation ----------------------------------------------------------------------- */

void send_state(struct office *o, struct seat *s, unsigned state, uint32_t ref)
{
    struct bytes b = {0};

    put32(&b, state);
    put32(&b, 1);
    put32(&b, ref);
    if (o->p->brand != MOD_SKINNY) {
        const bool full = o->p->brand == CUCM || o->p->brand == CM41 || o->p->brand == CHAN_SCCP;
        put32(&b, 0);
        put32(&b, full ? 4 : 0);
        put32(&b, 0);
    }
    seat_send(o, s, 0x0111, &b);
}

void send_tone(struct office *o, struct seat *s, unsigned tone, uint32_t ref)
{
    struct bytes b = {0};

    put32(&b, tone);
    if (o->p->brand != CM3) { /* old servers send the tone alone */
        put32(&b, 0);
        put32(&b, 1);
        put32(&b, ref);
    }
    seat_send(o, s, 0x0082, &b);
}

static void send_words(struct office *o, struct seat *s, uint32_t id, size_t n, const uint32_t *w)
{
    struct bytes b = {0};

    for (size_t i = 0; i < n; i++)
        put32(&b, w[i]);
    seat_send(o, s, id, &b);
}
#define WORDS(o, s, id, ...)                                                                       \
    send_words((o), (s), (id), sizeof((uint32_t[]){__VA_ARGS__}) / 4, (uint32_t[]){__VA_ARGS__})

/* Names, numbers and reasons of a call from 1001 to the pilot, forwarded by nobody. */
static void info_static(struct office *o, struct seat *s, uint32_t ref)
{
    struct bytes b = {0};

    put_text(&b, "Ann", 40);
    put_text(&b, "1001", 24);
    put_text(&b, "Pilot", 40);
    put_text(&b, "8000", 24);
    put32(&b, 1);
    put32(&b, ref);
    put32(&b, 1);
    if (o->p->brand != CM3)
        put_zero(&b, 40 + 24 + 40 + 24 + 4 + 4 + 4 * 24);
    if (o->p->brand != CM3 && o->p->brand != MOD_SKINNY) {
        put32(&b, 1);
        put32(&b, o->p->pipe == TLS12_MUTUAL ? 3 : 0);
        put32(&b, 0);
    }
    seat_send(o, s, 0x008F, &b);
}

static void info_dynamic(struct office *o, struct seat *s, uint32_t ref)
{
    /* chan-sccp leaves AlternateCallingParty out below 16 and puts two more strings at the end. */
    const bool alternate = o->p->brand != CHAN_SCCP || s->version >= 16;
    const unsigned rest = o->p->brand == CHAN_SKINNY ? 10 : o->p->brand == CHAN_SCCP ? 12 : 12;
    struct bytes b = {0};

    put32(&b, 1);
    put32(&b, ref);
    put32(&b, 1);
    put_zero(&b, 8);
    put32(&b, 1);
    put32(&b, o->p->pipe == TLS12_MUTUAL ? 3 : 1);
    put32(&b, 0);
    put_string(&b, "1001");
    if (alternate)
        put_string(&b, "");
    put_string(&b, "8000");
    for (unsigned i = 2; i < rest; i++)
        put_string(&b, i == 8 ? "Ann" : "");
    seat_send(o, s, 0x014A, &b);
}

static void send_info(struct office *o, struct seat *s, uint32_t ref)
{
    const enum brand b = o->p->brand;

    if ((b == CHAN_SCCP && s->version >= 8) || (b == CHAN_SKINNY && s->version >= 17) ||
        (b == CUCM && s->version >= 17))
        info_dynamic(o, s, ref);
    else
        info_static(o, s, ref);
}

void send_offer(struct office *o, struct seat *s, uint32_t ref)
{
    const bool info_first = o->p->brand == MOD_SKINNY || o->p->brand == LIBSCCP;

    if (info_first)
        send_info(o, s, ref);
    send_state(o, s, 4, ref);
    WORDS(o, s, 0x0110, 1, ref, 3, 0xffff);
    if (!info_first)
        send_info(o, s, ref);
    WORDS(o, s, 0x0086, 9, 1, 5);
    WORDS(o, s, 0x0085, 2, 1, 1, ref);
}

/* ---- media ----------------------------------------------------------------------------------- */

static void put_address(const struct office *o, const struct seat *s, struct bytes *b, bool known)
{
    static const uint8_t here[4] = {127, 0, 0, 1};

    if (wide(o, s))
        put32(b, 0);
    if (known)
        put_mem(b, here, 4);
    else
        put_zero(b, 4);
    if (wide(o, s))
        put_zero(b, 12);
}

static void put_keys(struct bytes *b, unsigned algorithm, const uint8_t *key, const uint8_t *salt)
{
    put32(b, algorithm);
    put16(b, algorithm ? 16 : 0);
    put16(b, algorithm ? 14 : 0);
    if (algorithm) {
        put_mem(b, key, 16);
        put_mem(b, salt, 14);
        put_zero(b, 2);
    } else {
        put_zero(b, 32);
    }
}

/* Conference and call reference as each brand fills them in. */
static uint32_t conference(const struct office *o, const struct leg *l)
{
    return o->p->brand == CHAN_SKINNY ? l->party : l->ref;
}
static uint32_t reference(const struct office *o, const struct leg *l)
{
    return o->p->brand == CHAN_SKINNY ? 0 : l->ref;
}

static size_t orc_size(const struct office *o, const struct seat *s)
{
    switch (o->p->brand) {
    case CHAN_SCCP:
        return s->version >= 21 ? 168 : s->version >= 17 ? 128 : s->version >= 11 ? 108 : 92;
    case CHAN_SKINNY:
        return 168;
    case MOD_SKINNY:
        return 92;
    case LIBSCCP:
        return 120;
    case CM3:
        return 28;
    case CM41:
        return 68;
    case CUCM:
        break;
    }
    return s->version >= 21 ? 168 : 132;
}

static size_t smt_size(const struct office *o, const struct seat *s)
{
    switch (o->p->brand) {
    case MOD_SKINNY:
        return 40;
    case LIBSCCP:
        return 116;
    case CM3:
        return 44;
    case CM41:
        return 84;
    case CHAN_SCCP:
    case CHAN_SKINNY:
    case CUCM:
        break;
    }
    return s->version >= 21 ? 168 : s->version >= 17 ? 132 : s->version >= 15 ? 116 : 112;
}

static void send_sized(struct office *o, struct seat *s, uint32_t id, struct bytes *b, size_t size)
{
    if (b->n < size)
        put_zero(b, size - b->n);
    b->n = size;
    seat_send(o, s, id, b);
}

void send_orc(struct office *o, struct seat *s, struct leg *l, unsigned algorithm)
{
    struct bytes b = {0};

    put32(&b, conference(o, l));
    put32(&b, l->party);
    put32(&b, o->p->ms);
    put32(&b, o->p->law);
    put32(&b, o->p->brand == MOD_SKINNY ? 0x01000000 : 0); /* its byte-swapped word */
    put32(&b, 0);
    put32(&b, reference(o, l));
    put_keys(&b, algorithm, l->orc_key, l->orc_salt);
    put_zero(&b, 20);
    put32(&b, o->p->brand == CUCM ? 10 : 0);
    put_zero(&b, 8);
    put_address(o, s, &b, o->p->brand == CUCM);
    put32(&b, o->p->brand == CUCM ? 4000 : 0);
    if (!algorithm)
        l->says.tag = 0;
    else
        srtp_keys(&l->says, l->orc_key, l->orc_salt, algorithm == 2 ? 10 : 4);
    send_sized(o, s, 0x0105, &b, orc_size(o, s));
}

void send_smt(struct office *o, struct seat *s, struct leg *l, unsigned algorithm)
{
    struct bytes b = {0};

    put32(&b, conference(o, l));
    put32(&b, l->party);
    put_address(o, s, &b, true);
    put32(&b, l->port);
    put32(&b, o->p->ms);
    put32(&b, o->p->law);
    put32(&b, 184);
    put_zero(&b, 8);
    put32(&b, 0);
    put32(&b, reference(o, l));
    put_keys(&b, algorithm, l->smt_key, l->smt_salt);
    put_zero(&b, 20);
    put32(&b, 10);
    if (!algorithm)
        l->hears.tag = 0;
    else
        srtp_keys(&l->hears, l->smt_key, l->smt_salt, algorithm == 2 ? 10 : 4);
    send_sized(o, s, 0x008A, &b, smt_size(o, s));
}

void send_media_end(struct office *o, struct seat *s, const struct leg *l)
{
    const uint32_t ref = l->ref, party = l->party;

    switch (o->p->brand) {
    case CM3:
    case CM41:
        WORDS(o, s, 0x0106, ref, party);
        WORDS(o, s, 0x008B, ref, party);
        return;
    case MOD_SKINNY:
        WORDS(o, s, 0x0106, ref, party, ref);
        WORDS(o, s, 0x008B, ref, party, ref);
        return;
    case LIBSCCP:
        WORDS(o, s, 0x0106, ref, party, ref);
        WORDS(o, s, 0x008B, ref, party, ref, 0);
        return;
    case CHAN_SKINNY:
        WORDS(o, s, 0x0106, 0, party, 0, 0);
        WORDS(o, s, 0x008B, 0, party, 0, 0, 0);
        return;
    case CHAN_SCCP:
    case CUCM:
        break;
    }
    WORDS(o, s, 0x0106, ref, party, ref, 0);
    WORDS(o, s, 0x008B, ref, party, ref, 0);
}

/* ---- the far end ----------------------------------------------------------------------------- */

static uint32_t party_of(const struct office *o, uint32_t ref)
{
    switch (o->p->brand) {
    case CHAN_SCCP:
    case LIBSCCP:
        return ~ref;
    case CHAN_SKINNY:
        return ref;
    case MOD_SKINNY:
    case CM3:
    case CM41:
    case CUCM:
        break;
    }
    return ref + 0x100;
}

void leg_rekey(struct leg *l)
{
    l->heard_before = l->hears;
    RAND_bytes(l->orc_key, 16);
    RAND_bytes(l->orc_salt, 14);
    RAND_bytes(l->smt_key, 16);
    RAND_bytes(l->smt_salt, 14);
    l->packets = l->payload_len = 0;
}

struct leg *leg_open(struct office *o, uint32_t ref)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    struct leg *l = o->legs;

    while (l < o->legs + 4 && l->open)
        l++;
    if (l == o->legs + 4)
        give_up("too many calls");
    memset(l, 0, sizeof *l);
    l->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (l->fd < 0 || bind(l->fd, (struct sockaddr *)&a, len) ||
        getsockname(l->fd, (struct sockaddr *)&a, &len))
        give_up("no socket for media");
    l->open = true;
    l->port = ntohs(a.sin_port);
    l->ref = ref;
    l->party = party_of(o, ref);
    leg_rekey(l);
    return l;
}

void leg_close(struct leg *l)
{
    close(l->fd);
    l->open = false;
}

static void look_at_rtp(const struct office *o, struct leg *l, const uint8_t *p, size_t len,
                        uint16_t from)
{
    const unsigned type = o->p->law == ULAW ? 0 : 8, bytes = o->p->ms * 8;
    const uint16_t seq = (uint16_t)(p[2] << 8 | p[3]);
    const uint32_t time = (uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 | (uint32_t)p[6] << 8 | p[7];
    /* A sender that overslept goes on with a later time stamp: that begins a talk spurt too. */
    const bool spurt = l->packets == 0 || time != l->time + bytes;

    if (p[0] != 0x80 || (p[1] & 127) != type || len != 12 + bytes)
        deviation("RTP of %zu bytes, first two %02x %02x", len, p[0], p[1]);
    if (!l->goes_on && (p[1] & 128) != (spurt ? 128 : 0))
        deviation("the marker of packet %u", l->packets);
    if (l->packets && seq != (uint16_t)(l->seq + 1))
        deviation("packet %u: sequence number %u after %u", l->packets, seq, l->seq);
    if (l->packets && from != l->heard_port)
        deviation("RTP comes from port %u, then from %u", l->heard_port, from);
    l->heard_port = from;
    l->seq = seq;
    l->time = time;
}

void leg_hears(struct office *o, struct leg *l)
{
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    uint8_t p[2048];
    const ssize_t got = recvfrom(l->fd, p, sizeof p, 0, (struct sockaddr *)&peer, &size);
    const size_t len = got > 0 ? srtp_open(&l->hears, p, (size_t)got) : 0;

    if (!len && l->heard_before.tag && srtp_open(&l->heard_before, p, (size_t)got))
        return; /* it was under way when the keys changed */
    if (!len) {
        deviation("call %x: a packet of %zd bytes does not authenticate", l->ref, got);
        return;
    }
    look_at_rtp(o, l, p, len, ntohs(peer.sin_port));
    if (l->payload_len + len - 12 <= sizeof l->heard) {
        memcpy(l->heard + l->payload_len, p + 12, len - 12);
        l->payload_len += (unsigned)(len - 12);
    }
    l->packets++;
}

void leg_says(struct office *o, struct leg *l, unsigned packets)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(l->device_port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (unsigned i = 1; i <= packets; i++) {
        uint8_t p[512] = {0x80, o->p->law == ULAW ? 0 : 8, 0, (uint8_t)i};
        const size_t bytes = o->p->ms * 8;
        memset(p + 12, 0xd5, bytes);
        p[6] = (uint8_t)(bytes * i >> 8);
        p[7] = (uint8_t)(bytes * i);
        p[11] = 77;
        sendto(l->fd, p, srtp_seal(&l->says, p, 12 + bytes), 0, (struct sockaddr *)&to, sizeof to);
    }
}
