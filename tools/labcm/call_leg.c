#include "tools/labcm/call_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *call_end_words(enum call_end end)
{
    switch (end) {
    case CALL_OVER_DEVICE:
        return "the port hung up";
    case CALL_OVER_PHONE:
        return "the phone hung up";
    case CALL_OVER_LAMP:
        return "the lamp of the phone was set";
    case CALL_OVER_BUSY:
        return "busy: every port is on a call";
    case CALL_OVER_NO_ANSWER:
        return "no answer";
    case CALL_OVER_NOBODY:
        return "no port is registered";
    case CALL_OVER_UNKNOWN:
        return "no such number";
    case CALL_OVER_PHONE_BUSY:
        return "the phone is on a call already";
    case CALL_OVER_NO_CODEC:
        return "the port does not offer the codec with that packet time";
    case CALL_OVER_NO_SOCKET:
        return "the phone got no UDP port";
    case CALL_OVER_MEDIA_REFUSED:
        return "the port refused the media";
    case CALL_OVER_MEDIA_LATE:
        return "the port did not acknowledge OpenReceiveChannel in time";
    case CALL_OVER_DEVICE_LOST:
        return "the port's connection was lost";
    case CALL_OVER_SERVICE_DOWN:
        return "the CallManager service was stopped";
    case CALL_OVER_RESOURCES:
        return "no memory";
    }
    return "";
}

static uint32_t with_node(const struct manager *m, uint32_t counter)
{
    return m->s.node << 24 | (counter & 0xFFFFFF);
}

void call_leg_begin(struct manager *m, struct device *d, struct call *c, enum leg_state state)
{
    d->leg = (struct leg){
        .state = state,
        .call = c,
        .reference = with_node(m, ++m->references),
        .party = with_node(m, ++m->parties + 0x100),
    };
    hunt_set_free(m->hunt, d->index, false);
}

void call_leg_end(struct manager *m, struct device *d)
{
    explicit_bzero(d->leg.digits, sizeof d->leg.digits); /* may be part of a PIN */
    d->leg = (struct leg){.state = LEG_NONE};
    hunt_set_free(m->hunt, d->index, d->state == DEVICE_IN_SERVICE);
}

/* Tells the device that its call is over, and frees its line. */
void call_clear(struct manager *m, struct device *d)
{
    struct sccp_time_date_res now;

    m->edge.now(m->edge.arg, &now);
    close_channel(&m->edge.outlet, d);
    present_over(&m->edge.outlet, d, &now);
    call_leg_end(m, d);
}

void call_alarm_in(struct call *c, unsigned ms)
{
    c->manager->edge.alarm(c->manager->edge.arg, c, ms);
}

/* The device is out of it already. */
void call_finish(struct call *c, enum call_end end)
{
    struct manager *m = c->manager;

    call_alarm_in(c, 0);
    hunt_walk_end(&c->walk);
    if (c->state == CALL_TALKING)
        m->talking--;
    m->with_media -= c->acknowledged;
    if (c->far) {
        if (c->asked.phone < PLAN_PHONES)
            m->phones[c->asked.phone].call = NULL;
        m->edge.far_over(m->edge.arg, c, end);
    }
    explicit_bzero(c, sizeof *c);
    free(c);
}

void call_set_number(sccp_number to, const char *from)
{
    snprintf(to, sizeof(sccp_number), "%s", from);
}

struct call *call_new(struct manager *m)
{
    struct call *c = calloc(1, sizeof *c);

    if (c)
        c->manager = m;
    return c;
}

void call_give_up(struct call *c, struct device *d, enum call_end why)
{
    call_clear(c->manager, d);
    call_finish(c, why);
}
