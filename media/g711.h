/* ITU-T G.711 between one byte and 16-bit linear samples; silence in both laws. */
#ifndef MEDIA_G711_H
#define MEDIA_G711_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum g711_law { G711_ULAW, G711_ALAW };

uint8_t g711_encode(enum g711_law law, int16_t sample);
int16_t g711_decode(enum g711_law law, uint8_t byte);
void g711_decode_all(enum g711_law law, int16_t *out, const uint8_t *bytes, size_t n);

/* The byte that is sent when nothing is said: +0 in mu-law, the smallest step in A-law. */
uint8_t g711_silence(enum g711_law law);
/* True when no sample is above the smallest step of its law. */
bool g711_is_silence(enum g711_law law, const uint8_t *bytes, size_t n);

#endif
