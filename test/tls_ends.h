/* Links over loopback for tests: both ends live in one loop. */
#ifndef TEST_TLS_ENDS_H
#define TEST_TLS_ENDS_H

#include "tls_fixture.h"

#include "base/sock.h"
#include "tls/link.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Nothing here may depend on a fast machine: valgrind needs half a minute for 200 handshakes. */
#define PATIENCE_MS 100000

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

static inline void act(struct end *end, struct link *l, enum what what)
{
    if (what == CLOSE)
        link_close(l);
    if (what == RESET)
        link_reset(l);
    if (what != KEEP)
        end->link = NULL;
}

static inline void on_up(void *owner, struct link *l)
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

static inline void on_bytes(void *owner, struct link *l, const uint8_t *bytes, size_t len)
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

static inline void on_down(void *owner, struct link *l, const struct err *why)
{
    struct end *end = owner;

    CHECK(end->link == l && end->downs == 0, "down comes once, and never after a close");
    end->downs++;
    end->why = *why;
    end->link = NULL;
}

static const struct link_events events = {on_up, on_bytes, on_down};

static inline void on_accepted(void *arg, struct link *l)
{
    struct end *end = arg;

    while (end->link || end->downs || end->ups) {
        CHECK(end->next, "one connection too many");
        end = end->next;
    }
    end->link = l;
    link_adopt(l, &events, end);
}

static inline struct link_settings plain(void)
{
    struct link_settings s = {.tos = 0x60, .connect_ms = PATIENCE_MS, .handshake_ms = PATIENCE_MS};

    CHECK(net_addr_parse(&s.bind, "127.0.0.1", 0), "loopback");
    return s;
}

static inline struct link_settings server_tls(void)
{
    struct link_settings s = plain();

    s.context = server_context;
    s.identity = node;
    s.trust = issuers;
    return s;
}

static inline struct link_settings client_tls(struct net_addr to)
{
    struct link_settings s = plain();

    s.context = client_context;
    s.identity = port.id;
    s.trust = pins;
    s.peer = to;
    return s;
}

static inline struct link_listener *listen_for(const struct link_settings *s, struct end *first)
{
    struct err e = {0};
    struct link_listener *l = link_listen(&loop, s, on_accepted, first, &e);

    CHECK(l, "%s", e.text);
    return l;
}

static inline void connect_end(struct end *end, const struct link_settings *s)
{
    struct err e = {0};

    end->link = link_connect(&loop, s, &events, end, &e);
    CHECK(end->link, "%s", e.text);
}

static inline int make_all(void **state)
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

static inline int free_all(void **state)
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

static inline void too_long(uv_timer_t *t)
{
    (void)t;
    CHECK(false, "nothing happened for a long time");
}

static inline void start_watch(void)
{
    uv_timer_init(&loop, &watch);
    uv_update_time(&loop);
    uv_timer_start(&watch, too_long, PATIENCE_MS, 0);
}

static inline void stop_watch(void)
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
static inline void run_out(void)
{
    start_watch();
    uv_unref((uv_handle_t *)&watch);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&watch, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
}

/* Accepts by the kernel, answers nothing. */
static inline int silent_listener(struct net_addr *out)
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

#endif
