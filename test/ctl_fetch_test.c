/* The TFTP client against a server that answers rightly, wrongly, late or never. */
#include "ctl_fixture.h"

#include "base/clock.h"
#include "ctl/fetch.h"
#include "tftp_server.h"

#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct ctl_fetch_server place_of(const struct tftp_server *s)
{
    struct ctl_fetch_server p = {.port = s->port};

    strcpy(p.host, s->family == AF_INET6 ? "::1" : "127.0.0.1");
    return p;
}

static struct ctl_fetch_settings asking(const struct ctl_fetch_server *servers, size_t count)
{
    return (struct ctl_fetch_settings){.servers = servers, .count = count, .total_s = 20};
}

/* From one server that runs meanwhile. */
static bool fetch_one(struct tftp_server *s, unsigned total_s, struct buf *out, struct err *e)
{
    CHECK(tftp_server_start(s), "no socket on loopback");
    struct ctl_fetch_server place = place_of(s);
    struct ctl_fetch_settings settings = asking(&place, 1);

    settings.total_s = total_s;
    err_clear(e);
    bool ok = ctl_fetch(&settings, out, NULL, NULL, NULL, e);
    tftp_server_stop(s);
    return ok;
}

static uint8_t big[1600 * 1024];

static bool is_big(const struct buf *out, size_t len)
{
    return out->len == len && (len == 0 || memcmp(out->at, big, len) == 0);
}

static void files_of_every_size_arrive_whole(void **state)
{
    static const size_t sizes[] = {0, 1, 511, 512, 513, 2637, 6120, 65536, CTL_FILE_MAX};
    static const enum behaviour hows[] = {SERVE_PLAIN, SERVE_OPTIONS};
    struct buf out = {0};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (uint8_t)(i * 31 ^ i >> 9);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (size_t j = 0; j < 2; j++) {
            struct tftp_server s = {.how = hows[j], .file = big, .len = sizes[i]};
            CHECK(fetch_one(&s, 20, &out, &e), "%zu bytes: %s", sizes[i], e.text);
            CHECK(is_big(&out, sizes[i]), "%zu bytes", sizes[i]);
        }
    buf_free(&out);
}

static void a_file_above_the_limit_is_broken_off(void **state)
{
    struct tftp_server s = {.how = SERVE_OPTIONS, .file = big, .len = sizeof big};
    struct tftp_server endless = {.how = ENDLESS};
    struct buf out = {0};
    struct err e;

    (void)state;
    CHECK(!fetch_one(&s, 20, &out, &e) && e.kind == ERR_TFTP_09, "%s", e.text);
    CHECK(strstr(e.text, "more than 1048576 bytes"), "%s", e.text);
    CHECK(!fetch_one(&endless, 20, &out, &e) && e.kind == ERR_TFTP_09, "%s", e.text);
    CHECK(out.cap <= 2 * CTL_FILE_MAX, "%zu bytes were taken", out.cap);
    buf_free(&out);
}

static void errors_of_the_server_come_in_words_with_cucs_number(void **state)
{
    static const struct {
        unsigned code;
        enum err_kind kind;
        const char *part;
    } rows[] = {
        {1, ERR_TFTP_01, "file CTLFile.tlv not found (res=68)"},
        {2, ERR_TFTP_02, "access violation (res=69): \"go away\""},
        {3, ERR_TFTP_03, "error 3 (disk full) (res=70): \"go away\""},
        {0, ERR_TFTP_03, "error 0 or 4 (undefined, or illegal operation) (res=71): \"go away\""},
        {4, ERR_TFTP_03, "(res=71): \"go away\""},
        {5, ERR_TFTP_03, "error 5 (unknown transfer id) (res=72)"},
        {6, ERR_TFTP_03, "error 6 (file exists) (res=73)"},
        {7, ERR_TFTP_03, "error 7 (no such user) (res=74)"},
        {8, ERR_TFTP_03, "error 8 (option negotiation failed) (res=42): \"go away\""},
    };
    struct buf out = {0};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tftp_server s = {.how = SAY_ERROR, .number = rows[i].code, .text = "go away"};
        CHECK(!fetch_one(&s, 5, &out, &e) && e.kind == rows[i].kind, "code %u: %s %s", rows[i].code,
              err_id(e.kind), e.text);
        CHECK(strstr(e.text, rows[i].part), "code %u: %s", rows[i].code, e.text);
        CHECK(strstr(e.text, "TFTP server 127.0.0.1:"), "%s", e.text);
    }
    buf_free(&out);
}

static void cucs_number_is_given_too_and_is_0_when_the_list_came(void **state)
{
    int res = -1;
    struct tftp_server refuses = {.how = SAY_ERROR, .number = 5, .text = "go away"};
    struct tftp_server delivers = {.file = big, .len = 513};
    struct buf out = {0};
    struct err e = {0};

    (void)state;
    CHECK(tftp_server_start(&refuses) && tftp_server_start(&delivers), "no socket on loopback");
    const struct ctl_fetch_server places[] = {place_of(&refuses), place_of(&delivers)};
    struct ctl_fetch_settings s = asking(places, 1);
    s.res = &res;
    CHECK(!ctl_fetch(&s, &out, NULL, NULL, NULL, &e) && res == 72, "res=%d: %s", res, e.text);
    s.count = 2; /* the one asked last counts */
    CHECK(ctl_fetch(&s, &out, NULL, NULL, NULL, &e) && res == 0, "res=%d: %s", res, e.text);
    tftp_server_stop(&refuses);
    tftp_server_stop(&delivers);
    buf_free(&out);
}

static void the_servers_text_is_escaped_and_cut(void **state)
{
    char evil[260];
    struct tftp_server s = {.how = SAY_ERROR, .number = 2, .text = evil};
    struct buf out = {0};
    struct err e;

    (void)state;
    memset(evil, 'B', sizeof evil);
    memcpy(evil, "\x1b[31m\"\n", 7);
    evil[259] = '\0';
    CHECK(!fetch_one(&s, 5, &out, &e) && e.kind == ERR_TFTP_02, "%s", e.text);
    CHECK(strstr(e.text, "\\x1b[31m\\x22\\x0aBBB"), "%s", e.text);
    for (const char *p = e.text; *p; p++)
        CHECK(*p >= ' ' && *p < 0x7f, "%02x in a message", (unsigned char)*p);
    CHECK(strlen(e.text) < 250, "%zu characters", strlen(e.text));
    buf_free(&out);
}

static void silence_and_a_closed_port_are_no_answer(void **state)
{
    struct tftp_server s = {.how = SILENT};
    struct tftp_server closed = {.how = SILENT};
    struct tftp_server garbage = {.how = GARBAGE};
    struct buf out = {0};
    struct err e;

    (void)state;
    CHECK(!fetch_one(&s, 5, &out, &e) && e.kind == ERR_TFTP_04, "%s", e.text);
    CHECK(strstr(e.text, "does not answer (5 s; res=28)"), "%s", e.text);
    CHECK(atomic_load(&s.requests) >= 2, "asked %u times", atomic_load(&s.requests));
    CHECK(tftp_server_start(&closed), "socket");
    tftp_server_stop(&closed);
    struct ctl_fetch_server place = place_of(&closed);
    struct ctl_fetch_settings settings = asking(&place, 1);
    settings.total_s = 1;
    CHECK(!ctl_fetch(&settings, &out, NULL, NULL, NULL, &e) && e.kind == ERR_TFTP_04, "%s", e.text);
    CHECK(!fetch_one(&garbage, 2, &out, &e), "garbage was taken");
    CHECK(e.kind == ERR_TFTP_04 || e.kind == ERR_TFTP_07, "%s", e.text);
    buf_free(&out);
}

/* libcurl alone would ask again after six seconds, and for the third time after twelve. */
static void a_lost_request_is_repeated_after_one_and_after_three_seconds(void **state)
{
    struct tftp_server s = {.how = SERVE_LATE, .number = 2, .file = big, .len = 6120};
    struct buf out = {0};
    struct err e;
    const int64_t before = clock_now_ns();

    (void)state;
    CHECK(fetch_one(&s, 30, &out, &e), "%s", e.text);
    CHECK(is_big(&out, 6120), "%zu bytes", out.len);
    CHECK(atomic_load(&s.requests) == 3, "asked %u times", atomic_load(&s.requests));
    CHECK(clock_now_ns() - before < 10 * NS_PER_S, "the third was libcurl's");
    buf_free(&out);
}

static void a_transfer_that_stops_says_how_far_it_came(void **state)
{
    struct tftp_server s = {.how = STOP_AFTER, .number = 3, .file = big, .len = 6120};
    struct buf out = {0};
    struct err e;

    (void)state;
    /* Three blocks need their time on a busy machine; what is left of it is waited for. */
    CHECK(!fetch_one(&s, 6, &out, &e) && e.kind == ERR_TFTP_05, "%s", e.text);
    CHECK(strstr(e.text, "stopped after block 3 (1536 bytes; "), "%s", e.text);
    buf_free(&out);
}

static void an_announced_size_must_be_kept(void **state)
{
    struct tftp_server s = {.how = LIE_TSIZE, .file = big, .len = 6120};
    struct buf out = {0};
    struct err e;

    (void)state;
    CHECK(!fetch_one(&s, 5, &out, &e) && e.kind == ERR_TFTP_08, "%s %s", err_id(e.kind), e.text);
    CHECK(strstr(e.text, "delivered 6120 bytes, server announced 6121"), "%s", e.text);
    buf_free(&out);
}

/* Whoever stumbles over the options is asked once more without them. */
static void servers_that_break_options_are_asked_plainly(void **state)
{
    static const enum behaviour hows[] = {WRONG_OACK, EMPTY_OACK, PLAIN_ONLY};
    struct buf out = {0};
    struct err e;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct tftp_server s = {.how = hows[i], .file = big, .len = 6120};
        CHECK(fetch_one(&s, 5, &out, &e), "row %zu: %s", i, e.text);
        CHECK(out.len == 6120 && atomic_load(&s.requests) >= 2, "row %zu: %u", i,
              atomic_load(&s.requests));
    }
    buf_free(&out);
}

static void doubled_and_late_packets_do_no_harm(void **state)
{
    static const enum behaviour hows[] = {SERVE_TWICE, SERVE_LATE, SERVE_AT_LAST};
    struct buf out = {0};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof hows / sizeof hows[0]; i++) {
        struct tftp_server s = {.how = hows[i], .number = 1, .file = big, .len = 6120};
        CHECK(fetch_one(&s, 6, &out, &e), "row %zu: %s", i, e.text);
        CHECK(is_big(&out, 6120), "row %zu: %zu", i, out.len);
    }
    buf_free(&out);
}

static bool is_signed(void *arg, const uint8_t *bytes, size_t len, struct err *e)
{
    static const struct ctl_policy anyone = {.now_s = NOW_S};
    struct ctl_verdict v;
    struct ctl_file *f = ctl_parse(bytes, len, e);
    bool ok = f && ctl_verify(f, NULL, &anyone, &v, e);

    (void)arg;
    ctl_free(f);
    return ok;
}

/* libcurl 7.88 takes data from any port, so the socket is made to hear the server alone. Where
 * libcurl has read the first block before we could look, a stranger may still spoil the transfer,
 * but what he says never makes a list. */
static void what_a_stranger_slips_in_makes_no_list(void **state)
{
    static const enum behaviour hows[] = {STRANGER, SERVE_PLAIN};
    struct err e;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct buf out = {0};
        struct tftp_server s = {.how = hows[i], .file = example, .len = example_len};
        CHECK(tftp_server_start(&s), "socket");
        struct ctl_fetch_server place = place_of(&s);
        struct ctl_fetch_settings settings = asking(&place, 1);
        settings.total_s = 5;
        bool ok = ctl_fetch(&settings, &out, NULL, is_signed, NULL, &e);
        tftp_server_stop(&s);
        CHECK(ok || (hows[i] == STRANGER && *err_id(e.kind)), "row %zu: %s", i, e.text);
        CHECK(!ok || (out.len == example_len && memcmp(out.at, example, example_len) == 0),
              "row %zu", i);
        buf_free(&out);
    }
}

static void ipv6_literals_are_servers(void **state)
{
    struct tftp_server s = {.how = SERVE_OPTIONS, .file = big, .len = 513, .family = AF_INET6};
    struct buf out = {0};
    struct err e;

    (void)state;
    int fd = udp_on_loopback(AF_INET6, NULL);
    if (fd < 0)
        skip(); /* no ::1 on this machine */
    close(fd);
    CHECK(fetch_one(&s, 5, &out, &e) && out.len == 513, "%s", e.text);
    struct tftp_server silent = {.how = SAY_ERROR, .number = 1, .text = "", .family = AF_INET6};
    CHECK(!fetch_one(&silent, 5, &out, &e) && strstr(e.text, "TFTP server [::1]:"), "%s", e.text);
    buf_free(&out);
}

static void hosts_cannot_become_other_urls(void **state)
{
    static const char *const hosts[] = {"127.0.0.1/etc", "user@127.0.0.1", "127.0.0.1?x", "a b", "",
                                        "%2f",           "host\nname"};
    struct buf out = {0};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        struct ctl_fetch_server place = {.port = 9};
        strcpy(place.host, hosts[i]);
        struct ctl_fetch_settings settings = asking(&place, 1);
        CHECK(!ctl_fetch(&settings, &out, NULL, NULL, NULL, &e), "%s", hosts[i]);
        CHECK(e.kind == ERR_TFTP_06 && strstr(e.text, "cannot be resolved (res=6)"), "%s: %s",
              hosts[i], e.text);
    }
    struct ctl_fetch_server place = {.port = 69};
    memset(place.host, 'x', 70); /* a label has 63 characters at most: no resolver asks for it */
    struct ctl_fetch_settings settings = asking(&place, 1);
    CHECK(!ctl_fetch(&settings, &out, NULL, NULL, NULL, &e) && e.kind == ERR_TFTP_06, "%s", e.text);
    CHECK(!ctl_fetch(&(struct ctl_fetch_settings){0}, &out, NULL, NULL, NULL, &e) &&
              e.kind == ERR_USAGE,
          "%s", e.text);
    buf_free(&out);
}

/* --- several servers --- */

struct told {
    size_t count;
    struct err last;
    char host[256];
};

static void told_failed(void *arg, const struct ctl_fetch_server *server, const struct err *why)
{
    struct told *t = arg;

    t->count++;
    t->last = *why;
    strcpy(t->host, server->host);
}

static bool is_list(void *arg, const uint8_t *bytes, size_t len, struct err *e)
{
    struct ctl_file *f = ctl_parse(bytes, len, e);

    (void)arg;
    ctl_free(f);
    return f != NULL;
}

static void servers_are_asked_in_order_until_one_has_a_list(void **state)
{
    struct tftp_server s[3] = {{.how = SILENT},
                               {.how = SERVE_PLAIN, .file = big, .len = 100}, /* no list */
                               {.how = SERVE_OPTIONS, .file = example, .len = example_len}};
    struct ctl_fetch_server places[3];
    struct told told = {0};
    struct buf out = {0};
    size_t which = 9;
    struct err e;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        CHECK(tftp_server_start(&s[i]), "socket");
        places[i] = place_of(&s[i]);
    }
    struct ctl_fetch_settings settings = asking(places, 3);
    settings.total_s = 1;
    settings.failed = told_failed;
    settings.arg = &told;
    CHECK(ctl_fetch(&settings, &out, &which, is_list, NULL, &e), "%s", e.text);
    CHECK(which == 2 && told.count == 2 && told.last.kind == ERR_CTL_03, "%zu %zu", which,
          told.count);
    CHECK(strstr(told.last.text, "CTLFile.tlv from 127.0.0.1:"), "%s", told.last.text);
    CHECK_BYTES(out.at, out.len, example, example_len);
    settings.count = 2;
    CHECK(!ctl_fetch(&settings, &out, &which, is_list, NULL, &e) && e.kind == ERR_TFTP_10, "%s",
          e.text);
    CHECK(strstr(e.text, " TFTP-04, 127.0.0.1:") && strstr(e.text, " CTL-03)"), "%s", e.text);
    CHECK(told.count == 4, "%zu", told.count);
    for (size_t i = 0; i < 3; i++)
        tftp_server_stop(&s[i]);
    buf_free(&out);
}

static void told_differs(void *arg, const struct err *why)
{
    struct told *t = arg;

    t->count++;
    t->last = *why;
}

static void servers_with_different_lists_are_reported(void **state)
{
    struct tftp_server s[4] = {{.how = SERVE_OPTIONS, .file = example, .len = example_len},
                               {.how = SERVE_PLAIN, .file = example, .len = example_len},
                               {.how = SERVE_PLAIN, .file = example, .len = example_len - 1},
                               {.how = SAY_ERROR, .number = 1, .text = ""}};
    struct ctl_fetch_server places[4];
    struct told told = {0};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        CHECK(tftp_server_start(&s[i]), "socket");
        places[i] = place_of(&s[i]);
    }
    struct ctl_fetch_settings settings = asking(places, 4);
    size_t n = ctl_fetch_compare(&settings, 0, example, example_len, told_differs, &told);
    CHECK(n == 1 && told.count == 1 && told.last.kind == ERR_CTL_38, "%zu", n);
    CHECK(strstr(told.last.text, "MD5 cea1389df4f9e5b8c9025188a69dcb9c, "), "%s", told.last.text);
    for (size_t i = 0; i < 4; i++)
        tftp_server_stop(&s[i]);
}

/* --- stopping --- */

static atomic_bool stop;

static void *stop_soon(void *arg)
{
    struct tftp_server *s = arg;

    while (atomic_load(&s->requests) == 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    atomic_store(&stop, true);
    return NULL;
}

static void a_stop_is_honoured_while_waiting(void **state)
{
    struct tftp_server s = {.how = SILENT};
    struct told told = {0};
    struct buf out = {0};
    pthread_t stopper;
    struct timespec from, to;
    struct err e;

    (void)state;
    CHECK(tftp_server_start(&s), "socket");
    struct ctl_fetch_server places[2] = {place_of(&s), place_of(&s)};
    struct ctl_fetch_settings settings = asking(places, 2);
    settings.total_s = 300;
    settings.stop = &stop;
    settings.failed = told_failed;
    settings.arg = &told;
    pthread_create(&stopper, NULL, stop_soon, &s);
    clock_gettime(CLOCK_MONOTONIC, &from);
    CHECK(!ctl_fetch(&settings, &out, NULL, NULL, NULL, &e) && e.kind == ERR_NOT_NOW, "%s", e.text);
    clock_gettime(CLOCK_MONOTONIC, &to);
    CHECK(to.tv_sec - from.tv_sec < 10, "%ld s", (long)(to.tv_sec - from.tv_sec));
    CHECK(told.count == 0, "a stopped server did not fail");
    pthread_join(stopper, NULL);
    tftp_server_stop(&s);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_every_size_arrive_whole),
        cmocka_unit_test(a_file_above_the_limit_is_broken_off),
        cmocka_unit_test(errors_of_the_server_come_in_words_with_cucs_number),
        cmocka_unit_test(cucs_number_is_given_too_and_is_0_when_the_list_came),
        cmocka_unit_test(the_servers_text_is_escaped_and_cut),
        cmocka_unit_test(silence_and_a_closed_port_are_no_answer),
        cmocka_unit_test(a_lost_request_is_repeated_after_one_and_after_three_seconds),
        cmocka_unit_test(a_transfer_that_stops_says_how_far_it_came),
        cmocka_unit_test(an_announced_size_must_be_kept),
        cmocka_unit_test(servers_that_break_options_are_asked_plainly),
        cmocka_unit_test(doubled_and_late_packets_do_no_harm),
        cmocka_unit_test(what_a_stranger_slips_in_makes_no_list),
        cmocka_unit_test(ipv6_literals_are_servers),
        cmocka_unit_test(hosts_cannot_become_other_urls),
        cmocka_unit_test(servers_are_asked_in_order_until_one_has_a_list),
        cmocka_unit_test(servers_with_different_lists_are_reported),
        cmocka_unit_test(a_stop_is_honoured_while_waiting),
    };
    return cmocka_run_group_tests(tests, fixture_load, fixture_unload);
}
