/* EDGE: a bounded queue of values between threads, that wakes its owner's loop.
 *
 * Threads: any thread may put; one thread, the owner, takes. What crosses is copied; a value that
 * carries a pointer gives it away. The waker is called by the putting thread, without the lock,
 * when the queue was empty: uv_async_send or a write to an eventfd, nothing slower. */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include "base/err.h"

struct queue;

typedef void queue_wake_fn(void *arg);

/* Holds `first` values of value_size bytes and doubles as needed up to `most`. NULL with e set. */
struct queue *queue_new(size_t value_size, size_t first, size_t most, queue_wake_fn *wake,
                        void *arg, struct err *e);
void queue_free(struct queue *q); /* accepts NULL; values inside are dropped */
/* False when `most` values wait: the caller says what is lost. */
bool queue_put(struct queue *q, const void *value) MUST_USE;
/* False when empty. */
bool queue_take(struct queue *q, void *value) MUST_USE;
size_t queue_length(struct queue *q);

#endif
