/* EDGE: an event goes in, the actions come out and are carried out; see seat.h. */
#include "ports/seat.h"

#include "base/clock.h"

#include <openssl/crypto.h>
#include <string.h>

int64_t worker_now_ms(void)
{
    return clock_now_ns() / NS_PER_MS;
}

struct log *worker_log(const struct worker *w)
{
    return w->shared->settings->log;
}

/* ---- what is told --------------------------------------------------------------------------- */

void seat_trouble(struct seat *s, enum log_area area, const struct err *why)
{
    struct worker_report r = {
        .kind = REPORT_TROUBLE, .port = s->index, .group = s->group, .area = area, .why = *why};

    atomic_fetch_add_explicit(&s->worker->counts.errors, 1, memory_order_relaxed);
    memcpy(s->last_error, why->text, sizeof s->last_error - 1);
    worker_report(s->worker, &r);
}

/* Which notes a user must hear of, and what kind of error they are. */
static enum err_kind trouble_in(enum port_note n)
{
    switch (n) {
    case NOTE_REJECTED:
        return ERR_REFUSED;
    case NOTE_NO_TURN:
    case NOTE_NO_CONNECTION:
    case NOTE_NO_REGISTER_ACK:
    case NOTE_LINK_DEAD:
    case NOTE_NOT_CONNECTED:
    case NOTE_SILENT:
        return ERR_TIMEOUT;
    case NOTE_CANNOT_LISTEN:
    case NOTE_CANNOT_SEND:
    case NOTE_NO_ADDRESS:
    case NOTE_UNREACHABLE:
    case NOTE_BAD_KEEPALIVE:
    case NOTE_LAMP_IGNORED:
        return ERR_FORMAT;
    case NOTE_NONE:
    case NOTE_STEP_UNANSWERED:
    case NOTE_RESET_ASKED:
    case NOTE_RING_UNWANTED:
    case NOTE_SECOND_CALL:
    case NOTE_QUIET:
    case NOTE_TOO_LONG:
    case NOTE_LAMP_PREFIX:
    case NOTE_LAMP_REFUSED:
        break;
    }
    return ERR_NONE;
}

static bool value_means_status(enum port_note n)
{
    return n == NOTE_CANNOT_LISTEN || n == NOTE_CANNOT_SEND;
}

static void tell_note(struct seat *s, const struct port_action *a)
{
    struct err why = {.kind = trouble_in(a->note)};
    const char *status = value_means_status(a->note) ? sccp_media_status_name(a->value) : NULL;
    char text[160] = "";

    if (a->text[0])
        log_escape(a->text, strnlen(a->text, sizeof a->text), text, sizeof text);
    err_set(&why, why.kind, "%s%s%s%s%s", port_note_words(a->note), text[0] ? ": " : "", text,
            status ? ": " : "", status ? status : "");
    log_line(worker_log(s->worker), LOG_INFO, LOG_MIU_SKINNY, s->name, "{%s} %s",
             port_state_words(s->port.state), why.text);
    if (why.kind != ERR_NONE)
        seat_trouble(s, LOG_MIU_SKINNY, &why);
}

static void tell(struct seat *s, enum worker_report_kind kind)
{
    struct worker_report r = {.kind = kind, .port = s->index, .group = s->group};

    worker_report(s->worker, &r);
}

static void tell_lamp(struct seat *s, const struct port_action *a)
{
    static const enum mwi_result results[] = {
        [LAMP_CONFIRMED] = MWI_CONFIRMED,
        [LAMP_BUSY] = MWI_BUSY,
        [LAMP_REORDER] = MWI_REORDER,
        [LAMP_TIMEOUT] = MWI_TIMEOUT,
        [LAMP_NOT_UNDERSTOOD] = MWI_NOT_UNDERSTOOD,
        [LAMP_LINK_LOST] = MWI_LINK_LOST,
        [LAMP_PORT_BUSY] = MWI_NO_PORT,
    };
    struct worker_report r = {.kind = REPORT_LAMP, .port = s->index, .group = s->group};

    r.lamp.id = a->ids.call;
    r.lamp.port_busy = a->value == LAMP_PORT_BUSY;
    r.lamp.result = results[a->value];
    worker_report(s->worker, &r);
}

static void tell_registered(struct seat *s)
{
    log_line(worker_log(s->worker), LOG_INFO, LOG_MIU_SKINNY, s->name,
             "registered with %s, version %u%s%s%s%s", s->connected_to, s->port.version,
             s->version[0] ? ", " : "", s->version, s->cipher[0] ? " " : "", s->cipher);
    s->last_error[0] = '\0';
    tell(s, REPORT_REGISTERED);
}

static void tell_answered(struct seat *s)
{
    const struct port_info *i = &s->port.info;
    const char *reason = port_reason_words(i->reason);

    /* A direct call has no reason. */
    log_line(worker_log(s->worker), LOG_INFO, LOG_MIU_CALL, s->name,
             "call %u answered: caller %s, called %s%s%s%s%s", s->port.call.call, i->caller,
             i->called, reason[0] ? ", redirecting " : "", reason[0] ? i->redir : "",
             reason[0] ? ", reason " : "", reason);
}

static void tell_unexpected(struct seat *s, const struct port_action *a)
{
    log_line(worker_log(s->worker), LOG_DEBUG, LOG_MIU_SKINNY, s->name, "{%s}: %s not expected",
             port_state_words(s->port.state), port_event_words((enum port_event_kind)a->value));
}

/* ---- actions ----------------------------------------------------------------------------------
 */

static void carry_out_tell(struct seat *s, const struct port_action *a)
{
    switch ((int)a->kind) {
    case TELL_REGISTERED:
        tell_registered(s);
        break;
    case TELL_LOST:
        tell(s, REPORT_LOST);
        break;
    case TELL_FREE:
        tell(s, REPORT_FREE);
        break;
    case TELL_TAKEN:
        tell(s, REPORT_TAKEN);
        break;
    case TELL_ANSWERED:
        tell_answered(s);
        break;
    case TELL_CALL_ENDED:
        seat_call_ended(s, a->ids.call, a->value != 0);
        break;
    case TELL_LAMP:
        tell_lamp(s, a);
        break;
    case TELL_NOTE:
        tell_note(s, a);
        break;
    case TELL_UNEXPECTED:
        tell_unexpected(s, a);
        break;
    default:
        break; /* TELL_STOPPED: the worker counts; TELL_DIGIT: which one is nobody's business */
    }
}

static void refresh(struct seat *s)
{
    if (s->port.group->mode != MODE_NON_SECURE)
        tell(s, REPORT_STALE);
}

static void carry_out(struct seat *s, const struct port_action *a)
{
    switch ((int)a->kind) {
    case DO_DIAL:
        seat_dial(s);
        break;
    case DO_CLOSE:
        seat_close_line(s);
        break;
    case DO_REFRESH:
        refresh(s);
        break;
    case DO_OPEN:
        seat_open(s);
        break;
    case DO_LISTEN:
        seat_listen(s, a);
        break;
    case DO_STOP_LISTENING:
        seat_stop_listening(s);
        break;
    case DO_SEND:
        seat_send(s, a);
        break;
    case DO_STOP_SENDING:
        seat_stop_sending(s);
        break;
    case DO_COUNT:
        seat_count(s);
        break;
    case DO_CLOSE_MEDIA:
        seat_close_media(s);
        break;
    default:
        if (a->kind <= SAY_UNSUBSCRIBED)
            seat_say(s, a);
        else
            carry_out_tell(s, a);
    }
}

static bool holds_key(const struct port_action *a)
{
    return a->kind == DO_LISTEN || a->kind == DO_SEND;
}

static void carry_out_all(struct seat *s, struct port_actions *out)
{
    for (size_t i = 0; i < out->count; i++) {
        carry_out(s, &out->list[i]);
        if (holds_key(&out->list[i]))
            OPENSSL_cleanse(&out->list[i].media, sizeof out->list[i].media);
    }
}

/* ---- the step -----------------------------------------------------------------------------------
 */

static void count_change(atomic_uint_fast64_t *counter, bool was, bool is)
{
    if (is && !was)
        atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
    if (was && !is)
        atomic_fetch_sub_explicit(counter, 1, memory_order_relaxed);
}

static void count_more(atomic_uint_fast64_t *counter, uint32_t was, uint32_t is)
{
    if (is != was)
        atomic_fetch_add_explicit(counter, is - was, memory_order_relaxed);
}

static void count(struct seat *s, const struct port *was)
{
    struct worker_counts *c = &s->worker->counts;
    const struct port *is = &s->port;

    s->worker->stopped += (is->state == PORT_STOPPED);
    s->worker->stopped -= (was->state == PORT_STOPPED);
    count_change(&c->registered, port_registered(was), port_registered(is));
    count_change(&c->in_call, port_in_call(was), port_in_call(is));
    count_more(&c->calls, was->calls, is->calls);
    count_more(&c->calls_refused, was->calls_refused, is->calls_refused);
    count_more(&c->registrations, was->registrations, is->registrations);
}

static void arm(struct seat *s);

static void on_timer(uv_timer_t *t)
{
    struct seat *s = t->data;

    s->armed_ms = INT64_MAX;
    seat_begin(s);
    seat_tick(s);
    seat_end(s);
}

static void arm(struct seat *s)
{
    const int64_t due = port_due(&s->port);

    if (due == s->armed_ms || uv_is_closing((uv_handle_t *)&s->timer))
        return;
    s->armed_ms = due;
    if (due == INT64_MAX) {
        uv_timer_stop(&s->timer);
        return;
    }
    const int64_t wait = due - worker_now_ms();
    uv_timer_start(&s->timer, on_timer, wait > 0 ? (uint64_t)wait + 1 : 1, 0);
}

void seat_begin(struct seat *s)
{
    s->worker->depth++;
}

void seat_end(struct seat *s)
{
    struct worker *w = s->worker;

    if (--w->depth > 0)
        return;
    seat_flush(s);
    arm(s);
    worker_connect_waiting(w);
}

static void took_step(struct seat *s, const struct port *was, struct port_actions *out)
{
    count(s, was);
    if (was->state != s->port.state)
        log_line(worker_log(s->worker), LOG_DEBUG, LOG_MIU_SKINNY, s->name, "{%s} -> {%s}",
                 port_state_words(was->state), port_state_words(s->port.state));
    carry_out_all(s, out);
}

void seat_event(struct seat *s, const struct port_event *ev)
{
    const struct port was = s->port;
    struct port_actions out;

    seat_begin(s);
    port_step(&s->port, ev, worker_now_ms(), &out);
    took_step(s, &was, &out);
    seat_end(s);
}

void seat_tick(struct seat *s)
{
    const struct port was = s->port;
    struct port_actions out;

    seat_begin(s);
    port_tick(&s->port, worker_now_ms(), &out);
    took_step(s, &was, &out);
    seat_end(s);
}

void seat_kind(struct seat *s, enum port_event_kind k)
{
    const struct port_event ev = {.kind = k};

    seat_event(s, &ev);
}
