#include "check.h"
#include "media/digits.h"
#include "media/rtp.h"

/* Headers */

static void a_header_goes_there_and_back(void **state)
{
    struct rtp_header h = {.marker = true,
                           .payload_type = 101,
                           .sequence = 0xfffe,
                           .timestamp = 0x89abcdef,
                           .ssrc = 0x12345678};
    static const uint8_t want[] = {0x80, 0xe5, 0xff, 0xfe, 0x89, 0xab,
                                   0xcd, 0xef, 0x12, 0x34, 0x56, 0x78};
    uint8_t bytes[RTP_HEADER_LEN];
    struct rtp_packet p;

    (void)state;
    rtp_write(bytes, &h);
    CHECK_BYTES(bytes, sizeof bytes, want, sizeof want);
    CHECK(rtp_parse(&p, bytes, sizeof bytes), "parse");
    CHECK(p.header.marker && p.header.payload_type == 101 && p.header.sequence == 0xfffe &&
              p.header.timestamp == 0x89abcdef && p.header.ssrc == 0x12345678 && p.payload_len == 0,
          "fields");
}

static void whatever_lies_around_the_payload_is_stepped_over(void **state)
{
    static const struct {
        const char *what;
        uint8_t bytes[40];
        size_t len;
        int payload_at, payload_len; /* -1: refused */
    } rows[] = {
        {"bare", {0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 'x', 'y'}, 14, 12, 2},
        {"two CSRCs",
         {0x82, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 1, 1, 1, 1, 2, 2, 2, 2, 'x'},
         21,
         20,
         1},
        {"an extension of one word",
         {0x90, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 7, 7, 7, 7, 'x'},
         21,
         20,
         1},
        {"padding of three", {0xa0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 'x', 0, 0, 3}, 16, 12, 1},
        {"nothing but padding", {0xa0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2}, 14, 12, 0},
        {"one byte short", {0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, 11, -1, -1},
        {"version 1", {0x40, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9}, 12, -1, -1},
        {"CSRCs past the end", {0x8f, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 1, 1, 1, 1}, 16, -1, -1},
        {"an extension past the end",
         {0x90, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0xbe, 0xde, 0xff, 0xff},
         16,
         -1,
         -1},
        {"half an extension header", {0x90, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0xbe}, 13, -1, -1},
        {"padding longer than the payload",
         {0xa0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 'x', 3},
         14,
         -1,
         -1},
        {"padding of zero", {0xa0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 'x', 0}, 14, -1, -1},
        {"padding without a byte", {0xa0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9}, 12, -1, -1},
        {"RTCP sender report", {0x80, 200, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0}, 16, -1, -1},
        {"RTCP receiver report", {0x81, 201, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0}, 16, -1, -1},
        {"A-law with marker is not RTCP",
         {0x80, 0x88, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 'x'},
         13,
         12,
         1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rtp_packet p;
        bool ok = rtp_parse(&p, rows[i].bytes, rows[i].len);
        CHECK(ok == (rows[i].payload_at >= 0), "%s", rows[i].what);
        if (ok)
            CHECK(p.payload == rows[i].bytes + rows[i].payload_at &&
                      p.payload_len == (size_t)rows[i].payload_len,
                  "%s: payload at %td, %zu bytes", rows[i].what, p.payload - rows[i].bytes,
                  p.payload_len);
    }
}

/* Sequence numbers */

struct heard {
    unsigned in_order, reordered, duplicates, restarts, jumps;
};

static void hear(struct rtp_source *s, struct heard *h, uint32_t ssrc, uint16_t sequence)
{
    struct rtp_header header = {.ssrc = ssrc, .sequence = sequence};
    unsigned *counters[] = {[RTP_IN_ORDER] = &h->in_order,
                            [RTP_REORDERED] = &h->reordered,
                            [RTP_DUPLICATE] = &h->duplicates,
                            [RTP_RESTARTED] = &h->restarts,
                            [RTP_JUMPED] = &h->jumps};

    ++*counters[rtp_source_hear(s, &header)];
}

static void loss_reordering_and_duplicates_are_told_apart(void **state)
{
    struct rtp_source s = {0};
    struct heard h = {0};
    static const uint16_t sent[] = {65533, 65534, 0, 65535, 0, 1, 4, 3, 3, 4, 65533, 6};

    (void)state;
    for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++)
        hear(&s, &h, 1, sent[i]);
    /* new: 65533; in order: 65534 0 1 4 6; late: 65535 3; again: 0 3 4 65533; lost: 2 5 */
    CHECK(h.restarts == 1 && h.in_order == 5 && h.reordered == 2 && h.duplicates == 4 &&
              h.jumps == 0,
          "%u %u %u %u", h.restarts, h.in_order, h.reordered, h.duplicates);
    CHECK(rtp_source_lost(&s) == 2, "lost %llu", (unsigned long long)rtp_source_lost(&s));
}

static void a_hundred_thousand_packets_wrap_without_a_loss(void **state)
{
    struct rtp_source s = {0};
    struct heard h = {0};

    (void)state;
    for (uint32_t i = 0; i < 200000; i++)
        if (i % 1000 != 999)
            hear(&s, &h, 1, (uint16_t)(i + 65000));
    CHECK(h.in_order == 199799 && h.duplicates == 0 && h.restarts == 1, "%u", h.in_order);
    CHECK(rtp_source_lost(&s) == 199, "lost %llu", (unsigned long long)rtp_source_lost(&s));
}

static void a_wild_jump_is_believed_the_second_time(void **state)
{
    struct rtp_source s = {0};
    struct heard h = {0};

    (void)state;
    hear(&s, &h, 1, 100);
    hear(&s, &h, 1, 102); /* one lost */
    hear(&s, &h, 1, 40000);
    CHECK(h.jumps == 1 && rtp_source_lost(&s) == 1, "a stray changes nothing");
    hear(&s, &h, 1, 103);
    CHECK(h.in_order == 2, "and the stream goes on");
    hear(&s, &h, 1, 50000);
    hear(&s, &h, 1, 50001);
    CHECK(h.jumps == 2 && h.restarts == 2, "%u %u", h.jumps, h.restarts);
    hear(&s, &h, 2, 7); /* another source */
    CHECK(h.restarts == 3 && rtp_source_lost(&s) == 1, "the loss before is kept");
}

static void jitter_grows_by_the_sixteenth_part(void **state)
{
    struct rtp_source s = {0};

    (void)state;
    for (uint32_t i = 0; i < 50; i++)
        rtp_source_timing(&s, i * 160, 1000 + i * 160);
    CHECK(rtp_source_jitter(&s) == 0, "a steady stream: %u", rtp_source_jitter(&s));
    rtp_source_timing(&s, 50 * 160, 1000 + 50 * 160 + 160); /* 20 ms late: 160 / 16 */
    CHECK(rtp_source_jitter(&s) == 10, "%u", rtp_source_jitter(&s));
    for (uint32_t i = 51; i < 2000; i++)
        rtp_source_timing(&s, i * 160, 1000 + i * 160 + (i % 2 ? 80 : 0));
    CHECK(rtp_source_jitter(&s) >= 78 && rtp_source_jitter(&s) <= 80, "each 80 off: %u",
          rtp_source_jitter(&s));
}

/* Digits */

static enum digit_heard give(struct digit_ear *ear, uint32_t ts, bool marker, uint8_t event,
                             bool end, uint16_t duration, char *digit)
{
    uint8_t payload[4] = {event, (uint8_t)(end ? 0x8a : 0x0a), (uint8_t)(duration >> 8),
                          (uint8_t)duration};
    struct rtp_packet p = {
        .header = {.marker = marker, .timestamp = ts}, .payload = payload, .payload_len = 4};

    return digit_hear(ear, &p, digit);
}

static void a_digit_is_heard_once_however_it_comes(void **state)
{
    static const struct {
        const char *what;
        struct {
            uint32_t ts;
            uint8_t event;
            bool marker, end;
            uint16_t duration;
        } packets[8];
        size_t n;
        const char *digits;
    } rows[] = {
        {"as sent",
         {{100, 1, 1, 0, 160},
          {100, 1, 0, 0, 320},
          {100, 1, 0, 1, 480},
          {100, 1, 0, 1, 480},
          {100, 1, 0, 1, 480}},
         5,
         "1"},
        {"all ends lost", {{100, 2, 1, 0, 160}, {100, 2, 0, 0, 320}}, 2, "2"},
        {"only one end came", {{100, 3, 0, 1, 800}}, 1, "3"},
        {"begin lost", {{100, 4, 0, 0, 320}, {100, 4, 0, 1, 480}}, 2, "4"},
        {"the same digit twice",
         {{100, 5, 1, 0, 160}, {100, 5, 0, 1, 800}, {1700, 5, 1, 0, 160}, {1700, 5, 0, 1, 800}},
         4,
         "55"},
        {"a straggler of the one before",
         {{100, 6, 1, 0, 160}, {1700, 7, 1, 0, 160}, {100, 6, 0, 1, 800}, {1700, 7, 0, 1, 800}},
         4,
         "67"},
        {"over the end of the clock", {{0xffffff00, 8, 1, 0, 160}, {0x200, 9, 1, 0, 160}}, 2, "89"},
        {"longer than a segment",
         {{100, 10, 1, 0, 0xff00},
          {100, 10, 0, 0, 0xffff},
          {100 + 0xffff, 10, 0, 0, 160},
          {100 + 0xffff, 10, 0, 1, 320}},
         4,
         "*"},
        {"a flash is not a digit", {{100, 16, 1, 0, 160}, {1700, 11, 1, 0, 160}}, 2, "#"},
        {"the fourth column",
         {{1, 12, 1, 0, 9}, {2000, 13, 1, 0, 9}, {4000, 14, 1, 0, 9}, {6000, 15, 1, 0, 9}},
         4,
         "ABCD"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct digit_ear ear = {0};
        char heard[16] = "", digit;
        for (size_t k = 0; k < rows[i].n; k++)
            if (give(&ear, rows[i].packets[k].ts, rows[i].packets[k].marker,
                     rows[i].packets[k].event, rows[i].packets[k].end, rows[i].packets[k].duration,
                     &digit) == DIGIT_NEW)
                strncat(heard, &digit, 1);
        CHECK(strcmp(heard, rows[i].digits) == 0, "%s: heard \"%s\"", rows[i].what, heard);
    }
}

static void an_event_of_three_bytes_is_malformed(void **state)
{
    struct digit_ear ear = {0};
    struct rtp_packet p = {.payload = (const uint8_t *)"abc", .payload_len = 3};
    char digit;

    (void)state;
    CHECK(digit_hear(&ear, &p, &digit) == DIGIT_MALFORMED, "three bytes");
}

/* What the mouth says, the ear hears, through loss of every n-th packet. */
static void what_is_said_is_heard(void **state)
{
    static const char digits[] = "0123456789*#ABCD";

    (void)state;
    for (unsigned lose = 2; lose < 9; lose++) {
        for (uint32_t samples = 80; samples <= 480; samples += 80) {
            struct digit_mouth mouth = {0};
            struct digit_ear ear = {0};
            struct digit_packet out;
            char heard[32] = "", digit;
            unsigned n = 0;

            CHECK(digit_say(&mouth, digits), "say");
            for (uint32_t ts = 4000000000u; ts != 4000000000u + samples * 2000; ts += samples) {
                if (!digit_next(&mouth, ts, samples, &out) || n++ % lose == 0)
                    continue;
                struct rtp_packet p = {.header = {.marker = out.marker, .timestamp = out.timestamp},
                                       .payload = out.payload,
                                       .payload_len = 4};
                if (digit_hear(&ear, &p, &digit) == DIGIT_NEW)
                    strncat(heard, &digit, 1);
            }
            CHECK(strcmp(heard, digits) == 0, "1 of %u lost, %u samples: \"%s\"", lose, samples,
                  heard);
        }
    }
}

static void a_digit_is_a_marker_a_growing_duration_and_three_ends(void **state)
{
    struct digit_mouth mouth = {0};
    struct digit_packet out;
    unsigned packets = 0, ends = 0, last = 0;

    (void)state;
    CHECK(digit_say(&mouth, "7"), "say");
    for (uint32_t ts = 1000; ts < 1000 + 160 * 50; ts += 160) {
        if (!digit_next(&mouth, ts, 160, &out))
            continue;
        unsigned duration = (unsigned)(out.payload[2] << 8 | out.payload[3]);
        CHECK(out.timestamp == 1000 && out.payload[0] == 7, "packet %u", packets);
        CHECK(out.marker == (packets == 0), "packet %u", packets);
        CHECK(ends ? duration == last : duration == last + 160, "packet %u: %u", packets, duration);
        ends += out.payload[1] >> 7;
        last = duration;
        packets++;
    }
    CHECK(packets == 7 && ends == 3 && last == 800, "%u packets, %u ends, %u", packets, ends, last);
}

static void digits_that_are_none_or_too_many_are_refused_whole(void **state)
{
    struct digit_mouth mouth = {0};

    (void)state;
    CHECK(!digit_say(&mouth, "12x"), "x");
    CHECK(!digit_say(&mouth, "12345678901234567890123456789012"), "32 digits");
    CHECK(mouth.digits[0] == '\0', "nothing was added");
    CHECK(digit_say(&mouth, "1234567890123456789012345678901"), "31 digits");
    CHECK(!digit_say(&mouth, "2"), "one more");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_goes_there_and_back),
        cmocka_unit_test(whatever_lies_around_the_payload_is_stepped_over),
        cmocka_unit_test(loss_reordering_and_duplicates_are_told_apart),
        cmocka_unit_test(a_hundred_thousand_packets_wrap_without_a_loss),
        cmocka_unit_test(a_wild_jump_is_believed_the_second_time),
        cmocka_unit_test(jitter_grows_by_the_sixteenth_part),
        cmocka_unit_test(a_digit_is_heard_once_however_it_comes),
        cmocka_unit_test(an_event_of_three_bytes_is_malformed),
        cmocka_unit_test(what_is_said_is_heard),
        cmocka_unit_test(a_digit_is_a_marker_a_growing_duration_and_three_ends),
        cmocka_unit_test(digits_that_are_none_or_too_many_are_refused_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
