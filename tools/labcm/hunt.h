/* A line group: which member is rung next. Pure; members are numbered from 0, lowest directory
 * number first. */
#ifndef LABCM_HUNT_H
#define LABCM_HUNT_H

#include "base/err.h"

#include <stdint.h>

enum hunt_algorithm { HUNT_LONGEST_IDLE, HUNT_TOP_DOWN, HUNT_CIRCULAR, HUNT_BROADCAST };

#define HUNT_NOBODY UINT32_MAX

struct hunt;

struct hunt *hunt_new(enum hunt_algorithm algorithm, uint32_t members, struct err *e);
void hunt_free(struct hunt *h); /* accepts NULL */
enum hunt_algorithm hunt_algorithm(const struct hunt *h);
/* A member may be rung from now on, or not: it is on a call, or not in service. */
void hunt_set_free(struct hunt *h, uint32_t member, bool is_free);
uint32_t hunt_free_members(const struct hunt *h);

/* One call's way through the group: each member at most once. Zero is the beginning. */
struct hunt_walk {
    uint32_t *tried;
    uint32_t count, cap;
};
/* The next member to ring, or HUNT_NOBODY. For broadcast: call until it says nobody. */
uint32_t hunt_next(struct hunt *h, struct hunt_walk *w);
void hunt_walk_end(struct hunt_walk *w);

#endif
