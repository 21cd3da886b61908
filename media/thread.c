#include "media/thread_inner.h"

#include "base/clock.h"
#include "base/sock.h"
#include "media/udp.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define ORDERS_FIRST   64
#define ORDERS_MOST    (1u << 20)
#define EVENTS_AT_ONCE 256
#define SERVED_AT_ONCE 4096 /* packets sent before the sockets and orders are looked at again */
#define CLOCK_EVERY    8    /* packets sent by one look at the clock */
#define WAKE_ID        UINT64_MAX
#define TIMER_ID       (UINT64_MAX - 1)

/* Sending */

static bool is_passing(int error)
{
    return error == EAGAIN || error == ENOBUFS || error == EINTR || error == ENOMEM;
}

static bool send_packet(struct media_thread *t, struct line *l, size_t len)
{
    for (int tries = 0; tries < 2; tries++) {
        if (sendto(l->fd, t->out, len, MSG_DONTWAIT, (struct sockaddr *)&l->to, l->to_len) >= 0)
            return true;
        if (is_passing(errno))
            return false;
        /* maybe the ICMP answer to an earlier packet: this one is tried again */
        thread_tell_unreachable(t, l);
    }
    return false;
}

static void count_late(struct media_thread *t, int64_t late_ns)
{
    int64_t step = late_ns / MEDIA_LATE_STEP_NS;

    thread_add(&t->totals.late[step < 0                  ? 0
                               : step < MEDIA_LATE_STEPS ? step
                                                         : MEDIA_LATE_STEPS],
               1);
    if (late_ns > (int64_t)atomic_load_explicit(&t->totals.late_most_ns, memory_order_relaxed))
        atomic_store_explicit(&t->totals.late_most_ns, (uint64_t)late_ns, memory_order_relaxed);
}

/* While one packet is in the kernel, what the next one needs comes into the cache. */
static void prefetch_next(const struct media_thread *t)
{
    uint32_t next = wheel_peek(&t->wheel);

    if (next == WHEEL_NONE)
        return;
    const struct line *l = t->lines[next];
    __builtin_prefetch(l->stream);
    __builtin_prefetch((const char *)l->stream + 64);
    __builtin_prefetch((const char *)l->stream + 128);
    __builtin_prefetch(&t->wheel.links[next]);
}

static void serve_line(struct media_thread *t, uint32_t id, int64_t now_ns)
{
    struct line *l = t->lines[id];
    int64_t beat = stream_next_ns(l->stream);

    for (unsigned n = stream_due(l->stream, now_ns); n > 0; n--) {
        size_t len = stream_make(l->stream, t->out);
        if (len == 0)
            continue;
        bool ok = send_packet(t, l, len);
        stream_sent(l->stream, ok);
        thread_add(&t->totals.sent, ok);
        count_late(t, now_ns - beat);
    }
    if (l->rtcp)
        line_rtcp_serve(l, now_ns, false);
    if (stream_played(l->stream))
        thread_tell(t, l, MEDIA_PLAYED);
    if (stream_is_speaking(l->stream))
        wheel_put(&t->wheel, id, stream_next_ns(l->stream));
}

/* Returns the time of the last look at the clock. */
static int64_t serve_wheel(struct media_thread *t)
{
    int64_t now = clock_now_ns();
    uint32_t id;

    for (unsigned n = 1; n <= SERVED_AT_ONCE && (id = wheel_pop(&t->wheel, now)) != WHEEL_NONE;
         n++) {
        prefetch_next(t);
        serve_line(t, id, now);
        if (n % CLOCK_EVERY == 0)
            now = clock_now_ns();
    }
    return now;
}

/* Receiving */

static bool is_wrong_source(const struct line *l, const struct sockaddr_storage *from)
{
    if (!l->check_source)
        return false;
    struct net_addr a = sock_to_addr((const struct sockaddr *)from);
    return l->from.port ? !net_addr_equal(&a, &l->from) : !net_ip_equal(&a, &l->from);
}

static void first_of_key(struct media_thread *t, struct line *l, uint32_t ssrc,
                         const struct sockaddr_storage *from)
{
    if (!l->heard_key_untold)
        return;
    struct net_addr remote = sock_to_addr((const struct sockaddr *)from);
    media_log_key(t->settings.keylog, &l->heard_key, ssrc, &l->local, &remote, false);
    l->heard_key_untold = false;
}

static void take_datagram(struct media_thread *t, struct line *l, unsigned i, int64_t now_ns)
{
    if (t->in.msg[i].msg_hdr.msg_flags & MSG_TRUNC) {
        stream_count_malformed(l->stream);
        return;
    }
    struct stream_heard heard = stream_hear(l->stream, t->in.bytes[i], t->in.msg[i].msg_len,
                                            is_wrong_source(l, &t->in.from[i]), now_ns);
    if (heard.first_of_key)
        first_of_key(t, l, heard.ssrc, &t->in.from[i]);
    if (heard.digit)
        thread_tell_digit(t, l, &heard);
}

static void receive(struct media_thread *t, struct line *l, int64_t now_ns)
{
    for (size_t i = 0; i < DATAGRAMS; i++)
        t->in.msg[i].msg_hdr.msg_namelen = sizeof t->in.from[i];
    int n = recvmmsg(l->fd, t->in.msg, DATAGRAMS, MSG_DONTWAIT, NULL);
    if (n < 0 && !is_passing(errno))
        thread_tell_unreachable(t, l);
    for (int i = 0; i < n; i++)
        take_datagram(t, l, (unsigned)i, now_ns);
    if (n > 0)
        thread_add(&t->totals.received, (uint64_t)n);
}

static void prepare_datagrams(struct datagrams *d)
{
    for (size_t i = 0; i < DATAGRAMS; i++) {
        d->iov[i] = (struct iovec){.iov_base = d->bytes[i], .iov_len = DATAGRAM_MAX};
        d->msg[i].msg_hdr =
            (struct msghdr){.msg_name = &d->from[i], .msg_iov = &d->iov[i], .msg_iovlen = 1};
    }
}

/* The loop */

bool thread_watch(struct media_thread *t, int fd, uint64_t id)
{
    struct epoll_event ev = {.events = EPOLLIN, .data.u64 = id};

    return fd >= 0 && epoll_ctl(t->epoll, EPOLL_CTL_ADD, fd, &ev) == 0;
}

static void on_event(struct media_thread *t, const struct epoll_event *ev, int64_t now_ns)
{
    uint64_t count;

    if (ev->data.u64 == TIMER_ID)
        return; /* the wheel is served in any case */
    if (ev->data.u64 == WAKE_ID) {
        if (read(t->wake, &count, sizeof count) == sizeof count)
            thread_take_orders(t);
        return;
    }
    const uint64_t index = ev->data.u64 & ~RTCP_ID;
    struct line *l = index < t->lines_cap ? t->lines[index] : NULL;
    if (!l)
        return; /* closed by an order of this very round */
    if (ev->data.u64 & RTCP_ID) {
        if (l->rtcp)
            line_rtcp_receive(l, now_ns);
        return;
    }
    if (ev->events & EPOLLERR && udp_take_errors(l->fd))
        thread_tell_unreachable(t, l);
    receive(t, l, now_ns);
}

/* A timer, because epoll_wait's milliseconds would make every packet late. Setting it anew also
 * takes back that it has fired. */
static void set_timer(struct media_thread *t, int64_t when_ns)
{
    struct itimerspec at = {0};

    if (when_ns == t->timer_at)
        return;
    if (when_ns != INT64_MAX) /* else zero: off */
        at.it_value = (struct timespec){.tv_sec = (time_t)(when_ns / NS_PER_S),
                                        .tv_nsec = when_ns % NS_PER_S};
    timerfd_settime(t->timer, TFD_TIMER_ABSTIME, &at, NULL);
    t->timer_at = when_ns;
}

static int wait_for_work(struct media_thread *t, struct epoll_event *events, int64_t now_ns)
{
    int64_t next = wheel_next_ns(&t->wheel), until = gather_until(&t->gather, next, now_ns);

    if (until)
        clock_sleep_until_ns(until);
    if (until || next <= now_ns)
        return epoll_wait(t->epoll, events, EVENTS_AT_ONCE, 0);
    set_timer(t, next);
    return epoll_wait(t->epoll, events, EVENTS_AT_ONCE, -1);
}

static void serve(struct media_thread *t)
{
    struct epoll_event events[EVENTS_AT_ONCE];

    int n = wait_for_work(t, events, serve_wheel(t));
    int64_t now = clock_now_ns();
    gather_heard(&t->gather, n > 0 ? (unsigned)n : 0, now);
    for (int i = 0; i < n; i++) {
        on_event(t, &events[i], now);
        if (i % CLOCK_EVERY == CLOCK_EVERY - 1)
            now = serve_wheel(t); /* what is heard may wait, what is said may not */
    }
}

/* Real-time priority where it is permitted, as long as another processor is left for the
 * signalling: a media thread that has too much to do must not stop everything else. */
static void rise(const struct media_thread *t)
{
    struct sched_param p = {.sched_priority = 1};

    if (sysconf(_SC_NPROCESSORS_ONLN) > (long)t->settings.of)
        pthread_setschedparam(pthread_self(), SCHED_RR, &p);
}

static void *thread_main(void *arg)
{
    struct media_thread *t = arg;
    char name[16];

    snprintf(name, sizeof name, "media-%u", t->settings.number);
    prctl(PR_SET_NAME, name);
    rise(t);
    while (!atomic_load(&t->stop))
        serve(t);
    thread_take_orders(t);
    for (uint32_t i = 0; i < t->lines_cap; i++)
        if (t->lines[i])
            thread_end_line(t, t->lines[i]);
    return NULL;
}

static void wake(void *arg)
{
    const struct media_thread *t = arg;
    uint64_t one = 1;

    while (write(t->wake, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

bool media_thread_order(struct media_thread *t, struct order *o, struct err *e)
{
    if (queue_put(t->orders, o))
        return true;
    order_free(o);
    return err_set(e, ERR_LIMIT, "the media thread has %u orders waiting", ORDERS_MOST);
}

const struct media_thread_totals *media_thread_totals(const struct media_thread *t)
{
    return &t->totals;
}

static bool open_loop(struct media_thread *t, struct err *e)
{
    t->timer_at = INT64_MAX;
    t->epoll = epoll_create1(EPOLL_CLOEXEC);
    t->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    t->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (t->epoll < 0 || !thread_watch(t, t->wake, WAKE_ID) || !thread_watch(t, t->timer, TIMER_ID))
        return err_errno(e, ERR_SYSTEM, "no event loop for a media thread");
    t->orders = queue_new(sizeof(struct order), ORDERS_FIRST, ORDERS_MOST, wake, t, e);
    return t->orders != NULL;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void release(struct media_thread *t)
{
    close_if_open(t->epoll);
    close_if_open(t->wake);
    close_if_open(t->timer);
    queue_free(t->orders);
    wheel_free(&t->wheel);
    free(t->lines);
    free(t);
}

/* Signals are the program's business: the thread is started with all of them blocked. */
static bool start(struct media_thread *t, struct err *e)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = pthread_create(&t->id, NULL, thread_main, t);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return error == 0 || err_errno(e, ERR_SYSTEM, "no media thread");
}

struct media_thread *media_thread_new(const struct media_thread_settings *s, struct err *e)
{
    struct media_thread *t = aligned_alloc(16, (sizeof *t + 15) / 16 * 16);

    if (!t) {
        err_set(e, ERR_MEMORY, "no memory for a media thread");
        return NULL;
    }
    memset(t, 0, sizeof *t);
    t->settings = *s;
    t->epoll = t->wake = t->timer = -1;
    wheel_init(&t->wheel, clock_now_ns());
    prepare_datagrams(&t->in);
    if (!open_loop(t, e) || !start(t, e)) {
        release(t);
        return NULL;
    }
    return t;
}

void media_thread_free(struct media_thread *t)
{
    if (!t)
        return;
    atomic_store(&t->stop, true);
    wake(t);
    pthread_join(t->id, NULL);
    release(t);
}
