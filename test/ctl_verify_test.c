/* Who signed a list, and whether it holds: CTL-18 to CTL-29. */
#include "ctl_judging.h"

#include "base/sanitizer.h"

static void the_worked_example_is_accepted(void **state)
{
    struct ctl_verdict v;
    struct err e;

    (void)state;
    ACCEPTED(example_file(), NULL, &strict, v, e);
    CHECK(v.signer == 0 && v.usable == 1 && v.warning_count == 0 && !v.unchanged, "%zu %zu: %s",
          v.signer, v.warning_count, v.warnings[0].text);
}

/* A sanitizer makes OpenSSL's allocations many times slower: there one bit of each byte must do. */
#define NEXT_BIT(bit) ((bit) + (SANITIZER ? 9 : 1))

/* A.2 says it of every bit outside the signature; those inside break the signature itself. */
static void every_flipped_bit_is_refused(void **state)
{
    struct ctl_verdict v;
    struct err e;

    (void)state;
    for (size_t bit = 0; bit < example_len * 8; bit = NEXT_BIT(bit)) {
        example[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct ctl_file *f = ctl_parse(example, example_len, &e);
        bool ok = f && ctl_verify(f, NULL, &lenient, &v, &e);
        CHECK(!ok, "bit %zu of byte %zu", bit % 8, bit / 8);
        CHECK(*err_id(e.kind), "bit %zu: a refusal without an id: %s", bit, e.text);
        ctl_free(f);
        example[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void a_list_cut_between_two_records_is_refused(void **state)
{
    struct err e;

    (void)state;
    REFUSED(ctl_parse(example, 2606, &e), NULL, &lenient, e, ERR_CTL_26, "changed or damaged");
    REFUSED(ctl_parse(example, 1467, &e), NULL, &lenient, e, ERR_CTL_26, "SHA-1");
}

static void digests_are_known_by_their_ids(void **state)
{
    struct ctl_build_record r[3];
    struct ctl_verdict v;
    struct err e;

    (void)state;
    example_records(r);
    struct ctl_build b = example_build(r, 3);
    for (b.digest = CTL_SHA1; b.digest <= CTL_SHA512; b.digest++)
        ACCEPTED(list_of(&b, &e), NULL, &lenient, v, e);
    b.digest = CTL_SHA1;
    struct ctl_build_faults faults = {.set_digest_id = true};
    b.faults = &faults;
    static const uint8_t unknown[] = {0, 4, 255};
    for (size_t i = 0; i < sizeof unknown; i++) {
        faults.digest_id = unknown[i];
        REFUSED(list_of(&b, &e), NULL, &lenient, e, ERR_CTL_18, "known: 1 SHA-1, 2 SHA-256");
    }
    faults.digest_id = CTL_SHA512; /* known, but not the one that was used */
    REFUSED(list_of(&b, &e), NULL, &lenient, e, ERR_CTL_26, "SHA-512");
}

static void a_digest_below_the_minimum_is_refused(void **state)
{
    struct ctl_policy p = {.least = CTL_SHA512, .now_s = NOW_S};
    struct ctl_build_record r[3];
    struct ctl_verdict v;
    struct err e;

    (void)state;
    REFUSED(example_file(), NULL, &p, e, ERR_CTL_18, "below the configured minimum SHA-512");
    example_records(r);
    struct ctl_build b = example_build(r, 3);
    b.digest = CTL_SHA512;
    ACCEPTED(list_of(&b, &e), NULL, &p, v, e);
}

static void only_rsa_is_a_signature_algorithm(void **state)
{
    struct ctl_build_faults faults = {.set_signature_algorithm = true, .signature_algorithm = 1};
    struct ctl_verdict v;
    struct err e;

    (void)state;
    REFUSED(example_with(&faults, &e), NULL, &lenient, e, ERR_CTL_19, "algorithm 1 is unknown");
    faults.signature_algorithm = 0;
    ACCEPTED(example_with(&faults, &e), NULL, &lenient, v, e);
    faults = (struct ctl_build_faults){.set_modulus_code = true, .modulus_code = 77};
    ACCEPTED(example_with(&faults, &e), NULL, &lenient, v, e); /* information only */
}

static void strict_mode_refuses_a_record_unlike_its_certificate(void **state)
{
    static const char other[] = "CN=somebody.else";
    struct ctl_build_edit edit = {.record = 2,
                                  .tag = RECORD_SUBJECT,
                                  .kind = CTL_EDIT_VALUE,
                                  .bytes = (const uint8_t *)other,
                                  .len = sizeof other};
    struct ctl_verdict v;
    struct err e;

    (void)state;
    ACCEPTED(example_edited(&edit, 1, &e), NULL, &lenient, v, e);
    CHECK(has_warning(v.warnings, v.warning_count, ERR_CTL_23, "subject differs"), "%s",
          v.warnings[0].text);
    REFUSED(example_edited(&edit, 1, &e), NULL, &strict, e, ERR_CTL_23, "record 2");
}

/* --- who signed, CTL-24 to CTL-27 --- */

static void a_signer_that_is_not_in_the_list_is_refused(void **state)
{
    X509 *stranger = cert_make(stranger_key, &(struct cert_spec){.cn = "stranger", .serial = 9});
    struct ctl_build_record r[3];
    struct err e;

    (void)state;
    example_records(r);
    struct ctl_build b = example_build(r, 3);
    b.signer = stranger;
    b.key = stranger_key;
    REFUSED(list_of(&b, &e), NULL, &lenient, e, ERR_CTL_24, "serial 09:09:09");
    r[2] = r[0]; /* and the neighbour: with a record of its own it may */
    r[2].cert = stranger;
    struct ctl_verdict v;
    ACCEPTED(list_of(&b, &e), NULL, &lenient, v, e);
    CHECK(v.signer == 2, "%zu", v.signer);
    X509_free(stranger);
}

static void a_sast_without_certificate_cannot_be_the_signer(void **state)
{
    struct ctl_build_record r[3];
    struct err e;

    (void)state;
    example_records(r);
    r[0].hash = CTL_SHA1; /* an ITL may hold the hash alone */
    r[0].hash_only = true;
    struct ctl_build b = example_build(r, 3);
    REFUSED(list_of(&b, &e), NULL, &lenient, e, ERR_CTL_25, "CCM+TFTP");
    r[1].hash_only = true;
    r[1].role = CTL_ROLE_SAST;
    REFUSED(list_of(&b, &e), NULL, &lenient, e, ERR_CTL_24, "no SAST record");
}

static void a_signer_with_another_role_may_not_sign(void **state)
{
    struct ctl_build_record r[3];
    struct ctl_verdict v;
    struct err e;

    (void)state;
    example_records(r);
    struct ctl_build b = example_build(r, 3);
    r[0].role = CTL_ROLE_CAPF;
    r[1].role = CTL_ROLE_CAPF;
    REFUSED(list_of(&b, &e), NULL, &lenient, e, ERR_CTL_25, "in the list only as CAPF");
    r[1].role = CTL_ROLE_SAST;
    ACCEPTED(list_of(&b, &e), NULL, &lenient, v, e);
    CHECK(v.signer == 1, "%zu", v.signer);
}

static void names_unlike_the_record_are_accepted_only_if_one_record_fits(void **state)
{
    static const char other[] = "CN=renamed";
    struct ctl_build_edit edit = {.tag = HEADER_CA_NAME,
                                  .kind = CTL_EDIT_VALUE,
                                  .bytes = (const uint8_t *)other,
                                  .len = sizeof other};
    struct ctl_build_faults faults = {.edits = &edit, .edit_count = 1};
    struct ctl_build_record r[3];
    struct ctl_verdict v;
    struct err e;

    (void)state;
    ACCEPTED(example_with(&faults, &e), NULL, &lenient, v, e);
    CHECK(has_warning(v.warnings, v.warning_count, ERR_CTL_23, "names of the header differ"), "%s",
          v.warnings[0].text);
    REFUSED(example_with(&faults, &e), NULL, &strict, e, ERR_CTL_24, "no SAST record");
    example_records(r);
    r[1].role = CTL_ROLE_SAST; /* two of that serial: which one is meant? */
    struct ctl_build b = example_build(r, 3);
    b.faults = &faults;
    REFUSED(list_of(&b, &e), NULL, &lenient, e, ERR_CTL_24, "no SAST record");
}

static void leading_zeros_of_a_serial_do_not_count(void **state)
{
    uint8_t serial[20] = {0};
    struct ctl_build_edit edit = {
        .tag = HEADER_SERIAL, .kind = CTL_EDIT_VALUE, .bytes = serial, .len = 20};
    struct ctl_verdict v;
    struct err e;

    (void)state;
    memcpy(serial + 4, example + 77, 16);
    ACCEPTED(example_edited(&edit, 1, &e), NULL, &strict, v, e);
    serial[19] ^= 1;
    REFUSED(example_edited(&edit, 1, &e), NULL, &lenient, e, ERR_CTL_24, "00:00:00:00:5A:11");
}

static void of_several_records_with_one_serial_the_key_that_signed_decides(void **state)
{
    struct ctl_build_record r[3];
    struct ctl_verdict v;
    struct err e;

    (void)state;
    example_records(r);
    r[0].cert = look_alike;
    r[2] = r[0];
    r[2].cert = example_cert;
    struct ctl_build b = example_build(r, 3);
    ACCEPTED(list_of(&b, &e), NULL, &strict, v, e);
    CHECK(v.signer == 2, "%zu", v.signer);
}

static void another_key_under_the_signers_name_is_refused(void **state)
{
    struct ctl_build_record r[3];
    struct err e;

    (void)state;
    example_records(r);
    struct ctl_build b = example_build(r, 3);
    b.key = stranger_key;
    REFUSED(list_of(&b, &e), NULL, &lenient, e, ERR_CTL_26, "cucm1.lab.test");
}

static void a_signature_is_as_long_as_the_signers_modulus(void **state)
{
    struct ctl_build_faults faults = {.signature_len_off = -1};
    struct ctl_verdict v;
    struct err e;

    (void)state;
    REFUSED(example_with(&faults, &e), NULL, &lenient, e, ERR_CTL_27,
            "127 bytes, signer key needs 128");
    faults.signature_len_off = 128;
    REFUSED(example_with(&faults, &e), NULL, &lenient, e, ERR_CTL_27, "256 bytes");
    faults.signature_len_off = -128;
    REFUSED(example_with(&faults, &e), NULL, &lenient, e, ERR_CTL_27, "0 bytes");
    faults.signature_len_off = 0;
    ACCEPTED(example_with(&faults, &e), NULL, &lenient, v, e);
}

static void an_ec_key_cannot_be_a_signer(void **state)
{
    EVP_PKEY *ec = EVP_EC_gen("P-256");
    X509 *cert = cert_make(ec, &(struct cert_spec){.cn = "ec", .serial = 3});
    struct ctl_build_record r[3];
    struct err e;

    (void)state;
    example_records(r);
    r[0].cert = cert;
    struct ctl_build b = example_build(r, 3);
    b.signer = cert;
    REFUSED(list_of(&b, &e), NULL, &lenient, e, ERR_CTL_26, "not RSA");
    X509_free(cert);
    EVP_PKEY_free(ec);
}

static void another_file_under_the_ctls_name_is_refused(void **state)
{
    struct ctl_build_record r[3];
    struct ctl_verdict v;
    struct err e;

    (void)state;
    example_records(r);
    struct ctl_build b = example_build(r, 3);
    b.file_name = "ITLFile.tlv";
    REFUSED(list_of(&b, &e), NULL, &lenient, e, ERR_CTL_28, "\"ITLFile.tlv\" (an ITL)");
    b.file_name = "CTLFile.tlvx";
    REFUSED(list_of(&b, &e), NULL, &lenient, e, ERR_CTL_28, "CTLFile.tlvx");
    b.file_name = "";
    ACCEPTED(list_of(&b, &e), NULL, &lenient, v, e);
    CHECK(has_warning(v.warnings, v.warning_count, ERR_CTL_10, "FILENAME"), "missing: a warning");
}

static void a_list_from_tomorrow_is_warned_of(void **state)
{
    struct ctl_build_record r[3];
    struct ctl_verdict v;
    struct err e;

    (void)state;
    example_records(r);
    struct ctl_build b = example_build(r, 3);
    b.timestamp = NOW_S + 86400;
    ACCEPTED(list_of(&b, &e), NULL, &lenient, v, e);
    CHECK(v.warning_count == 0, "%s", v.warnings[0].text);
    b.timestamp++;
    ACCEPTED(list_of(&b, &e), NULL, &lenient, v, e);
    CHECK(has_warning(v.warnings, v.warning_count, ERR_CTL_DATE, "more than 24 hours"), "%s",
          v.warnings[0].text);
}

static void an_expired_signer_is_warned_of_an_expired_call_manager_is_not(void **state)
{
    static const struct {
        int64_t from_s, to_s;
        const char *part;
    } rows[] = {
        {NOW_S - 9999, NOW_S - 1, "record 1 (old): the certificate of this SAST has expired"},
        {NOW_S + 1, NOW_S + 9999, "is not yet valid"},
        {NOW_S - 1, NOW_S + 1, NULL}};
    struct ctl_build_record r[2];
    struct ctl_verdict v;
    struct err e;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        X509 *cert = cert_make(example_key, &(struct cert_spec){.cn = "old",
                                                                .serial = 2,
                                                                .from_s = rows[i].from_s,
                                                                .to_s = rows[i].to_s});
        r[0] = (struct ctl_build_record){.role = CTL_ROLE_SAST, .dns_name = "old", .cert = cert};
        r[1] = (struct ctl_build_record){.role = CTL_ROLE_CCM, .dns_name = "old", .cert = cert};
        struct ctl_build b = example_build(r, 2);
        b.signer = cert;
        ACCEPTED(list_of(&b, &e), NULL, &strict, v, e);
        CHECK(v.warning_count == (rows[i].part ? 1 : 0), "row %zu: %zu", i, v.warning_count);
        CHECK(!rows[i].part || has_warning(v.warnings, 1, ERR_CTL_DATE, rows[i].part),
              "row %zu: %s", i, v.warnings[0].text);
        X509_free(cert);
    }
}

static void a_list_of_a_non_secure_cluster_is_accepted_and_reported(void **state)
{
    struct ctl_build_record r[3];
    struct ctl_verdict v;
    struct err e;

    (void)state;
    example_records(r);
    r[1].cert = NULL;
    struct ctl_build b = example_build(r, 3);
    ACCEPTED(list_of(&b, &e), NULL, &strict, v, e);
    CHECK(v.usable == 0 && has_warning(v.warnings, 1, ERR_CTL_34, "not in mixed mode"), "%s",
          v.warnings[0].text);
    b.count = 1; /* no call manager at all */
    ACCEPTED(list_of(&b, &e), NULL, &strict, v, e);
    CHECK(has_warning(v.warnings, 1, ERR_CTL_34, "not in mixed mode"), "%s", v.warnings[0].text);
    example_records(r);
    b.count = 3;
    ACCEPTED(list_of(&b, &e), NULL, &strict, v, e);
    CHECK(v.usable == 1 && v.warning_count == 0, "%zu", v.usable);
}

/* What the list's own warnings are must not push the verdict's out of the array. */
static void warnings_of_the_verdict_stand_before_those_of_the_file(void **state)
{
    uint8_t many[4 * 40];
    struct ctl_build_record r[1];
    struct ctl_verdict v;
    struct err e;

    (void)state;
    for (size_t i = 0; i < 40; i++)
        memcpy(many + 4 * i, (uint8_t[]){200, 0, 1, 0}, 4);
    struct ctl_build_edit edit = {.record = 1,
                                  .tag = RECORD_IP_ADDRESS,
                                  .kind = CTL_EDIT_AFTER,
                                  .bytes = many,
                                  .len = sizeof many};
    r[0] = (struct ctl_build_record){
        .role = CTL_ROLE_SAST, .cert = example_cert, .address = example_ip[0], .address_len = 4};
    struct ctl_build b = example_build(r, 1);
    b.faults = &(struct ctl_build_faults){.edits = &edit, .edit_count = 1};
    ACCEPTED(list_of(&b, &e), NULL, &lenient, v, e);
    CHECK(v.warning_count == 41 && v.warnings[0].kind == ERR_CTL_34, "%zu", v.warning_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_example_is_accepted),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(a_list_cut_between_two_records_is_refused),
        cmocka_unit_test(digests_are_known_by_their_ids),
        cmocka_unit_test(a_digest_below_the_minimum_is_refused),
        cmocka_unit_test(only_rsa_is_a_signature_algorithm),
        cmocka_unit_test(strict_mode_refuses_a_record_unlike_its_certificate),
        cmocka_unit_test(a_signer_that_is_not_in_the_list_is_refused),
        cmocka_unit_test(a_sast_without_certificate_cannot_be_the_signer),
        cmocka_unit_test(a_signer_with_another_role_may_not_sign),
        cmocka_unit_test(names_unlike_the_record_are_accepted_only_if_one_record_fits),
        cmocka_unit_test(leading_zeros_of_a_serial_do_not_count),
        cmocka_unit_test(of_several_records_with_one_serial_the_key_that_signed_decides),
        cmocka_unit_test(another_key_under_the_signers_name_is_refused),
        cmocka_unit_test(a_signature_is_as_long_as_the_signers_modulus),
        cmocka_unit_test(an_ec_key_cannot_be_a_signer),
        cmocka_unit_test(another_file_under_the_ctls_name_is_refused),
        cmocka_unit_test(a_list_from_tomorrow_is_warned_of),
        cmocka_unit_test(an_expired_signer_is_warned_of_an_expired_call_manager_is_not),
        cmocka_unit_test(a_list_of_a_non_secure_cluster_is_accepted_and_reported),
        cmocka_unit_test(warnings_of_the_verdict_stand_before_those_of_the_file),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
