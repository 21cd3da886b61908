/* Where a group's ports may register, in order, and which certificates they believe there. A value
 * that is handed on whole: its owner frees it. Pure. */
#ifndef PORTS_ROUTES_H
#define PORTS_ROUTES_H

#include "base/addr.h"
#include "ports/settings.h"
#include "tls/session.h"
#include "tls/trust.h"

struct route {
    char host[256];
    struct net_addr addr;    /* family 0: unknown, see why */
    struct tls_trust *trust; /* owned; NULL on plain TCP, or without pins: see why */
    struct err why;          /* ERR_NONE: usable */
};

struct routes {
    size_t count;
    struct route list[];
};

struct routes *routes_new(size_t count, struct err *e);
void routes_free(struct routes *r); /* accepts NULL */
struct routes *routes_copy(const struct routes *r, struct err *e);

/* How a group speaks TLS there; `newer`: to one that refused TLS 1.2 and may be offered 1.3. The
 * key log is the caller's to add. */
struct tls_profile routes_profile(const struct group_settings *g, bool newer);
bool routes_may_go_newer(const struct group_settings *g);

/* Did the line fail because of a certificate or the list of trust? CUC then tries again after 5 s.
 */
bool routes_untrusted(enum err_kind k);
/* ... and may a new list help (ctl-tftp-tls.md 2.5)? */
bool routes_stale(enum err_kind k);

#endif
