/* EDGE: one line on a terminal that tells how far it is, and nothing anywhere else.
 *
 * The line is shown on stderr only when that is a terminal that can erase a line. Log lines push it
 * aside and it comes back below them.
 * Threads: any may show. */
#ifndef SHARED_PROGRESS_H
#define SHARED_PROGRESS_H

#include "base/err.h"
#include "base/log.h"

struct progress;

/* With `log` (may be NULL) its lines and the progress line keep out of each other's way: the log
 * writes both. `quiet`:
 * never show anything. NULL when there is no memory; every call accepts NULL. */
struct progress *progress_new(struct log *log, bool quiet);
/* Replaces the line; cut at the terminal's width. At most 20 times a second. */
void progress_show(struct progress *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
void progress_clear(struct progress *p); /* erases it, e.g. before a report is printed */
void progress_free(struct progress *p);  /* erases it */

/* Colour: a terminal, TERM not "dumb", NO_COLOR not set. */
bool term_has_colour(int fd);

enum term_style { TERM_PLAIN, TERM_BOLD, TERM_DIM, TERM_GREEN, TERM_RED, TERM_YELLOW };
/* The escape that turns a style on (TERM_PLAIN: all off), or "" when `colour` is false. */
const char *term_style(bool colour, enum term_style style);

#endif
