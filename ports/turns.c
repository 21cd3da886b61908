#include "ports/turns.h"

#include <stdatomic.h>
#include <stdlib.h>

struct turns {
    unsigned most;
    size_t workers;
    atomic_uint under_way, most_seen;
    atomic_size_t next; /* where the search for a waiting worker goes on */
    struct wanting {
        atomic_bool wants;
        uv_async_t *wake;
    } * who;
};

struct turns *turns_new(unsigned most, size_t workers, struct err *e)
{
    struct turns *t = calloc(1, sizeof *t);

    if (t)
        t->who = calloc(workers, sizeof *t->who);
    if (!t || !t->who) {
        free(t);
        err_set(e, ERR_MEMORY, "no memory for %zu workers", workers);
        return NULL;
    }
    t->most = most;
    t->workers = workers;
    return t;
}

void turns_free(struct turns *t)
{
    if (t)
        free(t->who);
    free(t);
}

void turns_set_wake(struct turns *t, size_t worker, uv_async_t *wake)
{
    t->who[worker].wake = wake;
}

static void remember(struct turns *t, unsigned now)
{
    unsigned most = atomic_load(&t->most_seen);

    while (now > most && !atomic_compare_exchange_weak(&t->most_seen, &most, now))
        ;
}

bool turns_take(struct turns *t, size_t worker)
{
    /* The wish stands before the look: whoever gives a turn back after the look sees it. */
    atomic_store(&t->who[worker].wants, true);
    unsigned now = atomic_load(&t->under_way);
    while (now < t->most) {
        if (atomic_compare_exchange_weak(&t->under_way, &now, now + 1)) {
            remember(t, now + 1);
            return true;
        }
    }
    return false;
}

static void wake_one(struct turns *t)
{
    for (size_t i = 0; i < t->workers; i++) {
        struct wanting *w = &t->who[atomic_fetch_add(&t->next, 1) % t->workers];
        if (atomic_load(&w->wants)) {
            uv_async_send(w->wake);
            return;
        }
    }
}

void turns_content(struct turns *t, size_t worker)
{
    if (atomic_exchange(&t->who[worker].wants, false) && atomic_load(&t->under_way) < t->most)
        wake_one(t);
}

void turns_give_back(struct turns *t)
{
    atomic_fetch_sub(&t->under_way, 1);
    wake_one(t);
}

unsigned turns_under_way(struct turns *t)
{
    return atomic_load(&t->under_way);
}

unsigned turns_most(struct turns *t)
{
    return atomic_load(&t->most_seen);
}
