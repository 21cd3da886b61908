/* The fault menu: what is on for whom, and each wrong list judged by ctl itself. */
#include "check.h"
#include "ctl/verify.h"
#include "tls/identity.h"
#include "tools/labcm/handshake_cut.h"
#include "tools/labcm/lists.h"
#include "tools/labcm/mischief.h"

#include <openssl/x509.h>
#include <string.h>

#define NOW_S 1768435200

static struct tls_identity *node, *stranger, *twin, *capf;

static struct tls_identity *make(const char *cn, const struct tls_identity *as)
{
    const struct tls_node_spec spec = {
        .cn = cn,
        .bits = 2048,
        .not_before_s = NOW_S - 1000,
        .not_after_s = NOW_S + 100000,
        .serial = as ? ASN1_STRING_get0_data(X509_get0_serialNumber(tls_identity_cert(as))) : NULL};
    struct err e = {0};
    struct tls_identity *id = tls_identity_make_node(&spec, &e);

    CHECK(id, "%s", e.text);
    return id;
}

static int make_all(void **state)
{
    (void)state;
    node = make("cucm1", NULL);
    stranger = make("cucm1", NULL);
    twin = make("cucm1", node);
    capf = make("CAPF-1", NULL);
    return 0;
}

static int free_all(void **state)
{
    (void)state;
    tls_identity_free(node);
    tls_identity_free(stranger);
    tls_identity_free(twin);
    tls_identity_free(capf);
    return 0;
}

static void build(enum fault_id fault, uint32_t timestamp, struct buf *out)
{
    static const uint8_t ip[4] = {10, 0, 0, 1};
    const struct ctl_build_record records[] = {
        {CTL_ROLE_SAST, "cucm1", tls_identity_cert(node), ip, 4, false, 0, false},
        {CTL_ROLE_CCM_TFTP, "cucm1", tls_identity_cert(node), ip, 4, false, 0, false},
        {CTL_ROLE_CAPF, "cucm1", tls_identity_cert(capf), ip, 4, false, 0, false},
    };
    const struct ctl_build b = {
        .records = records,
        .count = 3,
        .signer = tls_identity_cert(node),
        .key = tls_identity_key(node),
        .digest = CTL_SHA1, /* labcm's default, as CUCM's */
        .timestamp = timestamp,
    };
    const struct list_makings with = {tls_identity_cert(capf),     tls_identity_key(capf),
                                      tls_identity_cert(stranger), tls_identity_key(stranger),
                                      tls_identity_cert(twin),     tls_identity_key(twin)};
    struct err e = {0};

    CHECK(list_build(&b, &with, fault, out, &e), "%s", e.text);
}

static bool warned(const struct ctl_verdict *v, const char *id)
{
    for (size_t i = 0; i < v->warning_count && i < CTL_WARNINGS_MAX; i++)
        if (strcmp(err_id(v->warnings[i].kind), id) == 0)
            return true;
    return false;
}

/* Is the list refused with this id, or taken with a warning of it? "": taken without a word. */
static bool judged(const struct buf *list, const struct ctl_file *held, const char *id)
{
    const struct ctl_policy policy = {.first = CTL_FIRST_ACCEPT, .now_s = NOW_S};
    struct ctl_verdict v = {0};
    struct err e = {0};
    struct ctl_file *f = ctl_parse(list->at, list->len, &e);
    bool ok = f && ctl_verify(f, held, &policy, &v, &e);

    ctl_free(f);
    if (!ok)
        print_message("%s %s\n", err_id(e.kind), e.text);
    if (ok && v.warning_count)
        return warned(&v, id);
    return strcmp(err_id(e.kind), id) == 0;
}

static void each_wrong_list_is_refused_as_the_menu_says(void **state)
{
    struct buf right = {0};
    struct err e = {0};

    (void)state;
    build(FAULT_NONE, NOW_S - 10, &right);
    struct ctl_file *held = ctl_parse(right.at, right.len, &e);
    CHECK(held, "%s", e.text);
    CHECK(judged(&right, NULL, ""), "the right list");
    for (unsigned i = 0; i < FAULT_COUNT; i++) {
        const struct fault *f = &fault_table[i];
        struct buf list = {0};
        if (f->group != FAULTS_OF_CTL)
            continue;
        build((enum fault_id)i, NOW_S, &list);
        CHECK(judged(&list, held, strstr(f->verdict, "accepted") ? "" : f->verdict), "%s", f->name);
        buf_free(&list);
    }
    ctl_free(held);
    buf_free(&right);
}

static void a_fault_may_be_one_devices_alone(void **state)
{
    struct faults f = {0};

    (void)state;
    CHECK(!fault_on(NULL, FAULT_MWI_BUSY, "a"), "no faults at all");
    CHECK(!fault_on(&f, FAULT_MWI_BUSY, "a"), "off");
    fault_set(&f, FAULT_MWI_BUSY, true, "a");
    CHECK(fault_on(&f, FAULT_MWI_BUSY, "a"), "its own");
    CHECK(!fault_on(&f, FAULT_MWI_BUSY, "b"), "another's");
    CHECK(!fault_on(&f, FAULT_MWI_BUSY, NULL), "nobody's yet");
    CHECK(fault_of_group(&f, FAULTS_OF_MWI, "a") == FAULT_MWI_BUSY, "by group");
    CHECK(fault_of_group(&f, FAULTS_OF_MWI, "b") == FAULT_NONE, "by group, another's");
    fault_set(&f, FAULT_MWI_BUSY, true, "");
    CHECK(fault_on(&f, FAULT_MWI_BUSY, NULL), "everybody's");
    fault_set(&f, FAULT_MWI_BUSY, false, "a");
    CHECK(!fault_on(&f, FAULT_MWI_BUSY, "a"), "off again");
}

static void a_message_is_swallowed_or_changed_for_its_device_alone(void **state)
{
    struct faults f = {0};
    struct sccp_message m = {.id = SCCP_OPEN_RECEIVE_CHANNEL};
    struct device d = {.name = "a"}, other = {.name = "b"};
    uint8_t bytes[12];

    (void)state;
    fault_set(&f, FAULT_SCCP_NO_LINE, true, "a");
    CHECK(mischief_swallows(&f, &d, SCCP_LINE_STAT_RES), "the static form");
    CHECK(mischief_swallows(&f, &d, SCCP_LINE_STAT_V2_RES), "the dynamic form");
    CHECK(!mischief_swallows(&f, &d, SCCP_REGISTER_ACK), "another message");
    CHECK(!mischief_swallows(&f, &other, SCCP_LINE_STAT_RES), "another device");
    CHECK(mischief_bytes(&f, "a", bytes) == 0, "nothing behind RegisterAck");
    fault_set(&f, FAULT_SCCP_LENGTH_4G, true, "a");
    CHECK(mischief_bytes(&f, "a", bytes) == 12 && memcmp(bytes, "\xff\xff\xff\xff", 4) == 0,
          "4 GiB");
    CHECK(mischief_bytes(&f, "b", bytes) == 0, "another device");
    fault_set(&f, FAULT_MEDIA_KEY_15, true, "a");
    m.open_receive.srtp.key_len = 16;
    mischief_changes(&f, "a", &m);
    CHECK(m.open_receive.srtp.key_len == 16, "a call in the clear has no key to spoil");
    m.open_receive.srtp.algorithm = 1;
    mischief_changes(&f, "b", &m);
    CHECK(m.open_receive.srtp.key_len == 16, "another device");
    mischief_changes(&f, "a", &m);
    CHECK(m.open_receive.srtp.key_len == 15, "its own");
}

static size_t cut_frame_of(struct faults *f, size_t len)
{
    uint8_t frame[64] = {0};

    CHECK(mischief_spoils(f, "a", SCCP_BUTTON_TEMPLATE_RES, frame, &len) == MISCHIEF_THEN_CLOSE,
          "closes");
    return len;
}

static void a_frame_is_cut_where_it_was_said(void **state)
{
    static const struct {
        int at;
        size_t left[5]; /* of a frame of four bytes, time after time */
    } rows[] = {
        {FAULT_AT_USUAL, {2, 2, 2, 2, 2}},
        {0, {0, 0, 0, 0, 0}},
        {3, {3, 3, 3, 3, 3}},
        {99, {4, 4, 4, 4, 4}},            /* it ends before that */
        {FAULT_AT_EACH, {1, 2, 3, 1, 2}}, /* never whole, never nothing */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct faults f = {0};
        fault_set(&f, FAULT_SCCP_CUT_FRAME, true, "");
        f.of[FAULT_SCCP_CUT_FRAME].at = rows[i].at;
        for (size_t k = 0; k < 5; k++)
            CHECK(cut_frame_of(&f, 4) == rows[i].left[k], "row %zu, time %zu", i, k);
    }
}

static void a_place_is_read_as_its_fault_has_it(void **state)
{
    static const struct {
        enum fault_id fault;
        const char *text;
        int at; /* FAULT_AT_USUAL: refused */
    } rows[] = {
        {FAULT_SCCP_CUT_FRAME, "0", 0},
        {FAULT_SCCP_CUT_FRAME, "12", 12},
        {FAULT_SCCP_CUT_FRAME, "each", FAULT_AT_EACH},
        {FAULT_SCCP_CUT_FRAME, "certificate", FAULT_AT_USUAL},
        {FAULT_SCCP_CUT_FRAME, "-1", FAULT_AT_USUAL},
        {FAULT_SCCP_CUT_FRAME, "12x", FAULT_AT_USUAL},
        {FAULT_SCCP_CUT_FRAME, "", FAULT_AT_USUAL},
        {FAULT_SCCP_CUT_FRAME, "99999999999999999999", FAULT_AT_USUAL},
        {FAULT_TLS_RESET, "certificate", HANDSHAKE_CERTIFICATE},
        {FAULT_TLS_RESET, "each", FAULT_AT_EACH},
        {FAULT_TLS_RESET, "3", FAULT_AT_USUAL},
        {FAULT_TFTP_SILENT, "each", FAULT_AT_USUAL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int at = FAULT_AT_USUAL;
        char text[32];
        struct err e = {0};
        const bool ok = fault_at_read(rows[i].fault, rows[i].text, &at, &e);
        CHECK(ok == (rows[i].at != FAULT_AT_USUAL) && at == rows[i].at, "row %zu: %s", i, e.text);
        CHECK(ok || e.kind == ERR_USAGE, "row %zu", i);
        CHECK(!ok || strcmp(fault_at_text(rows[i].fault, at, text), rows[i].text) == 0,
              "row %zu: %s", i, text);
    }
}

static void a_fault_kept_to_an_address_strikes_there_alone(void **state)
{
    struct faults f = {0};
    struct net_addr here = {.family = 4, .ip = {10, 0, 0, 1}, .port = 1000}, there = here;

    (void)state;
    there.ip[3] = 2;
    CHECK(!fault_on_from(&f, FAULT_TFTP_SILENT, &here), "off");
    fault_set(&f, FAULT_TFTP_SILENT, true, "a");
    f.of[FAULT_TFTP_SILENT].from = here;
    here.port = 2000;
    CHECK(fault_on_from(&f, FAULT_TFTP_SILENT, &here), "whatever the port");
    CHECK(!fault_on_from(&f, FAULT_TFTP_SILENT, &there), "elsewhere");
    fault_set(&f, FAULT_TFTP_SILENT, true, "");
    CHECK(fault_on_from(&f, FAULT_TFTP_SILENT, &there), "everybody's");
}

/* ---- handshakes that are cut ------------------------------------------------------------------
 */

/* Type and length of each message, and which of them share a record. */
static size_t put_record(uint8_t *out, uint8_t type, const uint8_t *messages, size_t count)
{
    size_t n = 5;

    for (size_t i = 0; i < count; i++) {
        memcpy(out + n, (uint8_t[]){messages[i], 0, 0, 3, 1, 2, 3}, 7);
        n += 7;
    }
    memcpy(out, (uint8_t[]){type, 3, 3, 0, (uint8_t)(n - 5)}, 5);
    return n;
}

/* ServerHello, Certificate, ServerKeyExchange, CertificateRequest, ServerHelloDone;
 * ChangeCipherSpec, Finished: one record each, or each flight in one. */
static size_t put_handshake(uint8_t *out, bool together)
{
    static const uint8_t messages[] = {2, 11, 12, 13, 14}, secret[] = {0x5A, 0xA5};
    size_t n = 0;

    for (size_t i = 0; !together && i < 5; i++)
        n += put_record(out + n, 22, &messages[i], 1);
    if (together)
        n += put_record(out, 22, messages, 5);
    memcpy(out + n, (uint8_t[]){20, 3, 3, 0, 1, 1}, 6);
    return n + 6 + put_record(out + n + 6, 22, secret, 2);
}

static void a_handshake_is_cut_before_each_message_whatever_the_records(void **state)
{
    (void)state;
    for (unsigned together = 0; together < 2; together++) {
        for (unsigned place = 0; place <= handshake_places(false); place++) {
            uint8_t flight[128];
            struct handshake_cut c = {0};
            const size_t len = put_handshake(flight, together), header = together ? 5 : 12;
            const size_t before[] = {0,
                                     together ? 12 : header,
                                     together ? 19 : 2 * header,
                                     together ? 26 : 3 * header,
                                     together ? 33 : 4 * header,
                                     together ? 40 : 5 * header,
                                     together ? 46 : 5 * header + 6,
                                     len};
            bool met;
            CHECK(handshake_cut(&c, place, flight, len, &met) == before[place], "%u: place %u",
                  together, place);
            CHECK(met == (place < handshake_places(false)), "%u: place %u", together, place);
            CHECK(!together || place == 0 || place >= 5 || flight[4] == 7 * place,
                  "the record says what is left of it: %u", flight[4]);
        }
    }
}

static void a_flight_in_pieces_goes_on_where_it_was(void **state)
{
    uint8_t flight[128];
    struct handshake_cut c = {0};
    const size_t len = put_handshake(flight, false);
    bool met;

    (void)state;
    CHECK(handshake_cut(&c, 6, flight, 60, &met) == 60 && !met, "the first flight passes");
    CHECK(handshake_cut(&c, 6, flight + 60, len - 60, &met) == 6 && met, "ChangeCipherSpec alone");
}

static void of_tls_1_3_records_are_counted(void **state)
{
    static const uint8_t hello[] = {2}, secret[] = {0x5A};

    (void)state;
    for (unsigned place = 0; place < handshake_places(true); place++) {
        uint8_t flight[128];
        struct handshake_cut c = {.tls13 = true};
        size_t len = put_record(flight, 22, hello, 1);
        bool met;
        memcpy(flight + len, (uint8_t[]){20, 3, 3, 0, 1, 1}, 6);
        len += 6;
        for (unsigned i = 1; i < handshake_places(true); i++)
            len += put_record(flight + len, 23, secret, 1);
        CHECK(handshake_cut(&c, place, flight, len, &met) == (place ? 18 + 12 * (place - 1) : 0),
              "place %u", place);
        CHECK(met, "place %u", place);
    }
}

/* A flight cut anywhere, or of any bytes, is walked to its end at most. */
static void broken_records_end_the_walk(void **state)
{
    uint8_t flight[128], whole[128];
    const size_t len = put_handshake(whole, true);
    bool met;

    (void)state;
    for (size_t n = 0; n <= len; n++) {
        for (unsigned value = 0; value < 256; value += 51) {
            struct handshake_cut c = {0};
            memcpy(flight, whole, len);
            if (n < len)
                flight[n] = (uint8_t)value;
            CHECK(handshake_cut(&c, 4, flight, n, &met) <= n, "byte %zu", n);
        }
    }
}

static void a_fault_is_found_by_its_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FAULT_COUNT; i++)
        CHECK(fault_by_name(fault_table[i].name) == (enum fault_id)i, "%s", fault_table[i].name);
    CHECK(fault_by_name("tftp") == FAULT_NONE, "a part of a name");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_wrong_list_is_refused_as_the_menu_says),
        cmocka_unit_test(a_fault_may_be_one_devices_alone),
        cmocka_unit_test(a_message_is_swallowed_or_changed_for_its_device_alone),
        cmocka_unit_test(a_frame_is_cut_where_it_was_said),
        cmocka_unit_test(a_place_is_read_as_its_fault_has_it),
        cmocka_unit_test(a_fault_kept_to_an_address_strikes_there_alone),
        cmocka_unit_test(a_handshake_is_cut_before_each_message_whatever_the_records),
        cmocka_unit_test(a_flight_in_pieces_goes_on_where_it_was),
        cmocka_unit_test(of_tls_1_3_records_are_counted),
        cmocka_unit_test(broken_records_end_the_walk),
        cmocka_unit_test(a_fault_is_found_by_its_name),
    };

    return cmocka_run_group_tests(tests, make_all, free_all);
}
