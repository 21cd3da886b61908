#include "media/tones.h"

#include <string.h>

#define ROWS  4
#define TONES 8
#define HITS  4 /* windows in a row: a tone of 40 ms has five, one of 23 ms at most three (Q.24) */
#define MISSES                                                                                     \
    4 /* in a row end a digit: a gap of 10 ms makes three, a pause of 40 ms seven (Q.24) */

static const unsigned hz[TONES] = {697, 770, 852, 941, 1209, 1336, 1477, 1633}; /* Q.23 */
static const char digits[ROWS][ROWS] = {
    {'1', '2', '3', 'A'}, {'4', '5', '6', 'B'}, {'7', '8', '9', 'C'}, {'*', '0', '#', 'D'}};

/* 2 cos(2 pi f / 8000) of each. */
static const float turn[TONES] = {1.7077378f, 1.6452810f, 1.5686870f, 1.4782046f,
                                  1.1641040f, 0.9963702f, 0.7986184f, 0.5685327f};

/* Powers of one tone are compared in samples squared: amplitude^2 / 2. Full scale is +3.14 dBm0
 * (G.711), so that a tone of -30 dBm0 has an amplitude of 707; Q.24 has receivers work from -25 up.
 */
#define LEAST_POWER 250000.0f
#define NEIGHBOUR   6.0f  /* the best of its group is 8 dB above the others of it */
#define HIGH_LOUDER 4.0f  /* 6 dB; Q.24 wants 4 dB taken, */
#define LOW_LOUDER  10.0f /* and 10 dB where it wants 8 */
#define PURE        0.7f /* of all there is in the window: speech spreads over more than two tones */

static float power_at(const int16_t *w, float c)
{
    float s1 = 0, s2 = 0;

    for (unsigned i = 0; i < TONE_WINDOW; i++) {
        float s = (float)w[i] + c * s1 - s2;
        s2 = s1;
        s1 = s;
    }
    /* |X|^2 of a tone of amplitude A is (A N / 2)^2. */
    return (s1 * s1 + s2 * s2 - c * s1 * s2) * 2.0f / ((float)TONE_WINDOW * TONE_WINDOW);
}

static float power_of_all(const int16_t *w)
{
    float sum = 0;

    for (unsigned i = 0; i < TONE_WINDOW; i++)
        sum += (float)w[i] * (float)w[i];
    return sum / TONE_WINDOW;
}

/* The loudest of a group; false: others are nearly as loud. */
static bool stands_out(const float *power, unsigned *best)
{
    *best = 0;
    for (unsigned i = 1; i < ROWS; i++)
        if (power[i] > power[*best])
            *best = i;
    for (unsigned i = 0; i < ROWS; i++)
        if (i != *best && power[i] * NEIGHBOUR > power[*best])
            return false;
    return true;
}

static char digit_in(const int16_t *w)
{
    float power[TONES];
    unsigned row, column;
    const float all = power_of_all(w);

    if (all < LEAST_POWER)
        return 0;
    for (unsigned i = 0; i < TONES; i++)
        power[i] = power_at(w, turn[i]);
    if (!stands_out(power, &row) || !stands_out(power + ROWS, &column))
        return 0;
    const float low = power[row], high = power[ROWS + column];
    if (low < LEAST_POWER || high < LEAST_POWER || low + high < PURE * all)
        return 0;
    return high > HIGH_LOUDER * low || low > LOW_LOUDER * high ? 0 : digits[row][column];
}

/* Returns a digit that has just been heard long enough. */
static char weigh(struct tone_ear *ear, char c)
{
    ear->hits = c && c == ear->candidate ? ear->hits + 1 : 1;
    ear->candidate = c;
    ear->misses = c && c == ear->sounding ? 0 : ear->misses + 1;
    if (ear->misses >= MISSES)
        ear->sounding = 0;
    if (!c || ear->hits != HITS || c == ear->sounding)
        return 0;
    ear->sounding = c;
    ear->misses = 0;
    return c;
}

char tone_hear(struct tone_ear *ear, const int16_t *samples, size_t n)
{
    char heard = 0;

    while (n > 0) {
        size_t room = TONE_WINDOW - ear->filled, part = n < room ? n : room;
        memcpy(ear->window + ear->filled, samples, part * sizeof *samples);
        ear->filled += (unsigned)part;
        samples += part;
        n -= part;
        if (ear->filled < TONE_WINDOW)
            break;
        char c = weigh(ear, digit_in(ear->window));
        heard = c ? c : heard;
        memmove(ear->window, ear->window + TONE_HOP,
                (TONE_WINDOW - TONE_HOP) * sizeof ear->window[0]);
        ear->filled = TONE_WINDOW - TONE_HOP;
    }
    return heard;
}

bool tone_of_digit(char digit, unsigned *low_hz, unsigned *high_hz)
{
    for (unsigned r = 0; r < ROWS; r++)
        for (unsigned c = 0; c < ROWS; c++)
            if (digits[r][c] == digit) {
                *low_hz = hz[r];
                *high_hz = hz[ROWS + c];
                return true;
            }
    return false;
}
