/* From what was seen to findings. Pure. */
#ifndef VMPORTS_VERIFY_JUDGE_H
#define VMPORTS_VERIFY_JUDGE_H

#include "tools/vmports/verify.h"

struct verify_findings {
    struct verify_finding list[VERIFY_FINDINGS_MAX];
    size_t kept, kept_notes, faults, notes;
};

void verify_note(struct verify_findings *f, const char *fmt, ...) PRINTF_LIKE(2, 3);
void verify_fault(struct verify_findings *f, const char *fmt, ...) PRINTF_LIKE(2, 3);
void verify_judge(const struct verify_report *r, const struct verify_settings *s,
                  struct verify_findings *out);

/* "CiscoUM1-VI1 (10.0.0.1:41234 -> 10.0.0.2:2443)"; returns `out`. */
#define VERIFY_WHO 400
const char *verify_who(const struct verify_connection *c, char *out);

#endif
