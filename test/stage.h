/* EDGE: a stage for a whole pool: libuv's loops and threads, the clock, the line to the call
 * managers, the media engine and the keeper of trust are doubles of those the program is linked
 * with. All play in one thread and in invented time, and who of those that are ready goes next is
 * thrown with dice of a known seed: what the pool's thread and the workers do is mixed in many
 * ways, and the same seed gives the same play again. No sockets.
 *
 *   stage.c         loops, timers, wakers, threads, the clock
 *   stage_line.c    links, and a scripted call manager (manager.h) at the other end of each
 *   stage_voice.c   the media engine's streams, without media
 *   stage_keeper.c  routes to the group's servers, or none
 */
#ifndef TEST_STAGE_H
#define TEST_STAGE_H

#include "manager.h"

#include <uv.h>

/* Somebody who does something at his time, in the thread of a loop (NULL: in one of his own). First
 * member of who it is. */
struct actor {
    uv_loop_t *loop;
    int64_t due_ms; /* INT64_MAX: he waits */
    void (*go)(struct actor *a);
    struct actor *next;
};

void stage_open(uint32_t seed);
/* One of those that are ready goes. False: nobody is. */
bool stage_turn(void);
/* Time goes on, and whatever is due is done. */
void stage_advance(int64_t ms);
/* A thread gets no time, as one whose terminal is stopped. */
void stage_freeze(uv_loop_t *loop, bool frozen);
bool stage_is_empty(void); /* no handle and no actor is left */
uint32_t stage_dice(uint32_t sides);
void stage_broke(const char *what); /* keeps the first */
const char *stage_broken(void);     /* NULL: all well */

int64_t stage_now_ms(void);
void stage_enter(struct actor *a, uv_loop_t *loop, void (*go)(struct actor *a));
void stage_leave(struct actor *a);
void stage_cue(struct actor *a, int64_t in_ms); /* no later than it would have gone anyway */

/* ---- the line: call managers by the last byte of their address, from 1 --------------------- */

#define STAGE_SERVERS 3

struct stage_server {
    bool refuses, hangs, untrusted; /* connections */
    struct manager like;            /* new links meet one of these */
};
extern struct stage_server stage_servers[STAGE_SERVERS];

struct link;
size_t stage_links(void);
/* NULL: none that is up. */
struct link *stage_link(size_t nth);
struct manager *stage_manager(struct link *l);
void stage_drop(struct link *l, enum err_kind why);
void stage_say_bytes(struct link *l, const uint8_t *bytes, size_t len);
void stage_line_is_full(unsigned sends); /* so many sends from now on are refused */
/* How many devices of that name are registered at a link that is up. */
size_t stage_registered(const char *name);
void stage_servers_behave(void); /* those of today, and of tomorrow */

/* ---- the voice ------------------------------------------------------------------------------ */

size_t stage_voices(void);
void stage_voices_fail(bool fail);             /* none can be opened */
void stage_voice_event(size_t nth, uint8_t k); /* a digit, the end of the greeting, unreachable */

/* ---- the keeper ------------------------------------------------------------------------------ */

void stage_keeper_fails(bool fails);

#endif
