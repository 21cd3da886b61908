/* One thread; each transfer from a port of its own, as RFC 1350 has it. */
#include "tftp_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct peer {
    int fd;
    struct sockaddr_storage addr;
    socklen_t addr_len;
};

int udp_on_loopback(int family, uint16_t *port)
{
    struct sockaddr_storage addr = {0};
    socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    struct timeval soon = {.tv_usec = 100000};
    int fd = socket(family, SOCK_DGRAM, 0);

    addr.ss_family = (sa_family_t)family;
    if (family == AF_INET)
        ((struct sockaddr_in *)&addr)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        ((struct sockaddr_in6 *)&addr)->sin6_addr = in6addr_loopback;
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, len) != 0) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
    getsockname(fd, (struct sockaddr *)&addr, &len);
    if (port)
        *port = ntohs(family == AF_INET ? ((struct sockaddr_in *)&addr)->sin_port
                                        : ((struct sockaddr_in6 *)&addr)->sin6_port);
    return fd;
}

static void send_to(const struct peer *p, const void *bytes, size_t len)
{
    sendto(p->fd, bytes, len, 0, (const struct sockaddr *)&p->addr, p->addr_len);
}

static void send_block(const struct tftp_server *s, const struct peer *p, unsigned block)
{
    uint8_t packet[4 + 512] = {0, 3, (uint8_t)(block >> 8), (uint8_t)block};
    size_t at = (size_t)(block - 1) * 512, n = 512;

    if (s->how != ENDLESS) {
        n = at < s->len ? s->len - at : 0;
        n = n < 512 ? n : 512;
        if (n)
            memcpy(packet + 4, s->file + at, n);
    }
    send_to(p, packet, 4 + n);
    if (s->how == SERVE_TWICE)
        send_to(p, packet, 4 + n);
}

/* The client has said its request again before it heard the answer: on a busy machine a second is
 * soon over. */
static bool request_again(const struct tftp_server *s, const struct peer *p)
{
    struct sockaddr_storage from = {0};
    socklen_t len = sizeof from;
    uint8_t byte;

    if (recvfrom(s->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT, (struct sockaddr *)&from, &len) < 0 ||
        len != p->addr_len || memcmp(&from, &p->addr, len) != 0)
        return false;
    return recv(s->fd, &byte, 1, MSG_DONTWAIT) >= 0;
}

/* Another request means that the client has given this transfer up. */
static bool wait_ack(const struct tftp_server *s, const struct peer *p, unsigned block)
{
    struct pollfd fds[2] = {{p->fd, POLLIN, 0}, {s->fd, POLLIN, 0}};
    uint8_t packet[600];

    while (!atomic_load(&s->over)) {
        if (poll(fds, 2, 50) < 1)
            continue;
        if (fds[1].revents && !request_again(s, p))
            return false;
        if (!fds[0].revents)
            continue;
        ssize_t n = recv(p->fd, packet, sizeof packet, 0);
        if (n >= 4 && packet[1] == 5)
            return false;
        if (n == 4 && packet[1] == 4 && (unsigned)(packet[2] << 8 | packet[3]) == (block & 0xffff))
            return true;
    }
    return false;
}

static bool send_options(const struct tftp_server *s, const struct peer *p)
{
    uint8_t packet[128] = {0, 6};
    size_t tsize = s->len + (s->how == LIE_TSIZE);
    int n = 2;

    if (s->how == EMPTY_OACK) {
        send_to(p, packet, 2);
        return wait_ack(s, p, 0);
    }

    n += snprintf((char *)packet + n, sizeof packet - (size_t)n, "tsize%c%zu", 0, tsize) + 1;
    n += snprintf((char *)packet + n, sizeof packet - (size_t)n, "blksize%c%d", 0,
                  s->how == WRONG_OACK ? 1024 : 512) +
         1;
    send_to(p, packet, (size_t)n);
    return wait_ack(s, p, 0);
}

static void send_strangers_block(const struct tftp_server *s, const struct peer *p)
{
    uint8_t packet[4 + 512] = {0, 3, 0, 2};
    struct peer other = *p;

    memset(packet + 4, 'X', 512);
    other.fd = udp_on_loopback(s->family, NULL);
    send_to(&other, packet, sizeof packet);
    close(other.fd);
}

static void send_file(const struct tftp_server *s, const struct peer *p)
{
    for (unsigned block = 1;; block++) {
        if (s->how == STOP_AFTER && block > s->number)
            return;
        if (s->how == STRANGER && block == 2)
            send_strangers_block(s, p);
        send_block(s, p, block);
        if (!wait_ack(s, p, block) || (s->how != ENDLESS && (size_t)block * 512 > s->len))
            return;
    }
}

static void say_error(const struct peer *p, unsigned code, const char *text)
{
    uint8_t packet[300] = {0, 5, 0, (uint8_t)code};
    size_t len = strlen(text);

    memcpy(packet + 4, text, len);
    send_to(p, packet, 4 + len + 1);
}

static bool asks_options(const uint8_t *request, size_t len)
{
    return memmem(request, len, "tsize", 5) != NULL;
}

static void wait_for_another(const struct tftp_server *s)
{
    struct pollfd next = {s->fd, POLLIN, 0};

    while (!atomic_load(&s->over) && poll(&next, 1, 50) < 1)
        ;
}

static void answer(const struct tftp_server *s, struct peer *p, const uint8_t *request, size_t len)
{
    bool options = asks_options(request, len);

    if (s->how == SERVE_AT_LAST)
        wait_for_another(s);
    p->fd = udp_on_loopback(s->family, NULL); /* each transfer has a port of its own */
    if (s->how == SAY_ERROR)
        say_error(p, s->number, s->text);
    else if (s->how == PLAIN_ONLY && options)
        say_error(p, 8, "no options here");
    else if (s->how == GARBAGE)
        send_to(p, "\0\115garbage", 9);
    else if ((s->how != SERVE_OPTIONS && s->how != LIE_TSIZE && s->how != WRONG_OACK &&
              s->how != EMPTY_OACK) ||
             !options || send_options(s, p))
        send_file(s, p);
    close(p->fd);
}

static void *serve(void *arg)
{
    struct tftp_server *s = arg;
    uint8_t request[600];

    while (!atomic_load(&s->over)) {
        struct peer p = {.addr_len = sizeof p.addr};
        ssize_t n =
            recvfrom(s->fd, request, sizeof request, 0, (struct sockaddr *)&p.addr, &p.addr_len);
        if (n < 4)
            continue;
        unsigned count = atomic_fetch_add(&s->requests, 1);
        if (s->how == SILENT || (s->how == SERVE_LATE && count < s->number))
            continue;
        answer(s, &p, request, (size_t)n);
    }
    return NULL;
}

/* False: this machine has no such family. */
bool tftp_server_start(struct tftp_server *s)
{
    if (!s->family)
        s->family = AF_INET;
    s->fd = udp_on_loopback(s->family, &s->port);
    return s->fd >= 0 && pthread_create(&s->thread, NULL, serve, s) == 0;
}

void tftp_server_stop(struct tftp_server *s)
{
    atomic_store(&s->over, true);
    pthread_join(s->thread, NULL);
    close(s->fd);
}
