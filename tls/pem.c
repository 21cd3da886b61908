#include "tls/pem.h"

#include "tls/decoders.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

/* Moves what the memory BIO holds behind the text; frees the BIO and wipes it. */
static bool take(BIO *bio, bool ok, struct buf *out, const char *what, struct err *e)
{
    char *at = NULL;
    long n = ok ? BIO_get_mem_data(bio, &at) : 0;

    if (n <= 0)
        ok = err_set(e, ERR_CRYPTO, "%s cannot be written as PEM", what);
    else
        ok = buf_add(out, at, (size_t)n, e);
    if (n > 0)
        OPENSSL_cleanse(at, (size_t)n);
    BIO_free(bio);
    ERR_clear_error();
    return ok;
}

bool pem_put_cert(struct buf *out, const X509 *cert, struct err *e)
{
    BIO *bio = BIO_new(BIO_s_mem());

    return take(bio, bio && PEM_write_bio_X509(bio, cert), out, "a certificate", e);
}

bool pem_put_key(struct buf *out, const EVP_PKEY *key, struct err *e)
{
    BIO *bio = BIO_new(BIO_s_secmem());

    return take(bio, bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), out,
                "a key", e);
}

static BIO *reader(const struct buf *text)
{
    return text->len && text->len < INT32_MAX ? BIO_new_mem_buf(text->at, (int)text->len) : NULL;
}

static STACK_OF(X509) * rest_of(BIO *bio)
{
    STACK_OF(X509) *chain = sk_X509_new_null();

    for (X509 *next; chain && (next = PEM_read_bio_X509(bio, NULL, NULL, NULL));)
        if (!sk_X509_push(chain, next)) {
            X509_free(next);
            break;
        }
    return chain;
}

X509 *pem_get_cert(const struct buf *text, STACK_OF(X509) * *chain, struct err *e)
{
    BIO *bio = reader(text);
    X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

    if (cert && chain)
        *chain = rest_of(bio);
    BIO_free(bio);
    ERR_clear_error();
    if (!cert)
        err_set(e, ERR_FORMAT, "no certificate in PEM text was found");
    return cert;
}

/* Without it OpenSSL would ask at the terminal. */
static int no_pass_phrase(char *out, int cap, int writing, void *arg)
{
    (void)out;
    (void)cap;
    (void)writing;
    *(bool *)arg = true;
    return -1;
}

static void wipe_params(OSSL_PARAM *params)
{
    for (OSSL_PARAM *p = params; p && p->key; p++)
        OPENSSL_cleanse(p->data, p->data_size);
    OSSL_PARAM_free(params);
}

/* The same key where everything else is. */
static EVP_PKEY *bring_over(EVP_PKEY *key)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, EVP_PKEY_get0_type_name(key), NULL);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *same = NULL;

    if (ctx && EVP_PKEY_todata(key, EVP_PKEY_KEYPAIR, &params) == 1 &&
        EVP_PKEY_fromdata_init(ctx) == 1 &&
        EVP_PKEY_fromdata(ctx, &same, EVP_PKEY_KEYPAIR, params) != 1)
        same = NULL;
    wipe_params(params);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    return same;
}

EVP_PKEY *pem_get_key(const struct buf *text, struct err *e)
{
    bool locked = false;
    BIO *bio = reader(text);
    OSSL_LIB_CTX *where = tls_all_decoders();
    EVP_PKEY *key =
        bio ? PEM_read_bio_PrivateKey_ex(bio, NULL, no_pass_phrase, &locked, where, NULL) : NULL;

    BIO_free(bio);
    if (key && where)
        key = bring_over(key);
    ERR_clear_error();
    if (!key)
        err_set(e, ERR_FORMAT, "%s",
                locked ? "the private key has a pass phrase: remove it"
                       : "no private key in PEM text was found");
    return key;
}
