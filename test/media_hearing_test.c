/* What a stream hears, counts and records of what comes to it. */
#include "media_memory.h"

/* The network loses, delays, doubles, forges; nothing of it may stand in the recording or the
 * counts as something else. */
static void a_bad_network_is_counted_and_the_rest_recorded_in_place(void **state)
{
    static const uint32_t algorithms[] = {0, 1, 2, 5};
    static const unsigned order[] = {0, 1, 1, 3, 4, 2, 7, 6, 5, 9, 9, 10}; /* lost: 8 */
    struct sound *sound = ramp(160 * 11);

    (void)state;
    for (size_t a = 0; a < 4; a++) {
        struct stream *s = new_stream(9, 0), *far = new_stream(10, 1000);
        struct stream_speech what = {.format = format_of(algorithms[a], 4), .sound = sound};
        struct datagram out[32];
        speak(s, 9, &what, 0);
        CHECK(run(s, 0, 300, out, 32) == 11, "eleven packets");
        listen_to(far, &what.format);
        for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
            struct datagram d = out[order[i]]; /* a copy: hearing decrypts in place */
            stream_hear(far, d.bytes, d.len, i == 4, (int64_t)i * 20 * MS);
        }
        struct media_counts c = counts_of(far);
        uint64_t twice = algorithms[a] ? c.replays : c.duplicates;
        CHECK(c.received == 10 && c.lost == 1 && twice == 2 && c.reordered == 3 &&
                  c.wrong_source == 1,
              "algorithm %u: received %llu, lost %llu, twice %llu, reordered %llu", algorithms[a],
              (unsigned long long)c.received, (unsigned long long)c.lost, (unsigned long long)twice,
              (unsigned long long)c.reordered);
        size_t n;
        int16_t *pcm = stream_take_recording(far, &n);
        CHECK(pcm && n == 160 * 11, "%zu samples", n);
        for (size_t i = 0; i < n; i++) {
            int16_t want =
                i / 160 == 8 ? 0 : g711_decode(G711_ULAW, sound_g711(sound, G711_ULAW)[i]);
            CHECK(pcm[i] == want, "algorithm %u, sample %zu: %d, not %d", algorithms[a], i, pcm[i],
                  want);
        }
        free(pcm);
        stream_free(s);
        stream_free(far);
    }
    sound_free(sound);
}

static void plain_rtp_in_an_srtp_stream_is_named_and_never_recorded(void **state)
{
    struct stream *s = new_stream(9, 0), *far = new_stream(10, 1000);
    struct media_format secure = format_of(1, 4);
    struct sound *sound = ramp(160 * 5);
    struct stream_speech what = {.format = format_of(0, 0), .sound = sound};
    struct datagram out[32];
    size_t n;

    (void)state;
    speak(s, 9, &what, 0);
    CHECK(run(s, 0, 200, out, 32) == 5, "five packets");
    listen_to(far, &secure);
    for (unsigned i = 0; i < 5; i++)
        stream_hear(far, out[i].bytes, out[i].len, false, 0);
    struct media_counts c = counts_of(far);
    CHECK(c.plain == 5 && c.auth_failures == 5 && c.received == 0, "plain %llu",
          (unsigned long long)c.plain);
    CHECK(c.first_packet_ns == -1 && !stream_take_recording(far, &n), "nothing was heard");
    stream_free(s);
    stream_free(far);
    sound_free(sound);
}

static void a_tag_of_another_length_is_told_from_a_wrong_key(void **state)
{
    static const struct {
        uint32_t speaks, listens;
        uint8_t seed;
        uint64_t other_tag;
    } rows[] = {{1, 2, 4, 5}, {2, 1, 4, 5}, {5, 1, 4, 5}, {1, 5, 4, 5}, {2, 2, 5, 0}, {1, 1, 5, 0}};

    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct stream *s = new_stream(9, 0), *far = new_stream(10, 0);
        struct stream_speech what = {.format = format_of(rows[r].speaks, 4)};
        struct media_format other = format_of(rows[r].listens, rows[r].seed);
        struct datagram out[8];
        speak(s, 9, &what, 0);
        CHECK(run(s, 0, 100, out, 8) == 5, "five packets");
        listen_to(far, &other);
        for (size_t i = 0; i < 5; i++)
            stream_hear(far, out[i].bytes, out[i].len, false, 0);
        struct media_counts c = counts_of(far);
        CHECK(c.auth_failures == 5 && c.other_tag == rows[r].other_tag && c.plain == 0,
              "row %zu: %llu with another tag", r, (unsigned long long)c.other_tag);
        stream_free(s);
        stream_free(far);
    }
}

static void a_replay_from_before_the_window_is_told_from_a_packet_that_came_twice(void **state)
{
    struct stream *s = new_stream(9, 0), *far = new_stream(10, 0);
    struct stream_speech what = {.format = format_of(1, 4)};
    struct datagram out[200], first, last;

    (void)state;
    speak(s, 9, &what, 0);
    CHECK(run(s, 0, 4000, out, 200) == 200, "four seconds");
    first = out[0];
    last = out[199];
    listen_to(far, &what.format);
    for (size_t i = 0; i < 200; i++)
        stream_hear(far, out[i].bytes, out[i].len, false, 0);
    stream_hear(far, last.bytes, last.len, false, 0);
    stream_hear(far, first.bytes, first.len, false, 0);
    struct media_counts c = counts_of(far);
    CHECK(c.received == 200 && c.replays == 2 && c.replays_old == 1, "%llu, of them old %llu",
          (unsigned long long)c.replays, (unsigned long long)c.replays_old);
    stream_free(s);
    stream_free(far);
}

static void another_ssrc_counts_unless_the_channel_was_opened_anew(void **state)
{
    struct stream *a = new_stream(9, 0), *b = new_stream(11, 0), *far = new_stream(10, 0);
    struct stream_speech what = {.format = format_of(1, 4)};
    struct datagram from_a[8], from_b[8];

    (void)state;
    speak(a, 9, &what, 0);
    speak(b, 11, &what, 0);
    CHECK(run(a, 0, 60, from_a, 8) == 3 && run(b, 0, 60, from_b, 8) == 3, "three of each");
    listen_to(far, &what.format);
    stream_hear(far, from_a[0].bytes, from_a[0].len, false, 0);
    listen_to(far, &what.format);
    stream_hear(far, from_b[0].bytes, from_b[0].len, false, 0);
    CHECK(counts_of(far).ssrc_changes == 0, "a new channel, a new SSRC");
    stream_hear(far, from_a[1].bytes, from_a[1].len, false, 0);
    CHECK(counts_of(far).ssrc_changes == 1, "within a channel");
    stream_free(a);
    stream_free(b);
    stream_free(far);
}

static void listening_is_timed_through_new_keys_and_pauses(void **state)
{
    struct stream *s = new_stream(9, 0);
    struct media_format f = format_of(0, 0);
    struct media_counts c;

    (void)state;
    stream_counts(s, 50 * MS, &c);
    CHECK(c.listened_ns == 0, "not yet");
    stream_listen(s, &f, NULL, 100 * MS);
    stream_listen(s, &f, NULL, 150 * MS);
    stream_stop_listening(s, 200 * MS);
    stream_listen(s, &f, NULL, 300 * MS);
    stream_counts(s, 310 * MS, &c);
    CHECK(c.listened_ns == 110 * MS, "%lld", (long long)c.listened_ns);
    stream_free(s);
}

static void what_comes_before_the_key_or_is_not_rtp_is_counted(void **state)
{
    struct stream *s = new_stream(9, 0), *far = new_stream(10, 0);
    struct stream_speech what = {.format = format_of(0, 0)};
    struct media_format f = what.format;
    _Alignas(8) uint8_t rtcp[28] = {0x80, 200}, cn[13] = {0x80, 13, 1}, video[20] = {0x80, 34, 2};
    struct datagram out[8];

    (void)state;
    speak(s, 9, &what, 0);
    CHECK(run(s, 0, 100, out, 8) == 5, "five packets of silence");
    stream_hear(far, out[0].bytes, out[0].len, false, 5 * MS);
    listen_to(far, &f);
    stream_hear(far, out[1].bytes, out[1].len, false, 25 * MS);
    stream_hear(far, rtcp, sizeof rtcp, false, 30 * MS);
    stream_hear(far, rtcp, 0, false, 30 * MS);
    stream_hear(far, cn, sizeof cn, false, 30 * MS);
    stream_hear(far, video, sizeof video, false, 30 * MS);
    stream_stop_listening(far, 0);
    stream_hear(far, out[2].bytes, out[2].len, false, 45 * MS);
    struct media_counts c = counts_of(far);
    CHECK(c.early == 2 && c.malformed == 2 && c.wrong_payload == 1 && c.silence == 2,
          "early %llu malformed %llu", (unsigned long long)c.early,
          (unsigned long long)c.malformed);
    CHECK(c.first_packet_ns == 25 * MS, "first packet after %lld", (long long)c.first_packet_ns);
    stream_free(s);
    stream_free(far);
}

static void digits_are_heard_once_between_the_voice(void **state)
{
    static const uint32_t algorithms[] = {0, 1, 5};
    struct sound *sound = ramp(8000);

    (void)state;
    for (size_t a = 0; a < 3; a++) {
        struct stream *s = new_stream(9, 0), *far = new_stream(10, 2000);
        struct stream_speech what = {
            .format = format_of(algorithms[a], 4), .sound = sound, .digits = "1*#D"};
        struct datagram out[128];
        char heard[16] = "";
        size_t n, recorded;
        speak(s, 9, &what, 0);
        n = run(s, 0, 1300, out, 128);
        listen_to(far, &what.format);
        for (size_t i = 0; i < n; i++) {
            char digit =
                stream_hear(far, out[i].bytes, out[i].len, false, (int64_t)i * 20 * MS).digit;
            if (digit)
                strncat(heard, &digit, 1);
        }
        CHECK(strcmp(heard, "1*#D") == 0, "algorithm %u: \"%s\"", algorithms[a], heard);
        CHECK(counts_of(far).lost == 0 && counts_of(far).wrong_payload == 0, "algorithm %u",
              algorithms[a]);
        int16_t *pcm = stream_take_recording(far, &recorded);
        size_t voiced = 0, from = 7 * 160; /* the first digit took the place of seven packets */
        for (size_t i = 0; i < recorded && i + from < 8000; i++) { /* the voice keeps its place */
            int16_t want = g711_decode(G711_ULAW, sound_g711(sound, G711_ULAW)[i + from]);
            CHECK(pcm[i] == want || pcm[i] == 0, "sample %zu is %d, not %d", i, pcm[i], want);
            voiced += pcm[i] != 0;
        }
        CHECK(voiced == 8000 - 4 * from, "%zu samples of voice around four digits", voiced);
        free(pcm);
        stream_free(s);
        stream_free(far);
    }
    sound_free(sound);
}

static void digits_in_the_audio_are_heard_only_where_that_is_asked(void **state)
{
    static const uint32_t algorithms[] = {0, 1};
    struct err e = {0};
    struct sound *sound = sound_digits("1590*#D", &e);

    (void)state;
    CHECK(sound, "%s", e.text);
    for (size_t a = 0; a < 4; a++) {
        struct stream_start start = {.ssrc = 10, .hear_tones = a % 2 == 1};
        struct stream *s = new_stream(9, 0), *far = stream_new(&start, &e);
        struct stream_speech what = {
            .format = format_of(algorithms[a / 2], 4), .sound = sound, .after = MEDIA_STOP};
        struct datagram out[128];
        char heard[16] = "";
        CHECK(far, "%s", e.text);
        speak(s, 9, &what, 0);
        size_t n = run(s, 0, 1600, out, 128);
        listen_to(far, &what.format);
        for (size_t i = 0; i < n; i++) {
            struct datagram again = out[i];
            struct stream_heard h = stream_hear(far, out[i].bytes, out[i].len, false, 0);
            CHECK(!h.digit || h.inband, "by its own way");
            if (h.digit)
                strncat(heard, &h.digit, 1);
            CHECK(!stream_hear(far, again.bytes, again.len, false, 0).digit, "the same packet");
        }
        CHECK(strcmp(heard, start.hear_tones ? "1590*#D" : "") == 0, "\"%s\"", heard);
        stream_free(s);
        stream_free(far);
    }
    sound_free(sound);
}

static void a_recording_ends_at_its_limit_whatever_the_timestamps(void **state)
{
    struct stream *far = new_stream(10, 40); /* two packets */
    struct media_format f = format_of(0, 0);
    struct rtp_header h = {.ssrc = 3, .timestamp = 1000};
    _Alignas(8) uint8_t packet[172];
    static const uint32_t steps[] = {0, 160, 240, 320, 0x7fffffff, 0xffffff00, 80};
    size_t n;

    (void)state;
    listen_to(far, &f);
    memset(packet, 0x10, sizeof packet);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        h.timestamp = 1000 + steps[i];
        h.sequence++;
        rtp_write(packet, &h);
        stream_hear(far, packet, sizeof packet, false, 0);
    }
    int16_t *pcm = stream_take_recording(far, &n);
    CHECK(n == 320 && pcm[0] != 0 && pcm[319] != 0, "%zu samples", n);
    free(pcm);
    stream_free(far);
}

static void another_source_is_recorded_behind_the_first(void **state)
{
    struct stream *far = new_stream(10, 1000);
    struct media_format f = format_of(0, 0);
    _Alignas(8) uint8_t packet[172];
    size_t n;

    (void)state;
    listen_to(far, &f);
    for (uint32_t i = 0; i < 4; i++) {
        struct rtp_header h = {.ssrc = i < 2 ? 3 : 4,
                               .sequence = (uint16_t)i,
                               .timestamp = i < 2 ? 1000 + i * 160 : 777777 + i * 160};
        memset(packet, (int)i + 1, sizeof packet);
        rtp_write(packet, &h);
        stream_hear(far, packet, sizeof packet, false, 0);
    }
    int16_t *pcm = stream_take_recording(far, &n);
    CHECK(n == 640, "%zu samples", n);
    for (size_t i = 0; i < n; i++)
        CHECK(pcm[i] == g711_decode(G711_ULAW, (uint8_t)(i / 160 + 1)), "sample %zu", i);
    free(pcm);
    stream_free(far);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_network_is_counted_and_the_rest_recorded_in_place),
        cmocka_unit_test(plain_rtp_in_an_srtp_stream_is_named_and_never_recorded),
        cmocka_unit_test(a_tag_of_another_length_is_told_from_a_wrong_key),
        cmocka_unit_test(a_replay_from_before_the_window_is_told_from_a_packet_that_came_twice),
        cmocka_unit_test(another_ssrc_counts_unless_the_channel_was_opened_anew),
        cmocka_unit_test(listening_is_timed_through_new_keys_and_pauses),
        cmocka_unit_test(what_comes_before_the_key_or_is_not_rtp_is_counted),
        cmocka_unit_test(digits_are_heard_once_between_the_voice),
        cmocka_unit_test(digits_in_the_audio_are_heard_only_where_that_is_asked),
        cmocka_unit_test(a_recording_ends_at_its_limit_whatever_the_timestamps),
        cmocka_unit_test(another_source_is_recorded_behind_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
