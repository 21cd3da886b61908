#include "media/sound.h"

#include "media/tones.h"

#include <openssl/crypto.h>
#include <sndfile.h>
#include <speex/speex_resampler.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RATE          8000
#define SAMPLES_MAX   ((size_t)SOUND_SECONDS_MAX * RATE)
#define CHANNELS_MAX  64
#define RATE_MIN      1000
#define RATE_MAX      768000
#define DIGIT_SAMPLES (RATE / 10)
#define BLOCK         4096 /* frames read at a time */
#define QUALITY       8    /* speexdsp's 0-10; it is done once */

struct sound {
    size_t samples;
    uint8_t *g711[2]; /* by law */
};

void sound_free(struct sound *s)
{
    if (!s)
        return;
    free(s->g711[G711_ULAW]);
    free(s->g711[G711_ALAW]);
    free(s);
}

size_t sound_samples(const struct sound *s)
{
    return s->samples;
}

const uint8_t *sound_g711(const struct sound *s, enum g711_law law)
{
    return s->g711[law];
}

struct sound *sound_from_pcm(const int16_t *pcm, size_t samples, struct err *e)
{
    if (samples == 0 || samples > SAMPLES_MAX) {
        err_set(e, ERR_SOUND, "the sound has %zu samples; wanted 1 to %zu (%d s)", samples,
                SAMPLES_MAX, SOUND_SECONDS_MAX);
        return NULL;
    }
    struct sound *s = calloc(1, sizeof *s);
    if (s) {
        s->samples = samples;
        s->g711[G711_ULAW] = malloc(samples);
        s->g711[G711_ALAW] = malloc(samples);
    }
    if (!s || !s->g711[G711_ULAW] || !s->g711[G711_ALAW]) {
        sound_free(s);
        err_set(e, ERR_MEMORY, "no memory for a sound of %zu samples", samples);
        return NULL;
    }
    for (size_t i = 0; i < samples; i++) {
        s->g711[G711_ULAW][i] = g711_encode(G711_ULAW, pcm[i]);
        s->g711[G711_ALAW][i] = g711_encode(G711_ALAW, pcm[i]);
    }
    return s;
}

/* Linear samples that grow up to SAMPLES_MAX. */
struct pcm {
    int16_t *at;
    size_t len, cap;
};

static bool pcm_reserve(struct pcm *p, size_t more, struct err *e)
{
    if (p->len + more <= p->cap)
        return true;
    if (p->len + more > SAMPLES_MAX)
        return err_set(e, ERR_SOUND, "the sound is longer than %d s", SOUND_SECONDS_MAX);
    size_t cap = p->cap ? p->cap * 2 : 16 * BLOCK;
    if (cap < p->len + more)
        cap = p->len + more;
    int16_t *at = realloc(p->at, cap * sizeof *at);
    if (!at)
        return err_set(e, ERR_MEMORY, "no memory for %zu samples", cap);
    p->at = at;
    p->cap = cap;
    return true;
}

static bool pcm_add(struct pcm *p, const float *mono, size_t n, struct err *e)
{
    if (!pcm_reserve(p, n, e))
        return false;
    for (size_t i = 0; i < n; i++) {
        float v = mono[i] * 32768.0f;
        v = v > 32767.0f ? 32767.0f : v < -32768.0f ? -32768.0f : v;
        p->at[p->len++] = (int16_t)lrintf(v);
    }
    return true;
}

/* From the file's rate to 8 kHz, or straight through when that is its rate. */
struct reader {
    SNDFILE *file;
    SF_INFO info;
    SpeexResamplerState *resampler; /* NULL: straight through */
    float *frames;                  /* BLOCK frames, interleaved; then mixed in place to mono */
    uint64_t frames_read;
    size_t want; /* samples at 8 kHz that all frames read so far are worth */
};

/* Floats of a file may be anything; what is not a number becomes silence. */
static void mix_down(float *frames, size_t n, size_t channels)
{
    for (size_t i = 0; i < n; i++) {
        float sum = 0;
        for (size_t c = 0; c < channels; c++) {
            float v = frames[i * channels + c];
            sum += isfinite(v) ? fmaxf(-1.0f, fminf(1.0f, v)) : 0.0f;
        }
        frames[i] = sum / (float)channels;
    }
}

static bool resample(struct reader *r, struct pcm *out, const float *in, size_t n, struct err *e)
{
    float block[BLOCK];

    if (!r->resampler)
        return pcm_add(out, in, n, e);
    while (n > 0) {
        spx_uint32_t used = (spx_uint32_t)n, made = BLOCK;
        if (speex_resampler_process_float(r->resampler, 0, in, &used, block, &made) != 0)
            return err_set(e, ERR_SOUND, "the sound could not be resampled from %d Hz",
                           r->info.samplerate);
        if (used == 0 && made == 0)
            break;
        if (!pcm_add(out, block, made, e))
            return false;
        in += used;
        n -= used;
    }
    return true;
}

/* The resampler holds back the last few milliseconds: zeros push them out, and what is above the
 * length of the file is cut. */
static bool flush(struct reader *r, struct pcm *out, struct err *e)
{
    static const float zeros[BLOCK];

    for (int i = 0; i < 1000 && out->len < r->want; i++)
        if (!resample(r, out, zeros, BLOCK, e))
            return false;
    if (out->len > r->want)
        out->len = r->want;
    return true;
}

static bool read_all(struct reader *r, struct pcm *out, struct err *e)
{
    for (;;) {
        sf_count_t n = sf_readf_float(r->file, r->frames, BLOCK);
        if (n <= 0)
            break;
        r->frames_read += (uint64_t)n;
        if (r->frames_read > (uint64_t)SOUND_SECONDS_MAX * (uint64_t)r->info.samplerate)
            return err_set(e, ERR_SOUND, "the sound is longer than %d s", SOUND_SECONDS_MAX);
        mix_down(r->frames, (size_t)n, (size_t)r->info.channels);
        if (!resample(r, out, r->frames, (size_t)n, e))
            return false;
    }
    uint64_t rate = (uint64_t)r->info.samplerate;
    r->want = (size_t)((r->frames_read * RATE + rate / 2) / rate);
    return flush(r, out, e);
}

static bool check_info(const SF_INFO *info, struct err *e)
{
    if (info->channels < 1 || info->channels > CHANNELS_MAX)
        return err_set(e, ERR_SOUND, "the sound has %d channels; wanted 1 to %d", info->channels,
                       CHANNELS_MAX);
    if (info->samplerate < RATE_MIN || info->samplerate > RATE_MAX)
        return err_set(e, ERR_SOUND, "the sound has %d samples a second; wanted %d to %d",
                       info->samplerate, RATE_MIN, RATE_MAX);
    return true;
}

static bool reader_prepare(struct reader *r, struct err *e)
{
    int status = 0;

    if (!check_info(&r->info, e))
        return false;
    r->frames = malloc(sizeof *r->frames * BLOCK * (size_t)r->info.channels);
    if (!r->frames)
        return err_set(e, ERR_MEMORY, "no memory to read a sound");
    if (r->info.samplerate == RATE)
        return true;
    r->resampler =
        speex_resampler_init(1, (spx_uint32_t)r->info.samplerate, RATE, QUALITY, &status);
    if (!r->resampler)
        return err_set(e, ERR_SOUND, "no resampler from %d Hz: %s", r->info.samplerate,
                       speex_resampler_strerror(status));
    speex_resampler_skip_zeros(r->resampler);
    return true;
}

static struct sound *load(SNDFILE *file, const SF_INFO *info, struct err *e)
{
    struct reader r = {.file = file, .info = *info};
    struct pcm pcm = {0};
    struct sound *s = NULL;

    if (reader_prepare(&r, e) && read_all(&r, &pcm, e)) {
        if (pcm.len == 0)
            err_set(e, ERR_SOUND, "the sound is empty");
        else
            s = sound_from_pcm(pcm.at, pcm.len, e);
    }
    if (r.resampler)
        speex_resampler_destroy(r.resampler);
    free(r.frames);
    free(pcm.at);
    sf_close(file);
    return s;
}

struct sound *sound_load(const char *path, struct err *e)
{
    SF_INFO info = {0};
    struct stat st;

    if (stat(path, &st) != 0) {
        err_errno(e, ERR_SOUND, "%s", path);
        return NULL;
    }
    if (!S_ISREG(st.st_mode)) { /* a pipe would be waited for, for ever */
        err_set(e, ERR_SOUND, "%s is not a regular file", path);
        return NULL;
    }
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    if (!file) {
        err_set(e, ERR_SOUND, "%s: %s", path, sf_strerror(NULL));
        return NULL;
    }
    struct sound *s = load(file, &info, e);
    if (!s)
        err_in(e, "%s", path);
    return s;
}

/* A file in memory, as libsndfile's virtual input wants it. */
struct memory {
    const uint8_t *bytes;
    sf_count_t len, at;
};

static sf_count_t memory_len(void *arg)
{
    return ((struct memory *)arg)->len;
}

static sf_count_t memory_seek(sf_count_t offset, int whence, void *arg)
{
    struct memory *m = arg;
    sf_count_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? m->at : m->len;

    if (offset > m->len - from || offset < -from)
        return -1;
    m->at = from + offset;
    return m->at;
}

static sf_count_t memory_read(void *out, sf_count_t n, void *arg)
{
    struct memory *m = arg;

    if (n > m->len - m->at)
        n = m->len - m->at;
    if (n <= 0)
        return 0;
    memcpy(out, m->bytes + m->at, (size_t)n);
    m->at += n;
    return n;
}

static sf_count_t memory_write(const void *bytes, sf_count_t n, void *arg)
{
    (void)bytes;
    (void)n;
    (void)arg;
    return 0;
}

static sf_count_t memory_tell(void *arg)
{
    return ((struct memory *)arg)->at;
}

struct sound *sound_from_bytes(const uint8_t *bytes, size_t len, struct err *e)
{
    SF_VIRTUAL_IO io = {.get_filelen = memory_len,
                        .seek = memory_seek,
                        .read = memory_read,
                        .write = memory_write,
                        .tell = memory_tell};
    struct memory m = {.bytes = bytes, .len = (sf_count_t)len};
    SF_INFO info = {0};

    SNDFILE *file = sf_open_virtual(&io, SFM_READ, &info, &m);
    if (!file) {
        err_set(e, ERR_SOUND, "%s", sf_strerror(NULL));
        return NULL;
    }
    return load(file, &info, e);
}

struct sound *sound_tone(unsigned hz, unsigned ms, struct err *e)
{
    size_t samples = (size_t)ms * (RATE / 1000);

    if (hz == 0 || hz >= RATE / 2 || samples == 0 || samples > SAMPLES_MAX) {
        err_set(e, ERR_SOUND, "no tone of %u Hz and %u ms: wanted 1 to %d Hz, 1 ms to %d s", hz, ms,
                RATE / 2 - 1, SOUND_SECONDS_MAX);
        return NULL;
    }
    int16_t *pcm = malloc(samples * sizeof *pcm);
    if (!pcm) {
        err_set(e, ERR_MEMORY, "no memory for a tone of %u ms", ms);
        return NULL;
    }
    for (size_t i = 0; i < samples; i++) /* about -9 dBm0, well below clipping */
        pcm[i] = (int16_t)lrint(8000.0 * sin(2.0 * M_PI * hz * (double)i / RATE));
    struct sound *s = sound_from_pcm(pcm, samples, e);
    free(pcm);
    return s;
}

static void put_digit(int16_t *pcm, unsigned low_hz, unsigned high_hz)
{
    for (size_t i = 0; i < DIGIT_SAMPLES; i++) { /* about -9 dBm0 each, as phones send them */
        const double t = 2.0 * M_PI * (double)i / RATE;
        pcm[i] = (int16_t)lrint(8000.0 * (sin(low_hz * t) + sin(high_hz * t)));
    }
}

struct sound *sound_digits(const char *digits, struct err *e)
{
    const size_t n = strlen(digits), samples = (2 * n + 1) * DIGIT_SAMPLES;
    int16_t *pcm = n && samples <= SAMPLES_MAX ? calloc(samples, sizeof *pcm) : NULL;
    unsigned low, high;

    if (!pcm) {
        err_set(e, ERR_SOUND, "no sound of %zu digits", n);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        if (tone_of_digit(digits[i], &low, &high))
            put_digit(pcm + (2 * i + 1) * DIGIT_SAMPLES, low, high);
    struct sound *s = sound_from_pcm(pcm, samples, e);
    OPENSSL_cleanse(pcm, samples * sizeof *pcm);
    free(pcm);
    return s;
}

bool sound_save_wav(const char *path, const int16_t *pcm, size_t samples, struct err *e)
{
    SF_INFO info = {.samplerate = RATE, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);

    if (!file)
        return err_set(e, ERR_FILE, "%s: %s", path, sf_strerror(NULL));
    sf_count_t n = sf_write_short(file, pcm, (sf_count_t)samples);
    int status = sf_close(file);
    if (n != (sf_count_t)samples || status != 0)
        return err_set(e, ERR_FILE, "%s: %lld of %zu samples were written", path, (long long)n,
                       samples);
    return true;
}

#define GREETING "opening_greeting.wav"

/* From DIR/bin/vmports to DIR/share/vmports/sounds. */
static bool installed_path(char *out, size_t cap)
{
    char exe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

    if (n <= 0)
        return false;
    exe[n] = '\0';
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(exe, '/');
        if (!slash)
            return false;
        *slash = '\0';
    }
    n = snprintf(out, cap, "%s/share/vmports/sounds/%s", exe, GREETING);
    return n > 0 && (size_t)n < cap && access(out, R_OK) == 0;
}

bool sound_default_path(char *out, size_t cap, struct err *e)
{
    if (installed_path(out, cap))
        return true;
    int n = snprintf(out, cap, "%s/%s", MEDIA_SOUNDS_DIR, GREETING);
    if (n < 0 || (size_t)n >= cap)
        return err_set(e, ERR_SOUND, "the path of the opening greeting is too long");
    if (access(out, R_OK) != 0)
        return err_errno(e, ERR_SOUND, "the opening greeting %s", out);
    return true;
}
