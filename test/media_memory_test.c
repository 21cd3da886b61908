/* Sounds, SRTP contexts, streams and the engine are made with each allocation failing in turn, ours
 * and OpenSSL's: an error with words, and nothing is left. What was made needs no more. */
#include "base/queue.h"
#include "check.h"
#include "failing_memory.h"
#include "media/engine.h"

#define MS INT64_C(1000000)

static const struct media_key key = {.algorithm = 1, .key_len = 16, .salt_len = 14, .key = {1}};
static const struct media_key gcm = {.algorithm = 5, .key_len = 16, .salt_len = 12, .key = {1}};
static struct sound *sound;

static bool some_sounds(struct err *e)
{
    static const int16_t pcm[800] = {1, 2, 3};
    struct sound *from_pcm = sound_from_pcm(pcm, 800, e);
    struct sound *tone = from_pcm ? sound_tone(400, 100, e) : NULL;
    struct sound *digits = tone ? sound_digits("12#", e) : NULL; /* 3 x (100 + 100) + 100 ms */

    CHECK(!digits || sound_samples(digits) == 5600, "%zu samples", sound_samples(digits));
    sound_free(from_pcm);
    sound_free(tone);
    sound_free(digits);
    return digits != NULL;
}

static bool the_greeting(struct err *e)
{
    static size_t samples; /* of the first that was whole */
    char path[1024];

    if (!sound_default_path(path, sizeof path, e))
        return false;
    struct sound *s = sound_load(path, e);
    samples = samples || !s ? samples : sound_samples(s);
    CHECK(!s || sound_samples(s) == samples, "half a greeting: %zu", sound_samples(s));
    sound_free(s);
    return s != NULL;
}

static bool contexts_of(const struct media_key *k, struct err *e)
{
    struct media_srtp *sender = media_srtp_sender(k, 77, e);
    struct media_srtp *receiver = sender ? media_srtp_receiver(k, e) : NULL;

    media_srtp_free(sender);
    media_srtp_free(receiver);
    return receiver != NULL;
}

static bool contexts(struct err *e)
{
    return contexts_of(&key, e) && contexts_of(&gcm, e);
}

static bool a_stream(struct err *e)
{
    const struct stream_start start = {.ssrc = 77, .record_ms = 1000, .hear_tones = true};
    struct stream *s = stream_new(&start, e);

    stream_free(s);
    return s != NULL;
}

static bool an_engine(struct err *e)
{
    const struct media_settings ms = {.threads = 2};
    struct media_engine *m = media_engine_new(&ms, e);

    media_engine_free(m);
    return m != NULL;
}

static void what_finds_no_memory_says_so_and_leaves_nothing(void **state)
{
    static const struct {
        const char *name;
        memory_scenario *run;
    } rows[] = {
        {"sounds", some_sounds}, {"the greeting", the_greeting}, {"SRTP contexts", contexts},
        {"a stream", a_stream},  {"an engine", an_engine},
    };
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK(rows[i].run(&e), "%s: %s", rows[i].name, e.text); /* what is made only once */
        memory_fail_each(rows[i].name, rows[i].run, MEMORY_FAILS_ONCE);
        memory_fail_each(rows[i].name, rows[i].run, MEMORY_IS_OVER);
    }
}

/* From one stream to the other, with invented time. */
static void packets(struct stream *from, struct stream *to, int64_t until_ms)
{
    _Alignas(8) uint8_t packet[STREAM_PACKET_MAX];

    for (int64_t ms = 0; ms < until_ms; ms++)
        for (unsigned due = stream_due(from, ms * MS); due > 0; due--) {
            size_t len = stream_make(from, packet);
            stream_sent(from, true);
            (void)stream_hear(to, packet, len, false, ms * MS);
        }
}

static void a_call_that_is_up_needs_no_more_memory(void **state)
{
    const struct stream_start start = {.ssrc = 77, .record_ms = 1000};
    const struct media_format format = {
        .law = G711_ULAW, .packet_ms = 20, .dtmf_payload = 101, .key = key};
    const struct stream_speech what = {.format = format, .sound = sound, .digits = "12"};
    struct err e = {0};
    struct media_counts c;
    size_t samples;

    (void)state;
    struct stream *a = stream_new(&start, &e), *b = stream_new(&start, &e);
    struct media_srtp *out = media_srtp_sender(&key, 77, &e);
    struct media_srtp *in = media_srtp_receiver(&key, &e);
    CHECK(a && b && out && in, "%s", e.text);
    memory_fail_at(0, MEMORY_IS_OVER);
    stream_listen(b, &format, in, 0);
    stream_speak(a, &what, out, 0);
    packets(a, b, 2000);
    int16_t *recording = stream_take_recording(b, &samples);
    memory_is_back();
    stream_counts(b, 2000 * MS, &c);
    CHECK(c.received >= 50 && c.auth_failures == 0 && c.lost == 0, "%llu received",
          (unsigned long long)c.received);
    CHECK(recording && samples > 6000, "%zu samples", samples);
    free(recording);
    stream_free(a);
    stream_free(b);
}

static int make_sound(void **state)
{
    struct err e = {0};

    (void)state;
    sound = sound_tone(400, 1000, &e);
    CHECK(sound, "%s", e.text);
    return 0;
}

static int free_sound(void **state)
{
    (void)state;
    sound_free(sound);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_finds_no_memory_says_so_and_leaves_nothing),
        cmocka_unit_test(a_call_that_is_up_needs_no_more_memory),
    };
    if (!memory_of_openssl())
        return 1;
    return cmocka_run_group_tests(tests, make_sound, free_sound);
}
