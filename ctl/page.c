#include "ctl/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void page_put(struct page *p, const char *fmt, ...)
{
    char line[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    if (p->ok)
        p->ok = buf_add(p->out, line, strlen(line), p->e);
}
