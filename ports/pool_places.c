/* EDGE: groups and ports come and go; see pool_inner.h. */
#include "ports/pool_inner.h"

#include <stdlib.h>
#include <string.h>

/* Of a port that is gone: a link of it may still be sending its last bytes. */
struct old_identity {
    struct tls_identity *identity;
    int64_t since_ms;
    struct old_identity *next;
};

static uint32_t worker_of(const struct pool *p, uint32_t port)
{
    return port % (uint32_t)p->worker_count;
}

/* ---- groups ------------------------------------------------------------------------------- */

void pool_tell_group(struct pool *p, const struct pool_group *pg)
{
    struct worker_command c = {.kind = CMD_GROUP, .group = pg->slot};

    for (size_t i = 0; i < p->worker_count; i++) {
        c.settings.book = book_hold(pg->book);
        c.settings.group = pg->settings;
        if (worker_put(p->workers[i], &c))
            continue;
        book_drop(pg->book);
        log_line(p->settings.log, LOG_ERROR, LOG_ARBITER, NULL, "worker %zu does not keep up", i);
    }
}

static bool have_places(struct pool_group *pg, size_t n, struct err *e)
{
    uint32_t *ports;

    if (n <= pg->places)
        return true;
    ports = realloc(pg->ports, n * sizeof *ports);
    if (!ports)
        return err_set(e, ERR_MEMORY, "no memory for %zu ports", n);
    pg->ports = ports;
    while (pg->places < n)
        pg->ports[pg->places++] = NONE;
    return mwi_grow(pg->lamps, n, e);
}

bool pool_have_room(struct pool_group *pg, size_t more, struct err *e)
{
    const size_t before = pg->places;

    if (!have_places(pg, pg->used + more, e))
        return false;
    for (size_t i = before; i < pg->places; i++)
        mwi_set_port(pg->lamps, i, false, 0); /* nobody is there yet */
    return true;
}

static bool free_slot(struct pool *p, uint32_t *slot, struct err *e)
{
    struct pool_group **groups;

    for (*slot = 0; *slot < p->group_count; ++*slot)
        if (!p->groups[*slot])
            return true;
    groups = realloc(p->groups, (p->group_count + 1) * sizeof(struct pool_group *));
    if (!groups)
        return err_set(e, ERR_MEMORY, "no memory for %zu groups", p->group_count + 1);
    p->groups = groups;
    p->groups[p->group_count++] = NULL;
    return true;
}

static void free_group(struct pool_group *pg)
{
    mwi_free(pg->lamps);
    book_drop(pg->book);
    free(pg->ports);
    free(pg);
}

struct pool_group *pool_open_group(struct pool *p, struct book *book, size_t order, struct err *e)
{
    uint32_t slot = 0;
    struct pool_group *pg = free_slot(p, &slot, e) ? calloc(1, sizeof *pg) : NULL;

    if (!pg) {
        err_set(e, ERR_MEMORY, "no memory for a group");
        return NULL;
    }
    *pg = (struct pool_group){.pool = p,
                              .slot = slot,
                              .life = ++p->group_lives,
                              .book = book_hold(book),
                              .settings = &book->groups[order],
                              .order = order};
    pg->lamps = mwi_new(&pg->settings->mwi, pg->settings->count, e);
    if (!pg->lamps || !pool_have_room(pg, pg->settings->count, e)) {
        free_group(pg);
        return NULL;
    }
    pool_add_timer(p, &pg->retry, pg);
    p->groups[slot] = pg;
    pool_tell_group(p, pg);
    return pg;
}

static void on_retry_closed(uv_handle_t *h)
{
    struct pool_group *pg = h->data;
    struct pool *p = pg->pool;

    free_group(pg);
    pool_handle_closed(p);
}

void pool_close_group(struct pool *p, struct pool_group *pg)
{
    const struct worker_command c = {.kind = CMD_CLOSE, .group = pg->slot};

    pool_close_lamps(p, pg);
    pool_tell_all(p, &c);
    p->groups[pg->slot] = NULL;
    uv_close((uv_handle_t *)&pg->retry, on_retry_closed);
}

/* ---- ports -------------------------------------------------------------------------------- */

const char *pool_port_name(const struct pool *p, uint32_t port)
{
    return port < p->port_places ? p->ports[port].name : "";
}

static bool free_place(struct pool *p, uint32_t *port, struct err *e)
{
    struct pool_port *ports;
    const size_t room = p->port_room ? 2 * p->port_room : 64;

    while (p->first_free < p->port_places && p->ports[p->first_free].used)
        p->first_free++;
    *port = p->first_free;
    if (*port < p->port_places)
        return true;
    if (p->port_places == p->port_room) {
        ports = realloc(p->ports, room * sizeof *ports);
        if (!ports)
            return err_set(e, ERR_MEMORY, "no memory for %zu ports", room);
        p->ports = ports;
        p->port_room = room;
    }
    p->ports[p->port_places++] = (struct pool_port){.waits = NONE, .next = NONE};
    return true;
}

static bool free_index(struct pool_group *pg, uint32_t *index, struct err *e)
{
    while (pg->first_free < pg->places && pg->ports[pg->first_free] != NONE)
        pg->first_free++;
    *index = pg->first_free;
    return *index < pg->places || pool_have_room(pg, 1, e);
}

uint32_t pool_add_port(struct pool *p, struct pool_group *pg, unsigned number, struct err *e)
{
    const struct port_behaviour b = port_behaviour_of(pg->settings, number);
    struct worker_command c = {.kind = CMD_SEAT, .group = pg->slot, .number = number};
    struct pool_port *pp;
    uint32_t index = 0;

    if (!free_place(p, &c.port, e) || !free_index(pg, &index, e))
        return NONE;
    pp = &p->ports[c.port];
    *pp = (struct pool_port){.used = true,
                             .group = pg->slot,
                             .index = index,
                             .number = number,
                             .life = pp->life + 1,
                             .waits = NONE,
                             .next = NONE};
    if (!device_name(pg->settings->prefix, number, pp->name))
        pp->name[0] = '\0'; /* settings_check allows no such thing */
    pg->ports[index] = c.port;
    pg->used++;
    p->port_count++;
    mwi_set_port(pg->lamps, index, b.enabled && b.mwi, b.hunt_order);
    pool_tell(p, worker_of(p, c.port), &c);
    return c.port;
}

void pool_let_wait(struct pool *p, uint32_t port, uint32_t for_port)
{
    p->ports[port].waits = for_port;
    p->ports[for_port].next = port;
    p->port_count--;
}

void pool_start_port(struct pool *p, uint32_t port)
{
    const struct pool_port *pp = &p->ports[port];
    const struct worker_command c = {.kind = CMD_START, .port = port, .identity = pp->identity};
    const bool secure = p->groups[pp->group]->settings->mode != MODE_NON_SECURE;

    if (!pp->leaving && pp->waits == NONE && (pp->identity || !secure))
        pool_tell(p, worker_of(p, port), &c);
}

void pool_leave_port(struct pool *p, uint32_t port)
{
    struct pool_port *pp = &p->ports[port];
    const struct worker_command c = {.kind = CMD_LEAVE, .port = port, .group = pp->group};

    if (!pp->used || pp->leaving)
        return;
    pp->leaving = true;
    /* A lamp request behind CMD_LEAVE might find nobody who answers it. */
    mwi_set_port(p->groups[pp->group]->lamps, pp->index, false, 0);
    pool_tell(p, worker_of(p, port), &c);
}

/* ---- a port is gone ----------------------------------------------------------------------- */

static void drop_old_identities(struct pool *p, int64_t older_than_ms)
{
    for (struct old_identity **at = &p->identities, *o; (o = *at);) {
        if (o->since_ms > older_than_ms) {
            at = &o->next;
            continue;
        }
        *at = o->next;
        tls_identity_free(o->identity);
        free(o);
    }
}

static void keep_identity(struct pool *p, struct tls_identity *identity)
{
    struct old_identity *o = identity ? calloc(1, sizeof *o) : NULL;

    if (!o)
        return; /* without memory it stays for good */
    *o = (struct old_identity){identity, pool_now_ms(), p->identities};
    p->identities = o;
}

/* Who waited for this one's name waits for the one before it, if there is one; else may start. */
static void let_next_on(struct pool *p, struct pool_port *gone)
{
    const uint32_t before = gone->waits, next = gone->next;

    if (before != NONE)
        p->ports[before].next = next;
    if (next == NONE)
        return;
    p->ports[next].waits = before;
    if (before != NONE)
        return;
    p->port_count++;
    if (p->stopping == RUNNING)
        pool_start_port(p, next);
}

void pool_vacant(struct pool *p, uint32_t port)
{
    struct pool_port *pp = &p->ports[port];
    struct pool_group *pg = p->groups[pp->group];

    if (!pp->used || !pp->leaving)
        return;
    log_line(p->settings.log, LOG_INFO, LOG_ARBITER, pp->name, "is gone from the settings");
    drop_old_identities(p, pool_now_ms() - IDENTITY_KEPT_MS);
    keep_identity(p, pp->identity);
    p->port_count -= pp->waits == NONE;
    pp->used = false;
    pp->identity = NULL;
    if (port < p->first_free)
        p->first_free = port;
    mwi_set_port(pg->lamps, pp->index, false, 0);
    pg->ports[pp->index] = NONE;
    pg->used--;
    if (pp->index < pg->first_free)
        pg->first_free = pp->index;
    let_next_on(p, pp);
    if (pg->leaving && pg->used == 0 && p->stopping != FINISHING)
        pool_close_group(p, pg);
}

void pool_free_places(struct pool *p)
{
    for (size_t i = 0; i < p->port_places; i++)
        tls_identity_free(p->ports[i].identity);
    drop_old_identities(p, INT64_MAX);
    for (size_t g = 0; g < p->group_count; g++)
        if (p->groups[g])
            free_group(p->groups[g]);
    free(p->ports);
    free(p->groups);
}
