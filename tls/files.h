/* EDGE: the files an identity lives in: read with a limit, private ones refused when others can
 * read them, written so that a reader sees the old one or the new one. */
#ifndef TLS_FILES_H
#define TLS_FILES_H

#include "base/buf.h"

#define PEM_FILE_MAX (64 * 1024)

/* mkdir -p; directories that are made get mode 0700. */
bool files_make_dir(const char *path, struct err *e) MUST_USE;
/* Missing: true with *found false. `secret`: a file that group or others can read is refused. */
bool files_read(const char *path, bool secret, struct buf *out, bool *found,
                struct err *e) MUST_USE;
/* Temporary file beside it, fsync when `lasting`, rename. */
bool files_write(const char *path, bool secret, bool lasting, const void *bytes, size_t len,
                 struct err *e) MUST_USE;
/* Waits for the lock that processes share; -1 with e set. Close it to let go. */
int files_lock(const char *path, struct err *e);

#endif
