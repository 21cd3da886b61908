/* The two numberings of digits: keys (sccp.md 6.9) and tones (6.1). */
#include "sccp/values.h"

#include <stddef.h>
#include <string.h>

static const char keys[] = "0123456789ABCD*#+"; /* a key's number is its place */

bool sccp_digit_to_key(char digit, uint32_t *button)
{
    const char *at = digit ? strchr(keys, digit) : NULL;

    if (at)
        *button = (uint32_t)(at - keys);
    return at != NULL;
}

bool sccp_digit_to_tone(char digit, uint32_t *tone)
{
    if (digit >= '1' && digit <= '9')
        *tone = (uint32_t)(digit - '0');
    else if (digit >= 'A' && digit <= 'D')
        *tone = SCCP_TONE_DTMF_A + (uint32_t)(digit - 'A');
    else if (digit == '0')
        *tone = SCCP_TONE_DTMF0;
    else if (digit == '*')
        *tone = SCCP_TONE_DTMF_STAR;
    else if (digit == '#')
        *tone = SCCP_TONE_DTMF_POUND;
    else
        return false;
    return true;
}

char sccp_key_to_digit(uint32_t button)
{
    if (button == 10)
        return '0'; /* a tone's number: chan-sccp towards devices; 'A' is lost by it */
    if (button < sizeof keys - 1)
        return keys[button];
    return button < 128 && strchr("0123456789*#", (int)button) ? (char)button : '\0';
}

char sccp_tone_to_digit(uint32_t tone)
{
    if (tone >= SCCP_TONE_DTMF1 && tone <= SCCP_TONE_DTMF9)
        return (char)('0' + tone);
    if (tone >= SCCP_TONE_DTMF_A && tone <= SCCP_TONE_DTMF_D)
        return (char)('A' + (tone - SCCP_TONE_DTMF_A));
    if (tone == SCCP_TONE_DTMF0)
        return '0';
    if (tone == SCCP_TONE_DTMF_STAR)
        return '*';
    return tone == SCCP_TONE_DTMF_POUND ? '#' : '\0';
}
