/* EDGE: the inside of a pool, shared by pool*.c.
 *
 * Threads: all of it belongs to the thread of the pool's loop. */
#ifndef PORTS_POOL_INNER_H
#define PORTS_POOL_INNER_H

#include "ports/keeper.h"
#include "ports/pool.h"
#include "ports/worker.h"

#define NONE UINT32_MAX /* no port, no place */

/* A place for a port, named by its index; used again when its port is gone. */
struct pool_port {
    bool used, leaving;
    uint32_t group, index; /* its place in its group */
    unsigned number;
    uint32_t life;        /* how many ports this place has had */
    uint32_t waits, next; /* for the port that has its name to be gone; who waits for this one */
    char name[DEVICE_NAME_MAX + 1];
    struct tls_identity *identity;
    struct trouble trouble; /* with getting one */
};

struct pool_group {
    struct pool *pool;
    uint32_t slot, life; /* where the pool has it; how many groups that place has had */
    struct book *book;   /* held */
    const struct group_settings *settings; /* in it */
    size_t order;                          /* in the file */
    bool leaving;                          /* not in the settings any more, or not like this */
    uint32_t *ports;                       /* by place: index of the port, or NONE */
    size_t places, used;
    uint32_t first_free; /* no free place is below */
    struct mwi_queue *lamps;
    uv_timer_t retry; /* for routes that could not be made */
    unsigned failures;
    enum keeper_fetch how;  /* at the retry */
    bool asked, again;      /* a job is under way; behind it, another fetch is wanted */
    struct trouble trouble; /* with its list of trust */
    struct trouble unable;  /* why it has no routes at all */
};

struct status_wish {
    void (*rows)(void *arg, const struct port_status *rows, size_t n);
    void *arg;
    struct status_wish *next;
};

struct complaint { /* errors of one kind: the first in ten seconds, then their number */
    int64_t until_ms;
    unsigned more;
    struct pool_trouble last;
};

enum stopping { RUNNING, DRAINING, HANGING_UP, KILLING, FINISHING };

struct pool {
    uv_loop_t *loop;
    struct pool_settings settings; /* all but the groups */
    struct pool_events events;
    struct media_engine *media;
    struct turns *turns;
    struct queue *answers, *reports, *kept;
    atomic_uint_fast64_t unheard; /* reports, since it was last told */
    struct keeper *keeper;
    struct {
        struct tls_authority *modern, *legacy; /* NULL: no secure group was of that age yet */
    } authorities;
    struct worker_shared shared;
    struct worker **workers;
    size_t worker_count, workers_stopped;

    struct pool_group **groups; /* by slot; NULL: free */
    size_t group_count;
    uint32_t group_lives;
    struct book *owed; /* what found no memory of it is tried again; NULL: nothing */
    struct pool_port *ports;
    size_t port_places, port_room;   /* that were ever used; allocated */
    size_t port_count;               /* used, but for those that wait for a name */
    uint32_t first_free;             /* no free place is below */
    struct old_identity *identities; /* of ports that are gone: their links may still close */

    uv_async_t *wake; /* frees itself */
    uv_timer_t lamp_timer, changed_timer, stop_timer, complaint_timer, identity_timer, owed_timer;
    size_t handles; /* that are not closed yet */

    enum stopping stopping;
    unsigned drain_s;
    int64_t started_ms;
    size_t registered;
    bool all_told, was_complete; /* that all are registered; once at least */
    struct media_counts media_sums;
    struct mwi_counts lamp_sums; /* of groups that are gone */
    struct complaint complaints[ERR_KINDS];
    bool identity_failed, identities_asked;

    struct port_status *rows; /* while the workers fill them in */
    size_t rows_count, rows_waiting;
    struct status_wish *wishes, *next_wishes;
};

int64_t pool_now_ms(void);
void pool_tell(struct pool *p, size_t worker, const struct worker_command *c);
void pool_tell_all(struct pool *p, const struct worker_command *c);
void pool_changed(struct pool *p);
void pool_on_wake(uv_async_t *a);
void pool_complain(struct pool *p, const char *who, enum log_area area, const struct err *why);
/* For the summary alone: somebody else has logged it. */
void pool_remember(struct pool *p, const char *who, const struct err *why);
const char *pool_port_name(const struct pool *p, uint32_t port);

/* pool_places.c: groups and ports come and go. */
struct pool_group *pool_open_group(struct pool *p, struct book *book, size_t order, struct err *e);
/* Its settings, new or others, to all workers. */
void pool_tell_group(struct pool *p, const struct pool_group *pg);
void pool_close_group(struct pool *p, struct pool_group *pg);
/* Places for so many more ports than it has now. */
bool pool_have_room(struct pool_group *pg, size_t more, struct err *e) MUST_USE;
/* In the next free place; stopped. NONE: `e`. */
uint32_t pool_add_port(struct pool *p, struct pool_group *pg, unsigned number, struct err *e);
/* It has the name of one that is not gone yet. */
void pool_let_wait(struct pool *p, uint32_t port, uint32_t for_port);
void pool_start_port(struct pool *p, uint32_t port); /* unless it has to wait for something */
void pool_leave_port(struct pool *p, uint32_t port);
void pool_vacant(struct pool *p, uint32_t port);
void pool_free_places(struct pool *p);

/* pool_make.c */
void pool_add_timer(struct pool *p, uv_timer_t *t, void *data);

/* pool_apply.c */
void pool_change(struct pool *p, struct book *b);
bool pool_have_authorities(struct pool *p, const struct pool_settings *s, struct err *e) MUST_USE;

/* pool_trust.c */
void pool_ask_routes(struct pool *p, uint32_t group, enum keeper_fetch how);
void pool_ask_identities(struct pool *p);
void pool_take_kept(struct pool *p);

/* pool_lamps.c */
void pool_lamp_report(struct pool *p, const struct worker_report *r);
void pool_lamp_port(struct pool *p, const struct worker_report *r);
void pool_pump_lamps(struct pool *p);
void pool_end_lamps(struct pool *p);
/* A group has no ports any more: no request of it may be forgotten. */
void pool_close_lamps(struct pool *p, struct pool_group *pg);

/* pool_status.c */
void pool_rows_done(struct pool *p);
void pool_end_status(struct pool *p);

/* pool_stop.c */
void pool_worker_stopped(struct pool *p);
void pool_handle_closed(struct pool *p);

#endif
