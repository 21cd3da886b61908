/* A TFTP server on loopback that answers rightly, wrongly, late or never. */
#ifndef TEST_TFTP_SERVER_H
#define TEST_TFTP_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum behaviour {
    SERVE_PLAIN,   /* knows no options */
    SERVE_OPTIONS, /* tsize and blksize */
    SERVE_TWICE,   /* each packet doubled */
    SERVE_LATE,    /* not to the first `number` requests */
    SERVE_AT_LAST, /* only when the client has said its request again */
    SILENT,
    SAY_ERROR,
    STOP_AFTER, /* `number` blocks */
    LIE_TSIZE,  /* one more than there is */
    WRONG_OACK, /* blksize above the request */
    EMPTY_OACK,
    PLAIN_ONLY, /* ERROR 8 to options */
    GARBAGE,    /* opcode 77 */
    STRANGER,   /* another block 2 comes first, from another port */
    ENDLESS,    /* full blocks for ever */
};

struct tftp_server {
    enum behaviour how;
    unsigned number;  /* error code, blocks, or requests */
    const char *text; /* of the error */
    const uint8_t *file;
    size_t len;
    int family;
    /* from here on the server's own */
    int fd;
    uint16_t port;
    pthread_t thread;
    atomic_bool over;
    atomic_uint requests;
};

/* A socket on a free port of ::1 or 127.0.0.1, which gives up reading after 100 ms. -1: this
 * machine has no such family. */
int udp_on_loopback(int family, uint16_t *port);

/* False: this machine has no such family. */
bool tftp_server_start(struct tftp_server *s);
void tftp_server_stop(struct tftp_server *s);

#endif
