/* The second line's own life: to the call manager that stands by, kept alive (sccp.md 7.3), or to
 * one of higher order, which is asked for a token before the port goes back to it.
 *
 *   none -> paused -> waiting -> connecting -> held -> asking -> granted -> none: it is the line
 *             ^__________|___________|__________|________|__________|
 */
#include "ports/rules.h"

#define S(name) (1u << SECOND_##name)
#define ANY     (~0u)
#define SAME    SECOND_STATES
#define UP      (S(HELD) | S(ASKING) | S(GRANTED))
#define OPEN    (S(WAITING) | S(CONNECTING) | UP)

struct second_rule {
    uint32_t from;
    enum port_event_kind event;
    rule_fn *act; /* NULL: nothing to do */
    enum second_state to;
};

static rule_fn dial_second, second_gives_up, hold, ask_for_token, need_no_token, refused, ignored,
    granted, ask_again, say_alive, heard, second_lost, second_untrusted, lost_by_asking, look_later;

/* The first row that fits is the one. */
static const struct second_rule rules[] = {
    {S(PAUSED), EV_SECOND_TIMEOUT, dial_second, SECOND_WAITING},
    {S(WAITING), EV_SECOND_DIALLING, NULL, SECOND_CONNECTING},
    {S(WAITING) | S(CONNECTING), EV_SECOND_TIMEOUT, second_gives_up, SECOND_PAUSED},
    {S(CONNECTING), EV_SECOND_UP, hold, SECOND_HELD},
    {S(HELD), EV_SECOND_MAY_ASK, ask_for_token, SECOND_ASKING},
    {S(HELD), EV_SECOND_NEED_NOT_ASK, need_no_token, SECOND_GRANTED},
    {S(HELD), EV_SECOND_TIMEOUT, look_later, SAME},
    {S(ASKING), EV_TOKEN_GRANTED, granted, SECOND_GRANTED},
    {S(ASKING), EV_TOKEN_REFUSED, refused, SECOND_HELD},
    {S(ASKING), EV_SECOND_TIMEOUT, ignored, SECOND_GRANTED},
    {S(GRANTED), EV_SECOND_TIMEOUT, ask_again, SECOND_HELD},
    {UP, EV_SECOND_KEEPALIVE_DUE, say_alive, SAME},
    {UP, EV_SECOND_HEARD, heard, SAME},
    {UP, EV_SECOND_DEAD, second_gives_up, SECOND_PAUSED},
    {S(ASKING), EV_SECOND_LOST, lost_by_asking, SECOND_PAUSED},
    {OPEN, EV_SECOND_LOST, second_lost, SECOND_PAUSED},
    {OPEN, EV_SECOND_UNTRUSTED, second_untrusted, SECOND_PAUSED},
    {ANY, EV_SECOND_LOST, NULL, SAME},
    {ANY, EV_SECOND_UNTRUSTED, NULL, SAME},
    {ANY, EV_SECOND_HEARD, NULL, SAME},
    {ANY, EV_TOKEN_GRANTED, NULL, SAME}, /* too late, or not asked for */
    {ANY, EV_TOKEN_REFUSED, NULL, SAME},
};

/* How long a state may last; 0: as its rule says, or as long as it likes. */
static const uint32_t lasts_ms[SECOND_STATES] = {
    [SECOND_WAITING] = TURN_MS,
    [SECOND_CONNECTING] = CONNECT_MS,
    [SECOND_ASKING] = TOKEN_MS,
    [SECOND_GRANTED] = TOKEN_KEPT_MS,
};

/* ---- to whom ------------------------------------------------------------------------------ */

static bool wants_back(const struct port *p)
{
    return p->server > 0 && p->group->auto_failback;
}

static bool wants_second(const struct port *p)
{
    return p->server_count > 1 && !p->leaving && (wants_back(p) || p->group->standby);
}

/* Those of higher order, or all others in their order. */
static uint32_t next_choice(const struct port *p, uint32_t server)
{
    if (wants_back(p))
        return server + 1 >= p->server ? 0 : server + 1;
    const uint32_t next = (server + 1) % p->server_count;
    return next == p->server ? (next + 1) % p->server_count : next;
}

static void begin(struct port *p)
{
    const bool back = wants_back(p);

    p->second = (struct port_second){
        .state = SECOND_PAUSED,
        .server = back ? 0 : next_choice(p, p->server),
        .due_ms = p->now_ms + (back ? retry_pause(p, 0) : random_below(p, SECOND_SPREAD_MS)),
        .keepalive_due_ms = NEVER,
    };
    p->second.first = p->second.server;
}

static void pause_second(struct port *p, uint32_t at_least_ms)
{
    struct port_second *s = &p->second;
    uint32_t ms = random_below(p, NEXT_SERVER_MS);

    s->server = next_choice(p, s->server);
    if (s->server == s->first)
        ms = retry_pause(p, s->failures++);
    s->due_ms = p->now_ms + (ms > at_least_ms ? ms : at_least_ms);
    s->keepalive_due_ms = NEVER;
    s->unanswered = 0;
    s->answers = false;
}

/* ---- what the rules do -------------------------------------------------------------------- */

static void dial_second(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    act(out, DO_DIAL_SECOND)->value = p->second.server;
}

static void second_lost(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    (void)out;
    pause_second(p, 0);
}

static void second_gives_up(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    act(out, DO_CLOSE_SECOND);
    second_lost(p, ev, out);
}

static void second_untrusted(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    pause_second(p, p->group->retry.untrusted_ms);
    if (ev->value)
        act(out, DO_REFRESH);
}

/* mod_skinny closes the connection at a RegisterTokenReq (8.4). */
static void lost_by_asking(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    p->second.closed_on_token++;
    second_lost(p, ev, out);
}

static void ask_in(struct port *p, uint32_t ms)
{
    p->second.due_ms = wants_back(p) ? p->now_ms + ms : NEVER;
}

static void look_later(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    (void)out;
    ask_in(p, BUSY_MS);
}

void second_aim(struct port *p)
{
    struct port_second *s = &p->second;
    const bool may_lead_there = s->server != p->server && (s->server < p->server || !wants_back(p));

    if (s->state == SECOND_HELD)
        ask_in(p, BUSY_MS);
    else if ((s->state == SECOND_PAUSED || s->state == SECOND_WAITING) && !may_lead_there)
        s->server = s->first = next_choice(p, s->server);
}

static void ask_for_token(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)p;
    (void)ev;
    act(out, SAY_TOKEN_REQ);
}

static void need_no_token(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)p;
    (void)ev;
    (void)out; /* waits() of port.c goes on */
}

static void heard(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    (void)out;
    p->second.answers = true;
    p->second.unanswered = p->second.failures = 0;
}

static void granted(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    heard(p, ev, out);
    p->second.closed_on_token = 0;
}

static void refused(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    const uint32_t s = ev->value < TOKEN_MOST_S ? ev->value : TOKEN_MOST_S;
    const uint32_t ms = s ? s * 1000 : TOKEN_LEAST_MS;

    heard(p, ev, out);
    note(out, NOTE_TOKEN_REFUSED, ev->value);
    ask_in(p, ms + random_below(p, ms / 8 + 1)); /* never before, and not all at once */
}

/* "Accept, do not require": who ignores tokens takes the Register without one. */
static void ignored(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)p;
    (void)ev;
    note(out, NOTE_TOKEN_IGNORED, 0);
}

static void ask_again(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    (void)out;
    ask_in(p, TOKEN_LEAST_MS);
}

static void say_alive(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    p->second.unanswered++;
    act(out, SAY_SECOND_KEEPALIVE);
}

/* The first keepalive at once: servers cut off a connection that says nothing (7.3). */
static void hold(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    p->second.local = ev->local;
    p->second.keepalive_due_ms = p->now_ms + (int64_t)p->standby_s * 1000;
    ask_in(p, random_below(p, NEXT_SERVER_MS));
    say_alive(p, ev, out);
}

void second_ask_later(struct port *p)
{
    p->second.state = SECOND_HELD;
    ask_in(p, BUSY_MS);
}

/* ---- the step ----------------------------------------------------------------------------- */

bool second_event(enum port_event_kind k)
{
    return k >= EV_SECOND_DIALLING && k <= EV_SECOND_DEAD;
}

static enum port_event_kind kind_of(const struct port *p, enum port_event_kind k)
{
    if (k != EV_SECOND_TIMEOUT || p->second.state != SECOND_HELD || p->state != PORT_IDLE)
        return k;
    return p->group->register_tokens && p->second.closed_on_token < 2 ? EV_SECOND_MAY_ASK
                                                                      : EV_SECOND_NEED_NOT_ASK;
}

static void enter(struct port *p, enum second_state to)
{
    p->second.state = to;
    if (lasts_ms[to])
        p->second.due_ms = p->now_ms + lasts_ms[to];
}

void second_step(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    const enum port_event_kind k = kind_of(p, ev->kind);

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct second_rule *r = &rules[i];
        if (r->event != k || !(r->from & (1u << p->second.state)))
            continue;
        if (r->act)
            r->act(p, ev, out);
        if (r->to != SAME)
            enter(p, r->to);
        return;
    }
    p->unexpected++;
    act(out, TELL_UNEXPECTED)->value = k;
}

/* While the port is registered, keeps a call, or says goodbye to one call manager for another. */
static bool may_last(const struct port *p)
{
    return port_registered(p) || p->state == PORT_KEPT || p->state == PORT_UNREGISTERING;
}

void second_follow(struct port *p, struct port_actions *out)
{
    struct port_second *s = &p->second;

    if (s->state == SECOND_NONE) {
        if (port_registered(p) && wants_second(p))
            begin(p);
        return;
    }
    if (may_last(p) && wants_second(p) && s->server < p->server_count)
        return;
    act(out, DO_CLOSE_SECOND);
    s->state = SECOND_NONE;
    s->due_ms = s->keepalive_due_ms = NEVER;
}

int64_t second_due(const struct port *p)
{
    const struct port_second *s = &p->second;

    return s->due_ms < s->keepalive_due_ms ? s->due_ms : s->keepalive_due_ms;
}

enum port_event_kind second_tick(struct port *p)
{
    struct port_second *s = &p->second;

    if (s->keepalive_due_ms > p->now_ms)
        return EV_SECOND_TIMEOUT;
    s->keepalive_due_ms = p->now_ms + (int64_t)p->standby_s * 1000;
    return s->answers && s->unanswered >= KEEPALIVES_LOST ? EV_SECOND_DEAD
                                                          : EV_SECOND_KEEPALIVE_DUE;
}

bool port_second_up(const struct port *p)
{
    return (1u << p->second.state) & UP;
}

const char *port_second_words(enum second_state s)
{
    static const char *const words[] = {
#define SECOND_STATE(name, text) [SECOND_##name] = text,
        SECOND_STATE_LIST(SECOND_STATE)
#undef SECOND_STATE
    };
    return s < SECOND_STATES ? words[s] : "?";
}

bool port_second_rule(size_t index, struct second_rule_view *out)
{
    const size_t row = index / SECOND_STATES, state = index % SECOND_STATES;

    if (row >= sizeof rules / sizeof rules[0])
        return false;
    *out = (struct second_rule_view){
        .from = rules[row].from & (1u << state) ? (enum second_state)state : SECOND_STATES,
        .event = rules[row].event,
        .to = rules[row].to == SAME ? (enum second_state)state : rules[row].to,
    };
    return true;
}
