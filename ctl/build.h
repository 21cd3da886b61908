/* Makes CTL files: right ones, and every wrong one that 1.14 names. For the lab and for tests. */
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
};

struct ctl_build {
    const struct ctl_build_record *records;
    size_t count;
    X509 *signer;  /* header names it */
    EVP_PKEY *key; /* signs */
    enum ctl_digest digest;
    uint32_t timestamp;
    const char *file_name;                 /* NULL: CTLFile.tlv; "": tag left out */
    const struct ctl_build_faults *faults; /* NULL: a right file */
};

/* Signed file into `out`. Deterministic for equal input. */
bool ctl_build(const struct ctl_build *b, struct buf *out, struct err *e) MUST_USE;

#endif
