/* What `labcm run` is told on its command line. */
#ifndef LABCM_RUN_OPTIONS_H
#define LABCM_RUN_OPTIONS_H

#include "base/log.h"
#include "tools/labcm/server.h"
#include "tools/shared/paths.h"

#define RUN_TRUSTS_MAX 16

struct run_options {
    struct manager_settings manager;
    struct registrar_policy policy;
    struct net_addr bind;
    int tftp_port, tls_port, sccp_port;
    bool legacy, help, sccp_port_given;
    struct tls_profile tls; /* versions and ciphers; legacy below TLS 1.2 */
    struct lab_cert_kind callmanager;
    enum lab_signer signer;
    enum ctl_digest digest;
    const char *trusts[RUN_TRUSTS_MAX];
    size_t trust_count;
    struct lab_node nodes[LAB_NODES_MAX];
    size_t node_count;
    const char *state_dir, *control, *keylog, *ready_file; /* NULL: the default, or none */
    unsigned rtp_lo, rtp_hi, media_threads;
    enum log_level level;
    enum log_format format;
};

/* False: said on stderr already, exit 2. */
bool run_options_read(struct run_options *o, int argc, char **argv);
void run_options_help(void);

#endif
