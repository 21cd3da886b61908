#include "tools/labcm/spoiler.h"

#include <stdlib.h>
#include <string.h>

/* Of TLS 1.2 the server's first flight is ServerHello to ServerHelloDone, the second its Finished;
 * then come the port's words. */
enum { HELLO = 1, FINISHED = 2, OPEN = 3 };

enum ends { STAYS_SILENT, IS_RESET, IS_CLOSED, IS_GARBAGE };

static const struct plan {
    enum fault_id fault;
    unsigned flight; /* of the first one ServerHello still goes out, of the second one nothing */
    enum ends ends;
} plans[] = {
    {FAULT_TLS_SILENT_HELLO, HELLO, STAYS_SILENT},
    {FAULT_TLS_RESET_HELLO, HELLO, IS_RESET},
    {FAULT_TLS_CLOSES_HELLO, HELLO, IS_CLOSED},
    {FAULT_TLS_GARBAGE_HELLO, HELLO, IS_GARBAGE},
    {FAULT_TLS_SILENT_FINISHED, FINISHED, STAYS_SILENT},
    {FAULT_TLS_RESET_FINISHED, FINISHED, IS_RESET},
    {FAULT_TLS_CLOSES_FINISHED, FINISHED, IS_CLOSED},
    {FAULT_TLS_GARBAGE_FINISHED, FINISHED, IS_GARBAGE},
    {FAULT_TLS_NO_GOODBYE, OPEN, IS_CLOSED},
};

struct spoiler {
    const struct plan *plan;
    struct tls_session *session;
    unsigned flights;
    bool over;
};

static const struct plan *plan_of(enum fault_id fault)
{
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++)
        if (plans[i].fault == fault)
            return &plans[i];
    return NULL;
}

bool spoiler_for(enum fault_id fault)
{
    return plan_of(fault) != NULL;
}

struct spoiler *spoiler_new(enum fault_id fault, struct tls_context *context,
                            const struct tls_identity *identity, const struct tls_trust *trust,
                            struct err *e)
{
    struct spoiler *s = calloc(1, sizeof *s);

    if (!s) {
        err_set(e, ERR_MEMORY, "no memory for a handshake");
        return NULL;
    }
    s->plan = plan_of(fault);
    s->session = tls_session_new(context, identity, trust, e);
    if (s->session)
        return s;
    free(s);
    return NULL;
}

void spoiler_free(struct spoiler *s)
{
    if (!s)
        return;
    tls_session_free(s->session);
    free(s);
}

/* Which flight is this? */
static unsigned count_flight(struct spoiler *s, size_t waiting)
{
    uint8_t word;

    if (waiting > 0)
        s->flights++;
    return tls_session_read(s->session, &word, 1) > 0 ? OPEN : s->flights;
}

/* Without memory nothing goes out: one more way to go wrong. */
static void put(struct buf *out, const void *bytes, size_t len)
{
    if (!buf_add(out, bytes, len, NULL))
        buf_drop(out, out->len);
}

static enum spoiler_way end(struct spoiler *s, struct buf *out)
{
    static const uint8_t garbage[64] = "HTTP/1.0 400 Bad Request\r\n\r\n";

    s->over = true;
    if (s->plan->ends == IS_GARBAGE)
        put(out, garbage, sizeof garbage);
    return s->plan->ends == IS_RESET    ? SPOILER_RESETS
           : s->plan->ends == IS_CLOSED ? SPOILER_CLOSES
                                        : SPOILER_GOES_ON;
}

/* Type, version, length: RFC 5246 6.2.1. */
static size_t first_record(const uint8_t *flight, size_t len)
{
    const size_t whole = len < 5 ? len : 5 + ((size_t)flight[3] << 8 | flight[4]);

    return whole < len ? whole : len;
}

enum spoiler_way spoiler_feed(struct spoiler *s, const uint8_t *bytes, size_t len, struct buf *out)
{
    size_t waiting = 0;

    if (s->over || !tls_session_feed(s->session, bytes, len, NULL))
        return SPOILER_GOES_ON;
    const uint8_t *flight = tls_session_output(s->session, &waiting);
    const unsigned now = count_flight(s, waiting);
    const bool spoilt = now >= s->plan->flight;
    if (!spoilt || s->plan->flight == HELLO)
        put(out, flight, spoilt ? first_record(flight, waiting) : waiting);
    tls_session_sent(s->session, waiting);
    return spoilt ? end(s, out) : SPOILER_GOES_ON;
}
