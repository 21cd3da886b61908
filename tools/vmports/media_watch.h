/* The voice of a capture: RTP and SRTP streams, told apart packet by packet. Pure.
 *
 * A stream is one SSRC from one address to another. With its keys (key_file.h) every packet is
 * authenticated by SRTP itself. Without, two signs are read: how many bytes stand behind the G.711
 * samples that the timestamps count (none, or a tag of 4, 10 or 16), and how much the payload
 * looks like chance (entropy): voice never does, cipher text always. */
#ifndef VMPORTS_MEDIA_WATCH_H
#define VMPORTS_MEDIA_WATCH_H

#include "tools/vmports/key_file.h"
#include "tools/vmports/packet.h"

#define STREAMS_MAX 40000

enum stream_verdict {
    STREAM_AUTHENTIC, /* every packet authenticated with its key */
    STREAM_SRTP,      /* no key; size and chance say SRTP */
    STREAM_PLAIN,     /* some or all of it can be read */
    STREAM_FORGED,    /* there is a key, and packets that do not authenticate with it */
    STREAM_UNTOLD,    /* too little, or too strange, to tell */
};

/* Seen from whoever wrote the key log. */
enum media_way { MEDIA_WAY_UNKNOWN, MEDIA_SENT, MEDIA_RECEIVED };

struct media_stream {
    struct net_addr src, dst;
    uint32_t ssrc;
    uint8_t payload_type; /* the first voice packet's */
    enum stream_verdict verdict;
    const char *suite; /* of the key that fitted; "" without */
    int64_t first_us, last_us;
    uint64_t packets, octets; /* octets of payload with tag */
    uint64_t lost, reordered, duplicates;
    double jitter_ms; /* RFC 3550 A.8, at 8 kHz */
    unsigned packet_ms;
    int tag;        /* bytes behind the samples; -1: it could not be told */
    double entropy; /* bits a byte of the voice payload, 0-8 */
    bool has_key;
    enum media_way way;
    uint64_t authentic, forged;
    uint64_t altered;      /* a sequence number came again with other bytes */
    uint64_t plain;        /* packets whose size leaves no room for a tag */
    uint64_t digits_plain; /* RFC 4733 events that can be read */
    uint64_t silent;       /* voice packets of silence, where the sound can be heard */
    uint64_t heard;        /* voice packets whose sound could be judged */
    uint64_t cut;          /* shortened by the capture: not authenticated */
};

/* An order of streams by what tells them apart: SSRC and both ends. */
int media_compare_streams(const void *left, const void *right);

struct media_watch;

/* `keys` is borrowed while the watch lives; NULL: none. */
struct media_watch *media_watch_new(const struct key_file *keys, struct err *e);
void media_watch_free(struct media_watch *w); /* accepts NULL */

/* One packet of a stream, for who wants to hear them: in clear where its key opened it, else as it
 * was captured. All is borrowed. */
struct media_packet {
    const struct media_stream *stream; /* as far as it is known yet */
    size_t number;                     /* of the stream, by appearance: below STREAMS_MAX */
    const struct packet *packet;
    const uint8_t *rtp;
    size_t len;
    bool opened, duplicate;
};

typedef void media_packet_fn(void *arg, const struct media_packet *m);

/* Before the first packet is fed. */
void media_watch_listen(struct media_watch *w, media_packet_fn *each, void *arg);
/* One PACKET_UDP that is not TFTP's. */
void media_watch_feed(struct media_watch *w, const struct packet *p);
/* No more packets: the verdicts are made. What never became a stream (a lone packet that looked
 * like RTP) is dropped into `other`. */
void media_watch_finish(struct media_watch *w);
size_t media_watch_count(const struct media_watch *w);
const struct media_stream *media_watch_at(const struct media_watch *w, size_t i); /* borrowed */

struct media_watch_totals {
    uint64_t other; /* UDP that is not RTP */
    uint64_t rtcp;  /* packets; of them in clear: */
    uint64_t rtcp_plain;
    uint64_t rtcp_authentic, rtcp_forged; /* where the stream's key is known */
    uint64_t unjudged;                    /* packets of streams beyond STREAMS_MAX */
};
struct media_watch_totals media_watch_totals(const struct media_watch *w);

/* A call: the streams between the same two addresses, both ways, that belong together in time. */
struct media_call {
    const struct media_stream *there, *back; /* the longest each way; `back` may be NULL */
    size_t streams;
    int64_t first_us, last_us;
};

/* Calls in order of time, given (free()); NULL with *count 0 when there are none, or no memory. */
struct media_call *media_watch_calls(const struct media_watch *w, size_t *count);

#endif
