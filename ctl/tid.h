/* EDGE: the socket of one TFTP transfer, watched from outside of libcurl, which takes packets from
 * any port of any host and does not hear ICMP: RFC 1350 wants those of the first answer's transfer
 * id alone, and a port that nobody serves need not be waited for.
 *
 * Threads: that of the transfer. */
#ifndef CTL_TID_H
#define CTL_TID_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

struct tid {
    int socket; /* libcurl's; -1: none yet */
    bool known, refused;
    struct sockaddr_storage server; /* once known */
    unsigned strangers;             /* packets that were turned away */
};

/* A socket for the transfer; -1: none. Whoever takes it closes it. */
int tid_open(struct tid *t, int family, int type, int protocol);
/* Before libcurl reads. The first to answer is the server; whoever else is waiting gets error 5
 * (unknown transfer id), and who comes later ICMP's port unreachable. */
void tid_look(struct tid *t);

#endif
