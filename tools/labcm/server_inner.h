/* EDGE: what server.c and conn.c share; nobody else includes it.
 *
 * Threads: all of it belongs to the thread of the loop. */
#ifndef LABCM_SERVER_INNER_H
#define LABCM_SERVER_INNER_H

#include "sccp/frame.h"
#include "tools/labcm/server.h"
#include "tools/labcm/spoiler.h"

struct conn {
    struct server *home;
    struct conn *next, **at;
    struct link *link;     /* NULL: closed, waits for its timer's end */
    struct device *device; /* NULL: nobody is registered on it */
    struct sccp_frames frames;
    struct net_addr peer;
    bool tls, unregistered;
    bool standby;            /* keeps alive without a Register */
    bool told_version;       /* that a header has another version */
    struct spoiler *spoiler; /* while the fault menu has the handshake */
    struct tls_facts facts;
    int64_t heard_ns;
    uint32_t since;
    uv_timer_t timer; /* for a Register, then of the keepalives, then to an end */
};

struct server {
    uv_loop_t *loop;
    struct server_settings s;
    struct manager *manager;
    struct tls_context *context;
    struct tls_context *old_version, *no_suite; /* of the fault menu, made when first needed */
    struct tls_trust *nobody;                   /* the same: a trust without a root */
    struct link_listener *tls, *sccp;
    struct conn *conns;
    struct conn **of_device; /* by the device's index */
    bool stopping, down;
    unsigned token_wait_s; /* what refuses RegisterTokenReq; 0: it is granted */
    struct server_standby standby;
    unsigned timers; /* of calls, still closing */
};

/* conn.c. For link_listen: */
void conn_accepted(void *arg, struct link *l);
/* Its link is gone (NULL), or is to be closed by `how`. */
void conn_end(struct conn *c, void (*how)(struct link *l));
/* For the rules' outlet; `arg` is the server. */
void conn_send_to_device(void *arg, struct device *d, const struct sccp_message *m);

/* server.c: does this connection come from the port of TLS? */
bool server_is_at_tls(const struct server *s, const struct link *l);
/* Once it stops and the last connection and timer have gone */
void server_free_if_over(struct server *s);

#endif
