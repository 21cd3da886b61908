/* Walks tag-length-value items: tag 1 byte, length 2 bytes big-endian, value (ctl-tftp-tls.md 1.2).
 * Pure. */
#ifndef CTL_TLV_H
#define CTL_TLV_H

#include "base/wire.h"

#define TLV_HEAD 3 /* tag and length */

struct tlv_item {
    uint8_t tag;
    size_t offset; /* of the tag, from the start of the file */
    size_t len;
    const uint8_t *value; /* NULL: a bare tag */
};

enum tlv_result {
    TLV_ITEM,
    TLV_END,
    TLV_OVERRUN, /* the item reaches beyond the walk: its tag, offset and length are set */
};

struct tlv_walk {
    struct wire_reader r;
    size_t base; /* offset of the first byte, for tlv_item.offset */
    int bare;    /* a tag that stands alone, without length and value; -1: none */
};

/* Over bytes from..to of a file that is at least `to` bytes long. */
struct tlv_walk tlv_walk_over(const uint8_t *file, size_t from, size_t to, int bare);
enum tlv_result tlv_next(struct tlv_walk *w, struct tlv_item *out);
size_t tlv_left(const struct tlv_walk *w); /* bytes behind the last item, also after an overrun */

#endif
