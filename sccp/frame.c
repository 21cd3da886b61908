#include "sccp/frame.h"

#include "base/wire.h"

#include <stdlib.h>
#include <string.h>

uint32_t sccp_header_version(uint32_t id, uint32_t version)
{
    if (id == SCCP_REGISTER || id == SCCP_REGISTER_ACK || id == SCCP_REGISTER_TOKEN_REQ ||
        version < 10)
        return 0;
    return version;
}

enum sccp_cut sccp_frame_cut(const uint8_t *bytes, size_t n, struct sccp_frame *out, size_t *used,
                             struct err *e)
{
    struct wire_reader r = wire_read_from(bytes, n);

    if (n < 4)
        return SCCP_CUT_MORE;
    uint32_t length = wire_u32le(&r);
    if (length < SCCP_LENGTH_MIN || length > SCCP_LENGTH_MAX) {
        err_set(e, ERR_FORMAT, "SCCP header: the length is %u, it must be %u to %u", length,
                SCCP_LENGTH_MIN, SCCP_LENGTH_MAX);
        return SCCP_CUT_BAD;
    }
    if (n < 8 + (size_t)length)
        return SCCP_CUT_MORE;
    out->version = wire_u32le(&r);
    out->id = wire_u32le(&r);
    out->len = length - 4;
    out->body = wire_take(&r, out->len);
    *used = 8 + (size_t)length;
    return SCCP_CUT_FRAME;
}

void sccp_frames_feed(struct sccp_frames *f, const uint8_t *bytes, size_t n)
{
    f->at = bytes;
    f->left = n;
}

static void drop_held(struct sccp_frames *f)
{
    if (f->held)
        explicit_bzero(f->held, SCCP_PDU_MAX);
    free(f->held);
    f->held = NULL;
    f->held_len = 0;
    f->given = false;
}

void sccp_frames_free(struct sccp_frames *f)
{
    drop_held(f);
    *f = (struct sccp_frames){0};
}

/* Moves bytes to the held part of a frame until `want` are there. */
static bool hold(struct sccp_frames *f, size_t want)
{
    size_t n = want - f->held_len;

    if (n > f->left)
        n = f->left;
    if (n) {
        memcpy(f->held + f->held_len, f->at, n);
        f->at += n;
    }
    f->left -= n;
    f->held_len += n;
    return f->held_len == want;
}

static size_t held_size(const struct sccp_frames *f)
{
    struct wire_reader r = wire_read_from(f->held, f->held_len);

    return 8 + (size_t)wire_u32le(&r);
}

/* Goes on with a frame whose first bytes came earlier. */
static enum sccp_cut next_held(struct sccp_frames *f, struct sccp_frame *out, struct err *e)
{
    size_t used;
    enum sccp_cut cut;

    if (f->held_len < 4 && !hold(f, 4))
        return SCCP_CUT_MORE;
    cut = sccp_frame_cut(f->held, f->held_len, out, &used, e);
    if (cut == SCCP_CUT_MORE && hold(f, held_size(f)))
        cut = sccp_frame_cut(f->held, f->held_len, out, &used, e);
    f->given = cut == SCCP_CUT_FRAME;
    return cut;
}

/* The rest of what was fed is less than a frame. */
static enum sccp_cut keep_rest(struct sccp_frames *f, struct err *e)
{
    if (f->left == 0)
        return SCCP_CUT_MORE;
    f->held = malloc(SCCP_PDU_MAX);
    if (!f->held) {
        err_set(e, ERR_MEMORY, "no memory for half a frame");
        return SCCP_CUT_BAD;
    }
    hold(f, f->left);
    return SCCP_CUT_MORE;
}

enum sccp_cut sccp_frames_next(struct sccp_frames *f, struct sccp_frame *out, struct err *e)
{
    size_t used;
    enum sccp_cut cut;

    if (f->given)
        drop_held(f);
    if (f->held)
        return next_held(f, out, e);
    cut = sccp_frame_cut(f->at, f->left, out, &used, e);
    if (cut == SCCP_CUT_MORE)
        return keep_rest(f, e);
    if (cut == SCCP_CUT_FRAME) {
        f->at += used;
        f->left -= used;
    }
    return cut;
}
