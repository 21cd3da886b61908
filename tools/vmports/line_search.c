/* Everything that is not the TLS handshake, searched for what can be read: SCCP frames, and the
 * port's name. */
#include "base/wire.h"
#include "tools/vmports/line_inner.h"

#include <string.h>

#define NAME_LEAST 4 /* a shorter name would be found in cipher text by chance */

/* The header versions that are known to be sent (sccp.md 1.3, 2). */
static bool is_sccp_version(uint32_t v)
{
    return v == 0 || v == 3 || v == 5 || (v >= 8 && v <= 11) || (v >= 15 && v <= 22);
}

/* Twelve bytes, of which eight must be zero or nearly: 2^-64 in cipher text. */
bool line_is_sccp_head(const uint8_t *b)
{
    if (b[2] | b[3] | b[5] | b[6] | b[7] | b[10] | b[11])
        return false;
    struct wire_reader r = wire_read_from(b, SCCP_HEAD);
    uint32_t len = wire_u32le(&r), version = wire_u32le(&r), id = wire_u32le(&r);
    return len >= 4 && is_sccp_version(version) && (id < 0x160 || (id >= 0x8000 && id <= 0x8002));
}

static bool is_name(const struct line_watch *w, const uint8_t *b, size_t left)
{
    return w->raw_name_len >= NAME_LEAST && left >= w->raw_name_len && b[0] == w->raw_name[0] &&
           memcmp(b, w->raw_name, w->raw_name_len) == 0;
}

static void count_frame(struct line_watch *w, enum flow_side from, const uint8_t *b)
{
    struct wire_reader r = wire_read_from(b, SCCP_HEAD);
    size_t len = wire_u32le(&r);

    wire_u32le(&r);
    if (!w->facts.half[0].sccp && !w->facts.half[1].sccp)
        w->facts.first_sccp = wire_u32le(&r);
    w->facts.half[from].sccp++;
    w->sides[from].inside = len + 8 - 1;
}

/* Counts what begins in the first `starts` of `len` bytes. Inside a frame no other begins. */
static void search(struct line_watch *w, enum flow_side from, const uint8_t *b, size_t starts,
                   size_t len)
{
    struct side *s = &w->sides[from];

    for (size_t i = 0; i < starts; i++) {
        w->facts.half[from].names += is_name(w, b + i, len - i);
        if (s->inside)
            s->inside--;
        else if (len - i >= SCCP_HEAD && line_is_sccp_head(b + i))
            count_frame(w, from, b + i);
    }
}

/* What begins at the end of one piece and ends in the next is found too. */
void line_search(struct line_watch *w, enum flow_side from, const uint8_t *b, size_t len)
{
    struct side *s = &w->sides[from];
    uint8_t seam[2 * LINE_OVERLAP];
    size_t more = len < LINE_OVERLAP ? len : LINE_OVERLAP;

    memcpy(seam, s->tail, s->tail_len);
    memcpy(seam + s->tail_len, b, more);
    size_t seam_len = s->tail_len + more;
    if (len <= LINE_OVERLAP) { /* begins are counted when LINE_OVERLAP bytes stand behind them, or
                                  at a flush */
        size_t keep = seam_len < LINE_OVERLAP ? seam_len : LINE_OVERLAP;
        search(w, from, seam, seam_len - keep, seam_len);
        memcpy(s->tail, seam + seam_len - keep, keep);
        s->tail_len = keep;
        return;
    }
    search(w, from, seam, s->tail_len, seam_len);
    search(w, from, b, len - LINE_OVERLAP, len);
    memcpy(s->tail, b + len - LINE_OVERLAP, LINE_OVERLAP);
    s->tail_len = LINE_OVERLAP;
}

/* The piece that follows does not continue this one. */
void line_search_flush(struct line_watch *w, enum flow_side from)
{
    struct side *s = &w->sides[from];

    search(w, from, s->tail, s->tail_len, s->tail_len);
    s->tail_len = s->inside = 0;
}
