#include "tools/labcm/phone.h"

#include "base/clock.h"
#include "base/queue.h"
#include "tools/labcm/road.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#define EVENTS_MAX    1048576
#define PHONE_LAST_NS (500 * NS_PER_MS) /* before the end of a call */

struct phones {
    uv_loop_t *loop;
    struct phones_settings s;
    struct media_engine *engine;
    struct queue *events;
    uv_async_t wake;
};

struct phone {
    struct phones *home;
    struct media_handle media, second; /* second: of FAULT_MEDIA_OTHER_SSRC */
    enum fault_id fault;
    struct road *road;     /* NULL: a straight one */
    struct net_addr inner; /* where it sends to on that road */
    const struct sound *play;
    bool once;
    char digits[32], number[32];
    int64_t unreachable_ns; /* when its packets first came back; 0: never */
    void (*report)(void *arg, const struct media_event *e);
    void *arg;
};

/* ---- events ---------------------------------------------------------------------------------- */

static void take_event(struct media_event *e)
{
    struct phone *t = (struct phone *)(uintptr_t)e->tag; /* as phone_open gave it */

    if (e->kind == MEDIA_UNREACHABLE)
        t->unreachable_ns = clock_now_ns();
    if (e->kind != MEDIA_REPORT)
        return;
    t->report(t->arg, e);
    free(e->recording);
    free(t);
}

static void events_came(uv_async_t *wake)
{
    struct phones *p = wake->data;
    struct media_event e;

    while (queue_take(p->events, &e))
        take_event(&e);
}

static void ring_wake(void *arg)
{
    uv_async_send(arg);
}

/* ---- all phones ------------------------------------------------------------------------------ */

static void wake_closed(uv_handle_t *h)
{
    free(h->data);
}

static bool start_engine(struct phones *p, struct err *e)
{
    const struct media_settings ms = {
        .port_lo = p->s.rtp_lo,
        .port_hi = p->s.rtp_hi,
        .threads = p->s.threads,
        .tos = SCCP_TOS_EF,
        .keylog = p->s.keylog,
        .log = p->s.log,
    };

    p->events = queue_new(sizeof(struct media_event), 64, EVENTS_MAX, ring_wake, &p->wake, e);
    p->engine = p->events ? media_engine_new(&ms, e) : NULL;
    return p->engine != NULL;
}

struct phones *phones_new(uv_loop_t *loop, const struct phones_settings *s, struct err *e)
{
    struct phones *p = calloc(1, sizeof *p);

    if (!p || uv_async_init(loop, &p->wake, events_came) != 0) {
        free(p);
        err_set(e, ERR_MEMORY, "phones");
        return NULL;
    }
    p->wake.data = p;
    p->loop = loop;
    p->s = *s;
    if (start_engine(p, e))
        return p;
    phones_free(p);
    return NULL;
}

void phones_free(struct phones *p)
{
    if (!p)
        return;
    media_engine_free(p->engine);
    queue_free(p->events);
    uv_close((uv_handle_t *)&p->wake, wake_closed);
}

/* ---- faults of its media --------------------------------------------------------------------- */

static enum road_kind road_of(enum fault_id fault)
{
    static const struct {
        enum fault_id fault;
        enum road_kind kind;
    } list[] = {
        {FAULT_MEDIA_LOSS, ROAD_LOSES},     {FAULT_MEDIA_REORDER, ROAD_REORDERS},
        {FAULT_MEDIA_TWICE, ROAD_DOUBLES},  {FAULT_MEDIA_REPLAY, ROAD_REPLAYS},
        {FAULT_MEDIA_SILENCE, ROAD_CLOSED}, {FAULT_MEDIA_OTHER_SOURCE, ROAD_ELSEWHERE},
    };

    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        if (list[i].fault == fault)
            return list[i].kind;
    return ROAD_GOOD;
}

/* The port is told the road's address for the phone's. */
static bool take_road(struct phone *t, struct net_addr *local, struct err *e)
{
    const enum road_kind kind = road_of(t->fault);
    const struct net_addr own = *local;

    if (kind == ROAD_GOOD)
        return true;
    t->road = road_new(t->home->loop, kind, &own, local, &t->inner, e);
    return t->road != NULL;
}

static void spoil(enum fault_id fault, struct media_key *k)
{
    if (fault == FAULT_MEDIA_PLAIN)
        *k = (struct media_key){0};
    if (k->algorithm == SCCP_SRTP_NONE)
        return;
    if (fault == FAULT_MEDIA_WRONG_KEY)
        k->key[0] ^= 1;
    if (fault == FAULT_MEDIA_TAG)
        k->algorithm = k->algorithm == SCCP_SRTP_AES_CM_128_HMAC_SHA1_32
                           ? SCCP_SRTP_AES_CM_128_HMAC_SHA1_80
                           : SCCP_SRTP_AES_CM_128_HMAC_SHA1_32;
}

/* A second sender with the same key, beside the phone; nobody listens to its events. */
static bool join_second(struct phone *t, const struct media_play *play, struct err *e)
{
    const struct media_open o = {.bind = t->home->s.bind, .who = t->number};
    struct net_addr unused;

    if (t->fault != FAULT_MEDIA_OTHER_SSRC)
        return true;
    if (t->second.generation == 0 && !media_open(t->home->engine, &o, &t->second, &unused, e))
        return false;
    return media_send(t->home->engine, t->second, play, e);
}

static void part_second(struct phone *t)
{
    if (t->second.generation && !media_close(t->home->engine, t->second))
        log_line(t->home->s.log, LOG_ERROR, LOG_MIU_IO, t->number,
                 "its second stream could not be closed");
}

/* ---- one phone ------------------------------------------------------------------------------- */

static bool open_media(struct phone *t, const struct phone_settings *s, struct net_addr *local,
                       struct err *e)
{
    const struct media_open o = {
        .bind = t->home->s.bind,
        .events = t->home->events,
        .tag = (uintptr_t)t,
        .record_ms = s->record_ms,
        .rtcp = s->rtcp,
        .who = t->number,
    };

    return media_open(t->home->engine, &o, &t->media, local, e);
}

struct phone *phone_open(struct phones *p, const struct phone_settings *s, struct net_addr *local,
                         struct err *e)
{
    struct phone *t = calloc(1, sizeof *t);

    if (!t) {
        err_set(e, ERR_MEMORY, "phone");
        return NULL;
    }
    t->home = p;
    t->play = s->play;
    t->once = s->once;
    t->report = s->report;
    t->arg = s->arg;
    t->fault = s->fault;
    snprintf(t->digits, sizeof t->digits, "%s", s->digits ? s->digits : "");
    snprintf(t->number, sizeof t->number, "%s", s->number);
    if (open_media(t, s, local, e)) {
        if (!take_road(t, local, e))
            log_err(p->s.log, LOG_ERROR, LOG_MIU_IO, t->number, e); /* then a straight one */
        return t;
    }
    free(t);
    return NULL;
}

static struct media_format format_of(const struct call_media *m, const struct sccp_srtp *key)
{
    struct media_format f = {
        .law = m->codec == SCCP_CODEC_G711A ? G711_ALAW : G711_ULAW,
        .packet_ms = m->packet_ms,
        .dtmf_payload = m->dtmf_payload,
        .key = {.algorithm = key->algorithm, .key_len = key->key_len, .salt_len = key->salt_len},
    };

    memcpy(f.key.key, key->key, sizeof f.key.key);
    memcpy(f.key.salt, key->salt, sizeof f.key.salt);
    return f;
}

bool phone_listen(struct phone *t, const struct call_media *m, struct err *e)
{
    struct media_format f = format_of(m, &m->from_device);
    bool ok = media_listen(t->home->engine, t->media, &f, NULL, e);

    OPENSSL_cleanse(&f, sizeof f);
    return ok;
}

bool phone_talk(struct phone *t, const struct call_media *m, const struct net_addr *to,
                struct err *e)
{
    struct media_play play = {
        .format = format_of(m, &m->to_device),
        .to = t->road ? t->inner : *to,
        .sound = t->play,
        .after = t->play && !t->once ? MEDIA_LOOP : MEDIA_SILENCE,
        .digits = t->digits[0] ? t->digits : NULL,
    };

    spoil(t->fault, &play.format.key);
    if (t->road)
        road_leads_to(t->road, to);
    bool ok = media_send(t->home->engine, t->media, &play, e) && join_second(t, &play, e);

    OPENSSL_cleanse(&play, sizeof play);
    return ok;
}

/* A port that hangs up closes its socket first, so packets on the way to it come back: that is no
 * fault of the call. One that was deaf while the call went on is. */
static void tell_deaf(const struct phone *t)
{
    if (t->unreachable_ns && clock_now_ns() - t->unreachable_ns > PHONE_LAST_NS)
        log_line(t->home->s.log, LOG_WARN, LOG_MIU_IO, t->number,
                 "the port's RTP address was unreachable during the call");
}

void phone_hang_up(struct phone *t)
{
    tell_deaf(t);
    part_second(t);
    if (!media_stop_sending(t->home->engine, t->media))
        log_line(t->home->s.log, LOG_ERROR, LOG_MIU_IO, t->number,
                 "its stream could not be silenced");
}

void phone_close(struct phone *t)
{
    road_close(t->road);
    /* A full command queue is the one way to fail; the engine's end closes the stream then. */
    if (!media_close(t->home->engine, t->media))
        log_line(t->home->s.log, LOG_ERROR, LOG_MIU_IO, t->number,
                 "its stream could not be closed");
}
