#include "ctl/verify.h"

#include "base/text.h"
#include "ctl/inside.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#define DAY_S INT64_C(86400)

struct check {
    const struct ctl_file *f, *held;
    const struct ctl_policy *p;
    struct ctl_verdict *v;
    struct file_digest digest;
    struct err *e;
};

static size_t digest_strength(uint8_t id)
{
    return id == CTL_SHA1 ? 1 : id == CTL_SHA256 ? 2 : id == CTL_SHA512 ? 3 : 0;
}

/* Step 3 */
static bool algorithms_are_known(const struct check *c)
{
    const struct ctl_header *h = &c->f->header;
    enum ctl_digest least = c->p->least ? c->p->least : CTL_SHA1;

    if (!digest_md(h->digest))
        return err_set(c->e, ERR_CTL_18,
                       "CTL is signed with digest id %u; known: 1 SHA-1, 2 SHA-256, 3 SHA-512",
                       h->digest);
    if (digest_strength(h->digest) < digest_strength((uint8_t)least))
        return err_set(c->e, ERR_CTL_18,
                       "CTL is signed with digest id %u (%s), below the configured minimum %s",
                       h->digest, digest_name(h->digest), digest_name((uint8_t)least));
    if (h->signature_algorithm != 0)
        return err_set(c->e, ERR_CTL_19, "CTL signature algorithm %u is unknown (0 = RSA)",
                       h->signature_algorithm);
    return true;
}

/* Step 4 was the parser's, but for what only strict mode refuses. */
static bool records_are_like_their_certificates(const struct check *c)
{
    if (!c->p->strict || c->f->difference.kind == ERR_NONE)
        return true;
    return err_set(c->e, c->f->difference.kind, "%s", c->f->difference.text);
}

/* --- steps 5 and 6: who signed --- */

/* The parser has seen to it that a serial number beside a certificate is the certificate's. */
static bool has_signer_serial(const struct ctl_file *f, const struct ctl_record *r)
{
    if (r->serial.at)
        return serials_equal(f->header.serial, r->serial);
    X509 *cert = record_certificate(r);
    const ASN1_INTEGER *serial = cert ? X509_get0_serialNumber(cert) : NULL;
    bool same = serial && serials_equal(f->header.serial,
                                        (struct ctl_bytes){ASN1_STRING_get0_data(serial),
                                                           (size_t)ASN1_STRING_length(serial)});
    X509_free(cert);
    return same;
}

static bool has_signer_names(const struct ctl_file *f, const struct ctl_record *r)
{
    const struct ctl_header *h = &f->header;

    return bytes_equal(h->ca_name, r->issuer) &&
           (!h->signer_name.at || bytes_equal(h->signer_name, r->subject));
}

static bool may_sign(const struct ctl_record *r)
{
    return r->role == CTL_ROLE_SAST && r->certificate.at;
}

static bool signer_is_missing(const struct check *c)
{
    const struct ctl_header *h = &c->f->header;
    char name[TEXT_ESCAPED], serial[SERIAL_TEXT];

    for (size_t i = 0; i < c->f->count; i++) {
        const struct ctl_record *r = &c->f->records[i];
        const char *role = ctl_role_words(r->role);
        if (r->role == CTL_ROLE_SAST || !has_signer_names(c->f, r) || !has_signer_serial(c->f, r))
            continue;
        return err_set(c->e, ERR_CTL_25, "CTL signer %s is in the list only as %s; it may not sign",
                       bytes_text(h->signer_name, name), role ? role : "an unknown role");
    }
    return err_set(c->e, ERR_CTL_24,
                   "CTL is signed by serial %s (%s), but no SAST record has this certificate",
                   serial_text(h->serial, serial), bytes_text(h->signer_name, name));
}

enum signed_by { NOT_RSA, WRONG_LENGTH, WRONG_SIGNATURE, SIGNED }; /* the best of several counts */

static enum signed_by try_key(const struct check *c, EVP_PKEY *key, int *key_bytes)
{
    if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
        return NOT_RSA;
    *key_bytes = EVP_PKEY_get_size(key);
    if (c->f->header.signature.len != (size_t)*key_bytes)
        return WRONG_LENGTH;
    return signature_holds(c->f, &c->digest, key) ? SIGNED : WRONG_SIGNATURE;
}

static enum signed_by try_record(const struct check *c, const struct ctl_record *r, int *key_bytes)
{
    X509 *cert = record_certificate(r);
    enum signed_by result = try_key(c, cert ? X509_get0_pubkey(cert) : NULL, key_bytes);

    X509_free(cert);
    return result;
}

static bool signature_is_wrong(const struct check *c, enum signed_by why, int key_bytes)
{
    const struct ctl_header *h = &c->f->header;
    char name[TEXT_ESCAPED];

    bytes_text(h->signer_name, name);
    switch (why) {
    case SIGNED:
        return true;
    case WRONG_LENGTH:
        return err_set(c->e, ERR_CTL_27, "CTL signature has %zu bytes, signer key needs %d",
                       h->signature.len, key_bytes);
    case NOT_RSA:
        return err_set(c->e, ERR_CTL_26,
                       "CTL signature is wrong (signer %s, digest %s): the signer's key is not RSA",
                       name, digest_name(h->digest));
    case WRONG_SIGNATURE:
        break;
    }
    return err_set(c->e, ERR_CTL_26,
                   "CTL signature is wrong (signer %s, digest %s): the file was changed or damaged",
                   name, digest_name(h->digest));
}

/* Several records may carry the signer's serial and names with different keys: the one whose key
 * made the signature is the signer. With `exact` the names must be equal byte by byte. */
static size_t find_signer(const struct check *c, bool exact, enum signed_by *result, int *key_bytes)
{
    size_t candidates = 0;

    for (size_t i = 0; i < c->f->count && *result != SIGNED; i++) {
        const struct ctl_record *r = &c->f->records[i];
        if (!may_sign(r) || !has_signer_serial(c->f, r))
            continue;
        if (exact && !has_signer_names(c->f, r))
            continue;
        candidates++;
        enum signed_by tried = try_record(c, r, key_bytes);
        if (tried > *result)
            *result = tried;
        if (tried == SIGNED)
            c->v->signer = i;
    }
    return candidates;
}

static size_t count_serial(const struct check *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->f->count; i++)
        n += may_sign(&c->f->records[i]) && has_signer_serial(c->f, &c->f->records[i]);
    return n;
}

static bool signer_signed(struct check *c)
{
    enum signed_by result = NOT_RSA;
    int key_bytes = 0;
    char name[TEXT_ESCAPED];

    if (!file_digest(c->f, &c->digest))
        return err_set(c->e, ERR_CRYPTO, "%s cannot be computed", digest_name(c->f->header.digest));
    if (find_signer(c, true, &result, &key_bytes) > 0)
        return signature_is_wrong(c, result, key_bytes);
    if (c->p->strict || count_serial(c) != 1)
        return signer_is_missing(c);
    ctl_warn(c->v->warnings, &c->v->warning_count, ERR_CTL_23,
             "CTL signer %s: the names of the header differ from those of the record with its "
             "serial number",
             bytes_text(c->f->header.signer_name, name));
    find_signer(c, false, &result, &key_bytes);
    return signature_is_wrong(c, result, key_bytes);
}

/* Step 7 */
static bool file_name_is_right(const struct check *c)
{
    struct ctl_bytes name = c->f->header.file_name;
    char text[TEXT_ESCAPED];

    if (!name.at ||
        bytes_equal(name, (struct ctl_bytes){(const uint8_t *)CTL_NAME, strlen(CTL_NAME)}))
        return true;
    bytes_text(name, text);
    return err_set(c->e, ERR_CTL_28, "the file served as %s is \"%s\"%s", CTL_NAME, text,
                   strcmp(text, "ITLFile.tlv") == 0 ? " (an ITL)" : "");
}

/* --- step 8: the trust anchor --- */

static bool pins_equal(const char *pin, const char *hex)
{
    for (; *pin; pin++) {
        if (*pin == ':' || *pin == ' ')
            continue;
        if (!*hex || tolower((unsigned char)*pin) != *hex)
            return false;
        hex++;
    }
    return *hex == '\0';
}

static bool is_pinned(const struct check *c)
{
    const char *pin = c->p->pin_sha256 ? c->p->pin_sha256 : "";
    char signer[65], file[65], shown[TEXT_ESCAPED];

    record_fingerprint(&c->f->records[c->v->signer], signer);
    ctl_sha256(c->f->bytes, c->f->len, file);
    if (pins_equal(pin, signer) || pins_equal(pin, file))
        return true;
    return err_set(c->e, ERR_CTL_30, "CTL signer %s is not the pinned one %s", signer,
                   *pin ? log_escape(pin, strlen(pin), shown, sizeof shown) : "(no pin is set)");
}

static bool first_is_refused(const struct check *c)
{
    char md5[33], sha1[41], name[TEXT_ESCAPED];

    ctl_md5(c->f->bytes, c->f->len, md5);
    ctl_sha1(c->f->bytes, c->f->len, sha1);
    return err_set(c->e, ERR_CTL_31,
                   "no trusted CTL is installed and trust on first use is off: MD5 %s, SHA-1 %s, "
                   "signer %s",
                   md5, sha1, bytes_text(c->f->header.signer_name, name));
}

static bool may_be_first(const struct check *c)
{
    switch (c->p->first) {
    case CTL_FIRST_ACCEPT:
        return true;
    case CTL_FIRST_PIN:
        return is_pinned(c);
    case CTL_FIRST_REFUSE:
        break;
    }
    return first_is_refused(c);
}

/* The signer's key must be one that the held list lets sign, and the signature is verified with the
 * held copy of it: equal names and serial numbers prove nothing. */
static bool held_key_signed(const struct check *c, const struct ctl_record *held, EVP_PKEY *signer)
{
    X509 *cert = may_sign(held) ? record_certificate(held) : NULL;
    EVP_PKEY *key = cert ? X509_get0_pubkey(cert) : NULL;
    bool ok = key && EVP_PKEY_eq(key, signer) == 1 && signature_holds(c->f, &c->digest, key);

    X509_free(cert);
    return ok;
}

static bool is_signed_by_held(const struct check *c)
{
    X509 *cert = record_certificate(&c->f->records[c->v->signer]);
    EVP_PKEY *signer = cert ? X509_get0_pubkey(cert) : NULL;
    bool found = false;

    for (size_t i = 0; signer && i < c->held->count && !found; i++)
        found = held_key_signed(c, &c->held->records[i], signer);
    X509_free(cert);
    return found;
}

static const char *date_of(const struct ctl_file *f, char *out)
{
    if (f->header.has_timestamp)
        return text_date(f->header.timestamp, out);
    memcpy(out, "no date", 8);
    return out;
}

/* The names of those who may sign, as many as fit. */
static void signers_of(const struct ctl_file *f, char *out, size_t cap)
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < f->count; i++) {
        char name[TEXT_ESCAPED];
        if (!may_sign(&f->records[i]))
            continue;
        bytes_text(f->records[i].subject, name);
        size_t need = strlen(name) + (n ? 2 : 0);
        if (n + need + 1 > cap)
            return;
        n += (size_t)snprintf(out + n, cap - n, "%s%s", n ? ", " : "", name);
    }
}

static bool signer_is_unknown(const struct check *c)
{
    const struct ctl_record *signer = &c->f->records[c->v->signer];
    char name[TEXT_ESCAPED], serial[SERIAL_TEXT], sha256[65], date[TEXT_DATE], names[140];

    signers_of(c->held, names, sizeof names);
    return err_set(c->e, ERR_CTL_32,
                   "new CTL refused: signer %.64s, serial %s, SHA-256 %s is not a SAST of the held "
                   "list of %s (held: %s); the held list stays in use",
                   bytes_text(signer->subject, name), serial_text(c->f->header.serial, serial),
                   record_fingerprint(signer, sha256), date_of(c->held, date), names);
}

static bool is_trusted(const struct check *c)
{
    const struct ctl_file *f = c->f, *held = c->held;

    if (!held)
        return may_be_first(c);
    c->v->unchanged = f->len == held->len && memcmp(f->bytes, held->bytes, f->len) == 0;
    if (c->v->unchanged || is_signed_by_held(c))
        return true;
    return signer_is_unknown(c);
}

/* --- steps 9 to 11 --- */

static bool is_rolled_back(const struct check *c)
{
    const struct ctl_file *f = c->f, *held = c->held;

    return held && f->header.has_timestamp && held->header.has_timestamp &&
           f->header.timestamp < held->header.timestamp;
}

static bool is_fresh(const struct check *c)
{
    const struct ctl_header *h = &c->f->header;
    char date[TEXT_DATE], old[TEXT_DATE];

    if (is_rolled_back(c)) {
        date_of(c->f, date);
        date_of(c->held, old);
        if (c->p->strict)
            return err_set(c->e, ERR_CTL_33, "new CTL (%s) is older than the held one (%s)", date,
                           old);
        ctl_warn(c->v->warnings, &c->v->warning_count, ERR_CTL_33,
                 "new CTL (%s) is older than the held one (%s)", date, old);
    }
    if (c->p->now_s && h->has_timestamp && h->timestamp > c->p->now_s + DAY_S)
        ctl_warn(c->v->warnings, &c->v->warning_count, ERR_CTL_DATE,
                 "CTL is dated %s, more than 24 hours from now", date_of(c->f, date));
    return true;
}

static const char *out_of_dates(const X509 *cert, int64_t now_s)
{
    time_t now = (time_t)now_s;

    if (X509_cmp_time(X509_get0_notAfter(cert), &now) < 0)
        return "has expired";
    if (X509_cmp_time(X509_get0_notBefore(cert), &now) > 0)
        return "is not yet valid";
    return NULL;
}

/* Call managers' certificates are judged when one is presented, not here. */
static void warn_of_dates(const struct check *c)
{
    for (size_t i = 0; c->p->now_s && i < c->f->count; i++) {
        const struct ctl_record *r = &c->f->records[i];
        X509 *cert = may_sign(r) ? record_certificate(r) : NULL;
        const char *what = cert ? out_of_dates(cert, c->p->now_s) : NULL;
        char dns[TEXT_ESCAPED];
        if (what)
            ctl_warn(c->v->warnings, &c->v->warning_count, ERR_CTL_DATE,
                     "CTL record %zu (%s): the certificate of this SAST %s", i + 1,
                     bytes_text(r->dns_name, dns), what);
        X509_free(cert);
    }
}

static void count_usable(const struct check *c)
{
    for (size_t i = 0; i < c->f->count; i++)
        c->v->usable += is_call_manager(&c->f->records[i]) && c->f->records[i].certificate.at;
    if (c->v->usable == 0)
        ctl_warn(c->v->warnings, &c->v->warning_count, ERR_CTL_34,
                 "CTL is valid but contains no CallManager certificate: the cluster is not in "
                 "mixed mode");
}

static void add_warnings_of_file(const struct check *c)
{
    size_t kept = c->f->warning_count < CTL_WARNINGS_MAX ? c->f->warning_count : CTL_WARNINGS_MAX;

    for (size_t i = 0; i < kept; i++)
        ctl_warn(c->v->warnings, &c->v->warning_count, c->f->warnings[i].kind, "%s",
                 c->f->warnings[i].text);
    c->v->warning_count += c->f->warning_count - kept;
}

bool ctl_verify(const struct ctl_file *f, const struct ctl_file *held, const struct ctl_policy *p,
                struct ctl_verdict *out, struct err *e)
{
    struct check c = {.f = f, .held = held, .p = p, .v = out, .e = e};

    *out = (struct ctl_verdict){0};
    if (!algorithms_are_known(&c) || !records_are_like_their_certificates(&c) ||
        !signer_signed(&c) || !file_name_is_right(&c) || !is_trusted(&c) || !is_fresh(&c))
        return false;
    warn_of_dates(&c);
    count_usable(&c);
    add_warnings_of_file(&c);
    return true;
}

void ctl_stale(const struct ctl_file *held, struct err *out)
{
    char date[TEXT_DATE], md5[33];

    ctl_md5(held->bytes, held->len, md5);
    err_set(out, ERR_CTL_37, "no new CTL could be fetched; using the held one of %s (MD5 %s)",
            date_of(held, date), md5);
}
