#include "ctl/tlv.h"

struct tlv_walk tlv_walk_over(const uint8_t *file, size_t from, size_t to, int bare)
{
    return (struct tlv_walk){
        .r = wire_read_from(file + from, to - from), .base = from, .bare = bare};
}

size_t tlv_left(const struct tlv_walk *w)
{
    return (size_t)(w->r.end - w->r.at);
}

enum tlv_result tlv_next(struct tlv_walk *w, struct tlv_item *out)
{
    if (w->r.bad)
        return TLV_OVERRUN;
    if (wire_left(&w->r) == 0)
        return TLV_END;
    *out = (struct tlv_item){.offset = w->base + wire_at(&w->r)};
    out->tag = wire_u8(&w->r);
    /* Padding is a bare tag. Reading a length after it, as for every other tag, would swallow the
     * first bytes of what follows. */
    if (out->tag == w->bare)
        return TLV_ITEM;
    out->len = 2; /* what is announced so far, should the length itself be cut */
    uint16_t len = wire_u16be(&w->r);
    if (w->r.bad)
        return TLV_OVERRUN;
    out->len = len;
    out->value = wire_take(&w->r, len);
    return w->r.bad ? TLV_OVERRUN : TLV_ITEM;
}
