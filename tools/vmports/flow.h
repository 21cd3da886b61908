/* The TCP connections of a capture, each direction put back in order. Pure.
 *
 * Bytes come out once and in sequence, whatever was repeated, overlapped (what is delivered first
 * counts) or came out of order. What never comes is reported as a gap: because the capture lost it,
 * or when more waits behind it than FLOW_HELD_MAX. Memory is bounded by the limits below, whatever
 * the capture says. */
#ifndef VMPORTS_FLOW_H
#define VMPORTS_FLOW_H

#include "tools/vmports/packet.h"

#define FLOWS_MAX         65536
#define FLOW_HELD_MAX     (1024 * 1024)      /* bytes that one direction may hold back */
#define FLOW_SEGMENTS_MAX 512                /* and segments */
#define FLOWS_HELD_MAX    (64 * 1024 * 1024) /* bytes held back by all */

enum flow_side { FLOW_CLIENT, FLOW_SERVER };

struct flow_segment;

struct flow_half {
    bool known; /* `next` is valid */
    uint32_t next;
    struct flow_segment *ahead; /* by sequence number */
    size_t held, held_count;
    uint64_t bytes, repeated, missing;
    bool fin;
};

struct flow {
    struct net_addr ends[2]; /* by enum flow_side */
    bool from_start;         /* its SYN was seen */
    bool answered;           /* the server sent something else than a reset */
    bool reset;
    enum flow_side reset_by;
    int64_t first_us, last_us;
    struct flow_half half[2];
    void *watch; /* the sink's */
};

struct flow_sink {
    void (*data)(void *arg, struct flow *f, enum flow_side from, const uint8_t *bytes, size_t len,
                 int64_t time_us);
    void (*gap)(void *arg, struct flow *f, enum flow_side from, uint64_t bytes);
    void *arg;
};

struct flows;

struct flows *flows_new(const struct flow_sink *sink, struct err *e);
void flows_free(struct flows *t); /* accepts NULL; the watches are the sink's to free before */
/* One PACKET_TCP. False when it belongs to a connection beyond FLOWS_MAX, or memory is out: it was
 * not looked at. */
bool flows_feed(struct flows *t, const struct packet *p) MUST_USE;
/* No more packets: what is still held back comes out, with its gaps. */
void flows_finish(struct flows *t);
size_t flows_count(const struct flows *t);
struct flow *flows_at(const struct flows *t, size_t i); /* in order of appearance; borrowed */

#endif
