/* EDGE: what a CUCM node keeps on its disk: the CallManager, ITLRecovery and CAPF certificates, the
 * signed CTL that names them, and CallManager-trust.
 *
 *   DIR/callmanager.pem .key   presented on 2443; in the CTL as SAST and CCM+TFTP
 *   DIR/itlrecovery.pem .key   SAST; signs the CTL from CUCM 12.0 on
 *   DIR/capf.pem .key          CAPF
 *   DIR/CTLFile.tlv            what TFTP serves
 *   DIR/trust/NN.pem           CallManager-trust
 *
 * Threads: one. What it gave out (identity, trust) lives until lab_close, so that sessions may go
 * on after a renewal. */
#ifndef LABCM_LAB_H
#define LABCM_LAB_H

#include "base/addr.h"
#include "base/buf.h"
#include "ctl/build.h"
#include "tls/identity.h"
#include "tls/trust.h"
#include "tools/labcm/faults.h"

enum lab_signer { LAB_SIGNS_RECOVERY, LAB_SIGNS_CALLMANAGER };

/* The CallManager certificate, which port 2443 shows. */
struct lab_cert_kind {
    unsigned bits; /* of an RSA key; 0: as the age has it */
    const char *curve;
    bool sha1;
};

/* Another node of the cluster, which presents a CallManager certificate of its own. */
#define LAB_NODES_MAX 8
struct lab_node {
    char name[64]; /* DNSNAME */
    struct net_addr address;
    const char *pem; /* its callmanager.pem, read anew with each new list */
};

struct lab_settings {
    const char *dir;         /* made when missing */
    const char *node;        /* the node's name: DNSNAME of its records */
    struct net_addr address; /* its IPADDRESS */
    enum lab_signer signer;
    enum ctl_digest digest;
    bool secure; /* mixed mode */
    bool legacy; /* RSA 1024 and SHA-1 as in 10.5 */
    struct lab_cert_kind callmanager;
    const struct lab_node *nodes; /* borrowed until lab_close */
    size_t node_count;
};

struct lab;

struct lab *lab_open(const struct lab_settings *s, struct err *e);
void lab_close(struct lab *l); /* accepts NULL; wipes keys */

const struct buf *lab_ctl(const struct lab *l);               /* borrowed until the next change */
const struct buf *lab_right_ctl(const struct lab *l);         /* the same, without its fault */
const struct tls_identity *lab_identity(const struct lab *l); /* borrowed until lab_close */
const struct tls_trust *lab_trust(const struct lab *l);       /* the same */
bool lab_secure(const struct lab *l);
/* The list made anew: the same, but newer; or CAPF, its last record, has moved to another address,
 * each time to a further one. */
bool lab_replace_list(struct lab *l, bool moved, struct err *e) MUST_USE;

/* Certificates of a PEM file into CallManager-trust, kept for later runs too. */
bool lab_add_trust(struct lab *l, const char *path, struct err *e) MUST_USE;
/* What was added holds from now on: the CallManager service reads its trust when it starts. */
void lab_use_trust(struct lab *l);
/* A new CallManager certificate and key, and a CTL that names it. */
bool lab_renew(struct lab *l, struct err *e) MUST_USE;
/* `utils ctl set-cluster mixed-mode` or `non-secure-mode`: a CTL with or without certificates. */
bool lab_set_secure(struct lab *l, bool secure, struct err *e) MUST_USE;
/* Another CallManager certificate of this node, which no list names; made once. */
bool lab_make_other_identity(struct lab *l, struct err *e) MUST_USE;
const struct tls_identity *lab_other_identity(const struct lab *l); /* borrowed until lab_close */
/* The CallManager certificate, presented and in the list, is one of other days while
 * FAULT_TLS_EXPIRED or FAULT_TLS_FUTURE; FAULT_NONE: its own again. */
bool lab_set_dated(struct lab *l, enum fault_id fault, struct err *e) MUST_USE;
/* A new list, wrong as a fault of the group `ctl` says; FAULT_NONE: right again. */
bool lab_set_list_fault(struct lab *l, enum fault_id fault, struct err *e) MUST_USE;

#endif
