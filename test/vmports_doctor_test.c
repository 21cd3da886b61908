/* What doctor makes of each finding: every row names a cause and a remedy, the likeliest first, and
 * what has no row is still told of. */
#include "check.h"

#include "tools/vmports/doctor_steps.h"

static void every_row_is_found_again_with_causes_and_remedies(void **state)
{
    struct doctor_row_view row;
    size_t n = 0;

    (void)state;
    for (; doctor_row(n, &row); n++) {
        const struct doctor_diagnosis d = doctor_diagnose(row.step, row.kind, row.hint);
        const char *step = doctor_step_name(row.step), *id = err_id(row.kind);
        CHECK(d.count >= 1 && d.count <= DOCTOR_CAUSES_MAX, "%s %s: %zu", step, id, d.count);
        for (size_t i = 0; i < d.count; i++) {
            CHECK(strlen(d.causes[i].cause) > 10, "%s %s: cause %zu", step, id, i);
            CHECK(strlen(d.causes[i].remedy) > 8, "%s %s: remedy %zu", step, id, i);
            for (size_t k = 0; k < i; k++)
                CHECK(strcmp(d.causes[i].cause, d.causes[k].cause) != 0, "%s %s: twice", step, id);
        }
    }
    CHECK(n > 50, "%zu rows", n);
    CHECK(!doctor_row(n + 1, &row), "there is an end");
}

static void no_row_stands_twice(void **state)
{
    struct doctor_row_view a, b;

    (void)state;
    for (size_t i = 0; doctor_row(i, &a); i++)
        for (size_t k = i + 1; doctor_row(k, &b); k++)
            CHECK(a.step != b.step || a.kind != b.kind || a.hint != b.hint, "%s %s",
                  doctor_step_name(a.step), err_id(a.kind));
}

static void whatever_the_step_and_the_error_there_is_a_cause(void **state)
{
    (void)state;
    for (int step = 0; step < DOCTOR_STEPS; step++)
        for (int kind = ERR_NONE + 1; kind <= ERR_PKI_04; kind++) {
            const struct doctor_diagnosis d = doctor_diagnose(
                (enum doctor_step_id)step, (enum err_kind)kind, HINT_CERTIFICATE_NAME);
            CHECK(d.count >= 1 && *d.causes[0].cause && *d.causes[0].remedy, "step %d, kind %d",
                  step, kind);
        }
}

/* The field's cases: which step, who refused, which cause comes first. */
static void the_field_cases_name_their_first_cause(void **state)
{
    static const struct {
        enum doctor_step_id step;
        enum err_kind kind;
        enum doctor_hint hint;
        enum doctor_side side;
        const char *cause, *remedy;
    } cases[] = {
        {DOCTOR_TFTP, ERR_TFTP_01, HINT_NONE, SIDE_TFTP_SERVER, "wrong TFTP server", "Port Group"},
        {DOCTOR_TFTP, ERR_TFTP_04, HINT_NONE, SIDE_NETWORK, "Cisco TFTP does not run",
         "Control Center"},
        {DOCTOR_CTL, ERR_CTL_35, HINT_NONE, SIDE_US, "another name or address", "-s"},
        {DOCTOR_CTL, ERR_CTL_35, HINT_BAD_ADDRESS, SIDE_US, "CSCum48958", "host name"},
        {DOCTOR_CTL, ERR_CTL_36, HINT_NONE, SIDE_US, "not in mixed mode", "mixed-mode"},
        {DOCTOR_CTL, ERR_CTL_32, HINT_NONE, SIDE_US, "regenerated", "vmports ctl accept"},
        {DOCTOR_CTL, ERR_CTL_26, HINT_NONE, SIDE_US, "after it was signed", "show ctl"},
        {DOCTOR_CTL, ERR_CTL_26, HINT_FEW_BYTES, SIDE_US, "a few bytes", "file delete tftp"},
        {DOCTOR_CTL, ERR_CTL_04, HINT_FEW_BYTES, SIDE_US, "a few bytes", "file delete tftp"},
        {DOCTOR_TFTP, ERR_TFTP_03, HINT_NONE, SIDE_TFTP_SERVER, "no Cisco TFTP", "Port Group"},
        {DOCTOR_TFTP, ERR_TFTP_03, HINT_TFTP_PORT, SIDE_TFTP_SERVER, "changed our UDP port",
         "TFTP inspection"},
        {DOCTOR_TFTP, ERR_TFTP_03, HINT_TFTP_OPTIONS, SIDE_TFTP_SERVER, "options", "Port Group"},
        {DOCTOR_CLOCK, ERR_TLS_04, HINT_TOO_LATE, SIDE_US, "expired", "utils ctl update CTLFile"},
        {DOCTOR_CLOCK, ERR_TLS_04, HINT_TOO_EARLY, SIDE_US, "clock here is behind", "ntp status"},
        {DOCTOR_TLS, ERR_TLS_04, HINT_TOO_EARLY, SIDE_US, "clock here is behind", "ntp status"},
        {DOCTOR_TLS, ERR_TLS_04, HINT_TOO_LATE, SIDE_US, "expired", "utils ctl update CTLFile"},
        {DOCTOR_TLS, ERR_TLS_05, HINT_NONE, SIDE_CALL_MANAGER, "clock is behind", "ntp status"},
        {DOCTOR_TLS, ERR_TLS_05, HINT_TOO_LATE, SIDE_CALL_MANAGER, "has expired", "cert renew"},
        /* Silence, reset, garbage: before its Hello, before our certificate, after it. */
        {DOCTOR_TLS, ERR_TLS_13, HINT_NONE, SIDE_NETWORK, "holds TLS back", "TCP 2443"},
        {DOCTOR_TLS, ERR_TLS_13, HINT_AFTER_HELLO, SIDE_NETWORK, "on the way here", "ping"},
        {DOCTOR_TLS, ERR_TLS_13, HINT_AFTER_OURS, SIDE_NETWORK, "on the way there", "ping"},
        {DOCTOR_TLS, ERR_NET_03, HINT_NONE, SIDE_NETWORK, "cuts TLS off", "TCP 2443"},
        {DOCTOR_TLS, ERR_NET_03, HINT_AFTER_HELLO, SIDE_NETWORK, "inspects TLS", "TCP 2443"},
        {DOCTOR_TLS, ERR_NET_03, HINT_AFTER_OURS, SIDE_CALL_MANAGER, "not in CallManager-trust",
         "Upload"},
        {DOCTOR_TLS, ERR_TLS_07, HINT_NONE, SIDE_CALL_MANAGER, "least TLS version", "min-version"},
        {DOCTOR_TLS, ERR_TLS_07, HINT_AFTER_HELLO, SIDE_NETWORK, "breaks into", "inspection"},
        {DOCTOR_TLS, ERR_TLS_08, HINT_AFTER_OURS, SIDE_CALL_MANAGER, "no certificate of our kind",
         "CallManager-trust"},
        {DOCTOR_UNREGISTER, ERR_TLS_14, HINT_RENEGOTIATION, SIDE_US, "renegotiation", "capture"},
        {DOCTOR_REGISTER, ERR_NET_03, HINT_RENEGOTIATION, SIDE_US, "renegotiation", "capture"},
        {DOCTOR_REGISTER, ERR_FORMAT, HINT_NONE, SIDE_US, "no SCCP port", "Port Group"},
        {DOCTOR_TLS, ERR_NET_03, HINT_PLAIN_PORT, SIDE_CALL_MANAGER, "2000 is the port", "2443"},
        {DOCTOR_TLS, ERR_TLS_13, HINT_PLAIN_PORT, SIDE_CALL_MANAGER, "2000 is the port", "2443"},
        {DOCTOR_REGISTER, ERR_CLOSED, HINT_SECURE_PORT, SIDE_CALL_MANAGER, "2443 is the port",
         "2000"},
        {DOCTOR_REGISTER, ERR_FORMAT, HINT_AFTER_ACK, SIDE_US, "after RegisterAck is broken",
         "capture"},
        {DOCTOR_TCP, ERR_NET_01, HINT_NONE, SIDE_CALL_MANAGER, "CallManager does not run",
         "Feature Services"},
        {DOCTOR_TCP, ERR_NET_01, HINT_NO_MIXED_MODE, SIDE_CALL_MANAGER, "not in mixed mode",
         "Cluster Security Mode"},
        {DOCTOR_TLS, ERR_TLS_02, HINT_NONE, SIDE_US, "regenerated", "utils ctl update CTLFile"},
        {DOCTOR_TLS, ERR_TLS_03, HINT_NONE, SIDE_CALL_MANAGER, "not in CallManager-trust",
         "CallManager-trust"},
        {DOCTOR_TLS, ERR_TLS_08, HINT_NONE, SIDE_CALL_MANAGER, "Device Security Mode",
         "Cisco Voice Mail Port"},
        {DOCTOR_REGISTER, ERR_REFUSED, HINT_UNKNOWN_DEVICE, SIDE_CALL_MANAGER, "prefix lacks -VI",
         "Device Name"},
        {DOCTOR_REGISTER, ERR_TLS_09, HINT_SECURITY_MODE, SIDE_CALL_MANAGER, "modes differ",
         "Device Security Mode"},
        {DOCTOR_REGISTER, ERR_TLS_06, HINT_NONE, SIDE_CALL_MANAGER, "InvalidX509NameInCertificate",
         "renew"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct doctor_diagnosis d =
            doctor_diagnose(cases[i].step, cases[i].kind, cases[i].hint);
        CHECK(d.side == cases[i].side, "case %zu: %s", i, doctor_side_words(d.side));
        CHECK(strstr(d.causes[0].cause, cases[i].cause), "case %zu: %s", i, d.causes[0].cause);
        CHECK(strstr(d.causes[0].remedy, cases[i].remedy), "case %zu: %s", i, d.causes[0].remedy);
    }
}

static void a_reject_is_read_for_what_it_hints_at(void **state)
{
    static const struct {
        const char *text;
        enum doctor_hint hint;
    } texts[] = {
        {"Device not configured", HINT_UNKNOWN_DEVICE},
        {"Security mode mismatch", HINT_SECURITY_MODE},
        {"Device type mismatch", HINT_DEVICE_TYPE},
        {"X.509 name mismatch", HINT_CERTIFICATE_NAME},
        {"No Entry In Database", HINT_UNKNOWN_DEVICE},
        {"SECURITY ERROR", HINT_SECURITY_MODE},
        {"", HINT_NONE},
        {"Error", HINT_NONE},
        {"typ", HINT_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        CHECK(doctor_reject_hint(texts[i].text) == texts[i].hint, "\"%s\"", texts[i].text);
}

/* ---- the report ------------------------------------------------------------------------------ */

static struct doctor_report *report(void)
{
    struct doctor_report *r = calloc(1, sizeof *r);

    CHECK(r, "memory");
    return r;
}

static void a_step_that_failed_stays_failed(void **state)
{
    struct doctor_report *r = report();
    struct err e = {.kind = ERR_NONE};

    (void)state;
    err_set(&e, ERR_NET_01, "refused");
    doctor_evidence(&r->steps[DOCTOR_TCP], "the first answers");
    CHECK(r->steps[DOCTOR_TCP].result == DOCTOR_OK, "evidence makes it ok");
    doctor_problem(r, DOCTOR_TCP, &e, HINT_NONE, SIDE_NETWORK);
    doctor_evidence(&r->steps[DOCTOR_TCP], "the third answers");
    doctor_skip(&r->steps[DOCTOR_TCP], "not now");
    CHECK(r->steps[DOCTOR_TCP].result == DOCTOR_FAILED, "it has failed");
    CHECK(r->steps[DOCTOR_TCP].count == 3, "%zu findings", r->steps[DOCTOR_TCP].count);
    CHECK(r->steps[DOCTOR_TCP].found[1].diagnosis.side == SIDE_NETWORK, "the side that was seen");
    free(r);
}

static void all_is_well_only_without_a_failed_or_skipped_step(void **state)
{
    struct doctor_report *r = report();

    (void)state;
    for (int i = 0; i < DOCTOR_STEPS; i++)
        doctor_evidence(&r->steps[i], "seen");
    CHECK(doctor_all_well(r), "all ok");
    r->steps[DOCTOR_CTL].result = DOCTOR_NOT_NEEDED;
    CHECK(doctor_all_well(r), "what is not needed does not count");
    r->steps[DOCTOR_UNREGISTER].result = DOCTOR_SKIPPED;
    CHECK(!doctor_all_well(r), "skipped");
    r->steps[DOCTOR_UNREGISTER].result = DOCTOR_FAILED;
    CHECK(!doctor_all_well(r), "failed");
    free(r);
}

static void findings_beyond_the_room_are_dropped_but_count_as_failure(void **state)
{
    struct doctor_report *r = report();
    struct err e = {.kind = ERR_NONE};

    (void)state;
    for (int i = 0; i < DOCTOR_FINDINGS_MAX + 3; i++)
        doctor_evidence(&r->steps[DOCTOR_CTL], "%d", i);
    err_set(&e, ERR_CTL_35, "absent");
    doctor_problem(r, DOCTOR_CTL, &e, HINT_NONE, SIDE_NOBODY);
    CHECK(r->steps[DOCTOR_CTL].count == DOCTOR_FINDINGS_MAX, "full");
    CHECK(r->steps[DOCTOR_CTL].result == DOCTOR_FAILED, "failed all the same");
    free(r);
}

/* ---- the clock ------------------------------------------------------------------------------- */

static void the_clock_is_judged_by_both_sides_dates(void **state)
{
    static const struct {
        int64_t list_s, from, to;
        bool ours;
        enum err_kind kind; /* ERR_NONE: ok */
    } cases[] = {
        {1000, 500, 2000, true, ERR_NONE},     {1000, 1001, 2000, true, ERR_TLS_05},
        {1000, 500, 999, true, ERR_TLS_05},    {1000, 500, 1000, true, ERR_NONE},
        {1000, 1001, 2000, false, ERR_TLS_04}, {1000, 500, 999, false, ERR_TLS_04},
        {1300, 500, 2000, false, ERR_NONE},    {1301, 500, 2000, false, ERR_CTL_DATE},
        {0, 1000, 1000, false, ERR_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct doctor_report *r = report();
        const struct doctor_step *s = &r->steps[DOCTOR_CLOCK];
        const struct doctor_dates d = {"a certificate", cases[i].ours, cases[i].from, cases[i].to};
        const struct doctor_clock c = {
            .now_s = 1000, .has_list = true, .list_s = cases[i].list_s, .dates = &d, .count = 1};
        enum err_kind got = ERR_NONE;
        doctor_judge_clock(r, &c);
        for (size_t k = 0; k < s->count; k++)
            if (s->found[k].kind == FOUND_PROBLEM)
                got = s->found[k].e.kind;
        CHECK(got == cases[i].kind, "case %zu: %s", i, err_words(got));
        CHECK((s->result == DOCTOR_OK) == (got == ERR_NONE), "case %zu: the step", i);
        free(r);
    }
}

static void a_root_near_its_end_is_a_warning(void **state)
{
    struct doctor_report *r = report();
    const struct doctor_clock c = {.now_s = 1000, .root_ends_soon = true, .root_days = 12};
    const struct doctor_step *s = &r->steps[DOCTOR_CLOCK];

    (void)state;
    doctor_judge_clock(r, &c);
    CHECK(s->result == DOCTOR_OK, "no failure");
    CHECK(s->found[s->count - 1].kind == FOUND_WARNING, "but a warning");
    CHECK(s->found[s->count - 1].e.kind == ERR_PKI_01, "PKI-01");
    CHECK(strstr(s->found[s->count - 1].e.text, "12 days"), "%s", s->found[s->count - 1].e.text);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_found_again_with_causes_and_remedies),
        cmocka_unit_test(no_row_stands_twice),
        cmocka_unit_test(whatever_the_step_and_the_error_there_is_a_cause),
        cmocka_unit_test(the_field_cases_name_their_first_cause),
        cmocka_unit_test(a_reject_is_read_for_what_it_hints_at),
        cmocka_unit_test(a_step_that_failed_stays_failed),
        cmocka_unit_test(all_is_well_only_without_a_failed_or_skipped_step),
        cmocka_unit_test(findings_beyond_the_room_are_dropped_but_count_as_failure),
        cmocka_unit_test(the_clock_is_judged_by_both_sides_dates),
        cmocka_unit_test(a_root_near_its_end_is_a_warning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
