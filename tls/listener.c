/* EDGE: the accepting end; see link.h. */
#include "tls/link_inner.h"

#include "base/acceptor.h"
#include "base/sock.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define BACKLOG 4096 /* the kernel cuts it to net.core.somaxconn */

struct link_listener {
    struct acceptor door;
    uv_loop_t *loop;
    struct link_settings settings;
    void (*accepted)(void *arg, struct link *l);
    void *arg;
};

static void on_arrived(void *arg, int fd)
{
    struct link_listener *listener = arg;
    struct link *l = link_accept(listener->loop, fd, &listener->settings, NULL);

    if (!l)
        return;
    listener->accepted(listener->arg, l);
    if (!link_has_owner(l))
        link_close(l);
}

/* A listening socket, or -1 with errno. A port that was ours a moment ago may be taken again. */
static int listen_at(const struct net_addr *at)
{
    const int on = 1;
    struct sockaddr_storage local;
    socklen_t len = sock_from_addr(at, &local);
    int fd = socket(local.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, (struct sockaddr *)&local, len) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    const int why = errno;
    if (fd >= 0)
        close(fd);
    errno = why;
    return -1;
}

/* A certificate that cannot be used is told now, not with every connection. */
static bool can_talk(const struct link_settings *s, struct err *e)
{
    if (!s->context)
        return true;
    struct tls_session *trial = tls_session_new(s->context, s->identity, s->trust, e);
    tls_session_free(trial);
    return trial != NULL;
}

struct link_listener *link_listen(uv_loop_t *loop, const struct link_settings *s,
                                  void (*accepted)(void *arg, struct link *l), void *arg,
                                  struct err *e)
{
    char text[NET_ADDR_TEXT];

    if (!can_talk(s, e))
        return NULL;
    struct link_listener *l = calloc(1, sizeof *l);
    if (!l) {
        err_set(e, ERR_MEMORY, "no memory for a listener");
        return NULL;
    }
    l->loop = loop;
    l->settings = *s;
    l->accepted = accepted;
    l->arg = arg;
    int fd = listen_at(&s->bind);
    int rc =
        fd < 0 ? uv_translate_sys_error(errno) : acceptor_start(&l->door, loop, fd, on_arrived, l);
    if (rc == 0)
        return l;
    err_set(e, ERR_SYSTEM, "cannot listen at %s: %s", net_addr_text(&s->bind, text),
            uv_strerror(rc));
    if (fd >= 0)
        close(fd);
    free(l);
    return NULL;
}

void link_listener_change(struct link_listener *l, const struct link_settings *s)
{
    struct net_addr bound = l->settings.bind;

    l->settings = *s;
    l->settings.bind = bound;
}

struct net_addr link_listener_addr(const struct link_listener *l)
{
    struct sockaddr_storage local = {0};
    socklen_t len = sizeof local;

    if (getsockname(l->door.fd, (struct sockaddr *)&local, &len) != 0)
        return (struct net_addr){0};
    return sock_to_addr((struct sockaddr *)&local);
}

void link_listener_close(struct link_listener *l)
{
    acceptor_close(&l->door, free);
}
