/* EDGE: a port's line: its turn, its link, frames in and messages out; see seat.h. */
#include "ports/seat.h"

#include "base/wipe.h"
#include "ports/translate.h"

#include <openssl/crypto.h>
#include <string.h>

#define SIGNALLING_TOS 0x60 /* DSCP 24 (unity-connection.md 3.2) */

/* ---- out ------------------------------------------------------------------------------------ */

void seat_flush(struct seat *s)
{
    struct worker *w = s->worker;
    struct err e;
    const size_t n = w->out_len;

    w->out_len = 0;
    if (n == 0)
        return;
    if (!w->speaker->link)
        return;
    if (!link_send(w->speaker->link, w->out, n, &e)) {
        s = w->speaker;
        seat_close_line(s);
        seat_trouble(s, LOG_MIU_SKINNY, &e);
        seat_kind(s, EV_LINK_LOST);
    }
}

static void say_message(struct seat *s, const struct sccp_message *m)
{
    struct worker *w = s->worker;
    size_t len = 0;
    struct err e;

    if (w->out_len && (w->speaker != s || OUT_MAX - w->out_len < SCCP_PDU_MAX))
        seat_flush(w->speaker);
    w->speaker = s;
    if (!sccp_encode_pdu(m, w->out + w->out_len, OUT_MAX - w->out_len, &len, &e)) {
        seat_trouble(s, LOG_MIU_SKINNY, &e);
        return;
    }
    w->out_len += len;
    if (log_wants(worker_log(w), LOG_TRACE)) {
        char text[SCCP_PRINT_MAX];
        log_line(worker_log(w), LOG_TRACE, LOG_MIU_SKINNY, s->name, "> %s",
                 sccp_print(m, false, text, sizeof text));
    }
}

void seat_say(struct seat *s, const struct port_action *a)
{
    struct sccp_message m;

    for (size_t nth = 0; s->link && translate_out(&s->port, s->name, a, nth, &m); nth++)
        say_message(s, &m);
}

/* ---- in ------------------------------------------------------------------------------------- */

static void malformed(struct seat *s, struct err *e)
{
    err_in(e, "%s", s->connected_to);
    seat_close_line(s);
    seat_trouble(s, LOG_MIU_SKINNY, e);
    seat_kind(s, EV_LINK_LOST);
}

static bool has_key(uint32_t id)
{
    return id == SCCP_OPEN_RECEIVE_CHANNEL || id == SCCP_START_MEDIA_TRANSMISSION;
}

/* What the header's word may be after RegisterAck: 0, or what was agreed (sccp.md 1.3). Layouts go
 * by what was agreed all the same. */
static void watch_version(struct seat *s, const struct sccp_frame *f)
{
    struct err e = {0};

    if (s->odd_version_told || !s->port.version || !f->version || f->version == s->port.version)
        return;
    s->odd_version_told = true;
    err_set(&e, ERR_FORMAT, "%s: the header of %s has version word %u, version %u was agreed",
            s->connected_to, sccp_name(f->id), f->version, s->port.version);
    seat_trouble(s, LOG_MIU_SKINNY, &e);
}

static void heard_message(struct seat *s, const struct sccp_frame *f, struct err *e)
{
    struct sccp_message m;
    struct port_event ev;

    if (!sccp_decode_as(&m, f->id, s->port.version, &s->habits, f->body, f->len, e)) {
        malformed(s, e);
        return;
    }
    if (m.id == SCCP_REGISTER_ACK)
        s->habits = sccp_habits_of(&m.register_ack);
    if (log_wants(worker_log(s->worker), LOG_TRACE)) {
        char text[SCCP_PRINT_MAX];
        log_line(worker_log(s->worker), LOG_TRACE, LOG_MIU_SKINNY, s->name, "< %s",
                 sccp_print(&m, false, text, sizeof text));
    }
    watch_version(s, f);
    translate_in(&s->port, &m, &ev);
    seat_event(s, &ev);
    if (!has_key(f->id))
        return;
    OPENSSL_cleanse(&m, sizeof m);
    OPENSSL_cleanse(&ev, sizeof ev);
    wipe_stack();
}

static void on_bytes(void *owner, struct link *l, const uint8_t *bytes, size_t len)
{
    struct seat *s = owner;
    struct sccp_frame f;
    struct err e;
    enum sccp_cut cut = SCCP_CUT_MORE;

    seat_begin(s);
    sccp_frames_feed(&s->frames, bytes, len);
    while (s->link == l && (cut = sccp_frames_next(&s->frames, &f, &e)) == SCCP_CUT_FRAME)
        heard_message(s, &f, &e);
    if (s->link == l && cut == SCCP_CUT_BAD)
        malformed(s, &e);
    seat_end(s);
}

/* ---- the link -------------------------------------------------------------------------------- */

static void give_turn_back(struct seat *s)
{
    if (s->has_turn)
        turns_give_back(s->worker->shared->turns);
    s->has_turn = false;
}

static void forget_link(struct seat *s)
{
    s->link = NULL;
    if (s->routes)
        s->routes->users--;
    s->routes = NULL;
    sccp_frames_free(&s->frames);
    if (s->worker->speaker == s)
        s->worker->out_len = 0;
    give_turn_back(s);
}

static void on_up(void *owner, struct link *l)
{
    struct seat *s = owner;
    struct port_event ev = {.kind = EV_LINK_UP, .local = link_local(l)};
    const struct tls_session *tls = link_session(l);
    struct tls_facts facts;

    s->version[0] = s->cipher[0] = '\0';
    s->odd_version_told = false;
    if (tls) {
        tls_session_facts(tls, &facts);
        memcpy(s->version, facts.version, strnlen(facts.version, sizeof s->version - 1) + 1);
        memcpy(s->cipher, facts.cipher, strnlen(facts.cipher, sizeof s->cipher - 1) + 1);
    }
    atomic_fetch_add_explicit(&s->worker->counts.handshakes, 1, memory_order_relaxed);
    give_turn_back(s);
    seat_event(s, &ev);
}

/* A call manager that does not like the certificate's name or the security mode closes without a
 * word after Register. */
static void explain(const struct seat *s, struct err *why)
{
    if (s->port.state != PORT_REGISTERING || s->port.group->mode == MODE_NON_SECURE)
        return;
    if (why->kind != ERR_NET_03 && why->kind != ERR_CLOSED && why->kind != ERR_SYSTEM)
        return;
    why->kind = ERR_TLS_06;
    err_in(why, "closed after Register");
}

static void lost(struct seat *s, struct err *why)
{
    struct port_event ev = {.kind = routes_untrusted(why->kind) ? EV_UNTRUSTED : EV_LINK_LOST,
                            .value = routes_stale(why->kind)};

    if (s->port.state != PORT_UNREGISTERING && !s->port.leaving)
        seat_trouble(s, LOG_SSL_INIT, why);
    seat_event(s, &ev);
}

static uint32_t server_bit(const struct seat *s, const struct used_routes *u)
{
    return UINT32_C(1) << (s->port.server % u->routes->count);
}

static bool open_link(struct seat *s, struct used_routes *u, struct err *e);

/* A call manager that refuses TLS 1.2 is offered 1.3 at once, and from then on: the port need not
 * hear of it. */
static bool once_more(struct seat *s, const struct link *l, struct err *e)
{
    const struct tls_session *tls = link_session(l);
    struct used_routes *u = s->routes;
    const bool turn = s->has_turn;

    if (!tls || !s->worker->groups[s->group].newer_context || !tls_session_wants_newer(tls))
        return false;
    if (!(u->newer & server_bit(s, u)))
        log_line(worker_log(s->worker), LOG_NOTE, LOG_SSL_INIT, s->name,
                 "%s refuses TLS 1.2: TLS 1.3 is offered to it", s->connected_to);
    u->newer |= server_bit(s, u);
    s->has_turn = false;
    forget_link(s);
    s->has_turn = turn;
    return open_link(s, u, e);
}

static void on_down(void *owner, struct link *l, const struct err *why)
{
    struct seat *s = owner;
    struct err e = *why;

    if (once_more(s, l, &e))
        return;
    if (s->frames.held_len > 0 && !s->frames.given)
        err_in(&e, "in the middle of a message, after its first %zu bytes", s->frames.held_len);
    forget_link(s);
    explain(s, &e);
    lost(s, &e);
}

static const struct link_events events = {.up = on_up, .bytes = on_bytes, .down = on_down};

static bool open_link(struct seat *s, struct used_routes *u, struct err *e)
{
    struct worker *w = s->worker;
    const struct worker_group *g = &w->groups[s->group];
    const struct route *r = &u->routes->list[s->port.server % u->routes->count];
    const struct link_settings ls = {
        .peer = r->addr,
        .bind = w->shared->settings->bind,
        .tos = SIGNALLING_TOS,
        .context = u->newer & server_bit(s, u) ? g->newer_context : g->context,
        .identity = s->identity,
        .trust = r->trust,
    };

    s->link = link_connect(&w->loop, &ls, &events, s, e);
    if (!s->link)
        return false;
    s->routes = u;
    u->users++;
    return true;
}

static void connect_to(struct seat *s, struct used_routes *u)
{
    const struct route *r = &u->routes->list[s->port.server % u->routes->count];
    struct err e = r->why;

    seat_kind(s, EV_DIALLING);
    net_addr_text(&r->addr, s->connected_to);
    if (e.kind == ERR_NONE && open_link(s, u, &e))
        return;
    give_turn_back(s);
    lost(s, &e);
}

/* ---- waiting for it -----------------------------------------------------------------------------
 */

static void wait_in_line(struct seat *s)
{
    struct worker *w = s->worker;

    if (s->waiting)
        return;
    s->waiting = true;
    s->next_waiting = NULL;
    if (w->last_waiting)
        w->last_waiting->next_waiting = s;
    else
        w->first_waiting = s;
    w->last_waiting = s;
}

static struct seat *first_in_line(struct worker *w)
{
    struct seat *s = w->first_waiting;

    w->first_waiting = s->next_waiting;
    if (!w->first_waiting)
        w->last_waiting = NULL;
    s->waiting = false;
    return s;
}

static bool still_wants(const struct seat *s)
{
    return s->port.state == PORT_WAITING && !s->link && s->worker->groups[s->group].now;
}

/* Whose wish was given up meanwhile is passed over. */
static bool someone_wants(struct worker *w)
{
    while (w->first_waiting && !still_wants(w->first_waiting))
        first_in_line(w);
    return w->first_waiting != NULL;
}

void worker_connect_waiting(struct worker *w)
{
    struct seat *s;

    if (w->depth > 0 || w->connecting)
        return;
    w->connecting = true;
    while (someone_wants(w) && turns_take(w->shared->turns, w->index)) {
        s = first_in_line(w);
        s->has_turn = true;
        connect_to(s, w->groups[s->group].now);
    }
    w->connecting = false;
    if (!w->first_waiting)
        turns_content(w->shared->turns, w->index);
}

void seat_dial(struct seat *s)
{
    const bool secure = s->port.group->mode != MODE_NON_SECURE;

    if (!s->worker->groups[s->group].now || (secure && !s->identity))
        return; /* CMD_ROUTES and CMD_START ask again */
    wait_in_line(s);
}

void seat_close_line(struct seat *s)
{
    struct link *l = s->link;

    if (!l)
        return;
    if (s->worker->speaker == s)
        seat_flush(s);
    if (s->link != l)
        return;
    forget_link(s);
    link_close(l);
}
