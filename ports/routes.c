#include "ports/routes.h"

#include <openssl/ssl.h>
#include <stdlib.h>

struct routes *routes_new(size_t count, struct err *e)
{
    struct routes *r = calloc(1, sizeof *r + count * sizeof r->list[0]);

    if (!r) {
        err_set(e, ERR_MEMORY, "no memory for %zu servers", count);
        return NULL;
    }
    r->count = count;
    return r;
}

void routes_free(struct routes *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->count; i++)
        tls_trust_free(r->list[i].trust);
    free(r);
}

struct routes *routes_copy(const struct routes *r, struct err *e)
{
    struct routes *copy = routes_new(r->count, e);

    for (size_t i = 0; copy && i < r->count; i++) {
        copy->list[i] = r->list[i];
        if (!r->list[i].trust)
            continue;
        copy->list[i].trust = tls_trust_copy(r->list[i].trust, e);
        if (!copy->list[i].trust) {
            routes_free(copy);
            return NULL;
        }
    }
    return copy;
}

struct tls_profile routes_profile(const struct group_settings *g, bool newer)
{
    return (struct tls_profile){
        .role = TLS_CLIENT,
        .authenticated = g->mode == MODE_AUTHENTICATED,
        .legacy = g->legacy_tls,
        .max_version = newer || g->tls_max == TLS_MAX_13 ? TLS1_3_VERSION : 0,
    };
}

bool routes_may_go_newer(const struct group_settings *g)
{
    return g->mode == MODE_ENCRYPTED && !g->legacy_tls && g->tls_max == TLS_MAX_AUTO;
}

bool routes_untrusted(enum err_kind k)
{
    if (k >= ERR_CTL_01 && k <= ERR_CTL_40)
        return true;
    if (k >= ERR_TLS_01 && k <= ERR_TLS_05)
        return true;
    return k >= ERR_PKI_01 && k <= ERR_PKI_04;
}

bool routes_stale(enum err_kind k)
{
    return k == ERR_CTL_34 || k == ERR_CTL_35 || k == ERR_CTL_36 || k == ERR_TLS_02;
}
