#include "tools/labcm/server.h"

#include "base/clock.h"
#include "tools/labcm/server_inner.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <time.h>

#define SIGNALLING_TOS 0x60 /* DSCP 24 */

/* ---- the edge of the rules ------------------------------------------------------------------- */

static void timer_closed(uv_handle_t *h)
{
    struct server *s = h->loop->data;

    free(h);
    s->timers--;
    server_free_if_over(s);
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

static void note(void *arg, enum log_level level, enum log_area area, const char *who,
                 const char *text)
{
    const struct server *s = arg;

    log_line(s->s.log, level, area, who, "%s", text);
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

static struct link_settings line_settings(struct server *s, bool tls, int port)
{
    struct link_settings ls = {.bind = s->s.bind, .tos = SIGNALLING_TOS};

    ls.bind.port = (uint16_t)port;
    if (tls) {
        ls.context = s->context;
        ls.identity = lab_identity(s->s.lab);
        ls.trust = lab_trust(s->s.lab);
        ls.choose = server_choose;
        ls.choose_arg = s;
    }
    return ls;
}

static void keylog_tls(void *arg, const char *line)
{
    keylog_line(arg, line);
}

static bool make_context(struct server *s, struct err *e)
{
    struct tls_profile p = s->s.tls;

    p.role = TLS_SERVER;
    p.authenticated = s->s.manager.mode == LAB_AUTHENTICATED;
    p.keylog = s->s.keylog ? keylog_tls : NULL;
    p.keylog_arg = s->s.keylog;
    s->context = tls_context_new(&p, e);
    return s->context != NULL;
}

static bool listen_at(struct server *s, bool tls, int port, struct link_listener **out,
                      struct err *e)
{
    struct link_settings ls = line_settings(s, tls, port);

    if (*out || port == SERVER_NO_PORT)
        return true;
    *out = link_listen(s->loop, &ls, conn_accepted, s, e);
    return *out != NULL;
}

static bool open_services(struct server *s, struct err *e)
{
    if (s->down)
        return true;
    return (!s->s.policy.cluster_secure || listen_at(s, true, s->s.tls_port, &s->tls, e)) &&
           listen_at(s, false, s->s.sccp_port, &s->sccp, e);
}

void server_lab_changed(struct server *s)
{
    struct link_settings ls = line_settings(s, true, s->s.tls_port);

    if (s->tls)
        link_listener_change(s->tls, &ls);
}

bool server_faults_changed(struct server *s, struct err *e)
{
    return server_make_odd_contexts(s, e) && lab_make_other_identity(s->s.lab, e);
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

static void close_sccp_service(struct server *s)
{
    if (!s->sccp)
        return;
    s->s.sccp_port = link_listener_addr(s->sccp).port;
    link_listener_close(s->sccp);
    s->sccp = NULL;
}

static void cut_all(struct server *s)
{
    for (struct conn *c = s->conns, *next; c; c = next) {
        next = c->next;
        conn_end(c, link_reset);
    }
}

bool server_set_service(struct server *s, bool on, struct err *e)
{
    s->down = !on;
    if (on)
        return open_services(s, e);
    s->manager->going_down = true;
    cut_all(s);
    s->manager->going_down = false;
    close_tls_service(s);
    close_sccp_service(s);
    return true;
}

bool server_in_service(const struct server *s)
{
    return !s->down;
}

void server_refuse_tokens(struct server *s, unsigned wait_s)
{
    s->token_wait_s = wait_s;
}

struct server_standby server_standby(const struct server *s)
{
    struct server_standby out = s->standby;

    for (const struct conn *c = s->conns; c; c = c->next)
        out.connections += c->standby && c->link;
    return out;
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
        .outlet = {conn_send_to_device, s},
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

void server_free_if_over(struct server *s)
{
    if (!s->stopping || s->conns || s->timers)
        return;
    manager_free(s->manager);
    tls_context_free(s->context);
    tls_context_free(s->old_version);
    tls_context_free(s->no_suite);
    tls_trust_free(s->nobody);
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
    server_free_if_over(s);
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
    conn_send_to_device(s, d, &m);
    return true;
}
