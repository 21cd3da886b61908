#include "tools/shared/options.h"

#include "base/addr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* "12" -> 12 and where the digits end; false when there are none, or too many. */
static bool digits(const char *text, unsigned long *out, const char **end)
{
    unsigned long v = 0;
    const char *p = text;

    for (; *p >= '0' && *p <= '9'; p++) {
        if (p - text == 12)
            return false;
        v = v * 10 + (unsigned long)(*p - '0');
    }
    *out = v;
    *end = p;
    return p != text;
}

bool option_number(const char *option, const char *text, unsigned long lo, unsigned long hi,
                   unsigned long *out, struct err *e)
{
    const char *end;
    unsigned long v;

    if (!digits(text, &v, &end) || *end)
        return err_set(e, ERR_USAGE, "%s \"%.40s\": not a number (%lu-%lu)", option, text, lo, hi);
    if (v < lo || v > hi)
        return err_set(e, ERR_USAGE, "%s %s: must be %lu-%lu", option, text, lo, hi);
    *out = v;
    return true;
}

bool option_unsigned(const char *option, const char *text, unsigned lo, unsigned hi, unsigned *out,
                     struct err *e)
{
    unsigned long v;

    if (!option_number(option, text, lo, hi, &v, e))
        return false;
    *out = (unsigned)v;
    return true;
}

bool option_range(const char *option, const char *text, unsigned lo, unsigned hi, unsigned *from,
                  unsigned *to, struct err *e)
{
    unsigned long a = 0, b = 0;
    const char *end;

    if (!digits(text, &a, &end) || *end != '-' || !digits(end + 1, &b, &end) || *end)
        return err_set(e, ERR_USAGE, "%s \"%.40s\": not a range like %u-%u", option, text, lo, hi);
    if (a < lo || b > hi)
        return err_set(e, ERR_USAGE, "%s %s: must lie inside %u-%u", option, text, lo, hi);
    if (a > b)
        return err_set(e, ERR_USAGE, "%s %s: the first number is the greater one", option, text);
    *from = (unsigned)a;
    *to = (unsigned)b;
    return true;
}

bool option_word(const char *option, const char *text, const char *const *words, unsigned *out,
                 struct err *e)
{
    char list[200] = "";
    size_t n = 0;

    for (unsigned i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return true;
        }
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", words[i]);
        if (n >= sizeof list)
            n = sizeof list - 1;
    }
    return err_set(e, ERR_USAGE, "%s \"%.40s\": must be one of %s", option, text, list);
}

bool option_extension(const char *option, const char *text, struct err *e)
{
    size_t len = strlen(text);

    if (len == 0 || len > 24 || strspn(text, "0123456789*#ABCD+") != len)
        return err_set(e, ERR_USAGE, "%s \"%.40s\": not a number to dial (1-24 of 0-9 * # A-D +)",
                       option, text);
    return true;
}

static bool one_host(const char *option, const char *text, size_t len, uint16_t default_port,
                     struct host_port *out, struct err *e)
{
    char item[300];

    if (len >= sizeof item)
        return err_set(e, ERR_USAGE, "%s: a host of %zu characters, at most 255 will do", option,
                       len);
    memcpy(item, text, len);
    item[len] = '\0';
    out->port = default_port;
    if (!net_host_port(item, out->host, sizeof out->host, &out->port, e))
        return err_in(e, "%s", option);
    if (strspn(out->host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:%") !=
        strlen(out->host))
        return err_set(e, ERR_USAGE, "%s \"%.80s\": not a host name or address", option, item);
    return true;
}

static bool is_double(const struct host_port *list, size_t count, const struct host_port *h)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].port == h->port && strcasecmp(list[i].host, h->host) == 0)
            return true;
    return false;
}

bool option_hosts(const char *option, const char *text, uint16_t default_port,
                  struct host_port *out, size_t cap, size_t *count, struct err *e)
{
    size_t n = 0;

    for (const char *at = text, *end; at; at = *end ? end + 1 : NULL) {
        struct host_port h;
        end = at + strcspn(at, ",");
        if (n == cap)
            return err_set(e, ERR_USAGE, "%s: more than %zu servers", option, cap);
        if (!one_host(option, at, (size_t)(end - at), default_port, &h, e))
            return false;
        if (is_double(out, n, &h))
            return err_set(e, ERR_USAGE, "%s: %s stands there twice", option, h.host);
        out[n++] = h;
    }
    *count = n;
    return true;
}
