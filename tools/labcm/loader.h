/* EDGE: loads that were asked for over the control socket: many calls at a rate (load.h), placed
 * through the switchboard.
 *
 * Threads: all of it belongs to the thread of the loop. */
#ifndef LABCM_LOADER_H
#define LABCM_LOADER_H

#include "tools/labcm/switchboard.h"

#define LOADER_TICK_MS     10
#define LOADER_PROGRESS_MS 500

struct loader;

struct loader *loader_new(uv_loop_t *loop, struct switchboard *b, struct err *e);
/* No load is taken and no call begins any more; the calls in progress end by the switchboard. */
void loader_close(struct loader *l);
/* Every call must be over. Accepts NULL. */
void loader_free(struct loader *l);

/* {"command": "load", ...}: replies tell how it goes, the last one what became of it. Ends the
 * request. */
void loader_load(struct loader *l, struct control_request *r, const json_t *body);
/* {"command": "load-stop", "now": false}: no call begins any more; with "now" all are hung up.
 * Returns how many loads there were. */
unsigned loader_stop(struct loader *l, bool now);

#endif
