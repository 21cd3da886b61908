#include "tools/vmports/run_options.h"

#include "ports/settings_words.h"
#include "tools/shared/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { HEADING, TEXT, NUMBER, WORD, SWITCH, COUNT, EXTENSION, RANGE, CONDITION };

struct spec {
    enum kind kind;
    char letter;
    const char *name;  /* of a HEADING: its words */
    const char *value; /* what stands behind it in the help; NULL: nothing does */
    const char *help;
    size_t at; /* into struct run_options */
    unsigned lo, hi;
    const char *const *words;
};

static const char *const formats[] = {
    [LOG_TEXT] = "text", [LOG_JSON] = "json", [LOG_CUC] = "cuc", NULL};

#define AT(field) .at = offsetof(struct run_options, field)

static const struct spec specs[] = {
    {HEADING, .name = "Ports and call managers"},
    {NUMBER, 'n', "ports", "N", "how many ports, 1-20000", AT(ports), 1, PORTS_MAX},
    {TEXT, 0, "config", "FILE",
     "settings of several phone systems and port groups\n(`vmports config example`); options "
     "override",
     AT(config)},
    {TEXT, 't', "tftp", "HOST[:PORT],...",
     "TFTP servers of the cluster in order; needed\nunless --security non-secure with -s",
     AT(tftp_text)},
    {TEXT, 's', "server", "HOST[:PORT],...",
     "call managers in order; default: every\nCallManager of the CTL, in file order",
     AT(server_text)},
    {SWITCH, 0, "no-failback", NULL,
     "stay where a failover has led; default: back to a call\nmanager of higher order when it is "
     "there",
     AT(no_failback)},
    {SWITCH, 0, "no-standby", NULL, "no second connection to the next call manager of several",
     AT(no_standby)},
    {TEXT, 'p', "prefix", "TEXT",
     "device name prefix (CiscoUM1-VI); a name has\nat most 15 characters", AT(prefix)},
    {NUMBER, 0, "first", "N", "number of the first port (1)", AT(first), 1, 99999},
    {NUMBER, 0, "protocol-version", "N", "highest SCCP version offered, 0-22 (17)",
     AT(protocol_version), 0, 22},
    {NUMBER, 0, "device-type", "N", "device type of the registration (80)", AT(device_type), 0,
     0x7fffffff},
    {TEXT, 0, "bind", "ADDR", "local address of signalling and media; default: that of\nthe route",
     AT(bind_text)},

    {HEADING, .name = "Security"},
    {WORD, 0, "security", "MODE", "encrypted (default), authenticated, non-secure", AT(security),
     .words = settings_words_mode},
    {SWITCH, 0, "legacy-tls", NULL, "TLS 1.0-1.2, RSA 1024, SHA-1: for old labs only",
     AT(legacy_tls)},
    {WORD, 0, "tls-max", "WORD",
     "highest TLS version offered: auto (default: 1.2, and 1.3\nto a call manager that refused "
     "1.2), 1.2, 1.3",
     AT(tls_max), .words = settings_words_tls_max},
    {WORD, 0, "ctl-refresh", "MODE",
     "when a held CTL is fetched again: always (default),\nonce, never", AT(refresh),
     .words = settings_words_refresh},
    {WORD, 0, "ctl-first", "POLICY", "a first CTL: accept (default), pin, refuse", AT(ctl_first),
     .words = settings_words_ctl_first},
    {TEXT, 0, "ctl-pin", "SHA256",
     "with --ctl-first pin: of the signer's certificate\nor of the file", AT(ctl_pin)},
    {SWITCH, 0, "ctl-strict", NULL, "refuse a CTL that others accept with warnings",
     AT(ctl_strict)},
    {SWITCH, 0, "any-ccm", NULL,
     "a call manager that the CTL does not name may show the\ncertificate of any CallManager in it",
     AT(any_ccm)},
    {SWITCH, 0, "resolve-ctl-names", NULL,
     "for a call manager given by address: look up the names\nthat the CTL has", AT(resolve_names)},
    {SWITCH, 0, "key-per-port", NULL, "each port its own RSA key; default: one key pair",
     AT(key_per_port)},
    {NUMBER, 0, "max-handshakes", "N", "TLS handshakes under way at once, at most (200)",
     AT(max_handshakes), 1, PORTS_MAX},

    {HEADING, .name = "Calls"},
    {TEXT, 'g', "greeting", "FILE",
     "sound to play, any format that libsndfile reads;\ndefault: the opening greeting that ships",
     AT(greeting)},
    {WORD, 0, "after-greeting", "WHAT", "hangup (default), loop, silence", AT(after),
     .words = settings_words_after},
    {NUMBER, 0, "opening-delay", "MS", "silence before the greeting (0)",
     AT(delay_before_opening_ms), 0, 60000},
    {NUMBER, 0, "max-call", "S", "how long a call may last (43200; 0: no limit)", AT(max_call_s), 0,
     1000000},
    {SWITCH, 0, "drop-inactive", NULL,
     "hang up a call from which no packet has come for five\nminutes", AT(drop_inactive)},
    {SWITCH, 0, "rtcp", NULL, "reports beside the media: RTCP, SRTCP in encrypted calls (off)",
     AT(rtcp)},
    {SWITCH, 0, "inband-dtmf", NULL, "listen for digits in the audio too (off)", AT(inband_dtmf)},
    {RANGE, 0, "rtp-ports", "LO-HI", "UDP ports of media, even ones are used\n(16384-32767)",
     AT(rtp_lo), 1024, 65535},

    {HEADING, .name = "Message lamps"},
    {EXTENSION, 0, "mwi-on", "EXT", "number that switches a lamp on (999991)", AT(mwi_on)},
    {EXTENSION, 0, "mwi-off", "EXT", "number that switches a lamp off (999990)", AT(mwi_off)},
    {NUMBER, 0, "mwi-interval", "MS", "Delay between Requests (0)", AT(mwi_interval_ms), 0,
     3600000},
    {NUMBER, 0, "mwi-concurrent", "N", "Maximum Concurrent Requests (0: no limit)",
     AT(mwi_concurrent), 0, PORTS_MAX},
    {NUMBER, 0, "mwi-retries", "N", "Retries After Successful Attempt (0)", AT(mwi_retries), 0,
     100},
    {NUMBER, 0, "mwi-retry-interval", "MS", "Retry Interval After Successful Attempt (5)",
     AT(mwi_retry_ms), 0, 3600000},
    {NUMBER, 0, "mwi-timeout", "MS", "wait for the confirmation of a lamp (5000)",
     AT(mwi_result_ms), 100, 600000},
    {WORD, 0, "mwi-method", "HOW",
     "cgpn (default: message 0x24 names the extension),\nprefix (CME: the number and the "
     "extension)",
     AT(mwi_method), .words = settings_words_mwi_method},
    {SWITCH, 0, "mwi-fallback", NULL, "use prefix when the call manager ignores 0x24",
     AT(mwi_fallback)},
    {WORD, 0, "mwi-mailbox", "WHAT", "mailbox field of 0x24: extension (default), empty",
     AT(mwi_mailbox), .words = settings_words_mwi_mailbox},
    {WORD, 0, "mwi-dialling", "HOW", "keypad (default), enbloc", AT(mwi_dialling),
     .words = settings_words_mwi_dialling},

    {HEADING, .name = "This machine"},
    {TEXT, 0, "state-dir", "DIR",
     "identity, certificates, held CTL; default\n$XDG_STATE_HOME/vmports, for root "
     "/var/lib/vmports",
     AT(state_dir)},
    {TEXT, 0, "control", "PATH",
     "control socket; default $XDG_RUNTIME_DIR/vmports.sock,\nfor root /run/vmports.sock",
     AT(control)},
    {NUMBER, 0, "threads", "N",
     "worker threads (the cores; the port count gives each\nport a thread)", AT(threads), 1,
     PORTS_MAX},
    {NUMBER, 0, "media-threads", "N", "media threads (1)", AT(media_threads), 1, 64},
    {TEXT, 0, "user", "NAME",
     "root only: the user that the run goes on as; default the\nstate directory's owner, else "
     "vmports, else nobody",
     AT(user)},
    {SWITCH, 0, "no-sandbox", NULL,
     "do not fence off files (Landlock) and system calls\n(seccomp) that a run has no use for",
     AT(no_sandbox)},

    {HEADING, .name = "Evidence"},
    {TEXT, 0, "capture", "FILE",
     "live capture of signalling, TFTP and media of this run;\nneeds CAP_NET_RAW", AT(capture)},
    {TEXT, 0, "capture-device", "NAME",
     "interface to capture on; default: lo when every\nTFTP server is "
     "there, else any",
     AT(capture_device)},
    {TEXT, 0, "keylog", "FILE",
     "NSS key log and the SRTP keys of every stream, mode 0600:\nwho reads it reads the calls",
     AT(keylog)},
    {WORD, 0, "log-format", "FORM", "text (default), json, cuc (as CUC's traces)", AT(log_format),
     .words = formats},
    {COUNT, 'v', "verbose", NULL, "say more; repeats", AT(verbose)},
    {COUNT, 'q', "quiet", NULL, "say only what went wrong; twice: only errors", AT(quiet)},
    {SWITCH, 0, "json", NULL, "a summary object on stdout at the end", AT(json)},

    {HEADING, .name = "The end"},
    {CONDITION, 0, "until", "COND",
     "end by itself, exit 0: registered (all ports are),\ncalls=N (so many have ended), idle (all "
     "registered, "
     "a call\nor lamp has been served, none is up or waiting)",
     AT(until)},
    {NUMBER, 0, "timeout", "S", "with --until: exit 1 when this comes first", AT(timeout_s), 1,
     10000000},
    {NUMBER, 0, "drain", "S",
     "let calls end for so long after SIGINT, SIGTERM or\n`stop` (5); a second "
     "signal ends at once",
     AT(drain_s), 0, 86400},
    {SWITCH, 'h', "help", NULL, "this text", AT(help)},
};
#define SPECS (sizeof specs / sizeof specs[0])
_Static_assert(SPECS <= RUN_OPTIONS_MAX, "run_options.given has a place for each");

static const struct run_options defaults = {
    .first = 1,
    .prefix = "CiscoUM1-VI",
    .security = MODE_ENCRYPTED,
    .mwi_on = "999991",
    .mwi_off = "999990",
    .mwi_retry_ms = 5,
    .mwi_result_ms = 5000,
    .max_call_s = 43200,
    .rtp_lo = 16384,
    .rtp_hi = 32767,
    .protocol_version = 17,
    .device_type = 80,
    .media_threads = 1,
    .max_handshakes = 200,
    .drain_s = 5,
};

/* ---- reading --------------------------------------------------------------------------------- */

static bool take_condition(struct run_options *o, const char *option, const char *text,
                           struct err *e)
{
    if (strcmp(text, "registered") == 0) {
        o->until = UNTIL_REGISTERED;
    } else if (strcmp(text, "idle") == 0) {
        o->until = UNTIL_IDLE;
    } else if (strncmp(text, "calls=", 6) == 0) {
        o->until = UNTIL_CALLS;
        return option_unsigned("--until calls=", text + 6, 1, 1000000000, &o->until_calls, e);
    } else {
        return err_set(e, ERR_USAGE, "%s \"%.40s\": must be registered, calls=N or idle", option,
                       text);
    }
    return true;
}

static bool take(struct run_options *o, const struct spec *s, const char *text, struct err *e)
{
    char *field = (char *)o + s->at, option[32];
    unsigned *number = (unsigned *)(void *)field;

    snprintf(option, sizeof option, "--%s", s->name);
    switch (s->kind) {
    case TEXT:
        *(const char **)(void *)field = text;
        return *text || err_set(e, ERR_USAGE, "%s: the value is empty", option);
    case EXTENSION:
        *(const char **)(void *)field = text;
        return option_extension(option, text, e);
    case NUMBER:
        return option_unsigned(option, text, s->lo, s->hi, number, e);
    case WORD:
        return option_word(option, text, s->words, number, e);
    case RANGE:
        return option_range(option, text, s->lo, s->hi, &o->rtp_lo, &o->rtp_hi, e);
    case CONDITION:
        return take_condition(o, option, text, e);
    case SWITCH:
        *(bool *)field = true;
        return true;
    case COUNT:
        ++*number;
        return true;
    case HEADING:
        break;
    }
    return true;
}

/* getopt's own tables, made from ours. A long option's value is 256 + its place. */
static void make_tables(char *shorts, struct option *longs)
{
    for (size_t i = 0; i < SPECS; i++) {
        const struct spec *s = &specs[i];
        if (s->kind == HEADING)
            continue;
        if (s->letter)
            *shorts++ = s->letter;
        if (s->letter && s->value)
            *shorts++ = ':';
        *longs++ = (struct option){s->name, s->value ? required_argument : no_argument, NULL,
                                   256 + (int)i};
    }
    *shorts = '\0';
    *longs = (struct option){0};
}

static const struct spec *spec_of(int c)
{
    if (c >= 256)
        return &specs[c - 256];
    for (size_t i = 0; i < SPECS; i++)
        if (specs[i].letter == c)
            return &specs[i];
    return NULL;
}

bool run_options_read(struct run_options *o, int argc, char **argv, struct err *e)
{
    static const char who[] = "vmports run";
    char shorts[2 * SPECS + 1];
    struct option longs[SPECS + 1];
    int c;

    *o = defaults;
    err_clear(e);
    make_tables(shorts, longs);
    while ((c = option_next(who, argc, argv, shorts, longs)) != -1) {
        const struct spec *s = c == '?' ? NULL : spec_of(c);
        if (!s || !take(o, s, optarg, e))
            return false;
        o->given[s - specs] = true;
    }
    return option_no_more(who, argc, argv);
}

enum log_level run_options_level(const struct run_options *o)
{
    int level = (int)LOG_NOTE + (int)o->verbose - (int)o->quiet;
    return level < (int)LOG_ERROR   ? LOG_ERROR
           : level > (int)LOG_TRACE ? LOG_TRACE
                                    : (enum log_level)level;
}

/* ---- the help -------------------------------------------------------------------------------- */

static void print_spec(const struct spec *s)
{
    char left[64], letter[4] = "   ";
    const char *line = s->help;

    if (s->letter)
        snprintf(letter, sizeof letter, "-%c,", s->letter);
    snprintf(left, sizeof left, "%s --%s%s%s", letter, s->name, s->value ? " " : "",
             s->value ? s->value : "");
    printf("  %-30s", left);
    for (;;) {
        size_t len = strcspn(line, "\n");
        printf("%s%.*s\n", strlen(left) > 29 && line == s->help ? "  " : "", (int)len, line);
        if (!line[len])
            break;
        line += len + 1;
        printf("%32s", "");
    }
}

void run_options_help(void)
{
    printf(
        "Usage: vmports run -n N -t HOST[:PORT],... [options]\n"
        "       vmports run --config FILE [options]\n\n"
        "Fetches and checks CTLFile.tlv, registers N voicemail ports by SCCP inside mutual TLS,\n"
        "answers their calls with the greeting by SRTP, and switches lamps when `vmports mwi` "
        "asks.\n");
    for (size_t i = 0; i < SPECS; i++) {
        if (specs[i].kind == HEADING)
            printf("\n%s:\n", specs[i].name);
        else
            print_spec(&specs[i]);
    }
    printf("\nExamples:\n"
           "  vmports run -n 8 -t 10.48.46.182\n"
           "  vmports run -n 250 -t 10.1.1.1,10.1.1.2 -s cucm-sub1,cucm-sub2 -g welcome.wav\n"
           "  vmports run -n 4 --security non-secure -s 10.48.46.182 --until registered --timeout "
           "30\n\n"
           "Exit code: 0 it ended as asked, 1 it failed or --timeout came first, 2 wrong use.\n");
}

/* ---- settings -------------------------------------------------------------------------------- */

static bool group_agrees(const struct run_options *o, struct err *e)
{
    bool secure = o->security != MODE_NON_SECURE;

    if (!o->ports)
        return err_set(e, ERR_USAGE, "how many ports? for example: -n 8");
    if (!o->tftp_text && (secure ? o->refresh != CTL_REFRESH_NEVER : !o->server_text))
        return err_set(e, ERR_USAGE,
                       secure ? "where is the CTL? give the cluster's TFTP server: -t HOST"
                              : "where is the call manager? give it: -s HOST");
    if (o->legacy_tls && !secure)
        return err_set(e, ERR_USAGE, "--legacy-tls does not go with --security non-secure");
    if ((o->ctl_first == CTL_FIRST_PIN) != (o->ctl_pin != NULL))
        return err_set(e, ERR_USAGE, "--ctl-first pin and --ctl-pin SHA256 go together");
    if (o->mwi_fallback && o->mwi_method == MWI_PREFIX)
        return err_set(e, ERR_USAGE, "--mwi-fallback does not go with --mwi-method prefix");
    if (strcmp(o->mwi_on, o->mwi_off) == 0)
        return err_set(e, ERR_USAGE, "--mwi-on and --mwi-off are both %s", o->mwi_on);
    return true;
}

static bool run_agrees(const struct run_options *o, struct err *e)
{
    if (o->timeout_s && o->until == UNTIL_STOPPED)
        return err_set(e, ERR_USAGE, "--timeout goes with --until");
    if (o->capture_device && !o->capture)
        return err_set(e, ERR_USAGE, "--capture-device goes with --capture");
    if (o->verbose && o->quiet)
        return err_set(e, ERR_USAGE, "-v and -q do not go together");
    return true;
}

static bool pin_ok(const char *pin, struct err *e)
{
    size_t len = strlen(pin);

    if (len != 64 || strspn(pin, "0123456789abcdefABCDEF") != len)
        return err_set(e, ERR_USAGE, "--ctl-pin: %zu characters, wanted are 64 hex digits", len);
    return true;
}

/* Was this field's option said? */
static bool said(const struct run_options *o, size_t field)
{
    for (size_t i = 0; i < SPECS; i++)
        if (specs[i].kind != HEADING && specs[i].at == field)
            return o->given[i];
    return false;
}

/* All of them make a group; those that were said override one. */
#define TAKE(field, to, value)                                                                     \
    do {                                                                                           \
        if (all || said(o, offsetof(struct run_options, field)))                                   \
            (to) = (value);                                                                        \
    } while (0)
#define TAKE_TEXT(field, to)                                                                       \
    do {                                                                                           \
        if (all || said(o, offsetof(struct run_options, field)))                                   \
            snprintf((to), sizeof(to), "%s", o->field);                                            \
    } while (0)

static bool take_servers(const struct run_options *o, struct group_settings *g, struct err *e)
{
    struct host_port list[SERVERS_MAX];
    const uint16_t usual = g->mode == MODE_NON_SECURE ? 2000 : 2443;

    if (!o->server_text)
        return true;
    if (!option_hosts("--server", o->server_text, usual, list, SERVERS_MAX, &g->server_count, e))
        return false;
    for (size_t i = 0; i < g->server_count; i++) {
        strcpy(g->servers[i].host, list[i].host);
        g->servers[i].port = list[i].port;
    }
    return true;
}

static bool take_tftp(const struct run_options *o, struct group_settings *g, struct err *e)
{
    struct host_port list[SERVERS_MAX];

    if (!o->tftp_text)
        return true;
    if (!option_hosts("--tftp", o->tftp_text, 69, list, SERVERS_MAX, &g->tftp_count, e))
        return false;
    for (size_t i = 0; i < g->tftp_count; i++) {
        strcpy(g->tftp[i].host, list[i].host);
        g->tftp[i].port = list[i].port;
    }
    return true;
}

static void take_lamps(const struct run_options *o, struct mwi_settings *m, bool all)
{
    TAKE_TEXT(mwi_on, m->on_code);
    TAKE_TEXT(mwi_off, m->off_code);
    TAKE(mwi_interval_ms, m->min_request_interval_ms, o->mwi_interval_ms);
    TAKE(mwi_concurrent, m->max_concurrent, o->mwi_concurrent);
    TAKE(mwi_retries, m->retries_on_success, o->mwi_retries);
    TAKE(mwi_retry_ms, m->retry_interval_ms, o->mwi_retry_ms);
    TAKE(mwi_mailbox, m->mailbox, (enum mwi_mailbox)o->mwi_mailbox);
    TAKE(mwi_dialling, m->dialling, (enum mwi_dialling)o->mwi_dialling);
    TAKE(mwi_method, m->method, (enum mwi_method)o->mwi_method);
    TAKE(mwi_fallback, m->fallback_to_prefix, o->mwi_fallback);
    TAKE(mwi_result_ms, m->result_ms, o->mwi_result_ms);
}

static bool take_names(const struct run_options *o, struct group_settings *g, bool all,
                       struct err *e)
{
    char longest[DEVICE_NAME_MAX + 1];
    const char *prefix =
        all || said(o, offsetof(struct run_options, prefix)) ? o->prefix : g->prefix;

    TAKE(first, g->first, o->first);
    TAKE(ports, g->count, o->ports);
    if (!device_name(prefix, g->first + g->count - 1, longest))
        return err_set(
            e, ERR_USAGE,
            "the name %.60s%u has %zu characters, at most %d will do: a shorter --prefix", prefix,
            g->first + g->count - 1,
            strlen(prefix) + (size_t)snprintf(NULL, 0, "%u", g->first + g->count - 1),
            DEVICE_NAME_MAX);
    if (prefix != g->prefix)
        snprintf(g->prefix, sizeof g->prefix, "%s", prefix);
    return true;
}

static bool take_group(const struct run_options *o, struct group_settings *g, bool all,
                       struct err *e)
{
    TAKE(security, g->mode, (enum security_mode)o->security);
    TAKE(legacy_tls, g->legacy_tls, o->legacy_tls);
    TAKE(tls_max, g->tls_max, (enum tls_max)o->tls_max);
    TAKE(refresh, g->refresh, (enum ctl_refresh)o->refresh);
    TAKE(ctl_first, g->ctl_policy.first, (enum ctl_first)o->ctl_first);
    TAKE(ctl_pin, g->ctl_policy.pin_sha256, o->ctl_pin);
    TAKE(ctl_strict, g->ctl_policy.strict, o->ctl_strict);
    TAKE(any_ccm, g->ctl_policy.any_ccm, o->any_ccm);
    TAKE(resolve_names, g->ctl_policy.resolve_names, o->resolve_names);
    TAKE(no_failback, g->auto_failback, !o->no_failback);
    TAKE(no_standby, g->standby, !o->no_standby);
    TAKE(after, g->after, (enum after_greeting)o->after);
    TAKE(delay_before_opening_ms, g->delay_before_opening_ms, o->delay_before_opening_ms);
    TAKE(max_call_s, g->max_call_s, o->max_call_s);
    TAKE(rtcp, g->rtcp, o->rtcp);
    TAKE(inband_dtmf, g->inband_dtmf, o->inband_dtmf);
    TAKE(drop_inactive, g->drop_inactive, o->drop_inactive);
    TAKE(protocol_version, g->protocol_version, o->protocol_version);
    TAKE(device_type, g->device_type, o->device_type);
    take_lamps(o, &g->mwi, all);
    return (!o->ctl_pin || pin_ok(o->ctl_pin, e)) && take_servers(o, g, e) && take_tftp(o, g, e) &&
           take_names(o, g, all, e);
}

bool run_options_group(const struct run_options *o, struct group_settings *g, struct err *e)
{
    group_settings_default(g);
    return group_agrees(o, e) && run_agrees(o, e) && take_group(o, g, true, e) &&
           settings_check_tls(g, e);
}

static bool take_pool(const struct run_options *o, struct pool_settings *p, bool all, struct err *e)
{
    TAKE(rtp_lo, p->rtp_lo, (uint16_t)o->rtp_lo);
    TAKE(rtp_lo, p->rtp_hi, (uint16_t)o->rtp_hi);
    TAKE(threads, p->threads, o->threads);
    TAKE(media_threads, p->media_threads, o->media_threads);
    TAKE(max_handshakes, p->max_handshakes, o->max_handshakes);
    TAKE(key_per_port, p->key_per_port, o->key_per_port);
    if (o->bind_text && (!net_addr_parse(&p->bind, o->bind_text, 0) || p->bind.port))
        return err_set(e, ERR_USAGE, "--bind \"%.60s\": not an IP address", o->bind_text);
    return true;
}

bool run_options_pool(const struct run_options *o, struct pool_settings *p, struct err *e)
{
    *p = (struct pool_settings){0};
    if (o->threads > o->ports)
        return err_set(e, ERR_USAGE, "--threads %u: more than the %u ports", o->threads, o->ports);
    return take_pool(o, p, true, e);
}

/* ---- over a settings file ----------------------------------------------------------------- */

static bool one_group(const struct run_options *o, const struct config *c, struct err *e)
{
    static const struct {
        size_t field;
        const char *name;
    } names[] = {{offsetof(struct run_options, ports), "--ports"},
                 {offsetof(struct run_options, first), "--first"},
                 {offsetof(struct run_options, prefix), "--prefix"}};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (c->run.group_count > 1 && said(o, names[i].field))
            return err_set(e, ERR_USAGE, "%s describes one port group; %.100s has %zu",
                           names[i].name, o->config, c->run.group_count);
    return true;
}

/* The options against the file, each by itself: settings_check knows no others. */
static bool override_agrees(const struct group_settings *g, struct err *e)
{
    if (!settings_check_tls(g, e))
        return err_in(e, "port group \"%s\"", g->name);
    if ((g->ctl_policy.first == CTL_FIRST_PIN) != (g->ctl_policy.pin_sha256 != NULL))
        return err_set(e, ERR_USAGE, "port group \"%s\": --ctl-first pin and a pin go together",
                       g->name);
    if (g->mwi.fallback_to_prefix && g->mwi.method == MWI_PREFIX)
        return err_set(e, ERR_USAGE, "port group \"%s\": MwiFallback does not go with prefix",
                       g->name);
    return true;
}

bool run_options_override(const struct run_options *o, struct config *c, struct err *e)
{
    size_t ports = 0;

    if (!run_agrees(o, e) || !one_group(o, c, e) || !take_pool(o, &c->run, false, e))
        return false;
    for (size_t i = 0; i < c->run.group_count; i++) {
        if (!take_group(o, &c->groups[i], false, e) || !override_agrees(&c->groups[i], e))
            return false;
        ports += c->groups[i].count;
    }
    if (c->run.threads > ports)
        return err_set(e, ERR_USAGE, "--threads %u: more than the %zu ports", c->run.threads,
                       ports);
    return true;
}
