#include "tools/vmports/tls_secrets.h"

#include "base/text.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

struct tls_secrets {
    struct tls_secret *list; /* by random, then label */
    size_t count, room;
};

/* https://nss-crypto.org/reference/security/nss/legacy/key_log_format/ */
static const char *const words[TLS_LABELS] = {
    [TLS_MASTER] = "CLIENT_RANDOM",
    [TLS_CLIENT_HANDSHAKE] = "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    [TLS_SERVER_HANDSHAKE] = "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    [TLS_CLIENT_TRAFFIC] = "CLIENT_TRAFFIC_SECRET_0",
    [TLS_SERVER_TRAFFIC] = "SERVER_TRAFFIC_SECRET_0",
};

const char *tls_label_word(enum tls_label label)
{
    return words[label];
}

void tls_secrets_free(struct tls_secrets *s)
{
    if (!s)
        return;
    if (s->list)
        OPENSSL_cleanse(s->list, s->room * sizeof *s->list);
    free(s->list);
    free(s);
}

/* ---- one line -------------------------------------------------------------------------------- */

static bool read_label(const char *text, size_t len, enum tls_label *out)
{
    for (int i = 0; i < TLS_LABELS; i++) {
        if (strlen(words[i]) == len && memcmp(words[i], text, len) == 0) {
            *out = (enum tls_label)i;
            return true;
        }
    }
    return false;
}

static bool read_line(struct tls_secret *out, const char *line, size_t len)
{
    const char *end = line + len, *random, *secret;

    if (len && end[-1] == '\r')
        end--;
    random = memchr(line, ' ', (size_t)(end - line));
    if (!random || !read_label(line, (size_t)(random - line), &out->label))
        return false;
    random++;
    secret = memchr(random, ' ', (size_t)(end - random));
    if (!secret ||
        text_from_hex(random, (size_t)(secret - random), out->random, TLS_RANDOM) != TLS_RANDOM)
        return false;
    secret++;
    out->len = text_from_hex(secret, (size_t)(end - secret), out->bytes, TLS_SECRET_MAX);
    return out->len == 32 || out->len == 48;
}

/* ---- the file -------------------------------------------------------------------------------- */

/* Grows by hand: realloc would leave secrets behind in freed memory. */
static bool make_room(struct tls_secrets *s)
{
    if (s->count < s->room)
        return true;
    size_t room = s->room ? s->room * 2 : 64;
    struct tls_secret *list = calloc(room, sizeof *list);
    if (!list)
        return false;
    if (s->list) {
        memcpy(list, s->list, s->count * sizeof *list);
        OPENSSL_cleanse(s->list, s->room * sizeof *list);
        free(s->list);
    }
    s->list = list;
    s->room = room;
    return true;
}

static bool add_lines(struct tls_secrets *s, const char *text, size_t len)
{
    const char *end = text + len;

    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t n = (size_t)((stop ? stop : end) - text);
        if (!make_room(s))
            return false;
        s->count += read_line(&s->list[s->count], text, n);
        text += n + (stop != NULL);
    }
    return true;
}

static int compare(const void *left, const void *right)
{
    const struct tls_secret *a = left, *b = right;
    int d = memcmp(a->random, b->random, TLS_RANDOM);

    return d ? d : (int)a->label - (int)b->label;
}

struct tls_secrets *tls_secrets_parse(const char *text, size_t len, struct err *e)
{
    struct tls_secrets *s = calloc(1, sizeof *s);

    if (s && add_lines(s, text, len)) {
        if (s->count)
            qsort(s->list, s->count, sizeof *s->list, compare);
        return s;
    }
    tls_secrets_free(s);
    err_set(e, ERR_MEMORY, "no memory for the key log");
    return NULL;
}

const struct tls_secret *tls_secrets_find(const struct tls_secrets *s, enum tls_label label,
                                          const uint8_t random[TLS_RANDOM])
{
    struct tls_secret key = {.label = label};

    if (!s || s->count == 0)
        return NULL;
    memcpy(key.random, random, TLS_RANDOM);
    return bsearch(&key, s->list, s->count, sizeof *s->list, compare);
}
