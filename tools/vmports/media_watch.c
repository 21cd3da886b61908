#include "tools/vmports/media_watch.h"

#include "base/wire.h"
#include "media/g711.h"
#include "media/rtp.h"

#include <math.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#define RATE         8000
#define HISTORY      128 /* as rtp_source remembers sequence numbers */
#define STEPS_MAX    4
#define FRAME_UNIT   80   /* G.711 bytes in 10 ms: packets hold a whole number of them */
#define CONTEXTS_MAX 16   /* keys that one SSRC may have had: one for each ORC or SMT of a call */
#define PACKET_MOST  2048 /* SRTP that is longer is not voice */
#define EVENT_LEN    4    /* RFC 4733 */
#define CALL_GAP_US  INT64_C(2000000)

/* What stands behind a packet's samples. */
enum tail { TAIL_NONE, TAIL_4, TAIL_10, TAIL_16, TAIL_ODD, TAILS };
static const int tail_bytes[] = {0, 4, 10, 16, -1};

struct tally {
    uint32_t value, count;
};

struct stream {
    struct media_stream facts; /* the tree's key: src, dst, ssrc */
    struct rtp_source source;
    uint64_t hashes[HISTORY];
    uint32_t bytes_seen[256]; /* of voice payloads as captured */
    struct tally steps[STEPS_MAX];
    uint64_t voice[TAILS], events[TAILS]; /* packets, by what stands behind samples or event */
    uint64_t neighbours;                  /* pairs of consecutive packets */
    bool has_voice, has_last;
    struct rtp_header last;
    const struct stream_key *keys;
    size_t key_count, key_at;
    struct media_srtp *contexts[CONTEXTS_MAX];
};

struct media_watch {
    const struct key_file *keys;
    void *tree;
    struct stream **all;
    size_t count, room;
    struct media_watch_totals totals;
};

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

static void free_stream(struct stream *s)
{
    for (size_t i = 0; i < CONTEXTS_MAX; i++)
        media_srtp_free(s->contexts[i]);
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

/* ---- which stream ---------------------------------------------------------------------------- */

static int compare_ends(const struct net_addr *a, const struct net_addr *b)
{
    int d = memcmp(a->ip, b->ip, sizeof a->ip);

    return d ? d : (a->port > b->port) - (a->port < b->port);
}

static int compare_streams(const void *left, const void *right)
{
    const struct media_stream *a = left, *b = right;
    int d = (a->ssrc > b->ssrc) - (a->ssrc < b->ssrc);

    if (d == 0)
        d = compare_ends(&a->src, &b->src);
    return d ? d : compare_ends(&a->dst, &b->dst);
}

static void find_keys(const struct media_watch *w, struct stream *s)
{
    s->keys = key_file_find(w->keys, s->facts.ssrc, &s->key_count);
    for (size_t i = 0; i < s->key_count; i++)
        s->facts.has_key |= stream_key_fits(&s->keys[i], &s->facts.src, &s->facts.dst);
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
    if (!tsearch(s, &w->tree, compare_streams)) {
        free(s);
        return NULL;
    }
    find_keys(w, s);
    w->all[w->count++] = s;
    return s;
}

static struct stream *find_stream(struct media_watch *w, const struct packet *p, uint32_t ssrc)
{
    struct media_stream key = {.src = p->src, .dst = p->dst, .ssrc = ssrc};
    struct stream *const *found = tfind(&key, &w->tree, compare_streams);

    return found ? *found : new_stream(w, p, ssrc);
}

/* ---- one packet ------------------------------------------------------------------------------ */

static void count_value(struct tally *t, size_t n, uint32_t value)
{
    for (size_t i = 0; i < n; i++) {
        if (t[i].count == 0)
            t[i].value = value;
        if (t[i].value == value) {
            t[i].count++;
            return;
        }
    }
}

static uint32_t most_frequent(const struct tally *t, size_t n)
{
    struct tally best = {0};

    for (size_t i = 0; i < n; i++)
        if (t[i].count > best.count)
            best = t[i];
    return best.value;
}

/* FNV-1a: tells two packets with one sequence number apart; nothing is at stake in a collision. */
static uint64_t hash_of(const uint8_t *bytes, size_t len)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < len; i++)
        h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
    return h;
}

static bool is_voice(uint8_t payload_type)
{
    return payload_type == RTP_PCMU || payload_type == RTP_PCMA;
}

static void listen_in(struct stream *s, uint8_t payload_type, const uint8_t *payload, size_t len)
{
    enum g711_law law = payload_type == RTP_PCMA ? G711_ALAW : G711_ULAW;

    if (!is_voice(payload_type))
        return;
    s->facts.heard++;
    s->facts.silent += g711_is_silence(law, payload, len);
}

static enum media_srtp_result try_key(struct stream *s, size_t i, const struct packet *p)
{
    _Alignas(8) uint8_t copy[PACKET_MOST];
    size_t len = p->len;
    struct rtp_packet clear;

    if (!s->contexts[i])
        s->contexts[i] = media_srtp_receiver(&s->keys[i].key, NULL);
    if (!s->contexts[i])
        return MEDIA_SRTP_MALFORMED;
    memcpy(copy, p->payload, len);
    enum media_srtp_result result = media_srtp_unprotect(s->contexts[i], copy, &len);
    if (result == MEDIA_SRTP_OK && rtp_parse(&clear, copy, len))
        listen_in(s, clear.header.payload_type, clear.payload, clear.payload_len);
    return result;
}

/* A stream that got new keys in mid-call has several; the one that fitted last is tried first. */
static bool authenticate(struct stream *s, const struct packet *p)
{
    size_t n = s->key_count < CONTEXTS_MAX ? s->key_count : CONTEXTS_MAX;

    for (size_t k = 0; k < n; k++) {
        size_t i = (s->key_at + k) % n;
        if (!stream_key_fits(&s->keys[i], &p->src, &p->dst) || try_key(s, i, p) != MEDIA_SRTP_OK)
            continue;
        s->key_at = i;
        s->facts.suite = media_suite_name(s->keys[i].key.algorithm);
        return true;
    }
    return false;
}

static void check_tag(struct stream *s, const struct packet *p)
{
    if (!s->facts.has_key)
        return;
    if (p->missing)
        s->facts.cut++;
    else if (p->len <= PACKET_MOST && authenticate(s, p))
        s->facts.authentic++;
    else
        s->facts.forged++;
}

static enum tail tail_of(size_t len)
{
    for (int t = TAIL_NONE; t < TAIL_ODD; t++)
        if (len == (size_t)tail_bytes[t])
            return (enum tail)t;
    return TAIL_ODD;
}

/* Timestamps advance by the samples of a packet; only neighbours that came in order say how many.
 */
static void measure_step(struct stream *s, const struct rtp_header *h)
{
    if (s->has_last && h->sequence == (uint16_t)(s->last.sequence + 1)) {
        s->neighbours++;
        if (is_voice(h->payload_type) && is_voice(s->last.payload_type))
            count_value(s->steps, STEPS_MAX, h->timestamp - s->last.timestamp);
    }
    s->last = *h;
    s->has_last = true;
}

static void measure_voice(struct stream *s, const struct rtp_packet *r)
{
    enum tail tail = tail_of(r->payload_len % FRAME_UNIT);

    if (!s->has_voice)
        s->facts.payload_type = r->header.payload_type;
    s->has_voice = true;
    s->voice[tail]++;
    if (tail == TAIL_NONE)
        listen_in(s, r->header.payload_type, r->payload, r->payload_len);
    for (size_t i = 0; i < r->payload_len; i++)
        s->bytes_seen[r->payload[i]]++;
}

static void measure(struct stream *s, const struct packet *p, const struct rtp_packet *r)
{
    if (p->missing)
        return;
    if (is_voice(r->header.payload_type))
        measure_voice(s, r);
    else if (r->header.payload_type >= 96 && r->payload_len >= EVENT_LEN)
        s->events[tail_of(r->payload_len - EVENT_LEN)]++;
}

/* A second packet of a number must be the first one again. One that differs would be the place to
 * hide a readable copy of a protected packet. */
static void judge_duplicate(struct stream *s, const struct packet *p, const struct rtp_packet *r)
{
    s->facts.duplicates++;
    if (s->hashes[r->header.sequence % HISTORY] == hash_of(p->payload, p->len))
        return;
    s->facts.altered++;
    measure(s, p, r);
}

static uint32_t rtp_units(int64_t time_us)
{
    return (uint32_t)((uint64_t)time_us * (RATE / 1000) / 1000);
}

static void add_packet(struct stream *s, const struct packet *p, const struct rtp_packet *r)
{
    struct media_stream *f = &s->facts;
    enum rtp_arrival arrival = rtp_source_hear(&s->source, &r->header);

    f->packets++;
    f->octets += r->payload_len;
    f->last_us = p->time_us;
    if (arrival == RTP_DUPLICATE) {
        judge_duplicate(s, p, r);
        return;
    }
    s->hashes[r->header.sequence % HISTORY] = hash_of(p->payload, p->len);
    f->reordered += arrival == RTP_REORDERED;
    if (arrival != RTP_REORDERED)
        measure_step(s, &r->header);
    if (is_voice(r->header.payload_type))
        rtp_source_timing(&s->source, r->header.timestamp, rtp_units(p->time_us));
    measure(s, p, r);
    check_tag(s, p);
}

/* ---- what is not voice ----------------------------------------------------------------------- */

/* Compound RTCP in clear is a chain of packets whose lengths add up to the datagram (RFC 3550 6.1);
 * SRTCP has an index and a tag behind, and lengths that are cipher text. */
static bool is_plain_rtcp(const uint8_t *bytes, size_t len)
{
    struct wire_reader r = wire_read_from(bytes, len);

    while (wire_left(&r) >= 4) {
        const uint8_t *head = wire_take(&r, 4);
        if (head[0] >> 6 != 2)
            return false;
        wire_skip(&r, 4u * (size_t)(head[2] << 8 | head[3]));
    }
    return !r.bad && wire_left(&r) == 0;
}

static bool is_rtcp(const uint8_t *bytes, size_t len)
{
    return len >= 8 && bytes[0] >> 6 == 2 && bytes[1] >= 200 && bytes[1] <= 207;
}

/* The stream that a report speaks for: from its own ports, or from the ports above. `shift`: which
 * of both. */
static struct stream *reported_stream(struct media_watch *w, const struct packet *p,
                                      uint16_t *shift)
{
    struct wire_reader r = wire_read_from(p->payload + 4, 4);
    struct media_stream key = {.src = p->src, .dst = p->dst, .ssrc = wire_u32be(&r)};
    struct stream *const *found = tfind(&key, &w->tree, compare_streams);

    *shift = 0;
    if (found)
        return *found;
    *shift = 1;
    key.src.port--;
    key.dst.port--;
    found = tfind(&key, &w->tree, compare_streams);
    return found ? *found : NULL;
}

static bool report_authentic(struct stream *s, const struct packet *p, uint16_t shift)
{
    const size_t n = s->key_count < CONTEXTS_MAX ? s->key_count : CONTEXTS_MAX;
    struct net_addr src = p->src, dst = p->dst;

    src.port = (uint16_t)(src.port - shift);
    dst.port = (uint16_t)(dst.port - shift);
    for (size_t i = 0; i < n; i++) {
        _Alignas(8) uint8_t copy[PACKET_MOST];
        size_t len = p->len;
        if (!stream_key_fits(&s->keys[i], &src, &dst))
            continue;
        if (!s->contexts[i])
            s->contexts[i] = media_srtp_receiver(&s->keys[i].key, NULL);
        memcpy(copy, p->payload, len);
        if (s->contexts[i] &&
            media_srtp_unprotect_rtcp(s->contexts[i], copy, &len) == MEDIA_SRTP_OK)
            return true;
    }
    return false;
}

static void on_rtcp(struct media_watch *w, const struct packet *p)
{
    uint16_t shift;
    struct stream *s = reported_stream(w, p, &shift);

    if (!s) {
        w->totals.other++;
        return;
    }
    w->totals.rtcp++;
    if (is_plain_rtcp(p->payload, p->len)) {
        w->totals.rtcp_plain++;
        return;
    }
    if (!s->facts.has_key || p->missing || p->len > PACKET_MOST)
        return;
    if (report_authentic(s, p, shift))
        w->totals.rtcp_authentic++;
    else
        w->totals.rtcp_forged++;
}

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

    if (is_rtcp(p->payload, p->len)) {
        on_rtcp(w, p);
        return;
    }
    if (!read_rtp(&r, p)) {
        w->totals.other++;
        return;
    }
    struct stream *s = find_stream(w, p, r.header.ssrc);
    if (s)
        add_packet(s, p, &r);
    else
        w->totals.unjudged++;
}

/* ---- the verdict ----------------------------------------------------------------------------- */

static double entropy_of(const uint32_t counts[256], uint64_t *total)
{
    double bits = 0;

    *total = 0;
    for (int i = 0; i < 256; i++)
        *total += counts[i];
    for (int i = 0; i < 256; i++) {
        double share = *total ? (double)counts[i] / (double)*total : 0;
        bits -= share > 0 ? share * log2(share) : 0;
    }
    return bits;
}

/* n chance bytes show about 8 - 255 / (2 n ln 2) bits each (Miller and Madow); voice in G.711 stays
 * a good half bit below, silence far below. */
static bool looks_like_chance(double entropy, uint64_t n)
{
    return entropy > 8 - 184.0 / (double)n - 0.3;
}

#define ENOUGH_BYTES 400 /* for the sentence above to mean something */

static int commonest_tail(const uint64_t counts[TAILS])
{
    int best = TAIL_ODD;

    for (int t = 0; t < TAILS; t++)
        if (counts[t] > counts[best])
            best = t;
    return tail_bytes[best];
}

static enum stream_verdict judge_without_key(const struct stream *s, uint64_t n)
{
    const struct media_stream *f = &s->facts;

    if (f->plain || f->digits_plain)
        return STREAM_PLAIN;
    if (f->tag <= 0)
        return STREAM_UNTOLD;
    if (n >= ENOUGH_BYTES && !looks_like_chance(f->entropy, n))
        return STREAM_PLAIN;
    return STREAM_SRTP;
}

static enum stream_verdict judge_with_key(const struct media_stream *f)
{
    if (f->forged || f->altered)
        return f->authentic == 0 && f->plain == f->packets ? STREAM_PLAIN : STREAM_FORGED;
    return f->authentic ? STREAM_AUTHENTIC : STREAM_UNTOLD;
}

static void judge(struct stream *s)
{
    struct media_stream *f = &s->facts;
    uint64_t n;

    f->lost = rtp_source_lost(&s->source);
    f->jitter_ms = (double)s->source.jitter16 / 16 / (RATE / 1000.0);
    f->packet_ms = most_frequent(s->steps, STEPS_MAX) / (RATE / 1000);
    f->entropy = entropy_of(s->bytes_seen, &n);
    f->tag = commonest_tail(s->has_voice ? s->voice : s->events);
    f->plain = s->voice[TAIL_NONE];
    f->digits_plain = f->authentic ? 0 : s->events[TAIL_NONE];
    f->verdict = f->has_key ? judge_with_key(f) : judge_without_key(s, n);
}

/* A lone packet whose first two bits happened to be 10 is no stream. */
static bool is_real(const struct stream *s)
{
    return s->neighbours > 0 || s->facts.has_key;
}

static int compare_pairs(const struct media_stream *a, const struct media_stream *b)
{
    const struct net_addr *a_lo = &a->src, *a_hi = &a->dst, *b_lo = &b->src, *b_hi = &b->dst;

    if (compare_ends(a_lo, a_hi) > 0) {
        a_lo = &a->dst;
        a_hi = &a->src;
    }
    if (compare_ends(b_lo, b_hi) > 0) {
        b_lo = &b->dst;
        b_hi = &b->src;
    }
    int d = compare_ends(a_lo, b_lo);
    return d ? d : compare_ends(a_hi, b_hi);
}

/* `facts` is the first member: a stream's address is its facts' address. */
static int by_pair_and_time(const void *left, const void *right)
{
    const struct media_stream *a = *(struct media_stream *const *)left,
                              *b = *(struct media_stream *const *)right;
    int d = compare_pairs(a, b);

    return d ? d : (a->first_us > b->first_us) - (a->first_us < b->first_us);
}

static int by_time(const void *left, const void *right)
{
    const struct media_stream *a = *(struct media_stream *const *)left,
                              *b = *(struct media_stream *const *)right;
    int d = (a->first_us > b->first_us) - (a->first_us < b->first_us);

    return d ? d : compare_streams(a, b);
}

/* The end of the run of streams between the same two addresses that begins at `from`. */
static size_t end_of_pair(const struct media_watch *w, size_t from)
{
    size_t to = from + 1;

    while (to < w->count && compare_pairs(&w->all[from]->facts, &w->all[to]->facts) == 0)
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
    qsort(w->all, w->count, sizeof(struct stream *), by_pair_and_time);
    drop_lone_packets(w);
    for (size_t i = 0; i < w->count; i++)
        judge(w->all[i]);
    qsort(w->all, w->count, sizeof(struct stream *), by_time);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static int calls_by_time(const void *left, const void *right)
{
    const struct media_call *a = left, *b = right;

    return (a->first_us > b->first_us) - (a->first_us < b->first_us);
}

static bool belongs(const struct media_call *c, const struct media_stream *s)
{
    return compare_pairs(c->there, s) == 0 && s->first_us <= c->last_us + CALL_GAP_US;
}

static void join(struct media_call *c, const struct media_stream *s)
{
    bool same_way = compare_ends(&c->there->src, &s->src) == 0;
    const struct media_stream **longest = same_way ? &c->there : &c->back;

    if (!*longest || s->packets > (*longest)->packets)
        *longest = s;
    c->streams++;
    if (s->last_us > c->last_us)
        c->last_us = s->last_us;
}

struct media_call *media_watch_calls(const struct media_watch *w, size_t *count)
{
    const struct media_stream **order = calloc(w->count + 1, sizeof(struct media_stream *));
    struct media_call *calls = calloc(w->count + 1, sizeof *calls);
    size_t n = 0;

    *count = 0;
    if (!order || !calls || w->count == 0)
        goto none;
    for (size_t i = 0; i < w->count; i++)
        order[i] = &w->all[i]->facts;
    qsort(order, w->count, sizeof *order, by_pair_and_time);
    for (size_t i = 0; i < w->count; i++) {
        const struct media_stream *s = order[i];
        if (n && belongs(&calls[n - 1], s))
            join(&calls[n - 1], s);
        else
            calls[n++] = (struct media_call){
                .there = s, .streams = 1, .first_us = s->first_us, .last_us = s->last_us};
    }
    qsort(calls, n, sizeof *calls, calls_by_time);
    free(order);
    *count = n;
    return calls;
none:
    free(order);
    free(calls);
    return NULL;
}
