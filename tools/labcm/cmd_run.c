/* labcm run: everything of one node in one loop. */
#include "tools/labcm/commands.h"
#include "tools/labcm/office.h"
#include "tools/labcm/run_options.h"
#include "tools/shared/command.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char who[] = "labcm run";

struct run {
    struct run_options o;
    char state_dir[PATH_TEXT], control_path[PATH_TEXT];
    uv_loop_t loop;
    struct log *log;
    struct keylog *keylog;
    struct lab *lab;
    struct phones *phones;
    struct office office;
    struct faults faults;
    struct control_server *control;
    uv_signal_t signals[2];
    bool signals_on;
};

/* ---- what TFTP serves ------------------------------------------------------------------------ */

/* "CTLSEP" and the twelve hex digits of a MAC address: phones ask for the list under that name. */
static bool is_phone_list(const char *name)
{
    return strlen(name) == 22 && strncmp(name, "CTLSEP", 6) == 0 &&
           strspn(name + 6, "0123456789ABCDEF") == 12 && strcmp(name + 18, ".tlv") == 0;
}

/* With a fault kept to one device the others get the list that is right. */
static const struct buf *list_for(const struct run *run, const struct net_addr *client)
{
    for (enum fault_id id = 0; id < FAULT_COUNT; id++)
        if (fault_table[id].group == FAULTS_OF_CTL && run->faults.of[id].on &&
            !fault_on_from(&run->faults, id, client))
            return lab_right_ctl(run->lab);
    return lab_ctl(run->lab);
}

static bool open_list(void *arg, const struct net_addr *client, const char *name, struct buf *out,
                      enum tftp_error *code, struct err *e)
{
    const struct run *run = arg;

    *code = TFTP_ERROR_NOT_FOUND;
    if (strcmp(name, "CTLFile.tlv") != 0 && !is_phone_list(name))
        return err_set(e, ERR_FILE, "file not found");
    *code = TFTP_ERROR_TEXT;
    if (fault_on_from(&run->faults, FAULT_TFTP_REPLACED, client) &&
        !lab_replace_list(run->lab, false, e))
        return false;
    if (fault_on_from(&run->faults, FAULT_TFTP_REPLACED_MIDWAY, client) &&
        !lab_replace_list(run->lab, true, e))
        return false;
    const struct buf *list = list_for(run, client);
    return buf_add(out, list->at, list->len, e);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void last_call_over(void *arg)
{
    struct run *run = arg;

    phones_free(run->phones);
    run->phones = NULL;
    control_close(run->control);
    run->control = NULL;
}

static void stop_run(void *arg)
{
    struct run *run = arg;

    if (run->office.stopping)
        return;
    run->office.stopping = true;
    for (size_t i = 0; run->signals_on && i < 2; i++)
        uv_close((uv_handle_t *)&run->signals[i], NULL);
    tftpd_stop(run->office.tftpd);
    if (run->office.server)
        server_stop(run->office.server);
    if (run->office.loader)
        loader_close(run->office.loader);
    if (run->office.switchboard)
        switchboard_close(run->office.switchboard, last_call_over, run);
    else
        last_call_over(run);
}

static void signal_came(uv_signal_t *s, int number)
{
    struct run *run = s->data;

    log_line(run->log, LOG_NOTE, LOG_MIU_GENERAL, NULL, "%s: ending", strsignal(number));
    stop_run(run);
}

/* ---- the beginning --------------------------------------------------------------------------- */

/* A device is a descriptor, a call another one. */
static void raise_descriptors(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
        r.rlim_cur = r.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &r);
    }
}

static bool find_places(struct run *run, struct err *e)
{
    const struct run_options *o = &run->o;

    if (o->state_dir)
        snprintf(run->state_dir, sizeof run->state_dir, "%s", o->state_dir);
    else if (!path_state_dir("labcm", run->state_dir, e))
        return false;
    if (o->control)
        snprintf(run->control_path, sizeof run->control_path, "%s", o->control);
    else
        return path_control("labcm", run->control_path, e);
    return true;
}

static bool open_lab(struct run *run, struct err *e)
{
    const struct lab_settings s = {
        .dir = run->state_dir,
        .node = run->o.manager.server_name,
        .address = run->o.bind,
        .signer = run->o.signer,
        .digest = run->o.digest,
        .secure = true,
        .legacy = run->o.legacy,
        .callmanager = run->o.callmanager,
        .nodes = run->o.nodes,
        .node_count = run->o.node_count,
    };

    run->lab = lab_open(&s, e);
    if (!run->lab)
        return false;
    for (size_t i = 0; i < run->o.trust_count; i++)
        if (!lab_add_trust(run->lab, run->o.trusts[i], e))
            return false;
    lab_use_trust(run->lab);
    if (tls_trust_count(lab_trust(run->lab)) == 0)
        log_line(run->log, LOG_WARN, LOG_SSL_INIT, NULL,
                 "CallManager-trust is empty: every port will be refused with unknown CA until "
                 "`labcm trust FILE`");
    return true;
}

static bool open_keylog(struct run *run, struct err *e)
{
    if (!run->o.keylog)
        return true;
    run->keylog = keylog_open(run->o.keylog, e);
    if (run->keylog)
        log_line(run->log, LOG_WARN, LOG_SSL_INIT, NULL,
                 "the keys of every connection and call are written to %s", run->o.keylog);
    return run->keylog != NULL;
}

static bool open_phones(struct run *run, struct err *e)
{
    const struct phones_settings s = {
        .bind = run->o.bind,
        .rtp_lo = (uint16_t)run->o.rtp_lo,
        .rtp_hi = (uint16_t)run->o.rtp_hi,
        .threads = run->o.media_threads,
        .log = run->log,
        .keylog = run->keylog,
    };

    run->phones = phones_new(&run->loop, &s, e);
    if (!run->phones)
        return false;
    run->office.switchboard = switchboard_new(&run->loop, run->phones, run->log, e);
    run->office.loader =
        run->office.switchboard ? loader_new(&run->loop, run->office.switchboard, e) : NULL;
    return run->office.loader != NULL;
}

static bool open_server(struct run *run, struct err *e)
{
    struct server_settings s = {
        .manager = run->o.manager,
        .policy = run->o.policy,
        .bind = run->o.bind,
        .tls_port = run->o.tls_port,
        .sccp_port = run->o.sccp_port,
        .tls = run->o.tls,
        .lab = run->lab,
        .log = run->log,
        .keylog = run->keylog,
        .far = switchboard_edge(run->office.switchboard),
    };

    s.manager.faults = &run->faults;
    run->office.server = server_start(&run->loop, &s, e);
    if (!run->office.server)
        return false;
    switchboard_set_server(run->office.switchboard, run->office.server);
    return true;
}

static bool open_tftp(struct run *run, struct err *e)
{
    struct tftpd_settings s = {.bind = run->o.bind,
                               .open = open_list,
                               .arg = run,
                               .log = run->log,
                               .faults = &run->faults};

    s.bind.port = (uint16_t)run->o.tftp_port;
    run->office.tftpd = tftpd_start(&run->loop, &s, e);
    return run->office.tftpd != NULL;
}

static bool open_control(struct run *run, struct err *e)
{
    const struct control_settings s = {
        .path = run->control_path, .handle = office_handle, .arg = &run->office, .log = run->log};

    run->office.lab = run->lab;
    run->office.log = run->log;
    run->office.faults = &run->faults;
    run->office.control = run->control_path;
    run->office.stop = stop_run;
    run->office.arg = run;
    run->control = control_listen(&run->loop, &s, e);
    return run->control != NULL;
}

static void watch_signals(struct run *run)
{
    static const int numbers[] = {SIGINT, SIGTERM};

    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(&run->loop, &run->signals[i]);
        run->signals[i].data = run;
        uv_signal_start_oneshot(&run->signals[i], signal_came, numbers[i]);
    }
    run->signals_on = true;
}

static bool start(struct run *run, struct err *e)
{
    return find_places(run, e) && open_keylog(run, e) && open_lab(run, e) && open_phones(run, e) &&
           open_server(run, e) && open_tftp(run, e) && open_control(run, e);
}

/* ---- ready ----------------------------------------------------------------------------------- */

/* Whole or not at all: a script that waits for the file reads it as soon as it is there. */
static bool write_ready_file(const char *path, const json_t *places, struct err *e)
{
    char tmp[PATH_TEXT + 8];

    snprintf(tmp, sizeof tmp, "%.511s.new", path);
    if (json_dump_file(places, tmp, JSON_INDENT(2)) == 0 && rename(tmp, path) == 0)
        return true;
    return err_errno(e, ERR_FILE, "--ready-file %s", path);
}

static void say_place(const char *name, const struct net_addr *a)
{
    char text[NET_ADDR_TEXT];

    if (a->family)
        fprintf(stderr, ", %s %s", name, net_addr_text(a, text));
}

static bool say_ready(const struct run *run, struct err *e)
{
    const struct plan *p = &run->o.manager.plan;
    const char *prefix = run->o.manager.prefix;
    struct net_addr tftp = tftpd_addr(run->office.tftpd), tls = server_tls_addr(run->office.server),
                    sccp = server_sccp_addr(run->office.server);
    json_t *places = office_places(&run->office);
    bool ok = !run->o.ready_file || write_ready_file(run->o.ready_file, places, e);

    json_decref(places);
    if (run->o.level == LOG_ERROR)
        return ok;
    fprintf(stderr, "labcm: ready: %s%u to %s%u", prefix, p->first, prefix,
            p->first + p->count - 1);
    say_place("tftp", &tftp);
    say_place("tls", &tls);
    say_place("sccp", &sccp);
    fprintf(stderr, ", control %s\n", run->control_path);
    return ok;
}

/* ---- the command ----------------------------------------------------------------------------- */

static int serve(struct run *run)
{
    struct err e = {0};
    bool ok = log_start(run->log, &e) && start(run, &e);

    if (ok) {
        watch_signals(run);
        ok = say_ready(run, &e);
    }
    if (!ok)
        stop_run(run);
    uv_run(&run->loop, UV_RUN_DEFAULT);
    return ok ? EXIT_DONE : command_fail(who, &e);
}

int cmd_run(int argc, char **argv)
{
    static struct run run;
    int code;

    if (!run_options_read(&run.o, argc, argv))
        return EXIT_USAGE;
    if (run.o.help) {
        run_options_help();
        return EXIT_DONE;
    }
    raise_descriptors();
    run.log = log_new(STDERR_FILENO, run.o.format, run.o.level);
    uv_loop_init(&run.loop);
    code = serve(&run);
    uv_loop_close(&run.loop);
    loader_free(run.office.loader);
    switchboard_free(run.office.switchboard);
    lab_close(run.lab);
    keylog_close(run.keylog);
    log_free(run.log);
    return code;
}
