/* EDGE: the UDP sockets and the media threads. A stream is one call's voice, both ways: what is
 * heard on its local port, and what is sent to the far end.
 *
 *   caller's thread                    a media thread
 *   media_open  -> socket bound --cmd queue--> epoll, pacing wheel, SRTP
 *   media_send, media_listen    --cmd queue-->
 *   media_close                 --cmd queue-->
 *               <-- event queue given at media_open -- digits, played, report
 *
 * Threads: every call may come from any thread; calls about one stream keep their order when they
 * come from one thread. No call blocks on a media thread. Nothing is allocated and no lock is taken
 * per packet. Keys are copied and wiped. */
#ifndef MEDIA_ENGINE_H
#define MEDIA_ENGINE_H

#include "base/addr.h"
#include "base/keylog.h"
#include "base/log.h"
#include "base/queue.h"
#include "media/stream.h" /* struct media_key, media_format, media_counts */

struct media_settings {
    uint16_t port_lo, port_hi; /* even ports are used; 0: 16384-32767 */
    unsigned threads;          /* 0: 1 */
    uint8_t tos;               /* IP TOS byte when the call manager names none; 0: 0xb8, DSCP 46 */
    struct keylog *keylog;     /* NULL: none; borrowed */
    struct log *log;           /* may be NULL; borrowed */
};

struct media_engine;

struct media_engine *media_engine_new(const struct media_settings *s, struct err *e);
void media_engine_free(struct media_engine *m); /* ends every stream; accepts NULL */

struct media_handle {
    uint32_t slot, generation; /* generation 0: none. A stale handle is ignored. */
};

enum media_event_kind {
    MEDIA_DIGIT,       /* an RFC 4733 digit, or one in the audio, once */
    MEDIA_PLAYED,      /* the sound of media_send has been sent to its end */
    MEDIA_UNREACHABLE, /* sending fails: ICMP, no route */
    MEDIA_COUNTS,      /* the answer to media_ask */
    MEDIA_REPORT,      /* after media_close, the last event of a stream */
};

struct media_event {
    enum media_event_kind kind;
    struct media_handle handle;
    uint64_t tag;               /* as given to media_open */
    char digit;                 /* '0'-'9' '*' '#' 'A'-'D' */
    bool inband;                /* MEDIA_DIGIT: it was in the audio */
    struct media_counts counts; /* MEDIA_COUNTS, MEDIA_REPORT */
    /* MEDIA_REPORT of a recorded stream: linear samples, given (free()). Lost packets are zeros. */
    int16_t *recording;
    size_t recorded;
};

struct media_open {
    struct net_addr bind; /* the local address; its port 0: chosen from the range */
    struct queue *events; /* of struct media_event; borrowed until the report came */
    uint64_t tag;
    unsigned record_ms; /* keep that much of what is heard; 0: nothing */
    bool hear_tones;    /* look for DTMF in the audio */
    bool rtcp;          /* reports from and to the ports above */
    const char *who;    /* for the log, copied up to 31 bytes; may be NULL */
};

/* Binds a UDP port at once, so that its number can be told to the call manager. */
bool media_open(struct media_engine *m, const struct media_open *o, struct media_handle *out,
                struct net_addr *local, struct err *e) MUST_USE;

/* What is received is to be read so; again in mid-call with new keys: a new SRTP context, roll-over
 * counter 0. `from` (family 0: anybody) only counts wrong sources. */
bool media_listen(struct media_engine *m, struct media_handle h, const struct media_format *f,
                  const struct net_addr *from, struct err *e) MUST_USE;
bool media_stop_listening(struct media_engine *m, struct media_handle h) MUST_USE;

struct media_play {
    struct media_format format;
    struct net_addr to;
    uint8_t tos;               /* 0: the engine's */
    const struct sound *sound; /* borrowed until the report came; NULL: silence */
    enum media_after after;    /* what follows the sound's last sample */
    unsigned delay_ms;         /* silence first */
    const char *digits;        /* RFC 4733 digits to send after the sound began; copied, up to 31 */
};
/* Starts sending, or changes where and with which key: sequence, timestamp and SSRC go on and the
 * sound does not start again, unless `sound` is another one. */
bool media_send(struct media_engine *m, struct media_handle h, const struct media_play *p,
                struct err *e) MUST_USE;
bool media_stop_sending(struct media_engine *m, struct media_handle h) MUST_USE;
/* How it stands with the stream: MEDIA_COUNTS follows. */
bool media_ask(struct media_engine *m, struct media_handle h) MUST_USE;
/* Ends the stream; MEDIA_REPORT follows. The handle is dead. */
bool media_close(struct media_engine *m, struct media_handle h) MUST_USE;
/* How late packets left: against their beat, in steps of 10 us; the last step is "later". */
#define MEDIA_LATE_STEPS   1000
#define MEDIA_LATE_STEP_NS 10000
struct media_lateness {
    uint64_t packets[MEDIA_LATE_STEPS + 1];
    int64_t most_ns;
};
void media_lateness(struct media_engine *m, struct media_lateness *out);

/* Streams alive, and packets sent and received by all since the start. */
void media_totals(struct media_engine *m, uint64_t *streams, uint64_t *sent, uint64_t *received);

#endif
