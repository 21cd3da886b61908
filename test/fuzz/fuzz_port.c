/* Bytes as what a call manager says, as the worker's other events and as passing time, into the
 * pure port: it never crashes, its actions stay bounded, and when the call manager behaves again it
 * always comes back to registered and idle, answers the next call, and is idle after it.
 *
 * The first bytes: version, silent, fallback of the lamps, the way back (enum way). A record is:
 * one byte what, then 0-1  a message: u16 id (low byte: an index of ids that mean something), u8
 * length, its body 2    time: u8 of 100 ms          3  time: u8 of seconds 4    an event of the
 * edge: u8 which 5    a message of the conversation is spoilt: u8 how, which, at, value 6 somebody
 * calls              7  he hangs up, as far as the call manager knows
 */
#include "../port_rig.h"

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
    EV_LINK_LOST,   EV_UNTRUSTED,     EV_PLAYED,        EV_UNREACHABLE,      EV_RESET,       EV_MWI,
    EV_SECOND_LOST, EV_TOKEN_GRANTED, EV_TOKEN_REFUSED, EV_SECOND_UNTRUSTED, EV_SECOND_HEARD};

static uint8_t next(const uint8_t **at, const uint8_t *end)
{
    return *at < end ? *(*at)++ : 0;
}

static void hear(struct rig *r, const uint8_t **at, const uint8_t *end)
{
    const uint8_t low = next(at, end), high = next(at, end);
    size_t len = next(at, end);
    const uint32_t id =
        high ? (uint32_t)(high << 8 | low) : ids[low % (sizeof ids / sizeof ids[0])];

    if (len > (size_t)(end - *at))
        len = (size_t)(end - *at);
    rig_hear_bytes(r, *at, len, id);
    *at += len;
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

static void is_over(struct rig *r, uint32_t call)
{
    const struct sccp_message over = say_call_state(SCCP_CALL_ON_HOOK, call);

    if (call)
        rig_hear(r, &over);
}

/* On the same connection: what is up is ended by the call manager, and lamps that it was asked for
 * run into their time-outs. */
static void calm(struct rig *r)
{
    for (unsigned i = 0; i < 3; i++) {
        is_over(r, r->port.offer.call);
        is_over(r, r->port.call.call);
        rig_settle(r);
        rig_advance(r, 200000);
        rig_forget(r);
    }
}

/* The call manager behaves from now on. */
static void come_back(struct rig *r, enum way way)
{
    r->cm.silent = false;
    r->spoil.armed = false;
    rig_forget(r);
    if (way == WAY_LINK_LOST)
        link_lost(r);
    else if (way == WAY_RESET)
        rig_kind(r, EV_RESET);
    if (way != WAY_LINK_LOST)
        calm(r);
    for (unsigned i = 0; i < 8 && r->port.state != PORT_IDLE; i++)
        rig_advance(r, 100000);
    must(r->port.state == PORT_IDLE, r);
    must(r->media.opened == r->media.closed, r);
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

static void spoil(struct rig *r, const uint8_t **at, const uint8_t *end)
{
    r->spoil.how = (enum rig_spoil_how)(next(at, end) % SPOIL_HOWS);
    r->spoil.in = next(at, end) % 16;
    r->spoil.at = next(at, end);
    r->spoil.value = next(at, end);
    r->spoil.armed = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rig r;
    const uint8_t *at = data, *end = data + size;
    enum way way;

    rig_init(&r, next(&at, end) % 23u);
    r.cm.silent = next(&at, end) % 2;
    r.cm.confused = true;
    const uint8_t how = next(&at, end);
    r.group.mwi.fallback_to_prefix = how % 2;
    port_set_servers(&r.port, 1u + how / 2 % 3);
    way = (enum way)(next(&at, end) % WAYS);
    rig_register(&r);
    while (at < end) {
        switch (next(&at, end) % 8) {
        case 2:
            rig_advance(&r, next(&at, end) * 100);
            break;
        case 3:
            rig_advance(&r, next(&at, end) * 1000);
            break;
        case 4:
            happen(&r, next(&at, end));
            break;
        case 5:
            spoil(&r, &at, end);
            break;
        case 6:
            if (r.linked)
                rig_ring(&r);
            break;
        case 7:
            if (r.linked)
                rig_far_end_hangs_up(&r);
            break;
        default:
            hear(&r, &at, end);
        }
        rig_settle(&r);
        rig_forget(&r);
        must(true, &r);
    }
    come_back(&r, way);
    serve_a_call(&r);
    return 0;
}
