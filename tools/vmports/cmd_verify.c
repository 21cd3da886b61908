/* vmports verify: proof from a capture. */
#include "tools/shared/command.h"
#include "tools/shared/options.h"
#include "tools/vmports/commands.h"
#include "tools/vmports/verify.h"

#include <string.h>
#include <unistd.h>

static const char who[] = "vmports verify";

static const char help[] =
    "Usage: vmports verify FILE [--keylog FILE] [--json]\n\n"
    "Judges a capture (pcap or pcapng; - is stdin): was anything readable that should not be, and\n"
    "does the media authenticate?\n"
    "\n"
    "  --keylog FILE      key log of the run: SRTP is authenticated with its keys\n"
    "  --security MODE    what the run was: encrypted (default), authenticated, non-secure\n"
    "  --tls-port PORT    a signalling port beside 2443; repeats. Connections that speak TLS or\n"
    "                     SCCP are found on any port\n"
    "  --sccp-port PORT   the same of SCCP in clear, beside 2000\n"
    "  --json             the whole report as JSON\n"
    "\n"
    "Exit: 0 nothing was readable and all that has a key authenticated; 1 a fault was found, or "
    "the\n"
    "file could not be read; 2 wrong use.\n"
    "Example: tcpdump -ni eth0 -w x.pcap 'tcp port 2443 or udp'\n"
    "         vmports verify x.pcap\n";

static bool read_mode(const char *text, enum verify_mode *out, struct err *e)
{
    static const char *const words[] = {"non-secure", "authenticated", "encrypted"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = (enum verify_mode)i;
            return true;
        }
    }
    return err_set(e, ERR_USAGE,
                   "--security is \"%.40s\", wanted encrypted, authenticated or non-secure", text);
}

static bool read_port(const char *option, const char *text, struct verify_settings *s,
                      struct err *e)
{
    unsigned port;

    if (s->signalling_count == VERIFY_PORTS_MAX)
        return err_set(e, ERR_USAGE, "more than %d signalling ports", VERIFY_PORTS_MAX);
    if (!option_unsigned(option, text, 1, 65535, &port, e))
        return false;
    s->signalling[s->signalling_count++] = (uint16_t)port;
    return true;
}

enum { OPT_KEYLOG = 256, OPT_SECURITY, OPT_TLS_PORT, OPT_SCCP_PORT, OPT_JSON };

static bool read_option(int c, struct verify_settings *s, bool *json, struct err *e)
{
    switch (c) {
    case OPT_KEYLOG:
        s->keylog = optarg;
        return true;
    case OPT_SECURITY:
        return read_mode(optarg, &s->mode, e);
    case OPT_TLS_PORT:
        return read_port("--tls-port", optarg, s, e);
    case OPT_SCCP_PORT:
        return read_port("--sccp-port", optarg, s, e);
    default:
        *json = true;
        return true;
    }
}

static int judge(const struct verify_settings *s, bool json)
{
    struct err e;
    struct verify_report *r = verify_capture(s, &e);

    if (!r)
        return command_fail(who, &e);
    if (json) {
        json_t *o = verify_json(r);
        json_dumpf(o, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(o);
    } else {
        printf("%s: ", s->pcap);
        verify_print(r, stdout, isatty(STDOUT_FILENO) && !getenv("NO_COLOR"));
    }
    if (!r->ok) /* the reason belongs on stderr; the report on stdout has them all */
        fprintf(stderr, "%s: %zu faults; the first: %s\n", who, r->faults, r->findings[0].text);
    bool ok = r->ok;
    verify_free(r);
    return ok ? EXIT_DONE : EXIT_FAILED;
}

int cmd_verify(int argc, char **argv)
{
    static const struct option longs[] = {{"keylog", required_argument, NULL, OPT_KEYLOG},
                                          {"security", required_argument, NULL, OPT_SECURITY},
                                          {"tls-port", required_argument, NULL, OPT_TLS_PORT},
                                          {"sccp-port", required_argument, NULL, OPT_SCCP_PORT},
                                          {"json", no_argument, NULL, OPT_JSON},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    struct verify_settings s = {.mode = VERIFY_ENCRYPTED};
    bool json = false;
    struct err e;

    for (int c; (c = option_next(who, argc, argv, "h", longs)) != -1;) {
        if (c == '?')
            return EXIT_USAGE;
        if (c == 'h') {
            fputs(help, stdout);
            return EXIT_DONE;
        }
        if (!read_option(c, &s, &json, &e))
            return command_fail(who, &e);
    }
    if (optind >= argc) {
        err_set(&e, ERR_USAGE, "no capture is named");
        return command_fail(who, &e);
    }
    s.pcap = argv[optind++];
    return option_no_more(who, argc, argv) ? judge(&s, json) : EXIT_USAGE;
}
