/* The SCCP ladder: OpenSSL's own two ends in memory speak every version and kind of cipher that is
 * opened, and what was said comes out of the capture; lamp calls; what cannot be read is said. */
#include "evidence_writer.h"

#include "sccp/codec.h"
#include "tls/identity.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <unistd.h>

static struct tls_identity *id;

static int make_id(void **state)
{
    struct tls_node_spec spec = {.cn = "cucm1.lab.test", .bits = 2048};
    struct err e = {0};

    (void)state;
    id = tls_identity_make_node(&spec, &e);
    CHECK(id, "%s", e.text);
    return 0;
}

static int free_id(void **state)
{
    (void)state;
    tls_identity_free(id);
    return 0;
}

/* ---- two ends and the wire between them --------------------------------------------------- */

static char key_path[64];
static FILE *key_log;

static void log_key(const SSL *ssl, const char *line)
{
    (void)ssl;
    fprintf(key_log, "%s\n", line);
}

struct line {
    struct writer w;
    struct net_addr ends[2];
    uint32_t seq[2];
    size_t segment; /* bytes a segment; 0: as they come */
    size_t skip;    /* packets that the capture loses */
    SSL *ssl[2];    /* none: in clear */
};

static void put(struct line *l, int from, const uint8_t *bytes, size_t len, uint8_t flags)
{
    const size_t most = l->segment ? l->segment : 60000;

    do {
        size_t n = len < most ? len : most;
        l->w.now_us += 1000;
        if (l->skip)
            l->skip--;
        else
            put_tcp(&l->w, &l->ends[from], &l->ends[!from], l->seq[from], flags, bytes, n);
        l->seq[from] += (uint32_t)n + ((flags & TCP_SYN) != 0);
        bytes += n;
        len -= n;
    } while (len);
}

static void pump(struct line *l)
{
    static uint8_t bytes[20000];
    bool moved = true;

    while (moved) {
        moved = false;
        for (int i = 0; i < 2; i++) {
            int n = BIO_read(SSL_get_wbio(l->ssl[i]), bytes, sizeof bytes);
            if (n <= 0)
                continue;
            moved = true;
            put(l, i, bytes, (size_t)n, TCP_ACK);
            BIO_write(SSL_get_rbio(l->ssl[!i]), bytes, n);
            if (!SSL_is_init_finished(l->ssl[!i]))
                SSL_do_handshake(l->ssl[!i]);
            while (SSL_read(l->ssl[!i], bytes, sizeof bytes) > 0)
                ;
        }
    }
}

struct kind {
    int version;
    const char *suite; /* of TLS 1.2 and below; of 1.3 by its own names */
    bool no_etm;
    const char *level; /* OpenSSL's, for what is weak */
};

static SSL *new_end(const struct kind *k, int side)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    char list[96];

    assert_non_null(ctx);
    snprintf(list, sizeof list, "%s%s", k->suite, k->level);
    assert_true(SSL_CTX_set_min_proto_version(ctx, k->version));
    assert_true(SSL_CTX_set_max_proto_version(ctx, k->version));
    if (k->version == TLS1_3_VERSION)
        assert_true(SSL_CTX_set_ciphersuites(ctx, k->suite));
    else
        assert_true(SSL_CTX_set_cipher_list(ctx, list));
    if (k->no_etm)
        SSL_CTX_set_options(ctx, SSL_OP_NO_ENCRYPT_THEN_MAC);
    if (side) {
        SSL_CTX_use_certificate(ctx, tls_identity_cert(id));
        SSL_CTX_use_PrivateKey(ctx, tls_identity_key(id));
    } else
        SSL_CTX_set_keylog_callback(ctx, log_key);
    SSL *ssl = SSL_new(ctx);
    assert_non_null(ssl);
    SSL_CTX_free(ctx);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (side)
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
    return ssl;
}

static void begin(struct line *l, const struct kind *k, size_t segment)
{
    *l = (struct line){.w = writer_new(DLT_EN10MB),
                       .ends = {addr_of("10.0.0.1:40000"), addr_of("10.0.0.2:2443")},
                       .seq = {5000, 0xfffffff0},
                       .segment = segment};
    strcpy(key_path, "/tmp/ladder.XXXXXX");
    int fd = mkstemp(key_path);
    assert_true(fd >= 0);
    key_log = fdopen(fd, "w");
    put(l, 0, NULL, 0, TCP_SYN);
    put(l, 1, NULL, 0, TCP_SYN | TCP_ACK);
    if (!k)
        return;
    for (int i = 0; i < 2; i++)
        l->ssl[i] = new_end(k, i);
    SSL_do_handshake(l->ssl[0]);
    pump(l);
    CHECK(SSL_is_init_finished(l->ssl[0]) && SSL_is_init_finished(l->ssl[1]), "%s", k->suite);
}

static void say(struct line *l, int from, const struct sccp_message *m)
{
    uint8_t pdu[SCCP_PDU_MAX];
    size_t len = 0;
    struct err e = {0};

    CHECK(sccp_encode_pdu(m, pdu, sizeof pdu, &len, &e), "%s", e.text);
    if (!l->ssl[0]) {
        put(l, from, pdu, len, TCP_ACK);
        return;
    }
    assert_int_equal(SSL_write(l->ssl[from], pdu, (int)len), len);
    pump(l);
}

static void say_id(struct line *l, int from, uint32_t id_word)
{
    say(l, from, &(struct sccp_message){.id = id_word, .version = 17});
}

static void say_register(struct line *l)
{
    struct sccp_message m = {.id = SCCP_REGISTER};

    strcpy(m.register_req.station.name, "CiscoUM1-VI7");
    m.register_req.protocol_version = 17;
    say(l, 0, &m);
    m = (struct sccp_message){.id = SCCP_REGISTER_ACK};
    m.register_ack.protocol_version = 17;
    say(l, 1, &m);
}

static void say_state(struct line *l, uint32_t state, uint32_t call)
{
    say(l, 1,
        &(struct sccp_message){.id = SCCP_CALL_STATE,
                               .version = 17,
                               .call_state = {.state = state, .line = 1, .call = call}});
}

static struct verify_report *judge(struct line *l, bool keys)
{
    fflush(key_log);
    return writer_judge(&l->w, (struct verify_settings){.mode = VERIFY_NON_SECURE,
                                                        .keylog = keys ? key_path : NULL});
}

static void end(struct line *l, struct verify_report *r)
{
    verify_free(r);
    for (int i = 0; i < 2; i++)
        SSL_free(l->ssl[i]);
    writer_free(&l->w);
    fclose(key_log);
    unlink(key_path);
}

static bool says(const struct ladder_facts *f, size_t i, enum flow_side from, const char *text)
{
    return i < f->count && f->messages[i].from == from &&
           strncmp(f->messages[i].text, text, strlen(text)) == 0;
}

/* ---- claims ------------------------------------------------------------------------------- */

static const struct kind kinds[] = {
    {TLS1_VERSION, "AES128-SHA", false, ":@SECLEVEL=0"},
    {TLS1_VERSION, "AES256-SHA", true, ":@SECLEVEL=0"},
    {TLS1_1_VERSION, "AES128-SHA", true, ":@SECLEVEL=0"},
    {TLS1_1_VERSION, "AES256-SHA", false, ":@SECLEVEL=0"},
    {TLS1_2_VERSION, "AES128-SHA", true, ""},
    {TLS1_2_VERSION, "AES256-SHA", false, ""},
    {TLS1_2_VERSION, "AES128-SHA256", true, ""},
    {TLS1_2_VERSION, "AES256-SHA256", false, ""},
    {TLS1_2_VERSION, "ECDHE-RSA-AES256-SHA384", true, ""},
    {TLS1_2_VERSION, "ECDHE-RSA-AES256-SHA384", false, ""},
    {TLS1_2_VERSION, "AES128-GCM-SHA256", false, ""},
    {TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384", false, ""},
    {TLS1_2_VERSION, "ECDHE-RSA-CHACHA20-POLY1305", false, ""},
    {TLS1_2_VERSION, "NULL-SHA", false, ":@SECLEVEL=0"},
    {TLS1_2_VERSION, "NULL-SHA256", false, ":@SECLEVEL=0"},
    {TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", false, ""},
    {TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", false, ""},
    {TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", false, ""},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static void update_keys(struct line *l)
{
    for (int i = 0; i < 2; i++) {
        assert_true(SSL_key_update(l->ssl[i], SSL_KEY_UPDATE_REQUESTED));
        SSL_do_handshake(l->ssl[i]);
        pump(l);
    }
}

static void every_kind_of_tls_is_opened_with_its_key_log(void **state)
{
    static const size_t segments[] = {0, 1, 7};
    (void)state;
    for (size_t i = 0; i < 3 * KINDS; i++) {
        const struct kind *k = &kinds[i / 3];
        struct line l;
        begin(&l, k, segments[i % 3]);
        say_register(&l);
        for (int n = 0; n < 3; n++) {
            if (k->version == TLS1_3_VERSION)
                update_keys(&l);
            say_id(&l, 0, SCCP_KEEP_ALIVE);
            say_state(&l, SCCP_CALL_RING_IN, 0x1000007);
        }
        struct verify_report *r = judge(&l, true);
        const struct ladder_facts *f = r->connections[0].ladder;
        CHECK(f->count == 8 && !*f->ended[0] && !*f->ended[1],
              "%s: segments of %zu, %zu messages; %s; %s", k->suite, segments[i % 3], f->count,
              f->ended[0], f->ended[1]);
        assert_string_equal(f->name, "CiscoUM1-VI7");
        assert_true(says(f, 0, FLOW_CLIENT, "Register ") && says(f, 1, FLOW_SERVER, "RegisterAck"));
        assert_true(says(f, 6, FLOW_CLIENT, "KeepAlive"));
        assert_true(says(f, 7, FLOW_SERVER, "CallState state=4(RingIn)"));
        assert_int_equal(f->messages[7].call, 0x1000007);
        end(&l, r);
    }
}

static void without_secrets_only_the_null_ciphers_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        const bool open = strstr(kinds[i].suite, "NULL") != NULL;
        struct line l;
        begin(&l, &kinds[i], 0);
        say_register(&l);
        struct verify_report *r = judge(&l, false);
        const struct ladder_facts *f = r->connections[0].ladder;
        CHECK(f->count == (open ? 2 : 0), "%s", kinds[i].suite);
        CHECK((strstr(f->ended[0], "not decrypted: the key log has no ") != NULL) == !open,
              "%s: %s", kinds[i].suite, f->ended[0]);
        end(&l, r);
    }
}

/* Turns one bit of the captured file's last byte, which is of the last record's tag or padding. */
static void an_altered_record_ends_its_direction_and_no_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct line l;
        begin(&l, &kinds[i], 0);
        say_register(&l);
        say_id(&l, 0, SCCP_KEEP_ALIVE);
        l.w.bytes[l.w.len - 1] ^= 1;
        say_id(&l, 0, SCCP_KEEP_ALIVE);
        say_id(&l, 1, SCCP_KEEP_ALIVE_ACK);
        struct verify_report *r = judge(&l, true);
        const struct ladder_facts *f = r->connections[0].ladder;
        CHECK(f->count == 3 && says(f, 2, FLOW_SERVER, "KeepAliveAck"), "%s: %zu messages",
              kinds[i].suite, f->count);
        CHECK(strstr(f->ended[0], "does not authenticate") && !*f->ended[1], "%s: %s; %s",
              kinds[i].suite, f->ended[0], f->ended[1]);
        end(&l, r);
    }
}

static void a_gap_ends_one_direction_of_tls_in_words(void **state)
{
    struct line l;

    (void)state;
    begin(&l, &kinds[4], 0);
    say_register(&l);
    l.skip = 1;
    say_id(&l, 0, SCCP_KEEP_ALIVE);
    say_id(&l, 0, SCCP_KEEP_ALIVE);
    say_id(&l, 1, SCCP_KEEP_ALIVE_ACK);
    struct verify_report *r = judge(&l, true);
    const struct ladder_facts *f = r->connections[0].ladder;
    assert_int_equal(f->count, 3);
    assert_int_equal(f->gaps, 1);
    assert_non_null(strstr(f->ended[FLOW_CLIENT], "bytes are missing in the capture"));
    assert_string_equal(f->ended[FLOW_SERVER], "");
    end(&l, r);
}

static void in_clear_the_ladder_goes_on_behind_a_gap(void **state)
{
    struct line l;

    (void)state;
    for (size_t segment = 0; segment < 14; segment += 13) {
        begin(&l, NULL, segment);
        say_register(&l);
        l.skip = 1;
        say_state(&l, SCCP_CALL_RING_IN, 5);
        say_state(&l, SCCP_CALL_ON_HOOK, 5);
        struct verify_report *r = judge(&l, false);
        const struct ladder_facts *f = r->connections[0].ladder;
        CHECK(f->count == 3 && says(f, 2, FLOW_SERVER, "CallState state=2(OnHook)"), "%zu",
              f->count);
        assert_int_equal(f->gaps, 1);
        assert_string_equal(f->ended[FLOW_SERVER], "");
        end(&l, r);
    }
}

static void dial(struct line *l, const char *as, const char *digits, uint32_t tone)
{
    struct sccp_message m = {.id = as ? SCCP_OFF_HOOK_WITH_CGPN : SCCP_OFF_HOOK, .version = 17};

    if (as)
        strcpy(m.off_hook_with_cgpn.calling_party, as);
    say(l, 0, &m);
    for (; *digits; digits++) {
        m = (struct sccp_message){.id = SCCP_KEYPAD_BUTTON, .version = 17};
        assert_true(sccp_digit_to_key(*digits, &m.keypad_button.button));
        say(l, 0, &m);
    }
    m = (struct sccp_message){.id = SCCP_START_TONE, .version = 17, .start_tone = {.tone = tone}};
    if (tone)
        say(l, 1, &m);
    say_id(l, 0, SCCP_ON_HOOK);
}

static void lamp_calls_are_told_and_other_digits_are_not(void **state)
{
    static const struct {
        const char *mailbox, *number, *result;
    } rows[] = {{"1001", "999991", "confirmed"},
                {"1002", "999990", "busy"},
                {"1003", "999990", "reorder"},
                {"1004", "999991", "no tone"},
                {"", "9999911005", "confirmed"}};
    struct line l;

    (void)state;
    begin(&l, NULL, 0);
    say_register(&l);
    dial(&l, "1001", "999991", SCCP_TONE_CONFIRMATION);
    dial(&l, "1002", "999990", SCCP_TONE_LINE_BUSY);
    dial(&l, "1003", "999990", SCCP_TONE_REORDER);
    dial(&l, "1004", "999991", 0);
    dial(&l, NULL, "9999911005", SCCP_TONE_CONFIRMATION);
    dial(&l, NULL, "4711", SCCP_TONE_ALERTING); /* no lamp's */
    say_state(&l, SCCP_CALL_RING_IN, 9);
    dial(&l, NULL, "0815", SCCP_TONE_CONFIRMATION); /* an answered call's */
    struct verify_report *r = judge(&l, false);
    const struct ladder_facts *f = r->connections[0].ladder;
    assert_int_equal(f->lamp_count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(f->lamps[i].mailbox, rows[i].mailbox);
        assert_string_equal(f->lamps[i].number, rows[i].number);
        assert_string_equal(f->lamps[i].result, rows[i].result);
        assert_true(f->lamps[i].last_us > f->lamps[i].first_us);
    }
    for (size_t i = 0; i < f->count; i++)
        if (f->messages[i].id == SCCP_KEYPAD_BUTTON)
            CHECK(strstr(f->messages[i].text, "(hidden)"), "%s", f->messages[i].text);
    end(&l, r);
}

static void the_ladder_shows_no_key(void **state)
{
    struct sccp_message m = {.id = SCCP_OPEN_RECEIVE_CHANNEL, .version = 17};
    struct line l;

    (void)state;
    m.open_receive.call = 77;
    m.open_receive.srtp.algorithm = 1;
    m.open_receive.srtp.key_len = 16;
    m.open_receive.srtp.salt_len = 14;
    memset(m.open_receive.srtp.key, 0xa5, 16);
    memset(m.open_receive.srtp.salt, 0xa5, 14);
    begin(&l, &kinds[4], 0);
    say_register(&l);
    say(&l, 1, &m);
    struct verify_report *r = judge(&l, true);
    const struct ladder_facts *f = r->connections[0].ladder;
    assert_int_equal(f->count, 3);
    assert_int_equal(f->messages[2].call, 77);
    assert_non_null(strstr(f->messages[2].text, "srtp.key=(hidden)"));
    json_t *o = verify_json(r);
    char *text = json_dumps(o, 0);
    assert_non_null(strstr(text, "\"ladder\""));
    assert_null(strstr(text, "a5a5"));
    free(text);
    json_decref(o);
    end(&l, r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_tls_is_opened_with_its_key_log),
        cmocka_unit_test(without_secrets_only_the_null_ciphers_are_read),
        cmocka_unit_test(an_altered_record_ends_its_direction_and_no_other),
        cmocka_unit_test(a_gap_ends_one_direction_of_tls_in_words),
        cmocka_unit_test(in_clear_the_ladder_goes_on_behind_a_gap),
        cmocka_unit_test(lamp_calls_are_told_and_other_digits_are_not),
        cmocka_unit_test(the_ladder_shows_no_key),
    };
    return cmocka_run_group_tests(tests, make_id, free_id);
}
