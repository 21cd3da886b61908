/* A stream's reports, both ways. */
#include "media/stream_inner.h"

#include <stdio.h>

static uint8_t fraction_lost(struct reporter *r, uint64_t expected, uint64_t lost)
{
    const uint64_t more = expected - r->expected, gone = lost > r->lost ? lost - r->lost : 0;

    r->expected = expected;
    r->lost = lost;
    if (more == 0 || more > UINT32_MAX) /* the source started anew */
        return 0;
    return (uint8_t)(gone * 256 / more > 255 ? 255 : gone * 256 / more);
}

static struct rtcp_block block_of(struct stream *s, int64_t now_ns)
{
    const struct rtp_source *from = &s->ear.source;
    const uint64_t lost = rtp_source_lost(from);
    struct reporter *r = &s->reporter;

    return (struct rtcp_block){
        .ssrc = from->ssrc,
        .fraction = fraction_lost(r, rtp_source_expected(from), lost),
        .lost = (int32_t)(lost > 0x7fffff ? 0x7fffff : lost),
        .highest = rtp_source_highest(from),
        .jitter = rtp_source_jitter(from),
        .last_sr = r->last_sr,
        .since_sr = r->last_sr ? (uint32_t)((now_ns - r->last_sr_ns) / 1000 * 65536 / 1000000) : 0,
    };
}

size_t stream_make_rtcp(struct stream *s, const struct stream_now *now, const char *cname, bool bye,
                        uint8_t *out)
{
    const struct mouth *m = &s->mouth;
    struct rtcp_report r = {
        .ssrc = m->ssrc,
        .sender = s->counts.sent > 0,
        .ntp = now->ntp,
        .timestamp = m->timestamp + (uint32_t)((now->ns - s->opened_ns) / SAMPLE_NS),
        .packets = (uint32_t)s->counts.sent,
        .octets = (uint32_t)s->counts.sent_octets,
        .has_block = s->ear.on && s->ear.source.known,
        .bye = bye,
    };

    if (!r.sender && !r.has_block)
        return 0;
    if (r.has_block)
        r.block = block_of(s, now->ns);
    snprintf(r.cname, sizeof r.cname, "%s", cname);
    size_t len = rtcp_write(out, &r);
    if (m->format.key.algorithm && (!m->srtp || !media_srtp_protect_rtcp(m->srtp, out, &len)))
        return 0;
    s->counts.rtcp_sent++;
    return len;
}

static void note_report(struct stream *s, const struct rtcp_report *r, const struct stream_now *now)
{
    if (r->sender && r->ssrc == s->ear.source.ssrc) {
        s->reporter.last_sr = rtcp_middle(r->ntp);
        s->reporter.last_sr_ns = now->ns;
    }
    if (!r->has_block || r->block.last_sr == 0)
        return;
    /* RFC 3550 section 6.4.1; clocks that were set meanwhile make nonsense of it. */
    const uint32_t trip = rtcp_middle(now->ntp) - r->block.last_sr - r->block.since_sr;
    if (trip < 60 * 65536)
        s->counts.round_trip_ms = trip * 1000 / 65536 ? trip * 1000 / 65536 : 1;
}

static bool open_rtcp(struct stream *s, uint8_t *bytes, size_t *len)
{
    return !s->ear.srtp || media_srtp_unprotect_rtcp(s->ear.srtp, bytes, len) == MEDIA_SRTP_OK;
}

void stream_hear_rtcp(struct stream *s, uint8_t *bytes, size_t len, const struct stream_now *now)
{
    struct rtcp_report r;

    if (!s->ear.on)
        return;
    if (!open_rtcp(s, bytes, &len) || !rtcp_read(&r, bytes, len, s->mouth.ssrc)) {
        s->counts.rtcp_bad++;
        return;
    }
    s->counts.rtcp_received++;
    note_report(s, &r, now);
}
