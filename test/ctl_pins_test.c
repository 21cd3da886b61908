#include "ctl_fixture.h"

#include "ctl/inside.h"

#define PINS 8

static EVP_PKEY *key;
static X509 *cert_a, *cert_b, *cert_multi;

static int load(void **state)
{
    if (fixture_load(state) != 0)
        return -1;
    key = EVP_RSA_gen(1024);
    cert_a = cert_make(key, &(struct cert_spec){.cn = "CUCM-a.lab.test", .serial = 1});
    cert_b = cert_make(key, &(struct cert_spec){.cn = "other", .serial = 2});
    cert_multi = cert_make(
        key, &(struct cert_spec){
                 .cn = "pub-ms.lab.test",
                 .serial = 3,
                 .san = "DNS:pub.lab.test,DNS:Sub1.lab.test,IP:192.0.2.77,IP:2001:db8::7"});
    return 0;
}

static int unload(void **state)
{
    X509_free(cert_a);
    X509_free(cert_b);
    X509_free(cert_multi);
    EVP_PKEY_free(key);
    return fixture_unload(state);
}

static struct ctl_file *list_of(const struct ctl_build_record *r, size_t count)
{
    struct ctl_build b = example_build(r, count);
    struct err e;
    struct ctl_file *f = build_and_parse(&b, &e);

    CHECK(f, "%s", e.text);
    return f;
}

static bool is_cert(struct ctl_bytes der, const X509 *cert)
{
    uint8_t *want = NULL;
    int len = i2d_X509(cert, &want);
    bool same = der.len == (size_t)len && memcmp(der.at, want, der.len) == 0;

    OPENSSL_free(want);
    return same;
}

static struct net_addr ip(const char *text)
{
    struct net_addr a = {0};

    CHECK(!text || net_addr_parse(&a, text, 0), "%s", text);
    return a;
}

/* Which of the three certificates a host gets: "", "a", "ab" ... */
static const char *pins_of(const struct ctl_file *f, const char *host, const char *addr, bool any,
                           struct err *e)
{
    static char letters[PINS + 1];
    struct ctl_bytes pins[PINS];
    struct net_addr at = ip(addr);

    err_clear(e);
    size_t n = ctl_pins(f, host, addr ? &at : NULL, any, pins, PINS, e);
    for (size_t i = 0; i < n; i++)
        letters[i] = is_cert(pins[i], cert_a)       ? 'a'
                     : is_cert(pins[i], cert_b)     ? 'b'
                     : is_cert(pins[i], cert_multi) ? 'm'
                                                    : '?';
    letters[n] = '\0';
    return letters;
}

static const uint8_t ip10[] = {192, 0, 2, 10};

static void a_server_is_found_by_name_address_and_short_name(void **state)
{
    static const uint8_t v6[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
    struct ctl_build_record r[] = {
        {.role = CTL_ROLE_SAST, .dns_name = "sast.lab.test", .cert = cert_b},
        {.role = CTL_ROLE_CCM_TFTP,
         .dns_name = "cucm1.lab.test.",
         .cert = cert_a,
         .address = ip10,
         .address_len = 4},
        {.role = CTL_ROLE_CCM, .dns_name = "192.0.2.20", .cert = cert_b},
        {.role = CTL_ROLE_CCM,
         .dns_name = "cucm3",
         .cert = cert_multi,
         .address = v6,
         .address_len = 16},
        {.role = CTL_ROLE_TFTP, .dns_name = "tftp.lab.test", .cert = cert_b},
    };
    static const struct {
        const char *host, *addr, *pins;
    } rows[] = {
        {"cucm1.lab.test", NULL, "a"},
        {"CUCM1.Lab.TEST", NULL, "a"},
        {"cucm1.lab.test.", NULL, "a"},
        {"192.0.2.10", NULL, "a"},
        {"10.9.9.9", "192.0.2.10", "a"},
        {"alias.lab.test", "192.0.2.10", "a"}, /* the connection goes there */
        {"192.0.2.20", NULL, "b"},             /* IP text in DNSNAME */
        {"named", "192.0.2.20", "b"},
        {"2001:db8::1", NULL, "m"},
        {"2001:DB8:0::1", NULL, "m"},
        {"cucm1", NULL, "a"},          /* short here, long there */
        {"cucm3.lab.test", NULL, "m"}, /* long here, short there */
        {"sast.lab.test", NULL, ""},   /* no call manager */
        {"tftp.lab.test", NULL, ""},
        {"cucm1.lab", NULL, ""},
        {"cucm1.lab.test.x", NULL, ""},
        {"192", NULL, ""}, /* no label of an address */
        {"192.0.2.1", NULL, ""},
        {"0.0.0.0", NULL, ""},
        {"", NULL, ""},
        {"cucm1.lab.test\n", NULL, ""},
    };
    struct ctl_file *f = list_of(r, 5);
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *got = pins_of(f, rows[i].host, rows[i].addr, false, &e);
        CHECK(strcmp(got, rows[i].pins) == 0, "row %zu, %s: \"%s\", %s", i, rows[i].host, got,
              e.text);
        CHECK(*got || e.kind == ERR_CTL_35, "row %zu: %s", i, e.text);
    }
    ctl_free(f);
}

static void several_certificates_of_one_host_are_all_pinned_each_once(void **state)
{
    struct ctl_build_record r[] = {
        {.role = CTL_ROLE_CCM, .dns_name = "cucm1", .cert = cert_a},
        {.role = CTL_ROLE_CCM_TFTP, .dns_name = "cucm1", .cert = cert_b},
        {.role = CTL_ROLE_CCM, .dns_name = "cucm1", .cert = cert_a},
        {.role = CTL_ROLE_CCM, .dns_name = "cucm1", .cert = NULL},
    };
    struct ctl_file *f = list_of(r, 4);
    struct ctl_bytes one[1];
    struct err e;

    (void)state;
    CHECK(strcmp(pins_of(f, "cucm1", NULL, false, &e), "ab") == 0, "%s", e.text);
    CHECK(ctl_pins(f, "cucm1", NULL, false, one, 1, &e) == 1, "never more than there is room for");
    ctl_free(f);
}

static void a_multi_san_certificate_serves_the_nodes_it_names(void **state)
{
    struct ctl_build_record r[] = {
        {.role = CTL_ROLE_CCM_TFTP, .dns_name = "pub.lab.test", .cert = cert_multi},
        {.role = CTL_ROLE_CCM_TFTP, .dns_name = "single.lab.test", .cert = cert_b},
    };
    static const struct {
        const char *host, *addr, *pins;
    } rows[] = {
        {"sub1.lab.test", NULL, "m"}, /* only in the SAN */
        {"sub1", NULL, "m"},
        {"192.0.2.77", NULL, "m"},
        {"2001:db8::7", NULL, "m"},
        {"pub-ms.lab.test", NULL, "m"}, /* the CN */
        {"single.lab.test", NULL, "b"}, /* its own record comes first */
        {"sub2.lab.test", NULL, ""},
        {"192.0.2.78", NULL, ""},
    };
    struct ctl_file *f = list_of(r, 2);
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *got = pins_of(f, rows[i].host, rows[i].addr, false, &e);
        CHECK(strcmp(got, rows[i].pins) == 0, "row %zu, %s: \"%s\"", i, rows[i].host, got);
    }
    CHECK(strcmp(pins_of(f, "sub2.lab.test", NULL, true, &e), "mb") == 0, "any_ccm takes all");
    CHECK(strcmp(pins_of(f, "sub1.lab.test", NULL, true, &e), "m") == 0,
          "but only if nothing fits");
    ctl_free(f);
}

static void a_wrong_address_length_leaves_the_name(void **state)
{
    struct ctl_build_record r[] = {
        {.role = CTL_ROLE_CCM_TFTP,
         .dns_name = "cucm1.lab.test",
         .cert = cert_a,
         .address = (const uint8_t *)"192.0.2.10",
         .address_len = 10},
        {.role = CTL_ROLE_CCM_TFTP,
         .dns_name = "cucm2.lab.test",
         .cert = cert_b,
         .address = (const uint8_t *)"\xc0\0\2\x0b\0",
         .address_len = 5},
    };
    struct ctl_file *f = list_of(r, 2);
    struct err e;

    (void)state;
    CHECK(*pins_of(f, "192.0.2.10", NULL, false, &e) == '\0', "found by its ASCII");
    CHECK(strstr(e.text, "cucm1.lab.test (address of 10 bytes, CSCum48958)"), "%s", e.text);
    CHECK(*pins_of(f, "192.0.2.11", NULL, false, &e) == '\0', "four bytes of five");
    CHECK(strcmp(pins_of(f, "cucm1.lab.test", "192.0.2.10", false, &e), "a") == 0, "%s", e.text);
    ctl_free(f);
}

static void hostile_names_match_no_host(void **state)
{
    static const char *const names[] = {"cucm1\n", "cu cm1", "\xff\xfe", "cucm1\x7f", ""};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct ctl_build_record r[] = {
            {.role = CTL_ROLE_CCM, .dns_name = names[i], .cert = cert_b}};
        struct ctl_server server[1];
        struct ctl_file *f = list_of(r, 1);
        CHECK(*pins_of(f, names[i], NULL, false, &e) == '\0', "row %zu", i);
        CHECK(ctl_servers(f, server, 1) == 0, "row %zu: %s", i, server[0].host);
        ctl_free(f);
    }
}

/* As the keeper asks whether a list without names has call managers at all. */
static void a_list_without_names_has_call_managers_for_any(void **state)
{
    struct ctl_build_record r[] = {
        {.role = CTL_ROLE_SAST, .cert = cert_a},
        {.role = CTL_ROLE_CCM_TFTP, .cert = cert_b},
    };
    struct ctl_file *f = list_of(r, 2);
    struct err e;

    (void)state;
    CHECK(*pins_of(f, "", NULL, true, &e) != '\0', "%s", e.text);
    CHECK(*pins_of(f, "", NULL, false, &e) == '\0', "an empty name is nobody's");
    ctl_free(f);
}

struct names { /* a name service in the test's hands */
    const char *name, *address;
    unsigned asked;
};

static bool says_so(void *arg, const char *name, const struct net_addr *addr)
{
    struct names *n = arg;
    struct net_addr known = ip(n->address);

    n->asked++;
    return strcmp(name, n->name) == 0 && net_ip_equal(&known, addr);
}

static void a_name_is_looked_up_where_only_that_can_find_the_server(void **state)
{
    struct ctl_build_record r[] = {
        {.role = CTL_ROLE_SAST, .dns_name = "cucm-b.lab.test", .cert = cert_b},
        {.role = CTL_ROLE_CCM, .dns_name = "192.0.2.99", .cert = cert_b},
        {.role = CTL_ROLE_CCM, .dns_name = "cucm a", .cert = cert_b},
        {.role = CTL_ROLE_CCM, .dns_name = "cucm-a.lab.test", .cert = cert_a},
    };
    struct names dns = {.name = "cucm-a.lab.test", .address = "192.0.2.10"};
    const struct ctl_match how = {.is = says_so, .arg = &dns};
    struct ctl_file *f = list_of(r, 4);
    struct net_addr at = ip("192.0.2.10");
    struct ctl_bytes pins[PINS];
    struct err e;

    (void)state;
    CHECK(*pins_of(f, "192.0.2.10", NULL, false, &e) == '\0', "not without a lookup");
    CHECK(e.kind == ERR_CTL_35, "%s", e.text);
    CHECK(ctl_pins_by(f, "192.0.2.10", &at, &how, pins, PINS, &e) == 1, "%s", e.text);
    CHECK(is_cert(pins[0], cert_a), "the certificate of the name");
    CHECK(dns.asked == 1, "no address, no unclean name and no token was looked up: %u", dns.asked);
    CHECK(ctl_pins_by(f, "192.0.2.11", NULL, &how, pins, PINS, &e) == 0, "another address");
    dns.asked = 0;
    CHECK(ctl_pins_by(f, "cucm-x.lab.test", &at, &how, pins, PINS, &e) == 0, "a name is none");
    CHECK(ctl_pins_by(f, "192.0.2.99", NULL, &how, pins, PINS, &e) == 1, "%s", e.text);
    CHECK(dns.asked == 0, "nothing is looked up where that is not needed: %u", dns.asked);
    ctl_free(f);
}

/* --- why nothing was found --- */

static void absence_is_told_apart(void **state)
{
    struct ctl_file *f;
    struct err e;

    (void)state;
    f = ctl_parse(example, example_len, &e);
    CHECK(*pins_of(f, "192.0.2.99", "192.0.2.99", false, &e) == '\0' && e.kind == ERR_CTL_35, "%s",
          e.text);
    CHECK(strcmp(e.text, "CUCM server 192.0.2.99 (192.0.2.99) is not in the CTL (3 records, MD5 "
                         "cea1389df4f9e5b8c9025188a69dcb9c, made 2026-01-15 00:00:00 UTC). Listed: "
                         "cucm1.lab.test (192.0.2.10), 192.0.2.11 (192.0.2.11)") == 0,
          "%s", e.text);
    CHECK(*pins_of(f, "192.0.2.11", NULL, false, &e) == '\0' && e.kind == ERR_CTL_36, "%s", e.text);
    CHECK(*pins_of(f, "192.0.2.11", NULL, true, &e) != '\0', "any_ccm finds the other node's");
    ctl_free(f);
    struct ctl_build_record r[3];
    example_records(r);
    r[1].cert = NULL;
    f = list_of(r, 3);
    CHECK(*pins_of(f, "cucm1.lab.test", NULL, true, &e) == '\0' && e.kind == ERR_CTL_36, "%s",
          e.text);
    CHECK(*pins_of(f, "elsewhere", NULL, true, &e) == '\0' && e.kind == ERR_CTL_34, "%s", e.text);
    ctl_free(f);
}

static void a_long_list_is_told_as_far_as_it_fits(void **state)
{
    struct ctl_build_record r[64];
    char names[64][40];
    struct err e;

    (void)state;
    for (size_t i = 0; i < 64; i++) {
        snprintf(names[i], sizeof names[i], "cucm-with-a-long-name-%zu", i);
        r[i] =
            (struct ctl_build_record){.role = CTL_ROLE_CCM, .dns_name = names[i], .cert = cert_b};
    }
    struct ctl_file *f = list_of(r, 64);
    CHECK(*pins_of(f, "nobody", NULL, false, &e) == '\0' && e.kind == ERR_CTL_35, "%s", e.text);
    CHECK(strlen(e.text) < sizeof e.text - 1 && strstr(e.text, "-name-0") && strstr(e.text, " ..."),
          "%s", e.text);
    ctl_free(f);
}

/* --- the servers of a list --- */

static void servers_come_in_file_order_each_once(void **state)
{
    static const uint8_t any[] = {0, 0, 0, 0}, ip11[] = {192, 0, 2, 11};
    struct ctl_build_record r[] = {
        {.role = CTL_ROLE_SAST, .dns_name = "cucm1", .cert = cert_a},
        {.role = CTL_ROLE_CCM_TFTP,
         .dns_name = "cucm2",
         .cert = cert_b,
         .address = any,
         .address_len = 4},
        {.role = CTL_ROLE_CCM_TFTP,
         .dns_name = "cucm1",
         .cert = cert_a,
         .address = ip10,
         .address_len = 4},
        {.role = CTL_ROLE_CCM, .dns_name = "CUCM2.", .cert = cert_a},
        {.role = CTL_ROLE_CCM, .dns_name = "192.0.2.10", .cert = cert_a}, /* cucm1 again */
        {.role = CTL_ROLE_CCM, .dns_name = "", .cert = NULL, .address = ip11, .address_len = 4},
        {.role = CTL_ROLE_CAPF, .dns_name = "capf", .cert = cert_b},
    };
    struct ctl_server s[8];
    char text[NET_ADDR_TEXT];
    struct ctl_file *f = list_of(r, 7);
    size_t n = ctl_servers(f, s, 8);

    (void)state;
    CHECK(n == 3, "%zu", n);
    CHECK(strcmp(s[0].host, "cucm2") == 0 && s[0].addr.family == 0, "%s", s[0].host);
    CHECK(strcmp(s[1].host, "cucm1") == 0 &&
              strcmp(net_ip_text(&s[1].addr, text), "192.0.2.10") == 0,
          "%s", s[1].host);
    CHECK(strcmp(s[2].host, "192.0.2.11") == 0 && s[2].addr.family == 4, "%s", s[2].host);
    CHECK(ctl_servers(f, s, 2) == 2, "no more than there is room for");
    ctl_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_is_found_by_name_address_and_short_name),
        cmocka_unit_test(several_certificates_of_one_host_are_all_pinned_each_once),
        cmocka_unit_test(a_multi_san_certificate_serves_the_nodes_it_names),
        cmocka_unit_test(a_wrong_address_length_leaves_the_name),
        cmocka_unit_test(hostile_names_match_no_host),
        cmocka_unit_test(a_list_without_names_has_call_managers_for_any),
        cmocka_unit_test(a_name_is_looked_up_where_only_that_can_find_the_server),
        cmocka_unit_test(absence_is_told_apart),
        cmocka_unit_test(a_long_list_is_told_as_far_as_it_fits),
        cmocka_unit_test(servers_come_in_file_order_each_once),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
