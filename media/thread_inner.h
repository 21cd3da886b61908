/* EDGE: the inside of a media thread: its loop with what it sends and receives (thread.c), the
 * orders it carries out (thread_orders.c), what it tells the owners of its lines (thread_tell.c).
 * All of it runs in that thread. */
#ifndef MEDIA_THREAD_INNER_H
#define MEDIA_THREAD_INNER_H

#include "media/gather.h"
#include "media/thread.h"
#include "media/wheel.h"

#include <pthread.h>

#define DATAGRAMS    8    /* taken by one system call */
#define DATAGRAM_MAX 2048 /* more than an Ethernet frame; longer ones are malformed */
#define RTCP_ID      (UINT64_C(1) << 32) /* beside a line's own, in what epoll gives back */

struct datagrams { /* the thread's one place to receive into */
    _Alignas(16) uint8_t bytes[DATAGRAMS][DATAGRAM_MAX];
    struct sockaddr_storage from[DATAGRAMS];
    struct iovec iov[DATAGRAMS];
    struct mmsghdr msg[DATAGRAMS];
};

struct media_thread {
    struct media_thread_settings settings;
    struct queue *orders;
    pthread_t id;
    int epoll, wake, timer;
    int64_t timer_at; /* INT64_MAX: off */
    struct gather gather;
    atomic_bool stop;
    struct line **lines; /* by slot / settings.of */
    uint32_t lines_cap;
    struct wheel wheel;
    struct media_thread_totals totals;
    struct datagrams in;
    _Alignas(16) uint8_t out[STREAM_PACKET_MAX];
};

/* One writer: no locked instruction is needed. */
static inline void thread_add(atomic_uint_fast64_t *counter, uint64_t n)
{
    uint64_t v = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, v + n, memory_order_relaxed);
}

static inline uint32_t thread_index(const struct media_thread *t, struct media_handle h)
{
    return h.slot / t->settings.of;
}

/* From here on epoll tells of `fd` with this id. */
bool thread_watch(struct media_thread *t, int fd, uint64_t id);

void thread_take_orders(struct media_thread *t);
/* Its sockets are closed, and its owner has the report. */
void thread_end_line(struct media_thread *t, struct line *l);

void thread_tell(struct media_thread *t, const struct line *l, enum media_event_kind kind);
void thread_tell_digit(struct media_thread *t, const struct line *l, const struct stream_heard *h);
void thread_tell_counts(struct media_thread *t, const struct line *l);
/* Once for each address that the line sends to. */
void thread_tell_unreachable(struct media_thread *t, struct line *l);
/* The last one: counts, and the recording if there is one. */
void thread_report(struct media_thread *t, struct line *l);

#endif
