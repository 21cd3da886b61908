/* What the fault menu does to the messages of a device: some never leave, some leave changed, some
 * bytes follow that are no message. Pure. */
#ifndef LABCM_MISCHIEF_H
#define LABCM_MISCHIEF_H

#include "tools/labcm/device.h"
#include "tools/labcm/faults.h"

/* This message is never sent. */
bool mischief_swallows(const struct faults *f, const struct device *d, uint32_t id);
/* This message is sent otherwise than meant. */
void mischief_changes(const struct faults *f, const char *device, struct sccp_message *m);
/* Bytes behind the RegisterAck that are no message, or none that anybody knows, into `out`; 0:
 * none. */
size_t mischief_bytes(const struct faults *f, const char *device, uint8_t out[12]);
/* A message that follows this one. False: none does. */
bool mischief_follows(const struct faults *f, const char *device, const struct sccp_message *m,
                      struct sccp_message *out);

/* How the bytes of a message go out. */
enum mischief_way { MISCHIEF_WHOLE, MISCHIEF_BYTEWISE, MISCHIEF_THEN_CLOSE };
/* Spoils them in place; `len` may become less, to nothing too. */
enum mischief_way mischief_spoils(struct faults *f, const char *device, uint32_t id, uint8_t *pdu,
                                  size_t *len);

#endif
