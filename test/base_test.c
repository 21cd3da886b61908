/* The cellar: errors, cursors, addresses, queues, logs. */
#include "base/addr.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/keylog.h"
#include "base/log.h"
#include "base/queue.h"
#include "base/sock.h"
#include "base/wire.h"
#include "check.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- err ------------------------------------------------------------------------------------- */

static void an_error_says_where_in_front_of_the_fact(void **state)
{
    struct err e;
    (void)state;

    assert_false(err_set(&e, ERR_SHORT, "item %u says %u bytes, %u are left", 9u, 812u, 640u));
    assert_false(err_in(&e, "record %d", 3));
    assert_false(err_in(&e, "%s", "CTLFile.tlv"));
    assert_string_equal(e.text, "CTLFile.tlv: record 3: item 9 says 812 bytes, 640 are left");
    assert_int_equal(e.kind, ERR_SHORT);
}

static void an_error_text_never_overflows(void **state)
{
    struct err e;
    char where[400];
    (void)state;

    memset(where, 'w', sizeof where - 1);
    where[sizeof where - 1] = '\0';
    err_set(&e, ERR_FILE, "%s", where);
    for (int i = 0; i < 20; i++)
        err_in(&e, "%s", where);
    assert_true(strlen(e.text) < sizeof e.text);
    assert_int_equal(strncmp(e.text, "www", 3), 0);
}

static void every_kind_has_words_and_ids_are_unique(void **state)
{
#define COUNT_ONE(kind, id, words, advice) +1
    enum { KINDS = 0 ERR_LIST(COUNT_ONE) };
    (void)state;

    for (int i = 0; i < KINDS; i++) {
        CHECK(*err_words((enum err_kind)i), "kind %d has no words", i);
        for (int j = i + 1; j < KINDS; j++)
            CHECK(!*err_id((enum err_kind)i) ||
                      strcmp(err_id((enum err_kind)i), err_id((enum err_kind)j)) != 0,
                  "%s stands twice", err_id((enum err_kind)i));
    }
    err_set(NULL, ERR_FILE, "nobody listens"); /* allowed */
    err_in(NULL, "nobody");
}

/* ---- wire ------------------------------------------------------------------------------------ */

static void a_short_read_gives_zeros_and_is_remembered(void **state)
{
    const uint8_t bytes[] = {0x12, 0x34, 0x56};
    struct wire_reader r = wire_read_from(bytes, sizeof bytes);
    uint8_t out[4] = {1, 2, 3, 4};
    (void)state;

    assert_int_equal(wire_u16be(&r), 0x1234);
    assert_int_equal(wire_left(&r), 1);
    assert_int_equal(wire_u32le(&r), 0);
    assert_true(r.bad);
    assert_int_equal(wire_u8(&r), 0); /* the last byte is not handed out after a short read */
    assert_false(wire_bytes(&r, out, sizeof out));
    CHECK_BYTES(out, sizeof out, ((const uint8_t[4]){0}), 4);
    assert_int_equal(wire_left(&r), 0);
}

static void lengths_near_the_end_of_memory_do_not_wrap(void **state)
{
    const uint8_t bytes[8] = {0};
    struct wire_reader r = wire_read_from(bytes, sizeof bytes);
    (void)state;

    assert_false(wire_skip(&r, SIZE_MAX));
    assert_true(r.bad);
    r = wire_read_from(bytes, sizeof bytes);
    assert_true(wire_skip(&r, 8));
    assert_false(wire_skip(&r, 1));
}

static void what_is_written_is_read_back(void **state)
{
    uint8_t buf[15];
    struct wire_writer w = wire_write_to(buf, sizeof buf);
    (void)state;

    wire_put_u8(&w, 0xfe);
    wire_put_u16le(&w, 0x1234);
    wire_put_u32le(&w, 0xdeadbeef);
    wire_put_u16be(&w, 0x1234);
    wire_put_u32be(&w, 0xdeadbeef);
    wire_put_zeros(&w, 2);
    assert_false(w.bad);
    assert_int_equal(wire_written(&w), sizeof buf);
    struct wire_reader r = wire_read_from(buf, sizeof buf);
    assert_int_equal(wire_u8(&r), 0xfe);
    assert_int_equal(wire_u16le(&r), 0x1234);
    assert_int_equal(wire_u32le(&r), 0xdeadbeef);
    assert_int_equal(wire_u16be(&r), 0x1234);
    assert_int_equal(wire_u32be(&r), 0xdeadbeef);
    wire_put_u8(&w, 1);
    assert_true(w.bad);
    assert_int_equal(wire_written(&w), sizeof buf);
}

/* ---- addr ------------------------------------------------------------------------------------ */

static void addresses_are_read_and_written(void **state)
{
    static const struct {
        const char *text, *back;
        uint8_t family;
        uint16_t port;
    } rows[] = {
        {"10.48.46.182", "10.48.46.182:69", 4, 69},
        {"10.48.46.182:6969", "10.48.46.182:6969", 4, 6969},
        {"::1", "[::1]:69", 6, 69},
        {"[2001:db8::7]:2443", "[2001:db8::7]:2443", 6, 2443},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct net_addr a;
        char text[NET_ADDR_TEXT];
        CHECK(net_addr_parse(&a, rows[i].text, 69), "row %zu", i);
        CHECK(a.family == rows[i].family && a.port == rows[i].port, "row %zu", i);
        assert_string_equal(net_addr_text(&a, text), rows[i].back);
        struct sockaddr_storage ss;
        sock_from_addr(&a, &ss);
        struct net_addr b = sock_to_addr((const struct sockaddr *)&ss);
        CHECK(net_addr_equal(&a, &b), "row %zu", i);
    }
}

static void wrong_addresses_are_refused(void **state)
{
    static const char *const rows[] = {"",        ":69",   "host:0",    "host:65536",
                                       "host:x",  "[::1",  "[::1]x",    "[]:5",
                                       "host:-1", "host:", "host:99999"};
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char host[64];
        uint16_t port = 7;
        struct err e = {0};
        CHECK(!net_host_port(rows[i], host, sizeof host, &port, &e), "\"%s\" passed", rows[i]);
        CHECK(e.kind == ERR_USAGE && e.text[0], "\"%s\"", rows[i]);
    }
    struct net_addr a;
    assert_false(net_addr_parse(&a, "cucm.lab.test", 69)); /* a name is not an address */
}

static void any_address_is_known_as_such(void **state)
{
    struct net_addr a;
    (void)state;

    assert_true(net_addr_parse(&a, "0.0.0.0", 0) && net_ip_is_any(&a));
    assert_true(net_addr_parse(&a, "::", 0) && net_ip_is_any(&a));
    assert_true(net_addr_parse(&a, "127.0.0.1", 0) && !net_ip_is_any(&a));
    assert_true(net_ip_is_any(&(struct net_addr){0}));
}

/* ---- queue ----------------------------------------------------------------------------------- */

static void count_wake(void *arg)
{
    __atomic_add_fetch((int *)arg, 1, __ATOMIC_RELAXED);
}

static void a_queue_keeps_order_grows_and_says_when_it_is_full(void **state)
{
    int wakes = 0, v = 0;
    struct err e;
    struct queue *q = queue_new(sizeof(int), 2, 10, count_wake, &wakes, &e);
    (void)state;

    assert_non_null(q);
    for (int round = 0; round < 3; round++) { /* the ring's head moves on from round to round */
        for (int i = 0; i < 10; i++)
            CHECK(queue_put(q, &i), "%d", i);
        int one_more = 10;
        assert_false(queue_put(q, &one_more));
        assert_int_equal(queue_length(q), 10);
        for (int i = 0; i < 10; i++)
            CHECK(queue_take(q, &v) && v == i, "%d: %d", i, v);
        assert_false(queue_take(q, &v));
    }
    assert_int_equal(wakes, 3); /* once for each time it was empty */
    queue_free(q);
    queue_free(NULL);
}

struct put_job {
    struct queue *q;
    int from;
};

static void *put_thousand(void *arg)
{
    struct put_job *job = arg;

    for (int i = 0; i < 1000; i++) {
        int v = job->from + i;
        if (!queue_put(job->q, &v))
            return arg;
    }
    return NULL;
}

static void many_threads_put_and_nothing_is_lost_or_doubled(void **state)
{
    enum { THREADS = 4 };
    static char seen[THREADS * 1000];
    pthread_t threads[THREADS];
    struct put_job jobs[THREADS];
    struct err e;
    struct queue *q = queue_new(sizeof(int), 1, 100000, NULL, NULL, &e);
    (void)state;

    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (struct put_job){q, i * 1000};
        assert_int_equal(pthread_create(&threads[i], NULL, put_thousand, &jobs[i]), 0);
    }
    int v, last[THREADS] = {-1, -1, -1, -1}, taken = 0;
    while (taken < THREADS * 1000) {
        if (!queue_take(q, &v))
            continue;
        CHECK(!seen[v], "%d twice", v);
        CHECK(v % 1000 > last[v / 1000], "%d after %d", v, last[v / 1000]);
        last[v / 1000] = v % 1000;
        seen[v] = 1;
        taken++;
    }
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    queue_free(q);
}

/* ---- log, keylog, buf ------------------------------------------------------------------------ */

static size_t read_all(int fd, char *out, size_t cap)
{
    ssize_t n = pread(fd, out, cap - 1, 0);
    out[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

static void each_log_format_gives_one_line_for_one_fact(void **state)
{
    static const struct {
        enum log_format format;
        const char *wanted[3];
    } rows[] = {
        {LOG_TEXT, {"CiscoUM1-VI7: TLS-02 a fact; ", "compare `show ctl`", "\n"}},
        {LOG_JSON,
         {"\"who\":\"CiscoUM1-VI7\"", "\"id\":\"TLS-02\"", "\"component\":\"MiuSkinny\""}},
        {LOG_CUC, {",,,MiuSkinny,25,CiscoUM1-VI7: TLS-02 a fact", " |", "\n"}},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char name[] = "/tmp/vmports-log-XXXXXX", text[4096];
        int fd = mkstemp(name);
        struct log *l = log_new(fd, rows[i].format, LOG_NOTE);
        struct err e;
        err_set(&e, ERR_TLS_02, "a fact");
        log_err(l, LOG_ERROR, LOG_MIU_SKINNY, "CiscoUM1-VI7", &e);
        log_line(l, LOG_INFO, LOG_MIU_CALL, NULL, "below the level: %d", 1);
        read_all(fd, text, sizeof text);
        for (size_t w = 0; w < 3; w++)
            CHECK(strstr(text, rows[i].wanted[w]), "row %zu lacks \"%s\": %s", i, rows[i].wanted[w],
                  text);
        CHECK(strchr(text, '\n') == text + strlen(text) - 1, "row %zu: %s", i, text);
        log_free(l);
        close(fd);
        unlink(name);
    }
}

static void a_fact_of_several_values_has_them_apart_in_json(void **state)
{
    static const struct log_field fields[] = {{"md5", "00ff"}, {"made", "a \"date\""}};
    static const struct {
        enum log_format format;
        const char *wanted;
    } rows[] = {
        {LOG_TEXT, "Group-1: a list: md5 00ff, made a \"date\"\n"},
        {LOG_JSON, "\"text\":\"a list: md5 00ff, made a \\\"date\\\"\","
                   "\"fields\":{\"md5\":\"00ff\",\"made\":\"a \\\"date\\\"\"}}\n"},
        {LOG_CUC, "Group-1: a list: md5 00ff, made a \"date\"\n"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char name[] = "/tmp/vmports-log-XXXXXX", text[4096];
        int fd = mkstemp(name);
        struct log *l = log_new(fd, rows[i].format, LOG_NOTE);
        log_fields(l, LOG_NOTE, LOG_MIU_GENERAL, "Group-1", "a list", fields, 2);
        log_fields(l, LOG_INFO, LOG_MIU_GENERAL, "Group-1", "below the level", fields, 2);
        read_all(fd, text, sizeof text);
        CHECK(strstr(text, rows[i].wanted) && strchr(text, '\n')[1] == '\0', "row %zu: %s", i,
              text);
        log_free(l);
        close(fd);
        unlink(name);
    }
}

static void a_line_stays_one_line_whatever_its_text_has(void **state)
{
    static const enum log_format formats[] = {LOG_TEXT, LOG_JSON, LOG_CUC};
    (void)state;

    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        char name[] = "/tmp/vmports-log-XXXXXX", text[4096];
        int fd = mkstemp(name);
        struct log *l = log_new(fd, formats[i], LOG_NOTE);
        log_line(l, LOG_NOTE, LOG_MIU_CALL, "Łódź", "caller 1\n2\r3\x1b[2J4\x7f");
        size_t len = read_all(fd, text, sizeof text);
        for (size_t at = 0; at + 1 < len; at++)
            CHECK((unsigned char)text[at] >= 0x20 && text[at] != 0x7f, "row %zu at %zu", i, at);
        CHECK(text[len - 1] == '\n' && strstr(text, "Łódź") && strstr(text, "[2J4"), "row %zu: %s",
              i, text);
        log_free(l);
        close(fd);
        unlink(name);
    }
}

static void hex_is_read_whole_or_not_at_all(void **state)
{
    uint8_t out[3];

    (void)state;
    assert_int_equal(text_from_hex("00Fea9", 6, out, sizeof out), 3);
    assert_memory_equal(out, "\x00\xfe\xa9", 3);
    assert_int_equal(text_from_hex("00fea", 5, out, sizeof out), 0);
    assert_int_equal(text_from_hex("00fea9b0", 8, out, sizeof out), 0);
    assert_int_equal(text_from_hex("0g", 2, out, sizeof out), 0);
    assert_int_equal(text_from_hex("@0", 2, out, sizeof out), 0);
    assert_int_equal(text_from_hex("", 0, out, sizeof out), 0);
}

static void untrusted_text_is_escaped(void **state)
{
    char out[600], small[8], many[300];
    (void)state;

    assert_string_equal(log_escape("a\"b\\\n\x1b[31m\x80", 10, out, sizeof out),
                        "a\\x22b\\x5c\\x0a\\x1b[31m");
    log_escape("abcdefghijk", 11, small, sizeof small);
    assert_true(strlen(small) < sizeof small);
    memset(many, 'x', sizeof many);
    assert_int_equal(strlen(log_escape(many, sizeof many, out, sizeof out)), 128);
}

static void a_key_log_that_others_can_read_is_refused(void **state)
{
    char dir[] = "/tmp/vmports-keylog-XXXXXX", path[64], text[64];
    struct stat st;
    struct err e;
    (void)state;

    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/keys.log", dir);
    struct keylog *k = keylog_open(path, &e);
    assert_non_null(k);
    keylog_line(k, "CLIENT_RANDOM 00 11");
    keylog_line(NULL, "nobody");
    keylog_close(k);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    FILE *f = fopen(path, "r");
    assert_non_null(fgets(text, sizeof text, f));
    fclose(f);
    assert_string_equal(text, "CLIENT_RANDOM 00 11\n");
    chmod(path, 0644);
    assert_null(keylog_open(path, &e));
    CHECK(strstr(e.text, "644"), "%s", e.text);
    unlink(path);
    rmdir(dir);
}

static void a_buffer_stops_at_its_limit(void **state)
{
    struct buf b = {.most = 1000};
    struct err e;
    uint8_t chunk[300];
    (void)state;

    for (size_t i = 0; i < sizeof chunk; i++)
        chunk[i] = (uint8_t)i;
    for (int i = 0; i < 3; i++)
        assert_true(buf_add(&b, chunk, sizeof chunk, &e));
    assert_false(buf_add(&b, chunk, 101, &e));
    assert_true(buf_add(&b, chunk, 100, &e));
    assert_int_equal(b.len, 1000);
    buf_drop(&b, 300);
    CHECK_BYTES(b.at, 300, chunk, 300);
    buf_drop(&b, 5000);
    assert_int_equal(b.len, 0);
    buf_free(&b);
    assert_false(buf_read_file(&b, "/nonexistent/file", 10, &e));
    CHECK(strstr(e.text, "No such file"), "%s", e.text);
}

static void time_goes_forward(void **state)
{
    int64_t a = clock_now_ns();
    (void)state;

    clock_sleep_until_ns(a + 2 * NS_PER_MS);
    assert_true(clock_now_ns() >= a + 2 * NS_PER_MS);
    assert_true(clock_wall_ns() > INT64_C(1700000000) * NS_PER_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_says_where_in_front_of_the_fact),
        cmocka_unit_test(an_error_text_never_overflows),
        cmocka_unit_test(every_kind_has_words_and_ids_are_unique),
        cmocka_unit_test(a_short_read_gives_zeros_and_is_remembered),
        cmocka_unit_test(lengths_near_the_end_of_memory_do_not_wrap),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(addresses_are_read_and_written),
        cmocka_unit_test(wrong_addresses_are_refused),
        cmocka_unit_test(any_address_is_known_as_such),
        cmocka_unit_test(a_queue_keeps_order_grows_and_says_when_it_is_full),
        cmocka_unit_test(many_threads_put_and_nothing_is_lost_or_doubled),
        cmocka_unit_test(each_log_format_gives_one_line_for_one_fact),
        cmocka_unit_test(a_fact_of_several_values_has_them_apart_in_json),
        cmocka_unit_test(a_line_stays_one_line_whatever_its_text_has),
        cmocka_unit_test(hex_is_read_whole_or_not_at_all),
        cmocka_unit_test(untrusted_text_is_escaped),
        cmocka_unit_test(a_key_log_that_others_can_read_is_refused),
        cmocka_unit_test(a_buffer_stops_at_its_limit),
        cmocka_unit_test(time_goes_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
