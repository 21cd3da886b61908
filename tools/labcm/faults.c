#include "tools/labcm/faults.h"

#include "sccp/codec.h"
#include "tools/labcm/handshake_cut.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct fault fault_table[FAULT_COUNT] = {
#define FAULT_ROW(id, name, group, met, what, verdict, stay)                                       \
    {name, FAULTS_OF_##group, FAULT_MET_##met, what, verdict, stay},
    FAULT_LIST(FAULT_ROW)
#undef FAULT_ROW
};

static const struct fault_doctor doctors[FAULT_COUNT] = {
#define DOCTOR_ROW(id, finds, step, problem, text)                                                 \
    [FAULT_##id] = {FAULT_FINDS_##finds, step, problem, text},
    FAULT_DOCTOR_LIST(DOCTOR_ROW)
#undef DOCTOR_ROW
};

struct fault_doctor fault_doctor(enum fault_id id)
{
    static const struct fault_doctor no_call = {FAULT_FINDS_NOTHING, "", "", "it needs a call"},
                                     no_lamp = {FAULT_FINDS_NOTHING, "", "", "it needs a lamp"};
    static const struct fault_doctor unsaid = {FAULT_FINDS_NOTHING, "", "", ""};
    const enum fault_met met = fault_table[id].met;

    if (met == FAULT_MET_CALL || met == FAULT_MET_TALK)
        return no_call;
    if (met == FAULT_MET_LAMP)
        return no_lamp;
    return doctors[id].step ? doctors[id] : unsaid; /* test/fault_list_test.sh refuses those */
}

const char *fault_finds_name(enum fault_finds f)
{
    static const char *const names[] = {
#define FINDS_ROW(id, name) name,
        FAULT_FINDS_LIST(FINDS_ROW)
#undef FINDS_ROW
    };
    return names[f];
}

static const struct {
    const char *name;
    enum fault_known_by known_by;
} groups[] = {
#define GROUP_ROW(id, name, known_by) {name, FAULT_KNOWN_BY_##known_by},
    FAULT_GROUP_LIST(GROUP_ROW)
#undef GROUP_ROW
};

const char *fault_group_name(enum fault_group g)
{
    return groups[g].name;
}

enum fault_known_by fault_group_known_by(enum fault_group g)
{
    return groups[g].known_by;
}

bool fault_has_devices(enum fault_id id)
{
    return id != FAULT_TLS_EXPIRED && id != FAULT_TLS_FUTURE;
}

const char *fault_met_name(enum fault_met m)
{
    static const char *const names[] = {
#define MET_ROW(id, name) name,
        FAULT_MET_LIST(MET_ROW)
#undef MET_ROW
    };
    return names[m];
}

enum fault_id fault_by_name(const char *name)
{
    for (unsigned i = 0; i < FAULT_COUNT; i++)
        if (strcmp(fault_table[i].name, name) == 0)
            return (enum fault_id)i;
    return FAULT_NONE;
}

bool fault_on(const struct faults *f, enum fault_id id, const char *device)
{
    if (!f || !f->of[id].on)
        return false;
    return f->of[id].device[0] == '\0' || (device && strcmp(f->of[id].device, device) == 0);
}

bool fault_on_from(const struct faults *f, enum fault_id id, const struct net_addr *from)
{
    return f && f->of[id].on &&
           (f->of[id].device[0] == '\0' || net_ip_equal(&f->of[id].from, from));
}

void fault_set(struct faults *f, enum fault_id id, bool on, const char *device)
{
    f->of[id] = (struct fault_state){.on = on, .at = FAULT_AT_USUAL};
    snprintf(f->of[id].device, sizeof f->of[id].device, "%s", device ? device : "");
}

enum fault_id fault_of_group(const struct faults *f, enum fault_group g, const char *device)
{
    for (unsigned i = 0; i < FAULT_COUNT; i++)
        if (fault_table[i].group == g && fault_on(f, (enum fault_id)i, device))
            return (enum fault_id)i;
    return FAULT_NONE;
}

/* ---- where it strikes ------------------------------------------------------------------------ */

enum fault_at_kind fault_at_kind(enum fault_id id)
{
    static const enum fault_at_kind kinds[FAULT_COUNT] = {
#define AT_ROW(id, kind) [FAULT_##id] = FAULT_AT_##kind,
        FAULT_AT_LIST(AT_ROW)
#undef AT_ROW
    };
    return kinds[id];
}

static bool read_step(const char *text, int *out, struct err *e)
{
    enum handshake_step step;
    char names[256] = "";

    if (handshake_step_by_name(&step, text)) {
        *out = (int)step;
        return true;
    }
    for (unsigned i = 0; i < HANDSHAKE_STEPS; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s, ",
                 handshake_step_name((enum handshake_step)i));
    return err_set(e, ERR_USAGE, "a handshake has no such step; it has %sor say each", names);
}

static bool read_byte(const char *text, int *out, struct err *e)
{
    char *end;
    const unsigned long byte = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end || byte > SCCP_PDU_MAX)
        return err_set(e, ERR_USAGE, "a byte is a number from 0 to %d, or each", SCCP_PDU_MAX);
    *out = (int)byte;
    return true;
}

bool fault_at_read(enum fault_id id, const char *text, int *out, struct err *e)
{
    const enum fault_at_kind kind = fault_at_kind(id);

    if (kind == FAULT_AT_NOTHING)
        return err_set(e, ERR_USAGE, "%s strikes at one place alone", fault_table[id].name);
    if (strcmp(text, "each") == 0) {
        *out = FAULT_AT_EACH;
        return true;
    }
    return kind == FAULT_AT_STEP ? read_step(text, out, e) : read_byte(text, out, e);
}

const char *fault_at_text(enum fault_id id, int at, char out[32])
{
    if (at == FAULT_AT_EACH)
        snprintf(out, 32, "each");
    else if (fault_at_kind(id) == FAULT_AT_STEP)
        snprintf(out, 32, "%s", handshake_step_name((enum handshake_step)at));
    else
        snprintf(out, 32, "%d", at);
    return out;
}

struct fault_place fault_strikes(struct faults *f, enum fault_id id)
{
    return (struct fault_place){f->of[id].at, f->of[id].met++};
}
