/* What may happen to a port on the bench, thrown with dice: messages of the call manager, well
 * formed but out of turn, and all that else comes to it. */
#ifndef TEST_PORT_STORM_H
#define TEST_PORT_STORM_H

#include "port_rig.h"

/* One thing happens; the dice give a number below `sides`. */
void storm_gust(struct rig *r, uint32_t (*dice)(uint32_t sides));
/* Servers and media are well again; */
void storm_over(struct rig *r);
/* and on the same connection, what is up is ended by the call manager, and lamps that it was asked
 * for run into their time-outs. */
void storm_calm(struct rig *r);

#endif
