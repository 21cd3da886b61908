/* EDGE: why a connection did not come or went away, in the words of ctl-tftp-tls.md section 7. */
#include "tls/link_inner.h"

#include <stdio.h>

void link_why_no_connection(int status, struct err *e)
{
    if (status == UV_ECONNREFUSED)
        err_set(e, ERR_NET_01, "refuses the connection");
    else if (status == UV_ETIMEDOUT || status == UV_EHOSTUNREACH || status == UV_ENETUNREACH)
        err_set(e, ERR_NET_02, "does not answer: %s", uv_strerror(status));
    else
        err_set(e, ERR_SYSTEM, "cannot be connected to: %s", uv_strerror(status));
}

static void when_lost(const struct link *l, char *out, size_t cap)
{
    uint64_t ms = uv_now(l->tcp.loop) - l->up_at_ms;

    if (l->step == HANDSHAKING)
        snprintf(out, cap, "during the handshake (%s)", tls_session_step(l->session));
    else
        snprintf(out, cap, "after %llu.%llu s%s", (unsigned long long)(ms / 1000),
                 (unsigned long long)(ms % 1000 / 100),
                 l->session && tls_session_refused_renegotiation(l->session)
                     ? ", in which it asked to renegotiate, which we refuse"
                     : "");
}

void link_why_closed(const struct link *l, struct err *e)
{
    char when[128];

    when_lost(l, when, sizeof when);
    err_set(e, ERR_CLOSED, "the peer closed the connection %s", when);
}

/* On plain TCP a FIN is the proper way to say goodbye. */
void link_why_lost(const struct link *l, int status, struct err *e)
{
    char when[128];

    when_lost(l, when, sizeof when);
    if (status == UV_EOF && !l->session)
        link_why_closed(l, e);
    else if (status == UV_EOF)
        err_set(e, ERR_NET_03, "the peer closed the connection %s without close_notify", when);
    else if (status == UV_ECONNRESET || status == UV_EPIPE)
        err_set(e, ERR_NET_03, "the peer reset the connection %s", when);
    else
        err_set(e, ERR_NET_03, "the connection was lost %s: %s", when, uv_strerror(status));
}
