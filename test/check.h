/* The little that cmocka lacks: a message in a failed check, and a hex dump of both sides. */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CHECK(cond, ...)                                                                           \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: not so: %s: ", __FILE__, __LINE__, #cond);                     \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fputc('\n', stderr);                                                                   \
            fail();                                                                                \
        }                                                                                          \
    } while (0)

static inline void check_dump(const char *name, const uint8_t *bytes, size_t len)
{
    fprintf(stderr, "%s, %zu bytes:\n", name, len);
    for (size_t i = 0; i < len; i++)
        fprintf(stderr, "%s%02x", i == 0 ? "" : i % 16 == 0 ? "\n" : " ", bytes[i]);
    fputc('\n', stderr);
}

static inline void check_bytes(const char *file, int line, const void *got, size_t got_len,
                               const void *want, size_t want_len)
{
    if (got_len == want_len && (want_len == 0 || memcmp(got, want, want_len) == 0))
        return;
    fprintf(stderr, "%s:%d: bytes differ\n", file, line);
    check_dump("got", got, got_len);
    check_dump("want", want, want_len);
    fail();
}
#define CHECK_BYTES(got, got_len, want, want_len)                                                  \
    check_bytes(__FILE__, __LINE__, (got), (got_len), (want), (want_len))

/* test/data/NAME.hex: hex digits with blanks and #-comments. Returns bytes written. */
static inline size_t check_read_hex(const char *name, uint8_t *out, size_t cap)
{
    char path[512];
    size_t n = 0;
    int half = -1;

    snprintf(path, sizeof path, "%s/%s", TEST_DATA, name);
    FILE *f = fopen(path, "r");
    if (!f) {
        fprintf(stderr, "cannot open %s\n", path);
        fail();
        return 0;
    }
    for (int c; (c = fgetc(f)) != EOF;) {
        if (c == '#') {
            while ((c = fgetc(f)) != EOF && c != '\n')
                ;
            continue;
        }
        int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (v < 0)
            continue;
        if (half < 0) {
            half = v;
        } else if (n < cap) {
            out[n++] = (uint8_t)(half << 4 | v);
            half = -1;
        }
    }
    fclose(f);
    return n;
}

#endif
