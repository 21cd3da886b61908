#include "tools/vmports/state_owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MOST 3 /* DIR/legacy/ports/NAME.pem */

/* What a run keeps (ctl/held.c, tls/authority.c), also half written. */
static bool name_is_ours(const char *name)
{
    static const char *const parts[] = {"CTLFile.tlv", ".pem", ".key", ".lock"};

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strstr(name, parts[i]))
            return true;
    return false;
}

static bool is_ours(const char *name, const struct stat *st)
{
    return S_ISDIR(st->st_mode) ||
           (S_ISREG(st->st_mode) && st->st_nlink == 1 && name_is_ours(name));
}

static bool give(int fd, const struct account *to, const char *name, struct err *e)
{
    return fchown(fd, to->uid, to->gid) == 0 ||
           err_errno(e, ERR_FILE, "%.100s cannot be given to user %s", name, to->name);
}

static bool walk(int folder, unsigned depth, const struct account *to, struct err *e);

/* Without `to` it is only looked at. The file is judged by what is open, not by its name, which may
 * stand for another one by then. */
static bool visit(int folder, const char *name, unsigned depth, const struct account *to,
                  struct err *e)
{
    struct stat st;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool ok = fd >= 0 && fstat(fd, &st) == 0;

    if (!ok || !is_ours(name, &st))
        ok = err_set(e, ERR_NOT_NOW, "%.100s in it is not a thing of vmports", name);
    else if (S_ISDIR(st.st_mode))
        ok = depth < DEPTH_MOST ? walk(fd, depth + 1, to, e)
                                : err_set(e, ERR_NOT_NOW, "%.100s lies too deep", name);
    if (ok && to)
        ok = give(fd, to, name, e);
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool walk(int folder, unsigned depth, const struct account *to, struct err *e)
{
    int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = own >= 0 ? fdopendir(own) : NULL;
    bool ok = true;

    if (!d) {
        err_errno(e, ERR_FILE, "it cannot be listed");
        if (own >= 0)
            close(own);
        return false;
    }
    for (struct dirent *at; ok && (at = readdir(d));)
        if (strcmp(at->d_name, ".") != 0 && strcmp(at->d_name, "..") != 0)
            ok = visit(folder, at->d_name, depth, to, e);
    closedir(d);
    return ok;
}

static bool give_all(int dir, const struct account *to, struct err *e)
{
    return walk(dir, 0, NULL, e) && walk(dir, 0, to, e) && give(dir, to, "it", e);
}

bool state_dir_give(const char *dir, const struct account *to, struct err *e)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return err_errno(e, ERR_FILE, "%.200s", dir);
    bool ok = privileges_reach(to, dir)
                  ? give_all(fd, to, e)
                  : err_set(e, ERR_NOT_NOW, "a folder above it shuts user %s out", to->name);
    close(fd);
    return ok || err_in(e, "%.150s", dir);
}
