#include "tools/shared/paths.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fits(int n, const char *what, struct err *e)
{
    return (n >= 0 && n < PATH_TEXT) ||
           err_set(e, ERR_USAGE, "the path of the %s is too long", what);
}

static const char *set_env(const char *name)
{
    const char *v = getenv(name);
    return v && *v == '/' ? v : NULL; /* the XDG rules: a relative one does not count */
}

bool path_state_dir(const char *name, char out[PATH_TEXT], struct err *e)
{
    const char *state = set_env("XDG_STATE_HOME"), *home = set_env("HOME");
    int n;

    if (geteuid() == 0)
        n = snprintf(out, PATH_TEXT, "/var/lib/%s", name);
    else if (state)
        n = snprintf(out, PATH_TEXT, "%s/%s", state, name);
    else if (home)
        n = snprintf(out, PATH_TEXT, "%s/.local/state/%s", home, name);
    else
        return err_set(e, ERR_USAGE, "neither XDG_STATE_HOME nor HOME is set: give --state-dir");
    return fits(n, "state directory", e);
}

/* A directory of ours that nobody else can have put there. */
static bool private_tmp(char *dir, size_t cap, struct err *e)
{
    struct stat st;

    snprintf(dir, cap, "/tmp/vmports-%u", (unsigned)geteuid());
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return err_errno(e, ERR_FILE, "directory %s", dir);
    if (lstat(dir, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
        (st.st_mode & 077))
        return err_set(e, ERR_FILE, "directory %s is not ours alone: give --control", dir);
    return true;
}

bool path_control(const char *name, char out[PATH_TEXT], struct err *e)
{
    const char *run = set_env("XDG_RUNTIME_DIR");
    char dir[64];

    if (geteuid() == 0)
        return fits(snprintf(out, PATH_TEXT, "/run/%s.sock", name), "control socket", e);
    if (run)
        return fits(snprintf(out, PATH_TEXT, "%s/%s.sock", run, name), "control socket", e);
    return private_tmp(dir, sizeof dir, e) &&
           fits(snprintf(out, PATH_TEXT, "%s/%s.sock", dir, name), "control socket", e);
}

static bool make_one(const char *dir, struct err *e)
{
    struct stat st;

    if (mkdir(dir, 0700) == 0 || errno == EEXIST || errno == EROFS || errno == EACCES) {
        int saved = errno;
        if (stat(dir, &st) == 0)
            return S_ISDIR(st.st_mode) || err_set(e, ERR_FILE, "%s is not a directory", dir);
        errno = saved;
    }
    return err_errno(e, ERR_FILE, "directory %s cannot be made", dir);
}

bool path_make_dir(const char *dir, struct err *e)
{
    char part[PATH_TEXT];

    if (strlen(dir) == 0 || strlen(dir) >= sizeof part)
        return err_set(e, ERR_USAGE, "directory \"%.60s\": its path has %zu bytes, 1-%d will do",
                       dir, strlen(dir), PATH_TEXT - 1);
    strcpy(part, dir);
    for (char *p = part + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        if (!make_one(part, e))
            return false;
        *p = '/';
    }
    if (!make_one(part, e))
        return false;
    if (access(dir, W_OK | X_OK) != 0)
        return err_errno(e, ERR_FILE, "directory %s cannot be written", dir);
    return true;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    (void)remove(path);
    return 0;
}

void path_remove_tree(const char *dir)
{
    (void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
