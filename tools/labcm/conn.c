/* EDGE: a device's connection, from the handshake to its end: see server_inner.h. */
#include "tools/labcm/server_inner.h"

#include "base/clock.h"
#include "tools/labcm/mischief.h"

#include <stdlib.h>
#include <string.h>

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

/* ---- connections ----------------------------------------------------------------------------- */

static void conn_free(uv_handle_t *timer)
{
    struct conn *c = timer->data;
    struct server *s = c->home;

    *c->at = c->next;
    if (c->next)
        c->next->at = c->at;
    sccp_frames_free(&c->frames);
    spoiler_free(c->spoiler);
    free(c);
    server_free_if_over(s);
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
void conn_end(struct conn *c, void (*how)(struct link *l))
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

static struct faults *faults_of(const struct conn *c)
{
    return c->home->s.manager.faults;
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

static bool send_bytewise(struct conn *c, const uint8_t *bytes, size_t len, struct err *e)
{
    for (size_t i = 0; i < len; i++)
        if (!link_send(c->link, &bytes[i], 1, e))
            return false;
    return true;
}

/* As send_message, but the fault menu has its hand in the bytes. */
static void send_spoilt(struct conn *c, const struct device *d, const struct sccp_message *m)
{
    uint8_t pdu[SCCP_PDU_MAX];
    struct err e = {0};
    size_t len;

    if (!c->link)
        return;
    trace(c, "->", m);
    if (!sccp_encode_pdu(m, pdu, sizeof pdu, &len, &e)) {
        complain(c, LOG_ERROR, &e);
        return;
    }
    const enum mischief_way way = mischief_spoils(faults_of(c), d->name, m->id, pdu, &len);
    if (way == MISCHIEF_BYTEWISE ? !send_bytewise(c, pdu, len, &e)
                                 : len > 0 && !link_send(c->link, pdu, len, &e))
        complain(c, LOG_ERROR, &e);
    explicit_bzero(pdu, sizeof pdu);
    if (way == MISCHIEF_THEN_CLOSE)
        conn_end(c, link_close);
}

static void send_what_follows(struct conn *c, const struct device *d, const struct sccp_message *m)
{
    struct sccp_message next;
    struct err e = {0};
    uint8_t bytes[12];
    size_t n = 0;

    if (m->id == SCCP_REGISTER_ACK)
        n = mischief_bytes(faults_of(c), d->name, bytes);
    if (n > 0 && c->link && !link_send(c->link, bytes, n, &e))
        complain(c, LOG_ERROR, &e);
    if (mischief_follows(faults_of(c), d->name, m, &next))
        send_message(c, &next);
    explicit_bzero(&next, sizeof next);
}

/* TimeDateRes is the last word of the registration. In front of it, so that the port's answer comes
 * before whatever it says once it is registered. */
static void ask_for_new_keys(struct conn *c, const struct device *d, const struct sccp_message *m)
{
    struct err e = {0};

    if (m->id == SCCP_TIME_DATE_RES && c->link && c->tls &&
        fault_on(faults_of(c), FAULT_TLS_RENEGOTIATION, d->name) && !link_renegotiate(c->link, &e))
        complain(c, LOG_ERROR, &e);
}

/* Through the fault menu. */
static void send_or_not(struct conn *c, const struct device *d, const struct sccp_message *m)
{
    struct sccp_message changed = *m;

    if (mischief_swallows(faults_of(c), d, m->id))
        return;
    mischief_changes(faults_of(c), d->name, &changed);
    ask_for_new_keys(c, d, m);
    send_spoilt(c, d, &changed);
    explicit_bzero(&changed, sizeof changed);
    send_what_follows(c, d, m);
}

void conn_send_to_device(void *arg, struct device *d, const struct sccp_message *m)
{
    struct server *s = arg;
    struct conn *c = s->of_device[d->index];

    if (c)
        send_or_not(c, d, m);
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
    c->unregistered = c->standby = false;
    c->home->of_device[d->index] = c;
    c->since = (uint32_t)(clock_wall_ns() / NS_PER_S);
}

static void supervise(uv_timer_t *timer);

/* True: the connection has come to its end. */
static bool refuses_on_purpose(struct conn *c, const struct device *d)
{
    if (fault_on(faults_of(c), FAULT_SCCP_REJECT, d->name))
        reject(c, "Refused on purpose");
    else if (fault_on(faults_of(c), FAULT_SCCP_CLOSES, d->name))
        conn_end(c, link_close);
    return !c->link;
}

/* The fault menu has the device configured otherwise than it comes. */
static void misjudge(const struct conn *c, const char *name, struct registrar_line *line)
{
    if (fault_on(faults_of(c), FAULT_SCCP_OTHER_NAME, name))
        line->peer_cn = "CiscoUM9-VI99";
    if (fault_on(faults_of(c), FAULT_SCCP_OTHER_MODE, name))
        line->null_cipher = !line->null_cipher;
}

static void take_register(struct conn *c, const struct sccp_register *r)
{
    struct server *s = c->home;
    struct registrar_line line = {
        .tls = c->tls,
        .null_cipher = c->tls && c->facts.cipher && strstr(c->facts.cipher, "NULL"),
        .peer_cn = c->facts.peer_cn,
    };
    struct err e = {0};
    struct device *d;
    char text[32], shown[80];
    uint64_t every_ms = (uint64_t)s->s.manager.keepalive_s * 1000;

    misjudge(c, r->station.name, &line);
    if (!registrar_judge(s->manager, &s->s.policy, &line, r, &d, text, &e)) {
        log_escape(r->station.name, strlen(r->station.name), shown, sizeof shown);
        err_in(&e, "Register of %s refused", shown);
        complain(c, LOG_WARN, &e);
        reject(c, text);
        return;
    }
    if (refuses_on_purpose(c, d))
        return;
    bind_device(c, d);
    manager_register(s->manager, d, r, registrar_mode(&s->s.policy, s->s.manager.mode));
    uv_timer_start(&c->timer, supervise, every_ms, every_ms);
}

#define TOKEN_WAIT_S 60 /* chan-sccp's default; CUCM's is not known */

static void take_token(struct conn *c, const struct sccp_register_token_req *r)
{
    struct sccp_message no = {.id = SCCP_REGISTER_TOKEN_REJECT};
    struct server *s = c->home;

    if (manager_device(s->manager, r->station.name) && s->token_wait_s == 0) {
        s->standby.tokens_granted++;
        answer_bare(c, SCCP_REGISTER_TOKEN_ACK);
        return;
    }
    s->standby.tokens_refused++;
    no.register_token_reject.wait_s = s->token_wait_s ? s->token_wait_s : TOKEN_WAIT_S;
    send_message(c, &no);
}

static void standby_silent(uv_timer_t *timer)
{
    struct conn *c = timer->data;
    char who[NET_ADDR_TEXT];

    log_line(c->home->s.log, LOG_WARN, LOG_MIU_SKINNY, name_of(c, who),
             "no KeepAlive of a standby connection for %u s: it is closed",
             SERVER_KEEPALIVES * c->home->s.manager.standby_s);
    conn_end(c, link_close);
}

/* Who says KeepAlive without a Register is registered elsewhere, and stands by here (sccp.md 7.3).
 */
static void stand_by(struct conn *c, uint32_t id)
{
    if (c->unregistered)
        return;
    c->standby = true;
    c->home->standby.keepalives += id == SCCP_KEEP_ALIVE;
    uv_timer_start(&c->timer, standby_silent,
                   (uint64_t)SERVER_KEEPALIVES * c->home->s.manager.standby_s * 1000, 0);
}

static void before_register(struct conn *c, const struct sccp_message *m)
{
    char who[NET_ADDR_TEXT], text[200];

    switch (m->id) {
    case SCCP_KEEP_ALIVE:
        stand_by(c, m->id);
        answer_bare(c, SCCP_KEEP_ALIVE_ACK);
        break;
    case SCCP_REGISTER_TOKEN_REQ:
        stand_by(c, m->id);
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
    const bool dead = fault_on(faults_of(c), FAULT_SCCP_HALF_OPEN, c->device->name);
    if (manager_message(c->home->manager, c->device, m)) {
        part(c);
        c->unregistered = true;
        if (!dead) /* who is not there any more does not close either */
            uv_timer_start(&c->timer, end_unregistered, SERVER_UNREGISTERED_MS, 0);
    }
}

/* The header's version word once a version is agreed on (sccp.md 1.3). A stack that checks it drops
 * what it does not know; one that ignores it, and tshark, would read some layouts wrongly. */
static bool version_word_fits(struct conn *c, const struct sccp_frame *f)
{
    const uint32_t agreed = c->device->version, word = sccp_header_version(f->id, agreed);
    const bool known = f->version == 0 || f->version == 10 || f->version == 11 ||
                       (f->version >= 15 && f->version <= 22);

    /* A 7960 (version 11) sends 0 all the same. */
    if (f->version == word || (f->version == 0 && agreed < 17))
        return true;
    if (!c->told_version)
        log_line(c->home->s.log, LOG_WARN, LOG_MIU_SKINNY, c->device->name,
                 "%s with header version %u, but version %u was agreed on%s", sccp_name(f->id),
                 f->version, agreed, known ? "" : ": dropped");
    c->told_version = true;
    return known;
}

static bool take_frame(struct conn *c, const struct sccp_frame *f)
{
    uint32_t version = f->id == SCCP_REGISTER || !c->device ? f->version : c->device->version;
    struct sccp_message m;
    struct err e = {0};

    if (c->device && f->id != SCCP_REGISTER && !version_word_fits(c, f))
        return true;
    if (!sccp_decode(&m, f->id, version, f->body, f->len, &e)) {
        complain(c, LOG_WARN, &e);
        conn_end(c, link_close);
        return false;
    }
    take_message(c, &m);
    return c->link != NULL;
}

/* The fault menu has taken TLS from its own port: what came is a port's part of a handshake. */
static void spoil_handshake(struct conn *c, const uint8_t *bytes, size_t len)
{
    struct buf out = {0};
    struct err e = {0};
    enum spoiler_way way;

    if (!c->spoiler)
        c->spoiler = server_make_spoiler(c->home, c->fault, &e);
    if (!c->spoiler) {
        complain(c, LOG_ERROR, &e);
        conn_end(c, link_close);
        return;
    }
    way = spoiler_feed(c->spoiler, bytes, len, &out);
    if (out.len > 0 && !link_send(c->link, out.at, out.len, &e))
        complain(c, LOG_ERROR, &e);
    buf_free(&out);
    if (way != SPOILER_GOES_ON)
        conn_end(c, way == SPOILER_RESETS ? link_reset : link_close);
}

static void bytes_came(void *owner, struct link *l, const uint8_t *bytes, size_t len)
{
    struct conn *c = owner;
    struct sccp_frame f;
    struct err e = {0};
    enum sccp_cut cut;

    (void)l;
    if (spoiler_for(c->fault)) {
        spoil_handshake(c, bytes, len);
        return;
    }
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

void conn_accepted(void *arg, struct link *l)
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
    c->fault = server_fault_of(s, l);
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
