#include "tools/vmports/verify.h"

#include "tools/vmports/capture_file.h"
#include "tools/vmports/verify_judge.h"

#include <stdlib.h>

struct verify_owner {
    struct flows *flows;
    struct tftp_watch *tftp;
    struct media_watch *media;
    struct key_file *keys;
    struct ladders *ladders;
    struct verify_connection *connections;
    const struct tftp_transfer **transfers;
    const struct media_stream **streams;
    struct media_call *calls;
    struct verify_findings findings;
};

/* ---- reading --------------------------------------------------------------------------------- */

/* What watches one connection. */
struct watches {
    struct line_watch *line;
    struct ladder *ladder;
};

static void free_watches(struct watches *w)
{
    if (!w)
        return;
    ladder_free(w->ladder);
    line_watch_free(w->line);
    free(w);
}

static struct watches *open_line(struct verify_owner *o, bool from_start)
{
    struct watches *w = calloc(1, sizeof *w);

    if (w && (w->line = line_watch_new(from_start)) &&
        (w->ladder = ladder_new(o->ladders, w->line)))
        return w;
    free_watches(w);
    return NULL;
}

static void on_data(void *arg, struct flow *f, enum flow_side from, const uint8_t *bytes,
                    size_t len, int64_t time_us)
{
    struct verify_report *r = arg;
    struct watches *w = f->watch;

    if (!w)
        f->watch = w = open_line(r->owner, f->from_start);
    if (!w) {
        r->totals.tcp_unjudged++;
        return;
    }
    ladder_clock(w->ladder, time_us);
    line_watch_data(w->line, from, bytes, len);
}

static void on_gap(void *arg, struct flow *f, enum flow_side from, uint64_t bytes)
{
    struct watches *w = f->watch;

    (void)arg;
    (void)bytes;
    if (w)
        line_watch_gap(w->line, from);
    else
        f->from_start = false; /* what comes first was not captured */
}

static void note_time(struct verify_totals *t, int64_t time_us)
{
    if (t->packets == 0 || time_us < t->first_us)
        t->first_us = time_us;
    if (t->packets == 0 || time_us > t->last_us)
        t->last_us = time_us;
}

static bool read_packet(void *arg, const struct captured *c)
{
    struct verify_report *r = arg;
    struct verify_totals *t = &r->totals;
    const struct packet *p = &c->packet;

    note_time(t, p->time_us);
    t->packets++;
    t->bytes += c->len;
    t->broken += c->kind == PACKET_BROKEN;
    t->fragments += c->kind == PACKET_FRAGMENT;
    t->other += c->kind == PACKET_OTHER;
    t->cut += c->kind <= PACKET_UDP && p->missing > 0;
    if (c->kind == PACKET_TCP)
        t->tcp_unjudged += !flows_feed(r->owner->flows, p);
    else if (c->kind == PACKET_UDP && !tftp_watch_feed(r->owner->tftp, p))
        media_watch_feed(r->owner->media, p);
    return true;
}

static bool read_file(struct verify_report *r, const struct verify_settings *s, struct err *e)
{
    char early[CAPTURE_END_TEXT];

    if (!capture_file_read(s->pcap, s->stream, read_packet, r, early, e))
        return false;
    if (*early)
        verify_note(&r->owner->findings, "the file ends early, after %llu packets: %s",
                    (unsigned long long)r->totals.packets, early);
    return true;
}

/* ---- the report --------------------------------------------------------------------------- */

static bool is_signalling(const struct verify_settings *s, const struct flow *f,
                          const struct line_facts *line)
{
    uint16_t port = f->ends[FLOW_SERVER].port, other = f->ends[FLOW_CLIENT].port;

    if (line && (line->kind == LINE_TLS || line->kind == LINE_SCCP))
        return true;
    for (size_t i = 0; i < s->signalling_count; i++)
        if (port == s->signalling[i] || other == s->signalling[i])
            return true;
    return port == 2443 || port == 2000;
}

static bool list_connections(struct verify_report *r, const struct verify_settings *s)
{
    static const struct line_facts silent;
    struct verify_owner *o = r->owner;
    size_t n = flows_count(o->flows);

    o->connections = calloc(n + 1, sizeof *o->connections);
    if (!o->connections)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct flow *f = flows_at(o->flows, i);
        const struct watches *w = f->watch;
        const struct line_facts *line = w ? line_watch_facts(w->line) : &silent;
        if (w) {
            line_watch_finish(w->line);
            ladder_finish(w->ladder);
        }
        if (!is_signalling(s, f, line)) {
            r->totals.other_tcp++;
            continue;
        }
        r->totals.tls += line->kind == LINE_TLS;
        r->totals.sccp += line->kind == LINE_SCCP;
        o->connections[r->connection_count++] = (struct verify_connection){
            .flow = f, .line = line, .ladder = ladder_facts(w ? w->ladder : NULL)};
    }
    r->connections = o->connections;
    return true;
}

static bool list_transfers(struct verify_report *r)
{
    struct verify_owner *o = r->owner;
    size_t n = tftp_watch_count(o->tftp);

    o->transfers = calloc(n + 1, sizeof *o->transfers);
    if (!o->transfers)
        return false;
    for (size_t i = 0; i < n; i++)
        o->transfers[i] = tftp_watch_at(o->tftp, i);
    r->transfers = o->transfers;
    r->transfer_count = n;
    return true;
}

static void count_verdict(struct verify_totals *t, enum stream_verdict v)
{
    t->authentic += v == STREAM_AUTHENTIC;
    t->srtp += v == STREAM_SRTP;
    t->plain += v == STREAM_PLAIN;
    t->forged += v == STREAM_FORGED;
    t->untold += v == STREAM_UNTOLD;
}

static bool list_streams(struct verify_report *r)
{
    struct verify_owner *o = r->owner;
    size_t n = media_watch_count(o->media);

    o->streams = calloc(n + 1, sizeof *o->streams);
    if (!o->streams)
        return false;
    for (size_t i = 0; i < n; i++) {
        o->streams[i] = media_watch_at(o->media, i);
        count_verdict(&r->totals, o->streams[i]->verdict);
    }
    r->streams = o->streams;
    r->stream_count = n;
    r->calls = o->calls = media_watch_calls(o->media, &r->call_count);
    return n == 0 || r->calls;
}

static bool make_lists(struct verify_report *r, const struct verify_settings *s, struct err *e)
{
    flows_finish(r->owner->flows);
    media_watch_finish(r->owner->media);
    r->totals.media = media_watch_totals(r->owner->media);
    if (list_connections(r, s) && list_transfers(r) && list_streams(r))
        return true;
    return err_set(e, ERR_MEMORY, "no memory for the report");
}

static bool open_watches(struct verify_report *r, const struct verify_settings *s, struct err *e)
{
    struct verify_owner *o = r->owner;
    const struct flow_sink sink = {.data = on_data, .gap = on_gap, .arg = r};

    if (s->keylog && !(o->keys = key_file_load(s->keylog, e)))
        return false;
    r->keys = o->keys != NULL;
    r->key_log = o->keys;
    return (o->ladders = ladders_new(key_file_tls(o->keys), e)) &&
           (o->flows = flows_new(&sink, e)) && (o->tftp = tftp_watch_new(e)) &&
           (o->media = media_watch_new(o->keys, e));
}

struct verify_report *verify_capture(const struct verify_settings *s, struct err *e)
{
    struct verify_report *r = calloc(1, sizeof *r);

    if (r)
        r->owner = calloc(1, sizeof *r->owner);
    if (!r || !r->owner) {
        err_set(e, ERR_MEMORY, "no memory for the report");
        verify_free(r);
        return NULL;
    }
    bool open = open_watches(r, s, e);
    if (!open && s->stream)
        fclose(s->stream);
    if (!open || !read_file(r, s, e) || !make_lists(r, s, e)) {
        verify_free(r);
        return NULL;
    }
    struct verify_findings *f = &r->owner->findings;
    verify_judge(r, s, f);
    r->findings = f->list;
    r->finding_count = f->kept;
    r->faults = f->faults;
    r->notes = f->notes;
    r->ok = f->faults == 0;
    return r;
}

static void free_lines(struct flows *flows)
{
    for (size_t i = 0; flows && i < flows_count(flows); i++)
        free_watches(flows_at(flows, i)->watch);
}

void verify_free(struct verify_report *r)
{
    struct verify_owner *o = r ? r->owner : NULL;

    if (o) {
        free_lines(o->flows);
        ladders_free(o->ladders);
        flows_free(o->flows);
        tftp_watch_free(o->tftp);
        media_watch_free(o->media);
        key_file_free(o->keys);
        free(o->connections);
        free(o->transfers);
        free(o->streams);
        free(o->calls);
        free(o);
    }
    free(r);
}
