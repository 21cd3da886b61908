/* Sound files: whatever the bytes are, a sound or an error with words. */
#include "media/sound.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libsndfile 1.2.0 forgets some of its decoders' memory when a file is damaged; what we allocate is
 * still watched. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libsndfile\nleak:libvorbis\nleak:libogg\nleak:libFLAC\nleak:libopus\nleak:"
           "libmpg123\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    struct sound *s = sound_from_bytes(data, size, &e);

    if (!s && (e.kind == ERR_NONE || e.text[0] == '\0'))
        abort();
    if (!s)
        return 0;
    size_t n = sound_samples(s);
    if (n == 0 || n > (size_t)SOUND_SECONDS_MAX * 8000)
        abort();
    for (size_t i = 0; i < n; i += 997) { /* both laws say the same, within their steps */
        int u = g711_decode(G711_ULAW, sound_g711(s, G711_ULAW)[i]);
        int a = g711_decode(G711_ALAW, sound_g711(s, G711_ALAW)[i]);
        if (abs(u - a) > 1024)
            abort();
    }
    sound_free(s);
    return 0;
}
