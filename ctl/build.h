/* Makes CTL files: right ones, and every wrong one that 1.14 names. For the lab and for tests.
 * Pure. */
#ifndef CTL_BUILD_H
#define CTL_BUILD_H

#include "base/buf.h"
#include "ctl/file.h"

#include <openssl/types.h>

struct ctl_build_record {
    uint16_t role;
    const char *dns_name;   /* NULL: no tag 2 */
    X509 *cert;             /* NULL: a record without certificate (non-secure cluster) */
    const uint8_t *address; /* NULL: no tag 10 */
    size_t address_len;
    bool no_signature_tag; /* leave tag 8 out, as the USB client does */
    enum ctl_digest hash;  /* 0: none; else tags 11 and 12 */
    bool hash_only;        /* leave tag 9 out: an ITL may hold the hash alone */
};

/* One change to one item. Everything is signed after the changes: the list is wrong, its signature
 * is right, unless the change is the signature's own. */
enum ctl_edit_kind {
    CTL_EDIT_OMIT,
    CTL_EDIT_TWICE,
    CTL_EDIT_VALUE,  /* `bytes` instead of the value */
    CTL_EDIT_LENGTH, /* `length` announced instead of the value's */
    CTL_EDIT_AFTER,  /* `bytes`, raw, behind the item */
};

struct ctl_build_edit {
    size_t record; /* 0: the header; n: the n-th record */
    uint8_t tag;
    enum ctl_edit_kind kind;
    const uint8_t *bytes;
    size_t len;
    uint16_t length;
};

struct ctl_build_faults { /* zeros: none */
    bool set_version, set_digest_id, set_signature_algorithm, set_modulus_code, set_padding;
    uint8_t version[2];
    uint8_t digest_id; /* the digest used stays `digest` */
    uint8_t signature_algorithm, modulus_code;
    size_t padding;
    /* Outer header tags behind HEADERLENGTH; 13 is the place of the whole padding. NULL: CUCM's. */
    const uint8_t *header_order;
    size_t header_order_len;
    const uint8_t *record_order; /* tags behind RECORDLENGTH; NULL: CUCM's */
    size_t record_order_len;
    bool signer_version; /* tag 28 behind HEADERLENGTH, as certutils writes it */
    uint8_t signer_version_value[2];
    int header_length_off; /* added to the right HEADERLENGTH */
    size_t record_off;     /* the record whose RECORDLENGTH is off; 0: none */
    int record_length_off;
    int signature_len_off; /* below 0: cut; above: zeros behind it */
    const struct ctl_build_edit *edits;
    size_t edit_count;
    const uint8_t *trailing; /* behind the last record */
    size_t trailing_len;
};

struct ctl_build {
    const struct ctl_build_record *records;
    size_t count;
    X509 *signer;  /* header names it: one that is no record makes a foreign signer */
    EVP_PKEY *key; /* signs: one that is not the signer's makes a look-alike */
    enum ctl_digest digest;
    uint32_t timestamp;
    const char *file_name;                 /* NULL: CTLFile.tlv; "": tag left out */
    const struct ctl_build_faults *faults; /* NULL: a right file */
};

/* Signed file into `out`. Deterministic for equal input. */
bool ctl_build(const struct ctl_build *b, struct buf *out, struct err *e) MUST_USE;

#endif
