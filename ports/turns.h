/* EDGE: whose handshake may be under way: a cap over all workers, and fair between them.
 *
 * Threads: any worker may call. A worker that got no turn is woken when one is given back. */
#ifndef PORTS_TURNS_H
#define PORTS_TURNS_H

#include "base/err.h"

#include <uv.h>

struct turns;

struct turns *turns_new(unsigned most, size_t workers, struct err *e);
void turns_free(struct turns *t); /* accepts NULL */
/* Whom to wake. Before the workers' threads start. */
void turns_set_wake(struct turns *t, size_t worker, uv_async_t *wake);

/* False: none now; `worker` will be woken. */
bool turns_take(struct turns *t, size_t worker);
/* The worker has nobody left who wants one. If a turn is free, somebody else is woken for it. */
void turns_content(struct turns *t, size_t worker);
void turns_give_back(struct turns *t);
unsigned turns_under_way(struct turns *t);
unsigned turns_most(struct turns *t); /* that were under way at once */

#endif
