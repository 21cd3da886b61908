/* EDGE: a port with its hands: the link, timer and stream that carry its actions out, and the
 * worker it sits in. Private to worker.c, seat*.c.
 *
 * Threads: all of it belongs to the worker's thread. */
#ifndef PORTS_SEAT_H
#define PORTS_SEAT_H

#include "ports/worker.h"
#include "sccp/codec.h"
#include "sccp/frame.h"
#include "tls/link.h"

struct seat;

/* A list of trust with those who use it. */
struct used_routes {
    struct routes *routes;
    size_t users;
    uint32_t newer; /* a bit for each server that refused TLS 1.2 */
    int64_t replaced_ms;
    struct used_routes *next; /* older ones */
};

struct worker_group {
    struct book *book; /* held; NULL: no group has this place */
    const struct group_settings *settings;
    struct used_routes *now; /* NULL: ports wait */
    struct tls_context *context;
    struct tls_context *newer_context; /* with TLS 1.3; NULL: it is not offered on demand */
};

/* Of a group that is gone, while its last links close. */
struct old_context {
    struct tls_context *context;
    int64_t since_ms;
    struct old_context *next;
};

/* One stream from its opening until its report: the seat may be on another call by then. */
struct talk {
    struct seat *seat;
    struct media_handle handle;
    uint32_t call;
    bool ended, connected, heard_encrypted, sent_encrypted;
    bool judged; /* what is wrong with its media has been told */
    char caller[PORT_NUMBER_MAX + 1], called[PORT_NUMBER_MAX + 1];
    struct net_addr local;
    struct book *book;           /* held: the engine plays its greeting */
    struct talk *before, *after; /* of the worker's list */
};

/* A connection to a call manager, and the wish for one. */
struct line {
    struct seat *seat;
    struct link *link;
    struct used_routes *routes; /* while there is a link */
    uint32_t server;            /* of the routes */
    struct sccp_frames frames;
    struct sccp_habits habits; /* of the call manager */
    struct line *next_waiting;
    bool waiting, has_turn;
    bool odd_version_told, renegotiation_told; /* on this link */
    char version[12], cipher[40];
    char connected_to[NET_ADDR_TEXT];
};

/* Lines that wait for a handshake's turn, in their order. */
struct waiting_lines {
    struct line *first, *last;
};

/* States that the pool has not been told yet; see seat_tell.c. */
struct seat_debt {
    bool registered, said_registered;
    bool owes_use;
    enum worker_report_kind use; /* REPORT_FREE or REPORT_TAKEN */
    bool vacant, said_vacant;    /* the last of all */
    bool waits;
    struct seat *next;
};

struct seat {
    struct port port;
    struct worker *worker;
    uint32_t index, group; /* of the pool */
    unsigned number;
    char name[DEVICE_NAME_MAX + 1];
    struct book *book; /* held: port.group is in it */
    struct {           /* settings that wait for the end of a call */
        struct book *book;
        const struct group_settings *group;
    } next;
    size_t talks;         /* of it: those whose reports are out, too */
    bool leaving, vacant; /* told to leave; gone */
    const struct tls_identity *identity;
    uv_timer_t timer;
    int64_t armed_ms;
    struct line lines[2], *line, *second; /* which of the two is which: DO_SWAP */
    struct talk *talk;
    struct seat_debt debt;
    bool started;
    struct trouble trouble;
    struct media_counts media; /* of the last call */
};

#define OUT_MAX (64 * 1024)

struct worker {
    const struct worker_shared *shared;
    size_t index;
    struct queue *commands, *media_events;
    uv_loop_t loop;
    uv_async_t wake;
    uv_check_t check;
    uv_timer_t pay_timer, stall_timer;
    struct worker_command stalled; /* found no memory: comes once more, before those behind it */
    bool stalls;
    unsigned stall_count;
    uv_thread_t thread;
    bool has_loop, started, connecting, leaving, quitting, told_stopped;

    struct seat **seats;
    size_t count, room, stopped;
    struct worker_group *groups;
    size_t group_count;
    struct used_routes *old_routes;
    struct old_context *old_contexts;
    struct waiting_lines waiting, waiting_seconds; /* who registers goes before who stands by */
    struct seat *first_owing;
    struct talk *talks;

    /* What is being said, until the step is over: one write for all of it. */
    uint8_t out[OUT_MAX];
    size_t out_len;
    unsigned depth;
    struct line *speaker;

    struct worker_counts counts;
};

int64_t worker_now_ms(void);
struct log *worker_log(const struct worker *w);

/* worker_places.c: the groups and seats of a worker come and go. */
bool worker_open_group(struct worker *w, const struct worker_command *c, struct err *e) MUST_USE;
bool worker_add_seat(struct worker *w, const struct worker_command *c, struct err *e) MUST_USE;
/* TLS contexts that are missing are made: at the first dial, and when there was no memory. */
bool worker_have_contexts(struct worker *w, uint32_t group, struct err *e) MUST_USE;
void worker_close_group(struct worker *w, uint32_t group);
struct seat *worker_seat(struct worker *w, uint32_t port); /* NULL: none of ours, or vacant */
void worker_hold(struct worker *w, uint32_t group);
void worker_take_routes(struct worker *w, uint32_t group, struct used_routes *u);
void worker_free_places(struct worker *w);
void seat_settle(struct seat *s); /* takes the settings that waited, unless a call is up */
void seat_watch_leaving(struct seat *s);

/* seat.c: an event, and everything that follows from it. */
void seat_event(struct seat *s, const struct port_event *ev);
void seat_kind(struct seat *s, enum port_event_kind k);
void seat_tick(struct seat *s);
void seat_begin(struct seat *s);
void seat_end(struct seat *s);

/* seat_tell.c */
void worker_report(struct worker *w, const struct worker_report *r);
bool worker_answer(struct worker *w, const struct worker_report *r); /* says so when it fails */
void seat_tell(struct seat *s, const struct port_action *a);
void seat_tell_stale(struct seat *s);
void seat_tell_vacant(struct seat *s);
void seat_trouble(struct seat *s, enum log_area area, const struct err *why);

/* seat_line.c */
void seat_say(struct seat *s, const struct port_action *a);
void seat_flush(struct worker *w);
void seat_close_line(struct line *l);
extern const struct link_events seat_link_events; /* the owner is the line */

/* seat_dial.c */
void seat_dial(struct line *l, uint32_t server);
bool seat_open_link(struct line *l, struct used_routes *u, struct err *e) MUST_USE;
uint32_t seat_server_bit(const struct line *l, const struct used_routes *u);
void seat_swap(struct seat *s);
void seat_give_turn_back(struct line *l);
void seat_line_lost(struct line *l, struct err *why); /* its link is gone already */
/* After new routes: a second line to where they do not lead any more is closed. */
void seat_check_second(struct seat *s);
void worker_connect_waiting(struct worker *w);

/* seat_media.c */
void seat_open(struct seat *s);
void seat_listen(struct seat *s, const struct port_action *a);
void seat_send(struct seat *s, const struct port_action *a);
void seat_stop_listening(struct seat *s);
void seat_stop_sending(struct seat *s);
void seat_count(struct seat *s);
void seat_close_media(struct seat *s);
void seat_call_ended(struct seat *s, uint32_t call, bool connected);
void worker_media_event(struct worker *w, struct media_event *ev);

/* seat_status.c */
void seat_status(const struct seat *s, struct port_status *out);

#endif
