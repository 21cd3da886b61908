/* Whose stream it is: the port that said on its ladder that it takes voice at this address. Pure.
 */
#ifndef VMPORTS_MEDIA_NAMES_H
#define VMPORTS_MEDIA_NAMES_H

#include "tools/vmports/verify.h"

struct media_names;

/* Of a report, which is borrowed while the names live. NULL: no memory. */
struct media_names *media_names_new(const struct verify_report *r, struct err *e);
void media_names_free(struct media_names *n); /* accepts NULL */
/* The device name of the port that sent or received it, and which of both; "" and the way of the
 * key log when no ladder says so. */
const char *media_names_find(const struct media_names *n, const struct media_stream *m,
                             enum media_way *way);

#endif
