/* Two ends of a call and the road between them, as bytes say: packets lost, doubled, late, changed;
 * keys changed, talk stopped and begun again, digits, reports both ways. Encrypted, what was
 * changed on the road is never heard, nothing is heard twice, and no digit is that was not said.
 *
 * The first byte: the suite. Then one byte what (see one_thing), with those that it reads. */
#include "must.h"

#include "media/stream.h"

#include <string.h>

#define MS        INT64_C(1000000)
#define ROAD_MOST 24 /* packets under way: more than from one digit to the next */

struct packet {
    _Alignas(8) uint8_t bytes[STREAM_PACKET_MAX];
    size_t len;
    unsigned heard; /* while the ear listened for the so manieth time; 0: not yet */
};

static struct call {
    const uint8_t *at, *end; /* of the bytes */
    uint32_t algorithm;
    struct stream *mouth, *ear;
    struct media_format said, heard; /* the newest of each end */
    struct packet road[ROAD_MOST];
    size_t on_road;
    int64_t now_ns;
    unsigned listens;
    uint64_t made, whole; /* packets; of those that arrived, unchanged */
    char digits[64];      /* that were said */
    size_t digit_count, next_heard;
} call;

static uint8_t next(void)
{
    return call.at < call.end ? *call.at++ : 0;
}

/* ---- the ends -------------------------------------------------------------------------------- */

static struct media_key key_of(uint8_t which)
{
    struct media_key k = {.algorithm = call.algorithm};

    if (k.algorithm == 0)
        return k;
    k.key_len = sizeof k.key;
    k.salt_len = (uint16_t)media_salt_len(k.algorithm);
    memset(k.key, which, sizeof k.key);
    return k;
}

static struct media_format format_of(uint8_t how)
{
    static const unsigned packet_ms[] = {20, 10, 30, 60};
    struct media_format f = {.law = how & 1 ? G711_ALAW : G711_ULAW,
                             .packet_ms = packet_ms[how >> 1 & 3],
                             .dtmf_payload = how & 8 ? 0 : 101};

    f.key = key_of(how >> 4 & 3);
    MUST(media_format_check(&f, NULL));
    return f;
}

static void speak(uint8_t how, const char *digits)
{
    struct stream_speech s = {.format = format_of(how), .after = MEDIA_SILENCE, .digits = digits};

    call.said = s.format;
    stream_speak(call.mouth, &s,
                 call.algorithm ? media_srtp_sender(&s.format.key, stream_ssrc(call.mouth), NULL)
                                : NULL,
                 call.now_ns / MS * MS);
}

static void listen_as(uint8_t how)
{
    call.heard = format_of(how);
    call.listens++;
    stream_listen(call.ear, &call.heard,
                  call.algorithm ? media_srtp_receiver(&call.heard.key, NULL) : NULL, call.now_ns);
}

/* A new one is in no hurry to be heard: what is not said before the end is not missed. */
static void say_digit(uint8_t which)
{
    const char digit[2] = {"0123456789*#ABCD"[which % 16], '\0'};

    if (!stream_is_speaking(call.mouth) || call.digit_count == 24)
        return;
    call.digits[call.digit_count++] = digit[0];
    speak(which & 64 ? 0x10 : 0, digit);
}

/* ---- the road -------------------------------------------------------------------------------- */

static void arrives(struct packet *p, bool changed)
{
    struct packet copy = *p;
    struct media_counts before, after;

    stream_counts(call.ear, call.now_ns, &before);
    const struct stream_heard h = stream_hear(call.ear, copy.bytes, copy.len, false, call.now_ns);
    stream_counts(call.ear, call.now_ns, &after);
    if (call.algorithm == 0)
        return;
    MUST(!changed || after.received == before.received);
    MUST(p->heard != call.listens || after.received == before.received);
    if (after.received > before.received)
        p->heard = call.listens;
    call.whole += !changed;
    MUST(after.received <= call.made && after.received <= call.whole);
    if (!h.digit)
        return;
    while (call.next_heard < call.digit_count && call.digits[call.next_heard] != h.digit)
        call.next_heard++;
    MUST(call.next_heard++ < call.digit_count); /* in their order, and each once */
}

static void take_off(size_t which)
{
    memmove(&call.road[which], &call.road[which + 1],
            (--call.on_road - which) * sizeof call.road[0]);
}

static void make_packets(void)
{
    for (unsigned due = stream_due(call.mouth, call.now_ns); due > 0; due--) {
        struct packet p = {.len = 0};
        p.len = stream_make(call.mouth, p.bytes);
        if (p.len == 0)
            continue;
        MUST(p.len <= sizeof p.bytes);
        stream_sent(call.mouth, true);
        call.made++;
        if (call.on_road == ROAD_MOST) { /* the oldest gets there by itself */
            arrives(&call.road[0], false);
            take_off(0);
        }
        call.road[call.on_road++] = p;
    }
}

static void fate(uint8_t how)
{
    const size_t which = call.on_road ? (how >> 3) % call.on_road : 0;
    struct packet *p = &call.road[which];

    if (call.on_road == 0)
        return;
    switch (how & 7) {
    case 0: /* lost */
        break;
    case 1: /* here, and there is another */
        arrives(p, false);
        return;
    case 2: { /* changed */
        struct packet copy = *p;
        copy.bytes[next() % copy.len] ^= (uint8_t)(1u << (next() & 7));
        arrives(&copy, true);
        return;
    }
    case 3: { /* cut */
        struct packet copy = *p;
        copy.len = next() % copy.len;
        arrives(&copy, true);
        return;
    }
    default:
        arrives(p, false);
    }
    take_off(which);
}

static void report(bool bye)
{
    const struct stream_now now = {call.now_ns, (uint64_t)call.now_ns << 4};
    _Alignas(8) uint8_t bytes[STREAM_RTCP_MAX];
    size_t len = stream_make_rtcp(call.mouth, &now, "port", bye, bytes);

    if (len > 0 && next() & 1)
        bytes[next() % len] ^= 1;
    if (len > 0)
        stream_hear_rtcp(call.ear, bytes, len, &now);
    len = stream_make_rtcp(call.ear, &now, "far end", bye, bytes);
    if (len > 0)
        stream_hear_rtcp(call.mouth, bytes, len, &now);
}

/* ---- the call -------------------------------------------------------------------------------- */

static void one_thing(void)
{
    const uint8_t what = next();

    switch (what & 15) {
    case 0:
        speak(next(), NULL);
        break;
    case 1:
        listen_as(next());
        break;
    case 2:
        stream_stop_speaking(call.mouth);
        break;
    case 3:
        stream_stop_listening(call.ear, call.now_ns);
        break;
    case 4:
        say_digit(next());
        break;
    case 5:
        report(what & 128);
        break;
    case 6:
        call.now_ns += next() * 10 * MS;
        break;
    case 7:
    case 8:
    case 9:
        fate(next());
        break;
    case 10: { /* both ends, as at a re-key */
        const uint8_t how = next();
        listen_as(how);
        speak(how, NULL);
        break;
    }
    default:
        call.now_ns += 20 * MS;
    }
    make_packets();
}

static struct stream *new_stream(uint32_t ssrc, unsigned record_ms)
{
    const struct stream_start start = {.ssrc = ssrc,
                                       .timestamp = UINT32_MAX - 4000,
                                       .sequence = UINT16_MAX - 20,
                                       .record_ms = record_ms};
    struct stream *s = stream_new(&start, NULL);

    MUST(s);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t algorithms[] = {1, 2, 5, 0};
    size_t samples = 0;

    call = (struct call){.at = data, .end = data + size};
    call.algorithm = algorithms[next() % 4];
    call.mouth = new_stream(0x1111, 0);
    call.ear = new_stream(0x2222, 500);
    listen_as(0);
    speak(0, NULL);
    while (call.at < call.end)
        one_thing();
    free(stream_take_recording(call.ear, &samples));
    MUST(samples <= 4000);
    stream_free(call.mouth);
    stream_free(call.ear);
    return 0;
}
