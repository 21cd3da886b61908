/* EDGE: the administrator's office: what is asked of a running labcm over its control socket.
 *
 * Threads: all of it belongs to the thread of the loop. */
#ifndef LABCM_OFFICE_H
#define LABCM_OFFICE_H

#include "tools/labcm/loader.h"
#include "tools/labcm/tftpd.h"

struct office { /* borrowed by every request */
    struct server *server;
    struct switchboard *switchboard;
    struct loader *loader;
    struct tftpd *tftpd;
    struct lab *lab;
    struct log *log;
    struct faults *faults;
    const char *control;     /* the path of the socket */
    bool stopping;           /* nothing is done any more */
    void (*stop)(void *arg); /* ends the program */
    void *arg;
};

/* For control_settings.handle; `arg` is the office. */
void office_handle(void *arg, struct control_request *r, const json_t *body);
/* Where everything is served: {"tftp": 6969, "tls": 2443, ...}; given. */
json_t *office_places(const struct office *o);

#endif
