/* Lists for the tests of ctl: the worked example of Appendix A, and keys and certificates to make
 * others of. */
#ifndef TEST_CTL_FIXTURE_H
#define TEST_CTL_FIXTURE_H

#include "check.h"
#include "ctl/build.h"
#include "ctl/verify.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#define EXAMPLE_TIME 1768435200 /* 2026-01-15 00:00:00 UTC */
#define NOW_S        (EXAMPLE_TIME + 3600)

static uint8_t example[4096];
static size_t example_len;
static X509 *example_cert;
static EVP_PKEY *example_key;

static inline FILE *fixture_open(const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", TEST_DATA, name);
    FILE *f = fopen(path, "r");
    CHECK(f, "%s", path);
    return f;
}

static inline int fixture_load(void **state)
{
    (void)state;
    example_len = check_read_hex("ctl_appendix_a.hex", example, sizeof example);
    FILE *f = fixture_open("ctl_appendix_a.cert.pem");
    example_cert = PEM_read_X509(f, NULL, NULL, NULL);
    fclose(f);
    f = fixture_open("ctl_appendix_a.key.pem");
    example_key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    return example_cert && example_key && example_len == 2637 ? 0 : -1;
}

static inline int fixture_unload(void **state)
{
    (void)state;
    X509_free(example_cert);
    EVP_PKEY_free(example_key);
    return 0;
}

struct cert_spec {
    const char *cn;
    uint8_t serial;           /* of a number of 16 equal bytes */
    const char *san;          /* "DNS:a,IP:1.2.3.4"; NULL: none */
    int64_t from_s, to_s;     /* 0: 2020 to 2040 */
    const char *organization; /* NULL: Example */
};

static inline void cert_name(X509_NAME *name, const struct cert_spec *s)
{
    const char *o = s->organization ? s->organization : "Example";

    X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC, (const uint8_t *)"JP", -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const uint8_t *)o, -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)s->cn, -1, -1, 0);
}

static inline X509 *cert_make(EVP_PKEY *key, const struct cert_spec *s)
{
    uint8_t serial[16];
    X509 *x = X509_new();
    BIGNUM *n = BN_new();

    memset(serial, s->serial, sizeof serial);
    X509_set_version(x, X509_VERSION_3);
    BN_to_ASN1_INTEGER(BN_bin2bn(serial, sizeof serial, n), X509_get_serialNumber(x));
    BN_free(n);
    ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(s->from_s ? s->from_s : 1577836800));
    ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(s->to_s ? s->to_s : 2208988800));
    cert_name(X509_get_subject_name(x), s);
    cert_name(X509_get_issuer_name(x), s);
    X509_set_pubkey(x, key);
    if (s->san) {
        X509_EXTENSION *ext = X509V3_EXT_nconf_nid(NULL, NULL, NID_subject_alt_name, s->san);
        X509_add_ext(x, ext, -1);
        X509_EXTENSION_free(ext);
    }
    CHECK(X509_sign(x, key, EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA ? EVP_sha1() : EVP_sha256()),
          "sign");
    return x;
}

/* The worked example as the builder is told it. */
static const uint8_t example_ip[2][4] = {{192, 0, 2, 10}, {192, 0, 2, 11}};

static inline void example_records(struct ctl_build_record r[3])
{
    r[0] = (struct ctl_build_record){
        CTL_ROLE_SAST, "cucm1.lab.test", example_cert, example_ip[0], 4, false, 0, false};
    r[1] = r[0];
    r[1].role = CTL_ROLE_CCM_TFTP;
    r[2] = (struct ctl_build_record){
        CTL_ROLE_CCM_TFTP, "192.0.2.11", NULL, example_ip[1], 4, false, 0, false};
}

static inline struct ctl_build example_build(const struct ctl_build_record *records, size_t count)
{
    return (struct ctl_build){.records = records,
                              .count = count,
                              .signer = example_cert,
                              .key = example_key,
                              .digest = CTL_SHA1,
                              .timestamp = EXAMPLE_TIME};
}

static inline struct ctl_file *build_and_parse(const struct ctl_build *b, struct err *e)
{
    struct buf out = {0};
    bool built = ctl_build(b, &out, e);

    CHECK(built, "build: %s", e->text);
    struct ctl_file *f = ctl_parse(out.at, out.len, e);
    buf_free(&out);
    return f;
}

/* The example with faults: parsed; NULL with e set. */
static inline struct ctl_file *example_with(const struct ctl_build_faults *faults, struct err *e)
{
    struct ctl_build_record r[3];

    example_records(r);
    struct ctl_build b = example_build(r, 3);
    b.faults = faults;
    return build_and_parse(&b, e);
}

static inline struct ctl_file *example_edited(const struct ctl_build_edit *edits, size_t count,
                                              struct err *e)
{
    return example_with(&(struct ctl_build_faults){.edits = edits, .edit_count = count}, e);
}

static inline bool has_warning(const struct err *warnings, size_t count, enum err_kind kind,
                               const char *part)
{
    for (size_t i = 0; i < count && i < CTL_WARNINGS_MAX; i++)
        if (warnings[i].kind == kind && strstr(warnings[i].text, part))
            return true;
    return false;
}

#endif
