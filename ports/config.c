/* libconfuse cuts the text into names and values and knows the lines; what they mean is ours. Every
 * setting is a string to it, and is judged as soon as it has been read: that is when its line is
 * known. A wrong value does not end the reading. An unknown name would; so it is then added to the
 * names that libconfuse takes, and the text is read once more. */
#include "ports/config.h"

#include "base/text.h"
#include "ports/config_reading.h"

#include <confuse.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define VALUE_SHOWN 60

/* libconfuse's callbacks have no argument of ours. */
static _Thread_local struct reading *now;

/* ---- what libconfuse tells ---------------------------------------------------------------- */

static enum level level_of(const char *section)
{
    enum level l = LEVEL_RUN;

    while (l < LEVEL_PORTS && strcmp(config_levels[l].section, section) != 0)
        l++;
    return l;
}

static int on_section(cfg_t *cfg, cfg_opt_t *opt)
{
    section_end(now, level_of(opt->name), (unsigned)cfg->line);
    return now->no_memory || now->enough;
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt)
{
    struct reading *r = now;
    const enum level level = level_of(cfg->name);
    const size_t i = row_index(level, opt->name);
    const struct row *row = &config_levels[level].rows[i];
    struct places *places = &r->places[level];
    const unsigned line = (unsigned)cfg->line;
    const char *text = cfg_opt_getnstr(opt, 0);
    char shown[TEXT_ESCAPED];
    struct err e = {0};

    sections_begin(r, level);
    log_escape(text, strnlen(text, VALUE_SHOWN), shown, sizeof shown);
    if (places->line[i])
        mistake(r, line, "%s \"%s\": is set on line %u already", row->name, shown, places->line[i]);
    else
        places->line[i] = line;
    if (row_take(row, section_base(r, level), text, &e))
        return r->no_memory || r->enough;
    places->wrong[i] = true;
    mistake(r, line, "%s \"%s\": %s", row->name, shown, e.text);
    return r->no_memory || r->enough;
}

static const char *meant(enum level level, const char *name)
{
    for (size_t i = 0; i < config_levels[level].count; i++)
        if (strcasecmp(config_levels[level].rows[i].name, name) == 0)
            return config_levels[level].rows[i].name;
    return NULL;
}

/* Lists of values come here once for each; the line is said once. */
static int on_unknown(cfg_t *cfg, cfg_opt_t *opt)
{
    struct reading *r = now;
    const struct config *c = r->c;
    const enum level level = level_of(cfg->name);
    const unsigned line = (unsigned)cfg->line;
    const char *text = cfg_opt_getnstr(opt, 0), *near = meant(level, opt->name);
    char name[TEXT_ESCAPED], shown[TEXT_ESCAPED];

    sections_begin(r, level);
    if (c->mistake_count && c->mistakes[c->mistake_count - 1].line == line)
        return 0;
    log_escape(opt->name, strlen(opt->name), name, sizeof name);
    log_escape(text ? text : "", text ? strnlen(text, VALUE_SHOWN) : 0, shown, sizeof shown);
    mistake(r, line, "%s \"%s\": %s has no such setting%s%s", name, shown,
            level == LEVEL_RUN ? "the outermost level" : config_levels[level].section,
            near ? "; meant is " : "", near ? near : "");
    return r->no_memory || r->enough;
}

/* A name that is long or odd ends the reading: it is no misspelt setting. */
static bool add_unknown(struct reading *r, enum level level, const char *name)
{
    struct unknown *u = &r->unknown[r->unknown_count];
    const size_t len = strlen(name);

    if (r->unknown_count == UNKNOWN_MAX || len == 0 || len >= NAME_MAX || strchr(name, '|'))
        return false;
    u->level = level;
    memcpy(u->name, name, len + 1);
    r->unknown_count++;
    return true;
}

/* "...'NAME'" of libconfuse's words: cuts NAME out. */
static char *name_in(char *text, const char *words)
{
    const size_t n = strlen(words);

    if (strncmp(text, words, n) != 0)
        return NULL;
    text[strlen(text) - 1] = '\0';
    return text + n;
}

static bool is_unknown(const struct reading *r, const char *name)
{
    for (size_t i = 0; i < r->unknown_count; i++)
        if (strcmp(r->unknown[i].name, name) == 0)
            return true;
    return false;
}

PRINTF_LIKE(2, 0)
static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
    struct reading *r = now;
    char text[300], shown[TEXT_ESCAPED];
    const unsigned line = (unsigned)cfg->line;
    const char *name;

    r->told = true;
    vsnprintf(text, sizeof text, fmt, ap);
    if (line > r->last_line && strcmp(text, "unexpected closing brace") == 0) {
        r->closed = true;
        return;
    }
    name = name_in(text, "no such option '");
    if (name && add_unknown(r, level_of(cfg->name), name)) {
        r->found_unknown = true;
        return;
    }
    if (!name)
        name = name_in(text, "missing equal sign after option '");
    if (name && is_unknown(r, name))
        mistake(r, line, "%s: there is no such section or setting", name);
    else if (name)
        mistake(r, line, "%s: wanted is NAME = VALUE",
                log_escape(name, strlen(name), shown, sizeof shown));
    else
        mistake(r, line, "%s", log_escape(text, strlen(text), shown, sizeof shown));
}

/* ---- the tables for libconfuse ------------------------------------------------------------ */

#define OPTS_MAX (ROWS_MAX + UNKNOWN_MAX + 2)

struct tables {
    cfg_opt_t opts[LEVELS][OPTS_MAX];
};

static size_t add_rows(cfg_opt_t *opts, enum level level)
{
    const struct level_rows *rows = &config_levels[level];

    for (size_t i = 0; i < rows->count; i++) {
        opts[i] = (cfg_opt_t)CFG_STR(rows->rows[i].name, NULL, CFGF_NODEFAULT);
        opts[i].validcb = on_value;
    }
    return rows->count;
}

/* As lists, because a list may also be one value without braces. */
static size_t add_unknowns(const struct reading *r, cfg_opt_t *opts, enum level level)
{
    size_t n = 0;

    for (size_t i = 0; i < r->unknown_count; i++) {
        if (r->unknown[i].level != level)
            continue;
        opts[n] = (cfg_opt_t)CFG_STR_LIST(r->unknown[i].name, NULL, CFGF_NODEFAULT);
        opts[n++].validcb = on_unknown;
    }
    return n;
}

static void make_tables(const struct reading *r, struct tables *t)
{
    memset(t, 0, sizeof *t);
    for (enum level l = LEVEL_RUN; l < LEVELS; l++) {
        cfg_opt_t *opts = t->opts[l];
        size_t n = add_rows(opts, l);
        n += add_unknowns(r, opts + n, l);
        if (l < LEVEL_PORTS) {
            opts[n] = (cfg_opt_t)CFG_SEC(config_levels[l + 1].section, t->opts[l + 1], CFGF_MULTI);
            opts[n].validcb = on_section;
        }
    }
}

/* ---- reading ------------------------------------------------------------------------------ */

/* The furthest line of the sections that were under way. */
static unsigned line_reached(cfg_t *cfg, enum level level)
{
    cfg_opt_t *opt = level < LEVEL_PORTS ? cfg_getopt(cfg, config_levels[level + 1].section) : NULL;
    const unsigned n = opt ? cfg_opt_size(opt) : 0, here = (unsigned)cfg->line;
    const unsigned below = n ? line_reached(cfg_opt_getnsec(opt, n - 1), level + 1) : 0;

    return below > here ? below : here;
}

/* Some errors have no words from libconfuse: an empty name. */
static void grammar(struct reading *r, cfg_t *cfg, const char *text)
{
    if (cfg_parse_buf(cfg, text) == CFG_SUCCESS)
        mistake(r, r->last_line, "the text ends inside a section or a comment: } is missing");
    else if (!r->told)
        mistake(r, line_reached(cfg, LEVEL_RUN), "wanted is the name of a setting or section");
}

static void forget_groups(struct config *c)
{
    for (size_t i = 0; i < c->run.group_count; i++)
        free(c->more[i].ranges);
    c->run = pool_settings_default();
    c->mistake_count = 0;
}

/* False: memory ended. */
static bool read_once(struct reading *r, const char *text)
{
    struct tables *t = calloc(1, sizeof *t);
    cfg_t *cfg;

    forget_groups(r->c);
    memset(r->open, 0, sizeof r->open);
    memset(r->places, 0, sizeof r->places);
    r->found_unknown = r->closed = r->told = false;
    if (!t)
        return false;
    make_tables(r, t);
    cfg = cfg_init(t->opts[LEVEL_RUN], CFGF_NONE);
    if (cfg) {
        cfg_set_error_function(cfg, on_error);
        grammar(r, cfg, text);
        cfg_free(cfg);
    }
    free(t);
    free(r->group.more.ranges); /* of a group that was cut off */
    r->group.more.ranges = NULL;
    return cfg && !r->no_memory;
}

static unsigned last_line(const char *text)
{
    unsigned n = 1;

    for (; *text; text++)
        n += *text == '\n' && text[1];
    return n;
}

/* In order of lines; those of one line stay in theirs. */
static void sort_mistakes(struct config *c)
{
    for (size_t i = 1; i < c->mistake_count; i++) {
        const struct config_mistake m = c->mistakes[i];
        size_t at = i;
        for (; at > 0 && c->mistakes[at - 1].line > m.line; at--)
            c->mistakes[at] = c->mistakes[at - 1];
        c->mistakes[at] = m;
    }
}

/* Pointers between the parts, when nothing moves any more. */
static void join(struct config *c)
{
    for (size_t i = 0; i < c->run.group_count; i++) {
        struct group_settings *g = &c->groups[i];
        struct config_group *m = &c->more[i];
        const uint16_t usual = g->mode == MODE_NON_SECURE ? 2000 : 2443;
        g->behaviours = m->ranges;
        g->behaviour_count = m->range_count;
        g->ctl_policy.pin_sha256 = m->pin[0] ? m->pin : NULL;
        for (size_t s = 0; s < g->server_count; s++)
            g->servers[s].port = g->servers[s].port ? g->servers[s].port : usual;
    }
    c->run.groups = c->groups;
}

static bool read_text(struct reading *r, const char *text)
{
    bool ok;

    now = r;
    do
        ok = read_once(r, text);
    while (ok && r->found_unknown);
    now = NULL;
    /* After a mistake of grammar the rest is unread: what seems to be missing may stand there. */
    if (ok && r->closed)
        check_run(r, r->last_line);
    return ok && !r->no_memory;
}

/* libconfuse takes the end of the text for the end of all sections. So it gets one closing brace
 * more than the text has: if it does not complain of that one, the text lacks one. */
static const char one_more[] = "\n}\n";

static bool read_bytes(struct reading *r, const char *bytes, size_t len)
{
    char *text;
    bool ok = true;

    r->last_line = 1;
    if (len > CONFIG_FILE_MAX) {
        mistake(r, 1, "%zu bytes; a settings file has at most %u", len, CONFIG_FILE_MAX);
        return !r->no_memory;
    }
    text = calloc(1, len + sizeof one_more);
    if (!text)
        return false;
    memcpy(text, bytes, len);
    r->last_line = last_line(text);
    if (strlen(text) == len)
        ok = read_text(r, strcat(text, one_more));
    else
        mistake(r, r->last_line, "a NUL byte: this is no text");
    free(text);
    return ok && !r->no_memory;
}

struct config *config_parse(const char *text, size_t len, struct err *e)
{
    struct config *c = calloc(1, sizeof *c);
    struct reading *r = calloc(1, sizeof *r);
    bool ok = c && r;

    if (ok) {
        r->c = c;
        ok = read_bytes(r, text, len);
    }
    free(r);
    if (!ok) {
        config_free(c);
        err_set(e, ERR_MEMORY, "no memory for the settings");
        return NULL;
    }
    join(c);
    sort_mistakes(c);
    return c;
}

void config_free(struct config *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->run.group_count; i++)
        free(c->more[i].ranges);
    free(c->groups);
    free(c->more);
    free(c->mistakes);
    free(c);
}
