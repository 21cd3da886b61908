#include "ctl/file.h"

#include "base/text.h"
#include "ctl/inside.h"
#include "ctl/tlv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Strings end with one NUL that is counted in their length (1.2). Other control characters stay:
 * they are escaped where they are printed and match no host. */
static bool take_string(struct ctl_file *f, const char *where, const char *name,
                        const struct tlv_item *item, struct ctl_bytes *out, struct err *e)
{
    bool ended = item->len > 0 && item->value[item->len - 1] == '\0';

    *out = (struct ctl_bytes){item->value, item->len - ended};
    if (out->len && memchr(out->at, '\0', out->len))
        return err_set(e, ERR_CTL_17, "%s: %s contains a NUL inside", where, name);
    if (!ended)
        ctl_warn(f->warnings, &f->warning_count, ERR_CTL_17, "%s: %s is not terminated", where,
                 name);
    return true;
}

static void warn_unknown(struct ctl_file *f, const struct tlv_item *item)
{
    ctl_warn(f->warnings, &f->warning_count, ERR_CTL_12,
             "unknown CTL tag %u (%zu bytes) at offset %zu skipped", item->tag, item->len,
             item->offset);
}

/* --- the header --- */

/* Where each header tag may stand, and how long its value must be (0: any). Tags 1 and 2 have been
 * read when the walk begins. */
static const struct {
    uint8_t container, length;
} header_rules[] = {
    [HEADER_VERSION] = {0, 2},
    [HEADER_LENGTH] = {0, 2},
    [HEADER_SIGNER_NAME] = {HEADER_SIGNER_ID, 0},
    [HEADER_SERIAL] = {HEADER_SIGNER_ID, 0},
    [HEADER_CA_NAME] = {HEADER_SIGNER_ID, 0},
    [HEADER_DIGEST] = {HEADER_SIGNATURE_INFO, 1},
    [HEADER_SIGNATURE_ALGO_INFO] = {HEADER_SIGNATURE_INFO, 0},
    [HEADER_SIGNATURE_ALGORITHM] = {HEADER_SIGNATURE_ALGO_INFO, 1},
    [HEADER_MODULUS] = {HEADER_SIGNATURE_ALGO_INFO, 1},
    [HEADER_TIMESTAMP] = {0, 4},
    [HEADER_SIGNER_VERSION] = {0, 2},
};
#define HEADER_RULES (sizeof header_rules / sizeof header_rules[0])

struct header_walk {
    struct ctl_file *f;
    size_t seen[HEADER_RULES]; /* offset of the first of each tag; 0: not yet */
    struct err *e;
};

/* A tag in a wrong container is as good as unknown: it is skipped, and its absence from the right
 * place is what refuses the file. */
static bool header_knows(uint8_t tag, uint8_t container)
{
    return header_tag_name(tag) && tag != HEADER_PADDING &&
           header_rules[tag].container == container;
}

static bool header_item_fits(struct header_walk *w, const struct tlv_item *item)
{
    const char *name = header_tag_name(item->tag);
    unsigned must = header_rules[item->tag].length;

    if (w->seen[item->tag] || item->tag == HEADER_VERSION)
        return err_set(w->e, ERR_CTL_09, "CTL header contains %s twice (offsets %zu, %zu)", name,
                       w->seen[item->tag], item->offset);
    w->seen[item->tag] = item->offset;
    if (must && item->len != must)
        return err_set(w->e, ERR_CTL_11, "CTL tag %s at offset %zu has length %zu, must be %u",
                       name, item->offset, item->len, must);
    if (item->tag == HEADER_SERIAL && item->len == 0)
        return err_set(w->e, ERR_CTL_11, "CTL tag %s at offset %zu has length 0, must be 1 to 20",
                       name, item->offset);
    return true;
}

static uint32_t number(const struct tlv_item *item)
{
    uint32_t v = 0;

    for (size_t i = 0; i < item->len; i++)
        v = v << 8 | item->value[i];
    return v;
}

static bool header_string(struct header_walk *w, const struct tlv_item *item, struct ctl_bytes *out)
{
    return take_string(w->f, "CTL header", header_tag_name(item->tag), item, out, w->e);
}

static bool take_header_item(struct header_walk *w, const struct tlv_item *item)
{
    struct ctl_header *h = &w->f->header;

    switch ((enum header_tag)item->tag) {
    case HEADER_SIGNER_NAME:
        return header_string(w, item, &h->signer_name);
    case HEADER_CA_NAME:
        return header_string(w, item, &h->ca_name);
    case HEADER_FILE_NAME:
        return header_string(w, item, &h->file_name);
    case HEADER_SERIAL:
        h->serial = (struct ctl_bytes){item->value, item->len};
        return true;
    case HEADER_DIGEST:
        h->digest = item->value[0];
        return true;
    case HEADER_SIGNATURE_ALGORITHM:
        h->signature_algorithm = item->value[0];
        return true;
    case HEADER_MODULUS:
        h->modulus_code = item->value[0];
        return true;
    case HEADER_SIGNATURE:
        h->signature = (struct ctl_bytes){item->value, item->len};
        h->signature_at = item->offset;
        return true;
    case HEADER_TIMESTAMP:
        h->timestamp = number(item);
        h->has_timestamp = true;
        return true;
    case HEADER_SIGNER_VERSION:
        memcpy(h->signer_version, item->value, 2);
        h->has_signer_version = true;
        return true;
    case HEADER_VERSION:
    case HEADER_LENGTH:
    case HEADER_PADDING:
    case HEADER_SIGNER_ID:
    case HEADER_SIGNATURE_INFO:
    case HEADER_SIGNATURE_ALGO_INFO:
        return true;
    }
    return true;
}

static bool is_container(uint8_t tag)
{
    return tag == HEADER_SIGNER_ID || tag == HEADER_SIGNATURE_INFO ||
           tag == HEADER_SIGNATURE_ALGO_INFO;
}

static bool header_overrun(struct header_walk *w, const struct tlv_item *item, size_t left)
{
    const char *name = header_tag_name(item->tag);

    if (item->len > w->f->len - item->offset)
        return err_set(w->e, ERR_CTL_07,
                       "CTL ends inside %s at offset %zu: %zu bytes announced, %zu left",
                       name ? name : "an unknown tag", item->offset, item->len, left);
    return err_set(w->e, ERR_CTL_08, "CTL header tag %u at offset %zu reaches beyond its container",
                   item->tag, item->offset);
}

/* Containers nest as header_rules says, two deep at most: the recursion ends. */
static bool walk_header(struct header_walk *w, size_t from, size_t to, uint8_t container)
{
    struct tlv_walk walk = tlv_walk_over(w->f->bytes, from, to, container ? -1 : HEADER_PADDING);
    struct tlv_item item;
    enum tlv_result got;

    while ((got = tlv_next(&walk, &item)) == TLV_ITEM) {
        if (!item.value) {
            w->f->header.padding++;
            continue;
        }
        if (!header_knows(item.tag, container)) {
            warn_unknown(w->f, &item);
            continue;
        }
        if (!header_item_fits(w, &item) || !take_header_item(w, &item))
            return false;
        size_t inside = item.offset + TLV_HEAD;
        if (is_container(item.tag) && !walk_header(w, inside, inside + item.len, item.tag))
            return false;
    }
    return got == TLV_END || header_overrun(w, &item, tlv_left(&walk));
}

static bool header_is_complete(struct header_walk *w)
{
    static const uint8_t must[] = {HEADER_SERIAL, HEADER_CA_NAME, HEADER_DIGEST, HEADER_SIGNATURE};
    static const uint8_t should[] = {HEADER_SIGNER_NAME, HEADER_SIGNATURE_ALGORITHM, HEADER_MODULUS,
                                     HEADER_FILE_NAME, HEADER_TIMESTAMP};

    for (size_t i = 0; i < sizeof must; i++)
        if (!w->seen[must[i]])
            return err_set(w->e, ERR_CTL_10, "CTL header lacks %s", header_tag_name(must[i]));
    for (size_t i = 0; i < sizeof should; i++)
        if (!w->seen[should[i]])
            ctl_warn(w->f->warnings, &w->f->warning_count, ERR_CTL_10, "CTL header lacks %s",
                     header_tag_name(should[i]));
    return true;
}

static const char *looks_like(const uint8_t *bytes, size_t len)
{
    char start[16] = {0};
    size_t n = 0;

    for (size_t i = 0; i < len && n + 1 < sizeof start; i++)
        if (n || !isspace(bytes[i]))
            start[n++] = (char)tolower(bytes[i]);
    if (strncmp(start, "<?xml", 5) == 0)
        return "; it looks like XML";
    if (strncmp(start, "<html", 5) == 0 || strncmp(start, "<!doctype", 9) == 0)
        return "; it looks like HTML";
    if (strncmp(start, "-----begin", 10) == 0)
        return "; it looks like PEM";
    return "";
}

static bool not_a_ctl(const uint8_t *bytes, size_t len, struct err *e)
{
    char hex[17];

    return err_set(e, ERR_CTL_03, "not a CTL: it begins with %s instead of 010002%s",
                   text_hex(bytes, len < 8 ? len : 8, hex, sizeof hex), looks_like(bytes, len));
}

static bool begins(const uint8_t *bytes, uint8_t tag)
{
    return bytes[0] == tag && bytes[1] == 0 && bytes[2] == 2;
}

/* A file that ends inside its first ten bytes, as far as it goes, must still begin like a CTL. */
static bool too_short_for_a_header(const struct ctl_file *f, struct err *e)
{
    static const uint8_t head[] = {HEADER_VERSION, 0, 2, 1};
    size_t compare = f->len < sizeof head ? f->len : sizeof head;
    bool in_version = f->len < 5;

    if (memcmp(f->bytes, head, compare) != 0)
        return not_a_ctl(f->bytes, f->len, e);
    return err_set(e, ERR_CTL_07, "CTL ends inside %s at offset %d: 5 bytes needed, %zu left",
                   header_tag_name(in_version ? HEADER_VERSION : HEADER_LENGTH), in_version ? 0 : 5,
                   in_version ? f->len : f->len - 5);
}

/* P2 */
static bool parse_start(struct ctl_file *f, struct err *e)
{
    struct ctl_header *h = &f->header;

    if (f->len < HEADER_HEAD)
        return too_short_for_a_header(f, e);
    if (!begins(f->bytes, HEADER_VERSION))
        return not_a_ctl(f->bytes, f->len, e);
    h->major = f->bytes[3];
    h->minor = f->bytes[4];
    if (h->major != 1)
        return err_set(e, ERR_CTL_04, "CTL version %u.%u is not supported (known: 1.0, 1.1, 1.2)",
                       h->major, h->minor);
    if (!begins(f->bytes + 5, HEADER_LENGTH))
        return not_a_ctl(f->bytes, f->len, e);
    h->length = (uint16_t)(f->bytes[8] << 8 | f->bytes[9]);
    if (h->length < HEADER_HEAD || h->length > f->len)
        return err_set(e, ERR_CTL_06, "CTL header length %u is impossible in a file of %zu bytes",
                       h->length, f->len);
    if (h->minor > 2)
        ctl_warn(f->warnings, &f->warning_count, ERR_CTL_05,
                 "CTL version %u.%u is newer than 1.2; read like 1.2", h->major, h->minor);
    return true;
}

static bool parse_header(struct ctl_file *f, struct err *e)
{
    struct header_walk w = {.f = f, .e = e};

    w.seen[HEADER_LENGTH] = 5;
    return walk_header(&w, HEADER_HEAD, f->header.length, 0) && header_is_complete(&w);
}

/* --- the records --- */

static bool record_start(const struct ctl_file *f, size_t at, size_t number_, size_t *length,
                         struct err *e)
{
    const uint8_t *p = f->bytes + at;
    size_t left = f->len - at;
    char hex[17];

    if (left < RECORD_HEAD || !begins(p, RECORD_LENGTH))
        return err_set(e, ERR_CTL_13, "CTL record %zu: no record length at offset %zu (found %s)",
                       number_, at, text_hex(p, left < 8 ? left : 8, hex, sizeof hex));
    *length = (size_t)(p[3] << 8 | p[4]);
    if (*length <= RECORD_HEAD || *length > left)
        return err_set(e, ERR_CTL_14,
                       "CTL record %zu: length %zu does not fit (offset %zu, %zu bytes left)",
                       number_, *length, at, left);
    return true;
}

/* Finds where each record stands; the last one must end with the file. */
static bool lay_out_records(struct ctl_file *f, struct err *e)
{
    size_t length, count = 0;

    for (size_t at = f->header.length; at < f->len; at += length, count++)
        if (!record_start(f, at, count + 1, &length, e))
            return false;
    if (count == 0)
        return err_set(e, ERR_CTL_29, "CTL contains no records");
    if (count > CTL_RECORDS_MAX)
        return err_set(e, ERR_CTL_02, "CTL has %zu records, limit is %d", count, CTL_RECORDS_MAX);
    f->records = calloc(count, sizeof *f->records);
    if (!f->records)
        return err_set(e, ERR_MEMORY, "no memory for %zu CTL records", count);
    for (size_t at = f->header.length; at < f->len; at += length) {
        if (!record_start(f, at, f->count + 1, &length, e))
            return false;
        f->records[f->count++] = (struct ctl_record){.offset = at, .length = length};
    }
    return true;
}

static struct ctl_bytes *record_field(struct ctl_record *r, uint8_t tag)
{
    switch ((enum record_tag)tag) {
    case RECORD_DNS_NAME:
        return &r->dns_name;
    case RECORD_SUBJECT:
        return &r->subject;
    case RECORD_ISSUER:
        return &r->issuer;
    case RECORD_SERIAL:
        return &r->serial;
    case RECORD_PUBLIC_KEY:
        return &r->public_key;
    case RECORD_SIGNATURE:
        return &r->signature;
    case RECORD_CERTIFICATE:
        return &r->certificate;
    case RECORD_IP_ADDRESS:
        return &r->address;
    case RECORD_CERT_HASH:
        return &r->cert_hash;
    case RECORD_HASH_ALGORITHM:
        return &r->hash_algorithm;
    case RECORD_LENGTH:
    case RECORD_FUNCTION:
        return NULL;
    }
    return NULL;
}

static bool take_record_item(struct ctl_file *f, size_t index, const struct tlv_item *item,
                             struct err *e)
{
    struct ctl_record *r = &f->records[index];
    struct ctl_bytes *field = record_field(r, item->tag);
    char where[40];

    if (item->tag == RECORD_FUNCTION) {
        if (item->len != 2)
            return err_set(e, ERR_CTL_16, "CTL record %zu has no valid role: %zu bytes, must be 2",
                           index + 1, item->len);
        r->role = (uint16_t)number(item);
        return true;
    }
    if (item->tag == RECORD_DNS_NAME || item->tag == RECORD_SUBJECT || item->tag == RECORD_ISSUER) {
        snprintf(where, sizeof where, "CTL record %zu", index + 1);
        return take_string(f, where, record_tag_name(item->tag), item, field, e);
    }
    *field = (struct ctl_bytes){item->value, item->len};
    return true;
}

static bool record_overrun(size_t index, const struct tlv_item *item, size_t left, struct err *e)
{
    const char *name = record_tag_name(item->tag);

    return err_set(e, ERR_CTL_14,
                   "CTL record %zu: length %zu of %s does not fit (offset %zu, %zu bytes left)",
                   index + 1, item->len, name ? name : "an unknown tag", item->offset, left);
}

static bool walk_record(struct ctl_file *f, size_t index, uint32_t *seen, struct err *e)
{
    const struct ctl_record *r = &f->records[index];
    struct tlv_walk walk =
        tlv_walk_over(f->bytes, r->offset + RECORD_HEAD, r->offset + r->length, -1);
    struct tlv_item item;
    enum tlv_result got;

    while ((got = tlv_next(&walk, &item)) == TLV_ITEM) {
        if (!record_tag_name(item.tag)) {
            warn_unknown(f, &item);
            continue;
        }
        if (*seen >> item.tag & 1)
            return err_set(e, ERR_CTL_15, "CTL record %zu contains %s twice", index + 1,
                           record_tag_name(item.tag));
        *seen |= UINT32_C(1) << item.tag;
        if (!take_record_item(f, index, &item, e))
            return false;
    }
    return got == TLV_END || record_overrun(index, &item, tlv_left(&walk), e);
}

/* P10: an address of another length is known from CUCM 10.0; never take four of its bytes. */
static void warn_address(struct ctl_file *f, size_t index)
{
    const struct ctl_record *r = &f->records[index];
    char dns[TEXT_ESCAPED];

    if (!r->address.at || r->address.len == 4 || r->address.len == 16)
        return;
    ctl_warn(f->warnings, &f->warning_count, ERR_CTL_21,
             "CTL record %zu (%s): IP address field has %zu bytes instead of 4 (known from CUCM "
             "10.0, CSCum48958); this record can only be found by name",
             index + 1, bytes_text(r->dns_name, dns), r->address.len);
}

static bool parse_record(struct ctl_file *f, size_t index, struct err *e)
{
    uint32_t seen = UINT32_C(1) << RECORD_LENGTH;

    if (!walk_record(f, index, &seen, e))
        return false;
    if (!(seen >> RECORD_FUNCTION & 1))
        return err_set(e, ERR_CTL_16, "CTL record %zu has no valid role: FUNCTION is missing",
                       index + 1);
    warn_address(f, index);
    return record_check(f, index, e);
}

static bool parse_records(struct ctl_file *f, struct err *e)
{
    if (!lay_out_records(f, e))
        return false;
    for (size_t i = 0; i < f->count; i++)
        if (!parse_record(f, i, e))
            return false;
    return true;
}

struct ctl_file *ctl_parse(const uint8_t *bytes, size_t len, struct err *e)
{
    if (len == 0) {
        err_set(e, ERR_CTL_01, "CTL is empty (0 bytes)");
        return NULL;
    }
    if (len > CTL_FILE_MAX) {
        err_set(e, ERR_CTL_02, "CTL has %zu bytes, limit is %d", len, CTL_FILE_MAX);
        return NULL;
    }
    struct ctl_file *f = calloc(1, sizeof *f);
    if (f)
        f->bytes = malloc(len);
    if (!f || !f->bytes) {
        err_set(e, ERR_MEMORY, "no memory for a CTL of %zu bytes", len);
        ctl_free(f);
        return NULL;
    }
    memcpy(f->bytes, bytes, len);
    f->len = len;
    if (parse_start(f, e) && parse_header(f, e) && parse_records(f, e))
        return f;
    ctl_free(f);
    return NULL;
}

void ctl_free(struct ctl_file *f)
{
    if (!f)
        return;
    free(f->records);
    free(f->bytes);
    free(f);
}
