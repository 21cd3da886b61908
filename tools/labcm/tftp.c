#include "tools/labcm/tftp.h"

#include "base/wire.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { OP_RRQ = 1, OP_WRQ, OP_DATA, OP_ACK, OP_ERROR, OP_OACK };

/* ---- the request ---------------------------------------------------------------------------- */

static bool refuse(enum tftp_error *code, enum tftp_error why, struct err *e, const char *text)
{
    *code = why;
    return err_set(e, ERR_FORMAT, "%s", text);
}

/* The next NUL-terminated text in place, or NULL when the NUL is missing. */
static const char *take_text(struct wire_reader *r)
{
    const void *nul = memchr(r->at, 0, wire_left(r));
    return nul ? (const char *)wire_take(r, (size_t)((const uint8_t *)nul - r->at) + 1) : NULL;
}

/* Decimal digits only; UINT32_MAX for anything else. */
static uint32_t option_value(const char *text)
{
    uint32_t v = 0;

    if (!*text || strlen(text) > 9)
        return UINT32_MAX;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return UINT32_MAX;
        v = v * 10 + (uint32_t)(*text - '0');
    }
    return v;
}

/* Options that we do not know, or whose value is out of range, are left out of the OACK: the client
 * then knows that they do not hold (RFC 2347). */
static void take_option(struct tftp_request *r, const char *name, const char *text)
{
    uint32_t v = option_value(text);

    if (strcasecmp(name, "blksize") == 0 && v >= 8 && v <= 65464 && r->block_size == 0)
        r->block_size = v;
    else if (strcasecmp(name, "timeout") == 0 && v >= 1 && v <= 255 && r->timeout_s == 0)
        r->timeout_s = v;
    else if (strcasecmp(name, "tsize") == 0 && v != UINT32_MAX)
        r->tsize = true;
}

/* Nothing outside the served folder: no way up, no absolute path, nothing unprintable. */
static bool name_is_inside(const char *name)
{
    const char *part = name;

    if (*name == '\0' || *name == '/')
        return false;
    for (const char *c = name;; c++) {
        if (*c == '\\' || (*c > 0 && *c < ' ') || *c == 0x7f)
            return false;
        if (*c != '/' && *c != '\0')
            continue;
        size_t len = (size_t)(c - part);
        if (len == 0 || (len == 1 && part[0] == '.') || (len == 2 && memcmp(part, "..", 2) == 0))
            return false;
        if (*c == '\0')
            return true;
        part = c + 1;
    }
}

static bool take_name(struct tftp_request *out, const char *name, enum tftp_error *code,
                      struct err *e)
{
    if (strlen(name) > TFTP_NAME_MAX)
        return refuse(code, TFTP_ERROR_ACCESS, e, "the file name is longer than 255 characters");
    if (!name_is_inside(name))
        return refuse(code, TFTP_ERROR_ACCESS, e, "the file name leads outside");
    strcpy(out->name, name);
    return true;
}

bool tftp_read_request(struct tftp_request *out, const uint8_t *packet, size_t len,
                       enum tftp_error *code, struct err *e)
{
    struct wire_reader r = wire_read_from(packet, len);
    uint16_t op = wire_u16be(&r);
    const char *name, *mode;

    *out = (struct tftp_request){0};
    if (r.bad || (op != OP_RRQ && op != OP_WRQ))
        return refuse(code, TFTP_ERROR_ILLEGAL, e, "not a request");
    name = take_text(&r);
    mode = name ? take_text(&r) : NULL;
    if (!mode)
        return refuse(code, TFTP_ERROR_ILLEGAL, e, "the request ends early");
    if (op == OP_WRQ)
        return refuse(code, TFTP_ERROR_ACCESS, e, "writing is not allowed");
    out->netascii = strcasecmp(mode, "netascii") == 0;
    if (!out->netascii && strcasecmp(mode, "octet") != 0)
        return refuse(code, TFTP_ERROR_ILLEGAL, e, "the mode is neither octet nor netascii");
    for (const char *option; (option = take_text(&r)) != NULL;) {
        const char *value = take_text(&r);
        if (!value)
            return refuse(code, TFTP_ERROR_OPTIONS, e, "an option has no value");
        take_option(out, option, value);
    }
    if (wire_left(&r) > 0)
        return refuse(code, TFTP_ERROR_ILLEGAL, e, "the request ends inside a word");
    return take_name(out, name, code, e);
}

size_t tftp_write_error(uint8_t *out, size_t cap, enum tftp_error code, const char *text)
{
    struct wire_writer w = wire_write_to(out, cap);
    size_t len = strlen(text);

    if (cap < 5)
        return 0;
    wire_put_u16be(&w, OP_ERROR);
    wire_put_u16be(&w, (uint16_t)code);
    wire_put_bytes(&w, text, len < cap - 5 ? len : cap - 5);
    wire_put_u8(&w, 0);
    return wire_written(&w);
}

/* ---- the transfer --------------------------------------------------------------------------- */

/* The size is not told of a text (its length on the wire is another), nor of an empty file: curl
 * takes "tsize 0" for a fault of the server and gives up. */
static bool tells_size(const struct tftp_request *r, size_t size)
{
    return r->tsize && !r->netascii && size > 0;
}

static bool has_options(const struct tftp_request *r, size_t size)
{
    return r->block_size || r->timeout_s || tells_size(r, size);
}

void tftp_start(struct tftp_transfer *t, const struct tftp_request *r, const uint8_t *bytes,
                size_t size)
{
    *t = (struct tftp_transfer){
        .bytes = bytes,
        .size = size,
        .asked = *r,
        .block_size = r->block_size ? r->block_size : TFTP_BLOCK_PLAIN,
        .block = has_options(r, size) ? 0 : 1,
    };
}

/* The first byte of the block being sent. */
static size_t block_at(const struct tftp_transfer *t)
{
    return (size_t)(t->block - 1) * t->block_size;
}

/* A file whose size is a multiple of the block size ends with an empty block. */
static bool is_last(const struct tftp_transfer *t)
{
    return t->block > 0 && t->size - block_at(t) < t->block_size;
}

static enum tftp_turn take_ack(struct tftp_transfer *t, uint16_t block)
{
    if (block != (uint16_t)t->block)
        return TFTP_WAIT;
    if (is_last(t))
        return TFTP_DONE;
    t->block++;
    t->tries = 0;
    return TFTP_SEND;
}

static enum tftp_turn take_error(struct wire_reader *r, struct err *e)
{
    uint16_t code = wire_u16be(r);
    char text[129] = "";
    size_t n = wire_left(r) < 128 ? wire_left(r) : 128;

    if (n > 0)
        wire_bytes(r, text, n);
    for (char *c = text; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    err_set(e, ERR_REFUSED, "the client ended it with error %u: %s", code, text);
    return TFTP_FAILED;
}

enum tftp_turn tftp_take(struct tftp_transfer *t, const uint8_t *packet, size_t len, struct err *e)
{
    struct wire_reader r = wire_read_from(packet, len);
    uint16_t op = wire_u16be(&r);

    if (op == OP_ERROR)
        return take_error(&r, e);
    if (op == OP_ACK) {
        uint16_t block = wire_u16be(&r);
        if (!r.bad)
            return take_ack(t, block);
    }
    err_set(e, ERR_FORMAT, "not an acknowledgement: %zu bytes, opcode %u", len, op);
    return TFTP_FAILED;
}

enum tftp_turn tftp_late(struct tftp_transfer *t, struct err *e)
{
    if (t->tries < TFTP_TRIES)
        return TFTP_SEND;
    err_set(e, ERR_TIMEOUT, "no acknowledgement of block %llu after %u tries",
            (unsigned long long)t->block, t->tries);
    return TFTP_FAILED;
}

static void put_option(struct wire_writer *w, const char *name, unsigned long value)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%lu", value);
    wire_put_bytes(w, name, strlen(name) + 1);
    wire_put_bytes(w, digits, strlen(digits) + 1);
}

static void put_options(struct wire_writer *w, const struct tftp_transfer *t)
{
    wire_put_u16be(w, OP_OACK);
    if (tells_size(&t->asked, t->size))
        put_option(w, "tsize", t->size);
    if (t->asked.block_size)
        put_option(w, "blksize", t->block_size);
    if (t->asked.timeout_s)
        put_option(w, "timeout", t->asked.timeout_s);
}

size_t tftp_packet(struct tftp_transfer *t, uint8_t *out)
{
    struct wire_writer w = wire_write_to(out, TFTP_PACKET_MAX);

    t->tries++;
    if (t->block == 0) {
        put_options(&w, t);
        return wire_written(&w);
    }
    wire_put_u16be(&w, OP_DATA);
    wire_put_u16be(&w, (uint16_t)t->block);
    wire_put_bytes(&w, t->bytes + block_at(t), is_last(t) ? t->size - block_at(t) : t->block_size);
    return wire_written(&w);
}

size_t tftp_netascii(const uint8_t *bytes, size_t size, uint8_t *out)
{
    size_t n = 0;

    for (size_t i = 0; i < size; i++) {
        bool lf = bytes[i] == '\n', cr = bytes[i] == '\r';
        if (out && lf)
            out[n] = '\r';
        n += lf;
        if (out)
            out[n] = bytes[i];
        n++;
        if (out && cr)
            out[n] = '\0';
        n += cr;
    }
    return n;
}
