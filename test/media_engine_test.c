/* Streams that talk to each other over loopback. */
#include "base/clock.h"
#include "base/sock.h"
#include "check.h"
#include "media/engine.h"

#include <dirent.h>
#include <netinet/in.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE_NS (60 * NS_PER_S) /* a test fails after it; nothing waits so long */

struct lab {
    struct media_engine *engine;
    struct queue *events;
};

static struct net_addr loopback(uint16_t port)
{
    return (struct net_addr){.family = 4, .ip = {127, 0, 0, 1}, .port = port};
}

static struct lab lab_new(unsigned threads)
{
    struct lab lab = {0};
    struct err e = {0};
    struct media_settings s = {.threads = threads, .port_lo = 20000, .port_hi = 65000};

    lab.events = queue_new(sizeof(struct media_event), 16, 1 << 20, NULL, NULL, &e);
    CHECK(lab.events, "%s", e.text);
    lab.engine = media_engine_new(&s, &e);
    CHECK(lab.engine, "%s", e.text);
    return lab;
}

static void lab_free(struct lab *lab)
{
    struct media_event ev;

    media_engine_free(lab->engine);
    while (queue_take(lab->events, &ev))
        free(ev.recording);
    queue_free(lab->events);
}

/* The next event of `kind`; others before it are dropped. */
static struct media_event wait_for(struct lab *lab, enum media_event_kind kind)
{
    struct media_event ev = {0};
    int64_t end = clock_now_ns() + PATIENCE_NS;

    while (clock_now_ns() < end) {
        while (queue_take(lab->events, &ev)) {
            if (ev.kind == kind)
                return ev;
            free(ev.recording);
        }
        clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
    }
    CHECK(false, "event %d did not come", (int)kind);
    return ev;
}

static struct media_key key_of(uint32_t algorithm, uint8_t seed)
{
    struct media_key k = {
        .algorithm = algorithm, .key_len = 16, .salt_len = algorithm == 5 ? 12 : 14};

    for (size_t i = 0; i < sizeof k.key; i++)
        k.key[i] = (uint8_t)(seed + i);
    for (size_t i = 0; i < k.salt_len; i++)
        k.salt[i] = (uint8_t)(seed * 3 + i);
    return k;
}

struct end {
    struct media_handle handle;
    struct net_addr local;
};

static struct end open_end(struct lab *lab, uint64_t tag, unsigned record_ms)
{
    struct media_open o = {
        .bind = loopback(0), .events = lab->events, .tag = tag, .record_ms = record_ms};
    struct end end;
    struct err e = {0};

    CHECK(media_open(lab->engine, &o, &end.handle, &end.local, &e), "%s", e.text);
    return end;
}

static void listen_with(struct lab *lab, const struct end *end, const struct media_format *f)
{
    struct err e = {0};

    CHECK(media_listen(lab->engine, end->handle, f, NULL, &e), "%s", e.text);
}

static void send_with(struct lab *lab, const struct end *from, const struct media_play *p)
{
    struct err e = {0};

    CHECK(media_send(lab->engine, from->handle, p, &e), "%s", e.text);
}

/* A sound whose every millisecond differs from the others. */
static struct sound *sweep(size_t samples)
{
    int16_t *pcm = malloc(samples * sizeof *pcm);
    struct err e = {0};

    for (size_t i = 0; i < samples; i++)
        pcm[i] = (int16_t)((i * 7919 + i / 160 * 101) % 20000 - 10000 + 97);
    struct sound *s = sound_from_pcm(pcm, samples, &e);
    CHECK(s, "%s", e.text);
    free(pcm);
    return s;
}

static void check_recording(const char *what, const struct media_event *ev,
                            const struct sound *sound, enum g711_law law)
{
    size_t n = sound_samples(sound);
    const uint8_t *want = sound_g711(sound, law);

    CHECK(ev->recorded >= n, "%s: %zu of %zu samples", what, ev->recorded, n);
    for (size_t i = 0; i < n; i++)
        CHECK(ev->recording[i] == g711_decode(law, want[i]), "%s: sample %zu is %d, not %d", what,
              i, ev->recording[i], g711_decode(law, want[i]));
}

static struct media_event close_and_report(struct lab *lab, const struct end *end, uint64_t tag)
{
    CHECK(media_close(lab->engine, end->handle), "close");
    struct media_event ev = wait_for(lab, MEDIA_REPORT);
    CHECK(ev.tag == tag, "the report of %llu came for %llu", (unsigned long long)tag,
          (unsigned long long)ev.tag);
    return ev;
}

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

static struct media_format format_of(uint32_t algorithm, uint8_t seed)
{
    return (struct media_format){
        .law = G711_ULAW, .packet_ms = 20, .dtmf_payload = 101, .key = key_of(algorithm, seed)};
}

static void sleep_ms(int64_t ms)
{
    int64_t end = clock_now_ns() + ms * NS_PER_MS;

    while (clock_now_ns() < end)
        clock_sleep_until_ns(end);
}

/* Waits until the engine has received n packets in all. */
static void wait_received(struct lab *lab, uint64_t n)
{
    uint64_t streams, sent, received = 0;
    int64_t end = clock_now_ns() + PATIENCE_NS;

    while (clock_now_ns() < end && received < n) {
        media_totals(lab->engine, &streams, &sent, &received);
        sleep_ms(1);
    }
    CHECK(received >= n, "%llu of %llu packets came", (unsigned long long)received,
          (unsigned long long)n);
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

static void ports_are_even_and_their_end_is_an_error(void **state)
{
    struct media_settings s = {.port_lo = 40001, .port_hi = 40012};
    struct err e = {0};
    struct media_engine *m = media_engine_new(&s, &e);
    struct queue *q = queue_new(sizeof(struct media_event), 16, 64, NULL, NULL, &e);
    struct media_open o = {.bind = loopback(0), .events = q};
    struct media_handle h[8];
    struct net_addr local;
    unsigned n = 0;

    (void)state;
    CHECK(m && q, "%s", e.text);
    while (n < 8 && media_open(m, &o, &h[n], &local, &e)) {
        CHECK(local.port % 2 == 0 && local.port >= 40002 && local.port <= 40012, "port %u",
              local.port);
        n++;
    }
    CHECK(n <= 6 && e.kind == ERR_LIMIT && strstr(e.text, "40001-40012"), "%u ports, then: %s", n,
          e.text);
    media_engine_free(m);
    queue_free(q);
}

static void a_port_that_another_program_holds_is_passed_over(void **state)
{
    struct err e = {0};
    struct sockaddr_storage sa;
    struct net_addr any = loopback(0);
    socklen_t len = sock_from_addr(&any, &sa);
    int taken = socket(AF_INET, SOCK_DGRAM, 0);
    uint16_t port = 0;

    (void)state;
    for (int tries = 0; tries < 200 && (port == 0 || port % 2 || port > 65000);
         tries++) { /* an even one */
        close(taken);
        taken = socket(AF_INET, SOCK_DGRAM, 0);
        CHECK(bind(taken, (struct sockaddr *)&sa, len) == 0, "bind");
        struct sockaddr_storage got;
        socklen_t got_len = sizeof got;
        getsockname(taken, (struct sockaddr *)&got, &got_len);
        port = sock_to_addr((struct sockaddr *)&got).port;
    }
    struct media_settings s = {.port_lo = port, .port_hi = (uint16_t)(port + 400)};
    struct media_engine *m = media_engine_new(&s, &e);
    struct media_open o = {.bind = loopback(0)};
    struct media_handle h;
    struct net_addr local;
    unsigned n = 0;
    CHECK(m, "%s", e.text);
    while (n < 1000 && media_open(m, &o, &h, &local, &e)) {
        CHECK(local.port != port, "port %u twice", port);
        n++;
    }
    CHECK(n > 0 && n < 201 && e.kind == ERR_LIMIT, "%u ports, then: %s", n, e.text);
    o.bind.port = port; /* asked for by number, it is an error */
    CHECK(!media_open(m, &o, &h, &local, &e) && strstr(e.text, "127.0.0.1"), "%s", e.text);
    media_engine_free(m);
    close(taken);
}

static void a_far_end_that_is_not_there_is_told_once(void **state)
{
    struct lab lab = lab_new(1);
    struct end a = open_end(&lab, 1, 0);
    struct media_play p = {.format = format_of(1, 1), .to = loopback(1)}; /* tcpmux: nobody's */
    struct media_event ev;

    (void)state;
    send_with(&lab, &a, &p);
    ev = wait_for(&lab, MEDIA_UNREACHABLE);
    CHECK(ev.tag == 1, "tag %llu", (unsigned long long)ev.tag);
    sleep_ms(100);
    CHECK(!queue_take(lab.events, &ev), "told again: %d", (int)ev.kind);
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

static void a_stray_source_is_counted_and_still_heard(void **state)
{
    struct lab lab = lab_new(1);
    struct end a = open_end(&lab, 1, 0), b = open_end(&lab, 2, 0);
    struct sound *sound = sweep(160 * 5);
    struct media_play p = {.format = format_of(1, 1), .to = b.local, .sound = sound};
    struct net_addr other = loopback(9);
    struct err e = {0};

    (void)state;
    CHECK(media_listen(lab.engine, b.handle, &p.format, &other, &e), "%s", e.text);
    send_with(&lab, &a, &p);
    wait_for(&lab, MEDIA_PLAYED);
    close_and_report(&lab, &a, 1);
    struct media_event ev = close_and_report(&lab, &b, 2);
    CHECK(ev.counts.received == 5 && ev.counts.wrong_source == 5, "%llu",
          (unsigned long long)ev.counts.wrong_source);
    sound_free(sound);
    lab_free(&lab);
}

static void voice_goes_over_ipv6_too(void **state)
{
    struct lab lab = lab_new(1);
    struct media_open o = {
        .bind = {.family = 6, .ip = {[15] = 1}}, .events = lab.events, .record_ms = 1000};
    struct sound *sound = sweep(160 * 5);
    struct end a = {0}, b = {0};
    struct err e = {0};

    (void)state;
    if (!media_open(lab.engine, &o, &a.handle, &a.local, &e)) {
        fprintf(stderr, "no IPv6 here: %s\n", e.text);
        lab_free(&lab);
        sound_free(sound);
        skip();
        return;
    }
    CHECK(media_open(lab.engine, &o, &b.handle, &b.local, &e), "%s", e.text);
    struct media_play p = {.format = format_of(1, 1), .to = b.local, .sound = sound};
    listen_with(&lab, &b, &p.format);
    send_with(&lab, &a, &p);
    wait_for(&lab, MEDIA_PLAYED);
    close_and_report(&lab, &a, 0);
    struct media_event ev = close_and_report(&lab, &b, 0);
    CHECK(ev.counts.received == 5 && ev.recorded >= 5 * 160, "received %llu",
          (unsigned long long)ev.counts.received);
    free(ev.recording);
    sound_free(sound);
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

static void packets_carry_their_dscp(void **state)
{
    struct lab lab = lab_new(1);
    struct end a = open_end(&lab, 1, 0);
    struct sockaddr_storage sa;
    struct net_addr any = loopback(0);
    socklen_t len = sock_from_addr(&any, &sa);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
    struct timeval patience = {.tv_sec = 60};
    static const uint8_t asked[] = {0, 0x68}, want[] = {0xb8, 0x68};

    (void)state;
    CHECK(bind(fd, (struct sockaddr *)&sa, len) == 0, "bind");
    len = sizeof sa;
    getsockname(fd, (struct sockaddr *)&sa, &len);
    setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    for (size_t i = 0; i < 2; i++) {
        struct media_play p = {
            .format = format_of(0, 0), .to = sock_to_addr((struct sockaddr *)&sa), .tos = asked[i]};
        uint8_t bytes[256], control[64], tos = 0;
        send_with(&lab, &a, &p);
        for (int packets = 0; packets < 50 && tos != want[i];
             packets++) { /* the old one may still come */
            struct iovec iov = {.iov_base = bytes, .iov_len = sizeof bytes};
            struct msghdr m = {.msg_iov = &iov,
                               .msg_iovlen = 1,
                               .msg_control = control,
                               .msg_controllen = sizeof control};
            CHECK(recvmsg(fd, &m, 0) == 172, "a packet");
            tos = *CMSG_DATA(CMSG_FIRSTHDR(&m));
        }
        CHECK(tos == want[i], "TOS %02x, not %02x", tos, want[i]);
    }
    close(fd);
    lab_free(&lab);
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
        cmocka_unit_test(ports_are_even_and_their_end_is_an_error),
        cmocka_unit_test(a_port_that_another_program_holds_is_passed_over),
        cmocka_unit_test(a_far_end_that_is_not_there_is_told_once),
        cmocka_unit_test(a_stream_that_is_asked_tells_its_counts_and_goes_on),
        cmocka_unit_test(orders_that_cannot_be_served_are_refused_with_words),
        cmocka_unit_test(a_stray_source_is_counted_and_still_heard),
        cmocka_unit_test(voice_goes_over_ipv6_too),
        cmocka_unit_test(the_key_log_names_each_stream_and_key_once),
        cmocka_unit_test(packets_carry_their_dscp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
