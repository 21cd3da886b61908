#include "ctl_fixture.h"

#include "ctl/diff.h"
#include "ctl/inside.h"
#include "ctl/show.h"

static EVP_PKEY *other_key;
static X509 *other_cert, *renewed_cert;

static int load(void **state)
{
    if (fixture_load(state) != 0)
        return -1;
    other_key = EVP_RSA_gen(1024);
    other_cert = cert_make(other_key, &(struct cert_spec){.cn = "cucm2.lab.test", .serial = 4});
    renewed_cert = cert_make(other_key, &(struct cert_spec){.cn = "cucm2.lab.test", .serial = 5});
    return 0;
}

static int unload(void **state)
{
    X509_free(other_cert);
    X509_free(renewed_cert);
    EVP_PKEY_free(other_key);
    return fixture_unload(state);
}

static struct ctl_file *list_of(const struct ctl_build_record *r, size_t count, uint32_t time)
{
    struct ctl_build b = example_build(r, count);
    struct err e;

    b.timestamp = time;
    struct ctl_file *f = build_and_parse(&b, &e);
    CHECK(f, "%s", e.text);
    return f;
}

/* --- show --- */

static const char *shown(const struct ctl_file *f, struct buf *page)
{
    static const struct ctl_policy anyone = {.now_s = NOW_S};
    struct ctl_verdict v;
    struct err why, e;
    bool good = ctl_verify(f, NULL, &anyone, &v, &why);

    buf_drop(page, page->len);
    CHECK(ctl_show(f, good ? &v : NULL, &why, page, &e), "%s", e.text);
    CHECK(buf_add(page, "", 1, &e), "%s", e.text);
    return (const char *)page->at;
}

static void unknown_tags_hashes_and_roles_are_shown(void **state)
{
    static const uint8_t unknown[] = {200, 0, 1, 7};
    struct ctl_build_edit edit = {
        .tag = HEADER_TIMESTAMP, .kind = CTL_EDIT_AFTER, .bytes = unknown, .len = 4};
    struct ctl_build_faults faults = {.signer_version = true, .edits = &edit, .edit_count = 1};
    struct ctl_build_record r[] = {
        {.role = CTL_ROLE_SAST, .dns_name = "a", .cert = example_cert, .hash = CTL_SHA256},
        {.role = CTL_ROLE_TVS, .dns_name = "tvs"},
        {.role = 999},
    };
    struct ctl_build b = example_build(r, 3);
    struct buf page = {0};
    struct err e;

    (void)state;
    b.faults = &faults;
    struct ctl_file *f = build_and_parse(&b, &e);
    CHECK(f, "%s", e.text);
    const char *text = shown(f, &page);
    static const char *const parts[] = {
        "\n28      SIGNERVERSION       2       00 00\n",
        "\n200     UNKNOWN             1\n",
        "\n11      CERTIFICATEHASH     32      ",
        "\n12      HASHALGORITHM       1       02\n",
        "\n4       FUNCTION            2       TVS\n",
        "\n4       FUNCTION            2       999\n",
        "\nThis etoken was used to sign the CTL file.\n",
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        CHECK(strstr(text, parts[i]), "row %zu in\n%s", i, text);
    ctl_free(f);
    buf_free(&page);
}

static void hostile_names_reach_no_terminal(void **state)
{
    struct ctl_build_record r[] = {
        {.role = CTL_ROLE_SAST, .dns_name = "\x1b]0;pwned\a\n\"\\", .cert = example_cert}};
    struct ctl_file *f = list_of(r, 1, EXAMPLE_TIME);
    struct buf page = {0};
    const char *text = shown(f, &page);

    (void)state;
    CHECK(strstr(text, "\\x1b]0;pwned\\x07\\x0a\\x22\\x5c"), "%s", text);
    for (const char *p = text; *p; p++)
        CHECK(*p == '\n' || (*p >= ' ' && *p < 0x7f), "%02x", (unsigned char)*p);
    ctl_free(f);
    buf_free(&page);
}

static void a_page_that_finds_no_room_is_an_error(void **state)
{
    struct ctl_build_record r[3];
    struct err e;

    (void)state;
    example_records(r);
    struct ctl_file *f = list_of(r, 3, EXAMPLE_TIME);
    for (size_t most = 1; most < 3000; most += 97) {
        struct buf page = {.most = most};
        struct err why = {.kind = ERR_CTL_26};
        CHECK(!ctl_show(f, NULL, &why, &page, &e) && e.kind == ERR_LIMIT, "%zu", most);
        CHECK(page.len <= most, "%zu", page.len);
        buf_free(&page);
    }
    ctl_free(f);
}

/* --- diff --- */

struct difference {
    const char *what;
    struct ctl_build_record before, after;
    size_t changes;
    const char *part;
};

static const uint8_t ip20[] = {192, 0, 2, 20}, ip21[] = {192, 0, 2, 21};

/* A list of the example's signer and this one node, before and after. */
static void check_difference(const struct difference *d)
{
    struct ctl_build_record r[4];
    struct ctl_policy p = {.now_s = NOW_S};
    struct buf page = {0};
    size_t changes = 99;
    struct err e;

    example_records(r);
    r[2] = d->before;
    struct ctl_file *before = list_of(r, d->before.role == 99 ? 2 : 3, EXAMPLE_TIME);
    r[2] = d->after;
    struct ctl_file *after = list_of(r, d->after.role == 99 ? 2 : 3, EXAMPLE_TIME);
    CHECK(ctl_diff(before, after, &p, &page, &changes, &e), "%s", e.text);
    CHECK(buf_add(&page, "", 1, &e), "%s", e.text);
    const char *text = (const char *)page.at;
    CHECK(changes == d->changes, "%s: %zu changes\n%s", d->what, changes, text);
    CHECK(strstr(text, d->part), "%s: \"%s\" is not in\n%s", d->what, d->part, text);
    CHECK(strstr(text, "A port that holds the old list "), "%s", text);
    ctl_free(before);
    ctl_free(after);
    buf_free(&page);
}

#define NODE(name, ip, certificate)                                                                \
    {                                                                                              \
        .role = CTL_ROLE_CCM, .dns_name = name, .cert = certificate, .address = ip,                \
        .address_len = 4                                                                           \
    }
#define NOBODY_THERE                                                                               \
    {                                                                                              \
        .role = 99                                                                                 \
    }

static void each_kind_of_change_has_its_words(void **state)
{
    const struct difference rows[] = {
        {"same", NODE("cucm2", ip20, other_cert), NODE("cucm2", ip20, other_cert), 0,
         "No changes.\n"},
        {"added", NOBODY_THERE, NODE("cucm2", ip20, other_cert), 1,
         "+ CCM cucm2 (192.0.2.20): added, certificate serial 04:04:"},
        {"removed", NODE("cucm2", ip20, other_cert), NOBODY_THERE, 1,
         "- CCM cucm2 (192.0.2.20): removed, certificate serial 04:04:"},
        {"renewed", NODE("cucm2", ip20, example_cert), NODE("cucm2", ip20, other_cert), 1,
         "~ CCM cucm2 (192.0.2.20): certificate renewed, serial 5A:11:"},
        {"same key", NODE("cucm2", ip20, other_cert), NODE("cucm2", ip20, renewed_cert), 1,
         "certificate renewed with the same key, serial 04:04:"},
        {"taken out", NODE("cucm2", ip20, other_cert), NODE("cucm2", ip20, NULL), 1,
         "certificate taken out (non-secure mode), it was serial 04:04:"},
        {"put in", NODE("cucm2", ip20, NULL), NODE("cucm2", ip20, other_cert), 1,
         "certificate put in, serial 04:04:"},
        {"moved", NODE("cucm2", ip20, other_cert), NODE("cucm2", ip21, other_cert), 1,
         "~ CCM cucm2 (192.0.2.21): address changed, 192.0.2.20 -> 192.0.2.21"},
        {"renamed", NODE("cucm2", ip20, other_cert), NODE("cucm9", ip20, other_cert), 1,
         "name changed, \"cucm2\" -> \"cucm9\""},
        {"renamed and renewed", NODE("cucm2", ip20, other_cert), NODE("cucm9", ip20, renewed_cert),
         2, "name changed, \"cucm2\" -> \"cucm9\""},
        {"another node", NODE("cucm2", ip20, other_cert), NODE("cucm9", ip21, example_cert), 2,
         "- CCM cucm2"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_difference(&rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_tags_hashes_and_roles_are_shown),
        cmocka_unit_test(hostile_names_reach_no_terminal),
        cmocka_unit_test(a_page_that_finds_no_room_is_an_error),
        cmocka_unit_test(each_kind_of_change_has_its_words),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
