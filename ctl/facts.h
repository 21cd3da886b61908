/* What an operator compares of a list: with `show ctl`, with the list before it (2.2, step 12).
 * Pure. */
#ifndef CTL_FACTS_H
#define CTL_FACTS_H

#include "base/text.h"
#include "ctl/file.h"

struct ctl_facts { /* texts are printable */
    char md5[33], sha1[41];
    char made[TEXT_DATE]; /* TIMESTAMP; "no date" */
    char signer[TEXT_ESCAPED], serial[64], digest[16];
    char signer_sha256[65];        /* of the signer's certificate; "": not asked for */
    size_t bytes, records, usable; /* usable: CCM records with a certificate */
};
/* `signer` is the record that signed, as ctl_verify found it; SIZE_MAX: unknown. */
void ctl_facts_of(const struct ctl_file *f, size_t signer, struct ctl_facts *out);

#endif
