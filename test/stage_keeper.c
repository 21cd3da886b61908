/* EDGE: see stage.h. The keeper of trust of groups that need none: it answers with the addresses
 * of their servers, after a while. */
#include "stage.h"

#include "base/queue.h"
#include "ports/book.h"
#include "ports/keeper.h"

#include <stdlib.h>
#include <string.h>

struct task {
    struct actor actor; /* first */
    struct keeper *keeper;
    struct keeper_job job;
    struct task *next;
};

struct keeper {
    struct queue *results;
    struct task *tasks;
};

static bool fails;

static void free_task(struct task *t)
{
    struct task **at = &t->keeper->tasks;

    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    stage_leave(&t->actor);
    book_drop(t->job.routes.book);
    free(t);
}

static struct routes *routes_to(const struct group_settings *g, struct err *e)
{
    struct routes *r = fails ? NULL : routes_new(g->server_count, e);

    for (size_t i = 0; r && i < r->count; i++) {
        memcpy(r->list[i].host, g->servers[i].host, sizeof r->list[i].host);
        if (!net_addr_parse(&r->list[i].addr, g->servers[i].host, g->servers[i].port))
            stage_broke("a server has no address");
    }
    return r;
}

static void task_goes(struct actor *a)
{
    struct task *t = (struct task *)a;
    struct keeper_result r = {.group = t->job.routes.group, .life = t->job.routes.life};

    err_set(&r.why, ERR_TIMEOUT, "no list");
    r.routes = routes_to(t->job.routes.settings, &r.why);
    r.kind = r.routes ? KEPT_ROUTES : KEPT_NO_ROUTES;
    if (!queue_put(t->keeper->results, &r)) {
        stage_broke("no room for what the keeper says");
        routes_free(r.routes);
    }
    free_task(t);
}

void stage_keeper_fails(bool shall)
{
    fails = shall;
}

/* ---- ports/keeper.h ----------------------------------------------------------------------- */

struct keeper *keeper_new(const struct pool_settings *s, struct queue *results, struct err *e)
{
    struct keeper *k = calloc(1, sizeof *k);

    (void)s;
    if (!k) {
        err_set(e, ERR_MEMORY, "no memory for the keeper");
        return NULL;
    }
    k->results = results;
    return k;
}

bool keeper_ask(struct keeper *k, const struct keeper_job *job)
{
    struct task *t = job->kind == KEEP_ROUTES ? calloc(1, sizeof *t) : NULL;

    if (!t) {
        stage_broke("the keeper is asked for a certificate, and there is no TLS");
        return false;
    }
    stage_enter(&t->actor, NULL, task_goes);
    t->keeper = k;
    t->job = *job;
    t->next = k->tasks;
    k->tasks = t;
    stage_cue(&t->actor, stage_dice(3000));
    return true;
}

void keeper_free(struct keeper *k)
{
    while (k && k->tasks)
        free_task(k->tasks);
    free(k);
}
