#include "ctl/inside.h"

#include "base/addr.h"
#include "base/text.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *header_tag_name(uint8_t tag)
{
    static const char *const names[] = {
        [HEADER_VERSION] = "VERSION",
        [HEADER_LENGTH] = "HEADERLENGTH",
        [HEADER_SIGNER_ID] = "SIGNERID",
        [HEADER_SIGNER_NAME] = "SIGNERNAME",
        [HEADER_SERIAL] = "SERIALNUMBER",
        [HEADER_CA_NAME] = "CANAME",
        [HEADER_SIGNATURE_INFO] = "SIGNATUREINFO",
        [HEADER_DIGEST] = "DIGESTALGORITHM",
        [HEADER_SIGNATURE_ALGO_INFO] = "SIGNATUREALGOINFO",
        [HEADER_SIGNATURE_ALGORITHM] = "SIGNATUREALGORITHM",
        [HEADER_MODULUS] = "SIGNATUREMODULUS",
        [HEADER_SIGNATURE] = "SIGNATURE",
        [HEADER_PADDING] = "PADDING",
        [HEADER_FILE_NAME] = "FILENAME",
        [HEADER_TIMESTAMP] = "TIMESTAMP",
        [HEADER_SIGNER_VERSION] = "SIGNERVERSION",
    };
    return tag < sizeof names / sizeof names[0] ? names[tag] : NULL;
}

const char *record_tag_name(uint8_t tag)
{
    static const char *const names[] = {
        [RECORD_LENGTH] = "RECORDLENGTH",       [RECORD_DNS_NAME] = "DNSNAME",
        [RECORD_SUBJECT] = "SUBJECTNAME",       [RECORD_FUNCTION] = "FUNCTION",
        [RECORD_ISSUER] = "ISSUERNAME",         [RECORD_SERIAL] = "SERIALNUMBER",
        [RECORD_PUBLIC_KEY] = "PUBLICKEY",      [RECORD_SIGNATURE] = "SIGNATURE",
        [RECORD_CERTIFICATE] = "CERTIFICATE",   [RECORD_IP_ADDRESS] = "IPADDRESS",
        [RECORD_CERT_HASH] = "CERTIFICATEHASH", [RECORD_HASH_ALGORITHM] = "HASHALGORITHM",
    };
    return tag < sizeof names / sizeof names[0] ? names[tag] : NULL;
}

/* 1.6. Older texts say 4 for SHA-512; Cisco's files have 3. */
const char *digest_name(uint8_t id)
{
    return id == CTL_SHA1     ? "SHA-1"
           : id == CTL_SHA256 ? "SHA-256"
           : id == CTL_SHA512 ? "SHA-512"
                              : "?";
}

const EVP_MD *digest_md(uint8_t id)
{
    return id == CTL_SHA1     ? EVP_sha1()
           : id == CTL_SHA256 ? EVP_sha256()
           : id == CTL_SHA512 ? EVP_sha512()
                              : NULL;
}

const char *ctl_role_words(uint16_t role)
{
    switch (role) {
    case CTL_ROLE_SAST:
        return "System Administrator Security Token";
    case CTL_ROLE_CCM:
        return "CCM";
    case CTL_ROLE_CCM_TFTP:
        return "CCM+TFTP";
    case CTL_ROLE_TFTP:
        return "TFTP";
    case CTL_ROLE_CAPF:
        return "CAPF";
    case CTL_ROLE_APP_SERVER:
        return "APP-SERVER";
    case CTL_ROLE_TVS:
        return "TVS";
    default: /* the file may hold any number */
        return NULL;
    }
}

void ctl_warn(struct err *warnings, size_t *count, enum err_kind kind, const char *fmt, ...)
{
    va_list ap;

    if (*count < CTL_WARNINGS_MAX) {
        struct err *w = &warnings[*count];
        w->kind = kind;
        va_start(ap, fmt);
        vsnprintf(w->text, sizeof w->text, fmt, ap);
        va_end(ap);
    }
    (*count)++;
}

bool bytes_equal(struct ctl_bytes a, struct ctl_bytes b)
{
    return a.at && b.at && a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static struct ctl_bytes without_zeros(struct ctl_bytes b)
{
    while (b.len && *b.at == 0) {
        b.at++;
        b.len--;
    }
    return b;
}

bool serials_equal(struct ctl_bytes a, struct ctl_bytes b)
{
    return a.at && b.at && bytes_equal(without_zeros(a), without_zeros(b));
}

const char *bytes_text(struct ctl_bytes b, char *out)
{
    return log_escape((const char *)b.at, b.len, out, TEXT_ESCAPED);
}

const char *serial_text(struct ctl_bytes serial, char *out)
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < serial.len && i < 20; i++)
        n += (size_t)snprintf(out + n, SERIAL_TEXT - n, "%s%02X", i ? ":" : "", serial.at[i]);
    return out;
}

X509 *record_certificate(const struct ctl_record *r)
{
    const uint8_t *at = r->certificate.at;

    return at ? d2i_X509(NULL, &at, (long)r->certificate.len) : NULL;
}

const char *record_fingerprint(const struct ctl_record *r, char *out)
{
    if (r->certificate.at)
        ctl_sha256(r->certificate.at, r->certificate.len, out);
    else
        memcpy(out, "none", 5);
    return out;
}

static void hex_digest(const EVP_MD *md, const uint8_t *bytes, size_t len, char *out, size_t cap)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    /* A FIPS provider refuses MD5: say so where the digest would stand. */
    if (EVP_Digest(bytes, len, digest, &n, md, NULL) == 1)
        text_hex(digest, n, out, cap);
    else
        snprintf(out, cap, "not available");
}

void ctl_md5(const uint8_t *bytes, size_t len, char out[33])
{
    hex_digest(EVP_md5(), bytes, len, out, 33);
}

void ctl_sha1(const uint8_t *bytes, size_t len, char out[41])
{
    hex_digest(EVP_sha1(), bytes, len, out, 41);
}

void ctl_sha256(const uint8_t *bytes, size_t len, char out[65])
{
    hex_digest(EVP_sha256(), bytes, len, out, 65);
}

bool ip_text_parse(struct ctl_bytes text, struct net_addr *out)
{
    char copy[NET_ADDR_TEXT];

    if (!text.at || text.len == 0 || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    if (strlen(copy) != text.len || copy[0] == '[')
        return false;
    return net_addr_parse(out, copy, 0) && out->port == 0;
}

bool is_call_manager(const struct ctl_record *r)
{
    return r->role == CTL_ROLE_CCM || r->role == CTL_ROLE_CCM_TFTP;
}

bool ctl_record_address(const struct ctl_record *r, struct net_addr *out)
{
    *out = (struct net_addr){0};
    if (r->address.len != 4 && r->address.len != 16)
        return false;
    out->family = r->address.len == 4 ? 4 : 6;
    memcpy(out->ip, r->address.at, r->address.len);
    return !net_ip_is_any(out);
}
