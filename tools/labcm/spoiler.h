/* A TLS handshake that goes wrong at a chosen step: a right session, whose bytes go to the peer
 * only as far as the fault menu lets them. Pure. */
#ifndef LABCM_SPOILER_H
#define LABCM_SPOILER_H

#include "base/buf.h"
#include "tls/session.h"
#include "tools/labcm/faults.h"

struct spoiler;

/* Does this fault need one? */
bool spoiler_for(enum fault_id fault);
/* Context, identity and trust are borrowed. NULL with e set. */
struct spoiler *spoiler_new(enum fault_id fault, struct fault_place place,
                            struct tls_context *context, const struct tls_identity *identity,
                            const struct tls_trust *trust, struct err *e);
void spoiler_free(struct spoiler *s); /* accepts NULL */

enum spoiler_way { SPOILER_GOES_ON, SPOILER_RESETS, SPOILER_CLOSES };
/* What came; `out` gets what goes out, then the connection is treated as it says. */
enum spoiler_way spoiler_feed(struct spoiler *s, const uint8_t *bytes, size_t len, struct buf *out);

#endif
