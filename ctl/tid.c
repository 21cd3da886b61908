#include "ctl/tid.h"

#include "base/sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>

int tid_open(struct tid *t, int family, int type, int protocol)
{
    const int on = 1;

    t->socket = socket(family, type | SOCK_CLOEXEC, protocol);
    if (t->socket < 0)
        return -1;
    /* Without it the kernel tells ICMP errors to connected sockets alone. Not being able to is no
     * reason to give up. */
    if (family == AF_INET6)
        (void)setsockopt(t->socket, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
    else
        (void)setsockopt(t->socket, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
    return t->socket;
}

static void turn_away(struct tid *t, const struct sockaddr_storage *who, socklen_t len)
{
    static const uint8_t unknown_id[] = "\0\5\0\5unknown transfer id"; /* ERROR 5, with its NUL */
    uint8_t byte;

    (void)recv(t->socket, &byte, 1, MSG_DONTWAIT);
    (void)sendto(t->socket, unknown_id, sizeof unknown_id, MSG_DONTWAIT,
                 (const struct sockaddr *)who, len);
    t->strangers++;
}

static bool is_server(const struct tid *t, const struct sockaddr_storage *from)
{
    const struct net_addr a = sock_to_addr((const struct sockaddr *)from),
                          b = sock_to_addr((const struct sockaddr *)&t->server);

    return net_addr_equal(&a, &b);
}

/* From here on the kernel turns strangers away, also while libcurl reads several packets in one go;
 * those that were already waiting meet is_server(). */
static void settle_on(struct tid *t, const struct sockaddr_storage *server, socklen_t len)
{
    t->known = true;
    t->server = *server;
    (void)connect(t->socket, (const struct sockaddr *)server, len);
}

/* False: libcurl may go on. */
static bool look_once(struct tid *t)
{
    struct sockaddr_storage from = {0};
    socklen_t len = sizeof from;
    uint8_t byte;

    if (recvfrom(t->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT, (struct sockaddr *)&from, &len) <
        0) {
        t->refused |= errno == ECONNREFUSED;
        return false;
    }
    if (!t->known)
        settle_on(t, &from, len);
    if (is_server(t, &from))
        return false;
    turn_away(t, &from, len);
    return true;
}

#define STRANGERS_A_LOOK 64 /* a flood must not keep the transfer from its time-out */

void tid_look(struct tid *t)
{
    for (unsigned i = 0; t->socket >= 0 && i < STRANGERS_A_LOOK && look_once(t); i++)
        ;
}
