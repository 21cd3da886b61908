/* TLS cipher suites by number (IANA), with OpenSSL's names. Pure. */
#ifndef VMPORTS_LINE_SUITES_H
#define VMPORTS_LINE_SUITES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes the name, "0x1234" for a suite that is not in the table; returns `out`. */
const char *line_suite_name(uint16_t suite, char *out, size_t cap);
/* Integrity without secrecy. A suite that is not in the table is not called so: whether its records
 * can be read, the search in them says. */
bool line_suite_is_null(uint16_t suite);

#endif
