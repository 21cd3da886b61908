/* Who may register: the device is configured, its type and security mode are what the page says,
 * and its certificate names it (ctl-tftp-tls.md 4.1, S11, S12). Pure. */
#ifndef LABCM_REGISTRAR_H
#define LABCM_REGISTRAR_H

#include "tools/labcm/manager.h"

struct registrar_line { /* the connection on which the Register came */
    bool tls;
    bool null_cipher;    /* integrity only */
    const char *peer_cn; /* escaped; "" without a certificate */
};

struct registrar_policy {
    bool cluster_secure; /* mixed mode; else every device is non-secure */
    bool any_cn;         /* do not compare the certificate's name */
};

/* The mode in which a configured device must register. */
enum lab_mode registrar_mode(const struct registrar_policy *p, enum lab_mode configured);

/* True: *out is the device. False: `e` says why for the log, `text` (32 bytes of RegisterReject)
 * for the device. */
bool registrar_judge(struct manager *m, const struct registrar_policy *p,
                     const struct registrar_line *line, const struct sccp_register *r,
                     struct device **out, char text[32], struct err *e) MUST_USE;

#endif
