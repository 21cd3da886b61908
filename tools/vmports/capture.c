#include "tools/vmports/capture.h"

#include "base/buf.h"
#include "base/clock.h"
#include "tools/vmports/packet.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SNAPSHOT       262144 /* tcpdump's: more than the largest frame on lo */
#define RING_BYTES     (64 * 1024 * 1024)
#define FILTER_MAX     16384
#define RETIRE_MS      50  /* the kernel hands over a block that is not full after this */
#define SETTLE_MS      200 /* several of these without a packet: nothing is left in the ring */
#define SETTLE_MOST_MS 5000
#define TALKS          1024 /* TFTP clients remembered */
#define TFTP_PORT      69

struct capture {
    pcap_t *pcap;
    pcap_dumper_t *file;
    int fd, link_type;
    pthread_t thread;
    bool writing; /* there is a thread */
    atomic_bool stop;
    atomic_uint_fast64_t packets, bytes;
    atomic_bool failed;
    int why; /* errno of the failed write; read after the thread has ended */
    uint16_t rtp_lo, rtp_hi;
    struct net_addr tftp[CAPTURE_TFTP_MAX];
    size_t tftp_count;
    struct net_addr talks[TALKS]; /* a ring: who asked a TFTP server lately */
    size_t talk_count;
    struct log *log;
    char *path;
};

/* ---- the filter ------------------------------------------------------------------------------ */

static bool add(struct buf *b, struct err *e, const char *fmt, ...) PRINTF_LIKE(3, 4);
static bool add(struct buf *b, struct err *e, const char *fmt, ...)
{
    char text[128];
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return n > 0 && buf_add(b, text, (size_t)n, e);
}

static bool add_tcp(struct buf *b, const struct capture_settings *s, struct err *e)
{
    static const uint16_t usual[] = {2443, 2000};
    const uint16_t *ports = s->tcp_count ? s->tcp_ports : usual;
    size_t n = s->tcp_count ? s->tcp_count : 2;

    for (size_t i = 0; i < n; i++)
        if (!add(b, e, "tcp port %u or ", ports[i]))
            return false;
    return true;
}

/* All UDP of a TFTP server is let through here; the thread keeps what belongs to a transfer, since
 * only it sees which port the client asked from. */
static bool add_tftp(struct buf *b, const struct capture *c, struct err *e)
{
    char ip[NET_ADDR_TEXT];

    for (size_t i = 0; i < c->tftp_count; i++)
        if (!add(b, e, "(udp and host %s) or ", net_ip_text(&c->tftp[i], ip)))
            return false;
    return true;
}

static bool set_filter(struct capture *c, const struct capture_settings *s, struct err *e)
{
    struct buf text = {.most = FILTER_MAX};
    struct bpf_program program;
    bool ok = add_tcp(&text, s, e) && add_tftp(&text, c, e) &&
              add(&text, e, "udp portrange %u-%u", c->rtp_lo, c->rtp_hi) &&
              buf_add(&text, "", 1, e);

    if (ok && pcap_compile(c->pcap, &program, (char *)text.at, 1, PCAP_NETMASK_UNKNOWN) != 0)
        ok = err_set(e, ERR_SYSTEM, "the capture filter: %s", pcap_geterr(c->pcap));
    else if (ok) {
        if (pcap_setfilter(c->pcap, &program) != 0)
            ok = err_set(e, ERR_SYSTEM, "the capture filter: %s", pcap_geterr(c->pcap));
        pcap_freecode(&program);
    }
    buf_free(&text);
    return ok;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static bool is_media(const struct capture *c, const struct packet *p)
{
    return (p->src.port >= c->rtp_lo && p->src.port <= c->rtp_hi) ||
           (p->dst.port >= c->rtp_lo && p->dst.port <= c->rtp_hi);
}

static bool is_tftp_host(const struct capture *c, const struct net_addr *a)
{
    for (size_t i = 0; i < c->tftp_count; i++)
        if (net_ip_equal(&c->tftp[i], a))
            return true;
    return false;
}

static bool is_tftp_server(const struct capture *c, const struct net_addr *a)
{
    for (size_t i = 0; i < c->tftp_count; i++)
        if (net_addr_equal(&c->tftp[i], a))
            return true;
    return false;
}

static bool talks(const struct capture *c, const struct net_addr *client)
{
    size_t n = c->talk_count < TALKS ? c->talk_count : TALKS;

    for (size_t i = 0; i < n; i++)
        if (net_addr_equal(&c->talks[i], client))
            return true;
    return false;
}

static bool is_tftp(struct capture *c, const struct packet *p)
{
    if (is_tftp_server(c, &p->dst)) {
        if (!talks(c, &p->src))
            c->talks[c->talk_count++ % TALKS] = p->src;
        return true;
    }
    return (is_tftp_host(c, &p->src) && talks(c, &p->dst)) ||
           (is_tftp_host(c, &p->dst) && talks(c, &p->src));
}

static void on_packet(u_char *arg, const struct pcap_pkthdr *h, const u_char *bytes)
{
    struct capture *c = (struct capture *)(void *)arg;
    struct packet p;

    if (packet_decode(&p, c->link_type, bytes, h->caplen, h->len) == PACKET_UDP &&
        !is_media(c, &p) && !is_tftp(c, &p))
        return;
    pcap_dump((u_char *)c->file, h, bytes);
    atomic_fetch_add_explicit(&c->packets, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&c->bytes, h->caplen, memory_order_relaxed);
}

static void give_up(struct capture *c, int why)
{
    c->why = why;
    atomic_store(&c->failed, true);
    log_line(c->log, LOG_ERROR, LOG_MIU_GENERAL, NULL, "capture %s ends early: %s", c->path,
             strerror(why));
}

/* Moves what the kernel has. False when nothing came or the file cannot be written. */
static bool move(struct capture *c)
{
    int n = pcap_dispatch(c->pcap, -1, on_packet, (u_char *)c);

    if (n < 0) /* the interface went away */
        give_up(c, ENETDOWN);
    else if (n > 0 && ferror(pcap_dump_file(c->file)))
        give_up(c, errno ? errno : EIO);
    return n > 0 && !atomic_load(&c->failed);
}

static void *run(void *arg)
{
    struct capture *c = arg;
    struct pollfd wait = {.fd = c->fd, .events = POLLIN};

    while (!atomic_load(&c->stop) && !atomic_load(&c->failed)) {
        poll(&wait, 1, RETIRE_MS);
        while (move(c))
            ;
    }
    int64_t now = clock_now_ns(), most = now + SETTLE_MOST_MS * NS_PER_MS;
    for (int64_t quiet = now; !atomic_load(&c->failed) && now < most; now = clock_now_ns()) {
        poll(&wait, 1, RETIRE_MS);
        if (move(c))
            quiet = now;
        else if (now - quiet >= SETTLE_MS * NS_PER_MS)
            break;
    }
    return NULL;
}

/* ---- start and stop -------------------------------------------------------------------------- */

static const char *device_for(const struct capture_settings *s)
{
    static const uint8_t loopback6[16] = {[15] = 1};

    if (s->device)
        return s->device;
    for (size_t i = 0; i < s->tftp_count; i++) {
        const struct net_addr *a = &s->tftp[i];
        if (!(a->family == 4 && a->ip[0] == 127) &&
            !(a->family == 6 && memcmp(a->ip, loopback6, 16) == 0))
            return "any";
    }
    return s->tftp_count ? "lo" : "any";
}

static bool refused(const struct capture *c, const char *device, int status, struct err *e)
{
    char self[256] = "vmports";

    if (status != PCAP_ERROR_PERM_DENIED)
        return err_set(e, ERR_SYSTEM, "capture on %s: %s (%s)", device, pcap_statustostr(status),
                       pcap_geterr(c->pcap));
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n > 0)
        self[n] = 0;
    return err_set(
        e, ERR_SYSTEM,
        "capture on %s is not permitted: it needs CAP_NET_RAW; run it with sudo, or once "
        "`sudo setcap cap_net_raw+ep %s`",
        device, self);
}

static bool open_device(struct capture *c, const struct capture_settings *s, struct err *e)
{
    char why[PCAP_ERRBUF_SIZE];
    const char *device = device_for(s);
    size_t ring = s->ring_bytes ? s->ring_bytes : RING_BYTES;

    c->pcap = pcap_create(device, why);
    if (!c->pcap)
        return err_set(e, ERR_SYSTEM, "capture on %s: %s", device, why);
    pcap_set_snaplen(c->pcap, SNAPSHOT);
    pcap_set_promisc(c->pcap, 0);
    pcap_set_timeout(c->pcap, RETIRE_MS);
    pcap_set_buffer_size(c->pcap, (int)ring);
    int status = pcap_activate(c->pcap);
    if (status < 0)
        return refused(c, device, status, e);
    c->link_type = pcap_datalink(c->pcap);
    if (!packet_link_known(c->link_type))
        return err_set(e, ERR_SYSTEM, "capture on %s: link type %d is not known", device,
                       c->link_type);
    if (pcap_setnonblock(c->pcap, 1, why) != 0)
        return err_set(e, ERR_SYSTEM, "capture on %s: %s", device, why);
    c->fd = pcap_get_selectable_fd(c->pcap);
    return set_filter(c, s, e);
}

static bool open_file(struct capture *c, const struct capture_settings *s, struct err *e)
{
    c->path = strdup(s->file);
    if (!c->path)
        return err_set(e, ERR_MEMORY, "no memory for the capture");
    c->file = pcap_dump_open(c->pcap, s->file);
    if (!c->file)
        return err_set(e, ERR_FILE, "capture: %s", pcap_geterr(c->pcap));
    if (pcap_dump_flush(c->file) != 0) /* a full disk shows now, not at the end */
        return err_errno(e, ERR_FILE, "capture %s", s->file);
    return true;
}

static bool check(const struct capture_settings *s, struct err *e)
{
    if (s->tftp_count > CAPTURE_TFTP_MAX || s->tcp_count > CAPTURE_TCP_MAX)
        return err_set(e, ERR_LIMIT,
                       "capture: %zu TFTP servers and %zu TCP ports, at most %d and %d",
                       s->tftp_count, s->tcp_count, CAPTURE_TFTP_MAX, CAPTURE_TCP_MAX);
    if (s->ring_bytes > INT32_MAX || s->rtp_lo > s->rtp_hi)
        return err_set(e, ERR_USAGE, "capture: a ring of %zu bytes, media ports %u-%u",
                       s->ring_bytes, s->rtp_lo, s->rtp_hi);
    return true;
}

/* Signals belong to the program's own threads. */
bool capture_write(struct capture *c, struct err *e)
{
    sigset_t all, before;

    if (!c)
        return true;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&c->thread, NULL, run, c);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    c->writing = failed == 0;
    errno = failed;
    return failed ? err_errno(e, ERR_SYSTEM, "the capture thread") : true;
}

static void free_capture(struct capture *c)
{
    if (c->file)
        pcap_dump_close(c->file);
    if (c->pcap)
        pcap_close(c->pcap);
    free(c->path);
    free(c);
}

struct capture *capture_open(const struct capture_settings *s, struct err *e)
{
    if (!check(s, e))
        return NULL;
    struct capture *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(e, ERR_MEMORY, "no memory for the capture");
        return NULL;
    }
    c->rtp_lo = s->rtp_hi ? s->rtp_lo : 16384;
    c->rtp_hi = s->rtp_hi ? s->rtp_hi : 32767;
    c->log = s->log;
    for (; c->tftp_count < s->tftp_count; c->tftp_count++) {
        struct net_addr *a = &c->tftp[c->tftp_count];
        *a = s->tftp[c->tftp_count];
        a->port = a->port ? a->port : TFTP_PORT;
    }
    if (!open_device(c, s, e) || !open_file(c, s, e)) {
        free_capture(c);
        return NULL;
    }
    return c;
}

void capture_count(const struct capture *c, struct capture_counts *out)
{
    struct pcap_stat kernel = {0};

    *out = (struct capture_counts){.packets = atomic_load(&c->packets),
                                   .bytes = atomic_load(&c->bytes)};
    if (pcap_stats(c->pcap, &kernel) == 0)
        out->dropped = kernel.ps_drop;
}

bool capture_stop(struct capture *c, struct capture_counts *out, struct err *e)
{
    struct capture_counts counts = {0};
    bool ok = true;

    if (!c)
        return true;
    atomic_store(&c->stop, true);
    if (c->writing)
        pthread_join(c->thread, NULL);
    capture_count(c, &counts);
    if (out)
        *out = counts;
    if (!atomic_load(&c->failed) && pcap_dump_flush(c->file) != 0)
        give_up(c, errno);
    if (atomic_load(&c->failed)) {
        errno = c->why;
        ok = err_errno(e, ERR_FILE, "capture %s is not whole", c->path);
    } else if (counts.dropped) {
        log_line(c->log, LOG_WARN, LOG_MIU_GENERAL, NULL,
                 "capture %s lacks %llu packets that the kernel dropped", c->path,
                 (unsigned long long)counts.dropped);
    }
    free_capture(c);
    return ok;
}
