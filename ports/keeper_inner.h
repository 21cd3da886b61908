/* EDGE: the inside of the keeper of trust, shared by keeper*.c.
 *
 * Threads: all of it belongs to the keeper's thread, but `stop` and the queues. */
#ifndef PORTS_KEEPER_INNER_H
#define PORTS_KEEPER_INNER_H

#include "ctl/fetch.h"
#include "ports/keeper.h"

#include <stdatomic.h>
#include <uv.h>

#define KEPT_DIR_MAX 1024

/* The list that is kept in one directory. */
struct kept_list {
    struct ctl_file *held;
    bool looked;   /* for a held list on disk */
    bool unstored; /* what is held could not be written: the disk knows less than we do */
    int64_t fetched_ms;
    struct trouble trouble; /* with fetching it */
    struct {                /* after a fetch: do the other servers deliver the same? */
        struct book *book;  /* held; NULL: nothing to compare */
        const struct group_settings *group; /* in it */
        size_t which;                       /* the server that delivered the list */
    } compare;
    char dir[KEPT_DIR_MAX];
    struct kept_list *next;
};

struct keeper {
    const struct pool_settings *settings;
    struct queue *jobs, *results;
    uv_sem_t wake;
    uv_thread_t thread;
    atomic_bool stop;
    bool has_wake, started;
    struct kept_list *lists;
};

/* keeper_list.c */
struct kept_list *kept_list_of(struct keeper *k, const struct group_settings *g, bool first,
                               struct err *e);
void kept_lists_free(struct kept_list *list);
/* Compares one list with what its other servers deliver. False: there is none to compare. */
bool kept_lists_compare(struct keeper *k);
bool kept_list_due(const struct group_settings *g, const struct kept_list *kept,
                   enum keeper_fetch how);
bool kept_list_fetch(const struct keeper *k, const struct keeper_job *job, struct kept_list *kept,
                     struct err *e);
bool kept_list_have(const struct keeper *k, const struct keeper_job *job, struct kept_list *kept,
                    bool *fetched, struct err *e);

/* keeper_routes.c */
struct routes *keeper_routes(struct keeper *k, const struct keeper_job *job, bool *as_it_was,
                             struct trouble *list, struct err *e);

#endif
