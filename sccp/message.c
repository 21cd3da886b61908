#include "sccp/message.h"

#include <string.h>

struct sccp_addr sccp_addr_of(const struct net_addr *a)
{
    struct sccp_addr out = {.type = a->family == 6 ? SCCP_ADDR_IPV6 : SCCP_ADDR_IPV4};

    if (a->family)
        memcpy(out.ip, a->ip, a->family == 6 ? 16 : 4);
    return out;
}

struct net_addr sccp_addr_to(const struct sccp_addr *a, uint32_t port)
{
    struct net_addr out = {.port = port <= UINT16_MAX ? (uint16_t)port : 0};

    if (a->type == SCCP_ADDR_INVALID)
        return out;
    out.family = a->type == SCCP_ADDR_IPV6 ? 6 : 4;
    memcpy(out.ip, a->ip, out.family == 6 ? 16 : 4);
    if (net_ip_is_any(&out))
        out = (struct net_addr){.port = out.port};
    return out;
}

uint32_t sccp_negotiated(uint32_t own, uint32_t returned)
{
    return returned < own ? returned : own;
}
