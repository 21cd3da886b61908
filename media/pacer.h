/* When the next packets are due. Beats are counted from the start, never from the last wake-up: a
 * late one delays a packet, not the stream; after a long sleep the missed beats are skipped. */
#ifndef MEDIA_PACER_H
#define MEDIA_PACER_H

#include <stdint.h>

struct pacer {
    int64_t start_ns, every_ns; /* every_ns above 0 */
    int64_t taken;              /* beats used up, sent or skipped */
};

struct pacer_due {
    unsigned send;    /* now, at most `burst` */
    int64_t skip;     /* beats before these, gone for ever */
    int64_t first_ns; /* the beat of the first one to send */
};

struct pacer_due pacer_take(struct pacer *p, int64_t now_ns, unsigned burst);
int64_t pacer_next(const struct pacer *p); /* the next beat */

#endif
