/* What the counts of a stream say about the far end's media, as one fault with its advice. Pure. */
#ifndef MEDIA_VERDICT_H
#define MEDIA_VERDICT_H

#include "media/stream.h"

/* The first of MEDIA-01 ... that fits, the one that explains the others in front; `e` says it with
 * its numbers. True: nothing is wrong with what was heard. */
bool media_verdict(const struct media_counts *c, struct err *e);

#endif
