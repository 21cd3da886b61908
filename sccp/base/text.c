#include "base/text.h"

#include <stdio.h>

const char *log_escape(const char *text, size_t len, char *out, size_t cap)
{
    size_t n = 0, used = 0;

    if (cap == 0)
        return out;
    for (; used < len && used < 128 && n + 5 <= cap; used++) {
        unsigned char c = (unsigned char)text[used];
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
            n += (size_t)snprintf(out + n, cap - n, "\\x%02x", c);
        else
            out[n++] = (char)c;
    }
    out[n] = '\0';
    return out;
}

struct civil {
    int64_t year;
    int month, day, weekday; /* month 1-12, weekday 0 = Sunday */
    int hour, minute, second;
};

/* Gregorian calendar without the C library's clock, so that pure code can name dates. Years are
 * counted from March, which puts the leap day at a year's end; 400 years have 146097 days. */
static struct civil civil_from(int64_t seconds)
{
    int64_t days = seconds / 86400, rest = seconds % 86400;

    if (rest < 0) {
        rest += 86400;
        days--;
    }
    int64_t from_march_0000 = days + 719468;
    int64_t era = (from_march_0000 >= 0 ? from_march_0000 : from_march_0000 - 146096) / 146097;
    int64_t in_era = from_march_0000 - era * 146097;
    int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * in_year + 2) / 153; /* 0 = March; five months have 153 days */
    struct civil c = {
        .year = year + era * 400 + (month >= 10),
        .month = (int)(month < 10 ? month + 3 : month - 9),
        .day = (int)(in_year - (153 * month + 2) / 5 + 1),
        .weekday = (int)(((days + 4) % 7 + 7) % 7), /* 1970-01-01 was a Thursday */
        .hour = (int)(rest / 3600),
        .minute = (int)(rest / 60 % 60),
        .second = (int)(rest % 60),
    };
    return c;
}

const char *text_date(int64_t seconds, char *out)
{
    struct civil c = civil_from(seconds);

    snprintf(out, TEXT_DATE, "%04lld-%02d-%02d %02d:%02d:%02d UTC", (long long)c.year, c.month,
             c.day, c.hour, c.minute, c.second);
    return out;
}

const char *text_long_date(int64_t seconds, char *out)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct civil c = civil_from(seconds);

    snprintf(out, TEXT_DATE, "%s %s %02d %02d:%02d:%02d UTC %lld", days[c.weekday],
             months[c.month - 1], c.day, c.hour, c.minute, c.second, (long long)c.year);
    return out;
}

const char *text_hex(const uint8_t *bytes, size_t len, char *out, size_t cap)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;

    for (size_t i = 0; i < len && n + 3 <= cap; i++) {
        out[n++] = digits[bytes[i] >> 4];
        out[n++] = digits[bytes[i] & 15];
    }
    if (cap)
        out[n] = '\0';
    return out;
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t text_from_hex(const char *text, size_t len, uint8_t *out, size_t cap)
{
    if (len % 2 || len / 2 > cap)
        return 0;
    for (size_t i = 0; i < len / 2; i++) {
        int hi = nibble(text[2 * i]), lo = nibble(text[2 * i + 1]);
        if (hi < 0 || lo < 0)
            return 0;
        out[i] = (uint8_t)(hi << 4 | lo);
    }
    return len / 2;
}
