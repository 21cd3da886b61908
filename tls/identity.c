/* EDGE: certificates and keys in files. */
#include "tls/identity.h"

#include "base/clock.h"
#include "tls/files.h"
#include "tls/issue.h"
#include "tls/pem.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

struct tls_identity {
    X509 *cert;
    EVP_PKEY *key;
    STACK_OF(X509) * chain;
};

struct tls_identity *tls_identity_new(X509 *cert, EVP_PKEY *key, struct err *e)
{
    if (X509_check_private_key(cert, key) != 1) {
        ERR_clear_error();
        err_set(e, ERR_TLS_01, "the key does not match the certificate");
        return NULL;
    }
    struct tls_identity *id = calloc(1, sizeof *id);
    if (!id) {
        err_set(e, ERR_MEMORY, "no memory for an identity");
        return NULL;
    }
    X509_up_ref(cert);
    EVP_PKEY_up_ref(key);
    id->cert = cert;
    id->key = key;
    /* Extensions are parsed at first use: here, before other threads look at them. */
    X509_check_purpose(cert, -1, 0);
    return id;
}

void tls_identity_free(struct tls_identity *id)
{
    if (!id)
        return;
    X509_free(id->cert);
    EVP_PKEY_free(id->key); /* OpenSSL wipes a private key with its last reference */
    sk_X509_pop_free(id->chain, X509_free);
    free(id);
}

X509 *tls_identity_cert(const struct tls_identity *id)
{
    return id->cert;
}

EVP_PKEY *tls_identity_key(const struct tls_identity *id)
{
    return id->key;
}

STACK_OF(X509) * tls_identity_chain(const struct tls_identity *id)
{
    return id->chain;
}

/* ---- files ---------------------------------------------------------------------------- */

static bool read_existing(const char *path, bool secret, struct buf *text, struct err *e)
{
    bool found = false;

    if (!files_read(path, secret, text, &found, e))
        return false;
    return found || err_set(e, ERR_FILE, "%.200s: no such file", path);
}

static X509 *read_cert(const char *path, STACK_OF(X509) * *chain, struct err *e)
{
    struct buf text = {.secret = true};
    X509 *cert = NULL;

    if (read_existing(path, false, &text, e) && !(cert = pem_get_cert(&text, chain, e)))
        err_in(e, "%.200s", path);
    buf_free(&text);
    return cert;
}

static EVP_PKEY *read_key(const char *path, struct err *e)
{
    struct buf text = {.secret = true};
    EVP_PKEY *key = NULL;

    if (read_existing(path, true, &text, e) && !(key = pem_get_key(&text, e)))
        err_in(e, "%.200s", path);
    buf_free(&text);
    return key;
}

struct tls_identity *tls_identity_load(const char *cert_pem, const char *key_pem, struct err *e)
{
    STACK_OF(X509) *chain = NULL;
    struct tls_identity *id = NULL;
    X509 *cert = read_cert(cert_pem, &chain, e);
    EVP_PKEY *key = cert ? read_key(key_pem, e) : NULL;

    if (key && !(id = tls_identity_new(cert, key, e)))
        err_in(e, "%.160s and %.160s", cert_pem, key_pem);
    if (id)
        id->chain = chain;
    else
        sk_X509_pop_free(chain, X509_free);
    X509_free(cert);
    EVP_PKEY_free(key);
    return id;
}

static bool save_cert(const struct tls_identity *id, const char *path, struct err *e)
{
    struct buf text = {.secret = true};
    bool ok = pem_put_cert(&text, id->cert, e);

    for (int i = 0; ok && i < sk_X509_num(id->chain); i++)
        ok = pem_put_cert(&text, sk_X509_value(id->chain, i), e);
    ok = ok && files_write(path, false, true, text.at, text.len, e);
    buf_free(&text);
    return ok;
}

bool tls_identity_save(const struct tls_identity *id, const char *cert_pem, const char *key_pem,
                       struct err *e)
{
    struct buf text = {.secret = true};
    bool ok = pem_put_key(&text, id->key, e) &&
              files_write(key_pem, true, true, text.at, text.len, e) && save_cert(id, cert_pem, e);

    buf_free(&text);
    return ok;
}

/* ---- the lab's call manager ----------------------------------------------------------- */

struct tls_identity *tls_identity_make_node(const struct tls_node_spec *spec, struct err *e)
{
    struct tls_identity *id = NULL;
    X509 *cert = NULL;
    EVP_PKEY *key = spec->key;

    if (key)
        EVP_PKEY_up_ref(key);
    else
        key = spec->curve ? issue_ec_key(spec->curve, e) : issue_key(spec->bits, e);
    if (key)
        cert = issue_node(spec, key, clock_wall_ns() / NS_PER_S, e);
    if (cert)
        id = tls_identity_new(cert, key, e);
    X509_free(cert);
    EVP_PKEY_free(key);
    return id;
}
