#include "media/rtcp.h"

#include "base/wire.h"

#include <string.h>

enum { SR = 200, RR = 201, SDES = 202, BYE = 203 };

#define CNAME_ITEM   1
#define BLOCK_LEN    24u
#define HEAD_LEN     4u
#define COMPENSATION 1.21828 /* e - 3/2 */

static void put_head(struct wire_writer *w, unsigned count, uint8_t type, size_t len)
{
    wire_put_u8(w, (uint8_t)(0x80 | count));
    wire_put_u8(w, type);
    wire_put_u16be(w, (uint16_t)(len / 4 - 1));
}

static void put_block(struct wire_writer *w, const struct rtcp_block *b)
{
    wire_put_u32be(w, b->ssrc);
    wire_put_u32be(w, (uint32_t)b->fraction << 24 | ((uint32_t)b->lost & 0xffffff));
    wire_put_u32be(w, b->highest);
    wire_put_u32be(w, b->jitter);
    wire_put_u32be(w, b->last_sr);
    wire_put_u32be(w, b->since_sr);
}

static void put_report(struct wire_writer *w, const struct rtcp_report *r)
{
    const size_t block = r->has_block ? BLOCK_LEN : 0;

    put_head(w, r->has_block, r->sender ? SR : RR, (r->sender ? 28 : 8) + block);
    wire_put_u32be(w, r->ssrc);
    if (r->sender) {
        wire_put_u32be(w, (uint32_t)(r->ntp >> 32));
        wire_put_u32be(w, (uint32_t)r->ntp);
        wire_put_u32be(w, r->timestamp);
        wire_put_u32be(w, r->packets);
        wire_put_u32be(w, r->octets);
    }
    if (r->has_block)
        put_block(w, &r->block);
}

/* The list of items ends with a zero, and then up to the next word. */
static void put_cname(struct wire_writer *w, const struct rtcp_report *r)
{
    const size_t n = strlen(r->cname), items = 2 + n + 1, padded = (items + 3) / 4 * 4;

    put_head(w, 1, SDES, HEAD_LEN + 4 + padded);
    wire_put_u32be(w, r->ssrc);
    wire_put_u8(w, CNAME_ITEM);
    wire_put_u8(w, (uint8_t)n);
    wire_put_bytes(w, r->cname, n);
    wire_put_zeros(w, padded - items + 1);
}

size_t rtcp_write(uint8_t *out, const struct rtcp_report *r)
{
    struct wire_writer w = wire_write_to(out, RTCP_MOST);

    put_report(&w, r);
    put_cname(&w, r);
    if (r->bye) {
        put_head(&w, 1, BYE, HEAD_LEN + 4);
        wire_put_u32be(&w, r->ssrc);
    }
    return w.bad ? 0 : wire_written(&w);
}

static int32_t signed_24(uint32_t v)
{
    return (int32_t)(v & 0x7fffff) - (int32_t)(v & 0x800000);
}

static void read_block(struct rtcp_report *out, struct wire_reader *r, uint32_t about)
{
    struct rtcp_block b = {.ssrc = wire_u32be(r)};
    uint32_t lost = wire_u32be(r);

    b.fraction = (uint8_t)(lost >> 24);
    b.lost = signed_24(lost);
    b.highest = wire_u32be(r);
    b.jitter = wire_u32be(r);
    b.last_sr = wire_u32be(r);
    b.since_sr = wire_u32be(r);
    if (r->bad || b.ssrc != about)
        return;
    out->has_block = true;
    out->block = b;
}

static bool read_report(struct rtcp_report *out, struct wire_reader *r, uint8_t type,
                        unsigned blocks, uint32_t about)
{
    out->ssrc = wire_u32be(r);
    out->sender = type == SR;
    if (out->sender) {
        out->ntp = (uint64_t)wire_u32be(r) << 32;
        out->ntp |= wire_u32be(r);
        out->timestamp = wire_u32be(r);
        out->packets = wire_u32be(r);
        out->octets = wire_u32be(r);
    }
    for (; blocks > 0 && !r->bad; blocks--)
        read_block(out, r, about);
    return !r->bad;
}

bool rtcp_read(struct rtcp_report *out, const uint8_t *bytes, size_t len, uint32_t about)
{
    struct wire_reader r = wire_read_from(bytes, len);

    *out = (struct rtcp_report){0};
    for (bool first = true; wire_left(&r) > 0; first = false) {
        uint8_t head = wire_u8(&r), type = wire_u8(&r);
        const size_t body_len = 4u * wire_u16be(&r);
        const uint8_t *body = wire_take(&r, body_len);
        if (r.bad || !body || head >> 6 != 2 || (first && type != SR && type != RR))
            return false;
        struct wire_reader b = wire_read_from(body, body_len);
        if (first && !read_report(out, &b, type, head & 0x1f, about))
            return false;
        out->bye |= type == BYE;
    }
    return len > 0;
}

int64_t rtcp_wait_ms(bool first, uint32_t chance)
{
    const double interval = first ? RTCP_EVERY_MS / 2.0 : RTCP_EVERY_MS;

    return (int64_t)(interval * (0.5 + (double)chance / 4294967296.0) / COMPENSATION);
}
