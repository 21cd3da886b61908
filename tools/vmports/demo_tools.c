#include "tools/vmports/demo.h"

#include "tools/shared/control.h"

#include <stdlib.h>
#include <string.h>

int demo_tool(struct demo *d, const char *name, double seconds, const char *const *argv,
              json_t **out)
{
    struct child c;
    struct err e = {0};

    if (out)
        *out = NULL;
    if (!child_start(&c, d->dir, name, argv, &e))
        return 127;
    bool in_time = child_wait(&c, seconds, d->give_up);
    child_end(&c, 1);
    if (out)
        *out = json_load_file(c.out, JSON_REJECT_DUPLICATES, NULL);
    return in_time ? c.code : 124;
}

const char *demo_last_words(const struct child *c, char *text, size_t cap)
{
    child_tail(c->err, text, cap);
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    const char *line = strrchr(text, '\n');
    return line ? line + 1 : text;
}

static void gather(void *arg, const json_t *reply)
{
    json_t *all = arg;

    json_array_extend(json_object_get(all, "ports"), json_object_get(reply, "ports"));
    if (json_object_get(reply, "totals"))
        json_object_set(all, "totals", json_object_get(reply, "totals"));
}

json_t *demo_status(struct demo *d)
{
    const struct ask a = {.kind = ASK_STATUS};
    json_t *all = json_pack("{s:[]}", "ports");
    struct err e = {0};

    if (all && control_call("vmports", d->control, ask_write(&a), gather, all, &e) == 0)
        return all;
    json_decref(all);
    return NULL;
}

const char *demo_string(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

long long demo_number(const json_t *object, const char *name)
{
    return (long long)json_integer_value(json_object_get(object, name));
}
