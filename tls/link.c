/* EDGE: see link.h.
 *
 *            connect            TLS only                      bytes
 *   link_connect --> CONNECTING --> HANDSHAKING --> UP <--------------> owner
 *                        |              |            |
 *                        +------> lost: down ------>-+--> LEAVING --> closed, freed
 *                                                    link_close ^
 *
 * LEAVING: the owner has forgotten the link (after `down` or link_close). What was written still
 * goes out, then FIN; what arrives is thrown away until the peer's FIN, or for LINGER_MS. Without
 * that wait bytes of the peer that lie unread would turn our FIN into a RST, and the alert that
 * says why we leave could be lost on its way.
 *
 * A callback may close the link: every function that has called one looks at the state before it
 * goes on, and the memory lives at least until the loop's next turn. */
#include "tls/link.h"

#include "base/sock.h"
#include "tls/link_inner.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <unistd.h>

#define WAIT_MS    10000 /* connect and handshake: 4.3 */
#define LINGER_MS  1000  /* see LEAVING */
#define SEND_LIMIT (256 * 1024)
#define READ_CHUNK 16384

/* One for all links of a thread: libuv fills it and hands it over before it asks again. */
static _Thread_local uint8_t read_chunk[READ_CHUNK];

/* ---- the end of a link ---------------------------------------------------------------- */

static void on_closed(uv_handle_t *h)
{
    struct link *l = h->data;

    if (--l->open_handles > 0)
        return;
    tls_session_free(l->session);
    free(l);
}

void link_close_handles(struct link *l, bool reset)
{
    if (l->step == CLOSING)
        return;
    l->step = CLOSING;
    l->events = NULL;
    uv_close((uv_handle_t *)&l->timer, on_closed);
    if (!reset || uv_tcp_close_reset(&l->tcp, on_closed) != 0)
        uv_close((uv_handle_t *)&l->tcp, on_closed);
}

static void on_linger_end(uv_timer_t *t)
{
    link_close_handles(t->data, false);
}

static void on_shutdown(uv_shutdown_t *req, int status)
{
    if (status < 0 && status != UV_ECANCELED)
        link_close_handles(req->data, false);
}

/* The owner is forgotten, the bytes are not. */
static void leave(struct link *l)
{
    if (l->step >= LEAVING)
        return;
    bool connected = l->step != CONNECTING;
    l->step = LEAVING;
    l->events = NULL;
    if (!connected || l->write_error ||
        uv_shutdown(&l->shutdown, (uv_stream_t *)&l->tcp, on_shutdown) != 0) {
        link_close_handles(l, false);
        return;
    }
    uv_timer_start(&l->timer, on_linger_end, LINGER_MS, 0);
}

void link_lose(struct link *l, struct err *why, bool reset)
{
    const struct link_events *events = l->events;
    void *owner = l->owner;
    char text[NET_ADDR_TEXT];

    if (l->step >= LEAVING)
        return;
    err_in(why, "%s", net_addr_text(&l->peer, text));
    if (reset)
        link_close_handles(l, true);
    else
        leave(l);
    if (events && events->down)
        events->down(owner, l, why);
}

/* ---- receiving ------------------------------------------------------------------------ */

static void give_memory(uv_handle_t *h, size_t suggested, uv_buf_t *out)
{
    (void)h;
    (void)suggested;
    *out = uv_buf_init((char *)read_chunk, sizeof read_chunk);
}

static void come_up(struct link *l)
{
    l->step = UP;
    l->up_at_ms = uv_now(l->tcp.loop);
    uv_timer_stop(&l->timer);
    if (l->events && l->events->up)
        l->events->up(l->owner, l);
}

static void hand_over(struct link *l, const uint8_t *bytes, size_t len)
{
    if (l->step == UP && l->events && l->events->bytes)
        l->events->bytes(l->owner, l, bytes, len);
}

/* Also what came before the session failed: a refusal in words may stand before the alert. */
static void deliver_plain(struct link *l)
{
    size_t n;

    while (l->step == UP && (n = tls_session_read(l->session, read_chunk, sizeof read_chunk)) > 0) {
        hand_over(l, read_chunk, n);
        OPENSSL_cleanse(read_chunk, n); /* media keys and digits pass here */
    }
}

static void take_cipher(struct link *l, const uint8_t *bytes, size_t len)
{
    struct err why = {0};

    bool ok = tls_session_feed(l->session, bytes, len, &why);
    (void)link_flush(l, NULL); /* a write that fails is told by write_failed */
    enum tls_state state = tls_session_state(l->session);
    if (l->step == HANDSHAKING && tls_session_opened(l->session))
        come_up(l);
    deliver_plain(l);
    if (!ok) {
        link_lose(l, &why, false);
    } else if (state == TLS_CLOSED && l->step < LEAVING) {
        tls_session_close(l->session);
        (void)link_flush(l, NULL);
        link_why_closed(l, &why);
        link_lose(l, &why, false);
    }
}

/* libuv takes a hang-up behind a short read for the end of the stream and does not read again; if
 * it was a reset, the socket still knows. */
static int why_it_ended(const struct link *l, ssize_t n)
{
    uv_os_fd_t fd;
    int error = 0;
    socklen_t len = sizeof error;

    if (n != UV_EOF)
        return (int)n;
    if (l->write_error)
        return l->write_error;
    if (uv_fileno((const uv_handle_t *)&l->tcp, &fd) != 0 ||
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error == 0)
        return UV_EOF;
    return uv_translate_sys_error(error);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
    struct link *l = stream->data;
    struct err why = {0};

    if (n == 0)
        return;
    if (l->step == LEAVING) {
        if (n < 0)
            link_close_handles(l, false);
        return;
    }
    if (n < 0) {
        link_why_lost(l, why_it_ended(l, n), &why);
        link_lose(l, &why, false);
        if (l->step == LEAVING)
            link_close_handles(l, false);
    } else if (l->session) {
        take_cipher(l, (const uint8_t *)b->base, (size_t)n);
    } else {
        if (l->step == CONNECTING)
            come_up(l);
        hand_over(l, (const uint8_t *)b->base, (size_t)n);
    }
}

/* ---- birth ---------------------------------------------------------------------------- */

static void on_handshake_timeout(uv_timer_t *t)
{
    struct link *l = t->data;
    struct err e = {0};

    err_set(&e, ERR_TLS_13, "the TLS handshake was not finished within %g s (state: %s)",
            l->handshake_ms / 1000.0, tls_session_step(l->session));
    link_lose(l, &e, true);
}

static void on_connect_timeout(uv_timer_t *t)
{
    struct link *l = t->data;
    struct err e = {0};

    err_set(&e, ERR_NET_02, "does not answer within %g s", l->connect_ms / 1000.0);
    link_lose(l, &e, false);
}

static void on_plain_up(uv_timer_t *t)
{
    struct link *l = t->data;

    if (l->step == CONNECTING)
        come_up(l);
}

static void start_talking(struct link *l)
{
    int rc = uv_read_start((uv_stream_t *)&l->tcp, give_memory, on_read);
    struct err e = {0};

    if (rc != 0) {
        l->step = UP; /* connected at least */
        link_why_lost(l, rc, &e);
        link_lose(l, &e, false);
        return;
    }
    uv_tcp_nodelay(&l->tcp, 1);
    if (!l->session) {
        /* Not at once: an accepted link has no owner yet. */
        uv_timer_start(&l->timer, on_plain_up, 0, 0);
        return;
    }
    l->step = HANDSHAKING;
    uv_timer_start(&l->timer, on_handshake_timeout, l->handshake_ms, 0);
    (void)link_flush(l, NULL);
}

static void on_connected(uv_connect_t *req, int status)
{
    struct link *l = req->data;
    struct err e = {0};

    if (status == UV_ECANCELED || l->step != CONNECTING)
        return;
    uv_timer_stop(&l->timer);
    if (status == 0) {
        start_talking(l);
        return;
    }
    link_why_no_connection(status, &e);
    link_lose(l, &e, false);
}

/* Signalling is marked so that congested networks let it through (DSCP 24). Not being able to is no
 * reason to give up. */
static void mark(const struct link *l, uint8_t tos, uint8_t family)
{
    uv_os_fd_t fd;
    int value = tos;

    if (tos == 0 || uv_fileno((const uv_handle_t *)&l->tcp, &fd) != 0)
        return;
    if (family == 6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof value);
    setsockopt(fd, IPPROTO_IP, IP_TOS, &value, sizeof value); /* also of IPv4 in an IPv6 socket */
}

static struct link *new_link(uv_loop_t *loop, const struct link_settings *s, unsigned family,
                             struct err *e)
{
    struct link *l = calloc(1, sizeof *l);

    if (!l) {
        err_set(e, ERR_MEMORY, "no memory for a connection");
        return NULL;
    }
    l->connect_ms = s->connect_ms ? s->connect_ms : WAIT_MS;
    l->handshake_ms = s->handshake_ms ? s->handshake_ms : WAIT_MS;
    l->send_limit = s->send_limit ? s->send_limit : SEND_LIMIT;
    int rc = uv_tcp_init_ex(loop, &l->tcp, family);
    if (rc != 0) {
        err_set(e, ERR_SYSTEM, "no socket: %s", uv_strerror(rc));
        free(l);
        return NULL;
    }
    uv_timer_init(loop, &l->timer);
    l->open_handles = 2;
    l->tcp.data = l->timer.data = l->connect.data = l->shutdown.data = l;
    return l;
}

static bool make_session(struct link *l, const struct link_settings *s, struct err *e)
{
    if (!s->context)
        return true;
    l->session = tls_session_new(s->context, s->identity, s->trust, e);
    return l->session != NULL;
}

/* With the port left open until connect, ten thousand connections find ports by their four-tuple.
 */
static int bind_local(struct link *l, const struct net_addr *bind)
{
    struct sockaddr_storage local;
    uv_os_fd_t fd;
    int on = 1;

    if (!bind->family)
        return 0;
    if (!bind->port && bind->family == 4 && uv_fileno((uv_handle_t *)&l->tcp, &fd) == 0)
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sock_from_addr(bind, &local);
    return uv_tcp_bind(&l->tcp, (struct sockaddr *)&local, 0);
}

static bool begin_connect(struct link *l, const struct link_settings *s, struct err *e)
{
    struct sockaddr_storage to;

    if (!make_session(l, s, e))
        return false;
    l->peer = s->peer;
    mark(l, s->tos, s->peer.family);
    sock_from_addr(&s->peer, &to);
    int rc = bind_local(l, &s->bind);
    if (rc == 0)
        rc = uv_tcp_connect(&l->connect, &l->tcp, (struct sockaddr *)&to, on_connected);
    if (rc == 0)
        return true;
    link_why_no_connection(rc, e);
    return false;
}

struct link *link_connect(uv_loop_t *loop, const struct link_settings *s,
                          const struct link_events *events, void *owner, struct err *e)
{
    char text[NET_ADDR_TEXT];

    struct link *l = new_link(loop, s, s->peer.family == 6 ? AF_INET6 : AF_INET, e);
    if (!l)
        return NULL;
    if (!begin_connect(l, s, e)) {
        err_in(e, "%s", net_addr_text(&s->peer, text));
        link_close_handles(l, false);
        return NULL;
    }
    l->events = events;
    l->owner = owner;
    /* Timers count from when the loop last looked at its clock, which a caller that makes keys
     * first left far behind. */
    uv_update_time(loop);
    uv_timer_start(&l->timer, on_connect_timeout, l->connect_ms, 0);
    return l;
}

static bool begin_accepted(struct link *l, const struct link_settings *s, struct err *e)
{
    struct sockaddr_storage from;
    int len = sizeof from;

    int rc = uv_tcp_getpeername(&l->tcp, (struct sockaddr *)&from, &len);
    if (rc != 0)
        return err_set(e, ERR_SYSTEM, "a connection was lost before it was accepted: %s",
                       uv_strerror(rc));
    l->peer = sock_to_addr((struct sockaddr *)&from);
    mark(l, s->tos, from.ss_family == AF_INET6 ? 6 : 4);
    struct link_settings chosen = *s;
    if (s->choose)
        s->choose(s->choose_arg, &l->peer, &chosen);
    if (!make_session(l, &chosen, e))
        return false;
    start_talking(l);
    return l->step < LEAVING || err_set(e, ERR_SYSTEM, "an accepted connection cannot be read");
}

struct link *link_accept(uv_loop_t *loop, int fd, const struct link_settings *s, struct err *e)
{
    struct link *l = new_link(loop, s, AF_UNSPEC, e);
    int rc = l ? uv_tcp_open(&l->tcp, fd) : 0;

    if (!l || rc != 0)
        close(fd);
    if (rc != 0)
        err_set(e, ERR_SYSTEM, "an accepted connection cannot be watched: %s", uv_strerror(rc));
    if (!l || (rc == 0 && begin_accepted(l, s, e)))
        return l;
    link_close_handles(l, false);
    return NULL;
}

void link_adopt(struct link *l, const struct link_events *events, void *owner)
{
    if (l->step >= LEAVING)
        return;
    l->events = events;
    l->owner = owner;
}

bool link_has_owner(const struct link *l)
{
    return l->events != NULL || l->step >= LEAVING;
}

/* ---- leaving -------------------------------------------------------------------------- */

void link_close(struct link *l)
{
    if (l->step >= LEAVING)
        return;
    if (l->session && l->step != CONNECTING) {
        tls_session_close(l->session);
        (void)link_flush(l, NULL);
    }
    leave(l);
}

bool link_renegotiate(struct link *l, struct err *e)
{
    return tls_session_renegotiate(l->session, e) && link_flush(l, e);
}

void link_reset(struct link *l)
{
    if (l->step < LEAVING)
        link_close_handles(l, true);
}

const struct tls_session *link_session(const struct link *l)
{
    return l->session;
}

struct net_addr link_local(const struct link *l)
{
    struct sockaddr_storage local = {0};
    int len = sizeof local;

    if (uv_tcp_getsockname(&l->tcp, (struct sockaddr *)&local, &len) != 0)
        return (struct net_addr){0};
    return sock_to_addr((struct sockaddr *)&local);
}

struct net_addr link_peer(const struct link *l)
{
    return l->peer;
}
