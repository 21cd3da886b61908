#include "tools/labcm/client.h"

#include "base/text.h"
#include "tools/shared/options.h"
#include "tools/shared/paths.h"

#include <stdio.h>
#include <string.h>

bool client_options_read(struct client_options *o, const char *who, int argc, char **argv,
                         bool json, const char *flag)
{
    struct option longs[5] = {{"control", required_argument, NULL, 'c'},
                              {"help", no_argument, NULL, 'h'}};
    size_t n = 2;
    int c;

    if (json)
        longs[n++] = (struct option){"json", no_argument, NULL, 'j'};
    if (flag)
        longs[n++] = (struct option){flag, no_argument, NULL, 'r'};
    *o = (struct client_options){0};
    while ((c = option_next(who, argc, argv, "h", longs)) != -1) {
        if (c == '?')
            return false;
        if (c == 'c')
            o->control = optarg;
        o->json |= c == 'j';
        o->flag |= c == 'r';
        o->help |= c == 'h';
    }
    return true;
}

int client_ask(const char *who, const char *control, json_t *request,
               void (*reply)(void *arg, const json_t *reply), void *arg)
{
    char path[PATH_TEXT];
    struct err e = {0};
    int code;

    if (!control && !path_control("labcm", path, &e)) {
        json_decref(request);
        return command_fail(who, &e);
    }
    code = control_call("labcm", control ? control : path, request, reply, arg, &e);
    if (e.kind != ERR_NONE)
        command_fail(who, &e);
    return code;
}

json_t *client_words(int argc, char **argv)
{
    json_t *words = json_array();

    for (int i = optind; i < argc; i++)
        json_array_append_new(words, json_string(argv[i]));
    return words;
}

bool client_put_text(json_t *request, const char *name, const char *text)
{
    return json_object_set_new(request, name, json_string(text)) == 0;
}

bool client_put_number(json_t *request, const char *option, const char *name, const char *text,
                       unsigned lo, unsigned hi, struct err *e)
{
    unsigned n;

    return option_unsigned(option, text, lo, hi, &n, e) &&
           json_object_set_new(request, name, json_integer(n)) == 0;
}

const char *client_text(const json_t *o, const char *name, char *out)
{
    const json_t *v = json_object_get(o, name);

    if (!json_is_string(v))
        return strcpy(out, "-");
    return log_escape(json_string_value(v), json_string_length(v), out, TEXT_ESCAPED);
}

long long client_number(const json_t *o, const char *name)
{
    return (long long)json_integer_value(json_object_get(o, name));
}
