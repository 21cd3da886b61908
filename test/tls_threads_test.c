#include "tls_fixture.h"

#include <pthread.h>

#define THREADS    4
#define HANDSHAKES 8

/* What workers share: one identity a port, one list of pins; and the lab's server its issuers. */
static struct port_side port;
static struct tls_identity *node;
static struct tls_trust *pins, *issuers;

static void *worker(void *arg)
{
    struct err e = {0};
    size_t *open = arg;
    struct tls_context *c = tls_context_new(&(struct tls_profile){.role = TLS_CLIENT}, &e);
    struct tls_context *s = tls_context_new(&(struct tls_profile){.role = TLS_SERVER}, &e);

    for (size_t i = 0; c && s && i < HANDSHAKES; i++) {
        struct pair p = {.client = tls_session_new(c, port.id, pins, &e),
                         .server = tls_session_new(s, node, issuers, &e)};
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
    struct err e = {0};
    EVP_PKEY *root_key = issue_key(2048, &e), *key = issue_key(2048, &e);
    struct tls_node_spec spec = {.cn = "cucm1.lab.test", .bits = 2048};
    pthread_t threads[THREADS];
    size_t open[THREADS] = {0};

    (void)state;
    port = port_side_of(root_key, key, "CiscoUM1-VI1", false, x509_now_s());
    node = tls_identity_make_node(&spec, &e);
    pins = trust_one(TLS_TRUST_PINNED, tls_identity_cert(node));
    issuers = trust_one(TLS_TRUST_ISSUERS, port.root);
    for (size_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, worker, &open[i]) == 0, "thread %zu", i);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < THREADS; i++)
        CHECK(open[i] == HANDSHAKES, "thread %zu: %zu", i, open[i]);
    tls_trust_free(pins);
    tls_trust_free(issuers);
    tls_identity_free(node);
    port_side_free(&port);
    EVP_PKEY_free(root_key);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(threads_share_identities_and_trust)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
