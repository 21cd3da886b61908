/* A setting's value: its text to its field, and back. */
#include "ports/config_rows.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DIGITS    "0123456789"
#define LETTERS   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define HEX       DIGITS "abcdefABCDEF"
#define DIALLABLE DIGITS "*#+"

/* ---- reading -------------------------------------------------------------------------------- */

/* Decimal digits, at least one; no sign, no blank. */
static bool digits(const char *text, unsigned long *out, const char **end)
{
    const size_t n = strspn(text, DIGITS);

    *end = text + n;
    if (n == 0 || n > 10)
        return false;
    *out = strtoul(text, NULL, 10);
    return true;
}

static bool take_number(const struct row *row, unsigned *out, const char *text, struct err *e)
{
    const bool ms = row->kind == ROW_MS;
    unsigned long v = 0;
    const char *end;

    if (!digits(text, &v, &end) || *end)
        return err_set(e, ERR_USAGE, "must be a number%s without a unit, %u-%u",
                       ms ? " of milliseconds" : "", row->lo, row->hi);
    if (v < row->lo || v > row->hi)
        return err_set(e, ERR_USAGE, "must be %u-%u%s", row->lo, row->hi, ms ? " ms" : "");
    *out = (unsigned)v;
    return true;
}

static bool take_switch(bool *out, const char *text, bool yes, struct err *e)
{
    if (strcmp(text, "yes") == 0)
        *out = yes;
    else if (strcmp(text, "no") == 0)
        *out = !yes;
    else
        return err_set(e, ERR_USAGE, "must be yes or no");
    return true;
}

static bool take_word(const struct row *row, unsigned *out, const char *text, struct err *e)
{
    char list[120] = "";
    size_t n = 0;

    for (unsigned i = 0; row->words[i]; i++) {
        if (strcmp(row->words[i], text) == 0) {
            *out = i;
            return true;
        }
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", row->words[i]);
    }
    return err_set(e, ERR_USAGE, "must be one of %s", list);
}

static bool take_text(const struct row *row, char *out, const char *text, struct err *e)
{
    const size_t len = strlen(text);

    if (len < row->lo || len > row->hi)
        return err_set(e, ERR_USAGE, "%zu characters; wanted are %u to %u", len, row->lo, row->hi);
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == '\x7f')
            return err_set(e, ERR_USAGE, "control characters do not belong here");
    memcpy(out, text, len + 1);
    return true;
}

static bool take_name(const struct row *row, char *out, const char *text, struct err *e)
{
    if (text[0] == '.' || text[strspn(text, LETTERS DIGITS " .-_")])
        return err_set(e, ERR_USAGE,
                       "must be of letters, digits, blanks and .-_, and not begin "
                       "with a dot");
    return take_text(row, out, text, e);
}

static bool take_extension(char *out, const char *text, struct err *e)
{
    if (strlen(text) > 24 || text[strspn(text, DIALLABLE)])
        return err_set(e, ERR_USAGE, "must be at most 24 digits, *, # or +");
    memcpy(out, text, strlen(text) + 1);
    return true;
}

static bool one_host(const char *at, size_t len, struct server_setting *out, struct err *e)
{
    char item[300];

    while (len && *at == ' ')
        at++, len--;
    while (len && at[len - 1] == ' ')
        len--;
    if (len == 0 || len >= sizeof item)
        return err_set(e, ERR_USAGE, "a host of %zu characters; wanted are 1 to 255", len);
    memcpy(item, at, len);
    item[len] = '\0';
    out->port = 0;
    if (!net_host_port(item, out->host, sizeof out->host, &out->port, e))
        return false;
    return !out->host[strspn(out->host, LETTERS DIGITS ".-_:%")] ||
           err_set(e, ERR_USAGE, "%.60s is no host's name or address", item);
}

static bool is_double(const struct server_setting *list, size_t n, const struct server_setting *s)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].port == s->port && strcasecmp(list[i].host, s->host) == 0)
            return true;
    return false;
}

/* "HOST[:PORT],..." in their order; empty: none. */
static bool take_hosts(struct server_setting list[SERVERS_MAX], size_t *count, const char *text,
                       struct err *e)
{
    size_t n = 0;

    for (const char *at = *text ? text : NULL, *end; at; at = *end ? end + 1 : NULL) {
        end = at + strcspn(at, ",");
        if (n == SERVERS_MAX)
            return err_set(e, ERR_USAGE, "more than %d servers", SERVERS_MAX);
        if (!one_host(at, (size_t)(end - at), &list[n], e))
            return false;
        if (is_double(list, n, &list[n]))
            return err_set(e, ERR_USAGE, "%.60s stands there twice", list[n].host);
        n++;
    }
    *count = n;
    return true;
}

static bool take_servers(struct group_settings *g, const char *text, struct err *e)
{
    struct server_setting list[SERVERS_MAX];

    if (!take_hosts(list, &g->server_count, text, e))
        return false;
    memcpy(g->servers, list, g->server_count * sizeof list[0]);
    return true;
}

static bool take_tftp(struct group_settings *g, const char *text, struct err *e)
{
    struct server_setting list[SERVERS_MAX];

    if (!take_hosts(list, &g->tftp_count, text, e))
        return false;
    for (size_t i = 0; i < g->tftp_count; i++) {
        memcpy(g->tftp[i].host, list[i].host, sizeof g->tftp[i].host);
        g->tftp[i].port = list[i].port ? list[i].port : 69;
    }
    return true;
}

static bool take_pin(char out[65], const char *text, struct err *e)
{
    const size_t len = strlen(text);

    if (len && (len != 64 || text[strspn(text, HEX)]))
        return err_set(e, ERR_USAGE, "%zu characters; wanted are 64 hex digits", len);
    memcpy(out, text, len + 1);
    return true;
}

static bool take_features(uint8_t out[3], const char *text, struct err *e)
{
    uint8_t bytes[3];

    for (size_t i = 0; i < 3; i++) {
        const char *at = text + 3 * i;
        const size_t most = strlen(text) > 3 * i ? strspn(at, HEX) : 0;
        if (most != 2 || at[2] != (i < 2 ? ' ' : '\0'))
            return err_set(e, ERR_USAGE, "must be three bytes in hex, as \"00 70 05\"");
        bytes[i] = (uint8_t)strtoul(at, NULL, 16);
    }
    memcpy(out, bytes, sizeof bytes);
    return true;
}

static bool take_addr(struct net_addr *out, const char *text, struct err *e)
{
    *out = (struct net_addr){0};
    if (!*text || (net_addr_parse(out, text, 0) && out->port == 0))
        return true;
    return err_set(e, ERR_USAGE, "must be an IP address");
}

static bool take_pair(const char *text, unsigned long lo, unsigned long hi, unsigned long pair[2],
                      struct err *e)
{
    const char *end;
    bool ok = digits(text, &pair[0], &end);

    pair[1] = pair[0];
    if (ok && *end == '-')
        ok = digits(end + 1, &pair[1], &end);
    if (!ok || *end)
        return err_set(e, ERR_USAGE, "must be FROM-TO");
    if (pair[0] > pair[1])
        return err_set(e, ERR_USAGE, "the first number is the greater one");
    if (pair[0] < lo || pair[1] > hi)
        return err_set(e, ERR_USAGE, "must lie inside %lu-%lu", lo, hi);
    return true;
}

static bool take_rtp(const struct row *row, struct pool_settings *s, const char *text,
                     struct err *e)
{
    unsigned long pair[2];

    if (!take_pair(text, row->lo, row->hi, pair, e))
        return false;
    s->rtp_lo = (uint16_t)pair[0];
    s->rtp_hi = (uint16_t)pair[1];
    return true;
}

static bool take_range(struct port_behaviour *b, const char *text, struct err *e)
{
    unsigned long pair[2];

    if (!take_pair(text, 1, UINT_MAX, pair, e))
        return false;
    b->first = (unsigned)pair[0];
    b->last = (unsigned)pair[1];
    return true;
}

bool row_take(const struct row *row, void *base, const char *text, struct err *e)
{
    void *field = (char *)base + row->at;

    switch (row->kind) {
    case ROW_NUMBER:
    case ROW_MS:
        return take_number(row, field, text, e);
    case ROW_SWITCH:
    case ROW_SWITCH_OFF:
        return take_switch(field, text, row->kind == ROW_SWITCH, e);
    case ROW_WORD:
        return take_word(row, field, text, e);
    case ROW_TEXT:
        return take_text(row, field, text, e);
    case ROW_NAME:
        return take_name(row, field, text, e);
    case ROW_EXTENSION:
        return take_extension(field, text, e);
    case ROW_SERVERS:
        return take_servers(&((struct group_draft *)base)->settings, text, e);
    case ROW_TFTP:
        return take_tftp(&((struct group_draft *)base)->settings, text, e);
    case ROW_PIN:
        return take_pin(field, text, e);
    case ROW_FEATURES:
        return take_features(field, text, e);
    case ROW_ADDR:
        return take_addr(field, text, e);
    case ROW_RTP:
        return take_rtp(row, base, text, e);
    case ROW_RANGE:
        return take_range(base, text, e);
    }
    return false;
}

/* ---- printing ------------------------------------------------------------------------------- */

/* libconfuse reads backslash, quote and ${...} inside quotes in a way of its own. */
static void print_text(const char *text, FILE *out)
{
    fputc('"', out);
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\' || *c == '$')
            fputc('\\', out);
        fputc(*c, out);
    }
    fputc('"', out);
}

static void print_host(const char *host, uint16_t port, bool first, FILE *out)
{
    const bool six = strchr(host, ':') != NULL;

    fprintf(out, "%s%s%s%s", first ? "" : ",", six && port ? "[" : "", host,
            six && port ? "]" : "");
    if (port)
        fprintf(out, ":%u", port);
}

static void print_servers(const struct group_settings *g, FILE *out)
{
    fputc('"', out);
    for (size_t i = 0; i < g->server_count; i++)
        print_host(g->servers[i].host, g->servers[i].port, i == 0, out);
    fputc('"', out);
}

static void print_tftp(const struct group_settings *g, FILE *out)
{
    fputc('"', out);
    for (size_t i = 0; i < g->tftp_count; i++)
        print_host(g->tftp[i].host, g->tftp[i].port == 69 ? 0 : g->tftp[i].port, i == 0, out);
    fputc('"', out);
}

static void print_addr(const struct net_addr *a, FILE *out)
{
    char text[NET_ADDR_TEXT];

    fprintf(out, "\"%s\"", a->family ? net_ip_text(a, text) : "");
}

void row_print(const struct row *row, const void *base, FILE *out)
{
    const void *field = (const char *)base + row->at;
    const unsigned *numbers = field;
    const uint8_t *bytes = field;

    switch (row->kind) {
    case ROW_NUMBER:
    case ROW_MS:
        fprintf(out, "%u", numbers[0]);
        break;
    case ROW_SWITCH:
    case ROW_SWITCH_OFF:
        fputs(*(const bool *)field == (row->kind == ROW_SWITCH) ? "yes" : "no", out);
        break;
    case ROW_WORD:
        fputs(row->words[numbers[0]], out);
        break;
    case ROW_TEXT:
    case ROW_NAME:
    case ROW_EXTENSION:
    case ROW_PIN:
        print_text(field, out);
        break;
    case ROW_SERVERS:
        print_servers(&((const struct group_draft *)base)->settings, out);
        break;
    case ROW_TFTP:
        print_tftp(&((const struct group_draft *)base)->settings, out);
        break;
    case ROW_FEATURES:
        fprintf(out, "\"%02x %02x %02x\"", bytes[0], bytes[1], bytes[2]);
        break;
    case ROW_ADDR:
        print_addr(field, out);
        break;
    case ROW_RTP:
        fprintf(out, "%u-%u", ((const struct pool_settings *)base)->rtp_lo,
                ((const struct pool_settings *)base)->rtp_hi);
        break;
    case ROW_RANGE:
        fprintf(out, "%u-%u", ((const struct port_behaviour *)base)->first,
                ((const struct port_behaviour *)base)->last);
        break;
    }
}
