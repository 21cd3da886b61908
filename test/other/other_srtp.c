/* RFC 3711 with AES-CM and HMAC-SHA1, written from the RFC. */
#include "other.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

static void counter_mode(const uint8_t key[16], const uint8_t iv[16], uint8_t *at, size_t len)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n;

    if (!c || !EVP_EncryptInit_ex(c, EVP_aes_128_ctr(), NULL, key, iv) ||
        !EVP_EncryptUpdate(c, at, &n, at, (int)len))
        give_up("AES failed");
    EVP_CIPHER_CTX_free(c);
}

/* 4.3.1 and 4.3.3: the label goes into octet 7 of the salt, key derivation rate 0. */
static void derive(const uint8_t key[16], const uint8_t salt[14], uint8_t label, uint8_t *out,
                   size_t len)
{
    uint8_t iv[16] = {0};

    memcpy(iv, salt, 14);
    iv[7] ^= label;
    memset(out, 0, len);
    counter_mode(key, iv, out, len);
}

void srtp_keys(struct srtp_side *s, const uint8_t key[16], const uint8_t salt[14], unsigned tag)
{
    s->tag = tag;
    derive(key, salt, 0, s->cipher, sizeof s->cipher);
    derive(key, salt, 1, s->auth, sizeof s->auth);
    derive(key, salt, 2, s->salt, sizeof s->salt);
}

/* 4.1.1: IV = salt * 2^16 XOR SSRC * 2^64 XOR index * 2^16. */
static void crypt_payload(const struct srtp_side *s, uint8_t *packet, size_t len)
{
    uint8_t iv[16] = {0};

    memcpy(iv, s->salt, 14);
    for (size_t i = 0; i < 4; i++)
        iv[4 + i] ^= packet[8 + i];
    iv[12] ^= packet[2];
    iv[13] ^= packet[3];
    counter_mode(s->cipher, iv, packet + 12, len - 12);
}

static void make_tag(const struct srtp_side *s, const uint8_t *packet, size_t len, uint8_t out[20])
{
    uint8_t whole[2048 + 4] = {0};
    unsigned n;

    memcpy(whole, packet, len); /* then the roll-over counter, 0 */
    if (!HMAC(EVP_sha1(), s->auth, sizeof s->auth, whole, len + 4, out, &n))
        give_up("HMAC failed");
}

size_t srtp_seal(const struct srtp_side *s, uint8_t *packet, size_t len)
{
    uint8_t tag[20];

    if (!s->tag)
        return len;
    crypt_payload(s, packet, len);
    make_tag(s, packet, len, tag);
    memcpy(packet + len, tag, s->tag);
    return len + s->tag;
}

size_t srtp_open(const struct srtp_side *s, uint8_t *packet, size_t len)
{
    uint8_t tag[20];

    if (len <= 12 + s->tag || len > 2048)
        return 0;
    if (!s->tag)
        return len;
    len -= s->tag;
    make_tag(s, packet, len, tag);
    if (memcmp(tag, packet + len, s->tag) != 0)
        return 0;
    crypt_payload(s, packet, len);
    return len;
}
