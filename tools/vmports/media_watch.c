#include "base/wire.h"
#include "tools/vmports/media_inner.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct media_watch *media_watch_new(const struct key_file *keys, struct err *e)
{
    struct media_watch *w = calloc(1, sizeof *w);

    if (!w) {
        err_set(e, ERR_MEMORY, "no memory for streams");
        return NULL;
    }
    w->keys = keys;
    return w;
}

void media_watch_listen(struct media_watch *w, media_packet_fn *each, void *arg)
{
    w->listener = (struct listener){.each = each, .arg = arg};
}

static void free_contexts(struct stream *s)
{
    for (size_t i = 0; i < CONTEXTS_MAX; i++) {
        media_srtp_free(s->contexts[i]);
        s->contexts[i] = NULL;
    }
}

static void free_stream(struct stream *s)
{
    free_contexts(s);
    free(s);
}

static void leave(void *node)
{
    (void)node; /* `all` owns it */
}

void media_watch_free(struct media_watch *w)
{
    if (!w)
        return;
    tdestroy(w->tree, leave);
    for (size_t i = 0; i < w->count; i++)
        free_stream(w->all[i]);
    free(w->all);
    free(w);
}

size_t media_watch_count(const struct media_watch *w)
{
    return w->count;
}

const struct media_stream *media_watch_at(const struct media_watch *w, size_t i)
{
    return &w->all[i]->facts;
}

struct media_watch_totals media_watch_totals(const struct media_watch *w)
{
    return w->totals;
}

/* ---- which stream ------------------------------------------------------------------------- */

int media_compare_streams(const void *left, const void *right)
{
    const struct media_stream *a = left, *b = right;
    int d = (a->ssrc > b->ssrc) - (a->ssrc < b->ssrc);

    if (d == 0)
        d = media_compare_ends(&a->src, &b->src);
    return d ? d : media_compare_ends(&a->dst, &b->dst);
}

static void find_keys(const struct media_watch *w, struct stream *s)
{
    s->keys = key_file_find(w->keys, s->facts.ssrc, &s->key_count);
    for (size_t i = 0; i < s->key_count && !s->facts.has_key; i++) {
        s->facts.has_key = stream_key_fits(&s->keys[i], &s->facts.src, &s->facts.dst);
        if (s->facts.has_key)
            s->facts.way = s->keys[i].sent ? MEDIA_SENT : MEDIA_RECEIVED;
    }
}

static struct stream *new_stream(struct media_watch *w, const struct packet *p, uint32_t ssrc)
{
    if (w->count == STREAMS_MAX)
        return NULL;
    if (w->count == w->room) {
        size_t room = w->room ? w->room * 2 : 16;
        struct stream **all = realloc(w->all, room * sizeof *all);
        if (!all)
            return NULL;
        w->all = all;
        w->room = room;
    }
    struct stream *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->facts = (struct media_stream){
        .src = p->src, .dst = p->dst, .ssrc = ssrc, .suite = "", .tag = -1, .first_us = p->time_us};
    if (!tsearch(s, &w->tree, media_compare_streams)) {
        free(s);
        return NULL;
    }
    find_keys(w, s);
    s->number = w->count;
    s->listener = &w->listener;
    w->all[w->count++] = s;
    return s;
}

static struct stream *find_stream(struct media_watch *w, const struct packet *p, uint32_t ssrc)
{
    struct media_stream key = {.src = p->src, .dst = p->dst, .ssrc = ssrc};
    struct stream *const *found = tfind(&key, &w->tree, media_compare_streams);

    return found ? *found : new_stream(w, p, ssrc);
}

/* ---- one packet --------------------------------------------------------------------------- */

/* Header, CSRCs and extension are in clear in SRTP too, but padding is inside the cipher text. */
static bool read_rtp(struct rtp_packet *out, const struct packet *p)
{
    struct wire_reader r = wire_read_from(p->payload, p->len);

    if (!rtp_peek(&out->header, p->payload, p->len))
        return false;
    wire_skip(&r, RTP_HEADER_LEN + 4u * (p->payload[0] & 0x0f));
    if (p->payload[0] & 0x10) {
        wire_skip(&r, 2);
        wire_skip(&r, 4u * wire_u16be(&r));
    }
    out->payload = r.at;
    out->payload_len = wire_left(&r);
    return !r.bad;
}

void media_watch_feed(struct media_watch *w, const struct packet *p)
{
    struct rtp_packet r;

    if (media_is_rtcp(p->payload, p->len)) {
        media_on_rtcp(w, p);
        return;
    }
    if (!read_rtp(&r, p)) {
        w->totals.other++;
        return;
    }
    struct stream *s = find_stream(w, p, r.header.ssrc);
    if (s)
        media_measure(s, p, &r);
    else
        w->totals.unjudged++;
}

/* ---- all of them -------------------------------------------------------------------------- */

/* A lone packet whose first two bits happened to be 10 is no stream. */
static bool is_real(const struct stream *s)
{
    return s->neighbours > 0 || s->facts.has_key;
}

static int by_time(const void *left, const void *right)
{
    const struct media_stream *a = *(struct media_stream *const *)left,
                              *b = *(struct media_stream *const *)right;
    int d = (a->first_us > b->first_us) - (a->first_us < b->first_us);

    return d ? d : media_compare_streams(a, b);
}

/* The end of the run of streams between the same two addresses that begins at `from`. */
static size_t end_of_pair(const struct media_watch *w, size_t from)
{
    size_t to = from + 1;

    while (to < w->count && media_compare_pairs(&w->all[from]->facts, &w->all[to]->facts) == 0)
        to++;
    return to;
}

/* Lone packets count when a stream runs between the same two ends: there, one readable packet
 * matters. Elsewhere they are somebody else's UDP. */
static void drop_lone_packets(struct media_watch *w)
{
    size_t kept = 0;

    for (size_t from = 0, to; from < w->count; from = to) {
        bool real = false;
        to = end_of_pair(w, from);
        for (size_t i = from; i < to; i++)
            real |= is_real(w->all[i]);
        for (size_t i = from; i < to; i++) {
            if (real) {
                w->all[kept++] = w->all[i];
                continue;
            }
            w->totals.other += w->all[i]->facts.packets;
            free_stream(w->all[i]);
        }
    }
    w->count = kept;
}

void media_watch_finish(struct media_watch *w)
{
    tdestroy(w->tree, leave);
    w->tree = NULL;
    if (w->count == 0)
        return;
    qsort(w->all, w->count, sizeof(struct stream *), media_by_pair_and_time);
    drop_lone_packets(w);
    for (size_t i = 0; i < w->count; i++) {
        free_contexts(w->all[i]); /* no packet comes any more */
        media_judge(w->all[i]);
    }
    qsort(w->all, w->count, sizeof(struct stream *), by_time);
}
