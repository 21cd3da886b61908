/* A media engine with its events, and ends that talk to each other over loopback. */
#ifndef TEST_MEDIA_LAB_H
#define TEST_MEDIA_LAB_H

#include "base/clock.h"
#include "base/sock.h"
#include "check.h"
#include "media/engine.h"

#define PATIENCE_NS (60 * NS_PER_S) /* a test fails after it; nothing waits so long */

struct lab {
    struct media_engine *engine;
    struct queue *events;
};

static inline struct net_addr loopback(uint16_t port)
{
    return (struct net_addr){.family = 4, .ip = {127, 0, 0, 1}, .port = port};
}

static inline struct lab lab_new(unsigned threads)
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

static inline void lab_free(struct lab *lab)
{
    struct media_event ev;

    media_engine_free(lab->engine);
    while (queue_take(lab->events, &ev))
        free(ev.recording);
    queue_free(lab->events);
}

/* The next event of `kind`; others before it are dropped. */
static inline struct media_event wait_for(struct lab *lab, enum media_event_kind kind)
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

static inline struct media_key key_of(uint32_t algorithm, uint8_t seed)
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

static inline struct end open_end(struct lab *lab, uint64_t tag, unsigned record_ms)
{
    struct media_open o = {
        .bind = loopback(0), .events = lab->events, .tag = tag, .record_ms = record_ms};
    struct end end;
    struct err e = {0};

    CHECK(media_open(lab->engine, &o, &end.handle, &end.local, &e), "%s", e.text);
    return end;
}

static inline void listen_with(struct lab *lab, const struct end *end, const struct media_format *f)
{
    struct err e = {0};

    CHECK(media_listen(lab->engine, end->handle, f, NULL, &e), "%s", e.text);
}

static inline void send_with(struct lab *lab, const struct end *from, const struct media_play *p)
{
    struct err e = {0};

    CHECK(media_send(lab->engine, from->handle, p, &e), "%s", e.text);
}

/* A sound whose every millisecond differs from the others. */
static inline struct sound *sweep(size_t samples)
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

static inline void check_recording(const char *what, const struct media_event *ev,
                                   const struct sound *sound, enum g711_law law)
{
    size_t n = sound_samples(sound);
    const uint8_t *want = sound_g711(sound, law);

    CHECK(ev->recorded >= n, "%s: %zu of %zu samples", what, ev->recorded, n);
    for (size_t i = 0; i < n; i++)
        CHECK(ev->recording[i] == g711_decode(law, want[i]), "%s: sample %zu is %d, not %d", what,
              i, ev->recording[i], g711_decode(law, want[i]));
}

static inline struct media_event close_and_report(struct lab *lab, const struct end *end,
                                                  uint64_t tag)
{
    CHECK(media_close(lab->engine, end->handle), "close");
    struct media_event ev = wait_for(lab, MEDIA_REPORT);
    CHECK(ev.tag == tag, "the report of %llu came for %llu", (unsigned long long)tag,
          (unsigned long long)ev.tag);
    return ev;
}

static inline struct media_format format_of(uint32_t algorithm, uint8_t seed)
{
    return (struct media_format){
        .law = G711_ULAW, .packet_ms = 20, .dtmf_payload = 101, .key = key_of(algorithm, seed)};
}

static inline void sleep_ms(int64_t ms)
{
    int64_t end = clock_now_ns() + ms * NS_PER_MS;

    while (clock_now_ns() < end)
        clock_sleep_until_ns(end);
}

/* Waits until the engine has received n packets in all. */
static inline void wait_received(struct lab *lab, uint64_t n)
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

#endif
