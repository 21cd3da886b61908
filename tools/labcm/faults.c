#include "tools/labcm/faults.h"

#include <stdio.h>
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
    bool line;
} groups[] = {
#define GROUP_ROW(id, name, line) {name, line},
    FAULT_GROUP_LIST(GROUP_ROW)
#undef GROUP_ROW
};

const char *fault_group_name(enum fault_group g)
{
    return groups[g].name;
}

bool fault_group_has_devices(enum fault_group g)
{
    return groups[g].line;
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

void fault_set(struct faults *f, enum fault_id id, bool on, const char *device)
{
    f->of[id].on = on;
    snprintf(f->of[id].device, sizeof f->of[id].device, "%s", device ? device : "");
}

enum fault_id fault_of_group(const struct faults *f, enum fault_group g, const char *device)
{
    for (unsigned i = 0; i < FAULT_COUNT; i++)
        if (fault_table[i].group == g && fault_on(f, (enum fault_id)i, device))
            return (enum fault_id)i;
    return FAULT_NONE;
}
