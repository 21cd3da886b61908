/* vmports status: one row a port, with RTMT's column names. */
#include "base/text.h"
#include "tools/shared/progress.h"
#include "tools/vmports/client.h"
#include "tools/vmports/commands.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char who[] = "vmports status";

static void help(void)
{
    printf(
        "Usage: vmports status [--json] [--watch] [--control PATH]\n\n"
        "Asks the running `vmports run` for its ports: the columns of RTMT's port monitor, then "
        "the\n"
        "state of the registration, security mode and padlock (SRTP both ways in the call that is\n"
        "up), TLS, counters and the last error. --watch shows it anew each second until ^C.\n");
}

/* ---- the table ------------------------------------------------------------------------------- */

struct column {
    const char *title, *member;
    const char *(*cell)(const json_t *row, char *out); /* NULL: the member's text */
    int width;
};

static const char *lock_cell(const json_t *row, char *out)
{
    (void)out;
    return json_is_true(json_object_get(row, "call_encrypted")) ? "padlock" : "-";
}

static const char *number(const json_t *row, const char *name, char *out)
{
    snprintf(out, TEXT_ESCAPED, "%lld", (long long)json_integer_value(json_object_get(row, name)));
    return out;
}

static const char *calls_cell(const json_t *row, char *out)
{
    return number(row, "calls", out);
}

static const char *lamps_cell(const json_t *row, char *out)
{
    snprintf(out, TEXT_ESCAPED, "%lld/%lld",
             (long long)json_integer_value(json_object_get(row, "mwi_sent")),
             (long long)json_integer_value(json_object_get(row, "mwi_failed")));
    return out;
}

static struct column columns[] = {
    {.title = "Port Name"},
    {.title = "Caller"},
    {.title = "Called"},
    {.title = "Reason"},
    {.title = "Redir"},
    {.title = "Last Redir"},
    {.title = "Application Status"},
    {.title = "Display Status"},
    {.title = "Conversation Status"},
    {.title = "Port Ext"},
    {.title = "Connected To"},
    {.title = "State", .member = "state"},
    {.title = "Security", .member = "security"},
    {.title = "Lock", .cell = lock_cell},
    {.title = "Cipher", .member = "cipher"},
    {.title = "Calls", .cell = calls_cell},
    {.title = "Lamps/Failed", .cell = lamps_cell},
};
#define COLUMNS (sizeof columns / sizeof columns[0])

static const char *cell_of(const struct column *c, const json_t *row, char *out)
{
    const char *text =
        c->cell ? c->cell(row, out) : client_text(row, c->member ? c->member : c->title, out);
    return *text ? text : "-";
}

static void measure(const json_t *rows)
{
    char text[TEXT_ESCAPED];
    const json_t *row;
    size_t i;

    for (size_t c = 0; c < COLUMNS; c++)
        columns[c].width = (int)strlen(columns[c].title);
    json_array_foreach(rows, i, row)
    {
        for (size_t c = 0; c < COLUMNS; c++) {
            int len = (int)strlen(cell_of(&columns[c], row, text));
            columns[c].width = len > columns[c].width ? len : columns[c].width;
        }
    }
}

static enum term_style style_of(const json_t *row)
{
    if (!json_is_true(json_object_get(row, "registered")))
        return TERM_RED;
    return json_is_true(json_object_get(row, "call_encrypted")) ? TERM_GREEN : TERM_PLAIN;
}

static void print_row(const json_t *row, bool colour)
{
    char text[TEXT_ESCAPED];

    printf("%s", term_style(colour, style_of(row)));
    for (size_t c = 0; c < COLUMNS; c++)
        printf("%-*s%s", c + 1 < COLUMNS ? columns[c].width : 0, cell_of(&columns[c], row, text),
               c + 1 < COLUMNS ? "  " : "");
    printf("%s\n", term_style(colour, TERM_PLAIN));
}

static void print_titles(bool colour)
{
    printf("%s", term_style(colour, TERM_BOLD));
    for (size_t c = 0; c < COLUMNS; c++)
        printf("%-*s%s", c + 1 < COLUMNS ? columns[c].width : 0, columns[c].title,
               c + 1 < COLUMNS ? "  " : "");
    printf("%s\n", term_style(colour, TERM_PLAIN));
}

/* Why it does not go now, in red; else what went wrong last. The first lines tell enough of ten
 * thousand ports. */
#define ERRORS_SHOWN 20

static void print_error(const json_t *row, const char *name, bool colour)
{
    char who_text[TEXT_ESCAPED], why[TEXT_ESCAPED], id[TEXT_ESCAPED];
    bool now = *client_text(row, "reason", why) != '\0';

    client_text(row, "last_error_id", id);
    printf("%s%s: %s%s%s%s%s\n", term_style(colour, now ? TERM_RED : TERM_PLAIN),
           client_text(row, name, who_text), now ? "" : "earlier: ", id, *id ? " " : "",
           client_text(row, "last_error", why), term_style(colour, TERM_PLAIN));
}

static void print_errors(const json_t *rows, const char *name, bool colour)
{
    char text[TEXT_ESCAPED];
    unsigned shown = 0;
    const json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        if (*client_text(row, "last_error", text) && shown++ < ERRORS_SHOWN)
            print_error(row, name, colour);
    }
    if (shown > ERRORS_SHOWN)
        printf("%u more: see `vmports status --json`\n", shown - ERRORS_SHOWN);
}

static void print_totals(const json_t *t)
{
    const json_t *mwi = json_object_get(t, "mwi");
    char a[TEXT_ESCAPED], b[TEXT_ESCAPED], c[TEXT_ESCAPED], d[TEXT_ESCAPED];

    printf("\n%s of %s ports registered, %s in use, %s locked. ", number(t, "registered", a),
           number(t, "ports", b), number(t, "ports_in_use", c), number(t, "ports_locked", d));
    printf("Calls: %s, failed %s. ", number(t, "calls", a), number(t, "calls_failed", b));
    printf("Lamps: %s sent, %s confirmed, %s failed, %s waiting.\n", number(mwi, "sent", a),
           number(mwi, "confirmed", b), number(mwi, "failed", c), number(mwi, "queued", d));
}

/* ---- asking ---------------------------------------------------------------------------------- */

struct table {
    json_t *rows, *lists, *totals;
};

static void gather(void *arg, const json_t *reply)
{
    struct table *t = arg;
    json_t *totals = json_object_get(reply, "totals");

    json_array_extend(t->rows, json_object_get(reply, "ports"));
    if (totals) {
        json_decref(t->totals);
        json_decref(t->lists);
        t->totals = json_incref(totals);
        t->lists = json_incref(json_object_get(reply, "lists"));
    }
}

static void print_json(const struct table *t, bool one_line)
{
    json_t *all =
        json_pack("{s:O, s:O*, s:O?}", "ports", t->rows, "lists", t->lists, "totals", t->totals);

    json_dumpf(all, stdout, (one_line ? JSON_COMPACT : JSON_INDENT(2)) | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(all);
}

static void print_table(const struct table *t)
{
    bool colour = term_has_colour(STDOUT_FILENO);
    const json_t *row;
    size_t i;

    measure(t->rows);
    print_titles(colour);
    json_array_foreach(t->rows, i, row) print_row(row, colour);
    print_errors(t->rows, "Port Name", colour);
    print_errors(t->lists, "group", colour);
    print_totals(t->totals);
}

static int once(const struct client_options *o)
{
    const struct ask a = {.kind = ASK_STATUS};
    struct table t = {.rows = json_array()};
    int code = client_ask(who, o, &a, gather, &t);

    if (code == EXIT_DONE) {
        if (o->watch && !o->json && isatty(STDOUT_FILENO))
            printf("\033[H\033[J");
        if (o->json)
            print_json(&t, o->watch);
        else
            print_table(&t);
        fflush(stdout);
    }
    json_decref(t.rows);
    json_decref(t.lists);
    json_decref(t.totals);
    return code;
}

int cmd_status(int argc, char **argv)
{
    const struct client_options takes = {.json = true, .watch = true};
    struct client_options o;
    int code;

    if (!client_options_read(&o, who, argc, argv, &takes))
        return EXIT_USAGE;
    if (o.help) {
        help();
        return EXIT_DONE;
    }
    if (!option_no_more(who, argc, argv))
        return EXIT_USAGE;
    for (code = once(&o); o.watch && code == EXIT_DONE && !ferror(stdout); code = once(&o))
        sleep(1);
    return code;
}
