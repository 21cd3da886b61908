#include "ports/keeper.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/sock.h"
#include "ctl/fetch.h"
#include "ports/worker.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#define FETCH_PAUSE_MS   60000 /* ctl-tftp-tls.md 2.5: at most one fetch per 60 s */
#define IDENTITIES_A_JOB 64u   /* then another job has its turn */
#define FAILURES_MOST    64u   /* of one pass: more have one reason, a full disk for one */
#define SECURE_PORT      2443
#define PLAIN_PORT       2000
#define ADDRS_MAX        8

struct kept_group {
    struct ctl_file *held;
    bool looked;   /* for a held list on disk */
    bool unstored; /* what is held could not be written: the disk knows less than we do */
    int64_t fetched_ms;
    char dir[1024];
};

struct keeper {
    const struct pool_settings *settings;
    struct tls_authority *authority;
    struct queue *jobs, *results;
    uv_sem_t wake;
    uv_thread_t thread;
    atomic_bool stop;
    bool has_wake, started;
    struct kept_group *groups;
    bool *made; /* by port: has its certificate */
};

static int64_t now_ms(void)
{
    return clock_now_ns() / NS_PER_MS;
}

static void answer(struct keeper *k, const struct keeper_result *r)
{
    if (queue_put(k->results, r))
        return;
    routes_free(r->routes);
    tls_identity_free(r->identity);
    log_line(k->settings->log, LOG_ERROR, LOG_ARBITER, NULL,
             "the pool does not take an answer of "
             "the keeper of trust");
}

/* ---- the list of trust ------------------------------------------------------------------------
 */

struct judging {
    struct keeper *k;
    const struct group_settings *g;
    const struct ctl_file *held;
    struct ctl_file *file; /* accepted */
    struct ctl_verdict verdict;
};

static bool judge(void *arg, const uint8_t *bytes, size_t len, struct err *e)
{
    struct judging *j = arg;
    struct ctl_policy policy = j->g->ctl_policy;

    if (policy.now_s == 0)
        policy.now_s = clock_wall_ns() / NS_PER_S;
    struct ctl_file *f = ctl_parse(bytes, len, e);
    if (!f)
        return false;
    if (!ctl_verify(f, j->held, &policy, &j->verdict, e)) {
        ctl_free(f);
        return false;
    }
    ctl_free(j->file);
    j->file = f;
    return true;
}

static void server_failed(void *arg, const struct ctl_fetch_server *server, const struct err *why)
{
    const struct judging *j = arg;

    (void)server; /* the reason names it */
    log_err(j->k->settings->log, LOG_WARN, LOG_MIU_GENERAL, j->g->name, why);
}

static void log_warnings(const struct judging *j, const struct err *list, size_t count)
{
    for (size_t i = 0; i < count && i < CTL_WARNINGS_MAX; i++)
        log_err(j->k->settings->log, LOG_WARN, LOG_MIU_GENERAL, j->g->name, &list[i]);
}

/* With the sums that `show ctl` prints, so that an operator can compare (2.2, step 8). */
static void log_accepted(const struct judging *j, const char *tftp_host)
{
    char md5[33], sha1[41];

    ctl_md5(j->file->bytes, j->file->len, md5);
    ctl_sha1(j->file->bytes, j->file->len, sha1);
    log_line(j->k->settings->log, LOG_NOTE, LOG_MIU_GENERAL, j->g->name,
             "CTLFile.tlv from %s %s: md5 %s, sha1 %s, %zu records, %zu call managers", tftp_host,
             j->verdict.unchanged ? "is unchanged" : "accepted", md5, sha1, j->file->count,
             j->verdict.usable);
    log_warnings(j, j->verdict.warnings, j->verdict.warning_count);
}

static void keep(struct keeper *k, struct kept_group *kg, struct judging *j)
{
    struct err e;

    if (!j->verdict.unchanged || kg->unstored)
        kg->unstored = !ctl_held_store(kg->dir, j->file->bytes, j->file->len, &e);
    if (kg->unstored)
        log_err(k->settings->log, LOG_ERROR, LOG_MIU_GENERAL, j->g->name, &e);
    ctl_free(kg->held);
    kg->held = j->file;
}

/* True with a list, new or held; the held one outlives every failure. */
static bool fetch(struct keeper *k, const struct group_settings *g, struct kept_group *kg,
                  struct err *e)
{
    struct judging j = {.k = k, .g = g, .held = kg->held};
    const struct ctl_fetch_settings fs = {.servers = g->tftp,
                                          .count = g->tftp_count,
                                          .stop = &k->stop,
                                          .failed = server_failed,
                                          .arg = &j};
    struct buf bytes = {0};
    size_t which = 0;

    kg->fetched_ms = now_ms();
    const bool ok = ctl_fetch(&fs, &bytes, &which, judge, &j, e);
    buf_free(&bytes);
    if (ok) {
        log_accepted(&j, g->tftp[which].host);
        keep(k, kg, &j);
        return true;
    }
    ctl_free(j.file);
    if (!kg->held)
        return false;
    struct err kept;
    ctl_stale(kg->held, &kept);
    log_err(k->settings->log, LOG_WARN, LOG_MIU_GENERAL, g->name, &kept);
    return true;
}

/* Somebody may have used `vmports ctl accept` or `forget` since we looked. */
static bool look_on_disk(struct keeper *k, const struct group_settings *g, struct kept_group *kg)
{
    struct ctl_file *on_disk;
    struct err e;

    if (kg->unstored)
        return true;
    if (!ctl_held_load(kg->dir, &on_disk, &e)) {
        log_err(k->settings->log, LOG_ERROR, LOG_MIU_GENERAL, g->name, &e);
        return kg->held != NULL;
    }
    ctl_free(kg->held);
    kg->held = on_disk;
    kg->looked = true;
    return true;
}

static bool due(const struct group_settings *g, const struct kept_group *kg, enum keeper_fetch how)
{
    if (g->refresh == CTL_REFRESH_NEVER || g->tftp_count == 0)
        return false;
    if (how == FETCH_ASKED || !kg->held)
        return true;
    if (g->refresh == CTL_REFRESH_ONCE || how == FETCH_NOT)
        return false; /* the held one is kept on purpose: that is CUC's own behaviour */
    return how == FETCH_IF_DUE || now_ms() - kg->fetched_ms >= FETCH_PAUSE_MS;
}

/* ---- where to register --------------------------------------------------------------------------
 */

static bool resolve(const struct keeper *k, const char *host, uint16_t port, struct net_addr *out,
                    struct err *e)
{
    struct net_addr found[ADDRS_MAX];
    const uint8_t wanted = k->settings->bind.family;
    const size_t n = net_addr_parse(&found[0], host, port)
                         ? 1
                         : sock_resolve_unless(&k->stop, host, port, found, ADDRS_MAX, e);

    for (size_t i = 0; i < n; i++) {
        *out = found[i];
        if (!wanted || found[i].family == wanted)
            return true;
    }
    return n > 0 && err_set(e, ERR_SYSTEM, "%.100s has no address of the family of --bind", host);
}

static bool pin(struct route *r, const struct ctl_file *f, bool any_ccm, struct err *e)
{
    struct ctl_bytes pins[64];
    const size_t n = ctl_pins(f, r->host, &r->addr, any_ccm, pins, sizeof pins / sizeof pins[0], e);

    if (n == 0)
        return false;
    r->trust = tls_trust_new(TLS_TRUST_PINNED, e);
    for (size_t i = 0; r->trust && i < n; i++)
        if (!tls_trust_add(r->trust, pins[i].at, pins[i].len, e))
            return false;
    return r->trust != NULL;
}

/* A server that cannot be used stays in the list with its reason: its turn comes, and goes. */
static void make_route(struct keeper *k, const struct group_settings *g, const struct ctl_file *f,
                       struct route *r, const char *host, const struct net_addr *known,
                       uint16_t port)
{
    snprintf(r->host, sizeof r->host, "%.255s", host);
    r->addr = *known;
    r->addr.port = port;
    if (!known->family && !resolve(k, host, port, &r->addr, &r->why)) {
        r->addr = (struct net_addr){0};
        return;
    }
    if (f && !pin(r, f, g->ctl_policy.any_ccm, &r->why))
        err_in(&r->why, "%.100s", host);
}

static struct routes *routes_named(struct keeper *k, const struct group_settings *g,
                                   const struct ctl_file *f, struct err *e)
{
    struct routes *r = routes_new(g->server_count, e);
    const struct net_addr unknown = {0};

    for (size_t i = 0; r && i < r->count; i++) {
        uint16_t port = g->servers[i].port;
        if (port == 0)
            port = f ? SECURE_PORT : PLAIN_PORT;
        make_route(k, g, f, &r->list[i], g->servers[i].host, &unknown, port);
    }
    return r;
}

/* No server was said, and the list gives neither names nor addresses: certutils makes such lists.
 */
static void nobody_named(const struct ctl_file *f, struct err *e)
{
    const struct net_addr unknown = {0};
    struct ctl_bytes any[1];

    if (ctl_pins(f, "", &unknown, true, any, 1, e) > 0)
        err_set(e, ERR_CTL_35, "the list has call managers, but no name or address: give --server");
}

static struct routes *routes_of_list(struct keeper *k, const struct group_settings *g,
                                     const struct ctl_file *f, struct err *e)
{
    struct ctl_server found[SERVERS_MAX];
    const size_t n = ctl_servers(f, found, SERVERS_MAX);
    const bool secure = g->mode != MODE_NON_SECURE;
    struct routes *r;

    if (n == 0) {
        nobody_named(f, e);
        return NULL;
    }
    r = routes_new(n, e);
    for (size_t i = 0; r && i < n; i++)
        make_route(k, g, secure ? f : NULL, &r->list[i], found[i].host, &found[i].addr,
                   secure ? SECURE_PORT : PLAIN_PORT);
    return r;
}

/* Does a new list promise more than this one? */
static bool wants_new_list(const struct routes *r)
{
    for (size_t i = 0; r && i < r->count; i++)
        if (!routes_stale(r->list[i].why.kind))
            return false;
    return true;
}

static struct routes *make_routes(struct keeper *k, const struct group_settings *g,
                                  const struct kept_group *kg, struct err *e)
{
    if (g->mode == MODE_NON_SECURE && g->server_count)
        return routes_named(k, g, NULL, e);
    return g->server_count ? routes_named(k, g, kg->held, e) : routes_of_list(k, g, kg->held, e);
}

static bool needs_list(const struct group_settings *g)
{
    return g->mode != MODE_NON_SECURE || g->server_count == 0;
}

/* As ctl-tftp-tls.md 2.5; `fetched` says whether the list is fresh. */
static bool have_list(struct keeper *k, const struct group_settings *g, struct kept_group *kg,
                      enum keeper_fetch how, bool *fetched, struct err *e)
{
    const bool look = !kg->looked || how == FETCH_ASKED || due(g, kg, how);

    if (look && !look_on_disk(k, g, kg))
        return err_set(e, ERR_CTL_40, "%s", kg->dir);
    *fetched = due(g, kg, how);
    if (*fetched)
        return fetch(k, g, kg, e);
    if (!kg->held)
        return err_set(e, ERR_CTL_31, "no list is held, and fetching is off");
    return true;
}

static struct routes *routes_for(struct keeper *k, uint32_t group, enum keeper_fetch how,
                                 bool *as_it_was, struct err *e)
{
    const struct group_settings *g = &k->settings->groups[group];
    struct kept_group *kg = &k->groups[group];
    bool fetched = true;

    if (needs_list(g) && !have_list(k, g, kg, how, &fetched, e))
        return NULL;
    *as_it_was = how == FETCH_STALE && !fetched;
    if (*as_it_was)
        return NULL;
    struct routes *r = make_routes(k, g, kg, e);
    if (!needs_list(g) || fetched || !wants_new_list(r) || !due(g, kg, FETCH_STALE))
        return r;
    routes_free(r);
    return fetch(k, g, kg, e) ? make_routes(k, g, kg, e) : NULL;
}

static void keep_routes(struct keeper *k, const struct keeper_job *job)
{
    struct keeper_result r = {.group = job->group};
    bool as_it_was = false;

    r.routes = routes_for(k, job->group, job->fetch, &as_it_was, &r.why);
    r.kind = r.routes ? KEPT_ROUTES : as_it_was ? KEPT_AS_IT_WAS : KEPT_NO_ROUTES;
    answer(k, &r);
}

/* ---- certificates -------------------------------------------------------------------------------
 */

/* False: this port's turn has to come again. */
static bool keep_identity(struct keeper *k, uint32_t port)
{
    size_t group = 0, index = 0;
    const struct group_settings *g = group_of_port(k->settings, port, &group, &index);
    struct keeper_result r = {.kind = KEPT_IDENTITY, .port = port, .group = (uint32_t)group};
    char name[DEVICE_NAME_MAX + 1];

    if (g->mode == MODE_NON_SECURE || k->made[port])
        return true;
    if (device_name(g->prefix, g->first + (unsigned)index, name))
        r.identity = tls_authority_port(k->authority, name, &r.why);
    if (!r.identity)
        r.kind = KEPT_NO_IDENTITY;
    k->made[port] = r.identity != NULL;
    answer(k, &r);
    return k->made[port];
}

static uint32_t port_count(const struct pool_settings *s)
{
    uint32_t n = 0;

    for (size_t g = 0; g < s->group_count; g++)
        n += s->groups[g].count;
    return n;
}

/* A port that has none does not keep the others from theirs. False: the pass is over. */
static bool keep_some_identities(struct keeper *k, struct keeper_job *pass)
{
    for (unsigned i = 0; i < IDENTITIES_A_JOB; i++) {
        if (atomic_load(&k->stop) || pass->port >= port_count(k->settings) ||
            pass->failures >= FAILURES_MOST)
            return false;
        pass->failures += !keep_identity(k, pass->port++);
    }
    return true;
}

static void keep_identities(struct keeper *k, const struct keeper_job *job)
{
    const struct keeper_result over = {.kind = KEPT_ALL_IDENTITIES};
    struct keeper_job pass = *job;

    while (keep_some_identities(k, &pass))
        if (keeper_ask(k, &pass)) /* else the other jobs are too many to wait behind */
            return;
    answer(k, &over);
}

/* ---- the thread
 * ----------------------------------------------------------------------------------- */

static void run(void *arg)
{
    struct keeper *k = arg;
    struct keeper_job job;

    while (!atomic_load(&k->stop)) {
        while (!atomic_load(&k->stop) && queue_take(k->jobs, &job)) {
            if (job.kind == KEEP_ROUTES)
                keep_routes(k, &job);
            else
                keep_identities(k, &job);
        }
        if (!atomic_load(&k->stop))
            uv_sem_wait(&k->wake);
    }
}

static void wake(void *arg)
{
    uv_sem_post(arg);
}

/* The first group keeps its list where `vmports ctl` looks; others beside it, by their names. */
static bool make_dir(struct keeper *k, size_t group, struct err *e)
{
    struct kept_group *kg = &k->groups[group];

    if (group == 0) {
        snprintf(kg->dir, sizeof kg->dir, "%s", k->settings->state_dir);
        return true;
    }
    snprintf(kg->dir, sizeof kg->dir, "%s/%s", k->settings->state_dir,
             k->settings->groups[group].name);
    if (mkdir(kg->dir, 0700) != 0 && errno != EEXIST)
        return err_errno(e, ERR_FILE, "%.200s", kg->dir);
    return true;
}

static bool make_all(struct keeper *k, struct err *e)
{
    k->groups = calloc(k->settings->group_count, sizeof *k->groups);
    k->made = calloc(port_count(k->settings) + 1u, sizeof *k->made);
    if (!k->groups || !k->made)
        return err_set(e, ERR_MEMORY, "no memory for the keeper of trust");
    for (size_t g = 0; g < k->settings->group_count; g++)
        if (needs_list(&k->settings->groups[g]) && !make_dir(k, g, e))
            return false;
    if (uv_sem_init(&k->wake, 0) != 0)
        return err_set(e, ERR_SYSTEM, "no semaphore for the keeper of trust");
    k->has_wake = true;
    k->jobs = queue_new(sizeof(struct keeper_job), 16, 1024, wake, &k->wake, e);
    if (!k->jobs)
        return false;
    if (uv_thread_create(&k->thread, run, k) != 0)
        return err_set(e, ERR_SYSTEM, "no thread for the keeper of trust");
    k->started = true;
    return true;
}

struct keeper *keeper_new(const struct pool_settings *s, struct tls_authority *a,
                          struct queue *results, struct err *e)
{
    struct keeper *k = calloc(1, sizeof *k);

    if (!k) {
        err_set(e, ERR_MEMORY, "no memory for the keeper of trust");
        return NULL;
    }
    k->settings = s;
    k->authority = a;
    k->results = results;
    if (!make_all(k, e)) {
        keeper_free(k);
        return NULL;
    }
    return k;
}

bool keeper_ask(struct keeper *k, const struct keeper_job *job)
{
    return queue_put(k->jobs, job);
}

void keeper_free(struct keeper *k)
{
    if (!k)
        return;
    atomic_store(&k->stop, true);
    if (k->has_wake)
        uv_sem_post(&k->wake);
    if (k->started)
        uv_thread_join(&k->thread);
    if (k->has_wake)
        uv_sem_destroy(&k->wake);
    queue_free(k->jobs);
    for (size_t g = 0; k->groups && g < k->settings->group_count; g++)
        ctl_free(k->groups[g].held);
    free(k->groups);
    free(k->made);
    free(k);
}
