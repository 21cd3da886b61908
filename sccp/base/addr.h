/* An IP address with a port, as a plain value, and its text. Pure: sockets know it by base/sock.h.
 */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include "base/err.h"

#include <stdint.h>

struct net_addr {
    uint8_t family; /* 4, 6, or 0: none */
    uint8_t ip[16]; /* network order; IPv4 in the first four */
    uint16_t port;  /* host order; 0: none */
};

#define NET_ADDR_TEXT 64 /* "[ipv6]:port" and NUL */

/* "10.0.0.1", "10.0.0.1:69", "::1", "[::1]:69". Names are not resolved here: see base/sock.h. */
bool net_addr_parse(struct net_addr *out, const char *text, uint16_t default_port) MUST_USE;
/* Splits "host[:port]" without resolving; `host` gets at most cap-1 characters. */
bool net_host_port(const char *text, char *host, size_t cap, uint16_t *port,
                   struct err *e) MUST_USE;
/* Both write into `out` (NET_ADDR_TEXT bytes) and return it. */
const char *net_addr_text(const struct net_addr *a, char *out); /* with the port, if there is one */
const char *net_ip_text(const struct net_addr *a, char *out);   /* the address alone */
bool net_addr_equal(const struct net_addr *a, const struct net_addr *b); /* with ports */
bool net_ip_equal(const struct net_addr *a, const struct net_addr *b);   /* without */
bool net_ip_is_any(const struct net_addr *a);                            /* 0.0.0.0, ::, or none */

#endif
