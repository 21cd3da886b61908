#include "tools/labcm/hear.h"

static size_t first_voiced(const int16_t *s, size_t len)
{
    size_t i = 0;

    while (i < len && s[i] >= -8 && s[i] <= 8)
        i++;
    return i;
}

/* What comes behind the sound's end: silence, or, when the port was not the one to hang up, the
 * sound again from its start. */
static bool fits_behind(const int16_t *rest, size_t len, const int16_t *wanted, size_t wanted_len,
                        bool whole)
{
    if (first_voiced(rest, len) == len)
        return true;
    for (size_t i = 0; i < len; i++)
        if (whole || wanted_len == 0 || rest[i] != wanted[i % wanted_len])
            return false;
    return true;
}

/* Zeros around and from `at` on: a pause may begin inside silence of the sound itself. */
static size_t pause_at(const int16_t *heard, size_t len, size_t at, size_t *ahead)
{
    size_t back = 0;

    *ahead = 0;
    while (at + *ahead < len && heard[at + *ahead] == 0)
        ++*ahead;
    while (back < at && heard[at - back - 1] == 0)
        back++;
    return back + *ahead;
}

struct hear_result hear_compare(const int16_t *heard, size_t heard_len, const int16_t *wanted,
                                size_t wanted_len, size_t gaps, bool whole)
{
    size_t from = first_voiced(wanted, wanted_len), ahead;
    struct hear_result r = {.skipped = first_voiced(heard, heard_len)};
    size_t h = r.skipped, w = from;

    while (h < heard_len && w < wanted_len) {
        if (heard[h] == wanted[w]) {
            h++, w++;
            continue;
        }
        size_t pause = pause_at(heard, heard_len, h, &ahead);
        if (ahead == 0 || pause < HEAR_PAUSE_LEAST || h + ahead == heard_len ||
            r.paused + ahead > gaps)
            break;
        r.pauses++;
        r.paused += ahead;
        h += ahead;
    }
    size_t have = heard_len - h, left = wanted_len - w;
    r.wanted = wanted_len - from;
    r.differs_at = w - from;
    r.compared = r.differs_at + (have < left ? have : left);
    r.too_long = w == wanted_len && !fits_behind(heard + h, have, wanted, wanted_len, whole);
    r.equal = r.compared > 0 && r.differs_at == r.compared && !r.too_long &&
              (!whole || r.compared == r.wanted);
    return r;
}
