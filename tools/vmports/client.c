#include "tools/vmports/client.h"

#include "base/text.h"
#include "tools/vmports/options.h"

#include <stdio.h>
#include <string.h>

static size_t add_option(struct option *longs, size_t n, bool wanted, const char *name, int c)
{
    if (wanted)
        longs[n++] =
            (struct option){name, c == 'c' || c == 'g' ? required_argument : no_argument, NULL, c};
    return n;
}

bool client_options_read(struct client_options *o, const char *who, int argc, char **argv,
                         const struct client_options *takes)
{
    struct option longs[7] = {{0}};
    size_t n = add_option(longs, 0, true, "control", 'c');
    int c;

    n = add_option(longs, n, true, "help", 'h');
    n = add_option(longs, n, takes->group, "group", 'g');
    n = add_option(longs, n, takes->json, "json", 'j');
    n = add_option(longs, n, takes->wait, "wait", 'w');
    (void)add_option(longs, n, takes->watch, "watch", 'W');
    *o = (struct client_options){0};
    while ((c = option_next(who, argc, argv, "h", longs)) != -1) {
        if (c == '?')
            return false;
        o->control = c == 'c' ? optarg : o->control;
        o->group = c == 'g' ? optarg : o->group;
        o->help |= c == 'h';
        o->json |= c == 'j';
        o->wait |= c == 'w';
        o->watch |= c == 'W';
    }
    return true;
}

int client_ask(const char *who, const struct client_options *o, const struct ask *a,
               void (*reply)(void *arg, const json_t *reply), void *arg)
{
    char path[PATH_TEXT];
    struct err e = {0};
    json_t *request;

    if (!control_path(o->control, path, &e))
        return command_fail(who, &e);
    request = ask_write(a);
    int code = control_call("vmports", path, request, reply, arg, &e);
    if (e.kind != ERR_NONE)
        command_fail(who, &e);
    return code;
}

const char *client_text(const json_t *object, const char *name, char *out)
{
    const char *text = json_string_value(json_object_get(object, name));
    return log_escape(text ? text : "", text ? strlen(text) : 0, out, TEXT_ESCAPED);
}
