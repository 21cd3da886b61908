#include "tls/files.h"

#include "base/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool make_one(const char *path, struct err *e)
{
    if (mkdir(path, 0700) != 0)
        return errno == EEXIST || err_errno(e, ERR_FILE, "%.200s", path);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        owner_follow_path(fd, path);
        close(fd);
    }
    return true;
}

bool files_make_dir(const char *path, struct err *e)
{
    char part[PATH_MAX];
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof part)
        return err_set(e, ERR_FILE, "a directory name of %zu characters cannot be used", len);
    memcpy(part, path, len + 1);
    for (char *slash = part + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (!make_one(part, e))
            return false;
        *slash = '/';
    }
    return make_one(part, e);
}

static bool private_enough(int fd, const char *path, struct err *e)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return err_errno(e, ERR_FILE, "%.200s", path);
    if (st.st_mode & 077)
        return err_set(e, ERR_FILE,
                       "%.200s: mode %04o lets others use the key, 0600 is wanted: chmod 600 it",
                       path, (unsigned)(st.st_mode & 07777));
    return true;
}

static bool read_all(int fd, const char *path, struct buf *out, struct err *e)
{
    uint8_t chunk[4096];
    ssize_t n;

    while ((n = read(fd, chunk, sizeof chunk)) > 0) {
        if (out->len + (size_t)n > PEM_FILE_MAX)
            return err_set(e, ERR_LIMIT, "%.200s: more than %d bytes", path, PEM_FILE_MAX);
        bool ok = buf_add(out, chunk, (size_t)n, e);
        explicit_bzero(chunk, (size_t)n);
        if (!ok)
            return false;
    }
    return n == 0 || err_errno(e, ERR_FILE, "%.200s", path);
}

bool files_read(const char *path, bool secret, struct buf *out, bool *found, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    *found = fd >= 0;
    if (fd < 0)
        return errno == ENOENT || err_errno(e, ERR_FILE, "%.200s", path);
    bool ok = (!secret || private_enough(fd, path, e)) && read_all(fd, path, out, e);
    close(fd);
    return ok;
}

static bool write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

/* mkostemp makes it 0600; what is public opens up before it gets its name. */
static bool fill(int fd, bool secret, bool lasting, const void *bytes, size_t len)
{
    return (secret || fchmod(fd, 0644) == 0) && write_all(fd, bytes, len) &&
           (!lasting || fsync(fd) == 0);
}

bool files_write(const char *path, bool secret, bool lasting, const void *bytes, size_t len,
                 struct err *e)
{
    char temp[PATH_MAX];

    if ((size_t)snprintf(temp, sizeof temp, "%s.XXXXXX", path) >= sizeof temp)
        return err_set(e, ERR_FILE, "%.200s...: the path is too long", path);
    int fd = mkostemp(temp, O_CLOEXEC);
    if (fd < 0)
        return err_errno(e, ERR_FILE, "%.200s", path);
    owner_follow_path(fd, path);
    bool ok = fill(fd, secret, lasting, bytes, len);
    ok = close(fd) == 0 && ok && rename(temp, path) == 0;
    if (ok)
        return true;
    err_errno(e, ERR_FILE, "%.200s", path);
    unlink(temp);
    return false;
}

int files_lock(const char *path, struct err *e)
{
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd >= 0)
        owner_follow_path(fd, path);
    if (fd >= 0)
        while (flock(fd, LOCK_EX) != 0)
            if (errno != EINTR) {
                close(fd);
                fd = -1;
                break;
            }
    if (fd < 0)
        err_errno(e, ERR_FILE, "%.200s", path);
    return fd;
}
