#include "tools/labcm/road.h"

#include "base/sock.h"

#include <stdlib.h>
#include <string.h>

#define PACKET_MAX 2048

struct packet {
    size_t len;
    uint8_t bytes[PACKET_MAX];
};

struct road {
    enum road_kind kind;
    uv_udp_t outer, inner, elsewhere; /* elsewhere: what ROAD_ELSEWHERE sends from */
    unsigned open;
    struct net_addr phone, port; /* port: family 0 until it is known */
    uint64_t count;
    struct packet now, before, first[ROAD_KEEP];
};

static void send_to(uv_udp_t *from, const struct net_addr *to, const uint8_t *bytes, size_t len)
{
    struct sockaddr_storage sa;
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)len);

    if (to->family == 0)
        return;
    sock_from_addr(to, &sa);
    (void)uv_udp_try_send(from, &buf, 1, (struct sockaddr *)&sa); /* a road may lose packets */
}

static const struct packet *packet_of(const struct road *r, uint64_t n)
{
    if (n == r->count)
        return &r->now;
    return n + 1 == r->count ? &r->before : &r->first[n % ROAD_KEEP];
}

static void towards_port(struct road *r)
{
    uv_udp_t *from = r->kind == ROAD_ELSEWHERE ? &r->elsewhere : &r->outer;
    uint64_t which[ROAD_MOST];
    unsigned n = road_lets(r->kind, r->count, which);

    for (unsigned i = 0; i < n; i++) {
        const struct packet *p = packet_of(r, which[i]);
        send_to(from, &r->port, p->bytes, p->len);
    }
    if (r->count < ROAD_KEEP)
        r->first[r->count] = r->now;
    r->before = r->now;
    r->count++;
}

static void on_room(uv_handle_t *h, size_t wanted, uv_buf_t *buf)
{
    struct road *r = h->data;

    (void)wanted;
    *buf = uv_buf_init((char *)r->now.bytes, PACKET_MAX);
}

static void on_packet(uv_udp_t *h, ssize_t n, const uv_buf_t *buf, const struct sockaddr *from,
                      unsigned flags)
{
    struct road *r = h->data;

    (void)buf;
    if (n <= 0 || !from || flags & UV_UDP_PARTIAL)
        return;
    r->now.len = (size_t)n;
    if (h == &r->inner)
        towards_port(r);
    else
        send_to(&r->inner, &r->phone, r->now.bytes, r->now.len);
}

/* ---- its life -------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *h)
{
    struct road *r = h->data;

    if (--r->open == 0)
        free(r);
}

void road_close(struct road *r)
{
    if (!r)
        return;
    uv_close((uv_handle_t *)&r->outer, on_closed);
    uv_close((uv_handle_t *)&r->inner, on_closed);
    uv_close((uv_handle_t *)&r->elsewhere, on_closed);
}

static bool open_end(uv_udp_t *h, const struct net_addr *at, struct net_addr *bound, struct err *e)
{
    struct sockaddr_storage sa;
    struct net_addr any = *at;
    int len = sizeof sa, status;

    any.port = 0;
    sock_from_addr(&any, &sa);
    status = uv_udp_bind(h, (struct sockaddr *)&sa, 0);
    if (status == 0)
        status = uv_udp_getsockname(h, (struct sockaddr *)&sa, &len);
    if (status == 0)
        status = uv_udp_recv_start(h, on_room, on_packet);
    if (status != 0)
        return err_set(e, ERR_SYSTEM, "a bad road: %s", uv_strerror(status));
    *bound = sock_to_addr((struct sockaddr *)&sa);
    return true;
}

/* Another address of the loopback network; elsewhere there is only another port to be had. */
static struct net_addr other_address(const struct net_addr *phone)
{
    struct net_addr a = *phone;

    if (a.family == 4 && a.ip[0] == 127)
        a.ip[3] = (uint8_t)(a.ip[3] == 77 ? 78 : 77);
    return a;
}

struct road *road_new(uv_loop_t *loop, enum road_kind kind, const struct net_addr *phone,
                      struct net_addr *outer, struct net_addr *inner, struct err *e)
{
    struct road *r = calloc(1, sizeof *r);
    struct net_addr unused, other = other_address(phone);

    if (!r) {
        err_set(e, ERR_MEMORY, "no memory for a bad road");
        return NULL;
    }
    r->kind = kind;
    r->phone = *phone;
    uv_udp_t *const ends[] = {&r->outer, &r->inner, &r->elsewhere};
    for (r->open = 0; r->open < 3; r->open++) {
        uv_udp_init(loop, ends[r->open]); /* opens no socket yet, so it cannot fail */
        ends[r->open]->data = r;
    }
    if (open_end(&r->outer, phone, outer, e) && open_end(&r->inner, phone, inner, e) &&
        open_end(&r->elsewhere, &other, &unused, e))
        return r;
    road_close(r);
    return NULL;
}

void road_leads_to(struct road *r, const struct net_addr *port)
{
    r->port = *port;
}
