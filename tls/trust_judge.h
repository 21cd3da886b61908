/* What the handshake asks of a list of certificates; of interest to tls/ alone. */
#ifndef TLS_TRUST_JUDGE_H
#define TLS_TRUST_JUDGE_H

#include "tls/trust.h"

#include <openssl/types.h>

enum tls_trust_kind tls_trust_kind_of(const struct tls_trust *t);
bool tls_trust_has_ec(const struct tls_trust *t);
X509_STORE *tls_trust_store(const struct tls_trust *t); /* borrowed; NULL when PINNED */
/* Of the first member; "" when the list is empty. */
const char *tls_trust_first_sha256(const struct tls_trust *t, char out[65]);
/* X509_V_OK, or the error whose alert the peer shall get (ctl-tftp-tls.md 4.4). `least_bits` is the
 * security of the key: 112 = RSA 2048; 0: any. */
int tls_trust_judge_pinned(const struct tls_trust *t, X509 *leaf, int least_bits);

#endif
