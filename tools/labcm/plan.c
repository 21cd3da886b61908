#include "tools/labcm/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORTS_SHORT 990 /* port numbers below it have three digits behind 999 */

enum { FITS_NOT, FITS_SO_FAR, FITS };

/* X is any digit. */
static int fits(const char *pattern, const char *digits)
{
    for (; *digits; pattern++, digits++)
        if (*pattern == '\0' ||
            (*pattern == 'X' ? *digits < '0' || *digits > '9' : *pattern != *digits))
            return FITS_NOT;
    return *pattern ? FITS_SO_FAR : FITS;
}

static bool to_phone(const char *number, struct plan_route *r)
{
    r->kind = plan_phone(number, &r->index) ? PLAN_IS_PHONE : PLAN_UNKNOWN;
    return r->kind == PLAN_IS_PHONE;
}

static bool to_port(const struct plan *p, unsigned long n, struct plan_route *r)
{
    if (n < p->first || n - p->first >= p->count)
        return false;
    r->kind = PLAN_IS_PORT;
    r->index = (unsigned)(n - p->first);
    return true;
}

static bool to_lamp(const char *digits, struct plan_route *r)
{
    size_t code = strlen(PLAN_MWI_ON);

    r->lamp_on = strncmp(digits, PLAN_MWI_ON, code) == 0;
    if (digits[code] && !to_phone(digits + code, r))
        return false;
    r->has_phone = digits[code] != '\0';
    r->kind = PLAN_IS_MWI;
    return true;
}

/* The number as a whole. */
static bool find(const struct plan *p, const char *digits, struct plan_route *r)
{
    if (strcmp(digits, PLAN_PILOT) == 0) {
        r->kind = PLAN_IS_PILOT;
        return true;
    }
    if (fits("999991", digits) == FITS || fits("999990", digits) == FITS ||
        fits("999991XXXX", digits) == FITS || fits("999990XXXX", digits) == FITS)
        return to_lamp(digits, r);
    if (fits("999XXX", digits) == FITS)
        return strtoul(digits + 3, NULL, 10) < PORTS_SHORT &&
               to_port(p, strtoul(digits + 3, NULL, 10), r);
    if (fits("998XXXXX", digits) == FITS)
        return strtoul(digits + 3, NULL, 10) >= PORTS_SHORT &&
               to_port(p, strtoul(digits + 3, NULL, 10), r);
    return to_phone(digits, r);
}

/* Is there a longer number that begins so? */
static bool may_grow(const char *digits, bool subscriber)
{
    static const char *const patterns[] = {PLAN_PILOT, "1XXX", "999XXX", "998XXXXX"};

    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        if (fits(patterns[i], digits) == FITS_SO_FAR)
            return true;
    return !subscriber &&
           (fits("999991XXXX", digits) == FITS_SO_FAR || fits("999990XXXX", digits) == FITS_SO_FAR);
}

struct plan_route plan_look_up(const struct plan *p, const char *digits, bool whole,
                               bool subscriber)
{
    struct plan_route r = {.kind = PLAN_UNKNOWN};

    if (!whole && may_grow(digits, subscriber)) {
        r.kind = PLAN_MORE;
        return r;
    }
    if (!find(p, digits, &r))
        r = (struct plan_route){.kind = PLAN_UNKNOWN};
    return r;
}

void plan_port_number(const struct plan *p, unsigned index, char out[PLAN_NUMBER])
{
    unsigned n = p->first + index;

    snprintf(out, PLAN_NUMBER, n < PORTS_SHORT ? "999%03u" : "998%05u", n);
}

void plan_phone_number(unsigned index, char out[PLAN_NUMBER])
{
    snprintf(out, PLAN_NUMBER, "%u",
             index < PLAN_PHONES ? PLAN_PHONE_FIRST + index : PLAN_OUTSIDE + (index - PLAN_PHONES));
}

bool plan_phone(const char *number, unsigned *index)
{
    if (fits("1XXX", number) != FITS)
        return false;
    unsigned long n = strtoul(number, NULL, 10);
    if (n < PLAN_PHONE_FIRST)
        return false;
    *index = (unsigned)(n - PLAN_PHONE_FIRST);
    return *index < PLAN_PHONES;
}
