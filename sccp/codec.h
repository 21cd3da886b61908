/* Bytes to messages, messages to bytes and to text: one walk over the tables of shape.c.
 *
 * Reading is liberal as sccp.md 1.2 and 8.4 ask: a body may stop early, fields that it does not
 * reach are zero, bytes past the known layout are ignored. An error is only a body that ends before
 * the fields without which the message means nothing, or in the middle of a key in use. */
#ifndef SCCP_CODEC_H
#define SCCP_CODEC_H

#include "sccp/message.h"

/* The most that sccp_encode writes, and the most that a peer may send: UpdateCapabilities v3 has
 * 2140 bytes, LocationInfo 2404, XML alarms about 2100 (sccp.md 1.2). */
#define SCCP_BODY_MAX 4092
#define SCCP_PDU_MAX  (12 + SCCP_BODY_MAX)

/* Which message a peer means where versions do not tell. Zero is the rule. */
struct sccp_habits {
    bool no_alternate_party; /* chan-sccp below 16: CallInfoV2 without AlternateCallingParty */
};

/* chan-sccp is known by the feature bytes of its RegisterAck, 20 F1 FE or 20 F1 FF (sccp.md 2.3);
 * libsccp, which answers 20 F1 FF too, sends no CallInfoV2. */
struct sccp_habits sccp_habits_of(const struct sccp_register_ack *ack);

bool sccp_knows(uint32_t id); /* has a shape here; others are counted and skipped by the caller */

/* An unknown id yields a message without fields and is no error. */
bool sccp_decode(struct sccp_message *out, uint32_t id, uint32_t version, const uint8_t *body,
                 size_t len, struct err *e) MUST_USE;
bool sccp_decode_as(struct sccp_message *out, uint32_t id, uint32_t version,
                    const struct sccp_habits *habits, const uint8_t *body, size_t len,
                    struct err *e) MUST_USE;

/* The body in the layout of m->version, padded with zeros to a multiple of 4. Fails for an unknown
 * id, text that is longer than its field, or a small buffer. */
bool sccp_encode(const struct sccp_message *m, uint8_t *body, size_t cap, size_t *len,
                 struct err *e) MUST_USE;
/* The whole PDU, for one write: chan_skinny ends the session if a header is split. */
bool sccp_encode_pdu(const struct sccp_message *m, uint8_t *pdu, size_t cap, size_t *len,
                     struct err *e) MUST_USE;

/* The call reference in it; 0: it has none. */
uint32_t sccp_call_of(const struct sccp_message *m);

/* One line: "OpenReceiveChannel conference=16777242 party=... srtp.key=(hidden)". Keys, salts and
 * digits never appear; text of peers is escaped. Zero fields are left out unless `all`. Returns
 * `out`. */
const char *sccp_print(const struct sccp_message *m, bool all, char *out, size_t cap);
#define SCCP_PRINT_MAX 4096

#endif
