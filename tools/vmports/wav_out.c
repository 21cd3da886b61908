#include "tools/vmports/wav_out.h"

#include "media/g711.h"
#include "media/sound.h"
#include "tools/vmports/out_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORT_NAME 32 /* SCCP's device names have 16 characters at most */
#define RATE      8000
#define WINDOW    8192         /* samples held back for those that come late */
#define LATE      (WINDOW / 2) /* so far back a packet still finds its place */
#define CHUNK     1024         /* samples decoded at once */
/* Timestamps that leave the capture's clock by more begin anew: they are no gap. */
#define JUMP_MAX    (5 * RATE)
#define GAP_MAX     ((int64_t)SOUND_SECONDS_MAX * RATE)
#define SAMPLES_MAX INT64_C(2000000000) /* a WAV file counts its bytes in 32 bits */

struct wav_out {
    char *dir, *source;
    struct wav_counts counts;
};

struct wav_track {
    struct wav_out *out;
    struct wav_title title;
    int64_t base, end; /* samples: in the file; the last that is known */
    int64_t last_at, last_us;
    uint32_t last_timestamp;
    uint64_t voice, foreign;
    bool heard;
    uint8_t first_type;     /* of any packet */
    int16_t window[WINDOW]; /* from base on */
};

/* ---- the directory --------------------------------------------------------------------------- */

static bool make_dir(const char *dir, struct err *e)
{
    struct stat is;

    if (mkdir(dir, 0700) == 0)
        return true;
    if (errno != EEXIST || stat(dir, &is) != 0)
        return err_errno(e, ERR_FILE, "%s", dir);
    return S_ISDIR(is.st_mode) || err_set(e, ERR_FILE, "%s is there, and no directory", dir);
}

void wav_out_free(struct wav_out *o)
{
    if (!o)
        return;
    free(o->dir);
    free(o->source);
    free(o);
}

struct wav_out *wav_out_new(const char *dir, const char *source, struct err *e)
{
    struct wav_out *o = calloc(1, sizeof *o);

    if (o) {
        o->dir = strdup(dir);
        o->source = strdup(source);
    }
    bool ok = o && o->dir && o->source;
    if (!ok)
        err_set(e, ERR_MEMORY, "no memory for %s", dir);
    if (ok && make_dir(dir, e))
        return o;
    wav_out_free(o);
    return NULL;
}

const struct wav_counts *wav_out_counts(const struct wav_out *o)
{
    return &o->counts;
}

/* ---- names ----------------------------------------------------------------------------------- */

/* "10.1.2.3_16384": a colon is no character for a file that travels. */
static void end_name(const struct net_addr *a, char out[NET_ADDR_TEXT])
{
    size_t n = 0;

    net_addr_text(a, out);
    for (const char *c = out; *c; c++)
        if (*c != '[' && *c != ']')
            out[n++] = *c == ':' ? '_' : *c;
    out[n] = '\0';
}

/* What a port calls itself comes from the wire: nothing in it may lead to another directory. */
static void port_name(const char *port, char out[PORT_NAME])
{
    size_t n = 0;

    for (; *port && n + 2 < PORT_NAME; port++, n++)
        out[n] = isalnum((unsigned char)*port) || *port == '-' ? *port : '_';
    if (n)
        out[n++] = '-';
    out[n] = '\0';
}

const char *wav_name(const struct wav_title *t, char out[WAV_NAME])
{
    char port[PORT_NAME], src[NET_ADDR_TEXT], dst[NET_ADDR_TEXT];
    const struct media_stream *m = t->stream;

    port_name(t->port, port);
    end_name(&m->src, src);
    end_name(&m->dst, dst);
    if (t->way == MEDIA_RECEIVED)
        snprintf(out, WAV_NAME, "%s%s-received-from-%s-%08x.wav", port, dst, src, m->ssrc);
    else
        snprintf(out, WAV_NAME, "%s%s-%s-%s-%08x.wav", port, src,
                 t->way == MEDIA_SENT ? "sent-to" : "to", dst, m->ssrc);
    return out;
}

/* ---- one file -------------------------------------------------------------------------------- */

static bool is_wav(const uint8_t head[OUT_FILE_HEAD])
{
    return memcmp(head, "RIFF", 4) == 0 && memcmp(head + 8, "WAVE", 4) == 0;
}

/* Open only while it is written: thousands of streams may be under way at once. */
static SNDFILE *open_file(struct wav_track *t, const char *path, struct err *e)
{
    const bool fresh = t->base == 0;
    SF_INFO info = {.samplerate = RATE, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    int fd = fresh ? out_file_open(path, t->out->source, is_wav, e)
                   : open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0) {
        if (!fresh)
            err_errno(e, ERR_FILE, "%s", path);
        return NULL;
    }
    if (!fresh)
        info = (SF_INFO){0};
    SNDFILE *f = sf_open_fd(fd, fresh ? SFM_WRITE : SFM_RDWR, &info, SF_TRUE);
    if (!f)
        err_set(e, ERR_FILE, "%s: %s", path, sf_strerror(NULL));
    return f;
}

static bool write_silence(SNDFILE *f, int64_t n)
{
    static const int16_t silence[CHUNK];

    for (int64_t left = n, some; left > 0; left -= some) {
        some = left < CHUNK ? left : CHUNK;
        if (sf_write_short(f, silence, some) != some)
            return false;
    }
    return true;
}

/* Samples from base to `upto`: of the window, and silence behind it. */
static bool write_samples(struct wav_track *t, const char *path, int64_t upto, struct err *e)
{
    const int64_t n = upto - t->base, held = n < WINDOW ? n : WINDOW;
    SNDFILE *f = open_file(t, path, e);

    if (!f)
        return false;
    errno = 0;
    bool ok = sf_seek(f, 0, SEEK_END) >= 0 && sf_write_short(f, t->window, held) == held &&
              write_silence(f, n - held);
    int why = errno;
    ok = sf_close(f) == 0 && ok;
    if (ok)
        return true;
    return err_set(e, ERR_FILE, "%s: it could not be written to its end%s%s", path, why ? ": " : "",
                   why ? strerror(why) : "");
}

static bool flush(struct wav_track *t, int64_t upto, struct err *e)
{
    char path[PATH_MAX], name[WAV_NAME];
    int n = snprintf(path, sizeof path, "%s/%s", t->out->dir, wav_name(&t->title, name));

    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(e, ERR_FILE, "%s: the path is too long", t->out->dir);
    if (!write_samples(t, path, upto, e))
        return false;
    const int64_t gone = upto - t->base, held = gone < WINDOW ? gone : WINDOW;
    memmove(t->window, t->window + held, (size_t)(WINDOW - held) * sizeof *t->window);
    memset(t->window + WINDOW - held, 0, (size_t)held * sizeof *t->window);
    t->out->counts.files += t->base == 0;
    t->out->counts.samples += (uint64_t)gone;
    t->base = upto;
    return true;
}

/* ---- one packet ------------------------------------------------------------------------------ */

/* Something from before the first packet, which itself came early. */
static bool make_room_before(struct wav_track *t, int64_t n)
{
    if (t->base != 0 || t->end + n > WINDOW)
        return false;
    memmove(t->window + n, t->window, (size_t)(WINDOW - n) * sizeof *t->window);
    memset(t->window, 0, (size_t)n * sizeof *t->window);
    t->end += n;
    return true;
}

/* Where this timestamp belongs, in samples from the start. */
static int64_t place_of(struct wav_track *t, uint32_t timestamp, int64_t time_us)
{
    if (t->voice == 0)
        return 0;
    const int64_t step = (int32_t)(timestamp - t->last_timestamp);
    const int64_t us = (int64_t)((uint64_t)time_us - (uint64_t)t->last_us);
    const int64_t clock = us / 1000 * (RATE / 1000);
    int64_t at = t->last_at + step;
    if (step > clock + JUMP_MAX || step < clock - JUMP_MAX) {
        at = t->last_at + clock;
        at = at > t->end ? at : t->end;
    }
    if (at <= t->end + GAP_MAX)
        return at;
    t->out->counts.shortened++;
    return t->end + GAP_MAX;
}

static bool put_chunk(struct wav_track *t, int64_t at, enum g711_law law, const uint8_t *bytes,
                      size_t n, struct err *e)
{
    const int64_t end = at + (int64_t)n;

    if (end > SAMPLES_MAX)
        return err_set(e, ERR_LIMIT, "SSRC %08x: its sound is longer than a WAV file can be",
                       t->title.stream->ssrc);
    if (end > t->base + WINDOW && !flush(t, end - LATE, e))
        return false;
    g711_decode_all(law, t->window + (at - t->base), bytes, n);
    t->end = end > t->end ? end : t->end;
    return true;
}

static bool put_voice(struct wav_track *t, int64_t at, const struct rtp_packet *r, struct err *e)
{
    const enum g711_law law = r->header.payload_type == RTP_PCMA ? G711_ALAW : G711_ULAW;

    for (size_t done = 0, n; done < r->payload_len; done += n) {
        n = r->payload_len - done < CHUNK ? r->payload_len - done : CHUNK;
        if (!put_chunk(t, at + (int64_t)done, law, r->payload + done, n, e))
            return false;
    }
    return true;
}

static bool is_g711(uint8_t payload_type)
{
    return payload_type == RTP_PCMU || payload_type == RTP_PCMA;
}

/* RFC 3551: from 96 on types are agreed on; between Cisco's they are telephone events (RFC 4733),
 * which have no sound, as comfort noise has none. */
static bool is_codec(uint8_t payload_type)
{
    return payload_type < 96 && payload_type != RTP_COMFORT_NOISE;
}

bool wav_track_packet(struct wav_track *t, const struct rtp_packet *r, int64_t time_us,
                      struct err *e)
{
    if (!t->heard)
        t->first_type = r->header.payload_type;
    t->heard = true;
    if (!is_g711(r->header.payload_type)) {
        t->foreign += is_codec(r->header.payload_type);
        return true;
    }
    int64_t at = place_of(t, r->header.timestamp, time_us);
    if (at < t->base && !(at < 0 && make_room_before(t, -at))) {
        t->out->counts.late++;
        return true;
    }
    at = at < 0 ? 0 : at;
    t->voice++;
    t->last_at = at;
    t->last_us = time_us;
    t->last_timestamp = r->header.timestamp;
    return put_voice(t, at, r, e);
}

/* ---- one stream ------------------------------------------------------------------------------ */

struct wav_track *wav_track_new(struct wav_out *o, const struct wav_title *title, struct err *e)
{
    struct wav_track *t = calloc(1, sizeof *t);

    if (!t) {
        err_set(e, ERR_MEMORY, "no memory for the sound of a stream");
        return NULL;
    }
    t->out = o;
    t->title = *title;
    return t;
}

void wav_track_free(struct wav_track *t)
{
    if (t)
        OPENSSL_cleanse(t->window, sizeof t->window);
    free(t);
}

static void note_mute(struct wav_counts *c, uint8_t payload_type)
{
    if (c->mute++ == 0)
        c->mute_type = payload_type;
}

bool wav_track_finish(struct wav_track *t, struct err *e)
{
    if (!t)
        return true;
    bool ok = t->end == t->base || flush(t, t->end, e);
    if (t->voice == 0)
        note_mute(&t->out->counts, t->first_type);
    else
        t->out->counts.foreign += t->foreign;
    wav_track_free(t);
    return ok;
}
