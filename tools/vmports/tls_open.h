/* The records of one captured TLS connection, opened with the secrets of its key log: TLS 1.0 to
 * 1.2 with AES-CBC (MAC then encrypt, and RFC 7366), AES-GCM, ChaCha20-Poly1305 and the NULL
 * ciphers, which need no secret; TLS 1.3 with KeyUpdate. Pure.
 *
 * A record that does not authenticate is an error, and nothing behind it in its direction can be
 * opened: sequence numbers count. */
#ifndef VMPORTS_TLS_OPEN_H
#define VMPORTS_TLS_OPEN_H

#include "tools/vmports/flow.h"
#include "tools/vmports/tls_secrets.h"

#define TLS_OPEN_MAX (13 + 16384 + 2048) /* RFC 5246 6.2.3; and the MAC's head before it */

/* What the hellos agreed on. */
struct tls_terms {
    uint16_t version, suite;
    bool encrypt_then_mac;
    uint8_t randoms[2][TLS_RANDOM]; /* by enum flow_side */
};

struct tls_plain {
    uint8_t type; /* TLS_APPLICATION: what the peers said */
    const uint8_t *at;
    size_t len;
};
#define TLS_APPLICATION 23

struct tls_open;

/* NULL with e set, in words behind "not decrypted: ". */
struct tls_open *tls_open_new(const struct tls_terms *t, const struct tls_secrets *s,
                              struct err *e);
void tls_open_free(struct tls_open *o); /* wipes; accepts NULL */
/* One record as it came, from ChangeCipherSpec on; TLS 1.3: from ServerHello on. What it had inside
 * lies in `room` (TLS_OPEN_MAX bytes); type 0: nothing to see. */
bool tls_open_record(struct tls_open *o, enum flow_side from, uint8_t type, const uint8_t *record,
                     size_t len, uint8_t *room, struct tls_plain *out, struct err *e) MUST_USE;

#endif
