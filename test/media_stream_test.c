/* Streams in memory: one speaks, the network is an array, the other hears. Time is invented. */
#include "check.h"
#include "media/rtp.h"
#include "media/stream.h"

#define MS INT64_C(1000000)

struct datagram {
    _Alignas(8) uint8_t bytes[STREAM_PACKET_MAX];
    size_t len;
};

static struct media_key key_of(uint32_t algorithm, uint8_t seed)
{
    struct media_key k = {
        .algorithm = algorithm, .key_len = 16, .salt_len = algorithm == 5 ? 12 : 14};

    memset(k.key, seed, sizeof k.key);
    memset(k.salt, seed + 1, k.salt_len);
    return k;
}

static struct media_format format_of(uint32_t algorithm, uint8_t seed)
{
    return (struct media_format){
        .law = G711_ULAW, .packet_ms = 20, .dtmf_payload = 101, .key = key_of(algorithm, seed)};
}

static struct stream *new_stream(uint32_t ssrc, unsigned record_ms)
{
    struct stream_start start = {
        .ssrc = ssrc, .timestamp = 0xffffff00, .sequence = 65530, .record_ms = record_ms};
    struct err e = {0};
    struct stream *s = stream_new(&start, &e);

    CHECK(s, "%s", e.text);
    return s;
}

static struct media_srtp *srtp_of(const struct media_key *k, uint32_t ssrc)
{
    struct err e = {0};
    struct media_srtp *s = ssrc ? media_srtp_sender(k, ssrc, &e) : media_srtp_receiver(k, &e);

    CHECK(s || k->algorithm == 0, "%s", e.text);
    return s;
}

static void speak(struct stream *s, uint32_t ssrc, const struct stream_speech *what, int64_t at_ms)
{
    stream_speak(s, what, what->format.key.algorithm ? srtp_of(&what->format.key, ssrc) : NULL,
                 at_ms * MS);
}

static void listen_to(struct stream *s, const struct media_format *f)
{
    stream_listen(s, f, f->key.algorithm ? srtp_of(&f->key, 0) : NULL, 0);
}

static struct media_counts counts_of(const struct stream *s)
{
    struct media_counts c;

    stream_counts(s, 0, &c);
    return c;
}

/* Runs the speaker from now_ms to end_ms, a look at the clock each millisecond. */
static size_t run(struct stream *s, int64_t now_ms, int64_t end_ms, struct datagram *out,
                  size_t cap)
{
    size_t n = 0;

    for (; now_ms < end_ms; now_ms++) {
        for (unsigned due = stream_due(s, now_ms * MS); due > 0; due--) {
            CHECK(n < cap, "more than %zu packets", cap);
            out[n].len = stream_make(s, out[n].bytes);
            if (out[n].len > 0) {
                stream_sent(s, true);
                n++;
            }
        }
    }
    return n;
}

static struct rtp_header header_of(const struct datagram *d)
{
    struct rtp_header h = {0};

    CHECK(rtp_peek(&h, d->bytes, d->len), "not RTP");
    return h;
}

static struct sound *ramp(size_t samples)
{
    int16_t *pcm = malloc(samples * sizeof *pcm);
    struct err e = {0};

    for (size_t i = 0; i < samples; i++)
        pcm[i] = (int16_t)(1000 + i * 13 % 9000);
    struct sound *s = sound_from_pcm(pcm, samples, &e);
    CHECK(s, "%s", e.text);
    free(pcm);
    return s;
}

static void sequence_timestamp_and_marker_are_as_rfc_3550_says(void **state)
{
    struct stream *s = new_stream(77, 0);
    struct sound *sound = ramp(160 * 5);
    struct stream_speech what = {.format = format_of(0, 0), .sound = sound, .after = MEDIA_SILENCE};
    struct datagram out[64];

    (void)state;
    speak(s, 77, &what, 3);
    CHECK(run(s, 0, 203, out, 64) == 10, "ten packets in 200 ms");
    stream_stop_speaking(s);
    CHECK(run(s, 203, 500, out + 10, 54) == 0, "a pause");
    speak(s, 77, &what, 501);
    CHECK(run(s, 500, 540, out + 10, 54) == 2, "and two more");
    for (unsigned i = 0; i < 12; i++) {
        struct rtp_header h = header_of(&out[i]);
        uint32_t samples = i < 10 ? 24 + i * 160 : 501 * 8 + (i - 10) * 160;
        CHECK(h.sequence == (uint16_t)(65530 + i), "packet %u: sequence %u", i, h.sequence);
        CHECK(h.timestamp == 0xffffff00 + samples, "packet %u: timestamp %u", i, h.timestamp);
        CHECK(h.marker == (i == 0 || i == 10), "packet %u: marker", i);
        CHECK(h.ssrc == 77 && h.payload_type == 0, "packet %u", i);
    }
    CHECK(counts_of(s).sent == 12 && counts_of(s).sent_octets == 12 * 160, "counts");
    stream_free(s);
    sound_free(sound);
}

static void after_a_long_sleep_the_clock_jumps_and_the_sound_goes_on(void **state)
{
    struct stream *s = new_stream(77, 0);
    struct sound *sound = ramp(160 * 20);
    struct stream_speech what = {.format = format_of(0, 0), .sound = sound};
    struct datagram out[64];

    (void)state;
    speak(s, 77, &what, 0);
    CHECK(run(s, 0, 41, out, 64) == 3, "three in time");
    CHECK(run(s, 1060, 1061, out + 3, 61) == STREAM_BURST, "five at once");
    CHECK(counts_of(s).skipped == 51 - STREAM_BURST, "skipped %llu",
          (unsigned long long)counts_of(s).skipped);
    CHECK(run(s, 1061, 1081, out + 8, 50) == 1, "and back on the beat");
    CHECK(header_of(&out[3]).marker && header_of(&out[3]).timestamp == 0xffffff00 + 980 * 8,
          "the clock jumped");
    CHECK(header_of(&out[8]).sequence == (uint16_t)(65530 + 8), "the sequence did not");
    CHECK(memcmp(out[8].bytes + 12, sound_g711(sound, G711_ULAW) + 8 * 160, 160) == 0,
          "nor did the sound");
    stream_free(s);
    sound_free(sound);
}

static void what_follows_the_sound_is_as_asked(void **state)
{
    static const struct {
        enum media_after after;
        unsigned delay_ms;
        size_t samples, packets, silent; /* in 200 ms */
    } rows[] = {
        {MEDIA_STOP, 0, 160 * 3, 3, 0},     {MEDIA_STOP, 0, 160 * 3 + 1, 4, 0},
        {MEDIA_SILENCE, 0, 160 * 3, 10, 7}, {MEDIA_LOOP, 0, 160 * 3, 10, 0},
        {MEDIA_LOOP, 0, 7, 10, 0},          {MEDIA_STOP, 40, 160 * 3, 5, 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stream *s = new_stream(1, 0);
        struct sound *sound = ramp(rows[i].samples);
        struct stream_speech what = {.format = format_of(0, 0),
                                     .sound = sound,
                                     .after = rows[i].after,
                                     .delay_ms = rows[i].delay_ms};
        struct datagram out[16];
        size_t silent = 0;
        speak(s, 1, &what, 0);
        size_t n = run(s, 0, 200, out, 16);
        for (size_t k = 0; k < n; k++)
            silent += g711_is_silence(G711_ULAW, out[k].bytes + 12, 160);
        CHECK(n == rows[i].packets && silent == rows[i].silent, "row %zu: %zu packets, %zu silent",
              i, n, silent);
        CHECK(stream_played(s) && !stream_played(s), "row %zu: played, told once", i);
        CHECK(stream_is_speaking(s) == (rows[i].after != MEDIA_STOP), "row %zu", i);
        stream_free(s);
        sound_free(sound);
    }
}

static void played_means_that_the_last_packet_is_over(void **state)
{
    struct stream *s = new_stream(1, 0);
    struct sound *sound = ramp(160 * 3);
    struct stream_speech what = {.format = format_of(0, 0), .sound = sound};
    struct datagram out[16];

    (void)state;
    speak(s, 1, &what, 0);
    CHECK(run(s, 0, 60, out, 16) == 3 && !stream_played(s), "the last one is still heard");
    CHECK(run(s, 60, 61, out, 16) == 0 && stream_played(s), "now it is over");
    stream_free(s);
    sound_free(sound);
}

static void the_same_sound_goes_on_and_another_one_begins(void **state)
{
    struct stream *s = new_stream(1, 0);
    struct sound *a = ramp(160 * 10), *b = ramp(160 * 9);
    struct stream_speech what = {.format = format_of(1, 4), .sound = a};
    struct datagram out[32];

    (void)state;
    speak(s, 1, &what, 0);
    CHECK(run(s, 0, 60, out, 32) == 3, "three of a");
    what.format = format_of(0, 0); /* another call leg, in clear, A-law, 30 ms */
    what.format.law = G711_ALAW;
    what.format.packet_ms = 30;
    speak(s, 1, &what, 999);
    CHECK(run(s, 60, 120, out, 32) == 2, "on the next beat, in the new time");
    CHECK(header_of(&out[0]).payload_type == 8 && !header_of(&out[0]).marker,
          "A-law, the same spurt");
    CHECK(header_of(&out[0]).sequence == (uint16_t)(65530 + 3), "the sequence goes on");
    CHECK(memcmp(out[0].bytes + 12, sound_g711(a, G711_ALAW) + 3 * 160, 240) == 0, "the sound too");
    what.sound = b;
    speak(s, 1, &what, 999);
    CHECK(run(s, 120, 121, out, 32) == 1, "one of b");
    CHECK(memcmp(out[0].bytes + 12, sound_g711(b, G711_ALAW), 240) == 0, "from its beginning");
    stream_free(s);
    sound_free(a);
    sound_free(b);
}

/* A new context with the old key would use the key stream twice: that is a leak, not a detail. */
static void sending_again_with_the_same_key_keeps_the_roll_over_counter(void **state)
{
    struct stream *s = new_stream(9, 0), *far = new_stream(10, 0);
    struct stream_speech what = {.format = format_of(1, 4)};
    struct datagram out[32];

    (void)state;
    listen_to(far, &what.format);
    speak(s, 9, &what, 0);
    size_t n = run(s, 0, 200, out, 32); /* the sequence wraps after six packets */
    speak(s, 9, &what, 0);
    n += run(s, 200, 300, out + n, 32 - n);
    for (size_t i = 0; i < n; i++)
        stream_hear(far, out[i].bytes, out[i].len, false, 0);
    CHECK(n == 15 && counts_of(far).received == 15, "received %llu",
          (unsigned long long)counts_of(far).received);
    stream_free(s);
    stream_free(far);
}

static void new_keys_in_mid_call_replace_the_old_ones_at_once(void **state)
{
    struct stream *s = new_stream(9, 0), *far = new_stream(10, 0);
    struct stream_speech what = {.format = format_of(1, 4)};
    struct datagram old[32], new[32];

    (void)state;
    listen_to(far, &what.format);
    speak(s, 9, &what, 0);
    CHECK(run(s, 0, 200, old, 32) == 10, "ten with the old key");
    what.format = format_of(1, 5);
    speak(s, 9, &what, 0);
    CHECK(run(s, 200, 400, new, 32) == 10, "ten with the new key");
    for (unsigned i = 0; i < 8; i++)
        stream_hear(far, old[i].bytes, old[i].len, false, 0);
    struct stream_heard heard = stream_hear(far, new[0].bytes, new[0].len, false, 0);
    CHECK(!heard.first_of_key && counts_of(far).auth_failures == 1,
          "too early: the key is not known");
    listen_to(far, &what.format);
    heard = stream_hear(far, new[1].bytes, new[1].len, false, 0);
    CHECK(heard.first_of_key && heard.ssrc == 9, "the new key is proven");
    stream_hear(far, old[8].bytes, old[8].len, false, 0);
    CHECK(counts_of(far).auth_failures == 2, "the old key is dead");
    CHECK(counts_of(far).received == 9, "received %llu",
          (unsigned long long)counts_of(far).received);
    stream_free(s);
    stream_free(far);
}

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

static void the_marker_waits_for_a_packet_that_leaves(void **state)
{
    struct stream *s = new_stream(9, 0);
    struct stream_speech what = {.format = format_of(1, 4)};
    struct datagram d;

    (void)state;
    speak(s, 9, &what, 0);
    for (unsigned i = 0; i < 6; i++) {
        /* The first two do not leave; nor, after a sleep of a second, all but the last of a burst.
         */
        int64_t now_ms = i * 20 + (i >= 4 ? 1000 : 0);
        for (unsigned due = stream_due(s, now_ms * MS); due > 1; due--)
            stream_sent(s, stream_make(s, d.bytes) > 0 && i != 4);
        d.len = stream_make(s, d.bytes);
        CHECK(header_of(&d).marker == (i <= 2 || i == 4), "packet %u", i);
        stream_sent(s, i >= 2);
    }
    CHECK(counts_of(s).send_errors == 2 + STREAM_BURST - 1, "%llu",
          (unsigned long long)counts_of(s).send_errors);
    stream_free(s);
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

static void a_format_that_cannot_be_served_is_refused(void **state)
{
    static const struct {
        unsigned packet_ms, dtmf;
        int law;
        enum err_kind kind;
    } rows[] = {
        {20, 0, 0, ERR_NONE},    {10, 101, 1, ERR_NONE}, {60, 0, 0, ERR_NONE},
        {9, 0, 0, ERR_LIMIT},    {61, 0, 0, ERR_LIMIT},  {0, 0, 0, ERR_LIMIT},
        {20, 128, 0, ERR_LIMIT}, {20, 0, 2, ERR_USAGE},  {4294967295u, 0, 0, ERR_LIMIT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct media_format f = {.law = (enum g711_law)rows[i].law,
                                 .packet_ms = rows[i].packet_ms,
                                 .dtmf_payload = rows[i].dtmf};
        struct err e = {0};
        CHECK(media_format_check(&f, &e) == (rows[i].kind == ERR_NONE) && e.kind == rows[i].kind,
              "row %zu: %s", i, e.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequence_timestamp_and_marker_are_as_rfc_3550_says),
        cmocka_unit_test(after_a_long_sleep_the_clock_jumps_and_the_sound_goes_on),
        cmocka_unit_test(what_follows_the_sound_is_as_asked),
        cmocka_unit_test(played_means_that_the_last_packet_is_over),
        cmocka_unit_test(the_same_sound_goes_on_and_another_one_begins),
        cmocka_unit_test(sending_again_with_the_same_key_keeps_the_roll_over_counter),
        cmocka_unit_test(new_keys_in_mid_call_replace_the_old_ones_at_once),
        cmocka_unit_test(a_bad_network_is_counted_and_the_rest_recorded_in_place),
        cmocka_unit_test(plain_rtp_in_an_srtp_stream_is_named_and_never_recorded),
        cmocka_unit_test(a_tag_of_another_length_is_told_from_a_wrong_key),
        cmocka_unit_test(a_replay_from_before_the_window_is_told_from_a_packet_that_came_twice),
        cmocka_unit_test(another_ssrc_counts_unless_the_channel_was_opened_anew),
        cmocka_unit_test(listening_is_timed_through_new_keys_and_pauses),
        cmocka_unit_test(what_comes_before_the_key_or_is_not_rtp_is_counted),
        cmocka_unit_test(digits_are_heard_once_between_the_voice),
        cmocka_unit_test(digits_in_the_audio_are_heard_only_where_that_is_asked),
        cmocka_unit_test(the_marker_waits_for_a_packet_that_leaves),
        cmocka_unit_test(a_recording_ends_at_its_limit_whatever_the_timestamps),
        cmocka_unit_test(another_source_is_recorded_behind_the_first),
        cmocka_unit_test(a_format_that_cannot_be_served_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
