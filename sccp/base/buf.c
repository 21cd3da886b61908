#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void give_back(const struct buf *b)
{
    if (b->secret && b->cap)
        explicit_bzero(b->at, b->cap);
    free(b->at);
}

/* realloc may move the bytes, and leaves them where they were. */
static bool grow(struct buf *b, size_t cap)
{
    uint8_t *at = b->secret ? malloc(cap) : realloc(b->at, cap);

    if (!at)
        return false;
    if (b->secret) {
        if (b->len)
            memcpy(at, b->at, b->len);
        give_back(b);
    }
    b->at = at;
    b->cap = cap;
    return true;
}

bool buf_add(struct buf *b, const void *bytes, size_t n, struct err *e)
{
    if (b->most && (n > b->most || b->len > b->most - n))
        return err_set(e, ERR_LIMIT, "more than %zu bytes", b->most);
    if (b->len + n > b->cap) {
        size_t cap = b->cap ? b->cap : 256;
        while (cap < b->len + n)
            cap *= 2;
        if (!grow(b, cap))
            return err_set(e, ERR_MEMORY, "no memory for %zu bytes", cap);
    }
    if (n)
        memcpy(b->at + b->len, bytes, n);
    b->len += n;
    return true;
}

void buf_drop(struct buf *b, size_t n)
{
    if (n > b->len)
        n = b->len;
    b->len -= n;
    if (b->len)
        memmove(b->at, b->at + n, b->len);
}

void buf_free(struct buf *b)
{
    const struct buf empty = {.most = b->most, .secret = b->secret};

    give_back(b);
    *b = empty;
}

bool buf_read_file(struct buf *b, const char *path, size_t most, struct err *e)
{
    uint8_t chunk[16384];
    bool ok = true;
    FILE *f = fopen(path, "rbe");

    if (!f)
        return err_errno(e, ERR_FILE, "%s", path);
    size_t limit = b->most;
    b->most = most;
    for (size_t n; ok && (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
        ok = buf_add(b, chunk, n, e) || err_in(e, "%s", path);
    if (b->secret)
        explicit_bzero(chunk, sizeof chunk);
    if (ok && ferror(f))
        ok = err_errno(e, ERR_FILE, "%s", path);
    b->most = limit;
    fclose(f);
    return ok;
}
