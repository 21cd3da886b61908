/* Bytes as what a call manager says, as the worker's other events and as passing time, into the
 * pure port: it never crashes, its actions stay bounded, and when the call manager behaves again it
 * always comes back to registered and idle, answers the next call, and is idle after it; or is
 * gone, if it was told to leave.
 *
 * The first bytes: version, silent, servers and lamps, settings, the way back (enum way). A record
 * is one byte what, by its last four bits, and
 *
 *   0, 1   a message: u16 id (low byte: an index of ids that mean something), u8 length, its body
 *   2, 3   time: u8 of 100 ms, of seconds
 *   4      an event of the edge: u8 which
 *   5      a message of the conversation is spoilt: u8 how, which, at, value
 *   6, 7   somebody calls; he hangs up, as far as the call manager knows
 *   8-15   a gust of the storm (port_storm.h), whose dice are the bytes that follow
 */
#include "../port_storm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint16_t ids[] = {
    SCCP_REGISTER_ACK,
    SCCP_REGISTER_REJECT,
    SCCP_CAPABILITIES_REQ,
    SCCP_BUTTON_TEMPLATE_RES,
    SCCP_SOFT_KEY_TEMPLATE_RES,
    SCCP_SOFT_KEY_SET_RES,
    SCCP_CONFIG_STAT_RES,
    SCCP_LINE_STAT_RES,
    SCCP_LINE_STAT_V2_RES,
    SCCP_FORWARD_STAT_RES,
    SCCP_TIME_DATE_RES,
    SCCP_KEEP_ALIVE_ACK,
    SCCP_UNREGISTER_ACK,
    SCCP_RESET,
    SCCP_REGISTER_TOKEN_REJECT,
    SCCP_CALL_STATE,
    SCCP_CALL_INFO,
    SCCP_CALL_INFO_V2,
    SCCP_START_TONE,
    SCCP_STOP_TONE,
    SCCP_KEYPAD_BUTTON,
    SCCP_NOTIFY_DTMF_TONE,
    SCCP_OPEN_RECEIVE_CHANNEL,
    SCCP_CLOSE_RECEIVE_CHANNEL,
    SCCP_START_MEDIA_TRANSMISSION,
    SCCP_STOP_MEDIA_TRANSMISSION,
    SCCP_PORT_REQ,
    SCCP_CONNECTION_STATISTICS_REQ,
    SCCP_SUBSCRIBE_DTMF_PAYLOAD_REQ,
    SCCP_UNSUBSCRIBE_DTMF_PAYLOAD_REQ,
    SCCP_SET_RINGER,
    SCCP_SET_LAMP,
    SCCP_MWI_RES,
};

static const enum port_event_kind kinds[] = {
    EV_LINK_LOST,    EV_UNTRUSTED,   EV_PLAYED,        EV_UNREACHABLE,   EV_RESET,
    EV_MWI,          EV_SECOND_LOST, EV_TOKEN_GRANTED, EV_TOKEN_REFUSED, EV_SECOND_UNTRUSTED,
    EV_SECOND_HEARD, EV_DIGIT,       EV_DRAIN};

static const uint8_t *at, *end; /* of the bytes */

static uint8_t next(void)
{
    return at < end ? *at++ : 0;
}

static uint32_t dice(uint32_t sides)
{
    uint32_t n = next();

    for (uint32_t most = 256; most < sides; most *= 256)
        n = n << 8 | next();
    return n % sides;
}

static void hear(struct rig *r)
{
    const uint8_t low = next(), high = next();
    size_t len = next();
    const uint32_t id =
        high ? (uint32_t)(high << 8 | low) : ids[low % (sizeof ids / sizeof ids[0])];

    if (len > (size_t)(end - at))
        len = (size_t)(end - at);
    rig_hear_bytes(r, at, len, id);
    at += len;
}

static void hear_digit(struct rig *r, uint8_t which)
{
    struct port_event ev = {.kind = EV_DIGIT};

    ev.digit.digit = (char)('0' + which % 3);
    ev.digit.way = which & 128 ? DIGIT_RTP : DIGIT_INBAND;
    rig_event(r, &ev);
}

static void happen(struct rig *r, uint8_t which)
{
    const enum port_event_kind k = kinds[which % (sizeof kinds / sizeof kinds[0])];

    if (k == EV_LINK_LOST || k == EV_UNTRUSTED)
        r->linked = false;
    if (k == EV_SECOND_LOST || k == EV_SECOND_UNTRUSTED)
        r->second_linked = false;
    if (k == EV_MWI)
        rig_lamp(r, 1u + which, "1001");
    else if (k == EV_DIGIT)
        hear_digit(r, which);
    else
        rig_kind(r, k);
}

static void must(bool ok, const struct rig *r)
{
    if (!ok || r->broken) {
        fprintf(stderr, "broken: %s, in %s\n", r->broken ? r->broken : "-",
                port_state_words(r->port.state));
        abort();
    }
}

enum way { WAY_LINK_LOST, WAY_RESET, WAY_SAME_LINK, WAYS };

static void link_lost(struct rig *r)
{
    r->linked = false;
    r->inbox_count = 0;
    rig_kind(r, EV_LINK_LOST);
}

/* The call manager behaves from now on. */
static void come_back(struct rig *r, enum way way)
{
    r->cm.silent = false;
    r->spoil.armed = false;
    storm_over(r);
    rig_forget(r);
    if (way == WAY_LINK_LOST)
        link_lost(r);
    else if (way == WAY_RESET)
        rig_kind(r, EV_RESET);
    if (way != WAY_LINK_LOST)
        storm_calm(r);
    for (unsigned i = 0; i < 8 && r->port.state != PORT_IDLE; i++)
        rig_advance(r, 100000);
    if (r->port.leaving)
        return;
    must(r->port.state == PORT_IDLE, r);
    must(r->media.opened == r->media.closed, r);
}

/* Who was told to leave is gone when the call that was up is over, and tells so. */
static void must_be_gone(struct rig *r)
{
    storm_calm(r);
    must(r->port.state == PORT_STOPPED && r->told_stopped, r);
    must(r->media.opened == r->media.closed && !r->linked && !r->second_linked, r);
}

static void serve_a_call(struct rig *r)
{
    const unsigned answered = r->answered;

    rig_forget(r);
    if (r->media.report)
        rig_media_report(r);
    r->media.report = 0;
    rig_ring(r);
    rig_advance(r, 2000);
    must(r->answered == answered + 1, r);
    must(r->port.state == PORT_TALKING, r);
    rig_far_end_hangs_up(r);
    rig_advance(r, 2000);
    must(r->port.state == PORT_IDLE, r);
}

static void spoil(struct rig *r)
{
    r->spoil.how = (enum rig_spoil_how)(next() % SPOIL_HOWS);
    r->spoil.in = next() % 16;
    r->spoil.at = next();
    r->spoil.value = next();
    r->spoil.armed = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void choose_settings(struct rig *r, uint8_t how, uint8_t more)
{
    r->group.mwi.fallback_to_prefix = how & 1;
    r->group.mwi.method = how & 32 ? MWI_PREFIX : MWI_CGPN;
    r->group.mwi.dialling = how & 64 ? MWI_DIAL_ENBLOC : MWI_DIAL_KEYPAD;
    port_set_servers(&r->port, 1u + how / 2 % 3);
    r->group.after = (enum after_greeting)(more % 3);
    r->group.max_call_s = more & 4 ? 60 : 0;
    r->group.kept_call_quiet_ms = more & 8 ? 10000 : 300000;
    r->group.auto_failback = !(more & 16);
    r->group.drop_inactive = more & 32;
    r->port.never_answers = more & 64;
}

static void one_thing(struct rig *r)
{
    const uint8_t what = next() % 16;

    if (what >= 8)
        storm_gust(r, dice);
    else if (what == 2 || what == 3)
        rig_advance(r, next() * (what == 2 ? 100 : 1000));
    else if (what == 4)
        happen(r, next());
    else if (what == 5)
        spoil(r);
    else if (what == 6 && r->linked)
        rig_ring(r);
    else if (what == 7 && r->linked)
        rig_far_end_hangs_up(r);
    else if (what < 2)
        hear(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rig r;

    at = data;
    end = data + size;
    rig_init(&r, next() % 23u);
    r.cm.silent = next() % 2;
    r.cm.confused = true;
    const uint8_t how = next(), more = next();
    choose_settings(&r, how, more);
    const enum way way = (enum way)(next() % WAYS);
    rig_register(&r);
    while (at < end) {
        one_thing(&r);
        rig_settle(&r);
        rig_forget(&r);
        must(true, &r);
    }
    come_back(&r, way);
    if (r.port.leaving)
        must_be_gone(&r);
    else if (!r.port.never_answers)
        serve_a_call(&r);
    return 0;
}
