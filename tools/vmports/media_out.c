#include "tools/vmports/media_out.h"

#include "tools/vmports/capture_file.h"
#include "tools/vmports/media_names.h"
#include "tools/vmports/rtp_out.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What the second reading knows of a stream; by its number of appearance. */
struct out_stream {
    const struct media_stream *judged; /* NULL: it goes nowhere */
    bool looked, begun;
    uint64_t heard; /* packets: when all have come, its sound is done */
    struct wav_track *track;
};

struct media_out {
    const struct media_stream **judged; /* by media_compare_streams */
    size_t judged_count;
    struct out_stream *streams; /* STREAMS_MAX */
    struct media_names *names;
    struct tftp_watch *tftp;
    struct media_watch *watch;
    struct rtp_out *rtp;
    struct wav_out *wav;
    const struct captured *at;
    struct media_out_report *report;
    bool failed;
    struct err *e;
};

/* ---- which streams --------------------------------------------------------------------------- */

static int by_ends(const void *left, const void *right)
{
    return media_compare_streams(*(const struct media_stream *const *)left,
                                 *(const struct media_stream *const *)right);
}

/* As a whole. A stream of SRTP in which something can be read is a fault, but not plain. */
static bool is_plain(const struct media_stream *m)
{
    const bool srtp = m->tag > 0 && (m->plain || m->digits_plain);

    return m->verdict == STREAM_PLAIN && !srtp;
}

/* Judged as a whole, or opened packet by packet. */
static bool goes_out(const struct media_stream *m)
{
    return is_plain(m) || m->authentic > 0;
}

static const struct media_stream *judgement(const struct media_out *o,
                                            const struct media_stream *seen)
{
    const struct media_stream *const *found =
        bsearch(&seen, o->judged, o->judged_count, sizeof *o->judged, by_ends);

    return found && goes_out(*found) ? *found : NULL;
}

static struct out_stream *stream_of(struct media_out *o, const struct media_packet *m)
{
    struct out_stream *s = &o->streams[m->number];

    if (!s->looked)
        s->judged = judgement(o, m->stream);
    s->looked = true;
    return s->judged ? s : NULL;
}

/* ---- one packet ------------------------------------------------------------------------------ */

/* Counts what is not for the outs. */
static bool is_clear(struct media_out_report *r, const struct media_stream *judged,
                     const struct media_packet *m)
{
    if (m->packet->missing)
        r->cut++;
    else if (is_plain(judged) || m->opened)
        return true;
    else if (m->duplicate)
        r->doubled++;
    else
        r->refused++;
    return false;
}

static bool begin_track(struct media_out *o, struct out_stream *s)
{
    struct wav_title title = {.stream = s->judged};

    title.port = media_names_find(o->names, s->judged, &title.way);
    return (s->track = wav_track_new(o->wav, &title, o->e)) != NULL;
}

static bool sound(struct media_out *o, struct out_stream *s, const struct media_packet *m)
{
    struct rtp_packet rtp;

    if (!o->wav || m->duplicate || !rtp_parse(&rtp, m->rtp, m->len))
        return true;
    if (!s->track && !begin_track(o, s))
        return false;
    return wav_track_packet(s->track, &rtp, m->packet->time_us, o->e);
}

static bool put_out(struct media_out *o, struct out_stream *s, const struct media_packet *m)
{
    o->report->packets++;
    o->report->streams += !s->begun;
    s->begun = true;
    if (o->rtp && !rtp_out_packet(o->rtp, o->at, m->rtp, m->len, o->e))
        return false;
    return sound(o, s, m);
}

static bool finish_track(struct media_out *o, struct out_stream *s)
{
    struct wav_track *t = s->track;

    s->track = NULL;
    return wav_track_finish(t, o->e);
}

static void on_media(void *arg, const struct media_packet *m)
{
    struct media_out *o = arg;
    struct out_stream *s = o->failed ? NULL : stream_of(o, m);

    if (!s || s->heard == s->judged->packets) /* a file that still grows: more was not judged */
        return;
    s->heard++;
    if (is_clear(o->report, s->judged, m))
        o->failed = !put_out(o, s, m);
    if (!o->failed && s->heard == s->judged->packets)
        o->failed = !finish_track(o, s);
}

static bool on_packet(void *arg, const struct captured *c)
{
    struct media_out *o = arg;

    o->at = c;
    if (c->kind == PACKET_UDP && !tftp_watch_feed(o->tftp, &c->packet))
        media_watch_feed(o->watch, &c->packet);
    return !o->failed;
}

/* ---- can it be done -------------------------------------------------------------------------- */

bool media_out_check(const struct verify_settings *s, const struct media_out_settings *want,
                     struct err *e)
{
    struct stat is;

    if (want->rtp_file && strcmp(want->rtp_file, "-") == 0)
        return err_set(e, ERR_USAGE, "--rtp-out: stdout has the report: name a file");
    if (strcmp(s->pcap, "-") != 0 && (stat(s->pcap, &is) != 0 || S_ISREG(is.st_mode)))
        return true; /* that nothing is there, is said by who opens it */
    return err_set(e, ERR_USAGE,
                   "%s: --rtp-out and --wav-out read the capture twice: it has to be a file",
                   s->pcap);
}

static bool count_closed(const struct verify_report *r, struct media_out_report *out, struct err *e)
{
    if (r->stream_count == 0)
        return err_set(e, ERR_NOT_NOW, "there is no media in the capture to write");
    for (size_t i = 0; i < r->stream_count; i++)
        out->closed += !goes_out(r->streams[i]);
    if (out->closed && !r->keys)
        return err_set(e, ERR_USAGE,
                       "%zu of %zu streams are not plain RTP: give the key log of the run by "
                       "--keylog",
                       out->closed, r->stream_count);
    if (out->closed == r->stream_count)
        return err_set(e, ERR_NOT_NOW, "no stream of the %zu authenticates with a key of the log",
                       r->stream_count);
    return true;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static bool list_judged(struct media_out *o, const struct verify_report *r, struct err *e)
{
    o->judged = calloc(r->stream_count, sizeof *o->judged);
    o->streams = calloc(STREAMS_MAX, sizeof *o->streams);
    if (!o->judged || !o->streams)
        return err_set(e, ERR_MEMORY, "no memory for %zu streams", r->stream_count);
    for (size_t i = 0; i < r->stream_count; i++)
        o->judged[i] = r->streams[i];
    o->judged_count = r->stream_count;
    qsort(o->judged, o->judged_count, sizeof *o->judged, by_ends);
    return true;
}

static bool open_outs(struct media_out *o, const struct verify_settings *s,
                      const struct verify_report *r, const struct media_out_settings *want,
                      struct err *e)
{
    if (!list_judged(o, r, e) || !(o->names = media_names_new(r, e)) ||
        !(o->tftp = tftp_watch_new(e)) || !(o->watch = media_watch_new(r->key_log, e)))
        return false;
    media_watch_listen(o->watch, on_media, o);
    return (!want->rtp_file || (o->rtp = rtp_out_new(want->rtp_file, s->pcap, e))) &&
           (!want->wav_dir || (o->wav = wav_out_new(want->wav_dir, s->pcap, e)));
}

static bool read_again(struct media_out *o, const char *path, struct err *e)
{
    char early[CAPTURE_END_TEXT]; /* the first reading said so */

    if (!capture_file_read(path, NULL, on_packet, o, early, e) || o->failed)
        return false;
    for (size_t i = 0; i < STREAMS_MAX; i++)
        if (!finish_track(o, &o->streams[i]))
            return false;
    return true;
}

static bool close_outs(struct media_out *o, bool ok, struct err *e)
{
    ok = rtp_out_close(o->rtp, ok ? e : NULL) && ok;
    for (size_t i = 0; o->streams && i < STREAMS_MAX; i++)
        wav_track_free(o->streams[i].track);
    if (o->wav)
        o->report->sound = *wav_out_counts(o->wav);
    wav_out_free(o->wav);
    media_watch_free(o->watch);
    media_names_free(o->names);
    tftp_watch_free(o->tftp);
    free(o->streams);
    free(o->judged);
    return ok;
}

bool media_out_write(const struct verify_settings *s, const struct verify_report *r,
                     const struct media_out_settings *want, struct media_out_report *out,
                     struct err *e)
{
    struct media_out o = {.report = out, .e = e};

    *out = (struct media_out_report){0};
    if (!count_closed(r, out, e))
        return false;
    bool ok = open_outs(&o, s, r, want, e) && read_again(&o, s->pcap, e);
    return close_outs(&o, ok, e);
}
