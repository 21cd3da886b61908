/* The settings of a run as its threads read them: never changed, only replaced as a whole by those
 * of a later reading. Who keeps a pointer into a book holds it; the last who drops it gives what is
 * in it back to its owner.
 *
 * Threads: any may hold and drop. `release` is called in the thread that dropped last. */
#ifndef PORTS_BOOK_H
#define PORTS_BOOK_H

#include "ports/settings.h"

#include <stdatomic.h>

struct book {
    atomic_size_t holders;
    void (*release)(void *owner);
    void *owner;
    size_t group_count;
    struct group_settings groups[]; /* copied; what they point to is the owner's */
};

/* Held once, by the caller. `release` (may be NULL) gets `owner` when nobody holds it any more, and
 * not when this fails. */
struct book *book_new(const struct pool_settings *s, void (*release)(void *owner), void *owner,
                      struct err *e);
struct book *book_hold(struct book *b); /* returns b */
void book_drop(struct book *b);         /* accepts NULL */

#endif
