#include "tools/labcm/hear.h"

static size_t first_voiced(const int16_t *s, size_t len)
{
    size_t i = 0;

    while (i < len && s[i] >= -8 && s[i] <= 8)
        i++;
    return i;
}

struct hear_result hear_compare(const int16_t *heard, size_t heard_len, const int16_t *wanted,
                                size_t wanted_len, bool whole)
{
    size_t from = first_voiced(wanted, wanted_len);
    struct hear_result r = {.skipped = first_voiced(heard, heard_len)};
    size_t have = heard_len - r.skipped;

    r.wanted = wanted_len - from;
    r.compared = have < r.wanted ? have : r.wanted;
    while (r.differs_at < r.compared &&
           heard[r.skipped + r.differs_at] == wanted[from + r.differs_at])
        r.differs_at++;
    r.equal = r.compared > 0 && r.differs_at == r.compared && (!whole || r.compared == r.wanted);
    return r;
}
