/* EDGE: RTP in clear as a capture file (classic pcap): each packet in the frame that it was
 * captured in, with lengths and checksums of IP and UDP that fit what is in it now. */
#ifndef VMPORTS_RTP_OUT_H
#define VMPORTS_RTP_OUT_H

#include "tools/vmports/capture_file.h"

struct rtp_out;

/* `source`: the capture that is read, which must not be the file to write. NULL with e set. */
struct rtp_out *rtp_out_new(const char *path, const char *source, struct err *e);
/* `rtp` instead of the payload of c, a whole PACKET_UDP. */
bool rtp_out_packet(struct rtp_out *o, const struct captured *c, const uint8_t *rtp, size_t len,
                    struct err *e) MUST_USE;
/* False when the file is not whole. Frees. Accepts NULL. */
bool rtp_out_close(struct rtp_out *o, struct err *e) MUST_USE;

#endif
