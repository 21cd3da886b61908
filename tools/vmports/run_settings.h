/* EDGE: the settings of a run, from the options or from a file that they override, with the
 * greetings that they name: read at the start, and again whenever the user asks for it.
 *
 * Threads: any may drop; the rest happens in the program's first one. */
#ifndef VMPORTS_RUN_SETTINGS_H
#define VMPORTS_RUN_SETTINGS_H

#include "tools/vmports/run_options.h"
#include "tools/vmports/settings_file.h"

#include <stdatomic.h>

struct run_settings {
    atomic_size_t holders;
    struct config *config;         /* --config, or NULL: */
    struct group_settings group;   /* what the command line describes */
    struct group_settings *groups; /* of one or the other; pool.group_count */
    struct pool_settings pool;
    struct greetings greetings;
};

/* Held once, by the caller. NULL: `e`; mistakes of the file go to `mistake`, one by one. */
struct run_settings *run_settings_read(const struct run_options *o, const char *state_dir,
                                       void (*mistake)(void *arg, const char *text), void *arg,
                                       struct err *e);
/* False: `e` names file and group. */
bool run_settings_load_greetings(struct run_settings *s, const struct run_options *o,
                                 struct err *e) MUST_USE;
struct run_settings *run_settings_hold(struct run_settings *s); /* returns s */
void run_settings_drop(void *s);                                /* accepts NULL */

#endif
