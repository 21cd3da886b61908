/* EDGE: where a program keeps its things (product.md section 3), and directories of mode 0700. */
#ifndef SHARED_PATHS_H
#define SHARED_PATHS_H

#include "base/err.h"

#define PATH_TEXT 512

/* $XDG_STATE_HOME/NAME (~/.local/state/NAME); for root /var/lib/NAME. */
bool path_state_dir(const char *name, char out[PATH_TEXT], struct err *e) MUST_USE;
/* $XDG_RUNTIME_DIR/NAME.sock; for root /run/NAME.sock; without XDG_RUNTIME_DIR a directory of mode
 * 0700 of our own under /tmp. */
bool path_control(const char *name, char out[PATH_TEXT], struct err *e) MUST_USE;
/* Makes the directory and its parents with mode 0700. One that is there must be a directory in
 * which we may make files. */
bool path_make_dir(const char *dir, struct err *e) MUST_USE;
/* Removes a directory and what is in it, following no links: for temporary directories of ours. */
void path_remove_tree(const char *dir);

#endif
