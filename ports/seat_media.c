/* EDGE: a port's voice: streams of the media engine opened, used and closed; see seat.h. */
#include "ports/seat.h"

#include "media/verdict.h"
#include "sccp/values.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

/* ---- talks ---------------------------------------------------------------------------------- */

static void link_talk(struct worker *w, struct talk *t)
{
    t->after = w->talks;
    if (w->talks)
        w->talks->before = t;
    w->talks = t;
}

static void free_talk(struct worker *w, struct talk *t)
{
    if (t->before)
        t->before->after = t->after;
    else
        w->talks = t->after;
    if (t->after)
        t->after->before = t->before;
    t->seat->talks--;
    book_drop(t->book);
    free(t);
}

static bool open_talk(struct seat *s, struct err *e)
{
    struct worker *w = s->worker;
    struct talk *t = calloc(1, sizeof *t);
    struct media_open o = {.bind = s->port.local,
                           .events = w->media_events,
                           .tag = (uintptr_t)t,
                           .rtcp = s->port.group->rtcp,
                           .hear_tones = s->port.group->inband_dtmf && !port_lamp_call(&s->port),
                           .who = s->name};

    if (!t)
        return err_set(e, ERR_MEMORY, "no memory for a stream");
    o.bind.port = 0;
    if (!media_open(w->shared->media, &o, &t->handle, &t->local, e)) {
        free(t);
        return false;
    }
    t->seat = s;
    t->book = book_hold(s->book);
    t->call = s->port.call.call;
    s->talks++;
    link_talk(w, t);
    s->talk = t;
    return true;
}

static bool have_talk(struct seat *s, struct err *e)
{
    return s->talk || open_talk(s, e);
}

/* ---- actions ------------------------------------------------------------------------------ */

static void answer(struct seat *s, enum port_event_kind ok, enum port_event_kind failed,
                   uint32_t status, const struct err *e)
{
    struct port_event ev = {.kind = status ? failed : ok, .value = status};

    if (status)
        seat_trouble(s, LOG_MIU_IO, e);
    else
        ev.local = s->talk->local;
    seat_event(s, &ev);
}

void seat_open(struct seat *s)
{
    struct err e = {0};
    const uint32_t status = have_talk(s, &e) ? SCCP_MEDIA_OK : SCCP_MEDIA_OUT_OF_SOCKETS;

    answer(s, EV_OPENED, EV_OPEN_FAILED, status, &e);
}

static bool has_key(const struct port_action *a)
{
    return a->media.format.key.algorithm != SCCP_SRTP_NONE;
}

void seat_listen(struct seat *s, const struct port_action *a)
{
    struct err e = {0};
    uint32_t status = have_talk(s, &e) ? SCCP_MEDIA_OK : SCCP_MEDIA_OUT_OF_SOCKETS;

    if (!status && !media_listen(s->worker->shared->media, s->talk->handle, &a->media.format,
                                 &a->media.peer, &e))
        status = SCCP_MEDIA_UNKNOWN;
    if (!status)
        s->talk->heard_encrypted = has_key(a);
    answer(s, EV_LISTENING, EV_LISTEN_FAILED, status, &e);
}

static enum media_after after_greeting(const struct seat *s)
{
    switch (s->port.group->after) {
    case AFTER_LOOP:
        return MEDIA_LOOP;
    case AFTER_SILENCE:
        return MEDIA_SILENCE;
    case AFTER_HANGUP:
        break;
    }
    return MEDIA_SILENCE; /* until OnHook has been heard */
}

void seat_send(struct seat *s, const struct port_action *a)
{
    const struct group_settings *g = s->port.group;
    struct media_play play = {
        .format = a->media.format,
        .to = a->media.peer,
        .tos = a->media.tos,
        .sound = a->media.greeting ? g->greeting : NULL,
        .after = a->media.greeting ? after_greeting(s) : MEDIA_SILENCE,
        .delay_ms = a->media.greeting ? g->delay_before_opening_ms : 0,
    };
    struct err e = {0};
    uint32_t status = have_talk(s, &e) ? SCCP_MEDIA_OK : SCCP_MEDIA_OUT_OF_SOCKETS;

    if (!status && !media_send(s->worker->shared->media, s->talk->handle, &play, &e))
        status = SCCP_MEDIA_UNKNOWN;
    if (!status)
        s->talk->sent_encrypted = has_key(a);
    OPENSSL_cleanse(&play, sizeof play);
    answer(s, EV_SENDING, EV_SEND_FAILED, status, &e);
}

void seat_stop_listening(struct seat *s)
{
    if (s->talk && !media_stop_listening(s->worker->shared->media, s->talk->handle))
        log_line(worker_log(s->worker), LOG_DEBUG, LOG_MIU_IO, s->name, "nothing was listening");
}

void seat_stop_sending(struct seat *s)
{
    if (s->talk && !media_stop_sending(s->worker->shared->media, s->talk->handle))
        log_line(worker_log(s->worker), LOG_DEBUG, LOG_MIU_IO, s->name, "nothing was sending");
}

/* Without an answer the statistics wait for the report. */
void seat_count(struct seat *s)
{
    if (s->talk && !media_ask(s->worker->shared->media, s->talk->handle))
        log_line(worker_log(s->worker), LOG_DEBUG, LOG_MIU_IO, s->name,
                 "the stream could not be asked");
}

void seat_close_media(struct seat *s)
{
    struct talk *t = s->talk;

    s->talk = NULL;
    if (t && !media_close(s->worker->shared->media, t->handle))
        log_line(worker_log(s->worker), LOG_WARN, LOG_MIU_IO, s->name,
                 "the stream could not be closed");
}

/* ---- the end of a call -------------------------------------------------------------------- */

static void report_call(struct worker *w, const struct seat *s, const struct talk *t,
                        const struct media_counts *counts)
{
    struct worker_report r = {.kind = REPORT_CALL_ENDED, .port = s->index, .group = s->group};

    memcpy(r.call.caller, t->caller, sizeof r.call.caller);
    memcpy(r.call.called, t->called, sizeof r.call.called);
    r.call.connected = t->connected;
    r.call.encrypted = t->heard_encrypted && t->sent_encrypted;
    r.call.counts = *counts;
    if (!t->connected)
        atomic_fetch_add_explicit(&w->counts.calls_failed, 1, memory_order_relaxed);
    worker_report(w, &r);
}

static void describe(struct talk *t, const struct seat *s, bool connected)
{
    t->ended = true;
    t->connected = connected;
    memcpy(t->caller, s->port.info.caller, sizeof t->caller);
    memcpy(t->called, s->port.info.called, sizeof t->called);
}

/* With media, the report of the stream completes it; without, there is nothing to wait for. */
void seat_call_ended(struct seat *s, uint32_t call, bool connected)
{
    const struct media_counts none = {.first_packet_ns = -1};
    struct talk without = {0};

    log_line(worker_log(s->worker), LOG_INFO, LOG_MIU_CALL, s->name, "call %u over", call);
    if (s->talk) {
        describe(s->talk, s, connected);
        return;
    }
    describe(&without, s, connected);
    report_call(s->worker, s, &without, &none);
}

/* Told once a call: while it goes, or when it is over. */
static void judge(struct seat *s, struct talk *t, const struct media_counts *counts)
{
    struct err why = {0};

    if (t->judged || media_verdict(counts, &why))
        return;
    t->judged = true;
    err_in(&why, "call %u", t->call);
    seat_trouble(s, LOG_MIU_IO, &why);
}

/* ---- events ---------------------------------------------------------------------------------- */

static void reported(struct worker *w, struct talk *t, struct media_event *mev)
{
    struct seat *s = t->seat;
    struct port_event ev = {.kind = EV_REPORT, .counts = mev->counts};

    ev.ids.call = t->call;
    if (s->talk == t)
        s->talk = NULL; /* the engine ended it by itself */
    free(mev->recording);
    if (t->ended) {
        s->media = mev->counts;
        report_call(w, s, t, &mev->counts);
    }
    if (t->ended && t->connected)
        judge(s, t, &mev->counts);
    seat_event(s, &ev);
    free_talk(w, t);
    if (s->leaving)
        seat_watch_leaving(s);
}

void worker_media_event(struct worker *w, struct media_event *mev)
{
    struct talk *t = (struct talk *)(uintptr_t)mev->tag;
    struct port_event ev = {0};

    if (mev->kind == MEDIA_REPORT) {
        reported(w, t, mev);
        return;
    }
    if (t->seat->talk != t)
        return; /* of a call that is over */
    switch (mev->kind) {
    case MEDIA_DIGIT:
        ev.kind = EV_DIGIT;
        ev.digit.digit = mev->digit;
        ev.digit.way = mev->inband ? DIGIT_INBAND : DIGIT_RTP;
        break;
    case MEDIA_COUNTS:
        if (t->seat->port.state == PORT_TALKING)
            judge(t->seat, t, &mev->counts);
        ev.kind = EV_COUNTS;
        ev.ids.call = t->call;
        ev.counts = mev->counts;
        break;
    case MEDIA_PLAYED:
        ev.kind = EV_PLAYED;
        break;
    case MEDIA_UNREACHABLE:
    case MEDIA_REPORT:
        ev.kind = EV_UNREACHABLE;
        break;
    }
    seat_event(t->seat, &ev);
}
