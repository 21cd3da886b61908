/* EDGE: what a running pool answers on the control socket: status, lamps, reset, reload, stop. */
#ifndef VMPORTS_RUN_CONTROL_H
#define VMPORTS_RUN_CONTROL_H

#include "ports/pool.h"
#include "tools/shared/control.h"

typedef void run_control_line_fn(void *arg, const char *group, const char *text);

struct run_control {
    struct pool *pool; /* NULL: not there yet, or not any more */
    void (*stop)(void *arg);
    /* Reads the settings file anew: lines of what changed, or of mistakes. */
    bool (*reload)(void *arg, run_control_line_fn *line, void *line_arg, struct err *e);
    void *arg;
    struct control_request *stoppers[CONTROL_CLIENTS_MAX]; /* they get their end at the end */
    size_t stopper_count;
};

/* control_settings.handle; `arg` is a struct run_control. */
void run_control_handle(void *arg, struct control_request *r, const json_t *body);
/* Everything is down: tells those who asked for it. */
void run_control_stopped(struct run_control *rc);

#endif
