/* EDGE: the list by TFTP (libcurl), and the held list on disk. Both block: call them from a thread
 * that may wait. */
#ifndef CTL_FETCH_H
#define CTL_FETCH_H

#include "base/addr.h"
#include "base/buf.h"
#include "ctl/verify.h"

#include <stdatomic.h>

struct ctl_fetch_server {
    char host[256];
    uint16_t port; /* 69 */
};

struct ctl_fetch_settings {
    const struct ctl_fetch_server *servers; /* in order */
    size_t count;
    const char *file;        /* NULL: CTLFile.tlv */
    size_t most;             /* 0: CTL_FILE_MAX */
    unsigned total_s;        /* for one server; 0: 30 */
    int *res;                /* NULL, or: CUC's res= of the server asked last; 0: it delivered */
    const atomic_bool *stop; /* NULL, or: give up soon when it turns true */
    /* Told about each server that failed (`why` names it); NULL: nobody. */
    void (*failed)(void *arg, const struct ctl_fetch_server *server, const struct err *why);
    void *arg;
};

/* From the first server that delivers a list which `accept` (may be NULL) takes. `which` may be
 * NULL: it gets the index of that server. Errors are TFTP-01..10, with CUC's res= number. */
bool ctl_fetch(const struct ctl_fetch_settings *s, struct buf *out, size_t *which,
               bool (*accept)(void *arg, const uint8_t *bytes, size_t len, struct err *e),
               void *accept_arg, struct err *e) MUST_USE;

/* Asks every server but `which` and reports CTL-38 for each that delivers other bytes than these.
 * Servers that deliver nothing are passed over. Returns how many differ. */
size_t ctl_fetch_compare(const struct ctl_fetch_settings *s, size_t which, const uint8_t *bytes,
                         size_t len, void (*differs)(void *arg, const struct err *why), void *arg);

/* dir/CTLFile.tlv. Missing file: true with *out NULL. Damaged: false, CTL-40. */
bool ctl_held_load(const char *dir, struct ctl_file **out, struct err *e) MUST_USE;
/* Atomically: temporary file, fsync, rename; the old one stays as CTLFile.tlv.bak. Mode 0600. The
 * directory is made with mode 0700 when missing. Bytes that are no CTL are refused, those that are
 * held already change nothing. Two processes may store at once: the later one stays. */
bool ctl_held_store(const char *dir, const uint8_t *bytes, size_t len, struct err *e) MUST_USE;
/* Nothing is held any more; what was stays as CTLFile.tlv.bak. Nothing held: true. */
bool ctl_held_forget(const char *dir, struct err *e) MUST_USE;

#endif
