/* The lamp queue in invented time: pacing, order, choice of port, one result each. */
#include "check.h"

#include "ports/mwi.h"

static struct mwi_settings settings;
static struct mwi_queue *q;
static int64_t now;

static void fresh(size_t ports, bool free_ports)
{
    mwi_free(q);
    now = 1000;
    q = mwi_new(&settings, ports, NULL);
    assert_non_null(q);
    for (size_t i = 0; free_ports && i < ports; i++)
        mwi_port_free(q, i, now);
}

static int setup(void **state)
{
    (void)state;
    settings = (struct mwi_settings){.on_code = "999991", .off_code = "999990", .result_ms = 5000};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mwi_free(q);
    q = NULL;
    return 0;
}

static void add(const char *extension, bool on, uintptr_t tag)
{
    assert_true(mwi_add(q, extension, on, (void *)tag, now, NULL));
}

static struct mwi_start take(void)
{
    struct mwi_start s = {0};

    CHECK(mwi_take(q, now, &s), "nothing to take at %lld", (long long)now);
    return s;
}

static void none(void)
{
    struct mwi_start s;

    CHECK(!mwi_take(q, now, &s), "%s was taken", s.extension);
}

static struct mwi_end done(uint32_t id, enum mwi_result r)
{
    struct mwi_end end = {0};

    CHECK(mwi_done(q, id, r, now, &end), "not over");
    return end;
}

static void the_highest_hunt_order_goes_first_and_of_equals_the_longest_idle(void **state)
{
    static const struct {
        unsigned order;
        int64_t free_ms;
    } ports[] = {{3, 5}, {9, 4}, {3, 1}, {9, 2}, {3, 3}, {0, 0}};
    static const size_t want[] = {3, 1, 2, 4, 0, 5};

    (void)state;
    fresh(6, false);
    for (size_t i = 0; i < 6; i++)
        mwi_set_port(q, i, true, ports[i].order);
    for (int64_t ms = 0; ms < 6; ms++)
        for (size_t i = 0; i < 6; i++)
            if (ports[i].free_ms == ms)
                mwi_port_free(q, i, now + ms);
    for (size_t i = 0; i < 6; i++) {
        char extension[8];
        snprintf(extension, sizeof extension, "10%02u", (unsigned)i);
        add(extension, true, i);
        CHECK(take().port == want[i], "request %zu", i);
    }
}

static void ports_that_may_not_switch_lamps_are_never_taken(void **state)
{
    (void)state;
    fresh(3, false);
    CHECK(mwi_able_ports(q) == 3, "all at first");
    mwi_set_port(q, 2, false, 9);
    mwi_set_port(q, 0, false, 8);
    CHECK(mwi_able_ports(q) == 1, "%zu", mwi_able_ports(q));
    for (size_t i = 0; i < 3; i++)
        mwi_port_free(q, i, now);
    add("1001", true, 1);
    add("1002", true, 2);
    CHECK(take().port == 1, "the one that may");
    none();
}

static void the_highest_port_goes_first(void **state)
{
    (void)state;
    fresh(5, true);
    for (uintptr_t i = 0; i < 5; i++) {
        char extension[8];
        snprintf(extension, sizeof extension, "10%02u", (unsigned)i);
        add(extension, true, i);
    }
    for (size_t i = 0; i < 5; i++)
        CHECK(take().port == 4 - i, "port %zu", i);
    none();
    mwi_port_free(q, 2, now);
    mwi_port_free(q, 3, now);
    mwi_port_taken(q, 3, now); /* a caller took it */
    add("1009", true, 9);
    CHECK(take().port == 2, "a port that rings is passed over");
}

static void ports_come_and_go_in_any_order(void **state)
{
    enum { PORTS = 300 };
    static bool idle[PORTS];
    uint64_t dice = 88172645463325252u;

    (void)state;
    fresh(PORTS, false);
    memset(idle, 0, sizeof idle);
    for (unsigned i = 0; i < 20000; i++) {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        const size_t p = (size_t)(dice % PORTS);
        if (dice >> 63)
            mwi_port_free(q, p, now);
        else
            mwi_port_taken(q, p, now);
        idle[p] = dice >> 63;
        if (i % 50)
            continue;
        size_t highest = PORTS;
        while (highest > 0 && !idle[highest - 1])
            highest--;
        if (highest == 0)
            continue;
        add("1", true, 0);
        struct mwi_start s = take();
        CHECK(s.port == highest - 1, "round %u: port %zu, wanted %zu", i, s.port, highest - 1);
        idle[s.port] = false;
        done(s.id, MWI_CONFIRMED);
    }
}

static void requests_keep_their_distance(void **state)
{
    (void)state;
    settings.min_request_interval_ms = 200;
    fresh(4, true);
    add("1001", true, 1);
    add("1002", true, 2);
    add("1003", true, 3);
    take();
    none();
    CHECK(mwi_due(q) == now + 200, "due");
    now += 199;
    none();
    now += 1;
    CHECK(strcmp(take().extension, "1002") == 0, "second");
    now += 1000;
    CHECK(strcmp(take().extension, "1003") == 0, "third");
    none();
}

static void no_more_at_once_than_set(void **state)
{
    (void)state;
    settings.max_concurrent = 2;
    fresh(8, true);
    add("1001", true, 1);
    add("1002", true, 2);
    add("1003", true, 3);
    struct mwi_start first = take();
    take();
    none();
    CHECK(mwi_counts(q, now).active == 2 && mwi_counts(q, now).queued == 1, "counts");
    done(first.id, MWI_REORDER);
    CHECK(strcmp(take().extension, "1003") == 0, "one ended, one starts");
}

static void a_mailbox_keeps_its_order(void **state)
{
    (void)state;
    fresh(8, true);
    add("1001", true, 1);
    add("1001", false, 2);
    add("1002", true, 3);
    add("1001", true, 4);
    struct mwi_start on = take();
    CHECK(strcmp(on.extension, "1001") == 0 && on.on, "first");
    struct mwi_start other = take();
    CHECK(strcmp(other.extension, "1002") == 0, "another mailbox does not wait");
    none();
    CHECK((uintptr_t)done(on.id, MWI_CONFIRMED).tag == 1, "first over");
    struct mwi_start off = take();
    CHECK(strcmp(off.extension, "1001") == 0 && !off.on, "then off");
    none();
    CHECK((uintptr_t)done(off.id, MWI_TIMEOUT).tag == 2, "second over, though it failed");
    CHECK(take().on, "then on again");
}

static void success_is_repeated_as_set_and_failure_is_not(void **state)
{
    struct mwi_end end;

    (void)state;
    settings.retries_on_success = 2;
    settings.retry_interval_ms = 5;
    fresh(1, true);
    add("1001", true, 1);
    for (unsigned i = 0; i < 2; i++) {
        struct mwi_start s = take();
        CHECK(!mwi_done(q, s.id, MWI_CONFIRMED, now, &end), "repeat %u", i);
        mwi_port_free(q, 0, now);
        none();
        CHECK(mwi_due(q) == now + 5, "due");
        now += 5;
    }
    struct mwi_start last = take();
    CHECK(done(last.id, MWI_CONFIRMED).took_ms == 10, "three times, and told once");
    CHECK(mwi_counts(q, now).sent == 3 && mwi_counts(q, now).confirmed == 1, "counts");

    mwi_port_free(q, 0, now);
    add("1001", true, 2);
    last = take();
    CHECK(done(last.id, MWI_BUSY).result == MWI_BUSY, "a failure is the result");
}

static void a_repeat_keeps_the_mailbox_waiting(void **state)
{
    struct mwi_end end;

    (void)state;
    settings.retries_on_success = 1;
    settings.retry_interval_ms = 50;
    fresh(2, true);
    add("1001", true, 1);
    add("1001", false, 2);
    struct mwi_start s = take();
    CHECK(!mwi_done(q, s.id, MWI_CONFIRMED, now, &end), "repeat");
    none();
    now += 50;
    s = take();
    CHECK(s.on, "the repeat comes first");
    done(s.id, MWI_CONFIRMED);
    mwi_port_free(q, 1, now);
    CHECK(!take().on, "then the next");
}

static void a_port_that_turns_out_busy_hands_on(void **state)
{
    struct mwi_end end;

    (void)state;
    fresh(2, true);
    add("1001", true, 1);
    add("1002", true, 2);
    struct mwi_start s = take();
    CHECK(s.port == 1 && !mwi_port_busy(q, s.id, now, &end), "busy");
    s = take();
    CHECK(strcmp(s.extension, "1001") == 0 && s.port == 0,
          "the same request, the next port, in front");
    CHECK(mwi_counts(q, now).sent == 1, "only what was dialled counts");
}

static void busy_ports_do_not_make_a_request_go_round_for_ever(void **state)
{
    struct mwi_end end;
    unsigned rounds = 0;

    (void)state;
    fresh(1, true);
    add("1001", true, 1);
    for (; rounds < 1000; rounds++) {
        struct mwi_start s = take();
        if (mwi_port_busy(q, s.id, now, &end))
            break;
        mwi_port_free(q, 0, now);
    }
    CHECK(rounds < 100 && end.result == MWI_NO_PORT, "%u rounds", rounds);
}

static void without_any_port_a_request_ends_in_half_a_minute(void **state)
{
    struct mwi_end end;

    (void)state;
    fresh(2, false);
    add("1001", true, 1);
    none();
    CHECK(mwi_due(q) == now + 30000, "due");
    now += 20000;
    add("1002", true, 2);
    now += 10000;
    CHECK(mwi_give_up(q, now, &end) && (uintptr_t)end.tag == 1 && end.result == MWI_NO_PORT,
          "first");
    CHECK(!mwi_give_up(q, now, &end), "the second has ten seconds more... twenty");
    now += 20000;
    CHECK(mwi_give_up(q, now, &end) && (uintptr_t)end.tag == 2, "second");
    CHECK(mwi_counts(q, now).failed == 2 && mwi_counts(q, now).queued == 0, "counts");
}

static void a_queue_that_moves_never_gives_up(void **state)
{
    struct mwi_end end;

    (void)state;
    fresh(1, true);
    for (uintptr_t i = 0; i < 100; i++) {
        char extension[8];
        snprintf(extension, sizeof extension, "%u", (unsigned)(1000 + i));
        add(extension, true, i);
    }
    for (uintptr_t i = 0; i < 100; i++) {
        struct mwi_start s = take();
        now += 5000; /* each takes long; the last waits for eight minutes */
        CHECK(!mwi_give_up(q, now, &end), "gave up at %lu", (unsigned long)i);
        CHECK((uintptr_t)done(s.id, MWI_CONFIRMED).tag == i, "order");
        mwi_port_free(q, s.port, now);
    }
}

/* Hundreds of mailboxes, thousands of requests, random answers: none lost, none doubled, order
 * kept. */
static void none_is_lost_or_doubled(void **state)
{
    enum { REQUESTS = 5000, BOXES = 97, PORTS = 12 };
    static unsigned ended[REQUESTS], last_of_box[BOXES];
    uint64_t dice = 42;
    uintptr_t added = 0, over = 0;
    struct mwi_start running[PORTS];
    size_t count = 0;

    (void)state;
    settings.retries_on_success = 1;
    settings.retry_interval_ms = 3;
    settings.max_concurrent = 10;
    fresh(PORTS, true);
    memset(ended, 0, sizeof ended);
    memset(last_of_box, 0, sizeof last_of_box);
    while (over < REQUESTS) {
        dice = dice * 6364136223846793005u + 1442695040888963407u;
        if (added < REQUESTS && (dice >> 40) % 3) {
            char extension[8];
            snprintf(extension, sizeof extension, "%u", (unsigned)(1000 + added % BOXES));
            add(extension, added % 2, added);
            added++;
        }
        while (count < PORTS && mwi_take(q, now, &running[count]))
            count++;
        now++;
        if (!count)
            continue;
        const size_t which = (size_t)(dice >> 33) % count;
        const struct mwi_start s = running[which];
        struct mwi_end end;
        running[which] = running[--count];
        const bool busy = (dice >> 20) % 10 == 0;
        const enum mwi_result r = (dice >> 25) % 4 ? MWI_CONFIRMED : MWI_REORDER;
        const bool finished =
            busy ? mwi_port_busy(q, s.id, now, &end) : mwi_done(q, s.id, r, now, &end);
        mwi_port_free(q, s.port, now);
        if (!finished)
            continue;
        const uintptr_t tag = (uintptr_t)end.tag;
        CHECK(ended[tag]++ == 0, "request %lu ended twice", (unsigned long)tag);
        CHECK(last_of_box[tag % BOXES] <= tag, "mailbox %lu lost its order",
              (unsigned long)(tag % BOXES));
        last_of_box[tag % BOXES] = (unsigned)tag;
        over++;
    }
    CHECK(mwi_counts(q, now).queued == 0 && mwi_counts(q, now).active == 0, "empty");
    CHECK(mwi_counts(q, now).confirmed + mwi_counts(q, now).failed == REQUESTS, "all counted");
}

static void a_stale_result_means_nothing(void **state)
{
    struct mwi_end end;

    (void)state;
    fresh(1, true);
    add("1001", true, 1);
    struct mwi_start s = take();
    done(s.id, MWI_CONFIRMED);
    CHECK(!mwi_done(q, s.id, MWI_CONFIRMED, now, &end), "a second time");
    CHECK(!mwi_done(q, 0, MWI_CONFIRMED, now, &end), "0");
    CHECK(!mwi_done(q, 99999, MWI_CONFIRMED, now, &end), "never made");
    CHECK(!mwi_port_busy(q, s.id, now, &end), "busy");
    mwi_port_free(q, 7, now); /* no such port */
    mwi_port_taken(q, 7, now);
}

static void stopping_ends_each_once(void **state)
{
    struct mwi_end end;
    bool seen[5] = {false};

    (void)state;
    fresh(1, true);
    add("1001", true, 0);
    add("1001", false, 1); /* behind it */
    add("1002", true, 2);
    add("1003", true, 3);
    take();
    for (unsigned i = 0; i < 4; i++) {
        CHECK(mwi_stop(q, now, &end) && end.result == MWI_STOPPED, "%u", i);
        CHECK(!seen[(uintptr_t)end.tag], "twice");
        seen[(uintptr_t)end.tag] = true;
    }
    CHECK(!mwi_stop(q, now, &end), "no more");
}

/* Slots are used again, so that their order says nothing. */
static void what_is_withdrawn_keeps_the_order_of_each_mailbox(void **state)
{
    static const struct {
        const char *extension;
        bool on;
    } want[] = {{"1002", true}, {"1001", false}, {"1001", true}};
    struct mwi_end end;

    (void)state;
    fresh(3, true);
    add("1000", true, 8);
    (void)done(take().id, MWI_CONFIRMED);
    settings.retries_on_success = 1;
    settings.retry_interval_ms = 5000;
    add("1000", true, 9);
    CHECK(!mwi_done(q, take().id, MWI_CONFIRMED, now, &end), "it will be sent once more");
    add("1003", true, 3);
    take();
    add("1003", false, 4); /* behind one that is under way */
    add("1002", true, 0);
    add("1001", false, 1);
    add("1001", true, 2);
    CHECK(mwi_withdraw(q, now, &end) && end.result == MWI_CONFIRMED && (uintptr_t)end.tag == 9,
          "what only waited to be repeated is done");
    for (size_t i = 0; i < 3; i++) {
        CHECK(mwi_withdraw(q, now, &end) && end.result == MWI_GONE, "row %zu", i);
        CHECK(strcmp(end.extension, want[i].extension) == 0 && end.on == want[i].on,
              "row %zu: %s %d", i, end.extension, end.on);
    }
    CHECK(!mwi_withdraw(q, now, &end), "what is under way stays, and who waits behind it");
    CHECK(mwi_counts(q, now).failed == 0 && mwi_counts(q, now).queued == 1, "not failed");
}

static void what_may_not_be_dialled_any_more_costs_no_port(void **state)
{
    struct mwi_end end = {0};

    (void)state;
    fresh(1, true);
    add("1001", true, 1);
    add("1002", true, 2);
    struct mwi_start s = take();
    CHECK(mwi_refuse(q, &s, now, &end) && end.result == MWI_GONE, "refused");
    CHECK(!mwi_refuse(q, &s, now, &end), "once");
    CHECK(take().port == s.port, "its port takes the next");
    CHECK(mwi_counts(q, now).sent == 1 && mwi_counts(q, now).failed == 1, "nothing was sent");
}

static void other_settings_count_for_ports_that_are_idle(void **state)
{
    (void)state;
    fresh(2, true);
    mwi_set_port(q, 1, false, 2); /* it is free, but may not any more */
    CHECK(mwi_able_ports(q) == 1, "one may");
    add("1001", true, 0);
    CHECK(take().port == 0, "so the other one");
    mwi_set_port(q, 1, true, 2); /* and now it may again, and still is free */
    add("1002", true, 1);
    CHECK(take().port == 1, "the second");
    mwi_set_port(q, 1, false, 0);
    mwi_set_port(q, 1, true, 7); /* taken meanwhile */
    add("1003", true, 2);
    none();
    assert_true(mwi_grow(q, 3, NULL) && mwi_grow(q, 1, NULL));
    mwi_port_free(q, 2, now);
    CHECK(take().port == 2, "a port more");
    mwi_port_free(q, 1, now);
    add("1004", true, 3);
    CHECK(take().port == 1, "and the second, when it is free");
}

static void other_pacing_counts_from_the_last_request(void **state)
{
    struct mwi_settings slow = settings;

    (void)state;
    slow.min_request_interval_ms = 100;
    fresh(3, true);
    add("1001", true, 0);
    add("1002", true, 1);
    add("1003", true, 2);
    mwi_set_settings(q, &slow);
    take();
    none();
    now += 100;
    take();
    mwi_set_settings(q, &settings);
    take();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_highest_hunt_order_goes_first_and_of_equals_the_longest_idle, setup, teardown),
        cmocka_unit_test_setup_teardown(ports_that_may_not_switch_lamps_are_never_taken, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_highest_port_goes_first, setup, teardown),
        cmocka_unit_test_setup_teardown(ports_come_and_go_in_any_order, setup, teardown),
        cmocka_unit_test_setup_teardown(requests_keep_their_distance, setup, teardown),
        cmocka_unit_test_setup_teardown(no_more_at_once_than_set, setup, teardown),
        cmocka_unit_test_setup_teardown(a_mailbox_keeps_its_order, setup, teardown),
        cmocka_unit_test_setup_teardown(success_is_repeated_as_set_and_failure_is_not, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_repeat_keeps_the_mailbox_waiting, setup, teardown),
        cmocka_unit_test_setup_teardown(a_port_that_turns_out_busy_hands_on, setup, teardown),
        cmocka_unit_test_setup_teardown(busy_ports_do_not_make_a_request_go_round_for_ever, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(without_any_port_a_request_ends_in_half_a_minute, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_queue_that_moves_never_gives_up, setup, teardown),
        cmocka_unit_test_setup_teardown(none_is_lost_or_doubled, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stale_result_means_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(stopping_ends_each_once, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_withdrawn_keeps_the_order_of_each_mailbox, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_may_not_be_dialled_any_more_costs_no_port, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(other_settings_count_for_ports_that_are_idle, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(other_pacing_counts_from_the_last_request, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
