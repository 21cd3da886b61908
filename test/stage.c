/* EDGE: see stage.h. What of libuv the pool and its workers use, without a kernel. */
#include "stage.h"

#include "base/clock.h"

#include <string.h>

#define HANDLES_MAX 4096 /* a program that stands still takes new settings, and no port leaves */
#define READY_MAX   256  /* of them, in their order, one is chosen */
#define TURNS_MOST  1000000u

enum kind { ASYNC, CHECK, TIMER };

struct handle {
    uv_handle_t *h;
    uv_loop_t *loop;
    enum kind kind;
    bool active, sent, closing;
    int64_t due_ms, repeat_ms;
    union {
        uv_async_cb async;
        uv_check_cb check;
        uv_timer_cb timer;
    } call;
    uv_close_cb closed;
};

static struct {
    struct handle handles[HANDLES_MAX];
    size_t count;
    struct actor *actors;
    int64_t now_ms;
    uint64_t dice;
    const char *broken;
} stage;

/* Of a loop's thread; kept in the loop's own memory, which nobody else uses here. */
struct thread {
    bool stopped, frozen;
};

static struct thread *thread_of(uv_loop_t *loop)
{
    _Static_assert(sizeof(struct thread) <= sizeof(uv_loop_t), "it fits");
    return (struct thread *)(void *)loop;
}

/* ---- the play ----------------------------------------------------------------------------- */

void stage_open(uint32_t seed)
{
    memset(&stage, 0, sizeof stage);
    stage.now_ms = 1000000;
    stage.dice = UINT64_C(0x9e3779b97f4a7c15) ^ seed;
}

uint32_t stage_dice(uint32_t sides)
{
    stage.dice ^= stage.dice << 13;
    stage.dice ^= stage.dice >> 7;
    stage.dice ^= stage.dice << 17;
    return (uint32_t)(stage.dice >> 32) % sides;
}

void stage_broke(const char *what)
{
    if (!stage.broken)
        stage.broken = what;
}

const char *stage_broken(void)
{
    return stage.broken;
}

int64_t stage_now_ms(void)
{
    return stage.now_ms;
}

bool stage_is_empty(void)
{
    return stage.count == 0 && !stage.actors;
}

void stage_enter(struct actor *a, uv_loop_t *loop, void (*go)(struct actor *a))
{
    *a = (struct actor){.loop = loop, .due_ms = INT64_MAX, .go = go, .next = stage.actors};
    stage.actors = a;
}

void stage_leave(struct actor *a)
{
    struct actor **at = &stage.actors;

    while (*at && *at != a)
        at = &(*at)->next;
    if (*at)
        *at = a->next;
}

void stage_cue(struct actor *a, int64_t in_ms)
{
    if (stage.now_ms + in_ms < a->due_ms)
        a->due_ms = stage.now_ms + in_ms;
}

/* ---- who is ready ------------------------------------------------------------------------- */

/* Timers of one loop go in the order of their times. */
static bool is_next_timer(const struct handle *t)
{
    for (size_t i = 0; i < stage.count; i++) {
        const struct handle *h = &stage.handles[i];
        if (h->kind == TIMER && h->loop == t->loop && h->active && h->due_ms < t->due_ms)
            return false;
    }
    return true;
}

static bool handle_ready(const struct handle *h)
{
    if (h->closing)
        return true;
    if (h->kind == ASYNC)
        return h->sent;
    return h->kind == TIMER && h->active && h->due_ms <= stage.now_ms && is_next_timer(h);
}

static bool may_go(uv_loop_t *loop, const uv_loop_t *only)
{
    if (only || !loop)
        return loop == only || !only;
    return !thread_of(loop)->stopped && !thread_of(loop)->frozen;
}

static struct handle *handle_of(const void *h)
{
    for (size_t i = 0; i < stage.count; i++)
        if ((const void *)stage.handles[i].h == h)
            return &stage.handles[i];
    return NULL;
}

static void forget_handle(struct handle *h)
{
    *h = stage.handles[--stage.count];
}

static void handle_goes(struct handle *at)
{
    const struct handle h = *at;

    if (h.closing) {
        forget_handle(at);
        if (h.closed)
            h.closed(h.h);
    } else if (h.kind == ASYNC) {
        at->sent = false;
        h.call.async((uv_async_t *)h.h);
    } else {
        at->active = h.repeat_ms > 0;
        at->due_ms += h.repeat_ms;
        h.call.timer((uv_timer_t *)h.h);
    }
}

/* As libuv does once around the loop. */
static void check(const uv_loop_t *loop)
{
    for (size_t i = 0; loop && i < stage.count; i++)
        if (stage.handles[i].kind == CHECK && stage.handles[i].loop == loop &&
            stage.handles[i].active)
            stage.handles[i].call.check((uv_check_t *)stage.handles[i].h);
}

struct ready {
    uv_handle_t *h;
    struct actor *a;
};

static size_t find_ready(const uv_loop_t *only, struct ready *out, size_t room)
{
    size_t n = 0;

    for (size_t i = 0; i < stage.count && n < room; i++)
        if (may_go(stage.handles[i].loop, only) && handle_ready(&stage.handles[i]))
            out[n++] = (struct ready){.h = stage.handles[i].h};
    for (struct actor *a = stage.actors; a && n < room; a = a->next)
        if (may_go(a->loop, only) && a->due_ms <= stage.now_ms)
            out[n++] = (struct ready){.a = a};
    return n;
}

static bool turn_of(const uv_loop_t *only)
{
    struct ready ready[READY_MAX];
    const size_t n = find_ready(only, ready, READY_MAX);

    if (n == 0)
        return false;
    const struct ready *r = &ready[stage_dice((uint32_t)n)];
    const uv_loop_t *loop = r->a ? r->a->loop : handle_of(r->h)->loop;
    if (r->a) {
        r->a->due_ms = INT64_MAX;
        r->a->go(r->a);
    } else {
        handle_goes(handle_of(r->h));
    }
    check(loop);
    return true;
}

bool stage_turn(void)
{
    return turn_of(NULL);
}

static int64_t next_due(void)
{
    int64_t due = INT64_MAX;

    for (size_t i = 0; i < stage.count; i++) {
        const struct handle *h = &stage.handles[i];
        if (h->kind == TIMER && h->active && h->due_ms < due && may_go(h->loop, NULL))
            due = h->due_ms;
    }
    for (const struct actor *a = stage.actors; a; a = a->next)
        if (a->due_ms < due && may_go(a->loop, NULL))
            due = a->due_ms;
    return due;
}

void stage_advance(int64_t ms)
{
    const int64_t end = stage.now_ms + ms;
    unsigned turns = 0;

    for (;;) {
        while (stage_turn())
            if (++turns > TURNS_MOST) {
                stage_broke("it is never quiet");
                return;
            }
        const int64_t due = next_due();
        if (due > end)
            break;
        stage.now_ms = due;
    }
    stage.now_ms = end;
}

void stage_freeze(uv_loop_t *loop, bool frozen)
{
    thread_of(loop)->frozen = frozen;
}

/* ---- the clock ---------------------------------------------------------------------------- */

int64_t clock_now_ns(void)
{
    return stage.now_ms * NS_PER_MS;
}

int64_t clock_wall_ns(void)
{
    return INT64_C(1700000000) * NS_PER_S + clock_now_ns();
}

void clock_sleep_until_ns(int64_t when_ns)
{
    if (when_ns > clock_now_ns())
        stage.now_ms = when_ns / NS_PER_MS;
}

void uv_sleep(unsigned ms)
{
    stage.now_ms += ms;
}

/* ---- handles ------------------------------------------------------------------------------ */

static struct handle *add(uv_loop_t *loop, void *h, enum kind kind)
{
    struct handle *new = &stage.handles[stage.count];

    if (stage.count == HANDLES_MAX || handle_of(h)) {
        stage_broke("a handle is made twice, or there are too many");
        new = &stage.handles[0];
    } else {
        stage.count++;
    }
    *new = (struct handle){.h = h, .loop = loop, .kind = kind};
    return new;
}

int uv_async_init(uv_loop_t *loop, uv_async_t *async, uv_async_cb call)
{
    struct handle *h = add(loop, async, ASYNC);

    h->call.async = call;
    h->active = true;
    return 0;
}

/* Of one that is closed already: nobody is woken. */
int uv_async_send(uv_async_t *async)
{
    struct handle *h = handle_of(async);

    if (h && !h->closing)
        h->sent = true;
    return 0;
}

int uv_check_init(uv_loop_t *loop, uv_check_t *c)
{
    add(loop, c, CHECK);
    return 0;
}

int uv_check_start(uv_check_t *c, uv_check_cb call)
{
    struct handle *h = handle_of(c);

    h->call.check = call;
    h->active = true;
    return 0;
}

int uv_timer_init(uv_loop_t *loop, uv_timer_t *t)
{
    add(loop, t, TIMER);
    return 0;
}

int uv_timer_start(uv_timer_t *t, uv_timer_cb call, uint64_t timeout, uint64_t repeat)
{
    struct handle *h = handle_of(t);

    if (!h || h->closing) {
        stage_broke("a timer is started that is closed");
        return UV_EINVAL;
    }
    h->call.timer = call;
    h->active = true;
    h->due_ms = stage.now_ms + (int64_t)timeout;
    h->repeat_ms = (int64_t)repeat;
    return 0;
}

int uv_timer_stop(uv_timer_t *t)
{
    struct handle *h = handle_of(t);

    if (h)
        h->active = false;
    return 0;
}

int uv_is_active(const uv_handle_t *at)
{
    const struct handle *h = handle_of(at);

    return h && h->active && !h->closing;
}

int uv_is_closing(const uv_handle_t *at)
{
    const struct handle *h = handle_of(at);

    return !h || h->closing;
}

void uv_close(uv_handle_t *at, uv_close_cb closed)
{
    struct handle *h = handle_of(at);

    if (!h || h->closing) {
        stage_broke("a handle is closed twice");
        return;
    }
    h->closing = true;
    h->active = false;
    h->closed = closed;
}

/* ---- loops and threads -------------------------------------------------------------------- */

int uv_loop_init(uv_loop_t *loop)
{
    *thread_of(loop) = (struct thread){0};
    return 0;
}

static bool alive(const uv_loop_t *loop)
{
    for (size_t i = 0; i < stage.count; i++)
        if (stage.handles[i].loop == loop && (stage.handles[i].active || stage.handles[i].closing))
            return true;
    for (const struct actor *a = stage.actors; a; a = a->next)
        if (a->loop == loop)
            return true;
    return false;
}

int uv_loop_close(uv_loop_t *loop)
{
    if (!alive(loop))
        return 0;
    stage_broke("a loop is closed while somebody is in it");
    return UV_EBUSY;
}

void uv_stop(uv_loop_t *loop)
{
    thread_of(loop)->stopped = true;
}

void uv_walk(uv_loop_t *loop, uv_walk_cb walk, void *arg)
{
    static uv_handle_t *all[HANDLES_MAX];
    size_t n = 0;

    for (size_t i = 0; i < stage.count; i++)
        if (stage.handles[i].loop == loop)
            all[n++] = stage.handles[i].h;
    for (size_t i = 0; i < n; i++)
        walk(all[i], arg);
}

int uv_run(uv_loop_t *loop, uv_run_mode mode)
{
    while (!thread_of(loop)->stopped && turn_of(loop))
        ;
    if (mode == UV_RUN_DEFAULT && !thread_of(loop)->stopped)
        stage_broke("a thread is waited for that does not end");
    thread_of(loop)->stopped = false;
    return alive(loop);
}

/* A thread's part is played turn by turn from its beginning; what is left of it, at the join. Its
 * number is its place here. */
static struct {
    uv_thread_cb entry;
    void *arg;
} threads[64];
static size_t thread_count;

int uv_thread_create(uv_thread_t *t, uv_thread_cb entry, void *arg)
{
    const size_t at = thread_count++ % (sizeof threads / sizeof threads[0]);

    threads[at].entry = entry;
    threads[at].arg = arg;
    *t = at;
    return 0;
}

int uv_thread_join(uv_thread_t *t)
{
    threads[*t].entry(threads[*t].arg);
    return 0;
}
