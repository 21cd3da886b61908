/* What counts say about a far end, one verdict for each way to be wrong. */
#include "check.h"
#include "media/verdict.h"

#include <string.h>

#define S INT64_C(1000000000)

static void each_fault_has_its_verdict(void **state)
{
    static const struct {
        const char *why;
        struct media_counts c;
        enum err_kind want;
        const char *says;
    } rows[] = {
        {"a good call", {.received = 500, .listened_ns = 10 * S}, ERR_NONE, ""},
        {"nothing yet", {.listened_ns = S}, ERR_NONE, ""},
        {"nothing at all", {.listened_ns = 5 * S}, ERR_MEDIA_01, "none in 5000 ms"},
        {"never listened", {.sent = 500}, ERR_NONE, ""},
        {"plain", {.auth_failures = 500, .plain = 500, .listened_ns = 9 * S}, ERR_MEDIA_02, "500"},
        {"tag",
         {.auth_failures = 500, .other_tag = 499, .listened_ns = 9 * S},
         ERR_MEDIA_03,
         "499"},
        {"key", {.auth_failures = 500, .listened_ns = 9 * S}, ERR_MEDIA_04, "500 of 500 packets"},
        {"two late packets of an old key", {.received = 500, .auth_failures = 2}, ERR_NONE, ""},
        {"less than one of a hundred", {.received = 5000, .auth_failures = 9}, ERR_NONE, ""},
        {"replay", {.received = 500, .replays = 40, .replays_old = 40}, ERR_MEDIA_05, "40"},
        {"duplication of SRTP", {.received = 500, .replays = 250}, ERR_MEDIA_06, "250"},
        {"duplication of RTP", {.received = 500, .duplicates = 250}, ERR_MEDIA_06, "250"},
        {"source", {.received = 500, .wrong_source = 400}, ERR_MEDIA_07, "400 of 500"},
        {"SSRC", {.received = 500, .ssrc_changes = 1}, ERR_MEDIA_08, "1 times"},
        {"loss", {.received = 400, .lost = 100}, ERR_MEDIA_09, "100 of 500"},
        {"one packet lost", {.received = 20, .lost = 1}, ERR_NONE, ""},
        {"order", {.received = 500, .reordered = 100}, ERR_MEDIA_10, "100 of 500"},
        {"a wrong key explains the silence",
         {.auth_failures = 9, .listened_ns = 9 * S},
         ERR_MEDIA_04,
         "9 of 9"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e = {0};
        bool well = media_verdict(&rows[i].c, &e);
        CHECK(well == (rows[i].want == ERR_NONE) && e.kind == rows[i].want, "%s: %s %s",
              rows[i].why, err_id(e.kind), e.text);
        CHECK(strstr(e.text, rows[i].says), "%s: \"%s\"", rows[i].why, e.text);
        CHECK(well || strstr(e.text, err_words(e.kind)) == e.text, "%s: in words", rows[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_has_its_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
