/* EDGE: a program's command line: its table of commands, its usage, its errors in one shape. */
#ifndef SHARED_COMMAND_H
#define SHARED_COMMAND_H

#include "base/err.h"

#include <getopt.h>
#include <stdio.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct command {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit code */
    const char *help;                  /* one line, lower case, no full stop */
    bool holds_keys;                   /* its memory is nobody's business: secrets.h */
};

struct program {
    const char *name;     /* "vmports" */
    const char *about;    /* one line */
    const char *examples; /* lines, indented by two, for the end of the usage */
    const struct command *commands;
    size_t count;
};

/* Serves `help [COMMAND]`, `--help`, `--version`, and hands the rest to the table. A command gets
 * "--help" itself. Returns the exit code. */
int program_main(const struct program *p, int argc, char **argv);

/* getopt_long with words of ours: returns what getopt_long returns, -1 at the end, '?' when the
 * option was wrong, which has then been said on stderr ("vmports run: unknown option --prots; did
 * you mean --ports?"). `who` is "vmports run". `shorts` without a leading colon. */
int option_next(const char *who, int argc, char **argv, const char *shorts,
                const struct option *longs);
/* True when no argument is left; else says so on stderr. */
bool option_no_more(const char *who, int argc, char **argv);

/* "vmports run: the fact" and, on the next line, what to do; for a person, on stderr. Returns the
 * exit code: EXIT_USAGE for ERR_USAGE, else EXIT_FAILED. */
int command_fail(const char *who, const struct err *e);

/* The nearest of `count` names, or NULL when none is near. `names` are read with `stride` bytes
 * between pointers, so that a table of structs will do. */
const char *nearest_name(const char *word, const char *const *names, size_t count, size_t stride);

/* The second word of a command that has some, as of `vmports ctl show`: its place in the table, or
 * `count` when help was asked for or the word is wrong; that has then been said, and `code` is the
 * exit code. */
struct word_table {
    const char *const *names;
    size_t count, stride;
};
size_t command_word(const char *who, int argc, char **argv, const struct word_table *words,
                    void (*help)(FILE *to), int *code);

#endif
