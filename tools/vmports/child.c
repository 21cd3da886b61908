#include "tools/vmports/child.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_EVERY_NS (10 * NS_PER_MS)

static bool redirect(const char *path, int to)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return fd >= 0 && dup2(fd, to) == to;
}

/* After fork, before exec. Its own process group: ^C reaches us alone, and we end it in order. */
static void become(const struct child *c, const char *const *argv, pid_t parent)
{
    int null = open("/dev/null", O_RDONLY);

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) /* died in between */
        _exit(127);
    if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && redirect(c->out, STDOUT_FILENO) &&
        redirect(c->err, STDERR_FILENO))
        execv(argv[0], (char *const *)(const void *)argv);
    fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

bool child_start(struct child *c, const char *dir, const char *name, const char *const *argv,
                 struct err *e)
{
    pid_t parent = getpid();

    *c = (struct child){0};
    snprintf(c->out, sizeof c->out, "%s/%s.out", dir, name);
    snprintf(c->err, sizeof c->err, "%s/%s.err", dir, name);
    fflush(NULL);
    c->pid = fork();
    if (c->pid == 0)
        become(c, argv, parent);
    if (c->pid < 0) {
        c->pid = 0;
        return err_errno(e, ERR_SYSTEM, "%s cannot be started", argv[0]);
    }
    return true;
}

static void note_end(struct child *c, int status)
{
    c->ended = true;
    c->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool child_running(struct child *c)
{
    int status;

    if (c->pid && !c->ended && waitpid(c->pid, &status, WNOHANG) == c->pid)
        note_end(c, status);
    return c->pid && !c->ended;
}

bool child_wait(struct child *c, double seconds, const volatile int *give_up)
{
    int64_t until = clock_now_ns() + (int64_t)(seconds * (double)NS_PER_S);

    while (child_running(c)) {
        int64_t now = clock_now_ns();
        if (now >= until || (give_up && *give_up))
            return false;
        clock_sleep_until_ns(now + LOOK_EVERY_NS);
    }
    return true;
}

void child_end(struct child *c, double seconds)
{
    int status;

    if (!child_running(c))
        return;
    kill(c->pid, SIGTERM);
    if (child_wait(c, seconds, NULL))
        return;
    kill(c->pid, SIGKILL);
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
        ;
    note_end(c, status);
}

const char *child_tail(const char *file, char *text, size_t cap)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    off_t from = size >= (off_t)cap ? size - (off_t)cap + 1 : 0;
    ssize_t n = fd >= 0 ? pread(fd, text, cap - 1, from) : 0;

    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    return text;
}
