/* Streams that talk to each other over loopback. */
#include "base/clock.h"
#include "base/sock.h"
#include "check.h"
#include "media/engine.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATIENCE_NS (60 * NS_PER_S) /* a test fails after it; nothing waits so long */

struct lab {
    struct media_engine *engine;
    struct queue *events;
    struct keylog *keylog;
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
    struct media_key k = {.algorithm = algorithm, .key_len = 16, .salt_len = algorithm == 5 ? 12 : 14};

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
    struct media_open o = {.bind = loopback(0), .events = lab->events, .tag = tag, .record_ms = record_ms};
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

static void check_recording(const char *what, const struct media_event *ev, const struct sound *sound,
                            enum g711_law law)
{
    size_t n = sound_samples(sound);
    const uint8_t *want = sound_g711(sound, law);

    CHECK(ev->recorded >= n, "%s: %zu of %zu samples", what, ev->recorded, n);
    for (size_t i = 0; i < n; i++)
        CHECK(ev->recording[i] == g711_decode(law, want[i]), "%s: sample %zu is %d, not %d", what, i,
              ev->recording[i], g711_decode(law, want[i]));
}

static struct media_event close_and_report(struct lab *lab, const struct end *end, uint64_t tag)
{
    CHECK(media_close(lab->engine, end->handle), "close");
    struct media_event ev = wait_for(lab, MEDIA_REPORT);
    CHECK(ev.tag == tag, "the report of %llu came for %llu", (unsigned long long)tag,
          (unsigned long long)ev.tag);
    return ev;
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
        struct end a = open_end(&lab, 1, 0), b = open_end(&lab, 2, 2000);
        struct media_play p = {.format = f, .to = b.local, .sound = sound};
        char what[32];

        snprintf(what, sizeof what, "row %zu", i);
        listen_with(&lab, &b, &f);
        send_with(&lab, &a, &p);
        wait_for(&lab, MEDIA_PLAYED);
        struct media_event sent = close_and_report(&lab, &a, 1);
        struct media_event heard = close_and_report(&lab, &b, 2);
        unsigned packets = (3217 + rows[i].packet_ms * 8 - 1) / (rows[i].packet_ms * 8);
        CHECK(sent.counts.sent == packets, "%s: sent %llu", what, (unsigned long long)sent.counts.sent);
        CHECK(heard.counts.received == packets && heard.counts.lost == 0, "%s: received %llu", what,
              (unsigned long long)heard.counts.received);
        CHECK(heard.counts.ssrc_received == sent.counts.ssrc_sent, "%s", what);
        CHECK(heard.counts.auth_failures + heard.counts.replays + heard.counts.malformed == 0, "%s", what);
        check_recording(what, &heard, sound, rows[i].law);
        free(heard.recording);
    }
    sound_free(sound);
    lab_free(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_arrives_sample_for_sample_in_every_suite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
