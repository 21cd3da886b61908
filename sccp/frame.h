/* A byte stream cut into frames, however it was split or joined, and the header of a frame.
 *
 *   0        4         8         12
 *   | length | version |   id    | body ...          all little-endian; length counts from byte 8,
 *                                                    padding included
 */
#ifndef SCCP_FRAME_H
#define SCCP_FRAME_H

#include "sccp/codec.h"

#define SCCP_HEADER     12
#define SCCP_LENGTH_MIN 4u
#define SCCP_LENGTH_MAX (4u + SCCP_BODY_MAX)

struct sccp_frame {
    uint32_t version; /* the header's word; layouts go by the negotiated version instead */
    uint32_t id;
    const uint8_t *body; /* borrowed */
    size_t len;
};

enum sccp_cut { SCCP_CUT_FRAME, SCCP_CUT_MORE, SCCP_CUT_BAD };

/* The first frame of `bytes`, and how many bytes it took. SCCP_CUT_BAD: the length cannot be true,
 * and nothing after it can be trusted. */
enum sccp_cut sccp_frame_cut(const uint8_t *bytes, size_t n, struct sccp_frame *out, size_t *used,
                             struct err *e);

/* One connection's stream. Owner: whoever holds the struct; zero is empty. Frames are read in
 * place; memory is held only while a frame is half received.
 *
 *     sccp_frames_feed(&f, bytes, n);
 *     while ((cut = sccp_frames_next(&f, &frame, e)) == SCCP_CUT_FRAME)
 *         ...
 */
struct sccp_frames {
    uint8_t *held; /* SCCP_PDU_MAX bytes, or NULL */
    size_t held_len;
    bool given; /* the held frame was handed out and goes with the next call */
    const uint8_t *at;
    size_t left;
};
/* The bytes are borrowed until sccp_frames_next says SCCP_CUT_MORE or SCCP_CUT_BAD. */
void sccp_frames_feed(struct sccp_frames *f, const uint8_t *bytes, size_t n);
/* The frame is borrowed until the next call on `f`. After SCCP_CUT_BAD only free is left to do. */
enum sccp_cut sccp_frames_next(struct sccp_frames *f, struct sccp_frame *out, struct err *e);
void sccp_frames_free(struct sccp_frames *f); /* wipes what it held: keys may be among it */

/* The header's version word: 0 in Register, RegisterAck and RegisterTokenReq, which come before any
 * is agreed on, and below version 10, else the negotiated version (sccp.md 1.3). */
uint32_t sccp_header_version(uint32_t id, uint32_t version);

#endif
