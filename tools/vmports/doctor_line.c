#include "tools/vmports/doctor_line.h"

#include "base/clock.h"
#include "ports/translate.h"
#include "sccp/codec.h"
#include "sccp/frame.h"

#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#define LATE_ALERT_MS  2000 /* see refused_late */
#define SIGNALLING_TOS 0x60 /* DSCP 24 (unity-connection.md 3.2) */

struct talk {
    const struct doctor_line *d;
    struct doctor_told *told;
    uv_loop_t loop;
    uv_timer_t timer;
    struct link *link;
    struct sccp_frames frames;
    struct port port;
    int64_t began_ms, up_ms;
    bool odd_version, over;
};

static int64_t now_ms(void)
{
    return clock_now_ns() / NS_PER_MS;
}

static void close_line(struct talk *t)
{
    struct link *l = t->link;

    t->link = NULL;
    sccp_frames_free(&t->frames);
    if (l)
        link_close(l);
}

static void finish(struct talk *t)
{
    t->over = true;
    close_line(t);
    if (!uv_is_closing((uv_handle_t *)&t->timer))
        uv_close((uv_handle_t *)&t->timer, NULL);
}

/* ---- the port -------------------------------------------------------------------------------- */

static void step(struct talk *t, const struct port_event *ev);

static void step_kind(struct talk *t, enum port_event_kind k)
{
    const struct port_event ev = {.kind = k};

    step(t, &ev);
}

static void say(struct talk *t, const struct port_action *a)
{
    static uint8_t pdu[SCCP_PDU_MAX];
    struct sccp_message m;
    struct err e;
    size_t len;

    for (size_t nth = 0; t->link && translate_out(&t->port, t->d->device, a, nth, &m); nth++) {
        const bool encoded = sccp_encode_pdu(&m, pdu, sizeof pdu, &len, &e);
        if (encoded && (link_send(t->link, pdu, len, &e) || e.kind != ERR_LIMIT))
            continue; /* a line that is broken says so, and why, in `down` */
        t->told->not_registered = e;
        finish(t);
    }
}

/* Room for what is not well, but a port lives with; NULL: there is no more. */
static struct err *odd(struct talk *t)
{
    struct doctor_told *told = t->told;

    return told->odd_count < DOCTOR_ODD_MAX ? &told->odd[told->odd_count++] : NULL;
}

static void take_note(struct talk *t, const struct port_action *a)
{
    struct err *why = &t->told->not_registered;

    if (a->note == NOTE_STEP_UNANSWERED)
        err_set(odd(t), ERR_TIMEOUT, "%s: %s", port_note_words(a->note), a->text);
    else if (a->note == NOTE_NO_CAPABILITIES_REQ)
        err_set(odd(t), ERR_TIMEOUT, "%s", port_note_words(a->note));
    else if (a->note == NOTE_UNKNOWN_MESSAGE)
        err_set(odd(t), ERR_FORMAT, "%s: %s", port_note_words(a->note), a->text);
    else if (a->note == NOTE_NO_REGISTER_ACK)
        err_set(why, ERR_TIMEOUT, "%s", port_note_words(a->note));
    else if (a->note == NOTE_RESET_ASKED)
        err_set(why, ERR_REFUSED, "it asks the port to reset");
}

static void carry_out(struct talk *t, const struct port_action *a)
{
    if (a->kind <= SAY_UNSUBSCRIBED)
        say(t, a);
    else if (a->kind == DO_CLOSE)
        close_line(t);
    else if (a->kind == TELL_NOTE)
        take_note(t, a);
    /* A port that leaves as soon as it is idle opens no media and switches no lamps. */
}

static void judge_state(struct talk *t)
{
    if (t->over)
        return;
    if (t->port.state == PORT_IDLE && !t->told->registered) {
        t->told->registered = true;
        t->told->register_ms = (double)(now_ms() - t->up_ms);
        memcpy(t->told->number, t->port.extension, sizeof t->told->number);
        step_kind(t, EV_STOP);
    } else if (t->port.state == PORT_STOPPED || t->port.state == PORT_DOWN) {
        finish(t);
    }
}

/* When Register has waited long enough by the settings; INT64_MAX: as long as a port waits. */
static int64_t register_due(const struct talk *t)
{
    return t->d->timeout_s && t->port.state == PORT_REGISTERING
               ? t->up_ms + (int64_t)t->d->timeout_s * 1000
               : INT64_MAX;
}

static void on_timer(uv_timer_t *timer);

static void arm(struct talk *t)
{
    const int64_t port = port_due(&t->port), limit = register_due(t),
                  due = port < limit ? port : limit, wait = due - now_ms();

    if (!t->over && due != INT64_MAX)
        uv_timer_start(&t->timer, on_timer, wait > 0 ? (uint64_t)wait + 1 : 1, 0);
}

static void after_step(struct talk *t, const struct port_actions *out)
{
    for (size_t i = 0; i < out->count && !t->over; i++)
        carry_out(t, &out->list[i]);
    judge_state(t);
    arm(t);
}

static void step(struct talk *t, const struct port_event *ev)
{
    struct port_actions out;

    port_step(&t->port, ev, now_ms(), &out);
    after_step(t, &out);
}

static void on_timer(uv_timer_t *timer)
{
    struct talk *t = timer->data;
    struct port_actions out;

    if (now_ms() >= register_due(t)) {
        err_set(&t->told->not_registered, ERR_TIMEOUT, "no answer to Register in %u s",
                t->d->timeout_s);
        finish(t);
        return;
    }
    port_tick(&t->port, now_ms(), &out);
    after_step(t, &out);
}

/* ---- what it says ---------------------------------------------------------------------------- */

static void note_message(struct talk *t, const struct sccp_message *m)
{
    struct doctor_told *told = t->told;

    switch (m->id) {
    case SCCP_REGISTER_ACK:
        told->acked = true;
        told->protocol =
            sccp_negotiated(t->d->group->protocol_version, m->register_ack.protocol_version);
        told->keepalive_s = m->register_ack.keepalive_s;
        break;
    case SCCP_REGISTER_REJECT:
        snprintf(told->reject, sizeof told->reject, "%s", m->register_reject.text);
        err_set(&told->not_registered, ERR_REFUSED, "RegisterReject");
        break;
    case SCCP_TIME_DATE_RES:
        told->its_time_s = m->time_date_res.unix_time;
        break;
    case SCCP_UNREGISTER_ACK:
        told->unregistered = m->unregister_ack.status == SCCP_UNREGISTER_OK;
        if (!told->unregistered)
            err_set(&told->not_unregistered, ERR_REFUSED, "UnregisterAck with status %u",
                    m->unregister_ack.status);
        break;
    default:
        break;
    }
}

/* As ports/seat_line.c watches it: the word is 0 or what was agreed (sccp.md 1.3). */
static void watch_version(struct talk *t, const struct sccp_frame *f)
{
    const uint32_t agreed = t->port.version;

    if (t->odd_version || !agreed || !f->version || f->version == agreed)
        return;
    t->odd_version = true;
    err_set(odd(t), ERR_FORMAT, "the header of %s has version word %u, version %u was agreed",
            sccp_name(f->id), f->version, agreed);
}

static void malformed(struct talk *t, const struct err *e)
{
    t->told->not_registered = *e;
    finish(t);
}

static void heard(struct talk *t, const struct sccp_frame *f)
{
    struct sccp_message m;
    struct port_event ev;
    struct err e = {0};

    if (!sccp_decode(&m, f->id, t->port.version, f->body, f->len, &e)) {
        malformed(t, &e);
        return;
    }
    watch_version(t, f);
    note_message(t, &m);
    translate_in(&t->port, &m, &ev);
    step(t, &ev);
    OPENSSL_cleanse(&m, sizeof m); /* a call that comes meanwhile may bring keys */
    OPENSSL_cleanse(&ev, sizeof ev);
}

static void on_bytes(void *owner, struct link *l, const uint8_t *bytes, size_t len)
{
    struct talk *t = owner;
    struct sccp_frame f;
    struct err e = {0};
    enum sccp_cut cut = SCCP_CUT_MORE;

    if (!t->d->group)
        return;
    sccp_frames_feed(&t->frames, bytes, len);
    while (t->link == l && (cut = sccp_frames_next(&t->frames, &f, &e)) == SCCP_CUT_FRAME)
        heard(t, &f);
    if (t->link == l && cut == SCCP_CUT_BAD)
        malformed(t, &e);
}

/* ---- the line -------------------------------------------------------------------------------- */

static void take_facts(struct talk *t, const struct link *l)
{
    const struct tls_session *s = link_session(l);
    struct doctor_told *told = t->told;

    told->tls.alert_sent = told->tls.alert_received = -1;
    if (!s)
        return;
    tls_session_facts(s, &told->tls);
    snprintf(told->version, sizeof told->version, "%s", told->tls.version);
    snprintf(told->cipher, sizeof told->cipher, "%s", told->tls.cipher ? told->tls.cipher : "");
    told->tls.version = told->version;
    told->tls.cipher = told->cipher;
    if (!told->peer_cert && tls_session_peer_cert(s))
        told->peer_cert = X509_dup(tls_session_peer_cert(s));
}

/* Nobody registers here, so nothing else would tell of an alert that comes after the handshake. */
static void on_no_alert(uv_timer_t *timer)
{
    finish(timer->data);
}

static void on_up(void *owner, struct link *l)
{
    struct talk *t = owner;
    struct port_event ev = {.kind = EV_LINK_UP, .local = link_local(l)};

    t->up_ms = now_ms();
    t->told->up = true;
    t->told->local = ev.local;
    t->told->connect_ms = (double)(t->up_ms - t->began_ms);
    take_facts(t, l);
    if (t->d->group)
        step(t, &ev);
    else if (strcmp(t->told->version, "TLSv1.3") == 0)
        uv_timer_start(&t->timer, on_no_alert, LATE_ALERT_MS, 0);
    else
        finish(t);
}

static bool was_cut(const struct talk *t)
{
    return t->frames.held_len > 0 && !t->frames.given;
}

/* A call manager that does not like the certificate's name or the security mode may close without a
 * word after Register. */
static void lost_before_ack(struct talk *t, const struct err *why)
{
    struct err *e = &t->told->not_registered;

    *e = *why;
    if (was_cut(t))
        return; /* it had begun to answer */
    if (t->d->context && (e->kind == ERR_NET_03 || e->kind == ERR_CLOSED || e->kind == ERR_SYSTEM))
        e->kind = ERR_TLS_06;
}

/* Under TLS 1.3 the handshake is over for us before the call manager looks at our certificate: its
 * alert comes later, and is a refusal of the line all the same (ctl-tftp-tls.md 4.3). */
static bool refused_late(const struct doctor_told *told)
{
    return !told->registered && told->tls.alert_received > 0;
}

static void on_down(void *owner, struct link *l, const struct err *why)
{
    struct talk *t = owner;
    struct err e = *why;

    take_facts(t, l);
    t->link = NULL;
    if (was_cut(t))
        err_in(&e, "in the middle of a message, after its first %zu bytes", t->frames.held_len);
    if (refused_late(t->told))
        t->told->up = false;
    if (!t->told->up)
        t->told->lost = e;
    else if (!t->told->registered && t->port.state == PORT_REGISTERING)
        lost_before_ack(t, &e);
    else if (!t->told->registered)
        t->told->not_registered = e;
    else if (!t->told->unregistered && t->told->not_unregistered.kind == ERR_NONE)
        t->told->not_unregistered = e;
    finish(t);
}

/* What came to an end without a word of why. */
static void explain_silence(struct doctor_told *told)
{
    if (told->up && !told->registered && told->not_registered.kind == ERR_NONE)
        err_set(&told->not_registered, ERR_TIMEOUT, "the registration was not finished");
    if (told->registered && !told->unregistered && told->not_unregistered.kind == ERR_NONE)
        err_set(&told->not_unregistered, ERR_TIMEOUT, "Unregister was not answered");
}

static bool begin(struct talk *t, struct err *e)
{
    static const struct link_events events = {.up = on_up, .bytes = on_bytes, .down = on_down};
    const struct link_settings ls = {.peer = t->d->peer,
                                     .bind = t->d->bind,
                                     .tos = SIGNALLING_TOS,
                                     .connect_ms = t->d->timeout_s * 1000,
                                     .handshake_ms = t->d->timeout_s * 1000,
                                     .context = t->d->context,
                                     .identity = t->d->identity,
                                     .trust = t->d->trust};

    uv_timer_init(&t->loop, &t->timer);
    t->timer.data = t;
    t->began_ms = now_ms();
    if (t->d->group) {
        port_init(&t->port, t->d->group, 1, (uint64_t)t->began_ms);
        step_kind(t, EV_START);
        step_kind(t, EV_DIALLING);
    }
    t->link = link_connect(&t->loop, &ls, &events, t, e);
    return t->link != NULL;
}

bool doctor_line_try(const struct doctor_line *d, struct doctor_told *out, struct err *e)
{
    struct talk t = {.d = d, .told = out};

    *out = (struct doctor_told){.tls = {.alert_sent = -1, .alert_received = -1}};
    const int rc = uv_loop_init(&t.loop);
    if (rc != 0)
        return err_set(e, ERR_SYSTEM, "no event loop: %s", uv_strerror(rc));
    const bool begun = begin(&t, e);
    if (!begun)
        finish(&t);
    uv_run(&t.loop, UV_RUN_DEFAULT);
    uv_loop_close(&t.loop);
    if (begun && d->group)
        explain_silence(out);
    return begun;
}

void doctor_told_free(struct doctor_told *t)
{
    X509_free(t->peer_cert);
    t->peer_cert = NULL;
}
