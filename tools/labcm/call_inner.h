/* What the files of a call share; nobody else includes it. */
#ifndef LABCM_CALL_INNER_H
#define LABCM_CALL_INNER_H

#include "tools/labcm/manager.h"

/* call_leg.c: a line's part in a call, and a call's beginning and end */
struct call *call_new(struct manager *m);
void call_leg_begin(struct manager *m, struct device *d, struct call *c, enum leg_state state);
void call_leg_end(struct manager *m, struct device *d);
void call_clear(struct manager *m, struct device *d); /* tells the device, frees its line */
void call_alarm_in(struct call *c, unsigned ms);
void call_finish(struct call *c, enum call_end end); /* the device is out of it already */
void call_give_up(struct call *c, struct device *d, enum call_end why);
void call_set_number(sccp_number to, const char *from);

/* call.c: who rings */
bool call_ring_next(struct call *c);
void call_no_longer_ringing(struct call *c, const struct device *d);

/* call_dial.c: a device dials */
bool call_begin_dialling(struct manager *m, struct device *d, const char *subscriber);
void call_dial_late(struct call *c);
void call_ring_late(struct call *c);

#endif
