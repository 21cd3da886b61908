#include "ports/pool.h"

#include "ports/pool_inner.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_HANDSHAKES 200
#define CHANGED_MS     50    /* at most 20 times a second */
#define COMPLAINT_MS   10000 /* the same kind of error is printed once in this time */
#define REPORTS_A_PORT 32

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

void pool_port_name(const struct pool *p, uint32_t port, char out[DEVICE_NAME_MAX + 1])
{
    size_t group = 0, index = 0;
    const struct group_settings *g = group_of_port(&p->settings, port, &group, &index);

    if (!g || !device_name(g->prefix, g->first + (unsigned)index, out))
        out[0] = '\0';
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

/* Ten thousand ports that cannot register have one reason, not ten thousand. */
void pool_complain(struct pool *p, const char *who, enum log_area area, const struct err *why)
{
    struct complaint *c = &p->complaints[why->kind < ERR_KINDS ? why->kind : 0];
    const int64_t now = pool_now_ms();

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
    if (p->registered < p->shared.ports || p->all_told)
        return;
    p->all_told = true;
    /* The program tells of the first time itself. */
    log_line(p->settings.log, p->was_complete ? LOG_NOTE : LOG_INFO, LOG_MIU_SKINNY, NULL,
             "%zu port%s registered, %.1f s after the start", p->registered,
             p->registered == 1 ? "" : "s", (double)(pool_now_ms() - p->started_ms) / 1000.0);
    p->was_complete = true;
}

static void on_lost(struct pool *p)
{
    if (p->registered-- == p->shared.ports && p->stopping == RUNNING)
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
    sum->wrong_source += c->wrong_source;
    sum->wrong_payload += c->wrong_payload;
    sum->malformed += c->malformed;
    sum->silence += c->silence;
}

static void on_call_ended(struct pool *p, const struct worker_report *r)
{
    char name[DEVICE_NAME_MAX + 1];
    const struct media_counts *c = &r->call.counts;

    pool_port_name(p, r->port, name);
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
    char name[DEVICE_NAME_MAX + 1];

    pool_port_name(p, r->port, name);
    pool_complain(p, name, r->area, &r->why);
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
        on_lost(p);
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
    case REPORT_STATUS_DONE:
        pool_rows_done(p);
        break;
    case REPORT_STOPPED:
        pool_worker_stopped(p);
        break;
    }
}

static void on_wake(uv_async_t *a)
{
    struct pool *p = a->data;
    struct worker_report r;
    bool any = false;

    pool_take_kept(p);
    while (p->stopping != FINISHING && queue_take(p->reports, &r)) {
        take_report(p, &r);
        any = true;
    }
    if (!any || p->stopping == FINISHING)
        return;
    pool_pump_lamps(p);
    pool_changed(p);
}

/* ---- totals --------------------------------------------------------------------------------- */

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
}

static void add_lamps(struct pool_totals *out, const struct mwi_queue *q)
{
    const struct mwi_counts c = mwi_counts(q, pool_now_ms());

    out->mwi.queued += c.queued;
    out->mwi.active += c.active;
    out->mwi.sent += c.sent;
    out->mwi.confirmed += c.confirmed;
    out->mwi.failed += c.failed;
    if ((double)c.oldest_ms / 1000.0 > out->mwi.oldest_s)
        out->mwi.oldest_s = (double)c.oldest_ms / 1000.0;
}

void pool_totals(struct pool *p, struct pool_totals *out)
{
    *out = (struct pool_totals){.ports = p->shared.ports, .media = p->media_sums};
    for (size_t i = 0; i < p->worker_count; i++)
        add_worker(out, worker_counts(p->workers[i]));
    for (size_t g = 0; g < p->settings.group_count; g++)
        add_lamps(out, p->per_group[g].lamps);
    out->locked = out->ports - out->registered;
}

/* ---- making -----------------------------------------------------------------------------------
 */

static void wake(void *arg)
{
    uv_async_send(arg);
}

static void free_handle(uv_handle_t *h)
{
    free(h);
}

static bool any_secure(const struct pool_settings *s, bool *legacy)
{
    bool secure = false;

    *legacy = false;
    for (size_t g = 0; g < s->group_count; g++) {
        secure |= s->groups[g].mode != MODE_NON_SECURE;
        *legacy |= s->groups[g].legacy_tls;
    }
    return secure;
}

static void set_lamp_ports(struct mwi_queue *q, const struct group_settings *g)
{
    for (unsigned i = 0; i < g->count; i++) {
        const struct port_behaviour b = port_behaviour_of(g, g->first + i);
        mwi_set_port(q, i, b.enabled && b.mwi, b.hunt_order);
    }
}

static bool take_settings(struct pool *p, const struct pool_settings *s, struct err *e)
{
    p->settings = *s;
    p->groups = calloc(s->group_count, sizeof *p->groups);
    p->per_group = calloc(s->group_count, sizeof *p->per_group);
    if (!p->groups || !p->per_group)
        return err_set(e, ERR_MEMORY, "no memory for %zu groups", s->group_count);
    memcpy(p->groups, s->groups, s->group_count * sizeof *p->groups);
    p->settings.groups = p->groups;
    if (p->settings.max_handshakes == 0)
        p->settings.max_handshakes = MAX_HANDSHAKES;
    for (size_t g = 0; g < s->group_count; g++) {
        p->shared.ports += p->groups[g].count;
        p->per_group[g].pool = p;
        p->per_group[g].lamps = mwi_new(&p->groups[g].mwi, p->groups[g].count, e);
        if (!p->per_group[g].lamps)
            return false;
        set_lamp_ports(p->per_group[g].lamps, &p->groups[g]);
    }
    return true;
}

static size_t how_many_workers(const struct pool *p)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const size_t wanted = p->settings.threads ? p->settings.threads : cores > 0 ? (size_t)cores : 1;

    return wanted < p->shared.ports ? wanted : p->shared.ports;
}

static bool make_trust(struct pool *p, struct err *e)
{
    struct tls_authority_settings as = {.dir = p->settings.state_dir,
                                        .key_per_port = p->settings.key_per_port};

    if (!any_secure(&p->settings, &as.legacy))
        return true;
    p->authority = tls_authority_open(&as, e);
    return p->authority != NULL;
}

static bool make_queues(struct pool *p, struct err *e)
{
    const size_t most = p->shared.ports * REPORTS_A_PORT + 4096;

    p->wake = calloc(1, sizeof *p->wake);
    if (!p->wake || uv_async_init(p->loop, p->wake, on_wake) != 0) {
        free(p->wake);
        p->wake = NULL;
        return err_set(e, ERR_SYSTEM, "the pool cannot be woken");
    }
    p->wake->data = p;
    p->reports = queue_new(sizeof(struct worker_report), 64, most, wake, p->wake, e);
    if (!p->reports)
        return false;
    p->kept = queue_new(sizeof(struct keeper_result), 64, most, wake, p->wake, e);
    return p->kept != NULL;
}

static bool make_workers(struct pool *p, struct err *e)
{
    const size_t n = how_many_workers(p);

    p->workers = calloc(n, sizeof(struct worker *));
    p->identities = calloc(p->shared.ports, sizeof(struct tls_identity *));
    if (!p->workers || !p->identities)
        return err_set(e, ERR_MEMORY, "no memory for %zu workers", n);
    p->turns = turns_new(p->settings.max_handshakes, n, e);
    if (!p->turns)
        return false;
    p->shared.settings = &p->settings;
    p->shared.workers = n;
    p->shared.media = p->media;
    p->shared.turns = p->turns;
    p->shared.reports = p->reports;
    for (; p->worker_count < n; p->worker_count++) {
        p->workers[p->worker_count] = worker_new(&p->shared, p->worker_count, e);
        if (!p->workers[p->worker_count])
            return false;
    }
    return true;
}

static bool make_media(struct pool *p, struct err *e)
{
    const struct media_settings ms = {
        .port_lo = p->settings.rtp_lo,
        .port_hi = p->settings.rtp_hi,
        .threads = p->settings.media_threads,
        .tos = 0xb8, /* DSCP 46 (unity-connection.md 3.2) */
        .keylog = p->settings.keylog,
        .log = p->settings.log,
    };

    p->media = media_engine_new(&ms, e);
    return p->media != NULL;
}

static void add_timer(struct pool *p, uv_timer_t *t, void *data)
{
    uv_timer_init(p->loop, t);
    t->data = data;
    p->handles++;
}

static void make_timers(struct pool *p)
{
    uv_timer_t *const timers[] = {&p->lamp_timer, &p->changed_timer, &p->stop_timer,
                                  &p->complaint_timer, &p->identity_timer};

    for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++)
        add_timer(p, timers[i], p);
    for (size_t g = 0; g < p->settings.group_count; g++)
        add_timer(p, &p->per_group[g].retry, &p->per_group[g]);
    p->handles++; /* wake */
}

/* Ports on plain TCP need nothing but their routes; the others wait for their certificates. */
static void begin(struct pool *p)
{
    size_t group = 0, index = 0;
    bool legacy;

    p->started_ms = pool_now_ms();
    if (p->shared.ports > 500 && any_secure(&p->settings, &legacy))
        log_line(p->settings.log, LOG_NOTE, LOG_ARBITER, NULL,
                 "certificates of %zu ports are read, or made where they are missing",
                 p->shared.ports);
    for (uint32_t g = 0; g < p->settings.group_count; g++)
        pool_ask_routes(p, g, FETCH_IF_DUE);
    if (any_secure(&p->settings, &legacy))
        pool_ask_identities(p, 0);
    for (uint32_t i = 0; i < p->shared.ports; i++) {
        const struct worker_command start = {.kind = CMD_START, .port = i};
        if (group_of_port(&p->settings, i, &group, &index)->mode == MODE_NON_SECURE)
            pool_tell(p, i % p->worker_count, &start);
    }
}

static bool make_all(struct pool *p, const struct pool_settings *s, struct err *e)
{
    if (!settings_check(s, e) || !take_settings(p, s, e))
        return false;
    if (!make_trust(p, e) || !make_queues(p, e) || !make_media(p, e) || !make_workers(p, e))
        return false;
    p->keeper = keeper_new(&p->settings, p->authority, p->kept, e);
    return p->keeper != NULL;
}

/* Before the timers live: nothing of the pool is in the loop but `wake`. */
static void unmake(struct pool *p)
{
    const struct worker_command quit = {.kind = CMD_QUIT};

    pool_tell_all(p, &quit);
    if (p->wake)
        uv_close((uv_handle_t *)p->wake, free_handle);
    p->wake = NULL;
    pool_free(p);
}

struct pool *pool_new(uv_loop_t *loop, const struct pool_settings *s, const struct pool_events *ev,
                      struct err *e)
{
    struct pool *p = calloc(1, sizeof *p);

    if (!p) {
        err_set(e, ERR_MEMORY, "no memory for the pool");
        return NULL;
    }
    p->loop = loop;
    if (ev)
        p->events = *ev;
    if (!make_all(p, s, e)) {
        unmake(p);
        return NULL;
    }
    make_timers(p);
    begin(p);
    return p;
}

static void free_kept(struct pool *p)
{
    struct keeper_result r;

    while (p->kept && queue_take(p->kept, &r)) {
        routes_free(r.routes);
        tls_identity_free(r.identity);
    }
    queue_free(p->kept);
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->worker_count; i++)
        worker_join(p->workers[i]);
    keeper_free(p->keeper);
    media_engine_free(p->media);
    for (size_t i = 0; i < p->worker_count; i++)
        worker_free(p->workers[i]);
    for (size_t i = 0; p->identities && i < p->shared.ports; i++)
        tls_identity_free(p->identities[i]);
    for (size_t g = 0; p->per_group && g < p->settings.group_count; g++)
        mwi_free(p->per_group[g].lamps);
    free_kept(p);
    queue_free(p->reports);
    turns_free(p->turns);
    tls_authority_free(p->authority);
    free(p->identities);
    free(p->workers);
    free(p->per_group);
    free(p->groups);
    free(p);
}
