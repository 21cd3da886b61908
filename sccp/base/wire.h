/* A cursor over bytes that remembers a short read, and its twin for writing.
 *
 * Reading past the end yields zeros and sets `bad`; from then on nothing is read, so that zeros
 * past the end never pass for data: look at `bad` once, at the end. Values, copied by `=`; the
 * bytes are borrowed. */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_reader {
    const uint8_t *start, *at, *end;
    bool bad;
};

struct wire_reader wire_read_from(const uint8_t *bytes, size_t len);
size_t wire_left(const struct wire_reader *r); /* bytes not yet read; 0 once bad */
size_t wire_at(const struct wire_reader *r);   /* offset from the start */
uint8_t wire_u8(struct wire_reader *r);
uint16_t wire_u16le(struct wire_reader *r);
uint32_t wire_u32le(struct wire_reader *r);
uint16_t wire_u16be(struct wire_reader *r);
uint32_t wire_u32be(struct wire_reader *r);
/* Copies n bytes, or zeroes `out` and turns bad. */
bool wire_bytes(struct wire_reader *r, void *out, size_t n);
/* The next n bytes in place (borrowed), or NULL. */
const uint8_t *wire_take(struct wire_reader *r, size_t n);
bool wire_skip(struct wire_reader *r, size_t n);

struct wire_writer {
    uint8_t *start, *at, *end;
    bool bad; /* the buffer was too small; nothing past it was written */
};

struct wire_writer wire_write_to(uint8_t *buf, size_t cap);
size_t wire_written(const struct wire_writer *w);
void wire_put_u8(struct wire_writer *w, uint8_t v);
void wire_put_u16le(struct wire_writer *w, uint16_t v);
void wire_put_u32le(struct wire_writer *w, uint32_t v);
void wire_put_u16be(struct wire_writer *w, uint16_t v);
void wire_put_u32be(struct wire_writer *w, uint32_t v);
void wire_put_bytes(struct wire_writer *w, const void *bytes, size_t n);
void wire_put_zeros(struct wire_writer *w, size_t n);

#endif
