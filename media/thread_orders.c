/* EDGE: the orders that a media thread carries out: lines come, listen, speak, and go. */
#include "base/clock.h"
#include "base/sock.h"
#include "media/thread_inner.h"
#include "media/udp.h"

#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct line *line_of(struct media_thread *t, struct media_handle h)
{
    uint32_t i = thread_index(t, h);
    struct line *l = i < t->lines_cap ? t->lines[i] : NULL;

    return l && l->handle.generation == h.generation ? l : NULL;
}

/* The sockets are closed before their ports are given back and before the owner hears of it. */
static void part_from(struct media_thread *t, struct line *l)
{
    close(l->fd);
    l->fd = -1;
    line_rtcp_free(l->rtcp);
    l->rtcp = NULL;
    t->settings.closed(t->settings.arg, l->handle, l->range_port);
    thread_report(t, l);
    line_free(l);
}

void thread_end_line(struct media_thread *t, struct line *l)
{
    if (l->rtcp)
        line_rtcp_serve(l, clock_now_ns(), true);
    wheel_remove(&t->wheel, thread_index(t, l->handle));
    t->lines[thread_index(t, l->handle)] = NULL;
    thread_add(&t->totals.streams, UINT64_MAX); /* one less */
    part_from(t, l);
}

static bool make_room(struct media_thread *t, uint32_t i)
{
    if (i < t->lines_cap)
        return true;
    uint32_t cap = t->lines_cap ? t->lines_cap : 64;
    while (cap <= i)
        cap *= 2;
    /* The wheel first: lines_cap promises that both have the room. */
    struct line **lines =
        wheel_grow(&t->wheel, cap, NULL) ? realloc(t->lines, cap * sizeof *lines) : NULL;
    if (!lines)
        return false;
    memset(lines + t->lines_cap, 0, (cap - t->lines_cap) * sizeof *lines);
    t->lines = lines;
    t->lines_cap = cap;
    return true;
}

static void open_line(struct media_thread *t, struct order *o)
{
    struct line *l = o->line;
    uint32_t i = thread_index(t, l->handle);

    o->line = NULL;
    if (!make_room(t, i) || !thread_watch(t, l->fd, i) ||
        (l->rtcp && !thread_watch(t, line_rtcp_fd(l->rtcp), i | RTCP_ID))) {
        log_line(t->settings.log, LOG_ERROR, LOG_MIU_IO, l->who, "no memory for a media stream");
        part_from(t, l);
        return;
    }
    t->lines[i] = l;
    thread_add(&t->totals.streams, 1);
}

static void listen_line(struct media_thread *t, struct line *l, struct order_listen *o)
{
    bool new_key = !media_key_equal(&l->heard_key, &o->format.key);

    stream_listen(l->stream, &o->format, o->srtp, clock_now_ns());
    o->srtp = NULL;
    l->from = o->from;
    l->check_source = o->from.family != 0 && !net_ip_is_any(&o->from);
    if (!t->settings.keylog || !new_key)
        return;
    l->heard_key = o->format.key;
    l->heard_key_untold = l->heard_key.algorithm != 0;
}

static void log_sent_key(struct media_thread *t, struct line *l, const struct media_play *p)
{
    if (!t->settings.keylog || media_key_equal(&l->sent_key, &p->format.key))
        return;
    l->sent_key = p->format.key;
    media_log_key(t->settings.keylog, &l->sent_key, stream_ssrc(l->stream), &l->local, &p->to,
                  true);
}

static void send_line(struct media_thread *t, struct line *l, struct order_send *o)
{
    struct stream_speech speech = {.format = o->play.format,
                                   .sound = o->play.sound,
                                   .after = o->play.after,
                                   .delay_ms = o->play.delay_ms,
                                   .digits = o->digits};
    uint8_t tos = o->play.tos ? o->play.tos : t->settings.tos;
    bool was_speaking = stream_is_speaking(l->stream);

    l->to_len = sock_from_addr(&o->play.to, &l->to);
    l->unreachable_told = false;
    if (tos != l->tos)
        udp_set_tos(l->fd, o->play.to.family, tos);
    l->tos = tos;
    log_sent_key(t, l, &o->play);
    int64_t start = wheel_place(&t->wheel, clock_now_ns(), o->play.format.packet_ms);
    stream_speak(l->stream, &speech, o->srtp, start);
    o->srtp = NULL;
    OPENSSL_cleanse(&speech, sizeof speech);
    if (!was_speaking)
        wheel_put(&t->wheel, thread_index(t, l->handle), stream_next_ns(l->stream));
}

static void carry_out(struct media_thread *t, struct line *l, struct order *o)
{
    switch (o->kind) {
    case ORDER_OPEN:
        break;
    case ORDER_LISTEN:
        listen_line(t, l, o->listen);
        break;
    case ORDER_STOP_LISTENING:
        stream_stop_listening(l->stream, clock_now_ns());
        break;
    case ORDER_SEND:
        send_line(t, l, o->send);
        break;
    case ORDER_STOP_SENDING:
        stream_stop_speaking(l->stream);
        wheel_remove(&t->wheel, thread_index(t, l->handle));
        break;
    case ORDER_COUNT:
        thread_tell_counts(t, l);
        break;
    case ORDER_CLOSE:
        thread_end_line(t, l);
        break;
    }
}

void thread_take_orders(struct media_thread *t)
{
    struct order o;

    while (queue_take(t->orders, &o)) {
        struct line *l = line_of(t, o.handle);
        if (o.kind == ORDER_OPEN)
            open_line(t, &o);
        else if (l)
            carry_out(t, l, &o);
        order_free(&o);
    }
}
