/* EDGE: what a media thread tells the owners of its lines, by their queues. */
#include "base/clock.h"
#include "base/sock.h"
#include "media/thread_inner.h"

#include <stdlib.h>

static bool tell(const struct line *l, struct media_event *ev)
{
    ev->handle = l->handle;
    ev->tag = l->tag;
    return !l->events || queue_put(l->events, ev);
}

static void tell_or_log(struct media_thread *t, const struct line *l, struct media_event *ev)
{
    if (!tell(l, ev))
        log_line(t->settings.log, LOG_ERROR, LOG_MIU_IO, l->who,
                 "a media event was lost: its queue is full");
}

void thread_tell(struct media_thread *t, const struct line *l, enum media_event_kind kind)
{
    struct media_event ev = {.kind = kind};

    tell_or_log(t, l, &ev);
}

void thread_tell_digit(struct media_thread *t, const struct line *l, const struct stream_heard *h)
{
    struct media_event ev = {.kind = MEDIA_DIGIT, .digit = h->digit, .inband = h->inband};

    tell_or_log(t, l, &ev);
}

void thread_tell_counts(struct media_thread *t, const struct line *l)
{
    struct media_event ev = {.kind = MEDIA_COUNTS};

    stream_counts(l->stream, clock_now_ns(), &ev.counts);
    tell_or_log(t, l, &ev);
}

void thread_tell_unreachable(struct media_thread *t, struct line *l)
{
    char to[NET_ADDR_TEXT];

    if (l->unreachable_told || !stream_is_speaking(l->stream))
        return;
    l->unreachable_told = true;
    struct net_addr a = sock_to_addr((struct sockaddr *)&l->to);
    /* The stream's owner knows whether its call was over by then, and warns if not. */
    log_line(t->settings.log, LOG_INFO, LOG_MIU_IO, l->who, "media cannot reach %s",
             net_addr_text(&a, to));
    thread_tell(t, l, MEDIA_UNREACHABLE);
}

static void log_report(struct media_thread *t, const struct line *l, const struct media_counts *c)
{
    if (!log_wants(t->settings.log, LOG_DEBUG))
        return;
    log_line(t->settings.log, LOG_DEBUG, LOG_MIU_IO, l->who,
             "media ended: sent %llu, received %llu, lost %llu, not authentic %llu, replayed %llu",
             (unsigned long long)c->sent, (unsigned long long)c->received,
             (unsigned long long)c->lost, (unsigned long long)c->auth_failures,
             (unsigned long long)c->replays);
}

void thread_report(struct media_thread *t, struct line *l)
{
    struct media_event ev = {.kind = MEDIA_REPORT};

    stream_counts(l->stream, clock_now_ns(), &ev.counts);
    ev.recording = stream_take_recording(l->stream, &ev.recorded);
    log_report(t, l, &ev.counts);
    if (l->events && tell(l, &ev))
        return;
    free(ev.recording);
    if (l->events)
        log_line(t->settings.log, LOG_ERROR, LOG_MIU_IO, l->who,
                 "a media report was lost: its queue is full");
}
