/* The first list, and a list after a list: CTL-30 to CTL-37. */
#include "ctl_judging.h"

#include <ctype.h>

static void a_pin_is_of_the_signer_or_of_the_file(void **state)
{
    static const char of_file[] =
        "b37353a5664e01f99540f837c22295d07a711249ffe265724ece0e4ea3298f5d";
    char of_signer[65], colons[130];
    struct ctl_policy p = {.first = CTL_FIRST_PIN, .now_s = NOW_S};
    struct ctl_verdict v;
    struct err e;

    (void)state;
    ctl_sha256(example + 774, 686, of_signer);
    size_t n = 0;
    for (size_t i = 0; i < 64; i += 2)
        n += (size_t)snprintf(colons + n, sizeof colons - n, "%s%c%c", i ? ":" : "",
                              toupper(of_signer[i]), toupper(of_signer[i + 1]));
    const char *good[] = {of_file, of_signer, colons};
    for (size_t i = 0; i < 3; i++) {
        p.pin_sha256 = good[i];
        ACCEPTED(example_file(), NULL, &p, v, e);
    }
    char wrong[65], longer[80];
    strcpy(wrong, of_signer);
    wrong[63] = wrong[63] == '0' ? '1' : '0';
    snprintf(longer, sizeof longer, "%s00", of_signer);
    const char *bad[] = {wrong, longer, "", NULL, "b373"};
    for (size_t i = 0; i < 5; i++) {
        p.pin_sha256 = bad[i];
        REFUSED(example_file(), NULL, &p, e, ERR_CTL_30, of_signer);
    }
}

static void without_trust_on_first_use_nothing_is_first(void **state)
{
    struct ctl_policy p = {.first = CTL_FIRST_REFUSE, .now_s = NOW_S};
    struct ctl_file *held = example_file();
    struct ctl_verdict v;
    struct err e;

    (void)state;
    REFUSED(example_file(), NULL, &p, e, ERR_CTL_31, "MD5 cea1389df4f9e5b8c9025188a69dcb9c");
    ACCEPTED(example_file(), held, &p, v, e); /* a held list is no first one */
    ctl_free(held);
}

static void the_same_bytes_are_unchanged(void **state)
{
    struct ctl_file *held = example_file();
    struct ctl_verdict v;
    struct err e;

    (void)state;
    ACCEPTED(example_file(), held, &strict, v, e);
    CHECK(v.unchanged, "unchanged");
    ctl_free(held);
}

static void a_held_signer_may_replace_the_list(void **state)
{
    struct ctl_file *held = example_file();
    struct ctl_build_record r[3];
    struct ctl_verdict v;
    struct err e;

    (void)state;
    example_records(r);
    struct ctl_build b = example_build(r, 2);
    b.timestamp++;
    ACCEPTED(list_of(&b, &e), held, &strict, v, e);
    CHECK(!v.unchanged, "changed");
    ctl_free(held);
}

/* Equal names and serial, another key: a list that is right in itself (S16). */
static struct ctl_file *look_alike_list(struct err *e)
{
    struct ctl_build_record r[3];

    example_records(r);
    r[0].cert = r[1].cert = look_alike;
    struct ctl_build b = example_build(r, 3);
    b.signer = look_alike;
    b.key = stranger_key;
    b.timestamp++;
    return list_of(&b, e);
}

static void a_look_alike_signer_is_refused_over_a_held_list(void **state)
{
    struct ctl_file *held = example_file();
    struct ctl_verdict v;
    char sha256[65];
    struct err e;

    (void)state;
    uint8_t *der = NULL;
    int len = i2d_X509(look_alike, &der);
    ctl_sha256(der, (size_t)len, sha256);
    OPENSSL_free(der);
    ACCEPTED(look_alike_list(&e), NULL, &strict, v,
             e); /* as a first list nothing tells them apart */
    REFUSED(look_alike_list(&e), held, &lenient, e, ERR_CTL_32, sha256);
    CHECK(strstr(e.text, "2026-01-15 00:00:00 UTC") && strstr(e.text, "stays in use"), "%s",
          e.text);
    ctl_free(held);
}

static void only_a_sast_of_the_held_list_may_sign_the_next(void **state)
{
    X509 *next = cert_make(stranger_key, &(struct cert_spec){.cn = "recovery", .serial = 8});
    struct ctl_build_record r[3], n[2];
    struct ctl_verdict v;
    struct err e;

    (void)state;
    example_records(r);
    r[2] = (struct ctl_build_record){.role = CTL_ROLE_CCM, .dns_name = "cucm2", .cert = next};
    struct ctl_build b = example_build(r, 3);
    struct ctl_file *held_as_ccm = list_of(&b, &e);
    r[2].role = CTL_ROLE_SAST;
    struct ctl_file *held_as_sast = list_of(&b, &e);
    n[0] = r[2];
    n[1] = r[1];
    struct ctl_build after = {.records = n,
                              .count = 2,
                              .signer = next,
                              .key = stranger_key,
                              .digest = CTL_SHA512,
                              .timestamp = EXAMPLE_TIME + 1};
    REFUSED(list_of(&after, &e), held_as_ccm, &lenient, e, ERR_CTL_32, "CN=recovery");
    ACCEPTED(list_of(&after, &e), held_as_sast, &strict, v, e);
    ctl_free(held_as_ccm);
    ctl_free(held_as_sast);
    X509_free(next);
}

/* A renewed certificate over the same key stays trusted: the key counts, not the certificate. */
static void a_held_key_in_a_new_certificate_may_sign(void **state)
{
    X509 *renewed =
        cert_make(example_key, &(struct cert_spec){.cn = "cucm1.lab.test", .serial = 5});
    struct ctl_file *held = example_file();
    struct ctl_build_record r[3];
    struct ctl_verdict v;
    struct err e;

    (void)state;
    example_records(r);
    r[0].cert = r[1].cert = renewed;
    struct ctl_build b = example_build(r, 3);
    b.signer = renewed;
    ACCEPTED(list_of(&b, &e), held, &strict, v, e);
    ctl_free(held);
    X509_free(renewed);
}

static void an_older_list_is_warned_of_and_refused_when_strict(void **state)
{
    struct ctl_file *held = example_file();
    struct ctl_build_record r[3];
    struct ctl_verdict v;
    struct err e;

    (void)state;
    example_records(r);
    struct ctl_build b = example_build(r, 3);
    b.timestamp = EXAMPLE_TIME - 1;
    ACCEPTED(list_of(&b, &e), held, &lenient, v, e);
    CHECK(has_warning(v.warnings, v.warning_count, ERR_CTL_33, "2026-01-14 23:59:59 UTC"), "%s",
          v.warnings[0].text);
    REFUSED(list_of(&b, &e), held, &strict, e, ERR_CTL_33, "older than the held one (2026-01-15");
    b.timestamp = EXAMPLE_TIME; /* as old, other bytes */
    b.count = 2;
    ACCEPTED(list_of(&b, &e), held, &strict, v, e);
    CHECK(v.warning_count == 0, "%s", v.warnings[0].text);
    ctl_free(held);
}

static void a_stale_list_is_named_by_date_and_digest(void **state)
{
    struct ctl_file *held = example_file();
    struct err e;

    (void)state;
    ctl_stale(held, &e);
    CHECK(e.kind == ERR_CTL_37 &&
              strstr(e.text, "2026-01-15 00:00:00 UTC (MD5 cea1389df4f9e5b8c9025188a69dcb9c)"),
          "%s", e.text);
    ctl_free(held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pin_is_of_the_signer_or_of_the_file),
        cmocka_unit_test(without_trust_on_first_use_nothing_is_first),
        cmocka_unit_test(the_same_bytes_are_unchanged),
        cmocka_unit_test(a_held_signer_may_replace_the_list),
        cmocka_unit_test(a_look_alike_signer_is_refused_over_a_held_list),
        cmocka_unit_test(only_a_sast_of_the_held_list_may_sign_the_next),
        cmocka_unit_test(a_held_key_in_a_new_certificate_may_sign),
        cmocka_unit_test(an_older_list_is_warned_of_and_refused_when_strict),
        cmocka_unit_test(a_stale_list_is_named_by_date_and_digest),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
