/* EDGE: a UDP socket for media: not blocking, marked with its DSCP, and told of ICMP errors. */
#ifndef MEDIA_UDP_H
#define MEDIA_UDP_H

#include "base/addr.h"

enum udp_result { UDP_OK, UDP_IN_USE, UDP_FAILED };

/* Binds `at` (port 0: the system's choice). With UDP_OK writes the descriptor and what was bound;
 * else `e` says why. */
enum udp_result udp_open(const struct net_addr *at, uint8_t tos, int *fd, struct net_addr *bound,
                         struct err *e);
void udp_set_tos(int fd, uint8_t family, uint8_t tos);
/* Takes the ICMP errors that wait; true if there were any. */
bool udp_take_errors(int fd);

#endif
