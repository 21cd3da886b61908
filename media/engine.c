#include "media/engine.h"

#include "base/clock.h"
#include "media/digits.h"
#include "media/port_range.h"
#include "media/srtp.h"
#include "media/thread.h"
#include "media/udp.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT_LO      16384
#define PORT_HI      32767
#define TOS_EF       0xb8 /* DSCP 46, unity-connection.md 3.2 */
#define THREADS_MOST 256
#define NO_SEAT      UINT32_MAX

/* What the callers' side knows of a stream; the rest is its thread's. */
struct seat {
    uint32_t generation; /* 0: free, or closing */
    uint32_t next_free;
    uint32_t ssrc;
    struct net_addr local;
};

struct media_engine {
    struct media_settings settings;
    unsigned threads;
    struct media_thread **thread;
    pthread_mutex_t
        lock; /* guards what follows; held for a few instructions, at call set-up only */
    struct port_range *ports;
    struct seat *seats;
    uint32_t seats_cap, first_free, generation;
};

static struct media_thread *thread_of(struct media_engine *m, struct media_handle h)
{
    return m->thread[h.slot % m->threads];
}

/* Seats */

static bool grow_seats(struct media_engine *m)
{
    uint32_t cap = m->seats_cap ? m->seats_cap * 2 : 64;
    struct seat *seats = cap > m->seats_cap ? realloc(m->seats, cap * sizeof *seats) : NULL;

    if (!seats)
        return false;
    for (uint32_t i = cap; i-- > m->seats_cap;) { /* the lowest is taken first */
        seats[i] = (struct seat){.next_free = m->first_free};
        m->first_free = i;
    }
    m->seats = seats;
    m->seats_cap = cap;
    return true;
}

static bool take_seat(struct media_engine *m, uint32_t ssrc, const struct net_addr *local,
                      struct media_handle *out)
{
    pthread_mutex_lock(&m->lock);
    bool ok = m->first_free != NO_SEAT || grow_seats(m);
    if (ok) {
        struct seat *s = &m->seats[m->first_free];
        out->slot = m->first_free;
        m->first_free = s->next_free;
        m->generation += m->generation == UINT32_MAX ? 2 : 1; /* never 0 */
        out->generation = m->generation;
        *s = (struct seat){.generation = m->generation, .ssrc = ssrc, .local = *local};
    }
    pthread_mutex_unlock(&m->lock);
    return ok;
}

static void give_port(struct media_engine *m, uint16_t port)
{
    pthread_mutex_lock(&m->lock);
    if (port)
        port_range_give(m->ports, port);
    pthread_mutex_unlock(&m->lock);
}

/* Called by the media thread when a line is gone. */
static void on_closed(void *arg, struct media_handle h, uint16_t range_port)
{
    struct media_engine *m = arg;

    pthread_mutex_lock(&m->lock);
    m->seats[h.slot] = (struct seat){.next_free = m->first_free};
    m->first_free = h.slot;
    if (range_port)
        port_range_give(m->ports, range_port);
    pthread_mutex_unlock(&m->lock);
}

/* False: a stale handle. */
static bool find_seat(struct media_engine *m, struct media_handle h, struct seat *out)
{
    pthread_mutex_lock(&m->lock);
    bool ok =
        h.generation != 0 && h.slot < m->seats_cap && m->seats[h.slot].generation == h.generation;
    if (ok)
        *out = m->seats[h.slot];
    pthread_mutex_unlock(&m->lock);
    return ok;
}

static bool set_generation(struct media_engine *m, struct media_handle h, uint32_t from,
                           uint32_t to)
{
    pthread_mutex_lock(&m->lock);
    bool ok = h.generation != 0 && h.slot < m->seats_cap && m->seats[h.slot].generation == from;
    if (ok)
        m->seats[h.slot].generation = to;
    pthread_mutex_unlock(&m->lock);
    return ok;
}

/* Opening */

static uint16_t take_port(struct media_engine *m)
{
    pthread_mutex_lock(&m->lock);
    uint16_t port = port_range_take(m->ports);
    pthread_mutex_unlock(&m->lock);
    return port;
}

static size_t ports_left(struct media_engine *m)
{
    pthread_mutex_lock(&m->lock);
    size_t n = port_range_left(m->ports);
    pthread_mutex_unlock(&m->lock);
    return n;
}

/* Ports that another program holds go to the end of the row: they are met once, not at each call.
 */
static bool bind_from_range(struct media_engine *m, struct net_addr at, struct line *l,
                            struct err *e)
{
    for (size_t tries = ports_left(m); tries > 0; tries--) {
        at.port = take_port(m);
        if (at.port == 0)
            break;
        enum udp_result r = udp_open(&at, m->settings.tos, &l->fd, &l->local, e);
        if (r == UDP_OK) {
            l->range_port = at.port;
            return true;
        }
        l->fd = -1;
        give_port(m, at.port);
        if (r == UDP_FAILED)
            return false;
    }
    return err_set(e, ERR_LIMIT, "all media ports of %u-%u are taken", m->settings.port_lo,
                   m->settings.port_hi);
}

static bool bind_line(struct media_engine *m, const struct net_addr *bind, struct line *l,
                      struct err *e)
{
    struct net_addr at = *bind;

    if (at.family == 0)
        at.family = 4;
    if (at.port == 0)
        return bind_from_range(m, at, l, e);
    if (udp_open(&at, m->settings.tos, &l->fd, &l->local, e) == UDP_OK)
        return true;
    l->fd = -1;
    return false;
}

/* RFC 3550 section 5.1 wants them random. The sequence begins in the lower half, so that losing the
 * first packets cannot hide a roll-over from an SRTP receiver (RFC 3711 section 3.3.1). */
static bool new_stream(struct line *l, const struct media_open *o, uint32_t *ssrc, struct err *e)
{
    struct stream_start start = {
        .now_ns = clock_now_ns(), .record_ms = o->record_ms, .hear_tones = o->hear_tones};

    if (RAND_bytes((uint8_t *)&start.ssrc, sizeof start.ssrc) != 1 ||
        RAND_bytes((uint8_t *)&start.timestamp, sizeof start.timestamp) != 1 ||
        RAND_bytes((uint8_t *)&start.sequence, sizeof start.sequence) != 1)
        return err_set(e, ERR_CRYPTO, "no random numbers");
    start.sequence &= 0x7fff;
    *ssrc = start.ssrc;
    l->stream = stream_new(&start, e);
    return l->stream != NULL;
}

/* A call without reports is a call all the same. */
static void open_rtcp(struct media_engine *m, struct line *l)
{
    struct err e = {0};

    l->rtcp = line_rtcp_new(&l->local, m->settings.tos, &e);
    if (!l->rtcp)
        log_err(m->settings.log, LOG_WARN, LOG_MIU_IO, l->who, &e);
}

static struct line *new_line(struct media_engine *m, const struct media_open *o, uint32_t *ssrc,
                             struct err *e)
{
    struct line *l = calloc(1, sizeof *l);

    if (!l) {
        err_set(e, ERR_MEMORY, "no memory for a media stream");
        return NULL;
    }
    l->fd = -1;
    l->tos = m->settings.tos;
    l->tag = o->tag;
    l->events = o->events;
    snprintf(l->who, sizeof l->who, "%s", o->who ? o->who : "");
    if (bind_line(m, &o->bind, l, e) && new_stream(l, o, ssrc, e)) {
        if (o->rtcp)
            open_rtcp(m, l);
        return l;
    }
    give_port(m, l->range_port);
    line_free(l);
    return NULL;
}

bool media_open(struct media_engine *m, const struct media_open *o, struct media_handle *out,
                struct net_addr *local, struct err *e)
{
    uint32_t ssrc = 0;
    struct line *l = new_line(m, o, &ssrc, e);

    if (!l)
        return false;
    if (!take_seat(m, ssrc, &l->local, &l->handle)) {
        give_port(m, l->range_port);
        line_free(l);
        return err_set(e, ERR_MEMORY, "no memory for a media stream");
    }
    struct order order = {.kind = ORDER_OPEN, .handle = l->handle, .line = l};
    uint16_t range_port = l->range_port;
    *out = l->handle;
    *local = l->local;
    if (media_thread_order(thread_of(m, *out), &order, e))
        return true;
    on_closed(m, *out, range_port);
    return false;
}

/* Orders about a stream */

static bool give_order(struct media_engine *m, struct order *o, struct err *e)
{
    return media_thread_order(thread_of(m, o->handle), o, e);
}

static struct media_srtp *receiver_of(const struct media_key *k, struct err *e, bool *ok)
{
    struct media_srtp *s = k->algorithm ? media_srtp_receiver(k, e) : NULL;

    *ok = s || k->algorithm == 0;
    return s;
}

bool media_listen(struct media_engine *m, struct media_handle h, const struct media_format *f,
                  const struct net_addr *from, struct err *e)
{
    struct seat seat;
    bool ok;

    if (!media_format_check(f, e))
        return false;
    if (!find_seat(m, h, &seat))
        return true;
    struct order_listen *l = calloc(1, sizeof *l);
    if (!l)
        return err_set(e, ERR_MEMORY, "no memory for a media order");
    struct order o = {.kind = ORDER_LISTEN, .handle = h, .listen = l};
    l->format = *f;
    l->from = from ? *from : (struct net_addr){0};
    l->srtp = receiver_of(&f->key, e, &ok);
    if (ok)
        return give_order(m, &o, e);
    order_free(&o);
    return false;
}

static bool check_digits(const struct media_play *p, struct err *e)
{
    if (!p->digits || !*p->digits)
        return true;
    if (p->format.dtmf_payload == 0)
        return err_set(e, ERR_USAGE,
                       "digits cannot be sent without a telephone-event payload type");
    if (strlen(p->digits) > DIGITS_MAX)
        return err_set(e, ERR_LIMIT, "%zu digits; at most %d are taken", strlen(p->digits),
                       DIGITS_MAX);
    for (const char *c = p->digits; *c; c++)
        if (!digit_is(*c))
            return err_set(e, ERR_USAGE, "digit %td is none of 0-9 * # A-D", c - p->digits + 1);
    return true;
}

static bool check_target(const struct net_addr *to, const struct net_addr *local, struct err *e)
{
    char text[NET_ADDR_TEXT];

    if (to->family == local->family && to->port != 0 && !net_ip_is_any(to))
        return true;
    return err_set(e, ERR_FORMAT, "media cannot be sent from IPv%u to %s", local->family,
                   net_addr_text(to, text));
}

static bool check_play(const struct media_play *p, const struct net_addr *local, struct err *e)
{
    return media_format_check(&p->format, e) && check_digits(p, e) &&
           check_target(&p->to, local, e);
}

bool media_send(struct media_engine *m, struct media_handle h, const struct media_play *p,
                struct err *e)
{
    struct seat seat;

    if (!find_seat(m, h, &seat))
        return true;
    if (!check_play(p, &seat.local, e))
        return false;
    struct order_send *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(e, ERR_MEMORY, "no memory for a media order");
    struct order o = {.kind = ORDER_SEND, .handle = h, .send = s};
    s->play = *p;
    s->play.digits = NULL;
    snprintf(s->digits, sizeof s->digits, "%s", p->digits ? p->digits : "");
    if (p->format.key.algorithm != 0) {
        s->srtp = media_srtp_sender(&p->format.key, seat.ssrc, e);
        if (!s->srtp) {
            order_free(&o);
            return false;
        }
    }
    return give_order(m, &o, e);
}

static bool plain_order(struct media_engine *m, struct media_handle h, enum order_kind kind)
{
    struct order o = {.kind = kind, .handle = h};
    struct seat seat;

    return !find_seat(m, h, &seat) || give_order(m, &o, NULL);
}

bool media_stop_listening(struct media_engine *m, struct media_handle h)
{
    return plain_order(m, h, ORDER_STOP_LISTENING);
}

bool media_stop_sending(struct media_engine *m, struct media_handle h)
{
    return plain_order(m, h, ORDER_STOP_SENDING);
}

bool media_ask(struct media_engine *m, struct media_handle h)
{
    return plain_order(m, h, ORDER_COUNT);
}

bool media_close(struct media_engine *m, struct media_handle h)
{
    struct order o = {.kind = ORDER_CLOSE, .handle = h};

    if (!set_generation(m, h, h.generation, 0))
        return true;
    if (give_order(m, &o, NULL))
        return true;
    set_generation(m, h, 0, h.generation);
    return false;
}

/* The engine */

static bool start_threads(struct media_engine *m, struct err *e)
{
    struct media_thread_settings s = {.of = m->threads,
                                      .tos = m->settings.tos,
                                      .keylog = m->settings.keylog,
                                      .log = m->settings.log,
                                      .closed = on_closed,
                                      .arg = m};

    m->thread = calloc(m->threads, sizeof(struct media_thread *));
    if (!m->thread)
        return err_set(e, ERR_MEMORY, "no memory for %u media threads", m->threads);
    for (s.number = 0; s.number < m->threads; s.number++) {
        m->thread[s.number] = media_thread_new(&s, e);
        if (!m->thread[s.number])
            return false;
    }
    return true;
}

static bool begin_anywhere(struct port_range *r, struct err *e)
{
    uint32_t by;

    if (RAND_bytes((uint8_t *)&by, sizeof by) != 1)
        return err_set(e, ERR_CRYPTO, "no random numbers");
    port_range_turn(r, by);
    return true;
}

struct media_engine *media_engine_new(const struct media_settings *s, struct err *e)
{
    struct media_engine *m = calloc(1, sizeof *m);

    if (!m) {
        err_set(e, ERR_MEMORY, "no memory for the media engine");
        return NULL;
    }
    m->settings = *s;
    m->settings.port_lo = s->port_lo ? s->port_lo : PORT_LO;
    m->settings.port_hi = s->port_hi ? s->port_hi : PORT_HI;
    m->settings.tos = s->tos ? s->tos : TOS_EF;
    m->threads = s->threads == 0 ? 1 : s->threads > THREADS_MOST ? THREADS_MOST : s->threads;
    m->first_free = NO_SEAT;
    pthread_mutex_init(&m->lock, NULL);
    m->ports = port_range_new(m->settings.port_lo, m->settings.port_hi, e);
    if (m->ports && media_srtp_ready(e) && begin_anywhere(m->ports, e) && start_threads(m, e))
        return m;
    media_engine_free(m);
    return NULL;
}

void media_engine_free(struct media_engine *m)
{
    if (!m)
        return;
    for (unsigned i = 0; m->thread && i < m->threads; i++)
        media_thread_free(m->thread[i]);
    free(m->thread);
    port_range_free(m->ports);
    pthread_mutex_destroy(&m->lock);
    free(m->seats);
    free(m);
}

static uint64_t get(const atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void media_totals(struct media_engine *m, uint64_t *streams, uint64_t *sent, uint64_t *received)
{
    *streams = *sent = *received = 0;
    for (unsigned i = 0; i < m->threads; i++) {
        const struct media_thread_totals *t = media_thread_totals(m->thread[i]);
        *streams += get(&t->streams);
        *sent += get(&t->sent);
        *received += get(&t->received);
    }
}

void media_lateness(struct media_engine *m, struct media_lateness *out)
{
    *out = (struct media_lateness){0};
    for (unsigned i = 0; i < m->threads; i++) {
        const struct media_thread_totals *t = media_thread_totals(m->thread[i]);
        for (size_t step = 0; step <= MEDIA_LATE_STEPS; step++)
            out->packets[step] += get(&t->late[step]);
        int64_t most = (int64_t)get(&t->late_most_ns);
        out->most_ns = most > out->most_ns ? most : out->most_ns;
    }
}
