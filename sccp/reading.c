/* Where the messages of real peers differ from the layout of their version (sccp.md 8.2, 8.4). */
#include "sccp/row.h"

#include "base/wire.h"

#include <string.h>

static void use(struct sccp_reading *r, const struct sccp_rows *rows)
{
    r->fields = rows->fields;
    r->count = rows->count;
}

static uint32_t word_at(const uint8_t *body, size_t len, size_t at)
{
    struct wire_reader r = wire_read_from(body, len);

    wire_skip(&r, at);
    return wire_u32le(&r);
}

/* From 18 on a 7970 packs the line behind the number's 25 bytes, an 8945 aligns it at 28. */
void sccp_read_enbloc(struct sccp_reading *r, const struct sccp_habits *h, const uint8_t *body,
                      size_t len)
{
    (void)h;
    if (r->version >= 18 && len >= 32 && body[25] == 0 && body[28] != 0)
        use(r, &sccp_rows_enbloc_unpacked);
}

struct sccp_habits sccp_habits_of(const struct sccp_register_ack *ack)
{
    const struct sccp_features *f = &ack->features;

    return (struct sccp_habits){.no_alternate_party = f->f0 == 0x20 && f->f1 == 0xf1 &&
                                                      (f->f2 == 0xfe || f->f2 == 0xff)};
}

void sccp_read_call_info(struct sccp_reading *r, const struct sccp_habits *h, const uint8_t *body,
                         size_t len)
{
    (void)body;
    (void)len;
    if (h->no_alternate_party && r->version < 16)
        use(r, &sccp_rows_call_info_no_alternate);
}

/* Bodies with 4 bytes of address and with 20: where the version says otherwise, the length is
 * believed (sccp.md 1.3). 16: phones of CallManager 4; 48: a 6901. */
static const struct {
    uint32_t id;
    size_t narrow[2], wide[2];
} widths[] = {
    {SCCP_OPEN_RECEIVE_CHANNEL_ACK, {16, 20}, {36, 36}},
    {SCCP_START_MEDIA_TRANSMISSION_ACK, {24, 24}, {40, 48}},
    {SCCP_MEDIA_TRANSMISSION_FAILURE, {20, 20}, {36, 36}},
    {SCCP_PORT_RES, {24, 24}, {40, 44}},
    {SCCP_SERVER_RES, {280, 280}, {360, 360}},
};

void sccp_read_by_length(struct sccp_reading *r, const struct sccp_habits *h, const uint8_t *body,
                         size_t len)
{
    (void)h;
    (void)body;
    for (size_t i = 0; i < COUNT(widths); i++) {
        if (widths[i].id != r->id)
            continue;
        if (r->version >= 17 && (len == widths[i].narrow[0] || len == widths[i].narrow[1]))
            r->version = 16;
        else if (r->version < 17 && (len == widths[i].wide[0] || len == widths[i].wide[1]))
            r->version = 17;
        return;
    }
}

/* chan-sccp keeps the number at 24 bytes in version 18 still (8.2). Its body is as long as one that
 * stops before the mode, but has the call where numbers end with zeros. */
void sccp_read_statistics_req(struct sccp_reading *r, const struct sccp_habits *h,
                              const uint8_t *body, size_t len)
{
    (void)h;
    if (r->version >= 18 && len == 32 && word_at(body, len, 24) != 0)
        r->version = 17;
}

/* The three forms of ConnectionStatisticsRes: where the counters begin, and how to read it. */
struct statistics_form {
    size_t mode_at, mode_size;
    uint32_t version; /* of the layout; 0: the aligned rows */
};
static const struct statistics_form statistics_forms[] = {
    {28, 4, 17}, /* 24-byte number */
    {32, 4, 0},  /* 28-byte number, aligned */
    {32, 1, 18}, /* 28-byte number, packed */
};
#define STATISTICS_WORDS 7 /* packets sent to latency; then the size of the text */

/* Can a body of this length be of this form? Padding to 4 may follow. */
static bool length_fits(const struct statistics_form *f, const uint8_t *body, size_t len)
{
    size_t text_len_at = f->mode_at + f->mode_size + 4u * STATISTICS_WORDS;

    if (len >= text_len_at && len < text_len_at + 4)
        return true; /* stops before the size of the text */
    if (len < text_len_at + 4)
        return false;
    size_t rest = len - text_len_at - 4, text = word_at(body, len, text_len_at);
    if (text > SCCP_STATISTICS_TEXT)
        return false;
    return (rest >= text && rest - text < 4) ||
           (rest >= SCCP_STATISTICS_TEXT && rest - SCCP_STATISTICS_TEXT < 4);
}

/* Read in the wrong form, low bytes become high ones, and counters are huge. */
static unsigned implausible(const struct statistics_form *f, const uint8_t *body, size_t len)
{
    size_t at = f->mode_at + f->mode_size;
    unsigned n = 0;

    if (f->mode_size == 4 && word_at(body, len, f->mode_at) > 1)
        n++;
    if (f->mode_size == 1 && body[f->mode_at] > 1)
        n++;
    for (size_t i = 0; i < STATISTICS_WORDS; i++)
        n += word_at(body, len, at + 4 * i) >> 24 != 0;
    return n;
}

void sccp_read_statistics(struct sccp_reading *r, const struct sccp_habits *h, const uint8_t *body,
                          size_t len)
{
    const struct statistics_form *best = &statistics_forms[r->version >= 18 ? 2 : 0];
    unsigned least = length_fits(best, body, len) ? implausible(best, body, len) : UINT32_MAX;

    (void)h;
    for (size_t i = 0; i < COUNT(statistics_forms); i++) {
        const struct statistics_form *f = &statistics_forms[i];
        if (!length_fits(f, body, len) || implausible(f, body, len) >= least)
            continue;
        best = f;
        least = implausible(f, body, len);
    }
    if (best->version)
        r->version = best->version;
    else
        use(r, &sccp_rows_statistics_aligned);
}

/* CallManager 2.x has no interval for standby servers. */
void sccp_complete_register_ack(struct sccp_message *m, size_t len)
{
    if (len < 16)
        m->register_ack.secondary_keepalive_s = m->register_ack.keepalive_s;
}
