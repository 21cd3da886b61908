/* EDGE: rows of status, gathered from the workers; see pool_inner.h. */
#include "ports/pool_inner.h"

#include <stdlib.h>

static void gather(struct pool *p)
{
    struct worker_command c = {.kind = CMD_STATUS};

    p->rows_count = p->port_places;
    p->rows = calloc(p->rows_count + 1, sizeof *p->rows);
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

/* A port without certificate has that reason; one that waits for the list of trust has the list's.
 */
static void explain_rows(struct pool *p)
{
    for (size_t i = 0; i < p->rows_count; i++) {
        struct port_status *row = &p->rows[i];
        const struct pool_group *pg = p->ports[i].used ? p->groups[p->ports[i].group] : NULL;

        if (!pg || row->registered || row->trouble.now)
            continue;
        if (p->ports[i].trouble.now)
            row->trouble = p->ports[i].trouble;
        else if (pg->trouble.now || pg->unable.now)
            row->trouble = pg->trouble.now ? pg->trouble : pg->unable;
    }
}

size_t pool_troubles(const struct pool *p, struct pool_trouble *out, size_t cap)
{
    size_t n = 0;

    for (size_t k = 0; k < ERR_KINDS && n < cap; k++)
        if (p->complaints[k].last.trouble.count)
            out[n++] = p->complaints[k].last;
    return n;
}

void pool_each_list(const struct pool *p,
                    void (*take)(void *arg, const char *group, const struct trouble *list),
                    void *arg)
{
    for (size_t g = 0; g < p->group_count; g++)
        if (p->groups[g])
            take(arg, p->groups[g]->settings->name, &p->groups[g]->trouble);
}

static void give(struct pool *p, struct status_wish *w)
{
    while (w) {
        struct status_wish *next = w->next;
        w->rows(w->arg, p->rows, p->rows ? p->rows_count : 0);
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

struct place { /* of a row */
    size_t order;
    unsigned number;
    size_t row;
};

static int by_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Who waits for its name has no row yet: the port that still has it does. */
static size_t find_places(const struct pool *p, struct place *places)
{
    size_t n = 0;

    for (size_t i = 0; i < p->rows_count; i++) {
        const struct pool_port *pp = &p->ports[i];
        if (pp->used && pp->waits == NONE && p->rows[i].name[0])
            places[n++] = (struct place){p->groups[pp->group]->order, pp->number, i};
    }
    return n;
}

/* Places are used again, so that a row's place says nothing. Without memory they stay as they are.
 */
static void put_in_order(struct pool *p)
{
    struct place *places = calloc(p->rows_count + 1, sizeof *places);
    struct port_status *rows = calloc(p->rows_count + 1, sizeof *rows);
    const size_t n = places && rows ? find_places(p, places) : 0;

    if (places && rows) {
        qsort(places, n, sizeof *places, by_place);
        for (size_t i = 0; i < n; i++)
            rows[i] = p->rows[places[i].row];
        free(p->rows);
        p->rows = rows;
        p->rows_count = n;
        rows = NULL;
    }
    free(rows);
    free(places);
}

void pool_rows_done(struct pool *p)
{
    if (--p->rows_waiting > 0)
        return;
    explain_rows(p);
    put_in_order(p);
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
        return err_set(e, ERR_MEMORY, "no memory for the status of %zu ports", p->port_count);
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
