#include "tls_fixture.h"

#include <pthread.h>

#define THREADS    4
#define HANDSHAKES 8

/* What workers share: one identity a port, one list of pins; and the lab's server its issuers. */
static struct acquainted both;

static void *worker(void *arg)
{
    struct err e = {0};
    size_t *open = arg;
    struct tls_context *c = tls_context_new(&(struct tls_profile){.role = TLS_CLIENT}, &e);
    struct tls_context *s = tls_context_new(&(struct tls_profile){.role = TLS_SERVER}, &e);

    for (size_t i = 0; c && s && i < HANDSHAKES; i++) {
        struct pair p = {.client = tls_session_new(c, both.port.id, both.pins, &e),
                         .server = tls_session_new(s, both.node, both.issuers, &e)};
        if (p.client && p.server)
            pair_run(&p, 20000);
        *open += p.client && tls_session_state(p.client) == TLS_OPEN;
        pair_free(&p);
    }
    tls_context_free(c);
    tls_context_free(s);
    return NULL;
}

static void threads_share_identities_and_trust(void **state)
{
    pthread_t threads[THREADS];
    size_t open[THREADS] = {0};

    (void)state;
    both = acquaint();
    for (size_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, worker, &open[i]) == 0, "thread %zu", i);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < THREADS; i++)
        CHECK(open[i] == HANDSHAKES, "thread %zu: %zu", i, open[i]);
    acquainted_free(&both);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(threads_share_identities_and_trust)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
