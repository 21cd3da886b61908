#include "ports/config_rows.h"
#include "ports/settings_words.h"

#include <stddef.h>

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define RUN(f)    .at = offsetof(struct pool_settings, f)
#define SYSTEM(f) .at = offsetof(struct system_draft, f)
#define GROUP(f)  .at = offsetof(struct group_draft, f)
#define PORTS(f)  .at = offsetof(struct port_behaviour, f)

#define HOUR_MS   3600000u

static const struct row run_rows[] = {
    {ROW_ADDR, "BindAddress", RUN(bind),
     .help = "Local address of signalling and media; empty: as the route says."},
    {ROW_RTP, "RtpPorts", RUN(rtp_lo), 1024, 65535,
     .help = "UDP ports of media; even ones are used, two for each port."},
    {ROW_NUMBER, "Threads", RUN(threads), 0, PORTS_MAX,
     .help = "Worker threads; 0: as many as there are cores."},
    {ROW_NUMBER, "MediaThreads", RUN(media_threads), 1, 64, .help = "Media threads."},
    {ROW_NUMBER, "MaxHandshakes", RUN(max_handshakes), 1, PORTS_MAX,
     .help = "TLS handshakes under way at once, at most."},
    {ROW_SWITCH, "KeyPerPort", RUN(key_per_port),
     .help = "Each port its own RSA key; no: one key pair for all certificates."},
};

static const struct row system_rows[] = {
    {ROW_TEXT, "DisplayName", SYSTEM(name), 1, 63, .help = "How people call the phone system."},
};

static const struct row group_rows[] = {
    {ROW_NAME, "DisplayName", GROUP(settings.name), 1, 63,
     .help = "Name of the port group. The CTL of the first group is kept in the state directory,\n"
             "that of each other group in a directory of this name in it."},
    {ROW_TEXT, "SkinnyDevicePrefix", GROUP(settings.prefix), 1, DEVICE_NAME_MAX,
     .help = "Device Name Prefix: CUCM's voice mail ports have this and a number as their names,\n"
             "at most 15 characters together."},
    {ROW_NUMBER, "FirstPort", GROUP(settings.first), 1, 4294900000u,
     .help = "Number of the first port."},
    {ROW_NUMBER, "NumberOfPorts", GROUP(settings.count), 1, PORTS_MAX, .help = "How many ports."},
    {ROW_WORD, "SecurityMode", GROUP(settings.mode), .words = settings_words_mode,
     .help = "encrypted, authenticated or non-secure; as the Device Security Mode in CUCM."},
    {ROW_SWITCH, "LegacyTls", GROUP(settings.legacy_tls),
     .help = "TLS 1.0-1.2, RSA 1024, SHA-1: for old labs only."},
    {ROW_WORD, "TlsMax", GROUP(settings.tls_max), .words = settings_words_tls_max,
     .help = "Highest TLS version offered. auto: 1.2, as CUC offers it, and 1.3 to a call manager\n"
             "that refused 1.2. Not a setting of CUC."},
    {ROW_SERVERS, "Servers", GROUP(settings.servers),
     .help = "Call managers in order, HOST[:PORT],... (2443; 2000 when non-secure).\n"
             "Empty: every CallManager of the CTL, in file order."},
    {ROW_SWITCH, "CcmDoAutoFailback", GROUP(settings.auto_failback),
     .help = "Reconnect to a Higher-Order CUCM When Available; no: ports stay where they landed."},
    {ROW_SWITCH, "StandbyConnection", GROUP(settings.standby),
     .help = "Each registered port keeps a second connection to the next server, with keepalives,\n"
             "as phones do; whether CUC does is not certain. It doubles connections and memory\n"
             "where there are several servers; no: the next server is dialled after the loss."},
    {ROW_SWITCH, "RegisterTokens", GROUP(settings.register_tokens),
     .help = "Ask a server of higher order for a register token before going back to it, and\n"
             "wait as long as it says. Whether CUC does is not certain."},
    {ROW_WORD, "RegisterTokenForm", GROUP(settings.token_form), .words = settings_words_token_form,
     .help =
         "Its last 20 bytes. typed: an address with its type, from ProtocolVersion 17 on; plain:\n"
         "16 bytes of an IPv6 address and four of zero. The same with IPv4 from 17 on. Which of\n"
         "them CUCM reads is not documented."},
    {ROW_MS, "KeptCallQuietMs", GROUP(settings.kept_call_quiet_ms), 0, HOUR_MS,
     .help = "A call whose call manager is lost keeps its voice until the greeting is over or\n"
             "nothing was heard for so long (CUC drops calls without media after 5 minutes);\n"
             "0: it ends with the connection."},
    {ROW_MS, "RetryFirstMs", GROUP(settings.retry.first_ms), 100, HOUR_MS,
     .help = "Pause after no call manager of the order could be registered with; the next one is\n"
             "twice as long, up to RetryMostMs."},
    {ROW_MS, "RetryMostMs", GROUP(settings.retry.most_ms), 100, HOUR_MS,
     .help = "The longest of the pauses that double."},
    {ROW_MS, "RetryUntrustedMs", GROUP(settings.retry.untrusted_ms), 100, HOUR_MS,
     .help = "Pause after a certificate failure; 5 s is CUC's retry timer."},
    {ROW_MS, "RetryRejectedMs", GROUP(settings.retry.rejected_ms), 100, HOUR_MS,
     .help = "Least pause after RegisterReject: some call managers reject whom they are to think\n"
             "about."},
    {ROW_MS, "CtlRetryMs", GROUP(settings.retry.list_ms), 100, HOUR_MS,
     .help = "Pause until a CTL is fetched again when no usable one is held; doubles up to\n"
             "RetryMostMs."},
    {ROW_MS, "CtlStaleMs", GROUP(settings.retry.list_stale_ms), 0, HOUR_MS,
     .help = "Least time between two fetches of the CTL because a certificate does not fit."},
    {ROW_TFTP, "TftpServers", GROUP(settings.tftp),
     .help = "TFTP servers in order, HOST[:PORT],... (69): where CTLFile.tlv comes from.\n"
             "The one setting that has no default."},
    {ROW_WORD, "CtlRefresh", GROUP(settings.refresh), .words = settings_words_refresh,
     .help = "When a held CTL is fetched again: always (at every start and when a certificate\n"
             "does not fit), once, never. once is CUC's own behaviour."},
    {ROW_WORD, "CtlFirst", GROUP(settings.ctl_policy.first), .words = settings_words_ctl_first,
     .help = "A first CTL, when none is held: accept, pin (see CtlPin), refuse."},
    {ROW_PIN, "CtlPin", GROUP(more.pin),
     .help = "With CtlFirst = pin: SHA-256 of the signer's certificate or of the file, in hex."},
    {ROW_SWITCH, "CtlStrict", GROUP(settings.ctl_policy.strict),
     .help = "Refuse a CTL that is else accepted with warnings."},
    {ROW_SWITCH, "CtlAnyCallManager", GROUP(settings.ctl_policy.any_ccm),
     .help = "A server that the CTL does not name may show any CallManager's certificate in it."},
    {ROW_SWITCH, "ResolveCtlNames", GROUP(settings.ctl_policy.resolve_names),
     .help = "For a server given by address that the CTL names by name only: look the names up.\n"
             "The certificate stays pinned, so that a wrong answer opens nothing."},
    {ROW_TEXT, "Greeting", GROUP(more.greeting), 0, CONFIG_PATH_MAX - 1,
     .help = "Sound file to play to callers; empty: the opening greeting that ships."},
    {ROW_WORD, "AfterGreeting", GROUP(settings.after), .words = settings_words_after,
     .help = "hangup, loop or silence."},
    {ROW_MS, "DelayBeforeOpeningMs", GROUP(settings.delay_before_opening_ms), 0, 60000,
     .help = "Silence before the greeting. CUC's value is not documented; 0 here."},
    {ROW_MS, "WaitForCallInfoMs", GROUP(settings.wait_for_call_info_ms), 1, 10000,
     .help = "How long a call may ring until its CallInfo has come; then it is answered without.\n"
             "CUC's value is not documented; 200 here."},
    {ROW_NUMBER, "MaxCallSeconds", GROUP(settings.max_call_s), 0, 1000000,
     .help = "How long a call may last; then the port hangs up. 0: no limit. 43200 is CUCM's\n"
             "Maximum Call Duration Timer; CUC has no such setting."},
    {ROW_SWITCH, "EnableEpInactivityDetection", GROUP(settings.drop_inactive),
     .help = "Hang up a call from which no packet has come for five minutes."},
    {ROW_SWITCH, "Rtcp", GROUP(settings.rtcp),
     .help = "Send and take RTCP reports (SRTCP in encrypted calls) on the odd port above the\n"
             "media's. Not a setting of CUC; whether its ports do so is not documented."},
    {ROW_SWITCH, "InbandDtmf", GROUP(settings.inband_dtmf),
     .help = "Listen for digits in the audio too: for call managers that send them in no other\n"
             "way, as chan_skinny. Not a setting of CUC."},
    {ROW_SWITCH_OFF, "EnableMWI", GROUP(settings.mwi_disabled),
     .help = "Enable Message Waiting Indicators: no: this group switches no lamps."},
    {ROW_EXTENSION, "MwiOnCode", GROUP(settings.mwi.on_code),
     .help = "MWI On Extension. Empty in a new CUC; the usual number here."},
    {ROW_EXTENSION, "MwiOffCode", GROUP(settings.mwi.off_code), .help = "MWI Off Extension."},
    {ROW_MS, "MwiMinRequestIntervalMs", GROUP(settings.mwi.min_request_interval_ms), 0, HOUR_MS,
     .help = "Delay between Requests."},
    {ROW_NUMBER, "MwiMaxConcurrentRequests", GROUP(settings.mwi.max_concurrent), 0, PORTS_MAX,
     .help = "Maximum Concurrent Requests; 0: no limit."},
    {ROW_NUMBER, "MwiRetryCountOnSuccess", GROUP(settings.mwi.retries_on_success), 0, 100,
     .help = "Retries After Successful Attempt; n: each request is sent n + 1 times."},
    {ROW_MS, "MwiRetryIntervalOnSuccessMs", GROUP(settings.mwi.retry_interval_ms), 0, HOUR_MS,
     .help = "Retry Interval After Successful Attempt. CUC's API shows 5 in a field named ...Ms;\n"
             "whether milliseconds are meant there is not certain."},
    {ROW_MS, "MwiResultMs", GROUP(settings.mwi.result_ms), 100, 600000,
     .help = "Wait for the confirmation of a lamp. Not a setting of CUC."},
    {ROW_WORD, "MwiMethod", GROUP(settings.mwi.method), .words = settings_words_mwi_method,
     .help = "cgpn: OffHookWithCallingPartyNumber names the extension, as CUC and CUCM do it;\n"
             "prefix: number and extension are dialled together, as CME wants it."},
    {ROW_SWITCH, "MwiFallback", GROUP(settings.mwi.fallback_to_prefix),
     .help = "Use prefix when the call manager ignores OffHookWithCallingPartyNumber."},
    {ROW_WORD, "MwiMailbox", GROUP(settings.mwi.mailbox), .words = settings_words_mwi_mailbox,
     .help = "Mailbox field of that message: extension or empty. What CUC sends is not certain."},
    {ROW_WORD, "MwiDialling", GROUP(settings.mwi.dialling), .words = settings_words_mwi_dialling,
     .help = "keypad: digit by digit; enbloc: in one message. What CUC does is not certain."},
    {ROW_NUMBER, "ProtocolVersion", GROUP(settings.protocol_version), 0, 22,
     .help = "Highest SCCP version offered."},
    {ROW_NUMBER, "DeviceType", GROUP(settings.device_type), 0, 0x7fffffff,
     .help = "Device type of the registration; 80 is a voice mail port."},
    {ROW_FEATURES, "Features", GROUP(settings.features),
     .help = "Feature bytes of the registration, in hex. Those of a port are not documented."},
    {ROW_TEXT, "LoadName", GROUP(settings.load_name), 0, 32,
     .help = "Firmware name of the registration."},
};

static const struct row ports_rows[] = {
    {ROW_RANGE, "Numbers", PORTS(first), .help = "Which ports of the group: N or FROM-TO."},
    {ROW_SWITCH, "CapEnabled", PORTS(enabled),
     .help = "Enabled. no: a call that reaches the port rings and is never answered."},
    {ROW_SWITCH, "CapAnswer", PORTS(answer), .help = "Answer Calls; no: the same."},
    {ROW_SWITCH, "CapNotification", PORTS(notification),
     .help = "Perform Message Notification. Accepted so that CUC's settings can be copied;\n"
             "vmports dials no users, so nothing follows from it."},
    {ROW_SWITCH, "CapMWI", PORTS(mwi), .help = "Send MWI Requests."},
    {ROW_SWITCH, "CapTrapConnection", PORTS(trap),
     .help = "Allow TRAP Connections. Accepted as CapNotification is; nothing follows from it."},
    {ROW_NUMBER, "HuntOrder", PORTS(hunt_order), 0, 1000000,
     .help = "Outgoing Hunt Order: the highest dials first, of equal ones the longest idle.\n"
             "0: the port's number. CUC's default is not documented."},
};

const struct level_rows config_levels[LEVELS] = {
    [LEVEL_RUN] = {"root", run_rows, COUNT(run_rows)}, /* libconfuse's name for the outermost */
    [LEVEL_SYSTEM] = {"PhoneSystem", system_rows, COUNT(system_rows)},
    [LEVEL_GROUP] = {"PortGroup", group_rows, COUNT(group_rows)},
    [LEVEL_PORTS] = {"Port", ports_rows, COUNT(ports_rows)},
};

_Static_assert(COUNT(group_rows) <= ROWS_MAX, "ROWS_MAX");
