#include "tools/vmports/confine.h"

#include "tools/shared/paths.h"
#include "tools/shared/sandbox.h"
#include "tools/vmports/state_owner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define USUAL_USER "vmports"
#define LAST_USER  "nobody"

/* ---- root ------------------------------------------------------------------------------------ */

static bool owner_of(const char *dir, struct account *out)
{
    struct stat st;

    return stat(dir, &st) == 0 && st.st_uid != 0 && account_by_id(st.st_uid, out, NULL);
}

static bool choose(const struct confine_settings *s, struct account *out, struct err *e)
{
    if (s->user)
        return account_by_name(s->user, out, e) || err_in(e, "--user");
    return owner_of(s->state_dir, out) || account_by_name(USUAL_USER, out, NULL) ||
           account_by_name(LAST_USER, out, e);
}

/* Somebody who named a user wants it so; else uid 0 stays, which without capabilities is a user
 * like others who owns root's files. */
static bool stay_root(const struct confine_settings *s, const struct err *why, struct err *e)
{
    if (s->user)
        return err_set(e, why->kind, "--user %.60s: %s", s->user, why->text);
    log_line(s->log, LOG_NOTE, LOG_ARBITER, NULL,
             "started as root, stays uid 0 without its capabilities: %s", why->text);
    return true;
}

static bool leave_root(const struct confine_settings *s, struct err *e)
{
    struct account to;
    struct err why = {0};

    if (!choose(s, &to, e))
        return false;
    if (to.uid == 0) { /* wanted so; what another user had before is root's again */
        (void)!state_dir_give(s->state_dir, &to, NULL);
        return true;
    }
    if (!state_dir_give(s->state_dir, &to, &why))
        return stay_root(s, &why, e);
    if (!privileges_become(&to, e))
        return false;
    log_line(s->log, LOG_NOTE, LOG_ARBITER, NULL,
             "started as root, goes on as user %s, who owns %s from now on", to.name, s->state_dir);
    return true;
}

/* Media threads rise to the lowest real-time priority where they may (media/thread.c): what root
 * could do is left to the user as a limit. */
static void keep_real_time(void)
{
    const struct rlimit lowest = {1, 1};

    (void)setrlimit(RLIMIT_RTPRIO, &lowest);
}

static bool be_somebody(const struct confine_settings *s, struct err *e)
{
    struct account me;

    if (geteuid() == 0) {
        keep_real_time();
        return leave_root(s, e);
    }
    if (!s->user)
        return true;
    if (!account_by_name(s->user, &me, e))
        return err_in(e, "--user");
    return me.uid == geteuid() ||
           err_set(e, ERR_USAGE, "--user %.60s: only root can become another user", s->user);
}

/* ---- the sandbox ----------------------------------------------------------------------------- */

struct folders {
    char path[CONFINE_NEAR_MAX][PATH_TEXT];
    struct sandbox_place place[CONFINE_NEAR_MAX + 2];
    size_t count;
};

static const char *folder_of(const char *path, char out[PATH_TEXT])
{
    snprintf(out, PATH_TEXT, "%s", path);
    char *slash = strrchr(out, '/');
    if (!slash)
        return ".";
    slash[slash == out] = '\0'; /* "/x" lies in "/" */
    return out;
}

static void say(const struct confine_settings *s, const struct sandbox_report *r)
{
    const char *lost = r->files_errno == ENOSYS       ? "it came with Linux 5.13"
                       : r->files_errno == EOPNOTSUPP ? "it is switched off: boot with lsm=landlock"
                                                      : strerror(r->files_errno);
    if (r->files_errno)
        log_line(s->log, LOG_WARN, LOG_ARBITER, NULL,
                 "sandbox: this kernel gives no Landlock (%s): files are not fenced off", lost);
    if (r->calls_errno)
        log_line(s->log, LOG_WARN, LOG_ARBITER, NULL,
                 "sandbox: this kernel gives no seccomp filter (%s): system calls are not fenced "
                 "off",
                 strerror(r->calls_errno));
    if (!r->files_errno)
        log_line(s->log, LOG_INFO, LOG_ARBITER, NULL,
                 "sandbox: Landlock version %d: writes below %s only", r->files_abi, s->state_dir);
    if (!r->calls_errno)
        log_line(s->log, LOG_INFO, LOG_ARBITER, NULL,
                 "sandbox: no new privileges; a system call outside of the list fails with EPERM");
}

static bool enter_sandbox(const struct confine_settings *s, struct err *e)
{
    static struct folders f; /* too big for a stack */
    char control[PATH_TEXT];
    struct sandbox_report report;

    f.count = 0;
    f.place[f.count++] = (struct sandbox_place){s->state_dir, SANDBOX_WRITE};
    f.place[f.count++] =
        (struct sandbox_place){folder_of(s->control_path, control), SANDBOX_REMOVE};
    for (size_t i = 0; i < s->near_count; i++)
        f.place[f.count++] = (struct sandbox_place){folder_of(s->near[i], f.path[i]), SANDBOX_READ};
    if (!sandbox_enter(f.place, f.count, &report, e))
        return false;
    say(s, &report);
    return true;
}

void confine_near(struct confine_settings *s, const char *path)
{
    if (path && *path && s->near_count < CONFINE_NEAR_MAX)
        s->near[s->near_count++] = path;
}

bool confine(const struct confine_settings *s, struct err *e)
{
    if (!be_somebody(s, e))
        return false;
    if (!s->no_sandbox)
        return enter_sandbox(s, e);
    log_line(s->log, LOG_NOTE, LOG_ARBITER, NULL, "--no-sandbox: nothing is fenced off");
    return privileges_clear(e);
}
