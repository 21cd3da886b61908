/* EDGE: what lines and orders hold is let go here, and keys are wiped with it. */
#include "media/thread.h"

#include <openssl/crypto.h>

#include <stdlib.h>
#include <unistd.h>

void line_free(struct line *l)
{
    if (!l)
        return;
    if (l->fd >= 0)
        close(l->fd);
    line_rtcp_free(l->rtcp);
    stream_free(l->stream);
    OPENSSL_cleanse(l, sizeof *l); /* keys of the key log */
    free(l);
}

static void listen_free(struct order_listen *l)
{
    if (!l)
        return;
    media_srtp_free(l->srtp);
    OPENSSL_cleanse(l, sizeof *l);
    free(l);
}

static void send_free(struct order_send *s)
{
    if (!s)
        return;
    media_srtp_free(s->srtp);
    OPENSSL_cleanse(s, sizeof *s);
    free(s);
}

void order_free(struct order *o)
{
    switch (o->kind) {
    case ORDER_OPEN:
        line_free(o->line);
        break;
    case ORDER_LISTEN:
        listen_free(o->listen);
        break;
    case ORDER_SEND:
        send_free(o->send);
        break;
    case ORDER_STOP_LISTENING:
    case ORDER_STOP_SENDING:
    case ORDER_COUNT:
    case ORDER_CLOSE:
        break;
    }
    o->line = NULL;
}
