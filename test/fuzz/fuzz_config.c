/* Any text as a settings file: read, or refused with lines that the text has and words; what is
 * accepted is good for a run, and written as a file it reads the same again. */
#include "must.h"

#include "ports/config_rows.h"

#include <string.h>

static void judge_mistakes(const struct config *c, size_t lines)
{
    for (size_t i = 0; i < c->mistake_count; i++) {
        MUST(c->mistakes[i].text[0]);
        MUST(c->mistakes[i].line >= 1 && c->mistakes[i].line <= lines);
        MUST(i == 0 || c->mistakes[i - 1].line <= c->mistakes[i].line);
    }
}

/* ---- written and read again --------------------------------------------------------------- */

static void print_rows(enum level level, const void *base, FILE *out)
{
    const struct level_rows *rows = &config_levels[level];

    for (size_t i = 0; i < rows->count; i++) {
        fprintf(out, "%s = ", rows->rows[i].name);
        row_print(&rows->rows[i], base, out);
        fputc('\n', out);
    }
}

static void print_group(const struct config *c, size_t at, FILE *out)
{
    const struct group_draft g = {c->groups[at], c->more[at]};

    fprintf(out, "%s {\n", config_levels[LEVEL_GROUP].section);
    print_rows(LEVEL_GROUP, &g, out);
    for (size_t i = 0; i < g.more.range_count; i++) {
        fprintf(out, "%s {\n", config_levels[LEVEL_PORTS].section);
        print_rows(LEVEL_PORTS, &g.more.ranges[i], out);
        fputs("}\n", out);
    }
    fputs("}\n", out);
}

static bool same_system(const struct config *c, size_t a, size_t b)
{
    return strcmp(c->more[a].system, c->more[b].system) == 0;
}

static char *print(const struct config *c, size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);

    MUST(out);
    print_rows(LEVEL_RUN, &c->run, out);
    for (size_t g = 0; g < c->run.group_count; g++) {
        if (g == 0 || !same_system(c, g - 1, g)) {
            struct system_draft system;
            strcpy(system.name, c->more[g].system);
            fprintf(out, "%s {\n", config_levels[LEVEL_SYSTEM].section);
            print_rows(LEVEL_SYSTEM, &system, out);
        }
        print_group(c, g, out);
        if (g + 1 == c->run.group_count || !same_system(c, g, g + 1))
            fputs("}\n", out);
    }
    fclose(out);
    return text;
}

static void count_changes(void *arg, const char *group, const char *text)
{
    if (group || strcmp(text, "no setting has changed") != 0)
        ++*(size_t *)arg;
}

static void there_and_back(const struct config *c)
{
    struct err e = {0};
    size_t len = 0, changes = 0;
    char *text = print(c, &len);
    struct config *again = config_parse(text, len, &e);

    MUST(again);
    MUST(again->mistake_count == 0);
    config_changes(c, again, count_changes, &changes);
    MUST(changes == 0);
    config_free(again);
    free(text);
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
    if (c->mistake_count == 0) {
        MUST(settings_check(&c->run, &e));
        there_and_back(c);
    }
    config_free(c);
    return 0;
}
