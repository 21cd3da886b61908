/* The bad roads of the fault menu: which packets come out, in which order. */
#include "check.h"
#include "tools/labcm/road_plan.h"

#include <stdbool.h>

#define SENT 400u

/* Everything that leaves is a packet that the road has: the new one, the one before, an early one.
 */
static size_t drive(enum road_kind k, uint64_t *out, size_t cap)
{
    size_t count = 0;

    for (uint64_t n = 0; n < SENT; n++) {
        uint64_t which[ROAD_MOST];
        unsigned lets = road_lets(k, n, which);
        CHECK(lets <= ROAD_MOST && count + lets <= cap, "%u", lets);
        for (unsigned i = 0; i < lets; i++) {
            CHECK(which[i] == n || which[i] + 1 == n || (which[i] < ROAD_KEEP && which[i] < n),
                  "packet %llu at %llu", (unsigned long long)which[i], (unsigned long long)n);
            out[count++] = which[i];
        }
    }
    return count;
}

static void each_road_does_one_thing_and_no_other(void **state)
{
    static const struct {
        enum road_kind kind;
        size_t missing, twice, behind;
    } rows[] = {
        {ROAD_GOOD, 0, 0, 0},
        {ROAD_ELSEWHERE, 0, 0, 0},
        {ROAD_CLOSED, SENT, 0, 0},
        {ROAD_LOSES, SENT / 5, 0, 0},
        {ROAD_DOUBLES, 0, SENT, 0},
        {ROAD_REORDERS, 1, 0, SENT / 5 - 1}, /* the last one waits for another */
        {ROAD_REPLAYS, 0, ROAD_KEEP, ROAD_KEEP},
    };

    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        uint64_t out[2 * SENT];
        unsigned seen[SENT] = {0};
        size_t n = drive(rows[r].kind, out, 2 * SENT), missing = 0, twice = 0, behind = 0;
        for (size_t i = 0; i < n; i++) {
            seen[out[i]]++;
            behind += i > 0 && out[i] < out[i - 1];
        }
        for (size_t i = 0; i < SENT; i++) {
            missing += seen[i] == 0;
            twice += seen[i] == 2;
        }
        CHECK(missing == rows[r].missing && twice == rows[r].twice && behind == rows[r].behind,
              "road %zu: missing %zu, twice %zu, behind %zu", r, missing, twice, behind);
    }
}

static void a_replay_comes_later_than_a_replay_window_reaches(void **state)
{
    uint64_t out[2 * SENT];
    size_t n = drive(ROAD_REPLAYS, out, 2 * SENT);

    (void)state;
    for (size_t i = 1; i < n; i++)
        CHECK(out[i] > out[i - 1] || out[i - 1] - out[i] > 128, "%llu behind %llu",
              (unsigned long long)out[i], (unsigned long long)out[i - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_road_does_one_thing_and_no_other),
        cmocka_unit_test(a_replay_comes_later_than_a_replay_window_reaches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
