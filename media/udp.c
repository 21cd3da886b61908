#include "media/udp.h"

#include "base/sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#define ERRORS_AT_ONCE 16

void udp_set_tos(int fd, uint8_t family, uint8_t tos)
{
    int v = tos;

    if (family == 6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &v, sizeof v);
    else
        setsockopt(fd, IPPROTO_IP, IP_TOS, &v, sizeof v);
}

/* An unconnected socket hears of ICMP only so; a connected one would not hear a far end that sends
 * from another port than it said. */
static void want_errors(int fd, uint8_t family)
{
    int on = 1;

    if (family == 6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
    else
        setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
}

static enum udp_result bind_to(int fd, const struct net_addr *at, struct net_addr *bound,
                               struct err *e)
{
    struct sockaddr_storage sa;
    socklen_t len = sock_from_addr(at, &sa);
    char text[NET_ADDR_TEXT];

    if (bind(fd, (struct sockaddr *)&sa, len) != 0) {
        enum udp_result r = errno == EADDRINUSE ? UDP_IN_USE : UDP_FAILED;
        err_errno(e, ERR_SYSTEM, "UDP %s", net_addr_text(at, text));
        return r;
    }
    len = sizeof sa;
    if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0) {
        err_errno(e, ERR_SYSTEM, "UDP %s", net_addr_text(at, text));
        return UDP_FAILED;
    }
    *bound = sock_to_addr((struct sockaddr *)&sa);
    return UDP_OK;
}

enum udp_result udp_open(const struct net_addr *at, uint8_t tos, int *fd, struct net_addr *bound,
                         struct err *e)
{
    *fd =
        socket(at->family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0) {
        err_errno(e, ERR_SYSTEM, "no socket for media");
        return UDP_FAILED;
    }
    enum udp_result r = bind_to(*fd, at, bound, e);
    if (r != UDP_OK) {
        close(*fd);
        return r;
    }
    udp_set_tos(*fd, at->family, tos);
    want_errors(*fd, at->family);
    return UDP_OK;
}

bool udp_take_errors(int fd)
{
    uint8_t control[512];
    bool any = false;

    for (int i = 0; i < ERRORS_AT_ONCE; i++) {
        struct msghdr m = {.msg_control = control, .msg_controllen = sizeof control};
        if (recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
            break;
        any = true;
    }
    return any;
}
