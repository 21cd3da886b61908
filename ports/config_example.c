/* A settings file with everything in it, made of the rows that read it. */
#include "ports/config_rows.h"

#include <stdlib.h>
#include <string.h>

static const char head[] =
    "# Settings of vmports: phone systems, their port groups, and what single ports may do.\n"
    "#   vmports check FILE          names every mistake with its line\n"
    "#   vmports run --config FILE   runs it; options of the command line override\n"
    "# Every setting may be left out. The values here are the defaults, but for TftpServers; "
    "names\n"
    "# and defaults are those of Cisco Unity Connection where it has them. # begins a comment.\n";

static const char more_groups[] =
    "\n"
    "    # More port groups and more PhoneSystem sections may follow, each with its own servers,\n"
    "    # mode and device names; no two may have the same device name.\n";

static void print_help(const struct row *row, const char *indent, FILE *out)
{
    const char *line = row->help;

    fputc('\n', out);
    for (size_t len; *line; line += len + (line[len] == '\n')) {
        len = strcspn(line, "\n");
        fprintf(out, "%s# %.*s\n", indent, (int)len, line);
    }
}

static void print_level(enum level level, const void *base, FILE *out)
{
    const struct level_rows *rows = &config_levels[level];
    const int depth = 4 * (int)level;
    char indent[16];

    snprintf(indent, sizeof indent, "%*s", depth, "");
    for (size_t i = 0; i < rows->count; i++) {
        print_help(&rows->rows[i], indent, out);
        fprintf(out, "%s%s = ", indent, rows->rows[i].name);
        row_print(&rows->rows[i], base, out);
        fputc('\n', out);
    }
}

static bool print_group(FILE *out)
{
    struct group_draft *g = calloc(1, sizeof *g);
    struct port_behaviour ports = port_behaviour_default();

    if (!g)
        return false;
    group_settings_default(&g->settings);
    strcpy(g->settings.tftp[0].host, "10.48.46.182");
    g->settings.tftp[0].port = 69;
    g->settings.tftp_count = 1;
    ports.first = ports.last = 1;
    fputs("\n    PortGroup {", out);
    print_level(LEVEL_GROUP, g, out);
    fputs("\n        # What some of the ports may do; others do as the defaults say.\n"
          "        Port {",
          out);
    print_level(LEVEL_PORTS, &ports, out);
    fputs("        }\n    }\n", out);
    free(g);
    return true;
}

char *config_example(void)
{
    const struct pool_settings run = pool_settings_default();
    const struct system_draft system = {"PhoneSystem"};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        return NULL;
    fputs(head, out);
    print_level(LEVEL_RUN, &run, out);
    fputs("\nPhoneSystem {", out);
    print_level(LEVEL_SYSTEM, &system, out);
    bool whole = print_group(out);
    fputs(more_groups, out);
    fputs("}\n", out);
    if (fclose(out) != 0 || !whole) {
        free(text);
        return NULL;
    }
    return text;
}
