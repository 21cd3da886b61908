#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_ip(struct net_addr *out, const char *text)
{
    *out = (struct net_addr){0};
    if (inet_pton(AF_INET, text, out->ip) == 1)
        out->family = 4;
    else if (inet_pton(AF_INET6, text, out->ip) == 1)
        out->family = 6;
    return out->family != 0;
}

static bool parse_port(const char *text, uint16_t *port)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    unsigned long v = strtoul(text, &end, 10);
    if (*end || v == 0 || v > 65535)
        return false;
    *port = (uint16_t)v;
    return true;
}

bool net_host_port(const char *text, char *host, size_t cap, uint16_t *port, struct err *e)
{
    const char *from = text, *end = text + strlen(text), *colon = strrchr(text, ':');

    if (*text == '[') { /* [ipv6] or [ipv6]:port */
        from = text + 1;
        end = strchr(from, ']');
        if (!end)
            return err_set(e, ERR_USAGE, "\"%.80s\" lacks a ]", text);
        colon = end[1] == ':' ? end + 1 : NULL;
        if (!colon && end[1])
            return err_set(e, ERR_USAGE, "\"%.80s\" is not host or host:port", text);
    } else if (colon && strchr(text, ':') != colon) {
        colon = NULL; /* a bare IPv6 address */
    } else if (colon) {
        end = colon;
    }
    if (colon && !parse_port(colon + 1, port))
        return err_set(e, ERR_USAGE, "\"%.80s\" is not a port (1-65535)", colon + 1);
    if (end == from || (size_t)(end - from) >= cap)
        return err_set(e, ERR_USAGE, "\"%.80s\" is not host or host:port", text);
    memcpy(host, from, (size_t)(end - from));
    host[end - from] = '\0';
    return true;
}

bool net_addr_parse(struct net_addr *out, const char *text, uint16_t default_port)
{
    char host[INET6_ADDRSTRLEN];
    uint16_t port = default_port;

    if (!net_host_port(text, host, sizeof host, &port, NULL) || !parse_ip(out, host))
        return false;
    out->port = port;
    return true;
}

const char *net_ip_text(const struct net_addr *a, char *out)
{
    if (a->family == 0)
        return strcpy(out, "none");
    if (!inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->ip, out, NET_ADDR_TEXT))
        return strcpy(out, "?");
    return out;
}

const char *net_addr_text(const struct net_addr *a, char *out)
{
    char ip[NET_ADDR_TEXT];

    net_ip_text(a, ip);
    if (!a->port)
        return strcpy(out, ip);
    snprintf(out, NET_ADDR_TEXT, a->family == 6 ? "[%.45s]:%u" : "%.45s:%u", ip, a->port);
    return out;
}

bool net_ip_equal(const struct net_addr *a, const struct net_addr *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, a->family == 4 ? 4 : 16) == 0;
}

bool net_addr_equal(const struct net_addr *a, const struct net_addr *b)
{
    return net_ip_equal(a, b) && a->port == b->port;
}

bool net_ip_is_any(const struct net_addr *a)
{
    static const uint8_t zero[16];
    return a->family == 0 || memcmp(a->ip, zero, a->family == 4 ? 4 : 16) == 0;
}
