/* EDGE: lamp requests, between their queue and the workers; see pool_inner.h. */
#include "ports/pool_inner.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct lamp_wish {
    void (*done)(void *arg, const char *extension, bool on, enum mwi_result r, double seconds);
    void *arg;
    bool any_group;    /* nobody named one */
    int64_t before_ms; /* that it has waited in groups which are gone */
};

static void end_wish(struct pool *p, const struct mwi_end *end)
{
    struct lamp_wish *w = end->tag;
    const double seconds = (double)(w->before_ms + end->took_ms) / 1000.0;

    log_line(p->settings.log, end->result == MWI_CONFIRMED ? LOG_INFO : LOG_WARN, LOG_NOTIFIER,
             end->extension, "lamp %s: %s, after %.3f s", end->on ? "on" : "off",
             mwi_result_words(end->result), seconds);
    if (w->done)
        w->done(w->arg, end->extension, end->on, end->result, seconds);
    free(w);
}

/* ---- what the workers say ----------------------------------------------------------------- */

void pool_lamp_port(struct pool *p, const struct worker_report *r)
{
    struct mwi_queue *q = p->groups[r->group]->lamps;

    if (r->kind == REPORT_FREE)
        mwi_port_free(q, p->ports[r->port].index, pool_now_ms());
    else
        mwi_port_taken(q, p->ports[r->port].index, pool_now_ms());
}

void pool_lamp_report(struct pool *p, const struct worker_report *r)
{
    struct mwi_queue *q = p->groups[r->group]->lamps;
    struct mwi_end end;
    const int64_t now = pool_now_ms();
    const bool over = r->lamp.port_busy ? mwi_port_busy(q, r->lamp.id, now, &end)
                                        : mwi_done(q, r->lamp.id, r->lamp.result, now, &end);

    if (over)
        end_wish(p, &end);
}

/* ---- what goes to them -------------------------------------------------------------------- */

static void start(const struct pool_group *pg, const struct mwi_start *s)
{
    const struct mwi_settings *m = &pg->settings->mwi;
    struct worker_command c = {.kind = CMD_LAMP, .port = pg->ports[s->port]};

    c.lamp.id = s->id;
    c.lamp.on = s->on;
    memcpy(c.lamp.extension, s->extension, sizeof s->extension);
    memcpy(c.lamp.code, s->on ? m->on_code : m->off_code, sizeof m->on_code);
    pool_tell(pg->pool, c.port % pg->pool->worker_count, &c);
}

static void on_lamp_timer(uv_timer_t *t)
{
    pool_pump_lamps(t->data);
}

static void arm(struct pool *p, int64_t due_ms)
{
    const int64_t wait = due_ms - pool_now_ms();

    if (due_ms == INT64_MAX)
        uv_timer_stop(&p->lamp_timer);
    else
        uv_timer_start(&p->lamp_timer, on_lamp_timer, wait > 0 ? (uint64_t)wait : 1, 0);
}

/* ---- which group switches a lamp ---------------------------------------------------------- */

static bool has_code(const struct pool_group *pg, bool on)
{
    const struct mwi_settings *m = &pg->settings->mwi;

    return !pg->settings->mwi_disabled && (on ? m->on_code[0] : m->off_code[0]);
}

static bool may_switch(const struct pool_group *pg, bool on)
{
    return !pg->leaving && mwi_able_ports(pg->lamps) > 0 && has_code(pg, on);
}

/* CUC gives a mailbox to one phone system; with several here, the first that knows lamps. */
static struct pool_group *lamp_group(const struct pool *p, const char *name, bool on)
{
    struct pool_group *first = NULL;

    for (size_t g = 0; g < p->group_count; g++) {
        struct pool_group *pg = p->groups[g];
        if (pg && (!name || strcasecmp(pg->settings->name, name) == 0) && may_switch(pg, on) &&
            (!first || pg->order < first->order))
            first = pg;
    }
    return first;
}

/* EnblocCall's field holds 24 digits; keys have no such limit, an action 49. */
static size_t room_for_extension(const struct mwi_settings *m, bool on)
{
    const bool prefix = m->method == MWI_PREFIX || m->fallback_to_prefix;

    if (!prefix || m->dialling == MWI_DIAL_KEYPAD)
        return PORT_NUMBER_MAX - 1;
    return PORT_NUMBER_MAX - 1 - strlen(on ? m->on_code : m->off_code);
}

static bool check_extension(const struct group_settings *g, const char *extension, bool on,
                            struct err *e)
{
    const size_t n = strlen(extension), most = room_for_extension(&g->mwi, on);

    if (n == 0 || extension[strspn(extension, "0123456789*#+")])
        return err_set(e, ERR_USAGE, "\"%.40s\" is no extension: digits, * and # can be dialled",
                       extension);
    if (n > most)
        return err_set(e, ERR_USAGE, "extension %.40s is longer than %zu digits", extension, most);
    return true;
}

/* ---- a group goes ------------------------------------------------------------------------- */

/* To the group that has its name now, or, where none was asked for, to the first that may. */
static struct pool_group *heir(const struct pool *p, const struct pool_group *from,
                               const struct mwi_end *end)
{
    const struct lamp_wish *w = end->tag;
    struct pool_group *to = lamp_group(p, from->settings->name, end->on);

    return to || !w->any_group ? to : lamp_group(p, NULL, end->on);
}

static bool hand_on(struct pool *p, const struct pool_group *from, const struct mwi_end *end)
{
    struct pool_group *to = heir(p, from, end);
    struct lamp_wish *w = end->tag;
    struct err e;

    if (!to || !check_extension(to->settings, end->extension, end->on, &e) ||
        !mwi_add(to->lamps, end->extension, end->on, w, pool_now_ms(), &e))
        return false;
    w->before_ms += end->took_ms;
    return true;
}

static void hand_over(struct pool *p, const struct pool_group *from)
{
    struct mwi_end end;
    size_t moved = 0;

    while (mwi_withdraw(from->lamps, pool_now_ms(), &end)) {
        if (end.result == MWI_GONE && hand_on(p, from, &end)) {
            moved++;
            continue;
        }
        p->lamp_sums.failed += end.result == MWI_GONE;
        end_wish(p, &end);
    }
    if (moved)
        log_line(p->settings.log, LOG_NOTE, LOG_NOTIFIER, from->settings->name,
                 "is gone: %zu lamp request%s another port group", moved,
                 moved == 1 ? " waits in" : "s wait in");
}

/* ---- the queues go on --------------------------------------------------------------------- */

static int64_t pump(struct pool_group *pg)
{
    struct mwi_queue *q = pg->lamps;
    const int64_t now = pool_now_ms();
    struct mwi_start next;
    struct mwi_end end;

    while (mwi_take(q, now, &next))
        if (has_code(pg, next.on))
            start(pg, &next);
        else if (mwi_refuse(q, &next, now, &end)) /* a reload took it away */
            end_wish(pg->pool, &end);
    while (mwi_give_up(q, now, &end))
        end_wish(pg->pool, &end);
    return mwi_due(q);
}

void pool_pump_lamps(struct pool *p)
{
    int64_t due = INT64_MAX;

    if (p->stopping >= HANGING_UP)
        return;
    for (size_t g = 0; g < p->group_count; g++)
        if (p->groups[g] && p->groups[g]->leaving)
            hand_over(p, p->groups[g]);
    for (size_t g = 0; g < p->group_count; g++) {
        const bool stays = p->groups[g] && !p->groups[g]->leaving;
        const int64_t d = stays ? pump(p->groups[g]) : INT64_MAX;
        due = d < due ? d : due;
    }
    arm(p, due);
}

void pool_end_lamps(struct pool *p)
{
    struct mwi_end end;

    for (size_t g = 0; g < p->group_count; g++)
        while (p->groups[g] && mwi_stop(p->groups[g]->lamps, pool_now_ms(), &end))
            end_wish(p, &end);
}

static void keep_counts(struct pool *p, const struct mwi_queue *q)
{
    const struct mwi_counts c = mwi_counts(q, pool_now_ms());

    p->lamp_sums.sent += c.sent;
    p->lamp_sums.confirmed += c.confirmed;
    p->lamp_sums.failed += c.failed;
}

void pool_close_lamps(struct pool *p, struct pool_group *pg)
{
    struct mwi_end end;

    hand_over(p, pg);
    keep_counts(p, pg->lamps);
    while (mwi_stop(pg->lamps, pool_now_ms(), &end)) {
        end.result = MWI_LINK_LOST; /* its port went without a word */
        p->lamp_sums.failed++;
        end_wish(p, &end);
    }
}

/* ---- what a user wants -------------------------------------------------------------------- */

static bool nobody_may(const struct pool *p, const char *group, bool on, struct err *e)
{
    for (size_t g = 0; group && g < p->group_count; g++)
        if (p->groups[g] && strcasecmp(p->groups[g]->settings->name, group) == 0)
            return err_set(
                e, ERR_NOT_NOW,
                "port group \"%.63s\" switches no lamps %s: it lacks the extension, or a "
                "port that may",
                p->groups[g]->settings->name, on ? "on" : "off");
    if (group)
        return err_set(e, ERR_USAGE, "there is no port group \"%.63s\"", group);
    return err_set(e, ERR_NOT_NOW,
                   "no port group switches lamps %s: each lacks the extension, or a port that may",
                   on ? "on" : "off");
}

bool pool_mwi(struct pool *p, const char *group, const char *extension, bool on,
              void (*done)(void *arg, const char *extension, bool on, enum mwi_result r,
                           double seconds),
              void *arg, struct err *e)
{
    struct pool_group *g = lamp_group(p, group, on);
    struct lamp_wish *w;

    if (p->stopping != RUNNING)
        return err_set(e, ERR_NOT_NOW, "the ports are being stopped");
    if (!g)
        return nobody_may(p, group, on, e);
    if (!check_extension(g->settings, extension, on, e))
        return false;
    w = calloc(1, sizeof *w);
    if (!w)
        return err_set(e, ERR_MEMORY, "no memory for a lamp request");
    w->done = done;
    w->arg = arg;
    w->any_group = !group;
    if (!mwi_add(g->lamps, extension, on, w, pool_now_ms(), e)) {
        free(w);
        return false;
    }
    /* Not at once: the result must not come before this call has returned. */
    uv_timer_start(&p->lamp_timer, on_lamp_timer, 0, 0);
    pool_changed(p);
    return true;
}
