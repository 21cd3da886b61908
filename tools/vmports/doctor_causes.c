/* Causes and remedies, the likeliest first, in CUCM's and CUC's own words and menus
 * (ctl-tftp-tls.md 4.4, 5.4, 6, 7; unity-connection.md 7). */
#include "tools/vmports/doctor_steps.h"

/* ---- remedies that several rows name ----------------------------------------------------------
 */

#define MIXED_MODE                                                                                 \
    "CUCM: System > Enterprise Parameters > Cluster Security Mode must be 1; if not, `utils ctl "  \
    "set-cluster mixed-mode` on the publisher, then restart Cisco TFTP and Cisco CallManager"
#define TFTP_ADDRESS                                                                               \
    "CUC: Telephony Integrations > Port Group > Edit > Servers > TFTP Servers (here: -t); it "     \
    "must "                                                                                        \
    "be a node of this cluster on which Cisco TFTP is activated"
#define SHOW_CTL                                                                                   \
    "`show ctl` on that node: its MD5 must equal the publisher's; else restart Cisco TFTP there"
#define UPDATE_CTL                                                                                 \
    "CUCM publisher: `utils ctl update CTLFile`, then restart Cisco TFTP and Cisco CallManager "   \
    "on "                                                                                          \
    "every node; then reset the port group (CUC: Port Group > Reset; here: `vmports reset`)"
#define FIREWALL_TFTP                                                                              \
    "let UDP 69 pass to it and UDP from its high ports back, or switch on TFTP inspection; "       \
    "capture on both sides"
#define TFTP_SERVICE                                                                               \
    "CUCM: Cisco Unified Serviceability > Tools > Control Center - Feature Services: start Cisco " \
    "TFTP"
#define CALLMANAGER_SERVICE                                                                        \
    "CUCM: Cisco Unified Serviceability > Tools > Control Center - Feature Services: start Cisco " \
    "CallManager on that node"
#define UPLOAD_ROOT                                                                                \
    "`vmports cert export`, then on every node OS Administration > Security > Certificate "        \
    "Management > Upload, purpose CallManager-trust"
#define RESTART_CALLMANAGER                                                                        \
    "a new trust takes effect only then: Cisco Unified Serviceability > Tools > Control Center - " \
    "Feature Services: restart Cisco CallManager on every node"
#define COMPARE_ROOT                                                                               \
    "compare serial and SHA-1 of `vmports cert show` (CUC: Telephony Integrations > Security > "   \
    "Root Certificate) with CallManager-trust; upload the present root"
#define CLOCKS                                                                                     \
    "compare `utils ntp status` on CUCM with the clock here and mend the one that is wrong; a "    \
    "clock that is behind lets the ports register by itself later"
#define DEVICE_MODE                                                                                \
    "CUCM: Advanced Features > Voice Mail > Cisco Voice Mail Port > Device Security Mode must "    \
    "equal the port's (CUC: Telephony Integrations > Port > Security Mode; here: --security)"
#define DEVICE_NAME                                                                                \
    "CUCM: Advanced Features > Voice Mail > Cisco Voice Mail Port: the name is CUC's Device Name " \
    "Prefix (Port Group Basics), with -VI, and the port's number (here: --prefix, --first)"
#define SAME_NAME                                                                                  \
    "CUC: Port Group > Edit > Servers (here: -s): write the server as the CTL lists it, by name "  \
    "or by address"
#define MIN_VERSION "CUCM: `show tls min-version`, `set tls min-version`"
#define LEGACY                                                                                     \
    "use --legacy-tls for such a call manager (and its root: `vmports cert export --legacy-tls`)"
#define REGENERATE                                                                                 \
    "OS Administration > Security > Certificate Management: regenerate CallManager; "              \
    "then " UPDATE_CTL
#define CAPTURE                                                                                    \
    "capture TCP of this server on both sides, and read Cisco CallManager's SDL trace of that "    \
    "moment"

struct row {
    enum doctor_step_id step;
    enum err_kind kind;
    enum doctor_hint hint;
    enum doctor_side side;
    struct doctor_cause causes[DOCTOR_CAUSES_MAX];
};

#define DAMAGED_ROW(kind)                                                                          \
    {                                                                                              \
        DOCTOR_CTL, kind, HINT_NONE, SIDE_US,                                                      \
        {                                                                                          \
            {"the file was cut off or damaged on its way", "fetch it again: `vmports ctl fetch`"}, \
                {"the node holds a damaged file", SHOW_CTL},                                       \
            {                                                                                      \
                "the list was made wrongly", UPDATE_CTL                                            \
            }                                                                                      \
        }                                                                                          \
    }
#define FORGED_ROW(kind)                                                                           \
    {                                                                                              \
        DOCTOR_CTL, kind, HINT_NONE, SIDE_US,                                                      \
        {                                                                                          \
            {"the file was changed or damaged after it was signed", SHOW_CTL},                     \
                {"somebody between serves a list of his own",                                      \
                 "do not accept it; capture TFTP on both sides and compare the MD5 with `show "    \
                 "ctl`"},                                                                          \
            {                                                                                      \
                "the list was made wrongly", UPDATE_CTL                                            \
            }                                                                                      \
        }                                                                                          \
    }

static const struct row rows[] = {
    /* ---- names: any error is the same one */
    {DOCTOR_NAME,
     ERR_SYSTEM,
     HINT_NONE,
     SIDE_NETWORK,
     {{"the name is misspelt", "compare it with CUCM: System > Server; here: -t and -s"},
      {"the DNS server does not know it, or does not answer",
       "`nslookup NAME` on this machine; or configure the address, if the CTL lists it"}}},

    /* ---- TFTP: S3, S17 */
    {DOCTOR_TFTP,
     ERR_TFTP_01,
     HINT_NONE,
     SIDE_TFTP_SERVER,
     {{"it is the wrong TFTP server", TFTP_ADDRESS},
      {"the cluster is not in mixed mode, so that there is no list", MIXED_MODE},
      {"the file is missing on this node only", SHOW_CTL}}},
    {DOCTOR_TFTP,
     ERR_TFTP_02,
     HINT_NONE,
     SIDE_TFTP_SERVER,
     {{"it is no CUCM node, or it may not read the file", TFTP_ADDRESS},
      {"the file's rights are wrong on this node", SHOW_CTL}}},
    {DOCTOR_TFTP,
     ERR_TFTP_04,
     HINT_NONE,
     SIDE_NETWORK,
     {{"Cisco TFTP does not run there", TFTP_SERVICE},
      {"a firewall or routing stands between", FIREWALL_TFTP},
      {"the address is wrong", TFTP_ADDRESS}}},
    {DOCTOR_TFTP,
     ERR_TFTP_05,
     HINT_NONE,
     SIDE_NETWORK,
     {{"a firewall without TFTP inspection drops what follows", FIREWALL_TFTP},
      {"Cisco TFTP was restarted in the middle", "try again"}}},
    {DOCTOR_TFTP,
     ERR_TFTP_06,
     HINT_NONE,
     SIDE_NETWORK,
     {{"the name is misspelt or unknown to DNS", TFTP_ADDRESS}}},

    /* ---- the list: S4-S8, S16 */
    {DOCTOR_CTL,
     ERR_CTL_01,
     HINT_NONE,
     SIDE_US,
     {{"the TFTP node has no usable list", SHOW_CTL},
      {"the cluster is not in mixed mode", MIXED_MODE}}},
    {DOCTOR_CTL,
     ERR_CTL_29,
     HINT_NONE,
     SIDE_US,
     {{"the TFTP node has no usable list", UPDATE_CTL}}},
    {DOCTOR_CTL,
     ERR_CTL_03,
     HINT_NONE,
     SIDE_US,
     {{"it is the wrong TFTP server", TFTP_ADDRESS},
      {"another file stands under the list's name", SHOW_CTL}}},
    {DOCTOR_CTL,
     ERR_CTL_28,
     HINT_NONE,
     SIDE_US,
     {{"another file, such as the ITL, stands under the list's name", SHOW_CTL}}},
    DAMAGED_ROW(ERR_CTL_06),
    DAMAGED_ROW(ERR_CTL_07),
    DAMAGED_ROW(ERR_CTL_08),
    DAMAGED_ROW(ERR_CTL_09),
    DAMAGED_ROW(ERR_CTL_10),
    DAMAGED_ROW(ERR_CTL_11),
    DAMAGED_ROW(ERR_CTL_13),
    DAMAGED_ROW(ERR_CTL_14),
    DAMAGED_ROW(ERR_CTL_15),
    DAMAGED_ROW(ERR_CTL_16),
    DAMAGED_ROW(ERR_CTL_17),
    DAMAGED_ROW(ERR_CTL_20),
    DAMAGED_ROW(ERR_CTL_22),
    FORGED_ROW(ERR_CTL_24),
    FORGED_ROW(ERR_CTL_25),
    FORGED_ROW(ERR_CTL_26),
    FORGED_ROW(ERR_CTL_27),
    {DOCTOR_CTL,
     ERR_CTL_32,
     HINT_NONE,
     SIDE_US,
     {{"the certificate that signs the list was regenerated (CallManager signs in CUCM 10 and 11)",
       "compare the signer with `show ctl`; if it is yours, `vmports ctl accept FILE`"},
      {"it is the TFTP server of another cluster", TFTP_ADDRESS},
      {"somebody between serves a list of his own",
       "do not accept it; capture TFTP on both sides and compare the MD5 with `show ctl`"}}},
    {DOCTOR_CTL,
     ERR_CTL_33,
     HINT_NONE,
     SIDE_US,
     {{"this node still serves an old list", SHOW_CTL},
      {"somebody replays an old list", "capture TFTP on both sides"}}},
    {DOCTOR_CTL,
     ERR_CTL_34,
     HINT_NONE,
     SIDE_US,
     {{"the cluster is not in mixed mode: the list names servers without certificates", MIXED_MODE},
      {"the list is older than the change to mixed mode", UPDATE_CTL}}},
    {DOCTOR_CTL,
     ERR_CTL_36,
     HINT_NONE,
     SIDE_US,
     {{"the cluster is not in mixed mode: the list names servers without certificates", MIXED_MODE},
      {"the list is older than the change to mixed mode", UPDATE_CTL}}},
    {DOCTOR_CTL,
     ERR_CTL_35,
     HINT_NONE,
     SIDE_US,
     {{"the server is configured by another name or address than the list's", SAME_NAME},
      {"the node was added, renamed or re-addressed after the list was made", UPDATE_CTL},
      {"it is the TFTP server of another cluster", TFTP_ADDRESS}}},
    {DOCTOR_CTL,
     ERR_CTL_35,
     HINT_BAD_ADDRESS,
     SIDE_US,
     {{"CSCum48958: the list's addresses have a wrong length, only names can be found",
       "CUC: Port Group > Edit > Servers (here: -s): configure the host name; upgrade CUCM"},
      {"the server is configured by another name or address than the list's", SAME_NAME},
      {"the node was added, renamed or re-addressed after the list was made", UPDATE_CTL}}},
    {DOCTOR_CTL,
     ERR_CTL_40,
     HINT_NONE,
     SIDE_US,
     {{"the held file was changed on disk",
       "`vmports ctl forget`, then fetch anew and compare its fingerprint with `show ctl`"}}},

    /* ---- clocks: S9, S10 */
    {DOCTOR_CLOCK,
     ERR_TLS_05,
     HINT_NONE,
     SIDE_CALL_MANAGER,
     {{"the clock here was ahead when the certificate was made, or is behind now", CLOCKS},
      {"the root's seven years are over",
       "`vmports cert renew` (CUC: Root Certificate > Generate New), then " UPLOAD_ROOT}}},
    {DOCTOR_CLOCK,
     ERR_TLS_04,
     HINT_NONE,
     SIDE_US,
     {{"the CallManager certificate has expired", REGENERATE}, {"the clocks differ", CLOCKS}}},
    {DOCTOR_CLOCK,
     ERR_CTL_DATE,
     HINT_NONE,
     SIDE_NOBODY,
     {{"the clock here is behind", CLOCKS},
      {"the publisher's clock was ahead when the list was made", UPDATE_CTL}}},

    /* ---- TCP: S18 */
    {DOCTOR_TCP,
     ERR_NET_01,
     HINT_NONE,
     SIDE_CALL_MANAGER,
     {{"Cisco CallManager does not run on that node", CALLMANAGER_SERVICE},
      {"the cluster is not in mixed mode: nothing listens on 2443", MIXED_MODE},
      {"it is the wrong node or port",
       "CUC: Port Group > Edit > Servers > IP Address or Host Name, TLS Port (here: -s)"}}},
    {DOCTOR_TCP,
     ERR_NET_01,
     HINT_NO_MIXED_MODE,
     SIDE_CALL_MANAGER,
     {{"the cluster is not in mixed mode: nothing listens on 2443", MIXED_MODE},
      {"Cisco CallManager does not run on that node", CALLMANAGER_SERVICE}}},
    {DOCTOR_TCP,
     ERR_NET_01,
     HINT_NON_SECURE,
     SIDE_CALL_MANAGER,
     {{"Cisco CallManager does not run on that node", CALLMANAGER_SERVICE},
      {"it is the wrong node or port",
       "CUC: Port Group > Edit > Servers > IP Address or Host Name, Port (here: -s)"}}},
    {DOCTOR_TCP,
     ERR_NET_02,
     HINT_NONE,
     SIDE_NETWORK,
     {{"a firewall drops it, or there is no route", "let TCP 2443 (2000 for non-secure) pass"},
      {"the node is down or the address is wrong",
       "CUC: Port Group > Edit > Servers > IP Address or Host Name (here: -s)"}}},

    /* ---- TLS: S1, S2, S9-S14 */
    {DOCTOR_TLS,
     ERR_TLS_01,
     HINT_NONE,
     SIDE_US,
     {{"the device certificate is missing or damaged", "`vmports cert renew`, then " UPLOAD_ROOT}}},
    {DOCTOR_TLS,
     ERR_TLS_02,
     HINT_NONE,
     SIDE_US,
     {{"the CallManager certificate was regenerated and the list was not", UPDATE_CTL},
      {"an old list is used: TFTP could not be reached, or Cisco TFTP was not restarted", SHOW_CTL},
      {"it is the TFTP server of another cluster, or the wrong node", TFTP_ADDRESS},
      {"somebody between answers for the node",
       "compare the SHA-256 with OS Administration > Security > Certificate Management"}}},
    {DOCTOR_TLS,
     ERR_TLS_03,
     HINT_NONE,
     SIDE_CALL_MANAGER,
     {{"our root is not in CallManager-trust of this node", UPLOAD_ROOT},
      {"Cisco CallManager was not restarted after the upload", RESTART_CALLMANAGER},
      {"another root of ours is there: it was renewed since", COMPARE_ROOT}}},
    {DOCTOR_TLS,
     ERR_TLS_04,
     HINT_NONE,
     SIDE_US,
     {{"the CallManager certificate has expired", REGENERATE}, {"the clocks differ", CLOCKS}}},
    {DOCTOR_TLS,
     ERR_TLS_05,
     HINT_NONE,
     SIDE_CALL_MANAGER,
     {{"the call manager's clock is behind: ours is not valid yet for it", CLOCKS},
      {"our certificate has expired", "`vmports cert renew`, then " UPLOAD_ROOT}}},
    {DOCTOR_TLS,
     ERR_TLS_07,
     HINT_NONE,
     SIDE_CALL_MANAGER,
     {{"its least TLS version is above what was offered", MIN_VERSION},
      {"it is older than TLS 1.2", LEGACY}}},
    {DOCTOR_TLS,
     ERR_TLS_08,
     HINT_NONE,
     SIDE_CALL_MANAGER,
     {{"the Device Security Mode differs: NULL-SHA against AES", DEVICE_MODE},
      {"TLS versions or suites were narrowed on CUCM", MIN_VERSION},
      {"it admitted no certificate of our kind", COMPARE_ROOT}}},
    {DOCTOR_TLS,
     ERR_TLS_10,
     HINT_NONE,
     SIDE_US,
     {{"it is an old call manager: TLS 1.0, RSA 1024 or SHA-1", LEGACY}}},
    {DOCTOR_TLS,
     ERR_TLS_11,
     HINT_NONE,
     SIDE_US,
     {{"its certificate has an old, short key", REGENERATE},
      {"it is an old call manager", LEGACY}}},
    {DOCTOR_TLS,
     ERR_TLS_12,
     HINT_NONE,
     SIDE_US,
     {{"it is an old call manager, without RFC 5746", LEGACY}}},
    {DOCTOR_TLS,
     ERR_TLS_13,
     HINT_NONE,
     SIDE_NETWORK,
     {{"Cisco CallManager is overloaded or starting", "wait until its service has started"},
      {"a firewall inspects TLS and holds it back", CAPTURE},
      {"it is not the secure SCCP port", "CUC: Port Group > Edit > Servers > TLS Port (2443)"}}},
    {DOCTOR_TLS,
     ERR_NET_03,
     HINT_NONE,
     SIDE_CALL_MANAGER,
     {{"the root is not in CallManager-trust, and the node closes without an alert", UPLOAD_ROOT},
      {"Cisco CallManager is restarting, or a firewall cut the connection", CAPTURE}}},
    {DOCTOR_TLS,
     ERR_FORMAT,
     HINT_NONE,
     SIDE_US,
     {{"it is not the secure SCCP port",
       "CUC: Port Group > Edit > Servers > TLS Port (2443; here: -s HOST:PORT)"},
      {"somebody between answers for the node", CAPTURE}}},

    /* ---- registration: S11, S12; unity-connection.md 7 */
    {DOCTOR_REGISTER,
     ERR_REFUSED,
     HINT_NONE,
     SIDE_CALL_MANAGER,
     {{"the security modes differ", DEVICE_MODE},
      {"the prefix lacks -VI, or the number is not configured", DEVICE_NAME},
      {"a port of this name is registered from elsewhere",
       "CUCM: Device > Phone, find by the name, look at its address; CUC and vmports must not "
       "use one name at once"}}},
    {DOCTOR_REGISTER,
     ERR_REFUSED,
     HINT_UNKNOWN_DEVICE,
     SIDE_CALL_MANAGER,
     {{"the prefix lacks -VI, or the number is not configured", DEVICE_NAME},
      {"the voice mail port was just made: the node does not have it yet",
       "`utils dbreplication runtimestate` on CUCM; then try again"}}},
    {DOCTOR_REGISTER,
     ERR_TLS_09,
     HINT_NONE,
     SIDE_CALL_MANAGER,
     {{"the security modes differ", DEVICE_MODE},
      {"the cluster is not in mixed mode", MIXED_MODE}}},
    {DOCTOR_REGISTER,
     ERR_REFUSED,
     HINT_DEVICE_TYPE,
     SIDE_CALL_MANAGER,
     {{"a device of another kind has this name",
       "CUCM: Device > Phone, find by the name; a port is a Cisco Voice Mail Port (type 80)"}}},
    {DOCTOR_REGISTER,
     ERR_TLS_06,
     HINT_CERTIFICATE_NAME,
     SIDE_CALL_MANAGER,
     {{"the certificate's CN is not the device name (InvalidX509NameInCertificate)",
       "`vmports cert renew`, then " UPLOAD_ROOT},
      {"the device name differs", DEVICE_NAME}}},
    {DOCTOR_REGISTER,
     ERR_TLS_06,
     HINT_NONE,
     SIDE_CALL_MANAGER,
     {{"the certificate's CN is not the device name (InvalidX509NameInCertificate)",
       "`vmports cert renew`, then " UPLOAD_ROOT},
      {"the security modes differ", DEVICE_MODE},
      {"the device name is unknown there", DEVICE_NAME}}},
    {DOCTOR_REGISTER,
     ERR_TIMEOUT,
     HINT_NONE,
     SIDE_CALL_MANAGER,
     {{"Cisco CallManager is overloaded or starting", "wait until its service has started"},
      {"it is no SCCP port", "CUC: Port Group > Edit > Servers (here: -s HOST:PORT)"}}},
    {DOCTOR_REGISTER,
     ERR_NET_03,
     HINT_NONE,
     SIDE_CALL_MANAGER,
     {{"the security modes differ", DEVICE_MODE},
      {"the device name is unknown there", DEVICE_NAME}}},
    {DOCTOR_REGISTER,
     ERR_CLOSED,
     HINT_NONE,
     SIDE_CALL_MANAGER,
     {{"Cisco CallManager is stopping or restarting on that node", CALLMANAGER_SERVICE},
      {"it does not like what the port said", CAPTURE}}},
    {DOCTOR_REGISTER,
     ERR_FORMAT,
     HINT_NONE,
     SIDE_US,
     {{"it is no SCCP port", "CUC: Port Group > Edit > Servers (here: -s HOST:PORT)"},
      {"it speaks a dialect that is not known", CAPTURE}}},

    /* ---- and off again */
    {DOCTOR_UNREGISTER,
     ERR_REFUSED,
     HINT_NONE,
     SIDE_CALL_MANAGER,
     {{"a call is up on this port", "wait until it has ended, and try again"}}},
    {DOCTOR_UNREGISTER,
     ERR_TIMEOUT,
     HINT_NONE,
     SIDE_CALL_MANAGER,
     {{"Cisco CallManager is overloaded", CAPTURE}}},
};

static const struct row *row_of(enum doctor_step_id step, enum err_kind kind, enum doctor_hint hint)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].step == step && rows[i].kind == kind && rows[i].hint == hint)
            return &rows[i];
    return NULL;
}

static enum doctor_side usual_side(enum doctor_step_id step)
{
    switch (step) {
    case DOCTOR_TFTP:
        return SIDE_TFTP_SERVER;
    case DOCTOR_CTL:
    case DOCTOR_CLOCK:
        return SIDE_US;
    case DOCTOR_TLS:
    case DOCTOR_REGISTER:
    case DOCTOR_UNREGISTER:
        return SIDE_CALL_MANAGER;
    case DOCTOR_NAME:
    case DOCTOR_TCP:
    case DOCTOR_STEPS:
        break;
    }
    return SIDE_NETWORK;
}

struct doctor_diagnosis doctor_diagnose(enum doctor_step_id step, enum err_kind kind,
                                        enum doctor_hint hint)
{
    const struct row *row = row_of(step, kind, hint);
    const char *advice = err_advice(kind);
    struct doctor_diagnosis d = {.side = usual_side(step), .count = 1};

    if (!row)
        row = row_of(step, kind, HINT_NONE);
    d.causes[0] = (struct doctor_cause){err_words(kind), *advice ? advice : CAPTURE};
    if (!row)
        return d;
    d.side = row->side;
    for (d.count = 0; d.count < DOCTOR_CAUSES_MAX && row->causes[d.count].cause; d.count++)
        d.causes[d.count] = row->causes[d.count];
    return d;
}

bool doctor_row(size_t index, struct doctor_row_view *out)
{
    if (index >= sizeof rows / sizeof rows[0])
        return false;
    *out = (struct doctor_row_view){rows[index].step, rows[index].kind, rows[index].hint};
    return true;
}
