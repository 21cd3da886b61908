/* What changed between two lists, in words: nodes, certificates, addresses, signer. Pure. */
#ifndef CTL_DIFF_H
#define CTL_DIFF_H

#include "base/buf.h"
#include "ctl/verify.h"

/* Text into `out`, a line for each change; `changes` (may be NULL) gets their number. The last line
 * says what a port that holds the old list does with the new one under `policy`. */
bool ctl_diff(const struct ctl_file *old_list, const struct ctl_file *new_list,
              const struct ctl_policy *policy, struct buf *out, size_t *changes,
              struct err *e) MUST_USE;

#endif
