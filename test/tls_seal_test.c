/* The seal beside a stored port certificate: it stands for the root's signature, and for nothing
 * else. */
#include "tls_place.h"

#include "tls/seal.h"

#define PORT_PEM "state/legacy/ports/CiscoUM1-VI1.pem"
#define SEAL_LEN 79 /* "vmports seal: ", 64 digits, a line's end */

static struct tls_authority *open_at(const struct place *p)
{
    struct tls_authority_settings s = {.dir = in(p, "state"), .legacy = true, .now_s = NOW};
    struct err e = {0};
    struct tls_authority *a = tls_authority_open(&s, &e);

    CHECK(a, "%s", e.text);
    return a;
}

/* By an authority that has just been opened; *replaced: what was stored was another root's. */
static struct tls_identity *start(const struct place *p, bool *replaced)
{
    struct err e = {0};
    struct tls_authority *a = open_at(p);
    struct tls_identity *id = tls_authority_port(a, "CiscoUM1-VI1", &e);

    CHECK(id, "%s", e.text);
    *replaced = tls_authority_replaced(a);
    tls_authority_free(a);
    return id;
}

static struct buf read_whole(const struct place *p, const char *name)
{
    struct buf text = {0};
    struct err e = {0};

    CHECK(buf_read_file(&text, in(p, name), PEM_FILE_MAX, &e), "%s", e.text);
    return text;
}

static void write_whole(const struct place *p, const char *name, const void *at, size_t len)
{
    struct err e = {0};

    CHECK(files_write(in(p, name), false, false, at, len, &e), "%s", e.text);
}

static struct seal_key seal_of_root(const struct place *p)
{
    struct buf text = read_whole(p, "state/legacy/root.key");
    struct err e = {0};
    EVP_PKEY *key = pem_get_key(&text, &e);
    X509 *root = pem_get_cert(&text, NULL, &e);
    struct seal_key k;

    CHECK(key && root, "%s", e.text);
    seal_key_of(root, key, &k);
    CHECK(k.usable, "an RSA key has a private exponent");
    X509_free(root);
    EVP_PKEY_free(key);
    buf_free(&text);
    return k;
}

/* The same certificate, its signature changed in the last bit. */
static X509 *forged(X509 *cert)
{
    uint8_t *der = NULL;
    int len = i2d_X509(cert, &der);

    CHECK(len > 0, "DER");
    der[len - 1] ^= 1;
    const uint8_t *at = der;
    X509 *other = d2i_X509(NULL, &at, len);
    CHECK(other, "the form is as it was");
    OPENSSL_free(der);
    return other;
}

static void store(const struct place *p, const char *seal_line, const struct seal_key *k,
                  X509 *cert)
{
    struct buf text = {0};
    struct err e = {0};

    CHECK((!seal_line || buf_add(&text, seal_line, strlen(seal_line), &e)) &&
              (!k || seal_put(&text, k, cert, &e)) && pem_put_cert(&text, cert, &e),
          "%s", e.text);
    write_whole(p, PORT_PEM, text.at, text.len);
    buf_free(&text);
}

static const char *wrong_seal(void)
{
    return "vmports seal: 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
}

static void an_issued_certificate_is_stored_with_a_seal_that_fits(void **state)
{
    const struct place *p = *state;
    bool replaced;
    struct tls_identity *id = start(p, &replaced);
    struct seal_key k = seal_of_root(p);
    struct buf text = read_whole(p, PORT_PEM);

    CHECK(text.len > SEAL_LEN && memcmp(text.at, "vmports seal: ", 14) == 0 &&
              memcmp(text.at + SEAL_LEN - 1, "\n-----BEGIN CERTIFICATE-----\n", 29) == 0,
          "a line in front of the PEM text");
    CHECK(seal_fits(&text, &k, tls_identity_cert(id)), "it fits");
    X509 *again = load_cert(in(p, PORT_PEM));
    CHECK(X509_cmp(again, tls_identity_cert(id)) == 0, "who reads PEM does not mind");
    X509_free(again);
    buf_free(&text);
    tls_identity_free(id);
}

static void a_seal_that_fits_stands_for_the_signature(void **state)
{
    const struct place *p = *state;
    bool replaced;
    struct tls_identity *first = start(p, &replaced);
    struct seal_key k = seal_of_root(p);
    X509 *cert = forged(tls_identity_cert(first));

    store(p, NULL, &k, cert);
    struct tls_identity *id = start(p, &replaced);
    CHECK(!replaced && X509_cmp(tls_identity_cert(id), cert) == 0, "the signature was not asked");
    X509_free(cert);
    tls_identity_free(id);
    tls_identity_free(first);
}

static void without_a_seal_that_fits_the_signature_decides(void **state)
{
    const struct place *p = *state;
    const char *const lines[] = {wrong_seal(), NULL, "vmports seal: \n", "vmports seal: 00\n"};
    bool replaced;

    for (size_t i = 0; i < 4; i++) {
        struct tls_identity *first = start(p, &replaced);
        X509 *cert = forged(tls_identity_cert(first));
        store(p, lines[i], NULL, cert);
        struct tls_identity *id = start(p, &replaced);
        CHECK(replaced, "row %zu: a bad signature is replaced", i);
        CHECK(X509_cmp(tls_identity_cert(id), cert) != 0, "row %zu", i);
        X509_free(cert);
        tls_identity_free(first);
        tls_identity_free(id);
    }
}

/* Certificates of older versions have no seal. */
static void a_good_certificate_without_a_seal_is_kept_and_sealed(void **state)
{
    const struct place *p = *state;
    const char *const lines[] = {NULL, wrong_seal()};
    bool replaced;
    struct tls_identity *first = start(p, &replaced);
    struct buf as_issued = read_whole(p, PORT_PEM);

    for (size_t i = 0; i < 2; i++) {
        store(p, lines[i], NULL, tls_identity_cert(first));
        struct tls_identity *id = start(p, &replaced);
        struct buf text = read_whole(p, PORT_PEM);
        CHECK(!replaced && X509_cmp(tls_identity_cert(id), tls_identity_cert(first)) == 0,
              "row %zu: kept", i);
        CHECK_BYTES(text.at, text.len, as_issued.at, as_issued.len);
        buf_free(&text);
        tls_identity_free(id);
    }
    buf_free(&as_issued);
    tls_identity_free(first);
}

static void a_seal_fits_its_certificate_and_its_root_alone(void **state)
{
    const struct place *p = *state;
    struct err e = {0};
    bool replaced;
    struct tls_identity *first = start(p, &replaced);
    struct seal_key old = seal_of_root(p);
    struct buf text = read_whole(p, PORT_PEM);
    X509 *other = forged(tls_identity_cert(first));

    CHECK(!seal_fits(&text, &old, other), "another certificate");
    struct tls_authority *a = open_at(p);
    CHECK(tls_authority_renew(a, &e), "%s", e.text);
    tls_authority_free(a);
    struct seal_key now = seal_of_root(p);
    CHECK(!seal_fits(&text, &now, tls_identity_cert(first)), "another root");
    write_whole(p, PORT_PEM, text.at, text.len);
    struct tls_identity *id = start(p, &replaced);
    CHECK(replaced && X509_cmp(tls_identity_cert(id), tls_identity_cert(first)) != 0,
          "an old seal does not help under a new root");
    for (size_t cut = 0; cut <= SEAL_LEN; cut++) {
        struct buf part = {.at = text.at, .len = cut};
        CHECK(!seal_fits(&part, &old, tls_identity_cert(first)), "cut at %zu", cut);
    }
    X509_free(other);
    buf_free(&text);
    tls_identity_free(id);
    tls_identity_free(first);
}

/* The same key under another certificate is another root; and a root may have an EC key. */
static void the_key_of_the_seals_belongs_to_key_and_certificate_of_the_root(void **state)
{
    EVP_PKEY *rsa = issue_key(1024, NULL), *ec = issue_ec_key("P-256", NULL);
    X509 *one = issue_root(rsa, true, NOW, NULL), *two = issue_root(rsa, true, NOW, NULL);
    struct seal_key of_one, again, of_two, of_ec, of_public;

    (void)state;
    seal_key_of(one, rsa, &of_one);
    seal_key_of(one, rsa, &again);
    seal_key_of(two, rsa, &of_two);
    seal_key_of(one, ec, &of_ec);
    X509 *as_read = X509_dup(one); /* the one that was made still has the private key in it */
    seal_key_of(one, X509_get0_pubkey(as_read), &of_public);
    CHECK(of_one.usable && again.usable && of_two.usable && of_ec.usable, "usable");
    CHECK_BYTES(again.bytes, SEAL_KEY_LEN, of_one.bytes, SEAL_KEY_LEN);
    CHECK(memcmp(of_one.bytes, of_two.bytes, SEAL_KEY_LEN) != 0, "another certificate");
    CHECK(memcmp(of_one.bytes, of_ec.bytes, SEAL_KEY_LEN) != 0, "another key");
    CHECK(!of_public.usable, "a public key makes no seals");
    X509_free(as_read);
    X509_free(one);
    X509_free(two);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_issued_certificate_is_stored_with_a_seal_that_fits,
                                        make_place, free_place),
        cmocka_unit_test_setup_teardown(a_seal_that_fits_stands_for_the_signature, make_place,
                                        free_place),
        cmocka_unit_test_setup_teardown(without_a_seal_that_fits_the_signature_decides, make_place,
                                        free_place),
        cmocka_unit_test_setup_teardown(a_good_certificate_without_a_seal_is_kept_and_sealed,
                                        make_place, free_place),
        cmocka_unit_test_setup_teardown(a_seal_fits_its_certificate_and_its_root_alone, make_place,
                                        free_place),
        cmocka_unit_test(the_key_of_the_seals_belongs_to_key_and_certificate_of_the_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
