/* EDGE: the calls of phones that were asked for over the control socket: from dialling to what the
 * phone heard.
 *
 * Threads: all of it belongs to the thread of the loop. */
#ifndef LABCM_SWITCHBOARD_H
#define LABCM_SWITCHBOARD_H

#include "tools/labcm/ask.h"
#include "tools/labcm/outcome.h"
#include "tools/labcm/phone.h"
#include "tools/labcm/server.h"
#include "tools/shared/control.h"

#define SWITCHBOARD_LINGER_MS 100  /* the phone still listens so long after the end */
#define SWITCHBOARD_DIGIT_MS  250  /* from digit to digit */
#define SWITCHBOARD_CALL_S    3600 /* a call that nobody ends is ended then */

struct switchboard;
struct job; /* one phone's call */

struct switchboard *switchboard_new(uv_loop_t *loop, struct phones *phones, struct log *log,
                                    struct err *e);
/* The phones' part of the rules' edge. */
struct manager_edge switchboard_edge(struct switchboard *b);
void switchboard_set_server(struct switchboard *b, struct server *s);
/* No call is taken any more; `idle` comes once when the last one has been reported. */
void switchboard_close(struct switchboard *b, void (*idle)(void *arg), void *arg);
void switchboard_free(struct switchboard *b);

/* A call that nobody watches on the control socket. `ask` is borrowed; its sounds are not used.
 * `over` comes once, later, with a borrowed outcome, and the job is dead after it. NULL when the
 * call is over already: *at_once says how, `over` does not come. */
struct job *switchboard_dial(struct switchboard *b, const struct call_ask *ask,
                             void (*over)(void *arg, const struct call_outcome *o), void *arg,
                             struct call_outcome *at_once);
void switchboard_hang_up(struct job *j);

/* {"command": "call", ...}: replies tell how it goes, the last one what was heard. Ends the
 * request. */
void switchboard_call(struct switchboard *b, struct control_request *r, const json_t *body);

#endif
