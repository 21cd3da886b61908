#include "media/stream_inner.h"

#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>

#define PER_MS          8   /* samples */
#define TONE_PACKET_MAX 480 /* 60 ms */

bool media_format_check(const struct media_format *f, struct err *e)
{
    if (f->law != G711_ULAW && f->law != G711_ALAW)
        return err_set(e, ERR_USAGE, "codec %d is not G.711", (int)f->law);
    if (f->packet_ms < 10 || f->packet_ms > 60)
        return err_set(e, ERR_LIMIT, "a packet of %u ms; wanted 10 to 60", f->packet_ms);
    if (f->dtmf_payload > 127)
        return err_set(e, ERR_LIMIT, "telephone-event payload type %u; wanted 0 to 127",
                       f->dtmf_payload);
    return media_key_check(&f->key, e);
}

struct stream *stream_new(const struct stream_start *start, struct err *e)
{
    struct stream *s = calloc(1, sizeof *s);
    size_t cap = (size_t)start->record_ms * PER_MS;
    int16_t *record = cap ? calloc(cap, sizeof *record) : NULL; /* pages come with the sound */

    struct tone_hearer *tones = start->hear_tones ? calloc(1, sizeof *tones) : NULL;

    if (!s || (cap && !record) || (start->hear_tones && !tones)) {
        free(s);
        free(tones);
        free(record);
        err_set(e, ERR_MEMORY, "no memory for a stream that records %u ms", start->record_ms);
        return NULL;
    }
    s->opened_ns = start->now_ns / MS * MS;
    s->counts.first_packet_ns = -1;
    s->counts.ssrc_sent = start->ssrc;
    s->mouth.ssrc = start->ssrc;
    s->mouth.timestamp = start->timestamp;
    s->mouth.sequence = start->sequence;
    s->ear.recorder = (struct recorder){.at = record, .cap = cap};
    s->ear.tones = tones;
    return s;
}

void stream_free(struct stream *s)
{
    if (!s)
        return;
    media_srtp_free(s->mouth.srtp);
    media_srtp_free(s->ear.srtp);
    free(s->ear.recorder.at);
    if (s->ear.tones)
        OPENSSL_cleanse(s->ear.tones, sizeof *s->ear.tones); /* sound, maybe a digit of a PIN */
    free(s->ear.tones);
    OPENSSL_cleanse(s, sizeof *s); /* the formats hold keys, the mouth digits */
    free(s);
}

/* Hearing */

static int64_t listening_ns(const struct stream *s, int64_t now_ns)
{
    return s->ear.on ? now_ns - s->ear.since_ns : 0;
}

void stream_listen(struct stream *s, const struct media_format *f, struct media_srtp *srtp,
                   int64_t now_ns)
{
    s->counts.listened_ns += listening_ns(s, now_ns);
    s->ear.since_ns = now_ns;
    media_srtp_free(s->ear.srtp);
    s->ear.srtp = srtp;
    s->ear.format = *f;
    s->ear.on = true;
    s->ear.key_proven = s->ear.settled = false;
}

void stream_stop_listening(struct stream *s, int64_t now_ns)
{
    s->counts.listened_ns += listening_ns(s, now_ns);
    s->ear.on = false;
}

static void lay_down(struct recorder *r, enum g711_law law, const struct rtp_packet *p)
{
    if (!r->at)
        return;
    if (!r->started || r->ssrc != p->header.ssrc) { /* another clock: go on where the sound ends */
        r->started = true;
        r->ssrc = p->header.ssrc;
        r->base = p->header.timestamp - (uint32_t)r->end;
    }
    uint32_t at = p->header.timestamp - r->base;
    if (at >= r->cap)
        return; /* after the time to record, or overtaken by the first packet */
    size_t n = p->payload_len < r->cap - at ? p->payload_len : r->cap - at;
    g711_decode_all(law, r->at + at, p->payload, n);
    if (at + n > r->end)
        r->end = at + n;
}

static char hear_tone(struct stream *s, const struct rtp_packet *p)
{
    struct tone_hearer *t = s->ear.tones;
    int16_t pcm[TONE_PACKET_MAX];
    size_t n = p->payload_len < TONE_PACKET_MAX ? p->payload_len : TONE_PACKET_MAX;

    if (t->started && (int32_t)(p->header.timestamp - t->next) < 0)
        return 0;
    t->started = true;
    t->next = p->header.timestamp + (uint32_t)p->payload_len;
    g711_decode_all(s->ear.format.law, pcm, p->payload, n);
    return tone_hear(&t->ear, pcm, n);
}

static char hear_voice(struct stream *s, const struct rtp_packet *p, int64_t now_ns)
{
    enum g711_law law = s->ear.format.law;

    rtp_source_timing(&s->ear.source, p->header.timestamp,
                      (uint32_t)((now_ns - s->opened_ns) / SAMPLE_NS));
    if (p->payload_len > 0 && g711_is_silence(law, p->payload, p->payload_len))
        s->counts.silence++;
    lay_down(&s->ear.recorder, law, p);
    return s->ear.tones ? hear_tone(s, p) : 0;
}

static char hear_event(struct stream *s, const struct rtp_packet *p)
{
    char digit = 0;

    if (digit_hear(&s->ear.digits, p, &digit) == DIGIT_MALFORMED)
        s->counts.malformed++;
    return digit;
}

/* Counts an authentic packet; false: it came already. */
static bool hear_packet(struct stream *s, const struct rtp_packet *p, bool wrong_source,
                        int64_t now_ns)
{
    enum rtp_arrival arrival = rtp_source_hear(&s->ear.source, &p->header);

    if (arrival == RTP_DUPLICATE) {
        s->counts.duplicates++;
        return false;
    }
    if (arrival == RTP_RESTARTED && s->counts.ssrc_received != p->header.ssrc) {
        s->ear.digits = (struct digit_ear){0};
        if (s->ear.tones)
            *s->ear.tones = (struct tone_hearer){0};
    }
    if (s->counts.first_packet_ns < 0)
        s->counts.first_packet_ns = now_ns - s->opened_ns;
    s->counts.ssrc_changes += s->ear.settled && s->counts.ssrc_received != p->header.ssrc;
    s->ear.settled = true;
    s->counts.ssrc_received = p->header.ssrc;
    s->counts.received++;
    s->counts.received_octets += p->payload_len;
    s->counts.reordered += arrival == RTP_REORDERED;
    s->counts.wrong_source += wrong_source;
    return true;
}

static void hear_payload(struct stream *s, const struct rtp_packet *p, int64_t now_ns,
                         struct stream_heard *out)
{
    unsigned type = p->header.payload_type;

    if (s->ear.format.dtmf_payload != 0 && type == s->ear.format.dtmf_payload) {
        out->digit = hear_event(s, p);
    } else if (type == (s->ear.format.law == G711_ULAW ? RTP_PCMU : RTP_PCMA)) {
        out->digit = hear_voice(s, p, now_ns);
        out->inband = out->digit != 0;
    } else if (type == RTP_COMFORT_NOISE) {
        s->counts.silence++;
    } else {
        s->counts.wrong_payload++;
    }
}

/* Bytes behind as many samples as a packet has: its tag, as the far end sees it. -1: fewer samples,
 * or no RTP. */
static long behind_samples(const struct stream *s, const uint8_t *bytes, size_t len)
{
    struct rtp_packet p;

    if (!rtp_parse(&p, bytes, len))
        return -1;
    long behind = (long)p.payload_len - (long)s->ear.format.packet_ms * PER_MS;
    return behind < 0 ? -1 : behind;
}

static bool is_other_tag(const struct stream *s, long behind)
{
    const uint32_t own = s->ear.format.key.algorithm;

    for (uint32_t a = 1; a <= MEDIA_ALGORITHM_MAX; a++)
        if (a != own && media_tag_len(a) && (long)media_tag_len(a) == behind)
            return true;
    return false;
}

static void count_forged(struct stream *s, long behind)
{
    s->counts.auth_failures++;
    s->counts.plain += behind == 0;
    s->counts.other_tag += is_other_tag(s, behind);
}

static bool open_packet(struct stream *s, uint8_t *bytes, size_t *len)
{
    /* Looked at first: a failed try may change the bytes. */
    const long behind = behind_samples(s, bytes, *len);

    switch (media_srtp_unprotect(s->ear.srtp, bytes, len)) {
    case MEDIA_SRTP_OK:
        return true;
    case MEDIA_SRTP_REPLAY_OLD:
        s->counts.replays_old++;
        s->counts.replays++;
        return false;
    case MEDIA_SRTP_REPLAY:
        s->counts.replays++;
        return false;
    case MEDIA_SRTP_FORGED:
        count_forged(s, behind);
        return false;
    case MEDIA_SRTP_MALFORMED:
        s->counts.malformed++;
        return false;
    }
    return false;
}

struct stream_heard stream_hear(struct stream *s, uint8_t *bytes, size_t len, bool wrong_source,
                                int64_t now_ns)
{
    struct stream_heard heard = {0};
    struct rtp_packet p;

    if (!s->ear.on) {
        s->counts.early++;
        return heard;
    }
    if (!rtp_peek(&p.header, bytes, len)) {
        s->counts.malformed++;
        return heard;
    }
    if (s->ear.srtp && !open_packet(s, bytes, &len))
        return heard;
    if (!rtp_parse(&p, bytes, len)) {
        s->counts.malformed++;
        return heard;
    }
    heard.ssrc = p.header.ssrc;
    heard.first_of_key = s->ear.srtp && !s->ear.key_proven;
    s->ear.key_proven = true;
    if (hear_packet(s, &p, wrong_source, now_ns))
        hear_payload(s, &p, now_ns, &heard);
    return heard;
}

void stream_count_malformed(struct stream *s)
{
    s->counts.malformed++;
}

/* Speaking */

static int64_t packet_ns(const struct mouth *m)
{
    return (int64_t)m->format.packet_ms * MS;
}

static void set_sender(struct mouth *m, const struct media_key *key, struct media_srtp *srtp)
{
    if (m->srtp && srtp && media_key_equal(&m->format.key, key)) {
        media_srtp_free(srtp);
        return;
    }
    media_srtp_free(m->srtp);
    m->srtp = srtp;
}

void stream_speak(struct stream *s, const struct stream_speech *what, struct media_srtp *srtp,
                  int64_t start_ns)
{
    struct mouth *m = &s->mouth;

    set_sender(m, &what->format.key, srtp);
    int64_t from = m->on ? pacer_next(&m->pacer) : start_ns;
    m->marker |= !m->on;
    m->on = true;
    m->format = what->format;
    m->pacer = (struct pacer){.start_ns = from, .every_ns = packet_ns(m)};
    m->after = what->after;
    if (what->digits)
        (void)!digit_say(&m->digits, what->digits); /* media_send has checked them */
    if (what->sound == m->sound)
        return;
    m->sound = what->sound;
    m->at = 0;
    m->delay = (size_t)what->delay_ms * PER_MS;
    m->played = m->played_told = false;
}

void stream_stop_speaking(struct stream *s)
{
    s->mouth.on = false;
}

bool stream_is_speaking(const struct stream *s)
{
    return s->mouth.on;
}

int64_t stream_next_ns(const struct stream *s)
{
    return pacer_next(&s->mouth.pacer);
}

unsigned stream_due(struct stream *s, int64_t now_ns)
{
    struct mouth *m = &s->mouth;

    if (!m->on)
        return 0;
    struct pacer_due due = pacer_take(&m->pacer, now_ns, STREAM_BURST);
    m->next_ns = due.first_ns;
    m->marker |= due.skip > 0;
    s->counts.skipped += (uint64_t)due.skip;
    return due.send;
}

/* The next n samples of the sound, or as much silence; the sound moves on even when they are not
 * sent, as while a digit is said. */
static void next_samples(struct mouth *m, uint8_t *out, size_t n)
{
    size_t done = 0, total = m->sound ? sound_samples(m->sound) : 0;

    if (m->delay > 0) {
        done = m->delay < n ? m->delay : n;
        memset(out, g711_silence(m->format.law), done);
        m->delay -= done;
    }
    while (done < n) {
        size_t part = total - m->at < n - done ? total - m->at : n - done;
        if (part > 0)
            memcpy(out + done, sound_g711(m->sound, m->format.law) + m->at, part);
        m->at += part;
        done += part;
        if (done == n)
            return;
        if (m->after == MEDIA_LOOP && total > 0) {
            m->at = 0;
            m->played = true;
            continue;
        }
        memset(out + done, g711_silence(m->format.law), n - done);
        return;
    }
}

/* At the beat after the sound's last packet: is there anything more to send? */
static bool goes_on(struct mouth *m)
{
    if (!m->sound || m->at < sound_samples(m->sound))
        return true;
    m->played = true;
    bool digits_left = m->format.dtmf_payload != 0 && m->digits.digits[m->digits.at] != '\0';
    return m->after != MEDIA_STOP || digits_left;
}

static void next_payload(struct mouth *m, uint8_t *out, struct rtp_header *h, size_t *len)
{
    size_t samples = (size_t)m->format.packet_ms * PER_MS;
    struct digit_packet event;

    next_samples(m, out, samples);
    *len = samples;
    h->payload_type = m->format.law == G711_ULAW ? RTP_PCMU : RTP_PCMA;
    if (!m->format.dtmf_payload || !digit_next(&m->digits, h->timestamp, (uint32_t)samples, &event))
        return;
    memcpy(out, event.payload, sizeof event.payload);
    *len = sizeof event.payload;
    h->payload_type = (uint8_t)m->format.dtmf_payload;
    h->timestamp = event.timestamp;
    h->marker = event.marker;
}

size_t stream_make(struct stream *s, uint8_t *out)
{
    struct mouth *m = &s->mouth;
    struct rtp_header h = {.ssrc = m->ssrc, .sequence = m->sequence, .marker = m->marker};
    size_t len;

    if (!m->on || !goes_on(m)) {
        m->on = false;
        return 0;
    }
    h.timestamp = m->timestamp + (uint32_t)((m->next_ns - s->opened_ns) / SAMPLE_NS);
    m->next_ns += m->pacer.every_ns;
    next_payload(m, out + RTP_HEADER_LEN, &h, &len);
    rtp_write(out, &h);
    m->last_len = len;
    m->sequence++;
    m->marked = m->marker;
    m->marker = false;
    len += RTP_HEADER_LEN;
    if (m->srtp && !media_srtp_protect(m->srtp, out, &len)) {
        stream_sent(s, false);
        return 0;
    }
    return len;
}

void stream_sent(struct stream *s, bool ok)
{
    if (!ok) { /* a talk spurt begins with the first packet that leaves (RFC 3551 section 4.1) */
        s->counts.send_errors++;
        s->mouth.marker |= s->mouth.marked;
        return;
    }
    s->counts.sent++;
    s->counts.sent_octets += s->mouth.last_len;
}

bool stream_played(struct stream *s)
{
    if (!s->mouth.played || s->mouth.played_told)
        return false;
    s->mouth.played_told = true;
    return true;
}

uint32_t stream_ssrc(const struct stream *s)
{
    return s->mouth.ssrc;
}

void stream_counts(const struct stream *s, int64_t now_ns, struct media_counts *out)
{
    *out = s->counts;
    out->listened_ns += listening_ns(s, now_ns);
    out->lost = rtp_source_lost(&s->ear.source);
    out->jitter = rtp_source_jitter(&s->ear.source);
}

int16_t *stream_take_recording(struct stream *s, size_t *samples)
{
    struct recorder *r = &s->ear.recorder;
    int16_t *at = r->end ? r->at : NULL;

    *samples = r->end;
    if (at)
        *r = (struct recorder){0};
    return at;
}
