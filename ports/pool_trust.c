/* EDGE: certificates and routes, between the keeper and the workers; see pool_inner.h. */
#include "ports/pool_inner.h"

#include <stdlib.h>
#include <string.h>

#define AGAIN_MS       5000u  /* a certificate; and all that found no memory */
#define NAMES_AGAIN_MS 30000u /* a server whose name could not be resolved */

static void on_retry(uv_timer_t *t)
{
    struct pool_group *pg = t->data;

    pool_ask_routes(pg->pool, pg->slot, pg->how);
}

static void ask_later(struct pool_group *pg, enum keeper_fetch how, uint64_t ms)
{
    pg->how = how;
    uv_timer_start(&pg->retry, on_retry, ms, 0);
}

void pool_ask_routes(struct pool *p, uint32_t group, enum keeper_fetch how)
{
    struct pool_group *pg = p->groups[group];
    struct keeper_job job = {.kind = KEEP_ROUTES};

    if (p->stopping != RUNNING || !pg || pg->leaving)
        return;
    if (pg->asked) { /* however often that is said: a fetch may take half a minute */
        pg->again |= how == FETCH_ASKED;
        return;
    }
    job.routes.group = group;
    job.routes.life = pg->life;
    job.routes.book = book_hold(pg->book);
    job.routes.settings = pg->settings;
    job.routes.first = pg->order == 0;
    job.routes.fetch = how;
    pg->again = false;
    pg->asked = keeper_ask(p->keeper, &job);
    if (!pg->asked)
        ask_later(pg, how, AGAIN_MS);
}

static bool wants_identity(const struct pool *p, const struct pool_port *pp)
{
    return pp->used && !pp->leaving && !pp->identity &&
           p->groups[pp->group]->settings->mode != MODE_NON_SECURE;
}

static size_t count_without(const struct pool *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->port_places; i++)
        n += wants_identity(p, &p->ports[i]);
    return n;
}

/* Of all `n` ports that have none. Given; NULL: no memory. */
static struct keeper_names *names_without(struct pool *p, size_t n)
{
    struct keeper_names *names = calloc(1, sizeof *names + n * sizeof names->list[0]);

    for (uint32_t i = 0; names && i < p->port_places; i++) {
        if (!wants_identity(p, &p->ports[i]))
            continue;
        names->list[names->count].port = i;
        names->list[names->count].life = p->ports[i].life;
        names->list[names->count].legacy = p->groups[p->ports[i].group]->settings->legacy_tls;
        memcpy(names->list[names->count++].name, p->ports[i].name, sizeof p->ports[i].name);
    }
    return names;
}

static void on_identity_timer(uv_timer_t *t)
{
    pool_ask_identities(t->data);
}

void pool_ask_identities(struct pool *p)
{
    struct keeper_job job = {.kind = KEEP_IDENTITIES};
    const size_t n = count_without(p);

    if (p->stopping != RUNNING || p->identities_asked || n == 0)
        return; /* at the end of that pass it is asked again */
    job.identities.modern = p->authorities.modern;
    job.identities.legacy = p->authorities.legacy;
    job.identities.names = names_without(p, n);
    p->identities_asked = job.identities.names && keeper_ask(p->keeper, &job);
    if (!p->identities_asked)
        uv_timer_start(&p->identity_timer, on_identity_timer, AGAIN_MS, 0);
}

/* ---- routes ------------------------------------------------------------------------------- */

static void no_routes(struct pool_group *pg, const struct keeper_result *r)
{
    const struct retry_settings *retry = &pg->settings->retry;
    const unsigned ms = settings_doubled(retry->list_ms, pg->failures, retry->most_ms);
    struct err why = r->why;

    pg->failures++;
    trouble_note(&pg->unable, &r->why);
    err_in(&why, "no call manager to register with; next try in %g s", ms / 1000.0);
    pool_complain(pg->pool, pg->settings->name, LOG_MIU_GENERAL, &why);
    ask_later(pg, FETCH_ASKED, ms);
}

static bool all_resolved(const struct routes *routes)
{
    for (size_t i = 0; i < routes->count; i++)
        if (routes->list[i].addr.family == 0)
            return false;
    return true;
}

/* No: for a passing reason, as no memory, which is nothing that the list of trust says. */
static bool all_made(const struct routes *routes)
{
    for (size_t i = 0; i < routes->count; i++) {
        const struct route *r = &routes->list[i];
        if (r->addr.family && r->why.kind != ERR_NONE && !routes_untrusted(r->why.kind))
            return false;
    }
    return true;
}

static bool tell_routes(struct worker *w, uint32_t group, const struct routes *routes,
                        struct err *e)
{
    struct worker_command c = {.kind = CMD_ROUTES, .group = group};

    c.routes = used_routes_new(routes_copy(routes, e), e);
    if (!c.routes)
        return false;
    if (worker_put(w, &c))
        return true;
    used_routes_free(c.routes);
    return err_set(e, ERR_MEMORY, "no memory to tell a worker where to register");
}

/* False: a worker has gone without. */
static bool spread(struct pool *p, uint32_t group, const struct routes *routes)
{
    bool all = true;

    for (size_t i = 0; i < p->worker_count; i++) {
        struct err e;
        if (tell_routes(p->workers[i], group, routes, &e))
            continue;
        log_err(p->settings.log, LOG_ERROR, LOG_ARBITER, NULL, &e);
        all = false;
    }
    return all;
}

static void new_routes(struct pool_group *pg, const struct keeper_result *r)
{
    const bool all = spread(pg->pool, pg->slot, r->routes) && all_made(r->routes);

    if (!all)
        ask_later(pg, FETCH_NOT, AGAIN_MS);
    else if (!all_resolved(r->routes))
        ask_later(pg, FETCH_NOT, NAMES_AGAIN_MS);
    pg->failures = 0;
    trouble_over(&pg->unable);
    routes_free(r->routes);
}

static void take_list(struct pool_group *pg, const struct trouble *list)
{
    struct err why = {.kind = list->kind};

    if (list->count != pg->trouble.count) {
        err_set(&why, list->kind, "%s", list->text);
        pool_remember(pg->pool, pg->settings->name, &why);
    }
    pg->trouble = *list;
}

/* The group may be gone, or another one in its place. */
static void take_routes(struct pool *p, const struct keeper_result *r)
{
    struct pool_group *pg = p->groups[r->group];

    if (!pg || pg->life != r->life || pg->leaving) {
        routes_free(r->routes);
        return;
    }
    pg->asked = false;
    take_list(pg, &r->list);
    if (r->kind == KEPT_ROUTES)
        new_routes(pg, r);
    else if (r->kind == KEPT_NO_ROUTES)
        no_routes(pg, r);
    if (pg->again)
        pool_ask_routes(p, pg->slot, FETCH_ASKED);
}

/* ---- identities --------------------------------------------------------------------------- */

/* NULL: the port is gone, or another one in its place. */
static struct pool_port *port_of(struct pool *p, const struct keeper_result *r)
{
    struct pool_port *pp = &p->ports[r->port];

    return pp->used && pp->life == r->life ? pp : NULL;
}

static void new_identity(struct pool *p, const struct keeper_result *r)
{
    struct pool_port *pp = port_of(p, r);

    if (!pp) {
        tls_identity_free(r->identity);
        return;
    }
    pp->identity = r->identity;
    trouble_over(&pp->trouble);
    pool_start_port(p, r->port);
}

static void no_identity(struct pool *p, const struct keeper_result *r)
{
    struct pool_port *pp = port_of(p, r);

    if (!pp)
        return;
    trouble_note(&pp->trouble, &r->why);
    pool_complain(p, pool_port_name(p, r->port), LOG_SSL_INIT, &r->why);
    p->identity_failed = true;
}

/* Ports may have come while the pass was under way. */
static void all_identities(struct pool *p)
{
    p->identities_asked = false;
    if (p->identity_failed)
        uv_timer_start(&p->identity_timer, on_identity_timer, AGAIN_MS, 0);
    else
        pool_ask_identities(p);
    p->identity_failed = false;
}

/* ---- what the keeper says ----------------------------------------------------------------- */

static void take(struct pool *p, const struct keeper_result *r)
{
    switch (r->kind) {
    case KEPT_ROUTES:
    case KEPT_NO_ROUTES:
    case KEPT_AS_IT_WAS:
        take_routes(p, r);
        break;
    case KEPT_IDENTITY:
        new_identity(p, r);
        break;
    case KEPT_NO_IDENTITY:
        no_identity(p, r);
        break;
    case KEPT_ALL_IDENTITIES:
        all_identities(p);
        break;
    }
}

void pool_take_kept(struct pool *p)
{
    struct keeper_result r;

    while (p->stopping == RUNNING && queue_take(p->kept, &r))
        take(p, &r);
}
