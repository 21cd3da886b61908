/* Rules of several call managers: failing over to the one that stands by, keeping the voice of a
 * call whose call manager is gone, and going back (sccp.md 7.3). */
#include "ports/rules.h"

#include <string.h>

/* The line is closed or lost; the second one is connected already. */
static void take_second(struct port *p, struct port_actions *out)
{
    struct port_second *s = &p->second;

    p->server = s->server;
    p->local = s->local;
    p->version = 0;
    s->state = SECOND_NONE;
    s->due_ms = s->keepalive_due_ms = NEVER;
    act(out, DO_SWAP);
    act(out, SAY_REGISTER);
}

/* "Register on the standby connection at once." */
void lost_to_standby(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    note(out, NOTE_STANDBY, 0);
    act(out, DO_CLOSE);
    end_session(p, out);
    take_second(p, out);
}

/* ---- a call without signalling ------------------------------------------------------------ */

void keep_call(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    note(out, NOTE_CALL_KEPT, 0);
    act(out, DO_CLOSE);
    forget_session(p, out);
    p->calls_kept++;
    p->heard_ms = p->now_ms;
}

/* Nobody will say that the far end has hung up: its silence does, which counted() notes. */
void look_at_kept(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    p->due_ms = p->now_ms + KEPT_LOOK_MS;
    act_ids(out, DO_COUNT, p->call);
}

void kept_over(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    note(out, NOTE_KEPT_OVER, 0);
    end_call(p, out);
    plan_next_try(p, 0);
}

void kept_over_to_standby(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    note(out, NOTE_KEPT_OVER, 0);
    end_call(p, out);
    note(out, NOTE_STANDBY, 0);
    take_second(p, out);
}

/* ---- going back --------------------------------------------------------------------------- */

void unregister_to_go_back(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    note(out, NOTE_GOING_BACK, 0);
    p->going_back = true;
    unregister(p, ev, out);
}

void go_back(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    left(p, ev, out);
    take_second(p, out);
}

/* The call manager knows of a call that we have not heard of yet. */
void stay(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    note(out, NOTE_STAYING, 0);
    p->going_back = false;
    second_ask_later(p);
}
