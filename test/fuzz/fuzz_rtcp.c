/* RTCP as a far end may send it, alone and into a stream. What is read can be written and read
 * again. */
#include "media/rtcp.h"
#include "media/stream.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_again(const struct rtcp_report *r)
{
    uint8_t out[RTCP_MOST];
    struct rtcp_report again, sent = *r;

    strcpy(sent.cname, "a");
    size_t len = rtcp_write(out, &sent);
    if (len == 0 || !rtcp_read(&again, out, len, r->block.ssrc) || again.ssrc != r->ssrc ||
        again.ntp != r->ntp || again.bye != r->bye || again.has_block != r->has_block ||
        again.block.lost != r->block.lost || again.block.last_sr != r->block.last_sr)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct stream_start start = {.ssrc = 0x55667788};
    const struct media_format f = {.packet_ms = 20};
    const struct stream_now now = {.ns = 1000000000, .ntp = UINT64_C(0xea00000200000000)};
    struct rtcp_report r;
    uint8_t copy[1500];

    if (size > sizeof copy)
        return 0;
    struct stream *s = stream_new(&start, NULL);
    if (!s)
        return 0;
    if (rtcp_read(&r, data, size, start.ssrc))
        read_again(&r);
    memcpy(copy, data, size);
    stream_listen(s, &f, NULL, 0);
    stream_hear_rtcp(s, copy, size, &now);
    stream_free(s);
    return 0;
}
