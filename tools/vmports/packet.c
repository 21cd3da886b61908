#include "tools/vmports/packet.h"

#include "base/wire.h"

#include <pcap/dlt.h>
#include <string.h>

/* IEEE 802 numbers */
#define ETHER_IPV4     0x0800
#define ETHER_IPV6     0x86dd
#define ETHER_VLAN     0x8100
#define ETHER_QINQ     0x88a8
#define ETHER_QINQ_OLD 0x9100
#define VLAN_TAGS_MAX  4

/* IANA protocol numbers */
#define IP_TCP           6
#define IP_UDP           17
#define IP6_HOP_BY_HOP   0
#define IP6_ROUTING      43
#define IP6_FRAGMENT     44
#define IP6_AUTH         51
#define IP6_DEST_OPTIONS 60
#define IP6_MOBILITY     135
#define IP6_HEADERS_MAX  16

bool packet_link_known(int link_type)
{
    switch (link_type) {
    case DLT_NULL:
    case DLT_LOOP:
    case DLT_EN10MB:
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
    case DLT_LINUX_SLL:
    case DLT_LINUX_SLL2:
        return true;
    default:
        return false;
    }
}

static uint16_t skip_vlan_tags(struct wire_reader *r, uint16_t type)
{
    for (int i = 0; i < VLAN_TAGS_MAX; i++) {
        if (type != ETHER_VLAN && type != ETHER_QINQ && type != ETHER_QINQ_OLD)
            break;
        wire_skip(r, 2);
        type = wire_u16be(r);
    }
    return type;
}

/* The raw and BSD link headers say no EtherType: the IP version stands in the first half byte. */
static uint16_t type_of_version(const struct wire_reader *r)
{
    if (wire_left(r) == 0)
        return 0;
    return *r->at >> 4 == 6 ? ETHER_IPV6 : *r->at >> 4 == 4 ? ETHER_IPV4 : 0;
}

/* Reads past the link header; gives the EtherType of what follows. */
static uint16_t read_link(struct wire_reader *r, int link_type)
{
    uint16_t type;

    switch (link_type) {
    case DLT_EN10MB:
        wire_skip(r, 12);
        return skip_vlan_tags(r, wire_u16be(r));
    case DLT_LINUX_SLL: /* packet type, ARPHRD, address length, address: 14 bytes; then the type */
        wire_skip(r, 14);
        return skip_vlan_tags(r, wire_u16be(r));
    case DLT_LINUX_SLL2: /* the type comes first, then 18 bytes */
        type = wire_u16be(r);
        wire_skip(r, 18);
        return skip_vlan_tags(r, type);
    case DLT_NULL: /* an address family whose number and byte order depend on the system */
    case DLT_LOOP:
        wire_skip(r, 4);
        return type_of_version(r);
    default:
        return type_of_version(r);
    }
}

static enum packet_kind read_tcp(struct packet *out, struct wire_reader *r)
{
    out->src.port = wire_u16be(r);
    out->dst.port = wire_u16be(r);
    out->tcp_seq = wire_u32be(r);
    out->tcp_ack = wire_u32be(r);
    size_t header = (size_t)(wire_u8(r) >> 4) * 4;
    out->tcp_flags = wire_u8(r);
    if (r->bad || header < 20)
        return PACKET_BROKEN;
    wire_skip(r, header - 14);
    return r->bad ? PACKET_BROKEN : PACKET_TCP;
}

static enum packet_kind read_udp(struct packet *out, struct wire_reader *r)
{
    out->src.port = wire_u16be(r);
    out->dst.port = wire_u16be(r);
    size_t len = wire_u16be(r);
    wire_skip(r, 2);
    if (r->bad || len < 8)
        return PACKET_BROKEN;
    if (len - 8 < wire_left(r)) /* Ethernet pads short frames */
        r->end = r->at + (len - 8);
    return PACKET_UDP;
}

static enum packet_kind read_transport(struct packet *out, struct wire_reader *r, uint8_t protocol)
{
    enum packet_kind kind = PACKET_OTHER;

    if (protocol == IP_TCP)
        kind = read_tcp(out, r);
    else if (protocol == IP_UDP)
        kind = read_udp(out, r);
    out->payload = r->at;
    out->len = wire_left(r);
    return kind;
}

/* Ends the reader where the IP packet ends and says how much of it the capture lacks. */
static void cut_to(struct packet *out, struct wire_reader *r, size_t want)
{
    size_t have = wire_left(r), lacks = want > have ? want - have : 0;

    if (want < have)
        r->end = r->at + want;
    if (lacks < out->missing) /* the rest of what is missing was padding */
        out->missing = lacks;
}

static enum packet_kind read_ipv4(struct packet *out, struct wire_reader *r)
{
    size_t header = (size_t)(wire_u8(r) & 15) * 4;
    wire_skip(r, 1);
    size_t total = wire_u16be(r);
    wire_skip(r, 2);
    uint16_t fragment = wire_u16be(r);
    wire_skip(r, 1);
    uint8_t protocol = wire_u8(r);
    wire_skip(r, 2);
    wire_bytes(r, out->src.ip, 4);
    wire_bytes(r, out->dst.ip, 4);
    out->src.family = out->dst.family = 4;
    if (r->bad || header < 20 || !wire_skip(r, header - 20))
        return PACKET_BROKEN;
    /* Captured on the sending machine before segmentation, a length of 0 means "see the frame". */
    if (total != 0 && total < header)
        return PACKET_BROKEN;
    if (total != 0)
        cut_to(out, r, total - header);
    if (fragment & 0x3fff) /* more fragments, or an offset */
        return PACKET_FRAGMENT;
    return read_transport(out, r, protocol);
}

static bool is_ipv6_extension(uint8_t next)
{
    return next == IP6_HOP_BY_HOP || next == IP6_ROUTING || next == IP6_DEST_OPTIONS ||
           next == IP6_AUTH || next == IP6_MOBILITY;
}

static enum packet_kind read_ipv6(struct packet *out, struct wire_reader *r)
{
    wire_skip(r, 4);
    size_t payload = wire_u16be(r);
    uint8_t next = wire_u8(r);
    wire_skip(r, 1);
    wire_bytes(r, out->src.ip, 16);
    wire_bytes(r, out->dst.ip, 16);
    out->src.family = out->dst.family = 6;
    if (r->bad)
        return PACKET_BROKEN;
    if (payload != 0)
        cut_to(out, r, payload);
    for (int i = 0; i < IP6_HEADERS_MAX && is_ipv6_extension(next); i++) {
        bool auth = next == IP6_AUTH; /* counts in 4 bytes less 2, the others in 8 less 1 */
        next = wire_u8(r);
        size_t units = wire_u8(r);
        wire_skip(r, auth ? (units + 2) * 4 - 2 : (units + 1) * 8 - 2);
    }
    if (r->bad)
        return PACKET_BROKEN;
    if (next == IP6_FRAGMENT)
        return PACKET_FRAGMENT;
    return read_transport(out, r, next);
}

enum packet_kind packet_decode(struct packet *out, int link_type, const uint8_t *bytes,
                               size_t caplen, size_t wirelen)
{
    struct wire_reader r = wire_read_from(bytes, caplen);

    *out = (struct packet){.missing = wirelen > caplen ? wirelen - caplen : 0};
    uint16_t type = read_link(&r, link_type);
    if (r.bad)
        return PACKET_BROKEN;
    out->ip = type == ETHER_IPV4 || type == ETHER_IPV6 ? r.at : NULL;
    if (type == ETHER_IPV4)
        return read_ipv4(out, &r);
    if (type == ETHER_IPV6)
        return read_ipv6(out, &r);
    return PACKET_OTHER;
}
