/* EDGE: a bad road between a phone and a port: a UDP relay that the port takes for the phone. What
 * goes to the port is lost, doubled, mixed up, repeated or sent from elsewhere; what comes from it
 * passes. It needs no key: it handles the packets as a network would.
 *
 *     port <--> outer | road | inner <--> phone
 *
 * Threads: all of it belongs to the thread of the loop. */
#ifndef LABCM_ROAD_H
#define LABCM_ROAD_H

#include "base/addr.h"
#include "base/err.h"
#include "tools/labcm/road_plan.h"

#include <uv.h>

struct road;

/* `outer` is where the port is to send to, as if it were the phone's address; `inner` is where the
 * phone sends to. */
struct road *road_new(uv_loop_t *loop, enum road_kind kind, const struct net_addr *phone,
                      struct net_addr *outer, struct net_addr *inner, struct err *e);
void road_leads_to(struct road *r, const struct net_addr *port);
void road_close(struct road *r); /* it is gone when the loop has turned; accepts NULL */

#endif
