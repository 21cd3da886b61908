/* Rules of an incoming call and of its voice, both ways. */
#include "ports/rules.h"

#include "sccp/values.h"

#include <string.h>

/* ---- the call ----------------------------------------------------------------------------- */

void close_media(struct port *p, struct port_actions *out)
{
    if (p->media_open) {
        p->report_call = p->call.call;
        act_ids(out, DO_CLOSE_MEDIA, p->call);
    }
    p->media_open = false;
    p->receive = p->send = (struct port_stream){0};
}

static void tell_ended(struct port *p, struct port_actions *out)
{
    if (p->answered && p->connected && !p->spoke)
        note(out, NOTE_NEVER_SPOKE, 0);
    if (p->answered)
        act_ids(out, TELL_CALL_ENDED, p->call)->value = p->connected;
    p->answered = false;
}

void end_call(struct port *p, struct port_actions *out)
{
    tell_ended(p, out);
    close_media(p, out);
    if (p->info_call == p->call.call)
        p->info_call = 0;
    p->last_call = p->call.call ? p->call.call : p->last_call;
    p->call = p->wanted_port = (struct port_ids){0};
    p->connected = p->spoke = p->unreachable_told = p->proceeded = p->digits_come = false;
    p->heard = 0;
    p->last_digit.digit = 0;
}

void note_info(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)out;
    p->info = ev->info;
    p->info_call = ev->ids.call;
}

void ring(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)out;
    p->call = ev->ids;
    if (p->offer.call == p->call.call)
        p->offer = (struct port_ids){0};
    if (p->info_call != p->call.call)
        p->info = (struct port_info){0};
}

void answer(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    p->answered = true;
    p->calls++;
    act_ids(out, SAY_OFF_HOOK, p->call);
    act_ids(out, TELL_ANSWERED, p->call);
}

void ring_and_answer(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    ring(p, ev, out);
    answer(p, ev, out);
}

void inform_and_answer(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    note_info(p, ev, out);
    answer(p, ev, out);
}

/* Silence is the refusal: the hunt list goes on at its time-out (7.4). */
void unwanted(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    if (p->refused == ev->ids.call)
        return; /* said again */
    p->refused = ev->ids.call;
    p->calls_refused++;
    note(out, NOTE_RING_UNWANTED, 0);
}

void remember_offer(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    if (p->offer.call == ev->ids.call)
        return;
    p->offer = ev->ids;
    note(out, NOTE_SECOND_CALL, 0);
}

void forget_offer(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    (void)out;
    p->offer = (struct port_ids){0};
    p->calls_refused++;
}

void missed(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    end_call(p, out);
}

void mark_connected(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    (void)out;
    p->connected = true;
}

void hang_up(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    act_ids(out, SAY_ON_HOOK, p->call);
    tell_ended(p, out);
    close_media(p, out);
}

void not_connected(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    note(out, NOTE_NOT_CONNECTED, 0);
    hang_up(p, ev, out);
}

void quiet(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    note(out, NOTE_QUIET, 0);
    hang_up(p, ev, out);
}

void silent(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    note(out, NOTE_SILENT, 0);
    hang_up(p, ev, out);
}

void too_long(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    note(out, NOTE_TOO_LONG, p->group->max_call_s);
    hang_up(p, ev, out);
}

/* OnHook keeps servers that track the hook in step, and harms no other (7.5). */
void far_hung_up(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    act_ids(out, SAY_ON_HOOK, p->call);
    end_call(p, out);
}

void cleared(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    end_call(p, out);
}

/* The server believes that we are off hook: a lamp call opened too late, for one. */
void put_down(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)p;
    act_ids(out, SAY_ON_HOOK, ev->ids);
}

/* ---- what is heard ------------------------------------------------------------------------ */

static void ack_receive(struct port_actions *out, struct port_ids ids, uint32_t status,
                        const struct net_addr *local)
{
    struct port_action *a = act_ids(out, SAY_RECEIVE_ACK, ids);

    a->value = status;
    if (local)
        a->addr = *local;
}

void listen_to(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    if (p->receive.on && p->receive.ids.party != ev->ids.party)
        note(out, NOTE_SECOND_CHANNEL, 0);
    p->receive = (struct port_stream){
        .on = p->receive.on,
        .encrypted = ev->media.format.key.algorithm != SCCP_SRTP_NONE,
        .dtmf_payload = ev->media.format.dtmf_payload,
        .ids = ev->ids,
    };
    act_ids(out, DO_LISTEN, ev->ids)->media = ev->media;
}

void listening(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    p->receive.on = true;
    p->media_open = true;
    ack_receive(out, p->receive.ids, SCCP_MEDIA_OK, &ev->local);
}

/* Out of sockets: nothing was opened. Else there is a socket, and it has to be closed. */
static void failed_with(struct port *p, uint32_t status)
{
    p->media_open |= status != SCCP_MEDIA_OUT_OF_SOCKETS;
}

void listen_failed(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    failed_with(p, ev->value);
    ack_receive(out, p->receive.ids, ev->value, NULL);
    note(out, NOTE_CANNOT_LISTEN, ev->value);
    p->receive = (struct port_stream){0};
}

static void note_why(struct port_actions *out, enum port_note n, const struct port_event *bad)
{
    struct port_action *a = act(out, TELL_NOTE);

    a->note = n;
    a->value = bad->value;
    put_text(a->text, sizeof a->text, bad->why);
}

void refuse_bad_receive(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)p;
    ack_receive(out, ev->ids, ev->value, NULL);
    note_why(out, NOTE_CANNOT_LISTEN, ev);
}

void refuse_receive(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)p;
    ack_receive(out, ev->ids, SCCP_MEDIA_ON_HOOK, NULL);
    note(out, NOTE_CANNOT_LISTEN, SCCP_MEDIA_ON_HOOK);
}

void stop_listening(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    act_ids(out, DO_STOP_LISTENING, ev->ids);
    p->receive = (struct port_stream){0};
}

/* ---- what is said ------------------------------------------------------------------------- */

/* Phones below version 17 do not send the ack (4.7); there, only a failure has a message. */
static void ack_send(const struct port *p, struct port_actions *out, struct port_ids ids,
                     uint32_t status, const struct net_addr *local, const struct net_addr *peer)
{
    if (p->version >= 17) {
        struct port_action *a = act_ids(out, SAY_SEND_ACK, ids);
        a->value = status;
        if (local)
            a->addr = *local;
    } else if (status != SCCP_MEDIA_OK) {
        act_ids(out, SAY_SEND_FAILED, ids)->addr = *peer;
    }
}

static void send_media(struct port *p, const struct port_event *ev, bool greeting,
                       struct port_actions *out)
{
    struct port_action *a = act_ids(out, DO_SEND, ev->ids);

    a->media = ev->media;
    a->media.greeting = greeting;
    p->peer = ev->media.peer;
    p->unreachable_told = false;
    p->send = (struct port_stream){
        .on = p->send.on,
        .encrypted = ev->media.format.key.algorithm != SCCP_SRTP_NONE,
        .dtmf_payload = ev->media.format.dtmf_payload,
        .ids = ev->ids,
    };
}

void speak(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    p->connected = true; /* the far end's ack is what brings the order to send (7.4) */
    send_media(p, ev, true, out);
}

void stay_silent(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    send_media(p, ev, false, out);
}

void sending(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    p->spoke = true;
    p->send.on = true;
    p->media_open = true;
    ack_send(p, out, p->send.ids, SCCP_MEDIA_OK, &ev->local, &p->peer);
}

void send_failed(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    failed_with(p, ev->value);
    ack_send(p, out, p->send.ids, ev->value, NULL, &p->peer);
    note(out, NOTE_CANNOT_SEND, ev->value);
    p->send = (struct port_stream){0};
}

/* Sending to the old address with the old key would be wrong by now. */
void refuse_bad_send(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    if (net_ip_is_any(&ev->media.peer))
        note(out, NOTE_NO_ADDRESS, ev->value);
    else
        note_why(out, NOTE_CANNOT_SEND, ev);
    ack_send(p, out, ev->ids, ev->value, NULL, &ev->media.peer);
    if (p->send.on && p->send.ids.party == ev->ids.party)
        stop_sending(p, ev, out);
}

void refuse_send(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    ack_send(p, out, ev->ids, SCCP_MEDIA_ON_HOOK, NULL, &ev->media.peer);
}

void stop_sending(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    act_ids(out, DO_STOP_SENDING, ev->ids);
    p->send = (struct port_stream){0};
}

void unreachable(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    if (!p->send.on || p->unreachable_told)
        return;
    p->unreachable_told = true;
    note(out, NOTE_UNREACHABLE, 0);
    act_ids(out, SAY_SEND_FAILED, p->send.ids)->addr = p->peer;
}

/* ---- what is asked besides ---------------------------------------------------------------- */

void open_port(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    p->wanted_port = ev->ids;
    act_ids(out, DO_OPEN, ev->ids);
}

void port_opened(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    p->media_open = true;
    act_ids(out, SAY_PORT, p->wanted_port)->addr = ev->local;
}

/* "0 clear": what was told is not told again in this call (4.7, statsProcessingMode). */
static struct media_counts not_told_yet(struct port *p, uint32_t call,
                                        const struct media_counts *counts)
{
    struct media_counts c = *counts;
    const struct media_counts *told = &p->cleared.counts;

    if (p->cleared.call == call) {
        c.sent -= told->sent;
        c.sent_octets -= told->sent_octets;
        c.received -= told->received;
        c.received_octets -= told->received_octets;
        c.lost = c.lost > told->lost ? c.lost - told->lost : 0; /* a late packet is not lost */
    }
    if (p->statistics.mode == STATISTICS_CLEAR) {
        p->cleared.call = call;
        p->cleared.counts = *counts;
    }
    return c;
}

static void answer_statistics(struct port *p, uint32_t call, const struct media_counts *counts,
                              struct port_actions *out)
{
    if (!p->statistics.wanted || p->statistics.ids.call != call)
        return;
    p->statistics.wanted = false;
    act_ids(out, SAY_STATISTICS, p->statistics.ids)->counts = not_told_yet(p, call, counts);
}

/* A stream that is open is asked how it stands; one that was closed has yet to report (CUCM asks
 * just before it closes, 7.5), or has: when the port hangs up, the question comes behind it (7.6).
 */
void statistics_wanted(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    const uint32_t call = ev->ids.call;
    const struct media_counts none = {0};

    p->statistics.wanted = true;
    p->statistics.ids = ev->ids;
    p->statistics.mode = ev->value;
    put_text(p->statistics.number, sizeof p->statistics.number, ev->statistics.number);
    if (p->media_open && p->call.call == call)
        act_ids(out, DO_COUNT, p->call);
    else if (!p->report_call || p->report_call != call)
        answer_statistics(p, call, p->reported.call == call ? &p->reported.counts : &none, out);
}

void report(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    if (p->report_call == ev->ids.call)
        p->report_call = 0;
    p->reported.call = ev->ids.call;
    p->reported.counts = ev->counts;
    answer_statistics(p, ev->ids.call, &ev->counts, out);
}

void look(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    act_ids(out, DO_COUNT, p->call);
}

void counted(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    answer_statistics(p, ev->ids.call, &ev->counts, out);
    if (p->call.call != ev->ids.call || ev->counts.received == p->heard)
        return;
    p->heard = ev->counts.received;
    p->heard_ms = p->now_ms;
}

/* Once digits have come in another way, those in the audio are the same ones. */
static bool told_twice(const struct port *p, const struct port_event *ev)
{
    const bool inband = ev->digit.way == DIGIT_INBAND || p->last_digit.way == DIGIT_INBAND;

    if (ev->digit.way == DIGIT_INBAND && p->digits_come)
        return true;
    return p->last_digit.digit == ev->digit.digit && p->last_digit.way != ev->digit.way &&
           p->now_ms - p->last_digit.at_ms <= (inband ? INBAND_TWICE_MS : DIGIT_TWICE_MS);
}

void digit(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    const bool twice = told_twice(p, ev);

    p->digits_come |= ev->digit.way != DIGIT_INBAND;
    if (twice)
        return;
    p->last_digit.digit = ev->digit.digit;
    p->last_digit.way = ev->digit.way;
    p->last_digit.at_ms = p->now_ms;
    p->digits++;
    act(out, TELL_DIGIT);
}

void subscribed(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)p;
    act_ids(out, SAY_SUBSCRIBED, ev->ids)->value = ev->value;
}

void not_subscribed(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)p;
    act_ids(out, SAY_NOT_SUBSCRIBED, ev->ids)->value = ev->value;
}

void unsubscribed(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)p;
    act_ids(out, SAY_UNSUBSCRIBED, ev->ids)->value = ev->value;
}
