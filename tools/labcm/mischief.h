/* What the fault menu does to the messages of a device: some never leave, some leave changed, some
 * bytes follow that are no message. Pure. */
#ifndef LABCM_MISCHIEF_H
#define LABCM_MISCHIEF_H

#include "tools/labcm/faults.h"

/* This message is never sent. */
bool mischief_swallows(const struct faults *f, const char *device, uint32_t id);
/* This message is sent otherwise than meant. */
void mischief_changes(const struct faults *f, const char *device, struct sccp_message *m);
/* Bytes behind the RegisterAck that are no message, into `out`; 0: none. */
size_t mischief_bytes(const struct faults *f, const char *device, uint8_t out[12]);

#endif
