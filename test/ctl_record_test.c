/* The records of a CTL file: tags, strings, certificates and addresses, CTL-13 to CTL-23. */
#include "ctl_parsing.h"

static void a_record_begins_with_its_length_and_keeps_to_it(void **state)
{
    struct ctl_build_faults faults = {.record_off = 3};
    struct err e;

    (void)state;
    REFUSED(EDIT(.record = 2, .tag = RECORD_LENGTH, .kind = CTL_EDIT_OMIT), e, ERR_CTL_13,
            "record 2: no record length at offset 1467 (found 02000f63");
    static const int offs[] = {-31, -27, -26, 1}; /* 0, 4, 5 and one too many */
    for (size_t i = 0; i < 4; i++) {
        faults.record_length_off = offs[i];
        REFUSED(example_with(&faults, &e), e, ERR_CTL_14, "record 3: length ");
    }
    faults.record_length_off = -1; /* a byte is left over behind it */
    REFUSED(example_with(&faults, &e), e, ERR_CTL_13, "record 4: no record length at offset 2636");
    static const uint8_t tail[] = {0};
    faults = (struct ctl_build_faults){.trailing = tail, .trailing_len = 1};
    REFUSED(example_with(&faults, &e), e, ERR_CTL_13, "record 4");
}

static void a_record_tag_twice_is_refused(void **state)
{
    struct err e;

    (void)state;
    for (uint8_t tag = RECORD_DNS_NAME; tag <= RECORD_IP_ADDRESS; tag++)
        REFUSED(EDIT(.record = 1, .tag = tag, .kind = CTL_EDIT_TWICE), e, ERR_CTL_15,
                record_tag_name(tag));
    REFUSED(EDIT(.record = 1, .tag = RECORD_FUNCTION, .kind = CTL_EDIT_AFTER,
                 .bytes = (const uint8_t *)"\1\0\2\0\6", .len = 5),
            e, ERR_CTL_15, "record 1 contains RECORDLENGTH twice");
}

static void a_record_needs_a_role(void **state)
{
    struct ctl_file *f;
    struct err e;

    (void)state;
    REFUSED(EDIT(.record = 3, .tag = RECORD_FUNCTION, .kind = CTL_EDIT_OMIT), e, ERR_CTL_16,
            "record 3 has no valid role");
    REFUSED(EDIT(.record = 3, .tag = RECORD_FUNCTION, .kind = CTL_EDIT_VALUE, .bytes = filler,
                 .len = 1),
            e, ERR_CTL_16, "1 bytes, must be 2");
    ACCEPTED(f,
             EDIT(.record = 3, .tag = RECORD_FUNCTION, .kind = CTL_EDIT_VALUE,
                  .bytes = (const uint8_t *)"\xff\xee", .len = 2),
             e);
    CHECK(f->records[2].role == 0xffee && !ctl_role_words(0xffee), "%x", f->records[2].role);
    ctl_free(f);
}

static void strings_end_with_one_nul(void **state)
{
    struct ctl_file *f;
    struct err e;

    (void)state;
    REFUSED(EDIT(.record = 2, .tag = RECORD_DNS_NAME, .kind = CTL_EDIT_VALUE,
                 .bytes = (const uint8_t *)"cu\0cm", .len = 6),
            e, ERR_CTL_17, "record 2: DNSNAME contains a NUL inside");
    REFUSED(EDIT(.tag = HEADER_CA_NAME, .kind = CTL_EDIT_VALUE, .bytes = (const uint8_t *)"\0\0",
                 .len = 2),
            e, ERR_CTL_17, "header: CANAME contains a NUL inside");
    ACCEPTED(f,
             EDIT(.record = 2, .tag = RECORD_DNS_NAME, .kind = CTL_EDIT_VALUE,
                  .bytes = (const uint8_t *)"cucm9", .len = 5),
             e);
    CHECK(is_text(f->records[1].dns_name, "cucm9"), "unterminated");
    CHECK(has_warning(f->warnings, 1, ERR_CTL_17, "record 2: DNSNAME is not terminated"), "%s",
          f->warnings[0].text);
    ctl_free(f);
    ACCEPTED(f,
             EDIT(.record = 2, .tag = RECORD_DNS_NAME, .kind = CTL_EDIT_VALUE,
                  .bytes = (const uint8_t *)"", .len = 1),
             e);
    CHECK(f->records[1].dns_name.at && f->records[1].dns_name.len == 0,
          "the empty string is legal");
    CHECK(f->warning_count == 0, "%s", f->warnings[0].text);
    ctl_free(f);
}

static void a_certificate_is_one_der_certificate_and_nothing_behind(void **state)
{
    uint8_t der[CTL_CERT_MAX + 64] = {0};
    struct err e;

    (void)state;
    memcpy(der, example + 774, 686);
    REFUSED(EDIT(.record = 1, .tag = RECORD_CERTIFICATE, .kind = CTL_EDIT_VALUE, .bytes = der,
                 .len = 687),
            e, ERR_CTL_20,
            "record 1 (cucm1.lab.test): certificate is not valid DER (1 bytes follow");
    REFUSED(EDIT(.record = 1, .tag = RECORD_CERTIFICATE, .kind = CTL_EDIT_VALUE, .bytes = der,
                 .len = 685),
            e, ERR_CTL_20, "not valid DER");
    REFUSED(EDIT(.record = 1, .tag = RECORD_CERTIFICATE, .kind = CTL_EDIT_VALUE, .bytes = der,
                 .len = 0),
            e, ERR_CTL_20, "not valid DER");
    REFUSED(EDIT(.record = 1, .tag = RECORD_CERTIFICATE, .kind = CTL_EDIT_VALUE, .bytes = der,
                 .len = CTL_CERT_MAX + 1),
            e, ERR_CTL_20, "16385 bytes, limit is 16384");
}

static void serial_and_key_of_a_record_are_its_certificates(void **state)
{
    uint8_t serial[18] = {0}, key[140];
    struct ctl_file *f;
    struct err e;

    (void)state;
    memcpy(serial + 2, example + 500 - 19, 16); /* 1.4: offset 478 + 3 */
    memcpy(key, example + 500, 140);
    ACCEPTED(f,
             EDIT(.record = 2, .tag = RECORD_SERIAL, .kind = CTL_EDIT_VALUE, .bytes = serial,
                  .len = 18), /* leading zeros do not count */
             e);
    ctl_free(f);
    serial[17] ^= 1;
    REFUSED(
        EDIT(.record = 2, .tag = RECORD_SERIAL, .kind = CTL_EDIT_VALUE, .bytes = serial, .len = 18),
        e, ERR_CTL_22, "record 2 (cucm1.lab.test): serial number");
    key[70] ^= 1;
    REFUSED(EDIT(.record = 1, .tag = RECORD_PUBLIC_KEY, .kind = CTL_EDIT_VALUE, .bytes = key,
                 .len = 140),
            e, ERR_CTL_22, "record 1 (cucm1.lab.test): public key");
}

static void names_and_signature_unlike_the_certificates_are_warned_of(void **state)
{
    static const struct {
        uint8_t tag;
        const char *value;
        bool same;
        const char *part;
    } rows[] = {
        {RECORD_SUBJECT, "CN=cucm2.lab.test;OU=Lab;O=Example;L=Minato;ST=Tokyo;C=JP", false,
         "subject"},
        {RECORD_ISSUER, "CN=cucm1.lab.test;OU=Lab;O=Example;L=Minato;ST=Tokyo", false, "issuer"},
        {RECORD_SUBJECT, "", false, "subject"},
        {RECORD_SUBJECT, "nonsense", false, "subject"},
        /* certutils' spelling, the eToken's spelling, another order */
        {RECORD_SUBJECT, "C=JP,O=Example,OU=Lab,CN=cucm1.lab.test,ST=Tokyo,L=Minato", true, ""},
        {RECORD_ISSUER, "cn=\"CUCM1.lab.test    \";ou=Lab;o=Example;l=Minato;st=Tokyo;c=\"JP", true,
         ""},
        {RECORD_SUBJECT, "2.5.4.3=cucm1.lab.test;OU=Lab;O=Example;L=Minato;ST=Tokyo;C=JP", true,
         ""},
        {RECORD_SUBJECT, "CN=cucm1.lab.test;OU=Lab;OU=Lab;L=Minato;ST=Tokyo;C=JP", false,
         "subject"},
    };
    struct ctl_file *f;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ACCEPTED(f,
                 EDIT(.record = 1, .tag = rows[i].tag, .kind = CTL_EDIT_VALUE,
                      .bytes = (const uint8_t *)rows[i].value, .len = strlen(rows[i].value) + 1),
                 e);
        CHECK((f->warning_count == 0) == rows[i].same, "row %zu: %s", i, f->warnings[0].text);
        CHECK(rows[i].same || has_warning(f->warnings, 1, ERR_CTL_23, rows[i].part), "row %zu: %s",
              i, f->warnings[0].text);
        CHECK(rows[i].same == (f->difference.kind == ERR_NONE), "row %zu", i);
        ctl_free(f);
    }
    ACCEPTED(f,
             EDIT(.record = 2, .tag = RECORD_SIGNATURE, .kind = CTL_EDIT_VALUE, .bytes = filler,
                  .len = 128),
             e);
    CHECK(has_warning(f->warnings, 1, ERR_CTL_23, "record 2 (cucm1.lab.test): signature differs"),
          "%s", f->warnings[0].text);
    ctl_free(f);
}

static void an_address_of_another_length_is_never_taken_for_one(void **state)
{
    static const uint8_t v6[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
    static const struct {
        const char *bytes;
        size_t len;
    } wrong[] = {{"", 0}, {"\xc0", 1}, {"\xc0\0\2", 3}, {"\xc0\0\2\x0a\0", 5}, {"192.0.2.10", 10}};
    struct net_addr a;
    struct ctl_file *f;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ACCEPTED(f,
                 EDIT(.record = 2, .tag = RECORD_IP_ADDRESS, .kind = CTL_EDIT_VALUE,
                      .bytes = (const uint8_t *)wrong[i].bytes, .len = wrong[i].len),
                 e);
        CHECK(!ctl_record_address(&f->records[1], &a), "row %zu", i);
        CHECK(has_warning(f->warnings, 1, ERR_CTL_21, "CSCum48958"), "%s", f->warnings[0].text);
        ctl_free(f);
    }
    ACCEPTED(
        f,
        EDIT(.record = 2, .tag = RECORD_IP_ADDRESS, .kind = CTL_EDIT_VALUE, .bytes = v6, .len = 16),
        e);
    CHECK(ctl_record_address(&f->records[1], &a) && a.family == 6 && f->warning_count == 0, "IPv6");
    ctl_free(f);
    ACCEPTED(f,
             EDIT(.record = 2, .tag = RECORD_IP_ADDRESS, .kind = CTL_EDIT_VALUE, .bytes = filler,
                  .len = 4),
             e);
    CHECK(!ctl_record_address(&f->records[1], &a) && f->warning_count == 0,
          "0.0.0.0 is no address");
    ctl_free(f);
}

static void an_ec_record_holds_its_point(void **state)
{
    EVP_PKEY *ec = EVP_EC_gen("P-256");
    X509 *cert = cert_make(ec, &(struct cert_spec){.cn = "cucm-ec", .serial = 7});
    struct ctl_build_record r[3];
    struct ctl_file *f;
    struct err e;

    (void)state;
    example_records(r);
    r[1].cert = cert;
    struct ctl_build b = example_build(r, 3);
    ACCEPTED(f, build_and_parse(&b, &e), e);
    CHECK(f->records[1].public_key.len == 65 && f->records[1].public_key.at[0] == 4, "%zu",
          f->records[1].public_key.len);
    CHECK(f->warning_count == 0, "%s", f->warnings[0].text);
    ctl_free(f);
    X509_free(cert);
    EVP_PKEY_free(ec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_begins_with_its_length_and_keeps_to_it),
        cmocka_unit_test(a_record_tag_twice_is_refused),
        cmocka_unit_test(a_record_needs_a_role),
        cmocka_unit_test(strings_end_with_one_nul),
        cmocka_unit_test(a_certificate_is_one_der_certificate_and_nothing_behind),
        cmocka_unit_test(serial_and_key_of_a_record_are_its_certificates),
        cmocka_unit_test(names_and_signature_unlike_the_certificates_are_warned_of),
        cmocka_unit_test(an_address_of_another_length_is_never_taken_for_one),
        cmocka_unit_test(an_ec_record_holds_its_point),
    };
    return cmocka_run_group_tests(tests, fixture_load, fixture_unload);
}
