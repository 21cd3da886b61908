#include "check.h"
#include "media/sound.h"

#include <math.h>
#include <sndfile.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/media_sound_XXXXXX";

static const char *path_of(const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

/* A file of `frames` frames in which every channel is a tone of 400 Hz. */
static const char *tone_file(const char *name, int format, int rate, int channels,
                             sf_count_t frames)
{
    SF_INFO info = {.samplerate = rate, .channels = channels, .format = format};
    SNDFILE *f = sf_open(path_of(name), SFM_WRITE, &info);
    float *all = malloc(sizeof *all * (size_t)channels * (size_t)(frames ? frames : 1));

    CHECK(f, "%s: %s", name, sf_strerror(NULL));
    for (sf_count_t i = 0; i < frames; i++)
        for (int c = 0; c < channels; c++)
            all[i * channels + c] = 0.5f * (float)sin(2 * M_PI * 400 * (double)i / rate);
    CHECK(sf_writef_float(f, all, frames) == frames, "%s", name);
    free(all);
    sf_close(f);
    return path_of(name);
}

static struct sound *load(const char *path)
{
    struct err e = {0};
    struct sound *s = sound_load(path, &e);

    CHECK(s, "%s", e.text);
    return s;
}

/* How far the sound is from the tone it was made of, leaving out the resampler's first and last 5
 * ms. */
static double worst_error(const struct sound *s)
{
    double worst = 0;

    for (size_t i = 40; i + 40 < sound_samples(s); i++) {
        double want = 16384 * sin(2 * M_PI * 400 * (double)i / 8000);
        double off = fabs(g711_decode(G711_ULAW, sound_g711(s, G711_ULAW)[i]) - want);
        worst = off > worst ? off : worst;
    }
    return worst;
}

static void any_rate_and_any_number_of_channels_become_the_same_sound(void **state)
{
    static const struct {
        const char *name;
        int format, rate, channels;
    } rows[] = {
        {"a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1},
        {"b.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 2},
        {"c.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 44100, 2},
        {"d.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 48000, 1},
        {"e.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 16000, 6},
        {"f.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 22050, 1},
        {"g.au", SF_FORMAT_AU | SF_FORMAT_ULAW, 8000, 1},
        {"h.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_U8, 11025, 1},
        {"i.caf", SF_FORMAT_CAF | SF_FORMAT_PCM_32, 192000, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sound *s = load(tone_file(rows[i].name, rows[i].format, rows[i].rate,
                                         rows[i].channels, rows[i].rate / 4));
        size_t want = (size_t)((rows[i].rate / 4 * 8000LL + rows[i].rate / 2) / rows[i].rate);
        CHECK(sound_samples(s) == want, "%s: %zu samples, not %zu", rows[i].name, sound_samples(s),
              want);
        /* mu-law's steps are 512 at this level, Vorbis and 8 bits add their own */
        CHECK(worst_error(s) < 900, "%s is %.0f off", rows[i].name, worst_error(s));
        sound_free(s);
    }
}

static void sixteen_bits_at_8_khz_pass_unchanged(void **state)
{
    struct err e = {0};
    int16_t pcm[65536];

    (void)state;
    for (int i = 0; i < 65536; i++)
        pcm[i] = (int16_t)(i - 32768);
    CHECK(sound_save_wav(path_of("all.wav"), pcm, 65536, &e), "%s", e.text);
    struct sound *s = load(path_of("all.wav"));
    CHECK(sound_samples(s) == 65536, "%zu", sound_samples(s));
    for (int i = 0; i < 65536; i++)
        for (enum g711_law law = 0; law < 2; law++)
            CHECK(sound_g711(s, law)[i] == g711_encode(law, pcm[i]), "law %u, sample %d", law,
                  pcm[i]);
    sound_free(s);
}

static void floats_that_are_no_numbers_are_silence(void **state)
{
    SF_INFO info = {.samplerate = 8000, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
    SNDFILE *f = sf_open(path_of("nan.wav"), SFM_WRITE, &info);
    const float samples[] = {NAN, INFINITY, -INFINITY, 1e30f, -1e30f, 0.0f};
    static const int16_t want[] = {0, 0, 0, 32124, -32124, 0};

    (void)state;
    CHECK(sf_write_float(f, samples, 6) == 6, "write");
    sf_close(f);
    struct sound *s = load(path_of("nan.wav"));
    for (int i = 0; i < 6; i++)
        CHECK(g711_decode(G711_ULAW, sound_g711(s, G711_ULAW)[i]) == want[i], "sample %d", i);
    sound_free(s);
}

static void what_cannot_be_played_is_refused_with_its_name(void **state)
{
    static const struct {
        const char *name, *words;
    } rows[] = {
        {"missing.wav", "No such file"},      {"empty.wav", "empty"},
        {"noise.bin", "noise.bin"},           {"zero", "zero"},
        {"fifo", "not a regular file"},       {".", "not a regular file"},
        {"slow.wav", "999 samples a second"},
    };
    FILE *f;

    (void)state;
    tone_file("empty.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, 0);
    tone_file("slow.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 999, 1, 10);
    f = fopen(path_of("noise.bin"), "w");
    for (int i = 0; i < 5000; i++)
        fputc(i * i * 31 >> 3, f);
    fclose(f);
    fclose(fopen(path_of("zero"), "w"));
    CHECK(mkfifo(path_of("fifo"), 0600) == 0, "mkfifo");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e = {0};
        CHECK(!sound_load(path_of(rows[i].name), &e) && e.kind == ERR_SOUND, "%s", rows[i].name);
        CHECK(strstr(e.text, rows[i].words) && strstr(e.text, dir), "%s: %s", rows[i].name, e.text);
    }
}

/* A header may promise what it likes. */
static void a_header_that_lies_is_no_danger(void **state)
{
    uint8_t bytes[1000];
    struct err e = {0};

    (void)state;
    FILE *f = fopen(tone_file("lie.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, 400), "r");
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    for (size_t cut = 0; cut < n; cut++) { /* at every byte */
        struct sound *s = sound_from_bytes(bytes, cut, &e);
        CHECK(!s || sound_samples(s) <= 400, "%zu bytes: %zu samples", cut, sound_samples(s));
        sound_free(s);
    }
    memset(bytes + 40, 0xff, 4); /* a data chunk of 4 GiB */
    struct sound *s = sound_from_bytes(bytes, n, &e);
    CHECK(s && sound_samples(s) <= 400, "%s", e.text);
    sound_free(s);
}

static void a_tone_is_a_tone_within_limits(void **state)
{
    struct err e = {0};
    struct sound *s = sound_tone(1000, 50, &e);

    (void)state;
    CHECK(s && sound_samples(s) == 400, "%s", e.text);
    for (size_t i = 0; i < 400; i++) /* 8 samples a period */
        CHECK(sound_g711(s, G711_ALAW)[i] == sound_g711(s, G711_ALAW)[i % 8], "sample %zu", i);
    sound_free(s);
    CHECK(!sound_tone(0, 50, &e) && !sound_tone(4000, 50, &e) && !sound_tone(400, 0, &e), "limits");
    CHECK(!sound_tone(400, 3600001, &e) && e.kind == ERR_SOUND, "%s", e.text);
    CHECK(!sound_from_pcm(NULL, 0, &e) && e.kind == ERR_SOUND, "%s", e.text);
}

static void the_greeting_that_ships_is_a_few_seconds_of_speech(void **state)
{
    char path[4096], small[8];
    struct err e = {0};
    size_t loud = 0;

    (void)state;
    CHECK(sound_default_path(path, sizeof path, &e), "%s", e.text);
    struct sound *s = load(path);
    size_t n = sound_samples(s);
    CHECK(n > 3 * 8000 && n < 15 * 8000, "%zu samples", n);
    for (size_t i = 0; i < n; i++) {
        int16_t v = g711_decode(G711_ULAW, sound_g711(s, G711_ULAW)[i]);
        CHECK(abs(v) < 20000, "it is too loud: %d", v);
        loud += abs(v) > 1000;
    }
    CHECK(loud > n / 10, "it is nearly silent: %zu of %zu", loud, n);
    sound_free(s);
    CHECK(!sound_default_path(small, sizeof small, &e), "a path of 8 bytes");
}

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : 1;
}

static int remove_dir(void **state)
{
    char command[64];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_rate_and_any_number_of_channels_become_the_same_sound),
        cmocka_unit_test(sixteen_bits_at_8_khz_pass_unchanged),
        cmocka_unit_test(floats_that_are_no_numbers_are_silence),
        cmocka_unit_test(what_cannot_be_played_is_refused_with_its_name),
        cmocka_unit_test(a_header_that_lies_is_no_danger),
        cmocka_unit_test(a_tone_is_a_tone_within_limits),
        cmocka_unit_test(the_greeting_that_ships_is_a_few_seconds_of_speech),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
