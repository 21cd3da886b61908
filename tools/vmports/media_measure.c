/* One packet of a stream, measured: order, timing, what stands behind its samples, whether it
 * authenticates. */
#include "media/g711.h"
#include "tools/vmports/media_inner.h"

#include <string.h>

#define FRAME_UNIT 80 /* G.711 bytes in 10 ms: packets hold a whole number of them */
#define EVENT_LEN  4  /* RFC 4733 */

const int media_tail_bytes[TAILS] = {0, 4, 10, 16, -1};

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

struct media_srtp *media_context(struct stream *s, size_t i)
{
    if (!s->contexts[i])
        s->contexts[i] = media_srtp_receiver(&s->keys[i].key, NULL);
    return s->contexts[i];
}

static void tell(const struct stream *s, const struct packet *p, struct media_packet m)
{
    m.stream = &s->facts;
    m.number = s->number;
    m.packet = p;
    if (s->listener->each)
        s->listener->each(s->listener->arg, &m);
}

static enum media_srtp_result try_key(struct stream *s, size_t i, const struct packet *p)
{
    _Alignas(8) uint8_t copy[PACKET_MOST];
    size_t len = p->len;
    struct rtp_packet clear;

    if (!media_context(s, i))
        return MEDIA_SRTP_MALFORMED;
    memcpy(copy, p->payload, len);
    enum media_srtp_result result = media_srtp_unprotect(s->contexts[i], copy, &len);
    if (result == MEDIA_SRTP_OK && rtp_parse(&clear, copy, len))
        listen_in(s, clear.header.payload_type, clear.payload, clear.payload_len);
    if (result == MEDIA_SRTP_OK)
        tell(s, p, (struct media_packet){.rtp = copy, .len = len, .opened = true});
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

/* True when the packet authenticates. */
static bool check_tag(struct stream *s, const struct packet *p)
{
    if (!s->facts.has_key)
        return false;
    if (p->missing) {
        s->facts.cut++;
        return false;
    }
    const bool authentic = p->len <= PACKET_MOST && authenticate(s, p);
    s->facts.authentic += authentic;
    s->facts.forged += !authentic;
    return authentic;
}

static enum tail tail_of(size_t len)
{
    for (int t = TAIL_NONE; t < TAIL_ODD; t++)
        if (len == (size_t)media_tail_bytes[t])
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

void media_measure(struct stream *s, const struct packet *p, const struct rtp_packet *r)
{
    struct media_stream *f = &s->facts;
    enum rtp_arrival arrival = rtp_source_hear(&s->source, &r->header);

    f->packets++;
    f->octets += r->payload_len;
    f->last_us = p->time_us;
    if (arrival == RTP_DUPLICATE) {
        judge_duplicate(s, p, r);
        tell(s, p, (struct media_packet){.rtp = p->payload, .len = p->len, .duplicate = true});
        return;
    }
    s->hashes[r->header.sequence % HISTORY] = hash_of(p->payload, p->len);
    f->reordered += arrival == RTP_REORDERED;
    if (arrival != RTP_REORDERED)
        measure_step(s, &r->header);
    if (is_voice(r->header.payload_type))
        rtp_source_timing(&s->source, r->header.timestamp, rtp_units(p->time_us));
    measure(s, p, r);
    if (!check_tag(s, p))
        tell(s, p, (struct media_packet){.rtp = p->payload, .len = p->len});
}
