/* Sections of a settings file: how each begins, and what must agree when it ends. */
#include "ports/config_reading.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MISTAKES_MAX 1000u

/* ---- mistakes ------------------------------------------------------------------------------- */

void mistake(struct reading *r, unsigned line, const char *fmt, ...)
{
    struct config *c = r->c;
    struct config_mistake *list;
    va_list ap;

    r->enough = c->mistake_count >= MISTAKES_MAX;
    if (r->enough)
        return;
    list = realloc(c->mistakes, (c->mistake_count + 1) * sizeof *list);
    if (!list) {
        r->no_memory = true;
        return;
    }
    c->mistakes = list;
    list[c->mistake_count].line = line < r->last_line ? line : r->last_line;
    va_start(ap, fmt);
    vsnprintf(list[c->mistake_count].text, sizeof list->text, fmt, ap);
    va_end(ap);
    c->mistake_count++;
}

/* ---- sections ------------------------------------------------------------------------------- */

static void begin(struct reading *r, enum level level)
{
    if (r->open[level])
        return;
    r->open[level] = true;
    r->places[level] = (struct places){0};
    switch (level) {
    case LEVEL_RUN:
        break;
    case LEVEL_SYSTEM:
        r->system_from = r->c->run.group_count;
        r->system = (struct system_draft){"PhoneSystem"};
        break;
    case LEVEL_GROUP:
        r->group = (struct group_draft){0};
        group_settings_default(&r->group.settings);
        snprintf(r->group.settings.name, sizeof r->group.settings.name, "PhoneSystem-%zu",
                 r->c->run.group_count + 1);
        break;
    case LEVEL_PORTS:
        r->ports = port_behaviour_default();
        break;
    case LEVELS:
        break;
    }
}

void sections_begin(struct reading *r, enum level level)
{
    for (enum level l = LEVEL_RUN; l <= level; l++)
        begin(r, l);
}

void *section_base(struct reading *r, enum level level)
{
    switch (level) {
    case LEVEL_RUN:
        return &r->c->run;
    case LEVEL_SYSTEM:
        return &r->system;
    case LEVEL_GROUP:
        return &r->group;
    case LEVEL_PORTS:
    case LEVELS:
        break;
    }
    return &r->ports;
}

size_t row_index(enum level level, const char *name)
{
    size_t i = 0;

    while (i < config_levels[level].count && strcmp(config_levels[level].rows[i].name, name) != 0)
        i++;
    return i;
}

/* On which line to speak of these settings (up to NULL): the last of them, else the section's end.
 * False when one of them is wrong by itself: that is said already. */
static bool place(const struct reading *r, enum level level, unsigned end, unsigned *line,
                  const char *const *names)
{
    *line = 0;
    for (; *names; names++) {
        const size_t i = row_index(level, *names);
        if (r->places[level].wrong[i])
            return false;
        if (r->places[level].line[i] > *line)
            *line = r->places[level].line[i];
    }
    if (*line == 0)
        *line = end;
    return true;
}

static bool is_given(const struct reading *r, enum level level, const char *name)
{
    return r->places[level].line[row_index(level, name)] > 0;
}

#define PLACE(level, ...) place(r, level, end, &line, (const char *const[]){__VA_ARGS__, NULL})

/* ---- the end of a range of ports ---------------------------------------------------------- */

static bool keep_range(struct reading *r, unsigned line)
{
    struct config_group *m = &r->group.more;
    struct port_behaviour *list = realloc(m->ranges, (m->range_count + 1) * sizeof *list);

    if (!list)
        return false;
    m->ranges = list;
    r->range_lines[m->range_count] = line;
    list[m->range_count++] = r->ports;
    return true;
}

static void end_ports(struct reading *r, unsigned end)
{
    const struct config_group *m = &r->group.more;
    unsigned line;

    r->open[LEVEL_PORTS] = false;
    if (!PLACE(LEVEL_PORTS, "Numbers"))
        return;
    if (r->ports.first == 0) {
        mistake(r, end, "Port: Numbers is missing: which ports does this speak of?");
        return;
    }
    for (size_t i = 0; i < m->range_count; i++) {
        if (r->ports.first > m->ranges[i].last || r->ports.last < m->ranges[i].first)
            continue;
        mistake(r, line, "Numbers %u-%u: line %u speaks of ports %u-%u already", r->ports.first,
                r->ports.last, r->range_lines[i], m->ranges[i].first, m->ranges[i].last);
        return;
    }
    if (m->range_count == CONFIG_RANGES_MAX)
        mistake(r, line, "more than %u Port sections in one port group", CONFIG_RANGES_MAX);
    else if (!keep_range(r, line))
        r->no_memory = true;
}

/* ---- the end of a port group -------------------------------------------------------------- */

static void check_names(struct reading *r, unsigned end)
{
    struct err e = {0};
    unsigned line;

    if (PLACE(LEVEL_GROUP, "SkinnyDevicePrefix", "FirstPort", "NumberOfPorts") &&
        !settings_check_names(&r->group.settings, &e))
        mistake(r, line, "SkinnyDevicePrefix and numbers: %s", e.text);
}

static void check_servers(struct reading *r, unsigned end)
{
    const struct group_settings *g = &r->group.settings;
    struct err e = {0};
    unsigned line;

    if (PLACE(LEVEL_GROUP, "SecurityMode", "Servers", "TftpServers", "CtlRefresh") &&
        !settings_check_servers(g, &e))
        mistake(r, line, "TftpServers: %s", e.text);
    if (PLACE(LEVEL_GROUP, "SecurityMode", "LegacyTls", "TlsMax") && !settings_check_tls(g, &e))
        mistake(r, line, "SecurityMode, LegacyTls, TlsMax: %s", e.text);
    if (PLACE(LEVEL_GROUP, "CtlFirst", "CtlPin") &&
        (g->ctl_policy.first == CTL_FIRST_PIN) != (r->group.more.pin[0] != '\0'))
        mistake(r, line, "CtlFirst = pin and CtlPin go together");
}

static void check_pauses(struct reading *r, unsigned end)
{
    const struct retry_settings *retry = &r->group.settings.retry;
    unsigned line;

    if (PLACE(LEVEL_GROUP, "RetryFirstMs", "RetryMostMs") && retry->first_ms > retry->most_ms)
        mistake(r, line, "RetryFirstMs = %u is above RetryMostMs = %u", retry->first_ms,
                retry->most_ms);
    /* Its default may well be: pauses in a lab are short. */
    if (is_given(r, LEVEL_GROUP, "CtlRetryMs") && PLACE(LEVEL_GROUP, "CtlRetryMs", "RetryMostMs") &&
        retry->list_ms > retry->most_ms)
        mistake(r, line, "CtlRetryMs = %u is above RetryMostMs = %u", retry->list_ms,
                retry->most_ms);
}

static void check_lamps(struct reading *r, unsigned end)
{
    const struct group_settings *g = &r->group.settings;
    struct err e = {0};
    unsigned line;

    if (PLACE(LEVEL_GROUP, "MwiOnCode", "MwiOffCode") && !settings_check_mwi(&g->mwi, &e))
        mistake(r, line, "MwiOnCode and MwiOffCode: %s", e.text);
    if (PLACE(LEVEL_GROUP, "MwiMethod", "MwiFallback") && g->mwi.fallback_to_prefix &&
        g->mwi.method == MWI_PREFIX)
        mistake(r, line, "MwiFallback = yes does not go with MwiMethod = prefix");
}

static void check_ranges(struct reading *r)
{
    const struct group_settings *g = &r->group.settings;
    const struct config_group *m = &r->group.more;

    for (size_t i = 0; i < m->range_count; i++)
        if (m->ranges[i].first < g->first || m->ranges[i].last - g->first >= g->count)
            mistake(r, r->range_lines[i], "Numbers %u-%u: the ports of this group are %u-%u",
                    m->ranges[i].first, m->ranges[i].last, g->first, g->first + g->count - 1);
}

static void check_against(struct reading *r, size_t other, unsigned end)
{
    const struct group_settings *g = &r->group.settings, *o = &r->c->groups[other];
    unsigned line;

    if (PLACE(LEVEL_GROUP, "DisplayName") && strcasecmp(g->name, o->name) == 0)
        mistake(r, line, "DisplayName \"%s\": the port group that ends on line %u has it", g->name,
                r->c->more[other].line);
    if (PLACE(LEVEL_GROUP, "SkinnyDevicePrefix", "FirstPort", "NumberOfPorts") &&
        settings_share_names(g, o))
        mistake(r, line,
                "device names %s%u to %s%u: port group \"%s\" has %s%u to %s%u, which overlap",
                g->prefix, g->first, g->prefix, g->first + g->count - 1, o->name, o->prefix,
                o->first, o->prefix, o->first + o->count - 1);
}

static bool keep_group(struct reading *r)
{
    struct config *c = r->c;
    const size_t n = c->run.group_count;
    struct group_settings *groups = realloc(c->groups, (n + 1) * sizeof *groups);
    struct config_group *more;

    if (groups)
        c->groups = groups;
    more = realloc(c->more, (n + 1) * sizeof *more);
    if (more)
        c->more = more;
    if (!groups || !more)
        return false;
    groups[n] = r->group.settings;
    more[n] = r->group.more;
    r->group.more.ranges = NULL;
    c->run.group_count++;
    return true;
}

static void end_group(struct reading *r, unsigned end)
{
    unsigned line;

    r->open[LEVEL_GROUP] = false;
    r->group.more.line = end;
    check_names(r, end);
    check_servers(r, end);
    check_pauses(r, end);
    check_lamps(r, end);
    if (PLACE(LEVEL_GROUP, "FirstPort", "NumberOfPorts"))
        check_ranges(r);
    for (size_t i = 0; i < r->c->run.group_count; i++)
        check_against(r, i, end);
    if (r->c->run.group_count == CONFIG_GROUPS_MAX)
        mistake(r, end, "more than %u port groups", CONFIG_GROUPS_MAX);
    else if (!keep_group(r))
        r->no_memory = true;
    free(r->group.more.ranges);
    r->group.more.ranges = NULL;
}

static void end_system(struct reading *r, unsigned end)
{
    struct config *c = r->c;

    r->open[LEVEL_SYSTEM] = false;
    if (c->run.group_count == r->system_from)
        mistake(r, end, "PhoneSystem \"%s\" has no PortGroup", r->system.name);
    for (size_t i = r->system_from; i < c->run.group_count; i++)
        memcpy(c->more[i].system, r->system.name, sizeof r->system.name);
}

void section_end(struct reading *r, enum level level, unsigned end)
{
    sections_begin(r, level); /* it may be empty */
    if (level == LEVEL_PORTS)
        end_ports(r, end);
    else if (level == LEVEL_GROUP)
        end_group(r, end);
    else
        end_system(r, end);
}

/* ---- the end of all ----------------------------------------------------------------------- */

void check_run(struct reading *r, unsigned end)
{
    struct config *c = r->c;
    struct err e = {0};
    size_t ports = 0;
    unsigned line;

    for (size_t i = 0; i < c->run.group_count; i++)
        ports += c->groups[i].count;
    if (c->run.group_count == 0)
        mistake(r, end, "there is no PhoneSystem with a PortGroup");
    else if (ports > PORTS_MAX)
        mistake(r, end, "%zu ports in all groups; wanted are 1 to %u", ports, PORTS_MAX);
    if (PLACE(LEVEL_RUN, "RtpPorts") && !settings_check_rtp(&c->run, ports, &e))
        mistake(r, line, "RtpPorts: %s", e.text);
    if (c->mistake_count == 0 && PLACE(LEVEL_RUN, "Threads") && c->run.threads > ports)
        mistake(r, line, "Threads %u: more than the %zu ports", c->run.threads, ports);
}
