/* OpenSSL 3.0 and 3.1 gather and chain all their forty decoders anew for each public key that they
 * read: four fifths of the time of parsing a certificate, and a fifth of a whole client handshake.
 * For each key they copy the list of all algorithms that the process has met, ciphers included.
 * Here the process gets its default algorithms from a provider that is the default one in all but
 * this: it offers only the decoders for the keys of certificates, the managers of keys that TLS
 * has, and the ciphers of TLS, SRTP and the random numbers. */
#ifndef TLS_DECODERS_H
#define TLS_DECODERS_H

#include <openssl/types.h>
#include <stdbool.h>

/* Before the first use of OpenSSL in this process; not at all is well too, only slower. False: it
 * was not possible, everything is as before. Nothing is done with OpenSSL 3.2 and later, which
 * remember what they have gathered. */
bool tls_few_decoders(void);
/* Where all decoders are: private keys are read there. NULL: the default. */
OSSL_LIB_CTX *tls_all_decoders(void);

#endif
