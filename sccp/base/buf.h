/* A buffer of bytes that grows up to a named limit. Owner: whoever holds the struct; zero is empty.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/err.h"

#include <stdint.h>

struct buf {
    uint8_t *at;
    size_t len, cap, most; /* most 0: no limit */
    bool secret;           /* wiped where it was when it grows, and when it is freed */
};

bool buf_add(struct buf *b, const void *bytes, size_t n, struct err *e) MUST_USE;
void buf_drop(struct buf *b, size_t n); /* takes n bytes off the front */
void buf_free(struct buf *b);           /* leaves it empty and usable */
/* Whole file into b; refused above `most`. */
bool buf_read_file(struct buf *b, const char *path, size_t most, struct err *e) MUST_USE;

#endif
