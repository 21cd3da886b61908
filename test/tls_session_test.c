#include "tls_world.h"

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

/* What the peer says to a port that will not renegotiate is its own affair. */
static void a_request_to_renegotiate_is_refused_and_the_session_stays(void **state)
{
    struct pair p;
    struct tls_facts f;
    struct err e = {0};
    uint8_t bytes[256];

    (void)state;
    open_pair(&p);
    CHECK(tls_session_renegotiate(p.server, &e), "%s", e.text);
    size_t n = tls_session_pull(p.server, bytes, sizeof bytes);
    CHECK(tls_session_feed(p.client, bytes, n, &e), "%s", e.text);
    tls_session_facts(p.client, &f);
    CHECK(f.alert_sent == 100 && tls_session_refused_renegotiation(p.client), "%d", f.alert_sent);
    CHECK(tls_session_state(p.client) == TLS_OPEN, "open");
    say(p.server, "still there");
    n = tls_session_pull(p.server, bytes, sizeof bytes);
    CHECK(tls_session_feed(p.client, bytes, n, &e), "%s", e.text);
    hears(p.client, "still there");
    /* OpenSSL's server takes the refusal for the end. */
    pair_run(&p, 20000);
    CHECK(p.client_why.kind == ERR_TLS_14 &&
              strstr(p.client_why.text, "asked to renegotiate, which we refuse") &&
              strstr(p.client_why.text, "alert 40 (handshake_failure)"),
          "%s", p.client_why.text);
    pair_free(&p);
}

static void with_tls_1_3_new_keys_are_given_when_asked(void **state)
{
    const struct tls_profile client = {.role = TLS_CLIENT, .max_version = TLS1_3_VERSION},
                             server = {.role = TLS_SERVER, .max_version = TLS1_3_VERSION};
    struct pair p;
    struct err e = {0};

    (void)state;
    pair_open(&p, &client, port.id, pins, &server, node, issuers);
    CHECK(!tls_session_renegotiate(p.server, &e) && e.kind == ERR_NOT_NOW, "before it is open");
    pair_run(&p, 20000);
    for (size_t i = 0; i < 3; i++) {
        CHECK(tls_session_renegotiate(p.server, &e), "%s", e.text);
        pair_run(&p, 1);
        talk_both_ways(&p, 1);
    }
    CHECK(!tls_session_refused_renegotiation(p.client), "not refused");
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

/* Where a handshake stood when it came to nothing: at each flight of 4.1's TLS 1.2. */
static void how_far_the_handshake_came_is_told_on_both_sides(void **state)
{
    static const struct {
        bool client_met, client_shown, server_met, server_shown;
    } after[] = {
        {false, false, true, true}, /* ClientHello; the server's flight is made */
        {true, true, true, true},   /* the server's flight; ours is made */
    };
    struct pair p;
    struct tls_facts c, s;

    (void)state;
    pair_open(&p, &client_default, port.id, pins, &server_default, node, issuers);
    tls_session_facts(p.client, &c);
    tls_session_facts(p.server, &s);
    CHECK(!c.met && !c.shown && !s.met && !s.shown, "before the first byte");
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++) {
        if (i == 0)
            carry(p.client, p.server, 20000, &p.server_why);
        else
            carry(p.server, p.client, 20000, &p.client_why);
        tls_session_facts(p.client, &c);
        tls_session_facts(p.server, &s);
        CHECK(c.met == after[i].client_met && c.shown == after[i].client_shown,
              "flight %zu: client %d %d", i, c.met, c.shown);
        CHECK(s.met == after[i].server_met && s.shown == after[i].server_shown,
              "flight %zu: server %d %d", i, s.met, s.shown);
    }
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handshake_fed_byte_by_byte_is_finished_in_every_mode),
        cmocka_unit_test(a_server_may_ask_for_no_certificate),
        cmocka_unit_test(a_megabyte_goes_through_whole),
        cmocka_unit_test(what_is_written_early_waits_for_the_handshake),
        cmocka_unit_test(close_notify_ends_both_sides_and_is_no_failure),
        cmocka_unit_test(a_request_to_renegotiate_is_refused_and_the_session_stays),
        cmocka_unit_test(with_tls_1_3_new_keys_are_given_when_asked),
        cmocka_unit_test(plain_bytes_before_a_fatal_alert_are_still_read),
        cmocka_unit_test(garbage_is_refused_in_words),
        cmocka_unit_test(a_flight_cut_anywhere_waits_and_finishes),
        cmocka_unit_test(a_flight_damaged_anywhere_never_opens_both_ends),
        cmocka_unit_test(the_key_log_gets_nss_lines_on_request),
        cmocka_unit_test(every_alert_of_the_table_has_its_name),
        cmocka_unit_test(names_of_the_peer_are_printed_escaped),
        cmocka_unit_test(how_far_the_handshake_came_is_told_on_both_sides),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
