/* One call's voice: packets in, digits, samples and counts out; sound in, packets out. It knows
 * time only as a number and the network not at all: a media thread joins it to both.
 *
 * The RTP timestamp of a packet is the time of its beat, counted in samples from the opening of the
 * stream. So it runs on through pauses, re-keying and skipped beats without a rule for each. */
#ifndef MEDIA_STREAM_H
#define MEDIA_STREAM_H

#include "media/rtcp.h"
#include "media/sound.h"
#include "media/srtp.h"

#include <stdint.h>

#define STREAM_PACKET_MAX (12 + 480 + MEDIA_SRTP_TRAILER_MAX) /* 60 ms */
#define STREAM_BURST      5 /* packets sent at once after a late wake-up; the rest is skipped */

/* One side's way of talking: codec, packet time, key. */
struct media_format {
    enum g711_law law;     /* RTP payload type 0 or 8 */
    unsigned packet_ms;    /* 10-60 */
    unsigned dtmf_payload; /* RFC 4733 payload type; 0: none */
    struct media_key key;
};
bool media_format_check(const struct media_format *f, struct err *e) MUST_USE;

struct media_counts { /* RFC 3550 words; received counts are of the whole stream's life */
    uint64_t sent, sent_octets, send_errors;
    uint64_t received, received_octets, lost, reordered, duplicates;
    uint64_t auth_failures, replays, plain, wrong_source, wrong_payload, malformed;
    uint64_t other_tag;    /* of the failures: as long as with another suite's tag */
    uint64_t replays_old;  /* of the replays: further back than packets overtake each other */
    uint64_t ssrc_changes; /* in one channel, unannounced */
    int64_t listened_ns;   /* with a channel open */
    uint64_t silence;      /* packets of silence received */
    uint64_t early;        /* received while not listening: before the key, or after the stop */
    uint64_t skipped;      /* beats not used because this machine was too late for them */
    uint32_t jitter;       /* RTP units, RFC 3550 A.8 */
    uint64_t rtcp_sent, rtcp_received, rtcp_bad; /* bad: not authentic, or no RTCP */
    uint32_t round_trip_ms;                      /* of the last report that told; 0: none did */
    uint32_t ssrc_sent, ssrc_received;
    int64_t first_packet_ns; /* from the opening to the first packet received; -1: none came */
};

enum media_after { MEDIA_STOP, MEDIA_LOOP, MEDIA_SILENCE };

struct stream;

struct stream_start { /* the random parts are the caller's: this file has no randomness */
    uint32_t ssrc, timestamp;
    uint16_t sequence;
    int64_t now_ns;
    unsigned record_ms;
    bool hear_tones; /* DTMF in the audio is looked for */
};
struct stream *stream_new(const struct stream_start *s, struct err *e);
void stream_free(struct stream *s); /* wipes keys; accepts NULL */

/* Hearing. `srtp` is taken; NULL for plain RTP. */
void stream_listen(struct stream *s, const struct media_format *f, struct media_srtp *srtp,
                   int64_t now_ns);
void stream_stop_listening(struct stream *s, int64_t now_ns);

struct stream_heard {
    char digit;        /* 0: none */
    bool first_of_key; /* the first packet that proved the key of the last stream_listen */
    bool inband;       /* the digit was in the audio */
    uint32_t ssrc;
};
/* A datagram, decrypted in place; aligned to 8 bytes. */
struct stream_heard stream_hear(struct stream *s, uint8_t *bytes, size_t len, bool wrong_source,
                                int64_t now_ns);
void stream_count_malformed(struct stream *s); /* a datagram that was too long to be taken whole */

/* Speaking. */
struct stream_speech {
    struct media_format format;
    const struct sound *sound; /* borrowed until stream_free; NULL: silence */
    enum media_after after;
    unsigned delay_ms;
    const char *digits; /* NULL: none */
};
/* Begins at `start_ns`, a whole millisecond, or goes on with what is spoken already, in the new
 * format (then start_ns is not used). `srtp` is taken; NULL for plain RTP. With the very key in use
 * the old context stays: a new one would begin at roll-over counter 0 and use its key stream twice.
 */
void stream_speak(struct stream *s, const struct stream_speech *what, struct media_srtp *srtp,
                  int64_t start_ns);
void stream_stop_speaking(struct stream *s);
bool stream_is_speaking(const struct stream *s);
int64_t stream_next_ns(const struct stream *s); /* when the next packet is due */
/* How many packets are to be made now, by so many calls of stream_make. */
unsigned stream_due(struct stream *s, int64_t now_ns);
/* Makes the next packet into `out` (STREAM_PACKET_MAX, aligned to 8) and returns its length; 0: the
 * sound was over, or the packet could not be protected. */
size_t stream_make(struct stream *s, uint8_t *out);
void stream_sent(struct stream *s, bool ok); /* what became of the last packet made */
/* True once for each sound, when the last packet's time is over. */
bool stream_played(struct stream *s);

/* RTCP: the report of now, with `bye` the last one. Returns its length; 0: there is nothing to
 * report, or it could not be protected. `out` has STREAM_RTCP_MAX bytes, aligned to 8. */
#define STREAM_RTCP_MAX (RTCP_MOST + MEDIA_SRTCP_TRAILER_MAX)
struct stream_now {
    int64_t ns;
    uint64_t ntp; /* of the wall clock */
};
size_t stream_make_rtcp(struct stream *s, const struct stream_now *now, const char *cname, bool bye,
                        uint8_t *out);
/* A datagram, decrypted in place. */
void stream_hear_rtcp(struct stream *s, uint8_t *bytes, size_t len, const struct stream_now *now);

uint32_t stream_ssrc(const struct stream *s); /* that it sends */
void stream_counts(const struct stream *s, int64_t now_ns, struct media_counts *out);
/* What was heard, given (free()); NULL if nothing was recorded. Gaps are zeros. */
int16_t *stream_take_recording(struct stream *s, size_t *samples);

#endif
