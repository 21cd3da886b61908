#include "base/sock.h"

#include "base/clock.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STOP_LOOK_NS 100000000

socklen_t sock_from_addr(const struct net_addr *a, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (a->family == 6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(a->port);
        memcpy(&in6->sin6_addr, a->ip, 16);
        return sizeof *in6;
    }
    struct sockaddr_in *in = (struct sockaddr_in *)out;
    in->sin_family = AF_INET;
    in->sin_port = htons(a->port);
    memcpy(&in->sin_addr, a->ip, 4);
    return sizeof *in;
}

struct net_addr sock_to_addr(const struct sockaddr *sa)
{
    struct net_addr a = {0};

    if (sa->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)sa;
        a.family = 4;
        a.port = ntohs(in->sin_port);
        memcpy(a.ip, &in->sin_addr, 4);
    } else if (sa->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)sa;
        a.port = ntohs(in6->sin6_port);
        a.family = IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) ? 4 : 6;
        if (a.family == 4)
            memcpy(a.ip, in6->sin6_addr.s6_addr + 12, 4);
        else
            memcpy(a.ip, &in6->sin6_addr, 16);
    }
    return a;
}

static bool cannot_resolve(const char *host, int rc, struct err *e)
{
    return err_set(e, ERR_SYSTEM, "the name %.100s cannot be resolved: %s", host, gai_strerror(rc));
}

/* Frees the list. */
static size_t take_addresses(struct addrinfo *list, const char *host, uint16_t port,
                             struct net_addr *out, size_t cap, struct err *e)
{
    size_t n = 0;

    for (struct addrinfo *ai = list; ai && n < cap; ai = ai->ai_next) {
        out[n] = sock_to_addr(ai->ai_addr);
        out[n].port = port;
        n += out[n].family != 0;
    }
    freeaddrinfo(list);
    if (n == 0)
        err_set(e, ERR_SYSTEM, "the name %.100s has no IP address", host);
    return n;
}

size_t sock_resolve(const char *host, uint16_t port, struct net_addr *out, size_t cap,
                    struct err *e)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;

    int rc = getaddrinfo(host, NULL, &hints, &list);
    if (rc != 0)
        return cannot_resolve(host, rc, e);
    return take_addresses(list, host, port, out, cap, e);
}

/* A question that a thread of its own asks: getaddrinfo() cannot be interrupted. The thread may
 * outlive the asker; whoever is last frees it. (getaddrinfo_a() would do, were its threads not born
 * inside glibc, where no sanitizer sees them.) */
struct question {
    pthread_mutex_t lock;
    pthread_cond_t over;
    bool answered, abandoned;
    int rc;
    struct addrinfo *list;
    char host[256];
};

static void free_question(struct question *q)
{
    pthread_cond_destroy(&q->over);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

static void *look_up(void *arg)
{
    struct question *q = arg;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    const int rc = getaddrinfo(q->host, NULL, &hints, &list);

    pthread_mutex_lock(&q->lock);
    const bool abandoned = q->abandoned;
    q->rc = rc;
    q->list = list;
    q->answered = true;
    pthread_cond_signal(&q->over);
    pthread_mutex_unlock(&q->lock);
    if (!abandoned)
        return NULL;
    if (rc == 0)
        freeaddrinfo(list);
    free_question(q);
    return NULL;
}

static bool start_thread(struct question *q)
{
    pthread_attr_t detached;
    pthread_t thread;

    if (pthread_attr_init(&detached) != 0)
        return false;
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    const int rc = pthread_create(&thread, &detached, look_up, q);
    pthread_attr_destroy(&detached);
    return rc == 0;
}

static struct question *ask(const char *host)
{
    struct question *q = calloc(1, sizeof *q);
    pthread_condattr_t monotonic;

    if (!q)
        return NULL;
    snprintf(q->host, sizeof q->host, "%s", host);
    pthread_mutex_init(&q->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&q->over, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (start_thread(q))
        return q;
    free_question(q);
    return NULL;
}

/* False: stopped before the answer came, and the question is the thread's. */
static bool wait_for_answer(struct question *q, const atomic_bool *stop)
{
    pthread_mutex_lock(&q->lock);
    while (!q->answered && !atomic_load(stop)) {
        const int64_t look_ns = clock_now_ns() + STOP_LOOK_NS;
        const struct timespec until = {.tv_sec = look_ns / NS_PER_S, .tv_nsec = look_ns % NS_PER_S};
        pthread_cond_timedwait(&q->over, &q->lock, &until);
    }
    const bool answered = q->answered;
    q->abandoned = !answered;
    pthread_mutex_unlock(&q->lock);
    return answered;
}

size_t sock_resolve_unless(const atomic_bool *stop, const char *host, uint16_t port,
                           struct net_addr *out, size_t cap, struct err *e)
{
    struct question *q = ask(host);

    if (!q)
        return err_set(e, ERR_MEMORY, "no thread to resolve %.100s", host);
    if (!wait_for_answer(q, stop))
        return err_set(e, ERR_SYSTEM, "the name %.100s was not resolved before the stop", host);
    const int rc = q->rc;
    struct addrinfo *list = q->list;
    free_question(q);
    if (rc != 0)
        return cannot_resolve(host, rc, e);
    return take_addresses(list, host, port, out, cap, e);
}

bool sock_local_towards(const struct net_addr *peer, struct net_addr *out, struct err *e)
{
    struct sockaddr_storage to, local;
    struct net_addr with_port = *peer;
    socklen_t len = sizeof local;
    bool ok = false;

    if (!with_port.port)
        with_port.port = 9; /* any: connect() on UDP only chooses a route */
    socklen_t to_len = sock_from_addr(&with_port, &to);
    int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_errno(e, ERR_SYSTEM, "no socket");
    if (connect(fd, (struct sockaddr *)&to, to_len) != 0 ||
        getsockname(fd, (struct sockaddr *)&local, &len) != 0) {
        err_errno(e, ERR_SYSTEM, "no route to the peer");
    } else {
        *out = sock_to_addr((struct sockaddr *)&local);
        out->port = 0;
        ok = true;
    }
    close(fd);
    return ok;
}
