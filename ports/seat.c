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

/* ---- actions ------------------------------------------------------------------------------ */

static void carry_out(struct seat *s, const struct port_action *a)
{
    switch ((int)a->kind) {
    case DO_DIAL:
        seat_dial(s->line, a->value);
        break;
    case DO_CLOSE:
        seat_close_line(s->line);
        break;
    case DO_DIAL_SECOND:
        seat_dial(s->second, a->value);
        break;
    case DO_CLOSE_SECOND:
        seat_close_line(s->second);
        break;
    case DO_SWAP:
        seat_swap(s);
        break;
    case DO_REFRESH:
        seat_tell_stale(s);
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
            seat_tell(s, a);
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

/* ---- the step ----------------------------------------------------------------------------- */

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
    count_change(&c->standing_by, port_second_up(was), port_second_up(is));
    count_more(&c->failovers, was->failovers, is->failovers);
    count_more(&c->failbacks, was->failbacks, is->failbacks);
    count_more(&c->calls_kept, was->calls_kept, is->calls_kept);
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
    seat_flush(w);
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
    if (s->next.book)
        seat_settle(s);
    if (s->leaving)
        seat_watch_leaving(s);
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
