/* What a run is told: phone system, port groups, and what all of them share. Plain values; strings
 * are owned by whoever fills them in and outlive the pool. Names are CUC's (unity-connection.md 2).
 */
#ifndef PORTS_SETTINGS_H
#define PORTS_SETTINGS_H

#include "base/addr.h"
#include "ctl/fetch.h"
#include "media/sound.h"

#include <stdint.h>

struct log;
struct keylog;

#define PORTS_MAX       20000
#define SERVERS_MAX     16
#define DEVICE_NAME_MAX 15 /* SCCP's field has 16 bytes with the NUL */

enum security_mode { MODE_NON_SECURE, MODE_AUTHENTICATED, MODE_ENCRYPTED };
enum after_greeting { AFTER_HANGUP, AFTER_LOOP, AFTER_SILENCE };
enum ctl_refresh { CTL_REFRESH_ALWAYS, CTL_REFRESH_ONCE, CTL_REFRESH_NEVER };
/* TLS 1.3 is not documented for port 2443 (ctl-tftp-tls.md 4.2): it is offered to a call manager
 * that refused 1.2 with alert 70, never, or always. */
enum tls_max { TLS_MAX_AUTO, TLS_MAX_12, TLS_MAX_13 };
/* How RegisterTokenReq ends (sccp.md 8.2): as Wireshark has it, from version 17 an address with its
 * type; as chan-sccp has it, always the 16 bytes of an IPv6 address and four more. */
enum token_form { TOKEN_TYPED, TOKEN_PLAIN };
enum mwi_mailbox { MWI_MAILBOX_EXTENSION, MWI_MAILBOX_EMPTY }; /* cgpnVoiceMailbox of 0x24 */
enum mwi_dialling { MWI_DIAL_KEYPAD, MWI_DIAL_ENBLOC };
enum mwi_method { MWI_CGPN, MWI_PREFIX }; /* 0x24; CME: code + extension */

struct server_setting {
    char host[256];
    uint16_t port; /* 2443, or 2000 for non-secure */
};

struct mwi_settings {
    char on_code[25], off_code[25];
    unsigned min_request_interval_ms; /* Delay between Requests, 0 */
    unsigned max_concurrent;          /* Maximum Concurrent Requests, 0: no limit */
    unsigned retries_on_success;      /* n: sent n + 1 times */
    unsigned retry_interval_ms;       /* 5 */
    enum mwi_mailbox mailbox;
    enum mwi_dialling dialling;
    enum mwi_method method;
    bool fallback_to_prefix; /* when 0x24 is not understood within 2 s; off */
    unsigned result_ms;      /* wait for confirmation; 5,000 */
};

/* What the ports of a range of numbers may do: CUC's port page (unity-connection.md 2.2). */
struct port_behaviour {
    unsigned first, last; /* numbers, as in the device names */
    bool enabled, answer; /* CapEnabled, CapAnswer: without both, a call rings on */
    bool notification;    /* CapNotification, CapTrapConnection: kept for those who copy CUC's */
    bool trap;            /* settings; nothing here dials users or records from phones */
    bool mwi;             /* CapMWI: may switch lamps */
    unsigned hunt_order;  /* for dialling out, the highest first; 0: the port's number */
};

/* Pauses between two tries. */
struct retry_settings {
    unsigned first_ms, most_ms; /* after a round of all servers; doubles from 1,000 to 60,000,
                                   spread by a quarter either way */
    unsigned untrusted_ms;      /* after a certificate failure; 5,000, CUC's retry timer */
    unsigned rejected_ms;       /* after RegisterReject, and up to half as long again; 30,000 */
    unsigned list_ms;           /* without a usable CTL; doubles up to most_ms; 5,000 */
    unsigned list_stale_ms;     /* between two fetches because a certificate does not fit; 60,000 */
};

struct group_settings {
    char name[64];                    /* "PhoneSystem-1" */
    char prefix[DEVICE_NAME_MAX + 1]; /* "CiscoUM1-VI" */
    unsigned first, count;            /* number of the first port; how many */
    enum security_mode mode;
    bool legacy_tls;
    enum tls_max tls_max;
    struct server_setting servers[SERVERS_MAX]; /* count 0: those of the CTL */
    size_t server_count;
    struct ctl_fetch_server tftp[SERVERS_MAX];
    size_t tftp_count;
    bool auto_failback;   /* Reconnect to a Higher-Order CUCM When Available; on */
    bool standby;         /* a second connection to the next server, kept alive; on */
    bool register_tokens; /* ask for one before going back; on */
    enum token_form token_form;
    unsigned kept_call_quiet_ms; /* a call outlives its call manager until it is silent for so
                                    long; 300,000; 0: not at all */
    struct retry_settings retry;
    enum ctl_refresh refresh;
    struct ctl_policy ctl_policy;
    const struct sound *greeting; /* borrowed */
    enum after_greeting after;
    unsigned delay_before_opening_ms; /* silence before the greeting; 0 */
    unsigned wait_for_call_info_ms;   /* how long a call rings for CallInfo to come; 200 */
    unsigned max_call_s;              /* 43,200; 0: no limit */
    bool rtcp;                        /* reports beside the media; off */
    bool inband_dtmf;                 /* listen for digits in the audio too; off */
    bool drop_inactive;               /* hang up after five minutes without a packet; off */
    bool mwi_disabled;                /* EnableMWI = no: this group switches no lamps */
    struct mwi_settings mwi;
    const struct port_behaviour *behaviours; /* borrowed; ranges do not overlap */
    size_t behaviour_count;
    uint32_t protocol_version; /* 0-22; 17 */
    uint32_t device_type;      /* 80 */
    uint8_t features[3];       /* f0 f1 f2 of Register; 00 70 05 */
    char load_name[33];        /* firmwareLoadName */
};

struct pool_settings {
    const struct group_settings *groups;
    size_t group_count;
    const char *state_dir;
    struct net_addr bind; /* family 0: as the route says */
    uint16_t rtp_lo, rtp_hi;
    unsigned threads, media_threads; /* 0: the cores; 1 */
    unsigned max_handshakes;         /* 200 */
    size_t reports_most;             /* that may wait for the pool; 0: as the port count asks */
    bool key_per_port;
    struct log *log;       /* borrowed */
    struct keylog *keylog; /* NULL: none; borrowed */
};

/* How the port with this number behaves: as its range says, else as CUC's defaults do. */
struct port_behaviour port_behaviour_of(const struct group_settings *g, unsigned number);
struct port_behaviour port_behaviour_default(void);

/* The parts of settings_check, for those who know on which line each setting stands. */
bool settings_check_names(const struct group_settings *g, struct err *e) MUST_USE;
bool settings_check_servers(const struct group_settings *g, struct err *e) MUST_USE;
bool settings_check_tls(const struct group_settings *g, struct err *e) MUST_USE;
bool settings_check_mwi(const struct mwi_settings *m, struct err *e) MUST_USE;
bool settings_check_rtp(const struct pool_settings *s, size_t ports, struct err *e) MUST_USE;
/* Would a port of each have the same device name? */
bool settings_share_names(const struct group_settings *a, const struct group_settings *b);

/* A pause after so many failures: twice as long with each. */
unsigned settings_doubled(unsigned first_ms, unsigned failures, unsigned most_ms);

/* Ports of all groups. */
size_t settings_ports(const struct pool_settings *s);
/* May a port stay registered when its group's settings change from one to the other? A prefix is
 * part of it: with another one, it is another port. */
bool settings_same_line(const struct group_settings *a, const struct group_settings *b);
/* Do both trust the same lists from the same servers? */
bool settings_same_trust(const struct group_settings *a, const struct group_settings *b);

/* Names, ranges, what must agree with what. `e` names the setting and its value. */
bool settings_check(const struct pool_settings *s, struct err *e) MUST_USE;
/* With CUC's defaults. */
void group_settings_default(struct group_settings *g);
/* Without groups and what its owner opens. */
struct pool_settings pool_settings_default(void);
/* "CiscoUM1-VI7" for number 7. False when longer than DEVICE_NAME_MAX. */
bool device_name(const char *prefix, unsigned number, char out[DEVICE_NAME_MAX + 1]) MUST_USE;

#endif
