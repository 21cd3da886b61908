/* EDGE: takes the connections that wait at a listening socket, on a libuv loop.
 *
 * uv_listen would do, but for one case: it calls accept until that says EAGAIN, also while it says
 * EMFILE, and when libuv's spare descriptor has been lost to another thread the loop never comes
 * back (libuv 1.44, uv__server_io). Here a wake takes some connections and lets others have their
 * turn; what cannot be taken waits in the kernel's backlog until the next try.
 */
#ifndef BASE_ACCEPTOR_H
#define BASE_ACCEPTOR_H

#include <stdbool.h>
#include <uv.h>

/* Part of its owner, who touches nothing in it. */
struct acceptor {
    uv_poll_t ready;
    uv_timer_t pause;
    int fd;
    unsigned handles; /* not yet closed */
    bool closing;
    void (*arrived)(void *arg, int fd);
    void (*closed)(void *arg);
    void *arg;
};

/* From now on `arrived` is given each connection: its descriptor is the callee's, non-blocking and
 * closed by exec. `fd` listens and becomes ours. Else libuv's error, and `fd` is still the
 * caller's.
 */
int acceptor_start(struct acceptor *a, uv_loop_t *loop, int fd, void (*arrived)(void *arg, int fd),
                   void *arg);
/* Closes the socket at once; `closed` comes from the loop when the owner may free the memory. May
 * be called from inside `arrived`. */
void acceptor_close(struct acceptor *a, void (*closed)(void *arg));

#endif
