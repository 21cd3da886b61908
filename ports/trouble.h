/* What went wrong last, for `status` and the summary of a run: a port's, a list of trust's, or one
 * kind's of all. Pure. */
#ifndef PORTS_TROUBLE_H
#define PORTS_TROUBLE_H

#include "base/err.h"

#include <stdint.h>

struct trouble {
    enum err_kind kind; /* ERR_NONE: nothing yet */
    bool now;           /* it still is the reason for what cannot be done */
    uint32_t count;     /* of all so far */
    char text[200];
};

void trouble_note(struct trouble *t, const struct err *why);
/* It goes well again; what was last stays to be seen. */
void trouble_over(struct trouble *t);

#endif
