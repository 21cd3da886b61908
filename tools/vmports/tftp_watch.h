/* TFTP transfers (RFC 1350, 2347-2349) seen from outside: which file, from whom, how well, and the
 * digests of its content. Pure.
 *
 * A transfer begins with a request, whatever port it goes to; its other packets are known by the
 * client's port, since the server answers from a port of its own choosing. */
#ifndef VMPORTS_TFTP_WATCH_H
#define VMPORTS_TFTP_WATCH_H

#include "tools/vmports/packet.h"

#define TFTP_TRANSFERS_MAX 65536
#define TFTP_NAME_MAX      128

struct tftp_transfer {
    struct net_addr client, server;   /* the port that was asked */
    uint16_t server_tid;              /* the port that answered; 0: none did */
    char file[TFTP_NAME_MAX * 4 + 1]; /* escaped */
    bool write;                       /* a WRQ */
    bool done;                        /* its last block was seen, with all before it */
    bool gap;                         /* a block was not captured, or not wholly */
    int error;                        /* code, -1: none */
    bool error_by_client;
    char error_text[TFTP_NAME_MAX * 4 + 1]; /* escaped */
    bool options;                           /* the server acknowledged options */
    unsigned block_size;                    /* 512, or as acknowledged */
    int64_t tsize;                          /* as the server said it; -1: it did not */
    uint64_t bytes;
    unsigned requests;        /* 1: the request was not repeated */
    unsigned repeated;        /* DATA and ACK packets that came again */
    unsigned strangers;       /* packets from a port that is not the transfer's */
    char md5[33], sha256[65]; /* when done; lower-case hex */
    int64_t first_us, last_us;
};

struct tftp_watch;

struct tftp_watch *tftp_watch_new(struct err *e);
void tftp_watch_free(struct tftp_watch *w); /* accepts NULL */
/* One PACKET_UDP; true when it belongs to TFTP. */
bool tftp_watch_feed(struct tftp_watch *w, const struct packet *p);
size_t tftp_watch_count(const struct tftp_watch *w);
const struct tftp_transfer *tftp_watch_at(const struct tftp_watch *w, size_t i); /* borrowed */
uint64_t tftp_watch_unjudged(const struct tftp_watch *w); /* packets beyond the limit */

#endif
