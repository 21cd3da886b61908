/* A call manager without sockets: every message it sends and every order to the phones is kept. */
#ifndef LABCM_FIXTURE_H
#define LABCM_FIXTURE_H

#include "tools/labcm/manager.h"

#include "test/check.h"

#define SENT_MAX 4096

struct sent {
    struct device *to;
    struct sccp_message m;
};

struct world {
    struct manager *m;
    struct sent *sent;
    size_t count;
    struct call *call; /* the last one that had an alarm */
    unsigned alarm_ms;
    unsigned talks, overs, opens, warnings;
    bool no_socket;
    enum call_end end;
    struct call_media media; /* as at far_open */
    struct net_addr heard_at;
    char rung[512];
    uint8_t next_random;
};

static void world_send(void *arg, struct device *d, const struct sccp_message *m)
{
    struct world *w = arg;

    CHECK(w->count < SENT_MAX, "too many messages");
    w->sent[w->count++] = (struct sent){d, *m};
}

static void world_alarm(void *arg, struct call *c, unsigned ms)
{
    struct world *w = arg;

    w->call = ms ? c : NULL;
    w->alarm_ms = ms;
}

static bool world_far_open(void *arg, struct call *c, struct net_addr *local)
{
    struct world *w = arg;

    w->opens++;
    w->media = c->media;
    *local = (struct net_addr){.family = 4, .ip = {10, 0, 0, 9}, .port = 16384};
    return !w->no_socket;
}

static void world_far_rung(void *arg, struct call *c, const struct device *d)
{
    struct world *w = arg;

    (void)c;
    strncat(w->rung, d->name + strlen("CiscoUM1-VI"), 8);
    strcat(w->rung, " ");
}

static void world_far_talk(void *arg, struct call *c)
{
    struct world *w = arg;

    w->talks++;
    w->heard_at = c->device_addr;
}

static void world_far_over(void *arg, struct call *c, enum call_end end)
{
    struct world *w = arg;

    (void)c;
    w->overs++;
    w->end = end;
}

static void world_random(void *arg, void *out, size_t len)
{
    struct world *w = arg;

    memset(out, ++w->next_random, len);
}

static void world_now(void *arg, struct sccp_time_date_res *out)
{
    (void)arg;
    *out =
        (struct sccp_time_date_res){.year = 2026, .month = 1, .day = 15, .unix_time = 1768435200};
}

static void world_note(void *arg, enum log_level level, enum log_area area, const char *who,
                       const char *text)
{
    struct world *w = arg;

    (void)area;
    (void)who;
    (void)text;
    w->warnings += level <= LOG_WARN;
}

static inline struct world *world_new(enum hunt_algorithm algorithm, unsigned ports)
{
    struct world *w = calloc(1, sizeof *w);
    struct manager_settings s = MANAGER_DEFAULTS;
    const struct manager_edge edge = {{world_send, w}, w,
                                      world_alarm,     world_far_open,
                                      world_far_rung,  world_far_talk,
                                      world_far_over,  world_random,
                                      world_now,       world_note};
    struct err e;

    s.plan.count = ports;
    s.algorithm = algorithm;
    w->sent = calloc(SENT_MAX, sizeof *w->sent);
    w->m = manager_new(&s, &edge, &e);
    CHECK(w->m != NULL, "%s", e.text);
    return w;
}

static inline void world_free(struct world *w)
{
    for (unsigned i = 0; i < w->m->s.plan.count; i++)
        manager_lost(w->m, &w->m->devices[i]);
    manager_free(w->m);
    free(w->sent);
    free(w);
}

static inline void say(struct world *w, struct device *d, struct sccp_message m)
{
    m.version = d->version;
    (void)manager_message(w->m, d, &m);
}

static inline struct device *port(struct world *w, unsigned number)
{
    return &w->m->devices[number - 1];
}

/* Registers the port with version and features and brings it into service. */
static inline void register_port(struct world *w, unsigned number, uint32_t version)
{
    struct sccp_register r = {
        .device_type = 80, .protocol_version = (uint8_t)version, .features = {0x00, 0x70, 0x05}};
    struct sccp_message caps = {.id = SCCP_CAPABILITIES_RES};
    struct device *d = port(w, number);

    snprintf(r.station.name, sizeof r.station.name, "%s", d->name);
    manager_register(w->m, d, &r, LAB_ENCRYPTED);
    caps.capabilities_res.count = 2;
    caps.capabilities_res.caps[0] = (struct sccp_capability){.codec = 4, .max_packet_ms = 40};
    caps.capabilities_res.caps[1] = (struct sccp_capability){.codec = 2, .max_packet_ms = 40};
    say(w, d, caps);
    say(w, d, (struct sccp_message){.id = SCCP_TIME_DATE_REQ});
}

static inline void register_all(struct world *w)
{
    for (unsigned i = 1; i <= w->m->s.plan.count; i++)
        register_port(w, i, 17);
    w->count = 0;
}

/* The last message of that id to that device; NULL: none. */
static inline const struct sccp_message *last(const struct world *w, const struct device *d,
                                              uint32_t id)
{
    for (size_t i = w->count; i > 0; i--)
        if (w->sent[i - 1].to == d && w->sent[i - 1].m.id == id)
            return &w->sent[i - 1].m;
    return NULL;
}

static inline uint32_t last_state(const struct world *w, const struct device *d)
{
    const struct sccp_message *m = last(w, d, SCCP_CALL_STATE);

    return m ? m->call_state.state : UINT32_MAX;
}

static inline struct sccp_message hook(uint32_t id, uint32_t reference)
{
    struct sccp_message m = {.id = id};

    m.off_hook.line = 1;
    m.off_hook.call = reference;
    return m;
}

static inline struct sccp_message channel_ack(const struct device *d, uint32_t status)
{
    struct sccp_message m = {.id = SCCP_OPEN_RECEIVE_CHANNEL_ACK};
    const struct net_addr at = {.family = 4, .ip = {10, 0, 0, 1}};

    m.open_receive_ack = (struct sccp_open_receive_ack){
        .status = status,
        .addr = sccp_addr_of(&at),
        .port = 20000,
        .party = d->leg.party,
        .call = d->leg.reference,
    };
    return m;
}

static inline void dial(struct world *w, struct device *d, const char *digits)
{
    for (; *digits; digits++) {
        struct sccp_message m = {.id = SCCP_KEYPAD_BUTTON};
        CHECK(sccp_digit_to_key(*digits, &m.keypad_button.button), "%c", *digits);
        say(w, d, m);
    }
}

#endif
