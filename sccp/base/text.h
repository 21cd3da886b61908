/* Text for people: untrusted bytes made printable, dates, hex. Pure. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define TEXT_DATE    40
#define TEXT_ESCAPED 133 /* room for 128 characters of escaped text */

/* Copies untrusted text for printing: control characters, quotes and backslashes become \xNN,
 * and at most 128 bytes of it are used. Returns `out`. */
const char *log_escape(const char *text, size_t len, char *out, size_t cap);

/* Seconds since 1970 as "2026-01-15 00:00:00 UTC"; returns `out` (TEXT_DATE bytes). */
const char *text_date(int64_t seconds, char *out);
/* The same as date(1) writes it: "Thu Jan 15 00:00:00 UTC 2026". */
const char *text_long_date(int64_t seconds, char *out);
/* Lower-case hex, as many whole bytes as fit; returns `out`. */
const char *text_hex(const uint8_t *bytes, size_t len, char *out, size_t cap);
/* Hex of either case -> bytes; returns how many, or 0 if it is not whole bytes of hex, or more than
 * `cap` of them. What stands in `out` then is undefined. */
size_t text_from_hex(const char *text, size_t len, uint8_t *out, size_t cap);

#endif
