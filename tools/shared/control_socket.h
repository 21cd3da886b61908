/* EDGE: the control socket as a file: who may have its path. */
#ifndef SHARED_CONTROL_SOCKET_H
#define SHARED_CONTROL_SOCKET_H

#include "base/err.h"

/* A listening socket of mode 0600 at `path`, or -1. Refused when a live server has the path; a
 * socket that nobody serves is replaced; a file that is not a socket is never removed. */
int control_socket_open(const char *path, struct err *e);

#endif
