/* EDGE: a pool is made and freed; see pool_inner.h. */
#include "ports/pool_inner.h"

#include <stdlib.h>
#include <unistd.h>

#define MAX_HANDSHAKES 200
#define REPORTS_A_PORT 32u

static void wake(void *arg)
{
    uv_async_send(arg);
}

static void free_handle(uv_handle_t *h)
{
    free(h);
}

static void take_settings(struct pool *p, const struct pool_settings *s)
{
    p->settings = *s;
    p->settings.groups = NULL;
    p->settings.group_count = 0;
    if (p->settings.max_handshakes == 0)
        p->settings.max_handshakes = MAX_HANDSHAKES;
}

size_t pool_workers_wanted(const struct pool_settings *s)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const size_t wanted = s->threads ? s->threads : cores > 0 ? (size_t)cores : 1;
    const size_t ports = settings_ports(s);

    return wanted < ports ? wanted : ports;
}

static bool make_queues(struct pool *p, struct err *e)
{
    const size_t most =
        p->settings.reports_most ? p->settings.reports_most : PORTS_MAX * REPORTS_A_PORT + 4096;

    p->wake = calloc(1, sizeof *p->wake);
    if (!p->wake || uv_async_init(p->loop, p->wake, pool_on_wake) != 0) {
        free(p->wake);
        p->wake = NULL;
        return err_set(e, ERR_SYSTEM, "the pool cannot be woken");
    }
    p->wake->data = p;
    p->reports =
        queue_new(sizeof(struct worker_report), most < 64 ? most : 64, most, wake, p->wake, e);
    if (!p->reports)
        return false;
    /* Each lamp request that was given out, each worker's rows, each worker's end. */
    p->answers = queue_new(sizeof(struct worker_report), 64, MWI_QUEUE_MAX + 2 * PORTS_MAX, wake,
                           p->wake, e);
    if (!p->answers)
        return false;
    p->kept = queue_new(sizeof(struct keeper_result), 64, PORTS_MAX * 2 + 4096, wake, p->wake, e);
    return p->kept != NULL;
}

static bool make_workers(struct pool *p, const struct pool_settings *s, struct err *e)
{
    const size_t n = pool_workers_wanted(s);

    p->workers = calloc(n, sizeof(struct worker *));
    if (!p->workers)
        return err_set(e, ERR_MEMORY, "no memory for %zu workers", n);
    p->turns = turns_new(p->settings.max_handshakes, n, e);
    if (!p->turns)
        return false;
    p->shared.settings = &p->settings;
    p->shared.workers = n;
    p->shared.media = p->media;
    p->shared.turns = p->turns;
    p->shared.answers = p->answers;
    p->shared.reports = p->reports;
    p->shared.unheard = &p->unheard;
    for (; p->worker_count < n; p->worker_count++) {
        p->workers[p->worker_count] = worker_new(&p->shared, p->worker_count, e);
        if (!p->workers[p->worker_count])
            return false;
    }
    return true;
}

static bool make_media(struct pool *p, struct err *e)
{
    const struct media_settings ms = {
        .port_lo = p->settings.rtp_lo,
        .port_hi = p->settings.rtp_hi,
        .threads = p->settings.media_threads,
        .tos = 0xb8, /* DSCP 46 (unity-connection.md 3.2) */
        .keylog = p->settings.keylog,
        .log = p->settings.log,
    };

    p->media = media_engine_new(&ms, e);
    return p->media != NULL;
}

void pool_add_timer(struct pool *p, uv_timer_t *t, void *data)
{
    uv_timer_init(p->loop, t);
    t->data = data;
    p->handles++;
}

static void make_timers(struct pool *p)
{
    uv_timer_t *const timers[] = {&p->lamp_timer,      &p->changed_timer,  &p->stop_timer,
                                  &p->complaint_timer, &p->identity_timer, &p->owed_timer};

    for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++)
        pool_add_timer(p, timers[i], p);
    p->handles++; /* wake */
}

static bool begin(struct pool *p, const struct pool_settings *s, struct err *e)
{
    struct book *b = book_new(s, NULL, NULL, e);

    if (!b)
        return false;
    make_timers(p);
    p->started_ms = pool_now_ms();
    if (settings_ports(s) > 500 && (p->authorities.modern || p->authorities.legacy))
        log_line(p->settings.log, LOG_NOTE, LOG_ARBITER, NULL,
                 "certificates of %zu ports are read, or made where they are missing",
                 settings_ports(s));
    pool_change(p, b);
    book_drop(b);
    return true;
}

static bool make_all(struct pool *p, const struct pool_settings *s, struct err *e)
{
    if (!settings_check(s, e))
        return false;
    take_settings(p, s);
    if (!pool_have_authorities(p, s, e) || !make_queues(p, e) || !make_media(p, e) ||
        !make_workers(p, s, e))
        return false;
    p->keeper = keeper_new(&p->settings, p->kept, e);
    return p->keeper && begin(p, s, e);
}

/* Before the timers live: nothing of the pool is in the loop but `wake`. */
static void unmake(struct pool *p)
{
    const struct worker_command quit = {.kind = CMD_QUIT};

    pool_tell_all(p, &quit);
    if (p->wake)
        uv_close((uv_handle_t *)p->wake, free_handle);
    p->wake = NULL;
    pool_free(p);
}

struct pool *pool_new(uv_loop_t *loop, const struct pool_settings *s, const struct pool_events *ev,
                      struct err *e)
{
    struct pool *p = calloc(1, sizeof *p);

    if (!p) {
        err_set(e, ERR_MEMORY, "no memory for the pool");
        return NULL;
    }
    p->loop = loop;
    if (ev)
        p->events = *ev;
    if (!make_all(p, s, e)) {
        unmake(p);
        return NULL;
    }
    return p;
}

static void free_kept(struct pool *p)
{
    struct keeper_result r;

    while (p->kept && queue_take(p->kept, &r)) {
        routes_free(r.routes);
        tls_identity_free(r.identity);
    }
    queue_free(p->kept);
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->worker_count; i++)
        worker_join(p->workers[i]);
    keeper_free(p->keeper);
    media_engine_free(p->media);
    for (size_t i = 0; i < p->worker_count; i++)
        worker_free(p->workers[i]);
    pool_free_places(p);
    book_drop(p->owed);
    free_kept(p);
    queue_free(p->answers);
    queue_free(p->reports);
    turns_free(p->turns);
    tls_authority_free(p->authorities.modern);
    tls_authority_free(p->authorities.legacy);
    free(p->workers);
    free(p);
}
