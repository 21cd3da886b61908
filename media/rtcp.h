/* RTCP (RFC 3550 section 6): one compound packet of reports, CNAME and, at the end, BYE. Values;
 * nothing is owned.
 *
 *     | SR or RR with at most one block | SDES: CNAME | BYE |
 */
#ifndef MEDIA_RTCP_H
#define MEDIA_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTCP_CNAME_LEN 24 /* 96 random bits in hex: RFC 7022 section 4.2, no name of anybody */
#define RTCP_MOST      128
#define RTCP_EVERY_MS  5000u /* RFC 3550 section 6.2 */

struct rtcp_block { /* what a receiver says of a sender */
    uint32_t ssrc;
    uint8_t fraction; /* lost since the last report, of 256 */
    int32_t lost;     /* in all; 24 bits */
    uint32_t highest, jitter;
    uint32_t last_sr, since_sr; /* middle of its NTP time; 1/65536 s */
};

struct rtcp_report {
    uint32_t ssrc;
    bool sender; /* SR, else RR */
    uint64_t ntp;
    uint32_t timestamp, packets, octets; /* SR */
    bool has_block;
    struct rtcp_block block;
    char cname[RTCP_CNAME_LEN + 1]; /* written, not read */
    bool bye;
};

/* Returns the length; `out` has RTCP_MOST bytes. */
size_t rtcp_write(uint8_t *out, const struct rtcp_report *r);
/* The first report of a compound packet, and its block about `about`. False: no valid compound
 * packet (RFC 3550 A.2). */
bool rtcp_read(struct rtcp_report *out, const uint8_t *bytes, size_t len, uint32_t about);

static inline uint32_t rtcp_middle(uint64_t ntp)
{
    return (uint32_t)(ntp >> 16);
}

/* When the next report is due: 0.5 to 1.5 times the interval, half as long before the first one,
 * over e - 3/2 (section 6.3.1). `chance` is any random number. */
int64_t rtcp_wait_ms(bool first, uint32_t chance);

#endif
