/* Sockets of the other call manager: TFTP of one file, SCCP by TCP or TLS, one loop for all. */
#include "other.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int64_t clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int loopback(int type, uint16_t *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) ||
        getsockname(fd, (struct sockaddr *)&a, &len) || (type == SOCK_STREAM && listen(fd, 16)))
        give_up("no socket: %s", strerror(errno));
    *port = ntohs(a.sin_port);
    return fd;
}

/* ---- TFTP: plain RFC 1350, options are not known here ---------------------------------------- */

static void tftp_answer(const struct office *o)
{
    struct sockaddr_in peer;
    socklen_t len = sizeof peer;
    uint8_t in[600], out[516];
    struct timeval limit = {.tv_sec = 2};
    uint16_t port;
    const ssize_t got = recvfrom(o->tftp, in, sizeof in, 0, (struct sockaddr *)&peer, &len);
    int fd;

    if (got < 14 || in[1] != 1 || memcmp(in + 2, "CTLFile.tlv", 12) != 0) {
        deviation("TFTP: something else than a read request for CTLFile.tlv");
        return;
    }
    fd = loopback(SOCK_DGRAM, &port);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    for (size_t block = 1, at = 0; at <= o->trust.list_len; block++, at += 512) {
        const size_t left = o->trust.list_len - at, n = left < 512 ? left : 512;
        const uint8_t head[4] = {0, 3, (uint8_t)(block >> 8), (uint8_t)block};
        memcpy(out, head, 4);
        memcpy(out + 4, o->trust.list + at, n);
        sendto(fd, out, 4 + n, 0, (struct sockaddr *)&peer, len);
        if (recv(fd, in, sizeof in, 0) != 4 || in[1] != 4 || in[3] != (uint8_t)block)
            deviation("TFTP: block %zu was not acknowledged", block);
    }
    close(fd);
}

/* ---- SCCP ------------------------------------------------------------------------------------ */

void office_open(struct office *o, const char *root_file)
{
    o->listener = loopback(SOCK_STREAM, &o->port);
    o->tftp = loopback(SOCK_DGRAM, &o->tftp_port);
    if (o->p->pipe == PLAIN)
        return;
    trust_make(&o->trust, o->p->any_ccm ? "pbx.example" : "127.0.0.1");
    o->tls = SSL_CTX_new(TLS_server_method());
    if (!o->tls || SSL_CTX_use_certificate(o->tls, o->trust.cert) != 1 ||
        SSL_CTX_use_PrivateKey(o->tls, o->trust.key) != 1)
        give_up("no TLS");
    SSL_CTX_set_mode(o->tls, SSL_MODE_AUTO_RETRY);
    if (o->p->pipe == TLS_ASKS_NOTHING || !root_file)
        return;
    /* As CUCM on 2443: TLS 1.2, TLS_RSA_WITH_AES_128_CBC_SHA, the client's certificate by the root
     * in CallManager-trust. */
    SSL_CTX_set_max_proto_version(o->tls, TLS1_2_VERSION);
    if (SSL_CTX_set_cipher_list(o->tls, "AES128-SHA") != 1 ||
        SSL_CTX_load_verify_locations(o->tls, root_file, NULL) != 1)
        give_up("cannot trust %s", root_file);
    SSL_CTX_set_verify(o->tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}

void office_close(struct office *o)
{
    for (int i = 0; i < SEATS; i++)
        if (o->seats[i].open)
            seat_drop(&o->seats[i]);
    close(o->listener);
    close(o->tftp);
    SSL_CTX_free(o->tls);
    X509_free(o->trust.cert);
    EVP_PKEY_free(o->trust.key);
}

static void shake_hands(struct office *o, struct seat *s)
{
    struct timeval limit = {.tv_sec = 5};

    setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    s->ssl = SSL_new(o->tls);
    if (!s->ssl || !SSL_set_fd(s->ssl, s->fd))
        give_up("no TLS connection");
    if (SSL_accept(s->ssl) == 1)
        return;
    deviation("the TLS handshake failed");
    seat_drop(s);
}

static void seat_accept(struct office *o)
{
    const int fd = accept4(o->listener, NULL, NULL, SOCK_CLOEXEC), one = 1;
    struct seat *s = o->seats;

    while (s < o->seats + SEATS && s->open)
        s++;
    if (fd < 0 || s == o->seats + SEATS)
        give_up("too many connections");
    memset(s, 0, sizeof *s);
    s->open = true;
    s->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (o->tls)
        shake_hands(o, s);
}

void seat_drop(struct seat *s)
{
    SSL_free(s->ssl);
    close(s->fd);
    s->ssl = NULL;
    s->open = s->registered = false;
}

void seat_send_raw(struct seat *s, const void *at, size_t len)
{
    if (!s->open)
        return;
    if (s->ssl)
        SSL_write(s->ssl, at, (int)len);
    else
        send(s->fd, at, len, MSG_NOSIGNAL);
}

void seat_send(struct office *o, struct seat *s, uint32_t id, const struct bytes *body)
{
    struct bytes all = {0};
    const size_t n = body ? body->n : 0, padded = (n + 3) / 4 * 4;

    put32(&all, (uint32_t)padded + 4);
    put32(&all, brand_puts_version(o, s, id) ? s->version : 0);
    put32(&all, id);
    if (n)
        put_mem(&all, body->b, n);
    put_zero(&all, padded - n);
    if (o->p->brand == CM3) { /* TCP may cut anywhere, also inside a header */
        seat_send_raw(s, all.b, 7);
        usleep(1000);
        seat_send_raw(s, all.b + 7, all.n - 7);
        return;
    }
    seat_send_raw(s, all.b, all.n);
}

/* The word of a device: 0 in Register, then the version agreed on when that is 10 or more. */
static void look_at_header(const struct seat *s, const struct message *m)
{
    const unsigned due = m->id == 0x0001 || s->version < 10 ? 0 : s->version;

    if (m->version != due && m->id != 0x0000 && m->id != 0x0020)
        deviation("%s: message 0x%04X bears version %u, not %u", s->name, m->id, m->version, due);
}

static void keep(struct office *o, struct seat *s, const struct message *m)
{
    look_at_header(s, m);
    if (registrar_takes(o, s, m))
        return;
    if (s->tail - s->head == INBOX)
        give_up("%s: talks too much", s->name);
    s->inbox[s->tail++ % INBOX] = *m;
}

static void cut_messages(struct office *o, struct seat *s)
{
    static struct message m;

    while (s->open && s->have >= 12) {
        const uint32_t length = get32(s->in);
        if (length < 4 || length > 4000) {
            deviation("%s: a length of %u", s->name, length);
            seat_drop(s);
            return;
        }
        if (s->have < length + 8)
            return;
        m.version = get32(s->in + 4);
        m.id = get32(s->in + 8);
        m.len = length - 4;
        memcpy(m.body, s->in + 12, m.len);
        s->have -= length + 8;
        memmove(s->in, s->in + length + 8, s->have);
        keep(o, s, &m);
    }
}

static void seat_read(struct office *o, struct seat *s)
{
    do {
        const size_t room = sizeof s->in - s->have;
        const ssize_t n = s->ssl ? SSL_read(s->ssl, s->in + s->have, (int)room)
                                 : recv(s->fd, s->in + s->have, room, 0);
        if (n <= 0) {
            seat_drop(s);
            return;
        }
        s->have += (size_t)n;
        cut_messages(o, s);
        if (o->p->brand == CHAN_SKINNY && s->have > 0 && s->have < 12)
            deviation("%s: a header split over two segments", s->name);
    } while (s->open && s->ssl && SSL_pending(s->ssl));
}

/* ---- the loop -------------------------------------------------------------------------------- */

static nfds_t gather(const struct office *o, struct pollfd *f)
{
    nfds_t n = 2;

    f[0] = (struct pollfd){.fd = o->listener, .events = POLLIN};
    f[1] = (struct pollfd){.fd = o->tftp, .events = POLLIN};
    for (int i = 0; i < SEATS; i++)
        f[n++] = (struct pollfd){.fd = o->seats[i].open ? o->seats[i].fd : -1, .events = POLLIN};
    for (int i = 0; i < 4; i++)
        f[n++] = (struct pollfd){.fd = o->legs[i].open ? o->legs[i].fd : -1, .events = POLLIN};
    return n;
}

static bool turn(struct office *o, int ms)
{
    struct pollfd f[2 + SEATS + 4];

    if (poll(f, gather(o, f), ms) <= 0)
        return false;
    for (int i = 0; i < 4; i++)
        if (f[2 + SEATS + i].revents)
            leg_hears(o, &o->legs[i]);
    for (int i = 0; i < SEATS; i++)
        if (f[2 + i].revents)
            seat_read(o, &o->seats[i]);
    if (f[1].revents)
        tftp_answer(o);
    if (f[0].revents)
        seat_accept(o);
    return true;
}

void pump(struct office *o, int ms)
{
    const int64_t end = clock_ms() + ms;

    for (int64_t left = ms; left >= 0; left = end - clock_ms())
        if (!turn(o, (int)left))
            return;
}

/* What a device may say at any time without being asked for it now. */
static bool free_to_say(uint32_t id)
{
    return id == 0x0154 || id == 0x0023 || id == 0x0020;
}

static const struct message *next(struct seat *s)
{
    while (s->head != s->tail) {
        const struct message *m = &s->inbox[s->head++ % INBOX];
        if (!free_to_say(m->id))
            return m;
    }
    return NULL;
}

const struct message *want(struct office *o, struct seat *s, uint32_t id, int ms)
{
    const int64_t end = clock_ms() + ms;

    for (;;) {
        const struct message *m = next(s);
        if (m && m->id == id)
            return m;
        if (m) {
            deviation("%s: 0x%04X came, wanted 0x%04X", s->name, m->id, id);
            continue;
        }
        if (!s->open || clock_ms() >= end) {
            deviation("%s: 0x%04X did not come (%s)", s->name, id,
                      s->open ? "time is up" : "the connection is closed");
            return NULL;
        }
        turn(o, 20);
    }
}

void want_silence(struct office *o, struct seat *s, int ms)
{
    const struct message *m;

    pump(o, ms);
    while ((m = next(s)))
        deviation("%s: 0x%04X came unasked", s->name, m->id);
    if (!s->open)
        deviation("%s: closed its connection", s->name);
}

struct seat *seat_of(struct office *o, const char *name)
{
    for (int i = 0; i < SEATS; i++)
        if (o->seats[i].open && o->seats[i].registered && strcmp(o->seats[i].name, name) == 0)
            return &o->seats[i];
    return NULL;
}
