/* What a stream is made of. Private to stream.c and stream_rtcp.c. */
#ifndef MEDIA_STREAM_INNER_H
#define MEDIA_STREAM_INNER_H

#include "media/digits.h"
#include "media/pacer.h"
#include "media/rtp.h"
#include "media/stream.h"
#include "media/tones.h"

#define MS        INT64_C(1000000)
#define SAMPLE_NS INT64_C(125000) /* 8 kHz */

/* Samples laid down where their timestamps say. */
struct recorder {
    int16_t *at;
    size_t cap, end; /* end: behind the last sample laid down */
    bool started;
    uint32_t ssrc, base; /* the timestamp that belongs to at[0] */
};

/* The audio in the order of its timestamps; what was overtaken is no tone any more. */
struct tone_hearer {
    struct tone_ear ear;
    bool started;
    uint32_t next; /* timestamp behind the last packet */
};

struct ear {
    bool on;
    struct media_format format;
    struct media_srtp *srtp;
    bool key_proven, settled; /* settled: the far end has shown its SSRC in this channel */
    int64_t since_ns;         /* open, and not counted in listened_ns yet */
    struct rtp_source source;
    struct digit_ear digits;
    struct tone_hearer *tones; /* NULL: DTMF in the audio is not looked for */
    struct recorder recorder;
};

struct mouth {
    bool on, marker; /* marker: a talk spurt begins */
    bool marked;     /* the last packet made had it */
    bool played, played_told;
    struct media_format format;
    struct media_srtp *srtp;
    struct pacer pacer;
    int64_t next_ns; /* the beat of the next packet to make */
    const struct sound *sound;
    enum media_after after;
    size_t at, delay; /* samples said; samples of silence still before them */
    struct digit_mouth digits;
    uint32_t ssrc, timestamp;
    uint16_t sequence;
    size_t last_len; /* payload of the last packet made */
};

/* What reports need to remember. */
struct reporter {
    uint64_t expected, lost; /* at the last report */
    uint32_t last_sr;        /* the far end's, and when it came */
    int64_t last_sr_ns;
};

struct stream {
    struct mouth mouth; /* first: it is what the pacing thread touches */
    struct ear ear;
    struct media_counts counts;
    struct reporter reporter;
    int64_t opened_ns;
};

#endif
