#include "tls_fixture.h"

#include <openssl/ssl.h>

#define DAY INT64_C(86400)

static EVP_PKEY *strong[3], *weak[3];
static int64_t now_s;
static struct port_side port;     /* CiscoUM1-VI1 under its root */
static struct tls_identity *node; /* the call manager */
static struct tls_trust *pins, *issuers;

static const struct tls_profile client_default = {.role = TLS_CLIENT};
static const struct tls_profile server_default = {.role = TLS_SERVER};

static struct tls_identity *make_node(EVP_PKEY *key, bool sha1, int64_t from_s, int64_t to_s)
{
    struct err e = {0};
    struct tls_node_spec spec = {.cn = "cucm1.lab.test",
                                 .country = "JP",
                                 .organization = "Example",
                                 .unit = "Lab",
                                 .state = "Tokyo",
                                 .locality = "Minato",
                                 .sha1 = sha1,
                                 .not_before_s = from_s,
                                 .not_after_s = to_s,
                                 .key = key};
    struct tls_identity *id = tls_identity_make_node(&spec, &e);
    CHECK(id, "%s", e.text);
    return id;
}

static int make_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        strong[i] = issue_key(2048, NULL);
        weak[i] = issue_key(1024, NULL);
    }
    now_s = x509_now_s();
    port = port_side_of(strong[0], strong[1], "CiscoUM1-VI1", false, now_s);
    node = make_node(strong[2], false, 0, 0);
    pins = trust_one(TLS_TRUST_PINNED, tls_identity_cert(node));
    issuers = trust_one(TLS_TRUST_ISSUERS, port.root);
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    tls_trust_free(pins);
    tls_trust_free(issuers);
    tls_identity_free(node);
    port_side_free(&port);
    for (size_t i = 0; i < 3; i++) {
        EVP_PKEY_free(strong[i]);
        EVP_PKEY_free(weak[i]);
    }
    return 0;
}

static void say(struct tls_session *from, const char *text)
{
    struct err e = {0};

    CHECK(tls_session_write(from, text, strlen(text), &e), "%s", e.text);
}

static void hears(struct tls_session *to, const char *text)
{
    char got[256];
    size_t n = tls_session_read(to, got, sizeof got);

    CHECK_BYTES(got, n, text, strlen(text));
}

static void talk_both_ways(struct pair *p, size_t step)
{
    say(p->client, "register");
    say(p->server, "registered");
    pair_run(p, step);
    hears(p->server, "register");
    hears(p->client, "registered");
}

static void a_handshake_fed_byte_by_byte_is_finished_in_every_mode(void **state)
{
    struct tls_identity *weak_node = make_node(weak[2], true, 0, 0);
    struct port_side weak_port = port_side_of(weak[0], weak[1], "CiscoUM1-VI1", true, now_s);
    struct tls_trust *weak_pins = trust_one(TLS_TRUST_PINNED, tls_identity_cert(weak_node));
    struct tls_trust *weak_issuers = trust_one(TLS_TRUST_ISSUERS, weak_port.root);
    static const struct {
        struct tls_profile client, server;
        bool weak;
        const char *version, *cipher;
    } rows[] = {
        {{.role = TLS_CLIENT},
         {.role = TLS_SERVER},
         false,
         "TLSv1.2",
         "ECDHE-RSA-AES256-GCM-SHA384"},
        {{.role = TLS_CLIENT},
         {.role = TLS_SERVER, .ciphers = "AES128-SHA"},
         false,
         "TLSv1.2",
         "AES128-SHA"}, /* CUCM's suite of old: 4.2 */
        {{.role = TLS_CLIENT, .authenticated = true},
         {.role = TLS_SERVER, .authenticated = true},
         false,
         "TLSv1.2",
         "NULL-SHA"},
        {{.role = TLS_CLIENT, .authenticated = true},
         {.role = TLS_SERVER, .authenticated = true, .ciphers = "AES128-SHA:NULL-SHA"},
         false,
         "TLSv1.2",
         "NULL-SHA"}, /* one server for both kinds of port */
        {{.role = TLS_CLIENT},
         {.role = TLS_SERVER, .authenticated = true, .ciphers = "AES128-SHA:NULL-SHA"},
         false,
         "TLSv1.2",
         "AES128-SHA"},
        {{.role = TLS_CLIENT, .legacy = true},
         {.role = TLS_SERVER, .legacy = true, .max_version = TLS1_VERSION, .ciphers = "AES128-SHA"},
         true,
         "TLSv1",
         "AES128-SHA"}, /* CUCM 9 */
        {{.role = TLS_CLIENT, .legacy = true},
         {.role = TLS_SERVER, .legacy = true, .max_version = TLS1_VERSION},
         true,
         "TLSv1",
         "AES128-SHA"}, /* ECDHE wants no GCM below 1.2 */
        {{.role = TLS_CLIENT, .legacy = true},
         {.role = TLS_SERVER, .legacy = true},
         true,
         "TLSv1.2",
         "ECDHE-RSA-AES256-GCM-SHA384"},
        {{.role = TLS_CLIENT, .max_version = TLS1_3_VERSION},
         {.role = TLS_SERVER, .max_version = TLS1_3_VERSION},
         false,
         "TLSv1.3",
         "TLS_AES_256_GCM_SHA384"},
    };
    static const size_t steps[] = {1, 5, 20000};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
            bool w = rows[i].weak;
            struct pair p;
            struct tls_facts f;
            pair_open(&p, &rows[i].client, w ? weak_port.id : port.id, w ? weak_pins : pins,
                      &rows[i].server, w ? weak_node : node, w ? weak_issuers : issuers);
            pair_run(&p, steps[k]);
            CHECK(tls_session_state(p.client) == TLS_OPEN, "row %zu: %s", i, p.client_why.text);
            CHECK(tls_session_state(p.server) == TLS_OPEN, "row %zu: %s", i, p.server_why.text);
            tls_session_facts(p.client, &f);
            CHECK(strcmp(f.version, rows[i].version) == 0, "row %zu: %s", i, f.version);
            CHECK(strcmp(f.cipher, rows[i].cipher) == 0, "row %zu: %s", i, f.cipher);
            CHECK(strcmp(f.peer_cn, "cucm1.lab.test") == 0, "row %zu: %s", i, f.peer_cn);
            tls_session_facts(p.server, &f);
            CHECK(strcmp(f.peer_cn, "CiscoUM1-VI1") == 0, "row %zu: %s", i, f.peer_cn);
            CHECK(f.alert_received == -1 && f.alert_sent == -1, "row %zu", i);
            talk_both_ways(&p, steps[k]);
            pair_free(&p);
        }
    }
    tls_trust_free(weak_pins);
    tls_trust_free(weak_issuers);
    tls_identity_free(weak_node);
    port_side_free(&weak_port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handshake_fed_byte_by_byte_is_finished_in_every_mode),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
