/* Many calls at a rate: when they begin, what is a good one, which rate is the highest. */
#include "tools/labcm/load.h"

#include "test/check.h"

#define MS INT64_C(1000000)
#define S  (1000 * MS)

static struct load_settings settings(unsigned rate, unsigned at_once, unsigned for_s)
{
    return (struct load_settings){
        .rate = rate, .at_once = at_once, .for_s = for_s, .step_s = 1, .rate_max = LOAD_RATE_MAX};
}

/* Calls of `talk_ms` each, looked at every 10 ms: how many begin in all, and at most at once. */
static uint64_t run(const struct load_settings *s, unsigned talk_ms, unsigned *most,
                    struct load_pace *p)
{
    static unsigned ends[1 << 16]; /* by the tick in which they end */
    unsigned going = 0;
    uint64_t placed = 0;

    memset(ends, 0, sizeof ends);
    *most = 0;
    load_pace_start(p, 7 * S);
    for (unsigned tick = 0; !load_is_spent(p, s, placed, 7 * S + tick * 10 * MS); tick++) {
        going -= ends[tick];
        unsigned n = load_due(p, s, going, placed, 7 * S + tick * 10 * MS);
        ends[tick + talk_ms / 10] += n;
        going += n;
        placed += n;
        *most = going > *most ? going : *most;
    }
    return placed;
}

static void calls_begin_at_the_rate_and_no_more_at_once_than_allowed(void **state)
{
    static const struct {
        unsigned rate, at_once, for_s, calls, talk_ms;
        uint64_t placed_lo, placed_hi;
        unsigned most;
        const char *why;
    } rows[] = {
        {10, 100, 10, 0, 1000, 99, 101, 11, "ten a second"},
        {1, 100, 5, 0, 100, 5, 5, 1, "the first one begins at once"},
        {1000, 5000, 2, 0, 100, 1990, 2001, 111, "a hundred of 100 ms each"},
        {100, 10, 10, 0, 1000, 100, 110, 10, "the limit holds back: 10 a second"},
        {100, 1000, 0, 37, 100, 37, 37, 11, "ends with the number of calls"},
        {10000, 1, 1, 0, 10, 99, 101, 1, "one after the other"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct load_settings s = settings(rows[i].rate, rows[i].at_once, rows[i].for_s);
        struct load_pace p;
        unsigned most;
        s.calls = rows[i].calls;
        uint64_t placed = run(&s, rows[i].talk_ms, &most, &p);
        CHECK(placed >= rows[i].placed_lo && placed <= rows[i].placed_hi, "%s: %llu placed",
              rows[i].why, (unsigned long long)placed);
        CHECK(most <= rows[i].most, "%s: %u at once", rows[i].why, most);
    }
}

static void a_jam_does_not_end_in_a_burst(void **state)
{
    struct load_settings s = settings(100, 50, 60);
    struct load_pace p;

    (void)state;
    load_pace_start(&p, 0);
    for (int64_t now = 0; now < 10 * S; now += 10 * MS)
        CHECK(load_due(&p, &s, 50, 50, now) == 0, "the limit is reached");
    CHECK(load_due(&p, &s, 0, 50, 10 * S) <= 12, "a tenth of a second may be made up for");
    CHECK(p.wanted > 999, "what was wanted is known");
}

static void the_rate_rises_in_steps_up_to_its_limit(void **state)
{
    struct load_settings s = settings(10, 1, 60);
    static const struct {
        unsigned at_s, rate;
    } rows[] = {{0, 10}, {4, 10}, {5, 30}, {9, 30}, {10, 50}, {15, 60}, {59, 60}};

    (void)state;
    s.rate_step = 20;
    s.rate_max = 60;
    s.step_s = 5;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK(load_rate_at(&s, rows[i].at_s * S + MS) == rows[i].rate, "at %u s: %u", rows[i].at_s,
              load_rate_at(&s, rows[i].at_s * S + MS));
    s.rate_max = 5; /* less than it begins with: it stays as it began */
    CHECK(load_rate_at(&s, 30 * S) == 10, "%u", load_rate_at(&s, 30 * S));
}

static struct call_outcome good_call(void)
{
    return (struct call_outcome){.answered = true,
                                 .encrypted = true,
                                 .end = CALL_OVER_DEVICE,
                                 .ring_ns = 20 * MS,
                                 .talk_ns = 2 * S,
                                 .heard = {.sent = 100, .received = 100}};
}

static void only_a_call_without_any_fault_is_good(void **state)
{
    struct load_settings s = settings(1, 1, 1);
    struct call_outcome o = good_call();

    (void)state;
    CHECK(load_judge(&s, &o) == LOAD_GOOD, "good");
    o.end = CALL_OVER_PHONE;
    CHECK(load_judge(&s, &o) == LOAD_GOOD, "the phone hung up");
    o.end = CALL_OVER_DEVICE_LOST;
    CHECK(load_judge(&s, &o) == LOAD_BROKEN_OFF, "the connection went down");
    o = good_call();
    o.heard.lost = 1;
    CHECK(load_judge(&s, &o) == LOAD_LOST_PACKETS, "one packet lost");
    o.heard.auth_failures = 1;
    CHECK(load_judge(&s, &o) == LOAD_NOT_AUTHENTIC, "not authentic");
    o = good_call();
    o.heard.plain = 1;
    CHECK(load_judge(&s, &o) == LOAD_NOT_AUTHENTIC, "plain RTP");
    o = good_call();
    o.heard.received = 0;
    CHECK(load_judge(&s, &o) == LOAD_HEARD_NOTHING, "silence");
    o = good_call();
    o.encrypted = false;
    CHECK(load_judge(&s, &o) == LOAD_NOT_ENCRYPTED, "plain");
    s.ask.request.clear = true;
    CHECK(load_judge(&s, &o) == LOAD_GOOD, "plain was asked for");
    o = (struct call_outcome){.end = CALL_OVER_BUSY};
    CHECK(load_judge(&s, &o) == LOAD_NOT_ANSWERED, "busy");
}

static void totals_add_up_and_the_exit_code_is_sipps(void **state)
{
    struct load_totals *t = calloc(1, sizeof *t);
    struct load_settings s = settings(1, 4, 1);
    struct call_outcome o = good_call(), busy = {.end = CALL_OVER_BUSY};

    (void)state;
    CHECK(load_exit_of(t, false) == LOAD_NO_CALL, "no call at all");
    for (int i = 0; i < 4; i++) {
        load_began(t);
        o.ring_ns = (i + 1) * 10 * MS;
        if (i)
            load_ended(t, &s, &o);
    }
    CHECK(t->going == 1 && t->most_at_once == 2 && t->good == 3, "%u %u", t->going,
          t->most_at_once);
    CHECK(load_exit_of(t, false) == LOAD_ALL_GOOD, "all good");
    CHECK(load_exit_of(t, true) == LOAD_CUT_SHORT, "cut short");
    CHECK(load_ring_ms(t, 0.5) == 30 && load_ring_ms(t, 1) == 40, "%u", load_ring_ms(t, 0.5));
    load_began(t);
    load_cut(t);
    CHECK(load_exit_of(t, true) == LOAD_CUT_SHORT, "what we hung up did not fail");
    load_ended(t, &s, &busy);
    CHECK(load_exit_of(t, true) == LOAD_SOME_FAILED, "one failed");
    load_began(t);
    load_cut(t);
    CHECK(t->going == 0 && t->cut == 2 && t->good == 3, "hung up by us");
    CHECK(t->by_end[CALL_OVER_BUSY] == 1 && t->over == 6 && t->answered == 3, "counted");
    CHECK(t->received == 300 && t->talk_ns == 6 * S, "packets");
    free(t);
}

static void the_report_names_what_failed(void **state)
{
    struct load_totals *t = calloc(1, sizeof *t);
    struct load_settings s = settings(10, 4, 1);
    struct call_outcome busy = {.end = CALL_OVER_BUSY};
    struct load_pace p;

    (void)state;
    load_pace_start(&p, 0);
    load_due(&p, &s, 0, 0, S / 2);
    load_began(t);
    load_ended(t, &s, &busy);
    json_t *r = load_report("over", t, &p, &s, S);
    const json_t *reasons = json_object_get(r, "reasons");
    CHECK(json_integer_value(json_object_get(reasons, call_end_words(CALL_OVER_BUSY))) == 1,
          "the reason is not there");
    CHECK(json_is_false(json_object_get(r, "rate_reached")), "one call of five");
    CHECK(json_integer_value(json_object_get(r, "failed")) == 1, "one failed");
    json_decref(r);
    free(t);
}

/* A call manager that loses nothing up to `can`. */
static struct load_search search(unsigned first, unsigned can, unsigned *tries)
{
    struct load_search s;

    load_search_start(&s, first, LOAD_RATE_MAX);
    for (*tries = 0; !s.done; ++*tries) {
        CHECK(s.next >= 1 && s.next <= LOAD_RATE_MAX, "a rate of %u", s.next);
        load_search_tried(&s, s.next <= can);
    }
    return s;
}

static void the_search_finds_the_highest_rate_from_below_and_from_above(void **state)
{
    static const struct {
        unsigned first, can, lo, hi;
    } rows[] = {
        {10, 187, 176, 187},
        {10, 1, 1, 1},
        {1000, 187, 176, 187},
        {1, 10000, 10000, 10000},
        {10000, 20000, 10000, 10000},
        {1, 1, 1, 1},
        {8, 0, 0, 0},
        {1, 0, 0, 0},
        {3, 9999, 9400, 9999},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned tries;
        struct load_search s = search(rows[i].first, rows[i].can, &tries);
        CHECK(s.good >= rows[i].lo && s.good <= rows[i].hi, "row %zu: %u", i, s.good);
        CHECK(tries <= 24, "row %zu: %u tries", i, tries);
    }
}

static bool reads(const char *text)
{
    struct load_settings s;
    struct err e = {0};
    json_t *body = json_loads(text, 0, NULL);
    bool ok = load_read(&s, body, &e);

    CHECK(body && ok == (e.kind == ERR_NONE), "%s: no reason", text);
    json_decref(body);
    return ok;
}

static void a_load_is_read_strictly(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {
        {"{\"for\": 1, \"call\": {\"from\": \"1001\", \"to\": \"8000\"}}", true},
        {"{\"calls\": 1, \"call\": {\"from\": \"1001\", \"to\": \"8000\"}}", true},
        {"{\"call\": {\"from\": \"1001\", \"to\": \"8000\"}}", false}, /* endless */
        {"{\"for\": 1}", false},
        {"{\"for\": 1, \"call\": {\"from\": \"1001\"}}", false},
        {"{\"for\": 0, \"call\": {\"from\": \"1001\", \"to\": \"8000\"}}", false},
        {"{\"for\": 1, \"rate\": 10001, \"call\": {\"from\": \"1001\", \"to\": \"8000\"}}", false},
        {"{\"for\": 1, \"calls_at_once\": 0, \"call\": {\"from\": \"1001\", \"to\": \"8000\"}}",
         false},
        {"{\"for\": 1, \"rate\": \"9\", \"call\": {\"from\": \"1001\", \"to\": \"8000\"}}", false},
        {"{\"for\": 1, \"step_seconds\": 0, \"call\": {\"from\": \"1001\", \"to\": \"8000\"}}",
         false},
        {"{\"for\": 1, \"call\": {\"from\": \"1001\", \"to\": \"8000\", \"play\": \"/x\"}}", false},
        {"{\"for\": 1, \"call\": 7}", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK(reads(rows[i].text) == rows[i].ok, "%s", rows[i].text);
}

static void callers_from_outside_have_numbers_of_their_own(void **state)
{
    char number[PLAN_NUMBER];
    unsigned index;

    (void)state;
    plan_phone_number(PLAN_PHONES - 1, number);
    CHECK(strcmp(number, "1999") == 0, "%s", number);
    plan_phone_number(PLAN_PHONES, number);
    CHECK(strcmp(number, "55500000") == 0, "%s", number);
    CHECK(!plan_phone(number, &index), "it has no lamp");
    plan_phone_number(PLAN_CALLERS - 1, number);
    CHECK(strcmp(number, "55519000") == 0, "%s", number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_begin_at_the_rate_and_no_more_at_once_than_allowed),
        cmocka_unit_test(a_jam_does_not_end_in_a_burst),
        cmocka_unit_test(the_rate_rises_in_steps_up_to_its_limit),
        cmocka_unit_test(only_a_call_without_any_fault_is_good),
        cmocka_unit_test(totals_add_up_and_the_exit_code_is_sipps),
        cmocka_unit_test(the_report_names_what_failed),
        cmocka_unit_test(the_search_finds_the_highest_rate_from_below_and_from_above),
        cmocka_unit_test(a_load_is_read_strictly),
        cmocka_unit_test(callers_from_outside_have_numbers_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
