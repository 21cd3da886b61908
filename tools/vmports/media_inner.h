/* A stream on its way to its verdict, and what the parts of the watch do with it: packets find
 * their stream (media_watch.c), are measured (media_measure.c), reports are set beside their stream
 * (media_reports.c), streams are judged (media_judge.c) and joined to calls (media_calls.c). */
#ifndef VMPORTS_MEDIA_INNER_H
#define VMPORTS_MEDIA_INNER_H

#include "media/rtp.h"
#include "tools/vmports/media_watch.h"

#define RATE         8000
#define HISTORY      128 /* as rtp_source remembers sequence numbers */
#define STEPS_MAX    4
#define CONTEXTS_MAX 16   /* keys that one SSRC may have had: one for each ORC or SMT of a call */
#define PACKET_MOST  2048 /* SRTP that is longer is not voice */

/* What stands behind a packet's samples. */
enum tail { TAIL_NONE, TAIL_4, TAIL_10, TAIL_16, TAIL_ODD, TAILS };
extern const int media_tail_bytes[TAILS]; /* -1: odd */

struct tally {
    uint32_t value, count;
};

struct listener {
    media_packet_fn *each; /* NULL: nobody */
    void *arg;
};

struct stream {
    struct media_stream facts; /* the tree's key: src, dst, ssrc */
    size_t number;
    const struct listener *listener;
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
    struct listener listener;
};

/* One packet of the stream. */
void media_measure(struct stream *s, const struct packet *p, const struct rtp_packet *r);
/* The SRTP context of the stream's i-th key, made when first wanted. NULL: it cannot be had. */
struct media_srtp *media_context(struct stream *s, size_t i);

bool media_is_rtcp(const uint8_t *bytes, size_t len);
void media_on_rtcp(struct media_watch *w, const struct packet *p);

/* All packets are there: the verdict. */
void media_judge(struct stream *s);

int media_compare_ends(const struct net_addr *a, const struct net_addr *b);
/* Both ways between the same two addresses are one pair. */
int media_compare_pairs(const struct media_stream *a, const struct media_stream *b);
/* For qsort over pointers to media_stream. */
int media_by_pair_and_time(const void *left, const void *right);

#endif
