/* What stands behind an option: taken strictly, refused with what was given and what would do. */
#include "check.h"

#include "tools/shared/command.h"
#include "tools/shared/options.h"

static void a_number_is_digits_inside_its_limits(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        unsigned v;
        const char *words;
    } rows[] = {
        {"1", true, 1, ""},
        {"20000", true, 20000, ""},
        {"0008", true, 8, ""},
        {"0", false, 0, "--ports 0: must be 1-20000"},
        {"20001", false, 0, "--ports 20001: must be 1-20000"},
        {"-1", false, 0, "not a number"},
        {"+1", false, 0, "not a number"},
        {" 1", false, 0, "not a number"},
        {"1x", false, 0, "not a number"},
        {"0x10", false, 0, "not a number"},
        {"1.5", false, 0, "not a number"},
        {"", false, 0, "not a number"},
        {"99999999999999999999999", false, 0, "not a number"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e = {0};
        unsigned v = 0;
        bool ok = option_unsigned("--ports", rows[i].text, 1, 20000, &v, &e);
        CHECK(ok == rows[i].ok && v == rows[i].v, "row %zu: %u: %s", i, v, e.text);
        CHECK(ok || (e.kind == ERR_USAGE && strstr(e.text, rows[i].words)), "row %zu: %s", i,
              e.text);
    }
}

static void a_range_has_two_numbers_in_order(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        const char *words;
    } rows[] = {
        {"16384-32767", true, ""},
        {"5000-5000", true, ""},
        {"32767-16384", false, "greater"},
        {"16384", false, "not a range"},
        {"16384-", false, "not a range"},
        {"-32767", false, "not a range"},
        {"1-2-3", false, "not a range"},
        {"1023-2000", false, "must lie inside 1024-65535"},
        {"2000-65536", false, "must lie inside"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e = {0};
        unsigned a, b;
        bool ok = option_range("--rtp-ports", rows[i].text, 1024, 65535, &a, &b, &e);
        CHECK(ok == rows[i].ok, "row %zu: %s", i, e.text);
        CHECK(ok || strstr(e.text, rows[i].words), "row %zu: %s", i, e.text);
    }
}

static void hosts_keep_their_order_and_ports(void **state)
{
    struct host_port h[4];
    struct err e = {0};
    size_t n = 0;

    (void)state;
    CHECK(option_hosts("-t", "10.0.0.1,cucm.lab:6969,[2001:db8::1]:70,::1", 69, h, 4, &n, &e), "%s",
          e.text);
    CHECK(n == 4, "%zu", n);
    CHECK(strcmp(h[0].host, "10.0.0.1") == 0 && h[0].port == 69, "%s:%u", h[0].host, h[0].port);
    CHECK(strcmp(h[1].host, "cucm.lab") == 0 && h[1].port == 6969, "%s:%u", h[1].host, h[1].port);
    CHECK(strcmp(h[2].host, "2001:db8::1") == 0 && h[2].port == 70, "%s:%u", h[2].host, h[2].port);
    CHECK(strcmp(h[3].host, "::1") == 0 && h[3].port == 69, "%s:%u", h[3].host, h[3].port);
}

static void a_bad_host_list_is_refused(void **state)
{
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"", "not host"},           {"a,,b", "not host"},         {"a,", "not host"},
        {"a:0", "not a port"},      {"a:65536", "not a port"},    {"a:x", "not a port"},
        {"a b", "not a host name"}, {"a;rm", "not a host name"},  {"[::1", "lacks"},
        {"a,b,A", "twice"},         {"a,b,c,d,e", "more than 4"}, {"x\x1b[1m", "not a host name"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct host_port h[4];
        struct err e = {0};
        size_t n;
        CHECK(!option_hosts("-t", rows[i].text, 69, h, 4, &n, &e), "row %zu", i);
        CHECK(strstr(e.text, rows[i].words), "row %zu: %s", i, e.text);
    }
}

static void a_word_must_be_one_of_the_list(void **state)
{
    static const char *const words[] = {"always", "once", "never", NULL};
    struct err e = {0};
    unsigned v = 9;

    (void)state;
    CHECK(option_word("--ctl-refresh", "once", words, &v, &e) && v == 1, "%u", v);
    CHECK(!option_word("--ctl-refresh", "Once", words, &v, &e), "took Once");
    CHECK(strstr(e.text, "always, once, never") && strstr(e.text, "\"Once\""), "%s", e.text);
}

static void an_extension_is_what_a_phone_can_dial(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {
        {"1001", true}, {"*9#", true},  {"+49AD", true}, {"999999999999999999999999", true},
        {"", false},    {"1 0", false}, {"1a", false},   {"9999999999999999999999999", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK(option_extension("EXT", rows[i].text, NULL) == rows[i].ok, "row %zu", i);
}

static void a_slip_of_the_finger_finds_its_name(void **state)
{
    static const char *const names[] = {"run", "status", "mwi", "reset", "stop", "verify"};
    static const struct {
        const char *word, *near;
    } rows[] = {
        {"sttaus", "status"},
        {"statsu", "status"},
        {"rnu", "run"},
        {"verfy", "verify"},
        {"stopp", "stop"},
        {"xyzzy", NULL},
        {"", NULL},
        {"mwii", "mwi"},
        {"a-word-much-longer-than-any-name-of-a-command", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *near = nearest_name(rows[i].word, names, 6, sizeof names[0]);
        bool same = near && rows[i].near ? strcmp(near, rows[i].near) == 0 : near == rows[i].near;
        CHECK(same, "row %zu: %s", i, near ? near : "none");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_digits_inside_its_limits),
        cmocka_unit_test(a_range_has_two_numbers_in_order),
        cmocka_unit_test(hosts_keep_their_order_and_ports),
        cmocka_unit_test(a_bad_host_list_is_refused),
        cmocka_unit_test(a_word_must_be_one_of_the_list),
        cmocka_unit_test(an_extension_is_what_a_phone_can_dial),
        cmocka_unit_test(a_slip_of_the_finger_finds_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
