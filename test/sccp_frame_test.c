/* A byte stream cut into frames: split anywhere, joined, and with lengths that cannot be true. */
#include "check.h"

#include "sccp/frame.h"

/* Three PDUs back to back: KeepAlive, OnHook, CallState. */
static size_t make_stream(uint8_t *out, size_t cap)
{
    static const struct sccp_message said[] = {
        {.id = SCCP_KEEP_ALIVE, .version = 17},
        {.id = SCCP_ON_HOOK, .version = 17, .on_hook = {1, 2}},
        {.id = SCCP_CALL_STATE, .version = 17, .call_state = {4, 1, 2, 0, 4, 0}},
    };
    size_t len = 0, n = 0;
    struct err e;

    for (size_t i = 0; i < 3; i++, len += n)
        CHECK(sccp_encode_pdu(&said[i], out + len, cap - len, &n, &e), "%s", e.text);
    return len;
}

/* What came out of a stream, for comparing. */
struct seen {
    size_t frames;
    uint32_t ids[8];
    uint8_t bodies[256];
    size_t body_len;
};

static enum sccp_cut feed(struct sccp_frames *f, const uint8_t *bytes, size_t n, struct seen *s)
{
    struct sccp_frame frame;
    enum sccp_cut cut;
    struct err e;

    /* A copy of the exact size, gone right after: nothing of it may be needed later. */
    uint8_t *copy = malloc(n ? n : 1);
    if (n)
        memcpy(copy, bytes, n);
    sccp_frames_feed(f, copy, n);
    while ((cut = sccp_frames_next(f, &frame, &e)) == SCCP_CUT_FRAME) {
        s->ids[s->frames++] = frame.id;
        if (frame.len)
            memcpy(s->bodies + s->body_len, frame.body, frame.len);
        s->body_len += frame.len;
    }
    free(copy);
    return cut;
}

static void check_seen(const struct seen *s, const uint8_t *stream, size_t len)
{
    static const uint32_t ids[] = {SCCP_KEEP_ALIVE, SCCP_ON_HOOK, SCCP_CALL_STATE};
    uint8_t bodies[256];

    CHECK(s->frames == 3, "%zu frames", s->frames);
    CHECK_BYTES(s->ids, 3 * sizeof ids[0], ids, sizeof ids);
    memcpy(bodies, stream + 24, 8);
    memcpy(bodies + 8, stream + 44, len - 44);
    CHECK_BYTES(s->bodies, s->body_len, bodies, 8 + len - 44);
}

static void a_stream_split_at_any_two_places_gives_the_same_frames(void **state)
{
    uint8_t stream[256];
    size_t len = make_stream(stream, sizeof stream);

    (void)state;
    for (size_t a = 0; a <= len; a++)
        for (size_t b = a; b <= len; b++) {
            struct sccp_frames f = {0};
            struct seen s = {0};
            CHECK(feed(&f, stream, a, &s) == SCCP_CUT_MORE, "%zu", a);
            CHECK(feed(&f, stream + a, b - a, &s) == SCCP_CUT_MORE, "%zu %zu", a, b);
            CHECK(feed(&f, stream + b, len - b, &s) == SCCP_CUT_MORE, "%zu %zu", a, b);
            check_seen(&s, stream, len);
            CHECK(!f.held, "memory is held between frames");
            sccp_frames_free(&f);
        }
}

static void a_stream_fed_byte_by_byte_gives_the_same_frames(void **state)
{
    uint8_t stream[256];
    size_t len = make_stream(stream, sizeof stream);
    struct sccp_frames f = {0};
    struct seen s = {0};

    (void)state;
    for (size_t i = 0; i < len; i++)
        CHECK(feed(&f, stream + i, 1, &s) == SCCP_CUT_MORE, "byte %zu", i);
    check_seen(&s, stream, len);
    sccp_frames_free(&f);
}

static const struct {
    uint32_t length;
    enum sccp_cut cut;
    const char *what;
} lengths[] = {
    {0, SCCP_CUT_BAD, "no id"},
    {3, SCCP_CUT_BAD, "less than an id"},
    {4, SCCP_CUT_MORE, "an id alone"},
    {SCCP_LENGTH_MAX, SCCP_CUT_MORE, "the most"},
    {SCCP_LENGTH_MAX + 1, SCCP_CUT_BAD, "one more"},
    {0x80000000u, SCCP_CUT_BAD, "2 GiB"},
    {0xffffffffu, SCCP_CUT_BAD, "4 GiB"},
    {0xfffffff8u, SCCP_CUT_BAD, "wraps to 0 with the header"},
};

static void lengths_that_cannot_be_true_end_the_stream_at_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        uint32_t n = lengths[i].length;
        uint8_t head[4] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24)};
        for (size_t split = 0; split <= 4; split++) {
            struct sccp_frames f = {0};
            struct seen s = {0};
            enum sccp_cut first = feed(&f, head, split, &s);
            CHECK(first == SCCP_CUT_MORE || split == 4, "%s", lengths[i].what);
            enum sccp_cut cut = split == 4 ? first : feed(&f, head + split, 4 - split, &s);
            CHECK(cut == lengths[i].cut, "%s, split at %zu", lengths[i].what, split);
            CHECK(s.frames == 0, "%s", lengths[i].what);
            sccp_frames_free(&f);
        }
    }
}

static void the_error_names_the_length_and_the_limits(void **state)
{
    static const uint8_t head[4] = {3, 0, 0, 0};
    struct sccp_frame frame;
    size_t used;
    struct err e = {0};

    (void)state;
    CHECK(sccp_frame_cut(head, 4, &frame, &used, &e) == SCCP_CUT_BAD, "cut");
    CHECK(e.kind == ERR_FORMAT, "kind %d", e.kind);
    assert_string_equal(e.text, "SCCP header: the length is 3, it must be 4 to 4096");
}

static void the_largest_frame_passes_whole_and_split(void **state)
{
    static uint8_t pdu[SCCP_PDU_MAX];
    struct sccp_frames f = {0};
    struct sccp_frame frame;
    struct err e;

    (void)state;
    pdu[0] = (uint8_t)(SCCP_LENGTH_MAX & 0xff);
    pdu[1] = (uint8_t)(SCCP_LENGTH_MAX >> 8);
    sccp_frames_feed(&f, pdu, sizeof pdu);
    CHECK(sccp_frames_next(&f, &frame, &e) == SCCP_CUT_FRAME, "whole");
    CHECK(frame.len == SCCP_BODY_MAX, "%zu", frame.len);
    CHECK(sccp_frames_next(&f, &frame, &e) == SCCP_CUT_MORE, "and no more");
    sccp_frames_feed(&f, pdu, 4000);
    CHECK(sccp_frames_next(&f, &frame, &e) == SCCP_CUT_MORE, "half");
    sccp_frames_feed(&f, pdu + 4000, sizeof pdu - 4000);
    CHECK(sccp_frames_next(&f, &frame, &e) == SCCP_CUT_FRAME, "rest");
    sccp_frames_free(&f);
}

/* sccp.md 1.3 */
static void the_header_has_the_version_only_after_the_ack_and_from_10(void **state)
{
    static const struct {
        uint32_t id, version, word;
    } rows[] = {{SCCP_REGISTER, 17, 0},   {SCCP_REGISTER_ACK, 22, 0}, {SCCP_KEEP_ALIVE, 0, 0},
                {SCCP_KEEP_ALIVE, 9, 0},  {SCCP_KEEP_ALIVE, 10, 10},  {SCCP_CALL_STATE, 17, 17},
                {SCCP_CALL_STATE, 22, 22}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK(sccp_header_version(rows[i].id, rows[i].version) == rows[i].word, "row %zu", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_split_at_any_two_places_gives_the_same_frames),
        cmocka_unit_test(a_stream_fed_byte_by_byte_gives_the_same_frames),
        cmocka_unit_test(lengths_that_cannot_be_true_end_the_stream_at_once),
        cmocka_unit_test(the_error_names_the_length_and_the_limits),
        cmocka_unit_test(the_largest_frame_passes_whole_and_split),
        cmocka_unit_test(the_header_has_the_version_only_after_the_ack_and_from_10),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
