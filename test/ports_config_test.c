/* A settings file: what it says reaches the settings, and every mistake has its line and value. */
#include "check.h"

#include "ports/config.h"

static struct config *parse(const char *text)
{
    struct err e = {0};
    struct config *c = config_parse(text, strlen(text), &e);

    CHECK(c, "%s", e.text);
    return c;
}

static void show_mistakes(const struct config *c)
{
    for (size_t i = 0; i < c->mistake_count; i++)
        fprintf(stderr, "  line %u: %s\n", c->mistakes[i].line, c->mistakes[i].text);
}

static struct config *parse_good(const char *text)
{
    struct config *c = parse(text);

    show_mistakes(c);
    CHECK(c->mistake_count == 0, "%zu mistakes", c->mistake_count);
    return c;
}

/* ---- what is said arrives ------------------------------------------------------------------- */

static const char everything[] = "BindAddress = 10.9.8.7\n"
                                 "RtpPorts = 20000-20999\n"
                                 "Threads = 2\n"
                                 "MediaThreads = 3\n"
                                 "MaxHandshakes = 77\n"
                                 "KeyPerPort = yes\n"
                                 "PhoneSystem {\n"
                                 "  DisplayName = \"Main Street\"\n"
                                 "  PortGroup {\n"
                                 "    DisplayName = \"Main Street-1\"\n"
                                 "    SkinnyDevicePrefix = VM\n"
                                 "    FirstPort = 5\n"
                                 "    NumberOfPorts = 10\n"
                                 "    SecurityMode = authenticated\n"
                                 "    LegacyTls = yes\n"
                                 "    Servers = \"sub1, sub2:2444,[2001:db8::1]:2445\"\n"
                                 "    TftpServers = \"10.1.1.1,10.1.1.2:6969\"\n"
                                 "    CtlRefresh = once\n"
                                 "    CtlFirst = pin\n"
                                 "    CtlPin = 0123456789abcdef0123456789ABCDEF"
                                 "0123456789abcdef0123456789abcdef\n"
                                 "    CtlStrict = yes\n"
                                 "    CtlAnyCallManager = yes\n"
                                 "    Greeting = \"/srv/a \\\"b\\\".wav\"\n"
                                 "    AfterGreeting = loop\n"
                                 "    DelayBeforeOpeningMs = 250\n"
                                 "    WaitForCallInfoMs = 300\n"
                                 "    EnableMWI = no\n"
                                 "    RetryFirstMs = 101\n"
                                 "    RetryMostMs = 107\n"
                                 "    RetryUntrustedMs = 103\n"
                                 "    RetryRejectedMs = 104\n"
                                 "    CtlRetryMs = 105\n"
                                 "    CtlStaleMs = 106\n"
                                 "    MaxCallSeconds = 90\n"
                                 "    EnableEpInactivityDetection = yes\n"
                                 "    InbandDtmf = yes\n"
                                 "    Rtcp = yes\n"
                                 "    MwiOnCode = 8001\n"
                                 "    MwiOffCode = \"*8002#\"\n"
                                 "    MwiMinRequestIntervalMs = 10\n"
                                 "    MwiMaxConcurrentRequests = 4\n"
                                 "    MwiRetryCountOnSuccess = 2\n"
                                 "    MwiRetryIntervalOnSuccessMs = 50\n"
                                 "    MwiResultMs = 4000\n"
                                 "    MwiMethod = prefix\n"
                                 "    MwiMailbox = empty\n"
                                 "    MwiDialling = enbloc\n"
                                 "    ProtocolVersion = 11\n"
                                 "    DeviceType = 81\n"
                                 "    Features = \"01 fe 0A\"\n"
                                 "    LoadName = \"SCCP 1.2\"\n"
                                 "    Port {\n"
                                 "      Numbers = 5-7\n"
                                 "      CapAnswer = no\n"
                                 "      HuntOrder = 9\n"
                                 "    }\n"
                                 "    Port {\n"
                                 "      Numbers = 14\n"
                                 "      CapEnabled = no\n"
                                 "      CapNotification = no\n"
                                 "      CapMWI = no\n"
                                 "      CapTrapConnection = no\n"
                                 "    }\n"
                                 "  }\n"
                                 "}\n";

static void every_setting_arrives(void **state)
{
    struct config *c = parse_good(everything);
    const struct group_settings *g = &c->groups[0];
    char bind[NET_ADDR_TEXT];

    (void)state;
    CHECK(strcmp(net_ip_text(&c->run.bind, bind), "10.9.8.7") == 0, "%s", bind);
    CHECK(c->run.rtp_lo == 20000 && c->run.rtp_hi == 20999, "%u-%u", c->run.rtp_lo, c->run.rtp_hi);
    CHECK(c->run.threads == 2 && c->run.media_threads == 3, "threads");
    CHECK(c->run.max_handshakes == 77 && c->run.key_per_port, "handshakes and keys");
    CHECK(c->run.groups == c->groups && c->run.group_count == 1, "%zu", c->run.group_count);
    CHECK(strcmp(c->more[0].system, "Main Street") == 0, "%s", c->more[0].system);
    CHECK(strcmp(c->more[0].greeting, "/srv/a \"b\".wav") == 0, "%s", c->more[0].greeting);
    CHECK(strcmp(g->name, "Main Street-1") == 0 && strcmp(g->prefix, "VM") == 0, "%s", g->name);
    CHECK(g->first == 5 && g->count == 10, "%u %u", g->first, g->count);
    CHECK(g->mode == MODE_AUTHENTICATED && g->legacy_tls, "mode");
    CHECK(g->server_count == 3 && strcmp(g->servers[0].host, "sub1") == 0, "servers");
    CHECK(g->servers[0].port == 2443 && g->servers[1].port == 2444, "usual and other port");
    CHECK(strcmp(g->servers[2].host, "2001:db8::1") == 0 && g->servers[2].port == 2445, "IPv6");
    CHECK(g->tftp_count == 2 && g->tftp[0].port == 69 && g->tftp[1].port == 6969, "tftp");
    CHECK(g->refresh == CTL_REFRESH_ONCE && g->ctl_policy.first == CTL_FIRST_PIN, "CTL");
    CHECK(g->ctl_policy.strict && g->ctl_policy.any_ccm && strlen(g->ctl_policy.pin_sha256) == 64,
          "CTL");
    CHECK(g->after == AFTER_LOOP && g->delay_before_opening_ms == 250, "greeting");
    CHECK(g->max_call_s == 90 && g->drop_inactive && g->inband_dtmf && g->rtcp,
          "how long a call lasts");
    CHECK(g->wait_for_call_info_ms == 300 && g->mwi_disabled, "call info, lamps");
    CHECK(g->retry.first_ms == 101 && g->retry.most_ms == 107 && g->retry.untrusted_ms == 103 &&
              g->retry.rejected_ms == 104,
          "pauses of ports");
    CHECK(g->retry.list_ms == 105 && g->retry.list_stale_ms == 106, "pauses of the list");
    CHECK(strcmp(g->mwi.on_code, "8001") == 0 && strcmp(g->mwi.off_code, "*8002#") == 0, "codes");
    CHECK(g->mwi.min_request_interval_ms == 10 && g->mwi.max_concurrent == 4, "pacing");
    CHECK(g->mwi.retries_on_success == 2 && g->mwi.retry_interval_ms == 50, "repeats");
    CHECK(g->mwi.result_ms == 4000 && g->mwi.method == MWI_PREFIX, "lamps");
    CHECK(g->mwi.mailbox == MWI_MAILBOX_EMPTY && g->mwi.dialling == MWI_DIAL_ENBLOC, "lamps");
    CHECK(g->protocol_version == 11 && g->device_type == 81, "registration");
    CHECK(g->features[0] == 1 && g->features[1] == 0xfe && g->features[2] == 10, "features");
    CHECK(strcmp(g->load_name, "SCCP 1.2") == 0, "%s", g->load_name);
    config_free(c);
}

static void ports_behave_as_their_range_says_and_others_as_cucs_do(void **state)
{
    struct config *c = parse_good(everything);
    const struct group_settings *g = &c->groups[0];
    static const struct {
        unsigned number;
        bool enabled, answer, mwi;
        unsigned hunt_order;
    } rows[] = {
        {5, true, false, true, 9},  {7, true, false, true, 9},    {8, true, true, true, 8},
        {13, true, true, true, 13}, {14, false, true, false, 14},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct port_behaviour b = port_behaviour_of(g, rows[i].number);
        CHECK(b.enabled == rows[i].enabled && b.answer == rows[i].answer, "row %zu", i);
        CHECK(b.mwi == rows[i].mwi && b.hunt_order == rows[i].hunt_order, "row %zu: %u", i,
              b.hunt_order);
    }
    config_free(c);
}

static void several_systems_and_groups_keep_their_order_and_names(void **state)
{
    struct config *c = parse_good("PhoneSystem { DisplayName = A\n"
                                  " PortGroup { TftpServers = t1 NumberOfPorts = 3 }\n"
                                  " PortGroup { TftpServers = t2 FirstPort = 4 }\n"
                                  "}\n"
                                  "PhoneSystem { DisplayName = B\n"
                                  " PortGroup { SecurityMode = non-secure Servers = cme\n"
                                  "             SkinnyDevicePrefix = CME-VI } }\n");
    static const struct {
        const char *system, *group, *host;
        uint16_t port;
    } rows[] = {{"A", "PhoneSystem-1", "t1", 69},
                {"A", "PhoneSystem-2", "t2", 69},
                {"B", "PhoneSystem-3", "cme", 2000}};
    struct err e = {0};

    (void)state;
    CHECK(c->run.group_count == 3, "%zu", c->run.group_count);
    for (size_t i = 0; i < 3; i++) {
        const struct group_settings *g = &c->groups[i];
        const char *host = i < 2 ? g->tftp[0].host : g->servers[0].host;
        const uint16_t port = i < 2 ? g->tftp[0].port : g->servers[0].port;
        CHECK(strcmp(c->more[i].system, rows[i].system) == 0, "row %zu", i);
        CHECK(strcmp(g->name, rows[i].group) == 0, "row %zu: %s", i, g->name);
        CHECK(strcmp(host, rows[i].host) == 0 && port == rows[i].port, "row %zu", i);
    }
    CHECK(settings_check(&c->run, &e), "%s", e.text);
    config_free(c);
}

/* ---- the example ---------------------------------------------------------------------------- */

static void check_group_defaults(const struct group_settings *g)
{
    struct group_settings want;

    group_settings_default(&want);
    CHECK(strcmp(g->name, want.name) == 0 && strcmp(g->prefix, want.prefix) == 0, "%s", g->name);
    CHECK(g->first == want.first && g->count == want.count, "%u %u", g->first, g->count);
    CHECK(g->mode == want.mode && g->legacy_tls == want.legacy_tls, "mode");
    CHECK(g->server_count == 0 && g->refresh == want.refresh, "servers");
    CHECK(g->ctl_policy.first == want.ctl_policy.first && !g->ctl_policy.strict, "CTL");
    CHECK(!g->ctl_policy.pin_sha256 && !g->ctl_policy.any_ccm, "pin");
    CHECK(g->after == want.after, "after");
    CHECK(g->delay_before_opening_ms == want.delay_before_opening_ms, "delay");
    CHECK(g->max_call_s == want.max_call_s && g->drop_inactive == want.drop_inactive, "calls");
    CHECK(g->wait_for_call_info_ms == want.wait_for_call_info_ms, "call info");
    CHECK(memcmp(&g->retry, &want.retry, sizeof want.retry) == 0, "pauses");
    CHECK(g->mwi_disabled == want.mwi_disabled, "lamps");
    CHECK(strcmp(g->mwi.on_code, want.mwi.on_code) == 0, "%s", g->mwi.on_code);
    CHECK(strcmp(g->mwi.off_code, want.mwi.off_code) == 0, "%s", g->mwi.off_code);
    CHECK(g->mwi.min_request_interval_ms == want.mwi.min_request_interval_ms, "interval");
    CHECK(g->mwi.max_concurrent == want.mwi.max_concurrent, "concurrent");
    CHECK(g->mwi.retries_on_success == want.mwi.retries_on_success, "retries");
    CHECK(g->mwi.retry_interval_ms == want.mwi.retry_interval_ms, "retry interval");
    CHECK(g->mwi.mailbox == want.mwi.mailbox && g->mwi.dialling == want.mwi.dialling, "dialling");
    CHECK(g->mwi.method == want.mwi.method && g->mwi.result_ms == want.mwi.result_ms, "method");
    CHECK(g->mwi.fallback_to_prefix == want.mwi.fallback_to_prefix, "fallback");
    CHECK(g->protocol_version == want.protocol_version, "version");
    CHECK(g->device_type == want.device_type, "type");
    CHECK(memcmp(g->features, want.features, sizeof want.features) == 0, "features");
    CHECK(strcmp(g->load_name, want.load_name) == 0, "%s", g->load_name);
}

static void the_example_is_good_and_says_the_defaults(void **state)
{
    char *text = config_example();
    struct config *c = parse_good(text);
    const struct pool_settings run = pool_settings_default();
    const struct port_behaviour got = port_behaviour_of(&c->groups[0], 1);

    (void)state;
    CHECK(c->run.group_count == 1, "%zu groups", c->run.group_count);
    check_group_defaults(&c->groups[0]);
    CHECK(c->run.bind.family == 0 && c->run.rtp_lo == run.rtp_lo && c->run.rtp_hi == run.rtp_hi,
          "run");
    CHECK(c->run.threads == run.threads && c->run.media_threads == run.media_threads, "threads");
    CHECK(c->run.max_handshakes == run.max_handshakes && c->run.key_per_port == run.key_per_port,
          "run");
    CHECK(got.enabled && got.answer && got.notification && got.mwi && got.trap, "behaviour");
    CHECK(got.hunt_order == 1 && c->more[0].greeting[0] == '\0', "hunt order, greeting");
    config_free(c);
    free(text);
}

static void an_empty_group_has_the_defaults_but_no_tftp_server(void **state)
{
    struct config *c = parse("PhoneSystem { PortGroup { TftpServers = t } }");

    (void)state;
    CHECK(c->mistake_count == 0, "%zu", c->mistake_count);
    check_group_defaults(&c->groups[0]);
    config_free(c);
}

/* ---- mistakes ------------------------------------------------------------------------------- */

/* Line 3 of a port group that is else good. */
#define IN_GROUP(line3)                                                                            \
    "PhoneSystem {\n PortGroup { TftpServers = t\n" line3 "\n NumberOfPorts = 4 } }\n"
#define IN_PORT(line3)                                                                             \
    "PhoneSystem {\n PortGroup { TftpServers = t NumberOfPorts = 4 Port {\n" line3 "\n} } }\n"
#define AT_TOP(line1) line1 "\nPhoneSystem { PortGroup { TftpServers = t } }\n"

static void every_mistake_has_its_line_and_value(void **state)
{
    static const struct {
        const char *text;
        unsigned line;
        const char *words;
    } rows[] = {
        /* values */
        {IN_GROUP("FirstPort = 0"), 3, "FirstPort \"0\": must be 1-"},
        {IN_GROUP("FirstPort = -1"), 3, "FirstPort \"-1\": must be a number"},
        {IN_GROUP("FirstPort = 99999999999"), 3, "\"99999999999\": must be a number"},
        {IN_GROUP("ProtocolVersion = 23"), 3, "ProtocolVersion \"23\": must be 0-22"},
        {IN_GROUP("MwiMinRequestIntervalMs = 5s"), 3,
         "MwiMinRequestIntervalMs \"5s\": must be a number of milliseconds without a unit"},
        {IN_GROUP("MwiMinRequestIntervalMs = \"200 ms\""), 3,
         "\"200 ms\": must be a number of mil"},
        {IN_GROUP("MwiMinRequestIntervalMs = 3600001"), 3, "must be 0-3600000 ms"},
        {IN_GROUP("MwiResultMs = 99"), 3, "MwiResultMs \"99\": must be 100-600000 ms"},
        {IN_GROUP("WaitForCallInfoMs = 0"), 3, "must be 1-10000 ms"},
        {IN_GROUP("RetryFirstMs = 99"), 3, "must be 100-3600000 ms"},
        {IN_GROUP("RetryMostMs = 500"), 3, "RetryFirstMs = 1000 is above RetryMostMs = 500"},
        {IN_GROUP("CtlRetryMs = 60001"), 3, "CtlRetryMs = 60001 is above RetryMostMs = 60000"},
        {IN_GROUP("DelayBeforeOpeningMs = \"\""), 3, "\"\": must be a number of milliseconds"},
        {IN_GROUP("SecurityMode = secure"), 3,
         "SecurityMode \"secure\": must be one of non-secure, authenticated, encrypted"},
        {IN_GROUP("AfterGreeting = stop"), 3, "must be one of hangup, loop, silence"},
        {IN_GROUP("LegacyTls = maybe"), 3, "LegacyTls \"maybe\": must be yes or no"},
        {IN_GROUP("EnableMWI = true"), 3, "EnableMWI \"true\": must be yes or no"},
        {IN_GROUP("MwiOnCode = 99a"), 3, "MwiOnCode \"99a\": must be at most 24 digits"},
        {IN_GROUP("MwiOnCode = 1234567890123456789012345"), 3, "must be at most 24 digits"},
        {IN_GROUP("SkinnyDevicePrefix = \"\""), 3, "0 characters; wanted are 1 to 15"},
        {IN_GROUP("SkinnyDevicePrefix = ABCDEFGHIJKLMNOP"), 3, "16 characters; wanted are 1 to 15"},
        {IN_GROUP("SkinnyDevicePrefix = \"A B\""), 4, "prefix \"A B\": letters, digits and .-_"},
        {IN_GROUP("SkinnyDevicePrefix = ABCDEFGHIJKLMNO"), 4, "is longer than 15 characters"},
        {IN_GROUP("DisplayName = \"../x\""), 3, "DisplayName \"../x\": must be of letters"},
        {IN_GROUP("DisplayName = \".\""), 3, "not begin with a dot"},
        {IN_GROUP("Servers = \"a,,b\""), 3, "Servers \"a,,b\": a host of 0 characters"},
        {IN_GROUP("Servers = \"a,a\""), 3, "a stands there twice"},
        {IN_GROUP("Servers = \"a:70000\""), 3, "Servers \"a:70000\": "},
        {IN_GROUP("Servers = \"a;b\""), 3, "a;b is no host's name or address"},
        {IN_GROUP("CtlPin = 00"), 3, "CtlPin \"00\": 2 characters; wanted are 64 hex digits"},
        {IN_GROUP("Features = 007005"), 3, "must be three bytes in hex"},
        {IN_GROUP("Features = \"00 70 0\""), 3, "must be three bytes in hex"},
        {IN_GROUP("Features = \"00 70 05 00\""), 3, "must be three bytes in hex"},
        {IN_GROUP("LoadName = \"123456789012345678901234567890123\""), 3, "33 characters"},
        {IN_GROUP("LoadName = \"a\\x07z\""), 3, "LoadName \"a\\x07z\": control characters"},
        {AT_TOP("BindAddress = here"), 1, "BindAddress \"here\": must be an IP address"},
        {AT_TOP("BindAddress = \"10.0.0.1:5\""), 1, "must be an IP address"},
        {AT_TOP("RtpPorts = 2000"), 1, "RtpPorts: "},
        {AT_TOP("RtpPorts = 3000-2000"), 1, "the first number is the greater one"},
        {AT_TOP("RtpPorts = 1000-2000"), 1, "must lie inside 1024-65535"},
        {AT_TOP("RtpPorts = some"), 1, "RtpPorts \"some\": must be FROM-TO"},
        {AT_TOP("Threads = 2"), 1, "Threads 2: more than the 1 ports"},
        {AT_TOP("MaxHandshakes = 0"), 1, "must be 1-20000"},
        /* unknown and doubled */
        {IN_GROUP("NumberOfPort = 4"), 3, "NumberOfPort \"4\": PortGroup has no such setting"},
        {IN_GROUP("mwioncode = 4"), 3, "meant is MwiOnCode"},
        {IN_GROUP("Colours = {red, green}"), 3, "Colours \"red\": PortGroup has no such setting"},
        {IN_GROUP("Threads = 4"), 3, "Threads \"4\": PortGroup has no such setting"},
        {AT_TOP("MwiOnCode = 4"), 1, "MwiOnCode \"4\": the outermost level has no such setting"},
        {IN_GROUP("NumberOfPorts = 9"), 4, "NumberOfPorts \"4\": is set on line 3 already"},
        {IN_PORT("Numbers = 1 Numbers = 2"), 3, "Numbers \"2\": is set on line 3 already"},
        {IN_GROUP("Ports { Numbers = 1 }"), 3, "Ports: there is no such section or setting"},
        /* what must agree */
        {"PhoneSystem {\n PortGroup {\n } }\n", 3, "no TFTP server is named"},
        {"PhoneSystem {\n PortGroup {\n SecurityMode = non-secure\n } }\n", 3,
         "no call manager and no TFTP server"},
        {"PhoneSystem {\n PortGroup { Servers = a\n } }\n", 2, "secure ports need the CTL"},
        {IN_GROUP("LegacyTls = yes SecurityMode = non-secure"), 3, "does not go with non-secure"},
        {IN_GROUP("LegacyTls = yes TlsMax = 1.3"), 3, "legacy TLS ends with TLS 1.2"},
        {IN_GROUP("SecurityMode = authenticated TlsMax = 1.3"), 3, "which TLS 1.3 lacks"},
        {IN_GROUP("TlsMax = 1.1"), 3, "TlsMax \"1.1\": must be one of auto, 1.2, 1.3"},
        {IN_GROUP("CtlFirst = pin"), 3, "CtlFirst = pin and CtlPin go together"},
        {IN_GROUP("MwiOnCode = 1 MwiOffCode = 1"), 3, "are the same number, 1"},
        {IN_GROUP("MwiMethod = prefix MwiFallback = yes"), 3, "does not go with MwiMethod"},
        {IN_PORT("CapAnswer = no"), 4, "Numbers is missing"},
        {IN_PORT("Numbers = 4-1"), 3, "Numbers \"4-1\": the first number is the greater one"},
        {IN_PORT("Numbers = all"), 3, "Numbers \"all\": must be FROM-TO"},
        {IN_PORT("Numbers = 3-5"), 3, "Numbers 3-5: the ports of this group are 1-4"},
        {IN_PORT("Numbers = 1-2 }\n Port { Numbers = 2-3"), 4, "line 3 speaks of ports 1-2"},
        {AT_TOP("RtpPorts = 2000-2001 PhoneSystem { PortGroup { TftpServers = t "
                "SkinnyDevicePrefix = X } }"),
         1, "RTP ports 2000-2001 hold 1 calls; 2 ports need as many"},
        {"PhoneSystem { PortGroup { TftpServers = t } }\nPhoneSystem { PortGroup {\n"
         "TftpServers = t\nFirstPort = 1 } }\n",
         4, "device names CiscoUM1-VI1 to CiscoUM1-VI1: port group \"PhoneSystem-1\" has"},
        {"PhoneSystem { PortGroup { TftpServers = t NumberOfPorts = 12 SkinnyDevicePrefix "
         "= V }\n"
         "PortGroup { TftpServers = t SkinnyDevicePrefix = V1 } }\n",
         2,
         "device names V11 to V11: port group \"PhoneSystem-1\" has V1 to V12, which "
         "overlap"}, /* V11 both */
        {"PhoneSystem { PortGroup { TftpServers = t DisplayName = a }\n"
         "PortGroup { TftpServers = t FirstPort = 9 DisplayName = A } }\n",
         2, "DisplayName \"A\": the port group that ends on line 1 has it"},
        {"PhoneSystem { PortGroup { TftpServers = t NumberOfPorts = 20000 "
         "SkinnyDevicePrefix = A "
         "}\n"
         "PortGroup { TftpServers = t } }\nRtpPorts = 1024-65535",
         3, "20001 ports in all groups; wanted are 1 to 20000"},
        {"PhoneSystem { DisplayName = x }\n", 1, "PhoneSystem \"x\" has no PortGroup"},
        {"", 1, "there is no PhoneSystem with a PortGroup"},
        {"\n\n# nothing\n", 3, "there is no PhoneSystem"},
        /* grammar */
        {IN_GROUP("MwiOnCode 4"), 3, "MwiOnCode: wanted is NAME = VALUE"},
        {IN_GROUP("MwiOnCode ="), 4, "MwiOnCode \"NumberOfPorts\""},
        {IN_GROUP("MwiOnCode = {1}"), 3, "unexpected token"},
        {IN_GROUP("MwiOnCode += 1"), 3, "attempt to append"},
        {"PhoneSystem {\n PortGroup {", 2, "ends inside a section"},
        {"PhoneSystem { PortGroup { TftpServers = t } }\n/* not closed\n\n", 3, "a comment"},
        {IN_GROUP("MwiOnCode = 1 }"), 4, "unexpected closing brace"},
        {IN_GROUP("\"\" = 1"), 3, "wanted is the name of a setting or section"},
        {"}\n", 1, "unexpected closing brace"},
        {"PhoneSystem\n PortGroup", 2, "missing opening brace"},
        {IN_GROUP("LoadName = \"never ends"), 4, "premature end of file"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config *c = parse(rows[i].text);
        bool found = false;
        for (size_t m = 0; m < c->mistake_count; m++)
            found |= c->mistakes[m].line == rows[i].line &&
                     strstr(c->mistakes[m].text, rows[i].words) != NULL;
        if (!found)
            show_mistakes(c);
        CHECK(found, "row %zu: line %u, \"%s\"", i, rows[i].line, rows[i].words);
        config_free(c);
    }
}

static void one_mistake_does_not_hide_another(void **state)
{
    static const char text[] = "Thread = 2\n"
                               "RtpPorts = 1\n"
                               "PhoneSystem {\n"
                               "  PortGroup {\n"
                               "    TftpServers = t\n"
                               "    Colour = red\n"
                               "    MwiOnCode = x\n"
                               "    Colour = green\n"
                               "    Port { Number = 3\n"
                               "    } }\n"
                               "  PortGroup {\n"
                               "    DisplayName = \"\"\n"
                               "    SecurityMode = none } }\n";
    static const unsigned lines[] = {1, 2, 6, 7, 8, 9, 10, 12, 13, 13};
    struct config *c = parse(text);

    (void)state;
    show_mistakes(c);
    CHECK(c->mistake_count == sizeof lines / sizeof lines[0], "%zu", c->mistake_count);
    for (size_t i = 0; i < c->mistake_count; i++)
        CHECK(c->mistakes[i].line == lines[i], "%zu: line %u", i, c->mistakes[i].line);
    config_free(c);
}

static void hear_change(void *arg, const char *group, const char *text)
{
    const size_t n = strlen(arg);

    snprintf((char *)arg + n, 1000 - n, "%s: %s\n", group ? group : "all", text);
}

static void what_changed_is_said_by_group_and_setting(void **state)
{
    static const struct {
        const char *was, *is, *words;
    } rows[] = {
        {"PhoneSystem { PortGroup { TftpServers = t } }",
         "# the same\nPhoneSystem { PortGroup { TftpServers = \"t:69\" } }",
         "all: no setting has changed\n"},
        {"PhoneSystem { PortGroup { DisplayName = A TftpServers = t MwiOnCode = 1 } }",
         "PhoneSystem { PortGroup { DisplayName = a TftpServers = t NumberOfPorts = 2 } }",
         "a: changed: DisplayName, NumberOfPorts, MwiOnCode\n"},
        {"PhoneSystem { PortGroup { TftpServers = t } }",
         "PhoneSystem { PortGroup { TftpServers = \"t,u\" SecurityMode = authenticated } }",
         "PhoneSystem-1: changed: SecurityMode, TftpServers; its ports register anew\n"},
        {"PhoneSystem { PortGroup { TftpServers = t Port { Numbers = 1 } } }",
         "PhoneSystem { PortGroup { TftpServers = t Port { Numbers = 1 CapMWI = no } } }",
         "PhoneSystem-1: changed: Port\n"},
        {"PhoneSystem { PortGroup { DisplayName = A TftpServers = t NumberOfPorts = 3 } }",
         "Threads = 1 PhoneSystem { PortGroup { DisplayName = B TftpServers = t FirstPort = 7 } }",
         "B: new: 1 port from CiscoUM1-VI7 on\n"
         "A: gone: its 3 ports leave when their calls are over\n"
         "all: counts from the next start on: Threads\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct config *was = parse(rows[i].was), *is = parse(rows[i].is);
        char heard[1000] = "";
        CHECK(was->mistake_count == 0 && is->mistake_count == 0, "row %zu is good", i);
        config_changes(was, is, hear_change, heard);
        CHECK(strcmp(heard, rows[i].words) == 0, "row %zu: %s", i, heard);
        config_free(was);
        config_free(is);
    }
}

static void odd_texts_are_refused_in_words(void **state)
{
    struct err e = {0};
    char *big = malloc(CONFIG_FILE_MAX + 1);
    struct config *c;

    (void)state;
    c = config_parse("PhoneSystem {\n\0}", 16, &e);
    CHECK(c && c->mistake_count == 1 && strstr(c->mistakes[0].text, "NUL"), "NUL");
    CHECK(c->mistakes[0].line == 1, "%u", c->mistakes[0].line);
    config_free(c);
    memset(big, '\n', CONFIG_FILE_MAX + 1);
    c = config_parse(big, CONFIG_FILE_MAX + 1, &e);
    CHECK(c && c->mistake_count == 1 && strstr(c->mistakes[0].text, "at most"), "too big");
    config_free(c);
    for (size_t i = 0; i + 4 <= CONFIG_FILE_MAX; i += 4)
        memcpy(big + i, "x=y\n", 4);
    c = config_parse(big, CONFIG_FILE_MAX, &e);
    CHECK(c && c->mistake_count > 0 && c->mistake_count <= 1000, "many mistakes end");
    config_free(c);
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_setting_arrives),
        cmocka_unit_test(ports_behave_as_their_range_says_and_others_as_cucs_do),
        cmocka_unit_test(several_systems_and_groups_keep_their_order_and_names),
        cmocka_unit_test(the_example_is_good_and_says_the_defaults),
        cmocka_unit_test(an_empty_group_has_the_defaults_but_no_tftp_server),
        cmocka_unit_test(every_mistake_has_its_line_and_value),
        cmocka_unit_test(one_mistake_does_not_hide_another),
        cmocka_unit_test(what_changed_is_said_by_group_and_setting),
        cmocka_unit_test(odd_texts_are_refused_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
