/* Each allocation of ours fails in turn (OpenSSL's and libuv's own stay as they are). What fails
 * must say so, and leave nothing. */
#include "failing_memory.h"
#include "tls_fixture.h"

#include "tls/link.h"

#include <unistd.h>

static EVP_PKEY *root_key, *key;
static struct port_side port;
static struct tls_trust *pins, *issuers;
static char dir[] = "/tmp/vmports-oom-XXXXXX";

static int make_all(void **state)
{
    (void)state;
    root_key = issue_key(2048, NULL);
    key = issue_key(2048, NULL);
    port = port_side_of(root_key, key, "CiscoUM1-VI1", false, x509_now_s());
    pins = trust_one(TLS_TRUST_PINNED, tls_identity_cert(port.id));
    issuers = trust_one(TLS_TRUST_ISSUERS, port.root);
    CHECK(mkdtemp(dir), "a directory");
    return 0;
}

static int free_all(void **state)
{
    static const char *const files[] = {
        "ports/CiscoUM1-VI1.pem", "ports.key", "root.key", "root.pem", ".lock", "ports"};
    char path[128];

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        remove(path);
    }
    rmdir(dir);
    tls_trust_free(pins);
    tls_trust_free(issuers);
    port_side_free(&port);
    EVP_PKEY_free(root_key);
    EVP_PKEY_free(key);
    return 0;
}

/* One identity plays both ends here: what is tried is memory. */
static bool talk(struct tls_session *c, struct tls_session *s, struct err *e)
{
    struct pair p = {.client = c, .server = s};
    char got[16];

    pair_run(&p, 20000);
    bool ok = p.client_why.kind == ERR_NONE && p.server_why.kind == ERR_NONE;
    if (!ok) {
        *e = p.client_why.kind != ERR_NONE ? p.client_why : p.server_why;
        return false;
    }
    if (!tls_session_write(c, "register", 8, e))
        return false;
    pair_run(&p, 20000);
    *e = p.server_why;
    return e->kind == ERR_NONE && tls_session_read(s, got, sizeof got) == 8;
}

static bool a_handshake(struct err *e)
{
    struct tls_context *cc = tls_context_new(&(struct tls_profile){.role = TLS_CLIENT}, e);
    struct tls_context *sc =
        cc ? tls_context_new(&(struct tls_profile){.role = TLS_SERVER}, e) : NULL;
    struct tls_session *c = sc ? tls_session_new(cc, port.id, pins, e) : NULL;
    struct tls_session *s = c ? tls_session_new(sc, port.id, issuers, e) : NULL;
    bool ok = s && talk(c, s, e);

    tls_session_free(c);
    tls_session_free(s);
    tls_context_free(cc);
    tls_context_free(sc);
    return ok;
}

static bool a_copy_of_trust(struct err *e)
{
    struct tls_trust *a = tls_trust_copy(pins, e), *b = a ? tls_trust_copy(issuers, e) : NULL;

    tls_trust_free(a);
    tls_trust_free(b);
    return b != NULL;
}

static bool an_authority(struct err *e)
{
    struct tls_authority *a = tls_authority_open(&(struct tls_authority_settings){.dir = dir}, e);
    struct tls_identity *id = a ? tls_authority_port(a, "CiscoUM1-VI1", e) : NULL;

    tls_identity_free(id);
    tls_authority_free(a);
    return id != NULL;
}

static void on_accepted(void *arg, struct link *l)
{
    (void)arg;
    link_close(l);
}

static void on_down(void *owner, struct link *l, const struct err *why)
{
    (void)l;
    *(struct err *)owner = *why;
}

static bool a_link(struct err *e)
{
    static const struct link_events events = {.down = on_down};
    struct link_settings s = {0};
    struct err down = {0};
    uv_loop_t loop;

    CHECK(net_addr_parse(&s.bind, "127.0.0.1", 0), "loopback");
    uv_loop_init(&loop);
    struct link_listener *listener = link_listen(&loop, &s, on_accepted, NULL, e);
    struct link *l = NULL;
    if (listener) {
        s.peer = link_listener_addr(listener);
        l = link_connect(&loop, &s, &events, &down, e);
    }
    while (l && down.kind == ERR_NONE && !memory_struck())
        uv_run(&loop, UV_RUN_ONCE);
    bool dropped = l && down.kind == ERR_NONE;
    if (dropped) {
        link_close(l);
        err_set(e, ERR_MEMORY, "the other end had none");
    }
    if (listener)
        link_listener_close(listener);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop) == 0, "every handle is closed");
    return l && !dropped;
}

static void a_handshake_without_memory_says_so_and_leaves_nothing(void **state)
{
    (void)state;
    memory_fail_each("a handshake", a_handshake, MEMORY_FAILS_ONCE);
}

static void trust_without_memory_says_so_and_leaves_nothing(void **state)
{
    (void)state;
    memory_fail_each("trust", a_copy_of_trust, MEMORY_FAILS_ONCE);
}

static void an_authority_without_memory_says_so_and_leaves_nothing(void **state)
{
    struct err e = {0};

    (void)state;
    CHECK(an_authority(&e), "%s", e.text); /* keys are made once, outside of the count */
    memory_fail_each("an authority", an_authority, MEMORY_FAILS_ONCE);
}

static void a_link_without_memory_says_so_and_leaves_nothing(void **state)
{
    (void)state;
    memory_fail_each("a link", a_link, MEMORY_FAILS_ONCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handshake_without_memory_says_so_and_leaves_nothing),
        cmocka_unit_test(trust_without_memory_says_so_and_leaves_nothing),
        cmocka_unit_test(an_authority_without_memory_says_so_and_leaves_nothing),
        cmocka_unit_test(a_link_without_memory_says_so_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
