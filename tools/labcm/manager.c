#include "tools/labcm/manager.h"

#include "tools/labcm/conversation.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- making it ------------------------------------------------------------------------------- */

static bool make_devices(struct manager *m, struct err *e)
{
    m->devices = calloc(m->s.plan.count ? m->s.plan.count : 1, sizeof *m->devices);
    if (!m->devices)
        return err_set(e, ERR_MEMORY, "%u devices", m->s.plan.count);
    for (unsigned i = 0; i < m->s.plan.count; i++) {
        struct device *d = &m->devices[i];
        int n = snprintf(d->name, sizeof d->name, "%s%u", m->s.prefix, m->s.plan.first + i);
        if (n > SCCP_DEVICE_NAME_MAX)
            return err_set(e, ERR_USAGE,
                           "device name %s%u has %d characters, at most %d are possible",
                           m->s.prefix, m->s.plan.first + i, n, SCCP_DEVICE_NAME_MAX);
        d->index = i;
        plan_port_number(&m->s.plan, i, d->number);
    }
    return true;
}

struct manager *manager_new(const struct manager_settings *s, const struct manager_edge *edge,
                            struct err *e)
{
    struct manager *m = calloc(1, sizeof *m);

    if (!m) {
        err_set(e, ERR_MEMORY, "call manager");
        return NULL;
    }
    m->s = *s;
    m->edge = *edge;
    m->hunt = hunt_new(s->algorithm, s->plan.count, e);
    if (m->hunt && make_devices(m, e))
        return m;
    manager_free(m);
    return NULL;
}

void manager_free(struct manager *m)
{
    if (!m)
        return;
    hunt_free(m->hunt);
    free(m->devices);
    free(m);
}

void manager_note(struct manager *m, enum log_level level, enum log_area area,
                  const struct device *d, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    m->edge.note(m->edge.arg, level, area, d ? d->name : NULL, text);
}

/* ---- devices --------------------------------------------------------------------------------- */

struct device *manager_device(struct manager *m, const char *name)
{
    size_t prefix = strlen(m->s.prefix);
    unsigned long n = 0;

    if (strncmp(name, m->s.prefix, prefix) != 0 || strlen(name) > SCCP_DEVICE_NAME_MAX)
        return NULL;
    for (const char *c = name + prefix; *c; c++) {
        if (*c < '0' || *c > '9')
            return NULL;
        n = n * 10 + (unsigned long)(*c - '0');
    }
    if (n < m->s.plan.first || n - m->s.plan.first >= m->s.plan.count)
        return NULL;
    struct device *d = &m->devices[n - m->s.plan.first];
    return strcmp(d->name, name) == 0 ? d : NULL; /* "VI01" is not VI1 */
}

uint32_t manager_negotiate(const struct manager *m, uint32_t offered)
{
    uint32_t v = offered < m->s.version_max ? offered : m->s.version_max;

    return v > 11 && v < 15 ? 11 : v;
}

void manager_register(struct manager *m, struct device *d, const struct sccp_register *r,
                      enum lab_mode mode)
{
    if (d->state != DEVICE_ABSENT)
        manager_lost(m, d);
    d->state = DEVICE_REGISTERED;
    d->mode = mode;
    d->type = r->device_type;
    d->version = manager_negotiate(m, r->protocol_version);
    d->features = r->features;
    d->cap_count = 0;
    d->registrations++;
    converse_accept(m, d);
}

void manager_lost(struct manager *m, struct device *d)
{
    if (d->state == DEVICE_IN_SERVICE)
        m->in_service--;
    d->state = DEVICE_ABSENT;
    call_device_lost(m, d);
    hunt_set_free(m->hunt, d->index, false);
}

static void enter_service(struct manager *m, struct device *d)
{
    if (d->state == DEVICE_IN_SERVICE)
        return;
    d->state = DEVICE_IN_SERVICE;
    m->in_service++;
    hunt_set_free(m->hunt, d->index, d->leg.state == LEG_NONE);
    manager_note(m, LOG_INFO, LOG_MIU_SKINNY, d, "registered: %s, protocol version %u, number %s",
                 lab_mode_name(d->mode), d->version, d->number);
}

/* ---- what a device says ---------------------------------------------------------------------- */

static bool unregister(struct manager *m, struct device *d)
{
    struct sccp_message a = {.id = SCCP_UNREGISTER_ACK, .version = d->version};
    bool busy =
        d->leg.state == LEG_CONNECTED || fault_on(m->s.faults, FAULT_SCCP_UNREGISTER_NAK, d->name);

    a.unregister_ack.status = busy ? SCCP_UNREGISTER_NAK : SCCP_UNREGISTER_OK;
    m->edge.outlet.send(m->edge.outlet.arg, d, &a);
    if (busy) {
        manager_note(m, LOG_WARN, LOG_MIU_SKINNY, d, "Unregister refused: a call is active");
        return false;
    }
    manager_note(m, LOG_INFO, LOG_MIU_SKINNY, d, "unregistered");
    manager_lost(m, d);
    return true;
}

static void soft_key(struct manager *m, struct device *d, const struct sccp_soft_key_event *k)
{
    switch (k->event) {
    case SCCP_KEY_ANSWER:
        if (d->leg.state == LEG_RINGING)
            call_off_hook(m, d, k->call);
        break;
    case SCCP_KEY_END_CALL:
        call_on_hook(m, d, k->call);
        break;
    case SCCP_KEY_NEW_CALL:
        call_off_hook(m, d, k->call);
        break;
    default:
        manager_note(m, LOG_INFO, LOG_MIU_CALL, d, "soft key %u: not on a voice mail port's line",
                     k->event);
    }
}

static void lamp_notification(struct manager *m, struct device *d,
                              const struct sccp_mwi_notification *n)
{
    struct sccp_message a = {.id = SCCP_MWI_RES, .version = d->version};
    bool ok = manager_set_lamp(m, n->target, n->waiting != 0, d->name);

    memcpy(a.mwi_res.target, n->target, sizeof a.mwi_res.target);
    a.mwi_res.result = ok ? SCCP_MWI_OK : SCCP_MWI_GENERAL_ERROR;
    d->lamps += ok;
    m->edge.outlet.send(m->edge.outlet.arg, d, &a);
}

static void keep_statistics(struct device *d, const struct sccp_statistics_res *s)
{
    d->statistics.sent = s->packets_sent;
    d->statistics.received = s->packets_received;
    d->statistics.lost = s->packets_lost;
}

static void transmission_failed(struct manager *m, struct device *d,
                                const struct sccp_transmit_failure *f)
{
    struct net_addr to = sccp_addr_to(&f->remote, f->remote_port);
    char text[NET_ADDR_TEXT];

    manager_note(m, LOG_WARN, LOG_MIU_IO, d, "MediaTransmissionFailure towards %s",
                 net_addr_text(&to, text));
}

/* Messages that a server may drop (sccp.md 4.10), and those of standby and token handling. */
static bool may_be_dropped(uint32_t id)
{
    switch (id) {
    case SCCP_IP_PORT:
    case SCCP_MEDIA_PORT_LIST:
    case SCCP_ALARM:
    case SCCP_HEADSET_STATUS:
    case SCCP_MEDIA_RESOURCE_NOTIFICATION:
    case SCCP_REGISTER_AVAILABLE_LINES:
    case SCCP_DEVICE_TO_USER_DATA:
    case SCCP_DEVICE_TO_USER_DATA_RESPONSE:
    case SCCP_DEVICE_TO_USER_DATA_V1:
    case SCCP_DEVICE_TO_USER_DATA_RESPONSE_V1:
    case SCCP_SUBSCRIPTION_STAT_REQ:
    case SCCP_MEDIA_PATH_EVENT:
    case SCCP_MEDIA_PATH_CAPABILITY:
    case SCCP_PORT_RES:
    case SCCP_LOCATION_INFO:
    case SCCP_ADD_ON_DEVICE_CAPABILITIES:
    case SCCP_ENHANCED_ALARM:
    case SCCP_SUBSCRIBE_DTMF_PAYLOAD_RES:
    case SCCP_SUBSCRIBE_DTMF_PAYLOAD_ERR:
    case SCCP_UNSUBSCRIBE_DTMF_PAYLOAD_RES:
    case SCCP_UNSUBSCRIBE_DTMF_PAYLOAD_ERR:
        return true;
    default:
        return false;
    }
}

static void not_understood(struct manager *m, struct device *d, uint32_t id)
{
    if (may_be_dropped(id))
        return;
    m->not_understood++;
    manager_note(m, LOG_INFO, LOG_MIU_SKINNY, d, "%s (0x%04X) ignored", sccp_name(id), id);
}

/* A line has one call at a time, so a voice mail port's Stimulus can only be its line key. */
static void stimulus(struct manager *m, struct device *d, const struct sccp_stimulus_msg *s)
{
    if (s->stimulus == SCCP_STIMULUS_LINE)
        call_off_hook(m, d, s->call);
    else
        not_understood(m, d, SCCP_STIMULUS);
}

bool manager_message(struct manager *m, struct device *d, const struct sccp_message *msg)
{
    if (msg->id == SCCP_TIME_DATE_REQ)
        enter_service(m, d);
    if (converse(m, d, msg))
        return false;
    switch (msg->id) {
    case SCCP_UNREGISTER:
        return unregister(m, d);
    case SCCP_CAPABILITIES_RES:
    case SCCP_UPDATE_CAPABILITIES:
    case SCCP_UPDATE_CAPABILITIES_V2:
    case SCCP_UPDATE_CAPABILITIES_V3:
        converse_capabilities(d, msg);
        break;
    case SCCP_OFF_HOOK:
        call_off_hook(m, d, msg->off_hook.call);
        break;
    case SCCP_ON_HOOK:
        call_on_hook(m, d, msg->on_hook.call);
        break;
    case SCCP_OFF_HOOK_WITH_CGPN:
        call_off_hook_as(m, d, &msg->off_hook_with_cgpn);
        break;
    case SCCP_KEYPAD_BUTTON:
        call_digit(m, d, &msg->keypad_button);
        break;
    case SCCP_ENBLOC_CALL:
        call_enbloc(m, d, msg->enbloc_call.called_party);
        break;
    case SCCP_SOFT_KEY_EVENT:
        soft_key(m, d, &msg->soft_key_event);
        break;
    case SCCP_STIMULUS:
        stimulus(m, d, &msg->stimulus);
        break;
    case SCCP_OPEN_RECEIVE_CHANNEL_ACK:
        call_channel_open(m, d, &msg->open_receive_ack);
        break;
    case SCCP_START_MEDIA_TRANSMISSION_ACK:
        call_sending(m, d, &msg->start_transmit_ack);
        break;
    case SCCP_MEDIA_TRANSMISSION_FAILURE:
        transmission_failed(m, d, &msg->transmit_failure);
        break;
    case SCCP_CONNECTION_STATISTICS_RES:
        keep_statistics(d, &msg->statistics_res);
        break;
    case SCCP_MWI_NOTIFICATION:
        lamp_notification(m, d, &msg->mwi_notification);
        break;
    default:
        not_understood(m, d, msg->id);
    }
    return false;
}

/* ---- lamps ----------------------------------------------------------------------------------- */

bool manager_set_lamp(struct manager *m, const char *number, bool on, const char *by)
{
    struct sccp_time_date_res now;
    unsigned index;

    if (!plan_phone(number, &index))
        return false;
    struct lamp *l = &m->phones[index].lamp;
    m->edge.now(m->edge.arg, &now);
    l->on = on;
    l->ever_set = true;
    l->when = now.unix_time;
    l->changes++;
    snprintf(l->by, sizeof l->by, "%s", by);
    m->lamps_set++;
    manager_note(m, LOG_INFO, LOG_NOTIFIER, manager_device(m, by), "message lamp of %s %s", number,
                 on ? "on" : "off");
    return true;
}
