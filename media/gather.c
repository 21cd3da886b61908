#include "media/gather.h"

void gather_heard(struct gather *g, unsigned sockets, int64_t now_ns)
{
    g->heard += sockets;
    if (now_ns - g->since_ns < GATHER_NS)
        return;
    g->on = g->heard * GATHER_NS >= GATHER_FROM * (now_ns - g->since_ns);
    g->heard = 0;
    g->since_ns = now_ns;
}

int64_t gather_until(const struct gather *g, int64_t next_ns, int64_t now_ns)
{
    if (!g->on || next_ns <= now_ns)
        return 0;
    return next_ns < now_ns + GATHER_NS ? next_ns : now_ns + GATHER_NS;
}
