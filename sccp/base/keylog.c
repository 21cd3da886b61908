#include "base/keylog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct keylog {
    int fd; /* O_APPEND: one writev is one whole line, whichever thread writes it */
};

struct keylog *keylog_open(const char *path, struct err *e)
{
    struct stat st;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0) {
        err_errno(e, ERR_FILE, "key log %s", path);
        return NULL;
    }
    if (fstat(fd, &st) != 0 || (st.st_mode & 077) != 0) {
        err_set(e, ERR_FILE, "key log %s can be read by others (mode %03o, wanted 600)", path,
                (unsigned)st.st_mode & 0777);
        close(fd);
        return NULL;
    }
    struct keylog *k = calloc(1, sizeof *k);
    if (!k) {
        close(fd);
        err_set(e, ERR_MEMORY, "no memory for the key log");
        return NULL;
    }
    k->fd = fd;
    return k;
}

void keylog_line(struct keylog *k, const char *line)
{
    if (!k)
        return;
    struct iovec parts[2] = {{.iov_base = (void *)(uintptr_t)line, .iov_len = strlen(line)},
                             {.iov_base = (char[]){'\n'}, .iov_len = 1}};
    while (writev(k->fd, parts, 2) < 0 && errno == EINTR)
        ;
}

void keylog_close(struct keylog *k)
{
    if (!k)
        return;
    close(k->fd);
    free(k);
}
