/* EDGE: doctor's connections to a call manager: one TCP probe, or one port that connects, perhaps
 * registers, and unregisters again. Each blocks until its outcome is known. */
#ifndef VMPORTS_DOCTOR_LINE_H
#define VMPORTS_DOCTOR_LINE_H

#include "ports/port.h"
#include "tls/link.h"

struct doctor_line {
    struct net_addr peer, bind;  /* bind.family 0: any */
    struct tls_context *context; /* NULL: plain TCP */
    const struct tls_identity *identity;
    const struct tls_trust *trust;
    const struct group_settings *group; /* NULL: connect, and close again */
    const char *device;
    unsigned timeout_s; /* for TCP, TLS and the answer to Register; 0: as a port waits */
};

#define DOCTOR_ODD_MAX 12 /* more than requests after RegisterAck and kinds of notes */

struct doctor_told {
    /* the line */
    bool up;
    double connect_ms; /* until the line was up, handshake included */
    struct net_addr local;
    struct err lost; /* why it was not up */
    struct tls_facts tls;
    char version[16], cipher[64]; /* of `tls`, whose strings die with the session */
    X509 *peer_cert;              /* given; NULL without */
    /* the port */
    bool acked; /* RegisterAck came */
    bool registered, unregistered;
    double register_ms;
    struct err not_registered, not_unregistered;
    char reject[33];
    uint32_t protocol, keepalive_s;
    int64_t its_time_s; /* 0: not told */
    char number[PORT_NUMBER_MAX + 1];
    struct err odd[DOCTOR_ODD_MAX]; /* what a port goes on without, or in spite of */
    size_t odd_count;
};

/* False: nothing could be tried at all. Else `out` tells; free it with doctor_told_free. */
bool doctor_line_try(const struct doctor_line *d, struct doctor_told *out, struct err *e) MUST_USE;
void doctor_told_free(struct doctor_told *t);

#endif
