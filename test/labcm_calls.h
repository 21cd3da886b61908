/* A call to the pilot of the lab call manager, and its answer. */
#ifndef TEST_LABCM_CALLS_H
#define TEST_LABCM_CALLS_H

#include "test/labcm_fixture.h"

#include <stdarg.h>

static const struct call_request from_1001 = {
    .phone = 0,
    .to = "8000",
    .packet_ms = 20,
    .suite = SCCP_SRTP_AES_CM_128_HMAC_SHA1_32,
};

static inline struct call *call_pilot(struct world *w, unsigned phone)
{
    struct call_request r = from_1001;
    enum call_end end = CALL_OVER_RESOURCES;

    r.phone = phone;
    struct call *c = call_place(w->m, &r, w, &end);
    CHECK(c != NULL, "%s", call_end_words(end));
    return c;
}

static inline void answer(struct world *w, struct device *d)
{
    say(w, d, hook(SCCP_OFF_HOOK, d->leg.reference));
}

/* The ids that went to `d` since `from`, in order, must be these; a 0 ends the list. */
static inline void check_order(const struct world *w, const struct device *d, size_t from, ...)
{
    va_list want;

    va_start(want, from);
    for (size_t i = from; i < w->count; i++) {
        if (w->sent[i].to != d)
            continue;
        uint32_t id = va_arg(want, uint32_t);
        CHECK(w->sent[i].m.id == id, "message %zu is %s, %s is wanted", i - from,
              sccp_name(w->sent[i].m.id), sccp_name(id));
    }
    CHECK(va_arg(want, uint32_t) == 0, "messages are missing");
    va_end(want);
}

#endif
