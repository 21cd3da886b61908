/* CUCM's own certificate (1.13), and identities and lists of trust that come from files. */
#include "tls_place.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

static void a_node_certificate_has_the_shape_of_cucms(void **state)
{
    static const uint8_t key_usage[] = {0x03, 0x02, 0x02, 0xb4};
    static const int order[] = {NID_key_usage, NID_ext_key_usage, NID_subject_key_identifier};
    const char *const sans[] = {"cucm2.lab.test", "192.0.2.11", "2001:db8::1", NULL};
    struct tls_node_spec spec = {.cn = "cucm1.lab.test",
                                 .country = "JP",
                                 .organization = "Example",
                                 .unit = "Lab",
                                 .state = "Tokyo",
                                 .locality = "Minato",
                                 .bits = 1024,
                                 .sha1 = true,
                                 .not_before_s = 1577836800,
                                 .not_after_s = 2208988800};
    struct err e = {0};
    char subject[256];

    (void)state;
    struct tls_identity *id = tls_identity_make_node(&spec, &e);
    CHECK(id, "%s", e.text);
    X509 *cert = tls_identity_cert(id);
    x509_subject_text(cert, subject, sizeof subject);
    CHECK(strcmp(subject, "C=JP,O=Example,OU=Lab,CN=cucm1.lab.test,ST=Tokyo,L=Minato") == 0, "%s",
          subject);
    /* Same names, key size, dates and serial length as the worked example of appendix A: 686 bytes.
     */
    CHECK(i2d_X509(cert, NULL) == 686, "%d bytes", i2d_X509(cert, NULL));
    CHECK(X509_get_ext_count(cert) == 3, "%d", X509_get_ext_count(cert));
    for (int i = 0; i < 3; i++) {
        X509_EXTENSION *x = X509_get_ext(cert, i);
        CHECK(OBJ_obj2nid(X509_EXTENSION_get_object(x)) == order[i], "extension %d", i);
        CHECK(!X509_EXTENSION_get_critical(x), "extension %d", i);
    }
    const ASN1_OCTET_STRING *usage = X509_EXTENSION_get_data(X509_get_ext(cert, 0));
    CHECK_BYTES(ASN1_STRING_get0_data(usage), (size_t)ASN1_STRING_length(usage), key_usage, 4);
    tls_identity_free(id);

    spec.sans = sans;
    id = tls_identity_make_node(&spec, &e);
    CHECK(id, "%s", e.text);
    cert = tls_identity_cert(id);
    CHECK(X509_check_host(cert, "cucm2.lab.test", 0, 0, NULL) == 1, "a DNS name");
    CHECK(X509_check_ip_asc(cert, "192.0.2.11", 0) == 1, "an address");
    CHECK(X509_check_ip_asc(cert, "2001:db8::1", 0) == 1, "an IPv6 address");
    tls_identity_free(id);
}

static void an_identity_is_saved_and_loaded_with_its_key(void **state)
{
    const struct place *p = *state;
    struct err e = {0};
    struct tls_node_spec spec = {.cn = "cucm1", .bits = 1024};
    struct tls_identity *id = tls_identity_make_node(&spec, &e);

    CHECK(id && tls_identity_save(id, in(p, "a.pem"), in(p, "a.key"), &e), "%s", e.text);
    CHECK(mode_of(in(p, "a.key")) == 0600, "%o", mode_of(in(p, "a.key")));
    struct tls_identity *again = tls_identity_load(in(p, "a.pem"), in(p, "a.key"), &e);
    CHECK(again, "%s", e.text);
    CHECK(EVP_PKEY_eq(tls_identity_key(id), tls_identity_key(again)) == 1, "the key");
    CHECK(same(id, again), "the certificate");
    id = tls_identity_make_node(&spec, &e);
    CHECK(tls_identity_save(id, in(p, "b.pem"), in(p, "b.key"), &e), "%s", e.text);
    CHECK(!tls_identity_load(in(p, "a.pem"), in(p, "b.key"), &e) && e.kind == ERR_TLS_01, "%s",
          e.text);
    CHECK(chmod(in(p, "b.key"), 0604) == 0, "chmod");
    CHECK(!tls_identity_load(in(p, "b.pem"), in(p, "b.key"), &e) && strstr(e.text, "0604"), "%s",
          e.text);
    CHECK(!tls_identity_load(in(p, "none.pem"), in(p, "b.key"), &e) && strstr(e.text, "none.pem"),
          "%s", e.text);
    CHECK(!tls_identity_load(in(p, "a.key"), in(p, "a.key"), &e) && e.kind == ERR_FORMAT, "%s",
          e.text);
    tls_identity_free(id);
}

static void a_key_with_a_pass_phrase_is_refused_and_nobody_is_asked(void **state)
{
    const struct place *p = *state;
    struct err e = {0};
    struct buf text = {0};
    EVP_PKEY *key = issue_key(1024, &e);
    BIO *bio = BIO_new(BIO_s_mem());
    char *at;

    CHECK(PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL),
          "a locked key");
    long n = BIO_get_mem_data(bio, &at);
    CHECK(files_write(in(p, "locked.key"), true, false, at, (size_t)n, &e), "%s", e.text);
    CHECK(buf_add(&text, at, (size_t)n, &e) && !pem_get_key(&text, &e), "a locked key");
    CHECK(strstr(e.text, "pass phrase"), "%s", e.text);
    buf_free(&text);
    BIO_free(bio);
    EVP_PKEY_free(key);
}

static void a_trust_list_reads_every_certificate_of_a_file_and_tells_damage(void **state)
{
    const struct place *p = *state;
    struct err e = {0};
    struct buf text = {0};
    struct tls_trust *t = trust_one(TLS_TRUST_ISSUERS, NULL);
    EVP_PKEY *key = issue_key(1024, &e);

    for (int i = 0; i < 2; i++) {
        X509 *root = issue_root(key, true, NOW, &e);
        CHECK(root && pem_put_cert(&text, root, &e), "%s", e.text);
        X509_free(root);
    }
    CHECK(files_write(in(p, "roots"), false, false, text.at, text.len, &e), "%s", e.text);
    CHECK(tls_trust_add_pem(t, in(p, "roots"), &e) && tls_trust_count(t) == 2, "%s", e.text);
    CHECK(tls_trust_add_pem(t, in(p, "roots"), &e) && tls_trust_count(t) == 2, "no doubles");
    CHECK(files_write(in(p, "cut"), false, false, text.at, text.len - 100, &e), "%s", e.text);
    CHECK(!tls_trust_add_pem(t, in(p, "cut"), &e) && strstr(e.text, "certificate 2 is damaged"),
          "%s", e.text);
    CHECK(files_write(in(p, "none"), false, false, "hello\n", 6, &e), "%s", e.text);
    CHECK(!tls_trust_add_pem(t, in(p, "none"), &e) && e.kind == ERR_FORMAT, "%s", e.text);
    CHECK(!tls_trust_add_pem(t, in(p, "missing"), &e) && e.kind == ERR_FILE, "%s", e.text);
    CHECK(!tls_trust_add(t, (const uint8_t *)"\x30\x03\x02\x01\x01", 5, &e), "not a certificate");
    buf_free(&text);
    EVP_PKEY_free(key);
    tls_trust_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_node_certificate_has_the_shape_of_cucms, make_place,
                                        free_place),
        cmocka_unit_test_setup_teardown(an_identity_is_saved_and_loaded_with_its_key, make_place,
                                        free_place),
        cmocka_unit_test_setup_teardown(a_key_with_a_pass_phrase_is_refused_and_nobody_is_asked,
                                        make_place, free_place),
        cmocka_unit_test_setup_teardown(
            a_trust_list_reads_every_certificate_of_a_file_and_tells_damage, make_place,
            free_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
