/* The SCCP ladders of a report and its lamp calls, printed and as JSON. */
#ifndef VMPORTS_LADDER_TEXT_H
#define VMPORTS_LADDER_TEXT_H

#include "tools/vmports/verify.h"

void ladder_print(const struct verify_report *r, FILE *out, bool colour);
void lamp_calls_print(const struct verify_report *r, FILE *out, bool colour);
json_t *ladder_json(const struct verify_report *r);     /* given: an array, one a connection */
json_t *lamp_calls_json(const struct verify_report *r); /* given: an array */

#endif
