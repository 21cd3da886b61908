#include "tls/issue.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define FIVE_YEARS_S (INT64_C(5) * 365 * 86400)

struct extension {
    int nid;
    const char *value;
};

/* Order and values as in the certificates that were seen (5.1, 1.13): do not sort. */
static const struct extension root_extensions[] = {
    {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
    {NID_subject_key_identifier, "hash"},
    {NID_key_usage, "digitalSignature,keyEncipherment,keyAgreement,keyCertSign"},
    {0, NULL},
};
static const struct extension port_extensions[] = {
    {NID_key_usage, "digitalSignature,keyEncipherment,keyAgreement"},
    {NID_ext_key_usage, "serverAuth,clientAuth"},
    {NID_subject_key_identifier, "hash"},
    {0, NULL},
};
static const struct extension node_extensions[] = {
    {NID_key_usage, "digitalSignature,keyEncipherment,dataEncipherment,keyCertSign"},
    {NID_ext_key_usage, "serverAuth,clientAuth,1.3.6.1.5.5.7.3.5"}, /* the last: ipsecEndSystem */
    {NID_subject_key_identifier, "hash"},
    {0, NULL},
};

static bool crypto_failed(struct err *e, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    err_set(e, ERR_CRYPTO, "%s: %s", what, reason ? reason : "refused");
    ERR_clear_error();
    return false;
}

EVP_PKEY *issue_key(unsigned bits, struct err *e)
{
    EVP_PKEY *key = EVP_RSA_gen(bits);

    if (!key)
        crypto_failed(e, "an RSA key cannot be made");
    return key;
}

EVP_PKEY *issue_ec_key(const char *curve, struct err *e)
{
    EVP_PKEY *key = EVP_EC_gen(curve);

    if (!key)
        crypto_failed(e, "an EC key cannot be made");
    return key;
}

/* A version 4 UUID (RFC 4122): CUC uses one as the guid of its name and another as serial number.
 */
static bool random_uuid(uint8_t out[16])
{
    if (RAND_bytes(out, 16) != 1)
        return false;
    out[6] = (uint8_t)((out[6] & 0x0f) | 0x40);
    out[8] = (uint8_t)((out[8] & 0x3f) | 0x80);
    return true;
}

static bool set_serial(X509 *cert, const uint8_t bytes[16])
{
    BIGNUM *number = BN_bin2bn(bytes, 16, NULL);
    bool ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));

    BN_free(number);
    return ok;
}

static bool set_dates(X509 *cert, int64_t from_s, int64_t to_s)
{
    return ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)from_s) &&
           ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)to_s);
}

static bool add_name(X509_NAME *name, int nid, const char *value)
{
    /* Countries are PrintableString by X.520, all else UTF8String as in the certificates seen. */
    int type = nid == NID_countryName ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING;

    return !value ||
           X509_NAME_add_entry_by_NID(name, nid, type, (const unsigned char *)value, -1, -1, 0);
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
    X509V3_CTX ctx;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *x = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool ok = x && X509_add_ext(cert, x, -1);
    X509_EXTENSION_free(x);
    return ok;
}

static bool add_extensions(X509 *cert, const struct extension *list)
{
    for (; list->nid; list++)
        if (!add_extension(cert, list->nid, list->value))
            return false;
    return true;
}

static const EVP_MD *digest_of(bool sha1)
{
    return sha1 ? EVP_sha1() : EVP_sha256();
}

/* Frees the certificate when it did not become one. */
static X509 *finish(X509 *cert, bool ok, EVP_PKEY *signer, bool sha1, const char *what,
                    struct err *e)
{
    if (ok && X509_sign(cert, signer, digest_of(sha1)))
        return cert;
    crypto_failed(e, what);
    X509_free(cert);
    return NULL;
}

X509 *issue_root(EVP_PKEY *key, bool legacy, int64_t now_s, struct err *e)
{
    X509 *cert = X509_new();
    uint8_t g[16], serial[16];
    char cn[64];

    bool ok = cert && random_uuid(g) && random_uuid(serial);
    if (ok)
        snprintf(cn, sizeof cn,
                 "CiscoUnity-%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                 g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8], g[9], g[10], g[11], g[12],
                 g[13], g[14], g[15]);
    int64_t from_s = now_s - ISSUE_BACK_DATE_S;
    ok = ok && X509_set_version(cert, X509_VERSION_3) && set_serial(cert, serial) &&
         set_dates(cert, from_s, from_s + ISSUE_VALID_S) &&
         add_name(X509_get_subject_name(cert), NID_commonName, cn) &&
         X509_set_issuer_name(cert, X509_get_subject_name(cert)) && X509_set_pubkey(cert, key) &&
         add_extensions(cert, root_extensions);
    return finish(cert, ok, key, legacy, "the root certificate cannot be made", e);
}

X509 *issue_port(const X509 *root, EVP_PKEY *root_key, EVP_PKEY *key, const char *name, bool legacy,
                 int64_t now_s, struct err *e)
{
    X509 *cert = X509_new();
    uint8_t serial[16];
    int64_t from_s = now_s - ISSUE_BACK_DATE_S;

    bool ok = cert && random_uuid(serial) && X509_set_version(cert, X509_VERSION_3) &&
              set_serial(cert, serial) && set_dates(cert, from_s, from_s + ISSUE_VALID_S) &&
              add_name(X509_get_subject_name(cert), NID_commonName, name) &&
              X509_set_issuer_name(cert, X509_get_subject_name(root)) &&
              X509_set_pubkey(cert, key) && add_extensions(cert, port_extensions);
    return finish(cert, ok, root_key, legacy, "a port certificate cannot be made", e);
}

/* ---- CUCM's --------------------------------------------------------------------------- */

static bool is_address(const char *text)
{
    ASN1_OCTET_STRING *ip = a2i_IPADDRESS(text);

    ERR_clear_error();
    ASN1_OCTET_STRING_free(ip);
    return ip != NULL;
}

/* "DNS:a,IP:1.2.3.4" would be OpenSSL's words for it; a name with a comma would then say more than
 * one name, so the list is made of values. */
static bool add_san(GENERAL_NAMES *names, const char *text)
{
    GENERAL_NAME *name =
        a2i_GENERAL_NAME(NULL, NULL, NULL, is_address(text) ? GEN_IPADD : GEN_DNS, text, 0);

    if (name && sk_GENERAL_NAME_push(names, name))
        return true;
    GENERAL_NAME_free(name);
    return false;
}

static bool add_sans(X509 *cert, const char *const *sans)
{
    if (!sans || !sans[0])
        return true;
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    bool ok = names != NULL;
    for (size_t i = 0; ok && sans[i]; i++)
        ok = add_san(names, sans[i]);
    ok = ok && X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, X509V3_ADD_APPEND);
    GENERAL_NAMES_free(names);
    return ok;
}

/* Subjects of CallManager certificates stand in this order (1.13). */
static bool set_node_name(X509 *cert, const struct tls_node_spec *s)
{
    X509_NAME *n = X509_get_subject_name(cert);

    return add_name(n, NID_countryName, s->country) &&
           add_name(n, NID_organizationName, s->organization) &&
           add_name(n, NID_organizationalUnitName, s->unit) && add_name(n, NID_commonName, s->cn) &&
           add_name(n, NID_stateOrProvinceName, s->state) &&
           add_name(n, NID_localityName, s->locality) && X509_set_issuer_name(cert, n);
}

X509 *issue_node(const struct tls_node_spec *spec, EVP_PKEY *key, int64_t now_s, struct err *e)
{
    X509 *cert = X509_new();
    uint8_t serial[16];
    int64_t from_s = spec->not_before_s ? spec->not_before_s : now_s - ISSUE_BACK_DATE_S;
    int64_t to_s = spec->not_after_s ? spec->not_after_s : from_s + FIVE_YEARS_S;

    bool ok = cert && RAND_bytes(serial, sizeof serial) == 1;
    if (spec->serial)
        memcpy(serial, spec->serial, sizeof serial);
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); /* exactly 16 bytes in DER, as CUCM's */
    ok = ok && X509_set_version(cert, X509_VERSION_3) && set_serial(cert, serial) &&
         set_dates(cert, from_s, to_s) && set_node_name(cert, spec) && X509_set_pubkey(cert, key) &&
         add_extensions(cert, node_extensions) && add_sans(cert, spec->sans);
    return finish(cert, ok, key, spec->sha1, "a CallManager certificate cannot be made", e);
}
