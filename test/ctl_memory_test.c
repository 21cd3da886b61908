/* Each allocation of reading, judging, building and storing a list fails in turn, ours and
 * OpenSSL's: an error comes back, nothing crashes, nothing is left behind (the address sanitizer
 * looks). */
#include "ctl_fixture.h"
#include "failing_memory.h"

#include "ctl/diff.h"
#include "ctl/show.h"

static bool judge(struct err *e)
{
    static const struct ctl_policy p = {.now_s = NOW_S};
    struct ctl_verdict v;
    struct buf page = {0};
    struct ctl_file *f = ctl_parse(example, example_len, e);
    bool ok = f && ctl_verify(f, f, &p, &v, e) && ctl_show(f, &v, NULL, &page, e);

    buf_free(&page);
    ctl_free(f);
    return ok;
}

static bool build(struct err *e)
{
    struct ctl_build_record r[3];
    struct buf out = {0};

    example_records(r);
    struct ctl_build b = example_build(r, 3);
    bool ok = ctl_build(&b, &out, e);
    buf_free(&out);
    return ok;
}

static void fail_each(const char *what, memory_scenario *work)
{
    struct err e;

    CHECK(work(&e), "%s: %s", what, e.text); /* OpenSSL makes what it makes only once */
    memory_fail_each(what, work, MEMORY_IS_OVER);
}

static void reading_and_judging_survive_each_failure(void **state)
{
    (void)state;
    fail_each("judge", judge);
}

static void building_survives_each_failure(void **state)
{
    (void)state;
    fail_each("build", build);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_and_judging_survive_each_failure),
        cmocka_unit_test(building_survives_each_failure),
    };
    if (!memory_of_openssl())
        return 1;
    return cmocka_run_group_tests(tests, fixture_load, fixture_unload);
}
