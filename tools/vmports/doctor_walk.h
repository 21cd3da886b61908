/* EDGE: doctor's walk from the names to the registration of one port; each step as far as the ones
 * before it allow. Nothing that a run keeps is changed: the held list is read, never replaced. */
#ifndef VMPORTS_DOCTOR_WALK_H
#define VMPORTS_DOCTOR_WALK_H

#include "base/buf.h"
#include "ports/settings.h"
#include "tls/identity.h"
#include "tls/session.h"
#include "tools/vmports/doctor_steps.h"

struct doctor_settings {
    struct group_settings group; /* servers, TFTP servers, names, mode; count is 1 */
    char device[DEVICE_NAME_MAX + 1];
    struct net_addr bind;
    const char *state_dir;
    bool key_per_port;
    unsigned timeout_s; /* for each answer; 0: as long as a port waits */
    void (*begins)(void *arg, enum doctor_step_id step); /* for a progress line; NULL: nobody */
    void *arg;
};

void doctor_walk(const struct doctor_settings *s, struct doctor_report *r);

/* ---- for the two files of the walk -------------------------------------------------------- */

struct doctor_server {
    char host[256];
    uint16_t port;
    struct net_addr addr; /* family 0: unknown */
    struct tls_trust *trust;
    int64_t not_before_s, not_after_s; /* of the first pinned certificate */
    bool answers;                      /* on TCP */
};

struct doctor_visit {
    const struct doctor_settings *s;
    struct doctor_report *r;
    bool secure;
    bool tftp_known[SERVERS_MAX];
    struct buf served[SERVERS_MAX]; /* what each TFTP server delivered */
    struct ctl_file *held, *list;   /* list: the one in force, may be `held` */
    struct doctor_server servers[SERVERS_MAX];
    size_t server_count;
    bool no_mixed_mode;
    struct tls_authority *authority;
    struct tls_identity *identity;
    bool identity_shown;
};

void doctor_begin(struct doctor_visit *v, enum doctor_step_id step);
bool doctor_resolve(const struct doctor_visit *v, const char *host, uint16_t port,
                    struct net_addr *out, struct err *e) MUST_USE;
/* doctor_walk_line.c: TCP, TLS, registration, unregistration. */
void doctor_walk_lines(struct doctor_visit *v);

#endif
