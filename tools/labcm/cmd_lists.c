/* labcm devices, lamp, info: what a running labcm knows, as a table or as JSON. */
#include "base/text.h"
#include "tools/labcm/client.h"
#include "tools/labcm/commands.h"

#include <stdio.h>
#include <stdlib.h>

struct list {
    bool json;
    json_t *rows; /* for --json */
    size_t count;
    void (*title)(void);
    void (*row)(const json_t *r);
};

static void take_row(void *arg, const json_t *reply)
{
    struct list *l = arg;

    if (l->json) {
        json_array_append(l->rows, (json_t *)(uintptr_t)reply); /* counts a reference */
        return;
    }
    if (l->count++ == 0)
        l->title();
    l->row(reply);
}

static int show(const char *who, const struct client_options *o, json_t *request, struct list *l)
{
    int code;

    l->json = o->json;
    l->rows = json_array();
    code = client_ask(who, o->control, request, take_row, l);
    if (l->json && code == EXIT_DONE) {
        json_dumpf(l->rows, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(l->rows);
    return code;
}

/* ---- devices --------------------------------------------------------------------------------- */

static void devices_title(void)
{
    printf("%-15s  %-8s  %-11s  %-13s  %-7s  %-8s  %-28s  %-21s  %s\n", "Name", "Number", "State",
           "Mode", "Version", "TLS", "Cipher", "Address", "Certificate");
}

static void devices_row(const json_t *r)
{
    char t[8][TEXT_ESCAPED], version[24] = "-";

    if (json_object_get(r, "version"))
        snprintf(version, sizeof version, "%lld", client_number(r, "version"));
    printf("%-15s  %-8s  %-11s  %-13s  %-7s  %-8s  %-28s  %-21s  %s\n",
           client_text(r, "name", t[0]), client_text(r, "number", t[1]),
           client_text(r, "state", t[2]), client_text(r, "mode", t[3]), version,
           client_text(r, "tls_version", t[4]), client_text(r, "cipher", t[5]),
           client_text(r, "address", t[6]), client_text(r, "certificate_subject", t[7]));
}

int cmd_devices(int argc, char **argv)
{
    static const char who[] = "labcm devices";
    struct list l = {.title = devices_title, .row = devices_row};
    struct client_options o;

    if (!client_options_read(&o, who, argc, argv, true, NULL))
        return EXIT_USAGE;
    if (o.help) {
        printf("Usage: labcm devices [--json] [--control PATH]\n\n"
               "Every configured device: whether it is registered, how, from where, and with which "
               "certificate.\n");
        return EXIT_DONE;
    }
    if (!option_no_more(who, argc, argv))
        return EXIT_USAGE;
    return show(who, &o, json_pack("{s:s}", "command", "devices"), &l);
}

/* ---- lamps ----------------------------------------------------------------------------------- */

static void lamp_title(void)
{
    printf("%-9s  %-4s  %-15s  %-7s  %s\n", "Extension", "Lamp", "Set by", "Changes", "When");
}

static void lamp_row(const json_t *r)
{
    char t[2][TEXT_ESCAPED], when[TEXT_DATE] = "-";

    if (json_is_integer(json_object_get(r, "when")))
        text_date(client_number(r, "when"), when);
    printf("%-9s  %-4s  %-15s  %-7lld  %s\n", client_text(r, "extension", t[0]),
           json_is_true(json_object_get(r, "on")) ? "on" : "off", client_text(r, "set_by", t[1]),
           client_number(r, "changes"), when);
}

int cmd_lamp(int argc, char **argv)
{
    static const char who[] = "labcm lamp";
    struct list l = {.title = lamp_title, .row = lamp_row};
    struct client_options o;

    if (!client_options_read(&o, who, argc, argv, true, NULL))
        return EXIT_USAGE;
    if (o.help) {
        printf("Usage: labcm lamp [EXT...] [--json] [--control PATH]\n\n"
               "The message lamps of these phones, or of all whose lamp was ever set.\n");
        return EXIT_DONE;
    }
    return show(who, &o,
                json_pack("{s:s,s:o}", "command", "lamp", "names", client_words(argc, argv)), &l);
}

/* ---- info ------------------------------------------------------------------------------------ */

static void nothing(void)
{
}

static void info_row(const json_t *r)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)r, name, value)
    {
        char *text = json_dumps(value, JSON_ENCODE_ANY);
        printf("%-16s %s\n", name, text ? text : "");
        free(text);
    }
}

static void info_json(void *arg, const json_t *reply)
{
    (void)arg;
    json_dumpf(reply, stdout, JSON_INDENT(2));
    putchar('\n');
}

int cmd_info(int argc, char **argv)
{
    static const char who[] = "labcm info";
    struct list l = {.title = nothing, .row = info_row};
    struct client_options o;
    json_t *request;

    if (!client_options_read(&o, who, argc, argv, true, NULL))
        return EXIT_USAGE;
    if (o.help) {
        printf("Usage: labcm info [--json] [--control PATH]\n\n"
               "Addresses, ports and counters of the running labcm.\n");
        return EXIT_DONE;
    }
    if (!option_no_more(who, argc, argv))
        return EXIT_USAGE;
    request = json_pack("{s:s}", "command", "info");
    return o.json ? client_ask(who, o.control, request, info_json, NULL)
                  : client_ask(who, o.control, request, take_row, &l);
}
