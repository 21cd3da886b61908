#include "tools/labcm/lists.h"

#include "ctl/tlv.h"

#include <string.h>

#define OLD_S    86400 /* a list of the day before */
#define RECORDS  16
#define ONE_BIT  0x01
#define HIGH_BIT 0x40 /* of a length: far too long, whatever it was */

/* ---- before signing: the list is wrong, its signature is right ---------------------------- */

static bool copy_records(const struct ctl_build *b, struct ctl_build_record *records, struct err *e)
{
    if (b->count >= RECORDS)
        return err_set(e, ERR_LIMIT, "%zu records", b->count);
    memcpy(records, b->records, b->count * sizeof *records);
    return true;
}

/* Somebody else signs, and his record stands in place of the signer's: a list in itself right. */
static bool strangers_list(const struct ctl_build *b, X509 *who, EVP_PKEY *key, struct buf *out,
                           struct err *e)
{
    struct ctl_build_record records[RECORDS];
    struct ctl_build theirs = *b;

    if (!copy_records(b, records, e))
        return false;
    for (size_t i = 0; i < b->count; i++)
        if (records[i].cert == b->signer)
            records[i].cert = who;
    theirs.records = records;
    theirs.signer = who;
    theirs.key = key;
    return ctl_build(&theirs, out, e);
}

/* Call managers without certificates (ctl-tftp-tls.md 1.8): all of them, or one node more. */
static bool list_without(const struct ctl_build *b, bool all, struct buf *out, struct err *e)
{
    static const uint8_t address[4] = {192, 0, 2, 11};
    struct ctl_build_record records[RECORDS];
    struct ctl_build theirs = *b;

    if (!copy_records(b, records, e))
        return false;
    for (size_t i = 0; all && i < b->count; i++)
        if (records[i].role == CTL_ROLE_CCM || records[i].role == CTL_ROLE_CCM_TFTP)
            records[i].cert = NULL;
    if (!all)
        records[theirs.count++] = (struct ctl_build_record){
            .role = CTL_ROLE_CCM_TFTP, .dns_name = "cucm2", .address = address, .address_len = 4};
    theirs.records = records;
    return ctl_build(&theirs, out, e);
}

static bool build_wrong(const struct ctl_build *b, const struct list_makings *with,
                        enum fault_id fault, struct buf *out, struct err *e)
{
    const struct ctl_build_faults long_header = {.header_length_off = 1};
    struct ctl_build wrong = *b;

    if (fault == FAULT_CTL_UNKNOWN_SIGNER)
        return strangers_list(b, with->stranger, with->stranger_key, out, e);
    if (fault == FAULT_CTL_TWIN)
        return strangers_list(b, with->twin, with->twin_key, out, e);
    if (fault == FAULT_CTL_NON_SECURE || fault == FAULT_CTL_NO_CERTIFICATE)
        return list_without(b, fault == FAULT_CTL_NON_SECURE, out, e);
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

/* ---- after signing ------------------------------------------------------------------------ */

/* The part of the file that loses a bit: a tag (ctl-tftp-tls.md 1.3, 1.4) of the header (0) or of
 * the n-th record. */
static const struct {
    enum fault_id fault;
    unsigned record;
    uint8_t tag, bit;
} bits[] = {
    {FAULT_CTL_BIT_HEADER, 0, 15, ONE_BIT},        {FAULT_CTL_BIT_RECORD, 3, 10, ONE_BIT},
    {FAULT_CTL_BIT_SIGNATURE, 0, 12, ONE_BIT},     {FAULT_CTL_BIT_VERSION, 0, 1, ONE_BIT},
    {FAULT_CTL_BIT_LENGTH, 0, 2, HIGH_BIT},        {FAULT_CTL_BIT_SIGNER, 0, 4, ONE_BIT},
    {FAULT_CTL_BIT_SERIAL, 0, 5, ONE_BIT},         {FAULT_CTL_BIT_CA, 0, 6, ONE_BIT},
    {FAULT_CTL_BIT_DIGEST, 0, 8, ONE_BIT},         {FAULT_CTL_BIT_ALGORITHM, 0, 10, ONE_BIT},
    {FAULT_CTL_BIT_MODULUS, 0, 11, ONE_BIT},       {FAULT_CTL_BIT_FILE_NAME, 0, 14, ONE_BIT},
    {FAULT_CTL_BIT_PADDING, 0, 13, ONE_BIT},       {FAULT_CTL_BIT_RECORD_LENGTH, 3, 1, HIGH_BIT},
    {FAULT_CTL_BIT_DNS_NAME, 3, 2, ONE_BIT},       {FAULT_CTL_BIT_SUBJECT, 3, 3, ONE_BIT},
    {FAULT_CTL_BIT_FUNCTION, 3, 4, ONE_BIT},       {FAULT_CTL_BIT_RECORD_ISSUER, 3, 5, ONE_BIT},
    {FAULT_CTL_BIT_RECORD_SERIAL, 3, 6, ONE_BIT},  {FAULT_CTL_BIT_PUBLIC_KEY, 3, 7, ONE_BIT},
    {FAULT_CTL_BIT_CERT_SIGNATURE, 3, 8, ONE_BIT}, {FAULT_CTL_BIT_CERTIFICATE, 3, 9, ONE_BIT},
};

#define HEADER_PADDING 13

/* SIGNERID, SIGNATUREINFO, SIGNATUREALGOINFO: items that hold items. */
static bool holds_items(uint8_t tag)
{
    return tag == 3 || tag == 7 || tag == 9;
}

/* The middle of the item's value, or the high byte of a number, between these two offsets; 0: there
 * is none. */
static size_t find_item(const struct buf *list, size_t from, size_t to, bool header, uint8_t tag)
{
    struct tlv_walk w = tlv_walk_over(list->at, from, to, header ? HEADER_PADDING : -1);
    struct tlv_item item;
    size_t found = 0;

    while (!found && tlv_next(&w, &item) == TLV_ITEM) {
        const size_t value = item.offset + TLV_HEAD;
        if (item.tag == tag)
            found = !item.value ? item.offset : item.len == 2 ? value : value + item.len / 2;
        else if (header && holds_items(item.tag))
            found = find_item(list, value, value + item.len, true, tag);
    }
    return found;
}

static size_t record_length(const struct buf *list, size_t at)
{
    const size_t value = at + TLV_HEAD;

    return value + 2 <= list->len ? (size_t)list->at[value] << 8 | list->at[value + 1] : 0;
}

static size_t find_part(const struct buf *list, size_t header, unsigned record, uint8_t tag)
{
    size_t at = header;

    if (record == 0)
        return find_item(list, 0, header, true, tag);
    while (--record > 0)
        at += record_length(list, at);
    const size_t len = record_length(list, at);
    return len && at + len <= list->len ? find_item(list, at, at + len, false, tag) : 0;
}

static bool flip_bit(struct buf *list, enum fault_id fault, struct err *e)
{
    struct ctl_file *f = ctl_parse(list->at, list->len, e);
    size_t at = 0, i = 0;

    if (!f)
        return false;
    while (bits[i].fault != fault)
        i++;
    at = find_part(list, f->header.length, bits[i].record, bits[i].tag);
    ctl_free(f);
    if (at == 0)
        return err_set(e, ERR_FORMAT, "the list has no such part");
    list->at[at] ^= bits[i].bit;
    return true;
}

static bool is_bit(enum fault_id fault)
{
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++)
        if (bits[i].fault == fault)
            return true;
    return false;
}

bool list_is_damaged(enum fault_id fault)
{
    return fault == FAULT_CTL_CUT || is_bit(fault);
}

bool list_build(const struct ctl_build *b, const struct list_makings *with, enum fault_id fault,
                struct buf *out, struct err *e)
{
    if (!build_wrong(b, with, fault, out, e))
        return false;
    if (fault == FAULT_CTL_CUT)
        out->len -= out->len / 4;
    return !is_bit(fault) || flip_bit(out, fault, e);
}
