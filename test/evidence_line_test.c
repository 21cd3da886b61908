/* Signalling in captures: real TLS sessions made in memory, SCCP in clear, and what hides between.
 */
#include "evidence_writer.h"

#include "tls/session.h"

#include <openssl/crypto.h>
#include <openssl/x509.h>

#define CLIENT_PORT "10.0.0.1:40000"
#define SERVER_PORT "10.0.0.2:24430"

/* A Register frame (sccp.md 4.2) as far as the name; the rest is zero. */
static const uint8_t register_frame[60] = {52,  0,   0,   0,   0,   0,   0,   0,
                                           1,   0,   0,   0,   'C', 'i', 's', 'c',
                                           'o', 'U', 'M', '1', '-', 'V', 'I', '7'};
static const uint8_t keepalive_frame[12] = {4, 0, 0, 0, 17};

static struct tls_identity *port_id, *node_id, *stranger_id;
static struct tls_trust *trust_port, *trust_node;

static struct tls_identity *make_id(const char *cn)
{
    struct tls_node_spec spec = {.cn = cn, .bits = 2048};
    struct err e = {0};
    struct tls_identity *id = tls_identity_make_node(&spec, &e);

    CHECK(id, "%s", e.text);
    return id;
}

static struct tls_trust *trust_of(const struct tls_identity *id)
{
    struct err e = {0};
    struct tls_trust *t = tls_trust_new(TLS_TRUST_PINNED, &e);
    uint8_t *der = NULL;
    int len = i2d_X509(tls_identity_cert(id), &der);

    CHECK(t && len > 0 && tls_trust_add(t, der, (size_t)len, &e), "%s", e.text);
    OPENSSL_free(der);
    return t;
}

static int make_all(void **state)
{
    (void)state;
    port_id = make_id("CiscoUM1-VI7");
    node_id = make_id("cucm1.lab.test");
    stranger_id = make_id("stranger.lab.test");
    trust_port = trust_of(port_id);
    trust_node = trust_of(node_id);
    return 0;
}

static int free_all(void **state)
{
    (void)state;
    tls_trust_free(trust_port);
    tls_trust_free(trust_node);
    tls_identity_free(port_id);
    tls_identity_free(node_id);
    tls_identity_free(stranger_id);
    return 0;
}

/* ---- two ends and the wire between them --------------------------------------------------- */

struct line {
    struct writer *w;
    struct net_addr ends[2];
    uint32_t seq[2];
    size_t segment; /* bytes a segment; 0: as they come */
    struct tls_context *contexts[2];
    struct tls_session *sessions[2];
};

static void put(struct line *l, int from, const void *bytes, size_t len, uint8_t flags)
{
    const uint8_t *at = bytes;
    size_t most = l->segment ? l->segment : 60000;

    do {
        size_t n = len < most ? len : most;
        put_tcp(l->w, &l->ends[from], &l->ends[!from], l->seq[from], flags, at, n);
        l->seq[from] += (uint32_t)n + ((flags & TCP_SYN) != 0);
        at += n;
        len -= n;
    } while (len);
}

static struct line line_new(struct writer *w)
{
    struct line l = {
        .w = w, .ends = {addr_of(CLIENT_PORT), addr_of(SERVER_PORT)}, .seq = {5000, 0xfffffff0}};

    put(&l, 0, "", 0, TCP_SYN);
    put(&l, 1, "", 0, TCP_SYN | TCP_ACK);
    return l;
}

/* Carries cipher bytes both ways, past the capture, until nothing moves. */
static void pump(struct line *l)
{
    static uint8_t bytes[20000];
    bool moved = true;

    while (moved) {
        moved = false;
        for (int i = 0; i < 2; i++) {
            size_t n = tls_session_pull(l->sessions[i], bytes, sizeof bytes);
            if (n == 0)
                continue;
            moved = true;
            put(l, i, bytes, n, TCP_ACK);
            struct err e;
            if (!tls_session_feed(l->sessions[!i], bytes, n, &e))
                continue;
            while (tls_session_read(l->sessions[!i], bytes, sizeof bytes))
                ;
        }
    }
}

static void tls(struct line *l, const struct tls_profile *profile,
                const struct tls_identity *client)
{
    const struct tls_identity *ids[2] = {client, node_id};
    const struct tls_trust *trusts[2] = {trust_node, trust_port};

    for (int i = 0; i < 2; i++) {
        struct tls_profile p = *profile;
        struct err e = {0};
        p.role = i ? TLS_SERVER : TLS_CLIENT;
        l->contexts[i] = tls_context_new(&p, &e);
        CHECK(l->contexts[i], "%s", e.text);
        l->sessions[i] = tls_session_new(l->contexts[i], ids[i], trusts[i], &e);
        CHECK(l->sessions[i], "%s", e.text);
    }
    pump(l);
}

static void talk(struct line *l, int from, const void *bytes, size_t len)
{
    assert_true(tls_session_write(l->sessions[from], bytes, len, NULL));
    pump(l);
}

static void hang_up(struct line *l)
{
    for (int i = 0; i < 2; i++) {
        tls_session_close(l->sessions[i]);
        pump(l);
    }
    for (int i = 0; i < 2; i++) {
        tls_session_free(l->sessions[i]);
        tls_context_free(l->contexts[i]);
    }
}

static struct verify_report *judge_as(const struct writer *w, enum verify_mode mode)
{
    return writer_judge(w, (struct verify_settings){.mode = mode});
}

static void end(struct writer *w, struct verify_report *r)
{
    verify_free(r);
    writer_free(w);
}

/* ---- claims ------------------------------------------------------------------------------- */

static void a_good_connection_is_told_whole_at_every_segment_size(void **state)
{
    static const size_t segments[] = {0, 1, 5, 7, 536};
    static const struct {
        const char *cipher;
        int version;
    } rows[] = {{"AES128-SHA", 0x0303}, {"ECDHE-RSA-AES256-GCM-SHA384", 0x0303}};
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < sizeof segments / sizeof segments[0]; i++) {
            struct writer w = writer_new(DLT_EN10MB);
            struct line l = line_new(&w);
            l.segment = segments[i];
            tls(&l, &(struct tls_profile){.ciphers = rows[k].cipher}, port_id);
            talk(&l, 0, register_frame, sizeof register_frame);
            talk(&l, 1, keepalive_frame, sizeof keepalive_frame);
            hang_up(&l);
            struct verify_report *r = judge_as(&w, VERIFY_ENCRYPTED);
            const struct line_facts *f = r->connections[0].line;
            if (!r->ok)
                show_findings(r);
            CHECK(r->ok && r->connection_count == 1, "segments of %zu", segments[i]);
            assert_string_equal(f->name, "CiscoUM1-VI7");
            assert_string_equal(f->suite_name, rows[k].cipher);
            assert_string_equal(line_version_name(f->version), "TLSv1.2");
            assert_string_equal(f->certs[FLOW_SERVER].cn, "cucm1.lab.test");
            assert_true(f->client_asked && f->open && !f->resumed && !f->null_cipher);
            assert_int_equal(f->half[0].application + f->half[1].application, 2);
            assert_int_equal(f->half[0].strange + f->half[1].strange, 0);
            assert_int_equal(f->alert_count, 2);
            assert_true(f->alerts[0].encrypted && f->alerts[0].from == FLOW_CLIENT);
            end(&w, r);
        }
    }
}

static void a_refused_certificate_shows_the_alert_and_who_sent_it(void **state)
{
    struct writer w = writer_new(DLT_EN10MB);
    struct line l = line_new(&w);

    (void)state;
    tls(&l, &(struct tls_profile){0}, stranger_id);
    hang_up(&l);
    struct verify_report *r = judge_as(&w, VERIFY_ENCRYPTED);
    assert_true(r->ok);
    assert_true(found(r, false, "the call manager sent the alert unknown_ca (48)"));
    assert_false(r->connections[0].line->open);
    end(&w, r);
}

static void integrity_only_can_be_read_and_is_named(void **state)
{
    struct writer w = writer_new(DLT_EN10MB);
    struct line l = line_new(&w);

    (void)state;
    tls(&l, &(struct tls_profile){.authenticated = true}, port_id);
    talk(&l, 0, register_frame, sizeof register_frame);
    talk(&l, 1, keepalive_frame, sizeof keepalive_frame);
    hang_up(&l);
    struct verify_report *r = judge_as(&w, VERIFY_ENCRYPTED);
    assert_false(r->ok);
    assert_true(found(r, true, "NULL-SHA is integrity only: its 2 SCCP messages can be read"));
    verify_free(r);
    r = judge_as(&w, VERIFY_AUTHENTICATED);
    assert_true(r->ok);
    assert_true(found(r, false, "integrity only, as an authenticated port has it"));
    end(&w, r);
}

static void sccp_in_clear_is_a_fault_on_any_port_and_names_the_device(void **state)
{
    (void)state;
    for (size_t segment = 0; segment < 14; segment++) {
        struct writer w = writer_new(DLT_LINUX_SLL2);
        struct line l = line_new(&w);
        l.segment = segment;
        put(&l, 0, register_frame, sizeof register_frame, TCP_ACK);
        put(&l, 0, keepalive_frame, sizeof keepalive_frame, TCP_ACK);
        struct verify_report *r = judge_as(&w, VERIFY_ENCRYPTED);
        CHECK(!r->ok && found(r, true, "SCCP in clear, 2 messages, the first 0x0001"),
              "segments of %zu", segment);
        assert_string_equal(r->connections[0].line->name, "CiscoUM1-VI7");
        verify_free(r);
        r = judge_as(&w, VERIFY_NON_SECURE);
        assert_true(r->ok);
        end(&w, r);
    }
}

/* A record of application data with readable bytes in it, as a broken peer would send it. */
static void put_fake_record(struct line *l, const void *bytes, size_t len)
{
    uint8_t record[256] = {23, 3, 3, 0, (uint8_t)(len + 40)};

    memset(record + 5, 0xa7, 40);
    memcpy(record + 5 + 20, bytes, len);
    memset(record + 5 + 20 + len, 0x5b, 20);
    put(l, 0, record, len + 45, TCP_ACK);
}

static void what_is_readable_inside_tls_is_found(void **state)
{
    static const struct {
        const char *says;
        const void *bytes;
        size_t len;
    } rows[] = {
        {"1 SCCP messages can be read inside TLS records", keepalive_frame, 12},
        {"the port's name can be read 1 times", "xxCiscoUM1-VI7yy", 16},
    };
    static const size_t segments[] = {0, 1, 3, 11, 70};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < 5; k++) {
            struct writer w = writer_new(DLT_EN10MB);
            struct line l = line_new(&w);
            tls(&l, &(struct tls_profile){0}, port_id);
            talk(&l, 0, register_frame, sizeof register_frame);
            l.segment = segments[k];
            put_fake_record(&l, rows[i].bytes, rows[i].len);
            l.segment = 0;
            hang_up(&l);
            struct verify_report *r = judge_as(&w, VERIFY_ENCRYPTED);
            CHECK(found(r, true, rows[i].says), "row %zu, segments of %zu", i, segments[k]);
            end(&w, r);
        }
    }
}

static void application_data_before_encryption_is_a_fault(void **state)
{
    struct writer w = writer_new(DLT_EN10MB);
    struct line l = line_new(&w);

    (void)state;
    put_fake_record(&l, "hello", 5);
    struct verify_report *r = judge_as(&w, VERIFY_ENCRYPTED);
    assert_true(found(r, true, "1 records of application data before encryption"));
    end(&w, r);
}

static void bytes_behind_tls_that_are_not_tls_are_a_fault(void **state)
{
    struct writer w = writer_new(DLT_EN10MB);
    struct line l = line_new(&w);

    (void)state;
    tls(&l, &(struct tls_profile){0}, port_id);
    put(&l, 0, "this is not a record", 20, TCP_ACK);
    hang_up(&l);
    struct verify_report *r = judge_as(&w, VERIFY_ENCRYPTED);
    assert_true(found(r, true, "bytes that are neither TLS nor SCCP"));
    end(&w, r);
}

static void another_protocol_matters_on_a_signalling_port_only(void **state)
{
    (void)state;
    for (int named = 0; named < 2; named++) {
        struct writer w = writer_new(DLT_EN10MB);
        struct line l = line_new(&w);
        put(&l, 0, "GET / HTTP/1.0\r\n\r\n", 18, TCP_ACK);
        struct verify_settings s = {.mode = VERIFY_ENCRYPTED, .signalling = {24430}};
        s.signalling_count = (size_t)named;
        struct verify_report *r = writer_judge(&w, s);
        assert_int_equal(r->connection_count, named);
        assert_int_equal(found(r, true, "18 bytes that are neither TLS nor SCCP"), named);
        end(&w, r);
    }
}

/* The first `skip` packets are not in the capture. */
static void drop_packets(struct writer *w, unsigned from, unsigned count)
{
    size_t at = 24, first = 0;

    for (unsigned i = 0; i < from + count; i++) {
        if (i == from)
            first = at;
        struct wire_reader r = wire_read_from(w->bytes + at + 8, 4);
        at += 16 + wire_u32le(&r);
        assert_true(at <= w->len);
    }
    memmove(w->bytes + first, w->bytes + at, w->len - at);
    w->len -= at - first;
}

static void a_capture_that_began_late_or_lost_packets_blames_nobody(void **state)
{
    static const struct {
        unsigned from, count;
    } rows[] = {{0, 2}, {0, 5}, {3, 1}, {4, 1}, {5, 2}, {8, 3}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct writer w = writer_new(DLT_EN10MB);
        struct line l = line_new(&w);
        tls(&l, &(struct tls_profile){0}, port_id);
        l.segment = 30;
        for (int k = 0; k < 10; k++)
            talk(&l, k % 2, register_frame, sizeof register_frame);
        hang_up(&l);
        drop_packets(&w, rows[i].from, rows[i].count);
        struct verify_report *r = judge_as(&w, VERIFY_ENCRYPTED);
        if (!r->ok)
            show_findings(r);
        CHECK(r->ok && r->totals.tls == 1, "row %zu", i);
        end(&w, r);
    }
}

static void sccp_in_clear_is_found_when_the_capture_began_late(void **state)
{
    struct writer w = writer_new(DLT_EN10MB);
    struct line l = line_new(&w);

    (void)state;
    for (int i = 0; i < 10; i++)
        put(&l, i % 2, keepalive_frame, sizeof keepalive_frame, TCP_ACK);
    drop_packets(&w, 0, 4);
    struct verify_report *r = judge_as(&w, VERIFY_ENCRYPTED);
    assert_true(found(r, true, "SCCP in clear"));
    end(&w, r);
}

static void every_prefix_of_a_capture_can_be_judged(void **state)
{
    struct writer w = writer_new(DLT_EN10MB);
    struct line l = line_new(&w);

    (void)state;
    tls(&l, &(struct tls_profile){0}, port_id);
    talk(&l, 0, register_frame, sizeof register_frame);
    hang_up(&l);
    for (size_t n = 24; n < w.len; n += 3) {
        struct verify_settings s = {.stream = fmemopen(w.bytes, n, "rb")};
        struct err e;
        struct verify_report *r = verify_capture(&s, &e);
        CHECK(r || e.kind == ERR_FORMAT, "%zu bytes: %s", n, e.text);
        verify_free(r);
    }
    writer_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_connection_is_told_whole_at_every_segment_size),
        cmocka_unit_test(a_refused_certificate_shows_the_alert_and_who_sent_it),
        cmocka_unit_test(integrity_only_can_be_read_and_is_named),
        cmocka_unit_test(sccp_in_clear_is_a_fault_on_any_port_and_names_the_device),
        cmocka_unit_test(what_is_readable_inside_tls_is_found),
        cmocka_unit_test(application_data_before_encryption_is_a_fault),
        cmocka_unit_test(bytes_behind_tls_that_are_not_tls_are_a_fault),
        cmocka_unit_test(another_protocol_matters_on_a_signalling_port_only),
        cmocka_unit_test(a_capture_that_began_late_or_lost_packets_blames_nobody),
        cmocka_unit_test(sccp_in_clear_is_found_when_the_capture_began_late),
        cmocka_unit_test(every_prefix_of_a_capture_can_be_judged),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
