/* EDGE: where a group's ports may register, and what they believe there; see keeper_inner.h. */
#include "ports/keeper_inner.h"

#include "base/sock.h"

#include <stdio.h>
#include <stdlib.h>

#define SECURE_PORT 2443
#define PLAIN_PORT  2000
#define ADDRS_MAX   8

static bool resolve(const struct keeper *k, const char *host, uint16_t port, struct net_addr *out,
                    struct err *e)
{
    struct net_addr found[ADDRS_MAX];
    const uint8_t wanted = k->settings->bind.family;
    const size_t n = net_addr_parse(&found[0], host, port)
                         ? 1
                         : sock_resolve_unless(&k->stop, host, port, found, ADDRS_MAX, e);

    for (size_t i = 0; i < n; i++) {
        *out = found[i];
        if (!wanted || found[i].family == wanted)
            return true;
    }
    return n > 0 && err_set(e, ERR_SYSTEM, "%.100s has no address of the family of --bind", host);
}

static bool has_address(void *arg, const char *name, const struct net_addr *ip)
{
    const struct keeper *k = arg;
    struct net_addr found[ADDRS_MAX];
    struct err e;
    const size_t n = sock_resolve_unless(&k->stop, name, 0, found, ADDRS_MAX, &e);

    for (size_t i = 0; i < n; i++)
        if (net_ip_equal(&found[i], ip))
            return true;
    return false;
}

static bool pin(struct keeper *k, struct route *r, const struct ctl_file *f,
                const struct ctl_policy *policy, struct err *e)
{
    const struct ctl_match how = {
        .any_ccm = policy->any_ccm, .is = policy->resolve_names ? has_address : NULL, .arg = k};
    struct ctl_bytes pins[64];
    const size_t n = ctl_pins_by(f, r->host, &r->addr, &how, pins, sizeof pins / sizeof pins[0], e);

    if (n == 0)
        return false;
    r->trust = tls_trust_new(TLS_TRUST_PINNED, e);
    for (size_t i = 0; r->trust && i < n; i++)
        if (!tls_trust_add(r->trust, pins[i].at, pins[i].len, e))
            return false;
    return r->trust != NULL;
}

/* A server that cannot be used stays in the list with its reason: its turn comes, and goes. */
static void make_route(struct keeper *k, const struct group_settings *g, const struct ctl_file *f,
                       struct route *r, const char *host, const struct net_addr *known,
                       uint16_t port)
{
    snprintf(r->host, sizeof r->host, "%.255s", host);
    r->addr = *known;
    r->addr.port = port;
    if (!known->family && !resolve(k, host, port, &r->addr, &r->why)) {
        r->addr = (struct net_addr){0};
        return;
    }
    if (f && !pin(k, r, f, &g->ctl_policy, &r->why))
        err_in(&r->why, "%.100s", host);
}

static struct routes *routes_named(struct keeper *k, const struct group_settings *g,
                                   const struct ctl_file *f, struct err *e)
{
    struct routes *r = routes_new(g->server_count, e);
    const struct net_addr unknown = {0};

    for (size_t i = 0; r && i < r->count; i++) {
        uint16_t port = g->servers[i].port;
        if (port == 0)
            port = f ? SECURE_PORT : PLAIN_PORT;
        make_route(k, g, f, &r->list[i], g->servers[i].host, &unknown, port);
    }
    return r;
}

/* No server was said, and the list gives neither names nor addresses: certutils makes such lists.
 */
static void nobody_named(const struct ctl_file *f, struct err *e)
{
    const struct net_addr unknown = {0};
    struct ctl_bytes any[1];

    if (ctl_pins(f, "", &unknown, true, any, 1, e) > 0)
        err_set(e, ERR_CTL_35, "the list has call managers, but no name or address: give --server");
}

static struct routes *routes_of_list(struct keeper *k, const struct group_settings *g,
                                     const struct ctl_file *f, struct err *e)
{
    struct ctl_server found[SERVERS_MAX];
    const size_t n = ctl_servers(f, found, SERVERS_MAX);
    const bool secure = g->mode != MODE_NON_SECURE;
    struct routes *r;

    if (n == 0) {
        nobody_named(f, e);
        return NULL;
    }
    r = routes_new(n, e);
    for (size_t i = 0; r && i < n; i++)
        make_route(k, g, secure ? f : NULL, &r->list[i], found[i].host, &found[i].addr,
                   secure ? SECURE_PORT : PLAIN_PORT);
    return r;
}

/* Does a new list promise more than this one? */
static bool wants_new_list(const struct routes *r)
{
    for (size_t i = 0; r && i < r->count; i++)
        if (!routes_stale(r->list[i].why.kind))
            return false;
    return true;
}

static struct routes *make_routes(struct keeper *k, const struct group_settings *g,
                                  const struct kept_list *kept, struct err *e)
{
    if (g->mode == MODE_NON_SECURE && g->server_count)
        return routes_named(k, g, NULL, e);
    return g->server_count ? routes_named(k, g, kept->held, e)
                           : routes_of_list(k, g, kept->held, e);
}

static bool needs_list(const struct group_settings *g)
{
    return g->mode != MODE_NON_SECURE || g->server_count == 0;
}

static struct routes *routes_for(struct keeper *k, const struct keeper_job *job,
                                 struct kept_list *kept, bool *as_it_was, struct err *e)
{
    const struct group_settings *g = job->routes.settings;
    bool fetched = true;

    if (needs_list(g) && !kept_list_have(k, job, kept, &fetched, e))
        return NULL;
    *as_it_was = job->routes.fetch == FETCH_STALE && !fetched;
    if (*as_it_was)
        return NULL;
    struct routes *r = make_routes(k, g, kept, e);
    if (!needs_list(g) || fetched || !wants_new_list(r) || !kept_list_due(g, kept, FETCH_STALE))
        return r;
    routes_free(r);
    return kept_list_fetch(k, job, kept, e) ? make_routes(k, g, kept, e) : NULL;
}

struct routes *keeper_routes(struct keeper *k, const struct keeper_job *job, bool *as_it_was,
                             struct trouble *list, struct err *e)
{
    const struct group_settings *g = job->routes.settings;
    struct kept_list none = {0};
    struct kept_list *kept = needs_list(g) ? kept_list_of(k, g, job->routes.first, e) : &none;

    struct routes *r = kept ? routes_for(k, job, kept, as_it_was, e) : NULL;
    if (kept)
        *list = kept->trouble;
    return r;
}
