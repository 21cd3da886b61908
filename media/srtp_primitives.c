/* SHA-1's mid-states are only reachable through OpenSSL's old calls; they are still its fastest
 * code. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "media/srtp_primitives.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define AES_KEY_LEN  16
#define ICM_SALT_LEN 14
#define GCM_SALT_LEN 12
#define GCM_IV_LEN   12
#define GCM_TAG_LEN  16
#define BLOCK        16
#define SHA1_BLOCK   64

/* A cipher or an auth is two allocations: libsrtp2's view and our state behind it. */
static srtp_cipher_t *new_cipher(const srtp_cipher_type_t *type, int key_len, size_t state_len)
{
    srtp_cipher_t *c = calloc(1, sizeof *c);
    void *state = calloc(1, state_len);

    if (!c || !state) {
        free(c);
        free(state);
        return NULL;
    }
    c->type = type;
    c->state = state;
    c->key_len = key_len;
    c->algorithm = (int)type->id;
    return c;
}

/* All the memory that it will need: libsrtp2 2.5 loses the cipher of its key derivation when a key
 * cannot be set. */
static EVP_CIPHER_CTX *new_evp(const EVP_CIPHER *cipher)
{
    EVP_CIPHER_CTX *evp = EVP_CIPHER_CTX_new();

    if (evp && EVP_EncryptInit_ex(evp, cipher, NULL, NULL, NULL) == 1)
        return evp;
    EVP_CIPHER_CTX_free(evp);
    return NULL;
}

/* AES in integer counter mode (RFC 3711 section 4.1.1). The counter blocks of a whole packet go
 * through AES-ECB in one call: the key schedule is made once, and a new IV costs nothing.
 *
 *     | salt XOR (SSRC, packet index)                 | block |
 *     0                                               14     16 */
struct icm {
    EVP_CIPHER_CTX *ecb;
    uint8_t salt[BLOCK], iv[BLOCK];
    size_t done; /* bytes of key stream used under this IV */
};

static srtp_err_status_t icm_free(srtp_cipher_t *c)
{
    struct icm *icm = c->state;

    EVP_CIPHER_CTX_free(icm->ecb);
    OPENSSL_cleanse(icm, sizeof *icm);
    free(icm);
    free(c);
    return srtp_err_status_ok;
}

static srtp_err_status_t icm_new(srtp_cipher_t **out, int key_len, int tag_len)
{
    (void)tag_len;
    if (key_len != AES_KEY_LEN + ICM_SALT_LEN)
        return srtp_err_status_bad_param;
    srtp_cipher_t *c = new_cipher(&srtp_primitive_icm, key_len, sizeof(struct icm));
    if (!c)
        return srtp_err_status_alloc_fail;
    struct icm *icm = c->state;
    icm->ecb = new_evp(EVP_aes_128_ecb());
    if (!icm->ecb) {
        icm_free(c);
        return srtp_err_status_alloc_fail;
    }
    *out = c;
    return srtp_err_status_ok;
}

static srtp_err_status_t icm_key(void *state, const uint8_t *key)
{
    struct icm *icm = state;

    if (EVP_EncryptInit_ex(icm->ecb, NULL, NULL, key, NULL) != 1)
        return srtp_err_status_init_fail;
    EVP_CIPHER_CTX_set_padding(icm->ecb, 0);
    memset(icm->salt, 0, sizeof icm->salt);
    memcpy(icm->salt, key + AES_KEY_LEN, ICM_SALT_LEN);
    memcpy(icm->iv, icm->salt, BLOCK);
    icm->done = 0;
    return srtp_err_status_ok;
}

static srtp_err_status_t icm_iv(void *state, uint8_t *iv, srtp_cipher_direction_t direction)
{
    struct icm *icm = state;

    (void)direction; /* counter mode is its own inverse */
    for (size_t i = 0; i < BLOCK; i++)
        icm->iv[i] = icm->salt[i] ^ iv[i];
    icm->done = 0;
    return srtp_err_status_ok;
}

#define ICM_CHUNK 16 /* blocks at a time: a packet of 20 ms G.711 needs 10 */

/* Writes `blocks` blocks of key stream, at most ICM_CHUNK, from block number `first` on. */
static bool key_stream(struct icm *icm, uint8_t *out, size_t first, size_t blocks)
{
    unsigned counter = (unsigned)(icm->iv[14] << 8 | icm->iv[15]) + (unsigned)first;
    int written;

    for (size_t i = 0; i < blocks && i < ICM_CHUNK; i++, counter++) {
        memcpy(out + i * BLOCK, icm->iv, BLOCK);
        out[i * BLOCK + 14] = (uint8_t)(counter >> 8);
        out[i * BLOCK + 15] = (uint8_t)counter;
    }
    return EVP_EncryptUpdate(icm->ecb, out, &written, out, (int)(blocks * BLOCK)) == 1;
}

static srtp_err_status_t icm_crypt(void *state, uint8_t *bytes, unsigned *len)
{
    struct icm *icm = state;
    uint8_t stream[ICM_CHUNK * BLOCK];

    for (size_t at = 0; at < *len;) {
        size_t skip = icm->done % BLOCK, left = *len - at;
        size_t n = left + skip < sizeof stream ? left : sizeof stream - skip;
        if (icm->done + n > 0x10000u * BLOCK)
            return srtp_err_status_terminus; /* 2^16 blocks a packet, RFC 3711 section 4.1.1 */
        if (!key_stream(icm, stream, icm->done / BLOCK, (skip + n + BLOCK - 1) / BLOCK))
            return srtp_err_status_cipher_fail;
        for (size_t i = 0; i < n; i++)
            bytes[at + i] ^= stream[skip + i];
        icm->done += n;
        at += n;
    }
    return srtp_err_status_ok;
}

/* AES-GCM (RFC 7714): IV, then associated data, then the text, then the tag. */
struct gcm {
    EVP_CIPHER_CTX *evp;
    size_t tag_len;
};

static srtp_err_status_t gcm_free(srtp_cipher_t *c)
{
    struct gcm *gcm = c->state;

    EVP_CIPHER_CTX_free(gcm->evp);
    free(gcm);
    free(c);
    return srtp_err_status_ok;
}

static srtp_err_status_t gcm_new(srtp_cipher_t **out, int key_len, int tag_len)
{
    if (key_len != AES_KEY_LEN + GCM_SALT_LEN || (tag_len != GCM_TAG_LEN && tag_len != 8))
        return srtp_err_status_bad_param;
    srtp_cipher_t *c = new_cipher(&srtp_primitive_gcm, key_len, sizeof(struct gcm));
    if (!c)
        return srtp_err_status_alloc_fail;
    struct gcm *gcm = c->state;
    gcm->tag_len = (size_t)tag_len;
    gcm->evp = new_evp(EVP_aes_128_gcm());
    if (!gcm->evp) {
        gcm_free(c);
        return srtp_err_status_alloc_fail;
    }
    *out = c;
    return srtp_err_status_ok;
}

static srtp_err_status_t gcm_key(void *state, const uint8_t *key)
{
    struct gcm *gcm = state;
    bool ok = EVP_CipherInit_ex(gcm->evp, NULL, NULL, key, NULL, 1) == 1;

    return ok ? srtp_err_status_ok : srtp_err_status_init_fail;
}

static srtp_err_status_t gcm_iv(void *state, uint8_t *iv, srtp_cipher_direction_t direction)
{
    struct gcm *gcm = state;
    int encrypt = direction == srtp_direction_encrypt;
    bool ok = EVP_CipherInit_ex(gcm->evp, NULL, NULL, NULL, iv, encrypt) == 1;

    return ok ? srtp_err_status_ok : srtp_err_status_cipher_fail;
}

static srtp_err_status_t gcm_aad(void *state, const uint8_t *aad, uint32_t len)
{
    struct gcm *gcm = state;
    int n;
    bool ok = EVP_CipherUpdate(gcm->evp, NULL, &n, aad, (int)len) == 1;

    return ok ? srtp_err_status_ok : srtp_err_status_algo_fail;
}

static srtp_err_status_t gcm_encrypt(void *state, uint8_t *bytes, unsigned *len)
{
    struct gcm *gcm = state;
    uint8_t none[BLOCK];
    int n;
    bool ok = EVP_CipherUpdate(gcm->evp, bytes, &n, bytes, (int)*len) == 1 &&
              EVP_CipherFinal_ex(gcm->evp, none, &n) == 1;

    return ok ? srtp_err_status_ok : srtp_err_status_cipher_fail;
}

static srtp_err_status_t gcm_tag(void *state, uint8_t *tag, uint32_t *len)
{
    struct gcm *gcm = state;
    bool ok = EVP_CIPHER_CTX_ctrl(gcm->evp, EVP_CTRL_GCM_GET_TAG, (int)gcm->tag_len, tag) == 1;

    *len = (uint32_t)gcm->tag_len;
    return ok ? srtp_err_status_ok : srtp_err_status_algo_fail;
}

static srtp_err_status_t gcm_decrypt(void *state, uint8_t *bytes, unsigned *len)
{
    struct gcm *gcm = state;
    uint8_t none[BLOCK];
    int n;

    if (*len < gcm->tag_len)
        return srtp_err_status_bad_param;
    *len -= (unsigned)gcm->tag_len; /* what stands behind the text is its tag */
    bool ok =
        EVP_CIPHER_CTX_ctrl(gcm->evp, EVP_CTRL_GCM_SET_TAG, (int)gcm->tag_len, bytes + *len) == 1 &&
        EVP_CipherUpdate(gcm->evp, bytes, &n, bytes, (int)*len) == 1 &&
        EVP_CipherFinal_ex(gcm->evp, none, &n) == 1;
    return ok ? srtp_err_status_ok : srtp_err_status_auth_fail;
}

/* HMAC-SHA1 (RFC 2104): what the padded key does to SHA-1's state is computed once, for the inner
 * and the outer hash; a packet begins with a copy of these. */
struct hmac {
    SHA_CTX inner, outer, now;
};

static srtp_err_status_t hmac_free(srtp_auth_t *a)
{
    OPENSSL_cleanse(a->state, sizeof(struct hmac));
    free(a->state);
    free(a);
    return srtp_err_status_ok;
}

static srtp_err_status_t hmac_new(srtp_auth_t **out, int key_len, int tag_len)
{
    if (key_len < 0 || tag_len < 0 || tag_len > SHA_DIGEST_LENGTH)
        return srtp_err_status_bad_param;
    srtp_auth_t *a = calloc(1, sizeof *a);
    struct hmac *hmac = calloc(1, sizeof *hmac);
    if (!a || !hmac) {
        free(a);
        free(hmac);
        return srtp_err_status_alloc_fail;
    }
    a->type = &srtp_primitive_hmac;
    a->state = hmac;
    a->out_len = tag_len;
    a->key_len = key_len;
    *out = a;
    return srtp_err_status_ok;
}

static void mid_state(SHA_CTX *out, const uint8_t key[SHA1_BLOCK], uint8_t pad)
{
    uint8_t block[SHA1_BLOCK];

    for (size_t i = 0; i < sizeof block; i++)
        block[i] = key[i] ^ pad;
    SHA1_Init(out);
    SHA1_Update(out, block, sizeof block);
    OPENSSL_cleanse(block, sizeof block);
}

static srtp_err_status_t hmac_key(void *state, const uint8_t *key, int key_len)
{
    struct hmac *hmac = state;
    uint8_t padded[SHA1_BLOCK] = {0};

    if (key_len < 0)
        return srtp_err_status_bad_param;
    if (key_len <= SHA1_BLOCK)
        memcpy(padded, key, (size_t)key_len);
    else
        SHA1(key, (size_t)key_len, padded);
    mid_state(&hmac->inner, padded, 0x36);
    mid_state(&hmac->outer, padded, 0x5c);
    hmac->now = hmac->inner;
    OPENSSL_cleanse(padded, sizeof padded);
    return srtp_err_status_ok;
}

static srtp_err_status_t hmac_start(void *state)
{
    struct hmac *hmac = state;

    hmac->now = hmac->inner;
    return srtp_err_status_ok;
}

static srtp_err_status_t hmac_update(void *state, const uint8_t *bytes, int len)
{
    struct hmac *hmac = state;

    if (len < 0)
        return srtp_err_status_bad_param;
    SHA1_Update(&hmac->now, bytes, (size_t)len);
    return srtp_err_status_ok;
}

static srtp_err_status_t hmac_tag(void *state, const uint8_t *bytes, int len, int tag_len,
                                  uint8_t *tag)
{
    struct hmac *hmac = state;
    uint8_t digest[SHA_DIGEST_LENGTH];

    if (len < 0 || tag_len < 0 || tag_len > SHA_DIGEST_LENGTH)
        return srtp_err_status_bad_param;
    SHA1_Update(&hmac->now, bytes, (size_t)len);
    SHA1_Final(digest, &hmac->now);
    hmac->now = hmac->outer;
    SHA1_Update(&hmac->now, digest, sizeof digest);
    SHA1_Final(digest, &hmac->now);
    memcpy(tag, digest, (size_t)tag_len);
    return srtp_err_status_ok;
}

/* Known answers. libsrtp2 writes to none of them, though its type of `idx` is not const. */

/* RFC 3711 B.2: session key and salt, then key stream blocks 0, 1 and 2 over a text of zeros. */
static const uint8_t icm_test_key[] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7,
                                       0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c, 0xf0, 0xf1, 0xf2, 0xf3,
                                       0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd};
static uint8_t icm_test_iv[BLOCK];
static const uint8_t icm_test_text[3 * BLOCK];
static const uint8_t icm_test_stream[3 * BLOCK] = {
    0xe0, 0x3e, 0xad, 0x09, 0x35, 0xc9, 0x5e, 0x80, 0xe1, 0x66, 0xb1, 0x6d, 0xd9, 0x2b, 0x4e, 0xb4,
    0xd2, 0x35, 0x13, 0x16, 0x2b, 0x02, 0xd0, 0xf7, 0x2a, 0x43, 0xa2, 0xfe, 0x4a, 0x5f, 0x97, 0xab,
    0x41, 0xe9, 0x5b, 0x3b, 0xb0, 0xa2, 0xe8, 0xdd, 0x47, 0x79, 0x01, 0xe4, 0xfc, 0xa8, 0x94, 0xc0};
static const srtp_cipher_test_case_t icm_test = {
    .key_length_octets = sizeof icm_test_key,
    .key = icm_test_key,
    .idx = icm_test_iv,
    .plaintext_length_octets = sizeof icm_test_text,
    .plaintext = icm_test_text,
    .ciphertext_length_octets = sizeof icm_test_stream,
    .ciphertext = icm_test_stream,
};

/* RFC 7714 16.1.1: key, IV, the RTP header as associated data, the text, the text encrypted + tag.
 */
static const uint8_t gcm_test_key[AES_KEY_LEN + GCM_SALT_LEN] = {0, 1, 2,  3,  4,  5,  6,  7,
                                                                 8, 9, 10, 11, 12, 13, 14, 15};
static uint8_t gcm_test_iv[GCM_IV_LEN] = {0x51, 0x75, 0x3c, 0x65, 0x80, 0xc2,
                                          0x72, 0x6f, 0x20, 0x71, 0x84, 0x14};
static const uint8_t gcm_test_aad[] = {0x80, 0x40, 0xf1, 0x7b, 0x80, 0x41,
                                       0xf8, 0xd3, 0x55, 0x01, 0xa0, 0xb2};
static const uint8_t gcm_test_text[38] = "Gallia est omnis divisa in partes tres";
static const uint8_t gcm_test_sealed[sizeof gcm_test_text + GCM_TAG_LEN] = {
    0xf2, 0x4d, 0xe3, 0xa3, 0xfb, 0x34, 0xde, 0x6c, 0xac, 0xba, 0x86, 0x1c, 0x9d, 0x7e,
    0x4b, 0xca, 0xbe, 0x63, 0x3b, 0xd5, 0x0d, 0x29, 0x4e, 0x6f, 0x42, 0xa5, 0xf4, 0x7a,
    0x51, 0xc7, 0xd1, 0x9b, 0x36, 0xde, 0x3a, 0xdf, 0x88, 0x33, 0x89, 0x9d, 0x7f, 0x27,
    0xbe, 0xb1, 0x6a, 0x91, 0x52, 0xcf, 0x76, 0x5e, 0xe4, 0x39, 0x0c, 0xce};
static const srtp_cipher_test_case_t gcm_test = {
    .key_length_octets = sizeof gcm_test_key,
    .key = gcm_test_key,
    .idx = gcm_test_iv,
    .plaintext_length_octets = sizeof gcm_test_text,
    .plaintext = gcm_test_text,
    .ciphertext_length_octets = sizeof gcm_test_sealed,
    .ciphertext = gcm_test_sealed,
    .aad_length_octets = sizeof gcm_test_aad,
    .aad = gcm_test_aad,
    .tag_length_octets = GCM_TAG_LEN,
};

/* RFC 2202 section 3, test case 1. */
static const uint8_t hmac_test_key[20] = {11, 11, 11, 11, 11, 11, 11, 11, 11, 11,
                                          11, 11, 11, 11, 11, 11, 11, 11, 11, 11};
static const uint8_t hmac_test_data[8] = "Hi There";
static const uint8_t hmac_test_tag[SHA_DIGEST_LENGTH] = {0xb6, 0x17, 0x31, 0x86, 0x55, 0x05, 0x72,
                                                         0x64, 0xe2, 0x8b, 0xc0, 0xb6, 0xfb, 0x37,
                                                         0x8c, 0x8e, 0xf1, 0x46, 0xbe, 0x00};
static const srtp_auth_test_case_t hmac_test = {
    .key_length_octets = sizeof hmac_test_key,
    .key = hmac_test_key,
    .data_length_octets = sizeof hmac_test_data,
    .data = hmac_test_data,
    .tag_length_octets = sizeof hmac_test_tag,
    .tag = hmac_test_tag,
};

const srtp_cipher_type_t srtp_primitive_icm = {
    .alloc = icm_new,
    .dealloc = icm_free,
    .init = icm_key,
    .encrypt = icm_crypt,
    .decrypt = icm_crypt,
    .set_iv = icm_iv,
    .description = "AES-128 integer counter mode of OpenSSL",
    .test_data = &icm_test,
    .id = SRTP_AES_ICM_128,
};

const srtp_cipher_type_t srtp_primitive_gcm = {
    .alloc = gcm_new,
    .dealloc = gcm_free,
    .init = gcm_key,
    .set_aad = gcm_aad,
    .encrypt = gcm_encrypt,
    .decrypt = gcm_decrypt,
    .set_iv = gcm_iv,
    .get_tag = gcm_tag,
    .description = "AES-128-GCM of OpenSSL",
    .test_data = &gcm_test,
    .id = SRTP_AES_GCM_128,
};

const srtp_auth_type_t srtp_primitive_hmac = {
    .alloc = hmac_new,
    .dealloc = hmac_free,
    .init = hmac_key,
    .compute = hmac_tag,
    .update = hmac_update,
    .start = hmac_start,
    .description = "HMAC-SHA1 of OpenSSL from two mid-states",
    .test_data = &hmac_test,
    .id = SRTP_HMAC_SHA1,
};
