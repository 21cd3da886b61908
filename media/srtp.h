/* SRTP (RFC 3711, RFC 7714) as SCCP asks for it, over libsrtp2 with OpenSSL's primitives under it.
 *
 * Debian's libsrtp2 stands on NSS, whose cost a packet grows with the number of contexts;
 * srtp_primitives.c puts OpenSSL in by libsrtp2's own interface. An opaque context is one direction
 * of one stream; one thread at a time may use it. */
#ifndef MEDIA_SRTP_H
#define MEDIA_SRTP_H

#include "base/err.h"

#include <stdint.h>

/* SRTP as SCCP says it (sccp.md 5.1): algorithm 0 none, 1 AES_CM_128_HMAC_SHA1_32, 2 ..._80,
 * 5 AEAD_AES_128_GCM. */
struct media_key {
    uint32_t algorithm;
    uint16_t key_len, salt_len;
    uint8_t key[16], salt[16];
};

/* Can streams be made with this key? Else ERR_CRYPTO names what was wrong and what is wanted. Keys
 * are 16 bytes, salts 14 (12 with algorithm 5); a salt of 16 whose last bytes are zero is taken
 * too, for a server that counts the whole field. */
bool media_key_check(const struct media_key *k, struct err *e) MUST_USE;
bool media_key_equal(const struct media_key *a, const struct media_key *b);
/* As the key log and SDES (RFC 4568, RFC 7714) name it; "" for plain RTP and unknown ones. */
const char *media_suite_name(uint32_t algorithm);
size_t media_salt_len(uint32_t algorithm); /* that SRTP uses: 14, 12, or 0 */
size_t media_tag_len(uint32_t algorithm);  /* of an SRTP packet: 4, 10, 16, or 0 */

#define MEDIA_ALGORITHM_MAX    5
#define MEDIA_SRTP_TRAILER_MAX 16 /* the longest tag */

struct media_srtp;

/* Makes libsrtp2 ready; every new context does so when nobody has. Early is better: the library
 * loads others (Debian's: NSS), and where that once fails, as with no descriptor left, it fails for
 * good. May be called from any thread. */
bool media_srtp_ready(struct err *e) MUST_USE;

/* A context that protects the packets of `ssrc`. */
struct media_srtp *media_srtp_sender(const struct media_key *k, uint32_t ssrc, struct err *e);
/* A context that opens packets of any source; at most MEDIA_SRTP_SOURCES of them in its life. */
struct media_srtp *media_srtp_receiver(const struct media_key *k, struct err *e);
void media_srtp_free(struct media_srtp *s); /* wipes the keys; accepts NULL */

#define MEDIA_SRTP_SOURCES 8

/* In place; `len` grows by the tag. The buffer has room for MEDIA_SRTP_TRAILER_MAX more and is
 * aligned to 8 bytes. */
bool media_srtp_protect(struct media_srtp *s, uint8_t *packet, size_t *len) MUST_USE;

/* The same for RTCP, which has its own keys, counter and replay list (RFC 3711 section 3.4); `len`
 * grows by the counter's word too. */
bool media_srtp_protect_rtcp(struct media_srtp *s, uint8_t *packet, size_t *len) MUST_USE;
#define MEDIA_SRTCP_TRAILER_MAX 20

/* libsrtp2 looks for a replay before it checks the tag, so a REPLAY is not proven authentic. */
enum media_srtp_result {
    MEDIA_SRTP_OK,
    MEDIA_SRTP_REPLAY,
    MEDIA_SRTP_REPLAY_OLD, /* from before the replay window */
    MEDIA_SRTP_FORGED,
    MEDIA_SRTP_MALFORMED
};
enum media_srtp_result media_srtp_unprotect(struct media_srtp *s, uint8_t *packet, size_t *len);
enum media_srtp_result media_srtp_unprotect_rtcp(struct media_srtp *s, uint8_t *packet,
                                                 size_t *len);

#endif
