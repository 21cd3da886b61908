/* Streams in memory: one speaks, the network is an array, the other hears. Invented time. */
#ifndef TEST_MEDIA_MEMORY_H
#define TEST_MEDIA_MEMORY_H

#include "check.h"
#include "media/rtp.h"
#include "media/stream.h"

#define MS INT64_C(1000000)

struct datagram {
    _Alignas(8) uint8_t bytes[STREAM_PACKET_MAX];
    size_t len;
};

static inline struct media_key key_of(uint32_t algorithm, uint8_t seed)
{
    struct media_key k = {
        .algorithm = algorithm, .key_len = 16, .salt_len = algorithm == 5 ? 12 : 14};

    memset(k.key, seed, sizeof k.key);
    memset(k.salt, seed + 1, k.salt_len);
    return k;
}

static inline struct media_format format_of(uint32_t algorithm, uint8_t seed)
{
    return (struct media_format){
        .law = G711_ULAW, .packet_ms = 20, .dtmf_payload = 101, .key = key_of(algorithm, seed)};
}

static inline struct stream *new_stream(uint32_t ssrc, unsigned record_ms)
{
    struct stream_start start = {
        .ssrc = ssrc, .timestamp = 0xffffff00, .sequence = 65530, .record_ms = record_ms};
    struct err e = {0};
    struct stream *s = stream_new(&start, &e);

    CHECK(s, "%s", e.text);
    return s;
}

static inline struct media_srtp *srtp_of(const struct media_key *k, uint32_t ssrc)
{
    struct err e = {0};
    struct media_srtp *s = ssrc ? media_srtp_sender(k, ssrc, &e) : media_srtp_receiver(k, &e);

    CHECK(s || k->algorithm == 0, "%s", e.text);
    return s;
}

static inline void speak(struct stream *s, uint32_t ssrc, const struct stream_speech *what,
                         int64_t at_ms)
{
    stream_speak(s, what, what->format.key.algorithm ? srtp_of(&what->format.key, ssrc) : NULL,
                 at_ms * MS);
}

static inline void listen_to(struct stream *s, const struct media_format *f)
{
    stream_listen(s, f, f->key.algorithm ? srtp_of(&f->key, 0) : NULL, 0);
}

static inline struct media_counts counts_of(const struct stream *s)
{
    struct media_counts c;

    stream_counts(s, 0, &c);
    return c;
}

/* Runs the speaker from now_ms to end_ms, a look at the clock each millisecond. */
static inline size_t run(struct stream *s, int64_t now_ms, int64_t end_ms, struct datagram *out,
                         size_t cap)
{
    size_t n = 0;

    for (; now_ms < end_ms; now_ms++) {
        for (unsigned due = stream_due(s, now_ms * MS); due > 0; due--) {
            CHECK(n < cap, "more than %zu packets", cap);
            out[n].len = stream_make(s, out[n].bytes);
            if (out[n].len > 0) {
                stream_sent(s, true);
                n++;
            }
        }
    }
    return n;
}

static inline struct rtp_header header_of(const struct datagram *d)
{
    struct rtp_header h = {0};

    CHECK(rtp_peek(&h, d->bytes, d->len), "not RTP");
    return h;
}

static inline struct sound *ramp(size_t samples)
{
    int16_t *pcm = malloc(samples * sizeof *pcm);
    struct err e = {0};

    for (size_t i = 0; i < samples; i++)
        pcm[i] = (int16_t)(1000 + i * 13 % 9000);
    struct sound *s = sound_from_pcm(pcm, samples, &e);
    CHECK(s, "%s", e.text);
    free(pcm);
    return s;
}

#endif
