/* RFC 4733 telephone events, both ways: a digit is many packets, and must be heard once.
 *
 *     0                   1                   2                   3
 *    |     event     |E|R| volume    |          duration             |
 *
 * All packets of one event carry the timestamp of its beginning; the last one, marked E, is sent
 * three times. Values; nothing is owned. */
#ifndef MEDIA_DIGITS_H
#define MEDIA_DIGITS_H

#include "media/rtp.h"

#define DIGITS_MAX 31

struct digit_ear { /* zero is "nothing heard yet" */
    bool any;
    uint8_t event;
    uint16_t duration;
    uint32_t timestamp;
};

enum digit_heard { DIGIT_MALFORMED, DIGIT_NONE, DIGIT_NEW };

/* `p` is a packet of the event payload type, in clear and not a duplicate. DIGIT_NEW writes
 * `digit`. */
enum digit_heard digit_hear(struct digit_ear *ear, const struct rtp_packet *p, char *digit);

struct digit_mouth { /* zero is "nothing to say" */
    char digits[DIGITS_MAX + 1];
    unsigned at;       /* which digit */
    unsigned ends;     /* end packets sent of it */
    uint32_t begin;    /* timestamp of its beginning */
    uint32_t duration; /* said so far */
    uint32_t rest;     /* samples of pause before the next one */
};

struct digit_packet {
    bool marker;
    uint32_t timestamp;
    uint8_t payload[4];
};

/* Adds digits; false when one is not a digit, or they do not fit: then nothing is added. */
bool digit_say(struct digit_mouth *m, const char *digits);
/* What is sent in the packet time that begins at `timestamp`: true and a packet, or false: voice.
 */
bool digit_next(struct digit_mouth *m, uint32_t timestamp, uint32_t samples,
                struct digit_packet *out);
bool digit_is(char c); /* 0-9 * # A-D */

#endif
