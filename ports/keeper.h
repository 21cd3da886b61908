/* EDGE: the keeper of trust: a thread that may wait, for TFTP, names and disks. It makes the ports'
 * certificates, fetches and judges the list of trust, keeps it, and says where ports may register
 * and what they believe there.
 *
 * Threads: keeper_new, keeper_ask and keeper_free in the pool's thread; results are values in the
 * queue given. The authority is used by the keeper alone while it lives. */
#ifndef PORTS_KEEPER_H
#define PORTS_KEEPER_H

#include "base/queue.h"
#include "ports/routes.h"
#include "tls/identity.h"

enum keeper_job_kind {
    KEEP_ROUTES,     /* group; how */
    KEEP_IDENTITIES, /* of the ports from `port` on that have none */
};

enum keeper_fetch {
    FETCH_IF_DUE, /* at start: as --ctl-refresh says */
    FETCH_STALE,  /* a certificate did not fit: once, and not within 60 s of the last fetch */
    FETCH_ASKED,  /* reset by the operator: now */
    FETCH_NOT,    /* look the names up once more, with the list as it is */
};

struct keeper_job {
    enum keeper_job_kind kind;
    uint32_t group, port;
    enum keeper_fetch fetch;
    unsigned failures; /* 0; the keeper counts */
};

enum keeper_result_kind {
    KEPT_ROUTES,         /* group, routes (given) */
    KEPT_AS_IT_WAS,      /* group: no fetch was due */
    KEPT_NO_ROUTES,      /* group, why: try again later */
    KEPT_IDENTITY,       /* port, identity (given) */
    KEPT_NO_IDENTITY,    /* port, why */
    KEPT_ALL_IDENTITIES, /* no more will come before the next asking */
};

struct keeper_result {
    enum keeper_result_kind kind;
    uint32_t group, port;
    struct routes *routes;
    struct tls_identity *identity;
    struct err why;
};

struct keeper;

/* Settings and queue are borrowed; `a` may be NULL where no group is secure. */
struct keeper *keeper_new(const struct pool_settings *s, struct tls_authority *a,
                          struct queue *results, struct err *e);
bool keeper_ask(struct keeper *k, const struct keeper_job *job) MUST_USE;
void keeper_free(struct keeper *k); /* interrupts what is under way, joins; accepts NULL */

#endif
