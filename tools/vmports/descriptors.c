#include "tools/vmports/descriptors.h"

#include <sys/resource.h>
#include <unistd.h>

/* A port needs a socket for its line; more are wanted: one for its voice and one for the reports
 * beside it, where they are asked for, and one for the line that stands by, unless there is but one
 * server. */
struct descriptors {
    rlim_t need, standby, voice;
};

static struct descriptors descriptors_of(const struct pool_settings *s)
{
    const rlim_t ports = (rlim_t)settings_ports(s);
    struct descriptors d = {.voice = ports};

    d.need = ports + 64 + 16 * ((rlim_t)s->threads + s->media_threads);
    for (size_t i = 0; i < s->group_count; i++) {
        const struct group_settings *g = &s->groups[i];
        if (g->standby && g->server_count != 1)
            d.standby += g->count;
        if (g->rtcp)
            d.voice += g->count;
    }
    return d;
}

static rlim_t calls_of(const struct pool_settings *s, const struct descriptors *d, rlim_t have)
{
    const rlim_t lines = d->need + d->standby;

    return have > lines ? (have - lines) * (rlim_t)settings_ports(s) / d->voice : 0;
}

/* What may be opened, as much of `wanted` as can be had. */
static bool raise_to(rlim_t wanted, rlim_t *have, struct err *e)
{
    struct rlimit r, more = {wanted, wanted};

    if (getrlimit(RLIMIT_NOFILE, &r) != 0)
        return err_errno(e, ERR_SYSTEM, "the limit of open files");
    if (r.rlim_max < wanted && geteuid() == 0 && setrlimit(RLIMIT_NOFILE, &more) == 0)
        r.rlim_max = wanted;
    r.rlim_cur = r.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &r) != 0)
        return err_errno(e, ERR_SYSTEM, "the limit of open files cannot be raised");
    *have = r.rlim_max;
    return true;
}

bool descriptors_raise(struct log *log, const struct pool_settings *s, struct err *e)
{
    const struct descriptors d = descriptors_of(s);
    const rlim_t all = d.need + d.standby + d.voice;
    rlim_t have = 0;

    if (!raise_to(all, &have, e))
        return false;
    if (have < d.need)
        return err_set(
            e, ERR_LIMIT,
            "%zu ports need %llu open files, %llu are allowed: raise the limit (`ulimit -n`, "
            "LimitNOFILE=) or use fewer ports",
            settings_ports(s), (unsigned long long)d.need, (unsigned long long)have);
    if (have < all)
        log_line(log, LOG_WARN, LOG_MIU_GENERAL, NULL,
                 "%llu open files are allowed: enough for %llu calls at once%s; %llu would serve "
                 "every port (`ulimit -n`, LimitNOFILE=)",
                 (unsigned long long)have, (unsigned long long)calls_of(s, &d, have),
                 d.standby ? " beside the lines that stand by" : "", (unsigned long long)all);
    return true;
}
