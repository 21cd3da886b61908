/* What a bad road does with each packet. Pure. */
#ifndef LABCM_ROAD_PLAN_H
#define LABCM_ROAD_PLAN_H

#include <stdint.h>

enum road_kind {
    ROAD_GOOD,
    ROAD_LOSES,     /* every fifth packet */
    ROAD_REORDERS,  /* every fifth packet comes behind the next one */
    ROAD_DOUBLES,   /* every packet */
    ROAD_REPLAYS,   /* the first packets come again, later than a replay window reaches */
    ROAD_ELSEWHERE, /* from another address */
    ROAD_CLOSED,    /* nothing comes through */
};

/* Which packets leave when packet `n` (from 0) has come: numbers of packets, `n` or kept ones. A
 * kept one is among the first ROAD_KEEP, or the one before. Returns how many. */
#define ROAD_KEEP 16
#define ROAD_MOST 2
unsigned road_lets(enum road_kind k, uint64_t n, uint64_t out[ROAD_MOST]);

#endif
