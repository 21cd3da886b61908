#include "ctl/build.h"

#include "ctl/inside.h"
#include "ctl/names.h"
#include "ctl/tlv.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#define NAME_MAX_BYTES 2048

/* Writing goes on after a failure and changes nothing: `ok` is looked at where it matters. */
struct builder {
    const struct ctl_build *b;
    const struct ctl_build_faults *faults;
    struct buf *to;
    size_t record; /* whose items are written; 0: the header's */
    size_t padding;
    size_t signature_at, signature_len; /* in `to` */
    bool ok;
    struct err *e;
};

static void put_raw(struct builder *w, const void *bytes, size_t len)
{
    if (w->ok && len)
        w->ok = buf_add(w->to, bytes, len, w->e);
}

static const struct ctl_build_edit *edit_of(const struct builder *w, uint8_t tag,
                                            enum ctl_edit_kind kind)
{
    for (size_t i = 0; i < w->faults->edit_count; i++) {
        const struct ctl_build_edit *edit = &w->faults->edits[i];
        if (edit->record == w->record && edit->tag == tag && edit->kind == kind)
            return edit;
    }
    return NULL;
}

static void put_head(struct builder *w, uint8_t tag, size_t len)
{
    if (len > UINT16_MAX && w->ok)
        w->ok = err_set(w->e, ERR_LIMIT, "CTL tag %u would have %zu bytes, limit is %d", tag, len,
                        UINT16_MAX);
    put_raw(w, (uint8_t[]){tag, (uint8_t)(len >> 8), (uint8_t)len}, TLV_HEAD);
}

static void put_item(struct builder *w, uint8_t tag, const void *value, size_t len)
{
    const struct ctl_build_edit *other = edit_of(w, tag, CTL_EDIT_VALUE);
    const struct ctl_build_edit *length = edit_of(w, tag, CTL_EDIT_LENGTH);
    const struct ctl_build_edit *after = edit_of(w, tag, CTL_EDIT_AFTER);
    int times = edit_of(w, tag, CTL_EDIT_OMIT) ? 0 : edit_of(w, tag, CTL_EDIT_TWICE) ? 2 : 1;

    if (other) {
        value = other->bytes;
        len = other->len;
    }
    for (int i = 0; i < times; i++) {
        put_head(w, tag, length ? length->length : len);
        put_raw(w, value, len);
    }
    if (after)
        put_raw(w, after->bytes, after->len);
}

static void put_u8(struct builder *w, uint8_t tag, uint8_t v)
{
    put_item(w, tag, &v, 1);
}

static void put_u16(struct builder *w, uint8_t tag, size_t v)
{
    put_item(w, tag, (uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

static void put_string(struct builder *w, uint8_t tag, const char *text)
{
    put_item(w, tag, text, strlen(text) + 1);
}

static void put_name(struct builder *w, uint8_t tag, const X509_NAME *name)
{
    char text[NAME_MAX_BYTES];

    if (name_text(name, text, sizeof text) == 0)
        text[0] = '\0';
    put_string(w, tag, text);
}

static void put_asn1(struct builder *w, uint8_t tag, const ASN1_STRING *s)
{
    put_item(w, tag, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

/* Writes with `put` into a buffer of its own, then that as the value of `tag`. */
static void put_container(struct builder *w, uint8_t tag, void (*put)(struct builder *w))
{
    struct buf inside = {0}, *outside = w->to;

    w->to = &inside;
    put(w);
    w->to = outside;
    put_item(w, tag, inside.at, inside.len);
    buf_free(&inside);
}

/* --- header --- */

static void put_signer_id(struct builder *w)
{
    X509 *signer = w->b->signer;

    put_name(w, HEADER_SIGNER_NAME, X509_get_subject_name(signer));
    put_asn1(w, HEADER_SERIAL, X509_get0_serialNumber(signer));
    put_name(w, HEADER_CA_NAME, X509_get_issuer_name(signer));
}

/* 0 = 512 bits, 1 = 1024, 2 = 2048, 3 = 4096; for others the next below. */
static uint8_t modulus_code(const struct builder *w)
{
    int bytes = EVP_PKEY_get_size(w->b->key);

    if (w->faults->set_modulus_code)
        return w->faults->modulus_code;
    return bytes >= 512 ? 3 : bytes >= 256 ? 2 : bytes >= 128 ? 1 : 0;
}

static void put_algorithm_info(struct builder *w)
{
    const struct ctl_build_faults *f = w->faults;

    put_u8(w, HEADER_SIGNATURE_ALGORITHM, f->set_signature_algorithm ? f->signature_algorithm : 0);
    put_u8(w, HEADER_MODULUS, modulus_code(w));
}

static void put_signature_info(struct builder *w)
{
    const struct ctl_build_faults *f = w->faults;

    put_u8(w, HEADER_DIGEST, f->set_digest_id ? f->digest_id : (uint8_t)w->b->digest);
    put_container(w, HEADER_SIGNATURE_ALGO_INFO, put_algorithm_info);
}

/* Room for the signature, which is made when everything else stands. */
static void put_signature_room(struct builder *w)
{
    static const uint8_t zeros[2048];
    int len = EVP_PKEY_get_size(w->b->key) + w->faults->signature_len_off;

    if (len < 0 || (size_t)len > sizeof zeros) {
        if (w->ok)
            w->ok = err_set(w->e, ERR_LIMIT, "a signature of %d bytes cannot be written", len);
        return;
    }
    w->signature_at = w->to->len;
    w->signature_len = (size_t)len;
    put_item(w, HEADER_SIGNATURE, zeros, (size_t)len);
}

static void put_file_name(struct builder *w)
{
    const char *name = w->b->file_name ? w->b->file_name : CTL_NAME;

    if (*name)
        put_string(w, HEADER_FILE_NAME, name);
}

static void put_timestamp(struct builder *w)
{
    uint32_t t = w->b->timestamp;

    put_item(w, HEADER_TIMESTAMP,
             (uint8_t[]){(uint8_t)(t >> 24), (uint8_t)(t >> 16), (uint8_t)(t >> 8), (uint8_t)t}, 4);
}

static void put_header_item(struct builder *w, uint8_t tag)
{
    switch (tag) {
    case HEADER_SIGNER_ID:
        put_container(w, tag, put_signer_id);
        break;
    case HEADER_SIGNATURE_INFO:
        put_container(w, tag, put_signature_info);
        break;
    case HEADER_SIGNATURE:
        put_signature_room(w);
        break;
    case HEADER_PADDING:
        for (size_t i = 0; i < w->padding; i++)
            put_raw(w, &tag, 1);
        break;
    case HEADER_FILE_NAME:
        put_file_name(w);
        break;
    case HEADER_TIMESTAMP:
        put_timestamp(w);
        break;
    default: /* an order may name what only an edit can write */
        break;
    }
}

static void put_header_body(struct builder *w)
{
    static const uint8_t usual[] = {HEADER_SIGNER_ID, HEADER_SIGNATURE_INFO, HEADER_SIGNATURE,
                                    HEADER_FILE_NAME, HEADER_TIMESTAMP,      HEADER_PADDING};
    const uint8_t *order = w->faults->header_order ? w->faults->header_order : usual;
    size_t n = w->faults->header_order ? w->faults->header_order_len : sizeof usual;

    if (w->faults->signer_version)
        put_item(w, HEADER_SIGNER_VERSION, w->faults->signer_version_value, 2);
    for (size_t i = 0; i < n; i++)
        put_header_item(w, order[i]);
}

/* Padding brings the header to a multiple of 4; its place is part of the order, so the header is
 * laid out once without it to learn the length. */
static size_t header_body_length(struct builder *w)
{
    struct buf scratch = {0}, *outside = w->to;

    w->to = &scratch;
    w->padding = 0;
    put_header_body(w);
    w->to = outside;
    size_t len = scratch.len;
    buf_free(&scratch);
    w->padding = w->faults->set_padding ? w->faults->padding : (4 - (HEADER_HEAD + len) % 4) % 4;
    return len + w->padding;
}

static void put_header(struct builder *w)
{
    static const uint8_t usual_version[2] = {1, 2};
    size_t length = HEADER_HEAD + header_body_length(w);

    put_item(w, HEADER_VERSION, w->faults->set_version ? w->faults->version : usual_version, 2);
    put_u16(w, HEADER_LENGTH, length + (size_t)w->faults->header_length_off);
    put_header_body(w);
}

/* --- records --- */

static void put_certificate(struct builder *w, const struct ctl_build_record *r)
{
    uint8_t *der = NULL;
    int len = i2d_X509(r->cert, &der);

    if (len < 0)
        w->ok = err_set(w->e, ERR_CRYPTO, "the certificate of CTL record %zu cannot be written",
                        w->record);
    else
        put_item(w, RECORD_CERTIFICATE, der, (size_t)len);
    OPENSSL_free(der);
}

static void put_certificate_hash(struct builder *w, const struct ctl_build_record *r)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (X509_digest(r->cert, digest_md((uint8_t)r->hash), hash, &len) == 1)
        put_item(w, RECORD_CERT_HASH, hash, len);
    else
        w->ok = err_set(w->e, ERR_CRYPTO, "no hash %d for CTL record %zu", (int)r->hash, w->record);
}

static void put_cert_signature(struct builder *w, const struct ctl_build_record *r)
{
    const ASN1_BIT_STRING *signature = NULL;

    X509_get0_signature(&signature, NULL, r->cert);
    put_asn1(w, RECORD_SIGNATURE, signature);
}

static void put_item_of_certificate(struct builder *w, const struct ctl_build_record *r,
                                    uint8_t tag)
{
    switch (tag) {
    case RECORD_SUBJECT:
        put_name(w, tag, X509_get_subject_name(r->cert));
        break;
    case RECORD_ISSUER:
        put_name(w, tag, X509_get_issuer_name(r->cert));
        break;
    case RECORD_SERIAL:
        put_asn1(w, tag, X509_get0_serialNumber(r->cert));
        break;
    case RECORD_PUBLIC_KEY:
        put_asn1(w, tag, X509_get0_pubkey_bitstr(r->cert));
        break;
    case RECORD_SIGNATURE:
        if (!r->no_signature_tag)
            put_cert_signature(w, r);
        break;
    case RECORD_CERTIFICATE:
        if (!r->hash_only)
            put_certificate(w, r);
        break;
    case RECORD_CERT_HASH:
        if (r->hash)
            put_certificate_hash(w, r);
        break;
    case RECORD_HASH_ALGORITHM:
        if (r->hash)
            put_u8(w, tag, (uint8_t)r->hash);
        break;
    default:
        break;
    }
}

static void put_record_item(struct builder *w, const struct ctl_build_record *r, uint8_t tag)
{
    if (tag == RECORD_FUNCTION)
        put_u16(w, tag, r->role);
    else if (tag == RECORD_DNS_NAME && r->dns_name)
        put_string(w, tag, r->dns_name);
    else if (tag == RECORD_IP_ADDRESS && r->address)
        put_item(w, tag, r->address, r->address_len);
    else if (r->cert)
        put_item_of_certificate(w, r, tag);
}

static void put_record_body(struct builder *w, const struct ctl_build_record *r)
{
    static const uint8_t usual[] = {
        RECORD_DNS_NAME,   RECORD_SUBJECT,    RECORD_FUNCTION,       RECORD_ISSUER,
        RECORD_SERIAL,     RECORD_PUBLIC_KEY, RECORD_SIGNATURE,      RECORD_CERTIFICATE,
        RECORD_IP_ADDRESS, RECORD_CERT_HASH,  RECORD_HASH_ALGORITHM,
    };
    const uint8_t *order = w->faults->record_order ? w->faults->record_order : usual;
    size_t n = w->faults->record_order ? w->faults->record_order_len : sizeof usual;

    for (size_t i = 0; i < n; i++)
        put_record_item(w, r, order[i]);
}

static void put_record(struct builder *w, const struct ctl_build_record *r)
{
    struct buf body = {0}, *outside = w->to;

    w->to = &body;
    put_record_body(w, r);
    w->to = outside;
    size_t length = RECORD_HEAD + body.len;
    if (length > UINT16_MAX && w->ok)
        w->ok = err_set(w->e, ERR_LIMIT, "CTL record %zu would have %zu bytes, limit is %d",
                        w->record, length, UINT16_MAX);
    if (w->faults->record_off == w->record)
        length += (size_t)w->faults->record_length_off;
    put_u16(w, RECORD_LENGTH, length);
    put_raw(w, body.at, body.len);
    buf_free(&body);
}

/* --- signature --- */

static bool sign(const struct builder *w, uint8_t *out, size_t *len)
{
    const EVP_MD *md = digest_md((uint8_t)w->b->digest);
    size_t behind = w->signature_at + TLV_HEAD + w->signature_len;
    const struct buf *to = w->to;
    EVP_MD_CTX *ctx = md ? EVP_MD_CTX_new() : NULL;
    bool ok = ctx && EVP_DigestSignInit(ctx, NULL, md, NULL, w->b->key) == 1 &&
              EVP_DigestSignUpdate(ctx, to->at, w->signature_at) == 1 &&
              EVP_DigestSignUpdate(ctx, to->at + behind, to->len - behind) == 1 &&
              EVP_DigestSignFinal(ctx, out, len) == 1;

    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}

static bool put_signature(struct builder *w)
{
    uint8_t signature[2048];
    size_t len = sizeof signature;

    if (edit_of(w, HEADER_SIGNATURE, CTL_EDIT_OMIT) || edit_of(w, HEADER_SIGNATURE, CTL_EDIT_VALUE))
        return true;
    if (w->signature_at == 0)
        return true; /* the order leaves it out */
    if (!sign(w, signature, &len))
        return err_set(w->e, ERR_CRYPTO, "the CTL cannot be signed with %s",
                       digest_name((uint8_t)w->b->digest));
    if (len > w->signature_len)
        len = w->signature_len;
    memcpy(w->to->at + w->signature_at + TLV_HEAD, signature, len);
    return true;
}

bool ctl_build(const struct ctl_build *b, struct buf *out, struct err *e)
{
    static const struct ctl_build_faults none;
    struct builder w = {
        .b = b, .faults = b->faults ? b->faults : &none, .to = out, .ok = true, .e = e};

    if (EVP_PKEY_get_base_id(b->key) != EVP_PKEY_RSA)
        return err_set(e, ERR_CRYPTO, "a CTL can only be signed with an RSA key");
    buf_drop(out, out->len);
    put_header(&w);
    for (size_t i = 0; i < b->count; i++) {
        w.record = i + 1;
        put_record(&w, &b->records[i]);
    }
    w.record = 0;
    put_raw(&w, w.faults->trailing, w.faults->trailing_len);
    return w.ok && put_signature(&w);
}
