#include "ports/keeper.h"

#include "base/log.h"
#include "ports/keeper_inner.h"

#include <stdlib.h>

#define IDENTITIES_A_JOB 64u /* then another job has its turn */
#define FAILURES_MOST    64u /* of one pass: more have one reason, a full disk for one */
#define PUT_WAITS_MS     10000
#define JOBS_MAX         4096u /* two for each group, and more */

/* The queue may find no memory to grow: what is in it is soon taken. */
static bool put_patiently(struct keeper *k, const struct keeper_result *r)
{
    for (int ms = 0; !queue_put(k->results, r); ms += 10) {
        if (ms >= PUT_WAITS_MS || atomic_load(&k->stop))
            return false;
        uv_sleep(10);
    }
    return true;
}

static void answer(struct keeper *k, const struct keeper_result *r)
{
    if (put_patiently(k, r))
        return;
    routes_free(r->routes);
    tls_identity_free(r->identity);
    log_line(k->settings->log, LOG_ERROR, LOG_ARBITER, NULL,
             "the pool does not take an answer of "
             "the keeper of trust");
}

static void keep_routes(struct keeper *k, const struct keeper_job *job)
{
    struct keeper_result r = {.group = job->routes.group, .life = job->routes.life};
    bool as_it_was = false;

    r.routes = keeper_routes(k, job, &as_it_was, &r.list, &r.why);
    r.kind = r.routes ? KEPT_ROUTES : as_it_was ? KEPT_AS_IT_WAS : KEPT_NO_ROUTES;
    book_drop(job->routes.book);
    answer(k, &r);
}

/* ---- certificates ------------------------------------------------------------------------- */

/* After a renewal of the root all ports have the same news: the first one tells it. */
static void tell_replaced(const struct keeper *k, const char *name, unsigned before)
{
    struct err e;

    err_set(&e, ERR_PKI_03, "the port certificate of %s was not signed by the current root", name);
    log_err(k->settings->log, before ? LOG_INFO : LOG_WARN, LOG_SSL_INIT, name, &e);
}

/* False: this port's turn has to come again. */
static bool keep_identity(struct keeper *k, struct keeper_job *pass)
{
    const struct keeper_names *names = pass->identities.names;
    const size_t at = pass->identities.at;
    struct keeper_result r = {
        .kind = KEPT_IDENTITY, .port = names->list[at].port, .life = names->list[at].life};

    struct tls_authority *a =
        names->list[at].legacy ? pass->identities.legacy : pass->identities.modern;

    r.identity = tls_authority_port(a, names->list[at].name, &r.why);
    const bool made = r.identity != NULL;
    if (tls_authority_replaced(a))
        tell_replaced(k, names->list[at].name, pass->identities.replaced++);
    if (!made)
        r.kind = KEPT_NO_IDENTITY;
    answer(k, &r);
    return made;
}

/* A port that has none does not keep the others from theirs. False: the pass is over. */
static bool keep_some_identities(struct keeper *k, struct keeper_job *pass)
{
    for (unsigned i = 0; i < IDENTITIES_A_JOB; i++) {
        if (atomic_load(&k->stop) || pass->identities.at >= pass->identities.names->count ||
            pass->identities.failures >= FAILURES_MOST)
            return false;
        pass->identities.failures += !keep_identity(k, pass);
        pass->identities.at++;
    }
    return true;
}

static void keep_identities(struct keeper *k, const struct keeper_job *job)
{
    const struct keeper_result over = {.kind = KEPT_ALL_IDENTITIES};
    struct keeper_job pass = *job;

    while (keep_some_identities(k, &pass))
        if (queue_put(k->jobs, &pass)) /* else the other jobs are too many to wait behind */
            return;
    free(pass.identities.names);
    answer(k, &over);
}

/* ---- the thread --------------------------------------------------------------------------- */

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
        /* What nobody waits for comes last, and one at a time. */
        if (!atomic_load(&k->stop) && !kept_lists_compare(k))
            uv_sem_wait(&k->wake);
    }
}

static void wake(void *arg)
{
    uv_sem_post(arg);
}

static bool make_all(struct keeper *k, struct err *e)
{
    if (uv_sem_init(&k->wake, 0) != 0)
        return err_set(e, ERR_SYSTEM, "no semaphore for the keeper of trust");
    k->has_wake = true;
    k->jobs = queue_new(sizeof(struct keeper_job), 16, JOBS_MAX, wake, &k->wake, e);
    if (!k->jobs)
        return false;
    if (uv_thread_create(&k->thread, run, k) != 0)
        return err_set(e, ERR_SYSTEM, "no thread for the keeper of trust");
    k->started = true;
    return true;
}

struct keeper *keeper_new(const struct pool_settings *s, struct queue *results, struct err *e)
{
    struct keeper *k = calloc(1, sizeof *k);

    if (!k) {
        err_set(e, ERR_MEMORY, "no memory for the keeper of trust");
        return NULL;
    }
    k->settings = s;
    k->results = results;
    if (!make_all(k, e)) {
        keeper_free(k);
        return NULL;
    }
    return k;
}

static void forget(const struct keeper_job *job)
{
    if (job->kind == KEEP_ROUTES)
        book_drop(job->routes.book);
    else
        free(job->identities.names);
}

bool keeper_ask(struct keeper *k, const struct keeper_job *job)
{
    if (queue_put(k->jobs, job))
        return true;
    forget(job);
    return false;
}

void keeper_free(struct keeper *k)
{
    struct keeper_job job;

    if (!k)
        return;
    atomic_store(&k->stop, true);
    if (k->has_wake)
        uv_sem_post(&k->wake);
    if (k->started)
        uv_thread_join(&k->thread);
    if (k->has_wake)
        uv_sem_destroy(&k->wake);
    while (k->jobs && queue_take(k->jobs, &job))
        forget(&job);
    queue_free(k->jobs);
    kept_lists_free(k->lists);
    free(k);
}
