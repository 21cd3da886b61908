/* What both ends of the control socket share beside JSON: error kinds by name, so that a command
 * can give the advice that belongs to its server's error. */
#ifndef SHARED_CONTROL_WIRE_H
#define SHARED_CONTROL_WIRE_H

#include "base/err.h"

const char *control_kind_name(enum err_kind kind);  /* "ERR_REFUSED" */
enum err_kind control_kind_named(const char *name); /* ERR_NOT_NOW for a name nobody knows */

#endif
