/* EDGE: what the fault menu makes of a handshake: see server_inner.h. */
#include "tools/labcm/server_inner.h"

#include <openssl/ssl.h>

/* Before its certificate has come a connection has no name. It is held to be the device's that a
 * fault is kept to if it comes from its address while the device has no connection: the others
 * have theirs. */
static bool may_be_his(const struct server *s, const struct fault_state *f,
                       const struct net_addr *peer)
{
    const struct device *d = manager_device(s->manager, f->device);

    return d && !s->of_device[d->index] && net_ip_equal(&f->from, peer);
}

/* Others of the group strike in the list or behind the handshake. */
static bool strikes_handshake(enum fault_id id)
{
    return fault_table[id].group == FAULTS_OF_TLS && id != FAULT_TLS_EXPIRED &&
           id != FAULT_TLS_FUTURE && id != FAULT_TLS_RENEGOTIATION;
}

/* What is kept to a device comes first; of several such the one that was met least. */
static enum fault_id fault_for(const struct server *s, const struct net_addr *peer)
{
    const struct faults *f = s->s.manager.faults;
    enum fault_id kept = FAULT_NONE, any = FAULT_NONE;

    for (enum fault_id id = 0; f && id < FAULT_COUNT; id++) {
        const struct fault_state *is = &f->of[id];
        if (!is->on || !strikes_handshake(id))
            continue;
        if (is->device[0] == '\0')
            any = any == FAULT_NONE ? id : any;
        else if (may_be_his(s, is, peer) && (kept == FAULT_NONE || is->met < f->of[kept].met))
            kept = id;
    }
    return kept == FAULT_NONE ? any : kept;
}

/* Without a context the connection is taken as plain bytes, for the spoiler. */
void server_choose(void *server, const struct net_addr *peer, struct link_settings *ls)
{
    struct server *s = server;
    const enum fault_id id = fault_for(s, peer);

    s->next_fault = id;
    if (id == FAULT_TLS_ROOT_UNKNOWN)
        ls->trust = s->nobody;
    else if (id == FAULT_TLS_NOT_IN_LIST)
        ls->identity = lab_other_identity(s->s.lab);
    else if (id == FAULT_TLS_OLD_VERSION)
        ls->context = s->old_version;
    else if (id == FAULT_TLS_NO_SUITE)
        ls->context = s->no_suite;
    else if (spoiler_for(id))
        ls->context = NULL;
    if (id != FAULT_NONE && !spoiler_for(id))
        (void)fault_strikes(s->s.manager.faults, id); /* a spoiler counts when bytes have come */
}

enum fault_id server_fault_of(const struct server *s, const struct link *l)
{
    const bool at_tls = s->tls && link_local(l).port == link_listener_addr(s->tls).port;

    return at_tls ? s->next_fault : FAULT_NONE;
}

struct spoiler *server_make_spoiler(struct server *s, enum fault_id fault, struct err *e)
{
    const struct fault_place place = fault_strikes(s->s.manager.faults, fault);

    return spoiler_new(fault, place, s->context, lab_identity(s->s.lab), lab_trust(s->s.lab), e);
}

bool server_make_odd_contexts(struct server *s, struct err *e)
{
    const struct tls_profile old = {
        .role = TLS_SERVER,
        .legacy = true,
        .min_version = TLS1_VERSION,
        .max_version = TLS1_VERSION,
    };
    /* RSA and CBC as AES256-SHA, but with SHA-256: no port offers it. */
    const struct tls_profile odd = {.role = TLS_SERVER, .ciphers = "AES256-SHA256"};

    if (!s->old_version)
        s->old_version = tls_context_new(&old, e);
    if (!s->no_suite && s->old_version)
        s->no_suite = tls_context_new(&odd, e);
    if (!s->nobody && s->no_suite)
        s->nobody = tls_trust_new(TLS_TRUST_ISSUERS, e);
    return s->nobody != NULL;
}
