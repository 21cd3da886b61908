/* EDGE: what the commands that talk to a running `vmports run` share. */
#ifndef VMPORTS_CLIENT_H
#define VMPORTS_CLIENT_H

#include "tools/shared/command.h"
#include "tools/shared/control.h"
#include "tools/vmports/control_requests.h"

struct client_options {
    const char *control; /* NULL: the default */
    const char *group;   /* NULL: not said; "" in `takes`: it may be */
    bool json, wait, watch, help;
};

/* Reads --control, --help and those of `group`, `json`, `wait`, `watch` that `takes` has set; the
 * rest of argv begins at optind. False: said already. */
bool client_options_read(struct client_options *o, const char *who, int argc, char **argv,
                         const struct client_options *takes);

/* Asks the running program; says on stderr what went wrong. Returns the exit code. */
int client_ask(const char *who, const struct client_options *o, const struct ask *a,
               void (*reply)(void *arg, const json_t *reply), void *arg);

/* A member of a reply, made printable; "" when there is none. `out` has TEXT_ESCAPED bytes. */
const char *client_text(const json_t *object, const char *name, char *out);

#endif
