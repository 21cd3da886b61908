/* How each brand registers a port: versions, RegisterAck, templates, what it leaves unanswered. */
#include "other.h"

#include <stdio.h>

static const char caps_law[] = "capabilities without the codec";

/* Which word stands in the header of what we send (sccp.md 1.3). */
bool brand_puts_version(const struct office *o, const struct seat *s, uint32_t id)
{
    switch (o->p->brand) {
    case CHAN_SCCP:
        return s->version >= 10 && id != 0x0081 && id != 0x0100 && id != 0x0118;
    case CUCM:
        return s->version >= 17;
    case CHAN_SKINNY:
    case MOD_SKINNY:
    case LIBSCCP:
    case CM3:
    case CM41:
        break;
    }
    return false;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* chan-sccp's table of versions (2.1). */
static unsigned chan_sccp_picks(unsigned offer)
{
    static const unsigned known[] = {22, 21, 20, 19, 18, 17, 16, 15, 11, 10, 9, 8, 5};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i] <= offer)
            return known[i];
    return 3;
}

static unsigned agree(const struct office *o, unsigned offer)
{
    const unsigned most = least(offer, o->p->best);

    switch (o->p->brand) {
    case CHAN_SCCP:
        return chan_sccp_picks(most);
    case MOD_SKINNY:
    case CM3:
        return 0;
    case LIBSCCP:
        return most < 3 ? 3 : most;
    case CHAN_SKINNY: /* its layouts follow the offer */
        return offer;
    case CM41:
    case CUCM:
        break;
    }
    return most;
}

static void features(struct bytes *b, const struct office *o, unsigned version)
{
    switch (o->p->brand) {
    case CHAN_SCCP:
        put8(b, version);
        put8(b, version < 5 ? 0 : 0x20);
        put8(b, version < 5 ? 0 : 0xf1);
        put8(b, version < 5 ? 0 : version < 11 ? 0xfe : 0xff);
        return;
    case CHAN_SKINNY:
        put32(b, '0');
        return;
    case LIBSCCP:
        put8(b, version);
        put8(b, 0x20);
        put8(b, version < 11 ? 0 : 0xf1);
        put8(b, version < 11 ? 0xfe : 0xff);
        return;
    case MOD_SKINNY:
    case CM3:
    case CM41:
    case CUCM:
        break;
    }
    put32(b, version);
}

enum { KEEPALIVE_S = 1 };

static void acknowledge(struct office *o, struct seat *s)
{
    struct bytes b = {0};

    put32(&b, KEEPALIVE_S);
    put_text(&b, "M/D/YA", 6);
    put16(&b, 0);
    if (o->p->brand != CM3) { /* CallManager 2 and 3 end here */
        put32(&b, KEEPALIVE_S);
        features(&b, o, s->version);
    }
    seat_send(o, s, 0x0081, &b);
    seat_send(o, s, 0x009B, NULL);
    if (o->early_name && strcmp(o->early_name, s->name) == 0)
        send_offer(o, s, o->early_ref);
}

static void reject(struct office *o, struct seat *s)
{
    struct bytes b = {0};
    const bool odd = o->p->brand == CHAN_SKINNY || o->p->brand == LIBSCCP;

    put_text(&b, "No Authority: not today", odd ? 33 : 32);
    seat_send(o, s, 0x009D, &b);
    o->rejections++;
    seat_drop(s);
}

static void look_at_register(const struct office *o, const struct message *m)
{
    if (m->len < 44)
        deviation("Register of %zu bytes", m->len);
    if (get32(m->body + 28) != o->p->device_type)
        deviation("device type %u", get32(m->body + 28));
    if (m->body[40] != o->p->offer)
        deviation("version %u is offered", m->body[40]);
    if (memcmp(m->body + 24, "\x7f\0\0\1", 4) != 0)
        deviation("the address in Register is not 127.0.0.1");
    if (m->body[15])
        deviation("the name in Register has no end");
}

static void common_name_is(const struct seat *s)
{
    X509 *x = SSL_get1_peer_certificate(s->ssl);
    char cn[64] = "";

    if (x)
        X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, cn, sizeof cn);
    if (strcmp(cn, s->name) != 0)
        deviation("%s: its certificate is for \"%s\"", s->name, cn);
    X509_free(x);
}

static void take_register(struct office *o, struct seat *s, const struct message *m)
{
    struct bytes lamp = {0};

    look_at_register(o, m);
    memcpy(s->name, m->body, 16);
    s->version = agree(o, m->body[40]);
    if (o->p->pipe == TLS12_MUTUAL)
        common_name_is(s);
    if (o->rejected && strcmp(o->rejected, s->name) == 0 && o->rejections < 1) {
        reject(o, s);
        return;
    }
    o->registrations++;
    if (o->p->brand == CHAN_SKINNY) { /* its lamps come first */
        put32(&lamp, 9);
        put32(&lamp, 1);
        put32(&lamp, 1);
        seat_send(o, s, 0x0086, &lamp);
        seat_send(o, s, 0x0086, &lamp);
    }
    acknowledge(o, s);
}

static void look_at_capabilities(const struct office *o, const struct seat *s,
                                 const struct message *m)
{
    bool found = false;
    const uint32_t n = m->len >= 4 ? get32(m->body) : 0;

    if (n > 18 || (m->len != 292 && m->len != 4 + 16 * (size_t)n))
        deviation("%s: CapabilitiesRes of %u entries in %zu bytes", s->name, n, m->len);
    for (uint32_t i = 0; i < n && n <= 18; i++)
        found |= get32(m->body + 4 + 16 * (size_t)i) == (uint32_t)o->p->law;
    if (!found)
        deviation("%s: %s", s->name, caps_law);
}

static void button_template(struct office *o, struct seat *s)
{
    const bool empty = o->p->brand == CHAN_SKINNY; /* it knows no device of type 80 */
    struct bytes b = {0};

    put32(&b, 0);
    put32(&b, empty ? 0 : 1);
    put32(&b, empty ? 0 : 1);
    put8(&b, 1);
    put8(&b, empty ? 255 : 9);
    for (int i = 1; i < 42; i++)
        put16(&b, 0xff01);
    seat_send(o, s, 0x0097, &b);
}

static void line_status(struct office *o, struct seat *s, const struct message *m)
{
    const uint32_t line = m->len >= 4 ? get32(m->body) : 0;
    struct bytes b = {0};

    if (line != 1)
        deviation("%s: asks for line %u", s->name, line);
    put32(&b, line);
    if (s->version >= 17 && (o->p->brand == CHAN_SCCP || o->p->brand == CUCM)) {
        put32(&b, 15);
        put_string(&b, "999001");
        put_string(&b, "VoiceMail");
        put_string(&b, "999001");
        seat_send(o, s, 0x0147, &b);
        return;
    }
    if (o->p->brand == CHAN_SKINNY) { /* its own strings: 24, 24, 60 */
        put_text(&b, "999001", 24);
        put_text(&b, "VoiceMail", 24);
        put_text(&b, "999001", 60);
    } else {
        put_text(&b, "999001", 24);
        put_text(&b, "VoiceMail", 40);
        if (o->p->brand != CM3)
            put_text(&b, "999001", 40);
        if (o->p->brand != CM3 && o->p->brand != CM41)
            put32(&b, 15);
    }
    seat_send(o, s, 0x0092, &b);
}

static void forward_status(struct office *o, struct seat *s)
{
    const size_t width = s->version >= 18 ? 25 : 24;
    struct bytes b = {0};

    put32(&b, 0);
    put32(&b, 1);
    put_zero(&b, 3 * (4 + width));
    seat_send(o, s, 0x0090, &b);
}

static void soft_keys(struct office *o, struct seat *s, uint32_t id, size_t size)
{
    struct bytes b = {0};

    put32(&b, 0);
    put32(&b, 1);
    put32(&b, 1);
    put_zero(&b, size - 12);
    seat_send(o, s, id, &b);
}

static void configuration(struct office *o, struct seat *s)
{
    struct bytes b = {0};

    put_text(&b, s->name, 16);
    put_zero(&b, 8 + 40 + 40);
    put32(&b, 1);
    put32(&b, 0);
    seat_send(o, s, 0x0093, &b);
}

static void time_of_day(struct office *o, struct seat *s)
{
    static const uint32_t words[] = {2026, 11, 0, 22, 18, 0, 0, 0, 1795370400};
    struct bytes b = {0};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        put32(&b, words[i]);
    seat_send(o, s, 0x0094, &b);
    s->registered = true;
}

static void take_keepalive(struct office *o, struct seat *s)
{
    o->keepalives++;
    if (o->silent || (o->p->brand == LIBSCCP && !s->name[0]))
        return;
    seat_send(o, s, 0x0100, NULL);
}

bool registrar_takes(struct office *o, struct seat *s, const struct message *m)
{
    if (!s->name[0] && m->id != 0x0001 && m->id != 0x0020 && m->id != 0x0000)
        deviation("0x%04X comes before Register", m->id);
    switch (m->id) {
    case 0x0000:
        take_keepalive(o, s);
        return true;
    case 0x0001:
        take_register(o, s, m);
        return true;
    case 0x0010:
        look_at_capabilities(o, s, m);
        return true;
    case 0x000E:
        button_template(o, s);
        return true;
    case 0x0028:
        soft_keys(o, s, 0x0108, 652);
        return true;
    case 0x0025:
        soft_keys(o, s, 0x0109, 780);
        return true;
    case 0x000C:
        configuration(o, s);
        return true;
    case 0x000B:
        line_status(o, s, m);
        return true;
    case 0x0009:
        forward_status(o, s);
        return true;
    case 0x000D:
        time_of_day(o, s);
        return true;
    case 0x0002: /* IpPort, Alarm, RegisterAvailableLines need no answer */
    case 0x0020:
    case 0x002D:
        return true;
    default:
        return false;
    }
}
