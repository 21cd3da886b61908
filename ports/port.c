#include "ports/port.h"

#include "ports/rules.h"

#include <string.h>

#define S(name) (1u << PORT_##name)
#define ANY     (~0u)
#define SAME    PORT_STATES

/* Sets of states. */
#define NO_LINK     (S(STOPPED) | S(DOWN) | S(KEPT))
#define TRYING      (S(WAITING) | S(CONNECTING) | S(REGISTERING))
#define CALL        (S(RINGING) | S(ANSWERING) | S(TALKING) | S(CLEARING))
#define LAMP        (S(MWI_OFF_HOOK) | S(MWI_DIAL_TONE) | S(MWI_DIALLED) | S(MWI_CLEARING))
#define READY       (S(CONFIGURING) | S(IDLE))
#define IN_CALL     (CALL | LAMP)
#define LINKED      (S(REGISTERING) | READY | IN_CALL | S(UNREGISTERING))
#define VOICE       (S(RINGING) | S(ANSWERING) | S(TALKING))
#define LAMP_VOICE  (S(MWI_OFF_HOOK) | S(MWI_DIAL_TONE) | S(MWI_DIALLED))
#define OPENED_LAMP (S(MWI_DIAL_TONE) | S(MWI_DIALLED))

struct rule {
    uint32_t from;
    enum port_event_kind event;
    rule_fn *act; /* NULL: nothing to do */
    enum port_state to;
};

/* The first row that fits is the one. */
static const struct rule rules[] = {
    /* getting registered: sccp.md 7.1, 7.2 */
    {S(STOPPED), EV_START, dial, PORT_WAITING},
    {S(DOWN), EV_TIMEOUT, dial, PORT_WAITING},
    {S(WAITING), EV_DIALLING, NULL, PORT_CONNECTING},
    {S(CONNECTING), EV_LINK_UP, say_register, PORT_REGISTERING},
    {S(REGISTERING), EV_REGISTERED, configure, PORT_CONFIGURING},
    {S(REGISTERING), EV_REJECTED, rejected, PORT_DOWN},
    {TRYING, EV_TIMEOUT, give_up, PORT_DOWN},
    {S(CONFIGURING), EV_CAPS_FIRST, first_capabilities, SAME},
    {S(CONFIGURING), EV_STEP_DONE, next_step, SAME},
    {S(CONFIGURING), EV_TIMEOUT, step_missed, SAME},
    {S(CONFIGURING), EV_CONFIGURED, settle, PORT_IDLE},
    {S(CONFIGURING), EV_TIME_MISSED, time_missed, PORT_IDLE},
    {LINKED, EV_CAPS, answer_capabilities, SAME},
    {LINKED, EV_STEP_LATE, note_line, SAME},
    {READY | IN_CALL, EV_KEEPALIVE_DUE, keep_alive, SAME},
    {LINKED, EV_KEEPALIVE_DUE, NULL, SAME},
    {LINKED, EV_REGISTERED, NULL, SAME},
    {READY | IN_CALL, EV_REJECTED, rejected, PORT_DOWN},

    /* losing the line */
    {S(STOPPED), EV_LEFT, NULL, SAME},
    {ANY, EV_LEFT, left, PORT_STOPPED},
    {S(UNREGISTERING), EV_LEFT_FOR_RESET, pause_for_reset, PORT_DOWN},
    {NO_LINK, EV_LINK_LOST, NULL, SAME},
    {NO_LINK, EV_UNTRUSTED, NULL, SAME},
    {ANY, EV_LINK_LOST, lost, PORT_DOWN},
    {ANY, EV_UNTRUSTED, untrusted, PORT_DOWN},
    {READY | IN_CALL, EV_DEAD, dead, SAME},
    {S(UNREGISTERING), EV_DEAD, NULL, SAME},

    /* several call managers: 7.3 */
    {S(IDLE) | IN_CALL, EV_LOST_TO_STANDBY, lost_to_standby, PORT_REGISTERING},
    {S(TALKING), EV_LOST_IN_CALL, keep_call, PORT_KEPT},
    {S(KEPT), EV_KEPT_LOOK, look_at_kept, SAME},
    {S(KEPT), EV_KEPT_OVER, kept_over, PORT_DOWN},
    {S(KEPT), EV_KEPT_OVER_TO_STANDBY, kept_over_to_standby, PORT_REGISTERING},
    {S(IDLE), EV_FREE_TO_GO_BACK, unregister_to_go_back, PORT_UNREGISTERING},
    {S(UNREGISTERING), EV_LEFT_TO_GO_BACK, go_back, PORT_REGISTERING},
    {S(UNREGISTERING), EV_UNREGISTER_REFUSED, stay, PORT_IDLE},

    /* leaving for good */
    {S(STOPPED), EV_DRAIN, NULL, SAME},
    {S(STOPPED), EV_STOP, NULL, SAME},
    {S(STOPPED), EV_KILL, NULL, SAME},
    {S(DOWN) | TRYING, EV_DRAIN, left, PORT_STOPPED},
    {S(DOWN) | TRYING, EV_STOP, left, PORT_STOPPED},
    {READY, EV_DRAIN, unregister, PORT_UNREGISTERING},
    {READY, EV_STOP, unregister, PORT_UNREGISTERING},
    {S(RINGING), EV_DRAIN, hang_up_and_unregister, PORT_UNREGISTERING},
    {IN_CALL, EV_DRAIN, will_leave, SAME},
    {IN_CALL, EV_STOP, hang_up_and_unregister, PORT_UNREGISTERING},
    {S(UNREGISTERING), EV_DRAIN, will_leave, SAME},
    {S(UNREGISTERING), EV_STOP, will_leave, SAME},
    {S(IDLE), EV_FREE_TO_LEAVE, unregister, PORT_UNREGISTERING},
    {S(KEPT), EV_DRAIN, will_leave, SAME},
    {S(KEPT), EV_STOP, left, PORT_STOPPED},
    {ANY, EV_KILL, left, PORT_STOPPED},

    /* reset by the operator and by the call manager: 7.12 */
    {S(DOWN), EV_RESET, dial, PORT_WAITING},
    {S(CONNECTING) | S(REGISTERING), EV_RESET, reset_now, PORT_DOWN},
    {S(KEPT), EV_RESET, reset_now, PORT_DOWN},
    {READY, EV_RESET, unregister, PORT_UNREGISTERING},
    {IN_CALL, EV_RESET, hang_up_and_unregister, PORT_UNREGISTERING},
    {ANY, EV_RESET, NULL, SAME},
    {S(REGISTERING), EV_RESET_ASKED, reset_now, PORT_DOWN},
    {S(REGISTERING), EV_RESTART_ASKED, reset_now, PORT_DOWN},
    {READY, EV_RESET_ASKED, fetch_and_unregister, PORT_UNREGISTERING},
    {READY, EV_RESTART_ASKED, unregister, PORT_UNREGISTERING},
    {IN_CALL, EV_RESET_ASKED, fetch_and_will_reset, SAME},
    {IN_CALL, EV_RESTART_ASKED, will_reset, SAME},
    {S(UNREGISTERING), EV_RESET_ASKED, NULL, SAME}, /* libsccp's answer to Unregister */
    {S(UNREGISTERING), EV_RESTART_ASKED, NULL, SAME},
    {S(UNREGISTERING), EV_LEAVE_REFUSED, must_stay, SAME}, /* until the time-out */
    {S(UNREGISTERING), EV_RESET_REFUSED, stay_for_now, PORT_IDLE},
    {S(IDLE), EV_RESET_AGAIN, unregister, PORT_UNREGISTERING},
    {IN_CALL, EV_RESET_AGAIN, reset_after_call, SAME},
    {LINKED, EV_APPLY_ASKED, fetch_only, SAME},
    {S(IDLE), EV_RESET_DUE, unregister, PORT_UNREGISTERING},
    {IN_CALL, EV_RESET_DUE, hang_up_and_unregister, PORT_UNREGISTERING},

    /* a call comes in: 7.4 */
    {S(IDLE), EV_RING, ring, PORT_RINGING},
    {S(IDLE), EV_RING_INFORMED, ring_and_answer, PORT_ANSWERING},
    {READY | IN_CALL | S(UNREGISTERING), EV_RING_UNWANTED, unwanted, SAME},
    {S(CONFIGURING) | IN_CALL | S(UNREGISTERING), EV_RING_SECOND, remember_offer, SAME},
    {READY | IN_CALL | S(UNREGISTERING), EV_OFFER_ENDED, forget_offer, SAME},
    {S(RINGING), EV_INFO, inform_and_answer, PORT_ANSWERING},
    {S(RINGING), EV_TIMEOUT, answer, PORT_ANSWERING},
    {S(RINGING), EV_CALL_ENDED, missed, PORT_IDLE},
    {S(ANSWERING), EV_CONNECTED, mark_connected, PORT_TALKING},
    {S(ANSWERING), EV_START_SEND, speak, PORT_TALKING},
    {S(ANSWERING), EV_TIMEOUT, not_connected, PORT_CLEARING},
    {S(TALKING), EV_CONNECTED, mark_connected, SAME},
    {S(ANSWERING) | S(TALKING) | S(KEPT), EV_DIGIT, digit, SAME},
    {READY | IN_CALL | S(UNREGISTERING), EV_INFO, note_info, SAME},
    {READY | S(UNREGISTERING), EV_INFO_EARLY, note_info, SAME},
    {S(IDLE), EV_CALL_OPENED, put_down, SAME},

    /* and ends: 7.5, 7.6 */
    {S(ANSWERING) | S(TALKING), EV_CALL_ENDED, far_hung_up, PORT_IDLE},
    {S(ANSWERING) | S(TALKING), EV_BUSY, hang_up, PORT_CLEARING},
    {S(ANSWERING) | S(TALKING), EV_REORDER, hang_up, PORT_CLEARING},
    {S(TALKING), EV_PLAYED, hang_up, PORT_CLEARING},
    {S(TALKING), EV_TIMEOUT, quiet, PORT_CLEARING},
    {S(TALKING), EV_SILENT_TOO_LONG, silent, PORT_CLEARING},
    {S(TALKING), EV_CALL_TOO_LONG, too_long, PORT_CLEARING},
    {S(CLEARING), EV_CALL_ENDED, cleared, PORT_IDLE},
    {S(CLEARING), EV_TIMEOUT, cleared, PORT_IDLE},

    /* its voice: 4.7, 7.4; any order, any number of times */
    {VOICE | LAMP_VOICE, EV_OPEN_RECEIVE, listen_to, SAME},
    {LINKED, EV_OPEN_RECEIVE, refuse_receive, SAME},
    {LINKED, EV_OPEN_RECEIVE_BAD, refuse_bad_receive, SAME},
    {LINKED, EV_LISTENING, listening, SAME},
    {LINKED, EV_LISTEN_FAILED, listen_failed, SAME},
    {LINKED, EV_CLOSE_RECEIVE, stop_listening, SAME},
    {VOICE, EV_START_SEND, speak, SAME},
    {LAMP_VOICE, EV_START_SEND, stay_silent, SAME},
    {LINKED, EV_START_SEND, refuse_send, SAME},
    {LINKED, EV_START_SEND_BAD, refuse_bad_send, SAME},
    {LINKED, EV_SENDING, sending, SAME},
    {LINKED, EV_SEND_FAILED, send_failed, SAME},
    {LINKED, EV_STOP_SEND, stop_sending, SAME},
    {VOICE | LAMP_VOICE, EV_PORT_REQUEST, open_port, SAME},
    {LINKED, EV_OPENED, port_opened, SAME},
    {LINKED, EV_UNREACHABLE, unreachable, SAME},
    {LINKED, EV_STATISTICS, statistics_wanted, SAME},
    {LINKED, EV_SUBSCRIBE, subscribed, SAME},
    {LINKED, EV_SUBSCRIBE_BAD, not_subscribed, SAME},
    {LINKED, EV_UNSUBSCRIBE, unsubscribed, SAME},
    {S(TALKING), EV_LOOK, look, SAME},
    {ANY, EV_COUNTS, counted, SAME},
    {ANY, EV_REPORT, report, SAME},
    {ANY, EV_PLAYED, NULL, SAME},
    {ANY, EV_PLAYED_ON, NULL, SAME},
    {ANY, EV_UNREACHABLE, NULL, SAME},
    {ANY, EV_OPEN_FAILED, NULL, SAME},

    /* a lamp: 7.9 */
    {S(IDLE), EV_MWI, lamp_off_hook, PORT_MWI_OFF_HOOK},
    {ANY, EV_MWI, lamp_turned_away, SAME},
    {S(MWI_OFF_HOOK), EV_CALL_OPENED, lamp_opened, PORT_MWI_DIAL_TONE},
    {S(MWI_OFF_HOOK), EV_DIAL_TONE, lamp_opened_and_dial, PORT_MWI_DIALLED},
    {S(MWI_OFF_HOOK), EV_CALL_TAKEN, lamp_taken, PORT_TALKING},
    {S(MWI_OFF_HOOK), EV_TIMEOUT, lamp_ignored, PORT_IDLE},
    {S(MWI_OFF_HOOK), EV_TIMEOUT_TRY_PREFIX, lamp_try_prefix, SAME},
    {S(MWI_OFF_HOOK), EV_TIMEOUT_CALL_CAME, lamp_gives_way, PORT_IDLE},
    {S(MWI_DIAL_TONE), EV_DIAL_TONE, lamp_dial, PORT_MWI_DIALLED},
    {S(MWI_DIAL_TONE), EV_TIMEOUT, lamp_dial, PORT_MWI_DIALLED},
    {LAMP_VOICE, EV_PROCEED, lamp_proceeds, SAME},
    {OPENED_LAMP, EV_CONFIRMED, lamp_confirmed, PORT_MWI_CLEARING},
    {LAMP_VOICE, EV_BUSY, lamp_busy, PORT_MWI_CLEARING},
    {LAMP_VOICE, EV_REORDER, lamp_reorder, PORT_MWI_CLEARING},
    {S(MWI_DIALLED), EV_CALL_CLEARED, lamp_cleared, PORT_IDLE},
    {LAMP_VOICE, EV_CALL_ENDED, lamp_not_complete, PORT_IDLE},
    {S(MWI_DIALLED), EV_TIMEOUT, lamp_timed_out, PORT_MWI_CLEARING},
    {S(MWI_DIALLED) | S(MWI_CLEARING), EV_DIAL_TONE, NULL, SAME}, /* repeated while dialling */
    {S(MWI_CLEARING), EV_CALL_ENDED, lamp_left, PORT_IDLE},
    {S(MWI_CLEARING), EV_TIMEOUT, lamp_left, PORT_IDLE},
    {S(MWI_CLEARING), EV_CONFIRMED, NULL, SAME},

    /* what may come and changes nothing */
    {S(CLEARING) | S(MWI_CLEARING), EV_CONNECTED, NULL, SAME},
    {S(CLEARING) | S(MWI_CLEARING), EV_PROCEED, NULL, SAME},
    {S(CLEARING) | S(MWI_CLEARING), EV_BUSY, NULL, SAME},
    {S(CLEARING) | S(MWI_CLEARING), EV_REORDER, NULL, SAME},
    {S(CLEARING) | S(MWI_CLEARING), EV_DIGIT, NULL, SAME},
    {LINKED, EV_CALL_OPENED, NULL, SAME},
    {LINKED, EV_NOTED, NULL, SAME},
    {LINKED, EV_UNREGISTERED, NULL, SAME},
    {LINKED, EV_TOKEN, NULL, SAME},
    {LINKED, EV_UNKNOWN, count_unknown, SAME},
};

/* How long a state may last; 0: as the port says, or as long as it likes. */
static const uint32_t lasts_ms[PORT_STATES] = {
    [PORT_WAITING] = TURN_MS,
    [PORT_CONNECTING] = CONNECT_MS,
    [PORT_REGISTERING] = REGISTER_MS,
    [PORT_CONFIGURING] = CAPABILITIES_MS,
    [PORT_ANSWERING] = ANSWER_MS,
    [PORT_TALKING] = QUIET_MS,
    [PORT_CLEARING] = CLEAR_MS,
    [PORT_MWI_OFF_HOOK] = LAMP_OPEN_MS,
    [PORT_MWI_DIAL_TONE] = DIAL_TONE_MS,
    [PORT_MWI_CLEARING] = CLEAR_MS,
    [PORT_UNREGISTERING] = UNREGISTER_MS,
    [PORT_KEPT] = KEPT_LOOK_MS,
};

bool port_rule(size_t index, struct port_rule_view *out)
{
    /* A row for each state it holds in: index counts rows times states. */
    const size_t row = index / PORT_STATES, state = index % PORT_STATES;

    if (row >= sizeof rules / sizeof rules[0])
        return false;
    *out = (struct port_rule_view){
        .from = (rules[row].from & (1u << state)) ? (enum port_state)state : PORT_STATES,
        .event = rules[row].event,
        .to = rules[row].to == SAME ? (enum port_state)state : rules[row].to,
    };
    return true;
}

/* ---- actions ------------------------------------------------------------------------------ */

struct port_action *act(struct port_actions *out, enum port_action_kind kind)
{
    /* The table cannot reach the limit (a test walks it); the last place is given again rather
     * than memory that is not ours. */
    size_t at = out->count < PORT_ACTIONS_MAX ? out->count++ : PORT_ACTIONS_MAX - 1;
    struct port_action *a = &out->list[at];

    memset(a, 0, sizeof *a);
    a->kind = kind;
    return a;
}

struct port_action *act_ids(struct port_actions *out, enum port_action_kind kind,
                            struct port_ids ids)
{
    struct port_action *a = act(out, kind);

    a->ids = ids;
    return a;
}

void note(struct port_actions *out, enum port_note n, uint32_t value)
{
    struct port_action *a = act(out, TELL_NOTE);

    a->note = n;
    a->value = value;
}

void put_text(char *to, size_t cap, const char *from)
{
    size_t n = strnlen(from, cap - 1);

    memcpy(to, from, n);
    memset(to + n, 0, cap - n);
}

/* splitmix64: spreads retries; nothing secret hangs on it. */
uint32_t random_below(struct port *p, uint32_t n)
{
    uint64_t z = (p->random += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return n ? (uint32_t)(z % n) : 0;
}

/* ---- the step ----------------------------------------------------------------------------- */

void port_init(struct port *p, const struct group_settings *group, size_t server_count,
               uint64_t seed)
{
    *p = (struct port){
        .state = PORT_STOPPED,
        .group = group,
        .due_ms = NEVER,
        .keepalive_due_ms = NEVER,
        .reset_due_ms = NEVER,
        .again_due_ms = NEVER,
        .settled_ms = NEVER,
        .call_ends_ms = NEVER,
        .look_ms = NEVER,
        .second = {.due_ms = NEVER, .keepalive_due_ms = NEVER},
        .random = seed,
        .server_count = (uint32_t)server_count,
    };
}

void port_set_group(struct port *p, const struct group_settings *group, bool never_answers)
{
    p->group = group;
    p->never_answers = never_answers;
}

void port_set_servers(struct port *p, size_t server_count)
{
    p->server_count = (uint32_t)server_count;
    if (p->server >= p->server_count)
        p->server = 0;
}

void port_stands_at(struct port *p, size_t server)
{
    if (server >= p->server_count || p->server == server)
        return;
    p->server = (uint32_t)server;
    if (port_registered(p))
        p->registered_at = p->server + 1;
    second_aim(p);
}

bool port_registered(const struct port *p)
{
    return (1u << p->state) & (S(IDLE) | IN_CALL);
}

bool port_in_call(const struct port *p)
{
    return (1u << p->state) & (IN_CALL | S(KEPT));
}

bool port_lamp_call(const struct port *p)
{
    return (1u << p->state) & LAMP;
}

bool port_encrypted(const struct port *p)
{
    return p->receive.on && p->receive.encrypted && p->send.on && p->send.encrypted;
}

static const struct rule *rule_for(enum port_state state, enum port_event_kind k)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].event == k && (rules[i].from & (1u << state)))
            return &rules[i];
    return NULL;
}

static int64_t lasts_until(const struct port *p, enum port_state s)
{
    if (s == PORT_DOWN)
        return p->now_ms + p->delay_ms;
    if (s == PORT_RINGING)
        return p->now_ms + p->group->wait_for_call_info_ms;
    if (s == PORT_MWI_DIALLED)
        return p->now_ms + p->group->mwi.result_ms;
    return lasts_ms[s] ? p->now_ms + lasts_ms[s] : NEVER;
}

/* What every change of state brings with it. */
static void enter(struct port *p, enum port_state to, struct port_actions *out)
{
    const enum port_state from = p->state;
    const bool was = port_registered(p);

    p->state = to;
    p->due_ms = lasts_until(p, to);
    if (port_registered(p) && !was)
        act(out, TELL_REGISTERED);
    if (from == PORT_IDLE)
        act(out, TELL_TAKEN);
    if (was && !port_registered(p))
        act(out, TELL_LOST);
    if (to == PORT_IDLE && !p->leaving)
        act(out, TELL_FREE);
    if (to == PORT_STOPPED)
        act(out, TELL_STOPPED);
}

/* A call with media lasts as long as a call may; one without, five minutes. */
static void watch_silence(struct port *p)
{
    if (p->send.on || p->receive.on)
        p->due_ms = NEVER;
    else if (p->due_ms == NEVER)
        p->due_ms = p->now_ms + QUIET_MS;
}

static void watch_hearing(struct port *p)
{
    if (!p->receive.on) {
        p->look_ms = NEVER;
    } else if (p->look_ms == NEVER) {
        p->look_ms = p->now_ms + LOOK_FIRST_MS;
        p->heard_ms = p->now_ms;
    }
}

static int64_t longest_until(const struct port *p)
{
    return p->group->max_call_s ? p->now_ms + (int64_t)p->group->max_call_s * 1000 : NEVER;
}

static void watch_call(struct port *p)
{
    if (p->state != PORT_TALKING) {
        p->call_ends_ms = p->state == PORT_KEPT ? p->call_ends_ms : NEVER;
        p->look_ms = NEVER;
        return;
    }
    if (p->call_ends_ms == NEVER)
        p->call_ends_ms = longest_until(p);
    watch_silence(p);
    watch_hearing(p);
}

static void apply(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    const enum port_event_kind k = which_event(p, ev);
    const struct rule *r = rule_for(p->state, k);

    if (!r) {
        p->unexpected++;
        act(out, TELL_UNEXPECTED)->value = k;
        return;
    }
    if (r->act)
        r->act(p, ev, out);
    if (r->to != SAME) /* who leaves for good does not wait for another try */
        enter(p, p->leaving && r->to == PORT_DOWN ? PORT_STOPPED : r->to, out);
    watch_call(p);
}

/* What waited until the port was idle. */
static bool waits(const struct port *p, struct port_event *ev)
{
    if (p->state != PORT_IDLE)
        return false;
    *ev = (struct port_event){.kind = EV_RING, .ids = p->offer};
    if (p->leaving)
        ev->kind = EV_FREE_TO_LEAVE;
    else if (p->reset_due_ms != NEVER)
        ev->kind = EV_RESET_DUE;
    else if (!p->offer.call && p->second.state == SECOND_GRANTED && p->again_due_ms == NEVER)
        ev->kind = EV_FREE_TO_GO_BACK; /* a reset that is to come leads there, too */
    else if (!p->offer.call)
        return false;
    return true;
}

static bool from_server(const struct port_event *ev)
{
    if (ev->kind == EV_DIGIT)
        return ev->digit.way < DIGIT_RTP;
    return ev->kind >= EV_REGISTERED && ev->kind <= EV_UNSUBSCRIBE;
}

void port_step(struct port *p, const struct port_event *ev, int64_t now_ms,
               struct port_actions *out)
{
    static const struct port_event lost = {.kind = EV_LINK_LOST};
    struct port_event next;

    out->count = 0;
    p->now_ms = now_ms;
    if (from_server(ev))
        p->unanswered = 0;
    if (ev->kind == EV_DRAIN || ev->kind == EV_STOP || ev->kind == EV_KILL)
        p->leaving = true;
    if (second_event(ev->kind))
        second_step(p, ev, out);
    else
        apply(p, ev, out);
    if (ev->kind == EV_DEAD)
        apply(p, &lost, out);
    if (waits(p, &next))
        apply(p, &next, out);
    second_follow(p, out);
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t port_due(const struct port *p)
{
    const int64_t reset = sooner(p->reset_due_ms, p->again_due_ms);

    return sooner(sooner(sooner(p->due_ms, p->keepalive_due_ms), reset),
                  sooner(sooner(p->call_ends_ms, p->look_ms), second_due(p)));
}

void port_tick(struct port *p, int64_t now_ms, struct port_actions *out)
{
    struct port_event ev = {.kind = EV_TIMEOUT};

    out->count = 0;
    p->now_ms = now_ms;
    if (now_ms < port_due(p))
        return;
    if (p->keepalive_due_ms <= now_ms) {
        ev.kind = p->unanswered >= KEEPALIVES_LOST ? EV_DEAD : EV_KEEPALIVE_DUE;
        p->keepalive_due_ms = now_ms + (int64_t)p->keepalive_s * 1000;
    } else if (p->reset_due_ms <= now_ms) {
        ev.kind = EV_RESET_DUE;
        p->reset_due_ms = NEVER;
    } else if (p->again_due_ms <= now_ms) {
        ev.kind = EV_RESET_AGAIN;
        p->again_due_ms = NEVER;
    } else if (p->call_ends_ms <= now_ms) {
        ev.kind = EV_CALL_TOO_LONG;
    } else if (p->look_ms <= now_ms) {
        ev.kind = EV_LOOK;
        p->look_ms = now_ms + LOOK_MS;
    } else if (second_due(p) <= now_ms) {
        ev.kind = second_tick(p);
    }
    port_step(p, &ev, now_ms, out);
}
