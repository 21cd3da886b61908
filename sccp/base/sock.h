/* EDGE: between net_addr and the sockets of the system. */
#ifndef BASE_SOCK_H
#define BASE_SOCK_H

#include "base/addr.h"

#include <stdatomic.h>
#include <sys/socket.h>

socklen_t sock_from_addr(const struct net_addr *a, struct sockaddr_storage *out);
struct net_addr sock_to_addr(const struct sockaddr *sa);
/* Text address or name -> addresses; blocks on DNS. Returns how many were written, 0 with e set. */
size_t sock_resolve(const char *host, uint16_t port, struct net_addr *out, size_t cap,
                    struct err *e);
/* Gives up soon after `stop` became true, however long the name servers are silent. */
size_t sock_resolve_unless(const atomic_bool *stop, const char *host, uint16_t port,
                           struct net_addr *out, size_t cap, struct err *e);
/* The local address the system would use towards `peer`; no packet is sent. */
bool sock_local_towards(const struct net_addr *peer, struct net_addr *out, struct err *e) MUST_USE;

#endif
