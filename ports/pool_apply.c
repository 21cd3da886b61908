/* EDGE: other settings for a pool that runs; see pool_inner.h. What can stay as it is stays: a
 * group whose name and line are the same goes on with its ports, and gets its new settings. A group
 * whose line changed is another one: its ports leave when their calls are over, and those of the
 * new one wait for their names. */
#include "ports/pool_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- what goes ---------------------------------------------------------------------------- */

static void leave_group(struct pool *p, struct pool_group *pg)
{
    pg->leaving = true;
    uv_timer_stop(&pg->retry);
    for (size_t i = 0; i < pg->places; i++)
        if (pg->ports[i] != NONE)
            pool_leave_port(p, pg->ports[i]);
    if (pg->used == 0)
        pool_close_group(p, pg);
}

static void leave_numbers(struct pool *p, struct pool_group *pg)
{
    const struct group_settings *g = pg->settings;

    for (size_t i = 0; i < pg->places; i++) {
        const struct pool_port *pp = pg->ports[i] == NONE ? NULL : &p->ports[pg->ports[i]];
        if (pp && (pp->number < g->first || pp->number - g->first >= g->count))
            pool_leave_port(p, pg->ports[i]);
    }
}

/* ---- what stays --------------------------------------------------------------------------- */

static void set_lamp_ports(const struct pool *p, struct pool_group *pg)
{
    for (size_t i = 0; i < pg->places; i++) {
        if (pg->ports[i] == NONE)
            continue;
        const struct pool_port *pp = &p->ports[pg->ports[i]];
        const struct port_behaviour b = port_behaviour_of(pg->settings, pp->number);
        mwi_set_port(pg->lamps, i, !pp->leaving && b.enabled && b.mwi, b.hunt_order);
    }
}

static void change_group(struct pool *p, struct pool_group *pg, struct book *b, size_t order)
{
    const struct group_settings *g = &b->groups[order];
    const bool trust = !settings_same_trust(pg->settings, g) || (pg->order == 0) != (order == 0);
    struct book *before = pg->book;

    pg->book = book_hold(b);
    pg->settings = g;
    pg->order = order;
    mwi_set_settings(pg->lamps, &g->mwi);
    set_lamp_ports(p, pg);
    pool_tell_group(p, pg);
    book_drop(before);
    leave_numbers(p, pg);
    if (!trust)
        return;
    pg->failures = 0;
    pool_ask_routes(p, pg->slot, FETCH_ASKED);
}

/* Groups go by their names; NULL: a new one, or one with another line. */
static struct pool_group *same_group(const struct pool *p, const struct group_settings *g)
{
    for (size_t i = 0; i < p->group_count; i++) {
        struct pool_group *pg = p->groups[i];
        if (pg && !pg->leaving && strcasecmp(pg->settings->name, g->name) == 0)
            return settings_same_line(pg->settings, g) ? pg : NULL;
    }
    return NULL;
}

/* ---- names of ports that leave ------------------------------------------------------------ */

struct leaver {
    char name[DEVICE_NAME_MAX + 1];
    uint32_t port;
};

struct leavers {
    struct leaver *list;
    size_t count;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct leaver *)a)->name, ((const struct leaver *)b)->name);
}

static struct leaver leaver_of(const struct pool *p, uint32_t port)
{
    struct leaver l = {.port = port};

    memcpy(l.name, p->ports[port].name, sizeof l.name);
    return l;
}

/* Those for whom nobody waits yet. Without memory new ports start at once: the call manager then
 * closes the older connection of that name. */
static void find_leavers(const struct pool *p, struct leavers *out)
{
    *out = (struct leavers){calloc(p->port_places + 1, sizeof *out->list), 0};
    for (uint32_t i = 0; out->list && i < p->port_places; i++)
        if (p->ports[i].used && p->ports[i].leaving && p->ports[i].next == NONE)
            out->list[out->count++] = leaver_of(p, i);
    if (out->count)
        qsort(out->list, out->count, sizeof *out->list, by_name);
}

static uint32_t leaver_named(const struct leavers *l, const char *name)
{
    struct leaver key = {.port = NONE}, *found;

    if (l->count == 0)
        return NONE;
    snprintf(key.name, sizeof key.name, "%s", name);
    found = bsearch(&key, l->list, l->count, sizeof *l->list, by_name);
    return found ? found->port : NONE;
}

/* ---- what comes --------------------------------------------------------------------------- */

static void trouble(const struct pool *p, const struct group_settings *g, const struct err *why)
{
    log_err(p->settings.log, LOG_ERROR, LOG_ARBITER, g->name, why);
}

/* By number from the first one on: is there a port that stays? NULL: no memory. */
static bool *numbers_there(const struct pool *p, const struct pool_group *pg)
{
    bool *there = calloc(pg->settings->count, sizeof *there);

    for (size_t i = 0; there && i < pg->places; i++)
        if (pg->ports[i] != NONE && !p->ports[pg->ports[i]].leaving)
            there[p->ports[pg->ports[i]].number - pg->settings->first] = true;
    return there;
}

static bool add_port(struct pool *p, struct pool_group *pg, unsigned number,
                     const struct leavers *l, struct err *e)
{
    const uint32_t port = pool_add_port(p, pg, number, e);

    if (port == NONE)
        return false;
    const uint32_t before = leaver_named(l, p->ports[port].name);
    if (before != NONE)
        pool_let_wait(p, port, before);
    pool_start_port(p, port);
    return true;
}

static bool add_numbers(struct pool *p, struct pool_group *pg, const struct leavers *l)
{
    bool *there = numbers_there(p, pg);
    struct err e = {0};
    bool ok = there || err_set(&e, ERR_MEMORY, "no memory for %u ports", pg->settings->count);
    size_t more = 0;

    for (unsigned i = 0; ok && i < pg->settings->count; i++)
        more += !there[i];
    ok = ok && pool_have_room(pg, more, &e);
    for (unsigned i = 0; ok && i < pg->settings->count; i++)
        ok = there[i] || add_port(p, pg, pg->settings->first + i, l, &e);
    if (!ok)
        trouble(p, pg->settings, &e);
    free(there);
    return ok;
}

static bool open_group(struct pool *p, struct book *b, size_t order, const struct leavers *l)
{
    struct err e = {0};
    struct pool_group *pg = pool_open_group(p, b, order, &e);

    if (!pg) {
        trouble(p, &b->groups[order], &e);
        return false;
    }
    const bool whole = add_numbers(p, pg, l);
    pool_ask_routes(p, pg->slot, FETCH_IF_DUE);
    return whole;
}

/* ---- what cannot change while it runs ----------------------------------------------------- */

static bool any_of_age(const struct pool_settings *s, bool legacy)
{
    for (size_t g = 0; g < s->group_count; g++)
        if (s->groups[g].mode != MODE_NON_SECURE && s->groups[g].legacy_tls == legacy)
            return true;
    return false;
}

static bool have_authority(const struct pool *p, const struct pool_settings *s, bool legacy,
                           struct tls_authority **out, struct err *e)
{
    const struct tls_authority_settings as = {
        .dir = p->settings.state_dir, .legacy = legacy, .key_per_port = p->settings.key_per_port};

    if (*out || !any_of_age(s, legacy))
        return true;
    *out = tls_authority_open(&as, e);
    return *out != NULL;
}

/* Once opened they stay: old labs know another root, with other keys, than the rest. */
bool pool_have_authorities(struct pool *p, const struct pool_settings *s, struct err *e)
{
    return have_authority(p, s, false, &p->authorities.modern, e) &&
           have_authority(p, s, true, &p->authorities.legacy, e);
}

/* The range of media ports is that of the start. */
static bool enough_media(const struct pool *p, const struct pool_settings *s, struct err *e)
{
    return settings_check_rtp(&p->settings, settings_ports(s), e);
}

/* ---- all of it ---------------------------------------------------------------------------- */

/* First who goes, so that it is known for whom the new ones have to wait. */
static void part(struct pool *p, struct book *b)
{
    const size_t count = p->group_count;

    for (size_t i = 0; i < b->group_count; i++) {
        struct pool_group *pg = same_group(p, &b->groups[i]);
        if (pg)
            change_group(p, pg, b, i);
    }
    for (size_t i = 0; i < count; i++)
        if (p->groups[i] && !p->groups[i]->leaving && p->groups[i]->book != b)
            leave_group(p, p->groups[i]);
}

#define OWED_MS 5000u /* until what found no memory is tried again */

static void on_owed(uv_timer_t *t)
{
    struct pool *p = t->data;
    struct book *b = p->owed;

    p->owed = NULL;
    if (b && p->stopping == RUNNING)
        pool_change(p, b);
    book_drop(b);
}

/* The whole book once more: what is already as it says is left alone. */
static void owe(struct pool *p, struct book *b)
{
    p->owed = book_hold(b);
    uv_timer_start(&p->owed_timer, on_owed, OWED_MS, 0);
}

bool pool_whole(const struct pool *p)
{
    return !p->owed;
}

void pool_change(struct pool *p, struct book *b)
{
    struct leavers leavers;
    bool whole = true;

    book_drop(p->owed); /* of an older reading */
    p->owed = NULL;
    part(p, b);
    find_leavers(p, &leavers);
    for (size_t i = 0; i < b->group_count; i++) {
        struct pool_group *pg = same_group(p, &b->groups[i]);
        whole &= pg ? add_numbers(p, pg, &leavers) : open_group(p, b, i, &leavers);
    }
    free(leavers.list);
    if (!whole)
        owe(p, b);
    pool_ask_identities(p);
    pool_changed(p);
}

bool pool_apply(struct pool *p, const struct pool_settings *s, void (*release)(void *owner),
                void *owner, struct err *e)
{
    struct book *b;

    if (p->stopping != RUNNING)
        return err_set(e, ERR_NOT_NOW, "the ports are being stopped");
    if (!settings_check(s, e) || !enough_media(p, s, e) || !pool_have_authorities(p, s, e))
        return false;
    b = book_new(s, release, owner, e);
    if (!b)
        return false;
    p->all_told = false;
    pool_change(p, b);
    book_drop(b);
    pool_pump_lamps(p); /* a port that was free all along may switch lamps now */
    return true;
}
