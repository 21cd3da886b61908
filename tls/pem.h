/* Certificates and keys as PEM text. Pure; text with a key in it belongs in a buffer that is
 * secret.
 */
#ifndef TLS_PEM_H
#define TLS_PEM_H

#include "base/buf.h"

#include <openssl/x509.h>

/* Appends to `out`. */
bool pem_put_cert(struct buf *out, const X509 *cert, struct err *e) MUST_USE;
bool pem_put_key(struct buf *out, const EVP_PKEY *key, struct err *e) MUST_USE; /* PKCS#8, clear */
/* First certificate of the text; `chain` may be NULL, or gets the others (given). NULL with e set.
 */
X509 *pem_get_cert(const struct buf *text, STACK_OF(X509) * *chain, struct err *e);
/* First private key of the text. A key with a pass phrase is refused, nobody is asked. */
EVP_PKEY *pem_get_key(const struct buf *text, struct err *e);

#endif
