/* EDGE: what the steps of the demo share: its folder, its two programs, its report. */
#ifndef VMPORTS_DEMO_H
#define VMPORTS_DEMO_H

#include "tools/shared/progress.h"
#include "tools/vmports/child.h"
#include "tools/vmports/control_requests.h"
#include "tools/vmports/demo_net.h"
#include "tools/vmports/demo_report.h"

#define DEMO_PATH        160
#define DEMO_CALLS_MOST  4
#define DEMO_FIRST_PHONE 1001
#define DEMO_PILOT       "8000"

struct demo_options {
    unsigned ports;
    bool json, help;
    const char *capture; /* NULL: in the demo's folder, removed at the end */
};

struct demo {
    struct demo_options o;
    struct demo_net net;
    struct demo_report report;
    struct progress *progress;
    char dir[DEMO_PATH / 2];                   /* everything of this run, removed at the end */
    char vmports[DEMO_PATH], labcm[DEMO_PATH]; /* the programs */
    char control[DEMO_PATH], lab_control[DEMO_PATH];
    char state[DEMO_PATH], lab_state[DEMO_PATH], root[DEMO_PATH], ready[DEMO_PATH],
        capture[DEMO_PATH * 4], keylog[DEMO_PATH];
    char greeting[DEMO_PATH * 4];
    char md5[33];   /* of the CTL that is held */
    unsigned calls; /* placed */
    char digits_seen[256];
    struct child lab, run;
    volatile int *give_up; /* a signal came */
};

/* Each step reports its lines; false: what follows makes no sense. */
bool demo_make_root(struct demo *d);
bool demo_start_lab(struct demo *d);
bool demo_start_ports(struct demo *d);
bool demo_show_ctl(struct demo *d);
bool demo_show_registrations(struct demo *d);
void demo_call(struct demo *d);
void demo_lamps(struct demo *d);
void demo_stop(struct demo *d);
/* Afterwards: the capture judged. */
void demo_judge(struct demo *d);

/* ---- what the steps use ---------------------------------------------------------------------- */

/* Runs a program of ours to its end: its exit code, and with `out` what it printed as JSON (given).
 * 127 when it could not be run; 124 when it took longer than `seconds`. */
int demo_tool(struct demo *d, const char *name, double seconds, const char *const *argv,
              json_t **out);
/* The last line that a program said on stderr. */
const char *demo_last_words(const struct child *c, char *text, size_t cap);
/* One `status` of the running ports: {"ports": [...], "totals": {...}}, given; NULL: not to be had.
 */
json_t *demo_status(struct demo *d);
const char *demo_string(const json_t *object, const char *name);
long long demo_number(const json_t *object, const char *name);

#endif
