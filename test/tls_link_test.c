#include "tls_fixture.h"

#include "base/sock.h"
#include "tls/link.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/resource.h>
#include <unistd.h>

enum what { KEEP, CLOSE, RESET };

/* Both ends live in one loop. An `end` writes down what happens to it. */
struct end {
    struct link *link; /* NULL once it is gone */
    unsigned ups, downs, chunks;
    uint8_t got[8192];
    size_t len;
    struct err why;
    const char *say_at_up;
    enum what at_up, at_bytes;
    bool echo;
    struct end *next; /* of a listener: who gets the next connection */
};

static EVP_PKEY *keys[3];
static struct port_side port;
static struct tls_identity *node;
static struct tls_trust *pins, *issuers, *strangers;
static struct tls_context *client_context, *server_context;
static uv_loop_t loop;

static void act(struct end *end, struct link *l, enum what what)
{
    if (what == CLOSE)
        link_close(l);
    if (what == RESET)
        link_reset(l);
    if (what != KEEP)
        end->link = NULL;
}

static void on_up(void *owner, struct link *l)
{
    struct end *end = owner;
    struct err e = {0};

    CHECK(end->downs == 0 && end->ups == 0, "up comes once");
    end->ups++;
    if (end->say_at_up && !link_send(l, end->say_at_up, strlen(end->say_at_up), &e))
        CHECK(e.kind == ERR_NET_03 || e.kind == ERR_CLOSED,
              "only a peer that has left is an excuse: %s", e.text);
    act(end, l, end->at_up);
}

static void on_bytes(void *owner, struct link *l, const uint8_t *bytes, size_t len)
{
    struct end *end = owner;
    struct err e = {0};

    CHECK(end->ups == 1 && end->downs == 0 && end->link == l, "bytes come between up and down");
    end->chunks++;
    CHECK(len <= sizeof end->got - end->len, "%zu", len);
    memcpy(end->got + end->len, bytes, len);
    end->len += len;
    if (end->echo)
        CHECK(link_send(l, bytes, len, &e), "%s", e.text);
    act(end, l, end->at_bytes);
}

static void on_down(void *owner, struct link *l, const struct err *why)
{
    struct end *end = owner;

    CHECK(end->link == l && end->downs == 0, "down comes once, and never after a close");
    end->downs++;
    end->why = *why;
    end->link = NULL;
}

static const struct link_events events = {on_up, on_bytes, on_down};

static void on_accepted(void *arg, struct link *l)
{
    struct end *end = arg;

    while (end->link || end->downs || end->ups) {
        CHECK(end->next, "one connection too many");
        end = end->next;
    }
    end->link = l;
    link_adopt(l, &events, end);
}

static struct link_settings plain(void)
{
    struct link_settings s = {.tos = 0x60};

    CHECK(net_addr_parse(&s.bind, "127.0.0.1", 0), "loopback");
    return s;
}

static struct link_settings server_tls(void)
{
    struct link_settings s = plain();

    s.context = server_context;
    s.identity = node;
    s.trust = issuers;
    return s;
}

static struct link_settings client_tls(struct net_addr to)
{
    struct link_settings s = plain();

    s.context = client_context;
    s.identity = port.id;
    s.trust = pins;
    s.peer = to;
    return s;
}

static struct link_listener *listen_for(const struct link_settings *s, struct end *first)
{
    struct err e = {0};
    struct link_listener *l = link_listen(&loop, s, on_accepted, first, &e);

    CHECK(l, "%s", e.text);
    return l;
}

static void connect_end(struct end *end, const struct link_settings *s)
{
    struct err e = {0};

    end->link = link_connect(&loop, s, &events, end, &e);
    CHECK(end->link, "%s", e.text);
}

static int make_all(void **state)
{
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < 3; i++)
        keys[i] = issue_key(2048, NULL);
    port = port_side_of(keys[0], keys[1], "CiscoUM1-VI1", false, x509_now_s());
    struct tls_node_spec spec = {.cn = "cucm1.lab.test", .key = keys[2]};
    node = tls_identity_make_node(&spec, &e);
    CHECK(node, "%s", e.text);
    pins = trust_one(TLS_TRUST_PINNED, tls_identity_cert(node));
    issuers = trust_one(TLS_TRUST_ISSUERS, port.root);
    strangers = trust_one(TLS_TRUST_ISSUERS, NULL);
    client_context = tls_context_new(&(struct tls_profile){.role = TLS_CLIENT}, &e);
    server_context = tls_context_new(&(struct tls_profile){.role = TLS_SERVER}, &e);
    CHECK(client_context && server_context, "%s", e.text);
    uv_loop_init(&loop);
    return 0;
}

static int free_all(void **state)
{
    (void)state;
    CHECK(uv_loop_close(&loop) == 0, "every handle is closed");
    tls_context_free(client_context);
    tls_context_free(server_context);
    tls_trust_free(pins);
    tls_trust_free(issuers);
    tls_trust_free(strangers);
    tls_identity_free(node);
    port_side_free(&port);
    for (size_t i = 0; i < 3; i++)
        EVP_PKEY_free(keys[i]);
    return 0;
}

/* ---- a watch, so that no test waits for ever ------------------------------------------ */

static uv_timer_t watch;

static void too_long(uv_timer_t *t)
{
    (void)t;
    CHECK(false, "nothing happened for 20 seconds");
}

static void start_watch(void)
{
    uv_timer_init(&loop, &watch);
    uv_timer_start(&watch, too_long, 20000, 0);
}

static void stop_watch(void)
{
    uv_close((uv_handle_t *)&watch, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
}

/* Runs the loop until the condition holds. */
#define RUN_UNTIL(cond)                                                                            \
    do {                                                                                           \
        start_watch();                                                                             \
        while (!(cond))                                                                            \
            uv_run(&loop, UV_RUN_ONCE);                                                            \
        stop_watch();                                                                              \
    } while (0)

/* Runs until nothing is left in the loop: everything was freed. */
static void run_out(void)
{
    start_watch();
    uv_unref((uv_handle_t *)&watch);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&watch, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
}

/* ---- tests ---------------------------------------------------------------------------- */

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

/* Accepts by the kernel, answers nothing. */
static int silent_listener(struct net_addr *out)
{
    struct sockaddr_in me = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof me;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK(bind(fd, (struct sockaddr *)&me, len) == 0 && listen(fd, 8) == 0 &&
              getsockname(fd, (struct sockaddr *)&me, &len) == 0,
          "listen");
    *out = sock_to_addr((struct sockaddr *)&me);
    return fd;
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

#define CROWD 5

static int raw_connect(const struct net_addr *to)
{
    struct sockaddr_storage at;
    socklen_t len = sock_from_addr(to, &at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK(connect(fd, (struct sockaddr *)&at, len) == 0, "connect");
    return fd;
}

/* Without a spare descriptor the connections would stay in the queue and wake the loop for ever. */
static void a_listener_out_of_descriptors_drops_connections_and_lives_on(void **state)
{
    struct end a = {0}, b = {0};
    struct link_settings s = plain();
    struct link_listener *l = listen_for(&s, &b);
    struct net_addr at = link_listener_addr(l);
    struct rlimit old;
    char byte;

    (void)state;
    int crowd[CROWD];
    for (size_t i = 0; i < CROWD; i++)
        crowd[i] = raw_connect(&at);
    CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0, "limits");
    struct rlimit few = {.rlim_cur = (rlim_t)crowd[CROWD - 1] + 1, .rlim_max = old.rlim_max};
    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0, "limits");
    for (size_t i = 0; i < CROWD; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    CHECK(setrlimit(RLIMIT_NOFILE, &old) == 0, "limits");
    CHECK(!b.link, "no descriptor was left for a link");
    for (size_t i = 0; i < CROWD; i++) {
        CHECK(recv(crowd[i], &byte, 1, MSG_DONTWAIT) == 0, "connection %zu was dropped", i);
        close(crowd[i]);
    }
    s.peer = at;
    connect_end(&a, &s);
    RUN_UNTIL(a.ups && b.ups);
    link_close(a.link);
    link_close(b.link);
    link_listener_close(l);
    run_out();
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
        cmocka_unit_test(a_refused_connection_is_net_01_with_the_address),
        cmocka_unit_test(a_silent_server_ends_the_handshake_with_tls_13_and_its_step),
        cmocka_unit_test(a_server_that_drops_our_syn_is_net_02),
        cmocka_unit_test(a_server_that_refuses_us_is_named_with_its_alert_at_both_ends),
        cmocka_unit_test(a_refusal_after_up_is_still_the_alert),
        cmocka_unit_test(each_way_to_lose_a_connection_has_its_words),
        cmocka_unit_test(a_fin_without_close_notify_is_net_03),
        cmocka_unit_test(a_server_that_hangs_up_in_the_handshake_is_net_03),
        cmocka_unit_test(a_server_of_another_protocol_is_named),
        cmocka_unit_test(a_callback_may_close_or_reset_its_link),
        cmocka_unit_test(what_was_sent_before_a_close_still_arrives),
        cmocka_unit_test(a_peer_that_never_reads_fills_a_bounded_queue),
        cmocka_unit_test(a_message_leaves_as_one_record_in_one_write),
        cmocka_unit_test(two_hundred_links_come_up_at_once),
        cmocka_unit_test(a_connection_nobody_adopts_is_closed),
        cmocka_unit_test(a_listener_takes_new_trust_for_new_connections),
        cmocka_unit_test(a_listener_out_of_descriptors_drops_connections_and_lives_on),
        cmocka_unit_test(an_address_in_use_is_told_at_once),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
