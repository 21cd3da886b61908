/* What became of a phone's call. Pure. */
#ifndef LABCM_OUTCOME_H
#define LABCM_OUTCOME_H

#include "media/stream.h" /* struct media_counts */
#include "tools/labcm/call.h"

struct call_outcome {
    bool answered, encrypted;
    enum call_end end;
    int64_t ring_ns, talk_ns;  /* 0 when it was not answered */
    struct media_counts heard; /* by the phone */
};

#endif
