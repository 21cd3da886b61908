/* EDGE: resetting and stopping; see pool_inner.h. */
#include "ports/pool_inner.h"

#include <stdlib.h>
#include <string.h>

#define HANG_UP_MS 6000u /* Unregister has three seconds to be answered; then at once */
#define KILL_MS    3000u /* media threads report within milliseconds */

/* ---- reset ------------------------------------------------------------------------------------
 */

static bool number_of(const struct group_settings *g, const char *name, uint32_t *index)
{
    const size_t n = strlen(g->prefix);
    char again[DEVICE_NAME_MAX + 1], *end;

    if (strncmp(name, g->prefix, n) != 0 || name[n] < '0' || name[n] > '9')
        return false;
    const unsigned long number = strtoul(name + n, &end, 10);
    if (*end || number < g->first || number - g->first >= g->count)
        return false;
    *index = (uint32_t)(number - g->first);
    return device_name(g->prefix, (unsigned)number, again) && strcmp(again, name) == 0;
}

static bool port_named(const struct pool *p, const char *name, uint32_t *group, uint32_t *port)
{
    uint32_t before = 0, index = 0;

    for (uint32_t g = 0; g < p->settings.group_count; g++) {
        if (number_of(&p->groups[g], name, &index)) {
            *group = g;
            *port = before + index;
            return true;
        }
        before += p->groups[g].count;
    }
    return false;
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

    for (uint32_t g = 0; g < p->settings.group_count; g++)
        fetch_anew(p, g);
    pool_tell_all(p, &reset);
    return p->shared.ports;
}

static bool reset_one(struct pool *p, const char *name, bool *fetched, struct err *e)
{
    struct worker_command reset = {.kind = CMD_RESET};
    uint32_t group = 0;

    if (!port_named(p, name, &group, &reset.port))
        return err_set(e, ERR_USAGE, "there is no port %.40s", name);
    if (!fetched[group])
        fetch_anew(p, group);
    fetched[group] = true;
    pool_tell(p, reset.port % p->worker_count, &reset);
    return true;
}

size_t pool_reset(struct pool *p, const char *const *names, size_t count, struct err *e)
{
    bool *fetched = calloc(p->settings.group_count, sizeof *fetched);
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

/* ---- stop -------------------------------------------------------------------------------------
 */

static void on_closed(uv_handle_t *h)
{
    struct pool *p = h->data;

    if (--p->handles == 0 && p->events.stopped)
        p->events.stopped(p->events.arg);
}

static void on_group_closed(uv_handle_t *h)
{
    h->data = ((struct pool_group *)h->data)->pool;
    on_closed(h);
}

static void on_wake_closed(uv_handle_t *h)
{
    struct pool *p = h->data;

    p->wake = NULL;
    free(h);
    if (--p->handles == 0 && p->events.stopped)
        p->events.stopped(p->events.arg);
}

static void close_handles(struct pool *p)
{
    uv_timer_t *const timers[] = {&p->lamp_timer, &p->changed_timer, &p->stop_timer,
                                  &p->complaint_timer, &p->identity_timer};

    for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++)
        uv_close((uv_handle_t *)timers[i], on_closed);
    for (size_t g = 0; g < p->settings.group_count; g++)
        uv_close((uv_handle_t *)&p->per_group[g].retry, on_group_closed);
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
