#include "base/log_writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE_MAX   16384 /* bytes of one write(2); the longest line is a quarter of it */
#define FULL_FOR_MOST (LOG_RING_BYTES - LOG_RING_BYTES / 4)
#define GOES_ON_BELOW                                                                              \
    (LOG_RING_BYTES / 2)  /* after a loss: one word for many lines, not for each                   \
                           */
#define PATIENCE_S      1 /* at the end, for a reader who takes nothing */
#define CRASH_WAITS_MS  500
#define ERASE_LINE      "\r\033[K"
#define BELOW_MAX       200
#define COLUMNS_UNKNOWN 80

struct log_writer {
    int fd;
    log_lost_fn *lost_words;
    const void *arg;

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t more, written;
    pthread_t thread;
    bool running, stop;
    char *ring;
    size_t head, used; /* the oldest byte; how many wait */
    uint64_t lost, lost_ever;
    char below[BELOW_MAX];
    bool redraw;

    bool on_screen;          /* the line below: whoever writes */
    atomic_size_t unwritten; /* of the ring, and of what the thread holds */
};

/* The log that a dying program empties. */
static _Atomic(struct log_writer *) last_words;
static _Thread_local bool is_writer;

/* ---- the descriptor -------------------------------------------------------------------------- */

/* Somebody may have made our terminal non-blocking: it is theirs too. */
static bool try_again(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    if (errno == EAGAIN)
        (void)poll(&p, 1, -1);
    return errno == EINTR || errno == EAGAIN;
}

static void write_all(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && try_again(fd))
            continue;
        if (n <= 0)
            return; /* nowhere left to complain to */
        bytes += n;
        len -= (size_t)n;
    }
}

static void draw_below(struct log_writer *w, const char *text)
{
    char out[BELOW_MAX + 16];
    struct winsize size = {.ws_col = COLUMNS_UNKNOWN};

    if (ioctl(w->fd, TIOCGWINSZ, &size) < 0 || size.ws_col < 2)
        size.ws_col = COLUMNS_UNKNOWN;
    int n = snprintf(out, sizeof out, ERASE_LINE "%.*s", size.ws_col - 1, text);
    write_all(w->fd, out, n < 0 ? 0 : strlen(out));
    w->on_screen = true;
}

/* Lines push the one below aside; it comes back under them. */
static void write_lines(struct log_writer *w, const char *lines, size_t len, const char *below)
{
    if (w->on_screen)
        write_all(w->fd, ERASE_LINE, strlen(ERASE_LINE));
    w->on_screen = false;
    write_all(w->fd, lines, len);
    if (*below)
        draw_below(w, below);
}

/* ---- the ring: under the lock ---------------------------------------------------------------- */

static void ring_put(struct log_writer *w, const char *line, size_t len)
{
    size_t at = (w->head + w->used) % LOG_RING_BYTES;
    size_t first = len < LOG_RING_BYTES - at ? len : LOG_RING_BYTES - at;

    memcpy(w->ring + at, line, first);
    memcpy(w->ring, line + first, len - first);
    w->used += len;
    atomic_fetch_add(&w->unwritten, len);
}

static size_t whole_lines(const char *text, size_t len)
{
    const char *end = memrchr(text, '\n', len);

    return end ? (size_t)(end - text) + 1 : len;
}

/* As many whole lines as fit. */
static size_t ring_take(struct log_writer *w, char out[AT_ONCE_MAX])
{
    size_t len = w->used < AT_ONCE_MAX ? w->used : AT_ONCE_MAX;
    size_t first = len < LOG_RING_BYTES - w->head ? len : LOG_RING_BYTES - w->head;

    memcpy(out, w->ring + w->head, first);
    memcpy(out + first, w->ring, len - first);
    len = whole_lines(out, len);
    w->head = (w->head + len) % LOG_RING_BYTES;
    w->used -= len;
    if (w->used == 0)
        w->head = 0; /* a reader who keeps up: the same few pages over and over */
    return len;
}

static void tell_lost(struct log_writer *w)
{
    char line[LOG_LOST_MAX];

    if (w->lost)
        ring_put(w, line, w->lost_words(w->arg, w->lost, line));
    w->lost = 0;
}

static bool has_room(const struct log_writer *w, size_t len, bool urgent)
{
    const size_t most = urgent ? LOG_RING_BYTES : w->lost ? GOES_ON_BELOW : FULL_FOR_MOST;

    return w->used + LOG_LOST_MAX + len <= most;
}

static void ring_put_or_lose(struct log_writer *w, const char *line, size_t len, bool urgent)
{
    if (!has_room(w, len, urgent)) {
        w->lost++;
        w->lost_ever++;
        return;
    }
    tell_lost(w);
    ring_put(w, line, len);
}

/* ---- the thread ------------------------------------------------------------------------------ */

static bool nothing_to_do(struct log_writer *w)
{
    if (w->used == 0)
        tell_lost(w); /* nobody else may come to say it */
    return w->used == 0 && !w->redraw;
}

static void write_some(struct log_writer *w)
{
    char lines[AT_ONCE_MAX], below[BELOW_MAX];
    size_t len = ring_take(w, lines);

    memcpy(below, w->below, sizeof below);
    w->redraw = false;
    pthread_mutex_unlock(&w->lock);
    write_lines(w, lines, len, below);
    atomic_fetch_sub(&w->unwritten, len);
    pthread_mutex_lock(&w->lock);
    pthread_cond_signal(&w->written);
}

static void *write_until_stopped(void *arg)
{
    struct log_writer *w = arg;

    is_writer = true;
    pthread_mutex_lock(&w->lock);
    while (!w->stop || !nothing_to_do(w)) {
        if (nothing_to_do(w))
            pthread_cond_wait(&w->more, &w->lock);
        else
            write_some(w);
    }
    w->running = false;
    pthread_cond_signal(&w->written);
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* ---- a program that dies --------------------------------------------------------------------- */

/* Async-signal-safe: the thread that writes goes on meanwhile, unless it is the one that died. */
static void on_crash(int number)
{
    struct log_writer *w = atomic_load(&last_words);

    for (int ms = 0; w && !is_writer && ms < CRASH_WAITS_MS && atomic_load(&w->unwritten); ms++)
        (void)poll(NULL, 0, 1);
    raise(number); /* the handler was for once: now as usual */
}

static void catch_crashes(struct log_writer *w)
{
    static const int deaths[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    const struct sigaction ours = {.sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND};

    atomic_store(&last_words, w);
    for (size_t i = 0; i < sizeof deaths / sizeof deaths[0]; i++) {
        struct sigaction was;
        if (sigaction(deaths[i], NULL, &was) == 0 && was.sa_handler == SIG_DFL)
            (void)sigaction(deaths[i], &ours, NULL); /* a sanitizer's own stay */
    }
}

/* ---- the owner ------------------------------------------------------------------------------- */

struct log_writer *log_writer_new(int fd, log_lost_fn *lost, const void *arg)
{
    struct log_writer *w = calloc(1, sizeof *w);
    pthread_condattr_t monotonic;

    if (!w)
        return NULL;
    w->fd = fd;
    w->lost_words = lost;
    w->arg = arg;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->more, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->written, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return w;
}

/* Signals are for the threads that handle them. */
static int start_thread(struct log_writer *w)
{
    sigset_t all, was;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &was);
    int failed = pthread_create(&w->thread, NULL, write_until_stopped, w);
    pthread_sigmask(SIG_SETMASK, &was, NULL);
    return failed;
}

bool log_writer_start(struct log_writer *w, struct err *e)
{
    w->ring = calloc(1, LOG_RING_BYTES);
    if (!w->ring)
        return err_set(e, ERR_MEMORY, "no memory for the log");
    pthread_mutex_lock(&w->lock);
    int failed = start_thread(w);
    w->running = !failed;
    pthread_mutex_unlock(&w->lock);
    if (failed)
        return err_set(e, ERR_SYSTEM, "no thread for the log: %s", strerror(failed));
    catch_crashes(w);
    return true;
}

/* False: for a while nobody took a byte. */
static bool wait_for_progress(struct log_writer *w)
{
    const size_t before = atomic_load(&w->unwritten);
    struct timespec until;
    int r = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += PATIENCE_S;
    while (w->running && atomic_load(&w->unwritten) == before && r != ETIMEDOUT)
        r = pthread_cond_timedwait(&w->written, &w->lock, &until);
    return r != ETIMEDOUT;
}

/* False: it hangs in a write that may never end. */
static bool stop_thread(struct log_writer *w)
{
    pthread_mutex_lock(&w->lock);
    const bool started = w->running;
    w->stop = true;
    pthread_cond_signal(&w->more);
    while (w->running && wait_for_progress(w))
        ;
    const bool ended = !w->running;
    pthread_mutex_unlock(&w->lock);
    if (started && ended)
        pthread_join(w->thread, NULL);
    else if (started)
        pthread_detach(w->thread);
    return ended;
}

bool log_writer_free(struct log_writer *w)
{
    struct log_writer *mine = w;

    if (!w)
        return true;
    atomic_compare_exchange_strong(&last_words, &mine, NULL);
    if (!stop_thread(w))
        return false; /* the program is about to end, and the thread with it */
    if (w->on_screen)
        write_all(w->fd, ERASE_LINE, strlen(ERASE_LINE));
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->more);
    pthread_cond_destroy(&w->written);
    free(w->ring);
    free(w);
    return true;
}

/* ---- anybody --------------------------------------------------------------------------------- */

void log_writer_put(struct log_writer *w, const char *line, size_t len, bool urgent)
{
    pthread_mutex_lock(&w->lock);
    if (w->running) {
        ring_put_or_lose(w, line, len, urgent);
        pthread_cond_signal(&w->more);
    } else {
        write_lines(w, line, len, w->below);
    }
    pthread_mutex_unlock(&w->lock);
}

void log_writer_below(struct log_writer *w, const char *text, bool now)
{
    pthread_mutex_lock(&w->lock);
    snprintf(w->below, sizeof w->below, "%s", text);
    if (now && w->running) {
        w->redraw = true;
        pthread_cond_signal(&w->more);
    } else if (now) {
        write_lines(w, "", 0, w->below);
    }
    pthread_mutex_unlock(&w->lock);
}

uint64_t log_writer_lost(struct log_writer *w)
{
    pthread_mutex_lock(&w->lock);
    uint64_t lost = w->lost_ever;
    pthread_mutex_unlock(&w->lock);
    return lost;
}
