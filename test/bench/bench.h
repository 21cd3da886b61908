/* EDGE: what the bench programs share: processor time of whoever it is asked about, and an end
 * with a reason. */
#ifndef BENCH_H
#define BENCH_H

#include "base/clock.h"
#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

_Noreturn static inline void bench_die(const char *what, const struct err *e)
{
    fprintf(stderr, "%s%s%s\n", what, e ? ": " : "", e ? e->text : "");
    exit(1);
}

/* User and system time; CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, or another process's. */
static inline int64_t bench_cpu_ns(clockid_t whose)
{
    struct timespec ts;

    if (clock_gettime(whose, &ts) != 0)
        bench_die("the processor time cannot be read", NULL);
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static inline void bench_raise_descriptors(void)
{
    struct rlimit files;

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

/* A number between 1 and `most`, or the end. */
static inline unsigned bench_number(const char *text, unsigned most)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (*end || n == 0 || n > most)
        bench_die("a number is out of range", NULL);
    return (unsigned)n;
}

#endif
