/* Memory ends while a media thread makes room: that stream is lost with a report, the next one is
 * served. */
#include "base/queue.h"
#include "media/engine.h"

#include "check.h"
#include "failing_memory.h"

#include <time.h>

#define TRIES 8 /* more than one stream's opening asks for */

static void a_moment(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void hear_report(struct queue *events)
{
    struct media_event ev = {0};

    do {
        while (!queue_take(events, &ev))
            a_moment();
    } while (ev.kind != MEDIA_REPORT);
}

static bool open_stream(struct media_engine *m, struct queue *events, struct media_handle *out,
                        struct net_addr *local)
{
    struct media_open o = {.bind = {.family = 4, .ip = {127, 0, 0, 1}}, .events = events};
    struct err e = {0};

    return media_open(m, &o, out, local, &e);
}

static void speak(struct media_engine *m, struct media_handle h, const struct net_addr *to)
{
    struct media_play play = {
        .format = {.law = G711_ULAW, .packet_ms = 20}, .to = *to, .after = MEDIA_SILENCE};
    uint64_t streams, sent = 0, received;
    struct err e = {0};

    CHECK(media_send(m, h, &play, &e), "%s", e.text);
    while (sent == 0) {
        a_moment();
        media_totals(m, &streams, &sent, &received);
    }
}

static void a_stream_after_one_that_found_no_memory_is_served(void **state)
{
    const struct media_settings ms = {.port_lo = 42000, .port_hi = 42999};
    struct err e = {0};

    (void)state;
    for (unsigned n = 0; n < TRIES; n++) {
        struct media_handle h;
        struct net_addr local;
        struct queue *events = queue_new(sizeof(struct media_event), 16, 64, NULL, NULL, &e);
        struct media_engine *m = media_engine_new(&ms, &e);
        CHECK(events && m, "%s", e.text);

        memory_fail_at(n, MEMORY_FAILS_ONCE);
        if (open_stream(m, events, &h, &local)) {
            (void)!media_close(m, h);
            hear_report(events);
        }
        memory_is_back();
        CHECK(open_stream(m, events, &h, &local), "after failure %u", n);
        speak(m, h, &local);
        assert_true(media_close(m, h));
        hear_report(events);
        media_engine_free(m);
        queue_free(events);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_after_one_that_found_no_memory_is_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
