/* EDGE: vmports ctl: its commands and options. */
#include "tools/vmports/cmd_ctl.h"

#include "base/clock.h"
#include "tools/shared/options.h"
#include "tools/vmports/commands.h"

#include <stdio.h>
#include <string.h>

enum { OPT_HELD = 256, OPT_STATE_DIR, OPT_STRICT, OPT_PIN, OPT_FIRST, OPT_HELP };

struct subcommand {
    const char *name;
    int (*run)(const struct given *g);
    const char *arguments, *help, *shorts;
    const struct option *options;
    size_t files_least, files_most;
};

#define HELP_OPTION                                                                                \
    {                                                                                              \
        "help", no_argument, NULL, OPT_HELP                                                        \
    }
#define END_OPTION                                                                                 \
    {                                                                                              \
        NULL, 0, NULL, 0                                                                           \
    }
#define STATE_OPTION                                                                               \
    {                                                                                              \
        "state-dir", required_argument, NULL, OPT_STATE_DIR                                        \
    }
#define POLICY_OPTIONS                                                                             \
    {"strict", no_argument, NULL, OPT_STRICT}, {"pin", required_argument, NULL, OPT_PIN},          \
    {                                                                                              \
        "first", required_argument, NULL, OPT_FIRST                                                \
    }

static const struct option fetch_options[] = {{"tftp", required_argument, NULL, 't'},
                                              {"output", required_argument, NULL, 'o'},
                                              STATE_OPTION,
                                              POLICY_OPTIONS,
                                              HELP_OPTION,
                                              END_OPTION};
static const struct option state_options[] = {STATE_OPTION, HELP_OPTION, END_OPTION};
static const struct option verify_options[] = {
    {"held", required_argument, NULL, OPT_HELD}, POLICY_OPTIONS, HELP_OPTION, END_OPTION};
static const struct option strict_options[] = {
    {"strict", no_argument, NULL, OPT_STRICT}, HELP_OPTION, END_OPTION};

static const struct subcommand all[] = {
    {"fetch", ctl_cmd_fetch, "-t HOST[:PORT],... [-o FILE]",
     "fetch the list by TFTP, judge it, and hold it; with -o only write it to FILE",
     "t:o:", fetch_options, 0, 0},
    {"show", ctl_cmd_show, "[FILE]",
     "print a list as CUCM's `show ctl` does; without FILE the held one", "", state_options, 0, 1},
    {"verify", ctl_cmd_verify, "FILE [--held FILE] [--strict]",
     "say whether a list would be accepted, and why not", "", verify_options, 1, 1},
    {"diff", ctl_cmd_diff, "OLD NEW",
     "say what changed between two lists, and what a port would do", "", strict_options, 2, 2},
    {"accept", ctl_cmd_accept, "FILE", "hold this list from now on, even if its signer is unknown",
     "", state_options, 1, 1},
    {"forget", ctl_cmd_forget, "", "hold no list any more: the next one is the first", "",
     state_options, 0, 0},
};

static void print_help(FILE *to)
{
    fprintf(to, "Usage: vmports ctl COMMAND [options]\n");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        fprintf(to, "  %s%s%s\n", all[i].name, *all[i].arguments ? " " : "", all[i].arguments);
        fprintf(to, "      %s\n", all[i].help);
    }
    fprintf(
        to,
        "Options\n"
        "  -t, --tftp HOST[:PORT],...  TFTP servers in order\n"
        "  -o, --output FILE           write the bytes to FILE and hold nothing\n"
        "  --state-dir DIR             where the held list is; default as `vmports run` has it\n"
        "  --held FILE                 verify: judge against this list, as if it were held\n"
        "  --first accept|pin|refuse   what a first list needs (accept)\n"
        "  --pin SHA256                of the signer's certificate or of the file; a first\n"
        "                              list must match it\n"
        "  --strict                    refuse what is else warned of: names unlike the\n"
        "                              certificate's, an older list\n"
        "Example: vmports ctl fetch -t 10.48.46.182 && vmports ctl show\n");
}

static bool take_servers(struct given *g, const char *text, struct err *e)
{
    struct host_port places[SERVERS_MAX];

    if (!option_hosts("--tftp", text, 69, places, SERVERS_MAX, &g->server_count, e))
        return false;
    for (size_t i = 0; i < g->server_count; i++) {
        snprintf(g->servers[i].host, sizeof g->servers[i].host, "%.255s", places[i].host);
        g->servers[i].port = places[i].port;
    }
    return true;
}

static bool take_pin(struct given *g, const char *text, struct err *e)
{
    size_t digits = 0;

    for (const char *p = text; *p; p++) {
        if (*p == ':')
            continue;
        if (!strchr("0123456789abcdefABCDEF", *p))
            return err_set(e, ERR_USAGE, "--pin \"%.100s\" is not a SHA-256 in hex", text);
        digits++;
    }
    if (digits != 64)
        return err_set(e, ERR_USAGE, "--pin has %zu hex digits, a SHA-256 has 64", digits);
    g->policy.pin_sha256 = text;
    g->policy.first = CTL_FIRST_PIN;
    return true;
}

static bool take_first(struct given *g, const char *text, struct err *e)
{
    static const char *const words[] = {"accept", "pin", "refuse", NULL};
    unsigned first;

    if (!option_word("--first", text, words, &first, e))
        return false;
    g->policy.first = (enum ctl_first)first;
    return true;
}

static bool take_option(struct given *g, int option, const char *text, struct err *e)
{
    switch (option) {
    case 't':
        return take_servers(g, text, e);
    case 'o':
        g->output = text;
        return true;
    case OPT_HELD:
        g->held = text;
        return true;
    case OPT_STATE_DIR:
        if (strlen(text) >= PATH_TEXT)
            return err_set(e, ERR_USAGE, "--state-dir is longer than %d characters", PATH_TEXT - 1);
        g->state_dir = text;
        return true;
    case OPT_PIN:
        return take_pin(g, text, e);
    case OPT_FIRST:
        return take_first(g, text, e);
    default:
        g->policy.strict = true;
        return true;
    }
}

static bool take_files(struct given *g, const struct subcommand *c, int argc, char **argv,
                       struct err *e)
{
    size_t count = (size_t)(argc - optind);

    if (count < c->files_least)
        return err_set(e, ERR_USAGE, "a file is missing: vmports ctl %s %s", c->name, c->arguments);
    if (count > c->files_most)
        return err_set(e, ERR_USAGE, "\"%.100s\" is too much: vmports ctl %s %s",
                       argv[optind + (int)c->files_most], c->name, c->arguments);
    for (size_t i = 0; i < count; i++)
        g->files[g->file_count++] = argv[optind + (int)i];
    if (g->policy.first == CTL_FIRST_PIN && !g->policy.pin_sha256)
        return err_set(e, ERR_USAGE, "--first pin needs --pin SHA256");
    return true;
}

static int run_subcommand(const struct subcommand *c, int argc, char **argv)
{
    char who[40];
    struct given g = {.who = who, .policy = {.now_s = clock_wall_ns() / NS_PER_S}};
    struct err e;
    int option;

    snprintf(who, sizeof who, "vmports ctl %s", c->name);
    while ((option = option_next(who, argc, argv, c->shorts, c->options)) != -1) {
        if (option == OPT_HELP) {
            print_help(stdout);
            return EXIT_DONE;
        }
        if (option == '?')
            return EXIT_USAGE;
        if (!take_option(&g, option, optarg, &e))
            return command_fail(who, &e);
    }
    if (!take_files(&g, c, argc, argv, &e))
        return command_fail(who, &e);
    return c->run(&g);
}

int cmd_ctl(int argc, char **argv)
{
    const struct word_table words = {&all[0].name, sizeof all / sizeof all[0], sizeof all[0]};
    int code;
    const size_t i = command_word("vmports ctl", argc, argv, &words, print_help, &code);

    return i < words.count ? run_subcommand(&all[i], argc - 1, argv + 1) : code;
}
