#include "tls_fixture.h"

#include "base/sanitizer.h"

#include <malloc.h>

#define SESSIONS 100
#define MOST     (40 * 1024) /* 10,000 idle ports in 400 MB */

static size_t in_use(void)
{
    struct mallinfo2 m = mallinfo2();

    return m.uordblks + m.hblkhd;
}

static void measure(void)
{
    static struct pair pairs[SESSIONS];
    struct err e = {0};
    struct acquainted a = acquaint();
    struct tls_context *c = tls_context_new(&(struct tls_profile){.role = TLS_CLIENT}, &e);
    struct tls_context *s = tls_context_new(&(struct tls_profile){.role = TLS_SERVER}, &e);

    for (size_t i = 0; i < SESSIONS; i++) {
        struct pair *p = &pairs[i];
        p->client = tls_session_new(c, a.port.id, a.pins, &e);
        p->server = tls_session_new(s, a.node, a.issuers, &e);
        pair_run(p, 20000);
        CHECK(tls_session_write(p->client, "register", 8, &e), "%s", e.text);
        pair_run(p, 20000);
        char got[16];
        CHECK(tls_session_read(p->server, got, sizeof got) == 8, "%s", p->server_why.text);
    }
    size_t both = in_use();
    for (size_t i = 0; i < SESSIONS; i++)
        tls_session_free(pairs[i].server);
    size_t clients = in_use();
    for (size_t i = 0; i < SESSIONS; i++)
        tls_session_free(pairs[i].client);
    size_t none = in_use();
    size_t client = (clients - none) / SESSIONS, server = (both - clients) / SESSIONS;
    printf("an idle client session keeps %zu bytes, an idle server session %zu\n", client, server);
    CHECK(client > 1000 && client <= MOST, "%zu", client);
    CHECK(server > 1000 && server <= MOST, "%zu", server);
    tls_context_free(c);
    tls_context_free(s);
    acquainted_free(&a);
}

static void an_idle_session_is_small(void **state)
{
    (void)state;
    if (!SANITIZER) /* whose allocator tells mallinfo2 nothing */
        measure();
    else
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_idle_session_is_small)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
