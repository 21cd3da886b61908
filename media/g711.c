#include "media/g711.h"

/* G.711 tables 1a-2b as arithmetic: a byte is sign, segment (3 bits) and step (4 bits), and is sent
 * with all bits inverted (mu-law) or every second one (A-law). Samples are scaled from the
 * Recommendation's 14 and 13 bits to 16. */
#define U_BIAS    0x84  /* 33 in 14 bits */
#define U_CLIP    32635 /* 8159 - 33 in 14 bits, scaled: above, the last step would overflow */

#define U_SIZE(b) ((((((b) ^ 0xff) & 0x0f) << 3) + U_BIAS) << (((b) ^ 0xff) >> 4 & 7))
#define U(b)      (int16_t)(((b)&0x80) ? U_SIZE(b) - U_BIAS : U_BIAS - U_SIZE(b))

#define A_SEG(b)  (((b) ^ 0x55) >> 4 & 7)
#define A_STEP(b) ((((b) ^ 0x55) & 0x0f) << 4)
#define A_SIZE(b)                                                                                  \
    (A_SEG(b) == 0 ? A_STEP(b) + 8 : (A_STEP(b) + 0x108) << (A_SEG(b) - (A_SEG(b) > 0)))
#define A(b)          (int16_t)(((b)&0x80) ? A_SIZE(b) : -A_SIZE(b))

#define FOUR(f, b)    f(b), f((b) + 1), f((b) + 2), f((b) + 3)
#define SIXTEEN(f, b) FOUR(f, b), FOUR(f, (b) + 4), FOUR(f, (b) + 8), FOUR(f, (b) + 12)
#define SIXTY_FOUR(f, b)                                                                           \
    SIXTEEN(f, b), SIXTEEN(f, (b) + 16), SIXTEEN(f, (b) + 32), SIXTEEN(f, (b) + 48)
#define ALL(f) SIXTY_FOUR(f, 0), SIXTY_FOUR(f, 64), SIXTY_FOUR(f, 128), SIXTY_FOUR(f, 192)

static const int16_t linear[2][256] = {[G711_ULAW] = {ALL(U)}, [G711_ALAW] = {ALL(A)}};

int16_t g711_decode(enum g711_law law, uint8_t byte)
{
    return linear[law][byte];
}

void g711_decode_all(enum g711_law law, int16_t *out, const uint8_t *bytes, size_t n)
{
    const int16_t *table = linear[law];

    for (size_t i = 0; i < n; i++)
        out[i] = table[bytes[i]];
}

/* Where the highest bit stands above bit 7: the segment. */
static unsigned segment_of(unsigned size)
{
    unsigned seg = 0;

    while (seg < 7 && size >> (seg + 8) != 0)
        seg++;
    return seg;
}

/* Negative samples are mirrored by their ones' complement, as the ITU's reference code (G.191)
 * does, so that -1 and 0 are the two halves of the same step. */
static unsigned size_of(int16_t sample)
{
    return (unsigned)(sample < 0 ? ~sample : sample);
}

static uint8_t encode_ulaw(int16_t sample)
{
    unsigned size = size_of(sample) > U_CLIP ? U_CLIP : size_of(sample);

    size += U_BIAS;
    unsigned seg = segment_of(size);
    unsigned code = seg << 4 | (size >> (seg + 3) & 0x0f);
    return (uint8_t)(sample < 0 ? ~code & 0x7f : ~code & 0xff);
}

static uint8_t encode_alaw(int16_t sample)
{
    unsigned size = size_of(sample);
    unsigned seg = segment_of(size);
    unsigned code = seg << 4 | (size >> (seg ? seg + 3 : 4) & 0x0f);

    return (uint8_t)((sample < 0 ? code : code | 0x80) ^ 0x55);
}

uint8_t g711_encode(enum g711_law law, int16_t sample)
{
    return law == G711_ULAW ? encode_ulaw(sample) : encode_alaw(sample);
}

uint8_t g711_silence(enum g711_law law)
{
    return law == G711_ULAW ? 0xff : 0xd5;
}

bool g711_is_silence(enum g711_law law, const uint8_t *bytes, size_t n)
{
    uint8_t quiet = g711_silence(law);

    for (size_t i = 0; i < n; i++)
        if ((bytes[i] | 0x80) != (quiet | 0x80)) /* either sign */
            return false;
    return true;
}
