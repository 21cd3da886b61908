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
};

/* `whole`: the file must have been heard to its end; else as far as the phone listened. Samples of
 * digital silence (mu-law 0, A-law 8) are not voiced. Something voiced must have been heard. */
struct hear_result hear_compare(const int16_t *heard, size_t heard_len, const int16_t *wanted,
                                size_t wanted_len, bool whole);

#endif
