/* Rules of the session: connecting, registering, keeping alive, resetting, leaving. */
#include "ports/rules.h"

#include <stdio.h>
#include <string.h>

static uint32_t jittered(struct port *p, uint32_t ms)
{
    return ms - ms / 4 + random_below(p, ms / 2 + 1);
}

uint32_t retry_pause(struct port *p, uint32_t failures)
{
    const struct retry_settings *r = &p->group->retry;
    const uint32_t ms = jittered(p, settings_doubled(r->first_ms, failures, r->most_ms));

    return ms > r->most_ms ? r->most_ms : ms;
}

/* A server that registers a port only to drop it must not be asked every second: a registration
 * that lasted no longer than the pause before it counts as one more failure [?]. After five seconds
 * it has lasted, whatever came before: who mends a lab must not wait for a minute because of it. */
static void judge_registration(struct port *p)
{
    const uint32_t first = p->group->retry.first_ms;
    const uint32_t paused = p->delay_ms > first ? p->delay_ms : first;
    const uint32_t least = paused < STEADY_MS ? paused : STEADY_MS;

    if (p->settled_ms != NEVER && p->now_ms - p->settled_ms >= least)
        p->failures = 0;
    p->settled_ms = NEVER;
}

/* Down the list at once; after its last server a pause that doubles. */
void plan_next_try(struct port *p, uint32_t at_least_ms)
{
    uint32_t ms = random_below(p, NEXT_SERVER_MS);

    judge_registration(p);
    if (++p->server >= p->server_count) {
        p->server = 0;
        ms = retry_pause(p, p->failures++);
    }
    p->delay_ms = ms > at_least_ms ? ms : at_least_ms;
}

void forget_session(struct port *p, struct port_actions *out)
{
    if (p->lamp.id)
        end_lamp(p, out, LAMP_LINK_LOST);
    p->offer = (struct port_ids){0};
    p->info_call = 0;
    p->statistics.wanted = false;
    p->reported.call = 0; /* another server counts its calls in its own way */
    p->keepalive_due_ms = NEVER;
    p->reset_due_ms = p->again_due_ms = NEVER;
    p->unanswered = 0;
    p->version = 0;
    p->no_cgpn = false;
    p->going_back = false;
}

void end_session(struct port *p, struct port_actions *out)
{
    forget_session(p, out);
    end_call(p, out);
}

void dial(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    act(out, DO_DIAL)->value = p->server;
}

void give_up(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    note(out,
         p->state == PORT_WAITING      ? NOTE_NO_TURN
         : p->state == PORT_CONNECTING ? NOTE_NO_CONNECTION
                                       : NOTE_NO_REGISTER_ACK,
         0);
    act(out, DO_CLOSE);
    end_session(p, out);
    plan_next_try(p, 0);
}

void say_register(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    p->local = ev->local;
    p->version = 0;
    act(out, SAY_REGISTER);
}

void configure(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    uint32_t s = ev->session.keepalive_s;
    const uint32_t standby_s = ev->session.standby_s;

    if (s == 0 || s > KEEPALIVE_MOST_S) {
        note(out, NOTE_BAD_KEEPALIVE, s);
        s = KEEPALIVE_S;
    }
    /* CallManager 2 names none (4.2). */
    p->standby_s = standby_s == 0 || standby_s > KEEPALIVE_MOST_S ? s : standby_s;
    p->version = ev->session.version;
    p->keepalive_s = s;
    p->keepalive_due_ms = p->now_ms + (int64_t)s * 1000;
    p->unanswered = 0;
    p->step = STEP_CAPABILITIES;
}

void rejected(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    struct port_action *a = act(out, TELL_NOTE);

    a->note = NOTE_REJECTED;
    put_text(a->text, sizeof a->text, ev->text);
    act(out, DO_CLOSE);
    end_session(p, out);
    const uint32_t least_ms = p->group->retry.rejected_ms;
    plan_next_try(p, least_ms + random_below(p, least_ms / 2));
}

void answer_capabilities(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)p;
    (void)ev;
    act(out, SAY_CAPABILITIES);
}

static void ask_next(struct port *p, struct port_actions *out)
{
    p->step++;
    p->due_ms = p->now_ms + STEP_MS;
    act(out, SAY_STEP)->value = p->step;
}

void first_capabilities(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    answer_capabilities(p, ev, out);
    ask_next(p, out);
}

void note_line(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)out;
    if (ev->text[0])
        put_text(p->extension, sizeof p->extension, ev->text);
}

void next_step(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    note_line(p, ev, out);
    ask_next(p, out);
}

static void note_step(const struct port *p, struct port_actions *out)
{
    struct port_action *a = act(out, TELL_NOTE);

    a->note = NOTE_STEP_UNANSWERED;
    if (p->step == STEP_CAPABILITIES)
        a->note = NOTE_NO_CAPABILITIES_REQ;
    else
        put_text(a->text, sizeof a->text, port_step_words(p->step));
}

/* CallManager 2 answers some requests of a device without soft keys not at all (7.1). */
void step_missed(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    note_step(p, out);
    ask_next(p, out);
}

void time_missed(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    note_step(p, out);
    settle(p, ev, out);
}

void settle(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    (void)out;
    p->registrations++;
    p->settled_ms = p->now_ms;
    p->failovers += p->registered_at && p->server + 1 > p->registered_at;
    p->failbacks += p->server + 1 < p->registered_at;
    p->registered_at = p->server + 1;
}

void keep_alive(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    p->unanswered++;
    act(out, SAY_KEEPALIVE);
}

void lost(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    act(out, DO_CLOSE);
    end_session(p, out);
    plan_next_try(p, 0);
}

void dead(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    note(out, NOTE_LINK_DEAD, p->keepalive_s * KEEPALIVES_LOST); /* LINK_LOST follows */
}

void untrusted(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    lost(p, ev, out);
    p->delay_ms = p->group->retry.untrusted_ms;
    if (ev->value)
        act(out, DO_REFRESH);
}

void unregister(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    p->offer = (struct port_ids){0};
    p->reset_due_ms = p->again_due_ms = NEVER;
    act(out, SAY_UNREGISTER);
}

/* A call that has just ended here may still be up there (7.12). */
void must_stay(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)p;
    note(out, NOTE_MUST_STAY, ev->value);
}

/* It serves calls meanwhile: the one that is in the way may be one that rings for us. */
void stay_for_now(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    note(out, NOTE_RESET_LATER, ev->value);
    p->again_due_ms = p->now_ms + RESET_AGAIN_MS;
}

void hang_up_and_unregister(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    if (p->state != PORT_RINGING)
        act_ids(out, SAY_ON_HOOK, p->call);
    if (p->lamp.id)
        end_lamp(p, out, LAMP_LINK_LOST);
    end_call(p, out);
    unregister(p, ev, out);
}

void will_leave(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)p;
    (void)ev;
    (void)out; /* port_step has marked it as leaving */
}

void left(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    act(out, DO_CLOSE);
    end_session(p, out);
}

void pause_for_reset(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    left(p, ev, out);
    p->server = 0;
    p->failures = 0;
    p->delay_ms = RESET_PAUSE_MS + random_below(p, RESET_PAUSE_MS / 2);
}

void reset_now(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    pause_for_reset(p, ev, out);
}

void will_reset(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    note(out, NOTE_RESET_ASKED, ev->value);
    p->reset_due_ms = p->now_ms + RESET_GRACE_MS;
}

/* A call has come before the reset could be tried again. */
void reset_after_call(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    (void)out;
    p->reset_due_ms = p->now_ms + RESET_GRACE_MS;
}

void fetch_only(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)p;
    note(out, NOTE_RESET_ASKED, ev->value);
    act(out, DO_REFRESH);
}

void fetch_and_will_reset(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    act(out, DO_REFRESH);
    will_reset(p, ev, out);
}

void fetch_and_unregister(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    fetch_only(p, ev, out);
    unregister(p, ev, out);
}

void count_unknown(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    struct port_action *a;

    if (p->unknown++ > 0)
        return; /* the first one tells enough */
    a = act(out, TELL_NOTE);
    a->note = NOTE_UNKNOWN_MESSAGE;
    snprintf(a->text, sizeof a->text, "0x%04X", ev->value);
}
