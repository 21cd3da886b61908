#include "tools/vmports/doctor_rows.h"

static bool row_at(size_t index, const struct doctor_row **out)
{
    const struct doctor_rows list = doctor_list_rows(), line = doctor_line_rows();

    if (index >= list.count + line.count)
        return false;
    *out = index < list.count ? &list.at[index] : &line.at[index - list.count];
    return true;
}

static const struct doctor_row *row_of(enum doctor_step_id step, enum err_kind kind,
                                       enum doctor_hint hint)
{
    const struct doctor_row *row;

    for (size_t i = 0; row_at(i, &row); i++)
        if (row->step == step && row->kind == kind && row->hint == hint)
            return row;
    return NULL;
}

static enum doctor_side usual_side(enum doctor_step_id step)
{
    switch (step) {
    case DOCTOR_TFTP:
        return SIDE_TFTP_SERVER;
    case DOCTOR_CTL:
    case DOCTOR_CLOCK:
        return SIDE_US;
    case DOCTOR_TLS:
    case DOCTOR_REGISTER:
    case DOCTOR_UNREGISTER:
        return SIDE_CALL_MANAGER;
    case DOCTOR_NAME:
    case DOCTOR_TCP:
    case DOCTOR_STEPS:
        break;
    }
    return SIDE_NETWORK;
}

struct doctor_diagnosis doctor_diagnose(enum doctor_step_id step, enum err_kind kind,
                                        enum doctor_hint hint)
{
    const struct doctor_row *row = row_of(step, kind, hint);
    const char *advice = err_advice(kind);
    struct doctor_diagnosis d = {.side = usual_side(step), .count = 1};

    if (!row && hint != HINT_NONE)
        row = row_of(step, ERR_NONE, hint);
    if (!row)
        row = row_of(step, kind, HINT_NONE);
    d.causes[0] = (struct doctor_cause){err_words(kind), *advice ? advice : CAPTURE};
    if (!row)
        return d;
    d.side = row->side;
    for (d.count = 0; d.count < DOCTOR_CAUSES_MAX && row->causes[d.count].cause; d.count++)
        d.causes[d.count] = row->causes[d.count];
    return d;
}

bool doctor_row(size_t index, struct doctor_row_view *out)
{
    const struct doctor_row *row;

    if (!row_at(index, &row))
        return false;
    *out = (struct doctor_row_view){row->step, row->kind, row->hint};
    return true;
}
