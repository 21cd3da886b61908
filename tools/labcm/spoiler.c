#include "tools/labcm/spoiler.h"

#include "tools/labcm/handshake_cut.h"

#include <stdlib.h>
#include <string.h>

enum ends { STAYS_SILENT, IS_RESET, IS_CLOSED, IS_GARBAGE };

/* Where a fault strikes if nobody says otherwise: before that message of ours, or at the port's
 * first word behind the handshake. */
#define AFTER_HELLO    HANDSHAKE_ENCRYPTED_EXTENSIONS
#define INSTEAD_OF_END HANDSHAKE_CHANGE_CIPHER_SPEC
#define FIRST_WORD     HANDSHAKE_STEPS

static const struct plan {
    enum fault_id fault;
    enum handshake_step step;
    enum ends ends;
} plans[] = {
    {FAULT_TLS_SILENT, HANDSHAKE_SERVER_HELLO, STAYS_SILENT},
    {FAULT_TLS_RESET, HANDSHAKE_SERVER_HELLO, IS_RESET},
    {FAULT_TLS_CLOSES, HANDSHAKE_SERVER_HELLO, IS_CLOSED},
    {FAULT_TLS_GARBAGE, HANDSHAKE_SERVER_HELLO, IS_GARBAGE},
    {FAULT_TLS_SILENT_HELLO, AFTER_HELLO, STAYS_SILENT},
    {FAULT_TLS_RESET_HELLO, AFTER_HELLO, IS_RESET},
    {FAULT_TLS_CLOSES_HELLO, AFTER_HELLO, IS_CLOSED},
    {FAULT_TLS_GARBAGE_HELLO, AFTER_HELLO, IS_GARBAGE},
    {FAULT_TLS_SILENT_FINISHED, INSTEAD_OF_END, STAYS_SILENT},
    {FAULT_TLS_RESET_FINISHED, INSTEAD_OF_END, IS_RESET},
    {FAULT_TLS_CLOSES_FINISHED, INSTEAD_OF_END, IS_CLOSED},
    {FAULT_TLS_GARBAGE_FINISHED, INSTEAD_OF_END, IS_GARBAGE},
    {FAULT_TLS_NO_GOODBYE, FIRST_WORD, IS_CLOSED},
};

struct spoiler {
    const struct plan *plan;
    struct fault_place place;
    struct tls_session *session;
    struct handshake_cut cut;
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

struct spoiler *spoiler_new(enum fault_id fault, struct fault_place place,
                            struct tls_context *context, const struct tls_identity *identity,
                            const struct tls_trust *trust, struct err *e)
{
    struct spoiler *s = calloc(1, sizeof *s);

    if (!s) {
        err_set(e, ERR_MEMORY, "no memory for a handshake");
        return NULL;
    }
    s->plan = plan_of(fault);
    s->place = place;
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

static unsigned place_in(const struct spoiler *s, bool tls13)
{
    if (s->place.at == FAULT_AT_EACH)
        return s->place.nth % handshake_places(tls13);
    if (s->place.at != FAULT_AT_USUAL)
        return handshake_place((enum handshake_step)s->place.at, tls13);
    return s->plan->step == FIRST_WORD ? handshake_places(tls13)
                                       : handshake_place(s->plan->step, tls13);
}

/* What the session has for the peer goes out as far as the plan lets it. */
static bool let_pass(struct spoiler *s, struct buf *out)
{
    struct tls_facts facts;
    size_t waiting;
    bool met;

    const uint8_t *flight = tls_session_output(s->session, &waiting);
    if (waiting > 0)
        put(out, flight, waiting);
    tls_session_sent(s->session, waiting);
    tls_session_facts(s->session, &facts);
    s->cut.tls13 = strcmp(facts.version, "TLSv1.3") == 0;
    out->len = handshake_cut(&s->cut, place_in(s, s->cut.tls13), out->at, out->len, &met);
    return !met;
}

enum spoiler_way spoiler_feed(struct spoiler *s, const uint8_t *bytes, size_t len, struct buf *out)
{
    uint8_t word;

    if (s->over)
        return SPOILER_GOES_ON;
    const bool ok = tls_session_feed(s->session, bytes, len, NULL);
    if (!let_pass(s, out) ||
        (s->plan->step == FIRST_WORD && tls_session_read(s->session, &word, 1) > 0))
        return end(s, out);
    s->over = !ok; /* the handshake came to nothing before it could be spoilt; the alert is out */
    return ok ? SPOILER_GOES_ON : SPOILER_CLOSES;
}
