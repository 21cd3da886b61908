/* The answers to what a device asks while it registers, and the messages around its registration
 * (sccp.md 7.1, 7.12, 7.13). Pure. */
#ifndef LABCM_CONVERSATION_H
#define LABCM_CONVERSATION_H

#include "tools/labcm/manager.h"

/* True when `q` was a request with an answer, which has been sent. */
bool converse(struct manager *m, struct device *d, const struct sccp_message *q);

void converse_accept(struct manager *m, struct device *d); /* RegisterAck, CapabilitiesReq */
void converse_capabilities(struct device *d, const struct sccp_message *q);

#endif
