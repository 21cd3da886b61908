/* EDGE: the call manager's TFTP service: UDP sockets around the packet machine of tftp.h, one
 * socket (transfer id) for each transfer.
 *
 * Threads: all of it belongs to the thread of the loop. */
#ifndef LABCM_TFTPD_H
#define LABCM_TFTPD_H

#include "base/addr.h"
#include "base/buf.h"
#include "base/log.h"
#include "tools/labcm/faults.h"
#include "tools/labcm/tftp.h"

#include <uv.h>

#define TFTPD_FILE_MAX (64 * 1024 * 1024)
#define TFTPD_TRANSFERS_MAX                                                                        \
    2500 /* CUCM's Maximum Serving Count; beyond it requests get no answer */

struct tftpd;

struct tftpd_settings {
    struct net_addr bind; /* port 0: the kernel's choice */
    /* The whole file into `out`; false: `code` and `e` are what the client is told. A transfer
     * keeps the bytes it began with, whatever happens to the file meanwhile, but for
     * FAULT_TFTP_REPLACED_MIDWAY: then the file is asked for twice. */
    bool (*open)(void *arg, const struct net_addr *client, const char *name, struct buf *out,
                 enum tftp_error *code, struct err *e);
    void *arg;
    struct log *log;             /* may be NULL; borrowed */
    const struct faults *faults; /* may be NULL; borrowed */
};

/* NULL with e set. */
struct tftpd *tftpd_start(uv_loop_t *loop, const struct tftpd_settings *s, struct err *e);
/* Ends every transfer; frees itself when the loop has run on. Accepts NULL. */
void tftpd_stop(struct tftpd *d);
struct net_addr tftpd_addr(const struct tftpd *d);

/* `open` for a folder; `arg` is its path. */
bool tftpd_open_in_folder(void *arg, const struct net_addr *client, const char *name,
                          struct buf *out, enum tftp_error *code, struct err *e);

#endif
