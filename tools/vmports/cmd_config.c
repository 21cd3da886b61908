/* EDGE: vmports check FILE; vmports config example. */
#include "tools/shared/command.h"
#include "tools/vmports/commands.h"
#include "tools/vmports/settings_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char check_help[] =
    "Usage: vmports check FILE\n\n"
    "Reads a settings file as `vmports run --config FILE` would, and names line and value of "
    "every\n"
    "mistake on stderr. Greetings are read, too. Nothing is started and nobody is asked.\n\n"
    "Exit code: 0 the file is good, 1 it is not, 2 wrong use.\n";

static const char config_help[] =
    "Usage: vmports config example\n\n"
    "Prints a settings file with every setting, its default and what it means:\n\n"
    "  vmports config example >vmports.conf\n";

static const struct option only_help[] = {{"help", no_argument, NULL, 'h'}, {0}};

/* False: it is over, with *code. */
static bool no_options(const char *who, const char *help, int argc, char **argv, int *code)
{
    const int c = option_next(who, argc, argv, "h", only_help);

    if (c == 'h')
        fputs(help, stdout);
    *code = c == 'h' ? EXIT_DONE : EXIT_USAGE;
    return c == -1;
}

/* ---- check ---------------------------------------------------------------------------------- */

static bool check_greetings(const struct config *c, const char *who)
{
    struct greetings g = {0};
    bool good = true;

    for (size_t i = 0; i < c->run.group_count; i++) {
        struct err e = {0};
        if (greetings_get(&g, c->more[i].greeting, &e))
            continue;
        err_in(&e, "port group \"%s\"", c->groups[i].name);
        command_fail(who, &e);
        good = false;
    }
    greetings_free(&g);
    return good;
}

static void say_good(const struct config *c, const char *path)
{
    const size_t groups = c->run.group_count;
    size_t ports = 0;

    for (size_t i = 0; i < groups; i++)
        ports += c->groups[i].count;
    printf("%s is good: %zu port group%s with %zu port%s\n", path, groups, groups == 1 ? "" : "s",
           ports, ports == 1 ? "" : "s");
}

static int check(const char *who, const char *path)
{
    struct err e = {0};
    struct config *c = settings_file_read(path, &e);
    bool good;

    if (!c)
        return command_fail(who, &e);
    settings_file_print_mistakes(c, path, stderr);
    good = check_greetings(c, who) && c->mistake_count == 0;
    if (good)
        say_good(c, path);
    config_free(c);
    return good ? EXIT_DONE : EXIT_FAILED;
}

int cmd_check(int argc, char **argv)
{
    static const char who[] = "vmports check";
    struct err e;
    int code;

    if (!no_options(who, check_help, argc, argv, &code))
        return code;
    if (optind >= argc) {
        err_set(&e, ERR_USAGE, "no settings file is named");
        return command_fail(who, &e);
    }
    const char *path = argv[optind++];
    return option_no_more(who, argc, argv) ? check(who, path) : EXIT_USAGE;
}

/* ---- config ---------------------------------------------------------------------------------- */

static int example(const char *who)
{
    struct err e;
    char *text = config_example();

    if (!text) {
        err_set(&e, ERR_MEMORY, "no memory for the example");
        return command_fail(who, &e);
    }
    fputs(text, stdout);
    free(text);
    return EXIT_DONE;
}

int cmd_config(int argc, char **argv)
{
    static const char who[] = "vmports config";
    struct err e;
    int code;

    if (!no_options(who, config_help, argc, argv, &code))
        return code;
    if (optind >= argc || strcmp(argv[optind], "example") != 0) {
        err_set(&e, ERR_USAGE, "%.40s: wanted is: vmports config example",
                optind < argc ? argv[optind] : "nothing");
        return command_fail(who, &e);
    }
    optind++;
    return option_no_more(who, argc, argv) ? example(who) : EXIT_USAGE;
}
