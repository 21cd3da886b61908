/* Each allocation of reading, judging, building and storing a list fails in turn, ours and
 * OpenSSL's: an error comes back, nothing crashes, nothing is left behind (the address sanitizer
 * looks). */
#include "ctl_fixture.h"

#include "ctl/diff.h"
#include "ctl/show.h"

#include <openssl/crypto.h>

static long until = -1; /* allocations that still succeed; below 0: all */

static bool may_allocate(void)
{
    if (until < 0)
        return true;
    if (until == 0)
        return false;
    until--;
    return true;
}

/* The linker leads our own calls here. */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n)
{
    return may_allocate() ? __real_malloc(n) : NULL;
}

void *__wrap_calloc(size_t n, size_t size)
{
    return may_allocate() ? __real_calloc(n, size) : NULL;
}

void *__wrap_realloc(void *p, size_t n)
{
    return may_allocate() ? __real_realloc(p, n) : NULL;
}

static void *openssl_malloc(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return may_allocate() ? __real_malloc(n) : NULL;
}

static void *openssl_realloc(void *p, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return may_allocate() ? __real_realloc(p, n) : NULL;
}

static void openssl_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

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

/* Fails at the first, second, third ... allocation until there are no more. */
static void fail_each(bool (*work)(struct err *e), const char *what)
{
    struct err e;
    long n = 0;
    bool ok = false;

    CHECK(work(&e), "%s: %s", what, e.text); /* OpenSSL makes what it makes only once */
    for (; !ok && n < 20000; n++) {
        err_clear(&e);
        until = n;
        ok = work(&e);
        bool spent = until == 0;
        until = -1;
        CHECK(ok || e.kind != ERR_NONE, "%s fails without an error at allocation %ld", what, n);
        CHECK(ok || spent, "%s fails at %ld for another reason: %s", what, n, e.text);
    }
    CHECK(ok && n > 20, "%s: %ld allocations", what, n);
}

static void reading_and_judging_survive_each_failure(void **state)
{
    (void)state;
    fail_each(judge, "judge");
}

static void building_survives_each_failure(void **state)
{
    (void)state;
    fail_each(build, "build");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_and_judging_survive_each_failure),
        cmocka_unit_test(building_survives_each_failure),
    };
    if (CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) != 1)
        return 1;
    return cmocka_run_group_tests(tests, fixture_load, fixture_unload);
}
