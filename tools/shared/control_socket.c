#include "tools/shared/control_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16

static bool unix_addr(struct sockaddr_un *a, const char *path, struct err *e)
{
    *a = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof a->sun_path)
        return err_set(e, ERR_USAGE,
                       "the control socket's path has %zu bytes, at most %zu will do: %s",
                       strlen(path), sizeof a->sun_path - 1, path);
    strcpy(a->sun_path, path);
    return true;
}

static bool somebody_serves(const struct sockaddr_un *a)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* EAGAIN: its backlog is full, so it is alive. */
    bool yes =
        fd >= 0 && (connect(fd, (const struct sockaddr *)a, sizeof *a) == 0 || errno == EAGAIN);

    if (fd >= 0)
        close(fd);
    return yes;
}

static bool make_room(const struct sockaddr_un *a, struct err *e)
{
    struct stat st;

    if (lstat(a->sun_path, &st) != 0)
        return errno == ENOENT || err_errno(e, ERR_FILE, "control socket %s", a->sun_path);
    if (!S_ISSOCK(st.st_mode))
        return err_set(e, ERR_FILE,
                       "control socket %s: a file of that name is there, and it is not a socket",
                       a->sun_path);
    if (somebody_serves(a))
        return err_set(
            e, ERR_NOT_NOW,
            "control socket %s is in use by a running program; stop it, or give this one "
            "another path with --control",
            a->sun_path);
    if (unlink(a->sun_path) != 0 && errno != ENOENT)
        return err_errno(e, ERR_FILE, "control socket %s: the old one cannot be removed",
                         a->sun_path);
    return true;
}

static bool bind_private(int fd, const struct sockaddr_un *a, struct err *e)
{
    /* Linux makes the file with the mode of the socket's inode: no moment at which others may
     * connect, and no umask, which all threads share. */
    if (fchmod(fd, 0600) != 0 || bind(fd, (const struct sockaddr *)a, sizeof *a) != 0)
        return err_errno(e, ERR_FILE, "control socket %s", a->sun_path);
    if (chmod(a->sun_path, 0600) != 0 || listen(fd, BACKLOG) != 0) {
        err_errno(e, ERR_FILE, "control socket %s", a->sun_path);
        unlink(a->sun_path);
        return false;
    }
    return true;
}

/* Two programs that start at once must not both find a stale socket and remove the other's new one:
 * whoever looks and binds holds a lock on the directory meanwhile. */
static int lock_directory(const char *path, struct err *e)
{
    char *dir = strdup(path);
    char *slash = dir ? strrchr(dir, '/') : NULL;
    const char *where = !slash ? "." : slash == dir ? "/" : dir;
    int fd;

    if (slash && slash != dir)
        *slash = '\0';
    fd = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        err_errno(e, ERR_FILE, "control socket: directory %s", where);
    for (int tries = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (tries == 40) { /* someone else's lock: go on without, the race needs a second one */
            break;
        }
        usleep(25000);
    }
    free(dir);
    return fd;
}

int control_socket_open(const char *path, struct err *e)
{
    struct sockaddr_un a;

    if (!unix_addr(&a, path, e))
        return -1;
    int lock = lock_directory(path, e);
    if (lock < 0)
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        err_errno(e, ERR_SYSTEM, "no control socket");
    } else if (!make_room(&a, e) || !bind_private(fd, &a, e)) {
        close(fd);
        fd = -1;
    }
    close(lock);
    return fd;
}
