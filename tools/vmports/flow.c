#include "tools/vmports/flow.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

/* Farther ahead than any window: not of this connection's life. */
#define AHEAD_MAX (1u << 28)

struct flow_segment {
    struct flow_segment *next;
    uint32_t seq;
    int64_t time_us;
    size_t len, missing;
    uint8_t bytes[];
};

/* A tree finds the newest connection between two ends: its depth does not depend on the capture's
 * good will, as a hash table's would. */
struct pair {
    struct net_addr lo, hi;
    struct flow *flow;
};

struct flows {
    struct flow_sink sink;
    void *pairs;
    struct flow **all;
    size_t count, room, held;
};

static int compare_addr(const struct net_addr *a, const struct net_addr *b)
{
    int d = memcmp(a->ip, b->ip, sizeof a->ip);

    if (d == 0)
        d = (a->family > b->family) - (a->family < b->family);
    return d ? d : (a->port > b->port) - (a->port < b->port);
}

static int compare_pair(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    int d = compare_addr(&a->lo, &b->lo);

    return d ? d : compare_addr(&a->hi, &b->hi);
}

struct flows *flows_new(const struct flow_sink *sink, struct err *e)
{
    struct flows *t = calloc(1, sizeof *t);

    if (!t) {
        err_set(e, ERR_MEMORY, "no memory for connections");
        return NULL;
    }
    t->sink = *sink;
    return t;
}

static void free_flow(struct flow *f)
{
    for (int i = 0; i < 2; i++) {
        for (struct flow_segment *s = f->half[i].ahead, *next; s; s = next) {
            next = s->next;
            free(s);
        }
    }
    free(f);
}

void flows_free(struct flows *t)
{
    if (!t)
        return;
    tdestroy(t->pairs, free);
    for (size_t i = 0; i < t->count; i++)
        free_flow(t->all[i]);
    free(t->all);
    free(t);
}

size_t flows_count(const struct flows *t)
{
    return t->count;
}

struct flow *flows_at(const struct flows *t, size_t i)
{
    return t->all[i];
}

/* ---- which connection ------------------------------------------------------------------------ */

static struct flow *new_flow(struct flows *t)
{
    if (t->count == FLOWS_MAX)
        return NULL;
    if (t->count == t->room) {
        size_t room = t->room ? t->room * 2 : 64;
        struct flow **all = realloc(t->all, room * sizeof *all);
        if (!all)
            return NULL;
        t->all = all;
        t->room = room;
    }
    struct flow *f = calloc(1, sizeof *f);
    if (f)
        t->all[t->count++] = f;
    return f;
}

static struct pair key_of(const struct packet *p)
{
    bool up = compare_addr(&p->src, &p->dst) < 0;

    return (struct pair){.lo = up ? p->src : p->dst, .hi = up ? p->dst : p->src};
}

static struct pair *add_pair(struct flows *t, const struct packet *p)
{
    struct pair *pair = malloc(sizeof *pair);

    if (!pair)
        return NULL;
    *pair = key_of(p);
    if (!tsearch(pair, &t->pairs, compare_pair)) {
        free(pair);
        return NULL;
    }
    return pair;
}

/* Who called whom: the first SYN says it; else the server is taken to have the lower port. */
static bool from_client(const struct packet *p)
{
    if (p->tcp_flags & TCP_SYN)
        return !(p->tcp_flags & TCP_ACK);
    return p->src.port > p->dst.port;
}

/* The same two ends again: a SYN with a number of its own behind a connection that was used. */
static bool begins_anew(const struct flow *f, const struct packet *p)
{
    const struct flow_half *h = &f->half[net_addr_equal(&f->ends[FLOW_SERVER], &p->src)];
    uint32_t first = (uint32_t)(h->next - h->bytes - h->missing);

    return (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && h->known && first != p->tcp_seq + 1;
}

static struct flow *open_flow(struct flows *t, const struct packet *p)
{
    struct flow *f = new_flow(t);
    bool client = from_client(p);

    if (!f)
        return NULL;
    f->ends[FLOW_CLIENT] = client ? p->src : p->dst;
    f->ends[FLOW_SERVER] = client ? p->dst : p->src;
    f->from_start = (p->tcp_flags & TCP_SYN) != 0;
    f->first_us = p->time_us;
    return f;
}

static struct flow *find_flow(struct flows *t, const struct packet *p)
{
    struct pair key = key_of(p);
    struct pair *const *found = tfind(&key, &t->pairs, compare_pair);
    struct pair *pair = found ? *found : NULL;

    if (pair && pair->flow && !begins_anew(pair->flow, p))
        return pair->flow;
    if (t->count == FLOWS_MAX)
        return NULL;
    if (!pair)
        pair = add_pair(t, p);
    if (pair)
        pair->flow = open_flow(t, p);
    return pair ? pair->flow : NULL;
}

/* ---- in order -------------------------------------------------------------------------------- */

static void deliver(struct flows *t, struct flow *f, enum flow_side side, const uint8_t *bytes,
                    size_t len, size_t missing, int64_t time_us)
{
    struct flow_half *h = &f->half[side];

    h->next += (uint32_t)(len + missing);
    h->bytes += len;
    if (len)
        t->sink.data(t->sink.arg, f, side, bytes, len, time_us);
    if (missing) {
        h->missing += missing;
        t->sink.gap(t->sink.arg, f, side, missing);
    }
}

/* Delivers what of these bytes is new, when they begin at or before what is due. */
static void take(struct flows *t, struct flow *f, enum flow_side side, uint32_t seq,
                 const uint8_t *bytes, size_t len, size_t missing, int64_t time_us)
{
    struct flow_half *h = &f->half[side];
    size_t old = h->next - seq;

    if (old >= len + missing) {
        h->repeated += len;
    } else if (old >= len) {
        h->repeated += len;
        deliver(t, f, side, NULL, 0, len + missing - old, time_us);
    } else {
        h->repeated += old;
        deliver(t, f, side, bytes + old, len - old, missing, time_us);
    }
}

static void release_first(struct flows *t, struct flow *f, enum flow_side side)
{
    struct flow_half *h = &f->half[side];
    struct flow_segment *s = h->ahead;

    h->ahead = s->next;
    h->held -= s->len;
    h->held_count--;
    t->held -= s->len;
    take(t, f, side, s->seq, s->bytes, s->len, s->missing, s->time_us);
    free(s);
}

static void release_due(struct flows *t, struct flow *f, enum flow_side side)
{
    struct flow_half *h = &f->half[side];

    while (h->ahead && (int32_t)(h->ahead->seq - h->next) <= 0)
        release_first(t, f, side);
}

static void give_up_first_gap(struct flows *t, struct flow *f, enum flow_side side)
{
    struct flow_half *h = &f->half[side];

    deliver(t, f, side, NULL, 0, h->ahead->seq - h->next, f->last_us);
    release_due(t, f, side);
}

static bool hold(struct flows *t, struct flow_half *h, const struct packet *p, uint32_t seq)
{
    struct flow_segment **at = &h->ahead;
    struct flow_segment *s = malloc(sizeof *s + p->len);

    if (!s)
        return false;
    *s = (struct flow_segment){
        .seq = seq, .time_us = p->time_us, .len = p->len, .missing = p->missing};
    memcpy(s->bytes, p->payload, p->len);
    while (*at && (int32_t)((*at)->seq - seq) <= 0)
        at = &(*at)->next;
    s->next = *at;
    *at = s;
    h->held += s->len;
    h->held_count++;
    t->held += s->len;
    return true;
}

static bool too_much(const struct flows *t, const struct flow_half *h)
{
    return h->ahead && (h->held > FLOW_HELD_MAX || h->held_count > FLOW_SEGMENTS_MAX ||
                        t->held > FLOWS_HELD_MAX);
}

static bool feed_bytes(struct flows *t, struct flow *f, enum flow_side side, const struct packet *p)
{
    struct flow_half *h = &f->half[side];
    uint32_t seq = p->tcp_seq + ((p->tcp_flags & TCP_SYN) ? 1 : 0);

    if (!h->known) {
        h->known = true;
        h->next = seq;
    }
    if (p->len + p->missing == 0)
        return true;
    int32_t ahead = (int32_t)(seq - h->next);
    if (ahead > (int32_t)AHEAD_MAX || ahead < -(int32_t)AHEAD_MAX)
        return true;
    if (ahead > 0 && !hold(t, h, p, seq))
        return false;
    if (ahead <= 0)
        take(t, f, side, seq, p->payload, p->len, p->missing, p->time_us);
    release_due(t, f, side);
    while (too_much(t, h))
        give_up_first_gap(t, f, side);
    return true;
}

bool flows_feed(struct flows *t, const struct packet *p)
{
    struct flow *f = find_flow(t, p);

    if (!f)
        return false;
    enum flow_side side =
        net_addr_equal(&f->ends[FLOW_CLIENT], &p->src) ? FLOW_CLIENT : FLOW_SERVER;
    f->last_us = p->time_us;
    if (p->tcp_flags & TCP_RST) {
        f->reset_by = f->reset ? f->reset_by : side;
        f->reset = true;
        return true;
    }
    f->answered |= side == FLOW_SERVER;
    f->half[side].fin |= (p->tcp_flags & TCP_FIN) != 0;
    return feed_bytes(t, f, side, p);
}

void flows_finish(struct flows *t)
{
    for (size_t i = 0; i < t->count; i++)
        for (int side = 0; side < 2; side++)
            while (t->all[i]->half[side].ahead)
                give_up_first_gap(t, t->all[i], (enum flow_side)side);
}
