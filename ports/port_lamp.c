/* Rules of a lamp call: off hook as the subscriber, dial the lamp number, read the answer (7.9). */
#include "ports/rules.h"

#include <string.h>

void end_lamp(struct port *p, struct port_actions *out, enum port_lamp_result result)
{
    struct port_action *a = act(out, TELL_LAMP);

    a->ids.call = p->lamp.id;
    a->value = result;
    if (result != LAMP_CONFIRMED && result != LAMP_PORT_BUSY)
        p->lamps_failed++;
    p->lamp.id = 0;
}

/* The answer is known: hang up, and tell. */
static void finish(struct port *p, struct port_actions *out, enum port_lamp_result result)
{
    act_ids(out, SAY_ON_HOOK, p->call);
    close_media(p, out);
    end_lamp(p, out, result);
}

/* The server took the call away: nothing is left to wait for. */
static void finish_cleared(struct port *p, struct port_actions *out, enum port_lamp_result result)
{
    finish(p, out, result);
    end_call(p, out);
}

void lamp_off_hook(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    p->lamp = ev->lamp;
    p->lamps++;
    p->proceeded = false;
    p->by_prefix = p->group->mwi.method == MWI_PREFIX || p->no_cgpn;
    if (p->by_prefix)
        act(out, SAY_OFF_HOOK);
    else
        put_text(act(out, SAY_OFF_HOOK_AS)->text, sizeof out->list[0].text, p->lamp.extension);
}

void lamp_turned_away(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    struct port_action *a = act(out, TELL_LAMP);

    (void)p;
    a->ids.call = ev->lamp.id;
    a->value = LAMP_PORT_BUSY;
}

void lamp_opened(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)out;
    p->call = ev->ids;
}

void lamp_dial(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    struct port_action *a = act_ids(out, SAY_DIAL, p->call);
    size_t n = strnlen(p->lamp.code, sizeof p->lamp.code - 1);

    (void)ev;
    memcpy(a->text, p->lamp.code, n);
    if (p->by_prefix)
        put_text(a->text + n, sizeof a->text - n, p->lamp.extension);
}

void lamp_opened_and_dial(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    lamp_opened(p, ev, out);
    lamp_dial(p, ev, out);
}

void lamp_proceeds(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    (void)out;
    p->proceeded = true;
}

void lamp_confirmed(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    finish(p, out, LAMP_CONFIRMED);
}

/* CUCM sets the lamp and clears the call: a call cleared after Proceed has reached its number, also
 * where no tone was played (unity-connection.md 5). */
void lamp_cleared(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    finish_cleared(p, out, LAMP_CONFIRMED);
}

/* Cleared before the number was complete: that is how chan-sccp, mod_skinny and libsccp refuse a
 * number, with or without a tone before (8.4). */
void lamp_not_complete(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    note(out, NOTE_LAMP_REFUSED, 0);
    finish_cleared(p, out, LAMP_REORDER);
}

void lamp_busy(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    finish(p, out, LAMP_BUSY);
}

void lamp_reorder(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    finish(p, out, LAMP_REORDER);
}

void lamp_timed_out(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    finish(p, out, LAMP_TIMEOUT);
}

void lamp_ignored(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    if (!p->by_prefix)
        note(out, NOTE_LAMP_IGNORED, 0);
    finish_cleared(p, out, p->by_prefix ? LAMP_TIMEOUT : LAMP_NOT_UNDERSTOOD);
}

void lamp_try_prefix(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    note(out, NOTE_LAMP_PREFIX, 0);
    p->no_cgpn = p->by_prefix = true;
    p->due_ms = p->now_ms + LAMP_OPEN_MS;
    act(out, SAY_OFF_HOOK);
}

/* Nothing was opened, and a caller rings: the lamp goes to another port. */
void lamp_gives_way(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    end_lamp(p, out, LAMP_PORT_BUSY);
}

/* Glare: our going off hook has answered the call that rang. */
void lamp_taken(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    end_lamp(p, out, LAMP_PORT_BUSY);
    p->call = p->offer;
    p->offer = (struct port_ids){0};
    p->answered = p->connected = true;
    p->calls++;
    act_ids(out, TELL_ANSWERED, p->call);
}

void lamp_left(struct port *p, const struct port_event *ev, struct port_actions *out)
{
    (void)ev;
    end_call(p, out);
}
