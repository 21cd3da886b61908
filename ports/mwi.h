/* The lamp requests of one port group: which one goes next, when, and by which port. Pure.
 *
 * CUC's pacing (unity-connection.md 2.1): a least time between requests, a most at once, and
 * repeats after success. Requests for one mailbox keep their order: the next waits for the one
 * before. Port: the highest hunt order first, of equal ones the longest idle (2.2). Every request
 * ends with one result. Adding, taking and ending cost O(log ports).
 *
 * Time is any monotonic clock in milliseconds. */
#ifndef PORTS_MWI_H
#define PORTS_MWI_H

#include "ports/settings.h"

#define MWI_QUEUE_MAX   200000u
#define MWI_PATIENCE_MS 30000 /* without one free port of the group */

enum mwi_result {
    MWI_CONFIRMED,
    MWI_BUSY,           /* the lamp number was busy */
    MWI_REORDER,        /* likely calling search space or partition */
    MWI_NO_PORT,        /* no port may send lamps, or none was free in time */
    MWI_TIMEOUT,        /* no tone, no clear */
    MWI_NOT_UNDERSTOOD, /* the call manager ignored 0x24 */
    MWI_LINK_LOST,
    MWI_GONE,    /* its port group was taken out of the settings, or may not any more */
    MWI_STOPPED, /* the program ended first */
};
const char *mwi_result_words(enum mwi_result r);

struct mwi_start { /* carry this out */
    uint32_t id;
    size_t port; /* index in the group */
    bool on;
    char extension[25];
};

struct mwi_end { /* tell this */
    void *tag;
    enum mwi_result result;
    bool on;
    char extension[25];
    int64_t took_ms; /* since it was asked for */
};

struct mwi_counts {
    size_t queued, active;
    int64_t oldest_ms;
    uint64_t sent, confirmed, failed; /* calls made; requests ended */
};

struct mwi_queue;

/* `s` is borrowed until mwi_free. Every port may switch lamps, and later ones are taken first. */
struct mwi_queue *mwi_new(const struct mwi_settings *s, size_t ports, struct err *e);
/* More ports of the group; as many, or fewer: nothing to do. */
bool mwi_grow(struct mwi_queue *q, size_t ports, struct err *e) MUST_USE;
/* CapMWI and Outgoing Hunt Order. */
void mwi_set_port(struct mwi_queue *q, size_t port, bool able, unsigned hunt_order);
/* Other pacing, counted from the last request. Borrowed as those of mwi_new; those before are still
 * valid. */
void mwi_set_settings(struct mwi_queue *q, const struct mwi_settings *s);
size_t mwi_able_ports(const struct mwi_queue *q);
void mwi_free(struct mwi_queue *q); /* accepts NULL; requests inside end without a word */

/* `tag` comes back with the end. */
bool mwi_add(struct mwi_queue *q, const char *extension, bool on, void *tag, int64_t now_ms,
             struct err *e) MUST_USE;
void mwi_port_free(struct mwi_queue *q, size_t port, int64_t now_ms);
void mwi_port_taken(struct mwi_queue *q, size_t port, int64_t now_ms);

/* The next request that may start now; again until false. */
bool mwi_take(struct mwi_queue *q, int64_t now_ms, struct mwi_start *out);
/* How a started one went. True: it is over, tell `out`. False: it will be sent once more. */
bool mwi_done(struct mwi_queue *q, uint32_t id, enum mwi_result r, int64_t now_ms,
              struct mwi_end *out);
/* The port could not: the request goes to the next one. True: no port was ever able, tell `out`. */
bool mwi_port_busy(struct mwi_queue *q, uint32_t id, int64_t now_ms, struct mwi_end *out);
/* A taken one is not wanted any more, and nothing was dialled; its port is free as before. */
bool mwi_refuse(struct mwi_queue *q, const struct mwi_start *s, int64_t now_ms,
                struct mwi_end *out);
/* A request that waited too long for any port; again until false. */
bool mwi_give_up(struct mwi_queue *q, int64_t now_ms, struct mwi_end *out);
/* Takes out what waits, one at a time, each mailbox's requests in their order; what is under way
 * stays. Its result is MWI_GONE, which does not count as failed, or MWI_CONFIRMED where only a
 * repeat was to come. */
bool mwi_withdraw(struct mwi_queue *q, int64_t now_ms, struct mwi_end *out);
/* Ends whatever is inside, one at a time; nothing may be added any more. */
bool mwi_stop(struct mwi_queue *q, int64_t now_ms, struct mwi_end *out);
/* When mwi_take or mwi_give_up is worth a call, if nothing else happens; INT64_MAX: never. */
int64_t mwi_due(const struct mwi_queue *q);

struct mwi_counts mwi_counts(const struct mwi_queue *q, int64_t now_ms);

#endif
