/* Each way a connection does not come or goes away, in its words. */
#include "tls_ends.h"

/* A port nobody listens at: bound, then let go. */
static struct net_addr deaf_port(void)
{
    struct sockaddr_in me = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof me;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK(bind(fd, (struct sockaddr *)&me, len) == 0 &&
              getsockname(fd, (struct sockaddr *)&me, &len) == 0,
          "bind");
    close(fd);
    return sock_to_addr((struct sockaddr *)&me);
}

static void a_refused_connection_is_net_01_with_the_address(void **state)
{
    struct end a = {0};
    struct net_addr to = deaf_port();
    struct link_settings c = client_tls(to);
    char text[NET_ADDR_TEXT];

    (void)state;
    connect_end(&a, &c);
    RUN_UNTIL(a.downs);
    CHECK(a.why.kind == ERR_NET_01, "%s", a.why.text);
    CHECK(strstr(a.why.text, net_addr_text(&to, text)), "%s", a.why.text);
    CHECK(a.ups == 0, "never up");
    run_out();
}

static void a_silent_server_ends_the_handshake_with_tls_13_and_its_step(void **state)
{
    struct end a = {0};
    struct net_addr to;
    int fd = silent_listener(&to);
    struct link_settings c = client_tls(to);

    (void)state;
    c.handshake_ms = 50;
    connect_end(&a, &c);
    RUN_UNTIL(a.downs);
    CHECK(a.why.kind == ERR_TLS_13, "%s", a.why.text);
    CHECK(strstr(a.why.text, "0.05 s") && strstr(a.why.text, "client hello"), "%s", a.why.text);
    run_out();
    close(fd);
}

/* Linux drops a SYN when the queue of connections that wait for accept() is full: with a backlog of
 * 0 one connection fills it. */
static void a_server_that_drops_our_syn_is_net_02(void **state)
{
    struct end a = {0};
    struct net_addr to;
    int fd = silent_listener(&to), filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_storage at;
    struct link_settings c = client_tls(to);

    (void)state;
    socklen_t len = sock_from_addr(&to, &at);
    CHECK(listen(fd, 0) == 0 && connect(filler, (struct sockaddr *)&at, len) == 0, "fill");
    c.connect_ms = 50;
    connect_end(&a, &c);
    RUN_UNTIL(a.downs);
    CHECK(a.why.kind == ERR_NET_02 && strstr(a.why.text, "0.05 s"), "%s", a.why.text);
    run_out();
    close(filler);
    close(fd);
}

/* As one that makes a root certificate between two turns of its loop. */
static void a_caller_that_was_busy_for_long_has_the_whole_time_to_connect(void **state)
{
    struct end a = {0}, b = {0};
    struct link_settings s = plain();
    struct link_listener *l = listen_for(&s, &b);
    struct link_settings c = plain();

    (void)state;
    c.peer = link_listener_addr(l);
    c.connect_ms = 3000;
    uv_update_time(&loop);
    uv_sleep(c.connect_ms + 100);
    connect_end(&a, &c);
    RUN_UNTIL(a.ups || a.downs);
    CHECK(a.ups == 1, "%s", a.why.text);
    link_close(a.link);
    link_listener_close(l);
    run_out();
}

/* Both ends of a connection in clear are up. */
static struct link_listener *plain_pair(struct end *a, struct end *b)
{
    struct link_settings s = plain(), c = plain();
    struct link_listener *l = listen_for(&s, b);

    c.peer = link_listener_addr(l);
    connect_end(a, &c);
    RUN_UNTIL(a->ups && b->ups);
    return l;
}

static void a_write_that_fails_is_followed_by_the_reason(void **state)
{
    struct end a = {0}, b = {0};
    struct link_listener *l = plain_pair(&a, &b);
    struct err e = {0};

    (void)state;
    link_reset(b.link); /* and nobody has read it yet */
    CHECK(!link_send(a.link, "x", 1, &e) && e.kind == ERR_NET_03, "%s", e.text);
    CHECK(a.downs == 0, "not from within the call");
    CHECK(!link_send(a.link, "x", 1, &e) && e.kind == ERR_NET_03, "%s", e.text);
    RUN_UNTIL(a.downs);
    CHECK(a.why.kind == ERR_NET_03 && strstr(a.why.text, "reset the connection"), "%s", a.why.text);
    link_listener_close(l);
    run_out();
}

static void a_reset_right_behind_the_last_bytes_is_no_mere_close(void **state)
{
    struct end a = {0}, b = {0};
    struct link_listener *l = plain_pair(&a, &b);
    struct err e = {0};

    (void)state;
    CHECK(link_send(b.link, "bye", 3, &e), "%s", e.text);
    link_reset(b.link); /* both are there when the loop looks next */
    RUN_UNTIL(a.downs);
    CHECK(a.len == 3, "%zu bytes", a.len);
    CHECK(a.why.kind == ERR_NET_03 && strstr(a.why.text, "reset the connection"), "%s", a.why.text);
    link_listener_close(l);
    run_out();
}

static void a_server_that_refuses_us_is_named_with_its_alert_at_both_ends(void **state)
{
    struct end a = {.say_at_up = "register"}, b = {0};
    struct link_settings s = server_tls();
    s.trust = strangers;
    struct link_listener *l = listen_for(&s, &b);
    struct link_settings c = client_tls(link_listener_addr(l));

    (void)state;
    connect_end(&a, &c);
    RUN_UNTIL(a.downs && b.downs);
    CHECK(a.why.kind == ERR_TLS_03 && strstr(a.why.text, "alert 48 unknown_ca"), "%s", a.why.text);
    CHECK(strstr(a.why.text, "127.0.0.1:"), "%s", a.why.text);
    CHECK(b.why.kind == ERR_TLS_03 && strstr(b.why.text, "we sent alert 48"), "%s", b.why.text);
    CHECK(a.ups == 0 && b.ups == 0, "never up");
    link_listener_close(l);
    run_out();
}

/* Under TLS 1.3 the client is up before the server has judged it (4.3's trap). */
static void a_refusal_after_up_is_still_the_alert(void **state)
{
    struct err e = {0};
    struct tls_context *c13 = tls_context_new(
        &(struct tls_profile){.role = TLS_CLIENT, .max_version = TLS1_3_VERSION}, &e);
    struct tls_context *s13 = tls_context_new(
        &(struct tls_profile){.role = TLS_SERVER, .max_version = TLS1_3_VERSION}, &e);
    struct end a = {.say_at_up = "register"}, b = {0};
    struct link_settings s = server_tls();
    s.context = s13;
    s.trust = strangers;
    struct link_listener *l = listen_for(&s, &b);
    struct link_settings c = client_tls(link_listener_addr(l));
    c.context = c13;

    (void)state;
    connect_end(&a, &c);
    RUN_UNTIL(a.downs && b.downs);
    CHECK(a.ups == 1, "TLS 1.3 looked up");
    CHECK(a.why.kind == ERR_TLS_03, "%s", a.why.text);
    link_listener_close(l);
    run_out();
    tls_context_free(c13);
    tls_context_free(s13);
}

static void each_way_to_lose_a_connection_has_its_words(void **state)
{
    static const struct {
        bool tls, reset;
        enum err_kind kind;
        const char *words;
    } rows[] = {
        {true, true, ERR_NET_03, "reset the connection after"},
        {false, true, ERR_NET_03, "reset the connection after"},
        {true, false, ERR_CLOSED, "closed the connection after"},
        {false, false, ERR_CLOSED, "closed the connection after"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct end a = {0}, b = {0};
        struct link_settings s = rows[i].tls ? server_tls() : plain();
        struct link_listener *l = listen_for(&s, &b);
        struct link_settings c = rows[i].tls ? client_tls((struct net_addr){0}) : plain();
        c.peer = link_listener_addr(l);
        connect_end(&a, &c);
        RUN_UNTIL(a.ups && b.ups);
        act(&b, b.link, rows[i].reset ? RESET : CLOSE);
        RUN_UNTIL(a.downs);
        CHECK(a.why.kind == rows[i].kind, "row %zu: %s", i, a.why.text);
        CHECK(strstr(a.why.text, rows[i].words), "row %zu: %s", i, a.why.text);
        CHECK(b.downs == 0, "row %zu: no down after close", i);
        link_listener_close(l);
        run_out();
    }
}

/* A TLS peer that only closes its socket: the server's session is moved over a plain link by hand.
 */
static void a_fin_without_close_notify_is_net_03(void **state)
{
    struct end a = {0}, b = {0};
    struct err e = {0};
    struct link_settings s = plain();
    struct link_listener *l = listen_for(&s, &b);
    struct link_settings c = client_tls(link_listener_addr(l));
    struct tls_session *hand = tls_session_new(server_context, node, issuers, &e);
    uint8_t out[8192];

    (void)state;
    connect_end(&a, &c);
    start_watch();
    while (!a.ups) {
        uv_run(&loop, UV_RUN_ONCE);
        CHECK(tls_session_feed(hand, b.got, b.len, &e), "%s", e.text);
        b.len = 0;
        size_t n = tls_session_pull(hand, out, sizeof out);
        if (n)
            CHECK(link_send(b.link, out, n, &e), "%s", e.text);
    }
    stop_watch();
    link_close(b.link);
    RUN_UNTIL(a.downs);
    CHECK(a.why.kind == ERR_NET_03 && strstr(a.why.text, "without close_notify"), "%s", a.why.text);
    tls_session_free(hand);
    link_listener_close(l);
    run_out();
}

static void a_server_that_hangs_up_in_the_handshake_is_net_03(void **state)
{
    struct end a = {0}, b = {.at_bytes = CLOSE};
    struct link_settings s = plain();
    struct link_listener *l = listen_for(&s, &b);
    struct link_settings c = client_tls(link_listener_addr(l));

    (void)state;
    connect_end(&a, &c);
    RUN_UNTIL(a.downs);
    CHECK(a.why.kind == ERR_NET_03 && strstr(a.why.text, "during the handshake"), "%s", a.why.text);
    link_listener_close(l);
    run_out();
}

static void a_server_of_another_protocol_is_named(void **state)
{
    struct end a = {0}, b = {.say_at_up = "220 mail.lab.test ESMTP ready\r\n"};
    struct link_settings s = plain();
    struct link_listener *l = listen_for(&s, &b);
    struct link_settings c = client_tls(link_listener_addr(l));

    (void)state;
    connect_end(&a, &c);
    RUN_UNTIL(a.downs);
    CHECK(a.why.kind == ERR_FORMAT && strstr(a.why.text, "does not speak TLS"), "%s", a.why.text);
    link_listener_close(l);
    if (b.link)
        link_close(b.link);
    run_out();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_connection_is_net_01_with_the_address),
        cmocka_unit_test(a_silent_server_ends_the_handshake_with_tls_13_and_its_step),
        cmocka_unit_test(a_server_that_drops_our_syn_is_net_02),
        cmocka_unit_test(a_caller_that_was_busy_for_long_has_the_whole_time_to_connect),
        cmocka_unit_test(a_write_that_fails_is_followed_by_the_reason),
        cmocka_unit_test(a_reset_right_behind_the_last_bytes_is_no_mere_close),
        cmocka_unit_test(a_server_that_refuses_us_is_named_with_its_alert_at_both_ends),
        cmocka_unit_test(a_refusal_after_up_is_still_the_alert),
        cmocka_unit_test(each_way_to_lose_a_connection_has_its_words),
        cmocka_unit_test(a_fin_without_close_notify_is_net_03),
        cmocka_unit_test(a_server_that_hangs_up_in_the_handshake_is_net_03),
        cmocka_unit_test(a_server_of_another_protocol_is_named),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
