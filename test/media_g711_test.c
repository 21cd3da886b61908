#include "check.h"
#include "media/g711.h"

/* The Recommendation as a search: of all outputs of a law, the decision values lie in the middle
 * between neighbours. This knows nothing of segments and bits, but of tables 1a-2b: the quantised
 * values. */

/* Table 2a/2b, 14 bits: segment k has steps of 2^(k+1); y = (33 + 2 * step) * 2^k - 33. */
static int ulaw_value(unsigned byte)
{
    unsigned b = ~byte & 0xff, k = b >> 4 & 7, step = b & 15;
    int y = (int)((33 + 2 * step) << k) - 33;

    return (b & 0x80 ? -y : y) * 4;
}

/* Table 1a/1b, 13 bits: segments 0 and 1 have steps of 2, the others twice the one before. */
static int alaw_value(unsigned byte)
{
    unsigned b = byte ^ 0x55, k = b >> 4 & 7, step = b & 15;
    int y = k == 0 ? (int)(2 * step + 1) : (int)((2 * step + 33) << (k - 1));

    return (b & 0x80 ? y : -y) * 8;
}

static int value_of(enum g711_law law, unsigned byte)
{
    return law == G711_ULAW ? ulaw_value(byte) : alaw_value(byte);
}

static void every_byte_decodes_as_the_recommendation_says(void **state)
{
    (void)state;
    for (unsigned b = 0; b < 256; b++)
        for (enum g711_law law = 0; law < 2; law++)
            CHECK(g711_decode(law, (uint8_t)b) == value_of(law, b), "law %u, byte %02x: %d, not %d",
                  law, b, g711_decode(law, (uint8_t)b), value_of(law, b));
}

static void known_bytes_are_known_samples(void **state)
{
    static const struct {
        enum g711_law law;
        uint8_t byte;
        int16_t sample;
        const char *what;
    } rows[] = {
        {G711_ULAW, 0xff, 0, "plus zero"},           {G711_ULAW, 0x7f, 0, "minus zero"},
        {G711_ULAW, 0x80, 32124, "the loudest"},     {G711_ULAW, 0x00, -32124, "and its mirror"},
        {G711_ULAW, 0xfe, 8, "the smallest step"},   {G711_ALAW, 0xd5, 8, "A-law has no zero"},
        {G711_ALAW, 0x55, -8, "on either side"},     {G711_ALAW, 0xaa, 32256, "the loudest"},
        {G711_ALAW, 0x2a, -32256, "and its mirror"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK(g711_decode(rows[i].law, rows[i].byte) == rows[i].sample, "%s: %d", rows[i].what,
              g711_decode(rows[i].law, rows[i].byte));
}

/* The decision values: where the interval of a byte begins and ends, in 14 or 13 bits. */
static void interval_of(enum g711_law law, unsigned byte, int *from, int *to)
{
    unsigned b = law == G711_ULAW ? ~byte : byte ^ 0x55, k = b >> 4 & 7, step = b & 15;

    if (law == G711_ULAW) {
        *from = (int)((32 + 2 * step) << k) - 33;
        *to = (int)((34 + 2 * step) << k) - 33;
    } else {
        *from = k == 0 ? (int)(2 * step) : (int)((32 + 2 * step) << (k - 1));
        *to = k == 0 ? (int)(2 * step + 2) : (int)((34 + 2 * step) << (k - 1));
    }
}

static void every_sample_falls_between_its_decision_values(void **state)
{
    (void)state;
    for (enum g711_law law = 0; law < 2; law++) {
        for (int x = -32768; x <= 32767; x++) {
            uint8_t byte = g711_encode(law, (int16_t)x);
            int size = (x < 0 ? ~x : x) >> (law == G711_ULAW ? 2 : 3), from, to;
            if (law == G711_ULAW && size > 8158)
                size = 8158; /* 8159 is the end of the scale */
            interval_of(law, byte, &from, &to);
            CHECK(from <= size && size < to, "law %u: %d became %02x, %d-%d", law, x, byte, from,
                  to);
            CHECK((x >= 0) == (byte >> 7), "law %u: the sign of %d", law, x);
        }
    }
}

static void every_byte_survives_the_round_trip(void **state)
{
    (void)state;
    for (unsigned b = 0; b < 256; b++) {
        CHECK(g711_encode(G711_ALAW, g711_decode(G711_ALAW, (uint8_t)b)) == b, "A-law %02x", b);
        if (b != 0x7f) /* minus zero comes back as plus zero */
            CHECK(g711_encode(G711_ULAW, g711_decode(G711_ULAW, (uint8_t)b)) == b, "mu-law %02x",
                  b);
    }
}

static void louder_never_becomes_quieter(void **state)
{
    (void)state;
    for (enum g711_law law = 0; law < 2; law++)
        for (int x = -32768; x < 32767; x++)
            CHECK(value_of(law, g711_encode(law, (int16_t)x)) <=
                      value_of(law, g711_encode(law, (int16_t)(x + 1))),
                  "law %u at %d", law, x);
}

static void silence_is_the_smallest_step_and_nothing_else(void **state)
{
    uint8_t packet[160];

    (void)state;
    for (enum g711_law law = 0; law < 2; law++) {
        memset(packet, g711_silence(law), sizeof packet);
        CHECK(g711_is_silence(law, packet, sizeof packet), "law %u", law);
        packet[80] = law == G711_ULAW ? 0x7f : 0x55;
        CHECK(g711_is_silence(law, packet, sizeof packet), "law %u, the other sign", law);
        packet[159] ^= 1;
        CHECK(!g711_is_silence(law, packet, sizeof packet), "law %u, one step louder", law);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_decodes_as_the_recommendation_says),
        cmocka_unit_test(known_bytes_are_known_samples),
        cmocka_unit_test(every_sample_falls_between_its_decision_values),
        cmocka_unit_test(every_byte_survives_the_round_trip),
        cmocka_unit_test(louder_never_becomes_quieter),
        cmocka_unit_test(silence_is_the_smallest_step_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
