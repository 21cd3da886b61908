/* SRTP playback against the machine's own limit, in one run:
 *     media_bench [SECONDS [STREAMS...]]
 * The ceiling is a bare loop over as many SRTP contexts and sockets: protect, then sendto, flat
 * out. The engine paces the same packets. Both are divided by the processor time (user + system) of
 * this process; the far end is another one. */
#include "base/clock.h"
#include "base/sock.h"
#include "media/engine.h"
#include "media/rtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define SINKS   64
#define PAYLOAD 160

static struct net_addr sinks[SINKS];

static void die(const char *what, const struct err *e)
{
    fprintf(stderr, "media_bench: %s %s\n", what, e ? e->text : "");
    exit(1);
}

static int64_t cpu_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static int udp_socket(struct net_addr *local)
{
    struct net_addr any = {.family = 4, .ip = {127, 0, 0, 1}};
    struct sockaddr_storage sa;
    socklen_t len = sock_from_addr(&any, &sa);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&sa, len) != 0)
        die("no socket: raise `ulimit -n`", NULL);
    len = sizeof sa;
    getsockname(fd, (struct sockaddr *)&sa, &len);
    *local = sock_to_addr((struct sockaddr *)&sa);
    return fd;
}

/* The far end: sockets that nobody reads. Their buffers are full at once, and from then on the
 * kernel drops what comes: delivery costs nothing beyond the sending. */
static void open_sinks(void)
{
    int least = 1;

    for (int i = 0; i < SINKS; i++)
        setsockopt(udp_socket(&sinks[i]), SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
}

static struct media_key key_of(unsigned i)
{
    struct media_key k = {.algorithm = 1, .key_len = 16, .salt_len = 14};

    for (size_t b = 0; b < sizeof k.key; b++)
        k.key[b] = (uint8_t)(i >> b % 4 * 8 ^ b * 37);
    return k;
}

struct bare {
    struct media_srtp *srtp;
    struct sockaddr_storage to;
    socklen_t to_len;
    int fd;
    uint16_t sequence;
};

static void bare_packet(struct bare *b, uint32_t ssrc)
{
    static _Alignas(16) uint8_t packet[RTP_HEADER_LEN + PAYLOAD + MEDIA_SRTP_TRAILER_MAX];
    struct rtp_header h = {.ssrc = ssrc, .sequence = b->sequence++};
    size_t len = RTP_HEADER_LEN + PAYLOAD;

    rtp_write(packet, &h);
    if (!media_srtp_protect(b->srtp, packet, &len))
        die("protect failed", NULL);
    (void)!sendto(b->fd, packet, len, MSG_DONTWAIT, (struct sockaddr *)&b->to, b->to_len);
}

static double ceiling(unsigned streams, int64_t run_ns)
{
    struct bare *all = calloc(streams, sizeof *all);
    struct err e = {0};
    uint64_t packets = 0;

    for (unsigned i = 0; i < streams; i++) {
        struct media_key k = key_of(i);
        struct net_addr local;
        all[i].srtp = media_srtp_sender(&k, i, &e);
        if (!all[i].srtp)
            die("", &e);
        all[i].fd = udp_socket(&local);
        all[i].to_len = sock_from_addr(&sinks[i % SINKS], &all[i].to);
    }
    int64_t from = cpu_ns(), used;
    do {
        for (unsigned i = 0; i < streams; i++)
            bare_packet(&all[i], i);
        packets += streams;
        used = cpu_ns() - from;
    } while (used < run_ns);
    for (unsigned i = 0; i < streams; i++) {
        media_srtp_free(all[i].srtp);
        close(all[i].fd);
    }
    free(all);
    return (double)packets * 1e9 / (double)used;
}

static void start_calls(struct media_engine *m, unsigned streams, const struct sound *sound)
{
    struct err e = {0};

    for (unsigned i = 0; i < streams; i++) {
        struct media_open o = {.bind = {.family = 4, .ip = {127, 0, 0, 1}}};
        struct media_play p = {.format = {.packet_ms = 20, .key = key_of(i)},
                               .to = sinks[i % SINKS],
                               .sound = sound,
                               .after = MEDIA_LOOP};
        struct media_handle h;
        struct net_addr local;
        if (!media_open(m, &o, &h, &local, &e) || !media_send(m, h, &p, &e))
            die("", &e);
    }
}

static uint64_t sent_so_far(struct media_engine *m)
{
    uint64_t streams, sent, received;

    media_totals(m, &streams, &sent, &received);
    return sent;
}

/* In microseconds. */
static double late_at(const struct media_lateness *l, const struct media_lateness *before,
                      double share)
{
    uint64_t all = 0, sum = 0;

    for (size_t i = 0; i <= MEDIA_LATE_STEPS; i++)
        all += l->packets[i] - before->packets[i];
    for (size_t i = 0; i <= MEDIA_LATE_STEPS; i++) {
        sum += l->packets[i] - before->packets[i];
        if ((double)sum >= share * (double)all)
            return (double)(i + 1) * MEDIA_LATE_STEP_NS / 1000;
    }
    return 0;
}

static void run(unsigned streams, int64_t seconds, const struct sound *sound)
{
    struct media_settings s = {.port_lo = 1024, .port_hi = 65534};
    struct media_lateness before, after;
    struct err e = {0};
    double top = ceiling(streams, 2 * NS_PER_S);

    struct media_engine *m = media_engine_new(&s, &e);
    if (!m)
        die("", &e);
    start_calls(m, streams, sound);
    clock_sleep_until_ns(clock_now_ns() + NS_PER_S); /* the start is not measured */
    media_lateness(m, &before);
    uint64_t packets = sent_so_far(m);
    int64_t cpu = cpu_ns(), wall = clock_now_ns();
    clock_sleep_until_ns(wall + seconds * NS_PER_S);
    packets = sent_so_far(m) - packets;
    cpu = cpu_ns() - cpu;
    wall = clock_now_ns() - wall;
    media_lateness(m, &after);
    double rate = (double)packets * 1e9 / (double)cpu;
    printf("%8u %10.0f %6.1f%% %10.0f %10.0f %6.2f %8.0f %8.0f %8.0f %9.0f\n", streams,
           (double)packets * 1e9 / (double)wall, 100.0 * (double)cpu / (double)wall, rate, top,
           rate / top, late_at(&after, &before, 0.5), late_at(&after, &before, 0.99),
           late_at(&after, &before, 0.999), (double)after.most_ns / 1000);
    fflush(stdout);
    media_engine_free(m);
}

int main(int argc, char **argv)
{
    static const unsigned usual[] = {250, 1000, 2500, 5000, 8000};
    struct rlimit files;
    struct err e = {0};

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    open_sinks();
    struct sound *sound = sound_tone(440, 10000, &e);
    int64_t seconds = argc > 1 ? atoi(argv[1]) : 5;
    printf("%8s %10s %7s %10s %10s %6s %8s %8s %8s %9s\n", "streams", "packets/s", "cpu",
           "pk/cpu-s", "ceiling", "ratio", "p50 us", "p99 us", "p99.9 us", "worst us");
    for (int i = 2; i < argc; i++)
        run((unsigned)atoi(argv[i]), seconds, sound);
    for (size_t i = 0; argc <= 2 && i < sizeof usual / sizeof usual[0]; i++)
        run(usual[i], seconds, sound);
    sound_free(sound);
    return 0;
}
