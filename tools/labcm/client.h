/* EDGE: what the commands that talk to a running `labcm run` share. */
#ifndef LABCM_CLIENT_H
#define LABCM_CLIENT_H

#include "tools/shared/command.h"
#include "tools/shared/control.h"

struct client_options {
    const char *control; /* NULL: the default */
    bool json, help, flag;
};

/* Reads --control, --json, the option `flag` (NULL: none) and --help; the rest of argv
 * begins at optind. False: said already. */
bool client_options_read(struct client_options *o, const char *who, int argc, char **argv,
                         bool json, const char *flag);
/* `request` is taken. Says on stderr what went wrong; returns the exit code. */
int client_ask(const char *who, const char *control, json_t *request,
               void (*reply)(void *arg, const json_t *reply), void *arg);
/* The words from optind on as an array of texts. */
json_t *client_words(int argc, char **argv);
/* A member of the request from a word of the command line; `option` is named where it does not fit.
 */
bool client_put_text(json_t *request, const char *name, const char *text);
bool client_put_number(json_t *request, const char *option, const char *name, const char *text,
                       unsigned lo, unsigned hi, struct err *e);
/* A member as printable text, "-" without one; `out` has 133 bytes. */
const char *client_text(const json_t *o, const char *name, char *out);
long long client_number(const json_t *o, const char *name);

#endif
