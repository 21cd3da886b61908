#include "tls/x509_text.h"

#include "base/text.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

/* Control characters, bytes above 127 and RFC 2253's special characters come out escaped. */
#define NAME_FLAGS (ASN1_STRFLGS_RFC2253 | XN_FLAG_SEP_COMMA_PLUS | XN_FLAG_FN_SN)

/* The text of a memory BIO, cut to the buffer; frees the BIO. */
static const char *take_text(BIO *bio, char *out, size_t cap)
{
    int n = bio ? BIO_read(bio, out, (int)cap - 1) : 0;

    out[n > 0 ? n : 0] = '\0';
    BIO_free(bio);
    return out;
}

static const char *name_text(const X509_NAME *name, char *out, size_t cap)
{
    BIO *bio = BIO_new(BIO_s_mem());

    if (bio && name)
        X509_NAME_print_ex(bio, name, 0, NAME_FLAGS);
    return take_text(bio, out, cap);
}

const char *x509_subject_text(const X509 *cert, char *out, size_t cap)
{
    return name_text(X509_get_subject_name(cert), out, cap);
}

const char *x509_issuer_text(const X509 *cert, char *out, size_t cap)
{
    return name_text(X509_get_issuer_name(cert), out, cap);
}

const char *x509_cn_text(const X509 *cert, char *out, size_t cap)
{
    const X509_NAME *name = X509_get_subject_name(cert);
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    BIO *bio = at < 0 ? NULL : BIO_new(BIO_s_mem());

    if (bio)
        ASN1_STRING_print_ex(bio, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)),
                             ASN1_STRFLGS_RFC2253);
    return take_text(bio, out, cap);
}

const char *x509_serial_text(const X509 *cert, char *out, size_t cap)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
    int len = ASN1_STRING_length(serial);

    return text_hex(ASN1_STRING_get0_data(serial), len > 0 ? (size_t)len : 0, out, cap);
}

const char *x509_sha256_text(const X509 *cert, char out[65])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (!X509_digest(cert, EVP_sha256(), digest, &len))
        len = 0;
    return text_hex(digest, len, out, 65);
}

const char *x509_fingerprint_text(const X509 *cert, const EVP_MD *md, char *out, size_t cap)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    out[0] = '\0';
    if (!X509_digest(cert, md, digest, &len))
        return out;
    for (unsigned i = 0; i < len && 3 * i + 3 <= cap; i++)
        snprintf(out + 3 * i, 4, "%02x%s", digest[i], i + 1 < len ? ":" : "");
    return out;
}

const char *x509_key_text(X509 *cert, char *out, size_t cap)
{
    const EVP_PKEY *key = X509_get0_pubkey(cert);
    const char *kind = key ? EVP_PKEY_get0_type_name(key) : NULL;
    const char *signature = OBJ_nid2sn(X509_get_signature_nid(cert));

    snprintf(out, cap, "%s %d bits, %s", kind ? kind : "unknown key",
             key ? EVP_PKEY_get_bits(key) : 0, signature ? signature : "unknown signature");
    return out;
}

static int64_t seconds_of(const ASN1_TIME *t)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, seconds = 0;

    if (!epoch || !ASN1_TIME_diff(&days, &seconds, epoch, t))
        days = seconds = 0;
    ASN1_TIME_free(epoch);
    return (int64_t)days * 86400 + seconds;
}

int64_t x509_not_before_s(const X509 *cert)
{
    return seconds_of(X509_get0_notBefore(cert));
}

int64_t x509_not_after_s(const X509 *cert)
{
    return seconds_of(X509_get0_notAfter(cert));
}

int64_t x509_now_s(void)
{
    ASN1_TIME *now = X509_gmtime_adj(NULL, 0);
    int64_t s = now ? seconds_of(now) : 0;

    ASN1_TIME_free(now);
    return s;
}
