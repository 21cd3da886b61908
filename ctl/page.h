/* Text for people, grown in a buffer. Writing goes on after a failure and changes nothing: look at
 * `ok` once, at the end. Pure. */
#ifndef CTL_PAGE_H
#define CTL_PAGE_H

#include "base/buf.h"

struct page {
    struct buf *out;
    bool ok;
    struct err *e;
};

void page_put(struct page *p, const char *fmt, ...) PRINTF_LIKE(2, 3); /* below 1024 bytes */

#endif
