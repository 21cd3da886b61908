/* EDGE: a line's RTCP: a socket on the port above, reports while it speaks, BYE at its end. It has
 * no timer: the beats of the voice look whether a report is due, so ten thousand lines cost a
 * comparison each, and reports are spread as the calls are. */
#include "media/thread.h"

#include "base/clock.h"
#include "base/sock.h"
#include "media/udp.h"

#include <openssl/rand.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NTP_1970 UINT64_C(2208988800) /* RFC 5905: seconds from 1900 */

struct line_rtcp {
    int fd;
    bool said;      /* a report went out: the end is worth a BYE */
    int64_t due_ns; /* 0: not planned yet */
    char cname[RTCP_CNAME_LEN + 1];
};

static bool make_cname(char *out, struct err *e)
{
    uint8_t random[RTCP_CNAME_LEN / 2];

    if (RAND_bytes(random, sizeof random) != 1)
        return err_set(e, ERR_CRYPTO, "no random numbers");
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(out + 2 * i, 3, "%02x", random[i]);
    return true;
}

struct line_rtcp *line_rtcp_new(const struct net_addr *local, uint8_t tos, struct err *e)
{
    struct line_rtcp *r = calloc(1, sizeof *r);
    struct net_addr at = *local, bound;

    if (!r) {
        err_set(e, ERR_MEMORY, "no memory for RTCP");
        return NULL;
    }
    at.port++;
    r->fd = -1;
    if (make_cname(r->cname, e) && udp_open(&at, tos, &r->fd, &bound, e) == UDP_OK)
        return r;
    free(r);
    return NULL;
}

void line_rtcp_free(struct line_rtcp *r)
{
    if (!r)
        return;
    close(r->fd);
    free(r);
}

int line_rtcp_fd(const struct line_rtcp *r)
{
    return r->fd;
}

static struct stream_now now_of(int64_t now_ns)
{
    struct timespec wall;

    clock_gettime(CLOCK_REALTIME, &wall);
    return (struct stream_now){
        .ns = now_ns,
        .ntp = ((uint64_t)wall.tv_sec + NTP_1970) << 32 |
               ((uint64_t)wall.tv_nsec << 32) / (uint64_t)NS_PER_S,
    };
}

static void plan_next(struct line_rtcp *r, int64_t now_ns)
{
    uint32_t chance = 1u << 31; /* without luck, the middle */

    (void)RAND_bytes((uint8_t *)&chance, sizeof chance);
    r->due_ns = now_ns + rtcp_wait_ms(!r->said, chance) * NS_PER_MS;
}

static void send_report(struct line *l, int64_t now_ns, bool bye)
{
    _Alignas(8) uint8_t out[STREAM_RTCP_MAX];
    const struct stream_now now = now_of(now_ns);
    struct net_addr to = sock_to_addr((struct sockaddr *)&l->to);
    struct sockaddr_storage sa;
    size_t len = stream_make_rtcp(l->stream, &now, l->rtcp->cname, bye, out);

    if (len == 0 || to.family == 0)
        return;
    to.port++;
    socklen_t sa_len = sock_from_addr(&to, &sa);
    /* Nobody may listen there: that is no fault of the call. */
    if (sendto(l->rtcp->fd, out, len, MSG_DONTWAIT, (struct sockaddr *)&sa, sa_len) >= 0)
        l->rtcp->said = true;
}

void line_rtcp_serve(struct line *l, int64_t now_ns, bool bye)
{
    struct line_rtcp *r = l->rtcp;

    if (bye) {
        if (r->said)
            send_report(l, now_ns, true);
        r->said = false;
        return;
    }
    if (r->due_ns == 0)
        plan_next(r, now_ns);
    if (now_ns < r->due_ns)
        return;
    send_report(l, now_ns, false);
    plan_next(r, now_ns);
}

void line_rtcp_receive(struct line *l, int64_t now_ns)
{
    _Alignas(8) uint8_t in[1500];
    const struct stream_now now = now_of(now_ns);

    udp_take_errors(l->rtcp->fd);
    for (int i = 0; i < 8; i++) {
        ssize_t n = recv(l->rtcp->fd, in, sizeof in, MSG_DONTWAIT);
        if (n <= 0)
            return;
        stream_hear_rtcp(l->stream, in, (size_t)n, &now);
    }
}
