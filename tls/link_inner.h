/* Inside a link: what link.c and listener.c share. */
#ifndef TLS_LINK_INNER_H
#define TLS_LINK_INNER_H

#include "tls/link.h"

/* A link for a connection that waits at `server`; its handshake begins. NULL with e set: the
 * connection was taken and dropped. */
struct link *link_accept(uv_stream_t *server, const struct link_settings *s, struct err *e);
/* Given away and adopted, or closed inside the callback? */
bool link_has_owner(const struct link *l);

#endif
