#include "media/pacer.h"

int64_t pacer_next(const struct pacer *p)
{
    return p->start_ns + p->taken * p->every_ns;
}

struct pacer_due pacer_take(struct pacer *p, int64_t now_ns, unsigned burst)
{
    struct pacer_due due = {.first_ns = pacer_next(p)};

    if (now_ns < due.first_ns)
        return due;
    int64_t missed = (now_ns - due.first_ns) / p->every_ns + 1;
    due.skip = missed > (int64_t)burst ? missed - burst : 0;
    due.send = (unsigned)(missed - due.skip);
    due.first_ns += due.skip * p->every_ns;
    p->taken += missed;
    return due;
}
