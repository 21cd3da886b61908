/* EDGE: a port's lines: frames in and messages out; see seat.h. */
#include "ports/seat.h"

#include "base/wipe.h"
#include "ports/translate.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

static bool is_second(const struct line *l)
{
    return l == l->seat->second;
}

/* ---- out ------------------------------------------------------------------------------------ */

/* A link that broke says so itself, by `down`, and knows the reason better than a write that
 * failed: the alert of a call manager may still lie unread. */
static void cannot_send(struct line *l, struct err *why)
{
    if (why->kind != ERR_LIMIT) {
        log_line(worker_log(l->seat->worker), LOG_DEBUG, LOG_MIU_SKINNY, l->seat->name, "%s",
                 why->text);
        return;
    }
    seat_close_line(l);
    seat_line_lost(l, why);
}

void seat_flush(struct worker *w)
{
    struct line *l = w->speaker;
    struct err e;
    const size_t n = w->out_len;

    w->out_len = 0;
    if (n && l->link && !link_send(l->link, w->out, n, &e))
        cannot_send(l, &e);
}

static void trace(const struct line *l, const char *arrow, const struct sccp_message *m)
{
    struct log *log = worker_log(l->seat->worker);
    char text[SCCP_PRINT_MAX];

    if (log_wants(log, LOG_TRACE))
        log_line(log, LOG_TRACE, LOG_MIU_SKINNY, l->seat->name, "%s%s %s", arrow,
                 is_second(l) ? " (second line)" : "", sccp_print(m, false, text, sizeof text));
}

static void say_message(struct line *l, const struct sccp_message *m)
{
    struct worker *w = l->seat->worker;
    size_t len = 0;
    struct err e;

    if (w->out_len && (w->speaker != l || OUT_MAX - w->out_len < SCCP_PDU_MAX))
        seat_flush(w);
    w->speaker = l;
    if (!sccp_encode_pdu(m, w->out + w->out_len, OUT_MAX - w->out_len, &len, &e)) {
        seat_trouble(l->seat, LOG_MIU_SKINNY, &e);
        return;
    }
    w->out_len += len;
    trace(l, ">", m);
}

void seat_say(struct seat *s, const struct port_action *a)
{
    const bool second = a->kind == SAY_SECOND_KEEPALIVE || a->kind == SAY_TOKEN_REQ;
    struct line *l = second ? s->second : s->line;
    struct sccp_message m;

    for (size_t nth = 0; l->link && translate_out(&s->port, s->name, a, nth, &m); nth++)
        say_message(l, &m);
}

/* ---- in ------------------------------------------------------------------------------------- */

static void malformed(struct line *l, struct err *e)
{
    err_in(e, "%s", l->connected_to);
    seat_close_line(l);
    seat_trouble(l->seat, LOG_MIU_SKINNY, e);
    seat_kind(l->seat, is_second(l) ? EV_SECOND_LOST : EV_LINK_LOST);
}

static bool has_key(uint32_t id)
{
    return id == SCCP_OPEN_RECEIVE_CHANNEL || id == SCCP_START_MEDIA_TRANSMISSION;
}

/* What the header's word may be after RegisterAck: 0, or what was agreed (sccp.md 1.3). Layouts go
 * by what was agreed all the same. */
static void watch_version(struct line *l, const struct sccp_frame *f)
{
    const uint32_t agreed = l->seat->port.version;
    struct err e = {0};

    if (is_second(l) || l->odd_version_told || !agreed || !f->version || f->version == agreed)
        return;
    l->odd_version_told = true;
    err_set(&e, ERR_FORMAT, "%s: the header of %s has version word %u, version %u was agreed",
            l->connected_to, sccp_name(f->id), f->version, agreed);
    seat_trouble(l->seat, LOG_MIU_SKINNY, &e);
}

static void heard_message(struct line *l, const struct sccp_frame *f, struct err *e)
{
    struct seat *s = l->seat;
    struct sccp_message m;
    struct port_event ev;

    if (!sccp_decode_as(&m, f->id, s->port.version, &l->habits, f->body, f->len, e)) {
        malformed(l, e);
        return;
    }
    if (m.id == SCCP_REGISTER_ACK)
        l->habits = sccp_habits_of(&m.register_ack);
    trace(l, "<", &m);
    watch_version(l, f);
    if (is_second(l))
        translate_second(&m, &ev);
    else
        translate_in(&s->port, &m, &ev);
    seat_event(s, &ev);
    if (!has_key(f->id))
        return;
    OPENSSL_cleanse(&m, sizeof m);
    OPENSSL_cleanse(&ev, sizeof ev);
    wipe_stack();
}

/* OpenSSL has refused by itself; whoever asked may go on or leave. */
static void tell_renegotiation(struct line *l)
{
    const struct seat *s = l->seat;
    const struct tls_session *tls = link_session(l->link);

    if (!tls || l->renegotiation_told || !tls_session_refused_renegotiation(tls))
        return;
    l->renegotiation_told = true;
    log_line(worker_log(s->worker), LOG_WARN, LOG_SSL_INIT, s->name,
             "%s wants to renegotiate TLS: refused with alert 100, no_renegotiation",
             l->connected_to);
}

static void on_bytes(void *owner, struct link *link, const uint8_t *bytes, size_t len)
{
    struct line *l = owner;
    struct sccp_frame f;
    struct err e;
    enum sccp_cut cut = SCCP_CUT_MORE;

    seat_begin(l->seat);
    sccp_frames_feed(&l->frames, bytes, len);
    while (l->link == link && (cut = sccp_frames_next(&l->frames, &f, &e)) == SCCP_CUT_FRAME)
        heard_message(l, &f, &e);
    if (l->link == link && cut == SCCP_CUT_BAD)
        malformed(l, &e);
    if (l->link == link)
        tell_renegotiation(l);
    seat_end(l->seat);
}

/* ---- the link -------------------------------------------------------------------------------- */

static void forget_link(struct line *l)
{
    struct worker *w = l->seat->worker;

    l->link = NULL;
    if (l->routes)
        l->routes->users--;
    l->routes = NULL;
    sccp_frames_free(&l->frames);
    if (w->speaker == l)
        w->out_len = 0;
    seat_give_turn_back(l);
}

static void note_facts(struct line *l, const struct tls_session *tls)
{
    l->habits = (struct sccp_habits){0};
    l->odd_version_told = l->renegotiation_told = false;
    snprintf(l->version, sizeof l->version, "%s", tls ? tls_session_version(tls) : "");
    snprintf(l->cipher, sizeof l->cipher, "%s", tls ? tls_session_cipher(tls) : "");
}

static void on_up(void *owner, struct link *link)
{
    struct line *l = owner;
    struct port_event ev = {.kind = is_second(l) ? EV_SECOND_UP : EV_LINK_UP,
                            .local = link_local(link)};

    note_facts(l, link_session(link));
    atomic_fetch_add_explicit(&l->seat->worker->counts.handshakes, 1, memory_order_relaxed);
    seat_give_turn_back(l);
    seat_event(l->seat, &ev);
}

/* A call manager that does not like the certificate's name or the security mode closes without a
 * word after Register. */
static void explain(const struct line *l, struct err *why)
{
    const struct port *p = &l->seat->port;

    if (is_second(l) || p->state != PORT_REGISTERING || p->group->mode == MODE_NON_SECURE)
        return;
    if (why->kind != ERR_NET_03 && why->kind != ERR_CLOSED && why->kind != ERR_SYSTEM)
        return;
    why->kind = ERR_TLS_06;
    err_in(why, "closed after Register");
}

/* A call manager that refuses TLS 1.2 is offered 1.3 at once, and from then on: the port need not
 * hear of it. */
static bool once_more(struct line *l, const struct link *link, struct err *e)
{
    const struct tls_session *tls = link_session(link);
    const struct seat *s = l->seat;
    struct used_routes *u = l->routes;
    const bool turn = l->has_turn;

    if (!tls || !s->worker->groups[s->group].newer_context || !tls_session_wants_newer(tls))
        return false;
    if (!(u->newer & seat_server_bit(l, u)))
        log_line(worker_log(s->worker), LOG_NOTE, LOG_SSL_INIT, s->name,
                 "%s refuses TLS 1.2: TLS 1.3 is offered to it", l->connected_to);
    u->newer |= seat_server_bit(l, u);
    l->has_turn = false;
    forget_link(l);
    l->has_turn = turn;
    return seat_open_link(l, u, e);
}

static void on_down(void *owner, struct link *link, const struct err *why)
{
    struct line *l = owner;
    struct err e = *why;

    if (once_more(l, link, &e))
        return;
    if (l->frames.held_len > 0 && !l->frames.given)
        err_in(&e, "in the middle of a message, after its first %zu bytes", l->frames.held_len);
    forget_link(l);
    explain(l, &e);
    seat_line_lost(l, &e);
}

const struct link_events seat_link_events = {.up = on_up, .bytes = on_bytes, .down = on_down};

void seat_close_line(struct line *l)
{
    struct link *link = l->link;
    struct worker *w = l->seat->worker;

    if (!link)
        return;
    if (w->speaker == l)
        seat_flush(w);
    if (l->link != link)
        return;
    forget_link(l);
    link_close(link);
}
