/* EDGE: the demo's report: what was claimed, whether it held, and the evidence. A line is printed
 * as soon as it is known; with --json all of them stand in one object at the end. */
#ifndef VMPORTS_DEMO_REPORT_H
#define VMPORTS_DEMO_REPORT_H

#include "base/err.h"

#include <jansson.h>

struct demo_report {
    bool json, colour;
    json_t *lines;
    size_t failed;
};

void demo_report_begin(struct demo_report *r, bool json);
/* `name` is a claim: "8 ports registered". Returns `ok`. */
bool demo_report_line(struct demo_report *r, bool ok, const char *name, const char *evidence, ...)
    PRINTF_LIKE(4, 5);
/* Prints the verdict and frees. `facts` (taken) are the other members of the object. True: all
 * held. */
bool demo_report_end(struct demo_report *r, json_t *facts);

#endif
