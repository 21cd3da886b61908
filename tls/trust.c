#include "tls/trust.h"

#include "tls/trust_judge.h"
#include "tls/x509_text.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>

struct member {
    uint8_t *der;
    size_t len;
};

struct tls_trust {
    enum tls_trust_kind kind;
    struct member *members;
    size_t count, cap;
    X509_STORE *store; /* of ISSUERS; NULL for PINNED */
    bool has_ec;
};

struct tls_trust *tls_trust_new(enum tls_trust_kind kind, struct err *e)
{
    struct tls_trust *t = calloc(1, sizeof *t);

    if (t && kind == TLS_TRUST_ISSUERS)
        t->store = X509_STORE_new();
    if (!t || (kind == TLS_TRUST_ISSUERS && !t->store)) {
        free(t);
        err_set(e, ERR_MEMORY, "no memory for a list of certificates");
        return NULL;
    }
    t->kind = kind;
    return t;
}

void tls_trust_free(struct tls_trust *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->count; i++)
        free(t->members[i].der);
    free(t->members);
    X509_STORE_free(t->store);
    free(t);
}

static bool holds(const struct tls_trust *t, const uint8_t *der, size_t len)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->members[i].len == len && memcmp(t->members[i].der, der, len) == 0)
            return true;
    return false;
}

static bool room_for_one(struct tls_trust *t)
{
    if (t->count < t->cap)
        return true;
    size_t cap = t->cap ? 2 * t->cap : 4;
    struct member *members = realloc(t->members, cap * sizeof *members);
    if (!members)
        return false;
    t->members = members;
    t->cap = cap;
    return true;
}

static bool append(struct tls_trust *t, X509 *cert, const uint8_t *der, size_t len)
{
    uint8_t *copy = malloc(len);

    if (!copy || !room_for_one(t) || (t->store && !X509_STORE_add_cert(t->store, cert))) {
        free(copy);
        return false;
    }
    memcpy(copy, der, len);
    t->members[t->count++] = (struct member){.der = copy, .len = len};
    t->has_ec = t->has_ec || EVP_PKEY_get_base_id(X509_get0_pubkey(cert)) == EVP_PKEY_EC;
    return true;
}

bool tls_trust_add(struct tls_trust *t, const uint8_t *der, size_t len, struct err *e)
{
    const uint8_t *at = der;
    bool ok = true;

    if (holds(t, der, len))
        return true;
    X509 *cert = d2i_X509(NULL, &at, (long)len);
    if (!cert || at != der + len || !X509_get0_pubkey(cert))
        ok = err_set(e, ERR_FORMAT, "%zu bytes are not one DER certificate with a usable key", len);
    else if (!append(t, cert, der, len))
        ok = err_set(e, ERR_MEMORY, "no memory for a certificate of %zu bytes", len);
    X509_free(cert);
    ERR_clear_error();
    return ok;
}

static bool add_cert(struct tls_trust *t, X509 *cert, struct err *e)
{
    uint8_t *der = NULL;
    int len = i2d_X509(cert, &der);
    bool ok = len > 0 ? tls_trust_add(t, der, (size_t)len, e)
                      : err_set(e, ERR_FORMAT, "a certificate cannot be encoded");

    OPENSSL_free(der);
    return ok;
}

bool tls_trust_add_pem(struct tls_trust *t, const char *path, struct err *e)
{
    BIO *file = BIO_new_file(path, "r");
    size_t found = 0;
    bool ok = true;

    if (!file) {
        ERR_clear_error();
        return err_errno(e, ERR_FILE, "%s", path);
    }
    for (X509 *cert; ok && (cert = PEM_read_bio_X509(file, NULL, NULL, NULL)); found++) {
        ok = add_cert(t, cert, e) || err_in(e, "%s", path);
        X509_free(cert);
    }
    BIO_free(file);
    bool clean_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (!ok)
        return false;
    if (found == 0)
        return err_set(e, ERR_FORMAT, "%s: no certificate in PEM text was found", path);
    if (!clean_end)
        return err_set(e, ERR_FORMAT, "%s: certificate %zu is damaged", path, found + 1);
    return true;
}

size_t tls_trust_count(const struct tls_trust *t)
{
    return t->count;
}

struct tls_trust *tls_trust_copy(const struct tls_trust *t, struct err *e)
{
    struct tls_trust *copy = tls_trust_new(t->kind, e);

    for (size_t i = 0; copy && i < t->count; i++) {
        if (tls_trust_add(copy, t->members[i].der, t->members[i].len, e))
            continue;
        tls_trust_free(copy);
        copy = NULL;
    }
    return copy;
}

/* ---- what the handshake asks ---------------------------------------------------------- */

enum tls_trust_kind tls_trust_kind_of(const struct tls_trust *t)
{
    return t->kind;
}

bool tls_trust_has_ec(const struct tls_trust *t)
{
    return t->has_ec;
}

X509_STORE *tls_trust_store(const struct tls_trust *t)
{
    return t->store;
}

const char *tls_trust_first_sha256(const struct tls_trust *t, char out[65])
{
    const uint8_t *at = t->count ? t->members[0].der : NULL;
    X509 *cert = at ? d2i_X509(NULL, &at, (long)t->members[0].len) : NULL;

    out[0] = '\0';
    if (cert)
        x509_sha256_text(cert, out);
    X509_free(cert);
    return out;
}

static bool pinned(const struct tls_trust *t, const X509 *leaf)
{
    uint8_t *der = NULL;
    int len = i2d_X509(leaf, &der);
    bool found = len > 0 && holds(t, der, (size_t)len);

    OPENSSL_free(der);
    return found;
}

/* X509_cmp_current_time: negative: the time lies in the past; 0: unreadable. */
static int judge_dates(const X509 *leaf)
{
    int from = X509_cmp_current_time(X509_get0_notBefore(leaf));
    int to = X509_cmp_current_time(X509_get0_notAfter(leaf));

    if (from == 0)
        return X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD;
    if (to == 0)
        return X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD;
    if (from > 0)
        return X509_V_ERR_CERT_NOT_YET_VALID;
    return to < 0 ? X509_V_ERR_CERT_HAS_EXPIRED : X509_V_OK;
}

int tls_trust_judge_pinned(const struct tls_trust *t, X509 *leaf, int least_bits)
{
    if (!pinned(t, leaf))
        return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    int verdict = judge_dates(leaf);
    if (verdict != X509_V_OK)
        return verdict;
    const EVP_PKEY *key = X509_get0_pubkey(leaf);
    return key && EVP_PKEY_get_security_bits(key) >= least_bits ? X509_V_OK
                                                                : X509_V_ERR_EE_KEY_TOO_SMALL;
}
