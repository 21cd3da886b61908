/* EDGE: files of sound. Prompts as 8 kHz G.711, made once at start and shared by all calls.
 *
 * Any file that libsndfile reads, any rate, any number of channels (mixed to one, resampled by
 * speexdsp). A sound never changes after it was made; any thread may read it. */
#ifndef MEDIA_SOUND_H
#define MEDIA_SOUND_H

#include "base/err.h"
#include "media/g711.h"

#include <stdint.h>

#define SOUND_SECONDS_MAX 3600 /* a longer file is refused: it is held in memory, in both laws */

struct sound;

struct sound *sound_load(const char *path, struct err *e);
/* The same from a file's bytes in memory. */
struct sound *sound_from_bytes(const uint8_t *bytes, size_t len, struct err *e);
/* Samples are copied; 8 kHz linear 16 bit. */
struct sound *sound_from_pcm(const int16_t *pcm, size_t samples, struct err *e);
struct sound *sound_tone(unsigned hz, unsigned ms, struct err *e);
/* DTMF of 100 ms, with 100 ms of silence before and behind each. */
struct sound *sound_digits(const char *digits, struct err *e);
void sound_free(struct sound *s); /* accepts NULL */
size_t sound_samples(const struct sound *s);
/* One byte a sample, borrowed until sound_free. */
const uint8_t *sound_g711(const struct sound *s, enum g711_law law);
/* The spoken opening greeting that ships with the program: installed beside it, or in the source
 * tree it was built from. */
bool sound_default_path(char *out, size_t cap, struct err *e) MUST_USE;
/* 8 kHz mono 16-bit WAV. */
bool sound_save_wav(const char *path, const int16_t *pcm, size_t samples, struct err *e) MUST_USE;

#endif
