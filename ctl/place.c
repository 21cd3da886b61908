#include "ctl/place.h"

#include "ctl/inside.h"
#include "ctl/tlv.h"

#include <stdio.h>

size_t ctl_differing(const struct ctl_file *f, const uint8_t *bytes, size_t len, size_t *first)
{
    size_t n = 0;

    if (len != f->len)
        return SIZE_MAX;
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != f->bytes[i] && n++ == 0)
            *first = i;
    return n;
}

static bool holds_others(uint8_t tag)
{
    return tag == HEADER_SIGNER_ID || tag == HEADER_SIGNATURE_INFO ||
           tag == HEADER_SIGNATURE_ALGO_INFO;
}

/* The items of a list that was parsed are known to be whole. Padding is bare in the header alone.
 */
static struct tlv_item item_at(const struct ctl_file *f, size_t from, size_t to, size_t offset,
                               int bare)
{
    struct tlv_walk walk = tlv_walk_over(f->bytes, from, to, bare);
    struct tlv_item item, found = {0};

    while (tlv_next(&walk, &item) == TLV_ITEM && item.offset <= offset)
        found = item;
    return found;
}

static const char *header_item(const struct ctl_file *f, size_t offset)
{
    struct tlv_item item = item_at(f, 0, f->header.length, offset, HEADER_PADDING);

    while (holds_others(item.tag) && offset >= item.offset + TLV_HEAD) {
        const size_t inside = item.offset + TLV_HEAD;
        item = item_at(f, inside, inside + item.len, offset, -1);
    }
    return header_tag_name(item.tag);
}

const char *ctl_place_text(const struct ctl_file *f, size_t offset, char out[CTL_PLACE_TEXT])
{
    const char *name = NULL;

    for (size_t i = 0; i < f->count; i++) {
        const struct ctl_record *r = &f->records[i];
        if (offset < r->offset || offset - r->offset >= r->length)
            continue;
        name = record_tag_name(item_at(f, r->offset, r->offset + r->length, offset, -1).tag);
        snprintf(out, CTL_PLACE_TEXT, "record %zu, %s", i + 1, name ? name : "an unknown tag");
        return out;
    }
    if (offset < f->header.length)
        name = header_item(f, offset);
    snprintf(out, CTL_PLACE_TEXT, "the header, %s", name ? name : "an unknown tag");
    return out;
}
