#include "tools/labcm/lists.h"

#include <string.h>

#define OLD_S   86400 /* a list of the day before */
#define RECORDS 16
#define ONE_BIT 0x01

/* ---- before signing: the list is wrong, its signature is right ---------------------------------
 */

/* The stranger signs, and his record stands in place of the signer's: a list in itself right. */
static bool strangers_list(const struct ctl_build *b, const struct list_makings *with,
                           struct buf *out, struct err *e)
{
    struct ctl_build_record records[RECORDS];
    struct ctl_build theirs = *b;

    if (b->count > RECORDS)
        return err_set(e, ERR_LIMIT, "%zu records", b->count);
    memcpy(records, b->records, b->count * sizeof *records);
    for (size_t i = 0; i < b->count; i++)
        if (records[i].cert == b->signer)
            records[i].cert = with->stranger;
    theirs.records = records;
    theirs.signer = with->stranger;
    theirs.key = with->stranger_key;
    return ctl_build(&theirs, out, e);
}

static bool build_wrong(const struct ctl_build *b, const struct list_makings *with,
                        enum fault_id fault, struct buf *out, struct err *e)
{
    const struct ctl_build_faults long_header = {.header_length_off = 1};
    struct ctl_build wrong = *b;

    if (fault == FAULT_CTL_UNKNOWN_SIGNER)
        return strangers_list(b, with, out, e);
    if (fault == FAULT_CTL_HEADER_LENGTH)
        wrong.faults = &long_header;
    if (fault == FAULT_CTL_LOOK_ALIKE)
        wrong.key = with->stranger_key;
    if (fault == FAULT_CTL_OLD)
        wrong.timestamp -= OLD_S;
    if (fault == FAULT_CTL_EMPTY)
        wrong.count = 0;
    if (fault == FAULT_CTL_SHA512)
        wrong.digest = CTL_SHA512;
    if (fault == FAULT_CTL_SIGNER_CAPF) {
        wrong.signer = with->capf;
        wrong.key = with->capf_key;
    }
    if (fault == FAULT_CTL_SIGNER_NOT_LISTED) {
        wrong.signer = with->stranger;
        wrong.key = with->stranger_key;
    }
    return ctl_build(&wrong, out, e);
}

/* ---- after signing -----------------------------------------------------------------------------
 */

#define TIMESTAMP_TAG 15

static void flip(struct buf *list, const uint8_t *parsed, const uint8_t *at)
{
    list->at[at - parsed] ^= ONE_BIT;
}

/* The time stamp's value follows its tag and length behind the signature and the file's name. */
static const uint8_t *timestamp_in(const struct ctl_file *f)
{
    const uint8_t *at = f->header.signature.at + f->header.signature.len;

    for (; at < f->bytes + f->header.length - 6; at++)
        if (at[0] == TIMESTAMP_TAG && at[1] == 0 && at[2] == 4)
            return at + 3 + 3;
    return NULL;
}

static bool flip_bit(struct buf *list, enum fault_id fault, struct err *e)
{
    struct ctl_file *f = ctl_parse(list->at, list->len, e);
    const uint8_t *at = NULL;

    if (!f)
        return false;
    if (fault == FAULT_CTL_BIT_SIGNATURE)
        at = f->header.signature.at + f->header.signature.len / 2;
    else if (fault == FAULT_CTL_BIT_RECORD)
        at = f->records[f->count - 1].address.at;
    else
        at = timestamp_in(f);
    if (at)
        flip(list, f->bytes, at);
    ctl_free(f);
    return at || err_set(e, ERR_FORMAT, "the list has no such part");
}

bool list_build(const struct ctl_build *b, const struct list_makings *with, enum fault_id fault,
                struct buf *out, struct err *e)
{
    if (!build_wrong(b, with, fault, out, e))
        return false;
    if (fault == FAULT_CTL_CUT)
        out->len -= out->len / 4;
    if (fault == FAULT_CTL_BIT_HEADER || fault == FAULT_CTL_BIT_RECORD ||
        fault == FAULT_CTL_BIT_SIGNATURE)
        return flip_bit(out, fault, e);
    return true;
}
