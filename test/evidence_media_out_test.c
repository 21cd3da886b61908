/* The media of captures, out in clear: every sample where its timestamp puts it, every frame whole,
 * nothing of what does not authenticate, and no file lost. */
#include "evidence_talker.h"

#include "tools/vmports/capture_file.h"
#include "tools/vmports/media_names.h"
#include "tools/vmports/media_out.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define PACKET 160

struct place {
    char dir[64], capture[96], rtp[96], wav[96];
};

static struct place place_new(void)
{
    struct place p = {.dir = "/tmp/evidence_out_XXXXXX"};

    assert_non_null(mkdtemp(p.dir));
    snprintf(p.capture, sizeof p.capture, "%s/in.pcap", p.dir);
    snprintf(p.rtp, sizeof p.rtp, "%s/rtp.pcap", p.dir);
    snprintf(p.wav, sizeof p.wav, "%s/wav", p.dir);
    return p;
}

static void place_end(const struct place *p)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf '%s'", p->dir);
    assert_int_equal(system(command), 0);
}

static void save(const char *path, const void *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    fclose(f);
}

static uint8_t *load(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    static uint8_t bytes[8 << 20];

    CHECK(f, "%s is not there", path);
    *len = fread(bytes, 1, sizeof bytes, f);
    assert_true(*len < sizeof bytes);
    fclose(f);
    return bytes;
}

/* What `vmports verify` does with a capture and the key log of one talker (`t` NULL: none). */
static bool put_out(const struct place *p, const struct writer *w, const struct talker *t,
                    struct media_out_report *out, struct err *e)
{
    const struct media_out_settings want = {.rtp_file = p->rtp, .wav_dir = p->wav};
    struct verify_settings s = {.mode = VERIFY_ENCRYPTED, .pcap = p->capture};

    save(p->capture, w->bytes, w->len);
    s.keylog = t ? key_log(t, &t->key) : NULL;
    struct verify_report *r = verify_capture(&s, e);
    CHECK(r, "%s", e->text);
    bool ok = media_out_write(&s, r, &want, out, e);
    verify_free(r);
    if (s.keylog)
        unlink(s.keylog);
    return ok;
}

static struct media_out_report must_put_out(const struct place *p, const struct writer *w,
                                            const struct talker *t)
{
    struct media_out_report out;
    struct err e = {0};

    CHECK(put_out(p, w, t, &out, &e), "%s", e.text);
    return out;
}

#define SENT  "10.1.2.3_16384-sent-to-10.1.2.9_20000-00000001.wav"
#define PLAIN "10.1.2.3_16384-to-10.1.2.9_20000-00000001.wav"

/* The samples of a WAV file as libsndfile writes it: a header of 44 bytes. Borrowed. */
static const int16_t *samples_of(const struct place *p, const char *name, size_t *count)
{
    char path[256];
    size_t len;
    uint32_t bytes;

    snprintf(path, sizeof path, "%s/%s", p->wav, name);
    const uint8_t *at = load(path, &len);
    assert_true(len >= 44 && memcmp(at + 36, "data", 4) == 0);
    memcpy(&bytes, at + 40, sizeof bytes);
    assert_int_equal(bytes, len - 44);
    *count = bytes / 2;
    return (const int16_t *)(const void *)(at + 44);
}

/* Sample by sample: packet `said[i]` of the talker stands at i; -1 is silence. */
static void check_sound(const struct place *p, const char *name, const int *said, size_t n)
{
    size_t count;
    const int16_t *got = samples_of(p, name, &count);

    CHECK(count == n * PACKET, "%zu samples, wanted %zu packets", count, n);
    for (size_t i = 0; i < n; i++) {
        uint8_t coded[PACKET];
        int16_t want[PACKET] = {0};
        voice(coded, PACKET, (uint32_t)(said[i] < 0 ? 0 : said[i]) * PACKET);
        if (said[i] >= 0)
            g711_decode_all(G711_ULAW, want, coded, PACKET);
        CHECK(memcmp(got + i * PACKET, want, sizeof want) == 0, "packet %zu is not %d", i, said[i]);
    }
}

static void finish(struct place *p, struct writer *w, struct talker *t)
{
    media_srtp_free(t->srtp);
    writer_free(w);
    place_end(p);
}

/* ---- sound ----------------------------------------------------------------------------------- */

static void lost_is_silence_late_is_put_right_and_double_is_dropped(void **state)
{
    static const int said[] = {0, 1, 2, -1, 4, 5, 6, 7, 8, 9};

    (void)state;
    for (size_t k = 0; k < 4; k++) {
        struct place p = place_new();
        struct writer w = writer_new(DLT_EN10MB);
        struct talker t = talker_new(PORT_END, PHONE_END, 1, k < 3 ? &keys[k] : &plain);
        say(&w, &t, 3);
        make_voice(&t); /* 3: lost */
        w.now_us += 20000;
        say(&w, &t, 1);
        send_last(&w, &t); /* 4: twice */
        make_voice(&t);    /* 5: behind 6 */
        struct talker late = t;
        say(&w, &t, 1);
        send_last(&w, &late);
        say(&w, &t, 3);
        struct media_out_report out = must_put_out(&p, &w, k < 3 ? &t : NULL);
        check_sound(&p, k < 3 ? SENT : PLAIN, said, 10);
        assert_int_equal(out.packets, k < 3 ? 9 : 10); /* plain RTP goes out as it is */
        assert_int_equal(out.doubled, k < 3 ? 1 : 0);
        assert_int_equal(out.sound.files, 1);
        finish(&p, &w, &t);
    }
}

static void what_came_before_the_first_packet_stands_before_it(void **state)
{
    static const int said[] = {0, 1, 2, 3};
    struct place p = place_new();
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &plain);

    (void)state;
    make_voice(&t);
    struct talker first = t;
    say(&w, &t, 1);
    send_last(&w, &first);
    say(&w, &t, 2);
    must_put_out(&p, &w, NULL);
    check_sound(&p, PLAIN, said, 4);
    finish(&p, &w, &t);
}

/* Longer than what is held back: the file grows while it is written. */
static void a_long_stream_is_whole(void **state)
{
    enum { N = 400 };
    struct place p = place_new();
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &keys[0]);
    int said[N];

    (void)state;
    for (int i = 0; i < N; i++) {
        const bool lost = i % 50 == 49;
        said[i] = lost ? -1 : i;
        make_voice(&t);
        if (!lost)
            send_last(&w, &t);
        w.now_us += 20000;
    }
    said[N - 1] = -1;
    must_put_out(&p, &w, &t);
    check_sound(&p, SENT, said, N - 1);
    finish(&p, &w, &t);
}

static void more_than_half_a_second_late_is_left_out_and_counted(void **state)
{
    enum { N = 90 };
    struct place p = place_new();
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &plain);
    int said[N];

    (void)state;
    for (int i = 0; i < N; i++)
        said[i] = i == 3 ? -1 : i;
    say(&w, &t, 3);
    make_voice(&t);
    struct talker late = t;
    say(&w, &t, 80);
    send_last(&w, &late);
    say(&w, &t, N - 84);
    struct media_out_report out = must_put_out(&p, &w, NULL);
    assert_int_equal(out.sound.late, 1);
    check_sound(&p, PLAIN, said, N);
    finish(&p, &w, &t);
}

static void digits_have_no_sound(void **state)
{
    static const uint8_t event[4] = {5, 10, 0, 160};
    static const int said[] = {0, 1, -1, -1, 4, 5};
    struct place p = place_new();
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &keys[0]);

    (void)state;
    say(&w, &t, 2);
    t.next.payload_type = 101;
    for (int i = 0; i < 2; i++) {
        make(&t, event, sizeof event);
        send_last(&w, &t);
        w.now_us += 20000;
    }
    t.next.payload_type = RTP_PCMU;
    t.next.timestamp += 2 * PACKET;
    say(&w, &t, 2);
    struct media_out_report out = must_put_out(&p, &w, &t);
    check_sound(&p, SENT, said, 6);
    assert_int_equal(out.packets, 6);
    assert_int_equal(out.sound.foreign, 0);
    finish(&p, &w, &t);
}

static void timestamps_that_begin_anew_are_no_gap(void **state)
{
    struct place p = place_new();
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &plain);
    size_t count;

    (void)state;
    say(&w, &t, 5);
    t.next.timestamp += 0x60000000; /* 56 hours */
    say(&w, &t, 5);
    t.next.timestamp -= 0x30000000;
    say(&w, &t, 5);
    must_put_out(&p, &w, NULL);
    samples_of(&p, PLAIN, &count);
    assert_int_equal(count, 15 * PACKET);
    finish(&p, &w, &t);
}

/* One packet must not fill the disk. */
static void a_gap_of_more_than_an_hour_is_cut_to_one(void **state)
{
    struct place p = place_new();
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &plain);
    struct stat is;
    char path[256];

    (void)state;
    say(&w, &t, 5);
    w.now_us += INT64_C(36000) * 1000000;
    t.next.timestamp += 36000u * 8000;
    say(&w, &t, 5);
    struct media_out_report out = must_put_out(&p, &w, NULL);
    assert_int_equal(out.sound.shortened, 1);
    snprintf(path, sizeof path, "%s/" PLAIN, p.wav);
    assert_int_equal(stat(path, &is), 0);
    assert_int_equal(is.st_size, 44 + 2 * (10 * PACKET + 3600 * 8000));
    finish(&p, &w, &t);
}

static void a_stream_without_g711_has_no_file_and_is_told_of(void **state)
{
    struct place p = place_new();
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &keys[1]);
    char path[256], *words;
    size_t len;

    (void)state;
    t.next.payload_type = 9; /* G.722 */
    say(&w, &t, 20);
    struct media_out_report out = must_put_out(&p, &w, &t);
    assert_int_equal(out.packets, 20);
    assert_int_equal(out.sound.files, 0);
    snprintf(path, sizeof path, "%s/" SENT, p.wav);
    assert_int_not_equal(access(path, F_OK), 0);
    FILE *f = open_memstream(&words, &len);
    media_out_print(&(struct media_out_settings){.wav_dir = p.wav}, &out, f);
    fclose(f);
    CHECK(strstr(words, "1 streams without G.711 (the first has payload type 9)"), "%s", words);
    free(words);
    finish(&p, &w, &t);
}

/* Whatever timestamps, clock and lengths do: the file has what was counted, and each packet was
 * written or called late. */
static void any_order_of_any_length_is_written_whole_or_counted(void **state)
{
    static uint8_t payload[3000];
    struct place p = place_new();
    struct media_stream m = {
        .src = addr_of(PORT_END), .dst = addr_of(PHONE_END), .ssrc = 1, .payload_type = RTP_PCMU};
    struct wav_out *o = wav_out_new(p.wav, p.capture, NULL);
    struct wav_track *t = wav_track_new(o, &(struct wav_title){.stream = &m, .port = ""}, NULL);
    struct rtp_packet r = {.payload = payload};
    int64_t now_us = 0;
    uint32_t dice = 1;
    size_t count;

    (void)state;
    assert_non_null(t);
    for (int i = 0; i < 400; i++) {
        dice = dice * 1664525 + 1013904223; /* Numerical Recipes */
        const uint32_t d = dice >> 8;
        r.header.payload_type = d % 3 ? RTP_PCMU : RTP_PCMA;
        r.header.timestamp += i % 50 == 49 ? dice : d % 20000 - 9000;
        r.payload_len = d % 7 == 0 ? d % sizeof payload : 160;
        now_us += d % 5 ? 20000 : (int64_t)(d % 3000000) - 1000000;
        assert_true(wav_track_packet(t, &r, now_us, NULL));
    }
    assert_true(wav_track_finish(t, NULL));
    samples_of(&p, PLAIN, &count);
    assert_int_equal(count, wav_out_counts(o)->samples);
    assert_in_range(wav_out_counts(o)->late, 1, 399);
    wav_out_free(o);
    place_end(&p);
}

static void a_stream_belongs_to_the_port_that_took_the_address_last(void **state)
{
    const struct ladder_media first[] = {{.time_us = 100, .at = addr_of(PORT_END)},
                                         {.time_us = 900, .at = addr_of(PORT_END)}},
                              second[] = {{.time_us = 500, .at = addr_of(PORT_END)}};
    const struct ladder_facts ladders[] = {
        {.name = "VI1", .media = first, .media_count = 2},
        {.name = "VI2", .media = second, .media_count = 1},
        {.name = "", .media = first, .media_count = 2}, /* its Register was not captured */
    };
    const struct verify_connection connections[] = {{.ladder = &ladders[0]},
                                                    {.ladder = NULL},
                                                    {.ladder = &ladders[1]},
                                                    {.ladder = &ladders[2]}};
    const struct verify_report r = {.connections = connections, .connection_count = 4};
    static const struct {
        int64_t first_us;
        const char *name;
    } rows[] = {{50, ""}, {100, "VI1"}, {499, "VI1"}, {700, "VI2"}, {5000, "VI1"}};
    struct media_names *names = media_names_new(&r, NULL);

    (void)state;
    assert_non_null(names);
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        const bool sent = i % 2;
        const struct media_stream m = {.src = addr_of(sent ? PORT_END : PHONE_END),
                                       .dst = addr_of(sent ? PHONE_END : PORT_END),
                                       .first_us = rows[i / 2].first_us};
        enum media_way way;
        const char *name = media_names_find(names, &m, &way);
        CHECK(strcmp(name, rows[i / 2].name) == 0, "row %zu: %s", i, name);
        CHECK(way == (!*name ? MEDIA_WAY_UNKNOWN
                      : sent ? MEDIA_SENT
                             : MEDIA_RECEIVED),
              "row %zu: %d", i, (int)way);
    }
    media_names_free(names);
}

static void what_a_port_calls_itself_leads_to_no_other_directory(void **state)
{
    const struct media_stream m = {.src = addr_of(PORT_END), .dst = addr_of(PHONE_END), .ssrc = 1};
    struct wav_title t = {.stream = &m, .port = "CiscoUM1-VI1"};
    char name[WAV_NAME];

    (void)state;
    t.way = MEDIA_SENT;
    assert_string_equal(wav_name(&t, name), "CiscoUM1-VI1-" SENT);
    t.port = "/../../a b\\n";
    assert_string_equal(wav_name(&t, name), "_______a_b_n-" SENT);
    t.port = "";
    assert_string_equal(wav_name(&t, name), SENT);
    t.way = MEDIA_RECEIVED;
    assert_string_equal(wav_name(&t, name),
                        "10.1.2.9_20000-received-from-10.1.2.3_16384-00000001.wav");
}

/* ---- frames ---------------------------------------------------------------------------------- */

static uint32_t words_of(uint32_t sum, const uint8_t *at, size_t n)
{
    for (size_t i = 0; i + 1 < n; i += 2)
        sum += (uint32_t)(at[i] << 8 | at[i + 1]);
    return n % 2 ? sum + (uint32_t)(at[n - 1] << 8) : sum;
}

static bool sums_to_ones(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum == 0xffff;
}

/* RFC 1071: with its checksum in it, a header adds up to ones. */
static bool on_frame(void *arg, const struct captured *c)
{
    const uint8_t *ip = c->packet.ip, *udp = c->packet.payload - 8;
    const size_t len = (size_t)(udp[4] << 8 | udp[5]);
    const bool v6 = *ip >> 4 == 6;
    uint32_t sum = words_of((uint32_t)(len + 17), v6 ? ip + 8 : ip + 12, v6 ? 32 : 8);

    assert_int_equal(c->kind, PACKET_UDP);
    assert_int_equal(len, 8 + RTP_HEADER_LEN + PACKET);
    assert_int_equal(c->packet.len, RTP_HEADER_LEN + PACKET);
    assert_int_equal(c->packet.missing, 0);
    CHECK(v6 || sums_to_ones(words_of(0, ip, (size_t)(*ip & 15) * 4)), "IP checksum");
    CHECK(sums_to_ones(words_of(sum, udp, len)), "UDP checksum");
    ++*(size_t *)arg;
    return true;
}

static void a_frame_of_any_link_and_ip_is_whole_again(void **state)
{
    static const int links[] = {DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_NULL, DLT_RAW};
    static const enum writer_ip ips[] = {WRITE_IPV4, WRITE_IPV4_OPTIONS, WRITE_IPV6,
                                         WRITE_IPV6_HEADERS};

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        struct place p = place_new();
        struct writer w = writer_new(links[i / 4]);
        struct talker t = talker_new(PORT_END, PHONE_END, 1, &keys[i % 3]);
        char early[CAPTURE_END_TEXT];
        size_t frames = 0;
        struct err e;
        w.ip = ips[i % 4];
        w.vlan_tags = i % 4;
        say(&w, &t, 10);
        if (w.ip >= WRITE_IPV6) { /* as the writer wrote them */
            t.src = addr_of("[::ffff:10.1.2.3]:16384");
            t.dst = addr_of("[::ffff:10.1.2.9]:20000");
        }
        must_put_out(&p, &w, &t);
        CHECK(capture_file_read(p.rtp, NULL, on_frame, &frames, early, &e), "%s", e.text);
        CHECK(frames == 10, "row %zu: %zu frames", i, frames);
        finish(&p, &w, &t);
    }
}

static void only_what_authenticates_goes_out(void **state)
{
    struct place p = place_new();
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &keys[0]);
    struct talker copy = talker_new(PORT_END, PHONE_END, 1, &plain);
    static const int said[] = {0, 1, 2, 3, -1, 5, 6, 7};

    (void)state;
    for (int i = 0; i < 8; i++) {
        say(&w, &t, i != 4);
        if (i == 4)
            make_voice(&t);
        say(&w, &copy, 1); /* a readable copy behind each; of 4 it comes alone */
    }
    struct media_out_report out = must_put_out(&p, &w, &t);
    assert_int_equal(out.packets, 7);
    assert_int_equal(out.doubled, 7);
    assert_int_equal(out.refused, 1);
    check_sound(&p, SENT, said, 8);
    finish(&p, &w, &t);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void without_a_key_srtp_is_refused_and_nothing_is_written(void **state)
{
    struct place p = place_new();
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &keys[0]);
    struct media_out_report out;
    struct err e;

    (void)state;
    say(&w, &t, 50);
    assert_false(put_out(&p, &w, NULL, &out, &e));
    assert_int_equal(e.kind, ERR_USAGE);
    assert_non_null(strstr(e.text, "give the key log"));
    t.key.key[0] ^= 1;
    assert_false(put_out(&p, &w, &t, &out, &e));
    assert_non_null(strstr(e.text, "no stream of the 1 authenticates"));
    assert_int_not_equal(access(p.rtp, F_OK), 0);
    assert_int_not_equal(access(p.wav, F_OK), 0);
    finish(&p, &w, &t);
}

/* One readable packet is a fault; the others are noise that nobody wants to hear. */
static void srtp_with_something_readable_in_it_is_no_plain_stream(void **state)
{
    struct place p = place_new();
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &keys[0]);
    struct media_srtp *srtp = t.srtp;
    struct media_out_report out;
    struct err e;

    (void)state;
    say(&w, &t, 30);
    t.srtp = NULL;
    say(&w, &t, 1);
    t.srtp = srtp;
    say(&w, &t, 30);
    assert_false(put_out(&p, &w, NULL, &out, &e));
    CHECK(strstr(e.text, "1 of 1 streams are not plain RTP"), "%s", e.text);
    out = must_put_out(&p, &w, &t);
    assert_int_equal(out.packets, 60);
    assert_int_equal(out.refused, 1);
    finish(&p, &w, &t);
}

/* As a capture does that is still being written. */
static void what_was_appended_after_the_judgement_does_not_go_out(void **state)
{
    struct place p = place_new();
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &plain);
    const struct media_out_settings want = {.rtp_file = p.rtp, .wav_dir = p.wav};
    const struct verify_settings s = {.mode = VERIFY_ENCRYPTED, .pcap = p.capture};
    static const int said[] = {0, 1, 2, 3, 4, 5, 6, 7};
    struct media_out_report out;
    struct err e;

    (void)state;
    say(&w, &t, 8);
    save(p.capture, w.bytes, w.len);
    struct verify_report *r = verify_capture(&s, &e);
    assert_non_null(r);
    say(&w, &t, 8);
    save(p.capture, w.bytes, w.len);
    CHECK(media_out_write(&s, r, &want, &out, &e), "%s", e.text);
    assert_int_equal(out.packets, 8);
    check_sound(&p, PLAIN, said, 8);
    verify_free(r);
    finish(&p, &w, &t);
}

static void a_file_of_another_kind_is_never_written_over(void **state)
{
    static const char mine[] = "what somebody needs still";
    struct place p = place_new();
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &plain);
    struct media_out_report out;
    struct err e;
    char path[256];
    size_t len;

    (void)state;
    say(&w, &t, 50);
    save(p.rtp, mine, sizeof mine);
    assert_false(put_out(&p, &w, NULL, &out, &e));
    CHECK(strstr(e.text, "a file of another kind"), "%s", e.text);
    CHECK_BYTES(load(p.rtp, &len), sizeof mine, mine, sizeof mine);
    unlink(p.rtp);

    assert_int_equal(mkdir(p.wav, 0700) == 0 || access(p.wav, F_OK) == 0, 1);
    snprintf(path, sizeof path, "%s/" PLAIN, p.wav);
    save(path, mine, sizeof mine);
    assert_false(put_out(&p, &w, NULL, &out, &e));
    CHECK_BYTES(load(path, &len), sizeof mine, mine, sizeof mine);
    unlink(path);
    rmdir(p.wav);

    save(p.wav, mine, sizeof mine);
    assert_false(put_out(&p, &w, NULL, &out, &e));
    CHECK(strstr(e.text, "no directory"), "%s", e.text);
    finish(&p, &w, &t);
}

/* As a full disk does: the system takes a part of it, and says no to the rest. */
static void a_full_disk_is_told(void **state)
{
    struct place p = place_new();
    struct writer w = writer_new(DLT_EN10MB);
    struct talker t = talker_new(PORT_END, PHONE_END, 1, &plain);
    const struct media_out_settings wants[] = {{.rtp_file = p.rtp}, {.wav_dir = p.wav}};
    struct verify_settings s = {.mode = VERIFY_ENCRYPTED, .pcap = p.capture};
    struct media_out_report out;
    struct rlimit was, little;
    struct err e;

    (void)state;
    say(&w, &t, 200);
    save(p.capture, w.bytes, w.len);
    struct verify_report *r = verify_capture(&s, &e);
    assert_non_null(r);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    for (size_t i = 0; i < 2; i++) {
        little = was;
        little.rlim_cur = 20000;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
        bool ok = media_out_write(&s, r, &wants[i], &out, &e);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
        CHECK(!ok && e.kind == ERR_FILE, "row %zu", i);
        CHECK(strstr(e.text, "File too large"), "%s", e.text);
    }
    verify_free(r);
    finish(&p, &w, &t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_is_silence_late_is_put_right_and_double_is_dropped),
        cmocka_unit_test(what_came_before_the_first_packet_stands_before_it),
        cmocka_unit_test(a_long_stream_is_whole),
        cmocka_unit_test(more_than_half_a_second_late_is_left_out_and_counted),
        cmocka_unit_test(digits_have_no_sound),
        cmocka_unit_test(timestamps_that_begin_anew_are_no_gap),
        cmocka_unit_test(a_gap_of_more_than_an_hour_is_cut_to_one),
        cmocka_unit_test(a_stream_without_g711_has_no_file_and_is_told_of),
        cmocka_unit_test(any_order_of_any_length_is_written_whole_or_counted),
        cmocka_unit_test(a_stream_belongs_to_the_port_that_took_the_address_last),
        cmocka_unit_test(what_a_port_calls_itself_leads_to_no_other_directory),
        cmocka_unit_test(a_frame_of_any_link_and_ip_is_whole_again),
        cmocka_unit_test(only_what_authenticates_goes_out),
        cmocka_unit_test(without_a_key_srtp_is_refused_and_nothing_is_written),
        cmocka_unit_test(srtp_with_something_readable_in_it_is_no_plain_stream),
        cmocka_unit_test(what_was_appended_after_the_judgement_does_not_go_out),
        cmocka_unit_test(a_file_of_another_kind_is_never_written_over),
        cmocka_unit_test(a_full_disk_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
