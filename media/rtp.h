/* RTP headers (RFC 3550 section 5.1) and what a receiver knows about one source (appendix A).
 *
 *     0                   1                   2                   3
 *    |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *    |                           timestamp                           |
 *    |                             SSRC                              |
 *
 * Values; nothing is owned. */
#ifndef MEDIA_RTP_H
#define MEDIA_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_HEADER_LEN 12

enum rtp_payload_type { /* RFC 3551 table 4, RFC 3389 */
                        RTP_PCMU = 0,
                        RTP_PCMA = 8,
                        RTP_COMFORT_NOISE = 13,
};

struct rtp_header {
    bool marker;
    uint8_t payload_type;
    uint16_t sequence;
    uint32_t timestamp, ssrc;
};

struct rtp_packet {
    struct rtp_header header;
    const uint8_t *payload; /* borrowed from the bytes that were parsed */
    size_t payload_len;     /* without padding */
};

/* Reads the first 12 bytes. False when this is not RTP: too short, another version, or RTCP, whose
 * packet types 192-223 stand where marker and payload type do (RFC 5761 section 4). */
bool rtp_peek(struct rtp_header *out, const uint8_t *bytes, size_t len);
/* Reads a whole packet in clear: steps over CSRCs and the extension, takes the padding off. */
bool rtp_parse(struct rtp_packet *out, const uint8_t *bytes, size_t len);
void rtp_write(uint8_t out[RTP_HEADER_LEN], const struct rtp_header *h);

/* One source of packets, as appendix A.1, A.3 and A.8 follow it; zero is "none heard yet". */
struct rtp_source {
    bool known, has_transit;
    uint32_t ssrc;
    uint16_t max_sequence;
    uint32_t cycles, base, bad_sequence, unique;
    uint64_t seen[2];           /* which of the last 128 sequence numbers came */
    uint64_t lost_before;       /* before the last restart */
    uint32_t transit, jitter16; /* jitter times 16, so that it can be kept whole */
};

enum rtp_arrival { RTP_IN_ORDER, RTP_REORDERED, RTP_DUPLICATE, RTP_RESTARTED, RTP_JUMPED };

enum rtp_arrival rtp_source_hear(struct rtp_source *s, const struct rtp_header *h);
/* Called for packets whose timestamp is the time of their sampling, with the arrival in RTP units.
 */
void rtp_source_timing(struct rtp_source *s, uint32_t timestamp, uint32_t arrival);
uint32_t rtp_source_highest(const struct rtp_source *s);  /* extended sequence number */
uint64_t rtp_source_expected(const struct rtp_source *s); /* since its last restart */
uint64_t rtp_source_lost(const struct rtp_source *s);
uint32_t rtp_source_jitter(const struct rtp_source *s);

#endif
