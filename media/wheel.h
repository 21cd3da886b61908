/* A wheel of 1 ms slots: which streams have a packet due. All work is O(1) a stream.
 *
 *     now                                    now + 64 ms
 *      v                                      v
 *     [ ][5,9][ ][ ][2][ ] ...             [ ]      ids, chained through `links`
 *
 * A stream that is due later than the wheel reaches lies in its last slot, is taken out early, and
 * is put again by its owner. Owner: whoever holds the struct. */
#ifndef MEDIA_WHEEL_H
#define MEDIA_WHEEL_H

#include "base/err.h"

#include <stdint.h>

#define WHEEL_SLOTS   64
#define WHEEL_SLOT_NS INT64_C(1000000)
#define WHEEL_NONE    UINT32_MAX

struct wheel_link {
    uint32_t next, prev;
    uint8_t slot; /* WHEEL_SLOTS: not on the wheel */
};

struct wheel {
    int64_t tick;  /* the slot that is served now: time / WHEEL_SLOT_NS */
    uint64_t busy; /* a bit for each slot that is not empty */
    uint32_t head[WHEEL_SLOTS], count[WHEEL_SLOTS];
    struct wheel_link *links; /* by id */
    uint32_t cap;
};

void wheel_init(struct wheel *w, int64_t now_ns);
void wheel_free(struct wheel *w);
bool wheel_grow(struct wheel *w, uint32_t ids,
                struct err *e) MUST_USE;                      /* ids below `ids` are usable */
void wheel_put(struct wheel *w, uint32_t id, int64_t due_ns); /* moves it if it is there */
void wheel_remove(struct wheel *w, uint32_t id);
/* The next stream that is due at `now_ns`, taken off the wheel; WHEEL_NONE: no more. */
uint32_t wheel_pop(struct wheel *w, int64_t now_ns);
/* The stream that lies first in the slot served now; WHEEL_NONE: it is empty. */
uint32_t wheel_peek(const struct wheel *w);
/* When wheel_pop will next have something; INT64_MAX: nothing is on the wheel. */
int64_t wheel_next_ns(const struct wheel *w);
/* Where a stream that begins at `from_ns` and sends every `every_ms` joins in: calls share a slot
 * up to WHEEL_TOGETHER, so that few calls do not wake the thread twenty times in 20 ms, and are
 * spread evenly above it, so that many do not wait for each other. Returns the slot's time: never
 * before from_ns, and less than every_ms after it, however long the wheel stood still. */
#define WHEEL_TOGETHER 128
int64_t wheel_place(struct wheel *w, int64_t from_ns, unsigned every_ms);

#endif
