/* A record against its certificate (P9), and the signature of the whole file (1.7). Pure. */
#include "base/text.h"
#include "ctl/inside.h"
#include "ctl/names.h"
#include "ctl/tlv.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>

static void openssl_words(char *out, size_t cap)
{
    unsigned long code = ERR_peek_last_error();

    if (code)
        ERR_error_string_n(code, out, cap);
    else
        log_escape("no reason given", 15, out, cap);
    ERR_clear_error();
}

/* A certificate that uses up all bytes. Given; NULL with e set. */
static X509 *read_certificate(const struct ctl_record *r, size_t number, struct err *e)
{
    char dns[TEXT_ESCAPED], words[160];
    const uint8_t *at = r->certificate.at;

    bytes_text(r->dns_name, dns);
    if (r->certificate.len > CTL_CERT_MAX) {
        err_set(e, ERR_CTL_20, "CTL record %zu (%s): certificate has %zu bytes, limit is %d",
                number, dns, r->certificate.len, CTL_CERT_MAX);
        return NULL;
    }
    X509 *cert = d2i_X509(NULL, &at, (long)r->certificate.len);
    size_t used = (size_t)(at - r->certificate.at);
    if (cert && used == r->certificate.len)
        return cert;
    openssl_words(words, sizeof words);
    if (cert)
        snprintf(words, sizeof words, "%zu bytes follow it", r->certificate.len - used);
    X509_free(cert);
    err_set(e, ERR_CTL_20, "CTL record %zu (%s): certificate is not valid DER (%s)", number, dns,
            words);
    return NULL;
}

static struct ctl_bytes string_bytes(const ASN1_STRING *s)
{
    return (struct ctl_bytes){ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)};
}

/* PUBLICKEY is what the certificate's BIT STRING holds: RSAPublicKey, or the EC point. */
static bool key_is(const struct ctl_record *r, const X509 *cert)
{
    return bytes_equal(r->public_key, string_bytes(X509_get0_pubkey_bitstr(cert)));
}

static bool signature_is(const struct ctl_record *r, const X509 *cert)
{
    const ASN1_BIT_STRING *signature = NULL;

    X509_get0_signature(&signature, NULL, cert);
    return bytes_equal(r->signature, string_bytes(signature));
}

/* Differences that strict mode refuses and lenient mode reports. */
static void note_difference(struct ctl_file *f, size_t number, const char *what)
{
    char dns[TEXT_ESCAPED];

    bytes_text(f->records[number - 1].dns_name, dns);
    ctl_warn(f->warnings, &f->warning_count, ERR_CTL_23,
             "CTL record %zu (%s): %s differs from the certificate", number, dns, what);
    if (f->difference.kind == ERR_NONE)
        err_set(&f->difference, ERR_CTL_23, "CTL record %zu (%s): %s differs from the certificate",
                number, dns, what);
}

static void compare_softly(struct ctl_file *f, size_t number, const X509 *cert)
{
    const struct ctl_record *r = &f->records[number - 1];

    if (r->subject.at && !name_matches(r->subject, X509_get_subject_name(cert)))
        note_difference(f, number, "subject");
    if (r->issuer.at && !name_matches(r->issuer, X509_get_issuer_name(cert)))
        note_difference(f, number, "issuer");
    if (r->signature.at && !signature_is(r, cert))
        note_difference(f, number, "signature");
}

static bool compare_hard(const struct ctl_record *r, size_t number, const X509 *cert, struct err *e)
{
    char dns[TEXT_ESCAPED];
    const char *what = NULL;

    if (r->serial.at && !serials_equal(r->serial, string_bytes(X509_get0_serialNumber(cert))))
        what = "serial number";
    else if (r->public_key.at && !key_is(r, cert))
        what = "public key";
    if (!what)
        return true;
    return err_set(e, ERR_CTL_22,
                   "CTL record %zu (%s): %s of the record differs from its certificate", number,
                   bytes_text(r->dns_name, dns), what);
}

bool record_check(struct ctl_file *f, size_t index, struct err *e)
{
    const struct ctl_record *r = &f->records[index];

    if (!r->certificate.at)
        return true;
    X509 *cert = read_certificate(r, index + 1, e);
    if (!cert)
        return false;
    bool ok = compare_hard(r, index + 1, cert, e);
    if (ok)
        compare_softly(f, index + 1, cert);
    X509_free(cert);
    return ok;
}

bool file_digest(const struct ctl_file *f, struct file_digest *out)
{
    size_t behind = f->header.signature_at + TLV_HEAD + f->header.signature.len;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned len = 0;
    bool ok = ctx && EVP_DigestInit_ex(ctx, digest_md(f->header.digest), NULL) == 1 &&
              EVP_DigestUpdate(ctx, f->bytes, f->header.signature_at) == 1 &&
              EVP_DigestUpdate(ctx, f->bytes + behind, f->len - behind) == 1 &&
              EVP_DigestFinal_ex(ctx, out->bytes, &len) == 1;

    EVP_MD_CTX_free(ctx);
    out->len = len;
    return ok;
}

bool signature_holds(const struct ctl_file *f, const struct file_digest *digest, EVP_PKEY *key)
{
    struct ctl_bytes signature = f->header.signature;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool ok = ctx && EVP_PKEY_verify_init(ctx) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
              EVP_PKEY_CTX_set_signature_md(ctx, digest_md(f->header.digest)) == 1 &&
              EVP_PKEY_verify(ctx, signature.at, signature.len, digest->bytes, digest->len) == 1;

    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}
