/* The scripted call manager of the bench: what it can say, and what it answers. */
#include "port_rig_parts.h"

#include <string.h>

/* ---- messages ----------------------------------------------------------------------------- */

struct sccp_message say_id(uint32_t id)
{
    return (struct sccp_message){.id = id};
}

struct sccp_message say_call_state(uint32_t state, uint32_t call)
{
    struct sccp_message m = {.id = SCCP_CALL_STATE};

    m.call_state.state = state;
    m.call_state.line = 1;
    m.call_state.call = call;
    return m;
}

struct sccp_message say_call_info(uint32_t call, const char *caller, const char *called,
                                  const char *redirecting, uint32_t reason)
{
    struct sccp_message m = {.id = SCCP_CALL_INFO};
    struct sccp_call_info *i = &m.call_info;

    i->line = 1;
    i->call = call;
    i->type = SCCP_CALL_TYPE_INBOUND;
    strcpy(i->calling_party, caller);
    strcpy(i->called_party, called);
    strcpy(i->original_called_party, redirecting);
    strcpy(i->last_redirecting_party, redirecting);
    i->original_called_reason = reason;
    return m;
}

static void put_key(const struct rig *r, struct sccp_srtp *s, uint8_t fill)
{
    if (!r->cm.encrypted)
        return;
    s->algorithm = SCCP_SRTP_AES_CM_128_HMAC_SHA1_32;
    s->key_len = 16;
    s->salt_len = 14;
    memset(s->key, fill, 16);
    memset(s->salt, fill + 1, 14);
}

struct sccp_message say_open_receive(const struct rig *r, uint32_t call, uint32_t party)
{
    struct sccp_message m = {.id = SCCP_OPEN_RECEIVE_CHANNEL};
    struct sccp_open_receive *o = &m.open_receive;

    o->conference = o->call = call;
    o->party = party;
    o->packet_ms = 20;
    o->codec = SCCP_CODEC_G711U;
    o->dtmf_payload = 101;
    put_key(r, &o->srtp, 0x10);
    return m;
}

struct sccp_message say_start_transmit(const struct rig *r, uint32_t call, uint32_t party)
{
    struct sccp_message m = {.id = SCCP_START_MEDIA_TRANSMISSION};
    struct sccp_start_transmit *s = &m.start_transmit;
    struct net_addr far;

    s->conference = s->call = call;
    s->party = party;
    if (net_addr_parse(&far, "10.0.0.9:16384", 0)) {
        s->remote = sccp_addr_of(&far);
        s->remote_port = far.port;
    }
    s->packet_ms = 20;
    s->codec = SCCP_CODEC_G711U;
    s->precedence = SCCP_TOS_EF;
    put_key(r, &s->srtp, 0x80);
    return m;
}

struct sccp_message say_close(uint32_t id, uint32_t call, uint32_t party)
{
    struct sccp_message m = {.id = id};

    m.close_receive = (struct sccp_close_receive){.conference = call, .party = party, .call = call};
    return m;
}

struct sccp_message say_tone(uint32_t tone, uint32_t call)
{
    struct sccp_message m = {.id = SCCP_START_TONE};

    m.start_tone = (struct sccp_start_tone){.tone = tone, .line = 1, .call = call};
    return m;
}

/* ---- the call manager --------------------------------------------------------------------- */

void rig_will_say(struct rig *r, struct sccp_message m)
{
    if (r->inbox_count < RIG_INBOX_MAX)
        r->inbox[r->inbox_count++] = m;
}

static void on_register(struct rig *r, const struct sccp_register *reg)
{
    struct sccp_message ack = {.id = SCCP_REGISTER_ACK};
    struct sccp_message no = {.id = SCCP_REGISTER_REJECT};

    if (r->cm.rejects) {
        strcpy(no.register_reject.text, "Device Unknown");
        rig_will_say(r, no);
        return;
    }
    ack.register_ack.keepalive_s = ack.register_ack.secondary_keepalive_s = r->cm.keepalive_s;
    strcpy(ack.register_ack.date_template, "M/D/Y");
    ack.register_ack.protocol_version =
        (uint8_t)(reg->protocol_version < r->cm.version ? reg->protocol_version : r->cm.version);
    if (r->cm.answers_version)
        ack.register_ack.protocol_version = r->cm.answers_version;
    rig_will_say(r, ack);
    if (!r->cm.no_capabilities_req)
        rig_will_say(r, say_id(SCCP_CAPABILITIES_REQ));
}

static void on_line_req(struct rig *r)
{
    struct sccp_message m = {.id = r->port.version >= 17 ? SCCP_LINE_STAT_V2_RES
                                                         : SCCP_LINE_STAT_RES};

    m.line_stat_res.line = 1;
    strcpy(m.line_stat_res.number, "999001");
    rig_will_say(r, m);
}

static void on_off_hook(struct rig *r, uint32_t call)
{
    if (call == 0) { /* a new call */
        r->cm.call = ++r->cm.next_call;
        r->cm.digits[0] = '\0';
        rig_will_say(r, say_call_state(SCCP_CALL_OFF_HOOK, r->cm.call));
        rig_will_say(r, say_tone(SCCP_TONE_INSIDE_DIAL, r->cm.call));
        return;
    }
    if (call != r->cm.call) {
        if (!r->cm.confused)
            rig_broke(r, "a call was answered that does not ring");
        return;
    }
    rig_will_say(r, say_call_state(SCCP_CALL_OFF_HOOK, call));
    rig_will_say(r, say_open_receive(r, call, r->cm.party));
    if (r->cm.smt_early)
        rig_will_say(r, say_start_transmit(r, call, r->cm.party));
    rig_will_say(r, say_call_state(SCCP_CALL_CONNECTED, call));
}

static struct sccp_message unregister_ack(bool refused)
{
    struct sccp_message m = {.id = SCCP_UNREGISTER_ACK};

    m.unregister_ack.status = refused ? SCCP_UNREGISTER_NAK : SCCP_UNREGISTER_OK;
    return m;
}

static void on_receive_ack(struct rig *r, const struct sccp_open_receive_ack *a)
{
    if (a->status == SCCP_MEDIA_OK && !r->cm.smt_early && !r->cm.smt_never)
        rig_will_say(r, say_start_transmit(r, r->cm.call, r->cm.party));
}

static void on_dialled(struct rig *r)
{
    const uint32_t call = r->cm.call;
    const struct mwi_settings *m = &r->group.mwi;

    if (strncmp(r->cm.digits, m->on_code, strlen(m->on_code)) != 0 &&
        strncmp(r->cm.digits, m->off_code, strlen(m->off_code)) != 0)
        return;
    rig_will_say(r, say_call_state(SCCP_CALL_PROCEED, call));
    if (r->cm.clears_after_proceed)
        rig_will_say(r, say_call_state(SCCP_CALL_ON_HOOK, call));
    else
        rig_will_say(r, say_tone(r->cm.lamp_tone ? r->cm.lamp_tone : SCCP_TONE_CONFIRMATION, call));
}

static void on_key(struct rig *r, const struct sccp_keypad_button *k)
{
    const size_t n = strlen(r->cm.digits);

    if (n + 1 < sizeof r->cm.digits) {
        r->cm.digits[n] = (char)('0' + k->button);
        r->cm.digits[n + 1] = '\0';
    }
    on_dialled(r);
}

static void on_hook(struct rig *r, uint32_t call)
{
    if (call == 0 || call != r->cm.call)
        return;
    rig_will_say(r, say_close(SCCP_CLOSE_RECEIVE_CHANNEL, call, r->cm.party));
    rig_will_say(r, say_close(SCCP_STOP_MEDIA_TRANSMISSION, call, r->cm.party));
    rig_will_say(r, say_call_state(SCCP_CALL_ON_HOOK, call));
    r->cm.call = 0;
}

void rig_heed(struct rig *r, const struct sccp_message *m)
{
    switch (m->id) {
    case SCCP_REGISTER:
        on_register(r, &m->register_req);
        break;
    case SCCP_KEEP_ALIVE:
        if (!r->cm.no_keepalive_ack)
            rig_will_say(r, say_id(SCCP_KEEP_ALIVE_ACK));
        break;
    case SCCP_BUTTON_TEMPLATE_REQ:
        rig_will_say(r, say_id(SCCP_BUTTON_TEMPLATE_RES));
        break;
    case SCCP_SOFT_KEY_TEMPLATE_REQ:
    case SCCP_SOFT_KEY_SET_REQ:
        if (!r->cm.no_soft_keys)
            rig_will_say(r, say_id(m->id == SCCP_SOFT_KEY_SET_REQ ? SCCP_SOFT_KEY_SET_RES
                                                                  : SCCP_SOFT_KEY_TEMPLATE_RES));
        break;
    case SCCP_CONFIG_STAT_REQ:
        rig_will_say(r, say_id(SCCP_CONFIG_STAT_RES));
        break;
    case SCCP_LINE_STAT_REQ:
        on_line_req(r);
        break;
    case SCCP_FORWARD_STAT_REQ:
        rig_will_say(r, say_id(SCCP_FORWARD_STAT_RES));
        break;
    case SCCP_TIME_DATE_REQ:
        rig_will_say(r, say_id(SCCP_TIME_DATE_RES));
        break;
    case SCCP_UNREGISTER:
        if (!r->cm.no_unregister_ack)
            rig_will_say(r, unregister_ack(r->cm.refuses_unregister));
        break;
    case SCCP_OFF_HOOK:
        on_off_hook(r, m->off_hook.call);
        break;
    case SCCP_OFF_HOOK_WITH_CGPN:
        if (!r->cm.ignores_cgpn)
            on_off_hook(r, 0);
        break;
    case SCCP_KEYPAD_BUTTON:
        on_key(r, &m->keypad_button);
        break;
    case SCCP_ENBLOC_CALL:
        strcpy(r->cm.digits, m->enbloc_call.called_party);
        on_dialled(r);
        break;
    case SCCP_OPEN_RECEIVE_CHANNEL_ACK:
        on_receive_ack(r, &m->open_receive_ack);
        break;
    case SCCP_ON_HOOK:
        on_hook(r, m->on_hook.call);
        break;
    default:
        break;
    }
}
