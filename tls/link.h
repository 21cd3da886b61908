/* EDGE: a TCP connection in a libuv loop, with or without a TLS session on it.
 *
 * Threads: a link lives in the thread of its loop; every call and every callback is there.
 * After `down` or `link_close` the link frees itself; the pointer is dead from then on. */
#ifndef TLS_LINK_H
#define TLS_LINK_H

#include "base/addr.h"
#include "base/log.h"
#include "tls/session.h"

#include <uv.h>

struct link;

struct link_events {
    /* Connected, and with TLS: the handshake is done and the peer accepted. */
    void (*up)(void *owner, struct link *l);
    /* Plain bytes, borrowed during the call. The callee may close the link. */
    void (*bytes)(void *owner, struct link *l, const uint8_t *bytes, size_t len);
    /* Lost, refused, timed out or closed by the peer (ERR_CLOSED: with a proper goodbye); the error
     * names the address and who refused. Not called after link_close. link_session may still be
     * asked for its facts during the call. */
    void (*down)(void *owner, struct link *l, const struct err *why);
};

struct link_settings {
    struct net_addr peer, bind;          /* bind.family 0: any local address */
    uint8_t tos;                         /* IP TOS byte of signalling: 0x60 = DSCP 24 */
    unsigned connect_ms, handshake_ms;   /* 0: 10,000 each */
    struct tls_context *context;         /* NULL: plain TCP; borrowed while the link lives */
    const struct tls_identity *identity; /* borrowed while the link lives */
    const struct tls_trust *trust;       /* borrowed while the link lives */
    size_t send_limit; /* bytes that may wait unsent before link_send fails; 0: 256 KiB */
    /* A listener's: context, identity and trust may be others for this peer; NULL: they are not. */
    void (*choose)(void *arg, const struct net_addr *peer, struct link_settings *s);
    void *choose_arg;
};

struct link *link_connect(uv_loop_t *loop, const struct link_settings *s,
                          const struct link_events *events, void *owner, struct err *e);
/* All bytes of one call leave in one TLS record run and one write. ERR_LIMIT: the peer does not
 * read, nothing was sent, the link lives on. Other errors: it is broken, and `down` follows from
 * the loop. */
bool link_send(struct link *l, const void *bytes, size_t len, struct err *e) MUST_USE;
/* close_notify, then FIN; frees later. Bytes already sent still go out. */
void link_close(struct link *l);
/* For labs: tls_session_renegotiate. */
bool link_renegotiate(struct link *l, struct err *e) MUST_USE;
/* RST: for labs that play misfortune. */
void link_reset(struct link *l);
const struct tls_session *link_session(const struct link *l); /* NULL on plain TCP */
struct net_addr link_local(const struct link *l);
struct net_addr link_peer(const struct link *l);

/* ---- the other end -------------------------------------------------------------------- */

struct link_listener;

/* `accepted` hands over a link whose handshake goes on by itself: give it its owner and events with
 * link_adopt at once, or link_close it. `s->peer` is not used, `s->bind` is the address to listen
 * at. */
struct link_listener *link_listen(uv_loop_t *loop, const struct link_settings *s,
                                  void (*accepted)(void *arg, struct link *l), void *arg,
                                  struct err *e);
void link_adopt(struct link *l, const struct link_events *events, void *owner);
/* Context, identity and trust of connections accepted from now on. */
void link_listener_change(struct link_listener *l, const struct link_settings *s);
struct net_addr link_listener_addr(const struct link_listener *l);
void link_listener_close(struct link_listener *l); /* accepted links stay */

#endif
