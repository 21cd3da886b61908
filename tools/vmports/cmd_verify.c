/* vmports verify: proof from a capture. */
#include "tools/shared/command.h"
#include "tools/shared/options.h"
#include "tools/vmports/commands.h"
#include "tools/vmports/media_out.h"
#include "tools/vmports/verify.h"

#include <string.h>
#include <unistd.h>

static const char who[] = "vmports verify";

static const char help[] =
    "Usage: vmports verify FILE [--keylog FILE] [--json]\n\n"
    "Judges a capture (pcap or pcapng; - is stdin): was anything readable that should not be, and\n"
    "does the media authenticate?\n"
    "\n"
    "  --keylog FILE      key log of the run: SRTP is authenticated with its keys,\n"
    "                     and TLS opened: the SCCP ladder and the lamp calls, without keys and\n"
    "                     digits (SCCP in clear and integrity-only TLS need no key log)\n"
    "  --security MODE    what the run was: encrypted (default), authenticated, non-secure\n"
    "  --tls-port PORT    a signalling port beside 2443; repeats. Connections that speak TLS or\n"
    "                     SCCP are found on any port\n"
    "  --sccp-port PORT   the same of SCCP in clear, beside 2000\n"
    "  --rtp-out FILE     writes the media in clear as a capture of RTP: what authenticates with "
    "a\n"
    "                     key of the key log, and plain RTP; RTCP is left out\n"
    "  --wav-out DIR      writes the sound of each stream (G.711) as a WAV file in DIR\n"
    "  --json             the whole report as JSON\n"
    "\n"
    "What is written is somebody's call: files have mode 0600. Both read FILE twice.\n"
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

enum {
    OPT_KEYLOG = 256,
    OPT_SECURITY,
    OPT_TLS_PORT,
    OPT_SCCP_PORT,
    OPT_JSON,
    OPT_RTP_OUT,
    OPT_WAV_OUT
};

/* What is to be done with the judgement. */
struct wanted {
    bool json;
    struct media_out_settings media;
};

static bool read_option(int c, struct verify_settings *s, struct wanted *want, struct err *e)
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
    case OPT_RTP_OUT:
        want->media.rtp_file = optarg;
        return true;
    case OPT_WAV_OUT:
        want->media.wav_dir = optarg;
        return true;
    default:
        want->json = true;
        return true;
    }
}

static bool wants_media(const struct wanted *want)
{
    return want->media.rtp_file || want->media.wav_dir;
}

static void show_json(const struct verify_report *r, const struct wanted *want,
                      const struct media_out_report *media)
{
    json_t *o = verify_json(r);

    if (media)
        json_object_set_new(o, "media_out", media_out_json(&want->media, media));
    json_dumpf(o, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(o);
}

static void show_text(const char *file, const struct verify_report *r, const struct wanted *want,
                      const struct media_out_report *media)
{
    printf("%s: ", file);
    verify_print(r, stdout, isatty(STDOUT_FILENO) && !getenv("NO_COLOR"));
    if (media)
        media_out_print(&want->media, media, stdout);
}

static int judge(const struct verify_settings *s, const struct wanted *want)
{
    struct err e;
    struct media_out_report media;
    struct verify_report *r = verify_capture(s, &e);

    if (!r)
        return command_fail(who, &e);
    const bool written = !wants_media(want) || media_out_write(s, r, &want->media, &media, &e);
    const struct media_out_report *out = wants_media(want) && written ? &media : NULL;
    if (want->json)
        show_json(r, want, out);
    else
        show_text(s->pcap, r, want, out);
    if (!r->ok) /* the reason belongs on stderr; the report on stdout has them all */
        fprintf(stderr, "%s: %zu faults; the first: %s\n", who, r->faults, r->findings[0].text);
    bool ok = r->ok;
    verify_free(r);
    if (!written)
        return command_fail(who, &e);
    return ok ? EXIT_DONE : EXIT_FAILED;
}

int cmd_verify(int argc, char **argv)
{
    static const struct option longs[] = {{"keylog", required_argument, NULL, OPT_KEYLOG},
                                          {"security", required_argument, NULL, OPT_SECURITY},
                                          {"tls-port", required_argument, NULL, OPT_TLS_PORT},
                                          {"sccp-port", required_argument, NULL, OPT_SCCP_PORT},
                                          {"rtp-out", required_argument, NULL, OPT_RTP_OUT},
                                          {"wav-out", required_argument, NULL, OPT_WAV_OUT},
                                          {"json", no_argument, NULL, OPT_JSON},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    struct verify_settings s = {.mode = VERIFY_ENCRYPTED};
    struct wanted want = {0};
    struct err e;

    for (int c; (c = option_next(who, argc, argv, "h", longs)) != -1;) {
        if (c == '?')
            return EXIT_USAGE;
        if (c == 'h') {
            fputs(help, stdout);
            return EXIT_DONE;
        }
        if (!read_option(c, &s, &want, &e))
            return command_fail(who, &e);
    }
    if (optind >= argc) {
        err_set(&e, ERR_USAGE, "no capture is named");
        return command_fail(who, &e);
    }
    s.pcap = argv[optind++];
    if (!option_no_more(who, argc, argv))
        return EXIT_USAGE;
    if (wants_media(&want) && !media_out_check(&s, &want.media, &e))
        return command_fail(who, &e);
    return judge(&s, &want);
}
