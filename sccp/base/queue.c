#include "base/queue.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct queue {
    pthread_mutex_t lock;
    uint8_t *ring;
    size_t value_size, cap, most, head, count;
    queue_wake_fn *wake;
    void *arg;
};

struct queue *queue_new(size_t value_size, size_t first, size_t most, queue_wake_fn *wake,
                        void *arg, struct err *e)
{
    struct queue *q = calloc(1, sizeof *q);
    uint8_t *ring = calloc(first ? first : 1, value_size);

    if (!q || !ring) {
        free(q);
        free(ring);
        err_set(e, ERR_MEMORY, "no memory for a queue of %zu values", first);
        return NULL;
    }
    pthread_mutex_init(&q->lock, NULL);
    q->ring = ring;
    q->value_size = value_size;
    q->cap = first ? first : 1;
    q->most = most;
    q->wake = wake;
    q->arg = arg;
    return q;
}

void queue_free(struct queue *q)
{
    if (!q)
        return;
    pthread_mutex_destroy(&q->lock);
    free(q->ring);
    free(q);
}

static bool grow(struct queue *q)
{
    size_t cap = q->cap * 2 > q->most ? q->most : q->cap * 2;

    if (cap <= q->cap)
        return false;
    uint8_t *ring = calloc(cap, q->value_size);
    if (!ring)
        return false;
    size_t tail = q->cap - q->head < q->count ? q->cap - q->head : q->count;
    memcpy(ring, q->ring + q->head * q->value_size, tail * q->value_size);
    memcpy(ring + tail * q->value_size, q->ring, (q->count - tail) * q->value_size);
    free(q->ring);
    q->ring = ring;
    q->cap = cap;
    q->head = 0;
    return true;
}

bool queue_put(struct queue *q, const void *value)
{
    pthread_mutex_lock(&q->lock);
    bool was_empty = q->count == 0;
    bool room = q->count < q->cap || grow(q);
    if (room) {
        size_t at = (q->head + q->count) % q->cap;
        memcpy(q->ring + at * q->value_size, value, q->value_size);
        q->count++;
    }
    pthread_mutex_unlock(&q->lock);
    if (room && was_empty && q->wake)
        q->wake(q->arg);
    return room;
}

bool queue_take(struct queue *q, void *value)
{
    pthread_mutex_lock(&q->lock);
    bool any = q->count > 0;
    if (any) {
        memcpy(value, q->ring + q->head * q->value_size, q->value_size);
        q->head = (q->head + 1) % q->cap;
        q->count--;
    }
    pthread_mutex_unlock(&q->lock);
    return any;
}

size_t queue_length(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    size_t n = q->count;
    pthread_mutex_unlock(&q->lock);
    return n;
}
