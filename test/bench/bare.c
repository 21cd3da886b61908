#include "test/bench/bare.h"

#include <unistd.h>

int bare_socket(struct net_addr *local)
{
    struct net_addr any = {.family = 4, .ip = {127, 0, 0, 1}};
    struct sockaddr_storage sa;
    socklen_t len = sock_from_addr(&any, &sa);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&sa, len) != 0)
        bench_die("no socket: raise `ulimit -n`", NULL);
    len = sizeof sa;
    getsockname(fd, (struct sockaddr *)&sa, &len);
    *local = sock_to_addr((struct sockaddr *)&sa);
    return fd;
}

void bare_open_sinks(struct net_addr sinks[BARE_SINKS])
{
    int least = 1;

    for (int i = 0; i < BARE_SINKS; i++)
        setsockopt(bare_socket(&sinks[i]), SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
}

struct media_key bare_key(unsigned i)
{
    struct media_key k = {.algorithm = 1, .key_len = 16, .salt_len = 14};

    for (size_t b = 0; b < sizeof k.key; b++)
        k.key[b] = (uint8_t)(i >> b % 4 * 8 ^ b * 37);
    return k;
}

struct bare *bare_new(unsigned streams, const struct net_addr *to, size_t to_count)
{
    struct bare *all = calloc(streams, sizeof *all);
    struct err e = {0};

    if (!all)
        bench_die("no memory", NULL);
    for (unsigned i = 0; i < streams; i++) {
        struct media_key k = bare_key(i);
        struct net_addr local;
        all[i].srtp = media_srtp_sender(&k, i, &e);
        if (!all[i].srtp)
            bench_die("SRTP", &e);
        all[i].fd = bare_socket(&local);
        all[i].to_len = sock_from_addr(&to[i % to_count], &all[i].to);
    }
    return all;
}

void bare_free(struct bare *all, unsigned streams)
{
    for (unsigned i = 0; i < streams; i++) {
        media_srtp_free(all[i].srtp);
        close(all[i].fd);
    }
    free(all);
}

void bare_packet(struct bare *b, uint32_t ssrc)
{
    _Alignas(16) uint8_t packet[RTP_HEADER_LEN + BARE_PAYLOAD + MEDIA_SRTP_TRAILER_MAX] = {0};
    struct rtp_header h = {
        .ssrc = ssrc, .sequence = b->sequence, .timestamp = (uint32_t)b->sequence * BARE_PAYLOAD};
    size_t len = RTP_HEADER_LEN + BARE_PAYLOAD;

    b->sequence++;
    rtp_write(packet, &h);
    if (!media_srtp_protect(b->srtp, packet, &len))
        bench_die("protect failed", NULL);
    (void)!sendto(b->fd, packet, len, MSG_DONTWAIT, (struct sockaddr *)&b->to, b->to_len);
}

double bare_send_rate(unsigned streams, const struct net_addr *sinks, int64_t run_ns)
{
    struct bare *all = bare_new(streams, sinks, BARE_SINKS);
    int64_t from = bench_cpu_ns(CLOCK_PROCESS_CPUTIME_ID), used;
    uint64_t packets = 0;

    do {
        for (unsigned i = 0; i < streams; i++)
            bare_packet(&all[i], i);
        packets += streams;
        used = bench_cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - from;
    } while (used < run_ns);
    bare_free(all, streams);
    return (double)packets * 1e9 / (double)used;
}

double bare_paced_rate(unsigned streams, const struct net_addr *sinks, unsigned seconds)
{
    enum { SLOTS = 20 };
    struct bare *all = bare_new(streams, sinks, BARE_SINKS);
    int64_t due = clock_now_ns(), from = bench_cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t packets = 0;

    for (unsigned slot = 0; slot < seconds * 1000; slot++) {
        unsigned at = slot % SLOTS, first = (unsigned)((uint64_t)streams * at / SLOTS),
                 end = (unsigned)((uint64_t)streams * (at + 1) / SLOTS);
        clock_sleep_until_ns(due += NS_PER_MS);
        for (unsigned i = first; i < end; i++)
            bare_packet(&all[i], i);
        packets += end - first;
    }
    int64_t used = bench_cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - from;
    bare_free(all, streams);
    return (double)packets * 1e9 / (double)used;
}

/* ---- receiving ------------------------------------------------------------------------------- */

struct ear {
    struct media_srtp *srtp;
    int fd;
};

static void hear_one(const struct ear *ear)
{
    _Alignas(16) uint8_t packet[2048];
    ssize_t n = recv(ear->fd, packet, sizeof packet, MSG_DONTWAIT);
    size_t len = n > 0 ? (size_t)n : 0;

    if (n <= 0 || media_srtp_unprotect(ear->srtp, packet, &len) != MEDIA_SRTP_OK)
        bench_die("the bare loop lost a packet", NULL);
}

/* Only the hearing is timed; the packet for each socket is put there before. */
double bare_receive_rate(unsigned streams, int64_t run_ns)
{
    struct net_addr *at = calloc(streams, sizeof *at);
    struct ear *ears = calloc(streams, sizeof *ears);
    int64_t used = 0, packets = 0;
    struct err e = {0};

    if (!at || !ears)
        bench_die("no memory", NULL);
    for (unsigned i = 0; i < streams; i++) {
        struct media_key k = bare_key(i);
        ears[i].fd = bare_socket(&at[i]);
        ears[i].srtp = media_srtp_receiver(&k, &e);
        if (!ears[i].srtp)
            bench_die("SRTP", &e);
    }
    struct bare *mouths = bare_new(streams, at, streams);
    for (; used < run_ns; packets += streams) {
        for (unsigned i = 0; i < streams; i++)
            bare_packet(&mouths[i], i);
        int64_t from = bench_cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
        for (unsigned i = 0; i < streams; i++)
            hear_one(&ears[i]);
        used += bench_cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - from;
    }
    bare_free(mouths, streams);
    for (unsigned i = 0; i < streams; i++) {
        media_srtp_free(ears[i].srtp);
        close(ears[i].fd);
    }
    free(ears);
    free(at);
    return (double)packets * 1e9 / (double)used;
}
