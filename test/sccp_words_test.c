/* Messages as text for people: named, escaped, and without what must not be seen. Digits,
 * addresses. */
#include "check.h"

#include "sccp/frame.h"
#include "sccp_fill.h"

static char text[SCCP_PRINT_MAX];

static void a_message_prints_as_one_line_with_names(void **state)
{
    static const struct sccp_message m = {.id = SCCP_CALL_STATE,
                                          .version = 17,
                                          .call_state = {.state = 4, .line = 1, .call = 16777242}};

    (void)state;
    assert_string_equal(sccp_print(&m, false, text, sizeof text),
                        "CallState state=4(RingIn) line=1 call=16777242");
    assert_string_equal(sccp_print(&m, true, text, sizeof text),
                        "CallState state=4(RingIn) line=1 call=16777242 privacy=0 "
                        "precedence_level=0 precedence_domain=0");
}

static void an_array_prints_the_entries_that_count(void **state)
{
    static struct sccp_message m = {.id = SCCP_CAPABILITIES_RES,
                                    .version = 17,
                                    .capabilities_res = {.count = 2,
                                                         .caps = {{.codec = 4, .max_packet_ms = 40},
                                                                  {.codec = 2, .max_packet_ms = 40},
                                                                  {.codec = 9}}}};

    (void)state;
    assert_string_equal(sccp_print(&m, false, text, sizeof text),
                        "CapabilitiesRes count=2 caps=[ codec=4(G711Ulaw64k) max_packet_ms=40 | "
                        "codec=2(G711Alaw64k) max_packet_ms=40]");
}

static void keys_and_salts_are_hidden(void **state)
{
    static struct sccp_message m = {.id = SCCP_OPEN_RECEIVE_CHANNEL, .version = 17};

    (void)state;
    m.open_receive.srtp = (struct sccp_srtp){.algorithm = 1, .key_len = 16, .salt_len = 14};
    memset(m.open_receive.srtp.key, 'K', 16);
    memset(m.open_receive.srtp.salt, 'S', 14);
    assert_string_equal(sccp_print(&m, false, text, sizeof text),
                        "OpenReceiveChannel srtp.algorithm=1(AES_CM_128_HMAC_SHA1_32) "
                        "srtp.key_len=16 srtp.salt_len=14 srtp.key=(hidden) srtp.salt=(hidden)");
    memset(m.open_receive.srtp.key, 0, 16);
    CHECK(strstr(sccp_print(&m, true, text, sizeof text), "srtp.key=(hidden)"), "%s", text);
}

/* A digit may be part of a PIN: the line for each must be the same. */
static void digits_are_hidden_whichever_they_are(void **state)
{
    static const uint32_t ids[] = {SCCP_KEYPAD_BUTTON, SCCP_NOTIFY_DTMF_TONE, SCCP_SEND_DTMF_TONE};
    static struct sccp_message m;
    static char first[SCCP_PRINT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        for (uint32_t digit = 0; digit < 0x20; digit++) {
            m = (struct sccp_message){.id = ids[i], .version = 17};
            m.keypad_button.button = digit; /* the first word of each of them */
            sccp_print(&m, true, text, sizeof text);
            if (digit == 0)
                strcpy(first, text);
            assert_string_equal(text, first);
            CHECK(strstr(text, "=(hidden)"), "%s", text);
        }
}

static void tones_are_named_and_dtmf_tones_hidden(void **state)
{
    static struct sccp_message m = {.id = SCCP_START_TONE, .version = 17};

    (void)state;
    m.start_tone.tone = SCCP_TONE_REORDER;
    assert_string_equal(sccp_print(&m, false, text, sizeof text), "StartTone tone=37(ReorderTone)");
    for (uint32_t tone = 1; tone <= 0x13; tone++) {
        m.start_tone.tone = tone;
        if (sccp_tone_to_digit(tone))
            assert_string_equal(sccp_print(&m, false, text, sizeof text),
                                "StartTone tone=(hidden)");
    }
    m = (struct sccp_message){.id = SCCP_STOP_TONE, .version = 17, .stop_tone.tone = 5};
    assert_string_equal(sccp_print(&m, false, text, sizeof text), "StopTone tone=(hidden)");
}

static void text_of_peers_is_escaped(void **state)
{
    static struct sccp_message m = {.id = SCCP_REGISTER_REJECT,
                                    .register_reject.text = "\x1b[2J\"no\"\nLOG"};

    (void)state;
    sccp_print(&m, false, text, sizeof text);
    CHECK(!strchr(text, '\x1b') && !strchr(text, '\n'), "%s", text);
    CHECK(strstr(text, "no") && strstr(text, "LOG"), "%s", text);
}

static void every_message_prints_in_any_room_without_overrun(void **state)
{
    static struct sccp_message m;

    (void)state;
    for (uint32_t id = 0; id < SCCP_ID_END; id++) {
        if (!sccp_knows(id))
            continue;
        fill_message(&m, id, 22, id % 2);
        for (size_t cap = 1; cap < 300; cap += 7) {
            char *room = malloc(cap);
            sccp_print(&m, true, room, cap);
            CHECK(strlen(room) < cap, "%s in %zu", sccp_name(id), cap);
            free(room);
        }
        CHECK(strncmp(sccp_print(&m, true, text, sizeof text), sccp_name(id),
                      strlen(sccp_name(id))) == 0,
              "%s", text);
    }
}

static void unknown_messages_print_by_name_or_number(void **state)
{
    struct sccp_message m = {.id = SCCP_USER_TO_DEVICE_DATA};

    (void)state;
    assert_string_equal(sccp_print(&m, false, text, sizeof text), "UserToDeviceData");
    m.id = 0x1234;
    assert_string_equal(sccp_print(&m, false, text, sizeof text), "message 0x1234");
}

/* sccp.md 6.1, 6.9 and 4.5 */
static void digits_have_a_number_as_key_and_as_tone(void **state)
{
    static const struct {
        char digit;
        uint32_t key, tone;
    } rows[] = {{'0', 0, 0x0a},  {'1', 1, 0x01},  {'9', 9, 0x09}, {'A', 10, 0x10},
                {'D', 13, 0x13}, {'*', 14, 0x0e}, {'#', 15, 0x0f}};
    uint32_t n = 99;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK(sccp_digit_to_key(rows[i].digit, &n) && n == rows[i].key, "%c", rows[i].digit);
        CHECK(sccp_digit_to_tone(rows[i].digit, &n) && n == rows[i].tone, "%c", rows[i].digit);
        CHECK(sccp_tone_to_digit(rows[i].tone) == rows[i].digit, "%c", rows[i].digit);
        if (rows[i].digit != 'A')
            CHECK(sccp_key_to_digit(rows[i].key) == rows[i].digit, "%c", rows[i].digit);
    }
    CHECK(sccp_key_to_digit(10) == '0', "chan-sccp's zero");
    CHECK(sccp_key_to_digit('5') == '5', "ASCII");
    CHECK(sccp_key_to_digit(17) == 0 && sccp_key_to_digit(0xffffffffu) == 0, "no digit");
    CHECK(sccp_key_to_digit(0) == '0', "zero");
    CHECK(sccp_tone_to_digit(0) == 0 && sccp_tone_to_digit(0x21) == 0, "no digit");
    CHECK(!sccp_digit_to_key('x', &n) && !sccp_digit_to_key('\0', &n), "no digit");
    CHECK(!sccp_digit_to_tone('+', &n), "no tone");
}

static void addresses_go_to_sccp_and_back(void **state)
{
    static const char *const rows[] = {"10.0.0.9:16384", "[2001:db8::9]:16384"};
    struct net_addr a, back;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_true(net_addr_parse(&a, rows[i], 0));
        struct sccp_addr s = sccp_addr_of(&a);
        CHECK(s.type == (i ? SCCP_ADDR_IPV6 : SCCP_ADDR_IPV4), "%u", s.type);
        back = sccp_addr_to(&s, a.port);
        CHECK(net_addr_equal(&a, &back), "%s", rows[i]);
    }
    struct sccp_addr any = {0}, bad = {.type = SCCP_ADDR_INVALID, .ip = {1, 2, 3, 4}};
    CHECK(sccp_addr_to(&any, 5).family == 0, "0.0.0.0 is no address");
    CHECK(sccp_addr_to(&bad, 5).family == 0, "an invalid one neither");
    CHECK(sccp_addr_to(&any, 65536 + 80).port == 0, "a port above 65535 is none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_prints_as_one_line_with_names),
        cmocka_unit_test(an_array_prints_the_entries_that_count),
        cmocka_unit_test(keys_and_salts_are_hidden),
        cmocka_unit_test(digits_are_hidden_whichever_they_are),
        cmocka_unit_test(tones_are_named_and_dtmf_tones_hidden),
        cmocka_unit_test(text_of_peers_is_escaped),
        cmocka_unit_test(every_message_prints_in_any_room_without_overrun),
        cmocka_unit_test(unknown_messages_print_by_name_or_number),
        cmocka_unit_test(digits_have_a_number_as_key_and_as_tone),
        cmocka_unit_test(addresses_go_to_sccp_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
