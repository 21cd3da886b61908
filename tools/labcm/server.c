#include "tools/labcm/server.h"

#include "base/clock.h"
#include "sccp/frame.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SIGNALLING_TOS 0x60 /* DSCP 24 */

struct conn {
    struct server *home;
    struct conn *next, **at;
    struct link *link; /* NULL: closed, waits for its timer's end */
    struct device *device;
    struct sccp_frames frames;
    struct net_addr peer;
    bool tls, unregistered;
    struct tls_facts facts;
    int64_t heard_ns;
    uint32_t since;
    uv_timer_t timer;
};

struct server {
    uv_loop_t *loop;
    struct server_settings s;
    struct manager *manager;
    struct tls_context *context;
    struct link_listener *tls, *sccp;
    struct conn *conns;
    struct conn **of_device; /* by the device's index */
    bool stopping;
    unsigned timers; /* of calls, still closing */
};

static void free_if_over(struct server *s);

/* ---- words ----------------------------------------------------------------------------------- */

static const char *name_of(const struct conn *c, char text[NET_ADDR_TEXT])
{
    return c->device ? c->device->name : net_addr_text(&c->peer, text);
}

static void trace(const struct conn *c, const char *arrow, const struct sccp_message *m)
{
    char line[SCCP_PRINT_MAX], who[NET_ADDR_TEXT];

    if (!log_wants(c->home->s.log, LOG_TRACE))
        return;
    log_line(c->home->s.log, LOG_TRACE, LOG_MIU_SKINNY, name_of(c, who), "%s %s", arrow,
             sccp_print(m, false, line, sizeof line));
}

static void complain(const struct conn *c, enum log_level level, const struct err *e)
{
    char who[NET_ADDR_TEXT];

    log_err(c->home->s.log, level, LOG_MIU_SKINNY, name_of(c, who), e);
}

static void note(void *arg, enum log_level level, enum log_area area, const char *who,
                 const char *text)
{
    const struct server *s = arg;

    log_line(s->s.log, level, area, who, "%s", text);
}

/* ---- connections ----------------------------------------------------------------------------- */

static void conn_free(uv_handle_t *timer)
{
    struct conn *c = timer->data;
    struct server *s = c->home;

    *c->at = c->next;
    if (c->next)
        c->next->at = c->at;
    sccp_frames_free(&c->frames);
    free(c);
    free_if_over(s);
}

/* The device has no connection any more: its calls end. */
static void part(struct conn *c)
{
    struct device *d = c->device;

    c->device = NULL;
    if (!d)
        return;
    c->home->of_device[d->index] = NULL;
    if (d->state != DEVICE_ABSENT)
        manager_lost(c->home->manager, d);
}

/* Its link is gone, or to be closed by `how`. */
static void conn_end(struct conn *c, void (*how)(struct link *l))
{
    struct link *l = c->link;

    if (!l)
        return;
    part(c);
    c->link = NULL;
    if (how)
        how(l);
    uv_close((uv_handle_t *)&c->timer, conn_free);
}

static void send_message(struct conn *c, const struct sccp_message *m)
{
    uint8_t pdu[SCCP_PDU_MAX];
    struct err e = {0};
    size_t len;

    if (!c->link)
        return;
    trace(c, "->", m);
    if (!sccp_encode_pdu(m, pdu, sizeof pdu, &len, &e) || !link_send(c->link, pdu, len, &e))
        complain(c, LOG_ERROR, &e);
    explicit_bzero(pdu, sizeof pdu);
}

static void send_to_device(void *arg, struct device *d, const struct sccp_message *m)
{
    struct server *s = arg;
    struct conn *c = s->of_device[d->index];

    if (c)
        send_message(c, m);
}

/* ---- before a Register ----------------------------------------------------------------------- */

static void answer_bare(struct conn *c, uint32_t id)
{
    struct sccp_message m = {.id = id};

    send_message(c, &m);
}

static void reject(struct conn *c, const char *text)
{
    struct sccp_message m = {.id = SCCP_REGISTER_REJECT};

    memcpy(m.register_reject.text, text, strlen(text) + 1);
    send_message(c, &m);
    conn_end(c, link_close);
}

/* CUCM takes the newer connection of a name. */
static void bind_device(struct conn *c, struct device *d)
{
    struct conn *old = c->home->of_device[d->index];

    if (old && old != c) {
        log_line(c->home->s.log, LOG_WARN, LOG_MIU_SKINNY, d->name,
                 "registers again from elsewhere: the older connection is closed");
        conn_end(old, link_close);
    }
    if (c->device && c->device != d)
        part(c);
    c->device = d;
    c->home->of_device[d->index] = c;
    c->since = (uint32_t)(clock_wall_ns() / NS_PER_S);
}

static void supervise(uv_timer_t *timer);

static void take_register(struct conn *c, const struct sccp_register *r)
{
    struct server *s = c->home;
    const struct registrar_line line = {
        .tls = c->tls,
        .null_cipher = c->tls && c->facts.cipher && strstr(c->facts.cipher, "NULL"),
        .peer_cn = c->facts.peer_cn,
    };
    struct err e = {0};
    struct device *d;
    char text[32], shown[80];
    uint64_t every_ms = (uint64_t)s->s.manager.keepalive_s * 1000;

    if (!registrar_judge(s->manager, &s->s.policy, &line, r, &d, text, &e)) {
        log_escape(r->station.name, strlen(r->station.name), shown, sizeof shown);
        err_in(&e, "Register of %s refused", shown);
        complain(c, LOG_WARN, &e);
        reject(c, text);
        return;
    }
    bind_device(c, d);
    manager_register(s->manager, d, r, registrar_mode(&s->s.policy, s->s.manager.mode));
    uv_timer_start(&c->timer, supervise, every_ms, every_ms);
}

static void take_token(struct conn *c, const struct sccp_register_token_req *r)
{
    struct sccp_message no = {.id = SCCP_REGISTER_TOKEN_REJECT};

    if (manager_device(c->home->manager, r->station.name)) {
        answer_bare(c, SCCP_REGISTER_TOKEN_ACK);
        return;
    }
    no.register_token_reject.wait_s = 60;
    send_message(c, &no);
}

static void before_register(struct conn *c, const struct sccp_message *m)
{
    char who[NET_ADDR_TEXT], text[200];

    switch (m->id) {
    case SCCP_KEEP_ALIVE:
        answer_bare(c, SCCP_KEEP_ALIVE_ACK);
        break;
    case SCCP_REGISTER_TOKEN_REQ:
        take_token(c, &m->register_token_req);
        break;
    case SCCP_ALARM:
        log_line(c->home->s.log, LOG_INFO, LOG_MIU_SKINNY, name_of(c, who), "alarm: %s",
                 log_escape(m->alarm.text, strlen(m->alarm.text), text, sizeof text));
        break;
    case SCCP_UNREGISTER:
        answer_bare(c, SCCP_UNREGISTER_ACK);
        conn_end(c, link_close);
        break;
    default:
        log_line(c->home->s.log, LOG_INFO, LOG_MIU_SKINNY, name_of(c, who),
                 "%s before Register: ignored", sccp_name(m->id));
    }
}

/* ---- what comes in --------------------------------------------------------------------------- */

static void end_unregistered(uv_timer_t *timer)
{
    conn_end(timer->data, link_close);
}

static void take_message(struct conn *c, const struct sccp_message *m)
{
    trace(c, "<-", m);
    if (m->id == SCCP_REGISTER) {
        take_register(c, &m->register_req);
        return;
    }
    if (!c->device) {
        before_register(c, m);
        return;
    }
    if (manager_message(c->home->manager, c->device, m)) {
        part(c);
        c->unregistered = true;
        uv_timer_start(&c->timer, end_unregistered, SERVER_UNREGISTERED_MS, 0);
    }
}

static bool take_frame(struct conn *c, const struct sccp_frame *f)
{
    uint32_t version = f->id == SCCP_REGISTER || !c->device ? f->version : c->device->version;
    struct sccp_message m;
    struct err e = {0};

    if (!sccp_decode(&m, f->id, version, f->body, f->len, &e)) {
        complain(c, LOG_WARN, &e);
        conn_end(c, link_close);
        return false;
    }
    take_message(c, &m);
    return c->link != NULL;
}

static void bytes_came(void *owner, struct link *l, const uint8_t *bytes, size_t len)
{
    struct conn *c = owner;
    struct sccp_frame f;
    struct err e = {0};
    enum sccp_cut cut;

    (void)l;
    c->heard_ns = clock_now_ns();
    sccp_frames_feed(&c->frames, bytes, len);
    while ((cut = sccp_frames_next(&c->frames, &f, &e)) == SCCP_CUT_FRAME)
        if (!take_frame(c, &f))
            return;
    if (cut == SCCP_CUT_BAD) {
        complain(c, LOG_WARN, &e);
        conn_end(c, link_close);
    }
}

static void link_up(void *owner, struct link *l)
{
    struct conn *c = owner;
    char who[NET_ADDR_TEXT];

    c->heard_ns = clock_now_ns();
    if (!link_session(l))
        return;
    c->tls = true;
    tls_session_facts(link_session(l), &c->facts);
    log_line(c->home->s.log, LOG_DEBUG, LOG_SSL_INIT, name_of(c, who), "%s %s, certificate of %s",
             c->facts.version, c->facts.cipher, c->facts.peer_subject);
}

static void link_down(void *owner, struct link *l, const struct err *why)
{
    struct conn *c = owner;

    (void)l;
    /* The reason names the address by itself. */
    log_err(c->home->s.log,
            c->unregistered           ? LOG_DEBUG
            : why->kind == ERR_CLOSED ? LOG_INFO
                                      : LOG_WARN,
            LOG_MIU_SKINNY, c->device ? c->device->name : NULL, why);
    conn_end(c, NULL);
}

/* Three intervals without a word, KeepAlive or other: the device is gone. */
static void supervise(uv_timer_t *timer)
{
    struct conn *c = timer->data;
    int64_t silent_ns = clock_now_ns() - c->heard_ns;
    unsigned limit_s = SERVER_KEEPALIVES * c->home->s.manager.keepalive_s;
    char who[NET_ADDR_TEXT];

    if (silent_ns < limit_s * NS_PER_S)
        return;
    log_line(c->home->s.log, LOG_WARN, LOG_MIU_SKINNY, name_of(c, who),
             "no KeepAlive for %u s: the connection is closed", limit_s);
    conn_end(c, link_close);
}

static void never_registered(uv_timer_t *timer)
{
    struct conn *c = timer->data;
    char who[NET_ADDR_TEXT];

    log_line(c->home->s.log, LOG_WARN, LOG_MIU_SKINNY, name_of(c, who),
             "no Register within %u s: the connection is closed", SERVER_REGISTER_MS / 1000);
    conn_end(c, link_close);
}

static void accepted(void *arg, struct link *l)
{
    static const struct link_events events = {link_up, bytes_came, link_down};
    struct server *s = arg;
    struct conn *c = calloc(1, sizeof *c);

    if (!c) {
        link_close(l);
        return;
    }
    c->home = s;
    c->link = l;
    c->peer = link_peer(l);
    c->heard_ns = clock_now_ns();
    c->next = s->conns;
    c->at = &s->conns;
    if (c->next)
        c->next->at = &c->next;
    s->conns = c;
    uv_timer_init(s->loop, &c->timer);
    c->timer.data = c;
    uv_timer_start(&c->timer, never_registered, SERVER_REGISTER_MS, 0);
    link_adopt(l, &events, c);
}

/* ---- the edge of the rules ------------------------------------------------------------------- */

static void timer_closed(uv_handle_t *h)
{
    struct server *s = h->loop->data;

    free(h);
    s->timers--;
    free_if_over(s);
}

static void alarm_rings(uv_timer_t *timer)
{
    call_alarm(timer->data);
}

static void set_alarm(void *arg, struct call *c, unsigned ms)
{
    struct server *s = arg;
    uv_timer_t *t = c->timer;

    if (ms == 0) {
        c->timer = NULL;
        if (t)
            uv_close((uv_handle_t *)t, timer_closed);
        return;
    }
    if (!t) {
        t = malloc(sizeof *t);
        if (!t) /* the call goes on without its time limit */
            return;
        uv_timer_init(s->loop, t);
        t->data = c;
        c->timer = t;
        s->timers++;
    }
    uv_timer_start(t, alarm_rings, ms, 0);
}

static void random_bytes(void *arg, void *out, size_t len)
{
    (void)arg;
    if (RAND_bytes(out, (int)len) != 1)
        abort(); /* keys that are not random must not be used */
}

static void time_now(void *arg, struct sccp_time_date_res *out)
{
    int64_t now = clock_wall_ns();
    time_t seconds = (time_t)(now / NS_PER_S);
    struct tm t;

    (void)arg;
    localtime_r(&seconds, &t);
    *out = (struct sccp_time_date_res){
        .year = (uint32_t)t.tm_year + 1900,
        .month = (uint32_t)t.tm_mon + 1,
        .week_day = (uint32_t)t.tm_wday,
        .day = (uint32_t)t.tm_mday,
        .hour = (uint32_t)t.tm_hour,
        .minute = (uint32_t)t.tm_min,
        .second = (uint32_t)t.tm_sec,
        .milliseconds = (uint32_t)(now % NS_PER_S / NS_PER_MS),
        .unix_time = (uint32_t)seconds,
    };
}

static bool far_open(void *arg, struct call *c, struct net_addr *local)
{
    struct server *s = arg;

    return s->s.far.far_open(s->s.far.arg, c, local);
}

static void far_rung(void *arg, struct call *c, const struct device *d)
{
    struct server *s = arg;

    s->s.far.far_rung(s->s.far.arg, c, d);
}

static void far_talk(void *arg, struct call *c)
{
    struct server *s = arg;

    s->s.far.far_talk(s->s.far.arg, c);
}

static void far_over(void *arg, struct call *c, enum call_end end)
{
    struct server *s = arg;

    s->s.far.far_over(s->s.far.arg, c, end);
}

/* ---- listening ------------------------------------------------------------------------------- */

static struct link_settings line_settings(const struct server *s, bool tls, int port)
{
    struct link_settings ls = {.bind = s->s.bind, .tos = SIGNALLING_TOS};

    ls.bind.port = (uint16_t)port;
    if (tls) {
        ls.context = s->context;
        ls.identity = lab_identity(s->s.lab);
        ls.trust = lab_trust(s->s.lab);
    }
    return ls;
}

static void keylog_tls(void *arg, const char *line)
{
    keylog_line(arg, line);
}

static bool make_context(struct server *s, struct err *e)
{
    const struct tls_profile p = {
        .role = TLS_SERVER,
        .authenticated = s->s.manager.mode == LAB_AUTHENTICATED,
        .legacy = s->s.legacy,
        .keylog = s->s.keylog ? keylog_tls : NULL,
        .keylog_arg = s->s.keylog,
    };

    s->context = tls_context_new(&p, e);
    return s->context != NULL;
}

static bool listen_at(struct server *s, bool tls, int port, struct link_listener **out,
                      struct err *e)
{
    struct link_settings ls = line_settings(s, tls, port);

    if (*out || port == SERVER_NO_PORT)
        return true;
    *out = link_listen(s->loop, &ls, accepted, s, e);
    return *out != NULL;
}

static bool open_services(struct server *s, struct err *e)
{
    return (!s->s.policy.cluster_secure || listen_at(s, true, s->s.tls_port, &s->tls, e)) &&
           listen_at(s, false, s->s.sccp_port, &s->sccp, e);
}

void server_lab_changed(struct server *s)
{
    struct link_settings ls = line_settings(s, true, s->s.tls_port);

    if (s->tls)
        link_listener_change(s->tls, &ls);
}

static void close_tls_service(struct server *s)
{
    if (!s->tls)
        return;
    s->s.tls_port = link_listener_addr(s->tls).port; /* the same again, should it come back */
    link_listener_close(s->tls);
    s->tls = NULL;
    for (struct conn *c = s->conns, *next; c; c = next) {
        next = c->next;
        if (c->tls)
            conn_end(c, link_close);
    }
}

bool server_set_secure(struct server *s, bool secure, struct err *e)
{
    s->s.policy.cluster_secure = secure;
    if (!secure)
        close_tls_service(s);
    server_lab_changed(s);
    return open_services(s, e);
}

/* ---- the server ------------------------------------------------------------------------------ */

static struct manager_edge edge_of(struct server *s)
{
    return (struct manager_edge){
        .outlet = {send_to_device, s},
        .arg = s,
        .alarm = set_alarm,
        .far_open = far_open,
        .far_rung = far_rung,
        .far_talk = far_talk,
        .far_over = far_over,
        .random = random_bytes,
        .now = time_now,
        .note = note,
    };
}

static bool start(struct server *s, struct err *e)
{
    const struct manager_edge edge = edge_of(s);
    unsigned count = s->s.manager.plan.count;

    s->of_device = calloc(count ? count : 1, sizeof(struct conn *));
    if (!s->of_device)
        return err_set(e, ERR_MEMORY, "server");
    s->manager = manager_new(&s->s.manager, &edge, e);
    if (!s->manager || !make_context(s, e) || !open_services(s, e))
        return false;
    s->manager->s.port = s->tls    ? link_listener_addr(s->tls).port
                         : s->sccp ? link_listener_addr(s->sccp).port
                                   : 0;
    return true;
}

static void free_if_over(struct server *s)
{
    if (!s->stopping || s->conns || s->timers)
        return;
    manager_free(s->manager);
    tls_context_free(s->context);
    free(s->of_device);
    free(s);
}

struct server *server_start(uv_loop_t *loop, const struct server_settings *settings, struct err *e)
{
    struct server *s = calloc(1, sizeof *s);

    if (!s) {
        err_set(e, ERR_MEMORY, "server");
        return NULL;
    }
    s->loop = loop;
    loop->data = s;
    s->s = *settings;
    if (start(s, e))
        return s;
    server_stop(s);
    return NULL;
}

void server_stop(struct server *s)
{
    if (s->tls)
        link_listener_close(s->tls);
    if (s->sccp)
        link_listener_close(s->sccp);
    s->tls = s->sccp = NULL;
    for (struct conn *c = s->conns, *next; c; c = next) {
        next = c->next;
        conn_end(c, link_close);
    }
    s->stopping = true;
    free_if_over(s);
}

struct manager *server_manager(struct server *s)
{
    return s->manager;
}

bool server_cluster_secure(const struct server *s)
{
    return s->s.policy.cluster_secure;
}

static struct net_addr addr_of(const struct link_listener *l)
{
    return l ? link_listener_addr(l) : (struct net_addr){0};
}

struct net_addr server_tls_addr(const struct server *s)
{
    return addr_of(s->tls);
}

struct net_addr server_sccp_addr(const struct server *s)
{
    return addr_of(s->sccp);
}

bool server_line(const struct server *s, const struct device *d, struct server_line *out)
{
    const struct conn *c = s->of_device[d->index];

    if (!c)
        return false;
    *out = (struct server_line){c->peer, c->tls, c->facts, c->since};
    return true;
}

bool server_drop(struct server *s, struct device *d)
{
    struct conn *c = s->of_device[d->index];

    if (!c)
        return false;
    log_line(s->s.log, LOG_NOTE, LOG_MIU_SKINNY, d->name, "connection dropped on request");
    conn_end(c, link_reset);
    return true;
}

bool server_reset(struct server *s, struct device *d, uint32_t type)
{
    struct sccp_message m = {.id = SCCP_RESET, .version = d->version};

    if (!s->of_device[d->index])
        return false;
    m.reset.type = type;
    send_to_device(s, d, &m);
    return true;
}
