#include "ports/worker.h"

#include "ports/seat.h"

#include <stdlib.h>
#include <string.h>

#define ROUTES_KEPT_MS 60000 /* a link that was closed may still be sending its last bytes */

/* ---- seats ------------------------------------------------------------------------------------
 */

const struct group_settings *group_of_port(const struct pool_settings *s, size_t port,
                                           size_t *group, size_t *index)
{
    for (size_t g = 0; g < s->group_count; g++) {
        if (port < s->groups[g].count) {
            *group = g;
            *index = port;
            return &s->groups[g];
        }
        port -= s->groups[g].count;
    }
    return NULL;
}

static struct seat *seat_of(struct worker *w, uint32_t port)
{
    const size_t at = port / w->shared->workers;

    return port % w->shared->workers == w->index && at < w->count ? &w->seats[at] : NULL;
}

static bool make_seat(struct worker *w, size_t at, struct err *e)
{
    struct seat *s = &w->seats[at];
    const size_t port = at * w->shared->workers + w->index;
    size_t group = 0, index = 0;
    const struct group_settings *g = group_of_port(w->shared->settings, port, &group, &index);

    s->worker = w;
    s->index = (uint32_t)port;
    s->group = (uint32_t)group;
    s->armed_ms = INT64_MAX;
    if (!device_name(g->prefix, g->first + (unsigned)index, s->name))
        return err_set(e, ERR_USAGE, "the device name of port %zu is too long", index);
    port_init(&s->port, g, 1, (uint64_t)worker_now_ms() * 1000003u + port);
    const struct port_behaviour b = port_behaviour_of(g, g->first + (unsigned)index);
    s->port.never_answers = !b.enabled || !b.answer;
    uv_timer_init(&w->loop, &s->timer);
    s->timer.data = s;
    return true;
}

/* ---- reports ----------------------------------------------------------------------------------
 */

void worker_report(struct worker *w, const struct worker_report *r)
{
    if (!queue_put(w->shared->reports, r))
        log_line(worker_log(w), LOG_ERROR, LOG_ARBITER, NULL,
                 "the pool does not keep up: a report "
                 "of a worker is lost");
}

static void watch_stopped(struct worker *w)
{
    struct worker_report r = {.kind = REPORT_STOPPED};

    if (!w->leaving || w->told_stopped || w->talks || w->stopped < w->count)
        return;
    w->told_stopped = true;
    worker_report(w, &r);
}

/* ---- routes -----------------------------------------------------------------------------------
 */

static void free_used(struct used_routes *u)
{
    routes_free(u->routes);
    free(u);
}

static void drop_unused_routes(struct worker *w, int64_t older_than_ms)
{
    for (struct used_routes **at = &w->old_routes, *u; (u = *at);) {
        if (u->users == 0 && u->replaced_ms <= older_than_ms) {
            *at = u->next;
            free_used(u);
        } else {
            at = &u->next;
        }
    }
}

static void hold(struct worker *w, uint32_t group)
{
    struct used_routes *u = w->groups[group].now;

    w->groups[group].now = NULL;
    if (!u)
        return;
    u->replaced_ms = worker_now_ms();
    u->next = w->old_routes;
    w->old_routes = u;
}

static void dial_again(struct seat *s)
{
    seat_begin(s);
    if (s->port.state == PORT_WAITING)
        seat_dial(s);
    seat_end(s);
}

static void take_routes(struct worker *w, uint32_t group, struct routes *routes)
{
    struct used_routes *u = calloc(1, sizeof *u);

    hold(w, group);
    drop_unused_routes(w, worker_now_ms() - ROUTES_KEPT_MS);
    if (!u) {
        routes_free(routes);
        return;
    }
    u->routes = routes;
    w->groups[group].now = u;
    for (size_t i = 0; i < w->count; i++) {
        if (w->seats[i].group != group)
            continue;
        port_set_servers(&w->seats[i].port, routes->count);
        dial_again(&w->seats[i]);
    }
}

/* ---- commands ---------------------------------------------------------------------------------
 */

static void start(struct seat *s, const struct tls_identity *identity)
{
    s->identity = identity;
    if (!s->started)
        seat_kind(s, EV_START);
    s->started = true;
}

static void to_all(struct worker *w, enum port_event_kind k)
{
    for (size_t i = 0; i < w->count; i++)
        seat_kind(&w->seats[i], k);
}

static void leave(struct worker *w, enum port_event_kind k)
{
    w->leaving = true;
    to_all(w, k);
}

static void lamp(struct seat *s, const struct port_lamp *l)
{
    struct port_event ev = {.kind = EV_MWI, .lamp = *l};

    seat_event(s, &ev);
}

static void reset(struct worker *w, uint32_t port)
{
    if (port == ALL_PORTS)
        to_all(w, EV_RESET);
    else if (seat_of(w, port))
        seat_kind(seat_of(w, port), EV_RESET);
}

static void give_status(struct worker *w, struct port_status *rows)
{
    struct worker_report r = {.kind = REPORT_STATUS_DONE};

    for (size_t i = 0; i < w->count; i++)
        seat_status(&w->seats[i], &rows[w->seats[i].index]);
    worker_report(w, &r);
}

static void obey(struct worker *w, const struct worker_command *c)
{
    struct seat *s = c->port == ALL_PORTS ? NULL : seat_of(w, c->port);

    switch (c->kind) {
    case CMD_START:
        if (s && !w->leaving)
            start(s, c->identity);
        break;
    case CMD_ROUTES:
        take_routes(w, c->group, c->routes);
        break;
    case CMD_HOLD:
        hold(w, c->group);
        break;
    case CMD_LAMP:
        if (s)
            lamp(s, &c->lamp);
        break;
    case CMD_RESET:
        reset(w, c->port);
        break;
    case CMD_DRAIN:
        leave(w, EV_DRAIN);
        break;
    case CMD_STOP:
        leave(w, EV_STOP);
        break;
    case CMD_KILL:
        leave(w, EV_KILL);
        break;
    case CMD_STATUS:
        give_status(w, c->rows);
        break;
    case CMD_QUIT:
        w->quitting = true;
        break;
    }
}

/* ---- the thread -------------------------------------------------------------------------------
 */

static void close_handle(uv_handle_t *h, void *arg)
{
    (void)arg;
    if (!uv_is_closing(h))
        uv_close(h, NULL);
}

static void on_wake(uv_async_t *a)
{
    struct worker *w = a->data;
    struct worker_command c;
    struct media_event mev;

    while (queue_take(w->media_events, &mev))
        worker_media_event(w, &mev);
    while (!w->quitting && queue_take(w->commands, &c))
        obey(w, &c);
    worker_connect_waiting(w);
    watch_stopped(w);
    if (w->quitting)
        uv_stop(&w->loop);
}

/* Ports stop in callbacks of their own as well; once around the loop is soon enough. */
static void on_check(uv_check_t *c)
{
    if (((struct worker *)c->data)->leaving)
        watch_stopped(c->data);
}

static void run(void *arg)
{
    struct worker *w = arg;

    uv_run(&w->loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < w->count; i++)
        seat_close_line(&w->seats[i]);
    uv_close((uv_handle_t *)&w->wake, NULL);
    uv_close((uv_handle_t *)&w->check, NULL);
    for (size_t i = 0; i < w->count; i++)
        uv_close((uv_handle_t *)&w->seats[i].timer, NULL);
    /* Links that were closed send their last bytes and go; those that hang are cut. */
    for (int turns = 0; turns < 200 && uv_run(&w->loop, UV_RUN_NOWAIT); turns++)
        uv_sleep(5);
    uv_walk(&w->loop, close_handle, NULL);
    uv_run(&w->loop, UV_RUN_NOWAIT);
}

static void wake(void *arg)
{
    uv_async_send(arg);
}

/* ---- making and freeing -----------------------------------------------------------------------
 */

static void write_keys(void *arg, const char *line)
{
    keylog_line(arg, line);
}

static bool make_context(struct worker *w, size_t group, struct err *e)
{
    const struct pool_settings *ps = w->shared->settings;
    const struct group_settings *g = &ps->groups[group];
    struct tls_profile profile = {
        .role = TLS_CLIENT,
        .authenticated = g->mode == MODE_AUTHENTICATED,
        .legacy = g->legacy_tls,
        .keylog = ps->keylog ? write_keys : NULL,
        .keylog_arg = ps->keylog,
    };

    if (g->mode == MODE_NON_SECURE)
        return true;
    w->groups[group].context = tls_context_new(&profile, e);
    return w->groups[group].context != NULL;
}

static bool make_loop(struct worker *w, struct err *e)
{
    int rc = uv_loop_init(&w->loop);

    if (rc != 0)
        return err_set(e, ERR_SYSTEM, "no event loop for a worker: %s", uv_strerror(rc));
    w->has_loop = true;
    rc = uv_async_init(&w->loop, &w->wake, on_wake);
    if (rc != 0)
        return err_set(e, ERR_SYSTEM, "a worker cannot be woken: %s", uv_strerror(rc));
    w->wake.data = w;
    uv_check_init(&w->loop, &w->check);
    w->check.data = w;
    uv_check_start(&w->check, on_check);
    return true;
}

static bool make_queues(struct worker *w, struct err *e)
{
    w->commands = queue_new(sizeof(struct worker_command), 64, 1u << 22, wake, &w->wake, e);
    if (!w->commands)
        return false;
    w->media_events = queue_new(sizeof(struct media_event), 64, 1u << 20, wake, &w->wake, e);
    return w->media_events != NULL;
}

static bool make_all(struct worker *w, struct err *e)
{
    const size_t ports = w->shared->ports, workers = w->shared->workers;
    const size_t count = ports / workers + (ports % workers > w->index);

    w->seats = calloc(count ? count : 1, sizeof *w->seats);
    w->groups = calloc(w->shared->settings->group_count, sizeof *w->groups);
    if (!w->seats || !w->groups)
        return err_set(e, ERR_MEMORY, "no memory for %zu ports", count);
    if (!make_loop(w, e) || !make_queues(w, e))
        return false;
    for (size_t g = 0; g < w->shared->settings->group_count; g++)
        if (!make_context(w, g, e))
            return false;
    for (; w->count < count; w->count++)
        if (!make_seat(w, w->count, e))
            return false;
    w->stopped = w->count;
    turns_set_wake(w->shared->turns, w->index, &w->wake);
    return true;
}

struct worker *worker_new(const struct worker_shared *shared, size_t index, struct err *e)
{
    struct worker *w = calloc(1, sizeof *w);

    if (!w) {
        err_set(e, ERR_MEMORY, "no memory for a worker");
        return NULL;
    }
    w->shared = shared;
    w->index = index;
    bool ok = make_all(w, e);
    if (ok && uv_thread_create(&w->thread, run, w) != 0)
        ok = err_set(e, ERR_SYSTEM, "no thread for worker %zu", index);
    w->started = ok;
    if (!ok) {
        worker_free(w);
        return NULL;
    }
    return w;
}

static void close_loop(struct worker *w)
{
    if (!w->has_loop)
        return;
    uv_walk(&w->loop, close_handle, NULL);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    uv_loop_close(&w->loop);
}

static void free_commands(struct worker *w)
{
    struct worker_command c;

    while (w->commands && queue_take(w->commands, &c))
        if (c.kind == CMD_ROUTES)
            routes_free(c.routes);
    queue_free(w->commands);
}

void worker_join(struct worker *w)
{
    if (w->started)
        uv_thread_join(&w->thread);
    w->started = false;
}

void worker_free(struct worker *w)
{
    if (!w)
        return;
    worker_join(w);
    close_loop(w);
    free_commands(w);
    queue_free(w->media_events);
    for (size_t g = 0; w->groups && g < w->shared->settings->group_count; g++) {
        if (w->groups[g].now)
            free_used(w->groups[g].now);
        tls_context_free(w->groups[g].context);
    }
    while (w->talks) {
        struct talk *t = w->talks;
        w->talks = t->after;
        free(t);
    }
    for (struct used_routes *u; (u = w->old_routes); free_used(u))
        w->old_routes = u->next;
    free(w->groups);
    free(w->seats);
    free(w);
}

bool worker_put(struct worker *w, const struct worker_command *c)
{
    return queue_put(w->commands, c);
}

const struct worker_counts *worker_counts(const struct worker *w)
{
    return &w->counts;
}
