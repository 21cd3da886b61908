/* Between SCCP and the port: a message to an event, an action to messages. Pure.
 *
 * What a message means depends on the port: whose call it names, which stream, which answer is
 * awaited. That is decided here, so that the rules of port.c need no `if`. */
#ifndef PORTS_TRANSLATE_H
#define PORTS_TRANSLATE_H

#include "ports/port.h"
#include "sccp/message.h"

/* Never fails: what means nothing becomes EV_NOTED or EV_UNKNOWN. */
void translate_in(const struct port *p, const struct sccp_message *m, struct port_event *out);

/* What the second line says: sent before any Register there. */
void translate_second(const struct sccp_message *m, struct port_event *out);

/* The nth message of a SAY_ action; false when there is none. Most have one; a number dialled key
 * by key has many. */
bool translate_out(const struct port *p, const char *name, const struct port_action *a, size_t nth,
                   struct sccp_message *out);

#endif
