/* The root, and what it signs for ports (5.1, 5.3). */
#include "tls_place.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/wait.h>

static struct tls_authority *open_at(const struct place *p, bool legacy, bool own_keys,
                                     int64_t now_s)
{
    struct err e = {0};
    struct tls_authority_settings s = {
        .dir = in(p, "state"), .legacy = legacy, .key_per_port = own_keys, .now_s = now_s};
    struct tls_authority *a = tls_authority_open(&s, &e);

    CHECK(a, "%s", e.text);
    return a;
}

static struct tls_identity *port_of(struct tls_authority *a, const char *name)
{
    struct err e = {0};
    struct tls_identity *id = tls_authority_port(a, name, &e);

    CHECK(id, "%s", e.text);
    return id;
}

/* ---- the root: 5.1 -------------------------------------------------------------------- */

static void the_root_has_the_shape_of_cucs(void **state)
{
    static const uint8_t key_usage[] = {0x03, 0x02, 0x02, 0xac};
    static const int order[] = {NID_basic_constraints, NID_subject_key_identifier, NID_key_usage};
    struct tls_authority *a = open_at(*state, true, false, NOW);
    X509 *root = tls_authority_root(a);
    char subject[128], issuer[128], serial[64];

    x509_subject_text(root, subject, sizeof subject);
    CHECK(strncmp(subject, "CN=CiscoUnity-", 14) == 0 && strlen(subject) == 3 + 47, "%s", subject);
    CHECK(subject[14 + 14] == '4' && strchr("89ab", subject[14 + 19]), "a version 4 guid: %s",
          subject);
    CHECK(strcmp(subject, x509_issuer_text(root, issuer, sizeof issuer)) == 0, "%s", issuer);
    x509_serial_text(root, serial, sizeof serial);
    CHECK(serial[12] == '4' && strchr("89ab", serial[16]), "a version 4 UUID: %s", serial);
    CHECK(x509_not_before_s(root) == NOW - 300, "back-dated five minutes");
    CHECK(x509_not_after_s(root) - x509_not_before_s(root) == 2558 * DAY, "seven years and a day");
    CHECK(X509_get_version(root) == X509_VERSION_3, "%ld", X509_get_version(root));
    CHECK(X509_get_signature_nid(root) == NID_sha1WithRSAEncryption, "SHA-1");
    CHECK(EVP_PKEY_get_bits(X509_get0_pubkey(root)) == 1024, "RSA 1024");
    CHECK(X509_get_ext_count(root) == 3, "%d", X509_get_ext_count(root));
    for (int i = 0; i < 3; i++) {
        X509_EXTENSION *x = X509_get_ext(root, i);
        CHECK(OBJ_obj2nid(X509_EXTENSION_get_object(x)) == order[i], "extension %d", i);
        CHECK(X509_EXTENSION_get_critical(x) == (i == 0), "extension %d", i);
    }
    const ASN1_OCTET_STRING *usage = X509_EXTENSION_get_data(X509_get_ext(root, 2));
    CHECK_BYTES(ASN1_STRING_get0_data(usage), (size_t)ASN1_STRING_length(usage), key_usage, 4);
    CHECK(X509_get_pathlen(root) == 0, "pathlen 0");
    const X509_NAME_ENTRY *cn = X509_NAME_get_entry(X509_get_subject_name(root), 0);
    CHECK(ASN1_STRING_type(X509_NAME_ENTRY_get_data(cn)) == V_ASN1_UTF8STRING, "UTF8String");
    tls_authority_free(a);
}

/* 576 bytes with a serial number of 17 bytes, 575 with 16: the size of the seed's certificate. */
static void a_legacy_root_has_the_size_of_the_seeds(void **state)
{
    EVP_PKEY *key = issue_key(1024, NULL);
    bool seen[2] = {false, false};

    (void)state;
    for (unsigned i = 0; i < 200 && !(seen[0] && seen[1]); i++) {
        X509 *root = issue_root(key, true, NOW, NULL);
        const ASN1_INTEGER *serial = X509_get0_serialNumber(root);
        bool high = ASN1_STRING_get0_data(serial)[0] & 0x80; /* DER puts a zero byte in front */
        if (ASN1_STRING_length(serial) == 16) {
            CHECK(i2d_X509(root, NULL) == 575 + high, "%d bytes", i2d_X509(root, NULL));
            seen[high] = true;
        }
        X509_free(root);
    }
    CHECK(seen[0] && seen[1], "both lengths were met");
    EVP_PKEY_free(key);
}

static void the_file_name_is_openssls_subject_hash(void **state)
{
    X509 *cert = X509_new();
    char name[32];

    (void)state;
    /* The seed's subject and file name: 5.1 and 5.2. */
    X509_NAME_add_entry_by_NID(
        X509_get_subject_name(cert), NID_commonName, V_ASN1_UTF8STRING,
        (const unsigned char *)"CiscoUnity-5dad32eb-cafa-4559-978f-56f2c6850d41", -1, -1, 0);
    tls_root_file_name(cert, name, sizeof name);
    CHECK(strcmp(name, "57ed0e66.0") == 0, "%s", name);
    X509_free(cert);
}

static void the_modern_root_is_rsa_2048_and_sha256_and_both_sets_stand_side_by_side(void **state)
{
    const struct place *p = *state;
    struct tls_authority *a = open_at(p, false, false, NOW), *old = open_at(p, true, false, NOW);
    char key[96];

    x509_key_text(tls_authority_root(a), key, sizeof key);
    CHECK(strcmp(key, "RSA 2048 bits, RSA-SHA256") == 0, "%s", key);
    x509_key_text(tls_authority_root(old), key, sizeof key);
    CHECK(strcmp(key, "RSA 1024 bits, RSA-SHA1") == 0, "%s", key);
    CHECK(access(in(p, "state/root.pem"), F_OK) == 0, "modern");
    CHECK(access(in(p, "state/legacy/root.pem"), F_OK) == 0, "legacy");
    tls_authority_free(a);
    tls_authority_free(old);
}

/* ---- ports: 5.3 ----------------------------------------------------------------------- */

static void a_port_certificate_bears_its_name_and_the_roots_signature(void **state)
{
    const struct place *p = *state;
    struct tls_authority *a = open_at(p, false, false, NOW);
    struct tls_identity *id = port_of(a, "CiscoUM1-VI1");
    X509 *cert = tls_identity_cert(id);
    char subject[128];

    x509_subject_text(cert, subject, sizeof subject);
    CHECK(strcmp(subject, "CN=CiscoUM1-VI1") == 0, "%s", subject);
    CHECK(X509_verify(cert, X509_get0_pubkey(tls_authority_root(a))) == 1, "signed by the root");
    CHECK(x509_not_after_s(cert) - x509_not_before_s(cert) == 2558 * DAY, "2558 days");
    uint32_t usage = X509_get_key_usage(cert);
    CHECK(usage == (KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT), "%x", usage);
    uint32_t extended = X509_get_extended_key_usage(cert);
    CHECK(extended == (XKU_SSL_SERVER | XKU_SSL_CLIENT), "%x", extended);
    CHECK(X509_check_ca(cert) == 0, "no authority");
    tls_identity_free(id);
    tls_authority_free(a);
}

static void what_was_made_is_found_again(void **state)
{
    const struct place *p = *state;
    for (int own = 0; own < 2; own++) {
        struct tls_authority *a = open_at(p, true, own, NOW);
        struct tls_identity *first = port_of(a, "CiscoUM1-VI1");
        X509 *root = X509_dup(tls_authority_root(a));
        CHECK(tls_authority_made_root(a) == !own, "the first opening makes the root");
        tls_authority_free(a);
        a = open_at(p, true, own, NOW + 100 * DAY);
        CHECK(!tls_authority_made_root(a), "the second finds it");
        CHECK(X509_cmp(root, tls_authority_root(a)) == 0, "the root stays");
        CHECK(same(first, port_of(a, "CiscoUM1-VI1")), "the port's certificate stays, keys %d",
              own);
        X509_free(root);
        tls_authority_free(a);
    }
}

static void the_pool_shares_one_key_unless_each_port_wants_its_own(void **state)
{
    const struct place *p = *state;
    for (int own = 0; own < 2; own++) {
        struct tls_authority *a = open_at(p, true, own, NOW);
        struct tls_identity *one = port_of(a, "CiscoUM1-VI1"), *two = port_of(a, "CiscoUM1-VI2");
        int equal = EVP_PKEY_eq(tls_identity_key(one), tls_identity_key(two));
        CHECK(equal == !own, "own %d: %d", own, equal);
        CHECK((access(in(p, "state/legacy/ports/CiscoUM1-VI2.key"), F_OK) == 0) == own, "%d", own);
        tls_identity_free(one);
        tls_identity_free(two);
        tls_authority_free(a);
    }
}

static void a_port_certificate_is_made_anew_sixty_days_before_its_end(void **state)
{
    static const struct {
        int64_t days;
        bool same;
    } rows[] = {{2558 - 62, true}, {2558 - 59, false}};
    struct tls_authority *a;

    for (size_t i = 0; i < 2; i++) {
        a = open_at(*state, true, false, NOW);
        struct tls_identity *first = port_of(a, "CiscoUM1-VI1");
        tls_authority_free(a);
        a = open_at(*state, true, false, NOW + rows[i].days * DAY);
        CHECK(same(first, port_of(a, "CiscoUM1-VI1")) == rows[i].same, "row %zu", i);
        tls_authority_free(a);
    }
}

static void the_days_of_the_root_are_counted_and_may_be_over(void **state)
{
    static const struct {
        int64_t later_s;
        long left;
    } rows[] = {{0, 2557},        /* 2558 less five minutes */
                {2498 * DAY, 59}, /* callers warn below 60: PKI-01 */
                {2558 * DAY, -1}, /* over for five minutes */
                {2560 * DAY, -3}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tls_authority_free(open_at(*state, true, false, NOW));
        struct tls_authority *a = open_at(*state, true, false, NOW + rows[i].later_s);
        CHECK(tls_authority_days_left(a) == rows[i].left, "row %zu: %ld", i,
              tls_authority_days_left(a));
        tls_authority_free(a);
    }
}

static void a_renewed_root_brings_new_keys_and_new_port_certificates(void **state)
{
    const struct place *p = *state;
    struct err e = {0};
    struct tls_authority *a = open_at(p, true, false, NOW), *other = open_at(p, true, false, NOW);
    struct tls_identity *before = port_of(a, "CiscoUM1-VI1");
    X509 *old_root = X509_dup(tls_authority_root(a));

    CHECK(tls_authority_renew(a, &e), "%s", e.text);
    CHECK(X509_cmp(old_root, tls_authority_root(a)) != 0, "another root");
    struct tls_identity *after = port_of(a, "CiscoUM1-VI1");
    CHECK(X509_verify(tls_identity_cert(after), X509_get0_pubkey(tls_authority_root(a))) == 1,
          "under the new root");
    CHECK(!EVP_PKEY_eq(tls_identity_key(before), tls_identity_key(after)), "another key");
    /* A second process that runs with the old root follows instead of issuing under it. */
    CHECK(same(after, port_of(other, "CiscoUM1-VI1")), "the other process agrees");
    struct tls_identity *theirs = port_of(other, "CiscoUM1-VI2");
    CHECK(same(theirs, port_of(a, "CiscoUM1-VI2")), "and what it issues is good here");
    tls_identity_free(before);
    X509_free(old_root);
    tls_authority_free(a);
    tls_authority_free(other);
}

static void a_damaged_or_foreign_port_certificate_is_replaced(void **state)
{
    const struct place *p = *state;
    struct err e = {0};
    struct tls_authority *a = open_at(p, true, false, NOW);
    struct buf text = {0};
    char path[128];

    snprintf(path, sizeof path, "%s/state/legacy/ports/CiscoUM1-VI1.pem", p->dir);

    tls_identity_free(port_of(a, "CiscoUM1-VI1"));
    tls_identity_free(port_of(a, "CiscoUM1-VI2"));
    CHECK(files_write(path, false, false, "-----BEGIN", 10, &e), "%s", e.text);
    tls_identity_free(port_of(a, "CiscoUM1-VI1"));
    /* Another port's certificate under this name. */
    CHECK(buf_read_file(&text, in(p, "state/legacy/ports/CiscoUM1-VI2.pem"), PEM_FILE_MAX, &e) &&
              files_write(path, false, false, text.at, text.len, &e),
          "%s", e.text);
    buf_free(&text);
    struct tls_identity *id = port_of(a, "CiscoUM1-VI1");
    char cn[65];
    CHECK(strcmp(x509_cn_text(tls_identity_cert(id), cn, sizeof cn), "CiscoUM1-VI1") == 0, "%s",
          cn);
    tls_identity_free(id);
    tls_authority_free(a);
}

static void names_that_cannot_be_a_subject_are_pki_04(void **state)
{
    static const char *const bad[] = {
        "",
        "a/b",
        "..",
        ".hidden",
        "tab\there",
        "CiscoUM1-VI\xc3\xa4",
        "12345678901234567890123456789012345678901234567890123456789012345",
    };
    struct tls_authority *a = open_at(*state, true, false, NOW);

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err e = {0};
        CHECK(!tls_authority_port(a, bad[i], &e) && e.kind == ERR_PKI_04, "%zu: %s", i, e.text);
        for (const char *at = e.text; *at; at++)
            CHECK(*at >= ' ' && *at <= '~', "%zu: %s", i, e.text);
    }
    tls_identity_free(port_of(a, "a port with blanks"));
    tls_authority_free(a);
}

/* ---- files ---------------------------------------------------------------------------- */

static void keys_are_private_and_wide_key_files_are_refused(void **state)
{
    static const char *const secret[] = {"state/root.key", "state/ports.key",
                                         "state/ports/CiscoUM1-VI1.key"};
    const struct place *p = *state;
    struct err e = {0};

    mode_t old = umask(0);
    struct tls_authority *a = open_at(p, false, true, NOW);
    tls_identity_free(port_of(a, "CiscoUM1-VI1"));
    umask(old);
    CHECK(mode_of(in(p, "state")) == 0700, "%o", mode_of(in(p, "state")));
    for (size_t i = 0; i < 3; i++)
        CHECK(mode_of(in(p, secret[i])) == 0600, "%s: %o", secret[i], mode_of(in(p, secret[i])));
    CHECK(mode_of(in(p, "state/root.pem")) == 0644, "%o", mode_of(in(p, "state/root.pem")));
    CHECK(chmod(in(p, "state/ports/CiscoUM1-VI1.key"), 0640) == 0, "chmod");
    CHECK(!tls_authority_port(a, "CiscoUM1-VI1", &e), "a wide port key");
    CHECK(strstr(e.text, "0640") && strstr(e.text, "0600"), "%s", e.text);
    tls_authority_free(a);
    CHECK(chmod(in(p, "state/root.key"), 0644) == 0, "chmod");
    CHECK(!tls_authority_open(&(struct tls_authority_settings){.dir = in(p, "state")}, &e),
          "a wide root key");
    CHECK(e.kind == ERR_FILE && strstr(e.text, "root.key: mode 0644"), "%s", e.text);
}

static void a_root_without_its_key_is_told_and_not_replaced(void **state)
{
    const struct place *p = *state;
    struct err e = {0};
    struct tls_authority_settings s = {.dir = in(p, "state"), .legacy = true, .now_s = NOW};

    tls_authority_free(open_at(p, true, false, NOW));
    CHECK(unlink(in(p, "state/legacy/root.key")) == 0, "unlink");
    CHECK(!tls_authority_open(&s, &e) && strstr(e.text, "root.key) is missing"), "%s", e.text);
}

static void a_lost_or_stale_root_pem_is_written_again(void **state)
{
    const struct place *p = *state;
    struct err e = {0};
    char pem[128];

    snprintf(pem, sizeof pem, "%s/state/legacy/root.pem", p->dir);
    for (int i = 0; i < 2; i++) {
        struct tls_authority *a = open_at(p, true, false, NOW);
        X509 *root = X509_dup(tls_authority_root(a));
        tls_authority_free(a);
        CHECK(i ? files_write(pem, false, false, "old", 3, &e) : unlink(pem) == 0, "%s", e.text);
        a = open_at(p, true, false, NOW);
        X509 *again = load_cert(pem);
        CHECK(X509_cmp(root, again) == 0, "round %d", i);
        X509_free(again);
        X509_free(root);
        tls_authority_free(a);
    }
}

static void a_directory_that_cannot_be_made_is_an_error(void **state)
{
    const struct place *p = *state;
    struct err e = {0};

    CHECK(files_write(in(p, "file"), false, false, "x", 1, &e), "%s", e.text);
    struct tls_authority_settings s = {.dir = in(p, "file/state")};
    CHECK(!tls_authority_open(&s, &e) && e.kind == ERR_FILE, "%s", e.text);
}

#define CHILDREN 4

/* Processes that start at once in one empty directory agree on one root. */
static void processes_that_start_at_once_share_one_root(void **state)
{
    const struct place *p = *state;
    pid_t child[CHILDREN];
    int bad = 0;

    for (size_t i = 0; i < CHILDREN; i++) {
        child[i] = fork();
        if (child[i] != 0)
            continue;
        struct tls_authority_settings s = {.dir = in(p, "state"), .legacy = true, .now_s = NOW};
        struct tls_authority *a = tls_authority_open(&s, NULL);
        struct tls_identity *id = a ? tls_authority_port(a, "CiscoUM1-VI1", NULL) : NULL;
        _exit(id && X509_verify(tls_identity_cert(id), X509_get0_pubkey(tls_authority_root(a))) == 1
                  ? 0
                  : 1);
    }
    for (size_t i = 0; i < CHILDREN; i++) {
        int status = -1;
        waitpid(child[i], &status, 0);
        bad += status != 0;
    }
    CHECK(bad == 0, "%d of them failed", bad);
    struct tls_authority *a = open_at(p, true, false, NOW);
    X509 *cert = load_cert(in(p, "state/legacy/ports/CiscoUM1-VI1.pem"));
    CHECK(X509_verify(cert, X509_get0_pubkey(tls_authority_root(a))) == 1, "the root that stayed");
    X509_free(cert);
    tls_authority_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_root_has_the_shape_of_cucs, make_place, free_place),
        cmocka_unit_test_setup_teardown(a_legacy_root_has_the_size_of_the_seeds, make_place,
                                        free_place),
        cmocka_unit_test_setup_teardown(the_file_name_is_openssls_subject_hash, make_place,
                                        free_place),
        cmocka_unit_test_setup_teardown(
            the_modern_root_is_rsa_2048_and_sha256_and_both_sets_stand_side_by_side, make_place,
            free_place),
        cmocka_unit_test_setup_teardown(a_port_certificate_bears_its_name_and_the_roots_signature,
                                        make_place, free_place),
        cmocka_unit_test_setup_teardown(what_was_made_is_found_again, make_place, free_place),
        cmocka_unit_test_setup_teardown(the_pool_shares_one_key_unless_each_port_wants_its_own,
                                        make_place, free_place),
        cmocka_unit_test_setup_teardown(a_port_certificate_is_made_anew_sixty_days_before_its_end,
                                        make_place, free_place),
        cmocka_unit_test_setup_teardown(the_days_of_the_root_are_counted_and_may_be_over,
                                        make_place, free_place),
        cmocka_unit_test_setup_teardown(a_renewed_root_brings_new_keys_and_new_port_certificates,
                                        make_place, free_place),
        cmocka_unit_test_setup_teardown(a_damaged_or_foreign_port_certificate_is_replaced,
                                        make_place, free_place),
        cmocka_unit_test_setup_teardown(names_that_cannot_be_a_subject_are_pki_04, make_place,
                                        free_place),
        cmocka_unit_test_setup_teardown(keys_are_private_and_wide_key_files_are_refused, make_place,
                                        free_place),
        cmocka_unit_test_setup_teardown(a_root_without_its_key_is_told_and_not_replaced, make_place,
                                        free_place),
        cmocka_unit_test_setup_teardown(a_lost_or_stale_root_pem_is_written_again, make_place,
                                        free_place),
        cmocka_unit_test_setup_teardown(a_directory_that_cannot_be_made_is_an_error, make_place,
                                        free_place),
        cmocka_unit_test_setup_teardown(processes_that_start_at_once_share_one_root, make_place,
                                        free_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
