/* OpenSSL's AES-128-ICM, AES-128-GCM and HMAC-SHA1 in the shape that libsrtp2 takes them. */
#ifndef MEDIA_SRTP_PRIMITIVES_H
#define MEDIA_SRTP_PRIMITIVES_H

#include <srtp2/auth.h>
#include <srtp2/cipher.h>

/* Each carries the known answers that libsrtp2 tests it with before it accepts it. */
extern const srtp_cipher_type_t srtp_primitive_icm; /* RFC 3711 B.2 */
extern const srtp_cipher_type_t srtp_primitive_gcm; /* RFC 7714 16.1 */
extern const srtp_auth_type_t srtp_primitive_hmac;  /* RFC 2202 section 3 */

#endif
