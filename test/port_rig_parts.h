/* What the parts of the bench tell each other; tests include port_rig.h. */
#ifndef TEST_PORT_RIG_PARTS_H
#define TEST_PORT_RIG_PARTS_H

#include "port_rig.h"

/* An invariant did not hold; the first one is kept. `what` is a literal. */
void rig_broke(struct rig *r, const char *what);
/* The port's actions: said to the call manager, done to line and media, told to the test. */
void rig_carry_out(struct rig *r, const struct port_actions *out);
/* Our end of any connection, and of any stream. */
struct net_addr rig_local_media(void);

#endif
