#include "base/acceptor.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#define A_WAKE   64  /* connections, before other handles of the loop have their turn */
#define PAUSE_MS 100 /* before the next try, when descriptors or memory have run out */

static void on_ready(uv_poll_t *p, int status, int events);

static void on_pause_over(uv_timer_t *t)
{
    struct acceptor *a = t->data;

    (void)uv_poll_start(&a->ready, UV_READABLE, on_ready);
}

/* The socket stays readable: without a pause the loop would do nothing else. */
static void pause_for_a_while(struct acceptor *a)
{
    uv_poll_stop(&a->ready);
    uv_timer_start(&a->pause, on_pause_over, PAUSE_MS, 0);
}

/* accept(2) also hands over errors of the connection that would have been next; those, unlike want
 * of descriptors or memory, are gone with it. */
static bool another_may_come(int error)
{
    return error == EINTR || error == ECONNABORTED || error == EPROTO || error == EPERM ||
           error == ENETDOWN || error == ENOPROTOOPT || error == EHOSTDOWN || error == ENONET ||
           error == EHOSTUNREACH || error == EOPNOTSUPP || error == ENETUNREACH;
}

static void on_ready(uv_poll_t *p, int status, int events)
{
    struct acceptor *a = p->data;

    (void)status; /* accept says it better */
    (void)events;
    for (int i = 0; i < A_WAKE && !a->closing; i++) {
        int fd = accept4(a->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0)
            a->arrived(a->arg, fd);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        else if (!another_may_come(errno)) {
            pause_for_a_while(a);
            return;
        }
    }
}

int acceptor_start(struct acceptor *a, uv_loop_t *loop, int fd, void (*arrived)(void *arg, int fd),
                   void *arg)
{
    *a = (struct acceptor){.fd = fd, .arrived = arrived, .arg = arg};
    int rc = uv_poll_init(loop, &a->ready, fd);
    if (rc != 0)
        return rc;
    uv_timer_init(loop, &a->pause);
    a->ready.data = a->pause.data = a;
    a->handles = 2;
    return uv_poll_start(&a->ready, UV_READABLE, on_ready); /* on a fresh handle: never fails */
}

static void on_closed(uv_handle_t *h)
{
    struct acceptor *a = h->data;

    if (--a->handles == 0)
        a->closed(a->arg);
}

void acceptor_close(struct acceptor *a, void (*closed)(void *arg))
{
    a->closing = true;
    a->closed = closed;
    uv_close((uv_handle_t *)&a->pause, on_closed);
    uv_close((uv_handle_t *)&a->ready, on_closed);
    close(a->fd); /* libuv has let go of it */
}
