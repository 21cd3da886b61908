/* EDGE: the list of trust: held, fetched, judged, stored; see keeper_inner.h. */
#include "ports/keeper_inner.h"

#include "base/clock.h"
#include "base/log.h"
#include "ctl/facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define COMPARE_S 5u /* for a server that is asked for comparison only */

static int64_t now_ms(void)
{
    return clock_now_ns() / NS_PER_MS;
}

/* ---- the list of trust -------------------------------------------------------------------- */

struct judging {
    const struct keeper *k;
    const struct group_settings *g;
    struct kept_list *kept;
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
    if (!ctl_verify(f, j->kept->held, &policy, &j->verdict, e)) {
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
    trouble_note(&j->kept->trouble, why);
}

static void log_warnings(const struct judging *j, const struct err *list, size_t count)
{
    for (size_t i = 0; i < count && i < CTL_WARNINGS_MAX; i++) {
        log_err(j->k->settings->log, LOG_WARN, LOG_MIU_GENERAL, j->g->name, &list[i]);
        trouble_note(&j->kept->trouble, &list[i]);
    }
}

static void log_sums(const struct judging *j, const char *words, const struct ctl_facts *f)
{
    char bytes[24], records[24], usable[24];
    const struct log_field fields[] = {{"md5", f->md5},   {"sha1", f->sha1},
                                       {"bytes", bytes},  {"records", records},
                                       {"made", f->made}, {"call managers", usable}};

    snprintf(bytes, sizeof bytes, "%zu", f->bytes);
    snprintf(records, sizeof records, "%zu", f->records);
    snprintf(usable, sizeof usable, "%zu", f->usable);
    log_fields(j->k->settings->log, LOG_NOTE, LOG_MIU_GENERAL, j->g->name, words, fields,
               sizeof fields / sizeof fields[0]);
}

static void log_signer(const struct judging *j, const char *words, const struct ctl_facts *f)
{
    const struct log_field fields[] = {{"subject", f->signer},
                                       {"serial", f->serial},
                                       {"certificate SHA-256", f->signer_sha256},
                                       {"digest", f->digest}};
    const size_t count = sizeof fields / sizeof fields[0];

    log_fields(j->k->settings->log, LOG_NOTE, LOG_MIU_GENERAL, j->g->name, words, fields, count);
}

/* With the sums that `show ctl` prints, so that an operator can compare (2.2, steps 8 and 12); of a
 * list that changed, what is known of both. */
static void log_accepted(const struct judging *j, const char *tftp_host)
{
    const struct ctl_file *held = j->kept->held;
    struct ctl_facts now, before;
    char words[320];

    snprintf(words, sizeof words, "CTLFile.tlv from %.255s %s", tftp_host,
             j->verdict.unchanged ? "is unchanged" : "accepted");
    ctl_facts_of(j->file, j->verdict.signer, &now);
    log_sums(j, words, &now);
    if (!j->verdict.unchanged)
        log_signer(j, "CTLFile.tlv is signed by", &now);
    if (!j->verdict.unchanged && held) {
        ctl_facts_of(held, SIZE_MAX, &before);
        log_sums(j, "CTLFile.tlv held before, now CTLFile.tlv.bak", &before);
    }
    log_warnings(j, j->verdict.warnings, j->verdict.warning_count);
}

/* The book is held until the comparison has its turn. */
static void compare_later(struct kept_list *kept, const struct keeper_job *job, size_t which)
{
    if (job->routes.settings->tftp_count < 2)
        return;
    book_drop(kept->compare.book);
    kept->compare.book = book_hold(job->routes.book);
    kept->compare.group = job->routes.settings;
    kept->compare.which = which;
}

static void keep(const struct keeper *k, struct kept_list *kept, struct judging *j)
{
    struct err e;

    if (!j->verdict.unchanged || kept->unstored)
        kept->unstored = !ctl_held_store(kept->dir, j->file->bytes, j->file->len, &e);
    if (kept->unstored)
        log_err(k->settings->log, LOG_ERROR, LOG_MIU_GENERAL, j->g->name, &e);
    ctl_free(kept->held);
    kept->held = j->file;
}

/* True with a list, new or held; the held one outlives every failure. */
bool kept_list_fetch(const struct keeper *k, const struct keeper_job *job, struct kept_list *kept,
                     struct err *e)
{
    const struct group_settings *g = job->routes.settings;
    struct judging j = {.k = k, .g = g, .kept = kept};
    const struct ctl_fetch_settings fs = {.servers = g->tftp,
                                          .count = g->tftp_count,
                                          .stop = &k->stop,
                                          .failed = server_failed,
                                          .arg = &j};
    struct buf bytes = {0};
    size_t which = 0;

    kept->fetched_ms = now_ms();
    const bool ok = ctl_fetch(&fs, &bytes, &which, judge, &j, e);
    buf_free(&bytes);
    if (ok) {
        log_accepted(&j, g->tftp[which].host);
        keep(k, kept, &j);
        compare_later(kept, job, which);
        trouble_over(&kept->trouble);
        return true;
    }
    ctl_free(j.file);
    if (!kept->held)
        return false;
    struct err stale;
    ctl_stale(kept->held, &stale);
    log_err(k->settings->log, LOG_WARN, LOG_MIU_GENERAL, g->name, &stale);
    return true;
}

/* Somebody may have used `vmports ctl accept` or `forget` since we looked. */
static bool look_on_disk(const struct keeper *k, const struct group_settings *g,
                         struct kept_list *kept)
{
    struct ctl_file *on_disk;
    struct err e;

    if (kept->unstored)
        return true;
    if (!ctl_held_load(kept->dir, &on_disk, &e)) {
        log_err(k->settings->log, LOG_ERROR, LOG_MIU_GENERAL, g->name, &e);
        return kept->held != NULL;
    }
    ctl_free(kept->held);
    kept->held = on_disk;
    kept->looked = true;
    return true;
}

bool kept_list_due(const struct group_settings *g, const struct kept_list *kept,
                   enum keeper_fetch how)
{
    if (g->refresh == CTL_REFRESH_NEVER || g->tftp_count == 0)
        return false;
    if (how == FETCH_ASKED || !kept->held)
        return true;
    if (g->refresh == CTL_REFRESH_ONCE || how == FETCH_NOT)
        return false; /* the held one is kept on purpose: that is CUC's own behaviour */
    return how == FETCH_IF_DUE || now_ms() - kept->fetched_ms >= g->retry.list_stale_ms;
}

/* As ctl-tftp-tls.md 2.5; `fetched` says whether the list is fresh. */
bool kept_list_have(const struct keeper *k, const struct keeper_job *job, struct kept_list *kept,
                    bool *fetched, struct err *e)
{
    const struct group_settings *g = job->routes.settings;
    const enum keeper_fetch how = job->routes.fetch;
    const bool look = !kept->looked || how == FETCH_ASKED || kept_list_due(g, kept, how);

    if (look && !look_on_disk(k, g, kept))
        return err_set(e, ERR_CTL_40, "%s", kept->dir);
    *fetched = kept_list_due(g, kept, how);
    if (*fetched)
        return kept_list_fetch(k, job, kept, e);
    if (!kept->held)
        return err_set(e, ERR_CTL_31, "no list is held, and fetching is off");
    return true;
}

/* ---- do the servers agree? ---------------------------------------------------------------- */

static void differs(void *arg, const struct err *why)
{
    const struct judging *j = arg;

    log_err(j->k->settings->log, LOG_WARN, LOG_MIU_GENERAL, j->g->name, why);
    trouble_note(&j->kept->trouble, why);
    trouble_over(&j->kept->trouble); /* nothing hangs on it */
}

/* A server that is silent now was told of, or will be, when it was asked for the list. */
static void compare(const struct keeper *k, struct kept_list *kept)
{
    struct judging j = {.k = k, .g = kept->compare.group, .kept = kept};
    const struct ctl_fetch_settings fs = {
        .servers = j.g->tftp, .count = j.g->tftp_count, .total_s = COMPARE_S, .stop = &k->stop};

    if (kept->held)
        ctl_fetch_compare(&fs, kept->compare.which, kept->held->bytes, kept->held->len, differs,
                          &j);
    book_drop(kept->compare.book);
    kept->compare.book = NULL;
}

bool kept_lists_compare(struct keeper *k)
{
    for (struct kept_list *list = k->lists; list; list = list->next) {
        if (!list->compare.book)
            continue;
        compare(k, list);
        return true;
    }
    return false;
}

/* ---- where lists are kept ----------------------------------------------------------------- */

struct kept_list *kept_list_of(struct keeper *k, const struct group_settings *g, bool first,
                               struct err *e)
{
    struct kept_list **at = &k->lists;
    char dir[KEPT_DIR_MAX];

    snprintf(dir, sizeof dir, first ? "%s" : "%s/%s", k->settings->state_dir, g->name);
    while (*at && strcmp((*at)->dir, dir) != 0)
        at = &(*at)->next;
    if (*at)
        return *at;
    if (!first && mkdir(dir, 0700) != 0 && errno != EEXIST) {
        err_errno(e, ERR_FILE, "%.200s", dir);
        return NULL;
    }
    *at = calloc(1, sizeof **at);
    if (*at)
        memcpy((*at)->dir, dir, sizeof dir);
    else
        err_set(e, ERR_MEMORY, "no memory for a list of trust");
    return *at;
}

void kept_lists_free(struct kept_list *list)
{
    while (list) {
        struct kept_list *next = list->next;
        ctl_free(list->held);
        book_drop(list->compare.book);
        free(list);
        list = next;
    }
}
