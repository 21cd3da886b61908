/* The port's actions as SCCP messages. */
#include "ports/translate.h"

#include "base/wire.h"

#include <string.h>

#define ONLY_LINE 1u /* a voicemail port has one (sccp.md 3.2) */

static uint32_t line_of(const struct port_ids *ids)
{
    return ids->line ? ids->line : ONLY_LINE;
}

static void put_register(const struct port *p, const char *name, struct sccp_register *r)
{
    const struct group_settings *g = p->group;

    memcpy(r->station.name, name, strnlen(name, sizeof r->station.name - 1));
    if (p->local.family == 4)
        memcpy(r->ip, p->local.ip, sizeof r->ip);
    else
        memcpy(r->ipv6, p->local.ip, sizeof r->ipv6);
    r->device_type = g->device_type;
    r->max_streams = 1;
    r->max_lines = 1;
    r->protocol_version = (uint8_t)g->protocol_version;
    r->features = (struct sccp_features){g->features[0], g->features[1], g->features[2]};
    memcpy(r->firmware, g->load_name, strnlen(g->load_name, sizeof r->firmware - 1));
}

/* sixteen bytes and a zero word, in the place of a type and sixteen bytes */
static struct sccp_addr plain_addr(const struct net_addr *a)
{
    struct sccp_addr out = {0};
    struct wire_reader r = wire_read_from(a->ip, 4);

    out.type = wire_u32le(&r);
    memcpy(out.ip, a->ip + 4, 12);
    return out;
}

static void put_token(const struct port *p, const char *name, struct sccp_register_token_req *r)
{
    const struct net_addr *local = &p->second.local;
    const bool plain = p->group->token_form == TOKEN_PLAIN;

    memcpy(r->station.name, name, strnlen(name, sizeof r->station.name - 1));
    if (local->family == 4)
        memcpy(r->ip, local->ip, sizeof r->ip);
    else
        r->ipv6 = plain ? plain_addr(local) : sccp_addr_of(local);
    r->device_type = p->group->device_type;
}

/* What the media engine speaks, in the order we like. Phones name 40 ms for G.711; we take up
 * to 60. Telephone events have 1, as with real devices (4.3). */
static void put_capabilities(const struct port *p, struct sccp_capabilities_res *c)
{
    c->caps[c->count++] = (struct sccp_capability){.codec = SCCP_CODEC_G711U, .max_packet_ms = 60};
    c->caps[c->count++] = (struct sccp_capability){.codec = SCCP_CODEC_G711A, .max_packet_ms = 60};
    if (p->group->features[2] & SCCP_F2_RFC2833)
        c->caps[c->count++] =
            (struct sccp_capability){.codec = SCCP_CODEC_RFC2833, .max_packet_ms = 1};
}

/* The requests of 7.1, each with its message; the last one goes behind the number of lines. */
static bool put_step(enum port_step step, size_t nth, struct sccp_message *m)
{
    static const uint32_t ids[STEPS] = {
        [STEP_BUTTONS] = SCCP_BUTTON_TEMPLATE_REQ,
        [STEP_SOFT_KEYS] = SCCP_SOFT_KEY_TEMPLATE_REQ,
        [STEP_SOFT_KEY_SETS] = SCCP_SOFT_KEY_SET_REQ,
        [STEP_CONFIG] = SCCP_CONFIG_STAT_REQ,
        [STEP_LINE] = SCCP_LINE_STAT_REQ,
        [STEP_FORWARD] = SCCP_FORWARD_STAT_REQ,
        [STEP_TIME] = SCCP_TIME_DATE_REQ,
    };
    const size_t messages = step == STEP_TIME ? 2 : 1;

    if (step >= STEPS || nth >= messages)
        return false;
    m->id = ids[step];
    if (step == STEP_LINE || step == STEP_FORWARD)
        m->line_stat_req.line = ONLY_LINE;
    if (step == STEP_TIME && nth == 0) {
        m->id = SCCP_REGISTER_AVAILABLE_LINES;
        m->register_available_lines.count = 1;
    }
    return true;
}

static void put_off_hook_as(const struct port *p, const char *subscriber,
                            struct sccp_off_hook_with_cgpn *o)
{
    const size_t n = strnlen(subscriber, sizeof o->calling_party - 1);

    memcpy(o->calling_party, subscriber, n);
    if (p->group->mwi.mailbox == MWI_MAILBOX_EXTENSION)
        memcpy(o->voice_mailbox, subscriber, n);
    o->line = ONLY_LINE;
}

static bool put_dial(const struct port *p, const struct port_action *a, size_t nth,
                     struct sccp_message *m)
{
    if (p->group->mwi.dialling == MWI_DIAL_ENBLOC) {
        m->id = SCCP_ENBLOC_CALL;
        memcpy(m->enbloc_call.called_party, a->text,
               strnlen(a->text, sizeof m->enbloc_call.called_party - 1));
        m->enbloc_call.line = line_of(&a->ids);
        return nth == 0;
    }
    if (nth >= strnlen(a->text, sizeof a->text) ||
        !sccp_digit_to_key(a->text[nth], &m->keypad_button.button))
        return false;
    m->id = SCCP_KEYPAD_BUTTON;
    m->keypad_button.line = line_of(&a->ids);
    m->keypad_button.call = a->ids.call;
    return true;
}

static void put_receive_ack(const struct port_action *a, struct sccp_open_receive_ack *r)
{
    r->status = a->value;
    r->addr = sccp_addr_of(&a->addr);
    r->port = a->addr.port;
    r->party = a->ids.party;
    r->call = a->ids.call;
}

static void put_send_ack(const struct port_action *a, struct sccp_start_transmit_ack *r)
{
    r->conference = a->ids.conference;
    r->party = a->ids.party;
    r->call = a->ids.call;
    r->addr = sccp_addr_of(&a->addr);
    r->port = a->addr.port;
    r->status = a->value;
}

static void put_send_failed(const struct port_action *a, struct sccp_transmit_failure *r)
{
    r->conference = a->ids.conference;
    r->party = a->ids.party;
    r->remote = sccp_addr_of(&a->addr);
    r->remote_port = a->addr.port;
    r->call = a->ids.call;
}

static void put_port(const struct port_action *a, struct sccp_port_res *r)
{
    r->conference = a->ids.conference;
    r->call = a->ids.call;
    r->party = a->ids.party;
    r->addr = sccp_addr_of(&a->addr);
    r->port = a->addr.port;
    r->rtcp_port = a->addr.port + 1u;
    r->media_type = SCCP_MEDIA_TYPE_AUDIO;
}

static uint32_t low(uint64_t n)
{
    return (uint32_t)(n & UINT32_MAX);
}

static void put_statistics(const struct port *p, const struct port_action *a,
                           struct sccp_statistics_res *r)
{
    const struct media_counts *c = &a->counts;

    memcpy(r->number, p->statistics.number, sizeof r->number - 1);
    r->call = a->ids.call;
    r->mode = p->statistics.mode;
    r->packets_sent = low(c->sent);
    r->octets_sent = low(c->sent_octets);
    r->packets_received = low(c->received);
    r->octets_received = low(c->received_octets);
    r->packets_lost = low(c->lost);
    r->latency_ms = c->round_trip_ms / 2; /* 0 without RTCP */
    r->jitter = c->jitter / 8; /* ms of 8 kHz, as CUCM's call management records have it */
}

static void put_subscribed(const struct port_action *a, struct sccp_dtmf_payload *r)
{
    r->payload = a->value;
    r->conference = a->ids.conference;
    r->party = a->ids.party;
}

static uint32_t id_of(enum port_action_kind k)
{
    switch ((int)k) {
    case SAY_REGISTER:
        return SCCP_REGISTER;
    case SAY_CAPABILITIES:
        return SCCP_CAPABILITIES_RES;
    case SAY_UNREGISTER:
        return SCCP_UNREGISTER;
    case SAY_TOKEN_REQ:
        return SCCP_REGISTER_TOKEN_REQ;
    case SAY_OFF_HOOK:
        return SCCP_OFF_HOOK;
    case SAY_OFF_HOOK_AS:
        return SCCP_OFF_HOOK_WITH_CGPN;
    case SAY_ON_HOOK:
        return SCCP_ON_HOOK;
    case SAY_RECEIVE_ACK:
        return SCCP_OPEN_RECEIVE_CHANNEL_ACK;
    case SAY_SEND_ACK:
        return SCCP_START_MEDIA_TRANSMISSION_ACK;
    case SAY_SEND_FAILED:
        return SCCP_MEDIA_TRANSMISSION_FAILURE;
    case SAY_PORT:
        return SCCP_PORT_RES;
    case SAY_STATISTICS:
        return SCCP_CONNECTION_STATISTICS_RES;
    case SAY_SUBSCRIBED:
        return SCCP_SUBSCRIBE_DTMF_PAYLOAD_RES;
    case SAY_NOT_SUBSCRIBED:
        return SCCP_SUBSCRIBE_DTMF_PAYLOAD_ERR;
    case SAY_UNSUBSCRIBED:
        return SCCP_UNSUBSCRIBE_DTMF_PAYLOAD_RES;
    default:
        return SCCP_KEEP_ALIVE;
    }
}

static void put_fields(const struct port *p, const char *name, const struct port_action *a,
                       struct sccp_message *m)
{
    switch ((int)a->kind) {
    case SAY_REGISTER:
        put_register(p, name, &m->register_req);
        break;
    case SAY_TOKEN_REQ:
        put_token(p, name, &m->register_token_req);
        break;
    case SAY_CAPABILITIES:
        put_capabilities(p, &m->capabilities_res);
        break;
    case SAY_OFF_HOOK:
    case SAY_ON_HOOK:
        m->off_hook = (struct sccp_line_call){a->ids.call ? line_of(&a->ids) : 0, a->ids.call};
        break;
    case SAY_OFF_HOOK_AS:
        put_off_hook_as(p, a->text, &m->off_hook_with_cgpn);
        break;
    case SAY_RECEIVE_ACK:
        put_receive_ack(a, &m->open_receive_ack);
        break;
    case SAY_SEND_ACK:
        put_send_ack(a, &m->start_transmit_ack);
        break;
    case SAY_SEND_FAILED:
        put_send_failed(a, &m->transmit_failure);
        break;
    case SAY_PORT:
        put_port(a, &m->port_res);
        break;
    case SAY_STATISTICS:
        put_statistics(p, a, &m->statistics_res);
        break;
    case SAY_SUBSCRIBED:
    case SAY_NOT_SUBSCRIBED:
    case SAY_UNSUBSCRIBED:
        put_subscribed(a, &m->dtmf_payload);
        break;
    default:
        break; /* no body, or nothing in it */
    }
}

#define TYPED_SINCE 17u /* the first version of an address with its type */

/* Nothing is negotiated on a second line: RegisterTokenReq is as the version that will be offered
 * there lays it out. */
static uint32_t version_of(const struct port *p, enum port_action_kind kind)
{
    const uint32_t offered = p->group->protocol_version;

    if (kind == SAY_SECOND_KEEPALIVE)
        return 0;
    if (kind != SAY_TOKEN_REQ)
        return p->version;
    return p->group->token_form == TOKEN_PLAIN && offered < TYPED_SINCE ? TYPED_SINCE : offered;
}

bool translate_out(const struct port *p, const char *name, const struct port_action *a, size_t nth,
                   struct sccp_message *out)
{
    if (a->kind > SAY_UNSUBSCRIBED)
        return false;
    memset(out, 0, sizeof *out);
    out->version = version_of(p, a->kind);
    if (a->kind == SAY_STEP)
        return put_step((enum port_step)a->value, nth, out);
    if (a->kind == SAY_DIAL)
        return put_dial(p, a, nth, out);
    out->id = id_of(a->kind);
    put_fields(p, name, a, out);
    return nth == 0;
}
