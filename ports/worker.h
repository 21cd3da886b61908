/* EDGE: a thread that owns its share of the ports: one libuv loop, their links, timers and media.
 *
 * Threads: worker_new and worker_free in the pool's thread; worker_put from the pool's thread;
 * everything else happens in the worker's own. What comes back are values in `answers` and
 * `reports`. */
#ifndef PORTS_WORKER_H
#define PORTS_WORKER_H

#include "media/engine.h"
#include "ports/book.h"
#include "ports/pool.h"
#include "ports/port.h"
#include "ports/routes.h"
#include "ports/turns.h"
#include "tls/identity.h"

#include <stdatomic.h>

#define ALL_PORTS        UINT32_MAX
#define IDENTITY_KEPT_MS 60000 /* a link that was closed may still be sending its last bytes */

enum worker_command_kind {
    CMD_GROUP,  /* group, settings (their book given): a new group, or new settings of one */
    CMD_CLOSE,  /* group: its ports are vacant */
    CMD_SEAT,   /* port, group, number: a new port, named and stopped */
    CMD_START,  /* port, identity (NULL: plain TCP; lives for IDENTITY_KEPT_MS after VACANT) */
    CMD_LEAVE,  /* port: as DRAIN, for one; REPORT_VACANT follows */
    CMD_ROUTES, /* group, routes (given) */
    CMD_HOLD,   /* group: nobody dials before new routes came */
    CMD_LAMP,   /* port, lamp */
    CMD_RESET,  /* port or ALL_PORTS */
    CMD_DRAIN,
    CMD_STOP,
    CMD_KILL,
    CMD_STATUS, /* rows: borrowed until STATUS_DONE; each worker fills in its own */
    CMD_QUIT,   /* the thread ends; after WORKER_STOPPED */
};

struct worker_command {
    enum worker_command_kind kind;
    uint32_t port, group;
    unsigned number;
    union {
        struct {
            struct book *book;
            const struct group_settings *group; /* in it */
        } settings;
        const struct tls_identity *identity;
        struct used_routes *routes; /* given */
        struct port_lamp lamp;
        struct port_status *rows;
    };
};

enum worker_report_kind {
    REPORT_FREE, /* may take a lamp request */
    REPORT_TAKEN,
    REPORT_REGISTERED,
    REPORT_LOST,
    REPORT_LAMP,
    REPORT_CALL_ENDED,
    REPORT_TROUBLE, /* for the log: an error, or a note worth a warning */
    REPORT_STALE,   /* group: its list of trust may be out of date */
    REPORT_VACANT,  /* a port that was told to leave is gone: its place may be used again */
    REPORT_STATUS_DONE,
    REPORT_STOPPED, /* every port of the worker has stopped, and every stream has reported */
};

struct worker_report {
    enum worker_report_kind kind;
    uint32_t port, group;
    enum log_area area; /* of trouble */
    union {
        struct {
            uint32_t id;
            bool port_busy; /* try another port; else: */
            enum mwi_result result;
        } lamp;
        struct {
            char caller[PORT_NUMBER_MAX + 1], called[PORT_NUMBER_MAX + 1];
            struct media_counts counts;
            bool connected, encrypted;
        } call;
        struct err why;
    };
};

struct worker_counts {
    atomic_uint_fast64_t registered, in_call, calls, calls_failed, calls_refused, registrations,
        handshakes, errors, failovers, failbacks, calls_kept, standing_by;
};

/* What all workers share: never changes, or minds its own threads. */
struct worker_shared {
    const struct pool_settings *settings; /* all but the groups */
    size_t workers;
    struct media_engine *media;
    struct turns *turns;
    /* Of struct worker_report. Answers were asked for, one by one: that queue never fills up. */
    struct queue *answers, *reports;
    atomic_uint_fast64_t *unheard; /* reports for which there was no room */
};

struct worker;

/* Will own the ports i with i % workers == index. */
struct worker *worker_new(const struct worker_shared *shared, size_t index, struct err *e);
void worker_join(struct worker *w); /* after CMD_QUIT */
/* Joins if need be. Media streams must have ended: their reports go to the worker. Accepts NULL. */
void worker_free(struct worker *w);
/* What a worker needs to use routes, made before they are on their way to it. `routes` are taken.
 */
struct used_routes *used_routes_new(struct routes *routes, struct err *e);
void used_routes_free(struct used_routes *u); /* accepts NULL */
/* False when the queue has no room, even after a moment: nothing has happened. */
bool worker_put(struct worker *w, const struct worker_command *c) MUST_USE;
const struct worker_counts *worker_counts(const struct worker *w);

#endif
