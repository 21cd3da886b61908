#include "media/wheel.h"

#include <stdlib.h>

void wheel_init(struct wheel *w, int64_t now_ns)
{
    *w = (struct wheel){.tick = now_ns / WHEEL_SLOT_NS};
    for (size_t i = 0; i < WHEEL_SLOTS; i++)
        w->head[i] = WHEEL_NONE;
}

void wheel_free(struct wheel *w)
{
    free(w->links);
    w->links = NULL;
    w->cap = 0;
}

bool wheel_grow(struct wheel *w, uint32_t ids, struct err *e)
{
    if (ids <= w->cap)
        return true;
    uint32_t cap = w->cap ? w->cap : 64;
    while (cap < ids)
        cap *= 2;
    struct wheel_link *links = realloc(w->links, cap * sizeof *links);
    if (!links)
        return err_set(e, ERR_MEMORY, "no memory for %u streams", ids);
    for (uint32_t i = w->cap; i < cap; i++)
        links[i] = (struct wheel_link){.slot = WHEEL_SLOTS};
    w->links = links;
    w->cap = cap;
    return true;
}

void wheel_remove(struct wheel *w, uint32_t id)
{
    struct wheel_link *l = &w->links[id];

    if (l->slot == WHEEL_SLOTS)
        return;
    if (l->prev != WHEEL_NONE)
        w->links[l->prev].next = l->next;
    else
        w->head[l->slot] = l->next;
    if (l->next != WHEEL_NONE)
        w->links[l->next].prev = l->prev;
    if (--w->count[l->slot] == 0)
        w->busy &= ~(UINT64_C(1) << l->slot);
    l->slot = WHEEL_SLOTS;
}

/* The slot of a time: never before the one that is served now, never past the wheel's reach. */
static int64_t tick_of(const struct wheel *w, int64_t due_ns)
{
    int64_t tick = due_ns / WHEEL_SLOT_NS;

    if (tick < w->tick)
        return w->tick;
    return tick >= w->tick + WHEEL_SLOTS ? w->tick + WHEEL_SLOTS - 1 : tick;
}

void wheel_put(struct wheel *w, uint32_t id, int64_t due_ns)
{
    struct wheel_link *l = &w->links[id];

    wheel_remove(w, id);
    uint8_t slot = (uint8_t)(tick_of(w, due_ns) % WHEEL_SLOTS);
    *l = (struct wheel_link){.next = w->head[slot], .prev = WHEEL_NONE, .slot = slot};
    if (l->next != WHEEL_NONE)
        w->links[l->next].prev = id;
    w->head[slot] = id;
    w->count[slot]++;
    w->busy |= UINT64_C(1) << slot;
}

/* Slots from the one served now to the first that is not empty; the wheel is not empty. */
static int64_t empty_slots(const struct wheel *w)
{
    unsigned at = (unsigned)(w->tick % WHEEL_SLOTS);
    uint64_t turned = at == 0 ? w->busy : w->busy >> at | w->busy << (WHEEL_SLOTS - at);

    return __builtin_ctzll(turned);
}

uint32_t wheel_pop(struct wheel *w, int64_t now_ns)
{
    int64_t now_tick = now_ns / WHEEL_SLOT_NS;
    int64_t next = w->busy ? w->tick + empty_slots(w) : INT64_MAX;

    if (next > now_tick) {
        if (now_tick > w->tick)
            w->tick = now_tick;
        return WHEEL_NONE;
    }
    w->tick = next;
    uint32_t id = w->head[next % WHEEL_SLOTS];
    wheel_remove(w, id);
    return id;
}

int64_t wheel_next_ns(const struct wheel *w)
{
    return w->busy ? (w->tick + empty_slots(w)) * WHEEL_SLOT_NS : INT64_MAX;
}

/* Slots that are not full yet come first, the fullest of them before all; then the emptiest. */
static bool is_better(uint32_t n, uint32_t than)
{
    bool open = n < WHEEL_TOGETHER, than_open = than < WHEEL_TOGETHER;

    if (open != than_open)
        return open;
    return open ? n > than : n < than;
}

/* An empty stretch behind us is done with: a thread that slept turns no wheel. */
static void catch_up(struct wheel *w, int64_t tick)
{
    int64_t reached = w->busy ? w->tick + empty_slots(w) : tick;

    if (reached > tick)
        reached = tick;
    if (reached > w->tick)
        w->tick = reached;
}

int64_t wheel_place(struct wheel *w, int64_t from_ns, unsigned every_ms)
{
    catch_up(w, from_ns / WHEEL_SLOT_NS);
    int64_t first = (from_ns + WHEEL_SLOT_NS - 1) / WHEEL_SLOT_NS;
    int64_t best = first < w->tick ? w->tick : first;

    for (int64_t tick = best, end = best + every_ms; tick < end && tick < w->tick + WHEEL_SLOTS;
         tick++)
        if (is_better(w->count[tick % WHEEL_SLOTS], w->count[best % WHEEL_SLOTS]))
            best = tick;
    return best * WHEEL_SLOT_NS;
}

uint32_t wheel_peek(const struct wheel *w)
{
    return w->head[w->tick % WHEEL_SLOTS];
}
