/* EDGE: see stage.h. Links as tls/link.h promises them, each with a call manager at its end. */
#include "stage.h"

#include "base/buf.h"
#include "sccp/frame.h"
#include "tls/link.h"

#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 10000 /* link.h */

struct stage_server stage_servers[STAGE_SERVERS];

enum state { CONNECTING, UP, CLOSED };

struct link {
    struct actor actor; /* first */
    enum state state;
    struct net_addr peer;
    const struct link_events *events;
    void *owner;
    enum err_kind why; /* it is going down */
    struct buf said;   /* by the call manager, and not heard yet */
    struct sccp_frames frames;
    struct manager cm;
    struct link *next;
};

static struct link *links;
static unsigned full;

static struct stage_server *server_of(const struct link *l)
{
    return &stage_servers[(l->peer.ip[3] - 1u) % STAGE_SERVERS];
}

/* ---- the far end -------------------------------------------------------------------------- */

void stage_say_bytes(struct link *l, const uint8_t *bytes, size_t len)
{
    struct err e;

    if (l->state == CLOSED || !buf_add(&l->said, bytes, len, &e))
        return;
    stage_cue(&l->actor, stage_dice(4));
}

static void say(void *arg, const struct sccp_message *m)
{
    struct link *l = arg;
    struct sccp_message copy = *m;
    uint8_t pdu[SCCP_PDU_MAX];
    size_t len = 0;
    struct err e;

    copy.version = l->cm.agreed;
    if (sccp_encode_pdu(&copy, pdu, sizeof pdu, &len, &e))
        stage_say_bytes(l, pdu, len);
    else
        stage_broke("a message of the call manager cannot be written");
}

static void hear(struct link *l, const void *bytes, size_t len)
{
    struct sccp_frame f;
    struct sccp_message m;
    enum sccp_cut cut;
    struct err e;

    sccp_frames_feed(&l->frames, bytes, len);
    while ((cut = sccp_frames_next(&l->frames, &f, &e)) == SCCP_CUT_FRAME) {
        if (!sccp_decode(&m, f.id, l->cm.agreed, f.body, f.len, &e))
            stage_broke("a message of a port cannot be read");
        else if (!l->cm.silent)
            manager_hears(&l->cm, &m);
    }
    if (cut == SCCP_CUT_BAD)
        stage_broke("a port sends no frames");
    if (l->cm.broken)
        stage_broke(l->cm.broken);
}

/* ---- its life ----------------------------------------------------------------------------- */

static void free_link(struct link *l)
{
    struct link **at = &links;

    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    stage_leave(&l->actor);
    buf_free(&l->said);
    sccp_frames_free(&l->frames);
    free(l);
}

static void goes_down(struct link *l)
{
    struct err why = {0};

    err_set(&why, l->why, "the play wants it so");
    l->events->down(l->owner, l, &why);
    free_link(l);
}

static void connected(struct link *l)
{
    const struct stage_server *s = server_of(l);

    if (s->refuses || s->hangs || s->untrusted) {
        l->why = s->untrusted ? ERR_TLS_02 : s->hangs ? ERR_TIMEOUT : ERR_NET_02;
        goes_down(l);
        return;
    }
    l->state = UP;
    l->events->up(l->owner, l);
}

/* However the network cuts them; a copy of the exact size, so that a sanitizer sees a read past its
 * end. */
static void deliver(struct link *l)
{
    const size_t n = stage_dice(4) ? l->said.len : 1 + stage_dice((uint32_t)l->said.len);
    uint8_t *bytes = malloc(n);

    memcpy(bytes, l->said.at, n);
    buf_drop(&l->said, n);
    if (l->said.len)
        stage_cue(&l->actor, 0);
    l->events->bytes(l->owner, l, bytes, n);
    free(bytes);
}

static void link_goes(struct actor *a)
{
    struct link *l = (struct link *)a;

    if (l->state == CLOSED)
        free_link(l);
    else if (l->why)
        goes_down(l);
    else if (l->state == CONNECTING)
        connected(l);
    else if (l->said.len)
        deliver(l);
}

/* ---- tls/link.h --------------------------------------------------------------------------- */

struct link *link_connect(uv_loop_t *loop, const struct link_settings *s,
                          const struct link_events *events, void *owner, struct err *e)
{
    struct link *l = stage_dice(64) ? calloc(1, sizeof *l) : NULL;

    if (!l) {
        err_set(e, ERR_SYSTEM, "no socket");
        return NULL;
    }
    stage_enter(&l->actor, loop, link_goes);
    l->peer = s->peer;
    l->events = events;
    l->owner = owner;
    l->said.most = 1u << 20;
    l->cm = server_of(l)->like;
    l->cm.say = say;
    l->cm.arg = l;
    l->next = links;
    links = l;
    stage_cue(&l->actor, server_of(l)->hangs ? TIMEOUT_MS : stage_dice(50));
    return l;
}

bool link_send(struct link *l, const void *bytes, size_t len, struct err *e)
{
    if (full > 0) {
        full--;
        return err_set(e, ERR_LIMIT, "the peer does not read");
    }
    if (l->state != UP || l->why)
        return err_set(e, ERR_CLOSED, "not connected");
    hear(l, bytes, len);
    return true;
}

void link_close(struct link *l)
{
    if (l->state == CLOSED)
        stage_broke("a link is closed twice");
    l->state = CLOSED;
    stage_cue(&l->actor, 0);
}

const struct tls_session *link_session(const struct link *l)
{
    (void)l;
    return NULL;
}

struct net_addr link_local(const struct link *l)
{
    struct net_addr local = l->peer;

    local.ip[3] = 100;
    local.port = 40000;
    return local;
}

struct net_addr link_peer(const struct link *l)
{
    return l->peer;
}

/* ---- what a play asks --------------------------------------------------------------------- */

static bool is_up(const struct link *l)
{
    return l->state == UP && !l->why;
}

size_t stage_links(void)
{
    size_t n = 0;

    for (const struct link *l = links; l; l = l->next)
        n++;
    return n;
}

struct link *stage_link(size_t nth)
{
    struct link *l = links;
    size_t up = 0;

    for (; l; l = l->next)
        up += is_up(l);
    nth = up ? nth % up : 0;
    for (l = links; l; l = l->next)
        if (is_up(l) && nth-- == 0)
            return l;
    return NULL;
}

struct manager *stage_manager(struct link *l)
{
    return &l->cm;
}

void stage_drop(struct link *l, enum err_kind why)
{
    l->why = why;
    stage_cue(&l->actor, 0);
}

void stage_line_is_full(unsigned sends)
{
    full = sends;
}

size_t stage_registered(const char *name)
{
    size_t n = 0;

    for (const struct link *l = links; l; l = l->next)
        n += is_up(l) && strcmp(l->cm.name, name) == 0;
    return n;
}

static void behave(struct manager *cm)
{
    const struct manager was = *cm;

    manager_init(cm, was.codes);
    cm->confused = was.confused;
    cm->encrypted = was.encrypted;
    cm->call = was.call;
    cm->next_call = was.next_call;
    cm->agreed = was.agreed;
    memcpy(cm->name, was.name, sizeof cm->name);
    cm->say = was.say;
    cm->arg = was.arg;
}

void stage_servers_behave(void)
{
    full = 0;
    for (size_t i = 0; i < STAGE_SERVERS; i++) {
        stage_servers[i].refuses = stage_servers[i].hangs = stage_servers[i].untrusted = false;
        behave(&stage_servers[i].like);
    }
    for (struct link *l = links; l; l = l->next)
        behave(&l->cm);
}
