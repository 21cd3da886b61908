/* vmports mwi on|off EXT..., mwi -, mwi status. */
#include "base/text.h"
#include "tools/shared/progress.h"
#include "tools/vmports/client.h"
#include "tools/vmports/commands.h"
#include "tools/vmports/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char who[] = "vmports mwi";

static void help(void)
{
    printf(
        "Usage: vmports mwi on|off EXT... [--group NAME] [--wait] [--json] [--control PATH]\n"
        "       vmports mwi - [--group NAME] [--wait] [--json]     lines like \"on 1001\" from "
        "stdin\n"
        "       vmports mwi status [--json]\n\n"
        "Lamp requests go into the queue of the running `vmports run`; a free port dials the MWI\n"
        "number for each, as CUC does. With --wait each result is printed when it comes:\n"
        "confirmed, or why not, and the exit code is 1 if one failed. A request that finds no\n"
        "free port is given up after 30 s. `status` shows the queue. With several port groups\n"
        "the first that may dials, or that of --group.\n\n"
        "Examples:\n"
        "  vmports mwi on 1001 1002 --wait\n"
        "  sed 's/^/off /' extensions.txt | vmports mwi - --wait\n");
}

/* ---- what comes back ------------------------------------------------------------------------- */

struct results {
    bool json, wait;
    size_t confirmed, failed;
    struct progress *progress;
};

static void print_result(void *arg, const json_t *lamp)
{
    struct results *r = arg;
    char extension[TEXT_ESCAPED], result[TEXT_ESCAPED];
    bool confirmed = json_is_true(json_object_get(lamp, "confirmed"));

    *(confirmed ? &r->confirmed : &r->failed) += 1;
    progress_clear(r->progress);
    if (r->json) {
        json_dumpf(lamp, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
        putchar('\n');
    } else {
        printf("%-8s %-3s  %s", client_text(lamp, "extension", extension),
               json_is_true(json_object_get(lamp, "on")) ? "on" : "off",
               client_text(lamp, "result", result));
        if (json_object_get(lamp, "seconds"))
            printf(" (%.0f ms)", 1000 * json_number_value(json_object_get(lamp, "seconds")));
        putchar('\n');
    }
    fflush(stdout);
    progress_show(r->progress, "lamps: %zu confirmed, %zu failed", r->confirmed, r->failed);
}

static void print_queue(void *arg, const json_t *mwi)
{
    static const char *const names[] = {"queued", "active", "sent", "confirmed", "failed"};
    const bool *json = arg;

    if (*json) {
        json_dumpf(mwi, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
        putchar('\n');
        return;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        printf("%-16s %lld\n", names[i],
               (long long)json_integer_value(json_object_get(mwi, names[i])));
    printf("%-16s %.1f s\n", "oldest request",
           json_number_value(json_object_get(mwi, "oldest_seconds")));
}

/* ---- what is asked --------------------------------------------------------------------------- */

struct batch {
    struct control_client *client;
    struct ask ask;
    struct results results;
    int code;
};

/* Sends what has gathered; false when the other side cannot be talked to any more. */
static bool send_batch(struct batch *b)
{
    struct err e = {0};
    json_t *request;

    if (b->ask.lamp_count == 0)
        return true;
    request = ask_write(&b->ask);
    int code = control_ask(b->client, request, print_result, &b->results, &e);
    json_decref(request);
    b->ask.lamp_count = 0;
    b->code = b->code > code ? b->code : code;
    if (e.kind == ERR_NONE)
        return true;
    progress_clear(b->results.progress);
    command_fail(who, &e);
    return false;
}

static bool add_lamp(struct batch *b, const struct ask_lamp *lamp)
{
    b->ask.lamps[b->ask.lamp_count++] = *lamp;
    return b->ask.lamp_count < ASK_LAMPS_MAX || send_batch(b);
}

static int lamps_of_stdin(struct batch *b)
{
    char line[256];
    struct err e = {0};

    for (unsigned long number = 1; fgets(line, sizeof line, stdin); number++) {
        struct ask_lamp lamp;
        bool blank;
        if (!strchr(line, '\n') && !feof(stdin))
            (void)err_set(&e, ERR_USAGE, "the line is too long");
        else if (ask_lamp_line(line, &lamp, &blank, &e) && (blank || add_lamp(b, &lamp)))
            continue;
        if (e.kind == ERR_NONE)
            return EXIT_FAILED;
        /* What stands before the mistake is sent: a pipe cannot be read twice. */
        if (!send_batch(b))
            return EXIT_FAILED;
        (void)err_in(&e, "stdin line %lu", number);
        return command_fail(who, &e);
    }
    return send_batch(b) ? b->code : EXIT_FAILED;
}

static int lamps_of_words(struct batch *b, bool on, int count, char **words)
{
    for (int i = 0; i < count; i++) {
        struct ask_lamp lamp = {.on = on};
        snprintf(lamp.extension, sizeof lamp.extension, "%s", words[i]);
        if (!add_lamp(b, &lamp))
            return EXIT_FAILED;
    }
    return send_batch(b) ? b->code : EXIT_FAILED;
}

static bool words_ok(int count, char **words)
{
    for (int i = 0; i < count; i++) {
        if (ask_extension_ok(words[i]))
            continue;
        fprintf(stderr, "%s: \"%.40s\" is not an extension (1-24 of 0-9 * # A-D +)\n", who,
                words[i]);
        return false;
    }
    if (count == 0)
        fprintf(stderr, "%s: which extensions? for example: vmports mwi on 1001\n", who);
    return count > 0;
}

static int lamps(const struct client_options *o, int argc, char **argv)
{
    struct batch b = {.ask = {.kind = ASK_MWI, .wait = o->wait}, .results = {.json = o->json}};
    bool from_stdin = strcmp(argv[0], "-") == 0;
    char path[PATH_TEXT];
    struct err e = {0};
    int code;

    if (o->group && (!*o->group || strlen(o->group) > ASK_GROUP_MAX)) {
        fprintf(stderr, "%s: --group: a name has 1-%d characters\n", who, ASK_GROUP_MAX);
        return EXIT_USAGE;
    }
    snprintf(b.ask.group, sizeof b.ask.group, "%s", o->group ? o->group : "");
    if (!from_stdin && !words_ok(argc - 1, argv + 1))
        return EXIT_USAGE;
    if (!control_path(o->control, path, &e))
        return command_fail(who, &e);
    b.client = control_connect("vmports", path, &e);
    if (!b.client)
        return command_fail(who, &e);
    b.ask.lamps = calloc(ASK_LAMPS_MAX, sizeof *b.ask.lamps);
    b.results.progress = o->wait ? progress_new(NULL, false) : NULL;
    if (!b.ask.lamps)
        code = EXIT_FAILED;
    else
        code = from_stdin ? lamps_of_stdin(&b)
                          : lamps_of_words(&b, strcmp(argv[0], "on") == 0, argc - 1, argv + 1);
    progress_free(b.results.progress);
    control_disconnect(b.client);
    ask_free(&b.ask);
    return code;
}

int cmd_mwi(int argc, char **argv)
{
    const struct client_options takes = {.group = "", .json = true, .wait = true};
    const struct ask queue = {.kind = ASK_MWI_STATUS};
    struct client_options o;

    if (!client_options_read(&o, who, argc, argv, &takes))
        return EXIT_USAGE;
    if (o.help) {
        help();
        return EXIT_DONE;
    }
    argc -= optind;
    argv += optind;
    if (argc == 1 && strcmp(argv[0], "status") == 0)
        return client_ask(who, &o, &queue, print_queue, &o.json);
    if ((argc == 1 && strcmp(argv[0], "-") == 0) ||
        (argc > 0 && (strcmp(argv[0], "on") == 0 || strcmp(argv[0], "off") == 0)))
        return lamps(&o, argc, argv);
    fprintf(stderr, "%s: on EXT..., off EXT..., - or status?\nSee `%s --help`.\n", who, who);
    return EXIT_USAGE;
}
