#include "base/sock.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

socklen_t sock_from_addr(const struct net_addr *a, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (a->family == 6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(a->port);
        memcpy(&in6->sin6_addr, a->ip, 16);
        return sizeof *in6;
    }
    struct sockaddr_in *in = (struct sockaddr_in *)out;
    in->sin_family = AF_INET;
    in->sin_port = htons(a->port);
    memcpy(&in->sin_addr, a->ip, 4);
    return sizeof *in;
}

struct net_addr sock_to_addr(const struct sockaddr *sa)
{
    struct net_addr a = {0};

    if (sa->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)sa;
        a.family = 4;
        a.port = ntohs(in->sin_port);
        memcpy(a.ip, &in->sin_addr, 4);
    } else if (sa->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)sa;
        a.port = ntohs(in6->sin6_port);
        a.family = IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) ? 4 : 6;
        if (a.family == 4)
            memcpy(a.ip, in6->sin6_addr.s6_addr + 12, 4);
        else
            memcpy(a.ip, &in6->sin6_addr, 16);
    }
    return a;
}

size_t sock_resolve(const char *host, uint16_t port, struct net_addr *out, size_t cap,
                    struct err *e)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    size_t n = 0;

    int rc = getaddrinfo(host, NULL, &hints, &list);
    if (rc != 0) {
        err_set(e, ERR_SYSTEM, "the name %.100s cannot be resolved: %s", host, gai_strerror(rc));
        return 0;
    }
    for (struct addrinfo *ai = list; ai && n < cap; ai = ai->ai_next) {
        out[n] = sock_to_addr(ai->ai_addr);
        out[n].port = port;
        n += out[n].family != 0;
    }
    freeaddrinfo(list);
    if (n == 0)
        err_set(e, ERR_SYSTEM, "the name %.100s has no IP address", host);
    return n;
}

bool sock_local_towards(const struct net_addr *peer, struct net_addr *out, struct err *e)
{
    struct sockaddr_storage to, local;
    struct net_addr with_port = *peer;
    socklen_t len = sizeof local;
    bool ok = false;

    if (!with_port.port)
        with_port.port = 9; /* any: connect() on UDP only chooses a route */
    socklen_t to_len = sock_from_addr(&with_port, &to);
    int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_errno(e, ERR_SYSTEM, "no socket");
    if (connect(fd, (struct sockaddr *)&to, to_len) != 0 ||
        getsockname(fd, (struct sockaddr *)&local, &len) != 0) {
        err_errno(e, ERR_SYSTEM, "no route to the peer");
    } else {
        *out = sock_to_addr((struct sockaddr *)&local);
        out->port = 0;
        ok = true;
    }
    close(fd);
    return ok;
}
