/* EDGE: see pool_play.h. */
#include "pool_play.h"
#include "stage.h"

#include "ports/pool_inner.h" /* after the values that SCCP names NONE */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS_MOST 3u
#define WISHES_MOST 256u
#define QUIET_MS    INT64_C(900000) /* above the longest pause of a port, a few times over */

struct script {
    const uint8_t *at, *end;
};

/* Settings of one reading, as the program keeps them. */
struct reading {
    struct group_settings groups[GROUPS_MOST];
    struct port_behaviour behaviours[GROUPS_MOST];
    size_t count;
};

static struct play {
    struct pool *pool;
    uv_loop_t loop;
    struct script script;
    struct mwi_settings codes;
    struct reading *first, *newest; /* the first is ours, later ones the pool's */
    unsigned taken, released;       /* readings */
    struct {
        bool asked, returned;
        unsigned answers;
    } lamps[WISHES_MOST];
    size_t lamp_count;
    unsigned most_handshakes, rows_asked, rows_given, stopped, confirmed;
    bool stopping;
} play;

static uint8_t next(void)
{
    return play.script.at < play.script.end ? *play.script.at++ : 0;
}

/* ---- settings ----------------------------------------------------------------------------- */

static void choose_servers(struct group_settings *g, uint8_t how)
{
    g->server_count = 1 + how % STAGE_SERVERS;
    for (size_t i = 0; i < g->server_count; i++) {
        const size_t last = (how & 4 ? g->server_count - 1 - i : i) + 1;
        snprintf(g->servers[i].host, sizeof g->servers[i].host, "10.0.0.%zu", last);
        g->servers[i].port = 2000;
    }
    g->standby = how & 8;
    g->auto_failback = how & 16;
    g->register_tokens = how & 32;
    g->kept_call_quiet_ms = how & 64 ? 10000 : 0;
    strcpy(g->tftp[0].host, "10.0.0.9"); /* other trust, on the same line */
    g->tftp_count = how & 128 ? 1 : 0;
}

static void choose_lamps(struct group_settings *g, uint8_t how)
{
    g->mwi = play.codes;
    g->mwi.max_concurrent = how & 3;
    g->mwi.retries_on_success = how >> 2 & 1;
    g->mwi.min_request_interval_ms = how & 8 ? 300 : 0;
    g->mwi.method = how & 16 ? MWI_PREFIX : MWI_CGPN;
    g->mwi.fallback_to_prefix = how & 32;
    g->mwi.dialling = how & 64 ? MWI_DIAL_ENBLOC : MWI_DIAL_KEYPAD;
}

static void choose_behaviour(struct group_settings *g, struct port_behaviour *b, uint8_t how)
{
    *b = port_behaviour_default();
    b->first = b->last = g->first;
    b->answer = how & 16;
    b->mwi = how & 32;
    g->behaviours = b;
    g->behaviour_count = how & 64 ? 1 : 0;
}

/* Prefixes change places: then a port waits for the other one of its name to be gone. */
static void choose_group(struct reading *r, size_t at, uint8_t turn)
{
    struct group_settings *g = &r->groups[at];
    const uint8_t size = next();

    group_settings_default(g);
    snprintf(g->name, sizeof g->name, "Group-%zu", at);
    snprintf(g->prefix, sizeof g->prefix, "%c-VI", (char)('A' + (at + turn) % GROUPS_MOST));
    g->mode = MODE_NON_SECURE;
    g->count = 1 + size % 3;
    g->first = 1 + size / 4 % 3;
    g->max_call_s = size & 128 ? 60 : 0;
    choose_behaviour(g, &r->behaviours[at], size);
    choose_servers(g, next());
    choose_lamps(g, next());
}

static struct reading *read_settings(struct pool_settings *out)
{
    struct reading *r = calloc(1, sizeof *r);
    const uint8_t how = next();

    r->count = 1 + how % GROUPS_MOST;
    for (size_t g = 0; g < r->count; g++)
        choose_group(r, g, how / 4);
    *out = pool_settings_default();
    out->groups = r->groups;
    out->group_count = r->count;
    out->state_dir = "/nonexistent";
    out->threads = 2;
    out->max_handshakes = 1 + how / 16 % 4;
    out->reports_most = how & 128 ? 4 : 0;
    return r;
}

/* ---- what the pool says ---------------------------------------------------------------------- */

static void on_changed(void *arg, const struct pool_totals *t)
{
    (void)arg;
    if (t->handshakes_most > play.most_handshakes)
        stage_broke("more handshakes at once than are allowed");
}

static void on_call_ended(void *arg, const char *port, const char *caller, const char *called,
                          const struct media_counts *counts, bool encrypted)
{
    (void)arg, (void)caller, (void)called, (void)counts;
    if (!port[0] || encrypted)
        stage_broke("a call that cannot have been");
}

static void on_stopped(void *arg)
{
    (void)arg;
    play.stopped++;
}

static void on_rows(void *arg, const struct port_status *rows, size_t n)
{
    (void)arg;
    play.rows_given++;
    for (size_t i = 0; i < n; i++)
        if (!rows[i].name[0])
            stage_broke("a row without a name");
}

static void on_lamp(void *arg, const char *extension, bool on, enum mwi_result r, double seconds)
{
    const size_t which = (size_t)(uintptr_t)arg;

    (void)extension, (void)on;
    if (!play.lamps[which].returned)
        stage_broke("a lamp request is answered before it is taken");
    if (play.lamps[which].answers++ > 0)
        stage_broke("a lamp request is answered twice");
    if (seconds < 0)
        stage_broke("a lamp was faster than time");
    play.confirmed += r == MWI_CONFIRMED;
}

static void on_release(void *owner)
{
    play.released++;
    free(owner);
}

/* ---- scenes ---------------------------------------------------------------------------------- */

static void some_turns(void)
{
    for (unsigned n = next() % 16; n > 0 && stage_turn(); n--)
        ;
}

static void some_time(void)
{
    stage_advance(next() * 20);
}

static void long_time(void)
{
    stage_advance(next() * 1000);
}

static void ask_lamp(const char *group, uint8_t how)
{
    char extension[16];
    const size_t which = play.lamp_count;
    struct err e;

    if (which == WISHES_MOST)
        return;
    snprintf(extension, sizeof extension, "%u", 1000u + how / 2 % 8);
    play.lamps[which].asked =
        pool_mwi(play.pool, group, extension, how & 1, on_lamp, (void *)(uintptr_t)which, &e);
    play.lamps[which].returned = true;
    play.lamp_count++;
}

static void a_lamp(void)
{
    static const char *const groups[] = {NULL, NULL, "Group-0", "Group-1", "Group-2"};
    const uint8_t how = next();

    ask_lamp(groups[how / 16 % 5], how);
}

static void other_settings(void)
{
    struct pool_settings s;
    struct reading *r = read_settings(&s);
    struct err e;

    if (!pool_apply(play.pool, &s, on_release, r, &e)) {
        if (!play.stopping)
            stage_broke("good settings are refused");
        free(r);
        return;
    }
    play.taken++;
    play.newest = r;
}

static void a_reset(void)
{
    const uint8_t how = next();
    char name[DEVICE_NAME_MAX + 1];
    const char *const names[] = {name};
    struct err e;

    snprintf(name, sizeof name, "%c-VI%u", 'A' + how % GROUPS_MOST, 1u + how / 4 % 4);
    pool_reset(play.pool, names, how & 128 ? 0 : 1, &e);
}

static void a_line_is_lost(void)
{
    static const enum err_kind kinds[] = {ERR_CLOSED, ERR_NET_03, ERR_TLS_02, ERR_TIMEOUT};
    const uint8_t how = next();
    struct link *l = stage_link(how / 4);

    if (l)
        stage_drop(l, kinds[how % 4]);
}

static void server_changes(void)
{
    const uint8_t how = next();
    struct stage_server *s = &stage_servers[how % STAGE_SERVERS];

    s->refuses = how & 4;
    s->hangs = how & 8;
    s->untrusted = how & 16;
}

static void set_habits(struct manager *cm, uint8_t how)
{
    cm->silent = (how & 7) == 1;
    cm->rejects = (how & 7) == 2;
    cm->no_keepalive_ack = (how & 7) == 3;
    cm->no_unregister_ack = (how & 7) == 4;
    cm->refuses_unregister = (how & 7) == 5;
    cm->ignores_cgpn = (how & 7) == 6;
    cm->clears_after_proceed = (how & 7) == 7;
    cm->lamp_tone = how & 8 ? SCCP_TONE_LINE_BUSY : 0;
    cm->smt_never = how & 16;
    cm->token_wait_s = how & 32 ? 7 : 0;
}

/* One call manager, or one link's alone. */
static void habits_change(void)
{
    const uint8_t who = next(), how = next();
    struct link *l = stage_link(who / 4);

    if (who % 4 == STAGE_SERVERS && l)
        set_habits(stage_manager(l), how);
    else
        set_habits(&stage_servers[who % STAGE_SERVERS].like, how);
}

static void a_call(void)
{
    struct link *l = stage_link(next());

    if (l && stage_manager(l)->name[0] && !stage_manager(l)->call)
        manager_rings(stage_manager(l));
}

static void the_caller_hangs_up(void)
{
    struct link *l = stage_link(next());

    if (l && stage_manager(l)->call)
        manager_hangs_up(stage_manager(l));
}

static void raw_bytes(void)
{
    struct link *l = stage_link(next());
    uint8_t bytes[32];
    const size_t n = next() % sizeof bytes;

    for (size_t i = 0; i < n; i++)
        bytes[i] = next();
    if (l)
        stage_say_bytes(l, bytes, n);
}

static void a_message(void)
{
    static const uint32_t ids[] = {SCCP_RESET,           SCCP_UNREGISTER_ACK,
                                   SCCP_REGISTER_REJECT, SCCP_OPEN_RECEIVE_CHANNEL,
                                   SCCP_CALL_STATE,      SCCP_CONNECTION_STATISTICS_REQ,
                                   SCCP_REGISTER_ACK,    SCCP_START_MEDIA_TRANSMISSION};
    const uint8_t which = next(), value = next();
    struct link *l = stage_link(which / 8);
    struct sccp_message m = {.id = ids[which % 8]};

    if (!l)
        return;
    if (m.id == SCCP_RESET)
        m.reset.type = value % 4;
    if (m.id == SCCP_OPEN_RECEIVE_CHANNEL)
        m = manager_open_receive(stage_manager(l), stage_manager(l)->call, value);
    if (m.id == SCCP_START_MEDIA_TRANSMISSION)
        m = manager_start_transmit(stage_manager(l), stage_manager(l)->call, value);
    if (m.id == SCCP_CALL_STATE)
        m = say_call_state(value % 16, value & 16 ? stage_manager(l)->call : value);
    if (m.id == SCCP_REGISTER_ACK)
        m.register_ack.protocol_version = value % 23;
    stage_manager(l)->say(l, &m);
}

static void a_voice(void)
{
    const uint8_t how = next();

    if (how & 128)
        stage_voices_fail(how & 1);
    else
        stage_voice_event(how / 4, how % 4);
}

static void rows_are_wanted(void)
{
    struct err e;

    play.rows_asked += pool_status(play.pool, on_rows, NULL, &e);
}

static void keeper_changes(void)
{
    const uint8_t how = next();

    stage_keeper_fails(how & 1);
    stage_line_is_full(how / 2 % 4);
}

static void the_program_stands_still(void)
{
    stage_freeze(&play.loop, next() & 1);
}

static void the_end(void)
{
    const uint8_t how = next();

    if (how >= 16) /* a play that ends early is a short one */
        return;
    pool_stop(play.pool, how % 4);
    play.stopping = true;
}

static void (*const scenes[])(void) = {
    some_turns,      some_time,           long_time,      a_lamp,        other_settings,
    a_reset,         a_line_is_lost,      server_changes, habits_change, a_call,
    a_call,          the_caller_hangs_up, raw_bytes,      a_message,     a_voice,
    rows_are_wanted, keeper_changes,      the_end,        some_turns,    the_program_stands_still,
};

/* ---- what must hold ----------------------------------------------------------------------- */

static void must(bool so, const char *what)
{
    if (!so)
        stage_broke(what);
}

static void calls_end(void)
{
    for (size_t i = 0; i < stage_links(); i++) {
        struct link *l = stage_link(i);
        if (l && stage_manager(l)->call)
            manager_hangs_up(stage_manager(l));
    }
}

/* From now on everybody behaves. */
static void calm_down(void)
{
    stage_freeze(&play.loop, false);
    stage_servers_behave();
    stage_keeper_fails(false);
    stage_voices_fail(false);
    for (unsigned i = 0; i < 3; i++) {
        calls_end();
        stage_advance(QUIET_MS / 3);
    }
}

static void each_port_is_registered_once(void)
{
    struct pool_totals t;
    size_t ports = 0;
    char name[DEVICE_NAME_MAX + 1];

    for (size_t g = 0; g < play.newest->count; g++) {
        const struct group_settings *gs = &play.newest->groups[g];
        for (unsigned i = 0; i < gs->count; i++, ports++) {
            must(device_name(gs->prefix, gs->first + i, name), "a name is too long");
            must(stage_registered(name) == 1, "a port is not registered once");
        }
    }
    pool_totals(play.pool, &t);
    must(t.ports == ports, "the pool counts other ports than the settings");
    must(t.registered == ports, "the pool does not count all as registered");
    must(play.pool->registered == ports, "the pool has heard of other registrations");
    must(t.in_use == 0 && stage_voices() == 0, "a call is up that nobody makes");
    must(t.mwi.queued == 0 && t.mwi.active == 0, "a lamp request waits for nothing");
    must(turns_under_way(play.pool->turns) == 0, "a handshake's turn was not given back");
}

static size_t who_may_answer(void)
{
    size_t n = 0;

    for (size_t g = 0; g < play.newest->count; g++)
        for (unsigned i = 0; i < play.newest->groups[g].count; i++)
            n +=
                port_behaviour_of(&play.newest->groups[g], play.newest->groups[g].first + i).answer;
    return n;
}

static void each_port_serves(void)
{
    struct pool_totals t;
    const unsigned confirmed = play.confirmed;
    const size_t lamps = play.lamp_count;

    for (size_t i = 0; i < stage_links(); i++) {
        struct link *l = stage_link(i);
        if (l && stage_manager(l)->name[0])
            manager_rings(stage_manager(l));
    }
    stage_advance(3000);
    pool_totals(play.pool, &t);
    must(t.in_use == who_may_answer(), "a port does not answer, or one that may not does");
    calls_end();
    stage_advance(5000);
    ask_lamp(NULL, 1);
    stage_advance(60000);
    must(play.lamp_count == lamps || !play.lamps[lamps].asked || play.confirmed == confirmed + 1,
         "a lamp is not lit");
}

static void it_stops(void)
{
    if (!play.stopping)
        pool_stop(play.pool, 1);
    stage_advance(20000); /* the longest drain, then 6 s and 3 s */
    must(play.stopped == 1, "the pool has not stopped in time, or more than once");
}

static void each_wish_has_an_answer(void)
{
    for (size_t i = 0; i < play.lamp_count; i++)
        must(play.lamps[i].answers == play.lamps[i].asked, "a lamp request has not had one answer");
    must(play.rows_given == play.rows_asked, "a wish for rows has not had one answer");
}

static void nothing_is_left(void)
{
    must(turns_under_way(play.pool->turns) == 0, "a handshake's turn is kept beyond the end");
    must(turns_most(play.pool->turns) <= play.most_handshakes,
         "more handshakes at once than are allowed");
    pool_free(play.pool);
    must(play.released == play.taken, "settings were not released");
    must(stage_links() == 0 && stage_voices() == 0, "a line or a stream is left");
    must(stage_is_empty(), "a handle or an actor is left");
}

/* ---- the play ----------------------------------------------------------------------------- */

static bool begin(const uint8_t *bytes, size_t len)
{
    const struct pool_events ev = {
        .changed = on_changed, .call_ended = on_call_ended, .stopped = on_stopped};
    struct pool_settings s;
    struct group_settings like;
    struct err e;
    uint32_t seed = 0;

    play = (struct play){.script = {bytes, bytes + len}};
    for (unsigned i = 0; i < 4; i++)
        seed = seed << 8 | next();
    stage_open(seed);
    group_settings_default(&like);
    play.codes = like.mwi;
    strcpy(play.codes.on_code, "999991");
    strcpy(play.codes.off_code, "999992");
    for (size_t i = 0; i < STAGE_SERVERS; i++) {
        stage_servers[i] = (struct stage_server){0};
        manager_init(&stage_servers[i].like, &play.codes);
        stage_servers[i].like.confused = true;
        stage_servers[i].like.encrypted = false;
    }
    stage_servers_behave();
    uv_loop_init(&play.loop);
    play.first = play.newest = read_settings(&s);
    play.most_handshakes = s.max_handshakes;
    play.pool = pool_new(&play.loop, &s, &ev, &e);
    return play.pool != NULL;
}

const char *pool_play(const uint8_t *bytes, size_t len)
{
    if (!begin(bytes, len)) {
        free(play.first);
        return "the pool cannot be made";
    }
    while (play.script.at < play.script.end && !stage_broken())
        scenes[next() % (sizeof scenes / sizeof scenes[0])]();
    calm_down();
    if (!play.stopping) {
        each_port_is_registered_once();
        each_port_serves();
    }
    it_stops();
    each_wish_has_an_answer();
    if (play.stopped)
        nothing_is_left();
    free(play.first);
    return stage_broken();
}
