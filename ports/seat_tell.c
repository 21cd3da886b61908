/* EDGE: what a port's steps tell the pool and the log; see seat.h.
 *
 * The pool's thread may stand still: its terminal was stopped, say. Reports wait in a queue that
 * ends somewhere, and the ports go on. So there are three kinds:
 *
 *   answers   lamp results, rows of status, the worker's end: each was asked for, and has its slot
 *   states    registered or not, free or not, gone: what cannot be put is owed, and the last one
 * counts news      troubles, ended calls: what cannot be put is counted, and its number is told
 */
#include "ports/seat.h"

#include <string.h>

#define PAY_MS 100 /* how soon the pool is tried again with what it is owed */

/* ---- reports ------------------------------------------------------------------------------ */

void worker_report(struct worker *w, const struct worker_report *r)
{
    if (!queue_put(w->shared->reports, r))
        atomic_fetch_add_explicit(w->shared->unheard, 1, memory_order_relaxed);
}

bool worker_answer(struct worker *w, const struct worker_report *r)
{
    if (queue_put(w->shared->answers, r))
        return true;
    log_line(worker_log(w), LOG_ERROR, LOG_ARBITER, NULL, "no memory for an answer to the pool");
    return false;
}

static bool put_state(struct seat *s, enum worker_report_kind kind)
{
    const struct worker_report r = {.kind = kind, .port = s->index, .group = s->group};

    return queue_put(s->worker->shared->reports, &r);
}

/* False: something is still owed. */
static bool pay(struct seat *s)
{
    struct seat_debt *d = &s->debt;

    if (d->registered != d->said_registered) {
        if (!put_state(s, d->registered ? REPORT_REGISTERED : REPORT_LOST))
            return false;
        d->said_registered = d->registered;
    }
    if (d->owes_use && !put_state(s, d->use))
        return false;
    d->owes_use = false;
    if (d->vacant && !d->said_vacant && !put_state(s, REPORT_VACANT))
        return false;
    d->said_vacant = d->vacant;
    return true;
}

static void on_pay(uv_timer_t *t)
{
    struct worker *w = t->data;
    struct seat *s;

    while ((s = w->first_owing) && pay(s)) {
        w->first_owing = s->debt.next;
        s->debt.waits = false;
    }
    if (!w->first_owing)
        uv_timer_stop(t);
}

static void tell_state(struct seat *s)
{
    struct worker *w = s->worker;

    if (s->debt.waits || pay(s))
        return;
    s->debt.waits = true;
    s->debt.next = w->first_owing;
    w->first_owing = s;
    if (!uv_is_active((uv_handle_t *)&w->pay_timer) && !uv_is_closing((uv_handle_t *)&w->pay_timer))
        uv_timer_start(&w->pay_timer, on_pay, PAY_MS, PAY_MS);
}

static void tell_registration(struct seat *s, bool registered)
{
    s->debt.registered = registered;
    tell_state(s);
}

/* Whether it may take a lamp request. Said even if nothing seems new: the pool takes a port by
 * itself when it gives it one. */
static void tell_use(struct seat *s, enum worker_report_kind free_or_taken)
{
    s->debt.use = free_or_taken;
    s->debt.owes_use = true;
    tell_state(s);
}

/* ---- what is told ------------------------------------------------------------------------- */

void seat_trouble(struct seat *s, enum log_area area, const struct err *why)
{
    struct worker_report r = {
        .kind = REPORT_TROUBLE, .port = s->index, .group = s->group, .area = area, .why = *why};

    atomic_fetch_add_explicit(&s->worker->counts.errors, 1, memory_order_relaxed);
    trouble_note(&s->trouble, why);
    worker_report(s->worker, &r);
}

/* Which notes a user must hear of, and what kind of error they are. */
static enum err_kind trouble_in(const struct port_action *a)
{
    switch (a->note) {
    case NOTE_REJECTED:
        return ERR_REFUSED;
    case NOTE_NO_TURN:
    case NOTE_NO_CONNECTION:
    case NOTE_NO_REGISTER_ACK:
    case NOTE_LINK_DEAD:
    case NOTE_NOT_CONNECTED:
    case NOTE_SILENT:
    case NOTE_NEVER_SPOKE:
    case NOTE_NO_CAPABILITIES_REQ:
    case NOTE_STEP_UNANSWERED:
        return ERR_TIMEOUT;
    case NOTE_CANNOT_LISTEN:
    case NOTE_CANNOT_SEND:
        return a->value == SCCP_MEDIA_OUT_OF_SOCKETS ? ERR_LIMIT : ERR_FORMAT;
    case NOTE_UNREACHABLE:
        return ERR_SYSTEM;
    case NOTE_MUST_STAY:
    case NOTE_RESET_LATER:
        return ERR_NOT_NOW;
    case NOTE_NO_ADDRESS:
    case NOTE_UNKNOWN_MESSAGE:
    case NOTE_SECOND_CHANNEL:
    case NOTE_BAD_KEEPALIVE:
    case NOTE_LAMP_IGNORED:
        return ERR_FORMAT;
    case NOTE_NONE:
    case NOTE_RESET_ASKED:
    case NOTE_RING_UNWANTED:
    case NOTE_SECOND_CALL:
    case NOTE_QUIET:
    case NOTE_TOO_LONG:
    case NOTE_LAMP_PREFIX:
    case NOTE_LAMP_REFUSED:
    case NOTE_STANDBY:
    case NOTE_CALL_KEPT:
    case NOTE_KEPT_OVER:
    case NOTE_TOKEN_REFUSED:
    case NOTE_TOKEN_IGNORED:
    case NOTE_GOING_BACK:
    case NOTE_STAYING:
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
    struct err why = {.kind = trouble_in(a)};
    const char *status = value_means_status(a->note) ? sccp_media_status_name(a->value) : NULL;
    char text[160] = "";

    if (a->text[0])
        log_escape(a->text, strnlen(a->text, sizeof a->text), text, sizeof text);
    err_set(&why, why.kind, "%s%s%s%s%s", port_note_words(a->note), status ? " as " : "",
            status ? status : "", text[0] ? ": " : "", text);
    log_line(worker_log(s->worker), LOG_INFO, LOG_MIU_SKINNY, s->name, "{%s} %s",
             port_state_words(s->port.state), why.text);
    if (why.kind != ERR_NONE)
        seat_trouble(s, LOG_MIU_SKINNY, &why);
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
    worker_answer(s->worker, &r);
}

static void tell_registered(struct seat *s)
{
    const struct line *l = s->line;

    log_line(worker_log(s->worker), LOG_INFO, LOG_MIU_SKINNY, s->name,
             "registered with %s, version %u%s%s%s%s", l->connected_to, s->port.version,
             l->version[0] ? ", " : "", l->version, l->cipher[0] ? " " : "", l->cipher);
    trouble_over(&s->trouble);
    tell_registration(s, true);
}

/* Numbers are a peer's bytes. */
#define NUMBER_ESCAPED (4 * (PORT_NUMBER_MAX + 1) + 1)

static const char *escaped(const char *number, char out[NUMBER_ESCAPED])
{
    return log_escape(number, strlen(number), out, NUMBER_ESCAPED);
}

static void tell_answered(struct seat *s)
{
    const struct port_info *i = &s->port.info;
    const char *reason = port_reason_words(i->reason);
    char caller[NUMBER_ESCAPED], called[NUMBER_ESCAPED], redir[NUMBER_ESCAPED];

    /* A direct call has no reason. */
    log_line(worker_log(s->worker), LOG_INFO, LOG_MIU_CALL, s->name,
             "call %u answered: caller %s, called %s%s%s%s%s", s->port.call.call,
             escaped(i->caller, caller), escaped(i->called, called),
             reason[0] ? ", redirecting " : "", reason[0] ? escaped(i->redir, redir) : "",
             reason[0] ? ", reason " : "", reason);
}

static void tell_unexpected(struct seat *s, const struct port_action *a)
{
    log_line(worker_log(s->worker), LOG_DEBUG, LOG_MIU_SKINNY, s->name, "{%s}: %s not expected",
             port_state_words(s->port.state), port_event_words((enum port_event_kind)a->value));
}

void seat_tell(struct seat *s, const struct port_action *a)
{
    switch ((int)a->kind) {
    case TELL_REGISTERED:
        tell_registered(s);
        break;
    case TELL_LOST:
        tell_registration(s, false);
        break;
    case TELL_FREE:
        tell_use(s, REPORT_FREE);
        break;
    case TELL_TAKEN:
        tell_use(s, REPORT_TAKEN);
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

/* Behind all that it was: the pool may then give its place to another port. */
void seat_tell_vacant(struct seat *s)
{
    s->debt.vacant = true;
    tell_state(s);
}

void seat_tell_stale(struct seat *s)
{
    const struct worker_report r = {.kind = REPORT_STALE, .port = s->index, .group = s->group};

    if (s->port.group->mode != MODE_NON_SECURE)
        worker_report(s->worker, &r);
}
