/* Fills a message so that every field of its version has a value of its own and none is zero: a
 * field read from the wrong place, or not at all, shows. */
#ifndef TEST_SCCP_FILL_H
#define TEST_SCCP_FILL_H

#include "sccp/shape.h"

#include <stdio.h>
#include <string.h>

struct fill {
    uint32_t next; /* the last value given */
    bool other;    /* the other form: IPv6 where the version has it, G.723 with its rate */
};

static inline bool fill_named(const struct sccp_field *f, const char *end)
{
    size_t n = strlen(f->name), m = strlen(end);

    return n >= m && strcmp(f->name + n - m, end) == 0;
}

/* Bytes of a number tell its order, too. */
static inline uint32_t fill_number(struct fill *fill, const struct sccp_field *f)
{
    uint32_t n = ++fill->next;

    if (fill_named(f, "key_len"))
        return 16;
    if (fill_named(f, "salt_len"))
        return 14;
    if (fill_named(f, "algorithm"))
        return 1;
    if (fill_named(f, "codec"))
        return fill->other ? SCCP_CODEC_G723_1 : SCCP_CODEC_G711U;
    if (fill_named(f, "layout_count"))
        return SCCP_LAYOUTS_MAX;
    if (f->size == 1 || f->wire == 1)
        return n % 255 + 1;
    if (f->size == 2)
        return 0x0100u + n;
    return 0x00010203u + (n << 8);
}

static inline void fill_text(struct fill *fill, const struct sccp_field *f, uint32_t version,
                             char *at)
{
    size_t wire = sccp_field_wire(f, version), most = f->size - 1u;
    char text[16];

    if (wire && wire < most)
        most = wire;
    snprintf(text, sizeof text, "%c%u", 'a' + (int)(fill->next % 26), fill->next);
    fill->next++;
    memset(at, 0, f->size);
    memcpy(at, text, strnlen(text, most));
}

static inline void fill_addr(struct fill *fill, uint32_t version, char *at)
{
    struct sccp_addr a = {0};
    size_t n = version >= 17 && fill->other ? 16 : 4;

    a.type = n == 16 ? SCCP_ADDR_IPV6 : SCCP_ADDR_IPV4;
    for (size_t i = 0; i < n; i++)
        a.ip[i] = (uint8_t)(10 + fill->next + i);
    fill->next++;
    memcpy(at, &a, sizeof a);
}

static inline void fill_params(struct fill *fill, const struct sccp_field *f, uint32_t version,
                               char *base)
{
    struct sccp_codec_params p = {0};
    uint32_t n = ++fill->next;

    if ((f->kind == SCCP_PARAMS_SINCE_11 && version < 11) ||
        sccp_load(base + f->other, 4) == SCCP_CODEC_G723_1)
        p.g723_rate = 0x00040506u + n;
    else
        p = (struct sccp_codec_params){0, (uint8_t)(n % 100 + 1), (uint8_t)(n % 100 + 101),
                                       (uint8_t)(n % 100 + 102), (uint8_t)(n % 100 + 103)};
    memcpy(base + f->at, &p, sizeof p);
}

static inline void fill_rows(struct fill *fill, const struct sccp_field *rows, size_t count,
                             uint32_t version, char *base);

static inline void fill_field(struct fill *fill, const struct sccp_field *f, uint32_t version,
                              char *base)
{
    char *at = base + f->at;

    switch (f->kind) {
    case SCCP_UINT:
    case SCCP_DIGIT:
    case SCCP_TONED:
        sccp_store(at, f->size, fill_number(fill, f));
        break;
    case SCCP_BYTES:
    case SCCP_IP:
    case SCCP_SECRET:
        for (size_t i = 0; i < f->size; i++)
            at[i] = (char)(1 + (fill->next + i) % 120);
        fill->next++;
        break;
    case SCCP_ADDRESS:
        fill_addr(fill, version, at);
        break;
    case SCCP_TEXT:
    case SCCP_NUMBER:
    case SCCP_STRING:
        fill_text(fill, f, version, at);
        break;
    case SCCP_COUNTED:
        snprintf(at, f->size, "MLQK=4.5;ICR=0.%u", fill->next++);
        sccp_store(base + f->other, 4, (uint32_t)strlen(at));
        break;
    case SCCP_PARAMS:
    case SCCP_PARAMS_SINCE_11:
        fill_params(fill, f, version, base);
        break;
    case SCCP_PAD:
        break;
    case SCCP_ARRAY:
        if (f->other)
            sccp_store(base + f->other, 4, f->times);
        for (size_t i = 0; i < f->times; i++)
            fill_rows(fill, f->of, f->of_count, version, at + i * f->stride);
        break;
    }
}

static inline void fill_rows(struct fill *fill, const struct sccp_field *rows, size_t count,
                             uint32_t version, char *base)
{
    for (size_t i = 0; i < count; i++)
        if (sccp_field_in(&rows[i], version))
            fill_field(fill, &rows[i], version, base);
}

/* How many entries there are in all: as many as in this message. */
static inline void fill_totals(struct sccp_message *m)
{
    if (m->id == SCCP_BUTTON_TEMPLATE_RES)
        m->button_template_res.total = m->button_template_res.count;
    if (m->id == SCCP_SOFT_KEY_TEMPLATE_RES)
        m->soft_key_template_res.total = m->soft_key_template_res.count;
    if (m->id == SCCP_SOFT_KEY_SET_RES)
        m->soft_key_set_res.total = m->soft_key_set_res.count;
}

static inline void fill_message(struct sccp_message *m, uint32_t id, uint32_t version, bool other)
{
    const struct sccp_shape *shape = sccp_shape_of(id);
    struct fill fill = {.other = other};

    memset(m, 0, sizeof *m);
    m->id = id;
    m->version = version;
    fill_rows(&fill, shape->fields, shape->count, version, (char *)m);
    fill_totals(m);
}

#endif
