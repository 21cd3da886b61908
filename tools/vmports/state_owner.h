/* EDGE: the state directory changes hands, when root starts a run that another user goes on with.
 *
 * Only a directory in which everything is ours is given away, and only plain files of one name:
 * whoever owned it before cannot make us give him a file of somebody else's by a link. */
#ifndef VMPORTS_STATE_OWNER_H
#define VMPORTS_STATE_OWNER_H

#include "tools/shared/privileges.h"

/* False: nothing was changed, and `e` says what stands against it. */
bool state_dir_give(const char *dir, const struct account *to, struct err *e) MUST_USE;

#endif
