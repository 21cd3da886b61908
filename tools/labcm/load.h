/* Many calls at a rate, with SIPp's ideas: a rate (-r) that may rise in steps (-rate_increase,
 * -rate_max), a limit of calls at once (-l), a number of calls (-m), and its exit codes
 * (unity-connection.md 8.1). Pure: time comes in as a number. */
#ifndef LABCM_LOAD_H
#define LABCM_LOAD_H

#include "tools/labcm/ask.h"
#include "tools/labcm/outcome.h"

#define LOAD_AT_ONCE_MAX (PLAN_CALLERS - PLAN_PHONES) /* each caller has a number of its own */
#define LOAD_RATE_MAX    10000
#define LOAD_RING_MS     20000 /* answers that took longer are counted there */

enum load_exit { /* SIPp's */
                 LOAD_ALL_GOOD = 0,
                 LOAD_SOME_FAILED = 1,
                 LOAD_CUT_SHORT = 97, /* by a signal or --timeout */
                 LOAD_NO_CALL = 99,
};

struct load_settings {
    unsigned at_once, rate;               /* calls a second */
    unsigned rate_step, rate_max, step_s; /* each step_s seconds that much more; step 0: never */
    unsigned for_s, calls;                /* no call begins later, or after so many; 0: not so */
    unsigned timeout_s;                   /* then every call is hung up; 0: never */
    struct call_ask ask;                  /* what each caller does; its phone is not used */
};
/* {"calls_at_once": 100, "rate": 10, "for": 60, "call": {...}}: what stands in
 * "call" is as for one call. ERR_USAGE. */
bool load_read(struct load_settings *out, const json_t *body, struct err *e) MUST_USE;

/* ---- when the next calls begin --------------------------------------------------------------- */

struct load_pace {
    int64_t start_ns, last_ns;
    double credit; /* calls that are due and have not begun */
    double wanted; /* calls that the rate asked for so far */
};
void load_pace_start(struct load_pace *p, int64_t now_ns);
/* How many calls begin now, with `going` in progress and `placed` behind us. Calls that the limit
 * holds back are not made up for later: SIPp's way, so that a jam does not end in a burst. */
unsigned load_due(struct load_pace *p, const struct load_settings *s, unsigned going,
                  uint64_t placed, int64_t now_ns);
unsigned load_rate_at(const struct load_settings *s, int64_t since_start_ns);
/* No call will begin any more. */
bool load_is_spent(const struct load_pace *p, const struct load_settings *s, uint64_t placed,
                   int64_t now_ns);

/* ---- what became of them --------------------------------------------------------------------- */

enum load_verdict {
    LOAD_GOOD,
    LOAD_NOT_ANSWERED, /* the reason is its call_end */
    LOAD_BROKEN_OFF,   /* answered, and ended by neither party: the same */
    LOAD_NOT_ENCRYPTED,
    LOAD_HEARD_NOTHING,
    LOAD_NOT_AUTHENTIC,
    LOAD_LOST_PACKETS,
};

enum load_verdict load_judge(const struct load_settings *s, const struct call_outcome *o);

struct load_totals {
    uint64_t placed, answered, over, good;
    uint64_t cut; /* hung up by us at the end of the load: neither good nor failed */
    unsigned going, most_at_once;
    uint64_t by_end[CALL_OVER_RESOURCES + 1];     /* of the first two bad verdicts */
    uint64_t by_verdict[LOAD_LOST_PACKETS + 1];   /* LOAD_GOOD too */
    uint64_t sent, received, lost, auth_failures; /* packets */
    int64_t talk_ns;
    uint32_t ring_ms[LOAD_RING_MS + 1];
};
void load_began(struct load_totals *t);
void load_cut(struct load_totals *t);
void load_ended(struct load_totals *t, const struct load_settings *s, const struct call_outcome *o);
/* The shortest time, in ms, in which `part` (0-1) of the answered calls were answered. */
unsigned load_ring_ms(const struct load_totals *t, double part);

/* Given. `event` is "progress" or "over". */
json_t *load_report(const char *event, const struct load_totals *t, const struct load_pace *p,
                    const struct load_settings *s, int64_t now_ns);
enum load_exit load_exit_of(const struct load_totals *t, bool cut_short);

/* ---- the highest rate that loses nothing ----------------------------------------------------- */

/* Doubled while all is well, then the gap between well and not well is halved, until it is one, or
 * a twentieth of the rate. */
struct load_search {
    unsigned next;      /* the rate to try now */
    unsigned good, bad; /* highest that was well, lowest that was not; 0: none yet */
    unsigned most, tries;
    bool done;
};
void load_search_start(struct load_search *s, unsigned first, unsigned most);
void load_search_tried(struct load_search *s, bool well);

#endif
