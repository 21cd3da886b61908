/* What `vmports run` is told on its command line: one table of options with what each takes, its
 * limits and its help, from which reading and `--help` are made; and the settings that follow. */
#ifndef VMPORTS_RUN_OPTIONS_H
#define VMPORTS_RUN_OPTIONS_H

#include "base/log.h"
#include "ports/config.h"
#include "tools/shared/options.h"

enum until { UNTIL_STOPPED, UNTIL_REGISTERED, UNTIL_CALLS, UNTIL_IDLE };

#define RUN_OPTIONS_MAX 96 /* lines of the table */

struct run_options {
    bool given[RUN_OPTIONS_MAX]; /* which lines of the table were said */
    const char *config;
    unsigned ports, first; /* ports 0: not said */
    const char *tftp_text, *server_text;
    const char *prefix;
    unsigned security, refresh, ctl_first, after; /* enum security_mode, ... */
    const char *ctl_pin;
    bool no_failback, no_standby;
    bool ctl_strict, any_ccm, resolve_names;
    bool legacy_tls, key_per_port;
    unsigned tls_max; /* enum tls_max */
    const char *mwi_on, *mwi_off;
    unsigned mwi_interval_ms, mwi_concurrent, mwi_retries, mwi_retry_ms, mwi_result_ms;
    unsigned mwi_mailbox, mwi_dialling, mwi_method; /* enum mwi_... */
    bool mwi_fallback;
    const char *greeting; /* NULL: the one that ships */
    unsigned delay_before_opening_ms, max_call_s;
    bool drop_inactive, inband_dtmf, rtcp;
    const char *state_dir, *control; /* NULL: the defaults */
    const char *user;                /* NULL: confine.h chooses */
    bool no_sandbox;
    const char *bind_text;
    unsigned rtp_lo, rtp_hi;
    unsigned protocol_version, device_type;
    unsigned threads, media_threads, max_handshakes;
    const char *capture, *capture_device, *keylog;
    unsigned log_format; /* enum log_format */
    unsigned verbose, quiet;
    enum until until;
    unsigned until_calls, timeout_s, drain_s;
    bool json;
    bool help;
};

/* argv as a command gets it. False: wrong use, `e` says which; ERR_NONE in it: said already.
 * Strings are borrowed from argv. */
bool run_options_read(struct run_options *o, int argc, char **argv, struct err *e) MUST_USE;
void run_options_help(void); /* to stdout */
enum log_level run_options_level(const struct run_options *o);

/* The one port group that the options describe, checked as far as one option can be checked against
 * another. Its greeting is the caller's. */
bool run_options_group(const struct run_options *o, struct group_settings *g,
                       struct err *e) MUST_USE;
/* All but the groups, the log and the key log. */
bool run_options_pool(const struct run_options *o, struct pool_settings *p, struct err *e) MUST_USE;

/* With --config: what was said on the command line goes before what the file says, in each of its
 * groups; numbers and names of ports only where there is one. */
bool run_options_override(const struct run_options *o, struct config *c, struct err *e) MUST_USE;

#endif
