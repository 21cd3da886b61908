/* vmports stop, reset, reload. */
#include "base/text.h"
#include "tools/vmports/client.h"
#include "tools/vmports/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cmd_stop(int argc, char **argv)
{
    static const char who[] = "vmports stop";
    const struct ask a = {.kind = ASK_STOP};
    struct client_options o;

    if (!client_options_read(&o, who, argc, argv, &(struct client_options){0}))
        return EXIT_USAGE;
    if (o.help) {
        printf("Usage: vmports stop [--control PATH]\n\n"
               "Ends the running `vmports run` as SIGTERM does: no new calls, those that are up "
               "may end\n"
               "within its --drain seconds, then all ports unregister. Returns when it has ended; "
               "asked\n"
               "a second time, it ends at once.\n");
        return EXIT_DONE;
    }
    return option_no_more(who, argc, argv) ? client_ask(who, &o, &a, NULL, NULL) : EXIT_USAGE;
}

static void print_reset(void *arg, const json_t *reply)
{
    const long long ports = json_integer_value(json_object_get(reply, "reset"));

    (void)arg;
    printf("%lld port%s reset\n", ports, ports == 1 ? " is" : "s are");
}

static bool take_names(struct ask *a, int count, char **names)
{
    static const char who[] = "vmports reset";

    if (count > ASK_PORTS_MAX) {
        fprintf(stderr, "%s: %d names, at most %d will do; without names all ports are reset\n",
                who, count, ASK_PORTS_MAX);
        return false;
    }
    a->ports = calloc((size_t)count + 1, sizeof *a->ports);
    for (int i = 0; a->ports && i < count; i++) {
        size_t len = strlen(names[i]);
        if (len == 0 || len > ASK_PORT_NAME_MAX) {
            fprintf(stderr,
                    "%s: \"%.40s\" is no port's name: it has %zu characters, 1-%d will do\n", who,
                    names[i], len, ASK_PORT_NAME_MAX);
            return false;
        }
        memcpy(a->ports[i].name, names[i], len + 1);
    }
    a->port_count = (size_t)count;
    return a->ports != NULL;
}

int cmd_reset(int argc, char **argv)
{
    static const char who[] = "vmports reset";
    struct ask a = {.kind = ASK_RESET};
    struct client_options o;

    if (!client_options_read(&o, who, argc, argv, &(struct client_options){0}))
        return EXIT_USAGE;
    if (o.help) {
        printf("Usage: vmports reset [PORT...] [--control PATH]\n\n"
               "As *reset port group* on CUC: drops the ports, fetches the CTL anew, registers "
               "again.\n"
               "Without names every port is reset.\n\n"
               "Example: vmports reset CiscoUM1-VI3\n");
        return EXIT_DONE;
    }
    int code = take_names(&a, argc - optind, argv + optind)
                   ? client_ask(who, &o, &a, print_reset, NULL)
                   : EXIT_USAGE;
    ask_free(&a);
    return code;
}

/* log_escape takes 128 bytes at a time. */
static void print_escaped(const char *text)
{
    char out[TEXT_ESCAPED];

    for (size_t left = strlen(text); left > 0;) {
        const size_t n = left < 32 ? left : 32;
        fputs(log_escape(text, n, out, sizeof out), stdout);
        text += n;
        left -= n;
    }
}

static void print_line(void *arg, const json_t *line)
{
    const struct client_options *o = arg;
    const char *text = json_string_value(json_object_get(line, "text"));
    char group[TEXT_ESCAPED];

    if (o->json) {
        json_dumpf(line, stdout, JSON_COMPACT);
        putchar('\n');
        return;
    }
    client_text(line, "group", group);
    printf("%s%s", group, group[0] ? ": " : "");
    print_escaped(text ? text : "");
    putchar('\n');
}

int cmd_reload(int argc, char **argv)
{
    static const char who[] = "vmports reload";
    const struct ask a = {.kind = ASK_RELOAD};
    struct client_options o;

    if (!client_options_read(&o, who, argc, argv, &(struct client_options){.json = true}))
        return EXIT_USAGE;
    if (o.help) {
        printf("Usage: vmports reload [--json] [--control PATH]\n\n"
               "The running `vmports run --config FILE` reads FILE anew, as on SIGHUP, and applies "
               "what\n"
               "changed; a line for each port group. Ports that the changes do not concern stay "
               "registered\n"
               "and in their calls; those that are gone, or whose registration changes, leave when "
               "their\n"
               "call is over. A faulty file is refused with its lines (exit code 1), and all stays "
               "as it was.\n\n"
               "Example: vmports check vmports.conf && vmports reload\n");
        return EXIT_DONE;
    }
    return option_no_more(who, argc, argv) ? client_ask(who, &o, &a, print_line, &o) : EXIT_USAGE;
}
