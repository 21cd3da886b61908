#include "tools/labcm/tftpd.h"

#include "base/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct transfer {
    struct tftpd *home;
    struct transfer *next, **link; /* in home->transfers */
    uv_udp_t socket;
    uv_timer_t timer;
    unsigned open_handles;
    struct net_addr client;
    struct buf file;
    struct tftp_transfer machine;
};

struct tftpd {
    uv_loop_t *loop;
    struct tftpd_settings s;
    uv_udp_t socket;
    bool closed; /* the listening handle is gone */
    struct transfer *transfers;
    unsigned count;
    uint8_t in[TFTP_PACKET_MAX], out[TFTP_PACKET_MAX];
};

/* The data of both kinds of sockets is the service, which lends them its buffer. */
static struct transfer *of_socket(uv_udp_t *socket)
{
    return (struct transfer *)((char *)socket - offsetof(struct transfer, socket));
}

static void say(const struct tftpd *d, enum log_level level, const struct net_addr *client,
                const char *what, const char *name)
{
    char who[NET_ADDR_TEXT], shown[160];

    log_line(d->s.log, level, LOG_MIU_GENERAL, "tftp", "%s %s: %s", net_addr_text(client, who),
             log_escape(name, strlen(name), shown, sizeof shown), what);
}

static void send_to(uv_udp_t *socket, const struct net_addr *to, uint8_t *bytes, size_t len)
{
    struct sockaddr_storage sa;
    uv_buf_t b = uv_buf_init((char *)bytes, (unsigned)len);

    sock_from_addr(to, &sa);
    /* A packet that does not go out now is as one lost on the way: the timer sends it again. */
    (void)uv_udp_try_send(socket, &b, 1, (const struct sockaddr *)&sa);
}

static void send_error(struct tftpd *d, uv_udp_t *socket, const struct net_addr *to,
                       enum tftp_error code, const char *text)
{
    send_to(socket, to, d->out, tftp_write_error(d->out, sizeof d->out, code, text));
}

static void lend_buffer(uv_handle_t *h, size_t wanted, uv_buf_t *out)
{
    struct tftpd *d = h->data;

    (void)wanted;
    *out = uv_buf_init((char *)d->in, sizeof d->in);
}

/* ---- the end of things ---------------------------------------------------------------------- */

static void free_if_over(struct tftpd *d)
{
    if (d->closed && !d->transfers)
        free(d);
}

static void transfer_closed(uv_handle_t *h)
{
    struct transfer *t = h->type == UV_TIMER ? h->data : of_socket((uv_udp_t *)h);
    struct tftpd *d = t->home;

    if (--t->open_handles > 0)
        return;
    *t->link = t->next;
    if (t->next)
        t->next->link = t->link;
    d->count--;
    buf_free(&t->file);
    free(t);
    free_if_over(d);
}

static void end_transfer(struct transfer *t)
{
    if (uv_is_closing((uv_handle_t *)&t->timer))
        return;
    uv_close((uv_handle_t *)&t->timer, transfer_closed);
    uv_close((uv_handle_t *)&t->socket, transfer_closed);
}

/* ---- the fault menu ------------------------------------------------------------------------- */

static bool wrong(const struct tftpd *d, enum fault_id id, const struct net_addr *client)
{
    return fault_on_from(d->s.faults, id, client);
}

/* True: the request has got its wrong answer, or none. */
static bool answer_wrongly(struct tftpd *d, const struct net_addr *client)
{
    static const enum fault_id errors[] = {
        FAULT_TFTP_ERROR_0, FAULT_TFTP_ERROR_1, FAULT_TFTP_ERROR_2,
        FAULT_TFTP_ERROR_3, FAULT_TFTP_ERROR_4, FAULT_TFTP_ERROR_5,
        FAULT_TFTP_ERROR_6, FAULT_TFTP_ERROR_7, FAULT_TFTP_ERROR_8,
    };

    if (wrong(d, FAULT_TFTP_SILENT, client))
        return true;
    for (unsigned code = 0; code < sizeof errors / sizeof errors[0]; code++)
        if (wrong(d, errors[code], client)) {
            send_error(d, &d->socket, client, (enum tftp_error)code,
                       fault_table[errors[code]].what);
            return true;
        }
    return false;
}

static bool other_file(struct buf *file, struct err *e)
{
    static const char page[] = "<!DOCTYPE html>\n<title>It works!</title>\n";

    buf_drop(file, file->len);
    return buf_add(file, page, sizeof page - 1, e);
}

/* ---- a transfer ----------------------------------------------------------------------------- */

static void late(uv_timer_t *timer);

/* The same block with other bytes, from a port that is not the transfer's. */
static void send_astray(struct transfer *t, size_t n)
{
    struct tftpd *d = t->home;
    uint8_t astray[TFTP_PACKET_MAX];

    memcpy(astray, d->out, n);
    memset(astray + 4, 0x55, n - 4);
    send_to(&d->socket, &t->client, astray, n);
}

#define SLOW_MS 200

static void send_now(struct transfer *t);

static void slow_enough(uv_timer_t *timer)
{
    send_now(timer->data);
}

static void send_packet(struct transfer *t)
{
    if (wrong(t->home, FAULT_TFTP_SLOW, &t->client))
        uv_timer_start(&t->timer, slow_enough, SLOW_MS, 0);
    else
        send_now(t);
}

static void send_now(struct transfer *t)
{
    struct tftpd *d = t->home;
    bool first = t->machine.block <= 1;
    size_t n = tftp_packet(&t->machine, d->out);
    uint64_t wait_s = t->machine.asked.timeout_s ? t->machine.asked.timeout_s : 1;

    /* Without the timeout option each wait is twice the one before: 1, 2, 4, 8 s. */
    if (!t->machine.asked.timeout_s)
        wait_s <<= t->machine.tries - 1;
    if (t->machine.block > 1 && n > 4 && wrong(d, FAULT_TFTP_OTHER_PORT, &t->client))
        send_astray(t, n);
    if (first || !wrong(d, FAULT_TFTP_STOPS, &t->client))
        send_to(&t->socket, &t->client, d->out, n);
    uv_timer_start(&t->timer, late, wait_s * 1000, 0);
}

static void act(struct transfer *t, enum tftp_turn turn, const struct err *why)
{
    switch (turn) {
    case TFTP_SEND:
        send_packet(t);
        return;
    case TFTP_WAIT:
        return;
    case TFTP_DONE:
        say(t->home, LOG_INFO, &t->client, "sent", t->machine.asked.name);
        break;
    case TFTP_FAILED:
        say(t->home, LOG_WARN, &t->client, why->text, t->machine.asked.name);
        if (why->kind == ERR_FORMAT)
            send_error(t->home, &t->socket, &t->client, TFTP_ERROR_ILLEGAL, "illegal operation");
        break;
    }
    end_transfer(t);
}

/* The blocks that are still to come are those of the file as it is now. */
static void replace(struct transfer *t)
{
    struct tftpd *d = t->home;
    enum tftp_error code;
    struct buf now = {0};

    if (!d->s.open(d->s.arg, &t->client, t->machine.asked.name, &now, &code, NULL)) {
        buf_free(&now);
        return;
    }
    buf_free(&t->file);
    t->file = now;
    t->machine.bytes = now.at;
    t->machine.size = now.len;
}

static void late(uv_timer_t *timer)
{
    struct transfer *t = timer->data;
    struct err why = {0};

    act(t, tftp_late(&t->machine, &why), &why);
}

static void transfer_packet(uv_udp_t *socket, ssize_t n, const uv_buf_t *b,
                            const struct sockaddr *from, unsigned flags)
{
    struct transfer *t = of_socket(socket);
    struct err why = {0};

    (void)flags;
    if (n < 0 || !from)
        return;
    struct net_addr peer = sock_to_addr(from);
    if (!net_addr_equal(&peer, &t->client)) { /* RFC 1350: an error to it, the transfer goes on */
        send_error(t->home, socket, &peer, TFTP_ERROR_UNKNOWN_TID, "unknown transfer id");
        return;
    }
    if (t->machine.block == 1 && t->file.len / 2 > t->machine.block_size &&
        wrong(t->home, FAULT_TFTP_SHORT, &t->client))
        t->machine.size = t->file.len / 2; /* the OACK has announced the whole */
    if (t->machine.block == 1 && wrong(t->home, FAULT_TFTP_REPLACED_MIDWAY, &t->client))
        replace(t);
    act(t, tftp_take(&t->machine, (const uint8_t *)b->base, (size_t)n, &why), &why);
}

static bool make_netascii(struct buf *file, struct err *e)
{
    struct buf text = {0};
    size_t n = tftp_netascii(file->at, file->len, NULL);

    text.at = malloc(n ? n : 1);
    if (!text.at)
        return err_set(e, ERR_MEMORY, "netascii");
    tftp_netascii(file->at, file->len, text.at);
    text.len = text.cap = n;
    buf_free(file);
    *file = text;
    return true;
}

static struct transfer *transfer_new(struct tftpd *d, const struct net_addr *client)
{
    struct transfer *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->home = d;
    t->client = *client;
    t->open_handles = 2;
    t->next = d->transfers;
    t->link = &d->transfers;
    if (t->next)
        t->next->link = &t->next;
    d->transfers = t;
    d->count++;
    uv_timer_init(d->loop, &t->timer);
    uv_udp_init(d->loop, &t->socket);
    t->timer.data = t;
    t->socket.data = d;
    return t;
}

static bool open_socket(struct transfer *t)
{
    struct net_addr local = tftpd_addr(t->home);
    struct sockaddr_storage sa;

    local.port = 0; /* the kernel picks our transfer id */
    sock_from_addr(&local, &sa);
    return uv_udp_bind(&t->socket, (const struct sockaddr *)&sa, 0) == 0 &&
           uv_udp_recv_start(&t->socket, lend_buffer, transfer_packet) == 0;
}

static bool under_way(const struct tftpd *d, const struct net_addr *client)
{
    for (const struct transfer *t = d->transfers; t; t = t->next)
        if (net_addr_equal(&t->client, client) && !uv_is_closing((const uv_handle_t *)&t->timer))
            return true;
    return false;
}

static void serve(struct tftpd *d, const struct net_addr *client, const struct tftp_request *r)
{
    enum tftp_error code = TFTP_ERROR_TEXT;
    struct err why = {0};
    struct transfer *t = answer_wrongly(d, client) ? NULL : transfer_new(d, client);

    if (!t)
        return;
    if (!d->s.open(d->s.arg, client, r->name, &t->file, &code, &why) ||
        (r->netascii && !make_netascii(&t->file, &why)) ||
        (wrong(d, FAULT_TFTP_OTHER_FILE, client) && !other_file(&t->file, &why))) {
        say(d, LOG_WARN, client, why.text, r->name);
        send_error(d, &d->socket, client, code, why.text);
        end_transfer(t);
        return;
    }
    if (!open_socket(t)) {
        say(d, LOG_ERROR, client, "no socket for the transfer", r->name);
        end_transfer(t);
        return;
    }
    tftp_start(&t->machine, r, t->file.at, t->file.len);
    send_packet(t);
}

static void request_came(uv_udp_t *socket, ssize_t n, const uv_buf_t *b,
                         const struct sockaddr *from, unsigned flags)
{
    struct tftpd *d = socket->data;
    enum tftp_error code = TFTP_ERROR_ILLEGAL;
    struct tftp_request r;
    struct err why = {0};

    (void)flags;
    if (n <= 0 || !from)
        return;
    struct net_addr client = sock_to_addr(from);
    /* A request sent again because our answer was late: the transfer's own timer serves it. */
    if (under_way(d, &client) || d->count >= TFTPD_TRANSFERS_MAX)
        return;
    if (tftp_read_request(&r, (const uint8_t *)b->base, (size_t)n, &code, &why)) {
        serve(d, &client, &r);
        return;
    }
    say(d, LOG_WARN, &client, why.text, r.name);
    /* Never an error for an error: two servers could talk to each other for ever. */
    if (n < 2 || b->base[1] != 5)
        send_error(d, socket, &client, code, why.text);
}

/* ---- the service ---------------------------------------------------------------------------- */

static void service_closed(uv_handle_t *h)
{
    struct tftpd *d = h->data;

    d->closed = true;
    free_if_over(d);
}

struct tftpd *tftpd_start(uv_loop_t *loop, const struct tftpd_settings *s, struct err *e)
{
    struct tftpd *d = calloc(1, sizeof *d);
    struct sockaddr_storage sa;
    char where[NET_ADDR_TEXT];
    int rc;

    if (!d) {
        err_set(e, ERR_MEMORY, "TFTP service");
        return NULL;
    }
    d->loop = loop;
    d->s = *s;
    d->socket.data = d;
    uv_udp_init(loop, &d->socket);
    sock_from_addr(&s->bind, &sa);
    rc = uv_udp_bind(&d->socket, (const struct sockaddr *)&sa, 0);
    if (rc == 0)
        rc = uv_udp_recv_start(&d->socket, lend_buffer, request_came);
    if (rc == 0)
        return d;
    err_set(e, ERR_SYSTEM, "TFTP at %s: %s%s", net_addr_text(&s->bind, where), uv_strerror(rc),
            rc == UV_EACCES ? " (ports below 1024 need root: give --tftp-port 6969)" : "");
    uv_close((uv_handle_t *)&d->socket, service_closed);
    return NULL;
}

void tftpd_stop(struct tftpd *d)
{
    if (!d)
        return;
    for (struct transfer *t = d->transfers; t; t = t->next)
        end_transfer(t);
    uv_close((uv_handle_t *)&d->socket, service_closed);
}

struct net_addr tftpd_addr(const struct tftpd *d)
{
    struct sockaddr_storage sa = {0};
    int len = sizeof sa;

    if (uv_udp_getsockname(&d->socket, (struct sockaddr *)&sa, &len) != 0)
        return d->s.bind;
    return sock_to_addr((const struct sockaddr *)&sa);
}

/* ---- a folder ------------------------------------------------------------------------------- */

bool tftpd_open_in_folder(void *arg, const struct net_addr *client, const char *name,
                          struct buf *out, enum tftp_error *code, struct err *e)
{
    char path[1024];
    struct stat st;

    (void)client;
    snprintf(path, sizeof path, "%s/%s", (const char *)arg, name);
    *code = TFTP_ERROR_NOT_FOUND;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(e, ERR_FILE, "file not found");
    *code = TFTP_ERROR_ACCESS;
    if (!buf_read_file(out, path, TFTPD_FILE_MAX, NULL))
        return err_set(e, ERR_FILE, "the file cannot be read");
    return true;
}
