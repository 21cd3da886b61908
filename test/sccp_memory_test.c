/* A frame that arrives in pieces needs memory: without any the stream ends with words, and nothing
 * is kept. */
#include "check.h"
#include "failing_memory.h"

#include "sccp/frame.h"

static uint8_t stream[256];
static size_t stream_len, piece; /* bytes fed at once */

static int make_stream(void **state)
{
    static const struct sccp_message said[] = {
        {.id = SCCP_ON_HOOK, .version = 17, .on_hook = {1, 2}},
        {.id = SCCP_CALL_STATE, .version = 17, .call_state = {4, 1, 2, 0, 4, 0}},
    };
    struct err e;

    (void)state;
    for (size_t i = 0, n = 0; i < 2; i++, stream_len += n)
        CHECK(sccp_encode_pdu(&said[i], stream + stream_len, sizeof stream - stream_len, &n, &e),
              "%s", e.text);
    return 0;
}

static bool read_in_pieces(struct err *e)
{
    struct sccp_frames f = {0};
    struct sccp_frame frame;
    enum sccp_cut cut = SCCP_CUT_MORE;
    size_t frames = 0;

    for (size_t at = 0; at < stream_len && cut == SCCP_CUT_MORE; at += piece) {
        sccp_frames_feed(&f, stream + at, piece < stream_len - at ? piece : stream_len - at);
        while ((cut = sccp_frames_next(&f, &frame, e)) == SCCP_CUT_FRAME)
            frames++;
    }
    sccp_frames_free(&f);
    CHECK(cut == SCCP_CUT_BAD || frames == 2, "pieces of %zu: %zu frames", piece, frames);
    return cut != SCCP_CUT_BAD;
}

static void half_a_frame_without_memory_ends_the_stream_with_words(void **state)
{
    (void)state;
    for (piece = 1; piece < stream_len; piece++) {
        memory_fail_each("a stream in pieces", read_in_pieces, MEMORY_FAILS_ONCE);
        memory_fail_each("a stream in pieces", read_in_pieces, MEMORY_IS_OVER);
    }
}

static void whole_frames_need_none(void **state)
{
    struct err e = {0};

    (void)state;
    piece = stream_len;
    memory_fail_at(0, MEMORY_IS_OVER);
    bool ok = read_in_pieces(&e);
    memory_is_back();
    CHECK(ok && !memory_struck(), "%s", e.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_a_frame_without_memory_ends_the_stream_with_words),
        cmocka_unit_test(whole_frames_need_none),
    };
    return cmocka_run_group_tests(tests, make_stream, NULL);
}
