/* The TLS secrets of an NSS key log: lines "LABEL <client random hex> <secret hex>". Pure.
 * A line of another kind or shape is stepped over: others write such files too. */
#ifndef VMPORTS_TLS_SECRETS_H
#define VMPORTS_TLS_SECRETS_H

#include "base/err.h"

#include <stdint.h>

#define TLS_RANDOM     32
#define TLS_SECRET_MAX 48 /* a master secret, or a secret of SHA-384 */

enum tls_label {
    TLS_MASTER,           /* CLIENT_RANDOM: TLS 1.0 to 1.2 */
    TLS_CLIENT_HANDSHAKE, /* and TLS 1.3's, whose sides are neighbours */
    TLS_SERVER_HANDSHAKE,
    TLS_CLIENT_TRAFFIC,
    TLS_SERVER_TRAFFIC,
    TLS_LABELS
};

struct tls_secret {
    uint8_t random[TLS_RANDOM];
    enum tls_label label;
    size_t len;
    uint8_t bytes[TLS_SECRET_MAX];
};

struct tls_secrets;

/* NULL with e set: no memory. */
struct tls_secrets *tls_secrets_parse(const char *text, size_t len, struct err *e);
void tls_secrets_free(struct tls_secrets *s); /* wipes; accepts NULL */
/* NULL: the log does not have it. Borrowed. `s` may be NULL. */
const struct tls_secret *tls_secrets_find(const struct tls_secrets *s, enum tls_label label,
                                          const uint8_t random[TLS_RANDOM]);
const char *tls_label_word(enum tls_label label); /* as the log has it: "CLIENT_RANDOM" */

#endif
