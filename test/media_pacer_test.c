/* Pacing with invented time: the beat, the wheel, the range of ports. */
#include "check.h"
#include "media/gather.h"
#include "media/pacer.h"
#include "media/port_range.h"
#include "media/wheel.h"

#define MS INT64_C(1000000)

static void a_late_wake_up_delays_one_packet_not_the_stream(void **state)
{
    struct pacer p = {.start_ns = 0, .every_ns = 20 * MS};
    static const struct {
        int64_t now_ms;
        unsigned send;
        int64_t skip, first_ms, next_ms;
    } rows[] = {
        {0, 1, 0, 0, 20},          {27, 1, 0, 20, 40}, /* 7 ms late */
        {39, 0, 0, 40, 40},                            /* nothing yet */
        {40, 1, 0, 40, 60},                            /* and back on the beat */
        {1060, 2, 49, 1040, 1080}, /* a second of sleep: two packets, not fifty-one */
        {1079, 0, 0, 1080, 1080},  {1119, 2, 0, 1080, 1120}, /* two that were due, none lost */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pacer_due due = pacer_take(&p, rows[i].now_ms * MS, 2);
        CHECK(due.send == rows[i].send && due.skip == rows[i].skip, "row %zu: %u %lld", i, due.send,
              (long long)due.skip);
        CHECK(due.first_ns == rows[i].first_ms * MS, "row %zu: first %lld", i,
              (long long)due.first_ns);
        CHECK(pacer_next(&p) == rows[i].next_ms * MS, "row %zu: next %lld", i,
              (long long)pacer_next(&p));
    }
}

static void a_day_of_beats_does_not_drift(void **state)
{
    struct pacer p = {.start_ns = 12345 * MS, .every_ns = 20 * MS};
    int64_t day = INT64_C(24) * 3600 * 50, sent = 0;

    (void)state;
    for (int64_t i = 0; i < day; i++)
        sent += pacer_take(&p, pacer_next(&p) + i % 19 * MS, 5).send;
    CHECK(sent == day, "%lld", (long long)sent);
    CHECK(pacer_next(&p) == 12345 * MS + day * 20 * MS, "%lld", (long long)pacer_next(&p));
}

static struct wheel new_wheel(int64_t now_ms, uint32_t ids)
{
    struct wheel w;
    struct err e = {0};

    wheel_init(&w, now_ms * MS);
    CHECK(wheel_grow(&w, ids, &e), "%s", e.text);
    return w;
}

static void the_wheel_gives_each_stream_at_its_time_and_only_once(void **state)
{
    struct wheel w = new_wheel(1000, 3);

    (void)state;
    wheel_put(&w, 0, 1005 * MS);
    wheel_put(&w, 1, 1005 * MS);
    wheel_put(&w, 2, 1063 * MS);
    CHECK(wheel_next_ns(&w) == 1005 * MS, "%lld", (long long)wheel_next_ns(&w));
    CHECK(wheel_pop(&w, 1004 * MS + MS - 1) == WHEEL_NONE, "too early");
    uint32_t a = wheel_pop(&w, 1005 * MS), b = wheel_pop(&w, 1005 * MS);
    CHECK(a + b == 1 && a != b, "%u %u", a, b);
    CHECK(wheel_pop(&w, 1062 * MS) == WHEEL_NONE, "the third has time");
    CHECK(wheel_next_ns(&w) == 1063 * MS, "%lld", (long long)wheel_next_ns(&w));
    CHECK(wheel_pop(&w, 5000 * MS) == 2, "late, but not lost");
    CHECK(wheel_pop(&w, 6000 * MS) == WHEEL_NONE && wheel_next_ns(&w) == INT64_MAX, "empty");
    wheel_free(&w);
}

static void a_stream_that_was_moved_or_removed_is_not_served_twice(void **state)
{
    struct wheel w = new_wheel(0, 100);

    (void)state;
    for (uint32_t i = 0; i < 100; i++)
        wheel_put(&w, i, 10 * MS);
    for (uint32_t i = 0; i < 100; i += 2)
        wheel_remove(&w, i);
    for (uint32_t i = 0; i < 100; i += 2)
        wheel_remove(&w, i); /* again: nothing */
    for (uint32_t i = 1; i < 100; i += 4)
        wheel_put(&w, i, 20 * MS);
    unsigned at_10 = 0, at_20 = 0;
    for (uint32_t id; (id = wheel_pop(&w, 10 * MS)) != WHEEL_NONE; at_10++)
        CHECK(id % 4 == 3, "%u at 10", id);
    for (uint32_t id; (id = wheel_pop(&w, 20 * MS)) != WHEEL_NONE; at_20++)
        CHECK(id % 4 == 1, "%u at 20", id);
    CHECK(at_10 == 25 && at_20 == 25, "%u %u", at_10, at_20);
    wheel_free(&w);
}

static void past_and_far_times_stay_within_the_wheel(void **state)
{
    struct wheel w = new_wheel(500, 2);

    (void)state;
    wheel_put(&w, 0, 3 * MS);    /* long past: now */
    wheel_put(&w, 1, 9999 * MS); /* beyond the reach: early, and its owner puts it again */
    CHECK(wheel_pop(&w, 500 * MS) == 0, "the past is now");
    CHECK(wheel_pop(&w, 562 * MS) == WHEEL_NONE, "not yet");
    CHECK(wheel_pop(&w, 563 * MS) == 1, "at the end of the wheel");
    wheel_free(&w);
}

static void fill(struct wheel *w, uint32_t calls)
{
    for (uint32_t i = 0; i < calls; i++)
        wheel_put(w, i, wheel_place(w, 100 * MS + 1, 20));
}

/* Ten thousand calls that start in one millisecond do not send in one millisecond. */
static void many_calls_are_spread_evenly_over_the_packet_time(void **state)
{
    struct wheel w = new_wheel(100, 10000);

    (void)state;
    fill(&w, 10000);
    for (int64_t tick = 101; tick < 121; tick++)
        CHECK(w.count[tick % WHEEL_SLOTS] == 500, "%u streams at %lld", w.count[tick % WHEEL_SLOTS],
              (long long)tick);
    wheel_free(&w);
}

static void few_calls_share_a_slot_so_that_the_thread_sleeps(void **state)
{
    struct wheel w = new_wheel(100, 300);

    (void)state;
    CHECK(wheel_place(&w, 100 * MS + 1, 20) == 101 * MS, "the first call begins at once");
    fill(&w, 300);
    for (int64_t tick = 101; tick < 121; tick++) {
        uint32_t want = tick < 103 ? WHEEL_TOGETHER : tick == 103 ? 300 - 2 * WHEEL_TOGETHER : 0;
        CHECK(w.count[tick % WHEEL_SLOTS] == want, "%u streams at %lld",
              w.count[tick % WHEEL_SLOTS], (long long)tick);
    }
    wheel_remove(&w, 0); /* a call ends, another begins: it takes its place */
    CHECK(wheel_place(&w, 100 * MS + 1, 20) == 101 * MS, "the fullest that is not full");
    wheel_free(&w);
}

/* Seen in the bench: a thread that had slept for a second let a call begin a second ago, and sent
 * its first packets in a burst. */
static void a_stream_never_begins_in_the_past(void **state)
{
    struct wheel asleep = new_wheel(100, 2), behind = new_wheel(100, 2);

    (void)state;
    CHECK(wheel_place(&asleep, 5000 * MS + 1, 20) == 5001 * MS, "after a long sleep");
    wheel_put(&asleep, 0, 5001 * MS);
    CHECK(wheel_next_ns(&asleep) == 5001 * MS, "%lld", (long long)wheel_next_ns(&asleep));
    CHECK(wheel_pop(&asleep, 5001 * MS) == 0, "and is served then");
    wheel_put(&behind, 0, 110 * MS);
    CHECK(wheel_place(&behind, 5000 * MS, 20) >= 5000 * MS, "while another is served late");
    CHECK(wheel_pop(&behind, 5000 * MS) == 0, "and that one is not forgotten");
    wheel_free(&asleep);
    wheel_free(&behind);
}

static void ports_are_even_and_an_old_one_comes_last(void **state)
{
    struct err e = {0};
    struct port_range *r = port_range_new(16385, 16391, &e);

    (void)state;
    CHECK(r, "%s", e.text);
    CHECK(port_range_take(r) == 16386 && port_range_take(r) == 16388, "in order");
    port_range_give(r, 16386);
    CHECK(port_range_take(r) == 16390 && port_range_take(r) == 16386, "given back: last");
    CHECK(port_range_take(r) == 0 && port_range_left(r) == 0, "none left");
    port_range_free(r);
    r = port_range_new(16384, 16389, &e);
    port_range_turn(r, 4000000001u); /* 4000000001 % 3 == 2 */
    CHECK(port_range_take(r) == 16388 && port_range_take(r) == 16384, "begun elsewhere");
    port_range_free(r);
}

static void a_range_without_an_even_port_is_refused(void **state)
{
    struct err e = {0};

    (void)state;
    CHECK(!port_range_new(16385, 16385, &e) && e.kind == ERR_USAGE, "%s", e.text);
    CHECK(!port_range_new(30000, 20000, &e) && e.kind == ERR_USAGE, "%s", e.text);
    struct port_range *r = port_range_new(65534, 65535, &e);
    CHECK(r && port_range_take(r) == 65534, "the last port of all");
    port_range_free(r);
}

static void packets_gather_where_many_are_heard_and_nowhere_else(void **state)
{
    static const struct {
        int64_t after_us;
        unsigned sockets;
        bool on;
        const char *why;
    } rows[] = {
        {100, 3, false, "the first"},        {400, 3, false, "half a slot is over"},
        {500, 3, true, "nine in one slot"},  {1000, 8, true, "still"},
        {1000, 7, false, "too few"},         {20000, 40, false, "forty, but in twenty slots"},
        {20000, 160, true, "eight in each"}, {1000, 0, false, "silence"},
    };
    struct gather g = {0};
    int64_t now = 0;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        now += rows[i].after_us * 1000;
        gather_heard(&g, rows[i].sockets, now);
        CHECK(g.on == rows[i].on, "%s", rows[i].why);
    }
}

static void gathering_never_delays_what_is_to_be_sent(void **state)
{
    struct gather g = {.on = true};

    (void)state;
    CHECK(gather_until(&g, 100, 100) == 0 && gather_until(&g, 99, 100) == 0, "due now");
    CHECK(gather_until(&g, 100 + MS / 2, 100) == 100 + MS / 2, "due in half a slot");
    CHECK(gather_until(&g, INT64_MAX, 100) == 100 + MS, "nothing to send: one slot");
    g.on = false;
    CHECK(gather_until(&g, INT64_MAX, 100) == 0, "few calls");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_late_wake_up_delays_one_packet_not_the_stream),
        cmocka_unit_test(a_day_of_beats_does_not_drift),
        cmocka_unit_test(the_wheel_gives_each_stream_at_its_time_and_only_once),
        cmocka_unit_test(a_stream_that_was_moved_or_removed_is_not_served_twice),
        cmocka_unit_test(past_and_far_times_stay_within_the_wheel),
        cmocka_unit_test(many_calls_are_spread_evenly_over_the_packet_time),
        cmocka_unit_test(few_calls_share_a_slot_so_that_the_thread_sleeps),
        cmocka_unit_test(a_stream_never_begins_in_the_past),
        cmocka_unit_test(packets_gather_where_many_are_heard_and_nowhere_else),
        cmocka_unit_test(gathering_never_delays_what_is_to_be_sent),
        cmocka_unit_test(ports_are_even_and_an_old_one_comes_last),
        cmocka_unit_test(a_range_without_an_even_port_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
