#include "media/thread.h" /* EDGE: the key log */

#include <openssl/crypto.h>

#include <stdio.h>

static size_t put_hex(char *out, const uint8_t *bytes, size_t n)
{
    static const char hex[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = hex[bytes[i] >> 4];
        out[2 * i + 1] = hex[bytes[i] & 15];
    }
    out[2 * n] = '\0';
    return 2 * n;
}

void media_log_key(struct keylog *log, const struct media_key *k, uint32_t ssrc,
                   const struct net_addr *local, const struct net_addr *remote, bool sent)
{
    char hex[2 * sizeof k->key + 2 * sizeof k->salt + 1], at[NET_ADDR_TEXT], far[NET_ADDR_TEXT];
    char line[sizeof hex + 2 * NET_ADDR_TEXT + 64];

    if (!log || k->algorithm == 0)
        return;
    size_t n = put_hex(hex, k->key, sizeof k->key);
    put_hex(hex + n, k->salt, media_salt_len(k->algorithm));
    snprintf(line, sizeof line, "SRTP_KEY %08x %s %s %s %s %s", (unsigned)ssrc,
             media_suite_name(k->algorithm), hex, net_addr_text(local, at),
             net_addr_text(remote, far), sent ? "sent" : "received");
    keylog_line(log, line);
    OPENSSL_cleanse(hex, sizeof hex);
    OPENSSL_cleanse(line, sizeof line);
}
