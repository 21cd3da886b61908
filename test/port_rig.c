/* The bench itself: events in, invariants, bytes towards the port, time, common scenes. */
#include "port_rig_parts.h"

#include <string.h>

void rig_broke(struct rig *r, const char *what)
{
    if (!r->broken)
        r->broken = what;
}

/* ---- what always holds -------------------------------------------------------------------- */

static void check(struct rig *r)
{
    const struct port *p = &r->port;

    if (p->media_open != r->media.open)
        rig_broke(r, "port and engine disagree whether a stream is open");
    if (p->receive.on != r->media.listening)
        rig_broke(r, "port and engine disagree about listening");
    if (p->send.on != r->media.sending)
        rig_broke(r, "port and engine disagree about sending");
    if (!port_in_call(p) && r->media.open)
        rig_broke(r, "a stream is open without a call");
    if (!port_in_call(p) && p->call.call)
        rig_broke(r, "a call is kept without a call");
    if (!port_lamp_call(p) && p->lamp.id)
        rig_broke(r, "a lamp request is kept without its call");
    if (port_registered(p) != r->told_registered)
        rig_broke(r, "the pool was not told about the registration");
    if ((p->state == PORT_IDLE && !p->leaving) != r->told_free)
        rig_broke(r, "the pool was not told that the port is free, or not");
    if (port_registered(p) && !r->linked)
        rig_broke(r, "registered without a link");
    if (port_second_up(p) != r->second_linked)
        rig_broke(r, "port and line disagree whether the second line is up");
    if (p->second.state != SECOND_NONE && p->second.server == p->server)
        rig_broke(r, "the second line leads to the same call manager");
    if (p->second.state != SECOND_NONE && port_due(p) == INT64_MAX)
        rig_broke(r, "a second line without a time-out");
    if (p->state != PORT_IDLE && p->state != PORT_STOPPED && port_due(p) == INT64_MAX)
        rig_broke(r, "a state without a time-out");
}

void rig_event(struct rig *r, const struct port_event *ev)
{
    struct port_actions out;

    port_step(&r->port, ev, r->now_ms, &out);
    rig_carry_out(r, &out);
    check(r);
}

void rig_kind(struct rig *r, enum port_event_kind k)
{
    const struct port_event ev = {.kind = k};

    rig_event(r, &ev);
}

/* ---- bytes towards the port --------------------------------------------------------------- */

void rig_hear_bytes(struct rig *r, const uint8_t *body, size_t len, uint32_t id)
{
    struct sccp_message m;
    struct port_event ev;
    struct err e;

    if (!r->linked)
        return;
    if (!sccp_decode(&m, id, r->port.version, body, len, &e)) {
        r->linked = false; /* as the worker does: malformed, so the connection ends */
        r->inbox_count = 0;
        rig_kind(r, EV_LINK_LOST);
        return;
    }
    translate_in(&r->port, &m, &ev);
    rig_event(r, &ev);
}

static bool is_spoilt(struct rig *r)
{
    if (!r->spoil.armed || r->spoil.in-- > 0)
        return false;
    r->spoil.armed = false;
    return true;
}

/* `body` is a copy, for us to change. */
static void hear_spoilt(struct rig *r, uint8_t *body, size_t len, uint32_t id)
{
    const struct rig_spoil *s = &r->spoil;

    switch (s->how) {
    case SPOIL_BYTE:
        if (len)
            body[s->at % len] = s->value;
        break;
    case SPOIL_CUT:
        len = len ? s->at % len : 0;
        break;
    case SPOIL_LOST:
        return;
    case SPOIL_TWICE:
        rig_hear_bytes(r, body, len, id);
        break;
    case SPOIL_ID:
        id = (uint32_t)s->at << 8 | s->value;
        break;
    case SPOIL_HOWS:
        break;
    }
    rig_hear_bytes(r, body, len, id);
}

void rig_hear(struct rig *r, const struct sccp_message *m)
{
    struct sccp_message copy = *m;
    uint8_t pdu[SCCP_PDU_MAX];
    size_t len = 0, used = 0;
    struct sccp_frame f;
    struct err e = {0};

    copy.version = r->port.version;
    if (!sccp_encode_pdu(&copy, pdu, sizeof pdu, &len, &e) ||
        sccp_frame_cut(pdu, len, &f, &used, &e) != SCCP_CUT_FRAME) {
        rig_broke(r, "a message of the call manager is no frame");
        return;
    }
    if (is_spoilt(r))
        hear_spoilt(r, pdu + (f.body - pdu), f.len, f.id);
    else
        rig_hear_bytes(r, f.body, f.len, f.id);
}

/* ---- the call manager --------------------------------------------------------------------- */

struct sccp_message say_open_receive(const struct rig *r, uint32_t call, uint32_t party)
{
    return manager_open_receive(&r->cm, call, party);
}

struct sccp_message say_start_transmit(const struct rig *r, uint32_t call, uint32_t party)
{
    return manager_start_transmit(&r->cm, call, party);
}

static void will_say(void *arg, const struct sccp_message *m)
{
    struct rig *r = arg;

    if (r->inbox_count < RIG_INBOX_MAX)
        r->inbox[r->inbox_count++] = *m;
}

static void heed(struct rig *r, const struct sccp_message *m)
{
    manager_hears(&r->cm, m);
    if (r->cm.broken)
        rig_broke(r, r->cm.broken);
}

/* ---- time --------------------------------------------------------------------------------- */

/* One message of the inbox is heard at a time: what the port says to it is answered behind the
 * rest. */
void rig_settle(struct rig *r)
{
    for (size_t turn = 0; turn < 2000 && r->linked; turn++) {
        struct sccp_message m;
        while (r->heeded < r->said_count) {
            m = r->said[r->heeded++];
            if (!r->cm.silent)
                heed(r, &m);
        }
        if (r->inbox_count == 0)
            return;
        m = r->inbox[0];
        memmove(r->inbox, r->inbox + 1, --r->inbox_count * sizeof r->inbox[0]);
        rig_hear(r, &m);
    }
}

static void second_line_does_its_work(struct rig *r)
{
    struct port_event up = {.kind = EV_SECOND_UP};

    if (!r->second_dialling)
        return;
    r->second_dialling = false;
    rig_kind(r, EV_SECOND_DIALLING);
    if (r->port.second.state != SECOND_CONNECTING)
        return;
    if (r->down >> r->second_server & 1) {
        rig_kind(r, EV_SECOND_LOST);
        return;
    }
    r->second_linked = true;
    r->other.connected++;
    up.local = rig_local_media();
    rig_event(r, &up);
}

static void line_does_its_work(struct rig *r)
{
    struct port_event up = {.kind = EV_LINK_UP};

    second_line_does_its_work(r);
    if (!r->dialling)
        return;
    r->dialling = false;
    rig_kind(r, EV_DIALLING);
    if (r->port.state != PORT_CONNECTING)
        return;
    if (r->down >> r->server & 1) {
        rig_kind(r, EV_LINK_LOST);
        return;
    }
    r->linked = true;
    up.local = rig_local_media();
    up.local.port = 40000;
    rig_event(r, &up);
}

void rig_advance(struct rig *r, int64_t ms)
{
    const int64_t end = r->now_ms + ms;
    struct port_actions out;

    line_does_its_work(r);
    rig_settle(r);
    for (unsigned steps = 0; port_due(&r->port) <= end; steps++) {
        if (steps > 100000) {
            rig_broke(r, "time stands still");
            return;
        }
        if (port_due(&r->port) > r->now_ms)
            r->now_ms = port_due(&r->port);
        port_tick(&r->port, r->now_ms, &out);
        rig_carry_out(r, &out);
        check(r);
        line_does_its_work(r);
        rig_settle(r);
    }
    r->now_ms = end;
}

void rig_server_dies(struct rig *r)
{
    r->down |= 1u << r->port.server;
    r->linked = false;
    r->inbox_count = 0;
    r->cm.call = 0;
    rig_kind(r, EV_LINK_LOST);
    rig_settle(r);
}

void rig_media_report(struct rig *r)
{
    const struct port_event ev = {
        .kind = EV_REPORT, .ids.call = r->media.report, .counts = r->media.counts};

    rig_event(r, &ev);
}

/* ---- common scenes ------------------------------------------------------------------------ */

void rig_init(struct rig *r, uint32_t version)
{
    memset(r, 0, sizeof *r);
    group_settings_default(&r->group);
    r->group.protocol_version = version;
    r->media.counts = (struct media_counts){.sent = 150, .received = 149, .lost = 1, .jitter = 80};
    manager_init(&r->cm, &r->group.mwi);
    r->cm.say = will_say;
    r->cm.arg = r;
    r->now_ms = 1000000;
    port_init(&r->port, &r->group, 1, 7);
}

void rig_register(struct rig *r)
{
    rig_kind(r, EV_START);
    line_does_its_work(r);
    rig_settle(r);
}

uint32_t rig_ring(struct rig *r)
{
    const uint32_t call = manager_rings(&r->cm);

    rig_settle(r);
    return call;
}

void rig_far_end_hangs_up(struct rig *r)
{
    manager_hangs_up(&r->cm);
    rig_settle(r);
}

void rig_lamp(struct rig *r, uint32_t id, const char *extension)
{
    struct port_event ev = {.kind = EV_MWI};

    ev.lamp.id = id;
    ev.lamp.on = true;
    strcpy(ev.lamp.extension, extension);
    strcpy(ev.lamp.code, r->group.mwi.on_code);
    rig_event(r, &ev);
    rig_settle(r);
}

const struct sccp_message *rig_last(const struct rig *r, uint32_t id)
{
    for (size_t i = r->said_count; i > 0; i--)
        if (r->said[i - 1].id == id)
            return &r->said[i - 1];
    return NULL;
}

size_t rig_times(const struct rig *r, uint32_t id)
{
    size_t n = 0;

    for (size_t i = 0; i < r->said_count; i++)
        n += r->said[i].id == id;
    return n;
}

void rig_forget(struct rig *r)
{
    r->said_count = r->heeded = 0;
    r->note_count = 0;
    r->unexpected = 0;
}

bool rig_noted(const struct rig *r, enum port_note n)
{
    for (size_t i = 0; i < r->note_count; i++)
        if (r->notes[i] == n)
            return true;
    return false;
}
