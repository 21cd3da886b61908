/* EDGE: vmports run: opens what a run needs, runs the loop, closes it in the opposite order. */
#include "base/clock.h"
#include "base/sock.h"
#include "ports/pool.h"
#include "tools/shared/command.h"
#include "tools/shared/control.h"
#include "tools/shared/progress.h"
#include "tools/vmports/capture.h"
#include "tools/vmports/commands.h"
#include "tools/vmports/confine.h"
#include "tools/vmports/descriptors.h"
#include "tools/vmports/options.h"
#include "tools/vmports/report_json.h"
#include "tools/vmports/run_control.h"
#include "tools/vmports/run_identity.h"
#include "tools/vmports/run_options.h"
#include "tools/vmports/run_settings.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char who[] = "vmports run";

struct run {
    struct run_options o;
    struct run_settings *first, *now; /* held: those of the start, which the pool borrows; now */
    char state_dir[PATH_TEXT], control_path[PATH_TEXT];

    uv_loop_t loop;
    uv_signal_t on_int, on_term, on_hup;
    uv_timer_t timeout;

    struct log *log;
    struct keylog *keylog;
    struct control_server *control;
    struct run_control asks;
    struct capture *capture;
    struct progress *progress;
    struct pool *pool;

    int64_t start_ns;
    struct run_summary summary;
    uint64_t calls_ended;
    unsigned stops; /* how often the end was asked for */
    int code;
};

/* ---- the end --------------------------------------------------------------------------------- */

static double seconds_since(int64_t start_ns)
{
    return (double)(clock_now_ns() - start_ns) / (double)NS_PER_S;
}

/* The first reason counts; asked again, the pool ends at once. */
static void begin_end(struct run *r, const char *why, int code)
{
    if (r->stops++ == 0) {
        pool_totals(r->pool, &r->summary.totals);
        r->summary.registered = r->summary.totals.registered;
        r->summary.ended = why;
        r->code = code;
        uv_timer_stop(&r->timeout);
    }
    pool_stop(r->pool, r->o.drain_s);
}

static void on_stop_asked(void *arg)
{
    begin_end(arg, "stop", EXIT_DONE);
}

static void on_timeout(uv_timer_t *t)
{
    struct run *r = t->data;

    log_line(r->log, LOG_ERROR, LOG_ARBITER, NULL,
             "--timeout %u s came before what --until waits for", r->o.timeout_s);
    begin_end(r, "timeout", EXIT_FAILED);
}

static void close_handle(void *handle)
{
    const uv_handle_t *h = handle;

    if (h->data && !uv_is_closing(h)) /* without data it was never opened */
        uv_close(handle, NULL);
}

static void on_stopped(void *arg)
{
    struct run *r = arg;

    pool_totals(r->pool, &r->summary.totals);
    if (r->o.json)
        r->summary.troubles = troubles_json(r->pool);
    progress_clear(r->progress);
    r->asks.pool = NULL;
    run_control_stopped(&r->asks);
    control_close(r->control);
    r->control = NULL;
    close_handle(&r->on_int);
    close_handle(&r->on_term);
    close_handle(&r->on_hup);
    close_handle(&r->timeout);
}

/* ---- while it runs --------------------------------------------------------------------------- */

static bool is_idle(const struct pool_totals *t)
{
    return t->registered == t->ports && t->in_use == 0 && t->mwi.queued == 0 &&
           t->mwi.active == 0 && t->calls + t->calls_failed + t->mwi.confirmed + t->mwi.failed > 0;
}

static void look_at_until(struct run *r, const struct pool_totals *t)
{
    bool registered = t->ports > 0 && t->registered == t->ports;

    if (r->stops)
        return;
    switch (r->o.until) {
    case UNTIL_STOPPED:
        break;
    case UNTIL_REGISTERED:
        if (registered)
            begin_end(r, "registered", EXIT_DONE);
        break;
    case UNTIL_CALLS:
        if (r->calls_ended >= r->o.until_calls)
            begin_end(r, "calls", EXIT_DONE);
        break;
    case UNTIL_IDLE:
        if (is_idle(t))
            begin_end(r, "idle", EXIT_DONE);
        break;
    }
}

static void show_progress(struct run *r, const struct pool_totals *t)
{
    char lamps[64] = "";

    if (t->mwi.sent || t->mwi.queued)
        snprintf(lamps, sizeof lamps, " · lamps: %llu confirmed, %llu failed, %zu waiting",
                 (unsigned long long)t->mwi.confirmed, (unsigned long long)t->mwi.failed,
                 t->mwi.queued + t->mwi.active);
    progress_show(r->progress, "%s%zu of %zu registered · %zu in use · %llu calls%s",
                  r->stops ? "ending: " : "", t->registered, t->ports, t->in_use,
                  (unsigned long long)t->calls, lamps);
}

static void on_changed(void *arg, const struct pool_totals *t)
{
    struct run *r = arg;

    if (!r->pool)
        return;
    if (r->summary.registered_after_s < 0 && t->ports && t->registered == t->ports) {
        r->summary.registered_after_s = seconds_since(r->start_ns);
        malloc_trim(
            0); /* up to 200 handshakes at once needed memory that nobody needs again soon */
        log_line(r->log, LOG_NOTE, LOG_ARBITER, NULL, "all %zu ports are registered after %.2f s",
                 t->ports, r->summary.registered_after_s);
    }
    show_progress(r, t);
    look_at_until(r, t);
}

static void on_call_ended(void *arg, const char *port, const char *caller, const char *called,
                          const struct media_counts *counts, bool encrypted)
{
    struct run *r = arg;
    struct pool_totals t;

    (void)port;
    (void)caller;
    (void)called;
    (void)counts;
    (void)encrypted;
    r->calls_ended++;
    pool_totals(r->pool, &t);
    look_at_until(r, &t);
}

/* ---- opening --------------------------------------------------------------------------------- */

static bool reload(void *arg, run_control_line_fn *line, void *line_arg, struct err *e);

static bool open_control(struct run *r, struct err *e)
{
    struct control_settings s = {
        .path = r->control_path, .handle = run_control_handle, .arg = &r->asks, .log = r->log};

    if (!control_path(r->o.control, r->control_path, e))
        return false;
    r->asks.stop = on_stop_asked;
    r->asks.reload = reload;
    r->asks.arg = r;
    r->control = control_listen(&r->loop, &s, e);
    return r->control != NULL;
}

/* Names are resolved here once more than the ports do it: the filter needs addresses. */
static size_t tftp_addresses(const struct run *r, struct net_addr *out, size_t cap)
{
    size_t n = 0;

    for (size_t g = 0; g < r->now->pool.group_count; g++)
        for (size_t i = 0; i < r->now->groups[g].tftp_count && n < cap; i++)
            n += sock_resolve(r->now->groups[g].tftp[i].host, r->now->groups[g].tftp[i].port,
                              out + n, cap - n, NULL);
    return n;
}

static size_t add_port(uint16_t port, uint16_t *out, size_t n, size_t cap)
{
    for (size_t i = 0; i < n; i++)
        if (out[i] == port)
            return n;
    if (n < cap)
        out[n++] = port;
    return n;
}

static size_t signalling_ports(const struct run *r, uint16_t *out, size_t cap)
{
    size_t n = 0;

    for (size_t g = 0; g < r->now->pool.group_count; g++) {
        n = add_port(r->now->groups[g].mode == MODE_NON_SECURE ? 2000 : 2443, out, n, cap);
        for (size_t i = 0; i < r->now->groups[g].server_count; i++)
            n = add_port(r->now->groups[g].servers[i].port, out, n, cap);
    }
    return n;
}

static bool open_capture(struct run *r, struct err *e)
{
    struct net_addr tftp[CAPTURE_TFTP_MAX];
    uint16_t tcp[SERVERS_MAX + 1];

    if (!r->o.capture)
        return true;
    struct capture_settings s = {.file = r->o.capture,
                                 .device = r->o.capture_device,
                                 .tcp_ports = tcp,
                                 .tcp_count = signalling_ports(r, tcp, sizeof tcp / sizeof tcp[0]),
                                 .tftp = tftp,
                                 .tftp_count = tftp_addresses(r, tftp, CAPTURE_TFTP_MAX),
                                 .rtp_lo = r->now->pool.rtp_lo,
                                 .rtp_hi = r->now->pool.rtp_hi,
                                 .log = r->log};
    r->capture = capture_open(&s, e);
    return r->capture != NULL;
}

static bool open_keylog(struct run *r, struct err *e)
{
    if (!r->o.keylog)
        return true;
    r->keylog = keylog_open(r->o.keylog, e);
    if (!r->keylog)
        return false;
    log_line(r->log, LOG_WARN, LOG_SSL_INIT, NULL,
             "key log: who can read %s can read and hear these calls; remove it when you are done",
             r->o.keylog);
    return true;
}

static bool open_pool(struct run *r, struct err *e)
{
    const struct pool_events events = {
        .changed = on_changed, .call_ended = on_call_ended, .stopped = on_stopped, .arg = r};

    r->now->pool.log = r->log;
    r->now->pool.keylog = r->keylog;
    r->pool = pool_new(&r->loop, &r->now->pool, &events, e);
    r->asks.pool = r->pool;
    return r->pool != NULL;
}

static void say_legacy(const struct run *r)
{
    if (run_any_of_age(r->now, true))
        log_line(r->log, LOG_WARN, LOG_SSL_INIT, NULL,
                 "--legacy-tls: TLS 1.0, RSA 1024 and SHA-1 are allowed; use it in old labs only");
}

/* Root and far folders were for what is open by now. Settings and greetings may be read again. */
static bool confine_run(struct run *r, struct err *e)
{
    struct confine_settings s = {.user = r->o.user,
                                 .no_sandbox = r->o.no_sandbox,
                                 .state_dir = r->state_dir,
                                 .control_path = r->control_path,
                                 .log = r->log};
    char shipped[PATH_TEXT];

    confine_near(&s, r->o.config);
    confine_near(&s, r->o.greeting);
    confine_near(&s, sound_default_path(shipped, sizeof shipped, NULL) ? shipped : NULL);
    for (size_t i = 0; r->now->config && i < r->now->pool.group_count; i++)
        confine_near(&s, r->now->config->more[i].greeting);
    return confine(&s, e) && capture_write(r->capture, e);
}

/* ---- settings read anew ---------------------------------------------------------------------- */

struct reload {
    struct run *r;
    run_control_line_fn *line;
    void *arg;
};

static void on_mistake(void *arg, const char *text)
{
    const struct reload *l = arg;

    log_line(l->r->log, LOG_ERROR, LOG_ARBITER, NULL, "%s", text);
    l->line(l->arg, NULL, text);
}

static void on_change(void *arg, const char *group, const char *text)
{
    const struct reload *l = arg;

    log_line(l->r->log, LOG_NOTE, LOG_ARBITER, group, "%s", text);
    l->line(l->arg, group, text);
}

/* The first group of an age needs a root, of which nobody has been told yet. */
static bool open_new_identity(struct run *r, const struct run_settings *s, bool legacy,
                              struct err *e)
{
    return run_any_of_age(r->now, legacy) || run_open_identity(s, r->state_dir, legacy, r->log, e);
}

/* Taken when it returns true. */
static bool apply(struct run *r, struct run_settings *s, struct err *e)
{
    if (!descriptors_raise(r->log, &s->pool, e) || !run_settings_load_greetings(s, &r->o, e) ||
        !open_new_identity(r, s, false, e) || !open_new_identity(r, s, true, e))
        return false;
    if (pool_apply(r->pool, &s->pool, run_settings_drop, run_settings_hold(s), e))
        return true;
    run_settings_drop(s); /* the pool's hold */
    return false;
}

/* Which port is whose is settled by the number of workers: it cannot grow while they run. */
static void tell_workers(struct reload *l, const struct pool_settings *s)
{
    const size_t are = pool_workers(l->r->pool), wanted = pool_workers_wanted(s);
    char text[160];

    if (wanted <= are)
        return;
    snprintf(text, sizeof text,
             "%zu worker thread%s of the start serve%s all ports; a restart would make %zu", are,
             are == 1 ? "" : "s", are == 1 ? "s" : "", wanted);
    on_change(l, NULL, text);
}

static bool read_anew(struct run *r, struct reload *l, struct err *e)
{
    struct run_settings *s;

    if (!r->o.config)
        return err_set(e, ERR_NOT_NOW,
                       "there is no file to read: this run has its settings from its options");
    if (!r->pool || r->stops)
        return err_set(e, ERR_NOT_NOW, "the ports are not up yet, or not any more");
    s = run_settings_read(&r->o, r->state_dir, on_mistake, l, e);
    if (!s)
        return false;
    if (!apply(r, s, e)) {
        run_settings_drop(s);
        return false;
    }
    log_line(r->log, LOG_NOTE, LOG_ARBITER, NULL, "%s is read anew%s", r->o.config,
             r->capture ? "; the capture goes on with the servers of the start" : "");
    config_changes(r->now->config, s->config, on_change, l);
    tell_workers(l, &s->pool);
    run_settings_drop(r->now);
    r->now = s;
    return true;
}

/* What changed, or what was wrong, goes to `line`. False: all stays as it was. */
static bool reload(void *arg, run_control_line_fn *line, void *line_arg, struct err *e)
{
    struct run *r = arg;
    struct reload l = {r, line, line_arg};
    struct err why;

    if (read_anew(r, &l, e))
        return true;
    why = *e;
    err_in(&why, "the settings stay as they were");
    log_err(r->log, LOG_ERROR, LOG_ARBITER, NULL, &why);
    return false;
}

static void ignore_line(void *arg, const char *group, const char *text)
{
    (void)arg;
    (void)group;
    (void)text; /* the log has it */
}

/* ---- signals --------------------------------------------------------------------------------- */

static void on_signal(uv_signal_t *s, int number)
{
    struct run *r = s->data;
    struct err e = {0};

    if (number == SIGHUP) {
        (void)reload(r, ignore_line, NULL, &e);
        return;
    }
    if (r->stops == 0)
        log_line(r->log, LOG_NOTE, LOG_ARBITER, NULL,
                 "%s: calls may end within %u s, then ports unregister; once more ends at once",
                 number == SIGINT ? "SIGINT" : "SIGTERM", r->o.drain_s);
    begin_end(r, "signal", EXIT_DONE);
}

static int open_signal(struct run *r, uv_signal_t *s, int number)
{
    int rc = uv_signal_init(&r->loop, s);

    if (rc != 0)
        return rc;
    s->data = r;
    uv_unref((uv_handle_t *)s);
    return uv_signal_start(s, on_signal, number);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static bool open_all(struct run *r, struct err *e)
{
    r->log = log_new(STDERR_FILENO, (enum log_format)r->o.log_format, run_options_level(&r->o));
    if (!r->log)
        return err_set(e, ERR_MEMORY, "no memory for the log");
    if (!descriptors_raise(r->log, &r->now->pool, e) ||
        !run_settings_load_greetings(r->now, &r->o, e) ||
        !state_dir(r->o.state_dir, r->state_dir, e) || !open_control(r, e))
        return false;
    say_legacy(r);
    if (!open_keylog(r, e) || !open_capture(r, e) || !confine_run(r, e) || !log_start(r->log, e) ||
        !run_open_identity(r->now, r->state_dir, false, r->log, e) ||
        !run_open_identity(r->now, r->state_dir, true, r->log, e))
        return false;
    r->start_ns = clock_now_ns();
    r->progress = progress_new(r->log, r->o.quiet > 0 || r->o.log_format != LOG_TEXT);
    return open_pool(r, e);
}

/* ---- closing --------------------------------------------------------------------------------- */

static void close_capture(struct run *r)
{
    struct capture_counts counts = {0};
    struct err e = {0};

    if (!r->capture)
        return;
    if (!capture_stop(r->capture, &counts, &e)) {
        log_err(r->log, LOG_ERROR, LOG_ARBITER, NULL, &e);
        r->code = EXIT_FAILED;
        return;
    }
    log_line(r->log, counts.dropped ? LOG_WARN : LOG_NOTE, LOG_ARBITER, NULL,
             "capture: %llu packets in %s, %llu dropped by the kernel",
             (unsigned long long)counts.packets, r->o.capture, (unsigned long long)counts.dropped);
}

static void close_loop(struct run *r)
{
    close_handle(&r->on_int);
    close_handle(&r->on_term);
    close_handle(&r->on_hup);
    close_handle(&r->timeout);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    uv_loop_close(&r->loop);
}

static void close_all(struct run *r)
{
    pool_free(r->pool);
    control_close(r->control);
    if (r->loop.data)
        close_loop(r);
    progress_free(r->progress);
    close_capture(r);
    keylog_close(r->keylog);
    run_settings_drop(r->now);
    run_settings_drop(r->first);
    log_free(r->log);
}

static void print_summary(struct run *r)
{
    r->summary.seconds = seconds_since(r->start_ns);
    r->summary.reached = r->code == EXIT_DONE;
    json_t *summary = summary_json(&r->summary);
    json_dumpf(summary, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(summary);
}

/* ---- the command ----------------------------------------------------------------------------- */

static bool open_loop(struct run *r, struct err *e)
{
    int rc = uv_loop_init(&r->loop);

    if (rc != 0)
        return err_set(e, ERR_SYSTEM, "no event loop: %s", uv_strerror(rc));
    r->loop.data = r; /* it is there */
    uv_timer_init(&r->loop, &r->timeout);
    r->timeout.data = r;
    if ((rc = open_signal(r, &r->on_int, SIGINT)) != 0 ||
        (rc = open_signal(r, &r->on_term, SIGTERM)) != 0 ||
        (rc = open_signal(r, &r->on_hup, SIGHUP)) != 0)
        return err_set(e, ERR_SYSTEM, "no signals: %s", uv_strerror(rc));
    return true;
}

static void serve(struct run *r)
{
    if (r->o.timeout_s)
        uv_timer_start(&r->timeout, on_timeout, 1000 * (uint64_t)r->o.timeout_s, 0);
    if (!pool_whole(r->pool)) /* the log has said what found no memory */
        begin_end(r, "no memory", EXIT_FAILED);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    if (r->o.json)
        print_summary(r);
}

static int run(struct run *r)
{
    struct err e = {0};

    bool ok = open_loop(r, &e) && open_all(r, &e);
    if (ok)
        serve(r);
    close_all(r); /* writes what the log still has: the reason comes last */
    return ok ? r->code : command_fail(who, &e);
}

static int nothing_said(void)
{
    fprintf(stderr,
            "vmports run registers voicemail ports with a Cisco call manager. Tell it how many "
            "ports, and\n"
            "the address of the cluster's TFTP server:\n\n"
            "  vmports run -n 8 -t 10.48.46.182\n\n"
            "No call manager at hand? `vmports demo` shows everything on this machine alone.\n"
            "All options: `vmports run --help`. CUCM must trust our root: `vmports cert export "
            "FILE`.\n");
    return EXIT_USAGE;
}

static void print_mistake(void *arg, const char *text)
{
    (void)arg;
    fprintf(stderr, "%s\n", text);
}

int cmd_run(int argc, char **argv)
{
    struct run r = {.summary.registered_after_s = -1};
    struct err e = {0};

    if (argc == 1)
        return nothing_said();
    if (!run_options_read(&r.o, argc, argv, &e))
        return e.kind == ERR_NONE ? EXIT_USAGE : command_fail(who, &e);
    if (r.o.help) {
        run_options_help();
        return EXIT_DONE;
    }
    r.first = run_settings_read(&r.o, r.state_dir, print_mistake, NULL, &e);
    if (!r.first)
        return command_fail(who, &e);
    r.now = run_settings_hold(r.first);
    return run(&r);
}
