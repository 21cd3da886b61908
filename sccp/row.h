/* The words in which shapes are written: FIELD(U32, call_state.state). Included by the tables only.
 *
 * FIELD must be there; MAY_END need not: with it and after it a body may end. SINCE and UNTIL are
 * MAY_END rows of some versions. */
#ifndef SCCP_ROW_H
#define SCCP_ROW_H

#include "sccp/shape.h"

#define COUNT(array)   (sizeof(array) / sizeof(array)[0])
#define ANY_VERSION    255

#define AT(m)          .at = offsetof(struct sccp_message, m), .size = sizeof(((struct sccp_message *)0)->m)
#define BASIC(kind, m) .name = #m, AT(m), K_##kind
#define FIELD(kind, m)                                                                             \
    {                                                                                              \
        BASIC(kind, m), .until = ANY_VERSION                                                       \
    }
#define MAY_END(kind, m)                                                                           \
    {                                                                                              \
        BASIC(kind, m), .until = ANY_VERSION, .may_end = true                                      \
    }
#define SINCE(v, kind, m)                                                                          \
    {                                                                                              \
        BASIC(kind, m), .since = v, .until = ANY_VERSION, .may_end = true                          \
    }
#define UNTIL(v, kind, m)                                                                          \
    {                                                                                              \
        BASIC(kind, m), .until = v, .may_end = true                                                \
    }
#define FIELD_SINCE(v, kind, m)                                                                    \
    {                                                                                              \
        BASIC(kind, m), .since = v, .until = ANY_VERSION                                           \
    }
#define FIELD_UNTIL(v, kind, m)                                                                    \
    {                                                                                              \
        BASIC(kind, m), .until = v                                                                 \
    }
/* Last of the body, and left out if it is zero, as real devices do. */
#define OPTIONAL(v, kind, m)                                                                       \
    {                                                                                              \
        BASIC(kind, m), .since = v, .until = ANY_VERSION, .may_end = true, .optional = true        \
    }
/* Written from version v; read in any, if the body has it. */
#define LATE(v, kind, m)                                                                           \
    {                                                                                              \
        BASIC(kind, m), .since = v, .until = ANY_VERSION, .may_end = true, .late = true            \
    }
/* A part of an encryption block: the body may end here only if the algorithm is 0. */
#define KEYED(kind, m, algorithm)                                                                  \
    {                                                                                              \
        BASIC(kind, m), .until = ANY_VERSION, .may_end = true,                                     \
                        .needed_by = offsetof(struct sccp_message, algorithm)                      \
    }

/* Rows of an array's element. ITEM: the element is the field. */
#define PART_AT(a, m)                                                                              \
    .at = offsetof(struct sccp_message, a[0].m) - offsetof(struct sccp_message, a[0]),             \
    .size = sizeof(((struct sccp_message *)0)->a[0].m)
#define PART(kind, a, m)                                                                           \
    {                                                                                              \
        .name = #m, PART_AT(a, m), K_##kind, .until = ANY_VERSION                                  \
    }
#define ITEM(kind, a)                                                                              \
    {                                                                                              \
        .name = "", .at = 0, .size = sizeof(((struct sccp_message *)0)->a[0]), K_##kind,           \
        .until = ANY_VERSION                                                                       \
    }
#define LIST(m, rows)                                                                              \
    .name = #m, AT(m), .kind = SCCP_ARRAY, .of = rows, .of_count = COUNT(rows),                    \
    .stride = sizeof(((struct sccp_message *)0)->m[0]),                                            \
    .times = sizeof(((struct sccp_message *)0)->m) / sizeof(((struct sccp_message *)0)->m[0]),     \
    .until = ANY_VERSION, .may_end = true
#define FIXED_ARRAY(m, rows)                                                                       \
    {                                                                                              \
        LIST(m, rows)                                                                              \
    }
#define ARRAY(m, counted_by, rows)                                                                 \
    {                                                                                              \
        LIST(m, rows), .other = offsetof(struct sccp_message, counted_by)                          \
    }

#define PAD(n)                                                                                     \
    {                                                                                              \
        .name = "padding", .kind = SCCP_PAD, .wire = n, .until = ANY_VERSION, .may_end = true      \
    }
#define PAD_SINCE(v, n)                                                                            \
    {                                                                                              \
        .name = "padding", .kind = SCCP_PAD, .wire = n, .since = v, .until = ANY_VERSION,          \
        .may_end = true                                                                            \
    }

#define K_U8             .kind = SCCP_UINT, .wire = 1
#define K_U16            .kind = SCCP_UINT, .wire = 2
#define K_U32            .kind = SCCP_UINT, .wire = 4
#define K_ONE_OF(list)   .kind = SCCP_UINT, .wire = 4, .words = sccp_##list##_name
#define K_DIGIT          .kind = SCCP_DIGIT, .wire = 4
#define K_TONE           .kind = SCCP_TONED, .wire = 4, .words = sccp_tone_name
#define K_BYTES(n)       .kind = SCCP_BYTES, .wire = n
#define K_IP(n)          .kind = SCCP_IP, .wire = n
#define K_SECRET(n)      .kind = SCCP_SECRET, .wire = n
#define K_ADDR           .kind = SCCP_ADDRESS
#define K_TEXT(n)        .kind = SCCP_TEXT, .wire = n
#define K_NUMBER         .kind = SCCP_NUMBER
#define K_STRING         .kind = SCCP_STRING
#define K_COUNTED(count) .kind = SCCP_COUNTED, .other = offsetof(struct sccp_message, count)
#define K_PARAMS(codec)                                                                            \
    .kind = SCCP_PARAMS_SINCE_11, .wire = 4, .other = offsetof(struct sccp_message, codec)
#define K_CAP_PARAMS                                                                               \
    .kind = SCCP_PARAMS, .wire = 4, .other = offsetof(struct sccp_capability, codec)

/* Tables of shapes have a place for each id. */
#define SHAPE(id, rows) [id] = {.known = true, .fields = rows, .count = COUNT(rows)}
#define EMPTY(id)       [id] = {.known = true}
#define PECULIAR(id, rows, read)                                                                   \
    [id] = {.known = true, .fields = rows, .count = COUNT(rows), .peculiar = read}
#define COMPLETED(id, rows, how)                                                                   \
    [id] = {.known = true, .fields = rows, .count = COUNT(rows), .complete = how}

extern const struct sccp_shape sccp_session_shapes[SCCP_ID_END], sccp_call_shapes[SCCP_ID_END];
extern const struct sccp_shape sccp_media_shapes[SCCP_ID_END];

/* Rows that only readers use. */
struct sccp_rows {
    const struct sccp_field *fields;
    size_t count;
};
extern const struct sccp_rows sccp_rows_enbloc_unpacked, sccp_rows_call_info_no_alternate;
extern const struct sccp_rows sccp_rows_statistics_aligned;

/* reading.c: where real peers differ. */
void sccp_read_enbloc(struct sccp_reading *r, const struct sccp_habits *h, const uint8_t *body,
                      size_t len);
void sccp_read_call_info(struct sccp_reading *r, const struct sccp_habits *h, const uint8_t *body,
                         size_t len);
void sccp_read_by_length(struct sccp_reading *r, const struct sccp_habits *h, const uint8_t *body,
                         size_t len);
void sccp_read_statistics_req(struct sccp_reading *r, const struct sccp_habits *h,
                              const uint8_t *body, size_t len);
void sccp_read_statistics(struct sccp_reading *r, const struct sccp_habits *h, const uint8_t *body,
                          size_t len);
void sccp_complete_register_ack(struct sccp_message *m, size_t len);

#endif
