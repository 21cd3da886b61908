#include "base/text.h"
#include "tools/vmports/ladder_inner.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

struct ladders {
    const struct tls_secrets *secrets;
    size_t kept;
    uint8_t room[TLS_OPEN_MAX]; /* of the record that is open */
    char text[SCCP_PRINT_MAX];
    struct sccp_message message; /* the one that is read */
};

struct ladders *ladders_new(const struct tls_secrets *s, struct err *e)
{
    struct ladders *all = calloc(1, sizeof *all);

    if (all)
        all->secrets = s;
    else
        err_set(e, ERR_MEMORY, "no memory for the SCCP ladder");
    return all;
}

void ladders_free(struct ladders *all)
{
    if (all)
        OPENSSL_cleanse(all, sizeof *all);
    free(all);
}

/* ---- messages -------------------------------------------------------------------------------- */

static bool make_room(struct ladder *l)
{
    if (l->facts.count < l->room)
        return true;
    size_t room = l->room ? l->room * 2 : 64;
    struct ladder_message *messages = realloc(l->messages, room * sizeof *messages);
    if (!messages)
        return false;
    l->messages = messages;
    l->room = room;
    l->facts.messages = messages;
    return true;
}

static void keep(struct ladder *l, enum flow_side from, const struct sccp_message *m,
                 const char *text)
{
    char *copy = l->all->kept < LADDER_MESSAGES_MAX && make_room(l) ? strdup(text) : NULL;

    if (!copy) {
        l->facts.unkept++;
        return;
    }
    l->all->kept++;
    l->messages[l->facts.count++] = (struct ladder_message){
        .time_us = l->now_us, .from = from, .id = m->id, .call = sccp_call_of(m), .text = copy};
}

/* Layouts go by the version that Register and RegisterAck agreed on; where they were not captured,
 * by the header's. */
static void note_version(struct ladder *l, enum flow_side from, const struct sccp_message *m)
{
    const char *name = m->register_req.station.name;

    if (m->id == SCCP_REGISTER && from == FLOW_CLIENT) {
        l->own_version = m->register_req.protocol_version;
        log_escape(name, strnlen(name, sizeof m->register_req.station.name), l->facts.name,
                   sizeof l->facts.name);
    } else if (m->id == SCCP_REGISTER_ACK && from == FLOW_SERVER) {
        l->habits = sccp_habits_of(&m->register_ack);
        if (l->own_version)
            l->version = sccp_negotiated(l->own_version, m->register_ack.protocol_version);
    }
}

static void on_frame(struct ladder *l, enum flow_side from, const struct sccp_frame *f)
{
    struct ladders *all = l->all;
    struct sccp_message *m = &all->message;
    const uint32_t version = l->version ? l->version : f->version;
    struct err e = {0};

    if (sccp_decode_as(m, f->id, version, &l->habits, f->body, f->len, &e)) {
        note_version(l, from, m);
        ladder_lamp_message(l, from, m);
        ladder_media_message(l, from, m);
        sccp_print(m, false, all->text, sizeof all->text);
    } else {
        l->facts.broken++;
        snprintf(all->text, sizeof all->text, "%s (%s)", sccp_name(f->id), e.text);
        *m = (struct sccp_message){.id = f->id};
    }
    keep(l, from, m, all->text);
    OPENSSL_cleanse(m, sizeof *m);
}

static void end(struct ladder *l, enum flow_side from, const char *why)
{
    if (!*l->facts.ended[from])
        snprintf(l->facts.ended[from], sizeof l->facts.ended[from], "%s", why);
    sccp_frames_free(&l->frames[from]);
}

static bool on_bytes(struct ladder *l, enum flow_side from, const uint8_t *bytes, size_t len,
                     struct err *e)
{
    struct sccp_frame frame;
    enum sccp_cut cut;

    sccp_frames_feed(&l->frames[from], bytes, len);
    while ((cut = sccp_frames_next(&l->frames[from], &frame, e)) == SCCP_CUT_FRAME)
        on_frame(l, from, &frame);
    return cut != SCCP_CUT_BAD;
}

/* ---- the tap --------------------------------------------------------------------------------- */

static void on_clear(void *arg, enum flow_side from, const uint8_t *bytes, size_t len)
{
    struct ladder *l = arg;
    struct err e = {0};

    if (!on_bytes(l, from, bytes, len, &e))
        sccp_frames_free(&l->frames[from]); /* the watch finds the next frame, or says `lost` */
}

static void try_open(struct ladder *l)
{
    const struct line_facts *f = line_watch_facts(l->watch);
    struct tls_terms terms = {
        .version = f->version, .suite = f->suite, .encrypt_then_mac = f->encrypt_then_mac};
    char why[160];
    struct err e = {0};

    l->tried = true;
    memcpy(terms.randoms, f->randoms, sizeof terms.randoms);
    if ((l->open = tls_open_new(&terms, l->all->secrets, &e)))
        return;
    snprintf(why, sizeof why, "not decrypted: %.140s", e.text);
    for (int i = 0; i < 2; i++)
        end(l, (enum flow_side)i, why);
}

static void on_record(void *arg, enum flow_side from, uint8_t type, const uint8_t *bytes,
                      size_t len)
{
    struct ladder *l = arg;
    struct tls_plain plain;
    char why[160];
    struct err e = {0};

    if (!l->tried)
        try_open(l);
    if (!l->open || *l->facts.ended[from])
        return;
    bool ok = tls_open_record(l->open, from, type, bytes, len, l->all->room, &plain, &e);
    if (ok && plain.type == TLS_APPLICATION)
        ok = on_bytes(l, from, plain.at, plain.len, &e);
    if (ok)
        return;
    snprintf(why, sizeof why, "not decrypted from here on: %.120s", e.text);
    end(l, from, why);
}

static void on_lost(void *arg, enum flow_side from)
{
    struct ladder *l = arg;

    l->facts.gaps++;
    if (line_watch_facts(l->watch)->kind == LINE_SCCP)
        sccp_frames_free(&l->frames[from]);
    else
        end(l, from, "not decrypted from here on: bytes are missing in the capture");
}

/* ---- one ladder ------------------------------------------------------------------------------ */

struct ladder *ladder_new(struct ladders *all, struct line_watch *w)
{
    struct ladder *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->all = all;
    l->watch = w;
    const struct line_tap tap = {.record = on_record, .clear = on_clear, .lost = on_lost, .arg = l};
    line_watch_tap(w, &tap);
    return l;
}

void ladder_free(struct ladder *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->facts.count; i++)
        free(l->messages[i].text);
    for (int i = 0; i < 2; i++)
        sccp_frames_free(&l->frames[i]);
    tls_open_free(l->open);
    OPENSSL_cleanse(&l->dial, sizeof l->dial);
    free(l->messages);
    free(l->lamps);
    free(l->media);
    free(l);
}

void ladder_clock(struct ladder *l, int64_t time_us)
{
    l->now_us = time_us;
}

void ladder_finish(struct ladder *l)
{
    const struct line_facts *f = line_watch_facts(l->watch);

    ladder_lamp_end(l, "not finished");
    if (f->kind == LINE_TLS && !l->tried && f->half[0].application + f->half[1].application)
        for (int i = 0; i < 2; i++)
            end(l, (enum flow_side)i, "not decrypted: its beginning is not in the capture");
}

const struct ladder_facts *ladder_facts(const struct ladder *l)
{
    return l ? &l->facts : NULL;
}
