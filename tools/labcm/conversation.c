#include "tools/labcm/conversation.h"

#include <stdio.h>
#include <string.h>

static struct sccp_message of(const struct device *d, uint32_t id)
{
    return (struct sccp_message){.id = id, .version = d->version};
}

static void send(struct manager *m, struct device *d, const struct sccp_message *a)
{
    m->edge.outlet.send(m->edge.outlet.arg, d, a);
}

static void send_bare(struct manager *m, struct device *d, uint32_t id)
{
    struct sccp_message a = of(d, id);

    send(m, d, &a);
}

/* ---- registration ---------------------------------------------------------------------------- */

/* As seen from call managers (sccp.md 2.3): nothing below version 5, one bit more from 11 on. */
static struct sccp_features our_features(uint32_t version)
{
    if (version < 5)
        return (struct sccp_features){0, 0, 0};
    return (struct sccp_features){0x20, 0xF1, version < 11 ? 0xFE : 0xFF};
}

void converse_accept(struct manager *m, struct device *d)
{
    struct sccp_message a = of(d, SCCP_REGISTER_ACK);

    a.register_ack.keepalive_s = m->s.keepalive_s;
    a.register_ack.secondary_keepalive_s = m->s.standby_s;
    a.register_ack.protocol_version = (uint8_t)d->version;
    a.register_ack.features = our_features(d->version);
    memcpy(a.register_ack.date_template, "M/D/Y", 6);
    send(m, d, &a);
    send_bare(m, d, SCCP_CAPABILITIES_REQ);
}

void converse_capabilities(struct device *d, const struct sccp_message *q)
{
    bool plain = q->id == SCCP_CAPABILITIES_RES;
    uint32_t count = plain ? q->capabilities_res.count : q->update_capabilities.audio_count;

    d->cap_count = count < SCCP_CAPS_MAX ? count : SCCP_CAPS_MAX;
    memcpy(d->caps, plain ? q->capabilities_res.caps : q->update_capabilities.audio,
           sizeof d->caps);
}

/* ---- templates ------------------------------------------------------------------------------- */

static void button_template(struct manager *m, struct device *d)
{
    struct sccp_message a = of(d, SCCP_BUTTON_TEMPLATE_RES);

    a.button_template_res.count = a.button_template_res.total = 1;
    a.button_template_res.buttons[0].instance = 1;
    a.button_template_res.buttons[0].type = SCCP_BUTTON_LINE;
    for (size_t i = 1; i < SCCP_BUTTONS_MAX; i++) /* CallManager fills all 42 entries */
        a.button_template_res.buttons[i].type = SCCP_BUTTON_UNDEFINED;
    send(m, d, &a);
}

/* CallManager 4.1's template: positions count from 1, events above 18 are its own. */
static const struct {
    const char *label;
    uint32_t event;
} soft_keys[] = {
    {"Redial", 1}, {"NewCall", 2},  {"Hold", 3},    {"Trnsfer", 4},   {"CFwdAll", 5},
    {"<<", 8},     {"EndCall", 9},  {"Resume", 10}, {"Answer", 11},   {"Confrn", 13},
    {"Park", 14},  {"Join", 15},    {"MeetMe", 16}, {"PickUp", 17},   {"GPickUp", 18},
    {"Barge", 21}, {"DirTrfr", 28}, {"Select", 29}, {"ConfList", 30}, {"VidMode", 33},
};
#define SOFT_KEYS (sizeof soft_keys / sizeof soft_keys[0])

static const uint8_t soft_key_sets[][SCCP_KEYS_PER_SET] = {
    {1, 2, 5},                             /* on hook */
    {3, 7, 4, 11, 10, 19, 18, 12, 17, 20}, /* connected */
    {8, 2, 17, 18, 12},                    /* on hold */
    {9},                                   /* ring in */
    {1, 7, 5, 14, 15, 13},                 /* off hook */
    {0, 7, 4},                             /* connected with transfer */
    {6, 7},                                /* digits following */
    {0, 7, 10},                            /* connected with conference */
    {0, 7},                                /* ring out */
    {1, 7},                                /* off hook with features */
    {0},                                   /* in use remotely */
};
#define SOFT_KEY_SETS (sizeof soft_key_sets / sizeof soft_key_sets[0])

static void soft_key_template(struct manager *m, struct device *d)
{
    struct sccp_message a = of(d, SCCP_SOFT_KEY_TEMPLATE_RES);
    struct sccp_soft_key_template_res *t = &a.soft_key_template_res;

    t->count = t->total = SOFT_KEYS;
    for (size_t i = 0; i < SOFT_KEYS; i++) {
        snprintf(t->keys[i].label, sizeof t->keys[i].label, "%s", soft_keys[i].label);
        t->keys[i].event = soft_keys[i].event;
    }
    send(m, d, &a);
}

static void soft_key_set(struct manager *m, struct device *d)
{
    struct sccp_message a = of(d, SCCP_SOFT_KEY_SET_RES);
    struct sccp_soft_key_set_res *s = &a.soft_key_set_res;

    s->count = s->total = SOFT_KEY_SETS;
    for (size_t i = 0; i < SOFT_KEY_SETS; i++)
        for (size_t k = 0; k < SCCP_KEYS_PER_SET; k++) {
            uint8_t position = soft_key_sets[i][k];
            s->sets[i].position[k] = position;
            if (position)
                s->sets[i].info[k] = (uint16_t)(300 + soft_keys[position - 1].event);
        }
    send(m, d, &a);
    a = of(d, SCCP_SELECT_SOFT_KEYS);
    a.select_soft_keys.set = SCCP_KEY_SET_ON_HOOK;
    a.select_soft_keys.valid_mask = 0xFFFFFFFF;
    send(m, d, &a);
}

/* ---- the line and what belongs to it --------------------------------------------------------- */

static void config_stat(struct manager *m, struct device *d)
{
    struct sccp_message a =
        of(d, device_is_dynamic(d) ? SCCP_CONFIG_STAT_V2_RES : SCCP_CONFIG_STAT_RES);
    struct sccp_config_stat_res *c = &a.config_stat_res;

    memcpy(c->station.name, d->name, sizeof c->station.name);
    snprintf(c->server_name, sizeof c->server_name, "%s", m->s.server_name);
    c->lines = 1;
    send(m, d, &a);
}

static void line_stat(struct manager *m, struct device *d, uint32_t line)
{
    struct sccp_message a =
        of(d, device_is_dynamic(d) ? SCCP_LINE_STAT_V2_RES : SCCP_LINE_STAT_RES);
    struct sccp_line_stat_res *l = &a.line_stat_res;

    l->line = line;
    if (line == 1) { /* other lines are not configured */
        snprintf(l->number, sizeof l->number, "%s", d->number);
        snprintf(l->display_name, sizeof l->display_name, "Voicemail");
        snprintf(l->label, sizeof l->label, "%s", d->number);
        l->options = SCCP_LINE_OPTIONS_USUAL;
    }
    send(m, d, &a);
}

static void forward_stat(struct manager *m, struct device *d, uint32_t line)
{
    struct sccp_message a = of(d, SCCP_FORWARD_STAT_RES);

    a.forward_stat_res.line = line;
    send(m, d, &a);
}

static void speed_dial_stat(struct manager *m, struct device *d, uint32_t index)
{
    struct sccp_message a =
        of(d, device_is_dynamic(d) ? SCCP_SPEED_DIAL_STAT_V2_RES : SCCP_SPEED_DIAL_STAT_RES);

    a.speed_dial_stat_res.index = index;
    send(m, d, &a);
}

static void feature_stat(struct manager *m, struct device *d, uint32_t index)
{
    struct sccp_message a =
        of(d, device_is_dynamic(d) ? SCCP_FEATURE_STAT_V2_RES : SCCP_FEATURE_STAT_RES);

    a.feature_stat_res.index = index;
    send(m, d, &a);
}

static void service_url_stat(struct manager *m, struct device *d, uint32_t index)
{
    struct sccp_message a =
        of(d, device_is_dynamic(d) ? SCCP_SERVICE_URL_STAT_V2_RES : SCCP_SERVICE_URL_STAT_RES);

    a.service_url_stat_res.index = index;
    send(m, d, &a);
}

/* ---- the server and the time ----------------------------------------------------------------- */

static void servers(struct manager *m, struct device *d)
{
    struct sccp_message a = of(d, SCCP_SERVER_RES);

    snprintf(a.server_res.servers[0].name, sizeof a.server_res.servers[0].name, "%s",
             m->s.server_name);
    a.server_res.servers[0].port = m->s.port;
    a.server_res.servers[0].addr = sccp_addr_of(&m->s.address);
    send(m, d, &a);
}

static void time_date(struct manager *m, struct device *d)
{
    struct sccp_message a = of(d, SCCP_TIME_DATE_RES);

    m->edge.now(m->edge.arg, &a.time_date_res);
    send(m, d, &a);
}

bool converse(struct manager *m, struct device *d, const struct sccp_message *q)
{
    switch (q->id) {
    case SCCP_KEEP_ALIVE:
        send_bare(m, d, SCCP_KEEP_ALIVE_ACK);
        return true;
    case SCCP_BUTTON_TEMPLATE_REQ:
        button_template(m, d);
        return true;
    case SCCP_SOFT_KEY_TEMPLATE_REQ:
        soft_key_template(m, d);
        return true;
    case SCCP_SOFT_KEY_SET_REQ:
        soft_key_set(m, d);
        return true;
    case SCCP_CONFIG_STAT_REQ:
        config_stat(m, d);
        return true;
    case SCCP_LINE_STAT_REQ:
        line_stat(m, d, q->line_stat_req.line);
        return true;
    case SCCP_FORWARD_STAT_REQ:
        forward_stat(m, d, q->forward_stat_req.line);
        return true;
    case SCCP_SPEED_DIAL_STAT_REQ:
        speed_dial_stat(m, d, q->speed_dial_stat_req.index);
        return true;
    case SCCP_FEATURE_STAT_REQ:
        feature_stat(m, d, q->feature_stat_req.index);
        return true;
    case SCCP_SERVICE_URL_STAT_REQ:
        service_url_stat(m, d, q->service_url_stat_req.index);
        return true;
    case SCCP_VERSION_REQ: /* a port runs no load of ours: the field stays empty */
        send_bare(m, d, SCCP_VERSION_RES);
        return true;
    case SCCP_SERVER_REQ:
        servers(m, d);
        return true;
    case SCCP_TIME_DATE_REQ:
        time_date(m, d);
        return true;
    default:
        return false;
    }
}
