#include "base/wire.h"

#include <string.h>

struct wire_reader wire_read_from(const uint8_t *bytes, size_t len)
{
    return (struct wire_reader){.start = bytes, .at = bytes, .end = len ? bytes + len : bytes};
}

size_t wire_left(const struct wire_reader *r)
{
    return r->bad ? 0 : (size_t)(r->end - r->at);
}

size_t wire_at(const struct wire_reader *r)
{
    return (size_t)(r->at - r->start);
}

const uint8_t *wire_take(struct wire_reader *r, size_t n)
{
    const uint8_t *here = r->at;

    if (r->bad || n > (size_t)(r->end - r->at)) {
        r->bad = true;
        return NULL;
    }
    if (n)
        r->at += n;
    return here;
}

bool wire_skip(struct wire_reader *r, size_t n)
{
    wire_take(r, n);
    return !r->bad;
}

bool wire_bytes(struct wire_reader *r, void *out, size_t n)
{
    const uint8_t *p = wire_take(r, n);

    if (n == 0)
        return !r->bad;
    if (p)
        memcpy(out, p, n);
    else
        memset(out, 0, n);
    return p != NULL;
}

uint8_t wire_u8(struct wire_reader *r)
{
    const uint8_t *p = wire_take(r, 1);
    return p ? p[0] : 0;
}

uint16_t wire_u16le(struct wire_reader *r)
{
    const uint8_t *p = wire_take(r, 2);
    return (uint16_t)(p ? p[0] | p[1] << 8 : 0);
}

uint32_t wire_u32le(struct wire_reader *r)
{
    const uint8_t *p = wire_take(r, 4);
    return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24
             : 0;
}

uint16_t wire_u16be(struct wire_reader *r)
{
    const uint8_t *p = wire_take(r, 2);
    return (uint16_t)(p ? p[0] << 8 | p[1] : 0);
}

uint32_t wire_u32be(struct wire_reader *r)
{
    const uint8_t *p = wire_take(r, 4);
    return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3]
             : 0;
}

struct wire_writer wire_write_to(uint8_t *buf, size_t cap)
{
    return (struct wire_writer){.start = buf, .at = buf, .end = cap ? buf + cap : buf};
}

size_t wire_written(const struct wire_writer *w)
{
    return (size_t)(w->at - w->start);
}

static uint8_t *room_for(struct wire_writer *w, size_t n)
{
    uint8_t *here = w->at;

    if (w->bad || n > (size_t)(w->end - w->at)) {
        w->bad = true;
        return NULL;
    }
    if (n)
        w->at += n;
    return here;
}

void wire_put_bytes(struct wire_writer *w, const void *bytes, size_t n)
{
    uint8_t *p = room_for(w, n);

    if (p && n)
        memcpy(p, bytes, n);
}

void wire_put_zeros(struct wire_writer *w, size_t n)
{
    uint8_t *p = room_for(w, n);

    if (p && n)
        memset(p, 0, n);
}

void wire_put_u8(struct wire_writer *w, uint8_t v)
{
    wire_put_bytes(w, &v, 1);
}

void wire_put_u16le(struct wire_writer *w, uint16_t v)
{
    wire_put_bytes(w, (uint8_t[]){(uint8_t)v, (uint8_t)(v >> 8)}, 2);
}

void wire_put_u32le(struct wire_writer *w, uint32_t v)
{
    wire_put_u16le(w, (uint16_t)v);
    wire_put_u16le(w, (uint16_t)(v >> 16));
}

void wire_put_u16be(struct wire_writer *w, uint16_t v)
{
    wire_put_bytes(w, (uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

void wire_put_u32be(struct wire_writer *w, uint32_t v)
{
    wire_put_u16be(w, (uint16_t)(v >> 16));
    wire_put_u16be(w, (uint16_t)v);
}
