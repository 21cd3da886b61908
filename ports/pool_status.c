/* EDGE: rows of status, gathered from the workers; see pool_inner.h. */
#include "ports/pool_inner.h"

#include <stdlib.h>

static void gather(struct pool *p)
{
    struct worker_command c = {.kind = CMD_STATUS};

    p->rows = calloc(p->shared.ports, sizeof *p->rows);
    if (!p->rows) {
        pool_end_status(p);
        return;
    }
    c.rows = p->rows;
    p->wishes = p->next_wishes;
    p->next_wishes = NULL;
    p->rows_waiting = p->worker_count;
    pool_tell_all(p, &c);
}

static void give(struct pool *p, struct status_wish *w)
{
    while (w) {
        struct status_wish *next = w->next;
        w->rows(w->arg, p->rows, p->rows ? p->shared.ports : 0);
        free(w);
        w = next;
    }
}

static void give_all(struct pool *p)
{
    struct status_wish *wishes = p->wishes;

    p->wishes = NULL;
    give(p, wishes);
    free(p->rows);
    p->rows = NULL;
}

void pool_rows_done(struct pool *p)
{
    if (--p->rows_waiting > 0)
        return;
    give_all(p);
    if (p->next_wishes)
        gather(p);
}

/* Nobody answers any more. */
void pool_end_status(struct pool *p)
{
    struct status_wish *later = p->next_wishes;

    free(p->rows);
    p->rows = NULL;
    p->next_wishes = NULL;
    give_all(p);
    give(p, later);
}

bool pool_status(struct pool *p, void (*rows)(void *arg, const struct port_status *rows, size_t n),
                 void *arg, struct err *e)
{
    struct status_wish *w = calloc(1, sizeof *w);

    if (!w)
        return err_set(e, ERR_MEMORY, "no memory for the status of %zu ports", p->shared.ports);
    if (p->stopping == FINISHING) {
        free(w);
        return err_set(e, ERR_NOT_NOW, "the ports are being stopped");
    }
    w->rows = rows;
    w->arg = arg;
    w->next = p->next_wishes;
    p->next_wishes = w;
    if (!p->rows)
        gather(p);
    return true;
}
