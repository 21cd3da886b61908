/* The media engine against the bare loops, in one process, so that both have the same machine:
 *     media_bench play SECONDS STREAMS [THREADS]     each stream plays, with its own key and socket
 *     media_bench churn SECONDS STREAMS PER-SECOND   the same while streams come and go
 *     media_bench both SECONDS STREAMS               each stream plays and hears; the far end is a
 *                                                    process of its own
 * Processor time is user + system of this process. Prints one JSON object; exit 1 when the counts
 * do not add up. */
#include "test/bench/bare.h"

#include "media/engine.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct bench {
    struct media_engine *engine;
    struct queue *events;
    struct sound *sound;
    struct net_addr *sinks;
    struct media_handle *handles;
    struct net_addr *locals;
    unsigned streams;
    uint64_t closed;
};

struct measure {
    struct media_lateness late;
    uint64_t sent, received;
    int64_t cpu_ns, wall_ns;
};

static void no_wake(void *arg)
{
    (void)arg;
}

static void open_bench(struct bench *b, unsigned streams, unsigned threads)
{
    struct media_settings s = {.port_lo = 1024, .port_hi = 65534, .threads = threads};
    struct err e = {0};

    b->streams = streams;
    b->sinks = calloc(BARE_SINKS, sizeof *b->sinks);
    b->handles = calloc(streams, sizeof *b->handles);
    b->locals = calloc(streams, sizeof *b->locals);
    b->events = queue_new(sizeof(struct media_event), 64, 1u << 20, no_wake, NULL, &e);
    b->sound = sound_tone(440, 10000, &e);
    b->engine = media_engine_new(&s, &e);
    if (!b->sinks || !b->handles || !b->locals || !b->events || !b->sound || !b->engine)
        bench_die("media_bench", &e);
    bare_open_sinks(b->sinks);
}

static void start_stream(struct bench *b, unsigned i)
{
    struct media_open o = {.bind = {.family = 4, .ip = {127, 0, 0, 1}}, .events = b->events};
    struct media_play p = {.format = {.packet_ms = 20, .key = bare_key(i)},
                           .to = b->sinks[i % BARE_SINKS],
                           .sound = b->sound,
                           .after = MEDIA_LOOP};
    struct err e = {0};

    if (!media_open(b->engine, &o, &b->handles[i], &b->locals[i], &e) ||
        !media_send(b->engine, b->handles[i], &p, &e))
        bench_die("a stream", &e);
}

static void listen_stream(struct bench *b, unsigned i)
{
    struct media_format f = {.packet_ms = 20, .key = bare_key(i)};
    struct err e = {0};

    if (!media_listen(b->engine, b->handles[i], &f, &(struct net_addr){0}, &e))
        bench_die("a stream", &e);
}

static void close_stream(struct bench *b, unsigned i)
{
    if (!media_close(b->engine, b->handles[i]))
        bench_die("a stream does not close", NULL);
    b->closed++;
}

/* Not all at once: nobody's calls begin in the same millisecond. */
static void start_all(struct bench *b)
{
    for (unsigned i = 0; i < b->streams; i++) {
        start_stream(b, i);
        if (i % 64 == 63)
            clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
    }
}

static void look(const struct bench *b, struct measure *m)
{
    uint64_t streams;

    media_lateness(b->engine, &m->late);
    media_totals(b->engine, &streams, &m->sent, &m->received);
    m->cpu_ns = bench_cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
    m->wall_ns = clock_now_ns();
}

static void subtract(struct measure *m, const struct measure *before)
{
    for (size_t i = 0; i <= MEDIA_LATE_STEPS; i++)
        m->late.packets[i] -= before->late.packets[i];
    m->sent -= before->sent;
    m->received -= before->received;
    m->cpu_ns -= before->cpu_ns;
    m->wall_ns -= before->wall_ns;
}

/* In microseconds; the lateness is known to 10 of them, and no better than "later" above 10 ms. */
static double late_us(const struct media_lateness *l, double share)
{
    uint64_t all = 0, sum = 0;

    for (size_t i = 0; i <= MEDIA_LATE_STEPS; i++)
        all += l->packets[i];
    for (size_t i = 0; i <= MEDIA_LATE_STEPS; i++) {
        sum += l->packets[i];
        if (sum > 0 && (double)sum >= share * (double)all)
            return (double)(i + 1) * MEDIA_LATE_STEP_NS / 1000;
    }
    return 0;
}

static double per_cpu_s(uint64_t packets, const struct measure *m)
{
    return (double)packets * 1e9 / (double)m->cpu_ns;
}

static void print_measure(const struct bench *b, const struct measure *m)
{
    printf("\"streams\": %u, \"sent\": %llu, \"packets_per_cpu_s\": %.0f, \"cpu_share\": %.4f, "
           "\"p50_us\": %.0f, \"p99_us\": %.0f, \"p999_us\": %.0f, \"worst_us\": %.0f",
           b->streams, (unsigned long long)m->sent, per_cpu_s(m->sent + m->received, m),
           (double)m->cpu_ns / (double)m->wall_ns, late_us(&m->late, 0.5), late_us(&m->late, 0.99),
           late_us(&m->late, 0.999), (double)m->late.most_ns / 1000);
}

/* ---- the end: every stream reports, and the reports add up -------------------------------- */

static void add_counts(struct media_counts *sum, const struct media_counts *c)
{
    sum->sent += c->sent;
    sum->received += c->received;
    sum->lost += c->lost;
    sum->skipped += c->skipped;
    sum->send_errors += c->send_errors;
    sum->auth_failures += c->auth_failures + c->replays + c->malformed + c->plain;
}

static struct media_counts close_all(struct bench *b)
{
    int64_t patience = clock_now_ns() + 10 * NS_PER_S;
    struct media_counts sum = {0};
    struct media_event ev;

    for (unsigned i = 0; i < b->streams; i++)
        close_stream(b, i);
    for (uint64_t reports = 0; reports < b->closed && clock_now_ns() < patience;) {
        if (!queue_take(b->events, &ev)) {
            clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
        } else if (ev.kind == MEDIA_REPORT) {
            add_counts(&sum, &ev.counts);
            reports++;
        }
    }
    return sum;
}

static int end(struct bench *b, const struct media_counts *sum)
{
    uint64_t streams, sent, received;

    media_totals(b->engine, &streams, &sent, &received);
    bool adds_up = streams == 0 && sent == sum->sent && sent > 0 && sum->auth_failures == 0;
    printf(", \"skipped\": %llu, \"send_errors\": %llu, \"adds_up\": %s}\n",
           (unsigned long long)sum->skipped, (unsigned long long)sum->send_errors,
           adds_up ? "true" : "false");
    media_engine_free(b->engine);
    queue_free(b->events);
    sound_free(b->sound);
    free(b->sinks);
    free(b->handles);
    free(b->locals);
    return adds_up ? 0 : 1;
}

/* ---- what is measured ------------------------------------------------------------------------ */

/* For so long, and what `each` does every 20 ms meanwhile. */
static struct measure measure(struct bench *b, unsigned seconds,
                              void (*each)(struct bench *b, unsigned arg), unsigned arg)
{
    struct measure before, after;
    int64_t start, beat;

    clock_sleep_until_ns(clock_now_ns() + NS_PER_S); /* the start is not measured */
    look(b, &before);
    start = beat = clock_now_ns();
    while (clock_now_ns() < start + seconds * NS_PER_S) {
        clock_sleep_until_ns(beat += 20 * NS_PER_MS);
        if (each)
            each(b, arg);
    }
    look(b, &after);
    subtract(&after, &before);
    return after;
}

static int play(unsigned seconds, unsigned streams, unsigned threads)
{
    struct bench b = {0};

    open_bench(&b, streams, threads);
    double top = bare_send_rate(streams, b.sinks, NS_PER_S);
    double paced = bare_paced_rate(streams, b.sinks, 1);
    start_all(&b);
    struct measure m = measure(&b, seconds, NULL, 0);
    struct media_counts sum = close_all(&b);
    printf("{\"what\": \"play\", \"threads\": %u, \"ceiling_per_cpu_s\": %.0f, "
           "\"paced_per_cpu_s\": %.0f, \"ratio\": %.3f, \"ratio_paced\": %.3f, ",
           threads, top, paced, per_cpu_s(m.sent, &m) / top, per_cpu_s(m.sent, &m) / paced);
    print_measure(&b, &m);
    return end(&b, &sum);
}

/* Streams in turn end and begin anew, `a_second` of them. */
static void come_and_go(struct bench *b, unsigned a_second)
{
    for (unsigned i = 0; i < (a_second + 49) / 50; i++) {
        unsigned at = (unsigned)(b->closed % b->streams);
        close_stream(b, at);
        start_stream(b, at);
    }
}

static int churn(unsigned seconds, unsigned streams, unsigned a_second)
{
    struct bench b = {0};

    open_bench(&b, streams, 1);
    start_all(&b);
    struct measure m = measure(&b, seconds, come_and_go, a_second);
    uint64_t gone = b.closed;
    struct media_counts sum = close_all(&b);
    printf("{\"what\": \"churn\", \"came_and_went\": %llu, ", (unsigned long long)gone);
    print_measure(&b, &m);
    return end(&b, &sum);
}

/* ---- both ways at once ----------------------------------------------------------------------- */

/* The far end, a process of its own: a packet every 20 ms for each stream, until it is ended. */
static pid_t start_far_end(const struct bench *b)
{
    pid_t pid = fork();

    if (pid < 0)
        bench_die("no process for the far end", NULL);
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct bare *mouths = bare_new(b->streams, b->locals, b->streams);
    int64_t start = clock_now_ns();
    for (int64_t beat = 0;; beat++)
        for (unsigned i = 0; i < b->streams; i++) {
            if (i % 64 == 0)
                clock_sleep_until_ns(start + beat * 20 * NS_PER_MS +
                                     (int64_t)i * 20 * NS_PER_MS / b->streams);
            bare_packet(&mouths[i], i);
        }
}

static int both(unsigned seconds, unsigned streams)
{
    struct bench b = {0};

    open_bench(&b, streams, 1);
    double send_top = bare_send_rate(streams, b.sinks, NS_PER_S);
    double hear_top = bare_receive_rate(streams, NS_PER_S);
    start_all(&b);
    for (unsigned i = 0; i < streams; i++)
        listen_stream(&b, i);
    pid_t far = start_far_end(&b);
    struct measure m = measure(&b, seconds, NULL, 0);
    kill(far, SIGKILL);
    waitpid(far, NULL, 0);
    clock_sleep_until_ns(clock_now_ns() + NS_PER_S / 10); /* what is still on the way */
    struct media_counts sum = close_all(&b);
    /* What the bare loops would have needed for the same packets. */
    double bare_s = (double)m.sent / send_top + (double)m.received / hear_top;
    printf("{\"what\": \"both\", \"received\": %llu, \"lost\": %llu, \"send_ceiling\": %.0f, "
           "\"receive_ceiling\": %.0f, \"ratio\": %.3f, ",
           (unsigned long long)m.received, (unsigned long long)sum.lost, send_top, hear_top,
           bare_s * 1e9 / (double)m.cpu_ns);
    print_measure(&b, &m);
    return end(&b, &sum) || m.received == 0;
}

int main(int argc, char **argv)
{
    unsigned seconds = argc > 3 ? bench_number(argv[2], 3600) : 0;
    unsigned streams = argc > 3 ? bench_number(argv[3], 20000) : 0;
    unsigned last = argc > 4 ? bench_number(argv[4], 10000) : 1;

    bench_raise_descriptors();
    if (argc >= 4 && strcmp(argv[1], "play") == 0)
        return play(seconds, streams, last);
    if (argc == 5 && strcmp(argv[1], "churn") == 0)
        return churn(seconds, streams, last);
    if (argc == 4 && strcmp(argv[1], "both") == 0)
        return both(seconds, streams);
    fputs("usage: media_bench play SECONDS STREAMS [THREADS]\n"
          "       media_bench churn SECONDS STREAMS PER-SECOND\n"
          "       media_bench both SECONDS STREAMS\n",
          stderr);
    return 2;
}
