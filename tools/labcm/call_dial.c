/* Calls of a device: digits, lamps, and numbers that lead nowhere. */
#include "tools/labcm/call_inner.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void cannot_complete(struct call *c, uint32_t call_state, uint32_t tone)
{
    struct manager *m = c->manager;

    c->state = CALL_TONE;
    c->device->leg.state = LEG_TONE;
    present_failure(&m->edge.outlet, c->device, call_state, tone);
    call_alarm_in(c, CALL_TONE_MS);
}

static void proceed(struct call *c)
{
    struct device *d = c->device;

    call_set_number(c->parties.calling, d->leg.has_subscriber ? d->leg.subscriber : d->number);
    call_set_number(c->parties.called, d->leg.digits);
    c->parties.type = SCCP_CALL_TYPE_OUTBOUND;
    d->leg.state = LEG_PROCEEDING;
    present_proceed(&c->manager->edge.outlet, d, &c->parties);
}

/* Of the fault menu. True: the request has come to nothing. */
static bool mwi_fails(struct call *c)
{
    const struct faults *f = c->manager->s.faults;

    if (fault_on(f, FAULT_MWI_BUSY, c->device->name)) {
        cannot_complete(c, SCCP_CALL_BUSY, SCCP_TONE_LINE_BUSY);
        return true;
    }
    if (fault_on(f, FAULT_MWI_REORDER, c->device->name)) {
        cannot_complete(c, SCCP_CALL_CONGESTION, SCCP_TONE_REORDER);
        return true;
    }
    return fault_on(f, FAULT_MWI_SILENT, c->device->name);
}

/* False: no line has that number. */
static bool set_lamp(struct call *c, const char *number, bool on)
{
    struct manager *m = c->manager;
    unsigned index;

    if (fault_on(m->s.faults, FAULT_MWI_NO_LAMP, c->device->name))
        return plan_phone(number, &index);
    return manager_set_lamp(m, number, on, c->device->name);
}

/* The lamp is that of the calling party, unless the digits name an extension behind the code. */
static void switch_lamp(struct call *c, const struct plan_route *r)
{
    struct manager *m = c->manager;
    struct device *d = c->device;
    sccp_number whose;
    char shown[TEXT_ESCAPED];

    call_set_number(whose, c->parties.calling);
    if (r->has_phone)
        plan_phone_number(r->index, whose);
    if (!set_lamp(c, whose, r->lamp_on)) {
        manager_note(m, LOG_WARN, LOG_NOTIFIER, d,
                     "message waiting for %s: no line has this number",
                     log_escape(whose, strlen(whose), shown, sizeof shown));
        cannot_complete(c, SCCP_CALL_CONGESTION, SCCP_TONE_REORDER);
        return;
    }
    d->lamps++;
    c->state = CALL_TONE;
    d->leg.state = LEG_TONE;
    if (!fault_on(m->s.faults, FAULT_MWI_NO_CONFIRMATION, d->name))
        present_tone(&m->edge.outlet, d, SCCP_TONE_CONFIRMATION);
    call_alarm_in(c, CALL_TONE_MS);
}

/* Nobody lifts a phone here: it rings until the caller gives up or the timer does. */
static void ring_phone(struct call *c, unsigned phone)
{
    struct manager *m = c->manager;

    if (m->phones[phone].call) {
        cannot_complete(c, SCCP_CALL_BUSY, SCCP_TONE_LINE_BUSY);
        return;
    }
    c->state = CALL_ALERTING;
    present_ring_out(&m->edge.outlet, c->device);
    call_alarm_in(c, CALL_DIRECT_RING_MS);
}

static void route(struct call *c, bool whole)
{
    struct manager *m = c->manager;
    struct leg *leg = &c->device->leg;
    struct plan_route r = plan_look_up(&m->s.plan, leg->digits, whole, leg->has_subscriber);

    if (r.kind == PLAN_MORE)
        return;
    if (r.kind != PLAN_UNKNOWN)
        proceed(c);
    switch (r.kind) {
    case PLAN_IS_MWI:
        if (!mwi_fails(c))
            switch_lamp(c, &r);
        break;
    case PLAN_IS_PHONE:
        ring_phone(c, r.index);
        break;
    case PLAN_IS_PORT:
    case PLAN_IS_PILOT: /* a port that calls voicemail would call itself */
        cannot_complete(c, SCCP_CALL_CONGESTION, SCCP_TONE_REORDER);
        break;
    case PLAN_UNKNOWN:
    case PLAN_MORE:
        cannot_complete(c, SCCP_CALL_INVALID_NUMBER, SCCP_TONE_REORDER);
        break;
    }
}

/* Glare: the port goes off hook while a call is being offered to it. The offer goes on to the next
 * member. */
static void yield_ringing(struct manager *m, struct device *d)
{
    struct call *c = d->leg.call;

    call_no_longer_ringing(c, d);
    call_clear(m, d);
    if (!c->ringing && !call_ring_next(c))
        call_finish(c, CALL_OVER_NO_ANSWER);
}

bool call_begin_dialling(struct manager *m, struct device *d, const char *subscriber)
{
    struct call *c;

    if (d->leg.state == LEG_RINGING)
        yield_ringing(m, d);
    if (d->leg.state != LEG_NONE) {
        manager_note(m, LOG_WARN, LOG_MIU_CALL, d, "off hook in a call: ignored");
        return false;
    }
    c = call_new(m);
    if (!c)
        return false;
    c->state = CALL_DIALLING;
    c->device = d;
    call_leg_begin(m, d, c, LEG_DIALLING);
    d->leg.has_subscriber = subscriber != NULL;
    call_set_number(d->leg.subscriber, subscriber ? subscriber : "");
    present_dial_tone(&m->edge.outlet, d);
    call_alarm_in(c, CALL_DIGIT_MS);
    return true;
}

void call_off_hook_as(struct manager *m, struct device *d, const struct sccp_off_hook_with_cgpn *as)
{
    if (fault_on(m->s.faults, FAULT_MWI_IGNORED, d->name))
        return; /* like all servers but CUCM (sccp.md 8.4) */
    (void)call_begin_dialling(m, d, *as->calling_party ? as->calling_party : as->voice_mailbox);
}

static bool add_digit(struct leg *leg, char digit)
{
    size_t n = strlen(leg->digits);

    if (n + 1 >= sizeof leg->digits)
        return false;
    leg->digits[n] = digit;
    leg->digits[n + 1] = '\0';
    return true;
}

/* Old devices name neither line nor call. */
static bool is_for_leg(const struct leg *leg, const struct sccp_keypad_button *key)
{
    return key->line <= 1 && (key->call == 0 || key->call == leg->reference);
}

void call_digit(struct manager *m, struct device *d, const struct sccp_keypad_button *key)
{
    struct leg *leg = &d->leg;
    char digit = sccp_key_to_digit(key->button);

    if (leg->state != LEG_DIALLING || digit == '\0')
        return;
    if (!is_for_leg(leg, key)) {
        manager_note(m, LOG_WARN, LOG_MIU_CALL, d,
                     "KeypadButton for line %u, call %u: line 1, call %u is being dialled",
                     key->line, key->call, leg->reference);
        return;
    }
    if (leg->digits[0] == '\0')
        present_first_digit(&m->edge.outlet, d);
    call_alarm_in(leg->call, CALL_DIGIT_MS);
    if (!add_digit(leg, digit)) {
        cannot_complete(leg->call, SCCP_CALL_INVALID_NUMBER, SCCP_TONE_REORDER);
        return;
    }
    route(leg->call, false);
}

/* The number as a whole: it opens the call itself, or follows an off hook. */
void call_enbloc(struct manager *m, struct device *d, const char *number)
{
    if (d->leg.state != LEG_DIALLING && !call_begin_dialling(m, d, NULL))
        return;
    if (d->leg.digits[0] == '\0')
        present_first_digit(&m->edge.outlet, d);
    snprintf(d->leg.digits, sizeof d->leg.digits, "%.24s", number);
    route(d->leg.call, true);
}

/* No further digit came: the number is what there is. */
void call_dial_late(struct call *c)
{
    route(c, true);
}

/* Nobody lifts the phone. */
void call_ring_late(struct call *c)
{
    cannot_complete(c, SCCP_CALL_CONGESTION, SCCP_TONE_REORDER);
}
