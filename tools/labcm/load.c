#include "tools/labcm/load.h"

#include <limits.h>

#define S_NS         1e9
#define BURST_S      0.1 /* a late tick makes up for so much of the rate, not for more */
#define REACHED      0.95
#define SEARCH_TRIES 24 /* 1 to LOAD_RATE_MAX by doubling, and the halving after it */

/* ---- what is asked --------------------------------------------------------------------------- */

static bool read_limits(struct load_settings *out, const json_t *body, struct err *e)
{
    return ask_number(body, "calls_at_once", 1, LOAD_AT_ONCE_MAX, &out->at_once, e) &&
           ask_number(body, "for", 1, ASK_SECONDS_MAX, &out->for_s, e) &&
           ask_number(body, "calls", 1, INT_MAX, &out->calls, e) &&
           ask_number(body, "timeout", 1, ASK_SECONDS_MAX, &out->timeout_s, e);
}

static bool read_rate(struct load_settings *out, const json_t *body, struct err *e)
{
    out->rate_max = LOAD_RATE_MAX;
    out->step_s = 1;
    return ask_number(body, "rate", 1, LOAD_RATE_MAX, &out->rate, e) &&
           ask_number(body, "rate_step", 1, LOAD_RATE_MAX, &out->rate_step, e) &&
           ask_number(body, "rate_max", 1, LOAD_RATE_MAX, &out->rate_max, e) &&
           ask_number(body, "step_seconds", 1, ASK_SECONDS_MAX, &out->step_s, e);
}

bool load_read(struct load_settings *out, const json_t *body, struct err *e)
{
    *out = (struct load_settings){.at_once = 1, .rate = 1};
    if (!read_limits(out, body, e) || !read_rate(out, body, e) ||
        !ask_read(&out->ask, json_object_get(body, "call"), e))
        return false;
    if (!out->for_s && !out->calls)
        return err_set(e, ERR_USAGE, "neither a time nor a number of calls ends the load");
    if (out->ask.play[0] || out->ask.expect[0])
        return err_set(e, ERR_USAGE, "a load has no sounds of its own");
    return true;
}

/* ---- when the next calls begin --------------------------------------------------------------- */

void load_pace_start(struct load_pace *p, int64_t now_ns)
{
    *p = (struct load_pace){.start_ns = now_ns, .last_ns = now_ns, .credit = 1, .wanted = 1};
}

unsigned load_rate_at(const struct load_settings *s, int64_t since_start_ns)
{
    uint64_t steps = (uint64_t)((double)since_start_ns / S_NS) / s->step_s;
    uint64_t rate = s->rate + steps * s->rate_step;

    if (s->rate_step == 0 || s->rate_max < s->rate)
        return s->rate;
    return rate < s->rate_max ? (unsigned)rate : s->rate_max;
}

static bool is_past(const struct load_pace *p, const struct load_settings *s, int64_t now_ns)
{
    return s->for_s && (double)(now_ns - p->start_ns) >= s->for_s * S_NS;
}

bool load_is_spent(const struct load_pace *p, const struct load_settings *s, uint64_t placed,
                   int64_t now_ns)
{
    return is_past(p, s, now_ns) || (s->calls && placed >= s->calls);
}

static void earn(struct load_pace *p, const struct load_settings *s, int64_t now_ns)
{
    double rate = load_rate_at(s, p->last_ns - p->start_ns);
    double more = rate * (double)(now_ns - p->last_ns) / S_NS;

    p->last_ns = now_ns;
    p->wanted += more;
    p->credit += more;
    if (p->credit > 1 + rate * BURST_S)
        p->credit = 1 + rate * BURST_S;
}

unsigned load_due(struct load_pace *p, const struct load_settings *s, unsigned going,
                  uint64_t placed, int64_t now_ns)
{
    unsigned due;

    if (load_is_spent(p, s, placed, now_ns))
        return 0;
    earn(p, s, now_ns);
    due = (unsigned)p->credit;
    if (going >= s->at_once)
        due = 0;
    else if (due > s->at_once - going)
        due = s->at_once - going;
    if (s->calls && due > s->calls - placed)
        due = (unsigned)(s->calls - placed);
    p->credit -= due;
    return due;
}

/* ---- what became of them --------------------------------------------------------------------- */

static bool ended_well(const struct call_outcome *o)
{
    return o->end == CALL_OVER_DEVICE || o->end == CALL_OVER_PHONE;
}

enum load_verdict load_judge(const struct load_settings *s, const struct call_outcome *o)
{
    if (!o->answered)
        return LOAD_NOT_ANSWERED;
    if (!ended_well(o))
        return LOAD_BROKEN_OFF;
    if (!o->encrypted && !s->ask.request.clear)
        return LOAD_NOT_ENCRYPTED;
    if (o->heard.auth_failures || o->heard.plain)
        return LOAD_NOT_AUTHENTIC;
    if (o->heard.received == 0)
        return LOAD_HEARD_NOTHING;
    return o->heard.lost ? LOAD_LOST_PACKETS : LOAD_GOOD;
}

void load_began(struct load_totals *t)
{
    t->placed++;
    t->going++;
    if (t->going > t->most_at_once)
        t->most_at_once = t->going;
}

void load_cut(struct load_totals *t)
{
    t->going--;
    t->over++;
    t->cut++;
}

static void count_answer(struct load_totals *t, const struct call_outcome *o)
{
    uint64_t ms = (uint64_t)((double)o->ring_ns / 1e6);

    t->answered++;
    t->ring_ms[ms < LOAD_RING_MS ? ms : LOAD_RING_MS]++;
    t->talk_ns += o->talk_ns;
    t->sent += o->heard.sent;
    t->received += o->heard.received;
    t->lost += o->heard.lost;
    t->auth_failures += o->heard.auth_failures;
}

void load_ended(struct load_totals *t, const struct load_settings *s, const struct call_outcome *o)
{
    enum load_verdict v = load_judge(s, o);

    t->going--;
    t->over++;
    t->good += v == LOAD_GOOD;
    t->by_verdict[v]++;
    if (o->answered)
        count_answer(t, o);
    if (v == LOAD_NOT_ANSWERED || v == LOAD_BROKEN_OFF)
        t->by_end[o->end]++;
}

unsigned load_ring_ms(const struct load_totals *t, double part)
{
    uint64_t sum = 0;

    for (unsigned ms = 0; ms <= LOAD_RING_MS; ms++) {
        sum += t->ring_ms[ms];
        if (sum && (double)sum >= part * (double)t->answered)
            return ms;
    }
    return 0;
}

enum load_exit load_exit_of(const struct load_totals *t, bool cut_short)
{
    if (t->over > t->good + t->cut)
        return LOAD_SOME_FAILED;
    if (cut_short)
        return LOAD_CUT_SHORT;
    return t->placed ? LOAD_ALL_GOOD : LOAD_NO_CALL;
}

/* ---- the report ------------------------------------------------------------------------------ */

static void put(json_t *o, const char *name, uint64_t value)
{
    json_object_set_new(o, name, json_integer((json_int_t)value));
}

static const char *verdict_words(enum load_verdict v)
{
    switch (v) {
    case LOAD_NOT_ENCRYPTED:
        return "not encrypted";
    case LOAD_HEARD_NOTHING:
        return "no sound was heard";
    case LOAD_NOT_AUTHENTIC:
        return "packets that were not authentic";
    case LOAD_LOST_PACKETS:
        return "packets were lost";
    case LOAD_GOOD:
    case LOAD_NOT_ANSWERED:
    case LOAD_BROKEN_OFF:
        break;
    }
    return NULL; /* the call's end has the words */
}

static json_t *reasons(const struct load_totals *t)
{
    json_t *o = json_object();

    for (unsigned end = 0; end <= CALL_OVER_RESOURCES; end++)
        if (t->by_end[end])
            put(o, call_end_words((enum call_end)end), t->by_end[end]);
    for (unsigned v = 0; v <= LOAD_LOST_PACKETS; v++)
        if (t->by_verdict[v] && verdict_words((enum load_verdict)v))
            put(o, verdict_words((enum load_verdict)v), t->by_verdict[v]);
    return o;
}

static void put_times(json_t *o, const struct load_totals *t)
{
    put(o, "ring_ms_p50", load_ring_ms(t, 0.5));
    put(o, "ring_ms_p95", load_ring_ms(t, 0.95));
    put(o, "ring_ms_p99", load_ring_ms(t, 0.99));
    put(o, "ring_ms_most", load_ring_ms(t, 1));
    json_object_set_new(
        o, "talk_seconds_mean",
        json_real(t->answered ? (double)t->talk_ns / S_NS / (double)t->answered : 0));
}

static void put_packets(json_t *o, const struct load_totals *t)
{
    put(o, "sent", t->sent);
    put(o, "received", t->received);
    put(o, "lost", t->lost);
    put(o, "auth_failures", t->auth_failures);
}

/* All that the rate asked for did begin: neither this machine nor the limit was in the way. */
static bool rate_was_reached(const struct load_totals *t, const struct load_pace *p,
                             const struct load_settings *s)
{
    double wanted = s->calls && p->wanted > s->calls ? s->calls : p->wanted;

    return (double)t->placed >= REACHED * (wanted - 1);
}

json_t *load_report(const char *event, const struct load_totals *t, const struct load_pace *p,
                    const struct load_settings *s, int64_t now_ns)
{
    json_t *o = json_object();
    double seconds = (double)(now_ns - p->start_ns) / S_NS;
    double placing = (double)(p->last_ns - p->start_ns) / S_NS;

    json_object_set_new(o, "event", json_string(event));
    json_object_set_new(o, "seconds", json_real(seconds));
    put(o, "rate_wanted", load_rate_at(s, p->last_ns - p->start_ns));
    json_object_set_new(o, "rate", json_real(placing > 0 ? (double)t->placed / placing : 0));
    json_object_set_new(o, "rate_reached", json_boolean(rate_was_reached(t, p, s)));
    put(o, "placed", t->placed);
    put(o, "going", t->going);
    put(o, "most_at_once", t->most_at_once);
    put(o, "answered", t->answered);
    put(o, "good", t->good);
    put(o, "failed", t->over - t->good - t->cut);
    put(o, "cut", t->cut);
    json_object_set_new(o, "reasons", reasons(t));
    put_times(o, t);
    put_packets(o, t);
    return o;
}

/* ---- the highest rate that loses nothing ----------------------------------------------------- */

void load_search_start(struct load_search *s, unsigned first, unsigned most)
{
    *s = (struct load_search){.next = first < most ? first : most, .most = most};
}

static bool is_near_enough(const struct load_search *s)
{
    unsigned gap = s->bad - s->good;

    return gap <= 1 || gap * 20 <= s->bad;
}

void load_search_tried(struct load_search *s, bool well)
{
    if (well)
        s->good = s->next;
    else
        s->bad = s->next;
    s->tries++;
    s->done = s->good == s->most || (s->bad && is_near_enough(s)) || s->tries == SEARCH_TRIES;
    if (s->bad)
        s->next = s->good + (s->bad - s->good) / 2;
    else
        s->next = s->next * 2 < s->most ? s->next * 2 : s->most;
}
