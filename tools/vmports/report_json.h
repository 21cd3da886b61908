/* What a run tells of itself, as JSON: rows of `status`, totals, the summary at the end. Pure. */
#ifndef VMPORTS_REPORT_JSON_H
#define VMPORTS_REPORT_JSON_H

#include "ports/pool.h"

#include <jansson.h>

/* All are given; NULL when there is no memory. */
json_t *port_json(const struct port_status *p); /* RTMT's column names first, then ours */
json_t *lists_json(const struct pool *p);       /* each port group's list of trust */
json_t *troubles_json(const struct pool *p);    /* what went wrong so far, by kind */
json_t *totals_json(const struct pool_totals *t);
json_t *mwi_totals_json(const struct pool_totals *t);
json_t *lamp_json(const char *extension, bool on, enum mwi_result r, double seconds);

struct run_summary {
    const char *ended; /* why: "registered", "calls", "idle", "timeout", "signal", "stop" */
    bool reached;      /* the exit code is 0 */
    size_t registered; /* when the end began; afterwards all are down */
    double seconds, registered_after_s; /* -1: they never all were */
    struct pool_totals totals;
    json_t *troubles; /* taken */
};
json_t *summary_json(const struct run_summary *s);

const char *security_mode_word(enum security_mode m);

#endif
