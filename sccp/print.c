/* A message as one line of text. What must not be seen is not even looked at here. */
#include "base/text.h"
#include "sccp/row.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct line {
    char *at;
    size_t left;
    uint32_t version;
    bool all;
};

static void say(struct line *l, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void say(struct line *l, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(l->at, l->left, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    size_t said = (size_t)n < l->left ? (size_t)n : l->left - 1;
    l->at += said;
    l->left -= said;
}

static bool is_zero(const char *at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (at[i])
            return false;
    return true;
}

static void say_uint(struct line *l, const struct sccp_field *f, uint32_t v)
{
    const char *words = f->words ? f->words(v) : NULL;

    say(l, words ? "%" PRIu32 "(%s)" : "%" PRIu32, v, words);
}

static void say_ip(struct line *l, const uint8_t *ip, bool six)
{
    struct net_addr a = {.family = six ? 6 : 4};
    char text[NET_ADDR_TEXT];

    memcpy(a.ip, ip, six ? 16 : 4);
    say(l, "%s", net_ip_text(&a, text));
}

static void say_addr(struct line *l, const char *at)
{
    struct sccp_addr a;

    memcpy(&a, at, sizeof a);
    say_ip(l, a.ip, a.type == SCCP_ADDR_IPV6);
}

static void say_text(struct line *l, const char *text, size_t size)
{
    char escaped[TEXT_ESCAPED];

    say(l, "\"%s\"", log_escape(text, strnlen(text, size), escaped, sizeof escaped));
}

static void say_params(struct line *l, const char *at)
{
    struct sccp_codec_params p;

    memcpy(&p, at, sizeof p);
    if (p.g723_rate)
        say(l, "rate:%" PRIu32, p.g723_rate);
    else
        say(l, "mode:%u,payload:%u,%u,%u", p.mode, p.dynamic_payload, p.param1, p.param2);
}

static void say_value(struct line *l, const struct sccp_field *f, const char *at)
{
    char hex[64];

    switch (f->kind) {
    case SCCP_UINT:
        say_uint(l, f, sccp_load(at, f->size));
        break;
    case SCCP_TONED:
        if (sccp_tone_to_digit(sccp_load(at, f->size)))
            say(l, "(hidden)");
        else
            say_uint(l, f, sccp_load(at, f->size));
        break;
    case SCCP_DIGIT:
    case SCCP_SECRET:
        say(l, "(hidden)");
        break;
    case SCCP_BYTES:
        say(l, "%s", text_hex((const uint8_t *)at, f->size, hex, sizeof hex));
        break;
    case SCCP_IP:
        say_ip(l, (const uint8_t *)at, f->size == 16);
        break;
    case SCCP_ADDRESS:
        say_addr(l, at);
        break;
    case SCCP_TEXT:
    case SCCP_NUMBER:
    case SCCP_STRING:
    case SCCP_COUNTED:
        say_text(l, at, f->size);
        break;
    case SCCP_PARAMS:
    case SCCP_PARAMS_SINCE_11:
        say_params(l, at);
        break;
    case SCCP_PAD:
    case SCCP_ARRAY:
        break;
    }
}

static void say_rows(struct line *l, const struct sccp_field *rows, size_t count, const char *base);

/* "caps=[codec=4(..) .. | codec=2(..) ..]": the elements that count. */
static void say_array(struct line *l, const struct sccp_field *f, const char *base)
{
    size_t n = f->times;

    if (f->other && sccp_load(base + f->other, 4) < n)
        n = sccp_load(base + f->other, 4);
    if (is_zero(base + f->at, n * f->stride) && !l->all)
        return;
    say(l, " %s=[", sccp_field_name(f));
    for (size_t i = 0; i < n; i++) {
        if (i)
            say(l, " |");
        say_rows(l, f->of, f->of_count, base + f->at + i * f->stride);
    }
    say(l, "]");
}

static void say_field(struct line *l, const struct sccp_field *f, const char *base)
{
    /* A digit is said to be there even if it is zero: that one is '0'. */
    if (f->kind != SCCP_DIGIT && !l->all && is_zero(base + f->at, f->size))
        return;
    if (*f->name)
        say(l, " %s=", sccp_field_name(f));
    else
        say(l, " ");
    say_value(l, f, base + f->at);
}

static void say_rows(struct line *l, const struct sccp_field *rows, size_t count, const char *base)
{
    for (size_t i = 0; i < count; i++) {
        const struct sccp_field *f = &rows[i];
        if ((!f->late && !sccp_field_in(f, l->version)) || f->kind == SCCP_PAD)
            continue;
        if (f->kind == SCCP_ARRAY)
            say_array(l, f, base);
        else
            say_field(l, f, base);
    }
}

const char *sccp_print(const struct sccp_message *m, bool all, char *out, size_t cap)
{
    const struct sccp_shape *shape = sccp_shape_of(m->id);
    struct line l = {.at = out, .left = cap, .version = m->version, .all = all};

    if (cap == 0)
        return "";
    if (!shape && sccp_sender_of(m->id) == SCCP_SENDER_NONE) {
        say(&l, "message 0x%04" PRIx32, m->id);
        return out;
    }
    say(&l, "%s", sccp_name(m->id));
    if (shape)
        say_rows(&l, shape->fields, shape->count, (const char *)m);
    return out;
}

uint32_t sccp_call_of(const struct sccp_message *m)
{
    const struct sccp_shape *shape = sccp_shape_of(m->id);

    for (size_t i = 0; shape && i < shape->count; i++) {
        const struct sccp_field *f = &shape->fields[i];
        if (f->kind == SCCP_UINT && strcmp(sccp_field_name(f), "call") == 0)
            return sccp_load((const char *)m + f->at, f->size);
    }
    return 0;
}
