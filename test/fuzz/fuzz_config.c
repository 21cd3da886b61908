/* Any text as a settings file: read, or refused with lines that the text has and words; what is
 * accepted is good for a run. */
#include "must.h"

#include "ports/config.h"

#include <string.h>

static void judge_mistakes(const struct config *c, size_t lines)
{
    for (size_t i = 0; i < c->mistake_count; i++) {
        MUST(c->mistakes[i].text[0]);
        MUST(c->mistakes[i].line >= 1 && c->mistakes[i].line <= lines);
        MUST(i == 0 || c->mistakes[i - 1].line <= c->mistakes[i].line);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct err e = {0};
    size_t lines = 1;

    if (len > 64 * 1024)
        return 0;
    for (size_t i = 0; i < len; i++)
        lines += bytes[i] == '\n';
    struct config *c = config_parse((const char *)bytes, len, &e);
    if (!c)
        return 0;
    judge_mistakes(c, lines);
    if (c->mistake_count == 0)
        MUST(settings_check(&c->run, &e));
    config_free(c);
    return 0;
}
