/* The ceilings of registering: mutual TLS 1.2 with RSA 2048 on both sides, by raw OpenSSL in
 * memory, nothing of ours in the loop.
 *     tls_bench rate SUITE SECONDS   the client half, by processor time, with the other core at
 *                                    rest; then both halves on two threads by wall time, and the
 *                                    client half again: two busy cores slow each other
 *     tls_bench idle SUITE N         resident memory of a client SSL that has finished
 * Certificates are made as vmports and labcm make theirs. Prints one JSON object. */
#include "test/bench/bench.h"
#include "tls/issue.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

struct world {
    SSL_CTX *client, *server;
};

static X509_STORE *store_of(X509 *cert)
{
    X509_STORE *store = X509_STORE_new();

    if (!store || !X509_STORE_add_cert(store, cert))
        bench_die("no certificate store", NULL);
    return store;
}

static SSL_CTX *context(const SSL_METHOD *method, const char *suite, X509 *own, EVP_PKEY *key,
                        X509 *trusted)
{
    SSL_CTX *c = SSL_CTX_new(method);

    if (!c || !SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) ||
        !SSL_CTX_set_max_proto_version(c, TLS1_2_VERSION) || !SSL_CTX_set_cipher_list(c, suite) ||
        !SSL_CTX_use_certificate(c, own) || !SSL_CTX_use_PrivateKey(c, key))
        bench_die("no TLS context: is the suite known?", NULL);
    SSL_CTX_set_options(c, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_cert_store(c, store_of(trusted));
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return c;
}

static struct world make_world(const char *suite)
{
    static const struct tls_node_spec spec = {.cn = "bench", .bits = 2048};
    struct err e = {0};
    int64_t now_s = clock_wall_ns() / NS_PER_S;
    struct tls_identity *node = tls_identity_make_node(&spec, &e);
    EVP_PKEY *root_key = issue_key(2048, &e), *key = issue_key(2048, &e);
    X509 *root = root_key ? issue_root(root_key, false, now_s, &e) : NULL;
    X509 *port = root && key ? issue_port(root, root_key, key, "bench1", false, now_s, &e) : NULL;

    if (!node || !port)
        bench_die("certificates", &e);
    struct world w = {
        .client = context(TLS_client_method(), suite, port, key, tls_identity_cert(node)),
        .server = context(TLS_server_method(), suite, tls_identity_cert(node),
                          tls_identity_key(node), root),
    };
    X509_free(port);
    X509_free(root);
    EVP_PKEY_free(key);
    EVP_PKEY_free(root_key);
    tls_identity_free(node);
    return w;
}

/* What one end writes, the other reads. */
static void join(SSL *client, SSL *server)
{
    BIO *up = BIO_new(BIO_s_mem()), *down = BIO_new(BIO_s_mem());

    BIO_up_ref(up);
    BIO_up_ref(down);
    SSL_set_bio(client, down, up);
    SSL_set_bio(server, up, down);
}

static void step(SSL *s)
{
    int rc = SSL_do_handshake(s);

    if (rc != 1 && SSL_get_error(s, rc) != SSL_ERROR_WANT_READ)
        bench_die("the handshake fails", NULL);
}

/* A finished pair; what the client half of it cost is added to *client_ns, if wanted. */
static void handshake(const struct world *w, SSL **client, SSL **server, int64_t *client_ns)
{
    int64_t from = client_ns ? bench_cpu_ns(CLOCK_THREAD_CPUTIME_ID) : 0;

    *client = SSL_new(w->client);
    SSL_set_connect_state(*client);
    if (client_ns)
        *client_ns += bench_cpu_ns(CLOCK_THREAD_CPUTIME_ID) - from;
    *server = SSL_new(w->server);
    SSL_set_accept_state(*server);
    join(*client, *server);
    while (!SSL_is_init_finished(*client) || !SSL_is_init_finished(*server)) {
        from = client_ns ? bench_cpu_ns(CLOCK_THREAD_CPUTIME_ID) : 0;
        step(*client);
        if (client_ns)
            *client_ns += bench_cpu_ns(CLOCK_THREAD_CPUTIME_ID) - from;
        step(*server);
    }
}

static double client_half(const struct world *w, int64_t run_ns)
{
    int64_t end = clock_now_ns() + run_ns, used = 0, count = 0;

    for (SSL *c, *s; clock_now_ns() < end; count++) {
        handshake(w, &c, &s, &used);
        SSL_free(c);
        SSL_free(s);
    }
    return (double)count * 1e9 / (double)used;
}

struct both {
    const struct world *world;
    int64_t end, count, client_ns;
    pthread_t id;
};

static void *both_halves(void *arg)
{
    struct both *b = arg;

    for (SSL *c, *s; clock_now_ns() < b->end; b->count++) {
        handshake(b->world, &c, &s, &b->client_ns);
        SSL_free(c);
        SSL_free(s);
    }
    return NULL;
}

struct rates {
    double pairs_per_s, clients_per_cpu_s;
};

static struct rates two_threads(const struct world *w, int64_t run_ns)
{
    int64_t start = clock_now_ns(), count = 0, client_ns = 0;
    struct both b[2];

    for (int i = 0; i < 2; i++) {
        b[i] = (struct both){.world = w, .end = start + run_ns};
        if (pthread_create(&b[i].id, NULL, both_halves, &b[i]) != 0)
            bench_die("no thread", NULL);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(b[i].id, NULL);
        count += b[i].count;
        client_ns += b[i].client_ns;
    }
    return (struct rates){(double)count * 1e9 / (double)(clock_now_ns() - start),
                          (double)count * 1e9 / (double)client_ns};
}

static long resident_bytes(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    if (!f || fscanf(f, "%*d %ld", &pages) != 1)
        bench_die("/proc/self/statm", NULL);
    fclose(f);
    return pages * sysconf(_SC_PAGESIZE);
}

/* A client whose peer and buffers are gone, as it would stand behind an idle socket. */
static SSL *idle_client(const struct world *w)
{
    SSL *c, *s;

    handshake(w, &c, &s, NULL);
    SSL_free(s);
    BIO *none = BIO_new(BIO_s_null());
    SSL_set_bio(c, none, none);
    return c;
}

static double idle_kib(const struct world *w, unsigned count)
{
    SSL **all = calloc(count, sizeof *all);

    for (unsigned i = 0; i < 20; i++) /* what comes but once */
        SSL_free(idle_client(w));
    long before = resident_bytes();
    for (unsigned i = 0; all && i < count; i++)
        all[i] = idle_client(w);
    double kib = (double)(resident_bytes() - before) / 1024 / count;
    for (unsigned i = 0; all && i < count; i++)
        SSL_free(all[i]);
    free(all);
    return kib;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        bench_die("usage: tls_bench rate SUITE SECONDS | idle SUITE N", NULL);
    struct world w = make_world(argv[2]);
    unsigned n = bench_number(argv[3], 100000);
    if (strcmp(argv[1], "idle") == 0) {
        printf("{\"idle_kib\": %.2f}\n", idle_kib(&w, n));
    } else {
        double alone = client_half(&w, n * NS_PER_S);
        struct rates two = two_threads(&w, n * NS_PER_S);
        printf(
            "{\"client_per_cpu_s\": %.0f, \"both_per_s\": %.0f, \"client_busy_per_cpu_s\": %.0f}\n",
            alone, two.pairs_per_s, two.clients_per_cpu_s);
    }
    SSL_CTX_free(w.client);
    SSL_CTX_free(w.server);
    return 0;
}
