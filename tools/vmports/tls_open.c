#include "tools/vmports/tls_open.h"

#include "base/wire.h"
#include "tools/vmports/line_suites.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#define TLS13 0x0304
#define TLS11 0x0302
#define TLS12 0x0303
/* RFC 5246 6.2.1, 7.4; RFC 8446 4.6.3 */
#define REC_CHANGE_CIPHER 20
#define REC_HANDSHAKE     22
#define HS_FINISHED       20
#define HS_KEY_UPDATE     24
#define MAC_HEAD          13 /* sequence number, type, version, length (RFC 5246 6.2.3.1) */
#define KEY_MAX           32
#define MAC_MAX           48
#define IV_MAX            16
#define TAG               16
#define BLOCK             16

enum cipher_kind { CIPHER_NULL, CIPHER_CBC, CIPHER_GCM, CIPHER_CHACHA };

struct suite {
    enum cipher_kind kind;
    size_t key_len, mac_len, iv_len;
    const char *mac, *prf; /* digests */
};

struct half {
    bool on;
    uint64_t seq;
    uint8_t mac_key[MAC_MAX], key[KEY_MAX], iv[IV_MAX];
    /* TLS 1.3 */
    uint8_t secret[TLS_SECRET_MAX], next[TLS_SECRET_MAX];
    bool traffic;    /* the handshake is behind us */
    uint8_t head[4]; /* of the handshake message that is going by */
    size_t head_len, left;
};

struct tls_open {
    struct tls_terms terms;
    struct suite suite;
    bool keyed; /* a NULL cipher without a secret is read unchecked */
    uint8_t master[TLS_SECRET_MAX];
    struct half half[2];
};

void tls_open_free(struct tls_open *o)
{
    if (o)
        OPENSSL_cleanse(o, sizeof *o);
    free(o);
}

/* ---- suites ---------------------------------------------------------------------------------- */

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text), k = strlen(end);

    return n >= k && strcmp(text + n - k, end) == 0;
}

static void read_digests(const char *name, uint16_t version, struct suite *s)
{
    const bool sha384 = ends_in(name, "SHA384"), sha256 = ends_in(name, "SHA256");

    s->mac = ends_in(name, "-MD5") ? "MD5" : sha384 ? "SHA384" : sha256 ? "SHA256" : "SHA1";
    s->mac_len = ends_in(name, "-MD5") ? 16 : sha384 ? 48 : sha256 ? 32 : 20;
    s->prf = version < TLS12 ? "MD5-SHA1" : sha384 ? "SHA384" : "SHA256";
}

/* By OpenSSL's name of it, which says everything. */
static bool read_suite(uint16_t suite, uint16_t version, struct suite *s)
{
    char name[64];

    line_suite_name(suite, name, sizeof name);
    if (name[0] == '0' || strstr(name, "CCM") || (version == TLS13 && line_suite_is_null(suite)))
        return false;
    read_digests(name, version, s);
    s->key_len = strstr(name, "AES256") || strstr(name, "AES_256") ? 32 : 16;
    if (line_suite_is_null(suite)) {
        s->kind = CIPHER_NULL;
        s->key_len = 0;
        return suite != 0; /* NULL-NULL is no suite */
    }
    if (strstr(name, "CHACHA20")) {
        s->kind = CIPHER_CHACHA;
        s->key_len = 32;
        s->iv_len = 12;
    } else if (strstr(name, "GCM")) {
        s->kind = CIPHER_GCM;
        s->iv_len = version == TLS13 ? 12 : 4; /* RFC 5288: a salt; the rest is in the record */
    } else if (strstr(name, "AES")) {
        s->kind = CIPHER_CBC;
        s->iv_len = version < TLS11 ? BLOCK : 0;
        return true;
    } else
        return false;
    s->mac_len = 0;
    return true;
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* P_hash of RFC 2246 or RFC 5246 over master, "key expansion" and both randoms. */
static bool expand(const struct tls_open *o, uint8_t *out, size_t len)
{
    uint8_t seed[13 + 2 * TLS_RANDOM] = "key expansion";
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
    EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;

    memcpy(seed + 13, o->terms.randoms[FLOW_SERVER], TLS_RANDOM);
    memcpy(seed + 13 + TLS_RANDOM, o->terms.randoms[FLOW_CLIENT], TLS_RANDOM);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)o->suite.prf, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, (void *)(uintptr_t)o->master,
                                          sizeof o->master),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof seed),
        OSSL_PARAM_construct_end()};
    bool ok = ctx && EVP_KDF_derive(ctx, out, len, params) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return ok;
}

static const uint8_t *deal(uint8_t *to, const uint8_t *from, size_t n)
{
    memcpy(to, from, n);
    return from + n;
}

/* RFC 5246 6.3: MAC keys, keys, IVs, of each the client's first. */
static bool derive_block(struct tls_open *o)
{
    const struct suite *s = &o->suite;
    uint8_t block[2 * (MAC_MAX + KEY_MAX + IV_MAX)];
    const uint8_t *at = block;

    if (!expand(o, block, 2 * (s->mac_len + s->key_len + s->iv_len)))
        return false;
    for (int i = 0; i < 2; i++)
        at = deal(o->half[i].mac_key, at, s->mac_len);
    for (int i = 0; i < 2; i++)
        at = deal(o->half[i].key, at, s->key_len);
    for (int i = 0; i < 2; i++)
        at = deal(o->half[i].iv, at, s->iv_len);
    OPENSSL_cleanse(block, sizeof block);
    return true;
}

/* HKDF-Expand-Label of RFC 8446 7.1 without a context; what is wanted is never longer than one
 * output of the hash: T(1) = HMAC(secret, info | 1). */
static bool expand_label(const struct suite *s, const uint8_t *secret, const char *label,
                         uint8_t *out, size_t len)
{
    uint8_t info[32], block[EVP_MAX_MD_SIZE];
    struct wire_writer w = wire_write_to(info, sizeof info);
    const EVP_MD *md = strcmp(s->prf, "SHA384") == 0 ? EVP_sha384() : EVP_sha256();
    const size_t hash = (size_t)EVP_MD_get_size(md);

    wire_put_u16be(&w, (uint16_t)len);
    wire_put_u8(&w, (uint8_t)(6 + strlen(label)));
    wire_put_bytes(&w, "tls13 ", 6);
    wire_put_bytes(&w, label, strlen(label));
    wire_put_u8(&w, 0);
    wire_put_u8(&w, 1);
    bool ok =
        len <= hash && HMAC(md, secret, (int)hash, info, wire_written(&w), block, NULL) != NULL;
    if (ok)
        memcpy(out, block, len);
    OPENSSL_cleanse(block, sizeof block);
    return ok;
}

static bool use_secret(const struct suite *s, struct half *h)
{
    h->seq = 0;
    return expand_label(s, h->secret, "key", h->key, s->key_len) &&
           expand_label(s, h->secret, "iv", h->iv, s->iv_len);
}

static bool take_13(struct tls_open *o, const struct tls_secrets *s, struct err *e)
{
    const uint8_t *random = o->terms.randoms[FLOW_CLIENT];
    const size_t hash = strcmp(o->suite.prf, "SHA384") == 0 ? 48 : 32;

    for (int i = 0; i < 2; i++) {
        const enum tls_label labels[2] = {(enum tls_label)(TLS_CLIENT_HANDSHAKE + i),
                                          (enum tls_label)(TLS_CLIENT_TRAFFIC + i)};
        uint8_t *const to[2] = {o->half[i].secret, o->half[i].next};
        for (int k = 0; k < 2; k++) {
            const struct tls_secret *found = tls_secrets_find(s, labels[k], random);
            if (!found || found->len != hash)
                return err_set(e, ERR_FORMAT, "the key log has no %s for it",
                               tls_label_word(labels[k]));
            memcpy(to[k], found->bytes, hash);
        }
        o->half[i].on = true;
        if (!use_secret(&o->suite, &o->half[i]))
            return err_set(e, ERR_MEMORY, "no memory for its keys");
    }
    return o->keyed = true;
}

static bool take_master(struct tls_open *o, const struct tls_secrets *s, struct err *e)
{
    const struct tls_secret *master =
        tls_secrets_find(s, TLS_MASTER, o->terms.randoms[FLOW_CLIENT]);

    if (!master && o->suite.kind == CIPHER_NULL)
        return true;
    if (!master || master->len != sizeof o->master)
        return err_set(e, ERR_FORMAT, "the key log has no CLIENT_RANDOM for it");
    memcpy(o->master, master->bytes, sizeof o->master);
    o->keyed = true;
    return derive_block(o) || err_set(e, ERR_MEMORY, "no memory for its keys");
}

struct tls_open *tls_open_new(const struct tls_terms *t, const struct tls_secrets *s, struct err *e)
{
    struct tls_open *o = calloc(1, sizeof *o);

    if (!o) {
        err_set(e, ERR_MEMORY, "no memory for its keys");
        return NULL;
    }
    o->terms = *t;
    if (t->version < 0x0301 || t->version > TLS13 || !read_suite(t->suite, t->version, &o->suite))
        err_set(e, ERR_FORMAT, "of version 0x%04x, suite 0x%04x nothing can be opened here",
                t->version, t->suite);
    else if (t->version == TLS13 ? take_13(o, s, e) : take_master(o, s, e))
        return o;
    tls_open_free(o);
    return NULL;
}

/* ---- TLS 1.0 to 1.2 -------------------------------------------------------------------------- */

static bool not_authentic(const struct half *h, struct err *e)
{
    return err_set(e, ERR_FORMAT, "record %llu does not authenticate with the key log's secret",
                   (unsigned long long)h->seq);
}

static void put_head(uint8_t *head, const struct tls_open *o, const struct half *h, uint8_t type,
                     size_t len)
{
    for (int i = 0; i < 8; i++)
        head[i] = (uint8_t)(h->seq >> (56 - 8 * i));
    head[8] = type;
    head[9] = (uint8_t)(o->terms.version >> 8);
    head[10] = (uint8_t)o->terms.version;
    head[11] = (uint8_t)(len >> 8);
    head[12] = (uint8_t)len;
}

/* `room` has the bytes behind MAC_HEAD; the MAC stands behind them or wherever `mac` is. */
static bool mac_fits(const struct tls_open *o, const struct half *h, uint8_t type, uint8_t *room,
                     size_t len, const uint8_t *mac)
{
    const struct suite *s = &o->suite;
    const EVP_MD *md = EVP_get_digestbyname(s->mac);
    uint8_t want[EVP_MAX_MD_SIZE];

    put_head(room, o, h, type, len);
    return md && HMAC(md, h->mac_key, (int)s->mac_len, room, len + MAC_HEAD, want, NULL) != NULL &&
           CRYPTO_memcmp(want, mac, s->mac_len) == 0;
}

static bool open_null(const struct tls_open *o, const struct half *h, uint8_t type,
                      const uint8_t *record, size_t len, uint8_t *room, struct tls_plain *out)
{
    if (len < o->suite.mac_len)
        return false;
    out->len = len - o->suite.mac_len;
    memcpy(room + MAC_HEAD, record, out->len);
    return !o->keyed || mac_fits(o, h, type, room, out->len, record + out->len);
}

static bool decrypt_cbc(const struct tls_open *o, const struct half *h, const uint8_t *iv,
                        const uint8_t *from, size_t len, uint8_t *to)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    bool ok =
        ctx &&
        EVP_DecryptInit_ex(ctx, o->suite.key_len == 32 ? EVP_aes_256_cbc() : EVP_aes_128_cbc(),
                           NULL, h->key, iv) == 1 &&
        EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
        EVP_DecryptUpdate(ctx, to, &n, from, (int)len) == 1 && (size_t)n == len;

    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

/* The padding's last byte says how many stand before it, each the same. */
static bool unpad(const uint8_t *at, size_t *len)
{
    const size_t pad = *len ? at[*len - 1] + 1u : 1;

    if (pad > *len)
        return false;
    for (size_t i = 2; i <= pad; i++)
        if (at[*len - i] != pad - 1)
            return false;
    *len -= pad;
    return true;
}

static bool open_cbc(struct tls_open *o, struct half *h, uint8_t type, const uint8_t *record,
                     size_t len, uint8_t *room, struct tls_plain *out)
{
    const size_t mac_len = o->suite.mac_len, explicit_iv = o->terms.version < TLS11 ? 0 : BLOCK;
    const bool etm = o->terms.encrypt_then_mac;
    uint8_t iv[BLOCK];

    if (etm) {
        if (len < mac_len)
            return false;
        len -= mac_len;
        memcpy(room + MAC_HEAD, record, len);
        if (!mac_fits(o, h, type, room, len, record + len))
            return false;
    }
    if (len < explicit_iv + BLOCK || len % BLOCK)
        return false;
    memcpy(iv, explicit_iv ? record : h->iv, BLOCK);
    memcpy(h->iv, record + len - BLOCK, BLOCK); /* TLS 1.0 goes on from the last block */
    out->len = len - explicit_iv;
    if (!decrypt_cbc(o, h, iv, record + explicit_iv, out->len, room + MAC_HEAD) ||
        !unpad(room + MAC_HEAD, &out->len))
        return false;
    if (etm)
        return true;
    if (out->len < mac_len)
        return false;
    out->len -= mac_len;
    return mac_fits(o, h, type, room, out->len, room + MAC_HEAD + out->len);
}

/* ---- AEAD ------------------------------------------------------------------------------------ */

struct aead {
    const uint8_t *nonce, *head;
    size_t head_len;
};

static bool open_aead(const struct tls_open *o, const struct half *h, const struct aead *a,
                      const uint8_t *from, size_t len, uint8_t *to)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = o->suite.kind == CIPHER_CHACHA ? EVP_chacha20_poly1305()
                               : o->suite.key_len == 32       ? EVP_aes_256_gcm()
                                                              : EVP_aes_128_gcm();
    uint8_t tag[TAG];
    int n = 0;

    memcpy(tag, from + len, TAG);
    bool ok = ctx && EVP_DecryptInit_ex(ctx, cipher, NULL, h->key, a->nonce) == 1 &&
              EVP_DecryptUpdate(ctx, NULL, &n, a->head, (int)a->head_len) == 1 &&
              (len == 0 || EVP_DecryptUpdate(ctx, to, &n, from, (int)len) == 1) &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, tag) == 1 &&
              EVP_DecryptFinal_ex(ctx, to + len, &n) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

/* RFC 7905 2, RFC 8446 5.3: the IV with the sequence number upon its end. */
static void mix_nonce(const struct half *h, uint8_t *nonce)
{
    memcpy(nonce, h->iv, 12);
    for (int i = 0; i < 8; i++)
        nonce[4 + i] ^= (uint8_t)(h->seq >> (56 - 8 * i));
}

static bool open_aead_12(const struct tls_open *o, const struct half *h, uint8_t type,
                         const uint8_t *record, size_t len, uint8_t *room, struct tls_plain *out)
{
    const size_t explicit_nonce = o->suite.kind == CIPHER_GCM ? 8 : 0;
    uint8_t nonce[12];

    if (len < explicit_nonce + TAG)
        return false;
    mix_nonce(h, nonce);
    if (explicit_nonce) { /* RFC 5288 3 */
        memcpy(nonce, h->iv, 4);
        memcpy(nonce + 4, record, 8);
    }
    out->len = len - explicit_nonce - TAG;
    put_head(room, o, h, type, out->len);
    const struct aead a = {.nonce = nonce, .head = room, .head_len = MAC_HEAD};
    return open_aead(o, h, &a, record + explicit_nonce, out->len, room + MAC_HEAD);
}

static bool open_12(struct tls_open *o, enum flow_side from, uint8_t type, const uint8_t *record,
                    size_t len, uint8_t *room, struct tls_plain *out, struct err *e)
{
    struct half *h = &o->half[from];
    bool ok = false;

    if (type == REC_CHANGE_CIPHER && h->on)
        return err_set(e, ERR_FORMAT, "the connection was negotiated anew");
    if (type == REC_CHANGE_CIPHER)
        h->on = true;
    if (type == REC_CHANGE_CIPHER || !h->on)
        return true;
    switch (o->suite.kind) {
    case CIPHER_NULL:
        ok = open_null(o, h, type, record, len, room, out);
        break;
    case CIPHER_CBC:
        ok = open_cbc(o, h, type, record, len, room, out);
        break;
    case CIPHER_GCM:
    case CIPHER_CHACHA:
        ok = open_aead_12(o, h, type, record, len, room, out);
        break;
    }
    if (!ok)
        return not_authentic(h, e);
    h->seq++;
    out->type = type;
    out->at = room + MAC_HEAD;
    return true;
}

/* ---- TLS 1.3 --------------------------------------------------------------------------------- */

/* A handshake message went by: Finished and KeyUpdate change the keys behind them. */
static bool on_message(struct tls_open *o, struct half *h, uint8_t type)
{
    if (type == HS_FINISHED && !h->traffic) {
        h->traffic = true;
        memcpy(h->secret, h->next, sizeof h->secret);
        return use_secret(&o->suite, h);
    }
    if (type == HS_KEY_UPDATE && h->traffic) {
        const size_t hash = strcmp(o->suite.prf, "SHA384") == 0 ? 48 : 32;
        return expand_label(&o->suite, h->secret, "traffic upd", h->next, hash) &&
               memcpy(h->secret, h->next, hash) && use_secret(&o->suite, h);
    }
    return true;
}

static bool pass_handshake(struct tls_open *o, struct half *h, const uint8_t *b, size_t len)
{
    while (len) {
        if (h->head_len < sizeof h->head) {
            h->head[h->head_len++] = *b++;
            len--;
            h->left = (size_t)h->head[1] << 16 | (size_t)h->head[2] << 8 | h->head[3];
        } else {
            const size_t n = h->left < len ? h->left : len;
            h->left -= n;
            b += n;
            len -= n;
        }
        if (h->head_len == sizeof h->head && h->left == 0) {
            h->head_len = 0;
            if (!on_message(o, h, h->head[0]))
                return false;
        }
    }
    return true;
}

static bool open_13(struct tls_open *o, enum flow_side from, uint8_t type, const uint8_t *record,
                    size_t len, uint8_t *room, struct tls_plain *out, struct err *e)
{
    struct half *h = &o->half[from];
    uint8_t head[5] = {TLS_APPLICATION, 3, 3, (uint8_t)(len >> 8), (uint8_t)len}, nonce[12];
    const struct aead a = {.nonce = nonce, .head = head, .head_len = sizeof head};

    if (type != TLS_APPLICATION) /* a hello again, or a ChangeCipherSpec for the road's sake */
        return true;
    mix_nonce(h, nonce);
    if (len < TAG || !open_aead(o, h, &a, record, len - TAG, room))
        return not_authentic(h, e);
    h->seq++;
    for (len -= TAG; len && room[len - 1] == 0;) /* padding, then the type (RFC 8446 5.2) */
        len--;
    if (len == 0)
        return err_set(e, ERR_FORMAT, "a record has no type");
    *out = (struct tls_plain){.type = room[len - 1], .at = room, .len = len - 1};
    if (out->type == REC_HANDSHAKE && !pass_handshake(o, h, room, out->len))
        return err_set(e, ERR_MEMORY, "no memory for its keys");
    return true;
}

bool tls_open_record(struct tls_open *o, enum flow_side from, uint8_t type, const uint8_t *record,
                     size_t len, uint8_t *room, struct tls_plain *out, struct err *e)
{
    *out = (struct tls_plain){.at = room};
    if (len > TLS_OPEN_MAX - MAC_HEAD)
        return err_set(e, ERR_FORMAT, "a record is too long");
    return o->terms.version == TLS13 ? open_13(o, from, type, record, len, room, out, e)
                                     : open_12(o, from, type, record, len, room, out, e);
}
