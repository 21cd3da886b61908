/* EDGE: options that several commands of vmports share: where its things are (product.md 3). */
#ifndef VMPORTS_OPTIONS_H
#define VMPORTS_OPTIONS_H

#include "base/err.h"
#include "tools/shared/paths.h"

/* `given` (NULL: not given) or the default: $XDG_STATE_HOME/vmports, for root /var/lib/vmports. The
 * directory is made with mode 0700 when it is missing. */
bool state_dir(const char *given, char out[PATH_TEXT], struct err *e) MUST_USE;
/* `given` or the default: $XDG_RUNTIME_DIR/vmports.sock, for root /run/vmports.sock. */
bool control_path(const char *given, char out[PATH_TEXT], struct err *e) MUST_USE;

/* For a command that only reads: the default without making it. */
bool default_state_dir(char out[PATH_TEXT], struct err *e) MUST_USE;
bool default_control_path(char out[PATH_TEXT], struct err *e) MUST_USE;

#endif
