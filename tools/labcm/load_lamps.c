/* labcm load --search lamps: a running vmports is given lamp requests at a rate, over its control
 * socket, and its queue tells how many the call manager confirmed. So the call manager under test
 * may be any that vmports is registered with. */
#include "base/clock.h"
#include "tools/labcm/client.h"
#include "tools/labcm/load_client.h"
#include "tools/shared/paths.h"

#include <stdio.h>
#include <string.h>

#define TICK_NS    (20 * NS_PER_MS)
#define BATCH_MOST 500             /* lamps in one request; a control line has room for 1,000 */
#define DRAIN_NS   (40 * NS_PER_S) /* vmports gives a request up after 30 s */
/* A call manager that keeps up has nothing left soon after the last request. */
#define REST_NS (NS_PER_S / 2)

struct queue_state {
    long long queued, active, confirmed, failed;
};

struct lamps {
    struct control_client *client;
    const struct load_options *o;
    uint64_t sent;
    unsigned next; /* extension */
    bool on;
    bool lost; /* the control socket failed: said */
};

static bool ask(struct lamps *l, json_t *request, void (*reply)(void *arg, const json_t *reply),
                void *arg)
{
    struct err e = {0};

    control_ask(l->client, request, reply, arg, &e);
    json_decref(request);
    if (e.kind != ERR_NONE) {
        command_fail("labcm load", &e);
        l->lost = true;
    }
    return !l->lost;
}

static void take_queue(void *arg, const json_t *r)
{
    *(struct queue_state *)arg =
        (struct queue_state){client_number(r, "queued"), client_number(r, "active"),
                             client_number(r, "confirmed"), client_number(r, "failed")};
}

static bool look(struct lamps *l, struct queue_state *out)
{
    *out = (struct queue_state){0};
    return ask(l, json_pack("{s:s}", "command", "mwi-status"), take_queue, out);
}

/* Each lamp in turn, all on, then all off. */
static json_t *next_lamp(struct lamps *l)
{
    char extension[16];

    snprintf(extension, sizeof extension, "%u", l->next);
    json_t *lamp = json_pack("{s:s, s:b}", "extension", extension, "on", l->on);
    if (l->next++ == l->o->extension_hi) {
        l->next = l->o->extension_lo;
        l->on = !l->on;
    }
    return lamp;
}

static bool send_lamps(struct lamps *l, uint64_t count)
{
    while (count > 0) {
        unsigned n = count < BATCH_MOST ? (unsigned)count : BATCH_MOST;
        json_t *list = json_array();
        for (unsigned i = 0; i < n; i++)
            json_array_append_new(list, next_lamp(l));
        if (!ask(l, json_pack("{s:s, s:o}", "command", "mwi", "lamps", list), NULL, NULL))
            return false;
        l->sent += n;
        count -= n;
    }
    return true;
}

static bool send_at_rate(struct lamps *l, struct progress *p, unsigned rate, unsigned for_s)
{
    int64_t start = clock_now_ns(), end = start + for_s * NS_PER_S;

    for (int64_t now = start; now < end && !load_is_cut_short(); now = clock_now_ns()) {
        uint64_t due = 1 + (uint64_t)((double)(now - start) / (double)NS_PER_S * rate);
        if (due > (uint64_t)rate * for_s)
            due = (uint64_t)rate * for_s;
        if (!send_lamps(l, due - l->sent))
            return false;
        progress_show(p, "lamps: %u a second, %llu asked for", rate, (unsigned long long)l->sent);
        clock_sleep_until_ns(now + TICK_NS);
    }
    return true;
}

/* Until nothing is left, or for `most_ns`. */
static bool drain(struct lamps *l, struct queue_state *q, int64_t most_ns)
{
    int64_t end = clock_now_ns() + most_ns;

    while (look(l, q) && q->queued + q->active > 0 && clock_now_ns() < end && !load_is_cut_short())
        clock_sleep_until_ns(clock_now_ns() + TICK_NS);
    return !l->lost;
}

static void judge(struct load_try *t, const struct lamps *l, const struct queue_state *before,
                  const struct queue_state *after, long long behind)
{
    long long confirmed = after->confirmed - before->confirmed,
              failed = after->failed - before->failed;

    t->done = (uint64_t)confirmed;
    if (failed > 0)
        snprintf(t->why, sizeof t->why, "%lld of %llu lamps failed", failed,
                 (unsigned long long)l->sent);
    else if (behind > 0)
        snprintf(t->why, sizeof t->why, "%lld of %llu lamps still waited at the end", behind,
                 (unsigned long long)l->sent);
    else if (confirmed != (long long)l->sent)
        snprintf(t->why, sizeof t->why, "%lld confirmed, %llu were asked for", confirmed,
                 (unsigned long long)l->sent);
    else
        t->well = snprintf(t->why, sizeof t->why, "all %lld confirmed", confirmed) > 0;
}

static bool try_rate(struct lamps *l, struct progress *p, struct load_try *t, unsigned for_s)
{
    struct queue_state before, soon, after;

    if (!drain(l, &before, DRAIN_NS) || !send_at_rate(l, p, t->rate, for_s) ||
        !drain(l, &soon, REST_NS))
        return false;
    if (!drain(l, &after, DRAIN_NS))
        return false;
    judge(t, l, &before, &after, soon.queued + soon.active);
    t->cut_short = load_is_cut_short();
    return true;
}

bool load_try_lamps(const struct load_options *o, struct progress *p, unsigned rate,
                    struct load_try *out)
{
    struct lamps l = {.o = o, .next = o->extension_lo, .on = true};
    char path[PATH_TEXT];
    struct err e = {0};
    bool ok;

    *out = (struct load_try){.rate = rate};
    if (o->vmports)
        snprintf(path, sizeof path, "%s", o->vmports);
    if (o->vmports || path_control("vmports", path, &e))
        l.client = control_connect("vmports", path, &e);
    if (!l.client) {
        command_fail("labcm load", &e);
        return false;
    }
    ok = try_rate(&l, p, out, (unsigned)client_number(o->request, "for"));
    control_disconnect(l.client);
    progress_clear(p);
    return ok;
}
