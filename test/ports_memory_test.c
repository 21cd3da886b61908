/* A settings file is read, compared and printed with each allocation failing in turn: NULL with
 * words, or the whole of it; never a part that passes for the whole. */
#include "check.h"
#include "failing_memory.h"

#include "ports/config.h"

static const char two_groups[] = "PhoneSystem {\n"
                                 "  PortGroup {\n"
                                 "    DisplayName = \"One\"\n"
                                 "    NumberOfPorts = 4\n"
                                 "    Servers = \"10.1.1.1,10.1.1.2\"\n"
                                 "    TftpServers = 10.1.1.1\n"
                                 "    Port {\n      Numbers = 1-2\n      CapMWI = no\n    }\n"
                                 "    Port {\n      Numbers = 3\n      CapAnswer = no\n    }\n"
                                 "  }\n"
                                 "  PortGroup {\n"
                                 "    DisplayName = \"Two\"\n"
                                 "    FirstPort = 5\n"
                                 "    TftpServers = 10.1.1.1\n"
                                 "  }\n"
                                 "}\n";
static const char mistakes[] = "Threads = many\n"
                               "RtpPorts = 20001-20000\n"
                               "NoSuchSetting = 1\n"
                               "PhoneSystem {\n"
                               "  PortGroup {\n"
                               "    NumberOfPorts = -1\n"
                               "    Port {\n      Numbers = 7-5\n    }\n"
                               "  }\n"
                               "}\n";
static size_t mistakes_count;

static bool read_good(struct err *e)
{
    struct config *c = config_parse(two_groups, sizeof two_groups - 1, e);
    bool ok = c != NULL;

    if (c) {
        CHECK(c->mistake_count == 0, "line %u: %s", c->mistakes[0].line, c->mistakes[0].text);
        CHECK(c->run.group_count == 2 && c->more[0].range_count == 2, "%zu groups, %zu ranges",
              c->run.group_count, c->more[0].range_count);
        CHECK(settings_ports(&c->run) > 4, "%zu ports", settings_ports(&c->run));
    }
    config_free(c);
    return ok;
}

static bool read_bad(struct err *e)
{
    struct config *c = config_parse(mistakes, sizeof mistakes - 1, e);
    bool ok = c != NULL;

    CHECK(!c || c->mistake_count == mistakes_count, "%zu of %zu mistakes", c->mistake_count,
          mistakes_count);
    config_free(c);
    return ok;
}

static bool print(struct err *e)
{
    static size_t whole; /* the first that was printed */
    char *text = config_example();

    if (!text)
        return err_set(e, ERR_MEMORY, "no memory");
    whole = whole ? whole : strlen(text);
    CHECK(strlen(text) == whole, "%zu of %zu bytes", strlen(text), whole);
    free(text);
    return true;
}

static void settings_are_read_whole_or_refused_with_words(void **state)
{
    (void)state;
    memory_fail_each("a settings file", read_good, MEMORY_FAILS_ONCE);
    memory_fail_each("a settings file", read_good, MEMORY_IS_OVER);
}

static void no_mistake_gets_lost(void **state)
{
    struct err e = {0};
    struct config *c = config_parse(mistakes, sizeof mistakes - 1, &e);

    (void)state;
    CHECK(c && c->mistake_count >= 5, "%zu mistakes", c ? c->mistake_count : 0);
    mistakes_count = c->mistake_count;
    config_free(c);
    memory_fail_each("mistakes", read_bad, MEMORY_FAILS_ONCE);
    memory_fail_each("mistakes", read_bad, MEMORY_IS_OVER);
}

static void the_example_is_printed_whole_or_not_at_all(void **state)
{
    (void)state;
    (void)print(NULL);
    memory_fail_each("the example", print, MEMORY_FAILS_ONCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_read_whole_or_refused_with_words),
        cmocka_unit_test(no_mistake_gets_lost),
        cmocka_unit_test(the_example_is_printed_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
