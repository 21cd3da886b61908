/* EDGE: the phones: real far ends. A phone takes a UDP port, sends its own (S)RTP and records what
 * it hears.
 *
 * Threads: all calls and callbacks belong to the thread of the loop; packets to the media engine's
 * threads, whose events come back through a queue. */
#ifndef LABCM_PHONE_H
#define LABCM_PHONE_H

#include "base/keylog.h"
#include "base/log.h"
#include "media/engine.h"
#include "tools/labcm/faults.h"
#include "tools/labcm/present.h"

#include <uv.h>

struct phones;

struct phones_settings {
    struct net_addr bind;
    uint16_t rtp_lo, rtp_hi;
    unsigned threads;
    struct log *log;       /* borrowed */
    struct keylog *keylog; /* NULL: none; borrowed */
};

struct phones *phones_new(uv_loop_t *loop, const struct phones_settings *s, struct err *e);
/* Every phone must be closed and its report have come. Accepts NULL. */
void phones_free(struct phones *p);

struct phone;

struct phone_settings {
    const char *number;       /* for the log; copied */
    const struct sound *play; /* what it says, again and again; NULL: silence; borrowed */
    bool once;                /* ... or once, and then silence */
    unsigned record_ms;       /* of what it hears; 0 nothing */
    const char *digits;       /* by RFC 2833; NULL: none; copied */
    bool rtcp;                /* reports beside it */
    enum fault_id fault;      /* of the media, from this end; FAULT_NONE */
    /* Once, after phone_close. `e` is borrowed, its recording too. The phone is gone after it. */
    void (*report)(void *arg, const struct media_event *e);
    void *arg;
};

/* Takes its UDP port. NULL with e set. */
struct phone *phone_open(struct phones *p, const struct phone_settings *s, struct net_addr *local,
                         struct err *e);
/* What the device sends is to be read so; the device hears at `to`. */
bool phone_listen(struct phone *t, const struct call_media *m, struct err *e) MUST_USE;
bool phone_talk(struct phone *t, const struct call_media *m, const struct net_addr *to,
                struct err *e) MUST_USE;
/* It says no more; it still listens. */
void phone_hang_up(struct phone *t);
void phone_close(struct phone *t);

#endif
