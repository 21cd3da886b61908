/* EDGE: the root of a run's certificates: made at the first start, and what must be said of it. */
#ifndef VMPORTS_RUN_IDENTITY_H
#define VMPORTS_RUN_IDENTITY_H

#include "base/log.h"
#include "tools/vmports/run_settings.h"

/* Is there a group that needs certificates of the old kind, or of the new? */
bool run_any_of_age(const struct run_settings *s, bool legacy);
/* Opens that root, if a group needs it, and tells the log of a new one and of one near its end. */
bool run_open_identity(const struct run_settings *s, const char *state_dir, bool legacy,
                       struct log *log, struct err *e) MUST_USE;

#endif
