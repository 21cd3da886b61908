#include "media/port_range.h"

#include <stdlib.h>

struct port_range {
    size_t cap, head, left;
    uint16_t ring[];
};

struct port_range *port_range_new(uint16_t lo, uint16_t hi, struct err *e)
{
    unsigned first = lo + (lo & 1u);
    size_t cap = first <= hi ? (hi - first) / 2 + 1 : 0;

    if (lo == 0 || cap == 0) {
        err_set(e, ERR_USAGE, "no even UDP port in %u-%u", lo, hi);
        return NULL;
    }
    struct port_range *r = calloc(1, sizeof *r + cap * sizeof r->ring[0]);
    if (!r) {
        err_set(e, ERR_MEMORY, "no memory for the UDP ports %u-%u", lo, hi);
        return NULL;
    }
    r->cap = cap;
    for (size_t i = 0; i < cap; i++)
        port_range_give(r, (uint16_t)(first + 2 * i));
    return r;
}

void port_range_turn(struct port_range *r, uint32_t by)
{
    r->head = by % r->cap;
}

void port_range_free(struct port_range *r)
{
    free(r);
}

uint16_t port_range_take(struct port_range *r)
{
    if (r->left == 0)
        return 0;
    uint16_t port = r->ring[r->head];
    r->head = (r->head + 1) % r->cap;
    r->left--;
    return port;
}

void port_range_give(struct port_range *r, uint16_t port)
{
    if (r->left < r->cap)
        r->ring[(r->head + r->left++) % r->cap] = port;
}

size_t port_range_left(const struct port_range *r)
{
    return r->left;
}
