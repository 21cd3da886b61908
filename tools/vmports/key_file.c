#include "tools/vmports/key_file.h"

#include "base/buf.h"
#include "base/text.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define LINE_WORD "SRTP_KEY "
#define WORDS     6
#define WORD_MAX  96

struct key_file {
    struct stream_key *keys; /* by ssrc, then as in the file */
    size_t count, room;
    struct tls_secrets *tls;
};

void key_file_free(struct key_file *k)
{
    if (!k)
        return;
    if (k->keys)
        OPENSSL_cleanse(k->keys, k->room * sizeof *k->keys);
    free(k->keys);
    tls_secrets_free(k->tls);
    free(k);
}

/* ---- one line -------------------------------------------------------------------------------- */

/* Splits at single blanks. False when there are not exactly WORDS words of fitting length. */
static bool split(const char *line, size_t len, char words[WORDS][WORD_MAX])
{
    const char *end = line + len;

    for (size_t i = 0; i < WORDS; i++) {
        const char *blank = memchr(line, ' ', (size_t)(end - line));
        const char *stop = blank ? blank : end;
        size_t n = (size_t)(stop - line);
        if (n == 0 || n >= WORD_MAX || (i == WORDS - 1) != (blank == NULL))
            return false;
        memcpy(words[i], line, n);
        words[i][n] = 0;
        line = blank ? blank + 1 : end;
    }
    return true;
}

static uint32_t algorithm_named(const char *name)
{
    static const uint32_t known[] = {1, 2, 5};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(name, media_suite_name(known[i])) == 0)
            return known[i];
    return 0;
}

static bool read_key(struct media_key *out, const char *suite, const char *hex)
{
    uint8_t bytes[sizeof out->key + sizeof out->salt];

    *out = (struct media_key){.algorithm = algorithm_named(suite), .key_len = sizeof out->key};
    if (!out->algorithm)
        return false;
    out->salt_len = (uint16_t)media_salt_len(out->algorithm);
    const size_t want = sizeof out->key + out->salt_len;
    bool ok = text_from_hex(hex, strlen(hex), bytes, sizeof bytes) == want;
    if (ok) {
        memcpy(out->key, bytes, sizeof out->key);
        memcpy(out->salt, bytes + sizeof out->key, out->salt_len);
    }
    OPENSSL_cleanse(bytes, sizeof bytes);
    return ok;
}

/* Says which word is wrong, never the key. */
static bool read_words(struct stream_key *out, char words[WORDS][WORD_MAX], struct err *e)
{
    struct net_addr local, remote;
    uint8_t ssrc[4];
    bool sent = strcmp(words[5], "sent") == 0;

    if (text_from_hex(words[0], strlen(words[0]), ssrc, sizeof ssrc) != sizeof ssrc)
        return err_set(e, ERR_FORMAT, "the SSRC is not 8 hex digits");
    if (!read_key(&out->key, words[1], words[2]))
        return err_set(e, ERR_FORMAT, "unknown suite, or a key of another length than it wants");
    if (!net_addr_parse(&local, words[3], 0) || !net_addr_parse(&remote, words[4], 0))
        return err_set(e, ERR_FORMAT, "an address is not ip:port");
    if (!sent && strcmp(words[5], "received") != 0)
        return err_set(e, ERR_FORMAT, "the direction is neither sent nor received");
    out->ssrc =
        (uint32_t)ssrc[0] << 24 | (uint32_t)ssrc[1] << 16 | (uint32_t)ssrc[2] << 8 | ssrc[3];
    out->sent = sent;
    out->src = sent ? local : remote;
    out->dst = sent ? remote : local;
    return true;
}

static bool read_line(struct stream_key *out, const char *line, size_t len, struct err *e)
{
    char words[WORDS][WORD_MAX];
    bool ok = split(line, len, words) ? read_words(out, words, e)
                                      : err_set(e, ERR_FORMAT, "SRTP_KEY wants %d words", WORDS);

    OPENSSL_cleanse(words, sizeof words);
    return ok;
}

/* ---- the file -------------------------------------------------------------------------------- */

/* Grows by hand: realloc would leave keys behind in freed memory. */
static bool make_room(struct key_file *k)
{
    if (k->count < k->room)
        return true;
    size_t room = k->room ? k->room * 2 : 64;
    struct stream_key *keys = calloc(room, sizeof *keys);
    if (!keys)
        return false;
    if (k->keys) {
        memcpy(keys, k->keys, k->count * sizeof *keys);
        OPENSSL_cleanse(k->keys, k->room * sizeof *keys);
        free(k->keys);
    }
    k->keys = keys;
    k->room = room;
    return true;
}

static bool add_line(struct key_file *k, const char *line, size_t len, size_t number, struct err *e)
{
    const size_t word = sizeof LINE_WORD - 1;

    if (len && line[len - 1] == '\r')
        len--;
    if (len < word || memcmp(line, LINE_WORD, word) != 0)
        return true;
    if (!make_room(k))
        return err_set(e, ERR_MEMORY, "no memory for %zu keys", k->count);
    if (!read_line(&k->keys[k->count], line + word, len - word, e))
        return err_in(e, "line %zu", number);
    k->count++;
    return true;
}

/* Merge sort: keys of one source keep the order of the file, which qsort does not promise. */
static void sort_keys(struct stream_key *keys, struct stream_key *spare, size_t n)
{
    size_t half = n / 2, a = 0, b = half, at = 0;

    if (n < 2)
        return;
    sort_keys(keys, spare, half);
    sort_keys(keys + half, spare, n - half);
    while (a < half || b < n)
        spare[at++] = b == n || (a < half && keys[a].ssrc <= keys[b].ssrc) ? keys[a++] : keys[b++];
    memcpy(keys, spare, n * sizeof *keys);
}

static bool sort_file(struct key_file *k, struct err *e)
{
    struct stream_key *spare = calloc(k->count + 1, sizeof *spare);

    if (!spare)
        return err_set(e, ERR_MEMORY, "no memory for %zu keys", k->count);
    sort_keys(k->keys, spare, k->count);
    OPENSSL_cleanse(spare, (k->count + 1) * sizeof *spare);
    free(spare);
    return true;
}

static bool add_lines(struct key_file *k, const char *text, size_t len, struct err *e)
{
    const char *end = text + len;

    for (size_t number = 1; text < end; number++) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t n = (size_t)((stop ? stop : end) - text);
        if (!add_line(k, text, n, number, e))
            return false;
        text += n + 1;
        if (!stop)
            break;
    }
    return sort_file(k, e);
}

struct key_file *key_file_parse(const char *text, size_t len, struct err *e)
{
    struct key_file *k = calloc(1, sizeof *k);

    if (!k) {
        err_set(e, ERR_MEMORY, "no memory for the key log");
        return NULL;
    }
    if (!add_lines(k, text, len, e) || !(k->tls = tls_secrets_parse(text, len, e))) {
        key_file_free(k);
        return NULL;
    }
    return k;
}

struct key_file *key_file_load(const char *path, struct err *e)
{
    struct buf text = {.secret = true};
    struct key_file *k = NULL;

    if (buf_read_file(&text, path, KEY_FILE_MAX, e)) {
        k = key_file_parse((const char *)text.at, text.len, e);
        if (!k)
            err_in(e, "%s", path);
    }
    buf_free(&text);
    return k;
}

const struct tls_secrets *key_file_tls(const struct key_file *k)
{
    return k ? k->tls : NULL;
}

size_t key_file_count(const struct key_file *k)
{
    return k ? k->count : 0;
}

const struct stream_key *key_file_find(const struct key_file *k, uint32_t ssrc, size_t *count)
{
    size_t lo = 0, hi = key_file_count(k);

    *count = 0;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (k->keys[mid].ssrc < ssrc)
            lo = mid + 1;
        else
            hi = mid;
    }
    while (k && lo + *count < k->count && k->keys[lo + *count].ssrc == ssrc)
        ++*count;
    return *count ? &k->keys[lo] : NULL;
}

static bool end_fits(const struct net_addr *want, const struct net_addr *is)
{
    return want->port == is->port && (net_ip_is_any(want) || net_ip_equal(want, is));
}

bool stream_key_fits(const struct stream_key *k, const struct net_addr *src,
                     const struct net_addr *dst)
{
    return end_fits(&k->src, src) && end_fits(&k->dst, dst);
}
