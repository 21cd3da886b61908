#include "tools/vmports/out_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool may_be_written(int fd, const char *path, const char *source, out_file_kind_fn *kind,
                           struct err *e)
{
    struct stat is, from;
    uint8_t head[OUT_FILE_HEAD] = {0};

    if (fstat(fd, &is) != 0)
        return err_errno(e, ERR_FILE, "%s", path);
    if (!S_ISREG(is.st_mode))
        return err_set(e, ERR_FILE, "%s is no regular file", path);
    if (stat(source, &from) == 0 && from.st_dev == is.st_dev && from.st_ino == is.st_ino)
        return err_set(e, ERR_FILE, "%s is the capture itself: name another file", path);
    if (is.st_size == 0)
        return true;
    if (pread(fd, head, sizeof head, 0) != sizeof head || !kind(head))
        return err_set(e, ERR_FILE,
                       "%s is there, a file of another kind: it is not written over; name another",
                       path);
    return true;
}

int out_file_open(const char *path, const char *source, out_file_kind_fn *kind, struct err *e)
{
    /* O_NONBLOCK: a pipe of that name must not hold us up before it is refused. */
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

    if (fd < 0) {
        err_errno(e, ERR_FILE, "%s", path);
        return -1;
    }
    if (!may_be_written(fd, path, source, kind, e)) {
        close(fd);
        return -1;
    }
    if (ftruncate(fd, 0) != 0 || fchmod(fd, 0600) != 0) {
        err_errno(e, ERR_FILE, "%s", path);
        close(fd);
        return -1;
    }
    return fd;
}
