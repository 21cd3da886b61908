/* Media channels, their keys and statistics: sccp.md 4.7 and 5. */
#include "sccp/row.h"

/* Old bodies end before this block or after its salt; never inside a key that is in use. */
#define SRTP_BLOCK(m)                                                                              \
    MAY_END(ONE_OF(srtp_algorithm), m.srtp.algorithm),                                             \
        KEYED(U16, m.srtp.key_len, m.srtp.algorithm),                                              \
        KEYED(U16, m.srtp.salt_len, m.srtp.algorithm),                                             \
        KEYED(SECRET(SCCP_KEY_MAX), m.srtp.key, m.srtp.algorithm),                                 \
        KEYED(SECRET(SCCP_KEY_MAX), m.srtp.salt, m.srtp.algorithm),                                \
        MAY_END(U32, m.srtp.mki_present), MAY_END(U32, m.srtp.key_derivation_rate)

static const struct sccp_field latent_word[] = {
    ITEM(U32, open_receive.latent.modem_relay),
};
static const struct sccp_field latent_half[] = {
    ITEM(U16, open_receive.latent.sprt),
};
#define FROM_21(array)                                                                             \
    {                                                                                              \
        array, .since = 21                                                                         \
    }
#define LATENT(m)                                                                                  \
    SINCE(21, U32, m.latent.active), FROM_21(LIST(m.latent.modem_relay, latent_word)),             \
        FROM_21(LIST(m.latent.sprt, latent_half)), FROM_21(LIST(m.latent.sse, latent_word)),       \
        SINCE(21, BYTES(8), m.latent.payload)

/* Real ones end after 68, 92, 108, 112, 128, 132 or 168 bytes. */
static const struct sccp_field open_receive[] = {
    FIELD(U32, open_receive.conference),
    FIELD(U32, open_receive.party),
    FIELD(U32, open_receive.packet_ms),
    FIELD(ONE_OF(codec), open_receive.codec),
    MAY_END(U32, open_receive.echo_cancel),
    MAY_END(PARAMS(open_receive.codec), open_receive.params),
    MAY_END(U32, open_receive.call),
    SRTP_BLOCK(open_receive),
    MAY_END(U32, open_receive.stream),
    MAY_END(U32, open_receive.associated_stream),
    MAY_END(U32, open_receive.dtmf_payload),
    MAY_END(U32, open_receive.dtmf_type),
    SINCE(11, U32, open_receive.mixing_mode),
    SINCE(11, U32, open_receive.party_direction),
    SINCE(11, ADDR, open_receive.source),
    SINCE(11, U32, open_receive.source_port),
    SINCE(16, ONE_OF(addr_type), open_receive.wanted_addr_type),
    OPTIONAL(17, U32, open_receive.level_adjustment),
    LATENT(open_receive),
};

static const struct sccp_field open_receive_ack[] = {
    FIELD(ONE_OF(media_status), open_receive_ack.status),
    FIELD(ADDR, open_receive_ack.addr),
    FIELD(U32, open_receive_ack.port),
    FIELD(U32, open_receive_ack.party),
    MAY_END(U32, open_receive_ack.call),
};

static const struct sccp_field close_receive[] = {
    FIELD(U32, close_receive.conference),
    FIELD(U32, close_receive.party),
    MAY_END(U32, close_receive.call),
    MAY_END(U32, close_receive.port_handling),
};

/* Real ones end after 40, 84, 112, 116, 132 or 168 bytes. */
static const struct sccp_field start_transmit[] = {
    FIELD(U32, start_transmit.conference),
    FIELD(U32, start_transmit.party),
    FIELD(ADDR, start_transmit.remote),
    FIELD(U32, start_transmit.remote_port),
    FIELD(U32, start_transmit.packet_ms),
    FIELD(ONE_OF(codec), start_transmit.codec),
    MAY_END(U32, start_transmit.precedence),
    MAY_END(U32, start_transmit.silence_suppression),
    MAY_END(U16, start_transmit.max_frames),
    PAD(2),
    MAY_END(PARAMS(start_transmit.codec), start_transmit.params),
    MAY_END(U32, start_transmit.call),
    SRTP_BLOCK(start_transmit),
    MAY_END(U32, start_transmit.stream),
    MAY_END(U32, start_transmit.associated_stream),
    MAY_END(U32, start_transmit.dtmf_payload),
    MAY_END(U32, start_transmit.dtmf_type),
    MAY_END(U32, start_transmit.mixing_mode),
    SINCE(15, U32, start_transmit.party_direction),
    LATENT(start_transmit),
};

/* A 6901 sends ids of 0 and only the call. */
static const struct sccp_field start_transmit_ack[] = {
    FIELD(U32, start_transmit_ack.conference),
    FIELD(U32, start_transmit_ack.party),
    FIELD(U32, start_transmit_ack.call),
    MAY_END(ADDR, start_transmit_ack.addr),
    MAY_END(U32, start_transmit_ack.port),
    MAY_END(ONE_OF(media_status), start_transmit_ack.status),
};

static const struct sccp_field stop_transmit[] = {
    FIELD(U32, stop_transmit.conference),
    FIELD(U32, stop_transmit.party),
    MAY_END(U32, stop_transmit.call),
    MAY_END(U32, stop_transmit.port_handling),
};

static const struct sccp_field transmit_failure[] = {
    FIELD(U32, transmit_failure.conference), FIELD(U32, transmit_failure.party),
    MAY_END(ADDR, transmit_failure.remote),  MAY_END(U32, transmit_failure.remote_port),
    MAY_END(U32, transmit_failure.call),
};

static const struct sccp_field failure_detection[] = {
    FIELD(U32, failure_detection.conference),
    FIELD(U32, failure_detection.party),
    MAY_END(U32, failure_detection.packet_ms),
    MAY_END(ONE_OF(codec), failure_detection.codec),
    MAY_END(U32, failure_detection.echo_cancel),
    MAY_END(PARAMS(failure_detection.codec), failure_detection.params),
    MAY_END(U32, failure_detection.call),
};

static const struct sccp_field port_req[] = {
    FIELD(U32, port_req.conference),
    FIELD(U32, port_req.call),
    FIELD(U32, port_req.party),
    MAY_END(ONE_OF(transport), port_req.transport),
    MAY_END(ONE_OF(addr_type), port_req.addr_type),
    MAY_END(ONE_OF(media_type), port_req.media_type),
};

static const struct sccp_field port_res[] = {
    FIELD(U32, port_res.conference),
    FIELD(U32, port_res.call),
    FIELD(U32, port_res.party),
    FIELD(ADDR, port_res.addr),
    FIELD(U32, port_res.port),
    MAY_END(U32, port_res.rtcp_port),
    SINCE(19, ONE_OF(media_type), port_res.media_type),
};

static const struct sccp_field port_close[] = {
    FIELD(U32, port_close.conference),
    FIELD(U32, port_close.call),
    FIELD(U32, port_close.party),
    MAY_END(ONE_OF(media_type), port_close.media_type),
};

static const struct sccp_field statistics_req[] = {
    FIELD_UNTIL(17, TEXT(24), statistics_req.number),
    FIELD_SINCE(18, TEXT(28), statistics_req.number),
    FIELD(U32, statistics_req.call),
    MAY_END(U32, statistics_req.mode),
};

#define STATISTICS                                                                                 \
    MAY_END(U32, statistics_res.packets_sent), MAY_END(U32, statistics_res.octets_sent),           \
        MAY_END(U32, statistics_res.packets_received),                                             \
        MAY_END(U32, statistics_res.octets_received), MAY_END(U32, statistics_res.packets_lost),   \
        MAY_END(U32, statistics_res.jitter), MAY_END(U32, statistics_res.latency_ms),              \
        MAY_END(U32, statistics_res.text_len),                                                     \
        MAY_END(COUNTED(statistics_res.text_len), statistics_res.text)

/* From 18 on the mode is one byte, and all that follows unaligned. */
static const struct sccp_field statistics_res[] = {
    FIELD_UNTIL(17, TEXT(24), statistics_res.number),
    FIELD_SINCE(18, TEXT(28), statistics_res.number),
    FIELD(U32, statistics_res.call),
    UNTIL(17, U32, statistics_res.mode),
    SINCE(18, U8, statistics_res.mode),
    STATISTICS,
};
/* chan-sccp's reading at version 20. */
static const struct sccp_field statistics_aligned[] = {
    FIELD(TEXT(28), statistics_res.number),
    FIELD(U32, statistics_res.call),
    MAY_END(U32, statistics_res.mode),
    STATISTICS,
};
const struct sccp_rows sccp_rows_statistics_aligned = {statistics_aligned,
                                                       COUNT(statistics_aligned)};

#define MULTICAST_HEAD                                                                             \
    FIELD(U32, start_multicast.conference), FIELD(U32, start_multicast.party),                     \
        MAY_END(ADDR, start_multicast.group), MAY_END(U32, start_multicast.port),                  \
        MAY_END(U32, start_multicast.packet_ms), MAY_END(ONE_OF(codec), start_multicast.codec)
#define MULTICAST_TAIL                                                                             \
    MAY_END(PARAMS(start_multicast.codec), start_multicast.params),                                \
        MAY_END(U32, start_multicast.call)

static const struct sccp_field multicast_reception[] = {
    MULTICAST_HEAD,
    MAY_END(U32, start_multicast.echo_cancel),
    MULTICAST_TAIL,
};
static const struct sccp_field multicast_transmission[] = {
    MULTICAST_HEAD,
    MAY_END(U32, start_multicast.precedence),
    MAY_END(U32, start_multicast.silence_suppression),
    MAY_END(U16, start_multicast.max_frames),
    PAD(2),
    MULTICAST_TAIL,
};
static const struct sccp_field stop_multicast[] = {
    FIELD(U32, stop_multicast.conference),
    FIELD(U32, stop_multicast.party),
    MAY_END(U32, stop_multicast.call),
};
static const struct sccp_field multicast_ack[] = {
    FIELD(U32, multicast_ack.status),
    FIELD(U32, multicast_ack.party),
    MAY_END(U32, multicast_ack.call),
};

const struct sccp_shape sccp_media_shapes[SCCP_ID_END] = {
    SHAPE(SCCP_OPEN_RECEIVE_CHANNEL, open_receive),
    PECULIAR(SCCP_OPEN_RECEIVE_CHANNEL_ACK, open_receive_ack, sccp_read_by_length),
    SHAPE(SCCP_CLOSE_RECEIVE_CHANNEL, close_receive),
    SHAPE(SCCP_START_MEDIA_TRANSMISSION, start_transmit),
    PECULIAR(SCCP_START_MEDIA_TRANSMISSION_ACK, start_transmit_ack, sccp_read_by_length),
    SHAPE(SCCP_STOP_MEDIA_TRANSMISSION, stop_transmit),
    PECULIAR(SCCP_MEDIA_TRANSMISSION_FAILURE, transmit_failure, sccp_read_by_length),
    SHAPE(SCCP_START_MEDIA_FAILURE_DETECTION, failure_detection),
    SHAPE(SCCP_PORT_REQ, port_req),
    PECULIAR(SCCP_PORT_RES, port_res, sccp_read_by_length),
    SHAPE(SCCP_PORT_CLOSE, port_close),
    PECULIAR(SCCP_CONNECTION_STATISTICS_REQ, statistics_req, sccp_read_statistics_req),
    PECULIAR(SCCP_CONNECTION_STATISTICS_RES, statistics_res, sccp_read_statistics),
    SHAPE(SCCP_START_MULTICAST_MEDIA_RECEPTION, multicast_reception),
    SHAPE(SCCP_START_MULTICAST_MEDIA_TRANSMISSION, multicast_transmission),
    SHAPE(SCCP_STOP_MULTICAST_MEDIA_RECEPTION, stop_multicast),
    SHAPE(SCCP_STOP_MULTICAST_MEDIA_TRANSMISSION, stop_multicast),
    SHAPE(SCCP_MULTICAST_MEDIA_RECEPTION_ACK, multicast_ack),
};
