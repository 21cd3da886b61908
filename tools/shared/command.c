#include "tools/shared/command.h"

#include "tools/shared/secrets.h"

#include <ctype.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* `vmports status | head`: whoever reads has seen enough. */
static bool reader_has_gone(void)
{
    struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&p, 1, 0) == 1 && (p.revents & POLLERR);
}

/* Nothing written to a full disk may pass for done. */
static int flushed(const char *who, int code)
{
    if ((fflush(stdout) == 0 && !ferror(stdout)) || reader_has_gone())
        return code;
    fprintf(stderr, "%s: the output could not be written\n", who);
    return code == EXIT_DONE ? EXIT_FAILED : code;
}

static void usage(const struct program *p, FILE *to)
{
    fprintf(to, "%s: %s\n\nUsage: %s COMMAND [options]\n", p->name, p->about, p->name);
    for (size_t i = 0; i < p->count; i++)
        fprintf(to, "  %-10s %s\n", p->commands[i].name, p->commands[i].help);
    fprintf(to, "  %-10s %s\n\n", "help", "this list, or what one command takes: help COMMAND");
    fprintf(to, "Examples:\n%s", p->examples);
    fprintf(to, "Exit code: 0 done, 1 tried and failed, 2 wrong use. Data goes to stdout, talk to "
                "stderr.\n");
}

static const struct command *find(const struct program *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->commands[i].name, name) == 0)
            return &p->commands[i];
    return NULL;
}

static int no_such_command(const struct program *p, const char *name)
{
    const char *near =
        p->count ? nearest_name(name, &p->commands[0].name, p->count, sizeof *p->commands) : NULL;

    fprintf(stderr, "%s: no command \"%.40s\"", p->name, name);
    if (near)
        fprintf(stderr, "; did you mean %s?", near);
    fprintf(stderr, "\nSee `%s help`.\n", p->name);
    return EXIT_USAGE;
}

static int help_of(const struct program *p, const char *name)
{
    const struct command *c = find(p, name);
    char word[64], help[] = "--help";

    if (!c)
        return no_such_command(p, name);
    snprintf(word, sizeof word, "%s", c->name);
    return c->run(2, (char *[]){word, help, NULL});
}

static int dispatch(const struct program *p, int argc, char **argv)
{
    const char *first = argc > 1 ? argv[1] : NULL;

    if (!first) {
        usage(p, stderr);
        return EXIT_USAGE;
    }
    if (strcmp(first, "--version") == 0 || strcmp(first, "version") == 0) {
        printf("%s %s\n", p->name, VMPORTS_VERSION);
        return EXIT_DONE;
    }
    if (strcmp(first, "help") == 0 && argc > 2)
        return help_of(p, argv[2]);
    if (strcmp(first, "help") == 0 || strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0) {
        usage(p, stdout);
        return EXIT_DONE;
    }
    const struct command *c = find(p, first);
    if (c && c->holds_keys)
        secrets_keep_in();
    return c ? c->run(argc - 1, argv + 1) : no_such_command(p, first);
}

int program_main(const struct program *p, int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a write that fails says so */
    signal(SIGXFSZ, SIG_IGN); /* and so does one to a file that may not grow */
    return flushed(p->name, dispatch(p, argc, argv));
}

static void say_option(const char *who, const char *word, const struct option *longs)
{
    size_t count = 0;

    while (longs[count].name)
        count++;
    fprintf(stderr, "%s: unknown option %.60s", who, word);
    if (strncmp(word, "--", 2) == 0 && count) {
        char bare[64];
        snprintf(bare, sizeof bare, "%.*s", (int)strcspn(word + 2, "="), word + 2);
        const char *near = nearest_name(bare, &longs[0].name, count, sizeof *longs);
        if (near)
            fprintf(stderr, "; did you mean --%s?", near);
    }
    fprintf(stderr, "\nSee `%s --help`.\n", who);
}

int option_next(const char *who, int argc, char **argv, const char *shorts,
                const struct option *longs)
{
    char quiet[128];

    opterr = 0;
    snprintf(quiet, sizeof quiet, ":%s", shorts);
    int at = optind ? optind : 1;
    int c = getopt_long(argc, argv, quiet, longs, NULL);
    const char *word = at < argc ? argv[at] : "";
    if (c == ':') {
        fprintf(stderr, "%s: %.60s needs a value\nSee `%s --help`.\n", who,
                optind > 0 && optind <= argc ? argv[optind - 1] : word, who);
        return '?';
    }
    if (c != '?')
        return c;
    char one[3] = {'-', (char)optopt, '\0'};
    if (optopt > 0 && optopt < 128 && isgraph(optopt) && strncmp(word, "--", 2) != 0)
        say_option(who, one, longs);
    else
        say_option(who, optind > 0 && optind <= argc ? argv[optind - 1] : word, longs);
    return '?';
}

bool option_no_more(const char *who, int argc, char **argv)
{
    if (optind >= argc)
        return true;
    fprintf(stderr, "%s: \"%.60s\" is one word too many\nSee `%s --help`.\n", who, argv[optind],
            who);
    return false;
}

int command_fail(const char *who, const struct err *e)
{
    const char *id = err_id(e->kind), *advice = err_advice(e->kind);

    fprintf(stderr, "%s: %s%s%s\n", who, id, *id ? " " : "", e->text);
    if (e->kind == ERR_USAGE)
        fprintf(stderr, "See `%s --help`.\n", who);
    else if (*advice)
        fprintf(stderr, "%*s  %s\n", (int)strlen(who), "", advice);
    return e->kind == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

/* Letters changed, added, missing or swapped with their neighbour: three rows of the usual table.
 */
static unsigned distance(const char *a, const char *b)
{
    enum { MOST = 32 };
    unsigned rows[3][MOST + 1];
    size_t la = strlen(a), lb = strlen(b);

    if (la > MOST || lb > MOST)
        return MOST;
    for (unsigned j = 0; j <= lb; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= la; i++) {
        unsigned *now = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];
        now[0] = i;
        for (unsigned j = 1; j <= lb; j++) {
            unsigned best = up[j - 1] + (a[i - 1] != b[j - 1]);
            if (up[j] + 1 < best)
                best = up[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                up2[j - 2] + 1 < best)
                best = up2[j - 2] + 1;
            now[j] = best;
        }
    }
    return rows[la % 3][lb];
}

/* A table of structs, read at the pointers to their names. */
static const char *name_at(const char *const *names, size_t stride, size_t i)
{
    return *(const char *const *)(const void *)((const char *)names + i * stride);
}

const char *nearest_name(const char *word, const char *const *names, size_t count, size_t stride)
{
    const char *best = NULL;
    unsigned least = strlen(word) < 4 ? 2 : 3; /* below this many mistakes */

    for (size_t i = 0; i < count; i++) {
        const char *name = name_at(names, stride, i);
        unsigned d = distance(word, name);
        if (d < least) {
            least = d;
            best = name;
        }
    }
    return best;
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

size_t command_word(const char *who, int argc, char **argv, const struct word_table *words,
                    void (*help)(FILE *to), int *code)
{
    const char *word = argc > 1 ? argv[1] : "";
    struct err e;

    for (size_t i = 0; i < words->count; i++)
        if (strcmp(word, name_at(words->names, words->stride, i)) == 0)
            return i;
    *code = asks_for_help(word) ? EXIT_DONE : EXIT_USAGE;
    if (!*word || *code == EXIT_DONE) {
        help(*code == EXIT_DONE ? stdout : stderr);
        return words->count;
    }
    const char *near = nearest_name(word, words->names, words->count, words->stride);
    err_set(&e, ERR_USAGE, "unknown command \"%.60s\"%s%s", word, near ? "; did you mean " : "",
            near ? near : "");
    *code = command_fail(who, &e);
    return words->count;
}
