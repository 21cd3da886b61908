/* EDGE: see stage.h. Streams as media/engine.h promises them: what is said about one is answered
 * later, and its report is the last. */
#include "stage.h"

#include "media/engine.h"

#include <stdlib.h>

struct voice {
    struct actor actor; /* first */
    struct media_handle handle;
    struct queue *events;
    uint64_t tag;
    unsigned asked; /* how it stands */
    bool closed;
    struct voice *next;
};

struct media_engine {
    uint32_t generation;
};

static struct voice *voices;
static bool fail;

static void tell(const struct voice *v, enum media_event_kind kind)
{
    struct media_event ev = {.kind = kind, .handle = v->handle, .tag = v->tag, .digit = '5'};

    ev.counts = (struct media_counts){.sent = 150, .received = 149};
    if (!queue_put(v->events, &ev))
        stage_broke("no room for an event of a stream");
}

static void free_voice(struct voice *v)
{
    struct voice **at = &voices;

    while (*at != v)
        at = &(*at)->next;
    *at = v->next;
    stage_leave(&v->actor);
    free(v);
}

static void voice_goes(struct actor *a)
{
    struct voice *v = (struct voice *)a;

    for (; v->asked; v->asked--)
        tell(v, MEDIA_COUNTS);
    if (!v->closed)
        return;
    tell(v, MEDIA_REPORT);
    free_voice(v);
}

static struct voice *voice_of(struct media_handle h)
{
    for (struct voice *v = voices; v; v = v->next)
        if (v->handle.generation == h.generation && !v->closed)
            return v;
    stage_broke("a stream is used that is not open");
    return NULL;
}

/* ---- media/engine.h ----------------------------------------------------------------------- */

struct media_engine *media_engine_new(const struct media_settings *s, struct err *e)
{
    struct media_engine *m = calloc(1, sizeof *m);

    (void)s;
    if (!m)
        err_set(e, ERR_MEMORY, "no memory for the media engine");
    return m;
}

void media_engine_free(struct media_engine *m)
{
    while (voices)
        free_voice(voices);
    free(m);
}

bool media_open(struct media_engine *m, const struct media_open *o, struct media_handle *out,
                struct net_addr *local, struct err *e)
{
    struct voice *v = fail ? NULL : calloc(1, sizeof *v);

    if (!v)
        return err_set(e, ERR_LIMIT, "no port is free");
    stage_enter(&v->actor, NULL, voice_goes);
    v->handle = (struct media_handle){1, ++m->generation};
    v->events = o->events;
    v->tag = o->tag;
    v->next = voices;
    voices = v;
    *out = v->handle;
    *local = o->bind;
    local->port = 20000;
    return true;
}

bool media_listen(struct media_engine *m, struct media_handle h, const struct media_format *f,
                  const struct net_addr *from, struct err *e)
{
    (void)m, (void)f, (void)from;
    if (!voice_of(h) || stage_dice(32) == 0)
        return err_set(e, ERR_FORMAT, "it cannot be heard");
    return true;
}

bool media_stop_listening(struct media_engine *m, struct media_handle h)
{
    (void)m;
    return voice_of(h) != NULL;
}

bool media_send(struct media_engine *m, struct media_handle h, const struct media_play *p,
                struct err *e)
{
    (void)m, (void)p;
    if (!voice_of(h) || stage_dice(32) == 0)
        return err_set(e, ERR_FORMAT, "it cannot be sent");
    return true;
}

bool media_stop_sending(struct media_engine *m, struct media_handle h)
{
    (void)m;
    return voice_of(h) != NULL;
}

bool media_ask(struct media_engine *m, struct media_handle h)
{
    struct voice *v = voice_of(h);

    (void)m;
    if (!v)
        return false;
    v->asked++;
    stage_cue(&v->actor, stage_dice(10));
    return true;
}

bool media_close(struct media_engine *m, struct media_handle h)
{
    struct voice *v = voice_of(h);

    (void)m;
    if (!v)
        return false;
    v->closed = true;
    stage_cue(&v->actor, stage_dice(10));
    return true;
}

/* ---- what a play asks --------------------------------------------------------------------- */

size_t stage_voices(void)
{
    size_t n = 0;

    for (const struct voice *v = voices; v; v = v->next)
        n++;
    return n;
}

void stage_voices_fail(bool shall)
{
    fail = shall;
}

void stage_voice_event(size_t nth, uint8_t k)
{
    static const enum media_event_kind kinds[] = {MEDIA_DIGIT, MEDIA_PLAYED, MEDIA_UNREACHABLE};
    const struct voice *v = voices;

    for (nth = voices ? nth % stage_voices() : 0; nth > 0; nth--)
        v = v->next;
    if (v)
        tell(v, kinds[k % 3]);
}
