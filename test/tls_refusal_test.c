/* Who refused whom, and in which words: ctl-tftp-tls.md sections 4.4 and 7. */
#include "tls_world.h"

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

/* The seven bytes of 4.4, as a call manager sends them in clear. */
static void each_alert_of_the_call_manager_has_its_situation(void **state)
{
    static const struct {
        uint8_t number;
        enum err_kind kind;
        const char *words;
    } rows[] = {
        {48, ERR_TLS_03, "alert 48 unknown_ca"},
        {42, ERR_TLS_05, "alert 42 bad_certificate"},
        {45, ERR_TLS_05, "alert 45 certificate_expired"},
        {40, ERR_TLS_08, "offered: ECDHE-RSA-AES256-GCM-SHA384:"},
        {71, ERR_TLS_08, "alert 71 insufficient_security"},
        {116, ERR_TLS_08, "alert 116 certificate_required"},
        {70, ERR_TLS_07, "offered: TLS 1.2 to TLS 1.2"},
        {43, ERR_TLS_14, "alert 43 (unsupported_certificate)"},
        {46, ERR_TLS_14, "alert 46 (certificate_unknown)"},
        {80, ERR_TLS_14, "alert 80 (internal_error)"},
        {199, ERR_TLS_14, "alert 199 (alert)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const uint8_t record[] = {0x15, 3, 3, 0, 2, 2, rows[i].number};
        struct err e = {0};
        struct tls_facts f;
        struct pair p;
        pair_open(&p, &client_default, port.id, pins, &server_default, node, issuers);
        CHECK(!tls_session_feed(p.client, record, sizeof record, &e), "row %zu", i);
        CHECK(e.kind == rows[i].kind && strstr(e.text, rows[i].words), "row %zu: %s", i, e.text);
        tls_session_facts(p.client, &f);
        CHECK(f.alert_received == rows[i].number && f.alert_sent == -1, "row %zu", i);
        pair_free(&p);
    }
}

static void our_unknown_ca_is_the_record_that_captures_show(void **state)
{
    static const uint8_t want[] = {0x15, 3, 3, 0, 2, 2, 0x30}; /* 4.4 */
    struct tls_identity *twin = look_alike_of(node, strong[0]);
    struct pair p;
    uint8_t out[64];

    (void)state;
    pair_open(&p, &client_default, port.id, pins, &server_default, twin, issuers);
    carry(p.client, p.server, 20000, &p.server_why);
    carry(p.server, p.client, 20000, &p.client_why);
    size_t n = tls_session_pull(p.client, out, sizeof out);
    CHECK_BYTES(out, n, want, sizeof want);
    pair_free(&p);
    tls_identity_free(twin);
}

/* Takes RFC 5746's extension out of a ServerHello, as servers before 2010 sent it. */
static size_t without_renegotiation_info(uint8_t *flight, size_t n)
{
    static const uint8_t info[] = {0xff, 0x01, 0x00, 0x01, 0x00};
    uint8_t *at = memmem(flight, n, info, sizeof info);
    size_t extensions = 5 + 4 + 2 + 32 + 1 + flight[43] + 3; /* record, header, hello's fields */

    CHECK(flight[0] == 22 && flight[5] == 2 && at, "a ServerHello with the extension");
    flight[4] = (uint8_t)(flight[4] - sizeof info);
    flight[8] = (uint8_t)(flight[8] - sizeof info);
    flight[extensions + 1] = (uint8_t)(flight[extensions + 1] - sizeof info);
    memmove(at, at + sizeof info, n - (size_t)(at - flight) - sizeof info);
    return n - sizeof info;
}

static void a_server_without_secure_renegotiation_needs_legacy(void **state)
{
    static const struct tls_profile legacy = {.role = TLS_CLIENT, .legacy = true};
    static uint8_t flight[20000];

    (void)state;
    for (int old = 0; old < 2; old++) {
        struct err e = {0};
        struct pair p;
        pair_open(&p, old ? &legacy : &client_default, port.id, pins, &server_default, node,
                  issuers);
        size_t n = first_flight(p.client, p.server, flight, sizeof flight);
        n = without_renegotiation_info(flight, n);
        bool ok = tls_session_feed(p.client, flight, n, &e);
        CHECK(ok == (old == 1), "%s", e.text);
        CHECK(old || e.kind == ERR_TLS_12, "%s", e.text);
        pair_free(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
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
        cmocka_unit_test(each_alert_of_the_call_manager_has_its_situation),
        cmocka_unit_test(our_unknown_ca_is_the_record_that_captures_show),
        cmocka_unit_test(a_server_without_secure_renegotiation_needs_legacy),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
