/* Datagrams as a far end may send them: headers, events, and a whole stream that hears them, in
 * clear and through SRTP. Input: a list of { length (one byte), datagram }. */
#include "media/digits.h"
#include "media/rtp.h"
#include "media/stream.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_parse(const uint8_t *bytes, size_t len)
{
    struct rtp_packet p;
    struct rtp_header again;
    uint8_t written[RTP_HEADER_LEN];
    struct digit_ear ear = {0};
    char digit = 0;

    if (!rtp_parse(&p, bytes, len))
        return;
    if (p.payload < bytes + RTP_HEADER_LEN || p.payload + p.payload_len > bytes + len)
        abort();
    if (digit_hear(&ear, &p, &digit) == DIGIT_NEW && !digit_is(digit))
        abort();
    rtp_write(written, &p.header);
    if (!rtp_peek(&again, written, sizeof written) || again.marker != p.header.marker ||
        again.payload_type != p.header.payload_type || again.sequence != p.header.sequence ||
        again.timestamp != p.header.timestamp || again.ssrc != p.header.ssrc)
        abort(); /* what we write, we can read */
}

static struct stream *new_ear(uint32_t algorithm)
{
    struct stream_start start = {.record_ms = 100, .hear_tones = algorithm == 0};
    struct media_format f = {.packet_ms = 20, .dtmf_payload = 101};
    struct stream *s = stream_new(&start, NULL);

    if (!s)
        abort();
    f.key = (struct media_key){
        .algorithm = algorithm, .key_len = 16, .salt_len = algorithm == 5 ? 12 : 14};
    stream_listen(s, &f, algorithm ? media_srtp_receiver(&f.key, NULL) : NULL, 0);
    return s;
}

/* As a call manager may send one. */
static void check_key(const uint8_t *data, size_t size)
{
    struct media_key k = {0};
    struct err e = {0};

    if (size < 3)
        return;
    k.algorithm = data[0] % 8;
    k.key_len = data[1] % 24;
    k.salt_len = data[2] % 24;
    memcpy(k.salt, data + 3, size - 3 < sizeof k.salt ? size - 3 : sizeof k.salt);
    if (!media_key_check(&k, &e)) {
        if (e.kind == ERR_NONE || !e.text[0])
            abort();
        return;
    }
    struct media_srtp *s = k.algorithm ? media_srtp_sender(&k, 1, &e) : NULL;
    if (k.algorithm && !s)
        abort(); /* what is checked can be used */
    media_srtp_free(s);
}

static void check_stream(uint32_t algorithm, const uint8_t *data, size_t size)
{
    struct stream *s = new_ear(algorithm);
    struct media_counts c;
    uint64_t datagrams = 0;
    size_t samples;

    while (size > 0) {
        _Alignas(8) uint8_t bytes[256];
        size_t len = data[0] < size - 1 ? data[0] : size - 1;
        memcpy(bytes, data + 1, len);
        stream_hear(s, bytes, len, false, (int64_t)datagrams++ * 20000000);
        data += 1 + len;
        size -= 1 + len;
    }
    stream_counts(s, 0, &c);
    if (c.received + c.duplicates + c.replays + c.auth_failures + c.malformed < datagrams ||
        c.received > datagrams)
        abort(); /* each datagram is counted somewhere */
    free(stream_take_recording(s, &samples));
    if (samples > 800)
        abort();
    stream_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t algorithms[] = {0, 1, 5};

    check_parse(data, size);
    check_key(data, size);
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++)
        check_stream(algorithms[i], data, size);
    return 0;
}
