#include "tls_fixture.h"

#include <openssl/ssl.h>

#define DAY           INT64_C(86400)
#define NET_ADDR_ROOM 24 /* what a caller puts in front */

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

/* ---- who refused whom, and why -------------------------------------------------------- */

struct world {
    const struct tls_profile *client, *server;
    const struct tls_identity *client_id, *server_id;
    const struct tls_trust *pins, *issuers;
};

struct outcome {
    enum err_kind client, server;
    int alert;        /* -1: none */
    bool client_sent; /* who sent it */
    const char *client_says, *server_says;
};

static void comes_out_as(const char *what, const struct world *w, const struct outcome *want)
{
    struct pair p;
    struct tls_facts c, s;

    pair_open(&p, w->client ? w->client : &client_default, w->client_id ? w->client_id : port.id,
              w->pins ? w->pins : pins, w->server ? w->server : &server_default,
              w->server_id ? w->server_id : node, w->issuers ? w->issuers : issuers);
    pair_run(&p, 20000);
    tls_session_facts(p.client, &c);
    tls_session_facts(p.server, &s);
    CHECK(p.client_why.kind == want->client, "%s: client: %s", what, p.client_why.text);
    CHECK(p.server_why.kind == want->server, "%s: server: %s", what, p.server_why.text);
    int sent = want->client_sent ? c.alert_sent : s.alert_sent;
    int received = want->client_sent ? s.alert_received : c.alert_received;
    CHECK(sent == want->alert, "%s: sent alert %d", what, sent);
    CHECK(received == want->alert, "%s: received alert %d", what, received);
    CHECK(!want->client_says || strstr(p.client_why.text, want->client_says), "%s: client: %s",
          what, p.client_why.text);
    CHECK(!want->server_says || strstr(p.server_why.text, want->server_says), "%s: server: %s",
          what, p.server_why.text);
    pair_free(&p);
}

/* Another key under the same subject, issuer and serial number: only the bytes tell. */
static struct tls_identity *look_alike_of(const struct tls_identity *id, EVP_PKEY *key)
{
    struct err e = {0};
    X509 *twin = X509_dup(tls_identity_cert(id));

    CHECK(twin && X509_set_pubkey(twin, key) && X509_sign(twin, key, EVP_sha256()), "twin");
    struct tls_identity *made = tls_identity_new(twin, key, &e);
    CHECK(made, "%s", e.text);
    X509_free(twin);
    return made;
}

static void a_look_alike_of_the_pinned_certificate_is_refused_with_48(void **state)
{
    struct tls_identity *twin = look_alike_of(node, strong[0]);
    char got[65], want[65], subject[128];
    struct pair p;

    (void)state;
    comes_out_as("look-alike", &(struct world){.server_id = twin},
                 &(struct outcome){ERR_TLS_02, ERR_TLS_14, 48, true, "not in the CTL",
                                   "the client sent TLS alert 48 (unknown_ca)"});
    pair_open(&p, &client_default, port.id, pins, &server_default, twin, issuers);
    pair_run(&p, 1);
    x509_sha256_text(tls_identity_cert(twin), got);
    x509_sha256_text(tls_identity_cert(node), want);
    x509_subject_text(tls_identity_cert(node), subject, sizeof subject);
    CHECK(strstr(p.client_why.text, got), "the one that came: %s", p.client_why.text);
    CHECK(strstr(p.client_why.text, want), "the one of the CTL: %s", p.client_why.text);
    CHECK(strstr(p.client_why.text, subject), "%s", p.client_why.text);
    CHECK(strstr(p.client_why.text, "we sent alert 48 unknown_ca"), "%s", p.client_why.text);
    CHECK(strlen(p.client_why.text) < sizeof p.client_why.text - NET_ADDR_ROOM, "no room: %s",
          p.client_why.text);
    pair_free(&p);
    tls_identity_free(twin);
}

static void an_empty_list_of_pins_accepts_nobody(void **state)
{
    struct tls_trust *none = trust_one(TLS_TRUST_PINNED, NULL);

    (void)state;
    comes_out_as("no pins", &(struct world){.pins = none},
                 &(struct outcome){ERR_TLS_02, ERR_TLS_14, 48, true, "no certificate", NULL});
    tls_trust_free(none);
}

static void any_of_several_pins_is_accepted_while_certificates_are_renewed(void **state)
{
    struct tls_identity *next = make_node(strong[1], false, 0, 0);
    struct tls_trust *both = tls_trust_copy(pins, NULL);

    (void)state;
    trust_cert(both, tls_identity_cert(next));
    CHECK(tls_trust_count(both) == 2, "%zu", tls_trust_count(both));
    comes_out_as("old", &(struct world){.pins = both},
                 &(struct outcome){ERR_NONE, ERR_NONE, -1, true, NULL, NULL});
    comes_out_as("new", &(struct world){.pins = both, .server_id = next},
                 &(struct outcome){ERR_NONE, ERR_NONE, -1, true, NULL, NULL});
    tls_trust_free(both);
    tls_identity_free(next);
}

static void a_pinned_certificate_outside_its_dates_is_refused(void **state)
{
    static const struct {
        int64_t from_days, to_days;
        int alert;
    } rows[] = {
        {-100, -1, 45}, /* expired yesterday */
        {1, 100, 42},   /* starts tomorrow */
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct tls_identity *id = make_node(strong[2], false, now_s + rows[i].from_days * DAY,
                                            now_s + rows[i].to_days * DAY);
        struct tls_trust *pin = trust_one(TLS_TRUST_PINNED, tls_identity_cert(id));
        comes_out_as("dates", &(struct world){.server_id = id, .pins = pin},
                     &(struct outcome){ERR_TLS_04, ERR_TLS_14, rows[i].alert, true, "local time is",
                                       "the client sent TLS alert"});
        tls_trust_free(pin);
        tls_identity_free(id);
    }
}

static void a_pinned_certificate_with_a_weak_key_needs_legacy(void **state)
{
    static const struct tls_profile server = {.role = TLS_SERVER, .legacy = true};
    struct tls_identity *id = make_node(weak[0], true, 0, 0);
    struct tls_trust *pin = trust_one(TLS_TRUST_PINNED, tls_identity_cert(id));
    static const struct tls_profile suites = {.role = TLS_CLIENT, .ciphers = "AES128-SHA"};

    (void)state;
    comes_out_as(
        "weak", &(struct world){.server_id = id, .pins = pin, .server = &server, .client = &suites},
        &(struct outcome){ERR_TLS_11, ERR_TLS_14, 42, true, "RSA 1024 bits, RSA-SHA1", NULL});
    tls_trust_free(pin);
    tls_identity_free(id);
}

/* A SHA-1 signature on a pinned certificate proves nothing and breaks nothing: CUCM up to 10 has
 * it. */
static void a_pinned_certificate_signed_with_sha1_is_accepted(void **state)
{
    struct tls_identity *id = make_node(strong[2], true, 0, 0);
    struct tls_trust *pin = trust_one(TLS_TRUST_PINNED, tls_identity_cert(id));
    static const struct tls_profile server = {.role = TLS_SERVER, .legacy = true};

    (void)state;
    comes_out_as("sha1", &(struct world){.server_id = id, .pins = pin, .server = &server},
                 &(struct outcome){ERR_NONE, ERR_NONE, -1, true, NULL, NULL});
    tls_trust_free(pin);
    tls_identity_free(id);
}

static void a_root_the_call_manager_lacks_is_refused_with_48(void **state)
{
    struct port_side other = port_side_of(strong[2], strong[0], "CiscoUM1-VI1", false, now_s);
    struct tls_trust *stranger = trust_one(TLS_TRUST_ISSUERS, other.root);
    struct tls_trust *none = trust_one(TLS_TRUST_ISSUERS, NULL);
    char root[128], file[32];

    (void)state;
    x509_subject_text(port.root, root, sizeof root);
    tls_root_file_name(port.root, file, sizeof file);
    comes_out_as("another root", &(struct world){.issuers = stranger},
                 &(struct outcome){ERR_TLS_03, ERR_TLS_03, 48, false, root, root});
    comes_out_as("no root", &(struct world){.issuers = none},
                 &(struct outcome){ERR_TLS_03, ERR_TLS_03, 48, false, file, "CN=CiscoUnity-"});
    tls_trust_free(stranger);
    tls_trust_free(none);
    port_side_free(&other);
}

static void a_port_certificate_outside_its_dates_is_told_at_both_ends(void **state)
{
    static const struct {
        int64_t made_days;
        int alert;
    } rows[] = {
        {10, 42},    /* the call manager's clock is behind: 5.3 */
        {-3000, 45}, /* made more than 2558 days ago */
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct err e = {0};
        int64_t then = now_s + rows[i].made_days * DAY;
        X509 *cert = issue_port(port.root, strong[0], strong[1], "CiscoUM1-VI1", false, then, &e);
        struct tls_identity *id = tls_identity_new(cert, strong[1], &e);
        comes_out_as("dates", &(struct world){.client_id = id},
                     &(struct outcome){ERR_TLS_05, ERR_TLS_05, rows[i].alert, false,
                                       "ours is valid", "CN=CiscoUM1-VI1 is valid"});
        tls_identity_free(id);
        X509_free(cert);
    }
}

/* The leaf is good; the one to blame is above it. */
static void an_expired_root_is_named_and_not_its_leaf(void **state)
{
    struct err e = {0};
    X509 *root = issue_root(strong[0], false, now_s - 3000 * DAY, &e);
    X509 *cert = issue_port(root, strong[0], strong[1], "CiscoUM1-VI1", false, now_s, &e);
    struct tls_identity *id = tls_identity_new(cert, strong[1], &e);
    struct tls_trust *old = trust_one(TLS_TRUST_ISSUERS, root);

    (void)state;
    comes_out_as("old root", &(struct world){.client_id = id, .issuers = old},
                 &(struct outcome){ERR_TLS_05, ERR_TLS_05, 45, false, "ours is valid",
                                   "certificate of CN=CiscoUnity-"});
    tls_trust_free(old);
    tls_identity_free(id);
    X509_free(cert);
    X509_free(root);
}

static void a_weak_port_certificate_is_refused_unless_both_are_legacy(void **state)
{
    struct port_side old = port_side_of(weak[0], weak[1], "CiscoUM1-VI1", true, now_s);
    struct tls_trust *its_root = trust_one(TLS_TRUST_ISSUERS, old.root);
    struct err e = {0};
    static const struct tls_profile legacy = {.role = TLS_CLIENT, .legacy = true};

    (void)state;
    comes_out_as("modern server",
                 &(struct world){.client = &legacy, .client_id = old.id, .issuers = its_root},
                 &(struct outcome){ERR_TLS_05, ERR_TLS_11, 42, false, "alert 42", "RSA 1024 bits"});
    struct tls_context *c = tls_context_new(&client_default, &e);
    CHECK(!tls_session_new(c, old.id, pins, &e), "level 2 takes no RSA 1024 of our own");
    CHECK(e.kind == ERR_TLS_10 && strstr(e.text, "RSA 1024 bits"), "%s", e.text);
    tls_context_free(c);
    tls_trust_free(its_root);
    port_side_free(&old);
}

static void a_look_alike_root_does_not_help(void **state)
{
    struct err e = {0};
    X509 *twin = X509_dup(port.root);
    CHECK(twin && X509_set_pubkey(twin, strong[2]) && X509_sign(twin, strong[2], EVP_sha256()),
          "twin");
    X509 *cert = issue_port(twin, strong[2], strong[1], "CiscoUM1-VI1", false, now_s, &e);
    struct tls_identity *id = tls_identity_new(cert, strong[1], &e);

    (void)state;
    comes_out_as("forged", &(struct world){.client_id = id},
                 &(struct outcome){ERR_TLS_14, ERR_TLS_05, 51, false, "alert 51 (decrypt_error)",
                                   "signature failure"});
    tls_identity_free(id);
    X509_free(cert);
    X509_free(twin);
}

static void versions_and_suites_that_do_not_meet_are_named(void **state)
{
    static const struct tls_profile c13 = {
        .role = TLS_CLIENT, .min_version = TLS1_3_VERSION, .max_version = TLS1_3_VERSION};
    static const struct tls_profile aes = {.role = TLS_SERVER, .ciphers = "AES128-SHA"};
    static const struct tls_profile null = {.role = TLS_CLIENT, .authenticated = true};

    (void)state;
    comes_out_as(
        "1.3 against 1.2", &(struct world){.client = &c13},
        &(struct outcome){ERR_TLS_07, ERR_TLS_07, 70, false, "TLS 1.3 to TLS 1.3", "TLS 1.2"});
    comes_out_as("NULL-SHA against AES", &(struct world){.client = &null, .server = &aes},
                 &(struct outcome){ERR_TLS_08, ERR_TLS_08, 40, false, "Device Security Mode",
                                   "ours: AES128-SHA"});
}

/* The client's alert comes in a record of another version, which OpenSSL refuses to look into. */
static void a_server_that_chooses_an_old_version_needs_legacy(void **state)
{
    static const struct tls_profile s10 = {
        .role = TLS_SERVER, .legacy = true, .max_version = TLS1_VERSION};
    struct pair p;

    (void)state;
    pair_open(&p, &client_default, port.id, pins, &s10, node, issuers);
    pair_run(&p, 20000);
    CHECK(p.client_why.kind == ERR_TLS_10, "%s", p.client_why.text);
    CHECK(strstr(p.client_why.text,
                 "chose TLS 1.0, but we want TLS 1.2 to TLS 1.2; we sent alert 70"),
          "%s", p.client_why.text);
    CHECK(p.server_why.kind == ERR_TLS_07, "%s", p.server_why.text);
    CHECK(strstr(p.server_why.text, "TLS 1.0 to TLS 1.0"), "%s", p.server_why.text);
    pair_free(&p);
}

/* What openssl s_client does without -cert: here a client whose identity is taken away. */
static void a_client_without_a_certificate_is_refused_with_40(void **state)
{
    struct pair p;
    struct err e = {0};

    (void)state;
    pair_open(&p, &client_default, port.id, pins, &server_default, node, issuers);
    tls_session_free(p.client);
    p.client = tls_session_new(p.client_context, port.id, pins, &e);
    SSL_certs_clear(p.client->ssl);
    pair_run(&p, 7);
    CHECK(p.server_why.kind == ERR_TLS_08, "%s", p.server_why.text);
    CHECK(strstr(p.server_why.text, "sent no client certificate"), "%s", p.server_why.text);
    CHECK(strstr(p.server_why.text, "alert 40"), "%s", p.server_why.text);
    CHECK(p.client_why.kind == ERR_TLS_08, "%s", p.client_why.text);
    CHECK(strstr(p.client_why.text, "none was sent"), "%s", p.client_why.text);
    pair_free(&p);
}

static void a_session_without_certificate_or_trust_is_not_made(void **state)
{
    struct err e = {0};
    struct tls_context *c = tls_context_new(&client_default, &e);

    (void)state;
    CHECK(!tls_session_new(c, NULL, pins, &e) && e.kind == ERR_TLS_01, "%s", e.text);
    CHECK(!tls_session_new(c, port.id, NULL, &e) && e.kind == ERR_USAGE, "%s", e.text);
    tls_context_free(c);
    c = tls_context_new(&server_default, &e);
    CHECK(!tls_session_new(c, node, NULL, &e) && e.kind == ERR_USAGE, "%s", e.text);
    tls_context_free(c);
}

static void old_versions_without_legacy_and_bad_cipher_lists_are_refused(void **state)
{
    struct err e = {0};

    (void)state;
    CHECK(!tls_context_new(&(struct tls_profile){.role = TLS_CLIENT, .min_version = TLS1_VERSION},
                           &e),
          "the empty certificate of level 2");
    CHECK(e.kind == ERR_TLS_10, "%s", e.text);
    CHECK(!tls_context_new(&(struct tls_profile){.role = TLS_CLIENT, .ciphers = "NO-SUCH"}, &e),
          "a list without a suite");
    CHECK(e.kind == ERR_USAGE && strstr(e.text, "NO-SUCH"), "%s", e.text);
}

static void a_server_may_ask_for_no_certificate(void **state)
{
    static const struct tls_profile open_server = {.role = TLS_SERVER, .no_peer_cert = true};
    struct pair p;

    (void)state;
    pair_open(&p, &client_default, port.id, pins, &open_server, node, NULL);
    pair_run(&p, 20000);
    CHECK(tls_session_state(p.server) == TLS_OPEN, "%s", p.server_why.text);
    CHECK(!tls_session_peer_cert(p.server), "none was asked for");
    talk_both_ways(&p, 20000);
    pair_free(&p);
}

/* ---- bytes ---------------------------------------------------------------------------- */

static void open_pair(struct pair *p)
{
    pair_open(p, &client_default, port.id, pins, &server_default, node, issuers);
    pair_run(p, 20000);
    CHECK(tls_session_state(p->client) == TLS_OPEN && tls_session_state(p->server) == TLS_OPEN,
          "%s %s", p->client_why.text, p->server_why.text);
}

static void a_megabyte_goes_through_whole(void **state)
{
    static uint8_t sent[1 << 20], got[1 << 20];
    struct err e = {0};
    struct pair p;
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)(i * 31 + (i >> 8));
    open_pair(&p);
    CHECK(tls_session_write(p.client, sent, sizeof sent, &e), "%s", e.text);
    pair_run(&p, 1000);
    for (size_t k; (k = tls_session_read(p.server, got + n, 777)) > 0;)
        n += k;
    CHECK_BYTES(got, n, sent, sizeof sent);
    pair_free(&p);
}

static void what_is_written_early_waits_for_the_handshake(void **state)
{
    struct pair p;

    (void)state;
    pair_open(&p, &client_default, port.id, pins, &server_default, node, issuers);
    say(p.client, "regi");
    say(p.client, "ster");
    CHECK(tls_session_waiting(p.client) == 8, "%zu", tls_session_waiting(p.client));
    pair_run(&p, 1);
    hears(p.server, "register");
    CHECK(tls_session_waiting(p.client) == 0, "%zu", tls_session_waiting(p.client));
    pair_free(&p);
}

static void close_notify_ends_both_sides_and_is_no_failure(void **state)
{
    struct pair p;
    struct tls_facts f;
    struct err e = {0};

    (void)state;
    open_pair(&p);
    say(p.client, "bye");
    tls_session_close(p.client);
    CHECK(tls_session_state(p.client) == TLS_CLOSED, "closed by us");
    pair_run(&p, 1);
    hears(p.server, "bye");
    CHECK(tls_session_state(p.server) == TLS_CLOSED, "closed by the peer");
    CHECK(p.server_why.kind == ERR_NONE, "%s", p.server_why.text);
    tls_session_facts(p.server, &f);
    CHECK(f.alert_received == 0, "%d", f.alert_received);
    CHECK(!tls_session_write(p.server, "x", 1, &e), "nothing after the end");
    tls_session_close(p.server);
    CHECK(tls_session_has_output(p.server), "our close_notify answers");
    pair_free(&p);
}

static void plain_bytes_before_a_fatal_alert_are_still_read(void **state)
{
    /* An alert in clear after the handshake is a broken record. */
    static const uint8_t junk[] = {0x17, 3, 3, 0, 2, 1, 2};
    struct pair p;
    uint8_t bytes[4096];
    struct err e = {0};

    (void)state;
    open_pair(&p);
    say(p.server, "reject");
    size_t n = tls_session_pull(p.server, bytes, sizeof bytes - sizeof junk);
    memcpy(bytes + n, junk, sizeof junk);
    CHECK(!tls_session_feed(p.client, bytes, n + sizeof junk, &e), "junk is refused");
    CHECK(e.kind == ERR_FORMAT && strstr(e.text, "broke the TLS protocol"), "%s", e.text);
    hears(p.client, "reject");
    CHECK(!tls_session_feed(p.client, bytes, n, &e) && e.kind == ERR_NOT_NOW, "%s", e.text);
    pair_free(&p);
}

static void garbage_is_refused_in_words(void **state)
{
    static const char http[] = "HTTP/1.1 400 Bad Request\r\n\r\n", get[] = "GET / HTTP/1.0\r\n\r\n";
    static const uint8_t sccp[] = {4, 0, 0, 0, 0, 0, 0, 0, 0x85, 0, 0, 0};
    static const struct {
        const void *bytes;
        size_t len;
        bool to_server;
    } rows[] = {
        {http, sizeof http - 1, false},
        {sccp, sizeof sccp, false},
        {get, sizeof get - 1, true},
        {sccp, sizeof sccp, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e = {0};
        struct pair p;
        pair_open(&p, &client_default, port.id, pins, &server_default, node, issuers);
        struct tls_session *s = rows[i].to_server ? p.server : p.client;
        CHECK(!tls_session_feed(s, rows[i].bytes, rows[i].len, &e), "row %zu", i);
        CHECK(e.kind == ERR_FORMAT && strstr(e.text, "does not speak TLS"), "row %zu: %s", i,
              e.text);
        pair_free(&p);
    }
}

/* One recorded flight of the server, and of the client, cut at and damaged at each byte. */
static size_t first_flight(struct tls_session *of, struct tls_session *to, uint8_t *out, size_t cap)
{
    struct err why = {0};
    carry(of, to, 20000, &why);
    CHECK(why.kind == ERR_NONE, "%s", why.text);
    return tls_session_pull(to, out, cap);
}

static void a_flight_cut_anywhere_waits_and_finishes(void **state)
{
    static uint8_t flight[20000];
    (void)state;
    for (size_t cut = 1;; cut += 97) {
        struct err e = {0};
        struct pair p;
        pair_open(&p, &client_default, port.id, pins, &server_default, node, issuers);
        size_t n = first_flight(p.client, p.server, flight, sizeof flight);
        if (cut >= n) {
            pair_free(&p);
            break;
        }
        CHECK(tls_session_feed(p.client, flight, cut, &e), "cut at %zu: %s", cut, e.text);
        CHECK(tls_session_state(p.client) == TLS_HANDSHAKING, "cut at %zu", cut);
        CHECK(tls_session_step(p.client)[0], "a step has a name");
        CHECK(tls_session_feed(p.client, flight + cut, n - cut, &e), "cut at %zu: %s", cut, e.text);
        pair_run(&p, 20000);
        CHECK(tls_session_state(p.server) == TLS_OPEN, "cut at %zu", cut);
        pair_free(&p);
    }
}

/* Damage to a byte is found at once or at the latest by the Finished of the other side; it is told
 * in words, and no session with a damaged handshake is open at both ends. */
static void a_flight_damaged_anywhere_never_opens_both_ends(void **state)
{
    static uint8_t flight[20000];
    (void)state;
    for (size_t at = 0;; at += 13) {
        struct pair p;
        pair_open(&p, &client_default, port.id, pins, &server_default, node, issuers);
        size_t n = first_flight(p.client, p.server, flight, sizeof flight);
        if (at >= n) {
            pair_free(&p);
            break;
        }
        flight[at] ^= 0x41;
        bool ok = tls_session_feed(p.client, flight, n, &p.client_why);
        CHECK(ok || p.client_why.text[0], "byte %zu", at);
        pair_run(&p, 20000);
        CHECK(tls_session_state(p.client) != TLS_OPEN || tls_session_state(p.server) != TLS_OPEN,
              "byte %zu", at);
        pair_free(&p);
    }
}

/* ---- odds and ends -------------------------------------------------------------------- */

static void keep_line(void *arg, const char *line)
{
    char *all = arg;
    snprintf(all + strlen(all), 2000 - strlen(all), "%s\n", line);
}

static void the_key_log_gets_nss_lines_on_request(void **state)
{
    static char lines[2000];
    struct tls_profile logging = {
        .role = TLS_CLIENT, .ciphers = "AES128-SHA", .keylog = keep_line, .keylog_arg = lines};
    struct pair p;

    (void)state;
    pair_open(&p, &logging, port.id, pins, &server_default, node, issuers);
    tls_context_free(p.client_context); /* sessions keep what they need */
    p.client_context = NULL;
    pair_run(&p, 20000);
    CHECK(strstr(lines, "CLIENT_RANDOM ") && strstr(lines, "RSA "), "%s", lines);
    pair_free(&p);
}

static void every_alert_of_the_table_has_its_name(void **state)
{
    (void)state;
    CHECK(strcmp(tls_alert_name(48), "unknown_ca") == 0, "%s", tls_alert_name(48));
    CHECK(strcmp(tls_alert_name(42), "bad_certificate") == 0, "%s", tls_alert_name(42));
    CHECK(strcmp(tls_alert_name(45), "certificate_expired") == 0, "%s", tls_alert_name(45));
    CHECK(strcmp(tls_alert_name(40), "handshake_failure") == 0, "%s", tls_alert_name(40));
    CHECK(strcmp(tls_alert_name(70), "protocol_version") == 0, "%s", tls_alert_name(70));
    CHECK(strcmp(tls_alert_name(0), "close_notify") == 0, "%s", tls_alert_name(0));
    CHECK(strcmp(tls_alert_name(99), "alert") == 0, "%s", tls_alert_name(99));
}

/* A certificate's strings are the peer's: they reach logs and terminals. */
static void names_of_the_peer_are_printed_escaped(void **state)
{
    struct err e = {0};
    struct tls_node_spec spec = {.cn = "a\x1b[31m\nb\"c", .key = strong[2]};
    struct tls_identity *id = tls_identity_make_node(&spec, &e);
    struct tls_trust *pin = trust_one(TLS_TRUST_PINNED, tls_identity_cert(id));
    struct pair p;
    struct tls_facts f;

    (void)state;
    pair_open(&p, &client_default, port.id, pin, &server_default, id, issuers);
    pair_run(&p, 20000);
    tls_session_facts(p.client, &f);
    for (const char *at = f.peer_cn; *at; at++)
        CHECK(*at >= ' ' && *at <= '~', "%02x in %s", (unsigned char)*at, f.peer_cn);
    CHECK(strstr(f.peer_cn, "\\1B[31m\\0Ab"), "%s", f.peer_cn);
    pair_free(&p);
    tls_trust_free(pin);
    tls_identity_free(id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handshake_fed_byte_by_byte_is_finished_in_every_mode),
        cmocka_unit_test(a_look_alike_of_the_pinned_certificate_is_refused_with_48),
        cmocka_unit_test(an_empty_list_of_pins_accepts_nobody),
        cmocka_unit_test(any_of_several_pins_is_accepted_while_certificates_are_renewed),
        cmocka_unit_test(a_pinned_certificate_outside_its_dates_is_refused),
        cmocka_unit_test(a_pinned_certificate_with_a_weak_key_needs_legacy),
        cmocka_unit_test(a_pinned_certificate_signed_with_sha1_is_accepted),
        cmocka_unit_test(a_root_the_call_manager_lacks_is_refused_with_48),
        cmocka_unit_test(a_port_certificate_outside_its_dates_is_told_at_both_ends),
        cmocka_unit_test(an_expired_root_is_named_and_not_its_leaf),
        cmocka_unit_test(a_weak_port_certificate_is_refused_unless_both_are_legacy),
        cmocka_unit_test(a_look_alike_root_does_not_help),
        cmocka_unit_test(versions_and_suites_that_do_not_meet_are_named),
        cmocka_unit_test(a_server_that_chooses_an_old_version_needs_legacy),
        cmocka_unit_test(a_client_without_a_certificate_is_refused_with_40),
        cmocka_unit_test(a_session_without_certificate_or_trust_is_not_made),
        cmocka_unit_test(old_versions_without_legacy_and_bad_cipher_lists_are_refused),
        cmocka_unit_test(a_server_may_ask_for_no_certificate),
        cmocka_unit_test(a_megabyte_goes_through_whole),
        cmocka_unit_test(what_is_written_early_waits_for_the_handshake),
        cmocka_unit_test(close_notify_ends_both_sides_and_is_no_failure),
        cmocka_unit_test(plain_bytes_before_a_fatal_alert_are_still_read),
        cmocka_unit_test(garbage_is_refused_in_words),
        cmocka_unit_test(a_flight_cut_anywhere_waits_and_finishes),
        cmocka_unit_test(a_flight_damaged_anywhere_never_opens_both_ends),
        cmocka_unit_test(the_key_log_gets_nss_lines_on_request),
        cmocka_unit_test(every_alert_of_the_table_has_its_name),
        cmocka_unit_test(names_of_the_peer_are_printed_escaped),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
