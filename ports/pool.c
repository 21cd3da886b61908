#include "ports/pool.h"

#include "ports/pool_inner.h"

#include "base/clock.h"

#include <inttypes.h>

#define CHANGED_MS   50    /* at most 20 times a second */
#define COMPLAINT_MS 10000 /* the same kind of error is printed once in this time */

int64_t pool_now_ms(void)
{
    return clock_now_ns() / NS_PER_MS;
}

void pool_tell(struct pool *p, size_t worker, const struct worker_command *c)
{
    if (!worker_put(p->workers[worker], c))
        log_line(p->settings.log, LOG_ERROR, LOG_ARBITER, NULL, "worker %zu does not keep up",
                 worker);
}

void pool_tell_all(struct pool *p, const struct worker_command *c)
{
    for (size_t i = 0; i < p->worker_count; i++)
        pool_tell(p, i, c);
}

/* ---- what is heard of the workers ----------------------------------------------------------- */

static void on_changed(uv_timer_t *t)
{
    struct pool *p = t->data;
    struct pool_totals totals;

    if (!p->events.changed)
        return;
    pool_totals(p, &totals);
    p->events.changed(p->events.arg, &totals);
}

void pool_changed(struct pool *p)
{
    if (p->events.changed && !uv_is_active((uv_handle_t *)&p->changed_timer))
        uv_timer_start(&p->changed_timer, on_changed, CHANGED_MS, 0);
}

static void on_complaint_timer(uv_timer_t *t)
{
    struct pool *p = t->data;
    const int64_t now = pool_now_ms();
    bool waiting = false;

    for (int k = 0; k < ERR_KINDS; k++) {
        struct complaint *c = &p->complaints[k];
        if (c->more && c->until_ms <= now) {
            log_line(p->settings.log, LOG_WARN, LOG_ARBITER, NULL, "%u more: %s", c->more,
                     err_words((enum err_kind)k));
            c->more = 0;
        }
        waiting |= c->more > 0;
    }
    if (!waiting)
        uv_timer_stop(t);
}

static struct complaint *complaint_of(struct pool *p, const struct err *why)
{
    return &p->complaints[(size_t)why->kind < ERR_KINDS ? why->kind : 0];
}

void pool_remember(struct pool *p, const char *who, const struct err *why)
{
    struct pool_trouble *last = &complaint_of(p, why)->last;

    trouble_note(&last->trouble, why);
    snprintf(last->who, sizeof last->who, "%s", who ? who : "");
}

/* Ten thousand ports that cannot register have one reason, not ten thousand. */
void pool_complain(struct pool *p, const char *who, enum log_area area, const struct err *why)
{
    struct complaint *c = complaint_of(p, why);
    const int64_t now = pool_now_ms();

    pool_remember(p, who, why);
    if (c->until_ms > now && !log_wants(p->settings.log, LOG_INFO)) {
        c->more++;
        if (!uv_is_active((uv_handle_t *)&p->complaint_timer))
            uv_timer_start(&p->complaint_timer, on_complaint_timer, 1000, 1000);
        return;
    }
    c->until_ms = now + COMPLAINT_MS;
    log_err(p->settings.log, LOG_WARN, area, who, why);
}

static void on_registered(struct pool *p)
{
    p->registered++;
    if (p->registered < p->port_count || p->owed || p->all_told)
        return;
    p->all_told = true;
    /* The program tells of the first time itself. */
    log_line(p->settings.log, p->was_complete ? LOG_NOTE : LOG_INFO, LOG_MIU_SKINNY, NULL,
             "%zu port%s registered, %.1f s after the start", p->registered,
             p->registered == 1 ? "" : "s", (double)(pool_now_ms() - p->started_ms) / 1000.0);
    p->was_complete = true;
}

/* That those go who shall is no news. */
static void on_lost(struct pool *p, uint32_t port)
{
    if (p->registered-- == p->port_count && p->stopping == RUNNING && !p->ports[port].leaving)
        log_line(p->settings.log, LOG_NOTE, LOG_MIU_SKINNY, NULL, "not all ports are registered");
    p->all_told = false;
}

static void add_counts(struct media_counts *sum, const struct media_counts *c)
{
    sum->sent += c->sent;
    sum->sent_octets += c->sent_octets;
    sum->send_errors += c->send_errors;
    sum->received += c->received;
    sum->received_octets += c->received_octets;
    sum->lost += c->lost;
    sum->reordered += c->reordered;
    sum->duplicates += c->duplicates;
    sum->auth_failures += c->auth_failures;
    sum->replays += c->replays;
    sum->plain += c->plain;
    sum->rtcp_sent += c->rtcp_sent;
    sum->rtcp_received += c->rtcp_received;
    sum->rtcp_bad += c->rtcp_bad;
    sum->other_tag += c->other_tag;
    sum->replays_old += c->replays_old;
    sum->ssrc_changes += c->ssrc_changes;
    sum->wrong_source += c->wrong_source;
    sum->wrong_payload += c->wrong_payload;
    sum->malformed += c->malformed;
    sum->silence += c->silence;
}

static void on_call_ended(struct pool *p, const struct worker_report *r)
{
    const char *name = pool_port_name(p, r->port);
    const struct media_counts *c = &r->call.counts;

    add_counts(&p->media_sums, c);
    log_line(p->settings.log, LOG_INFO, LOG_MIU_IO, name,
             "call %s: %s, sent %" PRIu64 ", received %" PRIu64 ", lost %" PRIu64
             ", authentication failures %" PRIu64,
             r->call.connected ? "ended" : "failed",
             r->call.encrypted ? "SRTP both ways" : "not encrypted", c->sent, c->received, c->lost,
             c->auth_failures);
    if (p->events.call_ended)
        p->events.call_ended(p->events.arg, name, r->call.caller, r->call.called, c,
                             r->call.encrypted);
}

static void on_trouble(struct pool *p, const struct worker_report *r)
{
    pool_complain(p, pool_port_name(p, r->port), r->area, &r->why);
}

static void take_report(struct pool *p, const struct worker_report *r);

/* What a port answered before it went is not left for the next one in its place. */
static void take_last_answers(struct pool *p)
{
    struct worker_report r;

    while (p->stopping != FINISHING && queue_take(p->answers, &r))
        take_report(p, &r);
}

static void take_report(struct pool *p, const struct worker_report *r)
{
    switch (r->kind) {
    case REPORT_FREE:
    case REPORT_TAKEN:
        pool_lamp_port(p, r);
        break;
    case REPORT_REGISTERED:
        on_registered(p);
        break;
    case REPORT_LOST:
        on_lost(p, r->port);
        break;
    case REPORT_LAMP:
        pool_lamp_report(p, r);
        break;
    case REPORT_CALL_ENDED:
        on_call_ended(p, r);
        break;
    case REPORT_TROUBLE:
        on_trouble(p, r);
        break;
    case REPORT_STALE:
        pool_ask_routes(p, r->group, FETCH_STALE);
        break;
    case REPORT_VACANT:
        take_last_answers(p);
        pool_vacant(p, r->port);
        break;
    case REPORT_STATUS_DONE:
        pool_rows_done(p);
        break;
    case REPORT_STOPPED:
        pool_worker_stopped(p);
        break;
    }
}

static void tell_unheard(struct pool *p)
{
    const uint64_t n = atomic_exchange(&p->unheard, 0);

    if (n)
        log_line(
            p->settings.log, LOG_ERROR, LOG_ARBITER, NULL,
            "%" PRIu64 " reports of errors and ended calls were lost: nobody took them in time", n);
}

void pool_on_wake(uv_async_t *a)
{
    struct pool *p = a->data;
    struct worker_report r;
    bool any = false;

    pool_take_kept(p);
    while (p->stopping != FINISHING && (queue_take(p->answers, &r) || queue_take(p->reports, &r))) {
        take_report(p, &r);
        any = true;
    }
    tell_unheard(p);
    if (!any || p->stopping == FINISHING)
        return;
    pool_pump_lamps(p);
    pool_changed(p);
}

/* ---- totals --------------------------------------------------------------------------------- */

size_t pool_workers(const struct pool *p)
{
    return p->worker_count;
}

static void add_worker(struct pool_totals *out, const struct worker_counts *c)
{
    out->registered += (size_t)atomic_load(&c->registered);
    out->in_use += (size_t)atomic_load(&c->in_call);
    out->calls += atomic_load(&c->calls);
    out->calls_failed += atomic_load(&c->calls_failed);
    out->calls_refused += atomic_load(&c->calls_refused);
    out->registrations += atomic_load(&c->registrations);
    out->handshakes += atomic_load(&c->handshakes);
    out->errors += atomic_load(&c->errors);
    out->failovers += atomic_load(&c->failovers);
    out->failbacks += atomic_load(&c->failbacks);
    out->calls_kept += atomic_load(&c->calls_kept);
    out->standing_by += (size_t)atomic_load(&c->standing_by);
}

static void add_lamps(struct pool_totals *out, const struct mwi_counts *c)
{
    out->mwi.queued += c->queued;
    out->mwi.active += c->active;
    out->mwi.sent += c->sent;
    out->mwi.confirmed += c->confirmed;
    out->mwi.failed += c->failed;
    if ((double)c->oldest_ms / 1000.0 > out->mwi.oldest_s)
        out->mwi.oldest_s = (double)c->oldest_ms / 1000.0;
}

void pool_totals(struct pool *p, struct pool_totals *out)
{
    *out = (struct pool_totals){.ports = p->port_count, .media = p->media_sums};
    for (size_t i = 0; i < p->worker_count; i++)
        add_worker(out, worker_counts(p->workers[i]));
    add_lamps(out, &p->lamp_sums);
    for (size_t g = 0; g < p->group_count; g++) {
        if (!p->groups[g])
            continue;
        const struct mwi_counts c = mwi_counts(p->groups[g]->lamps, pool_now_ms());
        add_lamps(out, &c);
    }
    out->handshakes_most = turns_most(p->turns);
    out->log_lines_lost = log_lost(p->settings.log);
    out->locked = out->ports > out->registered ? out->ports - out->registered : 0;
}
