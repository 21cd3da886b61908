/* A list as CUCM's `show ctl` prints it (ctl-tftp-tls.md 1.12), without Cisco's spelling mistakes.
 * Pure. */
#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include "base/buf.h"
#include "ctl/verify.h"

/* Text into `out`. `verdict` NULL: the list was refused, and `why` stands in the last line instead
 * of the success; with a verdict nobody looks at it. */
bool ctl_show(const struct ctl_file *f, const struct ctl_verdict *verdict, const struct err *why,
              struct buf *out, struct err *e) MUST_USE;
/* What `show ctl` says where there is no list. */
bool ctl_show_nothing(struct buf *out, struct err *e) MUST_USE;

#endif
