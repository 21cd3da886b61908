#include "tools/labcm/office.h"

#include "base/text.h"
#include "tools/shared/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TOKEN_WAIT_MOST_S 86400

static const char *text_of(const json_t *body, const char *name)
{
    const char *text = json_string_value(json_object_get(body, name));

    return text ? text : "";
}

static void refuse(struct control_request *r, enum err_kind kind, const char *fact,
                   const char *word)
{
    struct err e = {0};
    char shown[TEXT_ESCAPED];

    err_set(&e, kind, "%s: \"%s\"", fact, log_escape(word, strlen(word), shown, sizeof shown));
    control_refuse(r, kind == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED, &e);
}

static void done_or_refused(struct control_request *r, bool ok, const struct err *e)
{
    if (ok)
        control_end(r, EXIT_DONE);
    else
        control_refuse(r, EXIT_FAILED, e);
}

/* ---- what there is --------------------------------------------------------------------------- */

static void put_port(json_t *o, const char *name, const struct net_addr *a)
{
    json_object_set_new(o, name, a->family ? json_integer(a->port) : json_null());
}

static void put_standby(json_t *o, struct server_standby s)
{
    json_object_set_new(o, "standing_by", json_integer(s.connections));
    json_object_set_new(o, "standby_keepalives", json_integer((json_int_t)s.keepalives));
    json_object_set_new(o, "tokens_granted", json_integer((json_int_t)s.tokens_granted));
    json_object_set_new(o, "tokens_refused", json_integer((json_int_t)s.tokens_refused));
}

json_t *office_places(const struct office *o)
{
    struct net_addr tftp = tftpd_addr(o->tftpd), tls = server_tls_addr(o->server),
                    sccp = server_sccp_addr(o->server);
    const struct manager *m = server_manager(o->server);
    char ip[NET_ADDR_TEXT];
    json_t *places = json_object();

    json_object_set_new(places, "address", json_string(net_ip_text(&tftp, ip)));
    put_port(places, "tftp", &tftp);
    put_port(places, "tls", &tls);
    put_port(places, "sccp", &sccp);
    json_object_set_new(places, "control", json_string(o->control));
    json_object_set_new(places, "pid", json_integer(getpid()));
    json_object_set_new(places, "node", json_string(m->s.server_name));
    json_object_set_new(places, "devices", json_integer(m->s.plan.count));
    json_object_set_new(places, "registered", json_integer(m->in_service));
    json_object_set_new(places, "calls", json_integer(m->talking));
    json_object_set_new(places, "calls_with_media", json_integer(m->with_media));
    json_object_set_new(places, "calls_placed", json_integer((json_int_t)m->placed));
    json_object_set_new(places, "calls_answered", json_integer((json_int_t)m->answered));
    json_object_set_new(places, "lamps_set", json_integer((json_int_t)m->lamps_set));
    json_object_set_new(places, "service", json_boolean(server_in_service(o->server)));
    put_standby(places, server_standby(o->server));
    json_object_set_new(places, "mixed_mode", json_boolean(server_cluster_secure(o->server)));
    json_object_set_new(places, "log_lines_lost", json_integer((json_int_t)log_lost(o->log)));
    return places;
}

static void info(struct office *o, struct control_request *r, const json_t *body)
{
    (void)body;
    control_reply(r, office_places(o));
    control_end(r, EXIT_DONE);
}

static void put_line(json_t *row, const struct server_line *line)
{
    char peer[NET_ADDR_TEXT];

    json_object_set_new(row, "address", json_string(net_addr_text(&line->peer, peer)));
    json_object_set_new(row, "since", json_integer(line->since));
    json_object_set_new(row, "tls_version",
                        line->tls ? json_string(line->facts.version) : json_null());
    json_object_set_new(row, "cipher", line->tls ? json_string(line->facts.cipher) : json_null());
    if (!line->tls)
        return;
    json_object_set_new(row, "certificate_cn", json_string(line->facts.peer_cn));
    json_object_set_new(row, "certificate_subject", json_string(line->facts.peer_subject));
    json_object_set_new(row, "certificate_sha256", json_string(line->facts.peer_sha256));
}

static json_t *device_row(const struct server *s, const struct device *d)
{
    struct server_line line;
    json_t *row = json_object();

    json_object_set_new(row, "name", json_string(d->name));
    json_object_set_new(row, "number", json_string(d->number));
    json_object_set_new(row, "state", json_string(device_state_name(d->state)));
    json_object_set_new(row, "registered", json_boolean(d->state == DEVICE_IN_SERVICE));
    json_object_set_new(row, "calls", json_integer((json_int_t)d->calls));
    json_object_set_new(row, "lamps", json_integer((json_int_t)d->lamps));
    json_object_set_new(row, "registrations", json_integer((json_int_t)d->registrations));
    if (!server_line(s, d, &line))
        return row;
    json_object_set_new(row, "mode", json_string(lab_mode_name(d->mode)));
    json_object_set_new(row, "version", json_integer(d->version));
    json_object_set_new(row, "in_call", json_boolean(d->leg.state != LEG_NONE));
    put_line(row, &line);
    return row;
}

static void devices(struct office *o, struct control_request *r, const json_t *body)
{
    struct manager *m = server_manager(o->server);

    (void)body;
    for (unsigned i = 0; i < m->s.plan.count; i++)
        control_reply(r, device_row(o->server, &m->devices[i]));
    control_end(r, EXIT_DONE);
}

/* ---- lamps ----------------------------------------------------------------------------------- */

static json_t *lamp_row(const struct lamp *l, unsigned index)
{
    sccp_number number;
    json_t *row = json_object();

    plan_phone_number(index, number);
    json_object_set_new(row, "extension", json_string(number));
    json_object_set_new(row, "on", json_boolean(l->on));
    json_object_set_new(row, "set_by", l->ever_set ? json_string(l->by) : json_null());
    json_object_set_new(row, "when", l->ever_set ? json_integer(l->when) : json_null());
    json_object_set_new(row, "changes", json_integer((json_int_t)l->changes));
    return row;
}

static bool lamp_of(const struct manager *m, const char *number, struct control_request *r)
{
    unsigned index;

    if (!plan_phone(number, &index)) {
        refuse(r, ERR_USAGE, "no phone has this number, they go from 1001 to 1999", number);
        return false;
    }
    control_reply(r, lamp_row(&m->phones[index].lamp, index));
    return true;
}

/* Those that were asked for, or all that were ever set. */
static void lamps(struct office *o, struct control_request *r, const json_t *body)
{
    const struct manager *m = server_manager(o->server);
    const json_t *names = json_object_get(body, "names"), *name;
    size_t i;

    json_array_foreach(names, i, name)
    {
        if (!lamp_of(m, json_is_string(name) ? json_string_value(name) : "", r))
            return;
    }
    if (json_array_size(names) == 0)
        for (unsigned p = 0; p < PLAN_PHONES; p++)
            if (m->phones[p].lamp.ever_set)
                control_reply(r, lamp_row(&m->phones[p].lamp, p));
    control_end(r, EXIT_DONE);
}

/* ---- what an administrator does ----------------------------------------------------------- */

static void trust(struct office *o, struct control_request *r, const json_t *body)
{
    struct err e = {0};
    const bool now = json_is_true(json_object_get(body, "now"));
    bool ok = lab_add_trust(o->lab, text_of(body, "file"), &e);

    if (ok)
        control_reply(r, json_pack("{s:b}", "now", (int)now));
    if (ok && !now) {
        log_line(o->log, LOG_NOTE, LOG_SSL_INIT, NULL,
                 "CallManager-trust: one more, from the next start of the CallManager service on");
    } else if (ok) {
        lab_use_trust(o->lab);
        server_lab_changed(o->server);
        log_line(o->log, LOG_NOTE, LOG_SSL_INIT, NULL, "CallManager-trust: %zu certificates",
                 tls_trust_count(lab_trust(o->lab)));
    }
    done_or_refused(r, ok, &e);
}

static void mode(struct office *o, struct control_request *r, const json_t *body)
{
    const char *word = text_of(body, "mode");
    bool secure = strcmp(word, "secure") == 0;
    struct err e = {0};

    if (!secure && strcmp(word, "non-secure") != 0) {
        refuse(r, ERR_USAGE, "the mode is secure or non-secure", word);
        return;
    }
    bool ok = lab_set_secure(o->lab, secure, &e) && server_set_secure(o->server, secure, &e);
    if (ok)
        log_line(o->log, LOG_NOTE, LOG_MIU_GENERAL, NULL, "the cluster is in %s mode now",
                 secure ? "mixed" : "non-secure");
    done_or_refused(r, ok, &e);
}

static void renew(struct office *o, struct control_request *r, const json_t *body)
{
    struct err e = {0};
    bool ok = lab_renew(o->lab, &e);

    (void)body;
    if (ok) {
        server_lab_changed(o->server);
        log_line(o->log, LOG_NOTE, LOG_SSL_INIT, NULL,
                 "new CallManager certificate, and a CTL that names it");
    }
    done_or_refused(r, ok, &e);
}

static void service(struct office *o, struct control_request *r, const json_t *body)
{
    const char *word = text_of(body, "service");
    const bool on = strcmp(word, "start") == 0;
    struct err e = {0};

    if (!on && strcmp(word, "stop") != 0) {
        refuse(r, ERR_USAGE, "the service is told to stop or start", word);
        return;
    }
    if (on)
        lab_use_trust(o->lab);
    bool ok = server_set_service(o->server, on, &e);
    if (ok)
        log_line(o->log, LOG_NOTE, LOG_MIU_GENERAL, NULL, "the CallManager service is %s",
                 on ? "started" : "stopped");
    done_or_refused(r, ok, &e);
}

static void tokens(struct office *o, struct control_request *r, const json_t *body)
{
    const json_int_t wait_s = json_integer_value(json_object_get(body, "wait"));

    if (wait_s < 0 || wait_s > TOKEN_WAIT_MOST_S) {
        refuse(r, ERR_USAGE, "tokens are refused for 1 to 86400 seconds", "");
        return;
    }
    server_refuse_tokens(o->server, (unsigned)wait_s);
    log_line(o->log, LOG_NOTE, LOG_MIU_SKINNY, NULL,
             wait_s ? "register tokens are refused for %u s" : "register tokens are granted",
             (unsigned)wait_s);
    control_end(r, EXIT_DONE);
}

/* Does `act` to the named devices, or to every one for "all". Ends the request. */
static void each_named(struct office *o, struct control_request *r, const json_t *body,
                       bool (*act)(struct server *s, struct device *d, uint32_t type),
                       uint32_t type)
{
    struct manager *m = server_manager(o->server);
    const json_t *names = json_object_get(body, "names"), *name;
    json_int_t count = 0;
    size_t i;

    json_array_foreach(names, i, name)
    {
        const char *text = json_is_string(name) ? json_string_value(name) : "";
        struct device *d = manager_device(m, text);
        bool all = strcmp(text, "all") == 0;
        if (!d && !all) {
            refuse(r, ERR_USAGE, "no device is called so", text);
            return;
        }
        for (unsigned k = 0; k < m->s.plan.count; k++)
            if (all || d == &m->devices[k])
                count += act(o->server, &m->devices[k], type);
    }
    control_reply(r, json_pack("{s:I}", "devices", count));
    control_end(r, EXIT_DONE);
}

static bool drop_one(struct server *s, struct device *d, uint32_t type)
{
    (void)type;
    return server_drop(s, d);
}

static void drop(struct office *o, struct control_request *r, const json_t *body)
{
    each_named(o, r, body, drop_one, 0);
}

static void reset(struct office *o, struct control_request *r, const json_t *body)
{
    bool restart = json_is_true(json_object_get(body, "restart"));

    each_named(o, r, body, server_reset, restart ? SCCP_RESET_TYPE_RESTART : SCCP_RESET_TYPE_RESET);
}

/* ---- the fault menu -------------------------------------------------------------------------- */

/* Only one list can be served, and only one answer be given for it. */
static bool set_list(struct office *o, enum fault_id id, bool on, struct err *e)
{
    for (unsigned i = 0; i < FAULT_COUNT; i++)
        if (fault_table[i].group == FAULTS_OF_CTL)
            fault_set(o->faults, (enum fault_id)i, false, "");
    return lab_set_list_fault(o->lab, on ? id : FAULT_NONE, e);
}

/* What else than the table is to be made, before the fault is on or when it goes. */
static bool prepare(struct office *o, enum fault_id id, bool on, struct err *e)
{
    if (fault_table[id].group == FAULTS_OF_CTL)
        return set_list(o, id, on, e);
    if (id == FAULT_TLS_EXPIRED || id == FAULT_TLS_FUTURE) {
        const bool ok = lab_set_dated(o->lab, on ? id : FAULT_NONE, e);
        server_lab_changed(o->server);
        return ok;
    }
    if (fault_table[id].group == FAULTS_OF_TLS)
        return server_faults_changed(o->server, e);
    return id != FAULT_TFTP_REPLACED_MIDWAY || on || lab_replace_list(o->lab, false, e);
}

/* Where TFTP and TLS meet a device, which have no name for it: where it is registered from. */
static bool find_device(const struct office *o, enum fault_id id, const char *name,
                        struct device **out, struct net_addr *from, struct err *e)
{
    struct server_line line;

    *out = *name ? manager_device(server_manager(o->server), name) : NULL;
    if (!*name)
        return true;
    if (!*out)
        return err_set(e, ERR_USAGE, "no device is called so");
    if (!fault_has_devices(id))
        return err_set(e, ERR_USAGE, "%s is in the list too, which is everybody's",
                       fault_table[id].name);
    if (fault_group_known_by(fault_table[id].group) == FAULT_KNOWN_BY_NAME)
        return true;
    if (!server_line(o->server, *out, &line))
        return err_set(e, ERR_NOT_NOW, "%s has no connection: its address is not known", name);
    *from = line.peer;
    return true;
}

static bool set_fault(struct office *o, enum fault_id id, bool on, const json_t *body,
                      struct err *e)
{
    const char *device = text_of(body, "device"), *at = text_of(body, "at");
    int place = FAULT_AT_USUAL;
    struct net_addr from = {0};
    struct device *d = NULL;

    if (on &&
        (!find_device(o, id, device, &d, &from, e) || (*at && !fault_at_read(id, at, &place, e))))
        return false;
    if (!prepare(o, id, on, e))
        return false;
    fault_set(o->faults, id, on, on ? device : "");
    o->faults->of[id].from = from;
    o->faults->of[id].at = place;
    log_line(o->log, LOG_NOTE, LOG_MIU_GENERAL, *device ? device : NULL, "fault %s %s",
             fault_table[id].name, on ? "on" : "off");
    /* So that its next connection is the one that has no name yet. */
    if (d && fault_table[id].group == FAULTS_OF_TLS)
        (void)server_drop(o->server, d);
    return true;
}

static json_t *fault_state(const struct faults *f, enum fault_id id)
{
    const struct fault_state *is = &f->of[id];
    json_t *state = json_pack("{s:b}", "on", is->on);
    char at[32];

    if (*is->device)
        json_object_set_new(state, "device", json_string(is->device));
    if (is->on && is->at != FAULT_AT_USUAL)
        json_object_set_new(state, "at", json_string(fault_at_text(id, is->at, at)));
    if (is->met > 0)
        json_object_set_new(state, "met", json_integer(is->met));
    return state;
}

static void fault(struct office *o, struct control_request *r, const json_t *body)
{
    const json_t *on = json_object_get(body, "on");
    enum fault_id id = fault_by_name(text_of(body, "name"));
    struct err e = {0};

    if (id == FAULT_NONE) {
        refuse(r, ERR_USAGE, "no such fault", text_of(body, "name"));
        return;
    }
    if (on && !set_fault(o, id, json_is_true(on), body, &e)) {
        control_refuse(r, e.kind == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED, &e);
        return;
    }
    control_reply(r, fault_state(o->faults, id));
    control_end(r, EXIT_DONE);
}

static void stop(struct office *o, struct control_request *r, const json_t *body)
{
    (void)body;
    control_end(r, EXIT_DONE);
    o->stop(o->arg);
}

static void call(struct office *o, struct control_request *r, const json_t *body)
{
    switchboard_call(o->switchboard, r, body);
}

static void load(struct office *o, struct control_request *r, const json_t *body)
{
    loader_load(o->loader, r, body);
}

static void load_stop(struct office *o, struct control_request *r, const json_t *body)
{
    unsigned n = loader_stop(o->loader, json_is_true(json_object_get(body, "now")));

    control_reply(r, json_pack("{s:i}", "loads", (int)n));
    control_end(r, EXIT_DONE);
}

void office_handle(void *arg, struct control_request *r, const json_t *body)
{
    static const struct {
        const char *name;
        void (*act)(struct office *o, struct control_request *r, const json_t *body);
    } table[] = {
        {"call", call},   {"lamp", lamps},  {"devices", devices},     {"trust", trust},
        {"mode", mode},   {"renew", renew}, {"drop", drop},           {"reset", reset},
        {"info", info},   {"stop", stop},   {"service", service},     {"tokens", tokens},
        {"fault", fault}, {"load", load},   {"load-stop", load_stop},
    };
    const char *name = text_of(body, "command");
    const struct office *o = arg;

    if (o->stopping) {
        refuse(r, ERR_NOT_NOW, "labcm is stopping", name);
        return;
    }
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].name, name) == 0) {
            table[i].act(arg, r, body);
            return;
        }
    refuse(r, ERR_USAGE, "no such command", name);
}
