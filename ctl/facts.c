#include "ctl/facts.h"

#include "ctl/inside.h"

#include <stdio.h>

void ctl_facts_of(const struct ctl_file *f, size_t signer, struct ctl_facts *out)
{
    *out = (struct ctl_facts){.made = "no date", .bytes = f->len, .records = f->count};
    ctl_md5(f->bytes, f->len, out->md5);
    ctl_sha1(f->bytes, f->len, out->sha1);
    if (f->header.has_timestamp)
        text_date(f->header.timestamp, out->made);
    bytes_text(f->header.signer_name, out->signer);
    serial_text(f->header.serial, out->serial);
    snprintf(out->digest, sizeof out->digest, "%s", digest_name(f->header.digest));
    if (signer < f->count)
        record_fingerprint(&f->records[signer], out->signer_sha256);
    for (size_t i = 0; i < f->count; i++)
        out->usable += is_call_manager(&f->records[i]) && f->records[i].certificate.at;
}
