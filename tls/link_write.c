/* EDGE: the sending side of a link. */
#include "tls/link_inner.h"

#include <stdlib.h>
#include <string.h>

/* The reading side knows better why a connection broke: it goes first. */
#define WRITE_GRACE_MS 200

struct pending {
    uv_write_t req;
    struct link *link;
    uint8_t bytes[];
};

static void on_write_grace(uv_timer_t *t)
{
    struct link *l = t->data;
    struct err e = {0};

    link_why_lost(l, l->write_error, &e);
    link_lose(l, &e, false);
}

/* A RST that answers an alert shows here first. The alert still lies unread: let it be read. */
static void write_failed(struct link *l, int status)
{
    if (l->write_error || status == UV_ECANCELED)
        return;
    l->write_error = status;
    if (l->step == LEAVING)
        link_close_handles(l, false);
    else if (l->step < LEAVING)
        uv_timer_start(&l->timer, on_write_grace, WRITE_GRACE_MS, 0);
}

static void on_written(uv_write_t *req, int status)
{
    struct pending *p = (struct pending *)req;

    if (status < 0)
        write_failed(p->link, status);
    free(p);
}

/* What the kernel does not take now waits in memory of its own. */
static bool write_later(struct link *l, const uint8_t *bytes, size_t len, struct err *e)
{
    struct pending *p = malloc(sizeof *p + len);

    if (!p) {
        write_failed(l, UV_ENOMEM); /* half a record may be out: nothing can follow it */
        return err_set(e, ERR_MEMORY, "no memory for %zu bytes to send", len);
    }
    p->link = l;
    memcpy(p->bytes, bytes, len);
    uv_buf_t b = uv_buf_init((char *)p->bytes, (unsigned)len);
    int rc = uv_write(&p->req, (uv_stream_t *)&l->tcp, &b, 1, on_written);
    if (rc == 0)
        return true;
    free(p);
    write_failed(l, rc);
    return err_set(e, ERR_NET_03, "cannot be written to: %s", uv_strerror(rc));
}

bool link_write(struct link *l, const uint8_t *bytes, size_t len, struct err *e)
{
    uv_buf_t b = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)len);

    if (len == 0)
        return true;
    if (l->write_error)
        return err_set(e, ERR_NET_03, "cannot be written to: %s", uv_strerror(l->write_error));
    int n = uv_try_write((uv_stream_t *)&l->tcp, &b, 1);
    if (n < 0 && n != UV_EAGAIN) {
        write_failed(l, n);
        return err_set(e, ERR_NET_03, "cannot be written to: %s", uv_strerror(n));
    }
    size_t taken = n > 0 ? (size_t)n : 0;
    return taken == len || write_later(l, bytes + taken, len - taken, e);
}

bool link_flush(struct link *l, struct err *e)
{
    size_t len = 0;
    const uint8_t *bytes = tls_session_output(l->session, &len);

    bool ok = link_write(l, bytes, len, e);
    tls_session_sent(l->session, len);
    return ok;
}

static size_t waiting(const struct link *l)
{
    size_t early = l->session ? tls_session_waiting(l->session) : 0;

    return early + uv_stream_get_write_queue_size((const uv_stream_t *)&l->tcp);
}

bool link_send(struct link *l, const void *bytes, size_t len, struct err *e)
{
    if (l->step >= LEAVING)
        return err_set(e, ERR_NOT_NOW, "the connection is being closed");
    if (len > l->send_limit || waiting(l) > l->send_limit - len)
        return err_set(e, ERR_LIMIT,
                       "%zu bytes wait unsent, the limit is %zu: the peer does not read",
                       waiting(l), l->send_limit);
    if (!l->session)
        return link_write(l, bytes, len, e);
    if (!tls_session_write(l->session, bytes, len, e)) {
        write_failed(l, UV_EPROTO); /* unless the reading side has it in its hands already */
        return false;
    }
    return l->step == CONNECTING || link_flush(l, e);
}
