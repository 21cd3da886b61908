/* EDGE: a program that runs beside us: its output goes to files, and it does not outlive us. */
#ifndef VMPORTS_CHILD_H
#define VMPORTS_CHILD_H

#include "base/err.h"

#include <sys/types.h>

struct child {
    pid_t pid; /* 0: none */
    bool ended;
    int code;                /* exit code; 128 + number after a signal */
    char out[128], err[128]; /* the files */
};

/* argv[0] is the program's path, argv ends with NULL. `dir`/NAME.out and .err get its output. */
bool child_start(struct child *c, const char *dir, const char *name, const char *const *argv,
                 struct err *e) MUST_USE;
bool child_running(struct child *c); /* also notices the end */
/* Waits; false after `seconds`, or as soon as *give_up is not 0. */
bool child_wait(struct child *c, double seconds, const volatile int *give_up);
/* SIGTERM, `seconds`, SIGKILL; whatever happens, it is gone afterwards. */
void child_end(struct child *c, double seconds);
/* What it wrote: at most cap-1 bytes from the end of the file. Returns `text`. */
const char *child_tail(const char *file, char *text, size_t cap);

#endif
