/* What changed between two readings of a settings file, in words. */
#include "ports/config_rows.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct telling {
    config_tell_fn *tell;
    void *arg;
    size_t count;
};

struct words { /* "A, B, C": as many as fit */
    char text[400];
};

static void add_word(struct words *w, const char *word)
{
    const size_t n = strlen(w->text), more = strlen(word);

    if (n + more + 3 < sizeof w->text)
        snprintf(w->text + n, sizeof w->text - n, "%s%s", n ? ", " : "", word);
}

static void tell(struct telling *t, const char *group, const char *text)
{
    t->tell(t->arg, group, text);
    t->count++;
}

/* ---- rows --------------------------------------------------------------------------------- */

static char *row_text(const struct row *row, const void *base)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);

    if (!f)
        return NULL;
    row_print(row, base, f);
    fclose(f);
    return text;
}

/* Without memory: it may have changed. */
static bool row_differs(const struct row *row, const void *a, const void *b)
{
    char *was = row_text(row, a), *is = row_text(row, b);
    const bool differs = !was || !is || strcmp(was, is) != 0;

    free(was);
    free(is);
    return differs;
}

static void changed_rows(enum level level, const void *a, const void *b, struct words *out)
{
    for (size_t i = 0; i < config_levels[level].count; i++)
        if (row_differs(&config_levels[level].rows[i], a, b))
            add_word(out, config_levels[level].rows[i].name);
}

/* ---- groups ------------------------------------------------------------------------------- */

static bool same_ranges(const struct config_group *a, const struct config_group *b)
{
    return a->range_count == b->range_count &&
           (a->range_count == 0 ||
            memcmp(a->ranges, b->ranges, a->range_count * sizeof *a->ranges) == 0);
}

/* SIZE_MAX: there is none. */
static size_t group_named(const struct config *c, const char *name)
{
    for (size_t i = 0; i < c->run.group_count; i++)
        if (strcasecmp(c->groups[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

static void tell_group(struct telling *t, const struct config *was, size_t a,
                       const struct config *is, size_t b)
{
    const struct group_draft old = {was->groups[a], was->more[a]};
    const struct group_draft new = {is->groups[b], is->more[b]};
    struct words words = {""};
    char text[512];

    changed_rows(LEVEL_GROUP, &old, &new, &words);
    if (!same_ranges(&old.more, &new.more))
        add_word(&words, "Port");
    if (!words.text[0])
        return;
    snprintf(text, sizeof text, "changed: %s%s", words.text,
             settings_same_line(&old.settings, &new.settings) ? "" : "; its ports register anew");
    tell(t, new.settings.name, text);
}

static void tell_new(struct telling *t, const struct group_settings *g)
{
    char text[128];

    snprintf(text, sizeof text, "new: %u port%s from %s%u on", g->count, g->count == 1 ? "" : "s",
             g->prefix, g->first);
    tell(t, g->name, text);
}

static void tell_gone(struct telling *t, const struct group_settings *g)
{
    char text[128];

    snprintf(text, sizeof text, "gone: its %u port%s leave%s when their calls are over", g->count,
             g->count == 1 ? "" : "s", g->count == 1 ? "s" : "");
    tell(t, g->name, text);
}

static void tell_run(struct telling *t, const struct config *was, const struct config *is)
{
    struct words words = {""};
    char text[512];

    changed_rows(LEVEL_RUN, &was->run, &is->run, &words);
    if (!words.text[0])
        return;
    snprintf(text, sizeof text, "counts from the next start on: %s", words.text);
    tell(t, NULL, text);
}

void config_changes(const struct config *was, const struct config *is, config_tell_fn *fn,
                    void *arg)
{
    struct telling t = {fn, arg, 0};

    for (size_t i = 0; i < is->run.group_count; i++) {
        const size_t before = group_named(was, is->groups[i].name);
        if (before == SIZE_MAX)
            tell_new(&t, &is->groups[i]);
        else
            tell_group(&t, was, before, is, i);
    }
    for (size_t i = 0; i < was->run.group_count; i++)
        if (group_named(is, was->groups[i].name) == SIZE_MAX)
            tell_gone(&t, &was->groups[i]);
    tell_run(&t, was, is);
    if (t.count == 0)
        tell(&t, NULL, "no setting has changed");
}
