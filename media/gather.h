/* When many calls are heard, a wake-up for each packet costs more than the packet. So packets may
 * gather: a thread that heard many sockets in the last slot sleeps out the next one and takes them
 * together. The voice is not delayed by it (what is said keeps its beat), what is heard by less
 * than GATHER_NS; few calls are heard at once, as before. Pure. */
#ifndef MEDIA_GATHER_H
#define MEDIA_GATHER_H

#include <stdbool.h>
#include <stdint.h>

#define GATHER_NS   INT64_C(1000000)
#define GATHER_FROM 8 /* sockets heard in that time; of fewer each wakes the thread by itself */

struct gather { /* zero: nothing was heard */
    int64_t since_ns;
    unsigned heard;
    bool on;
};

/* So many sockets had something at `now_ns`. */
void gather_heard(struct gather *g, unsigned sockets, int64_t now_ns);
/* Until when to sleep, with the next packet to be sent due at `next_ns`; 0: not at all. */
int64_t gather_until(const struct gather *g, int64_t next_ns, int64_t now_ns);

#endif
