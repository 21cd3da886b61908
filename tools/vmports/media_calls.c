/* Streams between the same two addresses that belong together in time: calls. */
#include "tools/vmports/media_inner.h"

#include <stdlib.h>
#include <string.h>

#define CALL_GAP_US INT64_C(2000000)

int media_compare_ends(const struct net_addr *a, const struct net_addr *b)
{
    int d = memcmp(a->ip, b->ip, sizeof a->ip);

    return d ? d : (a->port > b->port) - (a->port < b->port);
}

int media_compare_pairs(const struct media_stream *a, const struct media_stream *b)
{
    const struct net_addr *a_lo = &a->src, *a_hi = &a->dst, *b_lo = &b->src, *b_hi = &b->dst;

    if (media_compare_ends(a_lo, a_hi) > 0) {
        a_lo = &a->dst;
        a_hi = &a->src;
    }
    if (media_compare_ends(b_lo, b_hi) > 0) {
        b_lo = &b->dst;
        b_hi = &b->src;
    }
    int d = media_compare_ends(a_lo, b_lo);
    return d ? d : media_compare_ends(a_hi, b_hi);
}

/* `facts` is the first member: a stream's address is its facts' address. */
int media_by_pair_and_time(const void *left, const void *right)
{
    const struct media_stream *a = *(struct media_stream *const *)left,
                              *b = *(struct media_stream *const *)right;
    int d = media_compare_pairs(a, b);

    return d ? d : (a->first_us > b->first_us) - (a->first_us < b->first_us);
}

static int calls_by_time(const void *left, const void *right)
{
    const struct media_call *a = left, *b = right;

    return (a->first_us > b->first_us) - (a->first_us < b->first_us);
}

static bool belongs(const struct media_call *c, const struct media_stream *s)
{
    return media_compare_pairs(c->there, s) == 0 && s->first_us <= c->last_us + CALL_GAP_US;
}

static void join(struct media_call *c, const struct media_stream *s)
{
    bool same_way = media_compare_ends(&c->there->src, &s->src) == 0;
    const struct media_stream **longest = same_way ? &c->there : &c->back;

    if (!*longest || s->packets > (*longest)->packets)
        *longest = s;
    c->streams++;
    if (s->last_us > c->last_us)
        c->last_us = s->last_us;
}

struct media_call *media_watch_calls(const struct media_watch *w, size_t *count)
{
    const struct media_stream **order = calloc(w->count + 1, sizeof(struct media_stream *));
    struct media_call *calls = calloc(w->count + 1, sizeof *calls);
    size_t n = 0;

    *count = 0;
    if (!order || !calls || w->count == 0)
        goto none;
    for (size_t i = 0; i < w->count; i++)
        order[i] = &w->all[i]->facts;
    qsort(order, w->count, sizeof *order, media_by_pair_and_time);
    for (size_t i = 0; i < w->count; i++) {
        const struct media_stream *s = order[i];
        if (n && belongs(&calls[n - 1], s))
            join(&calls[n - 1], s);
        else
            calls[n++] = (struct media_call){
                .there = s, .streams = 1, .first_us = s->first_us, .last_us = s->last_us};
    }
    qsort(calls, n, sizeof *calls, calls_by_time);
    free(order);
    *count = n;
    return calls;
none:
    free(order);
    free(calls);
    return NULL;
}
