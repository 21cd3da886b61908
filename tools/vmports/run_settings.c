#include "tools/vmports/run_settings.h"

#include <stdlib.h>

static bool from_options(struct run_settings *s, const struct run_options *o, struct err *e)
{
    if (!run_options_group(o, &s->group, e) || !run_options_pool(o, &s->pool, e))
        return false;
    s->groups = &s->group;
    s->pool.group_count = 1;
    return true;
}

static void tell_mistakes(const struct config *c, const char *path,
                          void (*mistake)(void *arg, const char *text), void *arg)
{
    char text[CONFIG_PATH_MAX + sizeof c->mistakes[0].text + 16];

    for (size_t i = 0; i < c->mistake_count; i++) {
        snprintf(text, sizeof text, "%.1023s:%u: %s", path, c->mistakes[i].line,
                 c->mistakes[i].text);
        mistake(arg, text);
    }
}

static bool from_file(struct run_settings *s, const struct run_options *o,
                      void (*mistake)(void *arg, const char *text), void *arg, struct err *e)
{
    s->config = settings_file_read(o->config, e);
    if (!s->config)
        return false;
    tell_mistakes(s->config, o->config, mistake, arg);
    if (s->config->mistake_count)
        return err_set(e, ERR_NOT_NOW, "%.200s has %zu mistake%s", o->config,
                       s->config->mistake_count, s->config->mistake_count == 1 ? "" : "s");
    if (!run_options_override(o, s->config, e))
        return false;
    s->pool = s->config->run;
    s->groups = s->config->groups;
    return true;
}

struct run_settings *run_settings_read(const struct run_options *o, const char *state_dir,
                                       void (*mistake)(void *arg, const char *text), void *arg,
                                       struct err *e)
{
    struct run_settings *s = calloc(1, sizeof *s);
    bool ok;

    if (!s) {
        err_set(e, ERR_MEMORY, "no memory for the settings");
        return NULL;
    }
    atomic_init(&s->holders, 1);
    ok = o->config ? from_file(s, o, mistake, arg, e) : from_options(s, o, e);
    s->pool.groups = s->groups;
    s->pool.state_dir = state_dir;
    if (ok && settings_check(&s->pool, e))
        return s;
    run_settings_drop(s);
    return NULL;
}

/* One sound for all groups that name the same file. */
bool run_settings_load_greetings(struct run_settings *s, const struct run_options *o, struct err *e)
{
    for (size_t i = 0; i < s->pool.group_count; i++) {
        const char *path = s->config ? s->config->more[i].greeting : "";
        s->groups[i].greeting = greetings_get(&s->greetings, o->greeting ? o->greeting : path, e);
        if (!s->groups[i].greeting)
            return o->greeting ? err_in(e, "--greeting")
                               : err_in(e, "port group \"%s\"", s->groups[i].name);
    }
    return true;
}

struct run_settings *run_settings_hold(struct run_settings *s)
{
    atomic_fetch_add_explicit(&s->holders, 1, memory_order_relaxed);
    return s;
}

void run_settings_drop(void *settings)
{
    struct run_settings *s = settings;

    if (!s || atomic_fetch_sub_explicit(&s->holders, 1, memory_order_acq_rel) > 1)
        return;
    greetings_free(&s->greetings);
    config_free(s->config);
    free(s);
}
