#include "tools/vmports/doctor_print.h"

#include <string.h>

#define WIDTH  100
#define INDENT 24

/* Words of `text` from column `at` on, wrapped to `indent`; ends the line. */
static void put_wrapped(FILE *f, const char *text, size_t at, size_t indent)
{
    bool first = true;

    while (*text) {
        const size_t len = strcspn(text, " ");
        if (!first && at + 1 + len > WIDTH) {
            fprintf(f, "\n%*s", (int)indent, "");
            at = indent;
        } else if (!first) {
            fputc(' ', f);
            at++;
        }
        fwrite(text, 1, len, f);
        at += len;
        first = false;
        text += len;
        text += *text == ' ';
    }
    fputc('\n', f);
}

static void put_item(FILE *f, const char *label, const char *text)
{
    const int n = fprintf(f, "%*s%s", INDENT, "", label);

    put_wrapped(f, text, (size_t)n, (size_t)n);
}

static void put_diagnosis(FILE *f, const struct doctor_diagnosis *d)
{
    if (d->side != SIDE_NOBODY)
        fprintf(f, "%*srefused by: %s\n", INDENT, "", doctor_side_words(d->side));
    for (size_t i = 0; i < d->count; i++) {
        char label[8];
        snprintf(label, sizeof label, "%zu. ", (i + 1) % 10);
        put_item(f, label, d->causes[i].cause);
        put_item(f, "   -> ", d->causes[i].remedy);
    }
}

/* "TLS-03 10.0.0.1:2443: does not know our root ..." */
static void fact(const struct doctor_finding *found, char *out, size_t cap)
{
    const char *id = err_id(found->e.kind);

    snprintf(out, cap, "%s%s%s%s", found->kind == FOUND_WARNING ? "warning: " : "", id,
             *id ? " " : "", found->e.text);
}

static void put_finding(FILE *f, const struct doctor_finding *found, bool first)
{
    char text[sizeof found->e.text + 32];

    fact(found, text, sizeof text);
    if (!first)
        fprintf(f, "%*s", INDENT, "");
    put_wrapped(f, text, INDENT, INDENT);
    if (found->kind == FOUND_PROBLEM)
        put_diagnosis(f, &found->diagnosis);
}

static void put_step(FILE *f, enum doctor_step_id id, const struct doctor_step *s)
{
    const char *word = s->result == DOCTOR_FAILED ? "FAILED" : doctor_result_name(s->result);

    fprintf(f, "%-11s %-11s ", doctor_step_name(id), word);
    if (s->count == 0)
        put_wrapped(f, s->why, INDENT, INDENT);
    for (size_t i = 0; i < s->count; i++)
        put_finding(f, &s->found[i], i == 0);
}

void doctor_print(FILE *f, const struct doctor_report *r)
{
    for (size_t i = 0; i < DOCTOR_STEPS; i++)
        put_step(f, (enum doctor_step_id)i, &r->steps[i]);
    fprintf(f, "\n%s, %s: %s\n", r->device, r->security,
            doctor_all_well(r) ? "all well" : "something is wrong, see above");
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static json_t *causes(const struct doctor_diagnosis *d)
{
    json_t *list = json_array();

    for (size_t i = 0; i < d->count; i++)
        json_array_append_new(list, json_pack("{s:s,s:s}", "cause", d->causes[i].cause, "remedy",
                                              d->causes[i].remedy));
    return list;
}

static json_t *error_json(const struct err *e)
{
    return json_pack("{s:s,s:s*}", "id", err_id(e->kind), "text", e->text);
}

static json_t *problem(const struct doctor_finding *found)
{
    json_t *o = error_json(&found->e);

    json_object_set_new(o, "refused_by", json_string(doctor_side_words(found->diagnosis.side)));
    json_object_set_new(o, "causes", causes(&found->diagnosis));
    return o;
}

static json_t *step_json(enum doctor_step_id id, const struct doctor_step *s)
{
    json_t *o = json_pack("{s:s,s:s}", "step", doctor_step_name(id), "result",
                          doctor_result_name(s->result));
    json_t *evidence = json_array(), *warnings = json_array(), *problems = json_array();

    for (size_t i = 0; i < s->count; i++) {
        const struct doctor_finding *found = &s->found[i];
        if (found->kind == FOUND_EVIDENCE)
            json_array_append_new(evidence, json_string(found->e.text));
        else if (found->kind == FOUND_WARNING)
            json_array_append_new(warnings, error_json(&found->e));
        else
            json_array_append_new(problems, problem(found));
    }
    if (s->count == 0)
        json_object_set_new(o, "why", json_string(s->why));
    json_object_set_new(o, "evidence", evidence);
    json_object_set_new(o, "warnings", warnings);
    json_object_set_new(o, "problems", problems);
    return o;
}

json_t *doctor_json(const struct doctor_report *r)
{
    json_t *steps = json_array();

    for (size_t i = 0; i < DOCTOR_STEPS; i++)
        json_array_append_new(steps, step_json((enum doctor_step_id)i, &r->steps[i]));
    return json_pack("{s:b,s:s,s:s,s:o}", "ok", doctor_all_well(r), "device", r->device, "security",
                     r->security, "steps", steps);
}
