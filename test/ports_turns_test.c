/* The cap on handshakes: never passed, nobody forgotten; and which failures are about trust. */
#include "check.h"

#include "ports/routes.h"
#include "ports/turns.h"

#include <stdatomic.h>

#define MOST    5
#define WORKERS 8
#define WISHES  300

static void no_more_than_the_cap(void **state)
{
    struct turns *t = turns_new(2, 3, NULL);
    uv_loop_t loop;
    uv_async_t wakes[3];

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(uv_async_init(&loop, &wakes[i], NULL), 0);
        turns_set_wake(t, i, &wakes[i]);
    }
    assert_true(turns_take(t, 0));
    assert_true(turns_take(t, 0));
    assert_false(turns_take(t, 1));
    assert_int_equal(turns_under_way(t), 2);
    turns_give_back(t);
    assert_true(turns_take(t, 2));
    assert_false(turns_take(t, 0));
    assert_int_equal(turns_most(t), 2);
    for (size_t i = 0; i < 3; i++)
        uv_close((uv_handle_t *)&wakes[i], NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    turns_free(t);
}

/* Workers as threads with loops: each has wishes, holds a turn for a moment, and depends on being
 * woken. If a wake-up were lost, the test would hang until ctest ends it. */
struct wisher {
    struct turns *turns;
    size_t index;
    uv_loop_t loop;
    uv_async_t wake;
    uv_timer_t hold;
    uv_thread_t thread;
    unsigned wishes;
    bool holding;
};

static atomic_uint most_seen, granted;

static void want(struct wisher *w);

static void on_held(uv_timer_t *timer)
{
    struct wisher *w = timer->data;

    w->holding = false;
    turns_give_back(w->turns);
    want(w);
}

static void want(struct wisher *w)
{
    if (w->holding)
        return;
    if (w->wishes == 0) {
        turns_content(w->turns, w->index);
        uv_close((uv_handle_t *)&w->hold, NULL);
        uv_close((uv_handle_t *)&w->wake, NULL);
        return;
    }
    if (!turns_take(w->turns, w->index))
        return;
    const unsigned now = turns_under_way(w->turns);
    unsigned seen = atomic_load(&most_seen);
    while (now > seen && !atomic_compare_exchange_weak(&most_seen, &seen, now))
        ;
    atomic_fetch_add(&granted, 1);
    w->wishes--;
    w->holding = true;
    uv_timer_start(&w->hold, on_held, w->wishes % 16 == 0, 0);
}

static void on_wake(uv_async_t *a)
{
    struct wisher *w = a->data;

    if (!uv_is_closing((uv_handle_t *)&w->wake))
        want(w);
}

static void live(void *arg)
{
    struct wisher *w = arg;

    want(w);
    uv_run(&w->loop, UV_RUN_DEFAULT);
}

static void every_wish_comes_true_in_the_end(void **state)
{
    static struct wisher wishers[WORKERS];
    struct turns *t = turns_new(MOST, WORKERS, NULL);

    (void)state;
    for (size_t i = 0; i < WORKERS; i++) {
        struct wisher *w = &wishers[i];
        *w = (struct wisher){.turns = t, .index = i, .wishes = WISHES};
        assert_int_equal(uv_loop_init(&w->loop), 0);
        assert_int_equal(uv_async_init(&w->loop, &w->wake, on_wake), 0);
        uv_timer_init(&w->loop, &w->hold);
        w->wake.data = w->hold.data = w;
        turns_set_wake(t, i, &w->wake);
    }
    for (size_t i = 0; i < WORKERS; i++)
        assert_int_equal(uv_thread_create(&wishers[i].thread, live, &wishers[i]), 0);
    for (size_t i = 0; i < WORKERS; i++)
        uv_thread_join(&wishers[i].thread);
    /* Only now: a worker that is content may still be woken by another that looked before. */
    for (size_t i = 0; i < WORKERS; i++)
        assert_int_equal(uv_loop_close(&wishers[i].loop), 0);
    CHECK(atomic_load(&granted) == WORKERS * WISHES, "%u granted", atomic_load(&granted));
    CHECK(atomic_load(&most_seen) <= MOST, "%u at once", atomic_load(&most_seen));
    CHECK(turns_under_way(t) == 0, "all given back");
    CHECK(turns_most(t) >= atomic_load(&most_seen) && turns_most(t) <= MOST, "remembered: %u",
          turns_most(t));
    turns_free(t);
}

static void failures_of_trust_are_told_from_others(void **state)
{
    static const struct {
        enum err_kind kind;
        bool untrusted, stale;
    } rows[] = {
        {ERR_NONE, false, false},   {ERR_TIMEOUT, false, false}, {ERR_NET_01, false, false},
        {ERR_NET_03, false, false}, {ERR_CTL_35, true, true},    {ERR_CTL_26, true, false},
        {ERR_TLS_02, true, true},   {ERR_TLS_03, true, false},   {ERR_TLS_04, true, false},
        {ERR_TLS_06, false, false}, {ERR_TLS_13, false, false},  {ERR_PKI_03, true, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK(routes_untrusted(rows[i].kind) == rows[i].untrusted, "row %zu", i);
        CHECK(routes_stale(rows[i].kind) == rows[i].stale, "row %zu", i);
    }
}

static void a_copy_of_routes_is_whole_and_its_own(void **state)
{
    struct routes *r = routes_new(2, NULL), *copy;

    (void)state;
    assert_non_null(r);
    strcpy(r->list[0].host, "cucm1");
    r->list[0].trust = tls_trust_new(TLS_TRUST_PINNED, NULL);
    r->list[1].why.kind = ERR_CTL_35;
    copy = routes_copy(r, NULL);
    assert_non_null(copy);
    assert_ptr_not_equal(copy->list[0].trust, r->list[0].trust);
    routes_free(r);
    assert_int_equal(copy->count, 2);
    assert_string_equal(copy->list[0].host, "cucm1");
    assert_int_equal(copy->list[1].why.kind, ERR_CTL_35);
    assert_null(copy->list[1].trust);
    routes_free(copy);
    routes_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_more_than_the_cap),
        cmocka_unit_test(every_wish_comes_true_in_the_end),
        cmocka_unit_test(failures_of_trust_are_told_from_others),
        cmocka_unit_test(a_copy_of_routes_is_whole_and_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
