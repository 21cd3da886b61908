/* What real peers send instead of the layout (sccp.md 4, 8.2, 8.4), and what hostile ones may. */
#include "check.h"

#include "base/wire.h"
#include "sccp/frame.h"
#include "sccp_fill.h"

#define CALL  0x0100001au
#define PARTY 0xfefefe01u /* chan-sccp's are above 2^31 */

static struct sccp_message got;

static bool decode(uint32_t id, uint32_t version, const void *body, size_t len, struct err *e)
{
    uint8_t *exact = malloc(len ? len : 1); /* so that a sanitizer sees a read past its end */

    if (len)
        memcpy(exact, body, len);
    bool ok = sccp_decode(&got, id, version, exact, len, e);
    free(exact);
    return ok;
}

/* A filled message, cut to what some peer sends of it. */
static void decode_cut(uint32_t id, uint32_t version, size_t len)
{
    static struct sccp_message full;
    uint8_t body[SCCP_BODY_MAX];
    size_t whole = 0;
    struct err e;

    fill_message(&full, id, version, false);
    CHECK(sccp_encode(&full, body, sizeof body, &whole, &e) && len <= whole, "%s", e.text);
    CHECK(decode(id, version, body, len, &e), "version %u, %zu bytes: %s", version, len, e.text);
}

/* Sizes seen of real servers and devices. */
static void the_short_bodies_of_real_peers_are_read(void **state)
{
    static const struct {
        uint32_t id, version;
        size_t len;
        const char *who;
    } rows[] = {
        {SCCP_REGISTER, 0, 36, "the least that mod_skinny takes"},
        {SCCP_REGISTER, 4, 44, "7936"},
        {SCCP_REGISTER, 11, 68, "7960"},
        {SCCP_REGISTER, 17, 124, "7941"},
        {SCCP_REGISTER_ACK, 0, 12, "CallManager 2"},
        {SCCP_REGISTER_REJECT, 0, 1, "any text"},
        {SCCP_UNREGISTER, 5, 0, "pyskinny"},
        {SCCP_CAPABILITIES_RES, 17, 4 + 16 * 3, "a short array"},
        {SCCP_BUTTON_TEMPLATE_RES, 17, 12 + 2 * 1, "a short array"},
        {SCCP_SOFT_KEY_TEMPLATE_RES, 17, 12 + 20 * 2, "a short array"},
        {SCCP_SOFT_KEY_SET_RES, 17, 12 + 48 * 1, "a short array"},
        {SCCP_LINE_STAT_RES, 3, 68, "CallManager 3.1"},
        {SCCP_LINE_STAT_RES, 3, 108, "CallManager 3.3"},
        {SCCP_OFF_HOOK, 3, 0, "old phones"},
        {SCCP_ON_HOOK, 3, 0, "CallManager takes it"},
        {SCCP_HOOK_FLASH, 3, 0, "old phones"},
        {SCCP_KEYPAD_BUTTON, 3, 4, "old phones"},
        {SCCP_STIMULUS, 3, 8, "pyskinny"},
        {SCCP_START_TONE, 3, 4, "old servers"},
        {SCCP_STOP_TONE, 17, 8, "mod_skinny, chan_skinny"},
        {SCCP_CALL_STATE, 11, 12, "libsccp"},
        {SCCP_ENBLOC_CALL, 11, 24, "no line"},
        {SCCP_ENBLOC_CALL, 20, 28, "no line, padded"},
        {SCCP_OFF_HOOK_WITH_CGPN, 5, 24, "one number"},
        {SCCP_OPEN_RECEIVE_CHANNEL, 3, 28, "what a client needs"},
        {SCCP_OPEN_RECEIVE_CHANNEL, 5, 68, "CallManager 4.1: up to the salt"},
        {SCCP_OPEN_RECEIVE_CHANNEL, 11, 92, "CUCM 7"},
        {SCCP_OPEN_RECEIVE_CHANNEL, 17, 128, "CUCM 7"},
        {SCCP_OPEN_RECEIVE_CHANNEL_ACK, 5, 16, "CallManager 4's phones"},
        {SCCP_CLOSE_RECEIVE_CHANNEL, 3, 8, "CallManager 3.1"},
        {SCCP_CLOSE_RECEIVE_CHANNEL, 0, 12, "mod_skinny"},
        {SCCP_STOP_MEDIA_TRANSMISSION, 3, 8, "CallManager 3.1"},
        {SCCP_START_MEDIA_TRANSMISSION, 0, 40, "mod_skinny"},
        {SCCP_START_MEDIA_TRANSMISSION, 5, 84, "CallManager 4.1: up to the salt"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        decode_cut(rows[i].id, rows[i].version, rows[i].len);
}

static void a_short_ack_of_callmanager_2_has_its_meaning(void **state)
{
    static const uint8_t body[12] = {30, 0, 0, 0, 'M', '/', 'D', '/', 'Y', 'A', 0, 0};
    struct err e;

    (void)state;
    CHECK(decode(SCCP_REGISTER_ACK, 0, body, sizeof body, &e), "%s", e.text);
    CHECK(got.register_ack.secondary_keepalive_s == 30, "as the primary's");
    CHECK(got.register_ack.protocol_version == 0, "no version");
    assert_string_equal(got.register_ack.date_template, "M/D/YA"); /* full: without a NUL */
}

/* chan_skinny returns the character '0', mod_skinny 0. */
static void the_negotiated_version_is_the_lower_one(void **state)
{
    (void)state;
    CHECK(sccp_negotiated(17, 48) == 17, "chan_skinny");
    CHECK(sccp_negotiated(17, 0) == 0, "mod_skinny");
    CHECK(sccp_negotiated(22, 11) == 11, "libsccp");
    CHECK(sccp_negotiated(5, 5) == 5, "equal");
}

static void text_ends_at_its_nul_whatever_stands_behind(void **state)
{
    uint8_t body[112] = {1};
    struct err e;

    (void)state;
    memcpy(body + 4, "1001\0garbage of an old CM", 24);
    memset(body + 28, 'x', 40);
    CHECK(decode(SCCP_LINE_STAT_RES, 5, body, sizeof body, &e), "%s", e.text);
    assert_string_equal(got.line_stat_res.number, "1001");
    CHECK(strlen(got.line_stat_res.display_name) == 40, "a full field has no NUL on the wire");
}

/* chan_skinny: number and one text of 24 bytes each, then 60 bytes of zero: 112, as long as the
 * usual form, whose display name begins at the same place. So it needs no layout of its own; the
 * label stays empty. */
static void the_line_of_chan_skinny_has_its_number_and_name_and_no_label(void **state)
{
    uint8_t body[112] = {1};
    struct err e;

    (void)state;
    memcpy(body + 4, "999001", 6);
    memcpy(body + 28, "Voice mail port number 1", 24); /* full: without a NUL */
    CHECK(decode(SCCP_LINE_STAT_RES, 17, body, sizeof body, &e), "%s", e.text);
    assert_int_equal(got.line_stat_res.line, 1);
    assert_string_equal(got.line_stat_res.number, "999001");
    assert_string_equal(got.line_stat_res.display_name, "Voice mail port number 1");
    assert_string_equal(got.line_stat_res.label, "");
    assert_int_equal(got.line_stat_res.options, 0);
}

/* CallManager 3.1 ends after the display name, 3.3 before the options (4.4). */
static void a_short_line_answer_is_read_as_far_as_it_goes(void **state)
{
    static const struct {
        size_t len;
        const char *label;
    } rows[] = {{68, ""}, {108, "Port 1"}, {112, "Port 1"}};
    uint8_t body[112] = {1};
    struct err e;

    (void)state;
    memcpy(body + 4, "999001", 6);
    memcpy(body + 28, "Voice mail", 10);
    memcpy(body + 68, "Port 1", 6);
    for (size_t i = 0; i < 3; i++) {
        CHECK(decode(SCCP_LINE_STAT_RES, 5, body, rows[i].len, &e), "%zu: %s", rows[i].len, e.text);
        assert_string_equal(got.line_stat_res.number, "999001");
        assert_string_equal(got.line_stat_res.display_name, "Voice mail");
        assert_string_equal(got.line_stat_res.label, rows[i].label);
    }
}

/* ---- forms ---- */

static void the_line_of_an_enbloc_call_is_found_packed_and_aligned(void **state)
{
    uint8_t packed[32] = "1002", aligned[32] = "1002";
    struct err e;

    (void)state;
    packed[25] = 2;  /* 7970, version 22 */
    aligned[28] = 2; /* 8945, version 22 */
    CHECK(decode(SCCP_ENBLOC_CALL, 22, packed, sizeof packed, &e), "%s", e.text);
    CHECK(got.enbloc_call.line == 2, "packed: %u", got.enbloc_call.line);
    CHECK(decode(SCCP_ENBLOC_CALL, 22, aligned, sizeof aligned, &e), "%s", e.text);
    CHECK(got.enbloc_call.line == 2, "aligned: %u", got.enbloc_call.line);
    assert_string_equal(got.enbloc_call.called_party, "1002");
}

/* Written with one width of address, read in a version that has the other. */
static void a_body_of_the_other_width_is_read_by_its_length(void **state)
{
    static const uint32_t ids[] = {SCCP_OPEN_RECEIVE_CHANNEL_ACK, SCCP_START_MEDIA_TRANSMISSION_ACK,
                                   SCCP_MEDIA_TRANSMISSION_FAILURE, SCCP_PORT_RES, SCCP_SERVER_RES};
    static const uint32_t versions[][2] = {{0, 17}, {17, 0}, {16, 22}, {18, 16}};
    static struct sccp_message m;
    uint8_t body[SCCP_BODY_MAX];
    size_t len = 0;
    struct err e;

    (void)state;
    for (size_t i = 0; i < 5 * 4; i++) {
        fill_message(&m, ids[i % 5], versions[i / 5][0], false);
        CHECK(sccp_encode(&m, body, sizeof body, &len, &e), "%s", e.text);
        CHECK(decode(m.id, versions[i / 5][1], body, len, &e), "%s", e.text);
        CHECK(got.version == versions[i / 5][1], "the negotiated version stays");
        m.version = got.version;
        CHECK_BYTES(&got, sizeof got, &m, sizeof m);
    }
}

static void the_narrow_statistics_request_of_chan_sccp_is_read(void **state)
{
    static struct sccp_message m;
    uint8_t body[SCCP_BODY_MAX];
    size_t len = 0;
    struct err e;

    (void)state;
    fill_message(&m, SCCP_CONNECTION_STATISTICS_REQ, 17, false);
    CHECK(sccp_encode(&m, body, sizeof body, &len, &e) && len == 32, "%s", e.text);
    for (uint32_t version = 17; version <= 22; version++) {
        CHECK(decode(m.id, version, body, len, &e), "%s", e.text);
        assert_string_equal(got.statistics_req.number, m.statistics_req.number);
        assert_int_equal(got.statistics_req.call, m.statistics_req.call);
        assert_int_equal(got.statistics_req.mode, m.statistics_req.mode);
        CHECK(got.version == version, "the negotiated version stays");
    }
}

/* The three forms of ConnectionStatisticsRes, each offered to old and new versions. */
static size_t make_statistics(uint8_t *body, size_t number, size_t mode, const char *text,
                              size_t text_room)
{
    static const uint32_t counters[] = {3000, 480000, 2990, 478400, 10, 4, 20};
    struct wire_writer w = wire_write_to(body, SCCP_BODY_MAX);

    wire_put_bytes(&w, "1001", 4);
    wire_put_zeros(&w, number - 4);
    wire_put_u32le(&w, CALL);
    if (mode == 1)
        wire_put_u8(&w, 1);
    else
        wire_put_u32le(&w, 1);
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++)
        wire_put_u32le(&w, counters[i]);
    wire_put_u32le(&w, (uint32_t)strlen(text));
    wire_put_bytes(&w, text, strlen(text));
    wire_put_zeros(&w, text_room > strlen(text) ? text_room - strlen(text) : 0);
    wire_put_zeros(&w, (4 - wire_written(&w) % 4) % 4);
    return wire_written(&w);
}

static void statistics_are_read_in_all_three_forms(void **state)
{
    static const struct {
        size_t number, mode;
    } forms[] = {{24, 4}, {28, 4}, {28, 1}};
    static const struct {
        const char *text;
        size_t room;
    } texts[] = {{"", 0}, {"", 600}, {"MLQK=4.5000;MLQKav=4.4", 0}, {"MLQK=4.5", 600}};
    static const uint32_t versions[] = {11, 17, 18, 20, 22};
    uint8_t body[SCCP_BODY_MAX];
    struct err e;

    (void)state;
    for (size_t i = 0; i < 3 * 4 * 5; i++) {
        size_t f = i % 3, t = i / 3 % 4, v = i / 12;
        size_t len =
            make_statistics(body, forms[f].number, forms[f].mode, texts[t].text, texts[t].room);
        CHECK(decode(SCCP_CONNECTION_STATISTICS_RES, versions[v], body, len, &e), "%s", e.text);
        const struct sccp_statistics_res *s = &got.statistics_res;
        CHECK(s->call == CALL && s->mode == 1 && s->packets_sent == 3000 &&
                  s->octets_sent == 480000 && s->packets_received == 2990 &&
                  s->octets_received == 478400 && s->packets_lost == 10 && s->jitter == 4 &&
                  s->latency_ms == 20,
              "form %zu, text %zu, version %u: sent %u", f, t, versions[v], s->packets_sent);
        assert_string_equal(s->text, texts[t].text);
    }
}

/* ---- CallInfoV2 ---- */

static size_t make_call_info(uint8_t *body, const char *const *strings, size_t count)
{
    struct wire_writer w = wire_write_to(body, SCCP_BODY_MAX);

    wire_put_u32le(&w, 1);
    wire_put_u32le(&w, CALL);
    wire_put_zeros(&w, 24);
    for (size_t i = 0; i < count; i++)
        wire_put_bytes(&w, strings[i], strlen(strings[i]) + 1);
    wire_put_zeros(&w, (4 - wire_written(&w) % 4) % 4);
    return wire_written(&w);
}

static const char *const fourteen[] = {"1001",  "5000",  "1002",  "1003",   "v1001",
                                       "v5000", "v1002", "v1003", "Alice",  "Pilot",
                                       "Bob",   "Carol", "hunt",  "Hunters"};

static void chan_sccp_is_known_by_the_features_of_its_register_ack(void **state)
{
    struct sccp_register_ack ack = {.protocol_version = 11, .features = {0x20, 0xf1, 0xff}};

    (void)state;
    assert_true(sccp_habits_of(&ack).no_alternate_party);
    ack.features.f2 = 0xfe; /* 5-10 */
    assert_true(sccp_habits_of(&ack).no_alternate_party);
    ack.features = (struct sccp_features){0x20, 0x00, 0xfe}; /* libsccp */
    assert_false(sccp_habits_of(&ack).no_alternate_party);
    ack.features = (struct sccp_features){0, 0, 0};
    assert_false(sccp_habits_of(&ack).no_alternate_party);
}

static void call_info_of_old_chan_sccp_has_no_alternate_party(void **state)
{
    static const struct sccp_habits habits = {.no_alternate_party = true};
    uint8_t body[SCCP_BODY_MAX];
    size_t len = make_call_info(body, fourteen, 14);
    const struct sccp_call_info *c = &got.call_info;
    struct err e;

    (void)state;
    CHECK(sccp_decode_as(&got, SCCP_CALL_INFO_V2, 15, &habits, body, len, &e), "%s", e.text);
    assert_string_equal(c->calling_party, "1001");
    assert_string_equal(c->alternate_calling_party, "");
    assert_string_equal(c->called_party, "5000");
    assert_string_equal(c->original_called_mailbox, "v1002");
    assert_string_equal(c->last_redirecting_name, "Carol");
    assert_string_equal(c->hunt_pilot, "hunt");
    assert_string_equal(c->hunt_pilot_name, "Hunters");
    /* From 16 on it has one, whatever the habit. */
    CHECK(sccp_decode_as(&got, SCCP_CALL_INFO_V2, 16, &habits, body, len, &e), "%s", e.text);
    assert_string_equal(c->alternate_calling_party, "5000");
}

static void call_info_with_12_13_14_or_15_strings_is_read(void **state)
{
    static const char *const strings[] = {"a", "b", "c", "d", "e", "f", "g", "h",
                                          "i", "j", "k", "l", "m", "n", "o"};
    uint8_t body[SCCP_BODY_MAX];
    struct err e;

    (void)state;
    for (size_t n = 12; n <= 15; n++) {
        size_t len = make_call_info(body, strings, n);
        CHECK(decode(SCCP_CALL_INFO_V2, 11, body, len, &e), "%s", e.text);
        assert_string_equal(got.call_info.original_called_name, "l");
        assert_string_equal(got.call_info.last_redirecting_name, n >= 13 ? "m" : "");
        assert_string_equal(got.call_info.hunt_pilot, n >= 14 ? "n" : "");
        assert_string_equal(got.call_info.hunt_pilot_name, n >= 15 ? "o" : "");
    }
}

static void a_string_without_end_or_too_long_stays_in_its_field(void **state)
{
    uint8_t body[SCCP_BODY_MAX] = {1};
    struct err e;

    (void)state;
    memset(body + 32, 'x', sizeof body - 32);
    CHECK(decode(SCCP_CALL_INFO_V2, 17, body, sizeof body, &e), "%s", e.text);
    CHECK(strlen(got.call_info.calling_party) == sizeof(sccp_party) - 1, "bounded");
    assert_string_equal(got.call_info.called_party, "");
    /* Too long, but ended: the next one is read from its own place. */
    body[32 + 200] = '\0';
    memcpy(body + 32 + 201, "next", 5);
    CHECK(decode(SCCP_CALL_INFO_V2, 17, body, sizeof body, &e), "%s", e.text);
    assert_string_equal(got.call_info.alternate_calling_party, "next");
}

/* ---- hostile ---- */

static void counts_that_promise_more_than_came_are_cut_down(void **state)
{
    uint8_t body[400] = {0};
    struct err e;

    (void)state;
    memset(body, 0xff, 4);
    CHECK(decode(SCCP_CAPABILITIES_RES, 17, body, 4 + 16 * 2 + 5, &e), "%s", e.text);
    CHECK(got.capabilities_res.count == 2, "%u", got.capabilities_res.count);
    CHECK(decode(SCCP_CAPABILITIES_RES, 17, body, 4 + 16 * 20, &e), "%s", e.text);
    CHECK(got.capabilities_res.count == SCCP_CAPS_MAX, "%u", got.capabilities_res.count);
    CHECK(decode(SCCP_CAPABILITIES_RES, 17, body, 4, &e), "%s", e.text);
    CHECK(got.capabilities_res.count == 0, "%u", got.capabilities_res.count);
    memset(body, 0xff, 24);
    CHECK(decode(SCCP_UPDATE_CAPABILITIES, 17, body, 24, &e), "%s", e.text);
    CHECK(got.update_capabilities.audio_count == 0 && got.update_capabilities.video_count == 0 &&
              got.update_capabilities.data_count == 0 && got.update_capabilities.picture_count == 0,
          "no entry came");
}

static void a_text_that_promises_more_than_came_is_cut_down(void **state)
{
    uint8_t body[70] = {0};
    struct err e;

    (void)state;
    memset(body + 60, 0xff, 4);
    memset(body + 64, 'x', 6);
    CHECK(decode(SCCP_CONNECTION_STATISTICS_RES, 11, body, sizeof body, &e), "%s", e.text);
    CHECK(got.statistics_res.text_len == 6, "%u", got.statistics_res.text_len);
    assert_string_equal(got.statistics_res.text, "xxxxxx");
}

/* Else a stream would be made with a key of zeros. */
static void a_body_may_not_end_inside_a_key_that_is_in_use(void **state)
{
    static const struct {
        uint32_t id, version;
        size_t algorithm, salt_end;
    } rows[] = {{SCCP_OPEN_RECEIVE_CHANNEL, 17, 28, 68},
                {SCCP_START_MEDIA_TRANSMISSION, 16, 44, 84},
                {SCCP_START_MEDIA_TRANSMISSION, 17, 60, 100}};
    uint8_t body[168] = {0};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t len = rows[i].algorithm; len <= rows[i].salt_end; len++) {
            bool whole = len < rows[i].algorithm + 4 || len == rows[i].salt_end;
            body[rows[i].algorithm] = 1;
            CHECK(decode(rows[i].id, rows[i].version, body, len, &e) == whole, "row %zu, %zu", i,
                  len);
            body[rows[i].algorithm] = 0;
            CHECK(decode(rows[i].id, rows[i].version, body, len, &e), "plain: row %zu, %zu", i,
                  len);
        }
}

static void an_error_names_message_field_and_offset(void **state)
{
    static const struct {
        uint32_t id, version;
        size_t len;
        const char *text;
    } rows[] = {
        {SCCP_CALL_STATE, 17, 6, "CallState: the body ends before or inside line, after 6 bytes"},
        {SCCP_KEYPAD_BUTTON, 17, 3,
         "KeypadButton: the body ends before or inside button, after 3 bytes"},
        {SCCP_OPEN_RECEIVE_CHANNEL_ACK, 17, 24,
         "OpenReceiveChannelAck: the body ends before or inside port, after 24 bytes"},
        {SCCP_REGISTER, 0, 31,
         "Register: the body ends before or inside device_type, after 31 bytes"},
    };
    static const uint8_t zeros[64];
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK(!decode(rows[i].id, rows[i].version, zeros, rows[i].len, &e), "row %zu", i);
        CHECK(e.kind == ERR_SHORT, "row %zu", i);
        assert_string_equal(e.text, rows[i].text);
    }
}

static void an_unknown_id_is_no_error_and_has_no_fields(void **state)
{
    static const uint32_t ids[] = {0x0084, SCCP_USER_TO_DEVICE_DATA, 0x8000, 0xffffffffu};
    static const uint8_t body[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        CHECK(!sccp_knows(ids[i]), "0x%x", ids[i]);
        CHECK(decode(ids[i], 17, body, sizeof body, &e), "0x%x", ids[i]);
        CHECK(got.id == ids[i], "0x%x", got.id);
    }
}

/* ---- what we refuse to write ---- */

static void what_does_not_fit_is_not_written(void **state)
{
    static struct sccp_message m;
    uint8_t body[SCCP_BODY_MAX];
    size_t len = 0;
    struct err e;

    (void)state;
    m = (struct sccp_message){.id = SCCP_ENBLOC_CALL, .version = 17};
    memset(m.enbloc_call.called_party, '1', 25);
    CHECK(!sccp_encode(&m, body, sizeof body, &len, &e), "25 digits");
    assert_string_equal(e.text, "EnblocCall: called_party has 25 characters, 24 fit");
    m.version = 18;
    CHECK(sccp_encode(&m, body, sizeof body, &len, &e), "%s", e.text);
    m = (struct sccp_message){.id = SCCP_CAPABILITIES_RES, .capabilities_res.count = 19};
    CHECK(!sccp_encode(&m, body, sizeof body, &len, &e), "19 capabilities");
    assert_string_equal(e.text, "CapabilitiesRes: caps: 19 said, 18 fit");
    m = (struct sccp_message){.id = 0x0084};
    CHECK(!sccp_encode(&m, body, sizeof body, &len, &e), "an unknown message");
    m = (struct sccp_message){.id = SCCP_CALL_STATE};
    CHECK(!sccp_encode(&m, body, 23, &len, &e), "a small buffer");
    CHECK(!sccp_encode_pdu(&m, body, 35, &len, &e), "a small buffer");
    CHECK(!sccp_encode_pdu(&m, body, 11, &len, &e), "no room for a header");
    CHECK(sccp_encode_pdu(&m, body, 36, &len, &e) && len == 36, "%s", e.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_short_bodies_of_real_peers_are_read),
        cmocka_unit_test(a_short_ack_of_callmanager_2_has_its_meaning),
        cmocka_unit_test(the_negotiated_version_is_the_lower_one),
        cmocka_unit_test(text_ends_at_its_nul_whatever_stands_behind),
        cmocka_unit_test(the_line_of_chan_skinny_has_its_number_and_name_and_no_label),
        cmocka_unit_test(a_short_line_answer_is_read_as_far_as_it_goes),
        cmocka_unit_test(the_line_of_an_enbloc_call_is_found_packed_and_aligned),
        cmocka_unit_test(a_body_of_the_other_width_is_read_by_its_length),
        cmocka_unit_test(the_narrow_statistics_request_of_chan_sccp_is_read),
        cmocka_unit_test(statistics_are_read_in_all_three_forms),
        cmocka_unit_test(chan_sccp_is_known_by_the_features_of_its_register_ack),
        cmocka_unit_test(call_info_of_old_chan_sccp_has_no_alternate_party),
        cmocka_unit_test(call_info_with_12_13_14_or_15_strings_is_read),
        cmocka_unit_test(a_string_without_end_or_too_long_stays_in_its_field),
        cmocka_unit_test(counts_that_promise_more_than_came_are_cut_down),
        cmocka_unit_test(a_text_that_promises_more_than_came_is_cut_down),
        cmocka_unit_test(a_body_may_not_end_inside_a_key_that_is_in_use),
        cmocka_unit_test(an_error_names_message_field_and_offset),
        cmocka_unit_test(an_unknown_id_is_no_error_and_has_no_fields),
        cmocka_unit_test(what_does_not_fit_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
