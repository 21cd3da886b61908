/* The voice of a call: channels opened and closed, keys, statistics, digits. Walked with a scripted
 * call manager that speaks bytes, in invented time. */
#include "port_talk.h"

static void what_cannot_be_served_is_answered_with_its_status_and_told(void **state)
{
    static const struct {
        const char *why;
        uint32_t codec, packet_ms, algorithm, want;
        uint16_t key_len, salt_len;
        uint32_t mki, kdr;
        const char *told;
    } rows[] = {
        {"good", 4, 20, 1, 0, 16, 14, 0, 0, ""},
        {"A-law, 60 ms, 80-bit tag", 2, 60, 2, 0, 16, 14, 0, 0, ""},
        {"GCM", 4, 10, 5, 0, 16, 12, 0, 0, ""},
        {"plain RTP", 4, 20, 0, 0, 0, 0, 0, 0, ""},
        {"plain RTP with a key to be ignored", 4, 20, 0, 0, 17, 99, 1, 1, ""},
        {"the salt's whole field", 4, 20, 1, 0, 16, 16, 0, 0, ""},
        {"G.729", 11, 20, 1, 6, 16, 14, 0, 0, "codec 11 (G729) was not offered"},
        {"codec 0", 0, 20, 1, 6, 16, 14, 0, 0, "codec 0 (unknown) was not offered"},
        {"5 ms", 4, 5, 1, 7, 16, 14, 0, 0, "5 ms of sound in a packet, 10 to 60 will do"},
        {"61 ms", 4, 61, 1, 7, 16, 14, 0, 0, "61 ms of sound in a packet, 10 to 60 will do"},
        {"0 ms", 4, 0, 1, 7, 16, 14, 0, 0, "0 ms of sound in a packet, 10 to 60 will do"},
        {"no key", 4, 20, 1, 1, 0, 14, 0, 0,
         "the SRTP key is 0 bytes, AES_CM_128_HMAC_SHA1_32 wants 16"},
        {"17 bytes of key", 4, 20, 1, 1, 17, 14, 0, 0,
         "the SRTP key is 17 bytes, AES_CM_128_HMAC_SHA1_32 wants 16"},
        {"no salt", 4, 20, 1, 1, 16, 0, 0, 0,
         "the SRTP salt is 0 bytes, AES_CM_128_HMAC_SHA1_32 wants 14"},
        {"F8", 4, 20, 3, 1, 16, 14, 0, 0, "SRTP algorithm 3 is not known; wanted 0, 1, 2 or 5"},
        {"AES-256", 4, 20, 6, 1, 16, 12, 0, 0,
         "SRTP algorithm 6 is not known; wanted 0, 1, 2 or 5"},
        {"an unknown suite", 4, 20, 99, 1, 16, 14, 0, 0,
         "SRTP algorithm 99 is not known; wanted 0, 1, 2 or 5"},
        {"MKI", 4, 20, 1, 1, 16, 14, 1, 0, "an MKI in each packet"},
        {"key derivation rate", 4, 20, 1, 1, 16, 14, 0, 8, "a key derivation rate other than 0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *r = registered(17);
        struct sccp_message orc, smt;
        r->cm.silent = true;
        hear(r, say_call_state(SCCP_CALL_RING_IN, 9));
        rig_advance(r, 200);
        STATE(r, PORT_ANSWERING);
        orc = say_open_receive(r, 9, 4);
        orc.open_receive.codec = rows[i].codec;
        orc.open_receive.packet_ms = rows[i].packet_ms;
        orc.open_receive.srtp.algorithm = rows[i].algorithm;
        /* The codec itself refuses a length above 16 in use; it hears the rest. */
        orc.open_receive.srtp.key_len = rows[i].key_len;
        orc.open_receive.srtp.salt_len = rows[i].salt_len;
        orc.open_receive.srtp.mki_present = rows[i].mki;
        orc.open_receive.srtp.key_derivation_rate = rows[i].kdr;
        hear(r, orc);
        assert_string_equal(r->note_text, rows[i].told);
        r->note_text[0] = '\0';
        smt = say_start_transmit(r, 9, 4);
        smt.start_transmit.codec = rows[i].codec;
        smt.start_transmit.packet_ms = rows[i].packet_ms;
        smt.start_transmit.srtp = orc.open_receive.srtp;
        hear(r, smt);
        assert_string_equal(r->note_text, rows[i].told);
        const struct sccp_message *ack = rig_last(r, SCCP_OPEN_RECEIVE_CHANNEL_ACK);
        const struct sccp_message *sack = rig_last(r, SCCP_START_MEDIA_TRANSMISSION_ACK);
        CHECK(ack && ack->open_receive_ack.status == rows[i].want, "%s: ORCAck %u", rows[i].why,
              ack ? ack->open_receive_ack.status : 999);
        CHECK(sack && sack->start_transmit_ack.status == rows[i].want, "%s: SMTAck", rows[i].why);
        CHECK(r->media.listening == (rows[i].want == 0) && r->media.sending == (rows[i].want == 0),
              "%s: media", rows[i].why);
        hear(r, say_call_state(SCCP_CALL_ON_HOOK, 9));
        STATE(r, PORT_IDLE);
        WELL(r);
    }
}

static void an_engine_that_fails_is_told_to_the_server_and_closed(void **state)
{
    static const struct {
        bool open, listen, send;
        uint32_t want;
    } rows[] = {{true, false, false, 8}, {false, true, true, 1}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct rig *r = registered(17);
        r->media.cannot_open = rows[i].open;
        r->media.cannot_listen = rows[i].listen;
        r->media.cannot_send = rows[i].send;
        r->cm.smt_early = true;
        rig_ring(r);
        CHECK(rig_last(r, SCCP_OPEN_RECEIVE_CHANNEL_ACK)->open_receive_ack.status == rows[i].want,
              "row %zu", i);
        CHECK(rig_last(r, SCCP_START_MEDIA_TRANSMISSION_ACK)->start_transmit_ack.status ==
                  rows[i].want,
              "row %zu", i);
        STATE(r, PORT_TALKING);
        rig_far_end_hangs_up(r);
        STATE(r, PORT_IDLE);
        CHECK(r->media.opened == r->media.closed, "row %zu: no stream is forgotten", i);
        WELL(r);
    }
}

static void no_address_means_nothing_is_sent(void **state)
{
    struct rig *r = talking(17);
    struct sccp_message smt = say_start_transmit(r, r->cm.call, r->cm.party);

    (void)state;
    memset(&smt.start_transmit.remote, 0, sizeof smt.start_transmit.remote);
    hear(r, smt);
    CHECK(!r->media.sending && r->media.listening, "sending stops");
    CHECK(rig_noted(r, NOTE_NO_ADDRESS), "and is said");
    CHECK(rig_last(r, SCCP_START_MEDIA_TRANSMISSION_ACK)->start_transmit_ack.status != 0, "nack");
    hear(r, say_start_transmit(r, r->cm.call, r->cm.party));
    CHECK(r->media.sending, "a good address starts it again");
    WELL(r);
}

static void below_17_a_failure_to_send_has_its_own_message(void **state)
{
    struct rig *r = talking(11);
    struct sccp_message smt = say_start_transmit(r, r->cm.call, r->cm.party);

    (void)state;
    smt.start_transmit.codec = SCCP_CODEC_G729;
    hear(r, smt);
    CHECK(rig_last(r, SCCP_MEDIA_TRANSMISSION_FAILURE), "MediaTransmissionFailure");
    CHECK(!rig_last(r, SCCP_START_MEDIA_TRANSMISSION_ACK), "no ack");
    WELL(r);
}

static void new_keys_in_mid_call_are_taken(void **state)
{
    struct rig *r = talking(17);
    struct sccp_message orc = say_open_receive(r, r->cm.call, r->cm.party + 1);

    (void)state;
    memset(orc.open_receive.srtp.key, 0x55, 16);
    hear(r, orc);
    CHECK(r->media.heard.key.key[0] == 0x55 && r->media.opened == 1,
          "the same socket, another key");
    CHECK(rig_last(r, SCCP_OPEN_RECEIVE_CHANNEL_ACK)->open_receive_ack.party == r->cm.party + 1,
          "the new party is echoed");
    hear(r, say_close(SCCP_CLOSE_RECEIVE_CHANNEL, r->cm.call, r->cm.party)); /* of the old party */
    CHECK(r->media.listening, "an old party's close closes nothing");
    STATE(r, PORT_TALKING);
    WELL(r);
}

static void streams_are_closed_by_party_else_call_else_conference(void **state)
{
    static const struct {
        const char *why;
        uint32_t conference, party, call;
        bool closes;
    } rows[] = {
        {"all three", 1, 1, 1, true},      {"party alone", 0, 1, 0, true},
        {"call alone", 0, 0, 1, true},     {"conference alone", 1, 0, 0, true},
        {"another party", 1, 2, 1, false}, {"another call", 0, 0, 2, false},
        {"nothing", 0, 0, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *r = talking(17);
        struct sccp_message m = {.id = SCCP_CLOSE_RECEIVE_CHANNEL};
        const uint32_t call = r->cm.call, party = r->cm.party;
        m.close_receive.conference = rows[i].conference * call;
        m.close_receive.call = rows[i].call == 2 ? call + 1 : rows[i].call * call;
        m.close_receive.party = rows[i].party == 2 ? party + 1 : rows[i].party * party;
        hear(r, m);
        CHECK(r->media.listening == !rows[i].closes, "%s", rows[i].why);
        m.id = SCCP_STOP_MEDIA_TRANSMISSION;
        hear(r, m);
        CHECK(r->media.sending == !rows[i].closes, "%s", rows[i].why);
        STATE(r, PORT_TALKING);
        CHECK(r->unexpected == 0, "%s", rows[i].why);
        WELL(r);
    }
}

static void chan_skinnys_orc_without_a_call_reference_is_taken(void **state)
{
    struct rig *r = registered(17);
    struct sccp_message orc;

    (void)state;
    r->cm.silent = true;
    hear(r, say_call_state(SCCP_CALL_RING_IN, 9));
    rig_advance(r, 200);
    orc = say_open_receive(r, 0, 9);
    hear(r, orc);
    CHECK(rig_last(r, SCCP_OPEN_RECEIVE_CHANNEL_ACK)->open_receive_ack.status == 0, "taken");
    WELL(r);
}

static void media_for_another_call_or_none_is_refused(void **state)
{
    struct rig *r = talking(17);

    (void)state;
    hear(r, say_open_receive(r, 4711, 6));
    CHECK(rig_last(r, SCCP_OPEN_RECEIVE_CHANNEL_ACK)->open_receive_ack.status ==
              SCCP_MEDIA_INVALID_CALL,
          "another call");
    CHECK(r->media.listening && r->media.heard.key.key[0] == 0x10, "ours goes on");
    rig_far_end_hangs_up(r);
    hear(r, say_open_receive(r, 4711, 6));
    CHECK(rig_last(r, SCCP_OPEN_RECEIVE_CHANNEL_ACK)->open_receive_ack.status == SCCP_MEDIA_ON_HOOK,
          "no call");
    STATE(r, PORT_IDLE);
    WELL(r);
}

static void an_address_family_that_we_lack_is_refused(void **state)
{
    struct rig *r = talking(17);
    struct sccp_message orc = say_open_receive(r, r->cm.call, r->cm.party);

    (void)state;
    orc.open_receive.wanted_addr_type = SCCP_ADDR_IPV6;
    hear(r, orc);
    CHECK(rig_last(r, SCCP_OPEN_RECEIVE_CHANNEL_ACK)->open_receive_ack.status ==
              SCCP_MEDIA_ADDRESS_TYPE_UNAVAILABLE,
          "IPv6 of an IPv4 port");
    WELL(r);
}

static struct sccp_message ask_statistics(uint32_t call)
{
    struct sccp_message ask = {.id = SCCP_CONNECTION_STATISTICS_REQ};

    strcpy(ask.statistics_req.number, "999001");
    ask.statistics_req.call = call;
    ask.statistics_req.mode = 1;
    return ask;
}

static void statistics_are_answered_at_once_with_the_counts_so_far(void **state)
{
    static const uint32_t versions[] = {3, 11, 17, 18, 20, 22};

    (void)state;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        struct rig *r = talking(versions[i]);
        const uint32_t call = r->cm.call;
        hear(r, ask_statistics(call));
        const struct sccp_message *res = rig_last(r, SCCP_CONNECTION_STATISTICS_RES);
        CHECK(res && res->statistics_res.call == call && res->statistics_res.mode == 1, "answered");
        CHECK(strcmp(res->statistics_res.number, "999001") == 0, "for the number");
        CHECK(res->statistics_res.packets_sent == 150 &&
                  res->statistics_res.packets_received == 149 &&
                  res->statistics_res.packets_lost == 1,
              "with its counts");
        CHECK(res->statistics_res.jitter == 10, "80 units are 10 ms");
        r->media.counts.sent = 200;
        hear(r, ask_statistics(call));
        res = rig_last(r, SCCP_CONNECTION_STATISTICS_RES);
        CHECK(res->statistics_res.packets_sent == 200, "and again with those of then");
        rig_far_end_hangs_up(r);
        rig_media_report(r);
        CHECK(rig_times(r, SCCP_CONNECTION_STATISTICS_RES) == 2, "the report is no third answer");
        WELL(r);
    }
}

static void statistics_that_are_to_be_cleared_count_anew(void **state)
{
    struct rig *r = talking(17);
    struct sccp_message clear = ask_statistics(r->cm.call);
    const struct sccp_message *res;

    (void)state;
    clear.statistics_req.mode = 0;
    hear(r, clear);
    CHECK(rig_last(r, SCCP_CONNECTION_STATISTICS_RES)->statistics_res.packets_sent == 150, "all");
    r->media.counts.sent = 170;
    r->media.counts.received = 160;
    hear(r, ask_statistics(r->cm.call));
    hear(r, clear);
    res = rig_last(r, SCCP_CONNECTION_STATISTICS_RES);
    CHECK(res->statistics_res.packets_sent == 20 && res->statistics_res.packets_received == 11 &&
              res->statistics_res.packets_lost == 0,
          "since then, and keeping has cleared nothing");
    rig_far_end_hangs_up(r);
    rig_media_report(r);
    rig_ring(r);
    hear(r, ask_statistics(r->cm.call));
    CHECK(rig_last(r, SCCP_CONNECTION_STATISTICS_RES)->statistics_res.packets_sent == 170,
          "another call has its own counts");
    WELL(r);
}

static void statistics_asked_behind_the_close_wait_for_the_report(void **state)
{
    struct rig *r = talking(17);
    const uint32_t call = r->cm.call;

    (void)state;
    rig_far_end_hangs_up(r);
    hear(r, ask_statistics(call));
    CHECK(!rig_last(r, SCCP_CONNECTION_STATISTICS_RES), "not known yet");
    rig_media_report(r);
    const struct sccp_message *res = rig_last(r, SCCP_CONNECTION_STATISTICS_RES);
    CHECK(res && res->statistics_res.packets_sent == 150, "the stream's last counts");
    hear(r, ask_statistics(call + 1)); /* of a call that never was */
    CHECK(rig_times(r, SCCP_CONNECTION_STATISTICS_RES) == 2, "an answer");
    CHECK(rig_last(r, SCCP_CONNECTION_STATISTICS_RES)->statistics_res.packets_sent == 0, "zeros");
    WELL(r);
}

/* 7.6: the port has hung up and its stream has reported before the call manager asks. */
static void statistics_asked_behind_the_report_are_those_of_the_report(void **state)
{
    struct rig *r = talking(17);
    const uint32_t call = r->cm.call;

    (void)state;
    rig_far_end_hangs_up(r);
    rig_media_report(r);
    hear(r, ask_statistics(call));
    const struct sccp_message *res = rig_last(r, SCCP_CONNECTION_STATISTICS_RES);
    CHECK(res && res->statistics_res.call == call && res->statistics_res.packets_sent == 150 &&
              res->statistics_res.packets_received == 149,
          "the stream's last counts");
    WELL(r);
}

static void port_request_is_answered_before_the_channel_opens(void **state)
{
    struct rig *r = registered(20);
    struct sccp_message ask = {.id = SCCP_PORT_REQ};

    (void)state;
    r->cm.silent = true;
    hear(r, say_call_state(SCCP_CALL_RING_IN, 9));
    rig_advance(r, 200);
    ask.port_req = (struct sccp_port_req){9, 9, 4, SCCP_TRANSPORT_RTP, 0, SCCP_MEDIA_TYPE_AUDIO};
    hear(r, ask);
    const struct sccp_message *res = rig_last(r, SCCP_PORT_RES);
    CHECK(res && res->port_res.port == 20000 && res->port_res.rtcp_port == 20001 &&
              res->port_res.party == 4 && res->port_res.call == 9,
          "answered");
    hear(r, say_open_receive(r, 9, 4));
    CHECK(rig_last(r, SCCP_OPEN_RECEIVE_CHANNEL_ACK)->open_receive_ack.port == 20000 &&
              r->media.opened == 1,
          "the same port");
    hear(r, say_call_state(SCCP_CALL_ON_HOOK, 9));
    WELL(r);
}

/* ---- digits ------------------------------------------------------------------------------- */

static struct sccp_message key(uint32_t button, uint32_t call)
{
    struct sccp_message m = {.id = SCCP_KEYPAD_BUTTON};

    m.keypad_button = (struct sccp_keypad_button){button, 1, call};
    return m;
}

static void digits_come_by_four_ways_and_never_twice(void **state)
{
    struct rig *r = talking(17);
    struct sccp_message notify = {.id = SCCP_NOTIFY_DTMF_TONE};
    struct port_event rtp = {.kind = EV_DIGIT};
    const uint32_t call = r->cm.call;

    (void)state;
    hear(r, key(5, call));
    CHECK(r->digits == 1, "keypad");
    rig_advance(r, 30);
    hear(r, say_tone(SCCP_TONE_DTMF5, call));
    rtp.digit.digit = '5';
    rtp.digit.way = DIGIT_RTP;
    rig_event(r, &rtp);
    notify.dtmf_tone.tone = SCCP_TONE_DTMF5;
    notify.dtmf_tone.conference = call;
    notify.dtmf_tone.party = r->cm.party;
    hear(r, notify);
    CHECK(r->digits == 1, "the same digit by other ways within 50 ms: %u", r->digits);
    hear(r, key(5, call));
    CHECK(r->digits == 2, "the same way again is another press");
    rig_advance(r, 60);
    hear(r, say_tone(SCCP_TONE_DTMF5, call));
    CHECK(r->digits == 3, "later it is another press");
    hear(r, key(6, call));
    CHECK(r->digits == 4, "another digit");
    WELL(r);
}

static void press(struct rig *r, char digit, enum port_digit_way way)
{
    struct port_event ev = {.kind = EV_DIGIT};

    ev.digit.digit = digit;
    ev.digit.way = way;
    rig_event(r, &ev);
}

static void digits_in_the_audio_count_only_where_no_other_way_is_used(void **state)
{
    struct rig *r = talking(17);

    (void)state;
    for (unsigned i = 1; i <= 3; i++) {
        press(r, '4', DIGIT_INBAND);
        rig_advance(r, 150);
        CHECK(r->digits == i, "in the audio alone: %u", r->digits);
    }
    press(r, '5', DIGIT_INBAND);
    rig_advance(r, 300); /* the audio may be faster than the signalling */
    hear(r, key(5, r->cm.call));
    CHECK(r->digits == 4, "the same digit: %u", r->digits);
    rig_advance(r, 1000);
    hear(r, key(6, r->cm.call));
    rig_advance(r, 200);
    press(r, '6', DIGIT_INBAND);
    rig_advance(r, 2000);
    press(r, '7', DIGIT_INBAND);
    CHECK(r->digits == 5, "the signalling brings them: the audio is not asked any more");
    rig_far_end_hangs_up(r);
    rig_ring(r);
    press(r, '7', DIGIT_INBAND);
    CHECK(r->digits == 6, "another call, another caller");
    WELL(r);
}

static void zero_is_0_or_10_and_other_calls_digits_are_not_ours(void **state)
{
    struct rig *r = talking(17);
    const uint32_t call = r->cm.call;

    (void)state;
    hear(r, key(0, call));
    CHECK(r->port.last_digit.digit == '0', "0");
    rig_advance(r, 100);
    hear(r, key(10, call));
    CHECK(r->port.last_digit.digit == '0' && r->digits == 2, "10");
    hear(r, key(14, 0));
    CHECK(r->port.last_digit.digit == '*', "a short message means the call that is up");
    hear(r, key(7, call + 1));
    hear(r, key(77, call));
    CHECK(r->digits == 3, "not ours, and no digit");
    rig_far_end_hangs_up(r);
    CHECK(r->port.last_digit.digit == 0, "nothing of a PIN is kept");
    WELL(r);
}

static void a_subscription_for_events_is_answered_by_what_was_agreed(void **state)
{
    struct rig *r = talking(17);
    struct sccp_message ask = {.id = SCCP_SUBSCRIBE_DTMF_PAYLOAD_REQ};

    (void)state;
    ask.dtmf_payload = (struct sccp_dtmf_payload){101, r->cm.call, r->cm.party, 10};
    hear(r, ask);
    CHECK(rig_last(r, SCCP_SUBSCRIBE_DTMF_PAYLOAD_RES), "101 was in the ORC");
    ask.dtmf_payload.payload = 96;
    hear(r, ask);
    CHECK(rig_last(r, SCCP_SUBSCRIBE_DTMF_PAYLOAD_ERR), "96 was not");
    ask.id = SCCP_UNSUBSCRIBE_DTMF_PAYLOAD_REQ;
    hear(r, ask);
    CHECK(rig_last(r, SCCP_UNSUBSCRIBE_DTMF_PAYLOAD_RES), "unsubscribed");
    WELL(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_served_is_answered_with_its_status_and_told),
        cmocka_unit_test(an_engine_that_fails_is_told_to_the_server_and_closed),
        cmocka_unit_test(no_address_means_nothing_is_sent),
        cmocka_unit_test(below_17_a_failure_to_send_has_its_own_message),
        cmocka_unit_test(new_keys_in_mid_call_are_taken),
        cmocka_unit_test(streams_are_closed_by_party_else_call_else_conference),
        cmocka_unit_test(chan_skinnys_orc_without_a_call_reference_is_taken),
        cmocka_unit_test(media_for_another_call_or_none_is_refused),
        cmocka_unit_test(an_address_family_that_we_lack_is_refused),
        cmocka_unit_test(statistics_are_answered_at_once_with_the_counts_so_far),
        cmocka_unit_test(statistics_that_are_to_be_cleared_count_anew),
        cmocka_unit_test(statistics_asked_behind_the_close_wait_for_the_report),
        cmocka_unit_test(statistics_asked_behind_the_report_are_those_of_the_report),
        cmocka_unit_test(port_request_is_answered_before_the_channel_opens),
        cmocka_unit_test(digits_come_by_four_ways_and_never_twice),
        cmocka_unit_test(digits_in_the_audio_count_only_where_no_other_way_is_used),
        cmocka_unit_test(zero_is_0_or_10_and_other_calls_digits_are_not_ours),
        cmocka_unit_test(a_subscription_for_events_is_answered_by_what_was_agreed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
