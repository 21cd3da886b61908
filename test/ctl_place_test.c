/* Where two lists that are alike differ: the parts of Appendix A's list by their offsets there. */
#include "ctl_fixture.h"

#include "ctl/place.h"

static void each_part_of_the_list_has_its_name(void **state)
{
    static const struct {
        size_t offset;
        const char *place;
    } rows[] = {
        {0, "the header, VERSION"},
        {9, "the header, HEADERLENGTH"},
        {10, "the header, SIGNERID"}, /* its own tag; what it holds has names of its own */
        {13, "the header, SIGNERNAME"},
        {75, "the header, SERIALNUMBER"},
        {171, "the header, SIGNATUREMODULUS"},
        {172, "the header, SIGNATURE"},
        {302, "the header, SIGNATURE"},
        {303, "the header, FILENAME"},
        {327, "the header, PADDING"},
        {328, "record 1, RECORDLENGTH"},
        {770, "record 1, SIGNATURE"},
        {774, "record 1, CERTIFICATE"},
        {1466, "record 1, IPADDRESS"},
        {1467, "record 2, RECORDLENGTH"},
        {2625, "record 3, FUNCTION"},
        {2636, "record 3, IPADDRESS"},
    };
    struct err e;
    struct ctl_file *f = ctl_parse(example, example_len, &e);
    char place[CTL_PLACE_TEXT];

    (void)state;
    CHECK(f, "%s", e.text);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK(strcmp(ctl_place_text(f, rows[i].offset, place), rows[i].place) == 0, "%zu: %s",
              rows[i].offset, place);
    for (size_t at = 0; at < f->len; at++) /* whatever the byte: a name, and inside its bounds */
        CHECK(!strstr(ctl_place_text(f, at, place), "unknown"), "%zu: %s", at, place);
    ctl_free(f);
}

static void what_differs_is_counted_and_the_first_one_is_told(void **state)
{
    struct err e;
    struct ctl_file *f = ctl_parse(example, example_len, &e);
    size_t first = 7;

    (void)state;
    CHECK(f, "%s", e.text);
    CHECK(ctl_differing(f, example, example_len, &first) == 0, "the same bytes");
    CHECK(ctl_differing(f, example, example_len - 1, &first) == SIZE_MAX, "another length");
    f->bytes[300] ^= 1;
    f->bytes[1900] ^= 0x80;
    CHECK(ctl_differing(f, example, example_len, &first) == 2 && first == 300, "at %zu", first);
    ctl_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_of_the_list_has_its_name),
        cmocka_unit_test(what_differs_is_counted_and_the_first_one_is_told),
    };
    return cmocka_run_group_tests(tests, fixture_load, fixture_unload);
}
