/* EDGE: the filter of system calls: a list of what may be called, written as the small program that
 * seccomp(2) runs before each call. It has no jumps but over the next few steps, so that it reads
 * as a table; kernels from 5.11 remember which plain calls always pass and run it for the others
 * only.
 */
#include "tools/shared/sandbox.h"

#include "base/sanitizer.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

/* Of the kernels that this list was written for. A newer call fails as on an older kernel, with
 * ENOSYS, for which the C library has a way round. */
#define NEWEST_CALL 462

#define NEW_NAMESPACE                                                                              \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |  \
     CLONE_NEWNET)

#ifdef ARCH

static const uint16_t plain[] = {
#ifdef __x86_64__ /* the older names of some of these, which C libraries still use */
    SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_mkdir, SYS_rename, SYS_unlink,
    SYS_chmod, SYS_poll, SYS_select, SYS_epoll_wait, SYS_epoll_create, SYS_pipe, SYS_dup2,
    SYS_accept, SYS_time, SYS_arch_prctl, SYS_getrlimit, SYS_pause, SYS_alarm, SYS_getpgrp,
#endif
#if SANITIZER /* its runtime stops our threads from a process of its own to look for leaks */
    SYS_ptrace, SYS_wait4, SYS_kill, SYS_personality, SYS_getpriority, SYS_setrlimit, SYS_getdents,
#endif
    /* bytes in and out */
    SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_lseek, SYS_close,
    SYS_close_range, SYS_dup, SYS_dup3, SYS_fcntl, SYS_pipe2, SYS_eventfd2, SYS_sendto, SYS_sendmsg,
    SYS_sendmmsg, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg, SYS_shutdown,
    /* sockets; not listen: what listens does so before */
    SYS_bind, SYS_connect, SYS_accept4, SYS_getsockname, SYS_getpeername, SYS_setsockopt,
    SYS_getsockopt, SYS_socketpair,
    /* waiting */
    SYS_ppoll, SYS_pselect6, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2,
    SYS_timerfd_create, SYS_timerfd_settime, SYS_timerfd_gettime, SYS_nanosleep,
    SYS_clock_nanosleep, SYS_restart_syscall,
    /* files */
    SYS_openat, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_fstatfs, SYS_statfs, SYS_faccessat,
    SYS_faccessat2, SYS_readlinkat, SYS_getdents64, SYS_getcwd, SYS_mkdirat, SYS_renameat,
    SYS_renameat2, SYS_unlinkat, SYS_fchmod, SYS_fchmodat, SYS_ftruncate, SYS_fsync, SYS_fdatasync,
    SYS_flock, SYS_fadvise64, SYS_fallocate, SYS_umask,
    /* memory */
    SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_mlock, SYS_mlock2, SYS_munlock, SYS_mincore,
    SYS_membarrier,
    /* threads and signals */
    SYS_futex, SYS_set_robust_list, SYS_get_robust_list, SYS_rseq, SYS_set_tid_address, SYS_exit,
    SYS_exit_group, SYS_gettid, SYS_sched_yield, SYS_sched_getaffinity, SYS_sched_setaffinity,
    SYS_sched_getparam, SYS_sched_getscheduler, SYS_sched_setscheduler, SYS_sched_get_priority_min,
    SYS_sched_get_priority_max, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
    SYS_rt_sigpending, SYS_rt_sigsuspend, SYS_rt_sigtimedwait, SYS_sigaltstack, SYS_prctl,
    SYS_getcpu,
    /* time and who we are */
    SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_times, SYS_getrusage, SYS_sysinfo,
    SYS_uname, SYS_getrandom, SYS_getpid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid,
    SYS_getegid, SYS_getresuid, SYS_getresgid, SYS_getgroups, SYS_capget};

/* Calls whose argument decides. The first row of a call that fits is the one; none: refused. */
struct check {
    uint16_t call;
    uint8_t arg;
    bool allow;
    uint32_t mask, value; /* fits when (argument & mask) == value */
};

static const struct check checks[] = {
/* threads, not processes; none in a world of its own */
#if SANITIZER /* its runtime stops our threads from a process of its own to look for leaks */
    {SYS_clone, 0, true, NEW_NAMESPACE, 0},
#else
    {SYS_clone, 0, true, CLONE_THREAD | NEW_NAMESPACE, CLONE_THREAD},
#endif
    {SYS_socket, 0, true, UINT32_MAX, AF_UNIX},
    {SYS_socket, 0, true, UINT32_MAX, AF_INET},
    {SYS_socket, 0, true, UINT32_MAX, AF_INET6},
    {SYS_socket, 0, true, UINT32_MAX, AF_NETLINK}, /* getaddrinfo asks for our addresses */
    {SYS_ioctl, 1, false, UINT32_MAX, TIOCSTI},    /* types into the terminal that started us */
    {SYS_ioctl, 1, false, UINT32_MAX, TIOCLINUX},
    {SYS_ioctl, 1, true, 0, 0},
    /* memory is written or run, not both: libraries are mapped read-only where they run */
    {SYS_mmap, 2, false, PROT_WRITE | PROT_EXEC, PROT_WRITE | PROT_EXEC},
    {SYS_mmap, 2, true, 0, 0},
    {SYS_mprotect, 2, true, PROT_EXEC, 0},
    {SYS_prlimit64, 0, true, UINT32_MAX, 0}, /* our own limits */
};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define STEPS_MOST  (2 * COUNT(plain) + 6 * (COUNT(checks) + 1) + 12)

struct filter {
    struct sock_filter steps[STEPS_MOST];
    unsigned short count;
};

static void step(struct filter *f, struct sock_filter s)
{
    f->steps[f->count++] = s;
}

static void load(struct filter *f, size_t offset)
{
    step(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void answer(struct filter *f, uint32_t verdict)
{
    step(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

/* The next `n` steps are for what was loaded being equal to `value`. */
static void when_equal(struct filter *f, uint32_t value, uint8_t n)
{
    step(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, n));
}

static void check_row(struct filter *f, const struct check *c)
{
    load(f, offsetof(struct seccomp_data, nr));
    when_equal(f, c->call, 4);
    /* the low half of the 64 bits: both architectures are little-endian */
    load(f, offsetof(struct seccomp_data, args) + 8u * c->arg);
    step(f, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, c->mask));
    when_equal(f, c->value, 1);
    answer(f, c->allow ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | EPERM);
}

static void build(struct filter *f)
{
    /* a signal to our own threads (abort, pthread_kill), to nobody else's */
    const struct check own_thread = {SYS_tgkill, 0, true, UINT32_MAX, (uint32_t)getpid()};

    f->count = 0;
    load(f, offsetof(struct seccomp_data, arch));
    step(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0));
    answer(f, SECCOMP_RET_KILL_PROCESS);
    load(f, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < COUNT(plain); i++) {
        when_equal(f, plain[i], 1);
        answer(f, SECCOMP_RET_ALLOW);
    }
    step(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, NEWEST_CALL, 0, 1));
    answer(f, SECCOMP_RET_ERRNO | ENOSYS);
    when_equal(f, SYS_clone3, 1); /* its flags lie in memory, which no filter sees: use clone */
    answer(f, SECCOMP_RET_ERRNO | ENOSYS);
    for (size_t i = 0; i < COUNT(checks); i++)
        check_row(f, &checks[i]);
    check_row(f, &own_thread);
    answer(f, SECCOMP_RET_ERRNO | EPERM);
}

static int install(const struct filter *f, unsigned flags)
{
    const struct sock_fprog p = {.len = f->count,
                                 .filter = (struct sock_filter *)(uintptr_t)f->steps};

    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &p);
}

int sandbox_calls(void)
{
    struct filter f;

    build(&f);
    /* SPEC_ALLOW: without it some kernels slow down every thread against Spectre (variant 4), which
     * is of no use to a filter that guards against our own mistakes. TSYNC: every thread. */
    int got = install(&f, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW);
    if (got < 0 && errno == EINVAL) /* before Linux 4.17 */
        got = install(&f, SECCOMP_FILTER_FLAG_TSYNC);
    return got == 0 ? 0 : got > 0 ? EBUSY : errno;
}

#else

int sandbox_calls(void)
{
    return EOPNOTSUPP; /* system call numbers of this architecture are not in the list */
}

#endif
