/* EDGE: the key log: NSS lines of the TLS sessions and one SRTP_KEY line for each media stream, in
 * a file of mode 0600, only on request.
 *
 * Threads: any may write; a line goes out whole. */
#ifndef BASE_KEYLOG_H
#define BASE_KEYLOG_H

#include "base/err.h"

struct keylog;

/* Appends to `path`, made with mode 0600. A file that others can read is refused. */
struct keylog *keylog_open(const char *path, struct err *e);
void keylog_line(struct keylog *k, const char *line); /* without the newline; `k` may be NULL */
void keylog_close(struct keylog *k);                  /* accepts NULL */

#endif
