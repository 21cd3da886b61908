/* The lists of the fault menu: what CTLFile.tlv becomes while a fault of the group `ctl` is on.
 * Pure. */
#ifndef LABCM_LISTS_H
#define LABCM_LISTS_H

#include "ctl/build.h"
#include "tools/labcm/faults.h"

/* What can sign besides the node's own signer. */
struct list_makings {
    X509 *capf;
    EVP_PKEY *capf_key;
    X509 *stranger; /* the signer's names, another key */
    EVP_PKEY *stranger_key;
    X509 *twin; /* the signer's serial number too */
    EVP_PKEY *twin_key;
};

/* The list `b` describes, wrong as `fault` says (FAULT_NONE: right), into `out`. */
bool list_build(const struct ctl_build *b, const struct list_makings *with, enum fault_id fault,
                struct buf *out, struct err *e) MUST_USE;
/* Signed rightly, and damaged afterwards. */
bool list_is_damaged(enum fault_id fault);

#endif
