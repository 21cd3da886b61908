#include "tools/vmports/demo_report.h"

#include "tools/shared/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void demo_report_begin(struct demo_report *r, bool json)
{
    *r = (struct demo_report){
        .json = json, .colour = !json && term_has_colour(STDOUT_FILENO), .lines = json_array()};
}

static void print_line(const struct demo_report *r, bool ok, const char *name, const char *evidence)
{
    printf("%s%-6s%s  %s%s%s\n", term_style(r->colour, ok ? TERM_GREEN : TERM_RED),
           ok ? "ok" : "FAILED", term_style(r->colour, TERM_PLAIN),
           term_style(r->colour, TERM_BOLD), name, term_style(r->colour, TERM_PLAIN));
    for (const char *at = evidence; *at;) { /* each fact of the evidence on a line of its own */
        size_t len = strcspn(at, "\n");
        printf("        %s%.*s%s\n", term_style(r->colour, TERM_DIM), (int)len, at,
               term_style(r->colour, TERM_PLAIN));
        at += len + (at[len] == '\n');
    }
    fflush(stdout);
}

bool demo_report_line(struct demo_report *r, bool ok, const char *name, const char *evidence, ...)
{
    char text[1200];
    va_list ap;

    va_start(ap, evidence);
    vsnprintf(text, sizeof text, evidence, ap);
    va_end(ap);
    r->failed += !ok;
    json_array_append_new(
        r->lines, json_pack("{s:s, s:b, s:s?}", "name", name, "ok", (int)ok, "evidence", text));
    if (!r->json)
        print_line(r, ok, name, text);
    return ok;
}

bool demo_report_end(struct demo_report *r, json_t *facts)
{
    size_t all = json_array_size(r->lines);
    bool ok = r->failed == 0 && all > 0;

    if (r->json) {
        json_object_set_new(facts, "ok", json_boolean(ok));
        json_object_set(facts, "lines", r->lines);
        json_dumpf(facts, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
        putchar('\n');
    } else {
        printf("\n%s%s%s: %zu of %zu held.\n", term_style(r->colour, ok ? TERM_GREEN : TERM_RED),
               ok ? "Everything held" : "Not everything held", term_style(r->colour, TERM_PLAIN),
               all - r->failed, all);
    }
    json_decref(facts);
    json_decref(r->lines);
    return ok;
}
