/* The server's side of one TFTP read as a packet machine (RFC 1350, 2347, 2348, 2349): packets and
 * time-outs in, packets out. Pure: no socket, no clock.
 *
 *   RRQ --> tftp_read_request --> tftp_start --> tftp_packet (OACK or DATA 1)
 *   ACK --> tftp_take: TFTP_SEND --> tftp_packet ... TFTP_DONE
 *   nothing came in time: tftp_late */
#ifndef LABCM_TFTP_H
#define LABCM_TFTP_H

#include "base/err.h"

#include <stdint.h>

#define TFTP_NAME_MAX    255
#define TFTP_BLOCK_PLAIN 512   /* without the option, RFC 1350 */
#define TFTP_BLOCK_MAX   65464 /* RFC 2348 */
#define TFTP_PACKET_MAX  (4 + TFTP_BLOCK_MAX)
#define TFTP_TRIES       5 /* how often one packet is sent before the transfer is given up */

enum tftp_error { /* RFC 1350, RFC 2347 */
                  TFTP_ERROR_TEXT = 0,
                  TFTP_ERROR_NOT_FOUND = 1,
                  TFTP_ERROR_ACCESS = 2,
                  TFTP_ERROR_DISK_FULL = 3,
                  TFTP_ERROR_ILLEGAL = 4,
                  TFTP_ERROR_UNKNOWN_TID = 5,
                  TFTP_ERROR_EXISTS = 6,
                  TFTP_ERROR_NO_USER = 7,
                  TFTP_ERROR_OPTIONS = 8,
};

struct tftp_request {
    char name[TFTP_NAME_MAX + 1];
    bool netascii;
    unsigned block_size; /* 0: not asked for, or a value RFC 2348 forbids */
    unsigned timeout_s;  /* 0: not asked for */
    bool tsize;          /* the client wants to know the size */
};

/* A read request that may be served. False: `code` and `e` say what to answer. */
bool tftp_read_request(struct tftp_request *out, const uint8_t *packet, size_t len,
                       enum tftp_error *code, struct err *e) MUST_USE;
/* An ERROR packet; returns its length. Text is cut to what fits. */
size_t tftp_write_error(uint8_t *out, size_t cap, enum tftp_error code, const char *text);

struct tftp_transfer {
    const uint8_t *bytes; /* borrowed until the transfer is over */
    size_t size;
    struct tftp_request asked;
    unsigned block_size;
    uint64_t
        block; /* the one being sent, counted from 1; 0: the OACK. The wire has 16 bits of it */
    unsigned tries; /* how often it was sent */
};

void tftp_start(struct tftp_transfer *t, const struct tftp_request *r, const uint8_t *bytes,
                size_t size);

enum tftp_turn {
    TFTP_SEND,   /* send tftp_packet and wait again */
    TFTP_WAIT,   /* nothing to do: a duplicate */
    TFTP_DONE,   /* the last block was acknowledged */
    TFTP_FAILED, /* `e` says why; nothing is to be sent but an ERROR for a malformed packet */
};

/* A packet of the client's. A second ACK for a block sends nothing (the sorcerer's apprentice of
 * RFC 1123 4.2.3.1). */
enum tftp_turn tftp_take(struct tftp_transfer *t, const uint8_t *packet, size_t len, struct err *e);
/* No packet came in time. */
enum tftp_turn tftp_late(struct tftp_transfer *t, struct err *e);
/* What is to be sent now, into TFTP_PACKET_MAX bytes; returns its length. */
size_t tftp_packet(struct tftp_transfer *t, uint8_t *out);

/* The length of bytes in netascii (LF as CR LF, CR as CR NUL); writes them when `out` is given. */
size_t tftp_netascii(const uint8_t *bytes, size_t size, uint8_t *out);

#endif
