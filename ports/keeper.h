/* EDGE: the keeper of trust: a thread that may wait, for TFTP, names and disks. It makes the ports'
 * certificates, fetches and judges the list of trust, keeps it, and says where ports may register
 * and what they believe there.
 *
 * Threads: keeper_new, keeper_ask and keeper_free in the pool's thread; results are values in the
 * queue given. The authorities are used by the keeper alone while it lives. */
#ifndef PORTS_KEEPER_H
#define PORTS_KEEPER_H

#include "base/queue.h"
#include "ports/book.h"
#include "ports/routes.h"
#include "ports/trouble.h"
#include "tls/identity.h"

enum keeper_job_kind {
    KEEP_ROUTES,     /* group; how */
    KEEP_IDENTITIES, /* of the ports named */
};

enum keeper_fetch {
    FETCH_IF_DUE, /* at start: as --ctl-refresh says */
    FETCH_STALE,  /* a certificate did not fit: once, and not within 60 s of the last fetch */
    FETCH_ASKED,  /* reset by the operator: now */
    FETCH_NOT,    /* look the names up once more, with the list as it is */
};

/* Ports that want a certificate. Places of ports and of groups are used again; the life, which
 * comes back with the result, tells whose it is. */
struct keeper_names {
    size_t count;
    struct {
        uint32_t port, life;
        bool legacy; /* old labs know another root, with other keys, than the rest */
        char name[DEVICE_NAME_MAX + 1];
    } list[];
};

struct keeper_job {
    enum keeper_job_kind kind;
    union {
        struct {
            uint32_t group, life;
            struct book *book;                     /* given */
            const struct group_settings *settings; /* in it */
            bool first; /* its list is kept where `vmports ctl` looks; others beside it */
            enum keeper_fetch fetch;
        } routes;
        struct {
            struct tls_authority *modern, *legacy;
            struct keeper_names *names;  /* given */
            size_t at;                   /* 0, and */
            unsigned failures, replaced; /* 0; the keeper counts */
        } identities;
    };
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
    uint32_t group, port, life;
    struct routes *routes;
    struct tls_identity *identity;
    struct err why;
    struct trouble list; /* of routes: how it stands with the list of trust */
};

struct keeper;

/* Of the settings, the groups do not matter. Borrowed, as the queue. */
struct keeper *keeper_new(const struct pool_settings *s, struct queue *results, struct err *e);
/* False: the queue is full, and what was given is freed. */
bool keeper_ask(struct keeper *k, const struct keeper_job *job) MUST_USE;
void keeper_free(struct keeper *k); /* interrupts what is under way, joins; accepts NULL */

#endif
