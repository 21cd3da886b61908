#include "tools/vmports/settings_file.h"

#include "base/buf.h"
#include "media/sound.h"

#include <stdlib.h>
#include <string.h>

struct config *settings_file_read(const char *path, struct err *e)
{
    struct buf text = {0};
    struct config *c;

    if (!buf_read_file(&text, path, CONFIG_FILE_MAX, e)) {
        buf_free(&text);
        return NULL;
    }
    c = config_parse((const char *)text.at, text.len, e);
    buf_free(&text);
    return c;
}

void settings_file_print_mistakes(const struct config *c, const char *path, FILE *out)
{
    for (size_t i = 0; i < c->mistake_count; i++)
        fprintf(out, "%s:%u: %s\n", path, c->mistakes[i].line, c->mistakes[i].text);
}

static bool is_loaded(const struct greetings *g, const char *path, const struct sound **out)
{
    for (size_t i = 0; i < g->count; i++)
        if (strcmp(g->list[i].path, path) == 0) {
            *out = g->list[i].sound;
            return true;
        }
    return false;
}

static struct sound *load(const char *path, struct err *e)
{
    char shipped[CONFIG_PATH_MAX];
    struct sound *s;

    if (!path[0] && !sound_default_path(shipped, sizeof shipped, e)) {
        err_in(e, "the opening greeting");
        return NULL;
    }
    s = sound_load(path[0] ? path : shipped, e);
    if (!s)
        err_in(e, "the greeting");
    return s;
}

const struct sound *greetings_get(struct greetings *g, const char *path, struct err *e)
{
    const struct sound *known = NULL;
    void *list;

    if (is_loaded(g, path, &known))
        return known;
    list = realloc(g->list, (g->count + 1) * sizeof *g->list);
    if (!list) {
        err_set(e, ERR_MEMORY, "no memory for greetings");
        return NULL;
    }
    g->list = list;
    snprintf(g->list[g->count].path, sizeof g->list[0].path, "%s", path);
    g->list[g->count].sound = load(path, e);
    return g->list[g->count].sound ? g->list[g->count++].sound : NULL;
}

void greetings_free(struct greetings *g)
{
    for (size_t i = 0; i < g->count; i++)
        sound_free(g->list[i].sound);
    free(g->list);
    *g = (struct greetings){0};
}
