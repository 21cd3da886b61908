/* EDGE: the clocks. Pure code gets time as a number. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

int64_t clock_now_ns(void);                 /* monotonic; never goes back */
int64_t clock_wall_ns(void);                /* since 1970-01-01 UTC; may jump */
void clock_sleep_until_ns(int64_t when_ns); /* monotonic, absolute; returns early on a signal */

#endif
