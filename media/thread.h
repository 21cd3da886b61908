/* EDGE: a media thread: it owns its lines, their sockets and streams, one epoll and one wheel.
 * Others reach it by orders in a queue. Inside of media/; the rest of the house knows engine.h.
 *
 * Threads: media_thread_order may be called from any; everything else of a line belongs to its
 * thread from the moment the OPEN order is accepted. */
#ifndef MEDIA_THREAD_H
#define MEDIA_THREAD_H

#include "media/digits.h"
#include "media/engine.h"

#include <stdatomic.h>
#include <sys/socket.h>

#define MEDIA_WHO_MAX 32

struct line_rtcp; /* line_rtcp.c: a line's reports, where they are asked for */

/* A stream with its socket and its way to tell the owner. */
struct line {
    struct stream *stream;
    struct line_rtcp *rtcp; /* NULL: none */
    int fd;
    struct sockaddr_storage to;
    socklen_t to_len;
    bool unreachable_told;
    bool check_source;
    uint8_t tos;
    struct net_addr from, local;
    struct media_handle handle;
    uint64_t tag;
    struct queue *events;
    uint16_t range_port;                  /* to be given back; 0: the caller chose it */
    struct media_key sent_key, heard_key; /* for the key log only: the last ones it was told */
    bool heard_key_untold;                /* until a packet shows the far end's SSRC */
    char who[MEDIA_WHO_MAX];
};
void line_free(struct line *l); /* closes the socket; accepts NULL */

/* The socket above the line's own. NULL with `e` set: it cannot be had. */
struct line_rtcp *line_rtcp_new(const struct net_addr *local, uint8_t tos, struct err *e);
void line_rtcp_free(struct line_rtcp *r); /* accepts NULL */
int line_rtcp_fd(const struct line_rtcp *r);
/* A report when one is due; `bye`: the last one, if there was one before. */
void line_rtcp_serve(struct line *l, int64_t now_ns, bool bye);
void line_rtcp_receive(struct line *l, int64_t now_ns);

enum order_kind {
    ORDER_OPEN,
    ORDER_LISTEN,
    ORDER_STOP_LISTENING,
    ORDER_SEND,
    ORDER_STOP_SENDING,
    ORDER_COUNT,
    ORDER_CLOSE
};

struct order_listen {
    struct media_format format;
    struct net_addr from;
    struct media_srtp *srtp;
};

struct order_send {
    struct media_play play; /* its digits point to the ones below */
    char digits[DIGITS_MAX + 1];
    struct media_srtp *srtp;
};

struct order {
    enum order_kind kind;
    struct media_handle handle;
    union { /* given; keys travel behind the pointer, so that none stays in the queue's memory */
        struct line *line;
        struct order_listen *listen;
        struct order_send *send;
    };
};
void order_free(struct order *o); /* wipes and frees what it carries */

/* One SRTP_KEY line (product.md section 5). */
void media_log_key(struct keylog *log, const struct media_key *k, uint32_t ssrc,
                   const struct net_addr *local, const struct net_addr *remote, bool sent);

struct media_thread;

struct media_thread_settings {
    uint32_t number, of; /* a handle's slot belongs to thread slot % of */
    uint8_t tos;
    struct keylog *keylog;
    struct log *log;
    void (*closed)(void *arg, struct media_handle h,
                   uint16_t range_port); /* called by the thread */
    void *arg;
};

struct media_thread *media_thread_new(const struct media_thread_settings *s, struct err *e);
void media_thread_free(struct media_thread *t); /* ends its lines, with reports; accepts NULL */
/* Takes what the order carries, also when it fails. */
bool media_thread_order(struct media_thread *t, struct order *o, struct err *e) MUST_USE;

/* Written by the thread alone, read by any. */
struct media_thread_totals {
    atomic_uint_fast64_t streams, sent, received;
    atomic_uint_fast64_t late[MEDIA_LATE_STEPS + 1], late_most_ns;
};
const struct media_thread_totals *media_thread_totals(const struct media_thread *t);

#endif
