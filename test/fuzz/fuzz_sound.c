/* Sound files: whatever the bytes are, a sound or an error with words, and the same from a file as
 * from memory. What the bytes say as digits and as a tone is made, or refused with words. */
#include "must.h"

#include "media/sound.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* libsndfile 1.2.0 forgets some of its decoders' memory when a file is damaged; what we allocate is
 * still watched. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libsndfile\nleak:libvorbis\nleak:libogg\nleak:libFLAC\nleak:libopus\nleak:"
           "libmpg123\n";
}

static void check_sound(const struct sound *s)
{
    const size_t n = sound_samples(s);

    MUST(n > 0 && n <= (size_t)SOUND_SECONDS_MAX * 8000);
    for (size_t i = 0; i < n; i += 997) { /* both laws say the same, within their steps */
        int u = g711_decode(G711_ULAW, sound_g711(s, G711_ULAW)[i]);
        int a = g711_decode(G711_ALAW, sound_g711(s, G711_ALAW)[i]);
        MUST(abs(u - a) <= 1024);
    }
}

static struct sound *a_sound_or_words(struct sound *s, const struct err *e)
{
    if (s)
        check_sound(s);
    else
        MUST(e->kind != ERR_NONE && e->text[0]);
    return s;
}

/* A file of these bytes, without a disk. */
static const char *file_of(const uint8_t *data, size_t size)
{
    static char path[64];
    static int fd = -1;

    if (fd < 0)
        fd = memfd_create("sound", 0);
    MUST(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

static void check_tones(const uint8_t *data, size_t size)
{
    struct err e = {0};
    char digits[17] = "";

    memcpy(digits, data, size < 16 ? size : 16);
    sound_free(a_sound_or_words(sound_digits(digits, &e), &e));
    e = (struct err){0};
    sound_free(
        a_sound_or_words(sound_tone(size < 2 ? 0 : data[0] * 20u, size < 2 ? 0 : data[1], &e), &e));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0}, of_file = {0};
    struct sound *s = a_sound_or_words(sound_from_bytes(data, size, &e), &e);
    struct sound *again = a_sound_or_words(sound_load(file_of(data, size), &of_file), &of_file);

    MUST((s != NULL) == (again != NULL));
    MUST(!s || sound_samples(s) == sound_samples(again));
    sound_free(again);
    sound_free(s);
    check_tones(data, size);
    return 0;
}
