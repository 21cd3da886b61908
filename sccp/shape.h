/* How each message lies on the wire, as tables: one row for each field, in order. Decode, encode,
 * print and the tests walk the same rows. */
#ifndef SCCP_SHAPE_H
#define SCCP_SHAPE_H

#include "sccp/codec.h"

enum sccp_kind {
    SCCP_UINT,            /* `wire` bytes, little-endian */
    SCCP_DIGIT,           /* the same, but secret */
    SCCP_TONED,           /* the same, but secret where the tone is a DTMF digit */
    SCCP_BYTES,           /* as they are */
    SCCP_IP,              /* 4 or 16 bytes of an address */
    SCCP_SECRET,          /* bytes of a key or a salt */
    SCCP_ADDRESS,         /* 4 bytes; from version 17 a type word and 16 */
    SCCP_TEXT,            /* `wire` bytes, NUL-terminated if there is room */
    SCCP_NUMBER,          /* the same: 24 bytes, from version 18 25 */
    SCCP_STRING,          /* as long as it is, and a NUL */
    SCCP_COUNTED,         /* as many bytes as the word at `other` says */
    SCCP_PARAMS,          /* 4 bytes that mean what the codec at `other` says */
    SCCP_PARAMS_SINCE_11, /* the same; before, always the rate of G.723 */
    SCCP_PAD,             /* zeros, skipped */
    SCCP_ARRAY,           /* `times` elements of the rows `of` */
};

#define SCCP_ID_END 0x0161u /* every id with a shape is below */

struct sccp_field {
    const char *name; /* "open_receive.srtp.key" */
    enum sccp_kind kind;
    uint8_t since, until; /* versions that have it */
    bool may_end;         /* the body may end before it, or inside it */
    bool optional;        /* at the end of a body, written only if it is not zero */
    bool late;            /* written from `since`, read in any version if it is there */
    uint16_t at, size;    /* in struct sccp_message, or in the array's element */
    uint16_t wire;
    uint16_t other;     /* beside `at`: the count of COUNTED, or ARRAY's or 0; PARAMS' codec */
    uint16_t needed_by; /* beside `at`: the word that, not zero, forbids to end here; or 0 */
    uint16_t times, stride;
    const struct sccp_field *of;
    size_t of_count;
    const char *(*words)(uint32_t value);
};

/* The rows to read a body by, and by which version's widths: see reading.c. */
struct sccp_reading {
    uint32_t id;
    const struct sccp_field *fields;
    size_t count;
    uint32_t version;
};

struct sccp_shape {
    bool known;
    const struct sccp_field *fields;
    size_t count;
    /* May change the reading, because real peers differ from the layout; NULL: never. */
    void (*peculiar)(struct sccp_reading *r, const struct sccp_habits *h, const uint8_t *body,
                     size_t len);
    /* May fill in what a short body means; NULL: zeros. */
    void (*complete)(struct sccp_message *m, size_t len);
};

/* NULL: a message we do not know. */
const struct sccp_shape *sccp_shape_of(uint32_t id);
/* Does version `v` write this row? */
bool sccp_field_in(const struct sccp_field *f, uint32_t v);
/* Bytes of a row on the wire; of STRING, COUNTED and ARRAY, which vary, 0. */
size_t sccp_field_wire(const struct sccp_field *f, uint32_t v);
const char *sccp_field_name(const struct sccp_field *f); /* without the message's name */
/* A number of a message, of 1, 2 or 4 bytes. */
uint32_t sccp_load(const char *at, size_t size);
void sccp_store(char *at, size_t size, uint32_t v);

#endif
