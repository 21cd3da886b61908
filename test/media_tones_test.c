/* DTMF in the audio, against the figures of ITU-T Q.24; and all that is no digit. */
#include "check.h"
#include "media/g711.h"
#include "media/sound.h"
#include "media/tones.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 8000
#define MS   8 /* samples */
#define LONG (RATE * 2)

static int16_t line[LONG];
static size_t at;

static void silence(unsigned ms)
{
    memset(line + at, 0, ms * MS * sizeof *line);
    at += ms * MS;
}

static double amplitude(double dbm0)
{
    return 32124.0 * pow(10.0, (dbm0 - 3.14) / 20.0);
}

struct pair {
    double low_hz, high_hz, low_db, high_db;
};

static struct pair pair_of(char digit, double db)
{
    unsigned low = 0, high = 0;

    CHECK(tone_of_digit(digit, &low, &high), "%c", digit);
    return (struct pair){low, high, db, db};
}

static void tones(struct pair p, size_t samples)
{
    for (size_t i = 0; i < samples; i++) {
        double t = 2 * M_PI * (double)i / RATE;
        line[at++] = (int16_t)lrint(amplitude(p.low_db) * sin(p.low_hz * t) +
                                    amplitude(p.high_db) * sin(p.high_hz * t + 1));
    }
}

/* What is heard of the line, through G.711 and in packets of 20 ms. */
static const char *heard(void)
{
    static char text[64];
    struct tone_ear ear = {0};
    size_t n = 0;

    for (size_t i = 0; i < at; i++)
        line[i] = g711_decode(G711_ULAW, g711_encode(G711_ULAW, line[i]));
    for (size_t i = 0; i < at; i += 160) {
        char c = tone_hear(&ear, line + i, at - i < 160 ? at - i : 160);
        if (c && n + 1 < sizeof text)
            text[n++] = c;
    }
    text[n] = '\0';
    at = 0;
    return text;
}

static void every_digit_of_40_ms_is_heard_once_wherever_it_begins(void **state)
{
    static const char all[] = "1234567890*#ABCD";

    (void)state;
    for (size_t offset = 0; offset < TONE_HOP; offset += 3) {
        for (const char *d = all; *d; d++) {
            at = offset;
            memset(line, 0, offset * sizeof *line);
            tones(pair_of(*d, -10), 40 * MS);
            silence(60);
            const char *got = heard();
            CHECK(got[0] == *d && !got[1], "%c at %zu: \"%s\"", *d, offset, got);
        }
    }
}

static void the_same_digit_again_needs_a_pause(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        tones(pair_of('7', -10), 50 * MS);
        silence(45);
    }
    CHECK(strcmp(heard(), "77777") == 0, "five");
    tones(pair_of('7', -10), 60 * MS);
    silence(10); /* Q.24: an interruption of less than 10 ms */
    tones(pair_of('7', -10), 60 * MS);
    silence(60);
    CHECK(strcmp(heard(), "7") == 0, "interrupted");
    tones(pair_of('7', -10), 1500 * MS);
    CHECK(strcmp(heard(), "7") == 0, "held");
    tones(pair_of('1', -10), 80 * MS);
    tones(pair_of('2', -10), 80 * MS);
    silence(60);
    CHECK(strcmp(heard(), "12") == 0, "without a pause between them");
}

static void levels_twist_and_frequencies_are_taken_and_refused_as_q24_says(void **state)
{
    static const struct {
        const char *why;
        double low_by, high_by; /* factor of the frequency */
        double low_db, high_db;
        size_t samples;
        bool taken;
    } rows[] = {
        {"loud", 1, 1, -3, -3, 50 * MS, true},
        {"soft", 1, 1, -25, -25, 50 * MS, true},
        {"too soft", 1, 1, -36, -36, 50 * MS, false},
        {"high group 4 dB louder", 1, 1, -14, -10, 50 * MS, true},
        {"high group 10 dB louder", 1, 1, -20, -10, 50 * MS, false},
        {"low group 8 dB louder", 1, 1, -8, -16, 50 * MS, true},
        {"low group 14 dB louder", 1, 1, -8, -22, 50 * MS, false},
        {"1.5 % above", 1.015, 1.015, -10, -10, 50 * MS, true},
        {"1.5 % below", 0.985, 0.985, -10, -10, 50 * MS, true},
        {"1.5 % apart", 1.015, 0.985, -10, -10, 50 * MS, true},
        {"between two rows", 1.052, 1, -10, -10, 50 * MS, false},
        {"between two columns", 1, 1.05, -10, -10, 50 * MS, false},
        {"23 ms", 1, 1, -10, -10, 23 * MS, false},
        {"15 ms", 1, 1, -10, -10, 15 * MS, false},
    };
    static const char digits[] = "159D#0";

    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        for (const char *d = digits; *d; d++) {
            struct pair p = pair_of(*d, 0);
            p.low_hz *= rows[r].low_by;
            p.high_hz *= rows[r].high_by;
            p.low_db = rows[r].low_db;
            p.high_db = rows[r].high_db;
            silence(20);
            tones(p, rows[r].samples);
            silence(60);
            const char *got = heard();
            CHECK(rows[r].taken ? got[0] == *d && !got[1] : got[0] != *d, "%s: %c gives \"%s\"",
                  rows[r].why, *d, got);
        }
    }
}

static uint32_t seed = 1;

static int16_t noise(double amplitude_of)
{
    seed = seed * 1664525u + 1013904223u;
    return (int16_t)lrint(amplitude_of * ((double)(seed >> 8) / 8388608.0 - 1));
}

static void a_digit_is_heard_through_noise_and_noise_is_no_digit(void **state)
{
    (void)state;
    for (int turn = 0; turn < 50; turn++) {
        silence(20);
        tones(pair_of('5', -10), 80 * MS);
        silence(60);
        for (size_t i = 0; i < at; i++)
            line[i] = (int16_t)(line[i] + noise(amplitude(-10) / 3));
        CHECK(strcmp(heard(), "5") == 0, "15 dB below the tones");
        for (at = 0; at < LONG; at++)
            line[at] = noise(20000);
        CHECK(heard()[0] == '\0', "white noise");
    }
}

static void single_and_progress_tones_are_no_digits(void **state)
{
    static const struct pair pairs[] = {
        {350, 440, -10, -10},   {440, 480, -10, -10},   {480, 620, -10, -10},
        {425, 425, -10, -10},   {697, 697, -10, -10},   {1209, 1209, -6, -6},
        {697, 770, -10, -10},   {1336, 1633, -10, -10}, {1100, 1100, -10, -10},
        {2100, 2100, -10, -10}, {1000, 2000, -10, -10},
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        tones(pairs[i], RATE);
        CHECK(heard()[0] == '\0', "%.0f + %.0f", pairs[i].low_hz, pairs[i].high_hz);
    }
    for (double f = 300; f < 3400; f += 7) { /* a sweep */
        tones((struct pair){f, f, -12, -12}, 60 * MS);
        CHECK(heard()[0] == '\0', "%.0f Hz", f);
    }
}

/* Talk-off: the shipped greeting at several levels, and with each sample later in the window. */
static void speech_is_no_digit(void **state)
{
    struct err e = {0};
    struct sound *s = sound_load(GREETING, &e);

    (void)state;
    CHECK(s, "%s", e.text);
    const uint8_t *g711 = sound_g711(s, G711_ULAW);
    for (size_t offset = 0; offset < TONE_HOP; offset += 5) {
        struct tone_ear ear = {0};
        for (size_t i = offset; i + 160 <= sound_samples(s); i += 160) {
            int16_t pcm[160];
            g711_decode_all(G711_ULAW, pcm, g711 + i, 160);
            for (size_t k = 0; k < 160; k++)
                pcm[k] = (int16_t)(pcm[k] / (1 + (int)(offset % 3)));
            char c = tone_hear(&ear, pcm, 160);
            CHECK(!c, "a digit at %zu ms", i / MS);
        }
    }
    sound_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_digit_of_40_ms_is_heard_once_wherever_it_begins),
        cmocka_unit_test(the_same_digit_again_needs_a_pause),
        cmocka_unit_test(levels_twist_and_frequencies_are_taken_and_refused_as_q24_says),
        cmocka_unit_test(a_digit_is_heard_through_noise_and_noise_is_no_digit),
        cmocka_unit_test(single_and_progress_tones_are_no_digits),
        cmocka_unit_test(speech_is_no_digit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
