#include "tools/vmports/rtp_out.h"

#include "tools/vmports/out_file.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAME_MAX  131072 /* link header, IPv6 with all its extension headers, UDP */
#define UDP_HEADER 8
#define IP_UDP     17
#define SNAPLEN    262144 /* tcpdump's */

struct rtp_out {
    char *path;
    FILE *file;
    pcap_dumper_t *dumper; /* from the first packet on; it has the file */
    pcap_t *dead;
    uint8_t frame[FRAME_MAX];
};

/* The magic numbers of pcap (both byte orders, micro- and nanoseconds) and pcapng. */
static bool is_capture(const uint8_t head[OUT_FILE_HEAD])
{
    static const uint8_t known[][4] = {{0xa1, 0xb2, 0xc3, 0xd4},
                                       {0xd4, 0xc3, 0xb2, 0xa1},
                                       {0xa1, 0xb2, 0x3c, 0x4d},
                                       {0x4d, 0x3c, 0xb2, 0xa1},
                                       {0x0a, 0x0d, 0x0d, 0x0a}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (memcmp(head, known[i], 4) == 0)
            return true;
    return false;
}

struct rtp_out *rtp_out_new(const char *path, const char *source, struct err *e)
{
    struct rtp_out *o = calloc(1, sizeof *o);

    if (!o || !(o->path = strdup(path))) {
        free(o);
        err_set(e, ERR_MEMORY, "no memory for %s", path);
        return NULL;
    }
    int fd = out_file_open(path, source, is_capture, e);
    if (fd >= 0 && !(o->file = fdopen(fd, "wb"))) {
        err_errno(e, ERR_FILE, "%s", path);
        close(fd);
    }
    if (o->file)
        return o;
    free(o->path);
    free(o);
    return NULL;
}

/* ---- a frame with other bytes in it ---------------------------------------------------------- */

static void put_u16(uint8_t *at, size_t v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

/* RFC 1071; `n` is odd only at the end of a datagram. */
static uint32_t add_words(uint32_t sum, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
    return sum;
}

static uint16_t fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void fit_ip(uint8_t *ip, size_t len)
{
    if (*ip >> 4 == 6) {
        put_u16(ip + 4, len - 40);
        return;
    }
    put_u16(ip + 2, len);
    put_u16(ip + 10, 0);
    put_u16(ip + 10, fold(add_words(0, ip, (size_t)(*ip & 15) * 4)));
}

static void fit_udp(uint8_t *udp, size_t len, const uint8_t *ip)
{
    const bool v6 = *ip >> 4 == 6;
    uint32_t sum = add_words((uint32_t)len + IP_UDP, v6 ? ip + 8 : ip + 12, v6 ? 32 : 8);

    put_u16(udp + 4, len);
    put_u16(udp + 6, 0);
    uint16_t check = fold(add_words(sum, udp, len));
    put_u16(udp + 6, check ? check : 0xffff); /* 0 would mean: none (RFC 768) */
}

/* The length of the frame, or 0 when it is none that can be built. */
static size_t build_frame(struct rtp_out *o, const struct captured *c, const uint8_t *rtp,
                          size_t len)
{
    const size_t head = (size_t)(c->packet.payload - c->frame);
    const size_t ip = (size_t)(c->packet.ip - c->frame);

    if (head > FRAME_MAX || len > FRAME_MAX - head || head - ip + len > UINT16_MAX)
        return 0;
    memcpy(o->frame, c->frame, head);
    memcpy(o->frame + head, rtp, len);
    fit_ip(o->frame + ip, head - ip + len);
    fit_udp(o->frame + head - UDP_HEADER, UDP_HEADER + len, o->frame + ip);
    return head + len;
}

/* ---- the file -------------------------------------------------------------------------------- */

static bool begin(struct rtp_out *o, int link_type, struct err *e)
{
    if (o->dumper)
        return true;
    if (!(o->dead = pcap_open_dead(link_type, SNAPLEN)))
        return err_set(e, ERR_MEMORY, "no memory for %s", o->path);
    if (!(o->dumper = pcap_dump_fopen(o->dead, o->file)))
        return err_set(e, ERR_FILE, "%s: %s", o->path, pcap_geterr(o->dead));
    return true;
}

bool rtp_out_packet(struct rtp_out *o, const struct captured *c, const uint8_t *rtp, size_t len,
                    struct err *e)
{
    if (!begin(o, c->link_type, e))
        return false;
    const size_t n = build_frame(o, c, rtp, len);
    if (n == 0)
        return err_set(e, ERR_LIMIT, "%s: a packet of %zu bytes fits no IP packet", o->path, len);
    const struct pcap_pkthdr h = {.ts = {.tv_sec = (time_t)(c->packet.time_us / 1000000),
                                         .tv_usec = (suseconds_t)(c->packet.time_us % 1000000)},
                                  .caplen = (bpf_u_int32)n,
                                  .len = (bpf_u_int32)n};
    pcap_dump((u_char *)o->dumper, &h, o->frame);
    if (ferror(o->file))
        return err_errno(e, ERR_FILE, "%s", o->path);
    return true;
}

bool rtp_out_close(struct rtp_out *o, struct err *e)
{
    if (!o)
        return true;
    bool ok = begin(o, DLT_EN10MB, e);
    if (ok && (fflush(o->file) != 0 || ferror(o->file)))
        ok = err_errno(e, ERR_FILE, "%s", o->path);
    if (o->dumper)
        pcap_dump_close(o->dumper);
    else
        fclose(o->file);
    if (o->dead)
        pcap_close(o->dead);
    free(o->path);
    free(o);
    return ok;
}
