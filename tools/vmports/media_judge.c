/* What a stream is, by its keys, or by the two signs that need none. */
#include "tools/vmports/media_inner.h"

#include <math.h>

static uint32_t most_frequent(const struct tally *t, size_t n)
{
    struct tally best = {0};

    for (size_t i = 0; i < n; i++)
        if (t[i].count > best.count)
            best = t[i];
    return best.value;
}

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
    return media_tail_bytes[best];
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

void media_judge(struct stream *s)
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
