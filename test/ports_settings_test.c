/* What a run is told: defaults as CUC's, and each mistake named with its value. */
#include "check.h"

#include "ports/settings.h"

static struct group_settings group;
static struct pool_settings pool;

static void good(void)
{
    group_settings_default(&group);
    group.count = 8;
    strcpy(group.tftp[0].host, "127.0.0.1");
    group.tftp_count = 1;
    pool = (struct pool_settings){.groups = &group, .group_count = 1, .state_dir = "/tmp"};
}

static void names_are_prefix_and_number_of_at_most_15_characters(void **state)
{
    static const struct {
        const char *prefix;
        unsigned number;
        const char *want; /* NULL: too long */
    } rows[] = {
        {"CiscoUM1-VI", 1, "CiscoUM1-VI1"},       {"CiscoUM1-VI", 500, "CiscoUM1-VI500"},
        {"CiscoUM1-VI", 9999, "CiscoUM1-VI9999"}, {"CiscoUM1-VI", 10000, NULL},
        {"V", 4294967295u, "V4294967295"},        {"ABCDEFGHIJKLMNOPQRSTUVWXYZ", 1, NULL},
    };
    char name[DEVICE_NAME_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const bool ok = device_name(rows[i].prefix, rows[i].number, name);
        CHECK(ok == (rows[i].want != NULL), "row %zu", i);
        if (ok)
            CHECK(strcmp(name, rows[i].want) == 0, "row %zu: %s", i, name);
    }
}

static void the_defaults_are_good_and_cucs(void **state)
{
    struct err e = {0};

    (void)state;
    good();
    CHECK(settings_check(&pool, &e), "%s", e.text);
    CHECK(group.protocol_version == 17 && group.device_type == 80, "SCCP");
    CHECK(strcmp(group.mwi.on_code, "999991") == 0 && strcmp(group.mwi.off_code, "999990") == 0,
          "lamps");
    CHECK(group.mode == MODE_ENCRYPTED && group.after == AFTER_HANGUP, "mode");
    CHECK(group.features[0] == 0 && group.features[1] == 0x70 && group.features[2] == 0x05, "bits");
}

#define REFUSED(words)                                                                             \
    do {                                                                                           \
        struct err why = {0};                                                                      \
        CHECK(!settings_check(&pool, &why), "accepted: %s", words);                                \
        CHECK(strstr(why.text, words), "\"%s\" does not say \"%s\"", why.text, words);             \
        good();                                                                                    \
    } while (0)

static void every_mistake_is_named_with_its_value(void **state)
{
    struct group_settings two[2];

    (void)state;
    good();
    group.count = 0;
    REFUSED("0 ports");
    group.count = 20001;
    REFUSED("20001 ports");
    group.first = 9993;
    REFUSED("CiscoUM1-VI10000");
    strcpy(group.prefix, "CiscoUM1-VeryLo");
    REFUSED("longer than 15");
    strcpy(group.prefix, "");
    REFUSED("prefix");
    strcpy(group.prefix, "a b");
    REFUSED("a b");
    group.first = 0;
    REFUSED("number 0");
    group.tftp_count = 0;
    REFUSED("TFTP");
    group.protocol_version = 23;
    REFUSED("23");
    strcpy(group.mwi.on_code, "99x");
    REFUSED("99x");
    strcpy(group.mwi.on_code, "999990");
    REFUSED("same number");
    group.mwi.result_ms = 0;
    REFUSED("0 ms");
    pool.rtp_lo = 20000;
    pool.rtp_hi = 20013;
    REFUSED("hold 7 calls");
    pool.rtp_lo = 30000;
    pool.rtp_hi = 20000;
    REFUSED("30000-20000");
    pool.group_count = 0;
    REFUSED("no port group");
    two[0] = two[1] = group;
    two[1].first = 8;
    pool.groups = two;
    pool.group_count = 2;
    REFUSED("share");
    group.mode = MODE_NON_SECURE;
    group.tftp_count = 0;
    REFUSED("no call manager");
}

/* What a reload may change under a registered port, and what makes another port of it. */
static void the_line_and_the_trust_are_told_from_the_rest(void **state)
{
    struct group_settings was, is;

    (void)state;
    group_settings_default(&was);
#define DIFFERS(change, line, trust)                                                               \
    do {                                                                                           \
        is = was;                                                                                  \
        change;                                                                                    \
        CHECK(settings_same_line(&was, &is) == !(line), "line: " #change);                         \
        CHECK(settings_same_trust(&was, &is) == !(trust), "trust: " #change);                      \
    } while (0)
    DIFFERS((void)0, false, false);
    DIFFERS(is.count = 9, false, false);
    DIFFERS(is.first = 2, false, false);
    DIFFERS(is.after = AFTER_LOOP, false, false);
    DIFFERS(is.mwi.on_code[0] = '1', false, false);
    DIFFERS(is.mwi.max_concurrent = 3, false, false);
    DIFFERS(is.prefix[0] = 'X', true, false);
    DIFFERS(is.mode = MODE_AUTHENTICATED, true, false);
    DIFFERS(is.legacy_tls = true, true, false);
    DIFFERS(is.tls_max = TLS_MAX_13, true, false);
    DIFFERS(is.server_count = 1, true, false);
    DIFFERS(is.protocol_version = 11, true, false);
    DIFFERS(is.device_type = 12, true, false);
    DIFFERS(is.features[2] = 1, true, false);
    DIFFERS(is.load_name[0] = 'x', true, false);
    DIFFERS(is.tftp_count = 1, false, true);
    DIFFERS(is.refresh = CTL_REFRESH_ONCE, false, true);
    DIFFERS(is.ctl_policy.pin_sha256 = "00", false, true);
    DIFFERS(is.ctl_policy.any_ccm = true, false, true);
    DIFFERS(is.ctl_policy.resolve_names = true, false, true);
    was.server_count = was.tftp_count = 2;
    DIFFERS(is.servers[1].host[0] = 'x', true, false);
    DIFFERS(is.servers[1].port = 1, true, false);
    DIFFERS(is.servers[2].port = 1, false, false); /* behind the end */
    DIFFERS(is.tftp[1].host[0] = 'x', false, true);
    DIFFERS(is.tftp[0].port = 1, false, true);
#undef DIFFERS
}

static void just_enough_is_enough(void **state)
{
    struct err e = {0};

    (void)state;
    good();
    pool.rtp_lo = 20001; /* odd: the first pair is 20002 */
    pool.rtp_hi = 20017;
    CHECK(settings_check(&pool, &e), "%s", e.text);
    good();
    strcpy(group.prefix, "V");
    group.count = 20000;
    CHECK(settings_check(&pool, &e), "%s", e.text);
    good();
    group.refresh = CTL_REFRESH_NEVER;
    group.tftp_count = 0;
    CHECK(settings_check(&pool, &e), "a held list needs no TFTP: %s", e.text);
    good();
    group.mode = MODE_NON_SECURE;
    group.tftp_count = 0;
    group.server_count = 1;
    CHECK(settings_check(&pool, &e), "plain TCP needs no list: %s", e.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_prefix_and_number_of_at_most_15_characters),
        cmocka_unit_test(the_defaults_are_good_and_cucs),
        cmocka_unit_test(every_mistake_is_named_with_its_value),
        cmocka_unit_test(the_line_and_the_trust_are_told_from_the_rest),
        cmocka_unit_test(just_enough_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
