#include "ports/book.h"

#include <stdlib.h>
#include <string.h>

struct book *book_new(const struct pool_settings *s, void (*release)(void *owner), void *owner,
                      struct err *e)
{
    const size_t bytes = s->group_count * sizeof *s->groups;
    struct book *b = calloc(1, sizeof *b + bytes);

    if (!b) {
        err_set(e, ERR_MEMORY, "no memory for %zu groups", s->group_count);
        return NULL;
    }
    atomic_init(&b->holders, 1);
    b->release = release;
    b->owner = owner;
    b->group_count = s->group_count;
    memcpy(b->groups, s->groups, bytes);
    return b;
}

struct book *book_hold(struct book *b)
{
    atomic_fetch_add_explicit(&b->holders, 1, memory_order_relaxed);
    return b;
}

void book_drop(struct book *b)
{
    if (!b || atomic_fetch_sub_explicit(&b->holders, 1, memory_order_acq_rel) > 1)
        return;
    if (b->release)
        b->release(b->owner);
    free(b);
}
