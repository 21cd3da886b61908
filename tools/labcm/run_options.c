#include "tools/labcm/run_options.h"

#include "tools/shared/command.h"
#include "tools/shared/options.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

static const char who[] = "labcm run";

void run_options_help(void)
{
    printf(
        "Usage: labcm run [options]\n\n"
        "Plays one node of a mixed-mode CUCM cluster until ^C.\n\n"
        "  -n, --ports N            voice mail ports configured, 1-20000 (8)\n"
        "      --prefix TEXT        their device names' prefix (CiscoUM1-VI)\n"
        "      --first N            number of the first one (1)\n"
        "      --trust FILE         a root for CallManager-trust, PEM; repeats\n"
        "      --tftp-port N        TFTP (6969); 0 lets the kernel choose, as for the next two\n"
        "      --tls-port N         SCCP in TLS (2443)\n"
        "      --sccp-port N        plain SCCP; not served, but 2000 with --mode non-secure\n"
        "      --bind ADDR          local address of everything (127.0.0.1)\n"
        "      --mode MODE          Device Security Mode: encrypted (default), authenticated,\n"
        "                           non-secure\n"
        "      --algorithm WORD     of the hunt: longest-idle (default), top-down, circular,\n"
        "                           broadcast\n"
        "      --ring-no-answer S   until the next member rings (10)\n"
        "      --protocol-version N highest SCCP version, 0-22 (22)\n"
        "      --keepalive S        seconds between a port's keepalives (30)\n"
        "      --node NAME          of this node, in its certificate and in the CTL "
        "(cucm-lab-pub)\n"
        "      --other-node NAME,ADDRESS,PEM   of the same cluster: its callmanager.pem stands in\n"
        "                           the CTL too; up to 8 times\n"
        "      --signer WORD        of the CTL: itlrecovery (default, CUCM 12 and later) or\n"
        "                           callmanager\n"
        "      --digest WORD        of the CTL: sha1 (default) or sha512\n"
        "      --any-name           do not compare a certificate's name with the device name\n"
        "      --legacy-tls         TLS 1.0-1.2, RSA 1024, SHA-1\n"
        "      --tls-min WORD       1.0, 1.1, 1.2 (default; 1.0 with --legacy-tls), 1.3: as\n"
        "                           `set tls min-version`; below 1.2 as old as --legacy-tls,\n"
        "                           but for the certificates\n"
        "      --tls-max WORD       the same words (1.2)\n"
        "      --ciphers LIST       of TLS 1.2 and below, as OpenSSL writes it\n"
        "      --cert-kind WORD     a new CallManager certificate: rsa1024, rsa1024-sha1,\n"
        "                           rsa2048, rsa2048-sha1, rsa4096, ec256, ec384\n"
        "      --rtp-ports LO-HI    UDP ports of the phones (16384-32767)\n"
        "      --media-threads N    media threads (1)\n"
        "      --state-dir DIR      certificates, trust, CTL; default $XDG_STATE_HOME/labcm, for\n"
        "                           root /var/lib/labcm\n"
        "      --control PATH       control socket; default $XDG_RUNTIME_DIR/labcm.sock, for\n"
        "                           root /run/labcm.sock\n"
        "      --ready-file FILE    written when everything is served: the ports as JSON\n"
        "      --keylog FILE        NSS key log and SRTP keys (off)\n"
        "      --log-format WORD    text (default), json or cuc\n"
        "  -v, --verbose            say more; repeats\n"
        "  -q, --quiet              say only errors\n\n"
        "Ports have the numbers 999001 and up, the pilot is 8000, phones are 1001-1999;\n"
        "999991 and 999990 switch the message lamp of the calling party on and off.\n");
}

enum {
    OPT_PREFIX = 256,
    OPT_FIRST,
    OPT_TRUST,
    OPT_TFTP,
    OPT_TLS,
    OPT_SCCP,
    OPT_BIND,
    OPT_MODE,
    OPT_ALGORITHM,
    OPT_RING,
    OPT_VERSION,
    OPT_KEEPALIVE,
    OPT_NODE,
    OPT_OTHER_NODE,
    OPT_SIGNER,
    OPT_DIGEST,
    OPT_ANY_NAME,
    OPT_LEGACY,
    OPT_TLS_MIN,
    OPT_TLS_MAX,
    OPT_CIPHERS,
    OPT_CERT_KIND,
    OPT_RTP,
    OPT_MEDIA_THREADS,
    OPT_STATE,
    OPT_CONTROL,
    OPT_READY,
    OPT_KEYLOG,
    OPT_FORMAT,
};

static const struct option longs[] = {
    {"ports", required_argument, NULL, 'n'},
    {"prefix", required_argument, NULL, OPT_PREFIX},
    {"first", required_argument, NULL, OPT_FIRST},
    {"trust", required_argument, NULL, OPT_TRUST},
    {"tftp-port", required_argument, NULL, OPT_TFTP},
    {"tls-port", required_argument, NULL, OPT_TLS},
    {"sccp-port", required_argument, NULL, OPT_SCCP},
    {"bind", required_argument, NULL, OPT_BIND},
    {"mode", required_argument, NULL, OPT_MODE},
    {"algorithm", required_argument, NULL, OPT_ALGORITHM},
    {"ring-no-answer", required_argument, NULL, OPT_RING},
    {"protocol-version", required_argument, NULL, OPT_VERSION},
    {"keepalive", required_argument, NULL, OPT_KEEPALIVE},
    {"node", required_argument, NULL, OPT_NODE},
    {"other-node", required_argument, NULL, OPT_OTHER_NODE},
    {"signer", required_argument, NULL, OPT_SIGNER},
    {"digest", required_argument, NULL, OPT_DIGEST},
    {"any-name", no_argument, NULL, OPT_ANY_NAME},
    {"legacy-tls", no_argument, NULL, OPT_LEGACY},
    {"tls-min", required_argument, NULL, OPT_TLS_MIN},
    {"tls-max", required_argument, NULL, OPT_TLS_MAX},
    {"ciphers", required_argument, NULL, OPT_CIPHERS},
    {"cert-kind", required_argument, NULL, OPT_CERT_KIND},
    {"rtp-ports", required_argument, NULL, OPT_RTP},
    {"media-threads", required_argument, NULL, OPT_MEDIA_THREADS},
    {"state-dir", required_argument, NULL, OPT_STATE},
    {"control", required_argument, NULL, OPT_CONTROL},
    {"ready-file", required_argument, NULL, OPT_READY},
    {"keylog", required_argument, NULL, OPT_KEYLOG},
    {"log-format", required_argument, NULL, OPT_FORMAT},
    {"verbose", no_argument, NULL, 'v'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static bool udp_or_tcp_port(const char *option, const char *text, int *out, struct err *e)
{
    unsigned port;

    if (!option_unsigned(option, text, 0, UINT16_MAX, &port, e))
        return false;
    *out = (int)port;
    return true;
}

static bool bind_address(struct run_options *o, const char *text, struct err *e)
{
    if (net_addr_parse(&o->bind, text, 0) && o->bind.port == 0)
        return true;
    return err_set(e, ERR_USAGE, "--bind %.60s: an IPv4 or IPv6 address is wanted", text);
}

static bool short_text(const char *option, const char *text, char *out, size_t cap, struct err *e)
{
    if (text[0] == '\0' || strlen(text) >= cap)
        return err_set(e, ERR_USAGE, "%s %.60s: 1 to %zu characters are wanted", option, text,
                       cap - 1);
    strcpy(out, text);
    return true;
}

static bool add_trust(struct run_options *o, const char *path, struct err *e)
{
    if (o->trust_count == RUN_TRUSTS_MAX)
        return err_set(e, ERR_USAGE, "--trust: at most %d files; use `labcm trust` for more",
                       RUN_TRUSTS_MAX);
    o->trusts[o->trust_count++] = path;
    return true;
}

/* NAME,ADDRESS,PEM */
static bool add_node(struct run_options *o, const char *text, struct err *e)
{
    struct lab_node *n = &o->nodes[o->node_count];
    char ip[64];
    int at = 0;

    if (o->node_count == LAB_NODES_MAX)
        return err_set(e, ERR_USAGE, "--other-node: at most %d nodes", LAB_NODES_MAX);
    if (sscanf(text, "%63[^,],%63[^,],%n", n->name, ip, &at) != 2 || at == 0 || !text[at])
        return err_set(e, ERR_USAGE, "--other-node %.100s: NAME,ADDRESS,PEM is wanted", text);
    if (!net_addr_parse(&n->address, ip, 0) || n->address.port != 0)
        return err_set(e, ERR_USAGE, "--other-node %.100s: an IPv4 or IPv6 address is wanted",
                       text);
    n->pem = text + at;
    o->node_count++;
    return true;
}

static bool tls_version(const char *option, const char *text, int *out, struct err *e)
{
    static const char *const words[] = {"1.0", "1.1", "1.2", "1.3", NULL};
    static const int versions[] = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
    unsigned n = 0;

    if (!option_word(option, text, words, &n, e))
        return false;
    *out = versions[n];
    return true;
}

static bool cert_kind(const char *text, struct lab_cert_kind *out, struct err *e)
{
    static const char *const words[] = {"rsa1024", "rsa1024-sha1", "rsa2048", "rsa2048-sha1",
                                        "rsa4096", "ec256",        "ec384",   NULL};
    static const struct lab_cert_kind kinds[] = {
        {.bits = 1024},     {.bits = 1024, .sha1 = true},
        {.bits = 2048},     {.bits = 2048, .sha1 = true},
        {.bits = 4096},     {.curve = "P-256"},
        {.curve = "P-384"},
    };
    unsigned n = 0;

    if (!option_word("--cert-kind", text, words, &n, e))
        return false;
    *out = kinds[n];
    return true;
}

static bool take_tls(struct run_options *o, int c, const char *text, struct err *e)
{
    switch (c) {
    case OPT_TLS_MIN:
        return tls_version("--tls-min", text, &o->tls.min_version, e);
    case OPT_TLS_MAX:
        return tls_version("--tls-max", text, &o->tls.max_version, e);
    case OPT_CERT_KIND:
        return cert_kind(text, &o->callmanager, e);
    default:
        o->tls.ciphers = text;
        return true;
    }
}

/* Words whose place in the list is the value. */
static bool take_word(struct run_options *o, int c, const char *text, struct err *e)
{
    static const char *const modes[] = {"non-secure", "authenticated", "encrypted", NULL};
    static const char *const algorithms[] = {"longest-idle", "top-down", "circular", "broadcast",
                                             NULL};
    static const char *const signers[] = {"itlrecovery", "callmanager", NULL};
    static const char *const digests[] = {"sha1", "sha512", NULL};
    static const char *const formats[] = {"text", "json", "cuc", NULL};
    unsigned n = 0;

    switch (c) {
    case OPT_MODE:
        if (!option_word("--mode", text, modes, &n, e))
            return false;
        o->manager.mode = (enum lab_mode)n;
        return true;
    case OPT_ALGORITHM:
        if (!option_word("--algorithm", text, algorithms, &n, e))
            return false;
        o->manager.algorithm = (enum hunt_algorithm)n;
        return true;
    case OPT_SIGNER:
        if (!option_word("--signer", text, signers, &n, e))
            return false;
        o->signer = (enum lab_signer)n;
        return true;
    case OPT_DIGEST:
        if (!option_word("--digest", text, digests, &n, e))
            return false;
        o->digest = n ? CTL_SHA512 : CTL_SHA1;
        return true;
    default:
        if (!option_word("--log-format", text, formats, &n, e))
            return false;
        o->format = (enum log_format)n;
        return true;
    }
}

static bool take_number(struct run_options *o, int c, const char *text, struct err *e)
{
    struct manager_settings *m = &o->manager;
    unsigned n = 0;

    switch (c) {
    case 'n':
        return option_unsigned("--ports", text, 1, 20000, &m->plan.count, e);
    case OPT_FIRST:
        return option_unsigned("--first", text, 1, 99999, &m->plan.first, e);
    case OPT_RING:
        if (!option_unsigned("--ring-no-answer", text, 1, 300, &n, e))
            return false;
        m->ring_no_answer_ms = n * 1000;
        return true;
    case OPT_VERSION:
        return option_unsigned("--protocol-version", text, 0, SCCP_VERSION_MAX, &m->version_max, e);
    case OPT_KEEPALIVE:
        if (!option_unsigned("--keepalive", text, 1, 3600, &n, e))
            return false;
        m->keepalive_s = n;
        m->standby_s = 2 * n;
        return true;
    default:
        return option_unsigned("--media-threads", text, 1, 64, &o->media_threads, e);
    }
}

static bool take_text(struct run_options *o, int c, const char *text, struct err *e)
{
    switch (c) {
    case OPT_PREFIX:
        return short_text("--prefix", text, o->manager.prefix, SCCP_DEVICE_NAME_MAX, e);
    case OPT_NODE:
        return short_text("--node", text, o->manager.server_name, sizeof o->manager.server_name, e);
    case OPT_TRUST:
        return add_trust(o, text, e);
    case OPT_OTHER_NODE:
        return add_node(o, text, e);
    case OPT_STATE:
        o->state_dir = text;
        return true;
    case OPT_CONTROL:
        o->control = text;
        return true;
    case OPT_READY:
        o->ready_file = text;
        return true;
    default:
        o->keylog = text;
        return true;
    }
}

static bool take_place(struct run_options *o, int c, const char *text, struct err *e)
{
    switch (c) {
    case OPT_TFTP:
        return udp_or_tcp_port("--tftp-port", text, &o->tftp_port, e);
    case OPT_TLS:
        return udp_or_tcp_port("--tls-port", text, &o->tls_port, e);
    case OPT_SCCP:
        o->sccp_port_given = true;
        return udp_or_tcp_port("--sccp-port", text, &o->sccp_port, e);
    case OPT_RTP:
        return option_range("--rtp-ports", text, 1024, UINT16_MAX, &o->rtp_lo, &o->rtp_hi, e);
    default:
        return bind_address(o, text, e);
    }
}

static void take_flag(struct run_options *o, int c)
{
    switch (c) {
    case 'v':
        o->level = o->level < LOG_TRACE ? o->level + 1 : LOG_TRACE;
        break;
    case 'q':
        o->level = LOG_ERROR;
        break;
    case 'h':
        o->help = true;
        break;
    case OPT_ANY_NAME:
        o->policy.any_cn = true;
        break;
    default:
        o->legacy = true;
        break;
    }
}

static bool take(struct run_options *o, int c, const char *text, struct err *e)
{
    switch (c) {
    case 'v':
    case 'q':
    case 'h':
    case OPT_ANY_NAME:
    case OPT_LEGACY:
        take_flag(o, c);
        return true;
    case 'n':
    case OPT_FIRST:
    case OPT_RING:
    case OPT_VERSION:
    case OPT_KEEPALIVE:
    case OPT_MEDIA_THREADS:
        return take_number(o, c, text, e);
    case OPT_MODE:
    case OPT_ALGORITHM:
    case OPT_SIGNER:
    case OPT_DIGEST:
    case OPT_FORMAT:
        return take_word(o, c, text, e);
    case OPT_TFTP:
    case OPT_TLS:
    case OPT_SCCP:
    case OPT_RTP:
    case OPT_BIND:
        return take_place(o, c, text, e);
    case OPT_TLS_MIN:
    case OPT_TLS_MAX:
    case OPT_CIPHERS:
    case OPT_CERT_KIND:
        return take_tls(o, c, text, e);
    default:
        return take_text(o, c, text, e);
    }
}

static const struct run_options defaults = {
    .manager = MANAGER_DEFAULTS,
    .policy = {.cluster_secure = true},
    .bind = {.family = 4, .ip = {127, 0, 0, 1}},
    .tftp_port = 6969,
    .tls_port = 2443,
    .sccp_port = SERVER_NO_PORT,
    .digest = CTL_SHA1,
    .rtp_lo = 16384,
    .rtp_hi = 32767,
    .media_threads = 1,
    .level = LOG_NOTE,
};

/* What --tls-min and --tls-max leave; one of them alone moves the other's default. */
static bool settle_tls(struct run_options *o, struct err *e)
{
    struct tls_profile *p = &o->tls;

    if (!p->max_version)
        p->max_version = p->min_version > TLS1_2_VERSION ? p->min_version : TLS1_2_VERSION;
    if (!p->min_version)
        p->min_version = o->legacy                         ? TLS1_VERSION
                         : p->max_version < TLS1_2_VERSION ? p->max_version
                                                           : TLS1_2_VERSION;
    p->legacy = o->legacy || p->min_version < TLS1_2_VERSION;
    if (p->min_version > p->max_version)
        return err_set(e, ERR_USAGE, "--tls-min is above --tls-max");
    if (o->signer == LAB_SIGNS_CALLMANAGER && o->callmanager.curve)
        return err_set(e, ERR_USAGE, "--signer callmanager: an EC key signs no CTL");
    return true;
}

bool run_options_read(struct run_options *o, int argc, char **argv)
{
    struct err e = {0};
    int c;

    *o = defaults;
    while ((c = option_next(who, argc, argv, "n:vqh", longs)) != -1) {
        if (c == '?')
            return false;
        if (!take(o, c, optarg, &e)) {
            command_fail(who, &e);
            return false;
        }
    }
    if (o->manager.mode == LAB_NON_SECURE && !o->sccp_port_given)
        o->sccp_port = 2000;
    o->manager.address = o->bind;
    if (!settle_tls(o, &e)) {
        command_fail(who, &e);
        return false;
    }
    return option_no_more(who, argc, argv);
}
