#include "manager.h"

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

static void put_key(const struct manager *cm, struct sccp_srtp *s, uint8_t fill)
{
    if (!cm->encrypted)
        return;
    s->algorithm = SCCP_SRTP_AES_CM_128_HMAC_SHA1_32;
    s->key_len = 16;
    s->salt_len = 14;
    memset(s->key, fill, 16);
    memset(s->salt, fill + 1, 14);
}

struct sccp_message manager_open_receive(const struct manager *cm, uint32_t call, uint32_t party)
{
    struct sccp_message m = {.id = SCCP_OPEN_RECEIVE_CHANNEL};
    struct sccp_open_receive *o = &m.open_receive;

    o->conference = o->call = call;
    o->party = party;
    o->packet_ms = 20;
    o->codec = SCCP_CODEC_G711U;
    o->dtmf_payload = 101;
    put_key(cm, &o->srtp, 0x10);
    return m;
}

struct sccp_message manager_start_transmit(const struct manager *cm, uint32_t call, uint32_t party)
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
    put_key(cm, &s->srtp, 0x80);
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

static void will_say(struct manager *cm, struct sccp_message m)
{
    cm->say(cm->arg, &m);
}

static void on_register(struct manager *cm, const struct sccp_register *reg)
{
    struct sccp_message ack = {.id = SCCP_REGISTER_ACK};
    struct sccp_message no = {.id = SCCP_REGISTER_REJECT};

    if (cm->rejects) {
        strcpy(no.register_reject.text, "Device Unknown");
        will_say(cm, no);
        return;
    }
    ack.register_ack.keepalive_s = ack.register_ack.secondary_keepalive_s = cm->keepalive_s;
    strcpy(ack.register_ack.date_template, "M/D/Y");
    ack.register_ack.protocol_version =
        (uint8_t)(reg->protocol_version < cm->version ? reg->protocol_version : cm->version);
    if (cm->answers_version)
        ack.register_ack.protocol_version = cm->answers_version;
    cm->agreed = ack.register_ack.protocol_version < reg->protocol_version
                     ? ack.register_ack.protocol_version
                     : reg->protocol_version;
    memcpy(cm->name, reg->station.name, sizeof cm->name);
    will_say(cm, ack);
    if (!cm->no_capabilities_req)
        will_say(cm, say_id(SCCP_CAPABILITIES_REQ));
}

static void on_token(struct manager *cm)
{
    struct sccp_message no = {.id = SCCP_REGISTER_TOKEN_REJECT};

    no.register_token_reject.wait_s = cm->token_wait_s;
    will_say(cm, cm->token_wait_s ? no : say_id(SCCP_REGISTER_TOKEN_ACK));
}

static void on_line_req(struct manager *cm)
{
    struct sccp_message m = {.id = cm->agreed >= 17 ? SCCP_LINE_STAT_V2_RES : SCCP_LINE_STAT_RES};

    m.line_stat_res.line = 1;
    strcpy(m.line_stat_res.number, "999001");
    will_say(cm, m);
}

static void on_off_hook(struct manager *cm, uint32_t call)
{
    if (call == 0) { /* a new call */
        cm->call = ++cm->next_call;
        cm->digits[0] = '\0';
        will_say(cm, say_call_state(SCCP_CALL_OFF_HOOK, cm->call));
        will_say(cm, say_tone(SCCP_TONE_INSIDE_DIAL, cm->call));
        return;
    }
    if (call != cm->call) {
        if (!cm->confused)
            cm->broken = "a call was answered that does not ring";
        return;
    }
    will_say(cm, say_call_state(SCCP_CALL_OFF_HOOK, call));
    will_say(cm, manager_open_receive(cm, call, cm->party));
    if (cm->smt_early)
        will_say(cm, manager_start_transmit(cm, call, cm->party));
    will_say(cm, say_call_state(SCCP_CALL_CONNECTED, call));
}

static struct sccp_message unregister_ack(bool refused)
{
    struct sccp_message m = {.id = SCCP_UNREGISTER_ACK};

    m.unregister_ack.status = refused ? SCCP_UNREGISTER_NAK : SCCP_UNREGISTER_OK;
    return m;
}

static void on_receive_ack(struct manager *cm, const struct sccp_open_receive_ack *a)
{
    if (a->status == SCCP_MEDIA_OK && !cm->smt_early && !cm->smt_never)
        will_say(cm, manager_start_transmit(cm, cm->call, cm->party));
}

static void on_dialled(struct manager *cm)
{
    const uint32_t call = cm->call;
    const struct mwi_settings *m = cm->codes;

    if (strncmp(cm->digits, m->on_code, strlen(m->on_code)) != 0 &&
        strncmp(cm->digits, m->off_code, strlen(m->off_code)) != 0)
        return;
    will_say(cm, say_call_state(SCCP_CALL_PROCEED, call));
    if (cm->clears_after_proceed)
        will_say(cm, say_call_state(SCCP_CALL_ON_HOOK, call));
    else
        will_say(cm, say_tone(cm->lamp_tone ? cm->lamp_tone : SCCP_TONE_CONFIRMATION, call));
}

static void on_key(struct manager *cm, const struct sccp_keypad_button *k)
{
    const size_t n = strlen(cm->digits);

    if (n + 1 < sizeof cm->digits) {
        cm->digits[n] = (char)('0' + k->button);
        cm->digits[n + 1] = '\0';
    }
    on_dialled(cm);
}

static void on_hook(struct manager *cm, uint32_t call)
{
    if (call != 0 && call == cm->call)
        manager_hangs_up(cm);
}

uint32_t manager_rings(struct manager *cm)
{
    cm->call = ++cm->next_call;
    will_say(cm, say_call_state(SCCP_CALL_RING_IN, cm->call));
    will_say(cm, say_call_info(cm->call, "1002", "8000", "5000", 2));
    return cm->call;
}

void manager_hangs_up(struct manager *cm)
{
    const uint32_t call = cm->call;

    will_say(cm, say_close(SCCP_CLOSE_RECEIVE_CHANNEL, call, cm->party));
    will_say(cm, say_close(SCCP_STOP_MEDIA_TRANSMISSION, call, cm->party));
    will_say(cm, say_call_state(SCCP_CALL_ON_HOOK, call));
    cm->call = 0;
}

void manager_init(struct manager *cm, const struct mwi_settings *codes)
{
    *cm = (struct manager){.version = 22,
                           .keepalive_s = 30,
                           .encrypted = true,
                           .next_call = 0x01000019,
                           .party = 0x02000012,
                           .codes = codes};
}

void manager_hears(struct manager *cm, const struct sccp_message *m)
{
    switch (m->id) {
    case SCCP_REGISTER:
        on_register(cm, &m->register_req);
        break;
    case SCCP_REGISTER_TOKEN_REQ:
        on_token(cm);
        break;
    case SCCP_KEEP_ALIVE:
        if (!cm->no_keepalive_ack)
            will_say(cm, say_id(SCCP_KEEP_ALIVE_ACK));
        break;
    case SCCP_BUTTON_TEMPLATE_REQ:
        will_say(cm, say_id(SCCP_BUTTON_TEMPLATE_RES));
        break;
    case SCCP_SOFT_KEY_TEMPLATE_REQ:
    case SCCP_SOFT_KEY_SET_REQ:
        if (!cm->no_soft_keys)
            will_say(cm, say_id(m->id == SCCP_SOFT_KEY_SET_REQ ? SCCP_SOFT_KEY_SET_RES
                                                               : SCCP_SOFT_KEY_TEMPLATE_RES));
        break;
    case SCCP_CONFIG_STAT_REQ:
        will_say(cm, say_id(SCCP_CONFIG_STAT_RES));
        break;
    case SCCP_LINE_STAT_REQ:
        on_line_req(cm);
        break;
    case SCCP_FORWARD_STAT_REQ:
        will_say(cm, say_id(SCCP_FORWARD_STAT_RES));
        break;
    case SCCP_TIME_DATE_REQ:
        will_say(cm, say_id(SCCP_TIME_DATE_RES));
        break;
    case SCCP_UNREGISTER:
        if (!cm->no_unregister_ack)
            will_say(cm, unregister_ack(cm->refuses_unregister));
        break;
    case SCCP_OFF_HOOK:
        on_off_hook(cm, m->off_hook.call);
        break;
    case SCCP_OFF_HOOK_WITH_CGPN:
        if (!cm->ignores_cgpn)
            on_off_hook(cm, 0);
        break;
    case SCCP_KEYPAD_BUTTON:
        on_key(cm, &m->keypad_button);
        break;
    case SCCP_ENBLOC_CALL:
        strcpy(cm->digits, m->enbloc_call.called_party);
        on_dialled(cm);
        break;
    case SCCP_OPEN_RECEIVE_CHANNEL_ACK:
        on_receive_ack(cm, &m->open_receive_ack);
        break;
    case SCCP_ON_HOOK:
        on_hook(cm, m->on_hook.call);
        break;
    default:
        break;
    }
}
