/* Registration, capabilities, templates and line data: sccp.md 4.2 to 4.4. */
#include "sccp/row.h"

#define STATION(m)                                                                                 \
    FIELD(TEXT(16), m.station.name), MAY_END(U32, m.station.user), MAY_END(U32, m.station.instance)

/* Real ones have 44, 68, 124 and 172 bytes: the same layout, cut off. */
static const struct sccp_field register_req[] = {
    FIELD(TEXT(16), register_req.station.name),
    FIELD(U32, register_req.station.user),
    FIELD(U32, register_req.station.instance),
    FIELD(IP(4), register_req.ip),
    FIELD(ONE_OF(device_type), register_req.device_type),
    MAY_END(U32, register_req.max_streams),
    MAY_END(U32, register_req.active_streams),
    MAY_END(U8, register_req.protocol_version),
    MAY_END(U8, register_req.features.f0),
    MAY_END(U8, register_req.features.f1),
    MAY_END(U8, register_req.features.f2),
    MAY_END(U32, register_req.max_conferences),
    MAY_END(U32, register_req.active_conferences),
    MAY_END(BYTES(12), register_req.mac),
    MAY_END(U32, register_req.ipv4_scope),
    MAY_END(U32, register_req.max_lines),
    MAY_END(IP(16), register_req.ipv6),
    MAY_END(U32, register_req.ipv6_scope),
    MAY_END(TEXT(32), register_req.firmware),
    OPTIONAL(0, TEXT(48), register_req.config_stamp),
};

/* CallManager 2.x stops after the date template. */
static const struct sccp_field register_ack[] = {
    FIELD(U32, register_ack.keepalive_s),
    MAY_END(TEXT(6), register_ack.date_template),
    PAD(2),
    MAY_END(U32, register_ack.secondary_keepalive_s),
    MAY_END(U8, register_ack.protocol_version),
    MAY_END(U8, register_ack.features.f0),
    MAY_END(U8, register_ack.features.f1),
    MAY_END(U8, register_ack.features.f2),
};

static const struct sccp_field register_reject[] = {
    MAY_END(TEXT(32), register_reject.text),
};

static const struct sccp_field register_token_req[] = {
    FIELD(TEXT(16), register_token_req.station.name),
    FIELD(U32, register_token_req.station.user),
    FIELD(U32, register_token_req.station.instance),
    FIELD(IP(4), register_token_req.ip),
    FIELD(ONE_OF(device_type), register_token_req.device_type),
    MAY_END(ADDR, register_token_req.ipv6),
};

static const struct sccp_field register_token_reject[] = {
    MAY_END(U32, register_token_reject.wait_s),
};

static const struct sccp_field unregister[] = {
    OPTIONAL(0, U32, unregister.reason),
};

static const struct sccp_field unregister_ack[] = {
    MAY_END(ONE_OF(unregister), unregister_ack.status),
};

static const struct sccp_field ip_port[] = {
    FIELD(U32, ip_port.port),
};

static const struct sccp_field media_port[] = {
    ITEM(U32, media_port_list.ports),
};
static const struct sccp_field media_port_list[] = {
    FIELD(U32, media_port_list.count),
    ARRAY(media_port_list.ports, media_port_list.count, media_port),
};

static const struct sccp_field alarm[] = {
    FIELD(ONE_OF(severity), alarm.severity),
    MAY_END(TEXT(80), alarm.text),
    MAY_END(U32, alarm.parm1),
    MAY_END(U32, alarm.parm2),
};

static const struct sccp_field reset[] = {
    FIELD(ONE_OF(reset), reset.type),
};

static const struct sccp_field version_res[] = {
    MAY_END(TEXT(16), version_res.text),
};

/* Three columns on the wire: names, ports, addresses. */
static const struct sccp_field server_name[] = {
    PART(TEXT(48), server_res.servers, name),
};
static const struct sccp_field server_port[] = {
    PART(U32, server_res.servers, port),
};
static const struct sccp_field server_addr[] = {
    PART(ADDR, server_res.servers, addr),
};
static const struct sccp_field server_res[] = {
    FIXED_ARRAY(server_res.servers, server_name),
    FIXED_ARRAY(server_res.servers, server_port),
    FIXED_ARRAY(server_res.servers, server_addr),
};

static const struct sccp_field register_available_lines[] = {
    FIELD(U32, register_available_lines.count),
};

static const struct sccp_field headset_status[] = {
    FIELD(ONE_OF(switch), headset_status.mode),
};

static const struct sccp_field media_path_event[] = {
    FIELD(U32, media_path_event.path),
    FIELD(U32, media_path_event.value),
};

static const struct sccp_field media_path_capability[] = {
    FIELD(U32, media_path_capability.path),
    FIELD(U32, media_path_capability.value),
};

static const struct sccp_field media_resource[] = {
    FIELD(ONE_OF(device_type), media_resource.device_type),
    MAY_END(U32, media_resource.in_service_streams),
    MAY_END(U32, media_resource.max_streams_per_conference),
    MAY_END(U32, media_resource.out_of_service_streams),
};

/* The same 16 bytes in CapabilitiesRes and UpdateCapabilities. Offsets are the element's. */
#define CAP(kind, m)                                                                               \
    {                                                                                              \
        .name = #m, .at = offsetof(struct sccp_capability, m),                                     \
        .size = sizeof(((struct sccp_capability *)0)->m), K_##kind, .until = ANY_VERSION           \
    }
static const struct sccp_field capability[] = {
    CAP(ONE_OF(codec), codec),
    CAP(U32, max_packet_ms),
    CAP(CAP_PARAMS, params),
    PAD(4),
};

static const struct sccp_field capabilities_res[] = {
    FIELD(U32, capabilities_res.count),
    ARRAY(capabilities_res.caps, capabilities_res.count, capability),
};

static const struct sccp_field picture[] = {
    PART(U32, update_capabilities.pictures, width),
    PART(U32, update_capabilities.pictures, height),
    PART(U32, update_capabilities.pictures, pixel_aspect_ratio),
    PART(U32, update_capabilities.pictures, clock_code),
    PART(U32, update_capabilities.pictures, clock_divisor),
};
static const struct sccp_field layout[] = {
    ITEM(U32, update_capabilities.services[0].layouts),
};
static const struct sccp_field service[] = {
    PART(U32, update_capabilities.services, layout_count),
    {.name = "layouts",
     PART_AT(update_capabilities.services, layouts),
     .kind = SCCP_ARRAY,
     .of = layout,
     .of_count = COUNT(layout),
     .stride = sizeof(uint32_t),
     .times = SCCP_LAYOUTS_MAX,
     .until = ANY_VERSION},
    PART(U32, update_capabilities.services, number),
    PART(U32, update_capabilities.services, max_streams),
    PART(U32, update_capabilities.services, max_conferences),
    PART(U32, update_capabilities.services, active_conferences),
};

#define CAPABILITIES_HEAD                                                                          \
    FIELD(U32, update_capabilities.audio_count), FIELD(U32, update_capabilities.video_count),      \
        FIELD(U32, update_capabilities.data_count),                                                \
        MAY_END(U32, update_capabilities.rtp_payload_format),                                      \
        MAY_END(U32, update_capabilities.picture_count),                                           \
        ARRAY(update_capabilities.pictures, update_capabilities.picture_count, picture),           \
        MAY_END(U32, update_capabilities.active_streams),                                          \
        MAY_END(U32, update_capabilities.max_bandwidth),                                           \
        MAY_END(U32, update_capabilities.service_count),                                           \
        ARRAY(update_capabilities.services, update_capabilities.service_count, service),           \
        ARRAY(update_capabilities.audio, update_capabilities.audio_count, capability)

#define DATA_CAPABILITY                                                                            \
    PART(ONE_OF(codec), update_capabilities.data, codec),                                          \
        PART(U32, update_capabilities.data, direction),                                            \
        PART(U32, update_capabilities.data, protocol_data),                                        \
        PART(U32, update_capabilities.data, max_bit_rate)

static const struct sccp_field data_capability[] = {
    DATA_CAPABILITY,
};
static const struct sccp_field video_v1[] = {
    PAD(116),
};
static const struct sccp_field update_capabilities[] = {
    CAPABILITIES_HEAD,
    ARRAY(update_capabilities.video, update_capabilities.video_count, video_v1),
    ARRAY(update_capabilities.data, update_capabilities.data_count, data_capability),
};
static const struct sccp_field video_v2[] = {
    PAD(132), /* with H.264 */
};
static const struct sccp_field update_capabilities_v2[] = {
    CAPABILITIES_HEAD,
    ARRAY(update_capabilities.video, update_capabilities.video_count, video_v2),
    ARRAY(update_capabilities.data, update_capabilities.data_count, data_capability),
};

static const struct sccp_field video_capability[] = {
    PAD(108), PART(U32, update_capabilities.video, encryption), PAD(28),
    PAD_SINCE(16, 4), /* a second word of the address mode */
};
static const struct sccp_field data_capability_v3[] = {
    DATA_CAPABILITY,
    PART(U32, update_capabilities.data, encryption),
};
static const struct sccp_field update_capabilities_v3[] = {
    CAPABILITIES_HEAD,
    ARRAY(update_capabilities.video, update_capabilities.video_count, video_capability),
    ARRAY(update_capabilities.data, update_capabilities.data_count, data_capability_v3),
};

static const struct sccp_field button[] = {
    PART(U8, button_template_res.buttons, instance),
    PART(U8, button_template_res.buttons, type),
};
static const struct sccp_field button_template_res[] = {
    FIELD(U32, button_template_res.offset),
    FIELD(U32, button_template_res.count),
    MAY_END(U32, button_template_res.total),
    ARRAY(button_template_res.buttons, button_template_res.count, button),
};

static const struct sccp_field soft_key[] = {
    PART(TEXT(16), soft_key_template_res.keys, label),
    PART(U32, soft_key_template_res.keys, event),
};
static const struct sccp_field soft_key_template_res[] = {
    FIELD(U32, soft_key_template_res.offset),
    FIELD(U32, soft_key_template_res.count),
    MAY_END(U32, soft_key_template_res.total),
    ARRAY(soft_key_template_res.keys, soft_key_template_res.count, soft_key),
};

static const struct sccp_field key_info[] = {
    ITEM(U16, soft_key_set_res.sets[0].info),
};
static const struct sccp_field soft_key_set[] = {
    PART(BYTES(SCCP_KEYS_PER_SET), soft_key_set_res.sets, position),
    {.name = "info",
     PART_AT(soft_key_set_res.sets, info),
     .kind = SCCP_ARRAY,
     .of = key_info,
     .of_count = COUNT(key_info),
     .stride = sizeof(uint16_t),
     .times = SCCP_KEYS_PER_SET,
     .until = ANY_VERSION},
};
static const struct sccp_field soft_key_set_res[] = {
    FIELD(U32, soft_key_set_res.offset),
    FIELD(U32, soft_key_set_res.count),
    MAY_END(U32, soft_key_set_res.total),
    ARRAY(soft_key_set_res.sets, soft_key_set_res.count, soft_key_set),
};

static const struct sccp_field select_soft_keys[] = {
    FIELD(U32, select_soft_keys.line),
    FIELD(U32, select_soft_keys.call),
    FIELD(ONE_OF(key_set), select_soft_keys.set),
    MAY_END(U32, select_soft_keys.valid_mask),
};

static const struct sccp_field config_stat_res[] = {
    STATION(config_stat_res),
    MAY_END(TEXT(40), config_stat_res.user_name),
    MAY_END(TEXT(40), config_stat_res.server_name),
    MAY_END(U32, config_stat_res.lines),
    MAY_END(U32, config_stat_res.speed_dials),
};
static const struct sccp_field config_stat_v2_res[] = {
    STATION(config_stat_res),
    MAY_END(U32, config_stat_res.lines),
    MAY_END(U32, config_stat_res.speed_dials),
    MAY_END(STRING, config_stat_res.user_name),
    MAY_END(STRING, config_stat_res.server_name),
};

static const struct sccp_field line_stat_req[] = {
    FIELD(U32, line_stat_req.line),
};
/* CallManager 3.1 stops after the display name, 3.3 before the options. */
static const struct sccp_field line_stat_res[] = {
    FIELD(U32, line_stat_res.line),
    FIELD(TEXT(24), line_stat_res.number),
    MAY_END(TEXT(40), line_stat_res.display_name),
    MAY_END(TEXT(40), line_stat_res.label),
    MAY_END(U32, line_stat_res.options),
};
static const struct sccp_field line_stat_v2_res[] = {
    FIELD(U32, line_stat_res.line),        MAY_END(U32, line_stat_res.options),
    MAY_END(STRING, line_stat_res.number), MAY_END(STRING, line_stat_res.display_name),
    MAY_END(STRING, line_stat_res.label),
};

static const struct sccp_field forward_stat_req[] = {
    FIELD(U32, forward_stat_req.line),
};
static const struct sccp_field forward_stat_res[] = {
    FIELD(U32, forward_stat_res.active),
    FIELD(U32, forward_stat_res.line),
    MAY_END(U32, forward_stat_res.all_active),
    MAY_END(NUMBER, forward_stat_res.all),
    MAY_END(U32, forward_stat_res.busy_active),
    MAY_END(NUMBER, forward_stat_res.busy),
    MAY_END(U32, forward_stat_res.no_answer_active),
    MAY_END(NUMBER, forward_stat_res.no_answer),
};

static const struct sccp_field speed_dial_stat_req[] = {
    FIELD(U32, speed_dial_stat_req.index),
};
static const struct sccp_field speed_dial_stat_res[] = {
    FIELD(U32, speed_dial_stat_res.index),
    MAY_END(TEXT(24), speed_dial_stat_res.number),
    MAY_END(TEXT(40), speed_dial_stat_res.label),
};
static const struct sccp_field speed_dial_stat_v2_res[] = {
    FIELD(U32, speed_dial_stat_res.index),
    MAY_END(STRING, speed_dial_stat_res.number),
    MAY_END(STRING, speed_dial_stat_res.label),
};

static const struct sccp_field feature_stat_req[] = {
    FIELD(U32, feature_stat_req.index),
    MAY_END(U32, feature_stat_req.capabilities),
};
static const struct sccp_field feature_stat_res[] = {
    FIELD(U32, feature_stat_res.index),
    MAY_END(U32, feature_stat_res.type),
    MAY_END(TEXT(40), feature_stat_res.label),
    MAY_END(U32, feature_stat_res.status),
};
static const struct sccp_field feature_stat_v2_res[] = {
    FIELD(U32, feature_stat_res.index),
    MAY_END(U32, feature_stat_res.type),
    MAY_END(U32, feature_stat_res.status),
    MAY_END(STRING, feature_stat_res.label),
};

static const struct sccp_field service_url_stat_req[] = {
    FIELD(U32, service_url_stat_req.index),
};
static const struct sccp_field service_url_stat_res[] = {
    FIELD(U32, service_url_stat_res.index),
    MAY_END(TEXT(256), service_url_stat_res.url),
    MAY_END(TEXT(40), service_url_stat_res.label),
};
static const struct sccp_field service_url_stat_v2_res[] = {
    FIELD(U32, service_url_stat_res.index),
    MAY_END(STRING, service_url_stat_res.url),
    MAY_END(STRING, service_url_stat_res.label),
};

static const struct sccp_field time_date_res[] = {
    FIELD(U32, time_date_res.year),        FIELD(U32, time_date_res.month),
    FIELD(U32, time_date_res.week_day),    FIELD(U32, time_date_res.day),
    FIELD(U32, time_date_res.hour),        FIELD(U32, time_date_res.minute),
    FIELD(U32, time_date_res.second),      MAY_END(U32, time_date_res.milliseconds),
    MAY_END(U32, time_date_res.unix_time),
};

const struct sccp_shape sccp_session_shapes[SCCP_ID_END] = {
    EMPTY(SCCP_KEEP_ALIVE),
    EMPTY(SCCP_KEEP_ALIVE_ACK),
    SHAPE(SCCP_REGISTER, register_req),
    COMPLETED(SCCP_REGISTER_ACK, register_ack, sccp_complete_register_ack),
    SHAPE(SCCP_REGISTER_REJECT, register_reject),
    SHAPE(SCCP_REGISTER_TOKEN_REQ, register_token_req),
    EMPTY(SCCP_REGISTER_TOKEN_ACK),
    SHAPE(SCCP_REGISTER_TOKEN_REJECT, register_token_reject),
    SHAPE(SCCP_UNREGISTER, unregister),
    SHAPE(SCCP_UNREGISTER_ACK, unregister_ack),
    SHAPE(SCCP_IP_PORT, ip_port),
    SHAPE(SCCP_MEDIA_PORT_LIST, media_port_list),
    SHAPE(SCCP_ALARM, alarm),
    SHAPE(SCCP_RESET, reset),
    EMPTY(SCCP_VERSION_REQ),
    SHAPE(SCCP_VERSION_RES, version_res),
    EMPTY(SCCP_SERVER_REQ),
    PECULIAR(SCCP_SERVER_RES, server_res, sccp_read_by_length),
    SHAPE(SCCP_REGISTER_AVAILABLE_LINES, register_available_lines),
    SHAPE(SCCP_HEADSET_STATUS, headset_status),
    SHAPE(SCCP_MEDIA_PATH_EVENT, media_path_event),
    SHAPE(SCCP_MEDIA_PATH_CAPABILITY, media_path_capability),
    SHAPE(SCCP_MEDIA_RESOURCE_NOTIFICATION, media_resource),
    EMPTY(SCCP_CAPABILITIES_REQ),
    SHAPE(SCCP_CAPABILITIES_RES, capabilities_res),
    SHAPE(SCCP_UPDATE_CAPABILITIES, update_capabilities),
    SHAPE(SCCP_UPDATE_CAPABILITIES_V2, update_capabilities_v2),
    SHAPE(SCCP_UPDATE_CAPABILITIES_V3, update_capabilities_v3),
    EMPTY(SCCP_BUTTON_TEMPLATE_REQ),
    SHAPE(SCCP_BUTTON_TEMPLATE_RES, button_template_res),
    EMPTY(SCCP_SOFT_KEY_TEMPLATE_REQ),
    SHAPE(SCCP_SOFT_KEY_TEMPLATE_RES, soft_key_template_res),
    EMPTY(SCCP_SOFT_KEY_SET_REQ),
    SHAPE(SCCP_SOFT_KEY_SET_RES, soft_key_set_res),
    SHAPE(SCCP_SELECT_SOFT_KEYS, select_soft_keys),
    EMPTY(SCCP_CONFIG_STAT_REQ),
    SHAPE(SCCP_CONFIG_STAT_RES, config_stat_res),
    SHAPE(SCCP_CONFIG_STAT_V2_RES, config_stat_v2_res),
    SHAPE(SCCP_LINE_STAT_REQ, line_stat_req),
    SHAPE(SCCP_LINE_STAT_RES, line_stat_res),
    SHAPE(SCCP_LINE_STAT_V2_RES, line_stat_v2_res),
    SHAPE(SCCP_FORWARD_STAT_REQ, forward_stat_req),
    SHAPE(SCCP_FORWARD_STAT_RES, forward_stat_res),
    SHAPE(SCCP_SPEED_DIAL_STAT_REQ, speed_dial_stat_req),
    SHAPE(SCCP_SPEED_DIAL_STAT_RES, speed_dial_stat_res),
    SHAPE(SCCP_SPEED_DIAL_STAT_V2_RES, speed_dial_stat_v2_res),
    SHAPE(SCCP_FEATURE_STAT_REQ, feature_stat_req),
    SHAPE(SCCP_FEATURE_STAT_RES, feature_stat_res),
    SHAPE(SCCP_FEATURE_STAT_V2_RES, feature_stat_v2_res),
    SHAPE(SCCP_SERVICE_URL_STAT_REQ, service_url_stat_req),
    SHAPE(SCCP_SERVICE_URL_STAT_RES, service_url_stat_res),
    SHAPE(SCCP_SERVICE_URL_STAT_V2_RES, service_url_stat_v2_res),
    EMPTY(SCCP_TIME_DATE_REQ),
    SHAPE(SCCP_TIME_DATE_RES, time_date_res),
};
