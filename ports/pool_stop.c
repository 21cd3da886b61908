/* EDGE: resetting and stopping; see pool_inner.h. */
#include "ports/pool_inner.h"

#include <stdlib.h>
#include <string.h>

#define HANG_UP_MS 6000u /* Unregister has three seconds to be answered; then at once */
#define KILL_MS    3000u /* media threads report within milliseconds */

/* ---- reset -------------------------------------------------------------------------------- */

static bool number_of(const struct group_settings *g, const char *name, unsigned *number)
{
    const size_t n = strlen(g->prefix);
    char again[DEVICE_NAME_MAX + 1], *end;

    if (strncmp(name, g->prefix, n) != 0 || name[n] < '0' || name[n] > '9')
        return false;
    const unsigned long said = strtoul(name + n, &end, 10);
    if (*end || said < g->first || said - g->first >= g->count)
        return false;
    *number = (unsigned)said;
    return device_name(g->prefix, *number, again) && strcmp(again, name) == 0;
}

static uint32_t port_in(const struct pool *p, const struct pool_group *pg, unsigned number)
{
    for (size_t i = 0; i < pg->places; i++)
        if (pg->ports[i] != NONE && p->ports[pg->ports[i]].number == number &&
            !p->ports[pg->ports[i]].leaving)
            return pg->ports[i];
    return NONE;
}

static uint32_t port_named(const struct pool *p, const char *name)
{
    unsigned number = 0;

    for (size_t g = 0; g < p->group_count; g++)
        if (p->groups[g] && !p->groups[g]->leaving &&
            number_of(p->groups[g]->settings, name, &number))
            return port_in(p, p->groups[g], number);
    return NONE;
}

/* Nobody dials before the new list is there. */
static void fetch_anew(struct pool *p, uint32_t group)
{
    const struct worker_command hold = {.kind = CMD_HOLD, .group = group};

    pool_tell_all(p, &hold);
    pool_ask_routes(p, group, FETCH_ASKED);
}

static size_t reset_all(struct pool *p)
{
    const struct worker_command reset = {.kind = CMD_RESET, .port = ALL_PORTS};

    for (uint32_t g = 0; g < p->group_count; g++)
        if (p->groups[g] && !p->groups[g]->leaving)
            fetch_anew(p, g);
    pool_tell_all(p, &reset);
    return p->port_count;
}

static bool reset_one(struct pool *p, const char *name, bool *fetched, struct err *e)
{
    const struct worker_command reset = {.kind = CMD_RESET, .port = port_named(p, name)};

    if (reset.port == NONE)
        return err_set(e, ERR_USAGE, "there is no port %.40s", name);
    const uint32_t group = p->ports[reset.port].group;
    if (!fetched[group])
        fetch_anew(p, group);
    fetched[group] = true;
    pool_tell(p, reset.port % p->worker_count, &reset);
    return true;
}

size_t pool_reset(struct pool *p, const char *const *names, size_t count, struct err *e)
{
    bool *fetched = calloc(p->group_count, sizeof *fetched);
    size_t found = 0;
    struct err later;

    if (!fetched || p->stopping != RUNNING) {
        free(fetched);
        err_set(e, ERR_NOT_NOW, "the ports are being stopped");
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        found += reset_one(p, names[i], fetched, found == i ? e : &later);
    free(fetched);
    return count ? found : reset_all(p);
}

/* ---- stop --------------------------------------------------------------------------------- */

void pool_handle_closed(struct pool *p)
{
    if (--p->handles == 0 && p->events.stopped)
        p->events.stopped(p->events.arg);
}

static void on_closed(uv_handle_t *h)
{
    pool_handle_closed(h->data);
}

static void on_group_closed(uv_handle_t *h)
{
    pool_handle_closed(((struct pool_group *)h->data)->pool);
}

static void on_wake_closed(uv_handle_t *h)
{
    struct pool *p = h->data;

    p->wake = NULL;
    free(h);
    pool_handle_closed(p);
}

static void close_handles(struct pool *p)
{
    uv_timer_t *const timers[] = {&p->lamp_timer,      &p->changed_timer,  &p->stop_timer,
                                  &p->complaint_timer, &p->identity_timer, &p->owed_timer};

    for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++)
        uv_close((uv_handle_t *)timers[i], on_closed);
    for (size_t g = 0; g < p->group_count; g++)
        if (p->groups[g])
            uv_close((uv_handle_t *)&p->groups[g]->retry, on_group_closed);
    uv_close((uv_handle_t *)p->wake, on_wake_closed);
}

/* The threads end; then the loop forgets us. */
static void finish(struct pool *p)
{
    const struct worker_command quit = {.kind = CMD_QUIT};

    if (p->stopping == FINISHING)
        return;
    p->stopping = FINISHING;
    pool_tell_all(p, &quit);
    for (size_t i = 0; i < p->worker_count; i++)
        worker_join(p->workers[i]);
    keeper_free(p->keeper);
    p->keeper = NULL;
    pool_end_lamps(p);
    pool_end_status(p);
    close_handles(p);
}

void pool_worker_stopped(struct pool *p)
{
    if (++p->workers_stopped == p->worker_count)
        finish(p);
}

static void advance(struct pool *p);

static void on_stop_timer(uv_timer_t *t)
{
    advance(t->data);
}

static void say(struct pool *p, enum stopping to, enum worker_command_kind kind, uint64_t ms)
{
    const struct worker_command c = {.kind = kind};

    p->stopping = to;
    pool_tell_all(p, &c);
    uv_timer_start(&p->stop_timer, on_stop_timer, ms, 0);
}

/* The next harder way, when the last one took too long. */
static void advance(struct pool *p)
{
    switch (p->stopping) {
    case RUNNING:
        say(p, DRAINING, CMD_DRAIN, (uint64_t)p->drain_s * 1000);
        break;
    case DRAINING:
        pool_end_lamps(p);
        say(p, HANGING_UP, CMD_STOP, HANG_UP_MS);
        break;
    case HANGING_UP:
        say(p, KILLING, CMD_KILL, KILL_MS);
        break;
    case KILLING:
        finish(p);
        break;
    case FINISHING:
        break;
    }
}

void pool_stop(struct pool *p, unsigned drain_s)
{
    if (p->stopping == RUNNING) {
        p->drain_s = drain_s;
        advance(p);
        if (drain_s == 0)
            advance(p);
        return;
    }
    if (p->stopping < KILLING) {
        pool_end_lamps(p);
        say(p, KILLING, CMD_KILL, KILL_MS);
    }
}
