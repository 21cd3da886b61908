/* EDGE: the read request of one TFTP transfer, said again on libcurl's socket while nobody answers:
 * libcurl itself repeats it after six to seven seconds, where a lost packet need not cost more than
 * one (ctl-tftp-tls.md 3.4). */
#ifndef CTL_RRQ_H
#define CTL_RRQ_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct rrq {
    uint8_t bytes[400];
    size_t len; /* 0: too long a name, nothing is repeated */
    struct sockaddr_storage to;
    socklen_t to_len;
    int64_t asked_ns; /* first, by libcurl */
    unsigned repeats;
};

/* As libcurl writes it: octet, and with options tsize, blksize and timeout. */
void rrq_write(struct rrq *q, const char *file, bool with_options, unsigned timeout_s);
/* libcurl is about to ask this one. */
void rrq_asks(struct rrq *q, const struct sockaddr *to, socklen_t len, int64_t now_ns);
/* Nobody has answered so far: says it again when that is due. */
void rrq_repeat(struct rrq *q, int socket, int64_t now_ns);

#endif
