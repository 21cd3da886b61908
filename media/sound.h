/* Prompts as 8 kHz G.711, made once at start and shared by all calls.
 *
 * Any file that libsndfile reads, any rate, any number of channels (mixed to one, resampled by
 * speexdsp). A sound never changes after it was made; any thread may read it. */
#ifndef MEDIA_SOUND_H
#define MEDIA_SOUND_H

#include "base/err.h"

#include <stdint.h>

enum g711_law { G711_ULAW, G711_ALAW };

struct sound;

struct sound *sound_load(const char *path, struct err *e);
/* Samples are copied; 8 kHz linear 16 bit. */
struct sound *sound_from_pcm(const int16_t *pcm, size_t samples, struct err *e);
struct sound *sound_tone(unsigned hz, unsigned ms, struct err *e);
void sound_free(struct sound *s); /* accepts NULL */
size_t sound_samples(const struct sound *s);
/* One byte a sample, borrowed until sound_free. */
const uint8_t *sound_g711(const struct sound *s, enum g711_law law);
/* 8 kHz mono 16-bit WAV. */
bool sound_save_wav(const char *path, const int16_t *pcm, size_t samples, struct err *e) MUST_USE;

#endif
