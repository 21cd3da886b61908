/* EDGE: vmports doctor: what stands between one port and its registration. */
#include "tools/shared/command.h"
#include "tools/shared/options.h"
#include "tools/shared/progress.h"
#include "tools/vmports/commands.h"
#include "tools/vmports/doctor_print.h"
#include "tools/vmports/doctor_walk.h"
#include "tools/vmports/options.h"

#include <stdlib.h>
#include <string.h>

static const char who[] = "vmports doctor";

enum {
    OPT_PREFIX = 256,
    OPT_FIRST,
    OPT_SECURITY,
    OPT_LEGACY,
    OPT_TLS_MAX,
    OPT_KEY_PER_PORT,
    OPT_STATE_DIR,
    OPT_BIND,
    OPT_TIMEOUT,
    OPT_JSON,
    OPT_HELP,
};

struct given {
    const char *tftp, *server, *prefix, *state_dir;
    unsigned first, security, tls_max, timeout;
    bool legacy, key_per_port, json;
    struct net_addr bind;
};

static void help(void)
{
    fputs(
        "Usage: vmports doctor -t HOST[:PORT],... [options]\n\n"
        "Walks from the names to the registration of one port and unregisters it again. Each step\n"
        "is ok with its evidence, or says what is wrong, who refused, the likely causes and what\n"
        "to do. Nothing that a run keeps is changed; a missing identity is made.\n\n"
        "  -t, --tftp HOST[:PORT],...    TFTP servers of the cluster; needed unless\n"
        "                                --security non-secure with -s\n"
        "  -s, --server HOST[:PORT],...  call managers; default: those of the CTL\n"
        "      --prefix TEXT             device name prefix (CiscoUM1-VI)\n"
        "      --first N                 number of the port to try (1); a port of a run that is\n"
        "                                going on loses its registration: choose another\n"
        "      --security MODE           encrypted (default), authenticated, non-secure\n"
        "      --legacy-tls              TLS 1.0-1.2, RSA 1024, SHA-1: for old labs only\n"
        "      --tls-max WORD            auto (default), 1.2, 1.3: as the run has it\n"
        "      --key-per-port            as the run has it\n"
        "      --state-dir DIR           identity and held CTL; default as the run has it\n"
        "      --bind ADDR               local address; default: the route's\n"
        "      --timeout S               how long TFTP, TCP, TLS and Register may each take to be\n"
        "                                answered; default: as a port waits, 30 s for the list, 10 "
        "s\n"
        "                                for each of the others\n"
        "      --json                    the same as JSON\n\n"
        "Exit code: 0 all well, 1 something is wrong, 2 wrong use.\n",
        stdout);
}

/* ---- what was given
 * ------------------------------------------------------------------------------
 */

static bool take_word(struct given *g, int c, struct err *e)
{
    static const char *const modes[] = {"non-secure", "authenticated", "encrypted", NULL};
    static const char *const ceilings[] = {
        [TLS_MAX_AUTO] = "auto", [TLS_MAX_12] = "1.2", [TLS_MAX_13] = "1.3", NULL};

    switch (c) {
    case OPT_FIRST:
        return option_unsigned("--first", optarg, 1, 99999, &g->first, e);
    case OPT_TIMEOUT:
        return option_unsigned("--timeout", optarg, 1, 300, &g->timeout, e);
    case OPT_SECURITY:
        return option_word("--security", optarg, modes, &g->security, e);
    case OPT_TLS_MAX:
        return option_word("--tls-max", optarg, ceilings, &g->tls_max, e);
    case OPT_BIND:
        return (net_addr_parse(&g->bind, optarg, 0) && g->bind.port == 0) ||
               err_set(e, ERR_USAGE, "--bind \"%.60s\": not an IP address", optarg);
    default:
        return false;
    }
}

static bool take(struct given *g, int c, struct err *e)
{
    switch (c) {
    case 't':
        g->tftp = optarg;
        return true;
    case 's':
        g->server = optarg;
        return true;
    case OPT_PREFIX:
        g->prefix = optarg;
        return true;
    case OPT_STATE_DIR:
        g->state_dir = optarg;
        return true;
    case OPT_LEGACY:
        return g->legacy = true;
    case OPT_KEY_PER_PORT:
        return g->key_per_port = true;
    case OPT_JSON:
        return g->json = true;
    default:
        return take_word(g, c, e);
    }
}

static const struct option longs[] = {
    {"tftp", required_argument, NULL, 't'},
    {"server", required_argument, NULL, 's'},
    {"prefix", required_argument, NULL, OPT_PREFIX},
    {"first", required_argument, NULL, OPT_FIRST},
    {"security", required_argument, NULL, OPT_SECURITY},
    {"legacy-tls", no_argument, NULL, OPT_LEGACY},
    {"tls-max", required_argument, NULL, OPT_TLS_MAX},
    {"key-per-port", no_argument, NULL, OPT_KEY_PER_PORT},
    {"state-dir", required_argument, NULL, OPT_STATE_DIR},
    {"bind", required_argument, NULL, OPT_BIND},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, OPT_HELP},
    {0},
};

/* ---- settings -------------------------------------------------------------------------------- */

static bool hosts(const char *option, const char *text, uint16_t usual, struct host_port *list,
                  size_t *count, struct err *e)
{
    *count = 0;
    return !text || option_hosts(option, text, usual, list, SERVERS_MAX, count, e);
}

static bool take_servers(const struct given *g, struct group_settings *group, struct err *e)
{
    struct host_port list[SERVERS_MAX];
    const uint16_t usual = g->security == MODE_NON_SECURE ? 2000 : 2443;

    if (!hosts("--server", g->server, usual, list, &group->server_count, e))
        return false;
    for (size_t i = 0; i < group->server_count; i++) {
        memcpy(group->servers[i].host, list[i].host, sizeof list[i].host);
        group->servers[i].port = list[i].port;
    }
    if (!hosts("--tftp", g->tftp, 69, list, &group->tftp_count, e))
        return false;
    for (size_t i = 0; i < group->tftp_count; i++) {
        memcpy(group->tftp[i].host, list[i].host, sizeof list[i].host);
        group->tftp[i].port = list[i].port;
    }
    return true;
}

static bool what_must_agree(const struct given *g, struct err *e)
{
    const bool secure = g->security != MODE_NON_SECURE;

    if (!g->tftp && (secure || !g->server))
        return err_set(e, ERR_USAGE, "%s",
                       secure ? "where is the CTL? give the cluster's TFTP server: -t HOST"
                              : "where is the call manager? give it: -s HOST");
    if (g->legacy && !secure)
        return err_set(e, ERR_USAGE, "--legacy-tls does not go with --security non-secure");
    return true;
}

static bool settings_of(const struct given *g, struct doctor_settings *s, char dir[PATH_TEXT],
                        struct err *e)
{
    struct group_settings *group = &s->group;

    *s = (struct doctor_settings){.bind = g->bind,
                                  .state_dir = dir,
                                  .key_per_port = g->key_per_port,
                                  .timeout_s = g->timeout};
    group_settings_default(group);
    if (!what_must_agree(g, e) || !take_servers(g, group, e))
        return false;
    if (!device_name(g->prefix, g->first, s->device))
        return err_set(e, ERR_USAGE, "the name %.60s%u has more than %d characters", g->prefix,
                       g->first, DEVICE_NAME_MAX);
    memcpy(group->prefix, g->prefix, strlen(g->prefix) + 1);
    group->first = g->first;
    group->count = 1;
    group->mode = (enum security_mode)g->security;
    group->legacy_tls = g->legacy;
    group->tls_max = (enum tls_max)g->tls_max;
    if (!settings_check_tls(group, e))
        return false;
    return state_dir(g->state_dir, dir, e);
}

/* ---- the command -------------------------------------------------------------------------- */

static void begins(void *arg, enum doctor_step_id step)
{
    progress_show(arg, "doctor: %s ...", doctor_step_name(step));
}

static void print(const struct doctor_report *r, bool json)
{
    if (!json) {
        doctor_print(stdout, r);
        return;
    }
    json_t *o = doctor_json(r);
    json_dumpf(o, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(o);
}

static int examine(struct doctor_settings *s, bool json)
{
    struct doctor_report *r = calloc(1, sizeof *r);
    struct progress *p = progress_new(NULL, json);
    struct err e = {.kind = ERR_NONE};

    if (!r) {
        progress_free(p);
        err_set(&e, ERR_MEMORY, "no memory for a report");
        return command_fail(who, &e);
    }
    s->begins = begins;
    s->arg = p;
    doctor_walk(s, r);
    progress_free(p);
    print(r, json);
    const int code = doctor_all_well(r) ? EXIT_DONE : EXIT_FAILED;
    free(r);
    return code;
}

int cmd_doctor(int argc, char **argv)
{
    struct given g = {.prefix = "CiscoUM1-VI", .first = 1, .security = MODE_ENCRYPTED};
    struct doctor_settings s;
    char dir[PATH_TEXT];
    struct err e = {.kind = ERR_NONE};
    int c;

    while ((c = option_next(who, argc, argv, "t:s:", longs)) != -1) {
        if (c == '?')
            return EXIT_USAGE;
        if (c == OPT_HELP) {
            help();
            return EXIT_DONE;
        }
        if (!take(&g, c, &e))
            return command_fail(who, &e);
    }
    if (!option_no_more(who, argc, argv))
        return EXIT_USAGE;
    if (!settings_of(&g, &s, dir, &e))
        return command_fail(who, &e);
    return examine(&s, g.json);
}
