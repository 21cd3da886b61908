/* EDGE: what a program may still do once it has started. Three fences, none of which needs root:
 *
 *   privileges  it can gain none any more (PR_SET_NO_NEW_PRIVS), and gives away what it has
 *   calls       a seccomp filter lets through what a server of sockets, files and threads asks of
 *               the kernel; another program, another process, a new listener, a raw socket, memory
 *               that is written and run: refused with EPERM
 *   files       Landlock lets it open the named places, and what the C library reads while it runs
 *
 * A fence that the kernel lacks is left out and named in the report: the program works without.
 *
 * Threads: Landlock binds the caller and the threads that it starts later, so enter before there
 * are others. */
#ifndef SHARED_SANDBOX_H
#define SHARED_SANDBOX_H

#include "base/err.h"

enum sandbox_use {
    SANDBOX_READ,   /* files and folders below it */
    SANDBOX_WRITE,  /* and change, make and remove them */
    SANDBOX_REMOVE, /* files in it may be removed, no more */
};

struct sandbox_place {
    const char *path; /* one that is not there is left out */
    enum sandbox_use use;
};

struct sandbox_report {
    int calls_errno; /* 0: the filter is in force; else why not */
    int files_errno; /* the same of Landlock */
    int files_abi;   /* Landlock's version, 1 and up */
};

/* False: privileges could not be given up, which every kernel that is in use can do. */
bool sandbox_enter(const struct sandbox_place *places, size_t count, struct sandbox_report *out,
                   struct err *e) MUST_USE;

/* The parts, for sandbox_enter. 0 or an errno. */
int sandbox_calls(void);
int sandbox_files(const struct sandbox_place *places, size_t count, int *abi);

#endif
