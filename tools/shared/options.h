/* What stands behind an option, read strictly: the error names the option, the value that was given
 * and the values that would do (ERR_USAGE). Pure. */
#ifndef SHARED_OPTIONS_H
#define SHARED_OPTIONS_H

#include "base/err.h"

#include <stdint.h>

/* Decimal digits only: no sign, no blanks, nothing behind. */
bool option_number(const char *option, const char *text, unsigned long lo, unsigned long hi,
                   unsigned long *out, struct err *e) MUST_USE;
bool option_unsigned(const char *option, const char *text, unsigned lo, unsigned hi, unsigned *out,
                     struct err *e) MUST_USE;
/* "16384-32767", lo <= hi, each inside lo..hi of the limits. */
bool option_range(const char *option, const char *text, unsigned lo, unsigned hi, unsigned *from,
                  unsigned *to, struct err *e) MUST_USE;
/* One of `words` (NULL-terminated): its index. The error lists them. */
bool option_word(const char *option, const char *text, const char *const *words, unsigned *out,
                 struct err *e) MUST_USE;
/* A number as a phone dials it: 1 to 24 of 0-9 * # A-D +. */
bool option_extension(const char *option, const char *text, struct err *e) MUST_USE;

struct host_port {
    char host[256];
    uint16_t port;
};
/* "HOST[:PORT],…", at least one and at most `cap`; doubles are refused. */
bool option_hosts(const char *option, const char *text, uint16_t default_port,
                  struct host_port *out, size_t cap, size_t *count, struct err *e) MUST_USE;

#endif
