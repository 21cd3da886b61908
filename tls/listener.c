/* EDGE: the accepting end; see link.h. */
#include "tls/link_inner.h"

#include "base/sock.h"

#include <stdlib.h>

#define BACKLOG 4096 /* the kernel cuts it to net.core.somaxconn */

struct link_listener {
    uv_tcp_t tcp;
    struct link_settings settings;
    void (*accepted)(void *arg, struct link *l);
    void *arg;
    uv_tcp_t nobody;       /* takes a connection for which there is no memory */
    bool turning, another; /* it is closing; one more waits for it */
    bool closing;
    unsigned handles; /* not yet closed */
};

static void one_handle_less(struct link_listener *l)
{
    if (--l->handles == 0)
        free(l);
}

static void turn_away(struct link_listener *l);

static void on_turned_away(uv_handle_t *h)
{
    struct link_listener *l = h->data;
    bool another = l->another;

    l->turning = l->another = false;
    if (another && !l->closing)
        turn_away(l);
    one_handle_less(l);
}

/* A connection that libuv has must be accepted, or it never tells of another one. */
static void turn_away(struct link_listener *l)
{
    if (l->turning) {
        l->another = true;
        return;
    }
    if (uv_tcp_init(l->tcp.loop, &l->nobody) != 0)
        return;
    l->nobody.data = l;
    l->handles++;
    l->turning = true;
    (void)uv_accept((uv_stream_t *)&l->tcp, (uv_stream_t *)&l->nobody);
    uv_close((uv_handle_t *)&l->nobody, on_turned_away);
}

/* libuv calls until accept says EAGAIN. When descriptors run out it drops what waits by a spare
 * one, so the loop does not spin; such calls come with a status and mean nothing to us. */
static void on_connection(uv_stream_t *server, int status)
{
    struct link_listener *listener = server->data;

    if (status < 0)
        return;
    bool taken;
    struct link *l = link_accept(server, &listener->settings, &taken, NULL);
    if (!l && !taken)
        turn_away(listener);
    if (!l)
        return;
    listener->accepted(listener->arg, l);
    if (!link_has_owner(l))
        link_close(l);
}

static void on_closed(uv_handle_t *h)
{
    one_handle_less(h->data);
}

static int listen_at(struct link_listener *l, const struct net_addr *at)
{
    struct sockaddr_storage local;

    sock_from_addr(at, &local);
    int rc = uv_tcp_bind(&l->tcp, (struct sockaddr *)&local, 0);
    return rc ? rc : uv_listen((uv_stream_t *)&l->tcp, BACKLOG, on_connection);
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
    l->settings = *s;
    l->accepted = accepted;
    l->arg = arg;
    l->tcp.data = l;
    l->handles = 1;
    int rc = uv_tcp_init(loop, &l->tcp);
    if (rc != 0) {
        err_set(e, ERR_SYSTEM, "no socket: %s", uv_strerror(rc));
        free(l);
        return NULL;
    }
    rc = listen_at(l, &s->bind);
    if (rc == 0)
        return l;
    err_set(e, ERR_SYSTEM, "cannot listen at %s: %s", net_addr_text(&s->bind, text),
            uv_strerror(rc));
    uv_close((uv_handle_t *)&l->tcp, on_closed);
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
    int len = sizeof local;

    if (uv_tcp_getsockname(&l->tcp, (struct sockaddr *)&local, &len) != 0)
        return (struct net_addr){0};
    return sock_to_addr((struct sockaddr *)&local);
}

void link_listener_close(struct link_listener *l)
{
    l->closing = true;
    uv_close((uv_handle_t *)&l->tcp, on_closed);
}
