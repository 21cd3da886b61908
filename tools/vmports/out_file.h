/* EDGE: a file that somebody's voice is written to. */
#ifndef VMPORTS_OUT_FILE_H
#define VMPORTS_OUT_FILE_H

#include "base/err.h"

#include <stdint.h>

#define OUT_FILE_HEAD 12

/* Are these the first bytes of a file that may be written over? */
typedef bool out_file_kind_fn(const uint8_t head[OUT_FILE_HEAD]);

/* A descriptor of the empty file, mode 0600. What stands there is written over only if it is empty
 * or of the kind, and never if it is `source`. -1 with e set. */
int out_file_open(const char *path, const char *source, out_file_kind_fn *kind, struct err *e);

#endif
