/* Streams that talk to each other over loopback. */
#include "media_lab.h"

#include <dirent.h>
#include <unistd.h>

/* False: this machine slept for so long that beats were skipped, and the recording has gaps. */
static bool sound_arrives(struct lab *lab, const struct media_format *f, const struct sound *sound)
{
    struct end a = open_end(lab, 1, 0), b = open_end(lab, 2, 2000);
    struct media_play p = {.format = *f, .to = b.local, .sound = sound};
    unsigned packets = (unsigned)(sound_samples(sound) + f->packet_ms * 8 - 1) / (f->packet_ms * 8);
    char what[64];

    snprintf(what, sizeof what, "algorithm %u, law %d, %u ms", f->key.algorithm, (int)f->law,
             f->packet_ms);
    listen_with(lab, &b, f);
    send_with(lab, &a, &p);
    wait_for(lab, MEDIA_PLAYED);
    struct media_event sent = close_and_report(lab, &a, 1);
    struct media_event heard = close_and_report(lab, &b, 2);
    CHECK(sent.counts.sent == packets, "%s: sent %llu", what, (unsigned long long)sent.counts.sent);
    CHECK(heard.counts.received == packets && heard.counts.lost == 0, "%s: received %llu", what,
          (unsigned long long)heard.counts.received);
    CHECK(heard.counts.ssrc_received == sent.counts.ssrc_sent, "%s", what);
    CHECK(heard.counts.auth_failures + heard.counts.replays + heard.counts.malformed == 0, "%s",
          what);
    if (sent.counts.skipped == 0)
        check_recording(what, &heard, sound, f->law);
    free(heard.recording);
    return sent.counts.skipped == 0;
}

static void a_sound_arrives_sample_for_sample_in_every_suite(void **state)
{
    static const struct {
        uint32_t algorithm;
        enum g711_law law;
        unsigned packet_ms;
    } rows[] = {
        {0, G711_ULAW, 20}, {1, G711_ULAW, 20}, {1, G711_ALAW, 10}, {1, G711_ULAW, 30},
        {2, G711_ALAW, 20}, {5, G711_ULAW, 20}, {5, G711_ALAW, 60},
    };
    struct lab lab = lab_new(2);
    struct sound *sound = sweep(3217);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct media_format f = {.law = rows[i].law,
                                 .packet_ms = rows[i].packet_ms,
                                 .key = key_of(rows[i].algorithm, 7)};
        unsigned tries = 0;
        while (!sound_arrives(&lab, &f, sound))
            CHECK(++tries < 20, "row %zu: this machine is too slow for a stream", i);
    }
    sound_free(sound);
    lab_free(&lab);
}

static void new_keys_in_mid_call_lose_nothing_of_the_sound(void **state)
{
    struct lab lab = lab_new(1);
    struct sound *sound = sweep(160 * 30);
    struct end a = open_end(&lab, 1, 0), b = open_end(&lab, 2, 3000);
    struct media_format old = format_of(1, 3), new = format_of(2, 90);
    struct media_play p = {.format = old, .to = b.local, .sound = sound};

    (void)state;
    listen_with(&lab, &b, &old);
    send_with(&lab, &a, &p);
    wait_received(&lab, 10);
    p.format = new;
    listen_with(&lab, &b, &new);
    send_with(&lab, &a, &p);
    wait_for(&lab, MEDIA_PLAYED);
    struct media_event sent = close_and_report(&lab, &a, 1), heard = close_and_report(&lab, &b, 2);
    CHECK(sent.counts.sent == 30, "sent %llu", (unsigned long long)sent.counts.sent);
    /* a packet that left between the two orders is not authentic any more */
    CHECK(heard.counts.received + heard.counts.auth_failures == 30 && heard.counts.received > 10,
          "received %llu, refused %llu", (unsigned long long)heard.counts.received,
          (unsigned long long)heard.counts.auth_failures);
    if (heard.counts.auth_failures == 0 && sent.counts.skipped == 0)
        check_recording("re-keyed", &heard, sound, G711_ULAW);
    free(heard.recording);
    sound_free(sound);
    lab_free(&lab);
}

static void the_wrong_key_or_none_at_all_is_never_heard(void **state)
{
    struct lab lab = lab_new(1);
    struct sound *sound = sweep(160 * 10);

    (void)state;
    for (uint32_t algorithm = 0; algorithm <= 5; algorithm += algorithm == 2 ? 3 : 1) {
        struct end a = open_end(&lab, 1, 0), b = open_end(&lab, 2, 1000);
        struct media_format talk = format_of(algorithm, 3),
                            hear = format_of(algorithm ? algorithm : 1, 4);
        struct media_play p = {.format = talk, .to = b.local, .sound = sound};
        listen_with(&lab, &b, &hear);
        send_with(&lab, &a, &p);
        wait_for(&lab, MEDIA_PLAYED);
        close_and_report(&lab, &a, 1);
        struct media_event heard = close_and_report(&lab, &b, 2);
        CHECK(heard.counts.auth_failures == 10 && heard.counts.received == 0,
              "algorithm %u: refused %llu", algorithm,
              (unsigned long long)heard.counts.auth_failures);
        CHECK(heard.counts.plain == (algorithm == 0 ? 10 : 0), "plain %llu",
              (unsigned long long)heard.counts.plain);
        CHECK(!heard.recording && heard.recorded == 0, "something was recorded");
    }
    sound_free(sound);
    lab_free(&lab);
}

static void digits_come_once_each_and_in_order(void **state)
{
    struct lab lab = lab_new(2);
    struct end a = open_end(&lab, 1, 0), b = open_end(&lab, 2, 0);
    struct media_play p = {.format = format_of(1, 3), .to = b.local, .digits = "4711#"};

    (void)state;
    listen_with(&lab, &b, &p.format);
    send_with(&lab, &a, &p);
    for (const char *c = p.digits; *c; c++) {
        struct media_event ev = wait_for(&lab, MEDIA_DIGIT);
        CHECK(ev.digit == *c && ev.tag == 2, "heard %c for %c", ev.digit, *c);
    }
    CHECK(media_close(lab.engine, a.handle) && media_close(lab.engine, b.handle), "close");
    struct media_event ev = {0};
    for (int reports = 0; reports < 2; reports += ev.kind == MEDIA_REPORT) {
        while (!queue_take(lab.events, &ev))
            sleep_ms(1);
        CHECK(ev.kind == MEDIA_REPORT, "another event: %d", (int)ev.kind);
    }
    lab_free(&lab);
}

#define MANY 500

static void many_streams_at_once_lose_nothing(void **state)
{
    static struct end a[MANY], b[MANY];
    struct lab lab = lab_new(2);
    struct sound *sound = sweep(160 * 50); /* a second */
    uint64_t streams, sent, received;
    unsigned reports = 0, played = 0;

    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        struct media_format f = format_of(1, (uint8_t)i);
        a[i] = open_end(&lab, i, 0);
        b[i] = open_end(&lab, MANY + i, 0);
        struct media_play p = {.format = f, .to = b[i].local, .sound = sound};
        listen_with(&lab, &b[i], &f);
        send_with(&lab, &a[i], &p);
    }
    for (; played < MANY; played++)
        wait_for(&lab, MEDIA_PLAYED);
    wait_received(&lab, MANY * 50);
    media_totals(lab.engine, &streams, &sent, &received);
    CHECK(streams == 2 * MANY && sent == MANY * 50, "%llu streams, %llu sent",
          (unsigned long long)streams, (unsigned long long)sent);
    for (unsigned i = 0; i < MANY; i++)
        CHECK(media_close(lab.engine, a[i].handle) && media_close(lab.engine, b[i].handle),
              "close");
    for (; reports < 2 * MANY; reports++) {
        struct media_event ev = wait_for(&lab, MEDIA_REPORT);
        CHECK(ev.tag < MANY ? ev.counts.sent == 50
                            : ev.counts.received == 50 && ev.counts.lost == 0,
              "stream %llu: sent %llu, received %llu", (unsigned long long)ev.tag,
              (unsigned long long)ev.counts.sent, (unsigned long long)ev.counts.received);
    }
    media_totals(lab.engine, &streams, &sent, &received);
    CHECK(streams == 0, "%llu streams left", (unsigned long long)streams);
    sound_free(sound);
    lab_free(&lab);
}

static unsigned open_descriptors(void)
{
    unsigned n = 0;
    DIR *d = opendir("/proc/self/fd");

    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

/* Streams in every state; the engine ends; each reports, and no descriptor stays. */
static void the_engine_ends_what_its_users_forgot(void **state)
{
    unsigned before = open_descriptors();
    struct lab lab = lab_new(3);
    struct sound *sound = sweep(160 * 1000);
    struct media_event ev;
    unsigned reports = 0;

    (void)state;
    for (unsigned i = 0; i < 30; i++) {
        struct end a = open_end(&lab, i, 1000), b = open_end(&lab, i, 1000);
        struct media_play p = {
            .format = format_of(i % 3, 1), .to = b.local, .sound = sound, .after = MEDIA_LOOP};
        if (i % 2)
            listen_with(&lab, &b, &p.format);
        if (i % 5)
            send_with(&lab, &a, &p);
        if (i % 7 == 0)
            CHECK(media_close(lab.engine, a.handle), "close");
    }
    sleep_ms(50);
    media_engine_free(lab.engine);
    while (queue_take(lab.events, &ev)) {
        reports += ev.kind == MEDIA_REPORT;
        free(ev.recording);
    }
    CHECK(reports == 60, "%u reports", reports);
    lab.engine = NULL;
    lab_free(&lab);
    sound_free(sound);
    CHECK(open_descriptors() == before, "%u descriptors, %u before", open_descriptors(), before);
}

static void a_dead_handle_is_ignored(void **state)
{
    struct lab lab = lab_new(1);
    struct end a = open_end(&lab, 1, 0), far = open_end(&lab, 9, 0);
    struct media_format f = format_of(0, 0);
    struct media_play p = {.format = f, .to = far.local};
    struct media_handle none = {0}, wild = {.slot = 4000000000u, .generation = 1};

    (void)state;
    close_and_report(&lab, &a, 1);
    struct end b = open_end(&lab, 2, 0); /* in the same place */
    CHECK(b.handle.slot == a.handle.slot && b.handle.generation != a.handle.generation,
          "a new generation");
    send_with(&lab, &a, &p);
    listen_with(&lab, &a, &f);
    CHECK(media_close(lab.engine, a.handle) && media_close(lab.engine, none) &&
              media_close(lab.engine, wild),
          "close");
    CHECK(media_stop_sending(lab.engine, wild) && media_stop_listening(lab.engine, none), "stop");
    sleep_ms(50);
    struct media_event ev = close_and_report(&lab, &b, 2);
    CHECK(ev.counts.sent == 0, "the new stream was touched");
    lab_free(&lab);
}

static void a_stream_that_is_asked_tells_its_counts_and_goes_on(void **state)
{
    struct lab lab = lab_new(1);
    struct end a = open_end(&lab, 1, 0), b = open_end(&lab, 2, 0);
    struct media_play p = {.format = format_of(1, 1), .to = b.local};
    struct media_event ev = {0};

    (void)state;
    send_with(&lab, &a, &p);
    for (int tries = 0; tries < 200 && ev.counts.sent < 5; tries++) {
        CHECK(media_ask(lab.engine, a.handle), "asked");
        ev = wait_for(&lab, MEDIA_COUNTS);
        sleep_ms(20);
    }
    CHECK(ev.tag == 1 && ev.counts.sent >= 5, "sent %llu", (unsigned long long)ev.counts.sent);
    CHECK(media_close(lab.engine, a.handle) && media_ask(lab.engine, a.handle), "a dead handle");
    ev = wait_for(&lab, MEDIA_REPORT);
    CHECK(ev.counts.sent >= 5, "the report comes all the same");
    lab_free(&lab);
}

static void orders_that_cannot_be_served_are_refused_with_words(void **state)
{
    struct lab lab = lab_new(1);
    struct end a = open_end(&lab, 1, 0);
    struct media_play good = {.format = format_of(1, 1), .to = loopback(4000)};
    struct err e = {0};

    (void)state;
    struct media_play p = good;
    p.format.key.key_len = 17;
    CHECK(!media_send(lab.engine, a.handle, &p, &e) && e.kind == ERR_CRYPTO, "%s", e.text);
    CHECK(!media_listen(lab.engine, a.handle, &p.format, NULL, &e) && e.kind == ERR_CRYPTO, "%s",
          e.text);
    p = good;
    p.format.packet_ms = 100;
    CHECK(!media_send(lab.engine, a.handle, &p, &e) && e.kind == ERR_LIMIT, "%s", e.text);
    p = good;
    p.to = (struct net_addr){.family = 4, .port = 4000};
    CHECK(!media_send(lab.engine, a.handle, &p, &e) && strstr(e.text, "0.0.0.0"), "%s", e.text);
    p.to = (struct net_addr){.family = 6, .ip = {[15] = 1}, .port = 4000};
    CHECK(!media_send(lab.engine, a.handle, &p, &e) && strstr(e.text, "::1"), "%s", e.text);
    p = good;
    p.to.port = 0;
    CHECK(!media_send(lab.engine, a.handle, &p, &e), "port 0");
    p = good;
    p.digits = "12a";
    CHECK(!media_send(lab.engine, a.handle, &p, &e) && strstr(e.text, "digit 3"), "%s", e.text);
    p.digits = "1";
    p.format.dtmf_payload = 0;
    CHECK(!media_send(lab.engine, a.handle, &p, &e) && strstr(e.text, "payload type"), "%s",
          e.text);
    CHECK(media_send(lab.engine, a.handle, &good, &e), "%s", e.text);
    lab_free(&lab);
}

static void the_key_log_names_each_stream_and_key_once(void **state)
{
    char path[] = "/tmp/media_keylog_XXXXXX", text[4096] = "", want[256];
    struct err e = {0};
    int fd = mkstemp(path);
    struct keylog *log = keylog_open(path, &e);
    struct media_settings s = {.keylog = log, .port_lo = 20000, .port_hi = 65000};
    struct lab lab = {.events = queue_new(sizeof(struct media_event), 16, 1024, NULL, NULL, &e)};
    struct sound *sound = sweep(160 * 10);

    (void)state;
    CHECK(log, "%s", e.text);
    lab.engine = media_engine_new(&s, &e);
    struct end a = open_end(&lab, 1, 0), b = open_end(&lab, 2, 0);
    struct media_play p = {.format = format_of(5, 1), .to = b.local, .sound = sound};
    listen_with(&lab, &b, &p.format);
    send_with(&lab, &a, &p);
    send_with(&lab, &a, &p); /* the same key again: no second line */
    wait_for(&lab, MEDIA_PLAYED);
    struct media_event sent = close_and_report(&lab, &a, 1);
    close_and_report(&lab, &b, 2);
    lab_free(&lab);
    keylog_close(log);
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    CHECK(n > 0, "the log is empty");
    snprintf(want, sizeof want,
             "SRTP_KEY %08x AEAD_AES_128_GCM 0102030405060708090a0b0c0d0e0f10"
             "030405060708090a0b0c0d0e 127.0.0.1:%u 127.0.0.1:%u sent\n",
             sent.counts.ssrc_sent, a.local.port, b.local.port);
    size_t len = strlen(want);
    CHECK(strncmp(text, want, len) == 0, "%s", text);
    snprintf(want, sizeof want,
             "SRTP_KEY %08x AEAD_AES_128_GCM 0102030405060708090a0b0c0d0e0f10"
             "030405060708090a0b0c0d0e 127.0.0.1:%u 127.0.0.1:%u received\n",
             sent.counts.ssrc_sent, b.local.port, a.local.port);
    CHECK(strcmp(text + len, want) == 0, "%s", text + len);
    close(fd);
    unlink(path);
    sound_free(sound);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_arrives_sample_for_sample_in_every_suite),
        cmocka_unit_test(new_keys_in_mid_call_lose_nothing_of_the_sound),
        cmocka_unit_test(the_wrong_key_or_none_at_all_is_never_heard),
        cmocka_unit_test(digits_come_once_each_and_in_order),
        cmocka_unit_test(many_streams_at_once_lose_nothing),
        cmocka_unit_test(the_engine_ends_what_its_users_forgot),
        cmocka_unit_test(a_dead_handle_is_ignored),
        cmocka_unit_test(a_stream_that_is_asked_tells_its_counts_and_goes_on),
        cmocka_unit_test(orders_that_cannot_be_served_are_refused_with_words),
        cmocka_unit_test(the_key_log_names_each_stream_and_key_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
