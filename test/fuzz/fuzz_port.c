/* Bytes as what a call manager says, as the worker's other events and as passing time, into the
 * pure port: it never crashes, its actions stay bounded, and after the link is lost it always comes
 * back.
 *
 * A record is: one byte what, then
 *   0-1  a message: u16 id (low byte: an index of ids that mean something), u8 length, its body
 *   2    time: u8 of 100 ms          3  time: u8 of seconds
 *   4    an event of the edge: u8 which
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

static const enum port_event_kind kinds[] = {EV_LINK_LOST,   EV_UNTRUSTED, EV_PLAYED,
                                             EV_UNREACHABLE, EV_RESET,     EV_MWI};

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

/* The link is lost, and the call manager behaves from now on. */
static void come_back(struct rig *r)
{
    r->linked = false;
    rig_kind(r, EV_LINK_LOST);
    r->inbox_count = 0;
    r->cm.silent = false;
    rig_forget(r);
    for (unsigned i = 0; i < 4 && r->port.state != PORT_IDLE; i++)
        rig_advance(r, 100000);
    must(r->port.state == PORT_IDLE, r);
    must(r->media.opened == r->media.closed, r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rig r;
    const uint8_t *at = data, *end = data + size;

    rig_init(&r, next(&at, end) % 23u);
    r.cm.silent = next(&at, end) % 2;
    r.cm.confused = true;
    r.group.mwi.fallback_to_prefix = next(&at, end) % 2;
    rig_register(&r);
    while (at < end) {
        switch (next(&at, end) % 5) {
        case 2:
            rig_advance(&r, next(&at, end) * 100);
            break;
        case 3:
            rig_advance(&r, next(&at, end) * 1000);
            break;
        case 4:
            happen(&r, next(&at, end));
            break;
        default:
            hear(&r, &at, end);
        }
        rig_settle(&r);
        rig_forget(&r);
        must(true, &r);
    }
    come_back(&r);
    return 0;
}
