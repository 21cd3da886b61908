/* labcm fault: the menu of faults, as a list, and one of them on or off in a running lab. */
#include "tools/labcm/client.h"
#include "tools/labcm/commands.h"
#include "tools/labcm/faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char who[] = "labcm fault";

static void help(void)
{
    printf(
        "Usage: labcm fault list [--json|--markdown]\n"
        "       labcm fault NAME [on|off] [--device NAME|all] [--at PLACE] [--control PATH]\n\n"
        "The lab goes wrong in one way until the fault is switched off; without on or off it\n"
        "says how it stands. Of the group ctl one is on at a time.\n\n"
        "  --device NAME  the fault is kept to this device. TLS has no name for a connection\n"
        "                 that begins: the lab drops the device's, and while it is away takes\n"
        "                 every new one from its address for its own; the others stay\n"
        "                 connected. The list is fetched for a port group, not for a device:\n"
        "                 faults of TFTP and CTL are kept to the device's address, and the\n"
        "                 device must be registered when they are switched on. tls-expired and\n"
        "                 tls-future are everybody's, since the list names the certificate.\n"
        "  --at PLACE     where it strikes. sccp-cut-frame: after so many bytes of the message\n"
        "                 (0: instead of it). tls-silent, tls-reset, tls-closes, tls-garbage:\n"
        "                 instead of server-hello (their usual place), encrypted-extensions,\n"
        "                 certificate, server-key-exchange, certificate-request,\n"
        "                 certificate-verify, server-hello-done, change-cipher-spec or finished;\n"
        "                 where the TLS version has no such message, of the next one it has.\n"
        "                 each: whoever meets it next meets it at the next place.\n\n"
        "Examples:\n"
        "  labcm fault list\n"
        "  labcm fault tftp-silent on\n"
        "  labcm fault mwi-busy on --device CiscoUM1-VI3\n"
        "  labcm fault tls-reset on --device CiscoUM1-VI3 --at certificate-request\n"
        "  labcm fault sccp-cut-frame on --at each\n");
}

struct options {
    const char *control, *device, *at;
    bool json, markdown, help;
};

static bool read_options(struct options *o, int argc, char **argv)
{
    static const struct option longs[] = {{"control", required_argument, NULL, 'c'},
                                          {"device", required_argument, NULL, 'd'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"markdown", no_argument, NULL, 'm'},
                                          {"at", required_argument, NULL, 'a'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int c;

    while ((c = option_next(who, argc, argv, "h", longs)) != -1) {
        if (c == '?')
            return false;
        if (c == 'c')
            o->control = optarg;
        if (c == 'd')
            o->device = optarg;
        if (c == 'a')
            o->at = optarg;
        o->json |= c == 'j';
        o->markdown |= c == 'm';
        o->help |= c == 'h';
    }
    return true;
}

static int wrong_use(const char *fact, const char *word)
{
    fprintf(stderr, "%s: %s%s%s\nSee `%s --help`.\n", who, fact, *word ? ": " : "", word, who);
    return EXIT_USAGE;
}

/* ---- the list ------------------------------------------------------------------------------- */

static void print_table(void)
{
    printf("%-22s  %-5s  %-60s  %s\n", "Fault", "Group", "What the lab does", "What vmports says");
    for (unsigned i = 0; i < FAULT_COUNT; i++) {
        const struct fault *f = &fault_table[i];
        printf("%-22s  %-5s  %-60s  %s\n", f->name, fault_group_name(f->group), f->what,
               f->verdict);
    }
}

static json_t *doctor_json(enum fault_id id)
{
    const struct fault_doctor d = fault_doctor(id);

    return json_pack("{s:s,s:s,s:s,s:s}", "finds", fault_finds_name(d.finds), "step", d.step, "id",
                     d.id, "text", d.text);
}

static const char *at_word(enum fault_id id)
{
    static const char *const words[] = {NULL, "byte", "step"};

    return words[fault_at_kind(id)];
}

static void print_json(void)
{
    json_t *rows = json_array();

    for (unsigned i = 0; i < FAULT_COUNT; i++) {
        const struct fault *f = &fault_table[i];
        json_array_append_new(
            rows, json_pack("{s:s,s:s,s:s,s:s,s:s,s:b,s:b,s:s?,s:o}", "name", f->name, "group",
                            fault_group_name(f->group), "met", fault_met_name(f->met), "what",
                            f->what, "verdict", f->verdict, "ports_stay", f->stay, "device",
                            fault_has_devices((enum fault_id)i), "at", at_word((enum fault_id)i),
                            "doctor", doctor_json((enum fault_id)i)));
    }
    json_dumpf(rows, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(rows);
}

static const char *met_words(enum fault_met m)
{
    switch (m) {
    case FAULT_MET_FETCH:
        return "log, at the next fetch of the list";
    case FAULT_MET_CONNECT:
        return "log, when a port connects";
    case FAULT_MET_CALL:
        return "log, in a call";
    case FAULT_MET_TALK:
        return "log and `last_error` of `vmports status --json`, after some seconds of a call";
    case FAULT_MET_LAMP:
        return "result of `vmports mwi --wait`";
    }
    return "";
}

static void print_doctor(struct fault_doctor d)
{
    switch (d.finds) {
    case FAULT_FINDS_PROBLEM:
        printf(" %s: %s%s%s |\n", d.step, d.id, *d.id ? ", " : "", d.text);
        break;
    case FAULT_FINDS_WARNING:
        printf(" all well, but %s: %s%s%s |\n", d.step, d.id, *d.id ? ", " : "", d.text);
        break;
    case FAULT_FINDS_WELL:
        printf(" all well; %s: %s |\n", d.step, d.text);
        break;
    case FAULT_FINDS_NOTHING:
        printf(" not met: %s |\n", d.text);
        break;
    }
}

static void print_markdown(void)
{
    printf("# The fault menu\n\n"
           "Written by `labcm fault list --markdown`; `test/fault_list_test.sh` compares. Switch a "
           "fault on with\n`labcm fault NAME on`, off with `labcm fault NAME off`; "
           "`test/e2e/faults_test.sh` walks through all of them\nwith eight registered ports.\n\n"
           "The verdict of a log line stands also in `vmports status` (the port's or the port "
           "group's last error; `last_error_id`\nand `last_error` of `--json`) and, by kind, in "
           "`troubles` of the summary that `vmports run --json` prints at its end. A fault can be "
           "kept to one device (`--device`),\nand some can be told where to strike (`--at`): "
           "`labcm fault --help`; `test/e2e/fault_places_test.sh` walks through\nevery step of the "
           "handshake and every byte of a message. The last\n"
           "column is what `vmports doctor` says while the fault is on, with a list held from "
           "before: at which step, and which cause\nfirst (`test/e2e/doctor_faults_test.sh`).\n\n"
           "| fault | what the lab does | what vmports says | where it says so | ports | doctor "
           "|\n|---|---|---|---|---|---|\n");
    for (unsigned i = 0; i < FAULT_COUNT; i++) {
        const struct fault *f = &fault_table[i];
        printf("| `%s` | %s | `%s` | %s | %s |", f->name, f->what, f->verdict, met_words(f->met),
               f->stay ? "stay registered" : "come back when it ends");
        print_doctor(fault_doctor((enum fault_id)i));
    }
}

static int list(const struct options *o)
{
    if (o->json && o->markdown)
        return wrong_use("either --json or --markdown", "");
    if (o->json)
        print_json();
    else if (o->markdown)
        print_markdown();
    else
        print_table();
    return EXIT_DONE;
}

/* ---- one of them ---------------------------------------------------------------------------- */

static void say_state(void *arg, const json_t *reply)
{
    const char *device = json_string_value(json_object_get(reply, "device"));
    const char *at = json_string_value(json_object_get(reply, "at"));
    const json_t *met = json_object_get(reply, "met");

    printf("%s: %s", (const char *)arg, json_is_true(json_object_get(reply, "on")) ? "on" : "off");
    if (device)
        printf(" for %s", device);
    if (at)
        printf(" at %s", at);
    if (met)
        printf(", met %" JSON_INTEGER_FORMAT " times", json_integer_value(met));
    putchar('\n');
}

static int change(const struct options *o, const char *name, const char *state)
{
    json_t *request;

    if (fault_by_name(name) == FAULT_NONE) {
        const char *near =
            nearest_name(name, &fault_table[0].name, FAULT_COUNT, sizeof fault_table[0]);
        return wrong_use(near ? "no such fault; the nearest one is" : "no such fault",
                         near ? near : "");
    }
    request = json_pack("{s:s,s:s}", "command", "fault", "name", name);
    if (state)
        json_object_set_new(request, "on", json_boolean(strcmp(state, "on") == 0));
    if (o->device && strcmp(o->device, "all") != 0)
        json_object_set_new(request, "device", json_string(o->device));
    if (o->at)
        json_object_set_new(request, "at", json_string(o->at));
    return client_ask(who, o->control, request, say_state, (void *)(uintptr_t)name);
}

int cmd_fault(int argc, char **argv)
{
    struct options o = {0};

    if (!read_options(&o, argc, argv))
        return EXIT_USAGE;
    if (o.help) {
        help();
        return EXIT_DONE;
    }
    if (optind == argc)
        return wrong_use("`list` or the name of a fault is missing", "");
    const char *name = argv[optind++];
    if (strcmp(name, "list") == 0)
        return option_no_more(who, argc, argv) ? list(&o) : EXIT_USAGE;
    const char *state = optind < argc ? argv[optind++] : NULL;
    if (!option_no_more(who, argc, argv))
        return EXIT_USAGE;
    if (state && strcmp(state, "on") != 0 && strcmp(state, "off") != 0)
        return wrong_use("a fault is on or off, not", state);
    return change(&o, name, state);
}
