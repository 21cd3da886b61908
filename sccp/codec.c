#include "sccp/frame.h"
#include "sccp/row.h"

#include "base/wire.h"

#include <string.h>

/* Does the codec at `other` have parameters of its own, or the rate of G.723? */
static bool params_are_rate(const struct sccp_field *f, uint32_t version, const char *base)
{
    if (f->kind == SCCP_PARAMS_SINCE_11 && version < 11)
        return true;
    return sccp_load(base + f->other, 4) == SCCP_CODEC_G723_1;
}

static bool is_zero(const char *at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (at[i])
            return false;
    return true;
}

/* ---- reading ---- */

static uint32_t get_uint(struct wire_reader *r, size_t wire)
{
    return wire == 1 ? wire_u8(r) : wire == 2 ? wire_u16le(r) : wire_u32le(r);
}

/* `n` bytes of text that may lack their NUL, into a field that has one more. */
static void get_text(struct wire_reader *r, size_t n, char *to, size_t size)
{
    const char *from = (const char *)wire_take(r, n);
    size_t len = from ? strnlen(from, n) : 0;

    if (len > size - 1)
        len = size - 1;
    if (len)
        memcpy(to, from, len);
    memset(to + len, 0, size - len);
}

/* Up to and with its NUL, or to the end of the body. */
static void get_string(struct wire_reader *r, char *to, size_t size)
{
    size_t left = wire_left(r), len = left ? strnlen((const char *)r->at, left) : 0;

    get_text(r, len < left ? len + 1 : len, to, size);
}

static void get_counted(struct wire_reader *r, const struct sccp_field *f, char *base)
{
    size_t n = sccp_load(base + f->other, 4), most = wire_left(r);

    if (most > f->size - 1u)
        most = f->size - 1u;
    if (n > most)
        n = most;
    get_text(r, n, base + f->at, f->size);
    sccp_store(base + f->other, 4, (uint32_t)n);
}

static void get_addr(struct wire_reader *r, uint32_t version, char *to)
{
    struct sccp_addr a = {0};

    if (version >= 17) {
        a.type = wire_u32le(r);
        wire_bytes(r, a.ip, 16);
    } else {
        wire_bytes(r, a.ip, 4);
    }
    memcpy(to, &a, sizeof a);
}

static void get_params(struct wire_reader *r, const struct sccp_field *f, uint32_t version,
                       char *base)
{
    struct sccp_codec_params p = {0};

    if (params_are_rate(f, version, base)) {
        p.g723_rate = wire_u32le(r);
    } else {
        p.mode = wire_u8(r);
        p.dynamic_payload = wire_u8(r);
        p.param1 = wire_u8(r);
        p.param2 = wire_u8(r);
    }
    memcpy(base + f->at, &p, sizeof p);
}

struct walk {
    uint32_t version;
    bool ended;                      /* the body stopped where it may */
    const struct sccp_field *failed; /* or where it may not */
};

static void get_rows(struct wire_reader *r, struct walk *w, const struct sccp_field *rows,
                     size_t count, char *base);

/* As many whole elements as there are; a count that promises more is cut down. */
static void get_array(struct wire_reader *r, struct walk *w, const struct sccp_field *f, char *base)
{
    struct walk inner = {.version = w->version};
    size_t i = 0;

    for (; i < f->times; i++) {
        get_rows(r, &inner, f->of, f->of_count, base + f->at + i * f->stride);
        if (inner.ended || inner.failed)
            break;
    }
    w->ended = i < f->times;
    if (f->other && sccp_load(base + f->other, 4) > i)
        sccp_store(base + f->other, 4, (uint32_t)i);
}

static void get_field(struct wire_reader *r, struct walk *w, const struct sccp_field *f, char *base)
{
    char *to = base + f->at;

    switch (f->kind) {
    case SCCP_UINT:
    case SCCP_DIGIT:
    case SCCP_TONED:
        sccp_store(to, f->size, get_uint(r, f->wire));
        break;
    case SCCP_BYTES:
    case SCCP_IP:
    case SCCP_SECRET:
        wire_bytes(r, to, f->wire);
        break;
    case SCCP_ADDRESS:
        get_addr(r, w->version, to);
        break;
    case SCCP_TEXT:
    case SCCP_NUMBER:
        get_text(r, sccp_field_wire(f, w->version), to, f->size);
        break;
    case SCCP_STRING:
        get_string(r, to, f->size);
        break;
    case SCCP_COUNTED:
        get_counted(r, f, base);
        break;
    case SCCP_PARAMS:
    case SCCP_PARAMS_SINCE_11:
        get_params(r, f, w->version, base);
        break;
    case SCCP_PAD:
        wire_skip(r, f->wire);
        break;
    case SCCP_ARRAY:
        get_array(r, w, f, base);
        break;
    }
}

/* The body ends before this field, or inside it. */
static void end_at(struct wire_reader *r, struct walk *w, const struct sccp_field *f, char *base)
{
    bool in_use = f->needed_by && sccp_load(base + f->needed_by, 4) != 0;

    if (!f->may_end || in_use) {
        w->failed = f;
        return;
    }
    if (f->kind == SCCP_TEXT || f->kind == SCCP_NUMBER)
        get_text(r, wire_left(r), base + f->at, f->size);
    wire_skip(r, wire_left(r));
    w->ended = true;
}

/* Past the end, counts must not promise what never came. */
static void skip_field(const struct sccp_field *f, char *base)
{
    if (f->other && (f->kind == SCCP_ARRAY || f->kind == SCCP_COUNTED))
        sccp_store(base + f->other, 4, 0);
}

static void get_rows(struct wire_reader *r, struct walk *w, const struct sccp_field *rows,
                     size_t count, char *base)
{
    for (size_t i = 0; i < count && !w->failed; i++) {
        const struct sccp_field *f = &rows[i];
        if (!f->late && !sccp_field_in(f, w->version))
            continue;
        if (w->ended)
            skip_field(f, base);
        else if (wire_left(r) < sccp_field_wire(f, w->version))
            end_at(r, w, f, base);
        else
            get_field(r, w, f, base);
    }
}

bool sccp_decode_as(struct sccp_message *out, uint32_t id, uint32_t version,
                    const struct sccp_habits *habits, const uint8_t *body, size_t len,
                    struct err *e)
{
    const struct sccp_shape *shape = sccp_shape_of(id);
    struct wire_reader r = wire_read_from(body, len);
    struct walk w = {0};

    memset(out, 0, sizeof *out);
    out->id = id;
    out->version = version;
    if (!shape)
        return true;
    struct sccp_reading reading = {id, shape->fields, shape->count, version};
    if (shape->peculiar)
        shape->peculiar(&reading, habits, body, len);
    w.version = reading.version;
    get_rows(&r, &w, reading.fields, reading.count, (char *)out);
    if (w.failed)
        return err_set(e, ERR_SHORT, "%s: the body ends before or inside %s, after %zu bytes",
                       sccp_name(id), sccp_field_name(w.failed), len);
    if (shape->complete)
        shape->complete(out, len);
    return true;
}

bool sccp_decode(struct sccp_message *out, uint32_t id, uint32_t version, const uint8_t *body,
                 size_t len, struct err *e)
{
    return sccp_decode_as(out, id, version, &(struct sccp_habits){0}, body, len, e);
}

/* ---- writing ---- */

static void put_uint(struct wire_writer *w, size_t wire, uint32_t v)
{
    if (wire == 1)
        wire_put_u8(w, (uint8_t)v);
    else if (wire == 2)
        wire_put_u16le(w, (uint16_t)v);
    else
        wire_put_u32le(w, v);
}

static bool put_text(struct wire_writer *w, const struct sccp_field *f, size_t wire,
                     const char *text, struct err *e)
{
    size_t len = strnlen(text, f->size);

    if (len > wire)
        return err_set(e, ERR_LIMIT, "%s has %zu characters, %zu fit", sccp_field_name(f), len,
                       wire);
    wire_put_bytes(w, text, len);
    wire_put_zeros(w, wire - len);
    return true;
}

static bool put_string(struct wire_writer *w, const struct sccp_field *f, const char *text,
                       struct err *e)
{
    size_t len = strnlen(text, f->size);

    if (len == f->size)
        return err_set(e, ERR_LIMIT, "%s does not end", sccp_field_name(f));
    wire_put_bytes(w, text, len + 1);
    return true;
}

static bool put_counted(struct wire_writer *w, const struct sccp_field *f, const char *base,
                        struct err *e)
{
    size_t n = sccp_load(base + f->other, 4);

    if (n > f->size - 1u)
        return err_set(e, ERR_LIMIT, "%s has %zu bytes, %u fit", sccp_field_name(f), n,
                       f->size - 1u);
    wire_put_bytes(w, base + f->at, n);
    return true;
}

static void put_addr(struct wire_writer *w, uint32_t version, const char *from)
{
    struct sccp_addr a;

    memcpy(&a, from, sizeof a);
    if (version >= 17) {
        wire_put_u32le(w, a.type);
        wire_put_bytes(w, a.ip, 16);
    } else {
        wire_put_bytes(w, a.ip, 4);
    }
}

static void put_params(struct wire_writer *w, const struct sccp_field *f, uint32_t version,
                       const char *base)
{
    struct sccp_codec_params p;

    memcpy(&p, base + f->at, sizeof p);
    if (params_are_rate(f, version, base)) {
        wire_put_u32le(w, p.g723_rate);
        return;
    }
    wire_put_u8(w, p.mode);
    wire_put_u8(w, p.dynamic_payload);
    wire_put_u8(w, p.param1);
    wire_put_u8(w, p.param2);
}

static bool put_rows(struct wire_writer *w, uint32_t version, const struct sccp_field *rows,
                     size_t count, const char *base, struct err *e);

/* Always all elements: CallManager sends them so, and so do phones. */
static bool put_array(struct wire_writer *w, uint32_t version, const struct sccp_field *f,
                      const char *base, struct err *e)
{
    if (f->other && sccp_load(base + f->other, 4) > f->times)
        return err_set(e, ERR_LIMIT, "%s: %u said, %u fit", sccp_field_name(f),
                       sccp_load(base + f->other, 4), f->times);
    for (size_t i = 0; i < f->times; i++)
        if (!put_rows(w, version, f->of, f->of_count, base + f->at + i * f->stride, e))
            return false;
    return true;
}

static bool put_field(struct wire_writer *w, uint32_t version, const struct sccp_field *f,
                      const char *base, struct err *e)
{
    const char *from = base + f->at;

    switch (f->kind) {
    case SCCP_UINT:
    case SCCP_DIGIT:
    case SCCP_TONED:
        put_uint(w, f->wire, sccp_load(from, f->size));
        return true;
    case SCCP_BYTES:
    case SCCP_IP:
    case SCCP_SECRET:
        wire_put_bytes(w, from, f->wire);
        return true;
    case SCCP_ADDRESS:
        put_addr(w, version, from);
        return true;
    case SCCP_TEXT:
    case SCCP_NUMBER:
        return put_text(w, f, sccp_field_wire(f, version), from, e);
    case SCCP_STRING:
        return put_string(w, f, from, e);
    case SCCP_COUNTED:
        return put_counted(w, f, base, e);
    case SCCP_PARAMS:
    case SCCP_PARAMS_SINCE_11:
        put_params(w, f, version, base);
        return true;
    case SCCP_PAD:
        wire_put_zeros(w, f->wire);
        return true;
    case SCCP_ARRAY:
        return put_array(w, version, f, base, e);
    }
    return true;
}

static bool put_rows(struct wire_writer *w, uint32_t version, const struct sccp_field *rows,
                     size_t count, const char *base, struct err *e)
{
    for (size_t i = 0; i < count; i++)
        if (sccp_field_in(&rows[i], version) && !put_field(w, version, &rows[i], base, e))
            return false;
    return true;
}

/* How many rows are written: what is optional at the end goes only if it says something. */
static size_t rows_to_write(const struct sccp_shape *shape, const struct sccp_message *m)
{
    size_t count = shape->count;

    while (count > 0) {
        const struct sccp_field *f = &shape->fields[count - 1];
        bool silent = f->optional && is_zero((const char *)m + f->at, f->size);
        if (sccp_field_in(f, m->version) && !silent)
            break;
        count--;
    }
    return count;
}

bool sccp_encode(const struct sccp_message *m, uint8_t *body, size_t cap, size_t *len,
                 struct err *e)
{
    const struct sccp_shape *shape = sccp_shape_of(m->id);
    struct wire_writer w = wire_write_to(body, cap);

    if (!shape)
        return err_set(e, ERR_FORMAT, "message 0x%04x has no known layout", m->id);
    if (!put_rows(&w, m->version, shape->fields, rows_to_write(shape, m), (const char *)m, e))
        return err_in(e, "%s", sccp_name(m->id));
    wire_put_zeros(&w, (4 - wire_written(&w) % 4) % 4);
    if (w.bad)
        return err_set(e, ERR_LIMIT, "%s does not fit in %zu bytes", sccp_name(m->id), cap);
    *len = wire_written(&w);
    return true;
}

bool sccp_encode_pdu(const struct sccp_message *m, uint8_t *pdu, size_t cap, size_t *len,
                     struct err *e)
{
    size_t body;

    if (cap < SCCP_HEADER)
        return err_set(e, ERR_LIMIT, "%zu bytes do not hold a header", cap);
    if (!sccp_encode(m, pdu + SCCP_HEADER, cap - SCCP_HEADER, &body, e))
        return false;
    struct wire_writer w = wire_write_to(pdu, SCCP_HEADER);
    wire_put_u32le(&w, (uint32_t)body + 4);
    wire_put_u32le(&w, sccp_header_version(m->id, m->version));
    wire_put_u32le(&w, m->id);
    *len = SCCP_HEADER + body;
    return true;
}
