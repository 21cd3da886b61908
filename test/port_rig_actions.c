/* What carries out the actions of the port on the bench: its lines, and a model of the media
 * engine. */
#include "port_rig_parts.h"

#include <string.h>

static void second_hears(struct rig *r, struct sccp_message m)
{
    struct port_event ev;

    translate_second(&m, &ev);
    rig_event(r, &ev);
}

static void asked_for_token(struct rig *r, const struct sccp_message *m)
{
    struct sccp_message no = {.id = SCCP_REGISTER_TOKEN_REJECT};

    if (strcmp(m->register_token_req.station.name, "CiscoUM1-VI1") != 0)
        rig_broke(r, "a token is asked for by another name");
    r->other.tokens_asked++;
    r->other.asked_ms = r->now_ms;
    if (r->other.silent)
        return;
    if (r->other.closes) {
        r->second_linked = false;
        rig_kind(r, EV_SECOND_LOST);
    } else if (r->other.refuses) {
        no.register_token_reject.wait_s = r->other.refuses;
        second_hears(r, no);
    } else {
        second_hears(r, say_id(SCCP_REGISTER_TOKEN_ACK));
    }
}

static void say_on_second(struct rig *r, const struct port_action *a)
{
    struct sccp_message m;

    if (!r->second_linked)
        rig_broke(r, "something is said on a second line that is not up");
    if (!translate_out(&r->port, "CiscoUM1-VI1", a, 0, &m))
        rig_broke(r, "nothing is said on the second line");
    if (m.id == SCCP_REGISTER_TOKEN_REQ) {
        asked_for_token(r, &m);
        return;
    }
    r->other.keepalives++;
    if (!r->other.silent)
        second_hears(r, say_id(SCCP_KEEP_ALIVE_ACK));
}

static void swap_lines(struct rig *r)
{
    if (r->linked || !r->second_linked)
        rig_broke(r, "a line takes the place of one that is still there, or is not up itself");
    r->linked = true;
    r->second_linked = false;
    r->server = r->second_server;
}

static void say(struct rig *r, const struct port_action *a)
{
    struct sccp_message m;

    for (size_t nth = 0; translate_out(&r->port, "CiscoUM1-VI1", a, nth, &m); nth++) {
        uint8_t pdu[SCCP_PDU_MAX];
        size_t len = 0, used = 0;
        struct sccp_frame f;
        struct err e = {0};
        if (!r->linked)
            continue;
        if (!sccp_encode_pdu(&m, pdu, sizeof pdu, &len, &e) ||
            sccp_frame_cut(pdu, len, &f, &used, &e) != SCCP_CUT_FRAME || used != len) {
            rig_broke(r, "a message of the port is no frame");
            continue;
        }
        if (r->said_count == RIG_HEARD_MAX) {
            memmove(r->said, r->said + 1, sizeof r->said - sizeof r->said[0]);
            r->said_count--;
            r->heeded -= r->heeded > 0;
        }
        if (!sccp_decode(&r->said[r->said_count++], f.id, m.version, f.body, f.len, &e))
            rig_broke(r, "a message of the port cannot be read");
    }
}

struct net_addr rig_local_media(void)
{
    struct net_addr a;

    if (!net_addr_parse(&a, "10.0.0.1:20000", 0))
        return (struct net_addr){0};
    return a;
}

static bool open_media(struct rig *r)
{
    if (r->media.cannot_open)
        return false;
    if (!r->media.open) {
        r->media.opened++;
        r->media.call = r->port.call.call;
    }
    r->media.open = true;
    return true;
}

static void feed_back(struct rig *r, bool ok, enum port_event_kind yes, enum port_event_kind no,
                      uint32_t status)
{
    struct port_event ev = {.kind = ok ? yes : no, .value = ok ? 0 : status};

    if (ok)
        ev.local = rig_local_media();
    rig_event(r, &ev);
}

static void do_listen(struct rig *r, const struct port_action *a)
{
    bool opened = open_media(r), ok = opened && !r->media.cannot_listen;

    r->media.listening = ok;
    r->media.heard = a->media.format;
    feed_back(r, ok, EV_LISTENING, EV_LISTEN_FAILED, opened ? 1 : 8);
}

static void do_send(struct rig *r, const struct port_action *a)
{
    bool opened = open_media(r), ok = opened && !r->media.cannot_send;

    r->media.sounds += ok && !r->media.sending;
    r->media.sending = ok;
    r->media.greeting = a->media.greeting;
    r->media.said = a->media.format;
    r->media.to = a->media.peer;
    feed_back(r, ok, EV_SENDING, EV_SEND_FAILED, opened ? 1 : 8);
}

static void close_media_model(struct rig *r)
{
    if (!r->media.open)
        rig_broke(r, "a stream is closed that is not open");
    r->media.open = r->media.listening = r->media.sending = false;
    r->media.closed++;
    r->media.report = r->media.call;
}

static void do_count(struct rig *r)
{
    const struct port_event ev = {
        .kind = EV_COUNTS, .ids.call = r->media.call, .counts = r->media.counts};

    if (r->media.open)
        rig_event(r, &ev);
}

static void tell(struct rig *r, const struct port_action *a)
{
    switch ((int)a->kind) {
    case TELL_REGISTERED:
        r->told_registered = true;
        break;
    case TELL_LOST:
        r->told_registered = false;
        r->lost++;
        break;
    case TELL_FREE:
        r->told_free = true;
        break;
    case TELL_TAKEN:
        r->told_free = false;
        break;
    case TELL_ANSWERED:
        r->answered++;
        break;
    case TELL_CALL_ENDED:
        r->ended++;
        r->ended_connected += a->value;
        break;
    case TELL_LAMP:
        r->lamps++;
        r->lamp_result = (enum port_lamp_result)a->value;
        r->lamp_id = a->ids.call;
        break;
    case TELL_DIGIT:
        r->digits++;
        break;
    case TELL_NOTE:
        if (r->note_count < 64)
            r->notes[r->note_count++] = a->note;
        memcpy(r->note_text, a->text, sizeof r->note_text);
        break;
    case TELL_UNEXPECTED:
        r->unexpected++;
        break;
    case TELL_STOPPED:
        r->told_stopped = true;
        break;
    default:
        rig_broke(r, "an action that nobody carries out");
    }
}

static void carry_out(struct rig *r, const struct port_action *a)
{
    switch ((int)a->kind) {
    case DO_DIAL:
        r->dialling = true;
        r->server = a->value;
        break;
    case DO_CLOSE:
        r->closes += r->linked;
        r->linked = r->dialling = false;
        r->inbox_count = 0;
        break;
    case DO_REFRESH:
        r->refreshes++;
        break;
    case DO_OPEN:
        feed_back(r, open_media(r), EV_OPENED, EV_OPEN_FAILED, 8);
        break;
    case DO_LISTEN:
        do_listen(r, a);
        break;
    case DO_STOP_LISTENING:
        r->media.listening = false;
        break;
    case DO_SEND:
        do_send(r, a);
        break;
    case DO_STOP_SENDING:
        r->media.sending = false;
        break;
    case DO_COUNT:
        do_count(r);
        break;
    case DO_CLOSE_MEDIA:
        close_media_model(r);
        break;
    case DO_DIAL_SECOND:
        r->second_dialling = true;
        r->second_server = a->value;
        break;
    case DO_CLOSE_SECOND:
        r->second_linked = r->second_dialling = false;
        break;
    case DO_SWAP:
        swap_lines(r);
        break;
    case SAY_SECOND_KEEPALIVE:
    case SAY_TOKEN_REQ:
        say_on_second(r, a);
        break;
    default:
        if (a->kind <= SAY_UNSUBSCRIBED)
            say(r, a);
        else
            tell(r, a);
    }
}

void rig_carry_out(struct rig *r, const struct port_actions *out)
{
    if (out->count >= PORT_ACTIONS_MAX)
        rig_broke(r, "more actions than there is room for");
    for (size_t i = 0; i < out->count; i++)
        carry_out(r, &out->list[i]);
}
