/* A CTL as certutils writes one: no DNSNAME, no IPADDRESS, tag 28 behind HEADERLENGTH, names with
 * commas, CANAME before SERIALNUMBER, signed with SHA-512 (ctl-tftp-tls.md 1.3, 1.5, 1.8). */
#include "other.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

static X509 *certificate(EVP_PKEY *key, const char *cn, long serial)
{
    X509 *x = X509_new();
    X509_NAME *name = X509_get_subject_name(x);

    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const unsigned char *)"Lab", -1, -1, 0);
    X509_set_issuer_name(x, name);
    X509_set_pubkey(x, key);
    if (!X509_sign(x, key, EVP_sha256()))
        give_up("cannot sign a certificate");
    return x;
}

static void put_be16(struct bytes *p, size_t v)
{
    put8(p, (unsigned)v >> 8 & 255);
    put8(p, (unsigned)v & 255);
}
static void tlv(struct bytes *p, unsigned tag, const void *at, size_t len)
{
    put8(p, tag);
    put_be16(p, len);
    put_mem(p, at, len);
}
static void tlv8(struct bytes *p, unsigned tag, unsigned v)
{
    const uint8_t b = (uint8_t)v;
    tlv(p, tag, &b, 1);
}
static void tlv16(struct bytes *p, unsigned tag, size_t v)
{
    const uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    tlv(p, tag, b, 2);
}

static void put_record(struct bytes *list, const X509 *x, unsigned function, const char *name,
                       long serial)
{
    struct bytes r = {0};
    unsigned char *der = NULL, *public = NULL;
    const uint8_t number = (uint8_t)serial;
    const ASN1_BIT_STRING *sig;
    const int len = i2d_X509((X509 *)(uintptr_t)x, &der);
    const int public_len = i2d_PublicKey(X509_get0_pubkey(x), &public);

    X509_get0_signature(&sig, NULL, x);
    if (len <= 0 || public_len <= 0)
        give_up("cannot write a certificate");
    tlv(&r, 3, name, strlen(name) + 1);
    tlv16(&r, 4, function);
    tlv(&r, 5, name, strlen(name) + 1);
    tlv(&r, 6, &number, 1);
    tlv(&r, 7, public, (size_t)public_len);
    tlv(&r, 8, sig->data, (size_t)sig->length);
    tlv(&r, 9, der, (size_t)len);
    tlv16(list, 1, r.n + 5);
    put_mem(list, r.b, r.n);
    OPENSSL_free(der);
    OPENSSL_free(public);
}

/* The header without its signature; HEADERLENGTH counts that all the same (1.7). */
static size_t put_header(struct bytes *h, const char *signer, long serial)
{
    static const uint8_t one_two[2] = {1, 2}, one_zero[2] = {1, 0};
    const uint8_t number = (uint8_t)serial, now[4] = {0x66, 0, 0, 0};
    struct bytes id = {0}, algorithm = {0}, info = {0};
    size_t signature_at;

    tlv(h, 1, one_two, 2);
    tlv16(h, 2, 0);
    tlv(h, 28, one_zero, 2);
    tlv(&id, 4, signer, strlen(signer) + 1);
    tlv(&id, 6, signer, strlen(signer) + 1);
    tlv(&id, 5, &number, 1);
    tlv(h, 3, id.b, id.n);
    tlv8(&algorithm, 10, 0);
    tlv8(&algorithm, 11, 2);
    tlv8(&info, 8, 3);
    tlv(&info, 9, algorithm.b, algorithm.n);
    tlv(h, 7, info.b, info.n);
    signature_at = h->n;
    tlv(h, 14, "CTLFile.tlv", 12);
    tlv(h, 15, now, 4);
    while ((h->n + 3 + 256) % 4)
        put8(h, 13);
    h->b[8] = (uint8_t)((h->n + 259) >> 8);
    h->b[9] = (uint8_t)(h->n + 259);
    return signature_at;
}

static void sign(EVP_PKEY *key, const struct bytes *all, uint8_t signature[256])
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    size_t len = 256;

    if (!c || !EVP_DigestSignInit(c, NULL, EVP_sha512(), NULL, key) ||
        !EVP_DigestSign(c, signature, &len, all->b, all->n) || len != 256)
        give_up("cannot sign the list");
    EVP_MD_CTX_free(c);
}

void trust_make(struct trust *t, const char *host)
{
    EVP_PKEY *const signer = EVP_RSA_gen(2048);
    struct bytes all = {0}, out = {0};
    uint8_t signature[256];
    char name[128];
    size_t at;

    t->key = EVP_RSA_gen(2048);
    if (!signer || !t->key)
        give_up("no keys");
    t->cert = certificate(t->key, host, 7);
    X509 *const sast = certificate(signer, "SAST", 5);
    snprintf(name, sizeof name, "CN=%s,O=Lab", host);
    at = put_header(&all, "CN=SAST,O=Lab", 5);
    put_record(&all, sast, 0, "CN=SAST,O=Lab", 5);
    put_record(&all, t->cert, 2, name, 7);
    sign(signer, &all, signature);
    put_mem(&out, all.b, at);
    tlv(&out, 12, signature, sizeof signature);
    put_mem(&out, all.b + at, all.n - at);
    memcpy(t->list, out.b, out.n);
    t->list_len = out.n;
    X509_free(sast);
    EVP_PKEY_free(signer);
}
