/* EDGE: certificates and routes, between the keeper and the workers; see pool_inner.h. */
#include "ports/pool_inner.h"

#define RETRY_FIRST_MS 5000u /* ctl-tftp-tls.md 3.4: 5 s, then doubling ... */
#define RETRY_MOST_MS  60000u
#define NAMES_AGAIN_MS 30000u /* a server whose name could not be resolved */

void pool_ask_routes(struct pool *p, uint32_t group, enum keeper_fetch how)
{
    const struct keeper_job job = {.kind = KEEP_ROUTES, .group = group, .fetch = how};
    struct pool_group *pg = &p->per_group[group];

    if (p->stopping != RUNNING || (pg->asked && how != FETCH_ASKED))
        return;
    pg->asked = keeper_ask(p->keeper, &job);
}

void pool_ask_identities(struct pool *p, uint32_t from)
{
    const struct keeper_job job = {.kind = KEEP_IDENTITIES, .port = from};

    if (p->stopping == RUNNING && !keeper_ask(p->keeper, &job))
        log_line(p->settings.log, LOG_ERROR, LOG_ARBITER, NULL, "the keeper of trust is overrun");
}

/* ---- routes ------------------------------------------------------------------------------------
 */

static void on_retry(uv_timer_t *t)
{
    struct pool_group *pg = t->data;
    struct pool *p = pg->pool;

    pool_ask_routes(p, (uint32_t)(pg - p->per_group), pg->how);
}

static void ask_later(struct pool *p, uint32_t group, enum keeper_fetch how, uint64_t ms)
{
    struct pool_group *pg = &p->per_group[group];

    pg->how = how;
    uv_timer_start(&pg->retry, on_retry, ms, 0);
}

static void no_routes(struct pool *p, const struct keeper_result *r)
{
    struct pool_group *pg = &p->per_group[r->group];
    const unsigned doubled = RETRY_FIRST_MS << (pg->failures < 4 ? pg->failures : 4);
    const unsigned ms = doubled < RETRY_MOST_MS ? doubled : RETRY_MOST_MS;
    struct err why = r->why;

    pg->failures++;
    err_in(&why, "no call manager to register with; next try in %u s", ms / 1000);
    pool_complain(p, p->groups[r->group].name, LOG_MIU_GENERAL, &why);
    ask_later(p, r->group, FETCH_ASKED, ms);
}

static bool all_resolved(const struct routes *routes)
{
    for (size_t i = 0; i < routes->count; i++)
        if (routes->list[i].addr.family == 0)
            return false;
    return true;
}

/* The last worker gets the original. */
static void spread(struct pool *p, uint32_t group, struct routes *routes)
{
    for (size_t i = 0; i < p->worker_count; i++) {
        struct worker_command c = {.kind = CMD_ROUTES, .group = group};
        struct err e;
        c.routes = i + 1 < p->worker_count ? routes_copy(routes, &e) : routes;
        if (!c.routes)
            log_err(p->settings.log, LOG_ERROR, LOG_ARBITER, NULL, &e);
        else if (!worker_put(p->workers[i], &c))
            routes_free(c.routes);
    }
}

static void new_routes(struct pool *p, const struct keeper_result *r)
{
    if (!all_resolved(r->routes))
        ask_later(p, r->group, FETCH_NOT, NAMES_AGAIN_MS);
    p->per_group[r->group].failures = 0;
    spread(p, r->group, r->routes);
}

/* ---- identities --------------------------------------------------------------------------------
 */

static void new_identity(struct pool *p, const struct keeper_result *r)
{
    const struct worker_command c = {.kind = CMD_START, .port = r->port, .identity = r->identity};

    p->identities[r->port] = r->identity;
    pool_tell(p, r->port % p->worker_count, &c);
}

static void on_identity_timer(uv_timer_t *t)
{
    struct pool *p = t->data;

    p->identity_failed = false;
    pool_ask_identities(p, p->identity_from);
}

static void no_identity(struct pool *p, const struct keeper_result *r)
{
    char name[DEVICE_NAME_MAX + 1];

    pool_port_name(p, r->port, name);
    pool_complain(p, name, LOG_SSL_INIT, &r->why);
    if (!p->identity_failed || r->port < p->identity_from)
        p->identity_from = r->port;
    p->identity_failed = true;
}

static void all_identities(struct pool *p)
{
    if (p->identity_failed)
        uv_timer_start(&p->identity_timer, on_identity_timer, RETRY_FIRST_MS, 0);
}

/* ---- what the keeper says ---------------------------------------------------------------------
 */

static void take(struct pool *p, const struct keeper_result *r)
{
    if (r->kind <= KEPT_NO_ROUTES)
        p->per_group[r->group].asked = false;
    switch (r->kind) {
    case KEPT_ROUTES:
        new_routes(p, r);
        break;
    case KEPT_NO_ROUTES:
        no_routes(p, r);
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
    case KEPT_AS_IT_WAS:
        break;
    }
}

void pool_take_kept(struct pool *p)
{
    struct keeper_result r;

    while (p->stopping == RUNNING && queue_take(p->kept, &r))
        take(p, &r);
}
