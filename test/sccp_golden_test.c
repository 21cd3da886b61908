/* The worked frames of the SCCP wire reference, both ways: bytes from outside our tables. */
#include "check.h"

#include "sccp/frame.h"

#define CALL  0x0100001au
#define PARTY 0x02000012u

struct golden {
    const char *name;
    struct sccp_message m;
};

/* A message of version 17, unless it says otherwise. */
#define SAYS(file, what, ...)                                                                      \
    {                                                                                              \
        "sccp_" file ".hex",                                                                       \
        {                                                                                          \
            .id = what, .version = 17, __VA_ARGS__                                                 \
        }                                                                                          \
    }

#define TEN_BYTES(first)                                                                           \
    first, first + 1, first + 2, first + 3, first + 4, first + 5, first + 6, first + 7, first + 8, \
        first + 9
#define SIXTEEN_BYTES(first)                                                                       \
    {                                                                                              \
        TEN_BYTES(first), first + 10, first + 11, first + 12, first + 13, first + 14, first + 15   \
    }
#define FOURTEEN_BYTES(first)                                                                      \
    {                                                                                              \
        TEN_BYTES(first), first + 10, first + 11, first + 12, first + 13                           \
    }

static const struct golden goldens[] = {
    SAYS("register", SCCP_REGISTER,
         .register_req = {.station.name = "CiscoUM1-VI1",
                          .ip = {10, 0, 0, 1},
                          .device_type = 80,
                          .max_streams = 1,
                          .protocol_version = 17,
                          .features = {0x00, 0x70, 0x05},
                          .max_lines = 1,
                          .firmware = "LabVM-1.0"}),
    SAYS("register_ack", SCCP_REGISTER_ACK,
         .register_ack = {.keepalive_s = 30,
                          .date_template = "M/D/Y",
                          .secondary_keepalive_s = 60,
                          .protocol_version = 17,
                          .features = {0x20, 0xf1, 0xff}}),
    SAYS("capabilities_res", SCCP_CAPABILITIES_RES,
         .capabilities_res = {.count = 3,
                              .caps = {{.codec = 4, .max_packet_ms = 40},
                                       {.codec = 2, .max_packet_ms = 40},
                                       {.codec = 257, .max_packet_ms = 1}}}),
    SAYS("call_state_ring_in", SCCP_CALL_STATE,
         .call_state = {.state = 4, .line = 1, .call = CALL, .precedence_level = 4}),
    SAYS("call_info_v2", SCCP_CALL_INFO_V2,
         .call_info = {.line = 1,
                       .call = CALL,
                       .type = 1,
                       .original_called_reason = 2,
                       .last_redirecting_reason = 2,
                       .instance = 1,
                       .security = 3,
                       .calling_party = "1001",
                       .called_party = "5000",
                       .original_called_party = "1002",
                       .last_redirecting_party = "1002",
                       .calling_mailbox = "1001",
                       .called_mailbox = "5000",
                       .original_called_mailbox = "1002",
                       .last_redirecting_mailbox = "1002",
                       .calling_name = "Alice",
                       .called_name = "Voicemail",
                       .original_called_name = "Bob",
                       .last_redirecting_name = "Bob"}),
    SAYS("off_hook", SCCP_OFF_HOOK, .off_hook = {.line = 1, .call = CALL}),
    SAYS("open_receive_channel", SCCP_OPEN_RECEIVE_CHANNEL,
         .open_receive = {.conference = CALL,
                          .party = PARTY,
                          .packet_ms = 20,
                          .codec = 4,
                          .call = CALL,
                          .srtp = {.algorithm = 1,
                                   .key_len = 16,
                                   .salt_len = 14,
                                   .key = SIXTEEN_BYTES(0x10),
                                   .salt = FOURTEEN_BYTES(0x40)},
                          .dtmf_payload = 101,
                          .dtmf_type = 10,
                          .source = {.ip = {10, 0, 0, 9}}}),
    SAYS("open_receive_channel_ack", SCCP_OPEN_RECEIVE_CHANNEL_ACK,
         .open_receive_ack =
             {.addr = {.ip = {10, 0, 0, 1}}, .port = 20000, .party = PARTY, .call = CALL}),
    SAYS("start_media_transmission", SCCP_START_MEDIA_TRANSMISSION,
         .start_transmit = {.conference = CALL,
                            .party = PARTY,
                            .remote = {.ip = {10, 0, 0, 9}},
                            .remote_port = 16384,
                            .packet_ms = 20,
                            .codec = 4,
                            .precedence = 184,
                            .call = CALL,
                            .srtp = {.algorithm = 1,
                                     .key_len = 16,
                                     .salt_len = 14,
                                     .key = SIXTEEN_BYTES(0x80),
                                     .salt = FOURTEEN_BYTES(0xa0)},
                            .dtmf_payload = 101,
                            .dtmf_type = 10}),
    SAYS("start_media_transmission_ack", SCCP_START_MEDIA_TRANSMISSION_ACK,
         .start_transmit_ack = {.conference = CALL,
                                .party = PARTY,
                                .call = CALL,
                                .addr = {.ip = {10, 0, 0, 1}},
                                .port = 20000}),
    SAYS("keypad_button", SCCP_KEYPAD_BUTTON,
         .keypad_button = {.button = 5, .line = 1, .call = CALL}),
    SAYS("on_hook", SCCP_ON_HOOK, .on_hook = {.line = 1, .call = CALL}),
    SAYS("off_hook_with_cgpn_v17", SCCP_OFF_HOOK_WITH_CGPN,
         .off_hook_with_cgpn = {.calling_party = "1002", .voice_mailbox = "1002", .line = 1}),
    {"sccp_off_hook_with_cgpn_v20.hex",
     {.id = SCCP_OFF_HOOK_WITH_CGPN,
      .version = 20,
      .off_hook_with_cgpn = {.calling_party = "1002", .voice_mailbox = "1002", .line = 1}}},
    SAYS("start_tone", SCCP_START_TONE, .start_tone = {.tone = 0x2e, .line = 1, .call = CALL}),
    SAYS("mwi_notification", SCCP_MWI_NOTIFICATION,
         .mwi_notification = {.target = "1002",
                              .control = "5000",
                              .waiting = 1,
                              .voice = {.unheard = 3, .heard = 1}}),
    SAYS("register_token_reject", SCCP_REGISTER_TOKEN_REJECT, .register_token_reject = {60}),
    SAYS("unregister", SCCP_UNREGISTER, .unregister = {0}),
    SAYS("unregister_ack", SCCP_UNREGISTER_ACK, .unregister_ack = {0}),
};

#define EACH(g)                                                                                    \
    for (const struct golden *g = goldens; g < goldens + sizeof goldens / sizeof goldens[0]; g++)

static void we_write_each_worked_frame_byte_for_byte(void **state)
{
    uint8_t want[SCCP_PDU_MAX], got[SCCP_PDU_MAX];
    size_t len = 0;
    struct err e;

    (void)state;
    EACH(g)
    {
        size_t want_len = check_read_hex(g->name, want, sizeof want);
        CHECK(sccp_encode_pdu(&g->m, got, sizeof got, &len, &e), "%s: %s", g->name, e.text);
        fprintf(stderr, "%s\n", g->name);
        CHECK_BYTES(got, len, want, want_len);
    }
}

/* The union's tail past the message is zero on both sides, so that all bytes compare. */
static void we_read_each_worked_frame_field_for_field(void **state)
{
    static struct sccp_message got, want;
    uint8_t pdu[SCCP_PDU_MAX];
    struct sccp_frame frame;
    size_t used;
    struct err e;

    (void)state;
    EACH(g)
    {
        size_t len = check_read_hex(g->name, pdu, sizeof pdu);
        CHECK(sccp_frame_cut(pdu, len, &frame, &used, &e) == SCCP_CUT_FRAME, "%s", g->name);
        CHECK(used == len, "%s: %zu of %zu bytes", g->name, used, len);
        CHECK(frame.id == g->m.id, "%s: id 0x%04x", g->name, frame.id);
        CHECK(frame.version == sccp_header_version(g->m.id, g->m.version), "%s", g->name);
        CHECK(sccp_decode(&got, frame.id, g->m.version, frame.body, frame.len, &e), "%s: %s",
              g->name, e.text);
        memset(&want, 0, sizeof want);
        want = g->m;
        CHECK_BYTES(&got, sizeof got, &want, sizeof want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(we_write_each_worked_frame_byte_for_byte),
        cmocka_unit_test(we_read_each_worked_frame_field_for_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
