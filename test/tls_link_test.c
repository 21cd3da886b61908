#include "tls_ends.h"

static void bytes_go_both_ways(const struct link_settings *server, struct link_settings client)
{
    struct end a = {.say_at_up = "register"}, b = {.echo = true};
    struct link_listener *l = listen_for(server, &b);

    client.peer = link_listener_addr(l);
    connect_end(&a, &client);
    RUN_UNTIL(a.len == 8);
    CHECK_BYTES(a.got, a.len, "register", 8);
    CHECK(a.ups == 1 && b.ups == 1, "%u %u", a.ups, b.ups);
    struct net_addr local = link_local(a.link), peer = link_peer(b.link);
    CHECK(net_addr_equal(&local, &peer), "both name the same address");
    link_close(a.link);
    a.link = NULL;
    RUN_UNTIL(b.downs == 1);
    CHECK(b.why.kind == ERR_CLOSED, "%s", b.why.text);
    CHECK(a.downs == 0, "no down after link_close");
    link_listener_close(l);
    run_out();
}

static void bytes_go_both_ways_with_and_without_tls(void **state)
{
    struct link_settings p = plain(), s = server_tls();

    (void)state;
    bytes_go_both_ways(&p, p);
    bytes_go_both_ways(&s, client_tls((struct net_addr){0}));
}

static void ipv6_works_as_ipv4_does(void **state)
{
    struct link_settings s = server_tls(), c = client_tls((struct net_addr){0});
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in6 me = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};

    (void)state;
    bool have = fd >= 0 && bind(fd, (struct sockaddr *)&me, sizeof me) == 0;
    if (fd >= 0)
        close(fd);
    if (!have)
        skip();
    CHECK(net_addr_parse(&s.bind, "::1", 0) && net_addr_parse(&c.bind, "::1", 0), "loopback");
    bytes_go_both_ways(&s, c);
}

static void sockets_carry_the_marks_of_signalling(void **state)
{
    struct end a = {0}, b = {0};
    struct link_settings s = plain(), c = plain();
    struct link_listener *l = listen_for(&s, &b);
    int fds[2] = {-1, -1};

    (void)state;
    c.peer = link_listener_addr(l);
    connect_end(&a, &c);
    RUN_UNTIL(a.ups && b.ups);
    /* No way leads from a link to its socket, so look for the two that are connected. */
    for (int fd = 3, n = 0; fd < 256 && n < 2; fd++) {
        struct sockaddr_storage who;
        socklen_t len = sizeof who;
        if (getpeername(fd, (struct sockaddr *)&who, &len) == 0 && who.ss_family == AF_INET)
            fds[n++] = fd;
    }
    for (size_t i = 0; i < 2; i++) {
        int tos = 0, nodelay = 0;
        socklen_t len = sizeof tos;
        CHECK(getsockopt(fds[i], IPPROTO_IP, IP_TOS, &tos, &len) == 0 && tos == 0x60, "%x", tos);
        len = sizeof nodelay;
        CHECK(getsockopt(fds[i], IPPROTO_TCP, 1 /* TCP_NODELAY */, &nodelay, &len) == 0 && nodelay,
              "end %zu", i);
    }
    link_close(a.link);
    link_close(b.link);
    link_listener_close(l);
    run_out();
}

static void a_callback_may_close_or_reset_its_link(void **state)
{
    static const struct {
        enum what a_up, a_bytes, b_up, b_bytes;
    } rows[] = {
        {CLOSE, KEEP, KEEP, KEEP}, {RESET, KEEP, KEEP, KEEP}, {KEEP, KEEP, CLOSE, KEEP},
        {KEEP, KEEP, RESET, KEEP}, {KEEP, CLOSE, KEEP, KEEP}, {KEEP, RESET, KEEP, KEEP},
        {KEEP, KEEP, KEEP, CLOSE}, {KEEP, KEEP, KEEP, RESET},
    };

    (void)state;
    for (size_t tls = 0; tls < 2; tls++) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            struct end a = {.say_at_up = "a", .at_up = rows[i].a_up, .at_bytes = rows[i].a_bytes};
            struct end b = {.say_at_up = "b", .at_up = rows[i].b_up, .at_bytes = rows[i].b_bytes};
            struct link_settings s = tls ? server_tls() : plain();
            struct link_listener *l = listen_for(&s, &b);
            struct link_settings c = tls ? client_tls((struct net_addr){0}) : plain();
            c.peer = link_listener_addr(l);
            connect_end(&a, &c);
            RUN_UNTIL(!a.link);
            RUN_UNTIL(!b.link);
            CHECK(a.downs + b.downs == 1, "row %zu: one closed, one was told", i);
            link_listener_close(l);
            run_out();
        }
    }
}

static void what_was_sent_before_a_close_still_arrives(void **state)
{
    static uint8_t many[6000];
    struct end a = {0}, b = {0};
    struct err e = {0};
    struct link_settings s = server_tls();
    struct link_listener *l = listen_for(&s, &b);
    struct link_settings c = client_tls(link_listener_addr(l));

    (void)state;
    memset(many, 'x', sizeof many);
    connect_end(&a, &c);
    /* Before the handshake: it waits, and goes out behind it. */
    CHECK(link_send(a.link, many, 3000, &e), "%s", e.text);
    RUN_UNTIL(a.ups);
    CHECK(link_send(a.link, many, 3000, &e), "%s", e.text);
    link_close(a.link);
    RUN_UNTIL(b.downs);
    CHECK_BYTES(b.got, b.len, many, sizeof many);
    CHECK(b.why.kind == ERR_CLOSED, "%s", b.why.text);
    link_listener_close(l);
    run_out();
}

static void a_peer_that_never_reads_fills_a_bounded_queue(void **state)
{
    static uint8_t chunk[64 * 1024];
    struct end a = {0};
    struct net_addr to;
    int fd = silent_listener(&to);
    struct link_settings c = plain();
    struct err e = {0};
    unsigned sent = 0;

    (void)state;
    c.peer = to;
    c.send_limit = 128 * 1024;
    connect_end(&a, &c);
    RUN_UNTIL(a.ups);
    while (link_send(a.link, chunk, sizeof chunk, &e) && sent < 10000)
        sent++;
    CHECK(e.kind == ERR_LIMIT && sent < 10000, "after %u chunks: %s", sent, e.text);
    CHECK(!link_send(a.link, chunk, sizeof chunk, &e) && e.kind == ERR_LIMIT, "it stays so");
    link_reset(a.link);
    run_out();
    close(fd);
}

static void a_message_leaves_as_one_record_in_one_write(void **state)
{
    struct end a = {0}, b = {0};
    struct err e = {0};
    struct link_settings s = server_tls();
    struct link_listener *l = listen_for(&s, &b);
    struct link_settings c = client_tls(link_listener_addr(l));
    uint8_t pdu[200] = {0};

    (void)state;
    connect_end(&a, &c);
    RUN_UNTIL(a.ups && b.ups);
    CHECK(link_send(a.link, pdu, sizeof pdu, &e), "%s", e.text);
    RUN_UNTIL(b.len == sizeof pdu);
    CHECK(b.chunks == 1, "%u", b.chunks);
    link_close(a.link);
    link_close(b.link);
    link_listener_close(l);
    run_out();
}

#define MANY 200

static void two_hundred_links_come_up_at_once(void **state)
{
    static struct end clients[MANY], servers[MANY];
    struct link_settings s = server_tls();
    struct link_listener *l = listen_for(&s, &servers[0]);
    struct link_settings c = client_tls(link_listener_addr(l));
    size_t done = 0;

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        servers[i] = (struct end){.echo = true, .next = i + 1 < MANY ? &servers[i + 1] : NULL};
        clients[i] = (struct end){.say_at_up = "register"};
        connect_end(&clients[i], &c);
    }
    for (size_t i = 0; i < MANY; i++)
        RUN_UNTIL(clients[i].len == 8 || clients[i].downs);
    for (size_t i = 0; i < MANY; i++)
        done += clients[i].len == 8;
    CHECK(done == MANY, "%zu", done);
    for (size_t i = 0; i < MANY; i++)
        link_close(clients[i].link);
    for (size_t i = 0; i < MANY; i++)
        RUN_UNTIL(servers[i].downs);
    link_listener_close(l);
    run_out();
}

static void take_nobody(void *arg, struct link *l)
{
    ++*(unsigned *)arg;
    (void)l;
}

static void a_connection_nobody_adopts_is_closed(void **state)
{
    struct end a = {0};
    struct err e = {0};
    unsigned seen = 0;
    struct link_settings s = plain();
    struct link_listener *l = link_listen(&loop, &s, take_nobody, &seen, &e);
    struct link_settings c = plain();

    (void)state;
    c.peer = link_listener_addr(l);
    connect_end(&a, &c);
    RUN_UNTIL(a.downs);
    CHECK(seen == 1 && a.why.kind == ERR_CLOSED, "%s", a.why.text);
    link_listener_close(l);
    run_out();
}

static void a_listener_takes_new_trust_for_new_connections(void **state)
{
    struct end a = {0}, b2 = {0}, b = {.next = &b2}, a2 = {0};
    struct link_settings s = server_tls();
    struct link_listener *l = listen_for(&s, &b);
    struct link_settings c = client_tls(link_listener_addr(l));

    (void)state;
    connect_end(&a, &c);
    RUN_UNTIL(a.ups && b.ups);
    s.trust = strangers;
    link_listener_change(l, &s);
    connect_end(&a2, &c);
    RUN_UNTIL(a2.downs && b2.downs);
    CHECK(a2.why.kind == ERR_TLS_03, "%s", a2.why.text);
    CHECK(a.link && b.link, "the old connection stays");
    link_close(a.link);
    link_close(b.link);
    link_listener_close(l);
    run_out();
}

static int raw_connect(const struct net_addr *to)
{
    struct sockaddr_storage at;
    socklen_t len = sock_from_addr(to, &at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK(connect(fd, (struct sockaddr *)&at, len) == 0, "connect");
    return fd;
}

static void a_listener_out_of_descriptors_lets_connections_wait_and_takes_them_later(void **state)
{
    struct end b = {0};
    struct link_settings s = plain();
    struct link_listener *l = listen_for(&s, &b);
    struct net_addr at = link_listener_addr(l);
    struct rlimit old, none;
    char byte;
    int waiting = raw_connect(&at);

    (void)state;
    CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0, "limits");
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = old.rlim_max};
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0, "limits");
    for (size_t i = 0; i < 10; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    CHECK(setrlimit(RLIMIT_NOFILE, &old) == 0, "limits");
    CHECK(!b.link, "no descriptor was left for a link");
    CHECK(recv(waiting, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN, "it was dropped");
    RUN_UNTIL(b.ups);
    link_close(b.link);
    link_listener_close(l);
    run_out();
    close(waiting);
}

static void an_address_in_use_is_told_at_once(void **state)
{
    struct end b = {0};
    struct err e = {0};
    struct link_settings s = plain();
    struct link_listener *l = listen_for(&s, &b);

    (void)state;
    s.bind = link_listener_addr(l);
    CHECK(!link_listen(&loop, &s, on_accepted, &b, &e), "a second listener");
    CHECK(strstr(e.text, "address already in use"), "%s", e.text);
    link_listener_close(l);
    run_out();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_go_both_ways_with_and_without_tls),
        cmocka_unit_test(ipv6_works_as_ipv4_does),
        cmocka_unit_test(sockets_carry_the_marks_of_signalling),
        cmocka_unit_test(a_callback_may_close_or_reset_its_link),
        cmocka_unit_test(what_was_sent_before_a_close_still_arrives),
        cmocka_unit_test(a_peer_that_never_reads_fills_a_bounded_queue),
        cmocka_unit_test(a_message_leaves_as_one_record_in_one_write),
        cmocka_unit_test(two_hundred_links_come_up_at_once),
        cmocka_unit_test(a_connection_nobody_adopts_is_closed),
        cmocka_unit_test(a_listener_takes_new_trust_for_new_connections),
        cmocka_unit_test(a_listener_out_of_descriptors_lets_connections_wait_and_takes_them_later),
        cmocka_unit_test(an_address_in_use_is_told_at_once),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
