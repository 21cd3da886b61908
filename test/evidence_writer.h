/* Writes captures for tests: classic pcap in memory, of any link type that is read. */
#ifndef TEST_EVIDENCE_WRITER_H
#define TEST_EVIDENCE_WRITER_H

#include "check.h"

#include "base/wire.h"
#include "tools/vmports/verify.h"

#include <pcap/dlt.h>

/* LINKTYPE_RAW in a file; DLT_RAW in libpcap. */
#define FILE_LINK_RAW 101

enum writer_ip {
    WRITE_IPV4,
    WRITE_IPV4_OPTIONS,
    WRITE_IPV4_FRAGMENT,
    WRITE_IPV6,
    WRITE_IPV6_HEADERS
};

struct writer {
    int link_type;
    enum writer_ip ip;
    unsigned vlan_tags; /* Ethernet only */
    size_t snaplen;     /* 0: whole packets */
    int64_t now_us;
    uint8_t *bytes;
    size_t len, cap;
};

static inline void writer_add(struct writer *w, const void *bytes, size_t n)
{
    if (w->len + n > w->cap) {
        w->cap = (w->len + n) * 2;
        w->bytes = realloc(w->bytes, w->cap);
        assert_non_null(w->bytes);
    }
    if (n)
        memcpy(w->bytes + w->len, bytes, n);
    w->len += n;
}

static inline struct writer writer_new(int link_type)
{
    struct writer w = {.link_type = link_type, .now_us = INT64_C(1768435200000000)};
    uint8_t head[24];
    struct wire_writer out = wire_write_to(head, sizeof head);

    wire_put_u32le(&out, 0xa1b2c3d4);
    wire_put_u16le(&out, 2);
    wire_put_u16le(&out, 4);
    wire_put_zeros(&out, 8);
    wire_put_u32le(&out, 262144);
    wire_put_u32le(&out, (uint32_t)(link_type == DLT_RAW ? FILE_LINK_RAW : link_type));
    writer_add(&w, head, sizeof head);
    return w;
}

static inline void writer_free(struct writer *w)
{
    free(w->bytes);
    *w = (struct writer){0};
}

static inline void put_link(struct wire_writer *out, const struct writer *w)
{
    uint16_t type = w->ip >= WRITE_IPV6 ? 0x86dd : 0x0800;

    switch (w->link_type) {
    case DLT_EN10MB:
        wire_put_zeros(out, 12);
        for (unsigned i = 0; i < w->vlan_tags; i++) {
            wire_put_u16be(out, i + 1 < w->vlan_tags ? 0x88a8 : 0x8100);
            wire_put_u16be(out, 100);
        }
        wire_put_u16be(out, type);
        break;
    case DLT_LINUX_SLL:
        wire_put_zeros(out, 14);
        wire_put_u16be(out, type);
        break;
    case DLT_LINUX_SLL2:
        wire_put_u16be(out, type);
        wire_put_zeros(out, 18);
        break;
    case DLT_NULL:
        wire_put_u32le(out, w->ip >= WRITE_IPV6 ? 30 : 2);
        break;
    case DLT_LOOP:
        wire_put_u32be(out, w->ip >= WRITE_IPV6 ? 24 : 2);
        break;
    default:
        break;
    }
}

static inline void put_ipv4(struct wire_writer *out, const struct writer *w, uint8_t protocol,
                            const struct net_addr *src, const struct net_addr *dst, size_t len)
{
    size_t options = w->ip == WRITE_IPV4_OPTIONS ? 8 : 0;

    wire_put_u8(out, (uint8_t)(0x45 + options / 4));
    wire_put_u8(out, 0xb8);
    wire_put_u16be(out, (uint16_t)(20 + options + len));
    wire_put_u16be(out, 1);
    wire_put_u16be(out, w->ip == WRITE_IPV4_FRAGMENT ? 0x2000 : 0x4000);
    wire_put_u8(out, 64);
    wire_put_u8(out, protocol);
    wire_put_u16be(out, 0);
    wire_put_bytes(out, src->ip, 4);
    wire_put_bytes(out, dst->ip, 4);
    wire_put_zeros(out, options);
}

static inline void put_ipv6(struct wire_writer *out, const struct writer *w, uint8_t protocol,
                            const struct net_addr *src, const struct net_addr *dst, size_t len)
{
    bool more = w->ip == WRITE_IPV6_HEADERS;

    wire_put_u32be(out, 0x60000000);
    wire_put_u16be(out, (uint16_t)(len + (more ? 8 + 16 : 0)));
    wire_put_u8(out, more ? 0 : protocol);
    wire_put_u8(out, 64);
    wire_put_zeros(out, 10);
    wire_put_u16be(out, 0xffff);
    wire_put_bytes(out, src->ip, 4);
    wire_put_zeros(out, 10);
    wire_put_u16be(out, 0xffff);
    wire_put_bytes(out, dst->ip, 4);
    if (!more)
        return;
    wire_put_u8(out, 60); /* hop by hop, 8 bytes; then destination options, 16 */
    wire_put_zeros(out, 7);
    wire_put_u8(out, protocol);
    wire_put_u8(out, 1);
    wire_put_zeros(out, 14);
}

static inline void put_record(struct writer *w, const uint8_t *packet, size_t len)
{
    uint8_t head[16];
    struct wire_writer out = wire_write_to(head, sizeof head);
    size_t caplen = w->snaplen && w->snaplen < len ? w->snaplen : len;

    wire_put_u32le(&out, (uint32_t)(w->now_us / 1000000));
    wire_put_u32le(&out, (uint32_t)(w->now_us % 1000000));
    wire_put_u32le(&out, (uint32_t)caplen);
    wire_put_u32le(&out, (uint32_t)len);
    writer_add(w, head, sizeof head);
    writer_add(w, packet, caplen);
}

static inline void put_packet(struct writer *w, uint8_t protocol, const struct net_addr *src,
                              const struct net_addr *dst, const uint8_t *datagram, size_t len)
{
    static uint8_t packet[70000];
    struct wire_writer out = wire_write_to(packet, sizeof packet);

    put_link(&out, w);
    if (w->ip >= WRITE_IPV6)
        put_ipv6(&out, w, protocol, src, dst, len);
    else
        put_ipv4(&out, w, protocol, src, dst, len);
    wire_put_bytes(&out, datagram, len);
    assert_false(out.bad);
    put_record(w, packet, wire_written(&out));
}

static inline void put_udp(struct writer *w, const struct net_addr *src, const struct net_addr *dst,
                           const void *payload, size_t len)
{
    static uint8_t datagram[66000];
    struct wire_writer out = wire_write_to(datagram, sizeof datagram);

    wire_put_u16be(&out, src->port);
    wire_put_u16be(&out, dst->port);
    wire_put_u16be(&out, (uint16_t)(len + 8));
    wire_put_u16be(&out, 0);
    wire_put_bytes(&out, payload, len);
    put_packet(w, 17, src, dst, datagram, wire_written(&out));
}

static inline void put_tcp(struct writer *w, const struct net_addr *src, const struct net_addr *dst,
                           uint32_t seq, uint8_t flags, const void *payload, size_t len)
{
    static uint8_t segment[66000];
    struct wire_writer out = wire_write_to(segment, sizeof segment);

    wire_put_u16be(&out, src->port);
    wire_put_u16be(&out, dst->port);
    wire_put_u32be(&out, seq);
    wire_put_u32be(&out, 0);
    wire_put_u8(&out, 0x50);
    wire_put_u8(&out, flags);
    wire_put_zeros(&out, 6);
    wire_put_bytes(&out, payload, len);
    put_packet(w, 6, src, dst, segment, wire_written(&out));
}

static inline struct net_addr addr_of(const char *text)
{
    struct net_addr a;

    assert_true(net_addr_parse(&a, text, 0));
    return a;
}

/* EVIDENCE_KEEP=DIR keeps small captures: seeds for test/fuzz/corpus/fuzz_pcap. */
static inline void writer_keep(const struct writer *w)
{
    static unsigned count;
    const char *dir = getenv("EVIDENCE_KEEP");
    char path[512];

    if (!dir || w->len > 12000)
        return;
    snprintf(path, sizeof path, "%s/%u-%zu.pcap", dir, count++, w->len);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fwrite(w->bytes, 1, w->len, f);
    fclose(f);
}

/* Judges what was written; the report is given. */
static inline struct verify_report *writer_judge(const struct writer *w, struct verify_settings s)
{
    struct err e;

    writer_keep(w);
    s.stream = fmemopen(w->bytes, w->len, "rb");
    assert_non_null(s.stream);
    struct verify_report *r = verify_capture(&s, &e);
    CHECK(r, "%s", e.text);
    return r;
}

/* Is there a finding with this text in it? */
static inline bool found(const struct verify_report *r, bool fault, const char *text)
{
    for (size_t i = 0; i < r->finding_count; i++)
        if (r->findings[i].fault == fault && strstr(r->findings[i].text, text))
            return true;
    return false;
}

static inline void show_findings(const struct verify_report *r)
{
    for (size_t i = 0; i < r->finding_count; i++)
        fprintf(stderr, "%s: %s\n", r->findings[i].fault ? "fault" : "note", r->findings[i].text);
}

#endif
