/* A pool in five hundred plays of chance, from known seeds: whatever happens to its lines, call
 * managers, settings and requests, in whichever order its threads hear of it, all is well
 * afterwards (pool_play.h says what that is). */
#include "check.h"
#include "pool_play.h"

#define SCENES_MOST 400

static uint32_t dice;

static uint8_t roll(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 17;
    dice ^= dice << 5;
    return (uint8_t)(dice >> 11);
}

static void play_from(uint32_t seed)
{
    uint8_t bytes[SCENES_MOST];

    dice = seed * 2654435761u + 1;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = roll();
    const size_t len = 16 + seed * 37 % (SCENES_MOST - 16);
    const char *broken = pool_play(bytes, len);
    CHECK(!broken, "seed %u: %s", seed, broken);
}

static void after_all_that_may_happen_all_is_well(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 500; seed++)
        play_from(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_all_that_may_happen_all_is_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
