/* EDGE: places for groups and ports: taken, given other settings, left, used again; see seat.h. */
#include "ports/seat.h"

#include <stdlib.h>
#include <string.h>

#define ROUTES_KEPT_MS 60000 /* a link that was closed may still be sending its last bytes */
#define FIRST_PLACES   16u

/* ---- routes ------------------------------------------------------------------------------- */

struct used_routes *used_routes_new(struct routes *routes, struct err *e)
{
    struct used_routes *u = routes ? calloc(1, sizeof *u) : NULL;

    if (u)
        u->routes = routes;
    else if (routes)
        err_set(e, ERR_MEMORY, "no memory for %zu servers", routes->count);
    if (!u)
        routes_free(routes);
    return u;
}

void used_routes_free(struct used_routes *u)
{
    if (!u)
        return;
    routes_free(u->routes);
    free(u);
}

static void drop_unused_routes(struct worker *w, int64_t older_than_ms)
{
    for (struct used_routes **at = &w->old_routes, *u; (u = *at);) {
        if (u->users == 0 && u->replaced_ms <= older_than_ms) {
            *at = u->next;
            used_routes_free(u);
        } else {
            at = &u->next;
        }
    }
}

void worker_hold(struct worker *w, uint32_t group)
{
    struct used_routes *u = group < w->group_count ? w->groups[group].now : NULL;

    if (!u)
        return;
    w->groups[group].now = NULL;
    u->replaced_ms = worker_now_ms();
    u->next = w->old_routes;
    w->old_routes = u;
}

static void dial_again(struct seat *s)
{
    seat_begin(s);
    if (s->port.state == PORT_WAITING)
        seat_dial(s->line, s->port.server);
    if (s->port.second.state == SECOND_WAITING)
        seat_dial(s->second, s->port.second.server);
    seat_check_second(s);
    seat_end(s);
}

/* SIZE_MAX: nowhere, or there is no line. */
static size_t place_in(const struct routes *r, const struct line *l)
{
    const struct net_addr peer = l->link ? link_peer(l->link) : (struct net_addr){0};

    for (size_t i = 0; l->link && i < r->count; i++)
        if (net_addr_equal(&peer, &r->list[i].addr))
            return i;
    return SIZE_MAX;
}

void worker_take_routes(struct worker *w, uint32_t group, struct used_routes *u)
{
    worker_hold(w, group);
    drop_unused_routes(w, worker_now_ms() - ROUTES_KEPT_MS);
    if (group >= w->group_count || !w->groups[group].book) {
        used_routes_free(u);
        return;
    }
    w->groups[group].now = u;
    for (size_t i = 0; i < w->count; i++) {
        if (w->seats[i]->group != group || w->seats[i]->vacant)
            continue;
        port_set_servers(&w->seats[i]->port, u->routes->count);
        port_stands_at(&w->seats[i]->port, place_in(u->routes, w->seats[i]->line));
        dial_again(w->seats[i]);
    }
}

/* ---- groups ------------------------------------------------------------------------------- */

static void write_keys(void *arg, const char *line)
{
    keylog_line(arg, line);
}

static struct tls_context *make_context(const struct worker *w, const struct group_settings *g,
                                        bool newer, struct err *e)
{
    struct keylog *keylog = w->shared->settings->keylog;
    struct tls_profile profile = routes_profile(g, newer);

    profile.keylog = keylog ? write_keys : NULL;
    profile.keylog_arg = keylog;
    return tls_context_new(&profile, e);
}

static bool make_contexts(const struct worker *w, struct worker_group *wg, struct err *e)
{
    const struct group_settings *g = wg->settings;

    if (g->mode == MODE_NON_SECURE)
        return true;
    if (!wg->context)
        wg->context = make_context(w, g, false, e);
    if (wg->context && !wg->newer_context && routes_may_go_newer(g))
        wg->newer_context = make_context(w, g, true, e);
    return wg->context && (wg->newer_context || !routes_may_go_newer(g));
}

bool worker_have_contexts(struct worker *w, uint32_t group, struct err *e)
{
    return make_contexts(w, &w->groups[group], e);
}

static bool have_group_place(struct worker *w, uint32_t group, struct err *e)
{
    struct worker_group *groups;
    size_t n = w->group_count ? w->group_count : FIRST_PLACES;

    while (n <= group)
        n *= 2;
    if (n == w->group_count)
        return true;
    groups = realloc(w->groups, n * sizeof *groups);
    if (!groups)
        return err_set(e, ERR_MEMORY, "no memory for %zu groups", n);
    memset(groups + w->group_count, 0, (n - w->group_count) * sizeof *groups);
    w->groups = groups;
    w->group_count = n;
    return true;
}

/* A call goes on with the settings that it began with. */
void seat_settle(struct seat *s)
{
    const struct group_settings *g = s->next.group;

    if (port_in_call(&s->port))
        return;
    const struct port_behaviour b = port_behaviour_of(g, s->number);
    port_set_group(&s->port, g, !b.enabled || !b.answer);
    book_drop(s->book);
    s->book = s->next.book;
    s->next.book = NULL;
}

static void give_settings(struct worker *w, uint32_t group)
{
    const struct worker_group *wg = &w->groups[group];

    for (size_t i = 0; i < w->count; i++) {
        struct seat *s = w->seats[i];
        if (s->group != group || s->vacant)
            continue;
        book_drop(s->next.book);
        s->next.book = book_hold(wg->book);
        s->next.group = wg->settings;
        seat_settle(s);
    }
}

bool worker_open_group(struct worker *w, const struct worker_command *c, struct err *e)
{
    struct worker_group *wg;
    bool known;

    if (!have_group_place(w, c->group, e))
        return false;
    wg = &w->groups[c->group];
    known = wg->book != NULL;
    book_drop(wg->book);
    wg->book = c->settings.book;
    wg->settings = c->settings.group;
    if (known)
        give_settings(w, c->group);
    return true;
}

static void drop_old_contexts(struct worker *w, int64_t older_than_ms)
{
    for (struct old_context **at = &w->old_contexts, *o; (o = *at);) {
        if (o->since_ms > older_than_ms) {
            at = &o->next;
            continue;
        }
        *at = o->next;
        tls_context_free(o->context);
        free(o);
    }
}

/* Its last links may still be closing: what they stand on stays for a while. */
static void keep_context(struct worker *w, struct tls_context *context)
{
    struct old_context *o = context ? calloc(1, sizeof *o) : NULL;

    if (!o)
        return; /* without memory it stays for good */
    *o = (struct old_context){context, worker_now_ms(), w->old_contexts};
    w->old_contexts = o;
}

void worker_close_group(struct worker *w, uint32_t group)
{
    if (group >= w->group_count || !w->groups[group].book)
        return;
    worker_hold(w, group);
    drop_old_contexts(w, worker_now_ms() - ROUTES_KEPT_MS);
    keep_context(w, w->groups[group].context);
    keep_context(w, w->groups[group].newer_context);
    book_drop(w->groups[group].book);
    w->groups[group] = (struct worker_group){0};
}

/* ---- seats -------------------------------------------------------------------------------- */

static size_t place_of(const struct worker *w, uint32_t port)
{
    return port % w->shared->workers == w->index ? port / w->shared->workers : SIZE_MAX;
}

struct seat *worker_seat(struct worker *w, uint32_t port)
{
    const size_t at = place_of(w, port);

    return at < w->count && !w->seats[at]->vacant ? w->seats[at] : NULL;
}

static bool have_room(struct worker *w, struct err *e)
{
    const size_t n = w->room ? 2 * w->room : FIRST_PLACES;
    struct seat **seats;

    if (w->count < w->room)
        return true;
    seats = realloc(w->seats, n * sizeof(struct seat *));
    if (!seats)
        return err_set(e, ERR_MEMORY, "no memory for %zu ports", n);
    w->seats = seats;
    w->room = n;
    return true;
}

static bool new_seat(struct worker *w, struct err *e)
{
    struct seat *s = have_room(w, e) ? calloc(1, sizeof *s) : NULL;

    if (!s)
        return err_set(e, ERR_MEMORY, "no memory for a port");
    s->worker = w;
    s->index = (uint32_t)(w->count * w->shared->workers + w->index);
    s->vacant = true;
    s->line = &s->lines[0];
    s->second = &s->lines[1];
    s->line->seat = s->second->seat = s;
    uv_timer_init(&w->loop, &s->timer);
    s->timer.data = s;
    w->seats[w->count++] = s;
    w->stopped++;
    return true;
}

/* Places are given out in order, but one may have failed for want of memory. */
static struct seat *vacant_seat(struct worker *w, size_t at, struct err *e)
{
    while (w->count <= at)
        if (!new_seat(w, e))
            return NULL;
    if (w->seats[at]->vacant)
        return w->seats[at];
    err_set(e, ERR_NOT_NOW, "%s has this place", w->seats[at]->name);
    return NULL;
}

static void furnish_line(struct line *l)
{
    l->habits = (struct sccp_habits){0};
    l->version[0] = l->cipher[0] = l->connected_to[0] = '\0';
}

/* All that the port before it in this place left behind, but a place in the line for a turn. */
static void furnish(struct seat *s, const struct worker_command *c, const struct worker_group *wg)
{
    const struct port_behaviour b = port_behaviour_of(wg->settings, c->number);

    s->group = c->group;
    s->number = c->number;
    s->armed_ms = INT64_MAX;
    s->identity = NULL;
    furnish_line(s->line);
    furnish_line(s->second);
    s->started = s->leaving = s->vacant = false;
    s->media = (struct media_counts){0};
    s->debt = (struct seat_debt){0};
    s->trouble = (struct trouble){0};
    book_drop(s->book);
    s->book = book_hold(wg->book);
    book_drop(s->next.book);
    s->next.book = NULL;
    port_init(&s->port, wg->settings, wg->now ? wg->now->routes->count : 1,
              (uint64_t)worker_now_ms() * 1000003u + s->index);
    s->port.never_answers = !b.enabled || !b.answer;
}

bool worker_add_seat(struct worker *w, const struct worker_command *c, struct err *e)
{
    const struct worker_group *wg = c->group < w->group_count ? &w->groups[c->group] : NULL;
    struct seat *s;
    char name[DEVICE_NAME_MAX + 1];

    if (!wg || !wg->book)
        return err_set(e, ERR_NOT_NOW, "port %u has no group", c->number);
    if (!device_name(wg->settings->prefix, c->number, name))
        return err_set(e, ERR_USAGE, "the device name of port %u is too long", c->number);
    s = vacant_seat(w, place_of(w, c->port), e);
    if (!s)
        return false;
    memcpy(s->name, name, sizeof s->name);
    furnish(s, c, wg);
    return true;
}

/* Gone is who has unregistered and whose streams have all reported. */
void seat_watch_leaving(struct seat *s)
{
    if (s->vacant || s->port.state != PORT_STOPPED || s->talks > 0)
        return;
    s->vacant = true;
    seat_tell_vacant(s);
}

/* ---- the end ------------------------------------------------------------------------------ */

static void free_group(struct worker_group *wg)
{
    if (wg->now)
        used_routes_free(wg->now);
    tls_context_free(wg->context);
    tls_context_free(wg->newer_context);
    book_drop(wg->book);
}

void worker_free_places(struct worker *w)
{
    for (size_t g = 0; g < w->group_count; g++)
        free_group(&w->groups[g]);
    for (struct used_routes *u; (u = w->old_routes); used_routes_free(u))
        w->old_routes = u->next;
    drop_old_contexts(w, INT64_MAX);
    for (size_t i = 0; i < w->count; i++) {
        book_drop(w->seats[i]->book);
        book_drop(w->seats[i]->next.book);
        free(w->seats[i]);
    }
    free(w->groups);
    free(w->seats);
}
