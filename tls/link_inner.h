/* EDGE: inside a link: what link.c, link_write.c, link_words.c and listener.c share. */
#ifndef TLS_LINK_INNER_H
#define TLS_LINK_INNER_H

#include "tls/link.h"

enum link_step { CONNECTING, HANDSHAKING, UP, LEAVING, CLOSING };

struct link {
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_connect_t connect;
    uv_shutdown_t shutdown;
    unsigned open_handles;
    enum link_step step;
    struct net_addr peer;
    unsigned connect_ms, handshake_ms;
    size_t send_limit;
    uint64_t up_at_ms;
    int write_error; /* 0, or libuv's: the connection broke while we wrote */
    struct tls_session *session;
    const struct link_events *events;
    void *owner;
};

/* link.c: tells the owner once, with the address in front, and leaves or resets. */
void link_lose(struct link *l, struct err *why, bool reset);
void link_close_handles(struct link *l, bool reset);

/* link_write.c: to the socket now, and what it does not take later. */
bool link_write(struct link *l, const uint8_t *bytes, size_t len, struct err *e);
/* What the session has for the peer. */
bool link_flush(struct link *l, struct err *e);

/* link_words.c: `status` is libuv's; UV_EOF for a FIN. */
void link_why_no_connection(int status, struct err *e);
void link_why_lost(const struct link *l, int status, struct err *e);
void link_why_closed(const struct link *l, struct err *e);

/* A link for an accepted connection, whose descriptor it takes in any case; its handshake begins.
 * NULL with e set: it was dropped. */
struct link *link_accept(uv_loop_t *loop, int fd, const struct link_settings *s, struct err *e);
/* Given away and adopted, or closed inside the callback? */
bool link_has_owner(const struct link *l);

#endif
