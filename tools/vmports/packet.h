/* One captured packet to what we care about: who sent which TCP or UDP bytes to whom. Pure.
 *
 *   link header   Ethernet (802.1Q, QinQ), Linux cooked v1/v2, BSD null/loop, raw IP
 *   IP            v4 with options, v6 with extension headers; fragments are named, not joined
 *   TCP, UDP      payload, borrowed from the packet's bytes */
#ifndef VMPORTS_PACKET_H
#define VMPORTS_PACKET_H

#include "base/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum packet_kind {
    PACKET_TCP,
    PACKET_UDP,
    PACKET_FRAGMENT, /* a piece of an IP datagram: its ports or its end are elsewhere */
    PACKET_OTHER,    /* neither TCP nor UDP over IP */
    PACKET_BROKEN,   /* a header that contradicts itself, or was cut off by the capture */
};

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

struct packet {
    int64_t time_us; /* since 1970; filled in by whoever has the capture's clock */
    struct net_addr src, dst;
    uint32_t tcp_seq, tcp_ack;
    uint8_t tcp_flags;
    const uint8_t *ip; /* its header, behind the link's; NULL: none */
    const uint8_t *payload;
    size_t len;     /* bytes that were captured */
    size_t missing; /* bytes behind them that the snapshot length cut off */
};

bool packet_link_known(int link_type);
/* `link_type` is libpcap's DLT_ number; caplen bytes are here, wirelen were on the line. */
enum packet_kind packet_decode(struct packet *out, int link_type, const uint8_t *bytes,
                               size_t caplen, size_t wirelen);

#endif
