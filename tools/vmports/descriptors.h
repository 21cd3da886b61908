/* EDGE: the open files that a run needs, and those it would like. */
#ifndef VMPORTS_DESCRIPTORS_H
#define VMPORTS_DESCRIPTORS_H

#include "base/log.h"
#include "ports/pool.h"

/* Raises the limit as far as it goes. Too few for the ports' lines: an error; too few for all their
 * calls: a warning that says how many are possible. */
bool descriptors_raise(struct log *log, const struct pool_settings *s, struct err *e) MUST_USE;

#endif
