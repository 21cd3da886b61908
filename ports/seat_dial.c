/* EDGE: a port's lines before they are up and when they are lost: the turn, the routes, the call
 * to link_connect; see seat.h. */
#include "ports/seat.h"

#include <string.h>

#define SIGNALLING_TOS 0x60 /* DSCP 24 (unity-connection.md 3.2) */

static bool is_second(const struct line *l)
{
    return l == l->seat->second;
}

void seat_give_turn_back(struct line *l)
{
    if (l->has_turn)
        turns_give_back(l->seat->worker->shared->turns);
    l->has_turn = false;
}

/* ---- lost --------------------------------------------------------------------------------- */

/* Under which of CUC's components an engineer looks for it (unity-connection.md 6.3): who looks for
 * a server in the list is MiuGeneral; TLS and certificates are SslInit's, the rest MiuSkinny's. */
static enum log_area area_of(enum err_kind k)
{
    const char *id = err_id(k);

    if (strncmp(id, "CTL-", 4) == 0)
        return LOG_MIU_GENERAL;
    return strncmp(id, "TLS-", 4) == 0 ? LOG_SSL_INIT : LOG_MIU_SKINNY;
}

/* A standby that is down is no trouble of a registered port, unless its certificate is. */
static void tell_lost(struct line *l, const struct err *why)
{
    struct seat *s = l->seat;
    struct err told = *why;

    if (!is_second(l)) {
        seat_trouble(s, area_of(why->kind), why);
        return;
    }
    err_in(&told, "second line");
    if (routes_untrusted(why->kind))
        seat_trouble(s, area_of(told.kind), &told);
    else
        log_line(worker_log(s->worker), LOG_INFO, LOG_MIU_SKINNY, s->name, "%s", told.text);
}

static enum port_event_kind lost_kind(const struct line *l, const struct err *why)
{
    const bool untrusted = routes_untrusted(why->kind);

    if (is_second(l))
        return untrusted ? EV_SECOND_UNTRUSTED : EV_SECOND_LOST;
    return untrusted ? EV_UNTRUSTED : EV_LINK_LOST;
}

void seat_line_lost(struct line *l, struct err *why)
{
    struct seat *s = l->seat;
    struct port_event ev = {.kind = lost_kind(l, why), .value = routes_stale(why->kind)};

    if (s->port.state != PORT_UNREGISTERING && !s->port.leaving)
        tell_lost(l, why);
    seat_event(s, &ev);
}

/* ---- connecting --------------------------------------------------------------------------- */

uint32_t seat_server_bit(const struct line *l, const struct used_routes *u)
{
    return UINT32_C(1) << (l->server % u->routes->count);
}

bool seat_open_link(struct line *l, struct used_routes *u, struct err *e)
{
    const struct seat *s = l->seat;
    struct worker *w = s->worker;
    const struct worker_group *g = &w->groups[s->group];
    const struct route *r = &u->routes->list[l->server % u->routes->count];

    if (!worker_have_contexts(w, s->group, e)) /* without one it would be plain TCP */
        return false;
    const struct link_settings ls = {
        .peer = r->addr,
        .bind = w->shared->settings->bind,
        .tos = SIGNALLING_TOS,
        .context = u->newer & seat_server_bit(l, u) ? g->newer_context : g->context,
        .identity = s->identity,
        .trust = r->trust,
    };

    l->link = link_connect(&w->loop, &ls, &seat_link_events, l, e);
    if (!l->link)
        return false;
    l->routes = u;
    u->users++;
    return true;
}

static void connect_to(struct line *l, struct used_routes *u)
{
    const struct route *r = &u->routes->list[l->server % u->routes->count];
    struct err e = r->why;

    seat_kind(l->seat, is_second(l) ? EV_SECOND_DIALLING : EV_DIALLING);
    net_addr_text(&r->addr, l->connected_to);
    if (e.kind == ERR_NONE && seat_open_link(l, u, &e))
        return;
    seat_give_turn_back(l);
    seat_line_lost(l, &e);
}

/* ---- waiting for it ----------------------------------------------------------------------- */

static void wait_in_line(struct waiting_lines *q, struct line *l)
{
    if (l->waiting)
        return;
    l->waiting = true;
    l->next_waiting = NULL;
    if (q->last)
        q->last->next_waiting = l;
    else
        q->first = l;
    q->last = l;
}

static struct line *first_in_line(struct waiting_lines *q)
{
    struct line *l = q->first;

    q->first = l->next_waiting;
    if (!q->first)
        q->last = NULL;
    l->waiting = false;
    return l;
}

static bool still_wants(const struct line *l)
{
    const struct seat *s = l->seat;
    const bool waits =
        is_second(l) ? s->port.second.state == SECOND_WAITING : s->port.state == PORT_WAITING;

    return waits && !l->link && s->worker->groups[s->group].now;
}

/* Whose wish was given up meanwhile is passed over. */
static bool someone_wants(struct waiting_lines *q)
{
    while (q->first && !still_wants(q->first))
        first_in_line(q);
    return q->first != NULL;
}

static struct waiting_lines *next_queue(struct worker *w)
{
    if (someone_wants(&w->waiting))
        return &w->waiting;
    return someone_wants(&w->waiting_seconds) ? &w->waiting_seconds : NULL;
}

void worker_connect_waiting(struct worker *w)
{
    struct waiting_lines *q;

    if (w->depth > 0 || w->connecting)
        return;
    w->connecting = true;
    while ((q = next_queue(w)) && turns_take(w->shared->turns, w->index)) {
        struct line *l = first_in_line(q);
        l->has_turn = true;
        connect_to(l, w->groups[l->seat->group].now);
    }
    w->connecting = false;
    if (!q)
        turns_content(w->shared->turns, w->index);
}

void seat_dial(struct line *l, uint32_t server)
{
    struct seat *s = l->seat;
    struct worker *w = s->worker;
    const bool secure = s->port.group->mode != MODE_NON_SECURE;

    l->server = server;
    if (!w->groups[s->group].now || (secure && !s->identity))
        return; /* CMD_ROUTES and CMD_START ask again */
    wait_in_line(is_second(l) ? &w->waiting_seconds : &w->waiting, l);
}

/* A line that is swapped has no wish any more: the one was closed, the other is connected. What is
 * still in a queue is passed over, unless it wishes anew: then it stands in the other's queue. */
void seat_swap(struct seat *s)
{
    struct line *l = s->line;

    s->line = s->second;
    s->second = l;
}

void seat_check_second(struct seat *s)
{
    struct line *l = s->second;
    const struct used_routes *u = s->worker->groups[s->group].now;
    struct net_addr peer;

    if (!l->link || !u)
        return;
    peer = link_peer(l->link);
    if (l->server < u->routes->count && net_addr_equal(&peer, &u->routes->list[l->server].addr))
        return;
    seat_close_line(l);
    seat_kind(s, EV_SECOND_LOST);
}
