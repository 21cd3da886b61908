/* EDGE: a network of our own for the demo: a fresh network namespace with nothing in it but
 * loopback, made without root by a user namespace. There live capture needs no privilege, UDP 69
 * and TCP 2443 are free, and nothing else talks. */
#ifndef VMPORTS_DEMO_NET_H
#define VMPORTS_DEMO_NET_H

#include "base/err.h"

#include <stdint.h>

struct demo_net {
    bool own; /* a namespace of our own; else the machine's loopback */
    uint16_t tftp_port, tls_port, sccp_port; /* 69, 2443, 2000; 0: what the kernel finds free */
    char words[160];                         /* what was made, or why not */
};

/* Must be called while the process has one thread. Falls back to the machine's loopback. */
bool demo_net_enter(struct demo_net *out, struct err *e) MUST_USE;

#endif
