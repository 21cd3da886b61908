/* DTMF heard in the audio itself, the last resort where a call manager brings digits in no other
 * way (sccp.md 7.7): a Goertzel detector held to ITU-T Q.24, and the tones to test it with.
 *
 *     |<- window of 102 samples ->|            8 kHz: 78 Hz a bin, near the tones' spacing
 *                  |<- next one, 51 later ->|
 *
 * A digit is one that four windows in a row agree on: 32 ms of it. Values; nothing is owned. */
#ifndef MEDIA_TONES_H
#define MEDIA_TONES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TONE_WINDOW 102
#define TONE_HOP    51

struct tone_ear { /* zero is "nothing heard yet" */
    int16_t window[TONE_WINDOW];
    unsigned filled;
    char candidate; /* what the last windows agree on; 0: no digit */
    char sounding;  /* the digit that was told and has not ended */
    unsigned hits, misses;
};

/* The next samples of the audio, at most 60 ms of them. Returns the digit that they complete, once
 * for each, or 0. */
char tone_hear(struct tone_ear *ear, const int16_t *samples, size_t n);

/* Q.23's pair of frequencies. False: not a digit. */
bool tone_of_digit(char digit, unsigned *low_hz, unsigned *high_hz);

#endif
