/* What `vmports doctor` found, step by step, and what it means. Pure: facts in, diagnosis out.
 *
 * A step holds findings: evidence, warnings, and what is wrong with its diagnosis. The causes and
 * remedies stand in one table, doctor_rows_list.c and doctor_rows_line.c, keyed by step, kind of
 * error and hint. */
#ifndef VMPORTS_DOCTOR_STEPS_H
#define VMPORTS_DOCTOR_STEPS_H

#include "base/err.h"

#include <stdint.h>

enum doctor_step_id {
    DOCTOR_NAME,
    DOCTOR_TFTP,
    DOCTOR_CTL,
    DOCTOR_CLOCK,
    DOCTOR_TCP,
    DOCTOR_TLS,
    DOCTOR_REGISTER,
    DOCTOR_UNREGISTER,
    DOCTOR_STEPS,
};

enum doctor_result { DOCTOR_SKIPPED, DOCTOR_NOT_NEEDED, DOCTOR_OK, DOCTOR_FAILED };

enum doctor_side { /* who refused */
                   SIDE_NOBODY,
                   SIDE_US,
                   SIDE_CALL_MANAGER,
                   SIDE_TFTP_SERVER,
                   SIDE_NETWORK, /* nobody answered, or somebody between */
};

/* What is known besides the kind of error. */
enum doctor_hint {
    HINT_NONE,
    HINT_NON_SECURE,     /* this port is to be non-secure */
    HINT_NO_MIXED_MODE,  /* the list has no certificates: the cluster is not in mixed mode */
    HINT_BAD_ADDRESS,    /* a record of the list has an address of a wrong length */
    HINT_UNKNOWN_DEVICE, /* by the text of the reject */
    HINT_SECURITY_MODE,
    HINT_DEVICE_TYPE,
    HINT_CERTIFICATE_NAME,
    HINT_AFTER_HELLO,   /* of a handshake that came to nothing: its ServerHello was there */
    HINT_AFTER_OURS,    /* ... and our certificate was shown to it */
    HINT_PLAIN_PORT,    /* ... and nothing was there: it is port 2000, of non-secure SCCP */
    HINT_SECURE_PORT,   /* of a plain registration: it is port 2443, of secure SCCP */
    HINT_AFTER_ACK,     /* of a registration: RegisterAck was there */
    HINT_RENEGOTIATION, /* asked of us, and refused */
    HINT_TOO_EARLY,     /* a certificate that is not valid yet */
    HINT_TOO_LATE,      /* one that has expired */
    HINT_TFTP_PORT,     /* error 5: the transfer's UDP port changed on the way */
    HINT_TFTP_OPTIONS,  /* error 8: tsize and timeout are not liked */
    HINT_FEW_BYTES,     /* the list is the held one but for a few bytes */
};

struct doctor_cause {
    const char *cause, *remedy;
};

#define DOCTOR_CAUSES_MAX 4

struct doctor_diagnosis {
    enum doctor_side side;
    size_t count; /* of causes, the likeliest first; at least one */
    struct doctor_cause causes[DOCTOR_CAUSES_MAX];
};

/* Never without a cause: where the table has no row, err_words and err_advice speak. */
struct doctor_diagnosis doctor_diagnose(enum doctor_step_id step, enum err_kind kind,
                                        enum doctor_hint hint);
/* What a RegisterReject's text hints at. CUCM's words differ by release: only clear ones count. */
enum doctor_hint doctor_reject_hint(const char *text);

/* The table, for tests. False past its end. */
struct doctor_row_view {
    enum doctor_step_id step;
    enum err_kind kind;
    enum doctor_hint hint;
};
bool doctor_row(size_t index, struct doctor_row_view *out);

/* ---- the report ------------------------------------------------------------------------------ */

enum doctor_finding_kind { FOUND_EVIDENCE, FOUND_WARNING, FOUND_PROBLEM };

struct doctor_finding {
    enum doctor_finding_kind kind;
    struct err e; /* of evidence: the text alone */
    struct doctor_diagnosis diagnosis;
};

#define DOCTOR_FINDINGS_MAX 80 /* 16 servers with a few lines each; more are dropped */

struct doctor_step {
    enum doctor_result result;
    char why[160]; /* it was skipped or is not needed */
    struct doctor_finding found[DOCTOR_FINDINGS_MAX];
    size_t count;
};

struct doctor_report {
    char device[32];
    const char *security;
    struct doctor_step steps[DOCTOR_STEPS];
};

/* Each makes the step ok, unless it has failed already. */
void doctor_evidence(struct doctor_step *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
void doctor_warning(struct doctor_step *s, const struct err *e);
/* The step has failed. `side` SIDE_NOBODY: as the table says. */
void doctor_problem(struct doctor_report *r, enum doctor_step_id step, const struct err *e,
                    enum doctor_hint hint, enum doctor_side side);
/* Only where nothing was found yet. */
void doctor_skip(struct doctor_step *s, const char *why);
void doctor_not_needed(struct doctor_step *s, const char *why);
bool doctor_all_well(const struct doctor_report *r);

const char *doctor_step_name(enum doctor_step_id step);
const char *doctor_result_name(enum doctor_result r);
const char *doctor_side_words(enum doctor_side s);

/* ---- the clock ------------------------------------------------------------------------------- */

struct doctor_dates {
    const char *what; /* "our root certificate"; of others: their name */
    bool ours;
    int64_t not_before_s, not_after_s;
};

struct doctor_clock {
    int64_t now_s;
    bool has_list;
    int64_t list_s; /* the list's TIMESTAMP; 0: it has none */
    const struct doctor_dates *dates;
    size_t count;
    bool root_ends_soon;
    long root_days;
};

void doctor_judge_clock(struct doctor_report *r, const struct doctor_clock *c);

#endif
