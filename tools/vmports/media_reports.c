/* RTCP and SRTCP: whose report it is, and whether it is protected. */
#include "base/wire.h"
#include "tools/vmports/media_inner.h"

#include <search.h>
#include <string.h>

/* Compound RTCP in clear is a chain of packets whose lengths add up to the datagram (RFC 3550 6.1);
 * SRTCP has an index and a tag behind, and lengths that are cipher text. */
static bool is_plain_rtcp(const uint8_t *bytes, size_t len)
{
    struct wire_reader r = wire_read_from(bytes, len);

    while (wire_left(&r) >= 4) {
        const uint8_t *head = wire_take(&r, 4);
        if (head[0] >> 6 != 2)
            return false;
        wire_skip(&r, 4u * (size_t)(head[2] << 8 | head[3]));
    }
    return !r.bad && wire_left(&r) == 0;
}

bool media_is_rtcp(const uint8_t *bytes, size_t len)
{
    return len >= 8 && bytes[0] >> 6 == 2 && bytes[1] >= 200 && bytes[1] <= 207;
}

/* The stream that a report speaks for: from its own ports, or from the ports above. `shift`: which
 * of both. */
static struct stream *reported_stream(struct media_watch *w, const struct packet *p,
                                      uint16_t *shift)
{
    struct wire_reader r = wire_read_from(p->payload + 4, 4);
    struct media_stream key = {.src = p->src, .dst = p->dst, .ssrc = wire_u32be(&r)};
    struct stream *const *found = tfind(&key, &w->tree, media_compare_streams);

    *shift = 0;
    if (found)
        return *found;
    *shift = 1;
    key.src.port--;
    key.dst.port--;
    found = tfind(&key, &w->tree, media_compare_streams);
    return found ? *found : NULL;
}

static bool report_authentic(struct stream *s, const struct packet *p, uint16_t shift)
{
    const size_t n = s->key_count < CONTEXTS_MAX ? s->key_count : CONTEXTS_MAX;
    struct net_addr src = p->src, dst = p->dst;

    src.port = (uint16_t)(src.port - shift);
    dst.port = (uint16_t)(dst.port - shift);
    for (size_t i = 0; i < n; i++) {
        _Alignas(8) uint8_t copy[PACKET_MOST];
        size_t len = p->len;
        if (!stream_key_fits(&s->keys[i], &src, &dst))
            continue;
        memcpy(copy, p->payload, len);
        if (media_context(s, i) &&
            media_srtp_unprotect_rtcp(s->contexts[i], copy, &len) == MEDIA_SRTP_OK)
            return true;
    }
    return false;
}

void media_on_rtcp(struct media_watch *w, const struct packet *p)
{
    uint16_t shift;
    struct stream *s = reported_stream(w, p, &shift);

    if (!s) {
        w->totals.other++;
        return;
    }
    w->totals.rtcp++;
    if (is_plain_rtcp(p->payload, p->len)) {
        w->totals.rtcp_plain++;
        return;
    }
    if (!s->facts.has_key || p->missing || p->len > PACKET_MOST)
        return;
    if (report_authentic(s, p, shift))
        w->totals.rtcp_authentic++;
    else
        w->totals.rtcp_forged++;
}
