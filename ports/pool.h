/* EDGE: all ports of a run: identities, CTL, media engine, worker threads, the MWI queue.
 *
 * Threads: everything here is called in, and calls back in, the thread of the loop given to
 * pool_new. Workers and media threads are behind queues. */
#ifndef PORTS_POOL_H
#define PORTS_POOL_H

#include "media/engine.h"
#include "ports/mwi.h"
#include "ports/settings.h"
#include "ports/trouble.h"

#include <uv.h>

struct pool;

/* What a port shows in `status`: RTMT's columns (unity-connection.md 6.1), then ours. */
struct port_status {
    char name[DEVICE_NAME_MAX + 1];
    char caller[41], called[41], reason[24], redir[41], last_redir[41];
    char application_status[24], display_status[24], conversation_status[32];
    char port_ext[26];
    char connected_to[NET_ADDR_TEXT]; /* the call manager's ip:port */
    char state[24];                   /* the machine's word: "idle", "talking" ... */
    char second_state[24];            /* the second line's; "" without one */
    char second_to[NET_ADDR_TEXT];    /* whom it stands by at; "" while it does not */
    bool registered;
    enum security_mode mode;
    bool call_encrypted; /* the lock: SRTP both ways in the call that is up */
    char tls_version[12], cipher[40];
    uint32_t protocol_version;
    uint64_t calls, mwi_sent, mwi_failed, registrations, unexpected, unknown_messages;
    uint64_t digits;           /* how many, never which */
    struct trouble trouble;    /* `now`: why it is not registered */
    struct media_counts media; /* of the last call that is over */
};

struct pool_totals {
    size_t ports, registered, in_use, locked; /* locked: cannot serve (RTMT's Ports Locked) */
    uint64_t calls, calls_failed, calls_refused, calls_kept, registrations, handshakes, errors;
    uint64_t failovers, failbacks; /* registrations at a lower and at a higher order than before */
    size_t standing_by;            /* second lines that are up */
    unsigned handshakes_most;      /* at once, ever; never above the cap */
    struct {
        size_t queued, active;
        double oldest_s;
        uint64_t sent, confirmed, failed;
    } mwi;
    struct media_counts media; /* sums of all finished calls */
    uint64_t log_lines_lost;   /* nobody read them in time */
};

struct pool_events {                                         /* any may be NULL */
    void (*changed)(void *arg, const struct pool_totals *t); /* counts moved; at most 20 a second */
    void (*call_ended)(void *arg, const char *port, const char *caller, const char *called,
                       const struct media_counts *counts, bool encrypted);
    void (*stopped)(void *arg); /* after pool_stop: everything is down */
    void *arg;
};

/* Opens state directory, identities and media, and starts the workers; registering goes on behind.
 */
struct pool *pool_new(uv_loop_t *loop, const struct pool_settings *s, const struct pool_events *ev,
                      struct err *e);
void pool_free(struct pool *p); /* after `stopped`; accepts NULL */
/* False: memory was short for some groups or ports, which are tried again every five seconds. */
bool pool_whole(const struct pool *p);

/* Other groups, while it runs: ports whose group and line are the same stay registered and in their
 * calls; those that are gone, or whose line is another one, leave when their call is over. What all
 * groups share stays as it was at the start. The settings are the pool's until it calls `release`
 * with `owner`, from any thread, at the latest in pool_free. False: nothing has changed, and they
 * are the caller's. */
bool pool_apply(struct pool *p, const struct pool_settings *s, void (*release)(void *owner),
                void *owner, struct err *e) MUST_USE;

/* Made at the start, as many as its settings wanted; with those of a reload it may be others. */
size_t pool_workers(const struct pool *p);
size_t pool_workers_wanted(const struct pool_settings *s);

/* One result for each request. `group` is the port group that shall dial; NULL: the first that may.
 * False with e when the extension or state forbids it at once. */
bool pool_mwi(struct pool *p, const char *group, const char *extension, bool on,
              void (*done)(void *arg, const char *extension, bool on, enum mwi_result r,
                           double seconds),
              void *arg, struct err *e) MUST_USE;

/* Drop, fetch the CTL anew, register. No names: every port. Returns how many were found; the first
 * unknown name is in e. */
size_t pool_reset(struct pool *p, const char *const *names, size_t count, struct err *e);

void pool_totals(struct pool *p, struct pool_totals *out);
/* Rows of all ports, in order of groups and numbers; asks the workers and calls back once. Rows are
 * borrowed during the call. */
bool pool_status(struct pool *p, void (*rows)(void *arg, const struct port_status *rows, size_t n),
                 void *arg, struct err *e) MUST_USE;

/* What went wrong so far, a row for each kind of error that came; at most `cap`. */
struct pool_trouble {
    struct trouble trouble;
    char who[64]; /* the port or port group that had it last */
};
size_t pool_troubles(const struct pool *p, struct pool_trouble *out, size_t cap);

/* How each port group stands with its list of trust; borrowed during the call. */
void pool_each_list(const struct pool *p,
                    void (*take)(void *arg, const char *group, const struct trouble *list),
                    void *arg);

/* Takes no more calls, lets those that are up end for drain_s, hangs up, unregisters. Called again:
 * at once. */
void pool_stop(struct pool *p, unsigned drain_s);

#endif
