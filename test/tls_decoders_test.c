/* A process with few decoders reads the certificates and keys that it read before. */
#include "tls/decoders.h"
#include "tls/pem.h"

#include "test/check.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>

enum form { PKCS8, TRADITIONAL, LOCKED };

static int few(void **state)
{
    (void)state;
    CHECK(tls_few_decoders(), "not possible with this OpenSSL");
    CHECK(tls_few_decoders(), "asked for twice");
    return 0;
}

static int write_key(BIO *bio, EVP_PKEY *key, enum form form)
{
    static const char phrase[] = "secret";

    if (form == TRADITIONAL)
        return PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL);
    return PEM_write_bio_PKCS8PrivateKey(bio, key, form == LOCKED ? EVP_aes_128_cbc() : NULL,
                                         phrase, (int)strlen(phrase), NULL, NULL);
}

static EVP_PKEY *there_and_back(EVP_PKEY *key, enum form form, struct err *e)
{
    BIO *bio = BIO_new(BIO_s_mem());
    struct buf text = {0};
    char *at = NULL;

    CHECK(write_key(bio, key, form) == 1, "the key cannot be written");
    long len = BIO_get_mem_data(bio, &at);
    CHECK(buf_add(&text, at, (size_t)len, NULL), "memory");
    EVP_PKEY *back = pem_get_key(&text, e);
    buf_free(&text);
    BIO_free(bio);
    return back;
}

static EVP_PKEY *make_key(const char *name)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
    EVP_PKEY *key = NULL;

    CHECK(ctx && EVP_PKEY_keygen_init(ctx) == 1, "%s", name);
    if (strcmp(name, "EC") == 0)
        CHECK(EVP_PKEY_CTX_set_group_name(ctx, "P-256") == 1, "the group");
    CHECK(EVP_PKEY_keygen(ctx, &key) == 1, "no %s key", name);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static const char *const key_types[] = {"RSA", "RSA-PSS", "EC", "ED25519", "ED448"};
#define KEY_TYPES (sizeof key_types / sizeof key_types[0])

static void signs_what_the_other_verifies(EVP_PKEY *with, EVP_PKEY *by, const char *what)
{
    static const uint8_t text[] = "to be signed";
    EVP_MD_CTX *s = EVP_MD_CTX_new(), *v = EVP_MD_CTX_new();
    bool no_digest = strncmp(what, "ED", 2) == 0;
    const EVP_MD *md = no_digest ? NULL : EVP_sha256();
    uint8_t out[512];
    size_t len = sizeof out;

    CHECK(EVP_DigestSignInit(s, NULL, md, NULL, with) == 1 &&
              EVP_DigestSign(s, out, &len, text, sizeof text) == 1,
          "%s does not sign", what);
    CHECK(EVP_DigestVerifyInit(v, NULL, md, NULL, by) == 1 &&
              EVP_DigestVerify(v, out, len, text, sizeof text) == 1,
          "%s is another key", what);
    EVP_MD_CTX_free(s);
    EVP_MD_CTX_free(v);
}

static void a_private_key_in_any_form_is_read_and_is_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < KEY_TYPES; i++)
        for (enum form form = PKCS8; form <= LOCKED; form++) {
            struct err e = {0};
            EVP_PKEY *key = make_key(key_types[i]);
            CHECK(key, "no %s key", key_types[i]);
            if (form == TRADITIONAL && i != 0 && i != 2) { /* the others have no such form */
                EVP_PKEY_free(key);
                continue;
            }
            EVP_PKEY *back = there_and_back(key, form, &e);
            CHECK((back == NULL) == (form == LOCKED), "%s form %d: %s", key_types[i], form, e.text);
            CHECK(form != LOCKED || strstr(e.text, "pass phrase"), "%s", e.text);
            if (back) {
                CHECK(EVP_PKEY_eq(key, back) == 1, "%s form %d", key_types[i], form);
                signs_what_the_other_verifies(back, key, key_types[i]);
            }
            EVP_PKEY_free(back);
            EVP_PKEY_free(key);
        }
}

/* By itself: only then does the parser decode the key. */
static void the_key_of_a_certificate_is_read_whatever_signs_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < KEY_TYPES; i++) {
        EVP_PKEY *key = make_key(key_types[i]);
        uint8_t *der = NULL;
        int len = i2d_PUBKEY(key, &der);
        const uint8_t *at = der;
        EVP_PKEY *back = d2i_PUBKEY(NULL, &at, len);
        CHECK(len > 0 && back, "%s is not read", key_types[i]);
        signs_what_the_other_verifies(key, back, key_types[i]);
        EVP_PKEY_free(back);
        EVP_PKEY_free(key);
        OPENSSL_free(der);
    }
}

static SSL_CTX *all_suites_of(OSSL_LIB_CTX *where)
{
    SSL_CTX *c = SSL_CTX_new_ex(where, NULL, TLS_method());

    CHECK(c && SSL_CTX_set_cipher_list(c, "ALL:COMPLEMENTOFALL:@SECLEVEL=0") == 1, "no suites");
    return c;
}

/* Ciphers and keys were thinned out: not by one that a handshake may want. */
static void no_suite_and_no_group_of_tls_is_missing(void **state)
{
    static const char *const groups[] = {"X25519", "X448",      "P-256",     "P-384",
                                         "P-521",  "ffdhe2048", "ffdhe8192", "brainpoolP256r1"};
    OSSL_LIB_CTX *whole = OSSL_LIB_CTX_new();
    OSSL_PROVIDER *theirs = OSSL_PROVIDER_load(whole, "default");
    SSL_CTX *few_of = all_suites_of(NULL), *all_of = all_suites_of(whole);
    STACK_OF(SSL_CIPHER) *has = SSL_CTX_get_ciphers(few_of), *should = SSL_CTX_get_ciphers(all_of);

    (void)state;
    CHECK(sk_SSL_CIPHER_num(should) > 100, "%d suites", sk_SSL_CIPHER_num(should));
    CHECK(sk_SSL_CIPHER_num(has) == sk_SSL_CIPHER_num(should), "%d suites of %d",
          sk_SSL_CIPHER_num(has), sk_SSL_CIPHER_num(should));
    for (int i = 0; i < sk_SSL_CIPHER_num(should); i++)
        CHECK(sk_SSL_CIPHER_find(has, (SSL_CIPHER *)sk_SSL_CIPHER_value(should, i)) >= 0, "%s",
              SSL_CIPHER_get_name(sk_SSL_CIPHER_value(should, i)));
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        CHECK(SSL_CTX_set1_groups_list(few_of, groups[i]) ==
                  SSL_CTX_set1_groups_list(all_of, groups[i]),
              "%s", groups[i]);
    SSL_CTX_free(few_of);
    SSL_CTX_free(all_of);
    OSSL_PROVIDER_unload(theirs);
    OSSL_LIB_CTX_free(whole);
    ERR_clear_error();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_private_key_in_any_form_is_read_and_is_the_same),
        cmocka_unit_test(the_key_of_a_certificate_is_read_whatever_signs_there),
        cmocka_unit_test(no_suite_and_no_group_of_tls_is_missing),
    };
    return cmocka_run_group_tests(tests, few, NULL);
}
