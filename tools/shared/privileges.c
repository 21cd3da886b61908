#include "tools/shared/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENTRY_MAX 4096

static bool take(const struct passwd *found, int why, const char *what, struct account *out,
                 struct err *e)
{
    errno = why;
    if (!found && why)
        return err_errno(e, ERR_SYSTEM, "user %.60s", what);
    if (!found)
        return err_set(e, ERR_USAGE, "there is no user %.60s", what);
    *out = (struct account){.uid = found->pw_uid, .gid = found->pw_gid};
    snprintf(out->name, sizeof out->name, "%s", found->pw_name);
    return true;
}

bool account_by_name(const char *name, struct account *out, struct err *e)
{
    struct passwd entry, *found = NULL;
    char text[ENTRY_MAX];

    int why = getpwnam_r(name, &entry, text, sizeof text, &found);
    return take(found, why, name, out, e);
}

bool account_by_id(uid_t uid, struct account *out, struct err *e)
{
    struct passwd entry, *found = NULL;
    char text[ENTRY_MAX], name[16];

    snprintf(name, sizeof name, "%u", (unsigned)uid);
    int why = getpwuid_r(uid, &entry, text, sizeof text, &found);
    return take(found, why, name, out, e);
}

static bool give_away(const struct account *u)
{
    return setgroups(1, &u->gid) == 0 && setresgid(u->gid, u->gid, u->gid) == 0 &&
           setresuid(u->uid, u->uid, u->uid) == 0;
}

bool privileges_reach(const struct account *user, const char *folder)
{
    int status = 0;
    pid_t child = fork();

    if (child ==
        0) /* a folder of mode 0700 that is still root's says EACCES to X_OK, not to F_OK */
        _exit(give_away(user) && access(folder, F_OK) == 0 ? 0 : 1);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool privileges_become(const struct account *user, struct err *e)
{
    if (!give_away(user))
        return err_errno(e, ERR_SYSTEM, "root cannot become user %s", user->name);
    if (user->uid != 0 && (setuid(0) == 0 || geteuid() == 0))
        return err_set(e, ERR_SYSTEM, "user %s could become root again", user->name);
    return true;
}

bool privileges_clear(struct err *e)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

    /* What an exec could give back; fails where we may not, and then there is nothing to take. */
    for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
        (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capset, &head, none) != 0)
        return err_errno(e, ERR_SYSTEM, "capabilities cannot be given away");
    return true;
}
