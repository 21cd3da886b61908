/* EDGE: the held list on disk.
 *
 * Whoever changes it holds a lock on the directory; whoever reads it needs none, because a list
 * comes into its place by rename, whole. */
#include "base/buf.h"
#include "base/owner.h"
#include "ctl/fetch.h"
#include "ctl/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define HELD_NAME   CTL_NAME
#define BACKUP_NAME CTL_NAME ".bak"
#define NEW_NAME    "." CTL_NAME ".new"

static bool cannot_store(const char *dir, const char *name, struct err *e)
{
    return err_errno(e, ERR_CTL_39, "cannot store the CTL in %.200s/%s", dir, name);
}

static bool held_path(const char *dir, char *out, struct err *e)
{
    if (snprintf(out, PATH_MAX, "%s/%s", dir, HELD_NAME) < PATH_MAX)
        return true;
    return err_set(e, ERR_FILE, "the name of the state directory is too long");
}

/* Each folder that is missing on the way, private to its owner. */
static void make_folders(const char *dir)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s", dir) >= (int)sizeof path)
        return; /* the open that follows says what is wrong */
    for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    mkdir(path, 0700);
}

static int lock_folder(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    while (flock(fd, LOCK_EX) != 0)
        if (errno != EINTR) {
            int saved = errno;
            close(fd);
            errno = saved;
            return -1;
        }
    return fd;
}

static bool write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static bool write_new(int folder, const uint8_t *bytes, size_t len)
{
    unlinkat(folder, NEW_NAME, 0); /* what a killed process may have left */
    int fd = openat(folder, NEW_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    owner_follow(fd, folder);
    if (write_all(fd, bytes, len) && fsync(fd) == 0)
        return close(fd) == 0;
    int saved = errno;
    close(fd);
    errno = saved;
    return false;
}

/* The new bytes are on disk before the name points to them, and the name before we say so. */
static bool replace(int folder, const char *name, const uint8_t *bytes, size_t len)
{
    if (write_new(folder, bytes, len) && renameat(folder, NEW_NAME, folder, name) == 0)
        return fsync(folder) == 0;
    int saved = errno;
    unlinkat(folder, NEW_NAME, 0);
    errno = saved;
    return false;
}

/* The bytes that are held now; empty when there are none. */
static bool read_held(const char *dir, struct buf *out, struct err *e)
{
    char path[PATH_MAX];

    if (!held_path(dir, path, e))
        return false;
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return true;
    return buf_read_file(out, path, CTL_FILE_MAX, e);
}

static bool keep_backup(int folder, const char *dir, const struct buf *held, struct err *e)
{
    if (held->len == 0 || replace(folder, BACKUP_NAME, held->at, held->len))
        return true;
    return cannot_store(dir, BACKUP_NAME, e);
}

static bool store_locked(int folder, const char *dir, const uint8_t *bytes, size_t len,
                         struct err *e)
{
    struct buf held = {0};

    /* An unreadable old list cannot be kept; it must not keep a new one out. */
    bool readable = read_held(dir, &held, NULL);
    bool same = readable && held.len == len && memcmp(held.at, bytes, len) == 0;
    bool ok = same || ((!readable || keep_backup(folder, dir, &held, e)) &&
                       (replace(folder, HELD_NAME, bytes, len) || cannot_store(dir, HELD_NAME, e)));
    buf_free(&held);
    return ok;
}

bool ctl_held_store(const char *dir, const uint8_t *bytes, size_t len, struct err *e)
{
    struct ctl_file *f = ctl_parse(bytes, len, e);

    if (!f)
        return false;
    ctl_free(f);
    make_folders(dir);
    int folder = lock_folder(dir);
    if (folder < 0)
        return cannot_store(dir, HELD_NAME, e);
    bool ok = store_locked(folder, dir, bytes, len, e);
    close(folder);
    return ok;
}

bool ctl_held_forget(const char *dir, struct err *e)
{
    int folder = lock_folder(dir);
    bool ok;

    if (folder < 0)
        return errno == ENOENT || err_errno(e, ERR_FILE, "%.200s", dir);
    ok = renameat(folder, HELD_NAME, folder, BACKUP_NAME) == 0 || errno == ENOENT;
    if (!ok)
        err_errno(e, ERR_FILE, "cannot forget %.200s/%s", dir, HELD_NAME);
    close(folder);
    return ok;
}

/* A list was verified before it was stored: if its signature is wrong now, the disk or somebody has
 * changed it. */
static bool is_whole(const struct ctl_file *f, struct err *e)
{
    struct ctl_policy policy = {.first = CTL_FIRST_ACCEPT};
    struct ctl_verdict verdict;

    return ctl_verify(f, NULL, &policy, &verdict, e);
}

static bool is_damaged(const char *dir, const struct err *why, struct err *e)
{
    if (why->kind == ERR_MEMORY)
        return err_set(e, why->kind, "%s", why->text);
    return err_set(e, ERR_CTL_40,
                   "the stored CTL %.150s/%s is damaged (%.200s); fetching a new one needs your "
                   "consent (trust on first use)",
                   dir, HELD_NAME, why->text);
}

bool ctl_held_load(const char *dir, struct ctl_file **out, struct err *e)
{
    char path[PATH_MAX];
    struct buf bytes = {0};
    struct err why = {.kind = ERR_NONE};

    *out = NULL;
    if (!held_path(dir, path, e))
        return false;
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return true;
    bool ok = read_held(dir, &bytes, &why);
    if (ok)
        *out = ctl_parse(bytes.at, bytes.len, &why);
    buf_free(&bytes);
    if (!ok && why.kind != ERR_LIMIT) /* above the limit is damage; unreadable is not */
        return err_set(e, why.kind, "%s", why.text);
    if (*out && is_whole(*out, &why))
        return true;
    ctl_free(*out);
    *out = NULL;
    return is_damaged(dir, &why, e);
}
