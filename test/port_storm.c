#include "port_storm.h"

#include <string.h>

static struct rig *rig;
static uint32_t (*roll)(uint32_t sides);

/* Few values, so that they meet. */
static uint32_t some_call(void)
{
    const uint32_t calls[] = {
        0, rig->cm.call, rig->port.call.call, rig->port.offer.call, rig->port.last_call, 1, 2};

    return calls[roll(sizeof calls / sizeof calls[0])];
}

static struct sccp_message some_media(void)
{
    struct sccp_message m = roll(2) ? say_open_receive(rig, some_call(), 1 + roll(3))
                                    : say_start_transmit(rig, some_call(), 1 + roll(3));

    if (m.id == SCCP_OPEN_RECEIVE_CHANNEL && roll(4) == 0)
        m.open_receive.codec = roll(20);
    if (m.id == SCCP_START_MEDIA_TRANSMISSION && roll(4) == 0)
        memset(&m.start_transmit.remote, 0, sizeof m.start_transmit.remote);
    return m;
}

static struct sccp_message some_small(void)
{
    static const uint32_t ids[] = {
        SCCP_REGISTER_ACK,       SCCP_REGISTER_REJECT,
        SCCP_CAPABILITIES_REQ,   SCCP_KEEP_ALIVE_ACK,
        SCCP_UNREGISTER_ACK,     SCCP_RESET,
        SCCP_TIME_DATE_RES,      SCCP_LINE_STAT_RES,
        SCCP_SET_RINGER,         SCCP_STOP_TONE,
        SCCP_PORT_REQ,           SCCP_CONNECTION_STATISTICS_REQ,
        SCCP_REGISTER_TOKEN_ACK, SCCP_BUTTON_TEMPLATE_RES,
        SCCP_DIALED_NUMBER,
    };
    struct sccp_message m = {.id = ids[roll(sizeof ids / sizeof ids[0])]};

    if (m.id == SCCP_RESET)
        m.reset.type = roll(5);
    if (m.id == SCCP_PORT_REQ)
        m.port_req.call = some_call();
    if (m.id == SCCP_CONNECTION_STATISTICS_REQ)
        m.statistics_req.call = some_call();
    if (m.id == SCCP_REGISTER_ACK)
        m.register_ack.keepalive_s = roll(3) * 20;
    return m;
}

static struct sccp_message some_message(void)
{
    struct sccp_message m = {.id = SCCP_KEYPAD_BUTTON};

    switch (roll(8)) {
    case 0:
    case 1:
        return say_call_state(roll(19), some_call());
    case 2:
        return say_call_info(some_call(), "1001", "8000", "5000", roll(20));
    case 3:
        return some_media();
    case 4:
        return say_close(roll(2) ? SCCP_CLOSE_RECEIVE_CHANNEL : SCCP_STOP_MEDIA_TRANSMISSION,
                         some_call(), roll(4));
    case 5:
        return say_tone(roll(0x90), some_call());
    case 6:
        m.keypad_button.button = roll(20);
        m.keypad_button.call = some_call();
        return m;
    default:
        return some_small();
    }
}

static void something_happens_to_the_servers(void)
{
    switch (roll(6)) {
    case 0:
        rig_server_dies(rig);
        break;
    case 1:
        rig->down = roll(8);
        break;
    case 2:
        if (rig->second_linked) {
            rig->second_linked = false;
            rig_kind(rig, EV_SECOND_LOST);
        }
        break;
    case 3:
        rig_kind(rig, roll(2) ? EV_TOKEN_GRANTED : EV_TOKEN_REFUSED);
        break;
    case 4:
        rig->other.silent = roll(2);
        rig->other.refuses = roll(3) * 10;
        rig->other.closes = roll(8) == 0;
        break;
    default:
        rig->media.counts.received += roll(2);
        rig_advance(rig, roll(100000));
    }
}

static void something_else_happens(void)
{
    if (rig->port.server_count > 1 && roll(4) == 0) {
        something_happens_to_the_servers();
        return;
    }
    switch (roll(10)) {
    case 0:
        rig->linked = false;
        rig->inbox_count = 0;
        rig_kind(rig, EV_LINK_LOST);
        break;
    case 1:
        if (rig->media.open)
            rig_kind(rig, EV_PLAYED);
        break;
    case 2:
        if (rig->media.report)
            rig_media_report(rig);
        break;
    case 3:
        rig_lamp(rig, 1 + roll(100), "1001");
        break;
    case 4:
        if (rig->linked && rig->port.state == PORT_IDLE)
            rig_ring(rig);
        break;
    case 5:
        rig->cm.call = some_call();
        break;
    case 6:
        rig_kind(rig, EV_UNREACHABLE);
        break;
    case 7:
        if (roll(20) == 0)
            rig_kind(rig, EV_RESET);
        break;
    case 8:
        rig->media.cannot_listen = roll(8) == 0;
        rig->media.cannot_open = roll(8) == 0;
        rig->media.cannot_send = roll(8) == 0;
        rig->cm.ignores_cgpn = roll(3) == 0;
        rig->cm.clears_after_proceed = roll(4) == 0;
        rig->cm.refuses_unregister = roll(8) == 0;
        rig->cm.smt_early = roll(2);
        break;
    default:
        rig_advance(rig, roll(4) ? roll(300) : roll(40000));
    }
}

void storm_gust(struct rig *r, uint32_t (*dice)(uint32_t sides))
{
    rig = r;
    roll = dice;
    const struct sccp_message m = some_message();
    if (roll(4))
        rig_hear(rig, &m);
    else
        something_else_happens();
    rig_settle(rig);
}

void storm_over(struct rig *r)
{
    r->down = 0;
    r->cm.ignores_cgpn = r->cm.smt_early = false;
    r->cm.clears_after_proceed = r->cm.refuses_unregister = false;
    r->other = (struct rig_other){0};
    r->media.cannot_listen = r->media.cannot_open = r->media.cannot_send = false;
}

static void is_over(struct rig *r, uint32_t call)
{
    const struct sccp_message over = say_call_state(SCCP_CALL_ON_HOOK, call);

    if (call)
        rig_hear(r, &over);
}

void storm_calm(struct rig *r)
{
    for (unsigned i = 0; i < 3; i++) {
        is_over(r, r->port.offer.call);
        is_over(r, r->port.call.call);
        rig_settle(r);
        rig_advance(r, 400000); /* longer than a kept call may be silent */
        rig_forget(r);
    }
}
