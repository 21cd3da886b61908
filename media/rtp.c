#include "media/rtp.h"

#include "base/wire.h"

#define MAX_DROPOUT  3000 /* RFC 3550 A.1 */
#define MAX_MISORDER 100
#define NO_SEQUENCE  0x10000u /* no sequence number can equal it */

bool rtp_peek(struct rtp_header *out, const uint8_t *bytes, size_t len)
{
    struct wire_reader r = wire_read_from(bytes, len);
    uint8_t first = wire_u8(&r), second = wire_u8(&r);

    out->marker = (second & 0x80) != 0;
    out->payload_type = second & 0x7f;
    out->sequence = wire_u16be(&r);
    out->timestamp = wire_u32be(&r);
    out->ssrc = wire_u32be(&r);
    bool rtcp = second >= 192 && second <= 223;
    return !r.bad && first >> 6 == 2 && !rtcp;
}

bool rtp_parse(struct rtp_packet *out, const uint8_t *bytes, size_t len)
{
    if (!rtp_peek(&out->header, bytes, len))
        return false;
    struct wire_reader r = wire_read_from(bytes, len);
    wire_skip(&r, RTP_HEADER_LEN + 4u * (bytes[0] & 0x0f));
    if (bytes[0] & 0x10) {
        wire_skip(&r, 2);
        wire_skip(&r, 4u * wire_u16be(&r));
    }
    size_t left = wire_left(&r);
    if (r.bad)
        return false;
    if (bytes[0] & 0x20) {
        if (left == 0 || bytes[len - 1] == 0 || bytes[len - 1] > left)
            return false;
        left -= bytes[len - 1];
    }
    out->payload = bytes + wire_at(&r);
    out->payload_len = left;
    return true;
}

void rtp_write(uint8_t out[RTP_HEADER_LEN], const struct rtp_header *h)
{
    struct wire_writer w = wire_write_to(out, RTP_HEADER_LEN);

    wire_put_u8(&w, 0x80);
    wire_put_u8(&w, (uint8_t)((h->marker ? 0x80 : 0) | (h->payload_type & 0x7f)));
    wire_put_u16be(&w, h->sequence);
    wire_put_u32be(&w, h->timestamp);
    wire_put_u32be(&w, h->ssrc);
}

static void mark_seen(struct rtp_source *s, uint16_t sequence)
{
    s->seen[sequence / 64 % 2] |= UINT64_C(1) << sequence % 64;
}

static bool was_seen(const struct rtp_source *s, uint16_t sequence)
{
    return (s->seen[sequence / 64 % 2] >> sequence % 64 & 1) != 0;
}

static void start(struct rtp_source *s, const struct rtp_header *h)
{
    s->lost_before = rtp_source_lost(s);
    s->known = true;
    s->has_transit = false;
    s->ssrc = h->ssrc;
    s->max_sequence = h->sequence;
    s->base = h->sequence;
    s->cycles = 0;
    s->bad_sequence = NO_SEQUENCE;
    s->unique = 1;
    s->seen[0] = s->seen[1] = 0;
    mark_seen(s, h->sequence);
}

/* The numbers between the highest so far and the new highest have not come: forget what stood in
 * their places 128 numbers ago. */
static void advance(struct rtp_source *s, uint16_t sequence)
{
    uint16_t steps = (uint16_t)(sequence - s->max_sequence);

    for (uint16_t i = 1; i <= steps && i <= 128; i++) {
        uint16_t n = (uint16_t)(s->max_sequence + i);
        s->seen[n / 64 % 2] &= ~(UINT64_C(1) << n % 64);
    }
    if (sequence < s->max_sequence)
        s->cycles += 0x10000;
    s->max_sequence = sequence;
}

static enum rtp_arrival hear_late(struct rtp_source *s, uint16_t sequence)
{
    if (was_seen(s, sequence))
        return RTP_DUPLICATE;
    mark_seen(s, sequence);
    s->unique++;
    return RTP_REORDERED;
}

enum rtp_arrival rtp_source_hear(struct rtp_source *s, const struct rtp_header *h)
{
    uint16_t ahead = (uint16_t)(h->sequence - s->max_sequence);

    if (!s->known || s->ssrc != h->ssrc) {
        start(s, h);
        return RTP_RESTARTED;
    }
    if (ahead == 0 || ahead > 0x10000 - MAX_MISORDER)
        return hear_late(s, h->sequence);
    if (ahead >= MAX_DROPOUT) {
        if (h->sequence == s->bad_sequence) { /* two in a row: the sender did start anew */
            start(s, h);
            return RTP_RESTARTED;
        }
        s->bad_sequence = (h->sequence + 1u) & 0xffff;
        return RTP_JUMPED;
    }
    advance(s, h->sequence);
    mark_seen(s, h->sequence);
    s->unique++;
    return RTP_IN_ORDER;
}

void rtp_source_timing(struct rtp_source *s, uint32_t timestamp, uint32_t arrival)
{
    uint32_t transit = arrival - timestamp;
    int32_t d = (int32_t)(transit - s->transit);

    if (s->has_transit && d != INT32_MIN)
        s->jitter16 += (uint32_t)(d < 0 ? -d : d) - ((s->jitter16 + 8) >> 4);
    s->has_transit = true;
    s->transit = transit;
}

uint32_t rtp_source_highest(const struct rtp_source *s)
{
    return s->cycles + s->max_sequence;
}

uint64_t rtp_source_expected(const struct rtp_source *s)
{
    return s->known ? (uint64_t)s->cycles + s->max_sequence - s->base + 1 : 0;
}

uint64_t rtp_source_lost(const struct rtp_source *s)
{
    const uint64_t expected = rtp_source_expected(s);

    return s->lost_before + (expected > s->unique ? expected - s->unique : 0);
}

uint32_t rtp_source_jitter(const struct rtp_source *s)
{
    return s->jitter16 >> 4;
}
