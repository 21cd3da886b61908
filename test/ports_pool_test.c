/* A pool of fifty ports on plain TCP against a small scripted call manager on loopback: real
 * sockets, threads and frames. Nothing here depends on how fast the machine is. */
#include "check.h"
#include "pool_server.h"
#include "ports/pool.h"

#include <poll.h>
#include <unistd.h>

#define PORTS 50 /* each may have two connections at a time: SERVER_DEVICES_MAX */

/* ---- a pool in a loop --------------------------------------------------------------------- */

struct run {
    uv_loop_t loop;
    uv_timer_t limit;
    struct pool *pool;
    struct pool_totals totals;
    unsigned calls, lamps, unconfirmed, rows;
    enum mwi_result lamp;
    bool stopped, too_late;
};

static void on_changed(void *arg, const struct pool_totals *t)
{
    ((struct run *)arg)->totals = *t;
}

static void on_call(void *arg, const char *port, const char *caller, const char *called,
                    const struct media_counts *counts, bool encrypted)
{
    struct run *r = arg;

    (void)caller;
    (void)called;
    (void)counts;
    assert_true(strncmp(port, "CiscoUM1-VI", 11) == 0);
    assert_false(encrypted);
    r->calls++;
}

static void on_stopped(void *arg)
{
    ((struct run *)arg)->stopped = true;
}

static void on_limit(uv_timer_t *t)
{
    ((struct run *)t->data)->too_late = true;
}

static struct group_settings group;
static size_t reports_most; /* 0: as in life */

static void run_start(struct run *r, const struct server *s, unsigned threads)
{
    struct pool_settings ps = {.groups = &group,
                               .group_count = 1,
                               .state_dir = "/nonexistent",
                               .threads = threads,
                               .reports_most = reports_most,
                               .max_handshakes = 7};
    const struct pool_events ev = {
        .changed = on_changed, .call_ended = on_call, .stopped = on_stopped, .arg = r};
    struct err e = {0};

    memset(r, 0, sizeof *r);
    group_settings_default(&group);
    group.count = PORTS;
    group.mode = MODE_NON_SECURE;
    strcpy(group.servers[0].host, "127.0.0.1");
    group.servers[0].port = s->port;
    group.server_count = 1;
    assert_int_equal(uv_loop_init(&r->loop), 0);
    uv_timer_init(&r->loop, &r->limit);
    r->limit.data = r;
    uv_timer_start(&r->limit, on_limit, 60000, 0);
    r->pool = pool_new(&r->loop, &ps, &ev, &e);
    CHECK(r->pool, "%s", e.text);
}

#define RUN_UNTIL(r, cond)                                                                         \
    do {                                                                                           \
        while (!(cond) && !(r)->too_late)                                                          \
            uv_run(&(r)->loop, UV_RUN_ONCE);                                                       \
        CHECK(cond, "not within a minute: %zu registered", (r)->totals.registered);                \
    } while (0)

static void run_end(struct run *r, unsigned drain_s)
{
    pool_stop(r->pool, drain_s);
    RUN_UNTIL(r, r->stopped);
    pool_free(r->pool);
    uv_close((uv_handle_t *)&r->limit, NULL);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
}

static void on_lamp(void *arg, const char *extension, bool on, enum mwi_result result,
                    double seconds)
{
    struct run *r = arg;

    (void)extension;
    assert_true(on && seconds >= 0);
    r->lamps++;
    r->unconfirmed += result != MWI_CONFIRMED;
    r->lamp = result;
}

static bool all_given_out(const struct run *r)
{
    struct pool_totals now;

    pool_totals(r->pool, &now);
    return now.mwi.queued == 0;
}

/* Without a turn of the loop. */
static void wait_until(const atomic_uint *count, unsigned n)
{
    for (int i = 0; i < 6000 && atomic_load(count) < n; i++)
        usleep(10000);
    CHECK(atomic_load(count) == n, "%u of %u", atomic_load(count), n);
}

static void on_rows(void *arg, const struct port_status *rows, size_t n)
{
    struct run *r = arg;
    char name[DEVICE_NAME_MAX + 1];

    for (size_t i = 0; i < n; i++) {
        assert_true(device_name("CiscoUM1-VI", (unsigned)i + 1, name));
        assert_string_equal(rows[i].name, name);
        r->rows += rows[i].registered;
    }
}

static void fifty_ports_register_light_lamps_and_leave(void **state)
{
    static const unsigned threads[] = {1, 3, PORTS};
    static struct server s;
    static struct run r;
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        server_start(&s);
        run_start(&r, &s, threads[i]);
        RUN_UNTIL(&r, r.totals.registered == PORTS);
        CHECK(atomic_load(&s.registered) == PORTS, "%u in service", atomic_load(&s.registered));
        for (unsigned n = 0; n < 2 * PORTS; n++) {
            char extension[8];
            snprintf(extension, sizeof extension, "%u", 1000 + n);
            CHECK(pool_mwi(r.pool, NULL, extension, true, on_lamp, &r, &e), "%s", e.text);
        }
        RUN_UNTIL(&r, r.lamps == 2 * PORTS);
        CHECK(r.lamp == MWI_CONFIRMED && atomic_load(&s.lamps) == 2 * PORTS, "%s, %u lamps",
              mwi_result_words(r.lamp), atomic_load(&s.lamps));
        CHECK(pool_status(r.pool, on_rows, &r, &e), "%s", e.text);
        CHECK(pool_status(r.pool, on_rows, &r, &e), "%s", e.text);
        RUN_UNTIL(&r, r.rows == 2 * PORTS);
        run_end(&r, 5);
        CHECK(atomic_load(&s.unregistered) == PORTS, "%u unregistered",
              atomic_load(&s.unregistered));
        server_stop(&s);
    }
}

static void every_port_answers_its_call(void **state)
{
    static struct server s;
    static struct run r;

    (void)state;
    server_start(&s);
    atomic_store(&s.ring, true);
    run_start(&r, &s, 2);
    RUN_UNTIL(&r, r.calls == PORTS);
    CHECK(atomic_load(&s.answered) == PORTS && atomic_load(&s.rtp_acks) == PORTS, "answered");
    run_end(&r, 0);
    server_stop(&s);
}

/* A terminal that was stopped (Ctrl-S) holds the thread of the pool; the workers go on, and what
 * they have to say soon finds no room. */
static void a_pool_that_stood_still_loses_no_lamp_and_no_port(void **state)
{
    static struct server s;
    static struct run r;
    char extension[8];
    struct err e = {0};

    (void)state;
    reports_most = 3;
    server_start(&s);
    run_start(&r, &s, 2);
    RUN_UNTIL(&r, r.totals.registered == PORTS);
    for (unsigned round = 1; round <= 3; round++) {
        for (unsigned n = 0; n < PORTS; n++) {
            snprintf(extension, sizeof extension, "%u", 1000 + n);
            CHECK(pool_mwi(r.pool, NULL, extension, true, on_lamp, &r, &e), "%s", e.text);
        }
        RUN_UNTIL(&r, all_given_out(&r));
        wait_until(&s.lamps, round * PORTS); /* and nobody takes a report */
        RUN_UNTIL(&r, r.lamps == round * PORTS);
        CHECK(r.lamp == MWI_CONFIRMED && r.unconfirmed == 0, "round %u: %s", round,
              mwi_result_words(r.lamp));
    }
    atomic_store(&s.drop, true);
    wait_until(&s.registered, 2 * PORTS);
    RUN_UNTIL(&r, r.totals.registered == PORTS && r.totals.registrations == 2 * PORTS);
    run_end(&r, 5);
    server_stop(&s);
    reports_most = 0;
}

static void a_reset_brings_all_ports_back(void **state)
{
    static struct server s;
    static struct run r;
    const char *names[] = {"CiscoUM1-VI3", "CiscoUM1-VI51", "CiscoUM1-VI03", "Other1"};
    struct err e = {0};

    (void)state;
    server_start(&s);
    run_start(&r, &s, 2);
    RUN_UNTIL(&r, r.totals.registered == PORTS);
    CHECK(pool_reset(r.pool, names, 4, &e) == 1, "one of four is a port");
    CHECK(strstr(e.text, "CiscoUM1-VI51"), "the first unknown one is named: %s", e.text);
    RUN_UNTIL(&r, atomic_load(&s.registered) == PORTS + 1);
    CHECK(pool_reset(r.pool, NULL, 0, &e) == PORTS, "all");
    RUN_UNTIL(&r, atomic_load(&s.registered) == 2 * PORTS + 1 && r.totals.registered == PORTS);
    run_end(&r, 5);
    server_stop(&s);
}

static void garbage_ends_one_connection_and_no_other(void **state)
{
    static struct server s;
    static struct run r;

    (void)state;
    server_start(&s);
    atomic_store(&s.garbage, true);
    run_start(&r, &s, 2);
    RUN_UNTIL(&r, atomic_load(&s.registered) == PORTS + 1 && r.totals.registered == PORTS);
    CHECK(atomic_load(&s.garbled) == 1 && r.totals.errors >= 1, "one error");
    CHECK(r.totals.registrations == PORTS + 1, "%lu registrations",
          (unsigned long)r.totals.registrations);
    run_end(&r, 5);
    server_stop(&s);
}

static void nobody_there_and_stopped_at_once(void **state)
{
    static struct server s;
    static struct run r;
    struct err e = {0};

    (void)state;
    server_start(&s);
    server_stop(&s); /* its port refuses from now on */
    run_start(&r, &s, 2);
    RUN_UNTIL(&r, r.totals.errors >= PORTS || r.too_late);
    CHECK(pool_mwi(r.pool, NULL, "1001", true, on_lamp, &r, &e), "%s", e.text);
    CHECK(pool_mwi(r.pool, "phonesystem-1", "1002", true, on_lamp, &r, &e), "%s", e.text);
    CHECK(!pool_mwi(r.pool, "Nobody", "1001", true, on_lamp, &r, &e) && strstr(e.text, "Nobody"),
          "no such group: %s", e.text);
    CHECK(!pool_mwi(r.pool, NULL, "", true, on_lamp, &r, &e), "no extension");
    CHECK(!pool_mwi(r.pool, NULL, "10a", true, on_lamp, &r, &e), "a letter");
    CHECK(!pool_mwi(r.pool, NULL, "1234567890123456789012345", true, on_lamp, &r, &e), "25 digits");
    pool_stop(r.pool, 60);
    run_end(&r, 60); /* the second stop: at once */
    CHECK(r.lamps == 2 && r.lamp == MWI_STOPPED, "the lamps were told");
}

/* ---- other settings while it runs --------------------------------------------------------- */

static atomic_uint released;

static void on_release(void *owner)
{
    (void)owner;
    atomic_fetch_add(&released, 1);
}

static bool apply(struct run *r, const struct group_settings *groups, size_t count, struct err *e)
{
    const struct pool_settings ps = {.groups = groups, .group_count = count};

    return pool_apply(r->pool, &ps, on_release, NULL, e);
}

/* Registered now; ever; unregistered ever. */
#define SETTLED(r, s, now, ever, gone)                                                             \
    RUN_UNTIL(r, (r)->totals.registered == (now) && (r)->totals.ports == (now) &&                  \
                     atomic_load(&(s)->registered) == (ever) &&                                    \
                     atomic_load(&(s)->unregistered) == (gone))

static void new_settings_touch_only_the_ports_that_they_change(void **state)
{
    static struct server s;
    static struct run r;
    struct group_settings groups[2];
    struct err e = {0};

    (void)state;
    atomic_store(&released, 0);
    server_start(&s);
    run_start(&r, &s, 3);
    SETTLED(&r, &s, PORTS, PORTS, 0);

    groups[0] = group;
    strcpy(groups[0].mwi.on_code, "999991");
    groups[0].after = AFTER_LOOP;
    groups[0].count = 40;
    CHECK(apply(&r, groups, 1, &e), "%s", e.text);
    SETTLED(&r, &s, 40, PORTS, 10); /* the last ten have gone, the others have not moved */

    groups[0].count = 45;
    groups[1] = groups[0];
    strcpy(groups[1].name, "Second");
    strcpy(groups[1].prefix, "Other-VI");
    groups[1].count = 3;
    CHECK(apply(&r, groups, 2, &e), "%s", e.text);
    SETTLED(&r, &s, 48, PORTS + 8, 10); /* five came back, three are new */
    CHECK(pool_reset(r.pool, (const char *const[]){"Other-VI3"}, 1, &e) == 1, "it has its name");
    SETTLED(&r, &s, 48, PORTS + 9, 11);

    groups[1].device_type = 12;
    CHECK(apply(&r, groups, 2, &e), "%s", e.text);
    SETTLED(&r, &s, 48, PORTS + 12, 14); /* another line: these three anew, under their names */

    groups[1].count = 0;
    CHECK(!apply(&r, groups, 2, &e) && strstr(e.text, "0 ports"), "refused: %s", e.text);
    CHECK(apply(&r, groups, 1, &e), "%s", e.text);
    SETTLED(&r, &s, 45, PORTS + 12, 17); /* the second group is gone */
    CHECK(pool_mwi(r.pool, NULL, "1001", true, on_lamp, &r, &e), "%s", e.text);
    RUN_UNTIL(&r, r.lamps == 1);
    CHECK(r.lamp == MWI_CONFIRMED, "lamps go on: %s", mwi_result_words(r.lamp));
    run_end(&r, 5);
    CHECK(atomic_load(&released) == 4, "%u of 4 books given back", atomic_load(&released));
    CHECK(atomic_load(&s.unregistered) == PORTS + 12, "%u", atomic_load(&s.unregistered));
    server_stop(&s);
}

/* The group is paced so that its second lamp would have to wait for minutes. */
static void lamps_that_wait_in_a_group_that_goes_are_switched_by_another(void **state)
{
    static struct server s;
    static struct run r;
    struct group_settings groups[2];
    struct err e = {0};

    (void)state;
    server_start(&s);
    run_start(&r, &s, 2);
    groups[0] = groups[1] = group;
    groups[0].count = groups[1].count = 3;
    groups[0].mwi.min_request_interval_ms = 600000;
    strcpy(groups[1].name, "Second");
    strcpy(groups[1].prefix, "Other-VI");
    CHECK(apply(&r, groups, 2, &e), "%s", e.text);
    RUN_UNTIL(&r, r.totals.ports == 6 && r.totals.registered == 6);
    for (unsigned i = 0; i < 5; i++)
        CHECK(pool_mwi(r.pool, NULL, "1001", true, on_lamp, &r, &e), "%s", e.text);
    for (unsigned i = 0; i < 2; i++)
        CHECK(pool_mwi(r.pool, "phonesystem-1", "1002", true, on_lamp, &r, &e), "%s", e.text);
    RUN_UNTIL(&r, r.lamps == 1);
    CHECK(apply(&r, groups + 1, 1, &e), "%s", e.text);
    CHECK(r.lamps == 3 && r.lamp == MWI_GONE, "those that were for this group alone: %s",
          mwi_result_words(r.lamp));
    RUN_UNTIL(&r, r.lamps == 7 && r.totals.ports == 3);
    pool_totals(r.pool, &r.totals);
    CHECK(r.unconfirmed == 2 && r.totals.mwi.confirmed == 5 && r.totals.mwi.failed == 2 &&
              r.totals.mwi.queued == 0,
          "%u unconfirmed, %u confirmed, %u failed", r.unconfirmed,
          (unsigned)r.totals.mwi.confirmed, (unsigned)r.totals.mwi.failed);
    run_end(&r, 5);
    server_stop(&s);
}

static void lamps_that_wait_when_the_number_is_taken_away_are_not_dialled(void **state)
{
    static struct server s;
    static struct run r;
    struct group_settings paced;
    struct err e = {0};

    (void)state;
    server_start(&s);
    run_start(&r, &s, 1);
    paced = group;
    paced.mwi.min_request_interval_ms = 600000;
    CHECK(apply(&r, &paced, 1, &e), "%s", e.text);
    RUN_UNTIL(&r, r.totals.registered == PORTS);
    for (unsigned i = 0; i < 3; i++)
        CHECK(pool_mwi(r.pool, NULL, "1001", true, on_lamp, &r, &e), "%s", e.text);
    RUN_UNTIL(&r, r.lamps == 1);
    paced.mwi.min_request_interval_ms = 0;
    paced.mwi_disabled = true;
    CHECK(apply(&r, &paced, 1, &e), "%s", e.text);
    RUN_UNTIL(&r, r.lamps == 3);
    CHECK(r.lamp == MWI_GONE && r.unconfirmed == 2, "%s", mwi_result_words(r.lamp));
    CHECK(atomic_load(&s.lamps) == 1, "%u dialled", atomic_load(&s.lamps));
    run_end(&r, 5);
    server_stop(&s);
}

/* The port that would dial first has lost its line, which the pool has not heard yet, and leaves.
 */
static void a_lamp_is_not_given_to_a_port_that_leaves(void **state)
{
    static struct server s;
    static struct run r;
    struct group_settings fewer;
    struct err e = {0};

    (void)state;
    server_start(&s);
    run_start(&r, &s, 2);
    RUN_UNTIL(&r, r.totals.registered == PORTS);
    atomic_store(&s.mute, true);
    atomic_store(&s.drop, true);
    for (int i = 0; i < 6000 && atomic_load(&s.unanswered) < PORTS; i++)
        usleep(10000); /* and the pool hears nothing */
    fewer = group;
    fewer.count = PORTS - 1;
    CHECK(apply(&r, &fewer, 1, &e), "%s", e.text);
    CHECK(pool_mwi(r.pool, NULL, "1001", true, on_lamp, &r, &e), "%s", e.text);
    atomic_store(&s.mute, false);
    atomic_store(&s.drop, true);
    RUN_UNTIL(&r, r.lamps == 1);
    CHECK(r.lamp == MWI_CONFIRMED, "another port dials: %s", mwi_result_words(r.lamp));
    run_end(&r, 5);
    server_stop(&s);
}

/* A TFTP server that has no file, and lets the first who asks wait until it may answer. */
struct fetches {
    int fd;
    uint16_t port;
    pthread_t thread;
    atomic_uint count;
    atomic_bool may_answer, stop;
};

static void *answer_fetches(void *arg)
{
    static const uint8_t no_file[] = "\0\5\0\1no such file";
    struct fetches *f = arg;
    struct sockaddr_storage from;
    uint8_t rrq[600];

    while (!atomic_load(&f->stop)) {
        struct pollfd p = {.fd = f->fd, .events = POLLIN};
        socklen_t len = sizeof from;
        if (poll(&p, 1, 20) <= 0 ||
            recvfrom(f->fd, rrq, sizeof rrq, 0, (struct sockaddr *)&from, &len) < 2)
            continue;
        atomic_fetch_add(&f->count, 1);
        while (!atomic_load(&f->may_answer) && !atomic_load(&f->stop))
            usleep(1000);
        (void)!sendto(f->fd, no_file, sizeof no_file, 0, (struct sockaddr *)&from, len);
    }
    return NULL;
}

static void fetches_start(struct fetches *f)
{
    memset(f, 0, sizeof *f);
    f->fd = loopback_socket(SOCK_DGRAM, &f->port);
    assert_int_equal(pthread_create(&f->thread, NULL, answer_fetches, f), 0);
}

/* Each fetch may take half a minute, and other groups wait for the same keeper. */
static void many_resets_at_once_fetch_the_list_once_more(void **state)
{
    static struct server s;
    static struct run r;
    static struct fetches f;
    struct group_settings listed;
    struct err e = {0};

    (void)state;
    server_start(&s);
    fetches_start(&f);
    run_start(&r, &s, 1);
    RUN_UNTIL(&r, r.totals.registered == PORTS);
    listed = group;
    listed.server_count = 0;
    listed.tftp_count = 1;
    strcpy(listed.tftp[0].host, "127.0.0.1");
    listed.tftp[0].port = f.port;
    CHECK(apply(&r, &listed, 1, &e), "%s", e.text);
    wait_until(&f.count, 1);
    for (unsigned i = 0; i < 40; i++)
        CHECK(pool_reset(r.pool, NULL, 0, &e) > 0, "%s", e.text);
    atomic_store(&f.may_answer, true);
    RUN_UNTIL(&r, atomic_load(&f.count) >= 2);
    for (int i = 0; i < 100; i++) { /* others would follow at once */
        uv_run(&r.loop, UV_RUN_NOWAIT);
        usleep(10000);
    }
    CHECK(atomic_load(&f.count) < 10, "%u fetches", atomic_load(&f.count));
    run_end(&r, 5);
    atomic_store(&f.stop, true);
    pthread_join(f.thread, NULL);
    close(f.fd);
    server_stop(&s);
}

static void what_cannot_start_says_why(void **state)
{
    static uv_loop_t loop;
    struct pool_settings ps = {.groups = &group, .group_count = 1};
    struct err e = {0};

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    group_settings_default(&group);
    group.count = 0;
    CHECK(!pool_new(&loop, &ps, NULL, &e) && strstr(e.text, "0 ports"), "%s", e.text);
    group.count = 1;
    strcpy(group.tftp[0].host, "127.0.0.1");
    group.tftp_count = 1;
    ps.state_dir = "/proc/nowhere";
    CHECK(!pool_new(&loop, &ps, NULL, &e) && strstr(e.text, "/proc/nowhere"), "%s", e.text);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fifty_ports_register_light_lamps_and_leave),
        cmocka_unit_test(every_port_answers_its_call),
        cmocka_unit_test(a_pool_that_stood_still_loses_no_lamp_and_no_port),
        cmocka_unit_test(a_reset_brings_all_ports_back),
        cmocka_unit_test(garbage_ends_one_connection_and_no_other),
        cmocka_unit_test(nobody_there_and_stopped_at_once),
        cmocka_unit_test(new_settings_touch_only_the_ports_that_they_change),
        cmocka_unit_test(lamps_that_wait_in_a_group_that_goes_are_switched_by_another),
        cmocka_unit_test(lamps_that_wait_when_the_number_is_taken_away_are_not_dialled),
        cmocka_unit_test(a_lamp_is_not_given_to_a_port_that_leaves),
        cmocka_unit_test(many_resets_at_once_fetch_the_list_once_more),
        cmocka_unit_test(what_cannot_start_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
