/* EDGE: the call manager's SCCP service: listeners on TLS and TCP, a connection for each device,
 * keepalive supervision, and the timers of the rules.
 *
 * Threads: all of it belongs to the thread of the loop. */
#ifndef LABCM_SERVER_H
#define LABCM_SERVER_H

#include "base/keylog.h"
#include "tls/link.h"
#include "tools/labcm/lab.h"
#include "tools/labcm/registrar.h"

#define SERVER_REGISTER_MS     30000 /* a connection without Register is cut off then */
#define SERVER_UNREGISTERED_MS 2000  /* time to close after UnregisterAck */
#define SERVER_KEEPALIVES      3     /* so many intervals of silence end a connection */
#define SERVER_NO_PORT         (-1)

struct server;

struct server_settings {
    struct manager_settings manager; /* its port is filled in */
    struct registrar_policy policy;
    struct net_addr bind;
    int tls_port, sccp_port; /* SERVER_NO_PORT: not served; 0: the kernel's choice */
    struct tls_profile tls;  /* versions, ciphers, legacy; the rest is filled in */
    struct lab *lab;         /* borrowed */
    struct log *log;         /* borrowed */
    struct keylog *keylog;   /* NULL: none; borrowed */
    /* The phones' part of the edge: far_open, far_rung, far_talk, far_over; `arg` is theirs. */
    struct manager_edge far;
};

struct server *server_start(uv_loop_t *loop, const struct server_settings *s, struct err *e);
/* Closes everything; calls end with far_over. Frees itself when the loop has run on. */
void server_stop(struct server *s);

struct manager *server_manager(struct server *s); /* borrowed until server_stop */
bool server_cluster_secure(const struct server *s);
struct net_addr server_tls_addr(const struct server *s); /* family 0: not served */
struct net_addr server_sccp_addr(const struct server *s);

/* The connection of a registered device. */
struct server_line {
    struct net_addr peer;
    bool tls;
    struct tls_facts facts; /* with TLS */
    uint32_t since;         /* seconds since 1970 of its Register */
};
bool server_line(const struct server *s, const struct device *d, struct server_line *out);

/* Standby connections and register tokens (sccp.md 7.3). */
struct server_standby {
    unsigned connections; /* now */
    uint64_t keepalives, tokens_granted, tokens_refused;
};
struct server_standby server_standby(const struct server *s);
/* Register tokens are refused for so many seconds; 0: granted. */
void server_refuse_tokens(struct server *s, unsigned wait_s);
/* The CallManager service stops or starts, as in Cisco Unified Serviceability: stopped, it takes no
 * connection, those that are up are cut off, and calls are left to their phones and ports. */
bool server_set_service(struct server *s, bool on, struct err *e) MUST_USE;
bool server_in_service(const struct server *s);

/* The lab's identity or trust changed: connections from now on are held to them. */
void server_lab_changed(struct server *s);
/* A fault of the group `tls` is to be switched: what it needs is made. */
bool server_faults_changed(struct server *s, struct err *e) MUST_USE;
/* Mixed mode or not: the TLS service opens or goes away, with its connections. */
bool server_set_secure(struct server *s, bool secure, struct err *e) MUST_USE;
/* Cuts the device's connection off (RST), as a failing network does. False: it has none. */
bool server_drop(struct server *s, struct device *d);
/* An administrator's reset or restart: SCCP_RESET_TYPE_RESET ... False: it is not registered. */
bool server_reset(struct server *s, struct device *d, uint32_t type);

#endif
