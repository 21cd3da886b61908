#include "media/digits.h"

#include "base/wire.h"

#include <string.h>

static const char names[] = "0123456789*#ABCD"; /* RFC 4733 table 3: events 0-15 */

#define END_BIT  0x80
#define VOLUME   10  /* -10 dBm0 */
#define SAY      800 /* 100 ms of 8 kHz; receivers want 40 ms or more (Q.24) */
#define REST     800
#define END_SENT 3
#define LONGEST  0xffff /* a longer event goes on in a new segment, section 2.5.1.3 */

static bool is_next_segment(const struct digit_ear *ear, uint8_t event, const struct rtp_packet *p)
{
    return ear->event == event && !p->header.marker && ear->duration == LONGEST &&
           p->header.timestamp == ear->timestamp + LONGEST;
}

enum digit_heard digit_hear(struct digit_ear *ear, const struct rtp_packet *p, char *digit)
{
    struct wire_reader r = wire_read_from(p->payload, p->payload_len);
    uint8_t event = wire_u8(&r);
    wire_skip(&r, 1);
    uint16_t duration = wire_u16be(&r);

    if (r.bad)
        return DIGIT_MALFORMED;
    int32_t later = (int32_t)(p->header.timestamp - ear->timestamp);
    if (ear->any && later < 0)
        return DIGIT_NONE; /* a packet of an earlier event that was overtaken */
    bool same = ear->any && (later == 0 || is_next_segment(ear, event, p));
    if (!same)
        ear->duration = 0;
    ear->any = true;
    ear->event = event;
    ear->timestamp = p->header.timestamp;
    ear->duration = later != 0 || duration > ear->duration ? duration : ear->duration;
    if (same || event >= sizeof names - 1)
        return DIGIT_NONE;
    *digit = names[event];
    return DIGIT_NEW;
}

bool digit_is(char c)
{
    return c != '\0' && strchr(names, c) != NULL;
}

bool digit_say(struct digit_mouth *m, const char *digits)
{
    size_t left = strlen(m->digits) - m->at, more = strlen(digits);

    if (left + more > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < more; i++)
        if (!digit_is(digits[i]))
            return false;
    memmove(m->digits, m->digits + m->at, left);
    memcpy(m->digits + left, digits, more + 1);
    m->at = 0;
    return true;
}

static void next_digit(struct digit_mouth *m)
{
    m->digits[m->at++] = '0'; /* what was said is not kept */
    m->ends = 0;
    m->duration = 0;
    m->rest = REST;
}

bool digit_next(struct digit_mouth *m, uint32_t timestamp, uint32_t samples,
                struct digit_packet *out)
{
    if (m->rest > 0) {
        m->rest -= m->rest < samples ? m->rest : samples;
        return false;
    }
    if (m->digits[m->at] == '\0')
        return false;
    out->marker = m->duration == 0;
    if (out->marker)
        m->begin = timestamp;
    if (m->ends == 0)
        m->duration += samples;
    bool end = m->duration >= SAY;
    out->timestamp = m->begin;
    out->payload[0] = (uint8_t)(strchr(names, m->digits[m->at]) - names);
    out->payload[1] = (uint8_t)((end ? END_BIT : 0) | VOLUME);
    out->payload[2] = (uint8_t)(m->duration >> 8);
    out->payload[3] = (uint8_t)m->duration;
    if (end && ++m->ends == END_SENT)
        next_digit(m);
    return true;
}
