/* Whom we believe: a list of certificates, by value.
 *
 * PINNED (a port): the peer's leaf must be byte-equal to a member and inside its dates; no chain,
 * no names (ctl-tftp-tls.md 2.4). ISSUERS (a call manager's CallManager-trust): the peer's leaf
 * must be signed by a member. Never changes after it was filled; sessions borrow it. */
#ifndef TLS_TRUST_H
#define TLS_TRUST_H

#include "base/err.h"

#include <stdint.h>

enum tls_trust_kind { TLS_TRUST_PINNED, TLS_TRUST_ISSUERS };

struct tls_trust;

struct tls_trust *tls_trust_new(enum tls_trust_kind kind, struct err *e);
void tls_trust_free(struct tls_trust *t); /* accepts NULL */
/* One DER certificate, copied. */
bool tls_trust_add(struct tls_trust *t, const uint8_t *der, size_t len, struct err *e) MUST_USE;
/* Every certificate of a PEM file. */
bool tls_trust_add_pem(struct tls_trust *t, const char *path, struct err *e) MUST_USE;
size_t tls_trust_count(const struct tls_trust *t);
struct tls_trust *tls_trust_copy(const struct tls_trust *t, struct err *e);

#endif
