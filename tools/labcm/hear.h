/* What a phone heard against what it should have heard, sample for sample. Pure. */
#ifndef LABCM_HEAR_H
#define LABCM_HEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hear_result {
    bool equal;
    size_t compared;   /* samples, from the first voiced one of both */
    size_t skipped;    /* silence heard before it */
    size_t wanted;     /* samples of the file from its first voiced one */
    size_t differs_at; /* of the compared ones: the first that differs */
    bool too_long;     /* after the file's end came another sound */
    size_t pauses;     /* gaps in the sender's time between two samples of the sound, */
    size_t paused;     /* and their samples: nothing of the sound is missing */
};

#define HEAR_PAUSE_LEAST 80 /* samples: the shortest packet, 10 ms */

/* `whole`: the file must have been heard to its end; else as far as the phone listened. Samples of
 * digital silence (mu-law 0, A-law 8) are not voiced. Something voiced must have been heard, and
 * nothing but silence after the file's end; a phone that hung up itself may hear the file again.
 * `gaps`: samples of the recording's time for which no packet came, which are zeros in it. A sender
 * whose machine slept goes on later with its sound, and its RTP clock says so (RFC 3550 5.1): that
 * is a pause, not another sound. Silence that was sent is none: it has packets. */
struct hear_result hear_compare(const int16_t *heard, size_t heard_len, const int16_t *wanted,
                                size_t wanted_len, size_t gaps, bool whole);

#endif
