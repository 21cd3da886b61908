/* What a running program has used: `proc_meter PID` prints its processor time (user + system, all
 * threads, also those that have ended) in nanoseconds, and its resident memory in KiB. */
#include "test/bench/bench.h"

#include <limits.h>
#include <string.h>

static long resident_kib(int pid)
{
    char path[64], line[128];
    long kib = -1;

    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "r");
    if (!f)
        bench_die("no such process", NULL);
    while (kib < 0 && fgets(line, sizeof line, f))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    fclose(f);
    return kib;
}

int main(int argc, char **argv)
{
    clockid_t clock;

    if (argc != 2)
        bench_die("usage: proc_meter PID", NULL);
    int pid = (int)bench_number(argv[1], INT_MAX);
    if (clock_getcpuclockid(pid, &clock) != 0)
        bench_die("no such process", NULL);
    printf("%lld %ld\n", (long long)bench_cpu_ns(clock), resident_kib(pid));
    return 0;
}
