#include "tools/labcm/hunt.h"

#include <stdlib.h>
#include <string.h>

/* Free members stand in a list, longest idle first, and in a bitmap for the algorithms that go by
 * number: both are kept without looking at the other members. */
struct member {
    uint32_t before, after;
    bool is_free;
};

struct hunt {
    enum hunt_algorithm algorithm;
    uint32_t members, free_members;
    uint32_t last; /* circular: the member rung last */
    uint32_t oldest, newest;
    uint64_t *bits;
    struct member *at;
};

struct hunt *hunt_new(enum hunt_algorithm algorithm, uint32_t members, struct err *e)
{
    struct hunt *h = calloc(1, sizeof *h);

    if (h) {
        h->at = calloc(members ? members : 1, sizeof *h->at);
        h->bits = calloc(members / 64 + 1, sizeof *h->bits);
    }
    if (!h || !h->at || !h->bits) {
        hunt_free(h);
        err_set(e, ERR_MEMORY, "line group of %u", members);
        return NULL;
    }
    h->algorithm = algorithm;
    h->members = members;
    h->last = h->oldest = h->newest = HUNT_NOBODY;
    return h;
}

void hunt_free(struct hunt *h)
{
    if (!h)
        return;
    free(h->at);
    free(h->bits);
    free(h);
}

enum hunt_algorithm hunt_algorithm(const struct hunt *h)
{
    return h->algorithm;
}

uint32_t hunt_free_members(const struct hunt *h)
{
    return h->free_members;
}

static void append(struct hunt *h, uint32_t member)
{
    struct member *m = &h->at[member];

    m->before = h->newest;
    m->after = HUNT_NOBODY;
    if (h->newest == HUNT_NOBODY)
        h->oldest = member;
    else
        h->at[h->newest].after = member;
    h->newest = member;
}

static void take_out(struct hunt *h, uint32_t member)
{
    struct member *m = &h->at[member];

    if (m->before == HUNT_NOBODY)
        h->oldest = m->after;
    else
        h->at[m->before].after = m->after;
    if (m->after == HUNT_NOBODY)
        h->newest = m->before;
    else
        h->at[m->after].before = m->before;
}

void hunt_set_free(struct hunt *h, uint32_t member, bool is_free)
{
    if (h->at[member].is_free == is_free)
        return;
    h->at[member].is_free = is_free;
    h->bits[member / 64] ^= UINT64_C(1) << member % 64;
    if (is_free) {
        append(h, member);
        h->free_members++;
    } else {
        take_out(h, member);
        h->free_members--;
    }
}

static bool was_tried(const struct hunt_walk *w, uint32_t member)
{
    for (uint32_t i = 0; i < w->count; i++)
        if (w->tried[i] == member)
            return true;
    return false;
}

/* The first free member at or after `from`, in one word or more of the bitmap. */
static uint32_t free_from(const struct hunt *h, uint32_t from)
{
    for (uint32_t word = from / 64; from < h->members && word <= (h->members - 1) / 64; word++) {
        uint64_t bits = h->bits[word];
        if (word == from / 64)
            bits &= ~UINT64_C(0) << from % 64;
        if (bits)
            return word * 64 + (uint32_t)__builtin_ctzll(bits);
    }
    return HUNT_NOBODY;
}

static uint32_t by_number(const struct hunt *h, const struct hunt_walk *w, uint32_t from)
{
    uint32_t member = free_from(h, from);

    while (member != HUNT_NOBODY && was_tried(w, member))
        member = free_from(h, member + 1);
    return member;
}

static uint32_t by_idle_time(const struct hunt *h, const struct hunt_walk *w)
{
    uint32_t member = h->oldest;

    while (member != HUNT_NOBODY && was_tried(w, member))
        member = h->at[member].after;
    return member;
}

static uint32_t round_and_round(const struct hunt *h, const struct hunt_walk *w)
{
    uint32_t after = h->last == HUNT_NOBODY ? 0 : h->last + 1;
    uint32_t member = by_number(h, w, after);

    return member == HUNT_NOBODY ? by_number(h, w, 0) : member;
}

static bool remember(struct hunt_walk *w, uint32_t member)
{
    if (w->count == w->cap) {
        uint32_t cap = w->cap ? 2 * w->cap : 4;
        uint32_t *more = realloc(w->tried, cap * sizeof *more);
        if (!more)
            return false;
        w->tried = more;
        w->cap = cap;
    }
    w->tried[w->count++] = member;
    return true;
}

/* Broadcast asks for all in order of their numbers, so that the last one tried is where it is. */
static uint32_t everybody(const struct hunt *h, const struct hunt_walk *w)
{
    return free_from(h, w->count ? w->tried[w->count - 1] + 1 : 0);
}

uint32_t hunt_next(struct hunt *h, struct hunt_walk *w)
{
    uint32_t member = HUNT_NOBODY;

    switch (h->algorithm) {
    case HUNT_LONGEST_IDLE:
        member = by_idle_time(h, w);
        break;
    case HUNT_TOP_DOWN:
        member = by_number(h, w, 0);
        break;
    case HUNT_CIRCULAR:
        member = round_and_round(h, w);
        break;
    case HUNT_BROADCAST:
        member = everybody(h, w);
        break;
    }
    if (member == HUNT_NOBODY || !remember(w, member))
        return HUNT_NOBODY;
    h->last = member;
    return member;
}

void hunt_walk_end(struct hunt_walk *w)
{
    free(w->tried);
    *w = (struct hunt_walk){0};
}
