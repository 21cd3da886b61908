#include "tools/vmports/media_names.h"

#include "tools/vmports/media_inner.h"

#include <stdlib.h>

struct place {
    struct net_addr at;
    int64_t from_us; /* until the next one of this address */
    const char *name;
};

struct media_names {
    struct place *places; /* by address, then time */
    size_t count;
};

static int by_address_and_time(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    int d = media_compare_ends(&a->at, &b->at);

    return d ? d : (a->from_us > b->from_us) - (a->from_us < b->from_us);
}

static size_t count_places(const struct verify_report *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->connection_count; i++)
        n += r->connections[i].ladder ? r->connections[i].ladder->media_count : 0;
    return n;
}

static void add_places(struct media_names *n, const struct ladder_facts *l)
{
    for (size_t i = 0; l && *l->name && i < l->media_count; i++)
        n->places[n->count++] =
            (struct place){.at = l->media[i].at, .from_us = l->media[i].time_us, .name = l->name};
}

struct media_names *media_names_new(const struct verify_report *r, struct err *e)
{
    struct media_names *n = calloc(1, sizeof *n);

    if (n)
        n->places = calloc(count_places(r) + 1, sizeof *n->places);
    if (!n || !n->places) {
        media_names_free(n);
        err_set(e, ERR_MEMORY, "no memory for the names of streams");
        return NULL;
    }
    for (size_t i = 0; i < r->connection_count; i++)
        add_places(n, r->connections[i].ladder);
    qsort(n->places, n->count, sizeof *n->places, by_address_and_time);
    return n;
}

void media_names_free(struct media_names *n)
{
    if (n)
        free(n->places);
    free(n);
}

/* Who had said so last when the stream began. */
static const char *name_at(const struct media_names *n, const struct net_addr *at, int64_t time_us)
{
    const struct place key = {.at = *at, .from_us = time_us};
    size_t lo = 0, hi = n->count;

    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (by_address_and_time(&n->places[mid], &key) <= 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo && media_compare_ends(&n->places[lo - 1].at, at) == 0 ? n->places[lo - 1].name : "";
}

const char *media_names_find(const struct media_names *n, const struct media_stream *m,
                             enum media_way *way)
{
    const char *sender = name_at(n, &m->src, m->first_us);
    const char *receiver = name_at(n, &m->dst, m->first_us);

    *way = m->way;
    if (m->way == MEDIA_WAY_UNKNOWN && (*sender || *receiver))
        *way = *sender ? MEDIA_SENT : MEDIA_RECEIVED;
    return *way == MEDIA_RECEIVED ? receiver : sender;
}
