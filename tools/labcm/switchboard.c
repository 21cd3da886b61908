#include "tools/labcm/switchboard.h"

#include "base/clock.h"
#include "media/g711.h"
#include "tools/labcm/ask.h"
#include "tools/labcm/hear.h"
#include "tools/shared/command.h"

#include <stdlib.h>
#include <string.h>

struct job {
    struct switchboard *home;
    struct control_request *request; /* NULL: nobody watches, or the client has gone */
    void (*over)(void *arg, const struct call_outcome *o); /* NULL: not dialled for a load */
    void *over_arg;
    struct call_ask ask;
    struct call *call; /* NULL: not yet, or over */
    bool left_alone;   /* its call manager is gone; phone and port talk on */
    struct job *next_alone;
    struct phone *phone;
    struct sound *play, *expect; /* NULL: the common tone; nothing */
    uv_timer_t timer, digit_timer;
    unsigned open_timers;
    unsigned digits_sent;
    /* for the report */
    bool answered, encrypted;
    enum call_end end;
    sccp_device_name port;
    uint32_t reference, codec, suite;
    int64_t placed_ns, answered_ns, over_ns;
    json_t *rung;
};

struct switchboard {
    uv_loop_t *loop;
    struct phones *phones;
    struct server *server;
    struct log *log;
    struct sound *tone;
    unsigned jobs;
    bool closing;
    void (*idle)(void *arg);
    void *idle_arg;
    struct job *alone; /* a list by next_alone */
};

/* ---- the end of a job ------------------------------------------------------------------------ */

static void job_timer_closed(uv_handle_t *h)
{
    struct job *j = h->data;
    struct switchboard *b = j->home;

    if (--j->open_timers > 0)
        return;
    sound_free(j->play);
    sound_free(j->expect);
    json_decref(j->rung);
    explicit_bzero(j, sizeof *j);
    free(j);
    if (--b->jobs == 0 && b->closing && b->idle)
        b->idle(b->idle_arg);
}

static void job_end(struct job *j)
{
    uv_close((uv_handle_t *)&j->timer, job_timer_closed);
    uv_close((uv_handle_t *)&j->digit_timer, job_timer_closed);
}

static void put(json_t *o, const char *name, uint64_t value)
{
    json_object_set_new(o, name, json_integer((json_int_t)value));
}

static void put_counts(json_t *o, const struct media_counts *c)
{
    put(o, "sent", c->sent);
    put(o, "received", c->received);
    put(o, "lost", c->lost);
    put(o, "reordered", c->reordered);
    put(o, "duplicates", c->duplicates);
    put(o, "auth_failures", c->auth_failures);
    put(o, "replays", c->replays);
    put(o, "plain", c->plain);
    put(o, "rtcp_sent", c->rtcp_sent);
    put(o, "rtcp_received", c->rtcp_received);
    put(o, "rtcp_bad", c->rtcp_bad);
    put(o, "round_trip_ms", c->round_trip_ms);
    put(o, "wrong_source", c->wrong_source);
    put(o, "wrong_payload", c->wrong_payload);
    put(o, "malformed", c->malformed);
    put(o, "silence", c->silence);
    put(o, "jitter", c->jitter);
    put(o, "ssrc_sent", c->ssrc_sent);
    put(o, "ssrc_received", c->ssrc_received);
    json_object_set_new(o, "first_packet_ms",
                        c->first_packet_ns < 0
                            ? json_null()
                            : json_real((double)c->first_packet_ns / (double)NS_PER_MS));
}

static json_t *report_of(const struct job *j)
{
    json_t *o = json_object();
    sccp_number from;

    plan_phone_number(j->ask.request.phone, from);
    json_object_set_new(o, "event", json_string("over"));
    json_object_set_new(o, "from", json_string(from));
    json_object_set_new(o, "to", json_string(j->ask.request.to));
    json_object_set_new(o, "answered", json_boolean(j->answered));
    json_object_set_new(o, "end", json_string(call_end_words(j->end)));
    json_object_set(o, "rung", j->rung);
    if (!j->answered)
        return o;
    json_object_set_new(o, "port", json_string(j->port));
    put(o, "call_reference", j->reference);
    json_object_set_new(o, "encrypted", json_boolean(j->encrypted));
    json_object_set_new(o, "suite", json_string(sccp_srtp_algorithm_name(j->suite)));
    json_object_set_new(o, "codec", json_string(sccp_codec_name(j->codec)));
    put(o, "packet_ms", j->ask.request.packet_ms);
    json_object_set_new(o, "ring_seconds",
                        json_real((double)(j->answered_ns - j->placed_ns) / (double)NS_PER_S));
    json_object_set_new(o, "seconds",
                        json_real((double)(j->over_ns - j->answered_ns) / (double)NS_PER_S));
    return o;
}

/* What was heard against the file, in the law in which it came. */
static bool compare(const struct job *j, const struct media_event *e, json_t *report)
{
    enum g711_law law = j->codec == SCCP_CODEC_G711A ? G711_ALAW : G711_ULAW;
    size_t n = sound_samples(j->expect);
    int16_t *wanted = malloc(n * sizeof *wanted + 1);
    struct hear_result r = {0};
    json_t *o = json_object();

    if (wanted) {
        g711_decode_all(law, wanted, sound_g711(j->expect, law), n);
        size_t heard = e->recording ? e->recorded : 0, came = (size_t)e->counts.received_octets;
        r = hear_compare(e->recording, heard, wanted, n, heard > came ? heard - came : 0,
                         j->end == CALL_OVER_DEVICE);
    }
    free(wanted);
    json_object_set_new(o, "file", json_string(j->ask.expect));
    json_object_set_new(o, "equal", json_boolean(r.equal));
    put(o, "samples_compared", r.compared);
    put(o, "samples_wanted", r.wanted);
    put(o, "silence_skipped", r.skipped);
    put(o, "pauses", r.pauses);
    put(o, "paused_samples", r.paused);
    if (r.differs_at < r.compared)
        put(o, "differs_at", r.differs_at);
    json_object_set_new(o, "too_long", json_boolean(r.too_long));
    json_object_set_new(report, "expect", o);
    return r.equal;
}

static struct call_outcome outcome_of(const struct job *j, const struct media_counts *heard)
{
    struct call_outcome o = {.answered = j->answered, .encrypted = j->encrypted, .end = j->end};

    if (heard)
        o.heard = *heard;
    if (j->answered) {
        o.ring_ns = j->answered_ns - j->placed_ns;
        o.talk_ns = j->over_ns - j->answered_ns;
    }
    return o;
}

/* `heard`: NULL without a phone. */
static void tell_outcome(struct job *j, const struct media_counts *heard)
{
    const struct call_outcome o = outcome_of(j, heard);

    j->over(j->over_arg, &o);
    j->over = NULL;
    job_end(j);
}

static void reply_and_end(struct job *j, json_t *report, bool ok)
{
    if (j->request) {
        control_reply(j->request, report);
        control_end(j->request, ok ? EXIT_DONE : EXIT_FAILED);
    } else {
        json_decref(report);
    }
    j->request = NULL;
    job_end(j);
}

static void phone_reported(void *arg, const struct media_event *e)
{
    struct job *j = arg;

    j->phone = NULL;
    if (j->over) {
        tell_outcome(j, &e->counts);
        return;
    }
    json_t *report = report_of(j);
    bool ok = j->answered;
    put_counts(report, &e->counts);
    if (j->expect && j->answered)
        ok = compare(j, e, report);
    reply_and_end(j, report, ok);
}

static void no_longer_listens(uv_timer_t *timer)
{
    struct job *j = timer->data;

    phone_close(j->phone);
}

static void log_end(const struct job *j, enum call_end end)
{
    sccp_number from;

    plan_phone_number(j->ask.request.phone, from);
    log_line(j->home->log, LOG_INFO, LOG_MIU_CALL, from, "call to %s%s%s: %s", j->ask.request.to,
             j->answered ? ", answered by " : "", j->port, call_end_words(end));
}

static void over(struct job *j, enum call_end end)
{
    log_end(j, end);
    j->call = NULL;
    j->end = end;
    j->over_ns = clock_now_ns();
    uv_timer_stop(&j->digit_timer);
    if (!j->phone && j->over) {
        tell_outcome(j, NULL);
        return;
    }
    if (!j->phone) {
        reply_and_end(j, report_of(j), end == CALL_OVER_LAMP);
        return;
    }
    phone_hang_up(j->phone);
    /* What is on its way still arrives. */
    uv_timer_start(&j->timer, no_longer_listens, SWITCHBOARD_LINGER_MS, 0);
}

/* ---- while it goes --------------------------------------------------------------------------- */

static void tell(struct job *j, const char *event, const char *port)
{
    if (j->request && !control_gone(j->request))
        control_reply(j->request, json_pack("{s:s,s:s}", "event", event, "port", port));
}

static void forget_alone(struct job *j)
{
    for (struct job **at = &j->home->alone; *at; at = &(*at)->next_alone)
        if (*at == j) {
            *at = j->next_alone;
            break;
        }
    j->left_alone = false;
}

void switchboard_hang_up(struct job *j)
{
    if (j->call)
        call_phone_hangs_up(j->call);
    if (!j->left_alone)
        return;
    forget_alone(j);
    over(j, CALL_OVER_SERVICE_DOWN);
}

/* Nobody tells the phone anything more: it talks on until its time has come. */
static void leave_alone(struct job *j)
{
    j->call = NULL;
    j->left_alone = true;
    j->next_alone = j->home->alone;
    j->home->alone = j;
    uv_timer_stop(&j->digit_timer);
}

static void hang_up(uv_timer_t *timer)
{
    switchboard_hang_up(timer->data);
}

static void client_gone(void *arg)
{
    switchboard_hang_up(arg);
}

static void next_digit(uv_timer_t *timer)
{
    struct job *j = timer->data;
    char digit = j->ask.digits[j->digits_sent];

    if (!j->call || digit == '\0') {
        uv_timer_stop(timer);
        return;
    }
    j->digits_sent++;
    present_digit(&j->call->manager->edge.outlet, j->call->device, j->ask.form, digit);
}

static uint32_t record_ms(const struct job *j)
{
    uint64_t ms;

    if (!j->expect)
        return 0;
    ms = (uint64_t)sound_samples(j->expect) / 8 + 30000; /* silence may come first */
    return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

static bool far_open(void *arg, struct call *c, struct net_addr *local)
{
    struct switchboard *b = arg;
    struct job *j = c->far;
    char number[PLAN_NUMBER];
    struct err e = {0};
    const struct phone_settings s = {
        .number = number,
        .play = j->play ? j->play : b->tone,
        .rtcp = j->ask.rtcp,
        .once = j->ask.form == DIGIT_INBAND && j->ask.digits[0],
        .record_ms = record_ms(j),
        .digits = j->ask.form == DIGIT_RFC2833 ? j->ask.digits : NULL,
        .fault = fault_of_group(c->manager->s.faults, FAULTS_OF_MEDIA, c->device->name),
        .report = phone_reported,
        .arg = j,
    };

    plan_phone_number(j->ask.request.phone, number);
    j->phone = phone_open(b->phones, &s, local, &e);
    if (j->phone && phone_listen(j->phone, &c->media, &e))
        return true;
    log_err(b->log, LOG_ERROR, LOG_MIU_IO, number, &e);
    return false;
}

static void far_rung(void *arg, struct call *c, const struct device *d)
{
    struct job *j = c->far;

    (void)arg;
    if (j->rung)
        json_array_append_new(j->rung, json_string(d->name));
    tell(j, "ringing", d->name);
}

static void remember_answer(struct job *j, const struct call *c)
{
    j->answered = true;
    j->answered_ns = clock_now_ns();
    j->encrypted = c->encrypted;
    j->suite = c->media.to_device.algorithm;
    j->codec = c->media.codec;
    j->reference = c->device->leg.reference;
    memcpy(j->port, c->device->name, sizeof j->port);
}

static void far_talk(void *arg, struct call *c)
{
    struct switchboard *b = arg;
    struct job *j = c->far;
    struct err e = {0};

    if (!phone_talk(j->phone, &c->media, &c->device_addr, &e)) {
        log_err(b->log, LOG_ERROR, LOG_MIU_IO, c->parties.calling, &e);
        return;
    }
    if (j->answered) /* acknowledged a second time */
        return;
    remember_answer(j, c);
    tell(j, "answered", j->port);
    uv_timer_start(&j->timer, hang_up,
                   (uint64_t)(j->ask.for_s ? j->ask.for_s : SWITCHBOARD_CALL_S) * 1000, 0);
    if (j->ask.digits[0] && j->ask.form != DIGIT_RFC2833 && j->ask.form != DIGIT_INBAND)
        uv_timer_start(&j->digit_timer, next_digit, SWITCHBOARD_DIGIT_MS, SWITCHBOARD_DIGIT_MS);
}

static void far_over(void *arg, struct call *c, enum call_end end)
{
    struct job *j = c->far;

    (void)arg;
    if (end == CALL_OVER_SERVICE_DOWN && j->answered && !j->home->closing)
        leave_alone(j);
    else
        over(j, end);
}

/* ---- a new call ------------------------------------------------------------------------------ */

static struct job *job_new(struct switchboard *b)
{
    struct job *j = calloc(1, sizeof *j);

    if (!j)
        return NULL;
    j->home = b;
    uv_timer_init(b->loop, &j->timer);
    uv_timer_init(b->loop, &j->digit_timer);
    j->timer.data = j->digit_timer.data = j;
    j->open_timers = 2;
    j->placed_ns = clock_now_ns();
    b->jobs++;
    return j;
}

static bool load_sound(struct sound **out, const char *path, struct err *e)
{
    if (path[0] == '\0')
        return true;
    *out = sound_load(path, e);
    return *out != NULL;
}

/* Digits in the audio are what the phone says. */
static bool load_play(struct job *j, struct err *e)
{
    if (j->ask.form != DIGIT_INBAND || !j->ask.digits[0])
        return load_sound(&j->play, j->ask.play, e);
    if (j->ask.play[0])
        return err_set(e, ERR_USAGE, "a phone that says digits in the audio plays no file");
    j->play = sound_digits(j->ask.digits, e);
    return j->play != NULL;
}

static bool prepare(struct job *j, const json_t *body, struct err *e)
{
    return ask_read(&j->ask, body, e) && load_play(j, e) &&
           load_sound(&j->expect, j->ask.expect, e);
}

static void refuse(struct job *j, struct control_request *r, const struct err *e)
{
    control_refuse(r, e->kind == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED, e);
    job_end(j);
}

void switchboard_call(struct switchboard *b, struct control_request *r, const json_t *body)
{
    struct job *j = job_new(b);
    struct err e = {0};
    enum call_end end;

    if (!j || b->closing) {
        err_set(&e, ERR_NOT_NOW, "labcm is stopping, or has no memory left");
        control_refuse(r, EXIT_FAILED, &e);
        if (j)
            job_end(j);
        return;
    }
    if (!prepare(j, body, &e)) {
        refuse(j, r, &e);
        return;
    }
    j->request = r;
    j->rung = json_array();
    control_on_gone(r, client_gone, j);
    j->call = call_place(server_manager(b->server), &j->ask.request, j, &end);
    if (!j->call)
        over(j, end);
}

struct job *switchboard_dial(struct switchboard *b, const struct call_ask *ask,
                             void (*over_then)(void *arg, const struct call_outcome *o), void *arg,
                             struct call_outcome *at_once)
{
    struct job *j = b->closing ? NULL : job_new(b);

    *at_once = (struct call_outcome){.end = CALL_OVER_RESOURCES};
    if (!j)
        return NULL;
    j->ask = *ask;
    j->over = over_then;
    j->over_arg = arg;
    j->call = call_place(server_manager(b->server), &j->ask.request, j, &j->end);
    if (j->call)
        return j;
    *at_once = outcome_of(j, NULL);
    log_end(j, j->end);
    job_end(j);
    return NULL;
}

/* ---- the switchboard ------------------------------------------------------------------------- */

struct switchboard *switchboard_new(uv_loop_t *loop, struct phones *phones, struct log *log,
                                    struct err *e)
{
    struct switchboard *b = calloc(1, sizeof *b);

    if (!b) {
        err_set(e, ERR_MEMORY, "switchboard");
        return NULL;
    }
    b->loop = loop;
    b->phones = phones;
    b->log = log;
    b->tone = sound_tone(440, 1000, e);
    if (b->tone)
        return b;
    free(b);
    return NULL;
}

struct manager_edge switchboard_edge(struct switchboard *b)
{
    return (struct manager_edge){
        .arg = b,
        .far_open = far_open,
        .far_rung = far_rung,
        .far_talk = far_talk,
        .far_over = far_over,
    };
}

void switchboard_set_server(struct switchboard *b, struct server *s)
{
    b->server = s;
}

void switchboard_close(struct switchboard *b, void (*idle)(void *arg), void *arg)
{
    b->closing = true;
    b->idle = idle;
    b->idle_arg = arg;
    while (b->alone)
        switchboard_hang_up(b->alone);
    if (b->jobs == 0)
        idle(arg);
}

void switchboard_free(struct switchboard *b)
{
    if (!b)
        return;
    sound_free(b->tone);
    free(b);
}
