/* Doctor's report as text for people and as JSON. Pure but for the stream it writes to. */
#ifndef VMPORTS_DOCTOR_PRINT_H
#define VMPORTS_DOCTOR_PRINT_H

#include "tools/vmports/doctor_steps.h"

#include <jansson.h>
#include <stdio.h>

/* Aligned and wrapped, to a terminal or a pipe alike. */
void doctor_print(FILE *f, const struct doctor_report *r);
json_t *doctor_json(const struct doctor_report *r); /* given */

#endif
