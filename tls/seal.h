/* A seal: the note beside a stored certificate that it was signed under this root, at the price of
 * one HMAC where the signature costs an RSA operation. Its key comes from the root's private key:
 * whoever could make a seal could sign the certificate as well. Pure.
 *
 * A seal is a line of text in front of the PEM text, where readers of PEM look at nothing
 * (RFC 7468 section 5.2). */
#ifndef TLS_SEAL_H
#define TLS_SEAL_H

#include "base/buf.h"

#include <openssl/x509.h>

#define SEAL_KEY_LEN 32

struct seal_key {
    uint8_t bytes[SEAL_KEY_LEN];
    bool usable; /* false: nothing is sealed, and no seal fits */
};

/* Of this root certificate with this key alone. The caller wipes it. */
void seal_key_of(const X509 *root, const EVP_PKEY *root_key, struct seal_key *out);
/* Appends the line to `out`; nothing when the key is not usable. False: no memory. */
bool seal_put(struct buf *out, const struct seal_key *k, const X509 *cert, struct err *e) MUST_USE;
/* Does `text` begin with the seal of `cert`? */
bool seal_fits(const struct buf *text, const struct seal_key *k, const X509 *cert);

#endif
