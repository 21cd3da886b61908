/* EDGE: the control socket: how the commands of a program talk to its running `run`.
 *
 * A unix socket of mode 0600 carries lines of JSON. The client sends one object a line:
 *     {"command": "status", ...}
 * and gets any number of replies and one end, which carries the exit code:
 *     {"reply": ...}
 *     {"end": 0}      or      {"end": 1, "kind": "ERR_REFUSED", "error": "the fact"}
 * A connection serves one request at a time, as many as it likes one after the other.
 *
 * Threads: server and requests belong to the thread of the loop. The client blocks.
 *
 * Limits: a line has at most CONTROL_LINE_MAX bytes; at most CONTROL_CLIENTS_MAX connections; what
 * a client leaves unread may grow to CONTROL_UNSENT_MAX over all clients together, then the one
 * that passes it is dropped, as is one that takes nothing for CONTROL_STALL_MS or asks nothing for
 * CONTROL_IDLE_MS. The loop is never blocked by a client. */
#ifndef SHARED_CONTROL_H
#define SHARED_CONTROL_H

#include "base/err.h"
#include "base/log.h"

#include <jansson.h>
#include <uv.h>

#define CONTROL_LINE_MAX    (64 * 1024)
#define CONTROL_CLIENTS_MAX 32
#define CONTROL_UNSENT_MAX  (64 * 1024 * 1024)
#define CONTROL_STALL_MS    10000
#define CONTROL_IDLE_MS     60000
#define CONTROL_REPLY_MAX   (4 * 1024 * 1024) /* a line that the client still reads */

/* ---- the running program --------------------------------------------------------------------- */

struct control_server;
struct control_request;

struct control_settings {
    const char *path; /* copied */
    /* A request: `body` is an object with a string "command", borrowed during the call. Each
     * request must get control_end or control_refuse, now or later; from then on the pointer is
     * dead. */
    void (*handle)(void *arg, struct control_request *r, const json_t *body);
    void *arg;
    struct log *log;            /* may be NULL; borrowed */
    unsigned stall_ms, idle_ms; /* 0: the limits above */
};

/* Refuses when a live server has the path, replaces a socket that nobody serves any more, and never
 * removes a file that is not a socket. NULL with e set. */
struct control_server *control_listen(uv_loop_t *loop, const struct control_settings *s,
                                      struct err *e);
/* Drops all connections and removes the path; frees itself when the loop has run on. Requests that
 * are still open stay valid until their end; their replies go nowhere. Accepts NULL. */
void control_close(struct control_server *s);

/* `reply` is taken. Nothing happens when the client has gone. */
void control_reply(struct control_request *r, json_t *reply);
void control_end(struct control_request *r, int exit_code);
/* The same with a reason, which the client prints. */
void control_refuse(struct control_request *r, int exit_code, const struct err *why);
bool control_gone(const struct control_request *r); /* nobody reads the replies any more */
/* Called once when the client goes away before the end: time to give up what it asked for. The
 * request still wants its end. */
void control_on_gone(struct control_request *r, void (*gone)(void *arg), void *arg);

/* ---- its commands ---------------------------------------------------------------------------- */

struct control_client;

/* `program` is for the words: "no vmports is running at PATH". NULL with e set. */
struct control_client *control_connect(const char *program, const char *path, struct err *e);
void control_disconnect(struct control_client *c); /* accepts NULL */
/* Sends `request` (borrowed) and waits for its end. Returns the exit code that came; when it is not
 * 0, `e` says why if the other side did. A lost connection is 1. */
int control_ask(struct control_client *c, const json_t *request,
                void (*reply)(void *arg, const json_t *reply), void *arg, struct err *e);
/* connect, ask, disconnect; `request` is taken. 2 when `path` can be no socket's. */
int control_call(const char *program, const char *path, json_t *request,
                 void (*reply)(void *arg, const json_t *reply), void *arg, struct err *e);

#endif
