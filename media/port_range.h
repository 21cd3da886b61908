/* The even UDP ports of a range (RFC 3550 section 11), handed out in turn: one that was given back
 * comes last, so that stray packets of an old call do not meet a new one. O(1). Its owner locks. */
#ifndef MEDIA_PORT_RANGE_H
#define MEDIA_PORT_RANGE_H

#include "base/err.h"

#include <stdint.h>

struct port_range;

struct port_range *port_range_new(uint16_t lo, uint16_t hi, struct err *e);
/* Begins with another port: programs that share a range do not all try its first ones. Before any
 * is taken. */
void port_range_turn(struct port_range *r, uint32_t by);
void port_range_free(struct port_range *r);     /* accepts NULL */
uint16_t port_range_take(struct port_range *r); /* 0: all are taken */
void port_range_give(struct port_range *r, uint16_t port);
size_t port_range_left(const struct port_range *r);

#endif
