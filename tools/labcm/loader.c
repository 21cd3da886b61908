#include "tools/labcm/loader.h"

#include "base/clock.h"
#include "tools/labcm/load.h"
#include "tools/shared/command.h"

#include <stdlib.h>
#include <string.h>

struct load;

/* A caller with a number of its own; when its call is over it may call again. */
struct caller {
    struct load *load;
    struct job *job; /* NULL: none, or over */
    struct caller *next_idle;
    unsigned index;
};

struct load {
    struct loader *home;
    struct load *next, **back;
    struct control_request *request;
    struct load_settings s;
    struct load_pace pace;
    struct load_totals totals;
    struct caller *callers, *idle; /* s.at_once of them */
    uv_timer_t tick;
    int64_t told_ns;
    bool stopping, cut_short, hung_up;
};

struct loader {
    uv_loop_t *loop;
    struct switchboard *switchboard;
    struct load *loads;
    bool closing;
};

/* ---- the end --------------------------------------------------------------------------------- */

static void tick_closed(uv_handle_t *h)
{
    struct load *l = h->data;

    free(l->callers);
    explicit_bzero(l, sizeof *l); /* the digits of its calls */
    free(l);
}

static void tell(struct load *l, const char *event)
{
    int64_t now = clock_now_ns();

    l->told_ns = now;
    if (!control_gone(l->request))
        control_reply(l->request, load_report(event, &l->totals, &l->pace, &l->s, now));
}

static void end(struct load *l)
{
    tell(l, "over");
    control_end(l->request, (int)load_exit_of(&l->totals, l->cut_short));
    *l->back = l->next;
    if (l->next)
        l->next->back = l->back;
    uv_close((uv_handle_t *)&l->tick, tick_closed);
}

static void end_when_over(struct load *l)
{
    if (l->totals.going == 0 &&
        (l->stopping || load_is_spent(&l->pace, &l->s, l->totals.placed, clock_now_ns())))
        end(l);
}

static void hang_up_all(struct load *l)
{
    l->hung_up = l->stopping = l->cut_short = true;
    for (unsigned i = 0; i < l->s.at_once; i++)
        if (l->callers[i].job)
            switchboard_hang_up(l->callers[i].job);
}

/* ---- a call ---------------------------------------------------------------------------------- */

static void count(struct caller *c, const struct call_outcome *o)
{
    struct load *l = c->load;

    c->job = NULL;
    c->next_idle = l->idle;
    l->idle = c;
    if (l->hung_up && o->end == CALL_OVER_PHONE)
        load_cut(&l->totals);
    else
        load_ended(&l->totals, &l->s, o);
}

static void call_over(void *arg, const struct call_outcome *o)
{
    count(arg, o); /* the next tick looks whether it was the last */
}

static void begin_call(struct load *l)
{
    struct caller *c = l->idle;
    struct call_ask ask = l->s.ask;
    struct call_outcome at_once;

    l->idle = c->next_idle;
    ask.request.phone = PLAN_PHONES + c->index;
    load_began(&l->totals);
    c->job = switchboard_dial(l->home->switchboard, &ask, call_over, c, &at_once);
    explicit_bzero(ask.digits, sizeof ask.digits);
    if (!c->job)
        count(c, &at_once);
}

/* ---- as time goes ---------------------------------------------------------------------------- */

static bool is_out_of_time(const struct load *l, int64_t now_ns)
{
    return l->s.timeout_s && now_ns - l->pace.start_ns >= l->s.timeout_s * NS_PER_S;
}

static void ticked(uv_timer_t *t)
{
    struct load *l = t->data;
    int64_t now = clock_now_ns();

    if (is_out_of_time(l, now) && !l->hung_up)
        hang_up_all(l);
    if (!l->stopping)
        for (unsigned n = load_due(&l->pace, &l->s, l->totals.going, l->totals.placed, now); n > 0;
             n--)
            begin_call(l);
    if (now - l->told_ns >= LOADER_PROGRESS_MS * NS_PER_MS)
        tell(l, "progress");
    end_when_over(l);
}

static void client_gone(void *arg)
{
    hang_up_all(arg); /* the tick ends it */
}

/* ---- a new load ------------------------------------------------------------------------------ */

static bool make_callers(struct load *l, struct err *e)
{
    l->callers = calloc(l->s.at_once, sizeof *l->callers);
    if (!l->callers)
        return err_set(e, ERR_MEMORY, "no memory for %u callers", l->s.at_once);
    for (unsigned i = l->s.at_once; i-- > 0;) { /* the first one calls first */
        l->callers[i] = (struct caller){.load = l, .index = i, .next_idle = l->idle};
        l->idle = &l->callers[i];
    }
    return true;
}

static struct load *load_new(struct loader *home, const json_t *body, struct err *e)
{
    struct load *l = calloc(1, sizeof *l);

    if (!l) {
        err_set(e, ERR_MEMORY, "no memory for a load");
        return NULL;
    }
    l->home = home;
    if (load_read(&l->s, body, e) && make_callers(l, e))
        return l;
    free(l);
    return NULL;
}

static void start(struct load *l, struct control_request *r)
{
    l->request = r;
    l->back = &l->home->loads;
    l->next = l->home->loads;
    if (l->next)
        l->next->back = &l->next;
    l->home->loads = l;
    uv_timer_init(l->home->loop, &l->tick);
    l->tick.data = l;
    load_pace_start(&l->pace, clock_now_ns());
    uv_timer_start(&l->tick, ticked, 0, LOADER_TICK_MS);
    control_on_gone(r, client_gone, l);
}

void loader_load(struct loader *home, struct control_request *r, const json_t *body)
{
    struct err e = {0};
    struct load *l = NULL;

    if (home->closing)
        err_set(&e, ERR_NOT_NOW, "labcm is stopping");
    else
        l = load_new(home, body, &e);
    if (l)
        start(l, r);
    else
        control_refuse(r, e.kind == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED, &e);
}

unsigned loader_stop(struct loader *home, bool now)
{
    unsigned n = 0;

    for (struct load *l = home->loads; l; l = l->next, n++) {
        l->stopping = l->cut_short = true;
        if (now)
            hang_up_all(l);
    }
    return n;
}

/* ---- all loads ------------------------------------------------------------------------------- */

struct loader *loader_new(uv_loop_t *loop, struct switchboard *b, struct err *e)
{
    struct loader *l = calloc(1, sizeof *l);

    if (!l) {
        err_set(e, ERR_MEMORY, "loader");
        return NULL;
    }
    l->loop = loop;
    l->switchboard = b;
    return l;
}

void loader_close(struct loader *home)
{
    home->closing = true;
    loader_stop(home, false);
}

void loader_free(struct loader *l)
{
    free(l);
}
