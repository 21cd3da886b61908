#include "ports/mwi.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define NEVER      INT64_MAX
#define BUCKETS    16384u /* mailboxes with something to do; a power of two */
#define TRIES_MAX  64u    /* ports that turned one request away */
#define FIRST_ROOM 64u

enum stage { UNUSED, READY, BEHIND, LATER, ACTIVE };

/* Slots are named by index + 1, so that 0 is none. */
struct request {
    char extension[25];
    bool on;
    enum stage stage;
    void *tag;
    int64_t added_ms, due_ms;
    unsigned sends_left, tries;
    uint32_t next;   /* in the list of its stage, or of free slots */
    uint32_t behind; /* the same mailbox's next request */
    uint32_t bucket_next;
};

struct list {
    uint32_t first, last;
};

struct idle_port {
    size_t port;
    unsigned order;
    int64_t since_ms;
};

struct mwi_queue {
    const struct mwi_settings *settings;
    struct request *slots;
    size_t room, used;
    uint32_t unused; /* free slots, linked by `next` */
    struct list ready, later;
    uint32_t buckets[BUCKETS]; /* the last request of each mailbox */

    struct idle_port *heap; /* the port to take next is at 0 */
    size_t *place;          /* port -> place in the heap + 1; 0: not in it */
    unsigned *order;        /* port -> its hunt order; 0: may not switch lamps */
    int64_t *free_ms;       /* port -> since when it is free; NEVER: it is not */
    size_t idle, ports, able;

    size_t queued, active, stopped;     /* stopped: how far mwi_stop has come */
    int64_t next_start_ms, starving_ms; /* NEVER: not starving */
    uint64_t sent, confirmed, failed;
};

const char *mwi_result_words(enum mwi_result r)
{
    switch (r) {
    case MWI_CONFIRMED:
        return "confirmed";
    case MWI_BUSY:
        return "busy";
    case MWI_REORDER:
        return "reorder tone: is the lamp number within the ports' calling search space and "
               "partition?";
    case MWI_NO_PORT:
        return "no port was free to dial";
    case MWI_TIMEOUT:
        return "no answer in time";
    case MWI_NOT_UNDERSTOOD:
        return "the call manager ignores OffHookWithCallingPartyNumber";
    case MWI_LINK_LOST:
        return "the port lost its call manager";
    case MWI_GONE:
        return "no port group of the settings switches it any more";
    case MWI_STOPPED:
        return "the program ended first";
    }
    return "?";
}

/* ---- idle ports: a heap --------------------------------------------------------------------- */

static bool before(const struct idle_port *a, const struct idle_port *b)
{
    return a->order != b->order ? a->order > b->order : a->since_ms < b->since_ms;
}

static void put_at(struct mwi_queue *q, size_t at, struct idle_port x)
{
    q->heap[at] = x;
    q->place[x.port] = at + 1;
}

static void sift_up(struct mwi_queue *q, size_t at, struct idle_port x)
{
    for (size_t up; at > 0 && before(&x, &q->heap[up = (at - 1) / 2]); at = up)
        put_at(q, at, q->heap[up]);
    put_at(q, at, x);
}

static void sift_down(struct mwi_queue *q, size_t at, struct idle_port x)
{
    for (size_t child; (child = 2 * at + 1) < q->idle; at = child) {
        if (child + 1 < q->idle && before(&q->heap[child + 1], &q->heap[child]))
            child++;
        if (!before(&q->heap[child], &x))
            break;
        put_at(q, at, q->heap[child]);
    }
    put_at(q, at, x);
}

static void heap_remove(struct mwi_queue *q, size_t at)
{
    struct idle_port last = q->heap[--q->idle];

    q->place[q->heap[at].port] = 0;
    if (at == q->idle)
        return;
    if (at > 0 && before(&last, &q->heap[(at - 1) / 2]))
        sift_up(q, at, last);
    else
        sift_down(q, at, last);
}

/* ---- lists and slots ------------------------------------------------------------------------- */

static struct request *slot(struct mwi_queue *q, uint32_t id)
{
    return &q->slots[id - 1];
}

static void push_back(struct mwi_queue *q, struct list *l, uint32_t id)
{
    slot(q, id)->next = 0;
    if (l->last)
        slot(q, l->last)->next = id;
    else
        l->first = id;
    l->last = id;
}

static void push_front(struct mwi_queue *q, struct list *l, uint32_t id)
{
    slot(q, id)->next = l->first;
    l->first = id;
    if (!l->last)
        l->last = id;
}

static uint32_t pop(struct mwi_queue *q, struct list *l)
{
    uint32_t id = l->first;

    l->first = slot(q, id)->next;
    if (!l->first)
        l->last = 0;
    return id;
}

static bool grow(struct mwi_queue *q)
{
    size_t room = q->room ? q->room * 2 : FIRST_ROOM;
    struct request *slots = realloc(q->slots, room * sizeof *slots);

    if (!slots)
        return false;
    q->slots = slots;
    q->room = room;
    return true;
}

static uint32_t new_slot(struct mwi_queue *q)
{
    uint32_t id = q->unused;

    if (id) {
        q->unused = slot(q, id)->next;
    } else {
        if (q->used == q->room && !grow(q))
            return 0;
        id = (uint32_t)++q->used;
    }
    *slot(q, id) = (struct request){.stage = READY};
    return id;
}

/* ---- mailboxes ---------------------------------------------------------------------------- */

static uint32_t *bucket_of(struct mwi_queue *q, const char *extension)
{
    uint32_t h = 2166136261u; /* FNV-1a */

    for (const char *c = extension; *c; c++)
        h = (h ^ (unsigned char)*c) * 16777619u;
    return &q->buckets[h & (BUCKETS - 1)];
}

/* Where in its bucket's chain the mailbox's last request is named; *result 0: it has none. */
static uint32_t *last_of(struct mwi_queue *q, const char *extension)
{
    uint32_t *at = bucket_of(q, extension);

    while (*at && strcmp(slot(q, *at)->extension, extension) != 0)
        at = &slot(q, *at)->bucket_next;
    return at;
}

/* True when it has to wait for another one of its mailbox. */
static bool join_mailbox(struct mwi_queue *q, uint32_t id)
{
    uint32_t *at = last_of(q, slot(q, id)->extension);
    const uint32_t before_it = *at;

    slot(q, id)->bucket_next = before_it ? slot(q, before_it)->bucket_next : 0;
    *at = id;
    if (before_it)
        slot(q, before_it)->behind = id;
    return before_it != 0;
}

static void leave_mailbox(struct mwi_queue *q, uint32_t id)
{
    struct request *r = slot(q, id);

    if (r->behind) {
        slot(q, r->behind)->stage = READY;
        push_back(q, &q->ready, r->behind);
    } else {
        *last_of(q, r->extension) = r->bucket_next;
    }
}

/* ---- ports -------------------------------------------------------------------------------- */

static void *more_room(void *array, size_t bytes, bool *ok)
{
    void *bigger = realloc(array, bytes);

    *ok &= bigger != NULL;
    return bigger ? bigger : array;
}

bool mwi_grow(struct mwi_queue *q, size_t ports, struct err *e)
{
    bool ok = true;

    if (ports <= q->ports && q->heap)
        return true;
    q->heap = more_room(q->heap, (ports + 1) * sizeof *q->heap, &ok);
    q->place = more_room(q->place, (ports + 1) * sizeof *q->place, &ok);
    q->order = more_room(q->order, (ports + 1) * sizeof *q->order, &ok);
    q->free_ms = more_room(q->free_ms, (ports + 1) * sizeof *q->free_ms, &ok);
    if (!ok)
        return err_set(e, ERR_MEMORY, "no memory for the lamps of %zu ports", ports);
    for (; q->ports < ports; q->ports++) {
        q->place[q->ports] = 0;
        q->free_ms[q->ports] = NEVER;
        q->order[q->ports] = (unsigned)q->ports + 1;
        q->able++;
    }
    return true;
}

/* ---- the queue ---------------------------------------------------------------------------- */

struct mwi_queue *mwi_new(const struct mwi_settings *s, size_t ports, struct err *e)
{
    struct mwi_queue *q = calloc(1, sizeof *q);

    if (!q || !mwi_grow(q, ports, e)) {
        mwi_free(q);
        err_set(e, ERR_MEMORY, "no memory for the lamps of %zu ports", ports);
        return NULL;
    }
    q->settings = s;
    q->next_start_ms = INT64_MIN;
    q->starving_ms = NEVER;
    return q;
}

void mwi_free(struct mwi_queue *q)
{
    if (!q)
        return;
    free(q->slots);
    free(q->heap);
    free(q->place);
    free(q->order);
    free(q->free_ms);
    free(q);
}

void mwi_set_port(struct mwi_queue *q, size_t port, bool able, unsigned hunt_order)
{
    const unsigned order = !able ? 0 : hunt_order < UINT_MAX ? hunt_order + 1 : UINT_MAX;

    if (port >= q->ports || q->order[port] == order)
        return;
    if (q->place[port])
        heap_remove(q, q->place[port] - 1);
    q->able -= q->order[port] > 0;
    q->able += able;
    q->order[port] = order;
    if (able && q->free_ms[port] != NEVER)
        sift_up(q, q->idle++, (struct idle_port){port, order, q->free_ms[port]});
}

void mwi_set_settings(struct mwi_queue *q, const struct mwi_settings *s)
{
    if (q->next_start_ms != INT64_MIN)
        q->next_start_ms +=
            (int64_t)s->min_request_interval_ms - (int64_t)q->settings->min_request_interval_ms;
    q->settings = s;
}

size_t mwi_able_ports(const struct mwi_queue *q)
{
    return q->able;
}

/* Requests wait, no port is free, and none is busy with a lamp that would make it free. */
static void watch_starving(struct mwi_queue *q, int64_t now_ms)
{
    const bool starving = q->ready.first && q->idle == 0 && q->active == 0;

    if (!starving)
        q->starving_ms = NEVER;
    else if (q->starving_ms == NEVER)
        q->starving_ms = now_ms;
}

bool mwi_add(struct mwi_queue *q, const char *extension, bool on, void *tag, int64_t now_ms,
             struct err *e)
{
    uint32_t id = q->queued + q->active < MWI_QUEUE_MAX ? new_slot(q) : 0;

    if (!id)
        return err_set(e, ERR_LIMIT, "%zu lamp requests are waiting already", q->queued);
    struct request *r = slot(q, id);
    memcpy(r->extension, extension, strnlen(extension, sizeof r->extension - 1));
    r->on = on;
    r->tag = tag;
    r->added_ms = now_ms;
    r->sends_left = q->settings->retries_on_success + 1;
    q->queued++;
    if (join_mailbox(q, id))
        r->stage = BEHIND;
    else
        push_back(q, &q->ready, id);
    watch_starving(q, now_ms);
    return true;
}

void mwi_port_free(struct mwi_queue *q, size_t port, int64_t now_ms)
{
    if (port >= q->ports || q->free_ms[port] != NEVER)
        return;
    q->free_ms[port] = now_ms;
    if (!q->order[port])
        return;
    sift_up(q, q->idle++, (struct idle_port){port, q->order[port], now_ms});
    watch_starving(q, now_ms);
}

void mwi_port_taken(struct mwi_queue *q, size_t port, int64_t now_ms)
{
    if (port >= q->ports)
        return;
    q->free_ms[port] = NEVER;
    if (!q->place[port])
        return;
    heap_remove(q, q->place[port] - 1);
    watch_starving(q, now_ms);
}

/* Repeats after success wait behind each other: all wait equally long. */
static void wake_later(struct mwi_queue *q, int64_t now_ms)
{
    while (q->later.first && slot(q, q->later.first)->due_ms <= now_ms) {
        uint32_t id = pop(q, &q->later);
        slot(q, id)->stage = READY;
        push_back(q, &q->ready, id);
    }
}

static bool may_start(const struct mwi_queue *q, int64_t now_ms)
{
    const unsigned most = q->settings->max_concurrent;

    return q->ready.first && q->idle > 0 && now_ms >= q->next_start_ms &&
           (most == 0 || q->active < most);
}

bool mwi_take(struct mwi_queue *q, int64_t now_ms, struct mwi_start *out)
{
    wake_later(q, now_ms);
    watch_starving(q, now_ms);
    if (!may_start(q, now_ms))
        return false;
    uint32_t id = pop(q, &q->ready);
    struct request *r = slot(q, id);
    *out = (struct mwi_start){.id = id, .port = q->heap[0].port, .on = r->on};
    memcpy(out->extension, r->extension, sizeof out->extension);
    q->free_ms[out->port] = NEVER;
    heap_remove(q, 0);
    r->stage = ACTIVE;
    q->queued--;
    q->active++;
    q->sent++;
    q->next_start_ms = now_ms + q->settings->min_request_interval_ms;
    return true;
}

static struct mwi_end end_of(const struct request *r, enum mwi_result result, int64_t now_ms)
{
    struct mwi_end end = {
        .tag = r->tag, .result = result, .on = r->on, .took_ms = now_ms - r->added_ms};

    memcpy(end.extension, r->extension, sizeof end.extension);
    return end;
}

static void remove_slot(struct mwi_queue *q, uint32_t id, int64_t now_ms)
{
    struct request *r = slot(q, id);

    leave_mailbox(q, id);
    r->stage = UNUSED;
    r->next = q->unused;
    q->unused = id;
    watch_starving(q, now_ms);
}

static void end(struct mwi_queue *q, uint32_t id, enum mwi_result result, int64_t now_ms,
                struct mwi_end *out)
{
    struct request *r = slot(q, id);

    *out = end_of(r, result, now_ms);
    if (result == MWI_CONFIRMED)
        q->confirmed++;
    else
        q->failed++;
    remove_slot(q, id, now_ms);
}

static bool is_active(struct mwi_queue *q, uint32_t id)
{
    return id > 0 && id <= q->used && slot(q, id)->stage == ACTIVE;
}

bool mwi_done(struct mwi_queue *q, uint32_t id, enum mwi_result result, int64_t now_ms,
              struct mwi_end *out)
{
    if (!is_active(q, id))
        return false;
    struct request *r = slot(q, id);
    q->active--;
    if (result != MWI_CONFIRMED || --r->sends_left == 0) {
        end(q, id, result, now_ms, out);
        return true;
    }
    r->stage = LATER;
    r->due_ms = now_ms + q->settings->retry_interval_ms;
    push_back(q, &q->later, id);
    q->queued++;
    return false;
}

bool mwi_port_busy(struct mwi_queue *q, uint32_t id, int64_t now_ms, struct mwi_end *out)
{
    if (!is_active(q, id))
        return false;
    struct request *r = slot(q, id);
    q->active--;
    q->sent--; /* nothing was dialled */
    if (++r->tries >= TRIES_MAX) {
        end(q, id, MWI_NO_PORT, now_ms, out);
        return true;
    }
    r->stage = READY;
    push_front(q, &q->ready, id);
    q->queued++;
    watch_starving(q, now_ms);
    return false;
}

bool mwi_refuse(struct mwi_queue *q, const struct mwi_start *s, int64_t now_ms, struct mwi_end *out)
{
    if (!is_active(q, s->id))
        return false;
    q->active--;
    q->sent--;
    mwi_port_free(q, s->port, now_ms);
    end(q, s->id, MWI_GONE, now_ms, out);
    return true;
}

static int64_t gives_up_at(const struct mwi_queue *q)
{
    if (q->starving_ms == NEVER || !q->ready.first)
        return NEVER;
    const int64_t added = q->slots[q->ready.first - 1].added_ms;
    return (added > q->starving_ms ? added : q->starving_ms) + MWI_PATIENCE_MS;
}

bool mwi_give_up(struct mwi_queue *q, int64_t now_ms, struct mwi_end *out)
{
    watch_starving(q, now_ms);
    if (now_ms < gives_up_at(q))
        return false;
    q->queued--;
    end(q, pop(q, &q->ready), MWI_NO_PORT, now_ms, out);
    return true;
}

bool mwi_withdraw(struct mwi_queue *q, int64_t now_ms, struct mwi_end *out)
{
    if (q->later.first) {
        q->queued--;
        end(q, pop(q, &q->later), MWI_CONFIRMED, now_ms, out);
        return true;
    }
    if (!q->ready.first)
        return false;
    const uint32_t id = pop(q, &q->ready);
    *out = end_of(slot(q, id), MWI_GONE, now_ms);
    q->queued--;
    remove_slot(q, id, now_ms);
    return true;
}

bool mwi_stop(struct mwi_queue *q, int64_t now_ms, struct mwi_end *out)
{
    while (q->stopped < q->used) {
        struct request *r = &q->slots[q->stopped++];
        if (r->stage == UNUSED)
            continue;
        r->stage = UNUSED;
        q->failed++;
        *out = end_of(r, MWI_STOPPED, now_ms);
        return true;
    }
    q->queued = q->active = 0;
    q->ready = q->later = (struct list){0};
    return false;
}

int64_t mwi_due(const struct mwi_queue *q)
{
    int64_t due = gives_up_at(q);
    const unsigned most = q->settings->max_concurrent;

    if (q->ready.first && q->idle > 0 && (most == 0 || q->active < most) && q->next_start_ms < due)
        due = q->next_start_ms;
    if (q->later.first && q->slots[q->later.first - 1].due_ms < due)
        due = q->slots[q->later.first - 1].due_ms;
    return due;
}

struct mwi_counts mwi_counts(const struct mwi_queue *q, int64_t now_ms)
{
    struct mwi_counts c = {.queued = q->queued,
                           .active = q->active,
                           .sent = q->sent,
                           .confirmed = q->confirmed,
                           .failed = q->failed};

    if (q->ready.first)
        c.oldest_ms = now_ms - q->slots[q->ready.first - 1].added_ms;
    return c;
}
