/* A small scripted call manager on loopback, for pools of ports in plain TCP. What it does by
 * itself a test switches; what it saw a test counts. */
#ifndef TEST_POOL_SERVER_H
#define TEST_POOL_SERVER_H

#include "sccp/frame.h"

#include <pthread.h>
#include <stdatomic.h>

#define SERVER_DEVICES_MAX 100

struct device {
    int fd;
    uint32_t version, call;
    bool in_service;
    char name[17], digits[32];
    struct sccp_frames frames;
};

struct server {
    int fd, stop[2];
    uint16_t port;
    pthread_t thread;
    struct device devices[SERVER_DEVICES_MAX];
    size_t count;
    atomic_uint registered, unregistered, lamps, answered, rtp_acks;
    atomic_bool drop; /* every connection, once */
    atomic_bool mute; /* Register has no answer */
    atomic_uint unanswered;
    atomic_bool ring;    /* each port that comes into service is called */
    atomic_bool garbage; /* the next port in service hears a frame that cannot be */
    atomic_uint garbled;
};

/* A socket of that type on a free port of 127.0.0.1; asserts that it can be had. */
int loopback_socket(int type, uint16_t *port);

void server_start(struct server *s);
void server_stop(struct server *s);

#endif
