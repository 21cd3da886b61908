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
    enum fault_id fault;     /* of the handshake, or FAULT_NONE */
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
    enum fault_id next_fault; /* of the handshake that is about to begin */
    unsigned token_wait_s;    /* what refuses RegisterTokenReq; 0: it is granted */
    struct server_standby standby;
    unsigned timers; /* of calls, still closing */
};

/* conn.c. For link_listen: */
void conn_accepted(void *arg, struct link *l);
/* Its link is gone (NULL), or is to be closed by `how`. */
void conn_end(struct conn *c, void (*how)(struct link *l));
/* For the rules' outlet; `arg` is the server. */
void conn_send_to_device(void *arg, struct device *d, const struct sccp_message *m);

/* server_faults.c: which fault of the handshake a connection meets that was accepted just now. */
enum fault_id server_fault_of(const struct server *s, const struct link *l);
struct spoiler *server_make_spoiler(struct server *s, enum fault_id fault, struct err *e);
/* For link_settings. */
void server_choose(void *server, const struct net_addr *peer, struct link_settings *ls);
bool server_make_odd_contexts(struct server *s, struct err *e) MUST_USE;
/* Once it stops and the last connection and timer have gone */
void server_free_if_over(struct server *s);

#endif
