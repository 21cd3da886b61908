/* What can be said in SCCP, as plain structs: one member of the union for each message, or for a
 * message and its dynamic twin (CallInfo and CallInfoV2). Names are close to Wireshark's.
 *
 * Values, copied by `=`. Text is always NUL-terminated here, whatever it was on the wire. Counts of
 * arrays never pass their array after sccp_decode. What a short message did not carry is zero.
 * `version` is the negotiated protocol version: it chooses the layout. A message with keys in it
 * must be wiped by who holds it. */
#ifndef SCCP_MESSAGE_H
#define SCCP_MESSAGE_H

#include "base/addr.h"
#include "sccp/ids.h"
#include "sccp/values.h"

#define SCCP_VERSION_MAX     22
#define SCCP_DEVICE_NAME_MAX 15
#define SCCP_KEY_MAX         16

#define SCCP_CAPS_MAX        18 /* CapabilitiesRes, UpdateCapabilities */
#define SCCP_BUTTONS_MAX     42 /* ButtonTemplateRes */
#define SCCP_SOFT_KEYS_MAX   32 /* SoftKeyTemplateRes */
#define SCCP_KEY_SETS_MAX    16 /* SoftKeySetRes */
#define SCCP_KEYS_PER_SET    16
#define SCCP_SERVERS_MAX     5 /* ServerRes */
#define SCCP_DATA_CAPS_MAX   5 /* UpdateCapabilities */
#define SCCP_VIDEO_CAPS_MAX  10
#define SCCP_SERVICES_MAX    4
#define SCCP_LAYOUTS_MAX     5
#define SCCP_PICTURES_MAX    6
#define SCCP_MEDIA_PORTS_MAX 16 /* MediaPortList */
#define SCCP_STATISTICS_TEXT 600

/* Text has one byte more than the widest field on the wire. */
typedef char sccp_device_name[16 + 1];
typedef char sccp_number[25 + 1]; /* 24 bytes below version 18 */
typedef char sccp_party[64 + 1];  /* of CallInfo: 24 bytes static; dynamic ones may be longer */
typedef char sccp_label[40 + 1];
typedef char sccp_text[120 + 1]; /* dynamic names and prompts; 32 or 40 bytes static */

struct sccp_addr {
    uint32_t type; /* SCCP_ADDR_IPV4 ...; IPV4 below version 17 */
    uint8_t ip[16];
};
/* No address (family 0) becomes 0.0.0.0 and back. The port travels in a field of its own. */
struct sccp_addr sccp_addr_of(const struct net_addr *a);
struct net_addr sccp_addr_to(const struct sccp_addr *a, uint32_t port);

struct sccp_features { /* f0 f1 f2 of sccp.md 2.3 */
    uint8_t f0, f1, f2;
};
#define SCCP_F1_PORT_REQUEST     0x02
#define SCCP_F1_UTF8             0x10
#define SCCP_F2_DYNAMIC          0x01
#define SCCP_F2_RFC2833          0x04
#define SCCP_F2_ABBREVIATED_DIAL 0x80

struct sccp_codec_params {
    uint32_t g723_rate;                            /* codec 9, and below version 11 */
    uint8_t mode, dynamic_payload, param1, param2; /* other codecs */
};

struct sccp_srtp { /* sccp.md 5.2 */
    uint32_t algorithm;
    uint16_t key_len, salt_len;
    uint8_t key[SCCP_KEY_MAX], salt[SCCP_KEY_MAX];
    uint32_t mki_present, key_derivation_rate;
};

struct sccp_latent { /* from version 21; all zero for audio */
    uint32_t active;
    uint32_t modem_relay[2];
    uint16_t sprt[4];
    uint32_t sse[2];
    uint8_t payload[8];
};

struct sccp_station { /* who: at the start of a few messages */
    sccp_device_name name;
    uint32_t user, instance;
};

struct sccp_capability {
    uint32_t codec;
    uint32_t max_packet_ms; /* named maxFramesPerPacket; in practice milliseconds */
    struct sccp_codec_params params;
};

struct sccp_register {
    struct sccp_station station;
    uint8_t ip[4];
    uint32_t device_type, max_streams, active_streams;
    uint8_t protocol_version; /* the highest that the device speaks */
    struct sccp_features features;
    uint32_t max_conferences, active_conferences;
    uint8_t mac[12];
    uint32_t ipv4_scope, max_lines;
    uint8_t ipv6[16];
    uint32_t ipv6_scope;
    char firmware[32 + 1];
    char config_stamp[48 + 1];
};

struct sccp_register_ack {
    uint32_t keepalive_s;
    char date_template[6 + 1];
    uint32_t secondary_keepalive_s; /* = keepalive_s if the server did not say */
    uint8_t protocol_version;       /* as sent: see sccp_negotiated */
    struct sccp_features features;
};

struct sccp_register_token_req {
    struct sccp_station station;
    uint8_t ip[4];
    uint32_t device_type;
    struct sccp_addr ipv6;
};

struct sccp_media_port_list {
    uint32_t count;
    uint32_t ports[SCCP_MEDIA_PORTS_MAX];
};

struct sccp_alarm {
    uint32_t severity;
    char text[80 + 1];
    uint32_t parm1, parm2;
};

struct sccp_server_res {
    struct {
        char name[48 + 1];
        uint32_t port;
        struct sccp_addr addr;
    } servers[SCCP_SERVERS_MAX];
};

struct sccp_media_path {
    uint32_t path;  /* 1 headset, 2 handset, 3 speaker */
    uint32_t value; /* event 1 on, 2 off; capability 1 enable, 2 disable, 3 monitor */
};

struct sccp_media_resource {
    uint32_t device_type, in_service_streams, max_streams_per_conference, out_of_service_streams;
};

struct sccp_capabilities_res {
    uint32_t count;
    struct sccp_capability caps[SCCP_CAPS_MAX];
};

/* UpdateCapabilities v1, v2 and v3. Of the video entries only the encryption word of v3 is kept: a
 * voicemail port has no video. */
struct sccp_update_capabilities {
    uint32_t audio_count, video_count, data_count, rtp_payload_format, picture_count;
    struct {
        uint32_t width, height, pixel_aspect_ratio, clock_code, clock_divisor;
    } pictures[SCCP_PICTURES_MAX];
    uint32_t active_streams, max_bandwidth, service_count;
    struct {
        uint32_t layout_count, layouts[SCCP_LAYOUTS_MAX];
        uint32_t number, max_streams, max_conferences, active_conferences;
    } services[SCCP_SERVICES_MAX];
    struct sccp_capability audio[SCCP_CAPS_MAX];
    struct {
        uint32_t encryption;
    } video[SCCP_VIDEO_CAPS_MAX];
    struct {
        uint32_t codec, direction, protocol_data, max_bit_rate, encryption;
    } data[SCCP_DATA_CAPS_MAX];
};

struct sccp_button_template_res {
    uint32_t offset, count, total;
    struct {
        uint8_t instance, type; /* SCCP_BUTTON_LINE, or a stimulus */
    } buttons[SCCP_BUTTONS_MAX];
};

struct sccp_soft_key_template_res {
    uint32_t offset, count, total;
    struct {
        char label[16 + 1]; /* text, or 0x80 or 0x1e and a label code */
        uint32_t event;     /* SCCP_KEY_ANSWER ... */
    } keys[SCCP_SOFT_KEYS_MAX];
};

struct sccp_soft_key_set_res {
    uint32_t offset, count, total;
    struct {
        uint8_t position[SCCP_KEYS_PER_SET]; /* 1-based, in the template; 0 none */
        uint16_t info[SCCP_KEYS_PER_SET];    /* 300 + event */
    } sets[SCCP_KEY_SETS_MAX];
};

struct sccp_select_soft_keys {
    uint32_t line, call, set, valid_mask;
};

struct sccp_config_stat_res { /* and its V2 */
    struct sccp_station station;
    sccp_text user_name, server_name;
    uint32_t lines, speed_dials;
};

struct sccp_line_stat_res { /* and its V2 */
    uint32_t line;
    sccp_party number;
    sccp_text display_name, label;
    uint32_t options; /* SCCP_LINE_OPTIONS_USUAL */
};

struct sccp_forward_stat_res {
    uint32_t active, line;
    uint32_t all_active, busy_active, no_answer_active;
    sccp_number all, busy, no_answer;
};

struct sccp_speed_dial_stat_res { /* and its V2 */
    uint32_t index;
    sccp_party number;
    sccp_text label;
};

struct sccp_feature_stat_req {
    uint32_t index, capabilities;
};

struct sccp_feature_stat_res { /* and its V2 */
    uint32_t index, type, status;
    sccp_text label;
};

struct sccp_service_url_stat_res { /* and its V2 */
    uint32_t index;
    char url[256 + 1];
    sccp_text label;
};

struct sccp_time_date_res {
    uint32_t year, month, week_day, day, hour, minute, second, milliseconds;
    uint32_t unix_time;
};

struct sccp_line_call { /* OffHook, OnHook, HookFlash, BackSpaceRes, ClearPromptStatus */
    uint32_t line, call;
};

struct sccp_off_hook_with_cgpn {
    sccp_number calling_party, voice_mailbox;
    uint32_t line;
};

struct sccp_keypad_button {
    uint32_t button; /* secret: may be part of a PIN */
    uint32_t line, call;
};

struct sccp_enbloc_call {
    sccp_number called_party;
    uint32_t line;
};

struct sccp_stimulus_msg {
    uint32_t stimulus, line, call, status;
};

struct sccp_soft_key_event {
    uint32_t event, line, call;
};

struct sccp_call_state_msg {
    uint32_t state; /* SCCP_CALL_RING_IN ... */
    uint32_t line, call, privacy, precedence_level, precedence_domain;
};

struct sccp_call_info { /* and its V2 */
    uint32_t line, call;
    uint32_t type;                                            /* SCCP_CALL_TYPE_INBOUND ... */
    uint32_t original_called_reason, last_redirecting_reason; /* SCCP_REDIRECT_BUSY ... */
    uint32_t instance;
    uint32_t security;     /* SCCP_SECURITY_ENCRYPTED ... */
    uint32_t restrictions; /* SCCP_HIDE_... */
    sccp_party calling_party, called_party, original_called_party, last_redirecting_party;
    sccp_party calling_mailbox, called_mailbox, original_called_mailbox, last_redirecting_mailbox;
    sccp_text calling_name, called_name, original_called_name, last_redirecting_name;
    /* Only in V2: */
    sccp_party alternate_calling_party;
    sccp_party hunt_pilot; /* from version 17 */
    sccp_text hunt_pilot_name;
};

struct sccp_dialed_number {
    sccp_number number;
    uint32_t line, call;
};

struct sccp_set_ringer {
    uint32_t mode;     /* SCCP_RING_INSIDE ... */
    uint32_t duration; /* 1 normal, 2 single */
    uint32_t line, call;
};

struct sccp_set_lamp {
    uint32_t stimulus, instance;
    uint32_t mode; /* SCCP_LAMP_ON ... */
};

struct sccp_start_tone {
    uint32_t tone;      /* SCCP_TONE_INSIDE_DIAL ...; secret where it is a digit */
    uint32_t direction; /* 0 user, 1 network, 2 both */
    uint32_t line, call;
};

struct sccp_stop_tone {
    uint32_t line, call;
    uint32_t tone; /* from version 11 */
};

struct sccp_display {   /* DisplayPromptStatus, DisplayNotify, DisplayPriNotify and their V2 */
    uint32_t timeout_s; /* 0: no limit */
    uint32_t priority;  /* PriNotify */
    sccp_text text;
    uint32_t line, call; /* PromptStatus */
};

struct sccp_call_select_stat {
    uint32_t status, call, line;
};

struct sccp_call_history {
    uint32_t disposition; /* 0 ignore, 1 placed, 2 received, 3 missed, 0xffff unknown */
    uint32_t line, call;
};

struct sccp_open_receive {
    uint32_t conference, party; /* party: passThroughPartyId, echoed in the ack */
    uint32_t packet_ms, codec, echo_cancel;
    struct sccp_codec_params params;
    uint32_t call;
    struct sccp_srtp srtp; /* how to decrypt what the device receives */
    uint32_t stream, associated_stream;
    uint32_t dtmf_payload; /* RFC 2833 payload type; 0 none */
    uint32_t dtmf_type, mixing_mode, party_direction;
    struct sccp_addr source; /* who will send; 0.0.0.0: not known yet */
    uint32_t source_port, wanted_addr_type;
    uint32_t level_adjustment;
    struct sccp_latent latent;
};

struct sccp_open_receive_ack {
    uint32_t status; /* SCCP_MEDIA_OK ... */
    struct sccp_addr addr;
    uint32_t port, party, call;
};

struct sccp_close_receive { /* CloseReceiveChannel, StopMediaTransmission */
    uint32_t conference, party, call;
    uint32_t port_handling; /* 0 close the port, SCCP_PORT_KEEP */
};

struct sccp_start_transmit { /* StartMediaTransmission */
    uint32_t conference, party;
    struct sccp_addr remote;
    uint32_t remote_port, packet_ms, codec;
    uint32_t precedence; /* TOS byte */
    uint32_t silence_suppression;
    uint16_t max_frames;
    struct sccp_codec_params params;
    uint32_t call;
    struct sccp_srtp srtp; /* how to encrypt what the device sends */
    uint32_t stream, associated_stream;
    uint32_t dtmf_payload, dtmf_type, mixing_mode, party_direction;
    struct sccp_latent latent;
};

struct sccp_start_transmit_ack {
    uint32_t conference, party, call;
    struct sccp_addr addr;
    uint32_t port, status;
};

struct sccp_transmit_failure {
    uint32_t conference, party;
    struct sccp_addr remote;
    uint32_t remote_port, call;
};

struct sccp_failure_detection {
    uint32_t conference, party, packet_ms, codec, echo_cancel;
    struct sccp_codec_params params;
    uint32_t call;
};

struct sccp_port_req {
    uint32_t conference, call, party;
    uint32_t transport; /* SCCP_TRANSPORT_RTP ... */
    uint32_t addr_type, media_type;
};

struct sccp_port_res {
    uint32_t conference, call, party;
    struct sccp_addr addr;
    uint32_t port, rtcp_port;
    uint32_t media_type; /* from version 19 */
};

struct sccp_port_close {
    uint32_t conference, call, party, media_type;
};

struct sccp_statistics_req {
    char number[28 + 1]; /* 24 bytes below version 18 */
    uint32_t call;
    uint32_t mode; /* 0 clear, 1 keep */
};

struct sccp_statistics_res {
    char number[28 + 1];
    uint32_t call, mode;
    uint32_t packets_sent, octets_sent, packets_received, octets_received, packets_lost;
    uint32_t jitter, latency_ms;
    uint32_t text_len; /* of the quality text */
    char text[SCCP_STATISTICS_TEXT + 1];
};

struct sccp_start_multicast { /* reception and transmission */
    uint32_t conference, party;
    struct sccp_addr group;
    uint32_t port, packet_ms, codec;
    uint32_t echo_cancel;                     /* reception */
    uint32_t precedence, silence_suppression; /* transmission */
    uint16_t max_frames;
    struct sccp_codec_params params;
    uint32_t call;
};

struct sccp_stop_multicast {
    uint32_t conference, party, call;
};

struct sccp_multicast_ack {
    uint32_t status, party, call;
};

struct sccp_dtmf_tone { /* NotifyDtmfTone, SendDtmfTone */
    uint32_t tone;      /* secret */
    uint32_t conference, party;
};

struct sccp_dtmf_payload { /* (Un)SubscribeDtmfPayload Req, Res and Err */
    uint32_t payload, conference, party;
    uint32_t dtmf_type; /* Req */
};

struct sccp_mwi_counts {
    uint32_t unheard, heard; /* numNewMsgs, numOldMsgs */
};

struct sccp_mwi_notification {
    sccp_number target, control;
    uint32_t waiting; /* 0 off, 1 on */
    struct sccp_mwi_counts voice, priority_voice, fax, priority_fax;
};

struct sccp_mwi_res {
    sccp_number target;
    uint32_t result; /* SCCP_MWI_OK ... */
};

struct sccp_message {
    uint32_t id;      /* SCCP_REGISTER ... */
    uint32_t version; /* negotiated; 0 before */
    union {
        struct sccp_register register_req;
        struct sccp_register_ack register_ack;
        struct {
            char text[32 + 1]; /* a log string only */
        } register_reject;
        struct sccp_register_token_req register_token_req;
        struct {
            uint32_t wait_s;
        } register_token_reject;
        struct {
            uint32_t reason; /* 0 unknown, 1 power save */
        } unregister;
        struct {
            uint32_t status; /* SCCP_UNREGISTER_OK ... */
        } unregister_ack;
        struct {
            uint32_t port;
        } ip_port;
        struct sccp_media_port_list media_port_list;
        struct sccp_alarm alarm;
        struct {
            uint32_t type; /* SCCP_RESET_TYPE_RESET ... */
        } reset;
        struct {
            char text[16 + 1];
        } version_res;
        struct sccp_server_res server_res;
        struct {
            uint32_t count;
        } register_available_lines;
        struct {
            uint32_t mode; /* SCCP_SWITCH_ON ... */
        } headset_status, speaker_mode, microphone_mode;
        struct sccp_media_path media_path_event, media_path_capability;
        struct sccp_media_resource media_resource;
        struct sccp_capabilities_res capabilities_res;
        struct sccp_update_capabilities update_capabilities;
        struct sccp_button_template_res button_template_res;
        struct sccp_soft_key_template_res soft_key_template_res;
        struct sccp_soft_key_set_res soft_key_set_res;
        struct sccp_select_soft_keys select_soft_keys;
        struct sccp_config_stat_res config_stat_res;
        struct {
            uint32_t line;
        } line_stat_req, forward_stat_req, activate_call_plane;
        struct {
            uint32_t index;
        } speed_dial_stat_req, service_url_stat_req;
        struct sccp_line_stat_res line_stat_res;
        struct sccp_forward_stat_res forward_stat_res;
        struct sccp_speed_dial_stat_res speed_dial_stat_res;
        struct sccp_feature_stat_req feature_stat_req;
        struct sccp_feature_stat_res feature_stat_res;
        struct sccp_service_url_stat_res service_url_stat_res;
        struct sccp_time_date_res time_date_res;
        struct sccp_line_call off_hook, on_hook, hook_flash, back_space_res, clear_prompt_status;
        struct sccp_off_hook_with_cgpn off_hook_with_cgpn;
        struct sccp_keypad_button keypad_button;
        struct sccp_enbloc_call enbloc_call;
        struct sccp_stimulus_msg stimulus;
        struct sccp_soft_key_event soft_key_event;
        struct sccp_call_state_msg call_state;
        struct sccp_call_info call_info;
        struct sccp_dialed_number dialed_number;
        struct sccp_set_ringer set_ringer;
        struct sccp_set_lamp set_lamp;
        struct sccp_start_tone start_tone;
        struct sccp_stop_tone stop_tone;
        struct sccp_display display_prompt_status, display_notify, display_pri_notify;
        struct {
            uint32_t priority;
        } clear_pri_notify;
        struct {
            char text[32 + 1];
        } display_text;
        struct sccp_call_select_stat call_select_stat;
        struct sccp_call_history call_history;
        struct sccp_open_receive open_receive;
        struct sccp_open_receive_ack open_receive_ack;
        struct sccp_close_receive close_receive, stop_transmit;
        struct sccp_start_transmit start_transmit;
        struct sccp_start_transmit_ack start_transmit_ack;
        struct sccp_transmit_failure transmit_failure;
        struct sccp_failure_detection failure_detection;
        struct sccp_port_req port_req;
        struct sccp_port_res port_res;
        struct sccp_port_close port_close;
        struct sccp_statistics_req statistics_req;
        struct sccp_statistics_res statistics_res;
        struct sccp_start_multicast start_multicast;
        struct sccp_stop_multicast stop_multicast;
        struct sccp_multicast_ack multicast_ack;
        struct sccp_dtmf_tone dtmf_tone;
        struct sccp_dtmf_payload dtmf_payload;
        struct sccp_mwi_notification mwi_notification;
        struct sccp_mwi_res mwi_res;
    };
};

/* The version that both sides use from now on: chan_skinny answers 48 ('0'), mod_skinny 0. */
uint32_t sccp_negotiated(uint32_t own, uint32_t returned);

#endif
