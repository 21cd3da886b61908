/* EDGE: the inside of a pool, shared by pool*.c.
 *
 * Threads: all of it belongs to the thread of the pool's loop. */
#ifndef PORTS_POOL_INNER_H
#define PORTS_POOL_INNER_H

#include "ports/keeper.h"
#include "ports/pool.h"
#include "ports/worker.h"

struct pool_group {
    struct mwi_queue *lamps;
    uv_timer_t retry; /* for routes that could not be made */
    struct pool *pool;
    unsigned failures;
    enum keeper_fetch how; /* at the retry */
    bool asked;            /* a job is under way */
};

struct status_wish {
    void (*rows)(void *arg, const struct port_status *rows, size_t n);
    void *arg;
    struct status_wish *next;
};

struct complaint { /* errors of one kind: the first in ten seconds, then their number */
    int64_t until_ms;
    unsigned more;
};

#define ERR_KINDS (ERR_PKI_04 + 1)

enum stopping { RUNNING, DRAINING, HANGING_UP, KILLING, FINISHING };

struct pool {
    uv_loop_t *loop;
    struct pool_settings settings; /* with groups of our own */
    struct group_settings *groups;
    struct pool_events events;
    struct media_engine *media;
    struct turns *turns;
    struct queue *reports, *kept;
    struct keeper *keeper;
    struct tls_authority *authority;
    struct tls_identity **identities; /* by port */
    struct worker_shared shared;
    struct worker **workers;
    size_t worker_count, workers_stopped;
    struct pool_group *per_group;

    uv_async_t *wake; /* frees itself */
    uv_timer_t lamp_timer, changed_timer, stop_timer, complaint_timer, identity_timer;
    size_t handles; /* that are not closed yet */

    enum stopping stopping;
    unsigned drain_s;
    int64_t started_ms;
    size_t registered;
    bool all_told, was_complete; /* that all are registered; once at least */
    struct media_counts media_sums;
    struct complaint complaints[ERR_KINDS];
    bool identity_failed;
    uint32_t identity_from; /* the first port that failed: where the next try goes on */

    struct port_status *rows; /* while the workers fill them in */
    size_t rows_waiting;
    struct status_wish *wishes, *next_wishes;
};

int64_t pool_now_ms(void);
void pool_tell(struct pool *p, size_t worker, const struct worker_command *c);
void pool_tell_all(struct pool *p, const struct worker_command *c);
void pool_changed(struct pool *p);
void pool_complain(struct pool *p, const char *who, enum log_area area, const struct err *why);
void pool_port_name(const struct pool *p, uint32_t port, char out[DEVICE_NAME_MAX + 1]);

/* pool_trust.c */
void pool_ask_routes(struct pool *p, uint32_t group, enum keeper_fetch how);
void pool_ask_identities(struct pool *p, uint32_t from);
void pool_take_kept(struct pool *p);

/* pool_lamps.c */
void pool_lamp_report(struct pool *p, const struct worker_report *r);
void pool_lamp_port(struct pool *p, const struct worker_report *r);
void pool_pump_lamps(struct pool *p);
void pool_end_lamps(struct pool *p);

/* pool_status.c */
void pool_rows_done(struct pool *p);
void pool_end_status(struct pool *p);

/* pool_stop.c */
void pool_worker_stopped(struct pool *p);

#endif
