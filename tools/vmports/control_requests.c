#include "tools/vmports/control_requests.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const commands[] = {
    [ASK_STATUS] = "status", [ASK_MWI] = "mwi",       [ASK_MWI_STATUS] = "mwi-status",
    [ASK_RESET] = "reset",   [ASK_RELOAD] = "reload", [ASK_STOP] = "stop",
};
#define COMMANDS (sizeof commands / sizeof commands[0])

bool ask_extension_ok(const char *text)
{
    size_t len = strlen(text);
    return len >= 1 && len <= ASK_EXTENSION_MAX && strspn(text, "0123456789*#ABCD+") == len;
}

static bool port_name_ok(const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    return len >= 1 && len <= ASK_PORT_NAME_MAX;
}

static bool read_kind(struct ask *out, const json_t *body, struct err *e)
{
    const char *word = json_string_value(json_object_get(body, "command"));
    char shown[64];

    if (!word)
        return err_set(e, ERR_FORMAT, "a request is an object with a string \"command\"");
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(word, commands[i]) == 0) {
            out->kind = (enum ask_kind)i;
            return true;
        }
    }
    return err_set(e, ERR_USAGE,
                   "no request \"%s\": status, mwi, mwi-status, reset, reload and stop are known",
                   log_escape(word, strlen(word), shown, sizeof shown));
}

/* What nobody asked for may be a request from a newer program: better refused than half done. */
static bool only_known_members(const struct ask *a, const json_t *body, struct err *e)
{
    const char *key;
    const json_t *value;
    char shown[64];

    json_object_foreach((json_t *)body, key, value)
    {
        bool known =
            strcmp(key, "command") == 0 ||
            (a->kind == ASK_MWI && (strcmp(key, "lamps") == 0 || strcmp(key, "wait") == 0 ||
                                    strcmp(key, "group") == 0)) ||
            (a->kind == ASK_RESET && strcmp(key, "ports") == 0);
        if (!known)
            return err_set(e, ERR_FORMAT, "%s: nothing is known of \"%s\"", commands[a->kind],
                           log_escape(key, strlen(key), shown, sizeof shown));
    }
    return true;
}

static bool read_lamp(struct ask_lamp *out, const json_t *item, size_t at, struct err *e)
{
    const char *extension = json_string_value(json_object_get(item, "extension"));
    const json_t *on = json_object_get(item, "on");

    if (!extension || !json_is_boolean(on) || json_object_size(item) != 2)
        return err_set(e, ERR_FORMAT,
                       "mwi: lamp %zu is not {\"extension\": \"1001\", \"on\": true}", at);
    if (!ask_extension_ok(extension))
        return err_set(e, ERR_FORMAT, "mwi: lamp %zu: the extension is not 1-24 of 0-9 * # A-D +",
                       at);
    strcpy(out->extension, extension);
    out->on = json_is_true(on);
    return true;
}

static bool read_group(struct ask *out, const json_t *body, struct err *e)
{
    const json_t *group = json_object_get(body, "group");
    const char *name = json_string_value(group);

    if (!group)
        return true;
    if (!name || !name[0] || strlen(name) > ASK_GROUP_MAX)
        return err_set(e, ERR_FORMAT, "mwi: \"group\" is not a name of 1-%d characters",
                       ASK_GROUP_MAX);
    strcpy(out->group, name);
    return true;
}

static bool read_lamps(struct ask *out, const json_t *body, struct err *e)
{
    const json_t *list = json_object_get(body, "lamps"), *wait = json_object_get(body, "wait");
    size_t count = json_array_size(list);

    if (wait && !json_is_boolean(wait))
        return err_set(e, ERR_FORMAT, "mwi: \"wait\" is neither true nor false");
    if (count == 0 || count > ASK_LAMPS_MAX)
        return err_set(e, ERR_FORMAT, "mwi: %zu lamps, 1-%d will do", count, ASK_LAMPS_MAX);
    out->wait = json_is_true(wait);
    out->lamps = calloc(count, sizeof *out->lamps);
    if (!out->lamps)
        return err_set(e, ERR_MEMORY, "no memory for %zu lamps", count);
    for (size_t i = 0; i < count; i++)
        if (!read_lamp(&out->lamps[i], json_array_get(list, i), i + 1, e))
            return false;
    out->lamp_count = count;
    return true;
}

static bool read_ports(struct ask *out, const json_t *body, struct err *e)
{
    const json_t *list = json_object_get(body, "ports");
    size_t count = json_array_size(list);

    if (!list)
        return true;
    if (!json_is_array(list) || count > ASK_PORTS_MAX)
        return err_set(e, ERR_FORMAT, "reset: \"ports\" is not a list of at most %d names",
                       ASK_PORTS_MAX);
    out->ports = calloc(count + 1, sizeof *out->ports);
    if (!out->ports)
        return err_set(e, ERR_MEMORY, "no memory for %zu names", count);
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (!name || !port_name_ok(name))
            return err_set(e, ERR_FORMAT, "reset: name %zu is not 1-%d visible characters", i + 1,
                           ASK_PORT_NAME_MAX);
        strcpy(out->ports[i].name, name);
    }
    out->port_count = count;
    return true;
}

static bool read_rest(struct ask *out, const json_t *body, struct err *e)
{
    switch (out->kind) {
    case ASK_MWI:
        return read_group(out, body, e) && read_lamps(out, body, e);
    case ASK_RESET:
        return read_ports(out, body, e);
    case ASK_STATUS:
    case ASK_MWI_STATUS:
    case ASK_RELOAD:
    case ASK_STOP:
        break;
    }
    return true;
}

bool ask_read(struct ask *out, const json_t *body, struct err *e)
{
    *out = (struct ask){0};
    if (read_kind(out, body, e) && only_known_members(out, body, e) && read_rest(out, body, e))
        return true;
    ask_free(out);
    return false;
}

static json_t *write_lamps(const struct ask *a)
{
    json_t *list = json_array();

    for (size_t i = 0; i < a->lamp_count; i++)
        json_array_append_new(list, json_pack("{s:s, s:b}", "extension", a->lamps[i].extension,
                                              "on", (int)a->lamps[i].on));
    return list;
}

static json_t *write_ports(const struct ask *a)
{
    json_t *list = json_array();

    for (size_t i = 0; i < a->port_count; i++)
        json_array_append_new(list, json_string(a->ports[i].name));
    return list;
}

json_t *ask_write(const struct ask *a)
{
    json_t *body = json_pack("{s:s}", "command", commands[a->kind]);

    if (a->kind == ASK_MWI) {
        json_object_set_new(body, "lamps", write_lamps(a));
        json_object_set_new(body, "wait", json_boolean(a->wait));
        if (a->group[0])
            json_object_set_new(body, "group", json_string(a->group));
    }
    if (a->kind == ASK_RESET && a->port_count)
        json_object_set_new(body, "ports", write_ports(a));
    return body;
}

void ask_free(struct ask *a)
{
    free(a->lamps);
    free(a->ports);
    *a = (struct ask){0};
}

bool ask_lamp_line(const char *line, struct ask_lamp *out, bool *blank, struct err *e)
{
    char word[8] = "", extension[32] = "", rest[2] = "", shown[TEXT_ESCAPED];
    int fields = sscanf(line, "%7s %31s %1s", word, extension, rest);

    *out = (struct ask_lamp){0};
    *blank = fields <= 0 || word[0] == '#';
    if (*blank)
        return true;
    out->on = strcmp(word, "on") == 0;
    if (fields != 2 || (!out->on && strcmp(word, "off") != 0) || !ask_extension_ok(extension))
        return err_set(e, ERR_USAGE, "\"%s\" is not like: on 1001",
                       log_escape(line, strcspn(line, "\r\n"), shown, sizeof shown));
    strcpy(out->extension, extension);
    return true;
}
