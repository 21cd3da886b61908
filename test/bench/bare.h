/* EDGE: the bare loops that the media engine is measured against: as many SRTP contexts and
 * sockets, one packet after the other, nothing else. */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include "base/sock.h"
#include "media/rtp.h"
#include "media/srtp.h"
#include "test/bench/bench.h"

#define BARE_PAYLOAD 160 /* 20 ms of G.711 */
#define BARE_SINKS   64

struct bare {
    struct media_srtp *srtp;
    struct sockaddr_storage to;
    socklen_t to_len;
    int fd;
    uint16_t sequence;
};

/* Algorithm 1; another one for each i. */
struct media_key bare_key(unsigned i);
/* Bound to a free port of the loopback address, non-blocking. */
int bare_socket(struct net_addr *local);
/* The far end: sockets that nobody reads. Their buffers are full at once, and from then on the
 * kernel drops what comes: delivery costs nothing beyond the sending. */
void bare_open_sinks(struct net_addr sinks[BARE_SINKS]);

/* Senders with bare_key(i); `to` holds to_count addresses, used in turn. Given. */
struct bare *bare_new(unsigned streams, const struct net_addr *to, size_t to_count);
void bare_free(struct bare *all, unsigned streams);
void bare_packet(struct bare *b, uint32_t ssrc);

/* Packets per processor-second of protect + sendto, and of recv + unprotect. */
double bare_send_rate(unsigned streams, const struct net_addr *sinks, int64_t run_ns);
double bare_receive_rate(unsigned streams, int64_t run_ns);
/* Sending again, but each packet in its turn: asleep until the next of the 20 slots of 1 ms that
 * the streams are spread over, for `seconds`. What the pace itself costs: wake-ups, and caches that
 * have grown cold. */
double bare_paced_rate(unsigned streams, const struct net_addr *sinks, unsigned seconds);

#endif
