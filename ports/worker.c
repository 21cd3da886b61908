#include "ports/worker.h"

#include "ports/seat.h"

#include <stdlib.h>
#include <string.h>

#define STALL_MS     500u /* until a command that found no memory comes once more ... */
#define STALLS_MOST  20u  /* ... and so often */
#define PUT_WAITS_MS 200

static void watch_stopped(struct worker *w)
{
    const struct worker_report r = {.kind = REPORT_STOPPED};

    if (!w->leaving || w->told_stopped || w->talks || w->stopped < w->count)
        return;
    w->told_stopped = worker_answer(w, &r);
}

/* ---- commands ----------------------------------------------------------------------------- */

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
        seat_kind(w->seats[i], k);
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
    else if (worker_seat(w, port))
        seat_kind(worker_seat(w, port), EV_RESET);
}

/* A port that never came to be is gone at once. */
static void leave_one(struct worker *w, struct seat *s, const struct worker_command *c)
{
    const struct worker_report gone = {.kind = REPORT_VACANT, .port = c->port, .group = c->group};

    if (!s) {
        worker_answer(w, &gone);
        return;
    }
    s->leaving = true;
    seat_kind(s, EV_DRAIN);
}

static void obey(struct worker *w, const struct worker_command *c);

static void on_stall_over(uv_timer_t *t)
{
    struct worker *w = t->data;
    const struct worker_command c = w->stalled;

    w->stalls = false;
    obey(w, &c);
    uv_async_send(&w->wake); /* those behind it */
}

/* Those behind it mean a group or a port that it has to make first. */
static bool may_stall(struct worker *w, const struct worker_command *c)
{
    if (w->leaving || w->stall_count == STALLS_MOST)
        return false;
    w->stall_count++;
    w->stalls = true;
    w->stalled = *c;
    uv_timer_start(&w->stall_timer, on_stall_over, STALL_MS, 0);
    return true;
}

static void forget(struct worker_command *c)
{
    if (c->kind == CMD_ROUTES)
        used_routes_free(c->routes);
    if (c->kind == CMD_GROUP)
        book_drop(c->settings.book);
}

/* Ports come and go while the program runs: a failure has nobody but the log to tell. */
static void try_to(struct worker *w,
                   bool (*open)(struct worker *, const struct worker_command *, struct err *),
                   const struct worker_command *c)
{
    struct worker_command mine = *c;
    struct err e;

    if (open(w, c, &e)) {
        w->stall_count = 0;
        return;
    }
    if (e.kind == ERR_MEMORY && may_stall(w, c))
        return;
    log_err(worker_log(w), LOG_ERROR, LOG_ARBITER, NULL, &e);
    forget(&mine);
}

static void give_status(struct worker *w, struct port_status *rows)
{
    const struct worker_report r = {.kind = REPORT_STATUS_DONE};

    for (size_t i = 0; i < w->count; i++)
        if (!w->seats[i]->vacant)
            seat_status(w->seats[i], &rows[w->seats[i]->index]);
    worker_answer(w, &r);
}

static void obey(struct worker *w, const struct worker_command *c)
{
    struct seat *s = c->port == ALL_PORTS ? NULL : worker_seat(w, c->port);

    switch (c->kind) {
    case CMD_GROUP:
        try_to(w, worker_open_group, c);
        break;
    case CMD_CLOSE:
        worker_close_group(w, c->group);
        break;
    case CMD_SEAT:
        try_to(w, worker_add_seat, c);
        break;
    case CMD_LEAVE:
        leave_one(w, s, c);
        break;
    case CMD_START:
        if (s && !w->leaving)
            start(s, c->identity);
        break;
    case CMD_ROUTES:
        worker_take_routes(w, c->group, c->routes);
        break;
    case CMD_HOLD:
        worker_hold(w, c->group);
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

/* ---- the thread --------------------------------------------------------------------------- */

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
    while (!w->quitting && !w->stalls && queue_take(w->commands, &c))
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
    for (size_t i = 0; i < w->count; i++) {
        seat_close_line(w->seats[i]->line);
        seat_close_line(w->seats[i]->second);
    }
    uv_close((uv_handle_t *)&w->wake, NULL);
    uv_close((uv_handle_t *)&w->check, NULL);
    uv_close((uv_handle_t *)&w->pay_timer, NULL);
    uv_close((uv_handle_t *)&w->stall_timer, NULL);
    for (size_t i = 0; i < w->count; i++)
        uv_close((uv_handle_t *)&w->seats[i]->timer, NULL);
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

/* ---- making and freeing ------------------------------------------------------------------- */

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
    uv_timer_init(&w->loop, &w->pay_timer);
    w->pay_timer.data = w;
    uv_timer_init(&w->loop, &w->stall_timer);
    w->stall_timer.data = w;
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

struct worker *worker_new(const struct worker_shared *shared, size_t index, struct err *e)
{
    struct worker *w = calloc(1, sizeof *w);

    if (!w) {
        err_set(e, ERR_MEMORY, "no memory for a worker");
        return NULL;
    }
    w->shared = shared;
    w->index = index;
    bool ok = make_loop(w, e) && make_queues(w, e);
    if (ok)
        turns_set_wake(w->shared->turns, w->index, &w->wake);
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

    if (w->stalls)
        forget(&w->stalled);
    while (w->commands && queue_take(w->commands, &c))
        forget(&c);
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
    while (w->talks) {
        struct talk *t = w->talks;
        w->talks = t->after;
        book_drop(t->book);
        free(t);
    }
    worker_free_places(w);
    free(w);
}

/* The queue may find no memory to grow: what is in it is soon taken. */
bool worker_put(struct worker *w, const struct worker_command *c)
{
    for (int ms = 0; ms < PUT_WAITS_MS; ms++) {
        if (queue_put(w->commands, c))
            return true;
        uv_sleep(1);
    }
    return false;
}

const struct worker_counts *worker_counts(const struct worker *w)
{
    return &w->counts;
}
