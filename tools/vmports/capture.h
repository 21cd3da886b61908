/* EDGE: live capture of a run's own signalling, TFTP and media by libpcap, to a file that tcpdump
 * and tshark read (classic pcap, microseconds).
 *
 * When capture_open returns, the kernel already collects: nothing sent after it is missed. Kept
 * are TCP of the signalling ports, UDP of the media range, and TFTP with the answers that come from
 * a port of the server's own choosing; nothing else that happens to pass.
 *
 * Threads: one thread of its own, from capture_write on, moves packets from the kernel's ring to
 * the file. The others are called from one other thread. */
#ifndef VMPORTS_CAPTURE_H
#define VMPORTS_CAPTURE_H

#include "base/addr.h"
#include "base/log.h"

struct capture_settings { /* everything is borrowed until capture_open returns, but the log */
    const char *file;
    const char *device;        /* NULL: lo when every TFTP server is a loopback address, else any */
    const uint16_t *tcp_ports; /* signalling; count 0: 2443 and 2000 */
    size_t tcp_count;
    const struct net_addr *tftp; /* servers with their ports; port 0: 69 */
    size_t tftp_count;           /* at most CAPTURE_TFTP_MAX */
    uint16_t rtp_lo, rtp_hi;     /* 0: 16384-32767 */
    size_t ring_bytes;           /* the kernel's buffer; 0: 64 MiB */
    struct log *log;             /* may be NULL; borrowed until capture_stop */
};

#define CAPTURE_TFTP_MAX 64
#define CAPTURE_TCP_MAX  64

struct capture_counts {
    uint64_t packets, bytes; /* written to the file */
    uint64_t dropped;        /* by the kernel, because the ring was full */
};

struct capture;

/* Not permitted: the error names CAP_NET_RAW and how to get it. NULL with e set. */
struct capture *capture_open(const struct capture_settings *s, struct err *e);
/* Starts the thread; needs no permission. Accepts a NULL capture. */
bool capture_write(struct capture *c, struct err *e) MUST_USE;
void capture_count(const struct capture *c, struct capture_counts *out);
/* Waits for what the kernel still holds (a quarter of a second), closes the file and frees. False
 * when the file is not whole. `out` may be NULL; accepts a NULL capture. */
bool capture_stop(struct capture *c, struct capture_counts *out, struct err *e) MUST_USE;

#endif
