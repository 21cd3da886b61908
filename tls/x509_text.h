/* What a certificate says, as text for people. Pure; every string is escaped and cut to its buffer.
 */
#ifndef TLS_X509_TEXT_H
#define TLS_X509_TEXT_H

#include <openssl/types.h>
#include <stddef.h>
#include <stdint.h>

/* Each writes into `out` and returns it; "" when the certificate lacks the thing. */
const char *x509_subject_text(const X509 *cert, char *out, size_t cap); /* "C=JP,O=Lab,CN=cucm1" */
const char *x509_issuer_text(const X509 *cert, char *out, size_t cap);
const char *x509_cn_text(const X509 *cert, char *out, size_t cap);
const char *x509_serial_text(const X509 *cert, char *out, size_t cap); /* lower-case hex, even */
const char *x509_sha256_text(const X509 *cert, char out[65]);          /* of the DER */
/* "65:97:...", as CUCM's certificate page shows fingerprints; 59 characters for SHA-1. */
const char *x509_fingerprint_text(const X509 *cert, const EVP_MD *md, char *out, size_t cap);
const char *x509_key_text(X509 *cert, char *out, size_t cap); /* "RSA 2048 bits, RSA-SHA256" */

int64_t x509_not_before_s(const X509 *cert); /* seconds since 1970 */
int64_t x509_not_after_s(const X509 *cert);
int64_t x509_now_s(void); /* the wall clock as OpenSSL sees it when it looks at dates */

#endif
