/* Calls to the ports: heard to the end, cleared from either side, re-keyed, given up, refused. */
#include "other_play.h"

#include <stdio.h>

static unsigned algorithm(void)
{
    if (office.p->pipe != TLS12_MUTUAL)
        return 0;
    return office.p->best == 22 ? 2 : 1;
}

uint32_t next_ref(void)
{
    static uint32_t n;
    return (office.p->brand == LIBSCCP ? 0xf1234560u : 0x01000010u) + ++n;
}

struct seat *port(unsigned number)
{
    char name[32];
    struct seat *s;

    snprintf(name, sizeof name, "CiscoUM1-VI%u", number);
    for (int64_t end = clock_ms() + 8000; clock_ms() < end; pump(&office, 20))
        if ((s = seat_of(&office, name)))
            return s;
    give_up("%s is not registered", name);
}

void names_line_and_call(const struct seat *s, const struct message *m, uint32_t ref)
{
    if (m && (m->len < 8 || get32(m->body) != 1 || get32(m->body + 4) != ref))
        deviation("%s: 0x%04X names line %u, call %x", s->name, m->id,
                  m->len >= 4 ? get32(m->body) : 0, m->len >= 8 ? get32(m->body + 4) : 0);
}

static bool narrow(const struct seat *s)
{
    return s->version < 17;
}

static void look_at_ack(const struct seat *s, struct leg *l, const struct message *m)
{
    const size_t at = narrow(s) ? 4 : 8, tail = narrow(s) ? 8 : 24;

    if (!m)
        return;
    if (m->len != tail + 12)
        deviation("%s: OpenReceiveChannelAck of %zu bytes", s->name, m->len);
    if (get32(m->body) != 0 || memcmp(m->body + at, "\x7f\0\0\1", 4) != 0)
        deviation("%s: OpenReceiveChannelAck: status %u or a strange address", s->name,
                  get32(m->body));
    l->device_port = (uint16_t)get32(m->body + tail);
    if (!l->device_port || l->device_port % 2 || get32(m->body + tail + 4) != l->party)
        deviation("%s: OpenReceiveChannelAck: port %u, party %x", s->name, l->device_port,
                  get32(m->body + tail + 4));
}

static void wait_packets(const struct leg *l, unsigned n)
{
    for (int64_t end = clock_ms() + 4000; l->packets < n && clock_ms() < end;)
        pump(&office, 20);
}

/* Answering: hooks, then the two channels in the order of the brand. */
static void connect_call(struct seat *s, struct leg *l)
{
    names_line_and_call(s, want(&office, s, 0x0006, 3000), l->ref);
    if (office.p->brand == MOD_SKINNY) {
        send_orc(&office, s, l, 0);
        send_state(&office, s, 5, l->ref);
    } else {
        send_state(&office, s, 1, l->ref);
        if (office.p->brand == LIBSCCP || office.p->brand == CHAN_SCCP)
            send_state(&office, s, 5, l->ref);
        send_orc(&office, s, l, algorithm());
        send_state(&office, s, 5, l->ref);
    }
    if (office.p->brand == CUCM) /* the other party was quicker */
        send_smt(&office, s, l, algorithm());
    look_at_ack(s, l, want(&office, s, 0x0022, 2000));
    if (office.p->brand != CUCM)
        send_smt(&office, s, l, algorithm());
}

static void compare(const struct leg *l)
{
    if (l->heard_port != l->device_port)
        deviation("RTP comes from port %u, OpenReceiveChannelAck said %u", l->heard_port,
                  l->device_port);
    if (l->payload_len < GREETING)
        deviation("call %x: %u of %u samples were heard", l->ref, l->payload_len, GREETING);
    else if (memcmp(l->heard, greeting, GREETING) != 0)
        deviation("call %x: what was heard is not the greeting", l->ref);
}

static void digits_of_each_form(struct seat *s, const struct leg *l)
{
    static const uint32_t zero_is_ten = 10;
    struct bytes b = {0};

    put32(&b, zero_is_ten);
    put32(&b, 1);
    put32(&b, l->ref);
    seat_send(&office, s, 0x0003, &b);
    send_tone(&office, s, 0x05, l->ref);
    b.n = 0;
    put32(&b, 7);
    put32(&b, l->ref);
    put32(&b, l->party);
    seat_send(&office, s, 0x0127, &b);
}

static void far_end_hangs_up(struct seat *s, struct leg *l)
{
    compare(l);
    send_media_end(&office, s, l);
    send_state(&office, s, 2, l->ref);
    want_silence(&office, s, 50);
    leg_close(l);
}

/* The port plays to the end and hangs up by itself. */
void call_is_heard(unsigned number)
{
    struct seat *s = port(number);
    struct leg *l = leg_open(&office, next_ref());

    send_offer(&office, s, l->ref);
    connect_call(s, l);
    wait_packets(l, 3);
    status_says("\"1001\"");
    if (!said("\"8000\""))
        deviation("%s: status does not know the called number", s->name);
    leg_says(&office, l, 20);
    digits_of_each_form(s, l);
    names_line_and_call(s, want(&office, s, 0x0007, 4000), l->ref);
    far_end_hangs_up(s, l);
}

/* mod_skinny and chan_skinny offer calls as soon as they have sent RegisterAck (8.4). */
void call_is_early(unsigned number)
{
    struct seat *s = port(number);
    struct leg *l;
    char name[17];

    memcpy(name, s->name, sizeof name);
    office.early_name = name;
    office.early_ref = next_ref();
    l = leg_open(&office, office.early_ref);
    seat_drop(s);
    s = port(number);
    office.early_name = NULL;
    connect_call(s, l);
    want(&office, s, 0x0007, 4000);
    far_end_hangs_up(s, l);
}

/* AES-256-GCM does not fit the field, f8 is nobody's: a nonzero status, and the call may end (5.1).
 */
void keys_of_no_use(unsigned number)
{
    struct seat *s = port(number);
    struct leg *l = leg_open(&office, next_ref());
    const struct message *m;

    send_offer(&office, s, l->ref);
    want(&office, s, 0x0006, 3000);
    send_state(&office, s, 1, l->ref);
    send_orc(&office, s, l, 6);
    m = want(&office, s, 0x0022, 2000);
    if (m && get32(m->body) == 0)
        deviation("%s: opens a channel with algorithm 6", s->name);
    send_state(&office, s, 2, l->ref);
    want(&office, s, 0x0007, 2000);
    leg_close(l);
}

static unsigned packets_later(const struct leg *l, int ms)
{
    const unsigned before = l->packets;
    pump(&office, ms);
    return l->packets - before;
}

/* The caller hangs up in the middle; before that another call comes to the busy port and goes. */
void caller_hangs_up(unsigned number)
{
    struct seat *s = port(number);
    struct leg *l = leg_open(&office, next_ref());
    struct leg never = {.ref = next_ref(), .party = 99};

    send_offer(&office, s, l->ref);
    connect_call(s, l);
    wait_packets(l, 3);
    if (office.p->brand == MOD_SKINNY || office.p->brand == CUCM)
        send_offer(&office, s, never.ref);
    send_state(&office, s, 2, never.ref); /* chan_skinny: of a call never offered */
    send_media_end(&office, s, &never);
    if (packets_later(l, 120) < 2)
        deviation("%s: a second call stopped the first", s->name);
    send_media_end(&office, s, l);
    send_tone(&office, s, 0x25, l->ref);
    send_state(&office, s, 2, l->ref);
    names_line_and_call(s, want(&office, s, 0x0007, 1000), l->ref);
    pump(&office, 50);
    if (packets_later(l, 150))
        deviation("%s: sends media after StopMediaTransmission", s->name);
    want_silence(&office, s, 50);
    leg_close(l);
}

/* Both caller and callee change keys in mid-call: hold and resume, or a transfer behind the PBX. */
void keys_change(unsigned number)
{
    struct seat *s = port(number);
    struct leg *l = leg_open(&office, next_ref());

    send_offer(&office, s, l->ref);
    connect_call(s, l);
    wait_packets(l, 5);
    if (office.p->brand != CUCM) /* its re-route may come without an end of the old media */
        send_media_end(&office, s, l);
    pump(&office, 60);
    leg_rekey(l);
    l->goes_on = office.p->brand == CUCM; /* the old sound may still come while we wait */
    send_orc(&office, s, l, algorithm());
    look_at_ack(s, l, want(&office, s, 0x0022, 2000));
    l->packets = 0;
    send_smt(&office, s, l, algorithm());
    wait_packets(l, 5);
    if (l->packets < 5)
        deviation("%s: silent after new keys", s->name);
    leg_says(&office, l, 5);
    send_media_end(&office, s, l);
    send_state(&office, s, 2, l->ref);
    want(&office, s, 0x0007, 1000);
    want_silence(&office, s, 50);
    leg_close(l);
}

/* The caller gives up while it rings: some brands close media that were never opened. */
void caller_gives_up(unsigned number)
{
    struct seat *s = port(number);
    struct leg never = {.ref = next_ref(), .party = 99};

    send_offer(&office, s, never.ref);
    send_media_end(&office, s, &never);
    send_state(&office, s, 2, never.ref);
    pump(&office, 300);
    while (s->head != s->tail) { /* OffHook may have crossed; then OnHook follows */
        const uint32_t id = s->inbox[s->head++ % INBOX].id;
        if (id != 0x0006 && id != 0x0007)
            deviation("%s: 0x%04X for a call given up", s->name, id);
    }
}
