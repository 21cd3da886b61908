/* EDGE: a run takes away from itself what it needs no longer, once everything that needs root or a
 * far folder is open: root (for a user that can be named), capabilities, and by the sandbox every
 * file and system call that a run has no use for.
 *
 * Threads: before there are any. */
#ifndef VMPORTS_CONFINE_H
#define VMPORTS_CONFINE_H

#include "base/err.h"
#include "base/log.h"

#define CONFINE_NEAR_MAX 80

struct confine_settings {
    const char *user; /* NULL: the state directory's owner, else vmports, else nobody */
    bool no_sandbox;
    const char *state_dir, *control_path;
    const char *near[CONFINE_NEAR_MAX]; /* files beside which others may be read later */
    size_t near_count;
    struct log *log;
};

void confine_near(struct confine_settings *s, const char *path); /* NULL and "": nothing */
bool confine(const struct confine_settings *s, struct err *e) MUST_USE;

#endif
