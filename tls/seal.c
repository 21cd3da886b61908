#include "tls/seal.h"

#include "base/text.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#define SECRET_MAX 2048 /* bytes of a private exponent: RSA 16384 */
#define PREFIX     "vmports seal: "
#define PREFIX_LEN (sizeof PREFIX - 1)
#define MAC_LEN    32 /* SHA-256 */
#define LINE_LEN   (PREFIX_LEN + 2 * MAC_LEN + 1)

static const uint8_t label[] = "vmports: seals of port certificates under the root ";

/* The number that makes the key private; 0: it has none, or none that can be had. */
static size_t secret_of(const EVP_PKEY *key, uint8_t out[SECRET_MAX])
{
    const char *name = EVP_PKEY_is_a(key, "RSA") ? OSSL_PKEY_PARAM_RSA_D : OSSL_PKEY_PARAM_PRIV_KEY;
    BIGNUM *number = NULL;
    size_t len = 0;

    if (EVP_PKEY_get_bn_param(key, name, &number) == 1 && BN_num_bytes(number) <= SECRET_MAX)
        len = (size_t)BN_bn2bin(number, out);
    BN_clear_free(number);
    return len;
}

void seal_key_of(const X509 *root, const EVP_PKEY *root_key, struct seal_key *out)
{
    uint8_t secret[SECRET_MAX], said[sizeof label + EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;

    memcpy(said, label, sizeof label);
    const size_t len = secret_of(root_key, secret);
    out->usable =
        len > 0 && X509_digest(root, EVP_sha256(), said + sizeof label, &digest_len) == 1 &&
        HMAC(EVP_sha256(), secret, (int)len, said, sizeof label + digest_len, out->bytes, NULL) !=
            NULL;
    OPENSSL_cleanse(secret, sizeof secret);
    ERR_clear_error();
}

static bool line_of(const struct seal_key *k, const X509 *cert, char out[LINE_LEN + 1])
{
    uint8_t mac[MAC_LEN], *der = NULL;
    char hex[2 * MAC_LEN + 1];

    if (!k->usable)
        return false;
    int len = i2d_X509(cert, &der);
    bool ok =
        len > 0 && HMAC(EVP_sha256(), k->bytes, SEAL_KEY_LEN, der, (size_t)len, mac, NULL) != NULL;
    OPENSSL_free(der);
    ERR_clear_error();
    if (ok)
        snprintf(out, LINE_LEN + 1, PREFIX "%s\n", text_hex(mac, MAC_LEN, hex, sizeof hex));
    return ok;
}

bool seal_put(struct buf *out, const struct seal_key *k, const X509 *cert, struct err *e)
{
    char line[LINE_LEN + 1];

    return !line_of(k, cert, line) || buf_add(out, line, LINE_LEN, e);
}

bool seal_fits(const struct buf *text, const struct seal_key *k, const X509 *cert)
{
    char line[LINE_LEN + 1];

    return text->len > LINE_LEN && memcmp(text->at, PREFIX, PREFIX_LEN) == 0 &&
           line_of(k, cert, line) && CRYPTO_memcmp(text->at, line, LINE_LEN) == 0;
}
