/* Requests of the control socket: what is written is read, what is not said exactly is refused. */
#include "check.h"

#include "tools/vmports/control_requests.h"

static json_t *parse(const char *text)
{
    json_t *body = json_loads(text, 0, NULL);
    CHECK(body, "the test's own JSON is wrong: %s", text);
    return body;
}

static void what_is_written_is_read(void **state)
{
    struct ask_lamp lamps[] = {{"1001", true}, {"*9#", false}};
    struct ask_port ports[] = {{"CiscoUM1-VI1"}, {"ABCDEFGHIJKLMNO"}};
    const struct ask rows[] = {
        {.kind = ASK_STATUS},
        {.kind = ASK_MWI, .lamps = lamps, .lamp_count = 2, .wait = true},
        {.kind = ASK_MWI, .lamps = lamps, .lamp_count = 1},
        {.kind = ASK_MWI_STATUS},
        {.kind = ASK_RELOAD},
        {.kind = ASK_MWI, .group = "Head office", .lamps = lamps, .lamp_count = 1},
        {.kind = ASK_RESET},
        {.kind = ASK_RESET, .ports = ports, .port_count = 2},
        {.kind = ASK_STOP},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e = {0};
        struct ask got;
        json_t *body = ask_write(&rows[i]);
        CHECK(ask_read(&got, body, &e), "row %zu: %s", i, e.text);
        CHECK(strcmp(got.group, rows[i].group) == 0, "row %zu: group", i);
        CHECK(got.kind == rows[i].kind && got.wait == rows[i].wait, "row %zu", i);
        CHECK_BYTES(got.lamps, got.lamp_count * sizeof *lamps, rows[i].lamps,
                    rows[i].lamp_count * sizeof *lamps);
        CHECK_BYTES(got.ports, got.port_count * sizeof *ports, rows[i].ports,
                    rows[i].port_count * sizeof *ports);
        ask_free(&got);
        json_decref(body);
    }
}

static void what_is_not_said_exactly_is_refused(void **state)
{
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"{\"command\":\"dance\"}", "no request \"dance\""},
        {"{\"command\":\"da\\nce\"}", "da\\x0ace"},
        {"{\"command\":\"stop\",\"now\":true}", "nothing is known of \"now\""},
        {"{\"command\":\"status\",\"lamps\":[]}", "nothing is known of \"lamps\""},
        {"{\"command\":\"mwi\"}", "0 lamps"},
        {"{\"command\":\"mwi\",\"group\":\"\"}", "\"group\" is not"},
        {"{\"command\":\"mwi\",\"group\":7}", "\"group\" is not"},
        {"{\"command\":\"reset\",\"group\":\"A\"}", "nothing is known of \"group\""},
        {"{\"command\":\"mwi\",\"lamps\":[]}", "0 lamps"},
        {"{\"command\":\"mwi\",\"lamps\":{}}", "0 lamps"},
        {"{\"command\":\"mwi\",\"lamps\":[\"1001\"]}", "lamp 1 is not"},
        {"{\"command\":\"mwi\",\"lamps\":[{\"extension\":\"1001\"}]}", "lamp 1 is not"},
        {"{\"command\":\"mwi\",\"lamps\":[{\"extension\":1001,\"on\":true}]}", "lamp 1 is not"},
        {"{\"command\":\"mwi\",\"lamps\":[{\"extension\":\"1001\",\"on\":1}]}", "lamp 1 is not"},
        {"{\"command\":\"mwi\",\"lamps\":[{\"extension\":\"1001\",\"on\":true,\"x\":1}]}",
         "lamp 1 is not"},
        {"{\"command\":\"mwi\",\"lamps\":[{\"extension\":\"\",\"on\":true}]}",
         "lamp 1: the extension"},
        {"{\"command\":\"mwi\",\"lamps\":[{\"extension\":\"9999999999999999999999999\",\"on\":true}"
         "]}",
         "lamp 1: the extension"},
        {"{\"command\":\"mwi\",\"wait\":1,\"lamps\":[{\"extension\":\"1\",\"on\":true}]}",
         "\"wait\""},
        {"{\"command\":\"reset\",\"ports\":\"all\"}", "not a list"},
        {"{\"command\":\"reset\",\"ports\":[\"\"]}", "name 1"},
        {"{\"command\":\"reset\",\"ports\":[\"a\",\"ABCDEFGHIJKLMNOP\"]}", "name 2"},
        {"{\"command\":\"reset\",\"ports\":[\"a b\"]}", "name 1"},
        {"[]", "an object"},
        {"{}", "an object"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e = {0};
        struct ask got;
        json_t *body = parse(rows[i].text);
        CHECK(!ask_read(&got, body, &e), "row %zu was taken", i);
        CHECK(strstr(e.text, rows[i].words), "row %zu: %s", i, e.text);
        json_decref(body);
    }
}

static void the_most_lamps_fit_the_longest_line(void **state)
{
    struct ask_lamp *lamps = calloc(ASK_LAMPS_MAX + 1, sizeof *lamps);
    struct ask a = {.kind = ASK_MWI, .lamps = lamps, .lamp_count = ASK_LAMPS_MAX};
    struct ask got;

    (void)state;
    for (size_t i = 0; i <= ASK_LAMPS_MAX; i++)
        strcpy(lamps[i].extension, "999999999999999999999999");
    json_t *body = ask_write(&a);
    char *text = json_dumps(body, JSON_COMPACT);
    CHECK(strlen(text) < 64 * 1024, "%zu bytes", strlen(text));
    free(text);
    json_decref(body);
    a.lamp_count++;
    body = ask_write(&a);
    CHECK(!ask_read(&got, body, NULL), "took one too many");
    json_decref(body);
    free(lamps);
}

static void a_lamp_line_is_on_or_off_and_an_extension(void **state)
{
    static const struct {
        const char *line;
        bool ok, blank, on;
        const char *extension;
    } rows[] = {
        {"on 1001\n", true, false, true, "1001"},
        {"off 1001", true, false, false, "1001"},
        {"  on\t*77#  \r\n", true, false, true, "*77#"},
        {"\n", true, true, false, ""},
        {"# on 1001\n", true, true, false, ""},
        {"1001\n", false, false, false, ""},
        {"on\n", false, false, false, ""},
        {"ON 1001\n", false, false, false, ""},
        {"on 1001 1002\n", false, false, false, ""},
        {"on 10a1\n", false, false, false, ""},
        {"onoffonoff 1001\n", false, false, false, ""},
        {"on 9999999999999999999999999999999999999999\n", false, false, false, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ask_lamp lamp;
        struct err e = {0};
        bool blank, ok = ask_lamp_line(rows[i].line, &lamp, &blank, &e);
        CHECK(ok == rows[i].ok, "row %zu: %s", i, e.text);
        CHECK(!ok || (blank == rows[i].blank && strcmp(lamp.extension, rows[i].extension) == 0 &&
                      lamp.on == rows[i].on),
              "row %zu: %s", i, lamp.extension);
        CHECK(ok || (e.kind == ERR_USAGE && strstr(e.text, "on 1001")), "row %zu: %s", i, e.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(what_is_not_said_exactly_is_refused),
        cmocka_unit_test(the_most_lamps_fit_the_longest_line),
        cmocka_unit_test(a_lamp_line_is_on_or_off_and_an_extension),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
