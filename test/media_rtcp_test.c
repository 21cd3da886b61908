/* RTCP: compound packets by their bytes, and two streams that report to each other. */
#include "check.h"
#include "media/rtcp.h"
#include "media/stream.h"

#include <string.h>

#define MS INT64_C(1000000)

static const uint8_t golden[] = {
    0x81, 200,  0,    12,                           /* SR with one block, 13 words */
    0x11, 0x22, 0x33, 0x44,                         /* SSRC */
    0xea, 0,    0,    1,    0x80, 0,    0,    0,    /* NTP: half a second */
    0,    0,    0x1f, 0x40,                         /* RTP: 8000 */
    0,    0,    0,    50,   0,    0,    0x1f, 0x40, /* 50 packets, 8000 octets */
    0x55, 0x66, 0x77, 0x88, 0x40, 0,    0,    7,    /* of whom; a quarter, 7 lost */
    0,    1,    0,    9,    0,    0,    0,    3,    /* highest 65545, jitter 3 */
    0,    1,    0x80, 0,    0,    0,    0x80, 0,    /* last SR, half a second ago */
    0x81, 202,  0,    3,    0x11, 0x22, 0x33, 0x44, /* SDES */
    1,    4,    'a',  'b',  'c',  'd',  0,    0,    /* CNAME, its end, padding */
    0x81, 203,  0,    1,    0x11, 0x22, 0x33, 0x44, /* BYE */
};

static struct rtcp_report example(void)
{
    return (struct rtcp_report){
        .ssrc = 0x11223344,
        .sender = true,
        .ntp = UINT64_C(0xea00000180000000),
        .timestamp = 8000,
        .packets = 50,
        .octets = 8000,
        .has_block = true,
        .block = {.ssrc = 0x55667788,
                  .fraction = 64,
                  .lost = 7,
                  .highest = 65545,
                  .jitter = 3,
                  .last_sr = 0x18000,
                  .since_sr = 0x8000},
        .cname = "abcd",
        .bye = true,
    };
}

static void a_compound_packet_is_written_as_rfc_3550_draws_it(void **state)
{
    const struct rtcp_report r = example();
    uint8_t out[RTCP_MOST];
    size_t len = rtcp_write(out, &r);

    (void)state;
    CHECK(len == sizeof golden && memcmp(out, golden, len) == 0, "%zu bytes", len);
    for (size_t n = 1; n <= RTCP_CNAME_LEN; n++) {
        struct rtcp_report other = {.ssrc = 1};
        memset(other.cname, 'x', n);
        len = rtcp_write(out, &other);
        CHECK(len % 4 == 0 && rtcp_read(&other, out, len, 0), "a name of %zu", n);
        CHECK(out[len - 1] == 0, "the items end with a zero");
    }
}

static bool same_block(const struct rtcp_block *a, const struct rtcp_block *b)
{
    return a->ssrc == b->ssrc && a->fraction == b->fraction && a->lost == b->lost &&
           a->highest == b->highest && a->jitter == b->jitter && a->last_sr == b->last_sr &&
           a->since_sr == b->since_sr;
}

static void what_is_written_can_be_read_and_cut_nowhere(void **state)
{
    const struct rtcp_report want = example();
    struct rtcp_report got;
    uint8_t out[RTCP_MOST];

    (void)state;
    CHECK(rtcp_read(&got, golden, sizeof golden, 0x55667788), "read");
    CHECK(got.ssrc == want.ssrc && got.sender && got.ntp == want.ntp && got.bye, "SR");
    CHECK(got.timestamp == want.timestamp && got.packets == 50 && got.octets == 8000, "counts");
    CHECK(got.has_block && same_block(&got.block, &want.block), "the block");
    CHECK(rtcp_read(&got, golden, sizeof golden, 9) && !got.has_block, "about somebody else");
    for (size_t len = 0; len < sizeof golden; len++) {
        bool whole = len == 52 || len == 68; /* behind SR, behind SDES */
        CHECK(rtcp_read(&got, golden, len, 0) == whole, "cut at %zu", len);
    }
    struct rtcp_report fewer = want;
    fewer.block.lost = -3; /* duplicates: more came than were sent */
    size_t len = rtcp_write(out, &fewer);
    CHECK(rtcp_read(&got, out, len, 0x55667788) && got.block.lost == -3, "%d", got.block.lost);
    out[0] = 0x9f; /* 31 blocks in the room of one */
    CHECK(!rtcp_read(&got, out, len, 0), "blocks that are not there");
}

static void reports_are_spread_around_five_seconds(void **state)
{
    (void)state;
    CHECK(rtcp_wait_ms(true, 0) == 1026 && rtcp_wait_ms(true, UINT32_MAX) == 3078, "the first");
    CHECK(rtcp_wait_ms(false, 0) == 2052 && rtcp_wait_ms(false, UINT32_MAX) == 6156, "others");
}

/* ---- two streams ----------------------------------------------------------------------------- */

static struct stream *new_stream(uint32_t ssrc)
{
    struct stream_start start = {.ssrc = ssrc};
    struct err e = {0};
    struct stream *s = stream_new(&start, &e);

    CHECK(s, "%s", e.text);
    return s;
}

static void speak_and_listen(struct stream *s, uint32_t ssrc, const struct media_format *f)
{
    struct stream_speech what = {.format = *f};
    bool safe = f->key.algorithm != 0;

    stream_speak(s, &what, safe ? media_srtp_sender(&f->key, ssrc, NULL) : NULL, 0);
    stream_listen(s, f, safe ? media_srtp_receiver(&f->key, NULL) : NULL, 0);
}

/* Packets from one to the other; every `lose`th is lost. */
static void talk(struct stream *from, struct stream *to, int64_t from_ms, int64_t to_ms,
                 unsigned lose)
{
    _Alignas(8) uint8_t out[STREAM_PACKET_MAX];
    unsigned n = 0;

    for (int64_t ms = from_ms; ms < to_ms; ms++)
        for (unsigned due = stream_due(from, ms * MS); due > 0; due--) {
            size_t len = stream_make(from, out);
            stream_sent(from, true);
            if (!lose || ++n % lose)
                stream_hear(to, out, len, false, ms * MS);
        }
}

static struct stream_now at(int64_t ms)
{
    return (struct stream_now){.ns = ms * MS,
                               .ntp = (UINT64_C(0xea000000) << 32) + ((uint64_t)ms << 32) / 1000};
}

static struct media_counts counts_of(const struct stream *s)
{
    struct media_counts c;

    stream_counts(s, 0, &c);
    return c;
}

static void two_ends_learn_the_round_trip_from_each_others_reports(void **state)
{
    static const uint32_t algorithms[] = {0, 1, 2, 5};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct media_format f = {.packet_ms = 20,
                                 .key = {.algorithm = algorithms[i],
                                         .key_len = 16,
                                         .salt_len = algorithms[i] == 5 ? 12 : 14}};
        struct stream *a = new_stream(1), *b = new_stream(2);
        _Alignas(8) uint8_t out[STREAM_RTCP_MAX], copy[STREAM_RTCP_MAX];
        struct stream_now now = at(1000);
        struct rtcp_report seen;
        size_t len;
        CHECK(stream_make_rtcp(a, &now, "x", false, out) == 0, "nothing to report yet");
        speak_and_listen(a, 1, &f);
        speak_and_listen(b, 2, &f);
        talk(a, b, 0, 1000, 5);
        talk(b, a, 0, 1000, 0);
        len = stream_make_rtcp(a, &now, "abc", false, out);
        CHECK(len > 0 && len <= sizeof out, "%zu", len);
        CHECK(rtcp_read(&seen, out, len, 2) == (algorithms[i] == 0), "readable only in clear");
        memcpy(copy, out, len);
        now = at(1040);
        stream_hear_rtcp(b, out, len, &now);
        stream_hear_rtcp(b, copy, len, &now);
        CHECK(counts_of(b).rtcp_received == (algorithms[i] ? 1 : 2) &&
                  counts_of(b).rtcp_bad == (algorithms[i] ? 1 : 0),
              "a replay is refused");
        now = at(2040);
        len = stream_make_rtcp(b, &now, "def", true, out);
        now = at(2070);
        out[len - 1] ^= algorithms[i] ? 1 : 0;
        if (algorithms[i]) {
            memcpy(copy, out, len);
            stream_hear_rtcp(a, copy, len, &now);
            CHECK(counts_of(a).rtcp_bad == 1 && counts_of(a).rtcp_received == 0, "a changed bit");
            out[len - 1] ^= 1;
        }
        stream_hear_rtcp(a, out, len, &now);
        CHECK(counts_of(a).rtcp_received == 1, "algorithm %u", algorithms[i]);
        CHECK(counts_of(a).round_trip_ms >= 69 && counts_of(a).round_trip_ms <= 71, "%u ms",
              counts_of(a).round_trip_ms);
        stream_free(a);
        stream_free(b);
    }
}

static void a_block_says_what_was_lost_since_the_last_one(void **state)
{
    struct media_format f = {.packet_ms = 20};
    struct stream *a = new_stream(1), *b = new_stream(2);
    uint8_t out[STREAM_RTCP_MAX];
    struct stream_now now = at(2000);
    struct rtcp_report r;

    (void)state;
    speak_and_listen(a, 1, &f);
    speak_and_listen(b, 2, &f);
    talk(a, b, 0, 2010, 4); /* 101 packets, every fourth lost */
    size_t len = stream_make_rtcp(b, &now, "x", false, out);
    CHECK(rtcp_read(&r, out, len, 1) && r.has_block && !r.sender, "a receiver's report");
    CHECK(r.block.lost == 25 && r.block.fraction == 63, "%d, %u of 256", r.block.lost,
          r.block.fraction);
    talk(a, b, 2010, 4000, 0);
    now = at(4000);
    len = stream_make_rtcp(b, &now, "x", false, out);
    CHECK(rtcp_read(&r, out, len, 1) && r.block.lost == 25 && r.block.fraction == 0, "none since");
    stream_free(a);
    stream_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_compound_packet_is_written_as_rfc_3550_draws_it),
        cmocka_unit_test(what_is_written_can_be_read_and_cut_nowhere),
        cmocka_unit_test(reports_are_spread_around_five_seconds),
        cmocka_unit_test(two_ends_learn_the_round_trip_from_each_others_reports),
        cmocka_unit_test(a_block_says_what_was_lost_since_the_last_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
