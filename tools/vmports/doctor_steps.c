#include "tools/vmports/doctor_steps.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CLOCKS_MAY_DIFFER_S 300 /* port certificates are back-dated by as much (5.3) */

const char *doctor_step_name(enum doctor_step_id step)
{
    static const char *const names[DOCTOR_STEPS] = {"name", "tftp", "ctl",      "clock",
                                                    "tcp",  "tls",  "register", "unregister"};

    return step < DOCTOR_STEPS ? names[step] : "?";
}

const char *doctor_result_name(enum doctor_result r)
{
    switch (r) {
    case DOCTOR_SKIPPED:
        return "skipped";
    case DOCTOR_NOT_NEEDED:
        return "not needed";
    case DOCTOR_OK:
        return "ok";
    case DOCTOR_FAILED:
        break;
    }
    return "failed";
}

const char *doctor_side_words(enum doctor_side s)
{
    switch (s) {
    case SIDE_NOBODY:
        return "nobody";
    case SIDE_US:
        return "this side";
    case SIDE_CALL_MANAGER:
        return "the call manager";
    case SIDE_TFTP_SERVER:
        return "the TFTP server";
    case SIDE_NETWORK:
        break;
    }
    return "the network";
}

/* ---- the report ------------------------------------------------------------------------------ */

static struct doctor_finding *find(struct doctor_step *s, enum doctor_finding_kind kind)
{
    if (s->result != DOCTOR_FAILED)
        s->result = kind == FOUND_PROBLEM ? DOCTOR_FAILED : DOCTOR_OK;
    if (s->count == DOCTOR_FINDINGS_MAX)
        return NULL;
    struct doctor_finding *f = &s->found[s->count++];
    *f = (struct doctor_finding){.kind = kind};
    return f;
}

void doctor_evidence(struct doctor_step *s, const char *fmt, ...)
{
    struct doctor_finding *f = find(s, FOUND_EVIDENCE);
    va_list ap;

    if (!f)
        return;
    va_start(ap, fmt);
    vsnprintf(f->e.text, sizeof f->e.text, fmt, ap);
    va_end(ap);
}

void doctor_warning(struct doctor_step *s, const struct err *e)
{
    struct doctor_finding *f = find(s, FOUND_WARNING);

    if (f)
        f->e = *e;
}

void doctor_problem(struct doctor_report *r, enum doctor_step_id step, const struct err *e,
                    enum doctor_hint hint, enum doctor_side side)
{
    struct doctor_finding *f = find(&r->steps[step], FOUND_PROBLEM);

    if (!f)
        return;
    f->e = *e;
    f->diagnosis = doctor_diagnose(step, e->kind, hint);
    if (side != SIDE_NOBODY)
        f->diagnosis.side = side;
}

static void leave_out(struct doctor_step *s, enum doctor_result result, const char *why)
{
    if (s->count)
        return;
    s->result = result;
    snprintf(s->why, sizeof s->why, "%s", why);
}

void doctor_skip(struct doctor_step *s, const char *why)
{
    leave_out(s, DOCTOR_SKIPPED, why);
}

void doctor_not_needed(struct doctor_step *s, const char *why)
{
    leave_out(s, DOCTOR_NOT_NEEDED, why);
}

bool doctor_all_well(const struct doctor_report *r)
{
    for (size_t i = 0; i < DOCTOR_STEPS; i++)
        if (r->steps[i].result != DOCTOR_OK && r->steps[i].result != DOCTOR_NOT_NEEDED)
            return false;
    return true;
}

/* ---- what a reject hints at ------------------------------------------------------------------ */

static bool says(const char *text, const char *word)
{
    size_t len = strlen(word);

    for (; *text; text++) {
        size_t i = 0;
        while (i < len && text[i] && (text[i] | 0x20) == word[i])
            i++;
        if (i == len)
            return true;
    }
    return false;
}

enum doctor_hint doctor_reject_hint(const char *text)
{
    static const struct {
        const char *word; /* letters in lower case, no blanks: `says` folds by one bit */
        enum doctor_hint hint;
    } words[] = {
        {"x.509", HINT_CERTIFICATE_NAME},    {"certificate", HINT_CERTIFICATE_NAME},
        {"security", HINT_SECURITY_MODE},    {"type", HINT_DEVICE_TYPE},
        {"configured", HINT_UNKNOWN_DEVICE}, {"database", HINT_UNKNOWN_DEVICE},
        {"unknown", HINT_UNKNOWN_DEVICE},    {"found", HINT_UNKNOWN_DEVICE},
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (says(text, words[i].word))
            return words[i].hint;
    return HINT_NONE;
}

/* ---- the clock ------------------------------------------------------------------------------- */

static void judge_dates(struct doctor_report *r, const struct doctor_clock *c,
                        const struct doctor_dates *d)
{
    char from[TEXT_DATE], to[TEXT_DATE], now[TEXT_DATE];
    const char *of = d->ours ? "" : "the certificate of ";
    const bool early = c->now_s < d->not_before_s;
    struct err e = {.kind = ERR_NONE};

    text_date(d->not_before_s, from);
    text_date(d->not_after_s, to);
    if (!early && c->now_s <= d->not_after_s) {
        doctor_evidence(&r->steps[DOCTOR_CLOCK], "%s%s is valid %s to %s", of, d->what, from, to);
        return;
    }
    err_set(&e, d->ours ? ERR_TLS_05 : ERR_TLS_04, "%s%s %s: %s to %s, local time is %s", of,
            d->what, early ? "is not valid yet" : "has expired", from, to,
            text_date(c->now_s, now));
    doctor_problem(r, DOCTOR_CLOCK, &e, early ? HINT_TOO_EARLY : HINT_TOO_LATE, SIDE_NOBODY);
}

static void judge_list(struct doctor_report *r, const struct doctor_clock *c)
{
    char made[TEXT_DATE], now[TEXT_DATE];
    struct err e = {.kind = ERR_NONE};

    if (!c->has_list || c->list_s == 0)
        return;
    text_date(c->list_s, made);
    if (c->list_s <= c->now_s + CLOCKS_MAY_DIFFER_S) {
        doctor_evidence(&r->steps[DOCTOR_CLOCK], "the CTL was made %s", made);
        return;
    }
    err_set(&e, ERR_CTL_DATE, "the CTL was made %s, %lld s after the local time %s", made,
            (long long)(c->list_s - c->now_s), text_date(c->now_s, now));
    doctor_problem(r, DOCTOR_CLOCK, &e, HINT_NONE, SIDE_NOBODY);
}

void doctor_judge_clock(struct doctor_report *r, const struct doctor_clock *c)
{
    char now[TEXT_DATE];
    struct err soon = {.kind = ERR_NONE};

    doctor_evidence(&r->steps[DOCTOR_CLOCK], "local time is %s", text_date(c->now_s, now));
    judge_list(r, c);
    for (size_t i = 0; i < c->count; i++)
        judge_dates(r, c, &c->dates[i]);
    if (!c->root_ends_soon)
        return;
    err_set(&soon, ERR_PKI_01, "our root certificate ends in %ld days", c->root_days);
    doctor_warning(&r->steps[DOCTOR_CLOCK], &soon);
}
