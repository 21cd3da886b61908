/* EDGE: root is given away.
 *
 * Threads: before there are others. */
#ifndef SHARED_PRIVILEGES_H
#define SHARED_PRIVILEGES_H

#include "base/err.h"

#include <sys/types.h>

struct account {
    uid_t uid;
    gid_t gid;
    char name[64];
};

bool account_by_name(const char *name, struct account *out, struct err *e) MUST_USE;
bool account_by_id(uid_t uid, struct account *out, struct err *e) MUST_USE;

/* Could that user make files in the folder, were it his own? Asked by a child that becomes him:
 * folders above may shut him out. */
bool privileges_reach(const struct account *user, const char *folder);
/* From root to that user and his first group, for good. */
bool privileges_become(const struct account *user, struct err *e) MUST_USE;
/* Whatever capability is left, from a file's or root's, is given away too. */
bool privileges_clear(struct err *e) MUST_USE;

#endif
