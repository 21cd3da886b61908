/* The rows of doctor's table and what many of them say: causes and remedies, the likeliest first,
 * in CUCM's and CUC's own words and menus (ctl-tftp-tls.md 4.4, 5.4, 6, 7; unity-connection.md 7).
 * Pure. */
#ifndef VMPORTS_DOCTOR_ROWS_H
#define VMPORTS_DOCTOR_ROWS_H

#include "tools/vmports/doctor_steps.h"

/* ---- remedies that several rows name ------------------------------------------------------ */

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
#define NEW_ROOT "`vmports cert renew` (CUC: Root Certificate > Generate New), then " UPLOAD_ROOT
#define REGENERATE                                                                                 \
    "OS Administration > Security > Certificate Management: regenerate CallManager; "              \
    "then " UPDATE_CTL
#define CAPTURE                                                                                    \
    "capture TCP of this server on both sides, and read Cisco CallManager's SDL trace of that "    \
    "moment"

#define FIREWALL_TLS                                                                               \
    "let TCP 2443 pass to it uninspected (no TLS inspection or proxy); capture on both sides: do " \
    "they agree?"
#define SECURE_PORT                                                                                \
    "CUC: Port Group > Edit > Servers > TLS Port (2443, SCCP port + 443; here: -s HOST:PORT)"
#define BIG_PACKETS                                                                                \
    "`ping -M do -s 1472` to the node must be answered; else mend the MTU or let ICMP "            \
    "\"fragmentation needed\" pass"
#define MEND_LIST                                                                                  \
    "`file delete tftp CTLFile.tlv` on that node, `utils ctl update CTLFile` on the publisher, "   \
    "then restart Cisco TFTP; compare MD5 by `show ctl`"

/* ERR_NONE: whatever the error, if the hint fits. */
struct doctor_row {
    enum doctor_step_id step;
    enum err_kind kind;
    enum doctor_hint hint;
    enum doctor_side side;
    struct doctor_cause causes[DOCTOR_CAUSES_MAX];
};

struct doctor_rows {
    const struct doctor_row *at;
    size_t count;
};
struct doctor_rows doctor_list_rows(void); /* names, TFTP, the list, clocks */
struct doctor_rows doctor_line_rows(void); /* TCP, TLS, registration and off again */

#endif
