#include "ports/translate.h"

#include "ports/rules.h"

#include <string.h>

/* ---- whose call, whose stream --------------------------------------------------------------- */

enum whose { OURS, OFFERED, NOBODYS };

/* In a lamp call whose reference is not known yet, what is not another call's is ours. */
static bool call_unknown(const struct port *p)
{
    return p->call.call == 0 && (p->state == PORT_MWI_OFF_HOOK || p->state == PORT_MWI_DIAL_TONE ||
                                 p->state == PORT_MWI_DIALLED);
}

/* Reference 0 is what short messages of old servers carry: the call that is up. */
static enum whose whose(const struct port *p, uint32_t call)
{
    if (call && call == p->offer.call)
        return OFFERED;
    if (p->call.call && (call == p->call.call || call == 0))
        return OURS;
    if (call && call == p->last_call)
        return NOBODYS;
    return call_unknown(p) ? OURS : NOBODYS;
}

/* chan_skinny's OpenReceiveChannel has callReference 0, others have only the conference (8.3). */
static bool media_is_ours(const struct port *p, uint32_t call, uint32_t conference)
{
    return whose(p, call ? call : conference) == OURS ||
           (conference && whose(p, conference) == OURS);
}

/* By party, else by call, else by conference; an unknown one is ignored (8.3). */
static bool names_stream(const struct port_stream *s, const struct port_ids *ids)
{
    if (!s->on)
        return false;
    if (ids->party)
        return ids->party == s->ids.party;
    if (ids->call)
        return ids->call == s->ids.call;
    return ids->conference && ids->conference == s->ids.conference;
}

/* ---- the session ------------------------------------------------------------------------- */

static enum port_step step_answered(uint32_t id)
{
    switch (id) {
    case SCCP_BUTTON_TEMPLATE_RES:
        return STEP_BUTTONS;
    case SCCP_SOFT_KEY_TEMPLATE_RES:
        return STEP_SOFT_KEYS;
    case SCCP_SOFT_KEY_SET_RES:
        return STEP_SOFT_KEY_SETS;
    case SCCP_CONFIG_STAT_RES:
    case SCCP_CONFIG_STAT_V2_RES:
        return STEP_CONFIG;
    case SCCP_LINE_STAT_RES:
    case SCCP_LINE_STAT_V2_RES:
        return STEP_LINE;
    case SCCP_FORWARD_STAT_RES:
        return STEP_FORWARD;
    case SCCP_TIME_DATE_RES:
        return STEP_TIME;
    default:
        return STEPS;
    }
}

static void in_step(const struct port *p, const struct sccp_message *m, struct port_event *ev)
{
    const enum port_step step = step_answered(m->id);

    ev->kind = p->state == PORT_CONFIGURING && p->step == step ? EV_STEP_DONE : EV_STEP_LATE;
    if (step == STEP_LINE)
        put_text(ev->text, sizeof ev->text, m->line_stat_res.number);
}

static void in_register_ack(const struct port *p, const struct sccp_message *m,
                            struct port_event *ev)
{
    ev->kind = EV_REGISTERED;
    ev->session.version =
        sccp_negotiated(p->group->protocol_version, m->register_ack.protocol_version);
    ev->session.keepalive_s = m->register_ack.keepalive_s;
    ev->session.standby_s = m->register_ack.secondary_keepalive_s;
}

static void in_reset(const struct sccp_message *m, struct port_event *ev)
{
    ev->value = m->reset.type;
    ev->kind = m->reset.type == SCCP_RESET_TYPE_RESET          ? EV_RESET_ASKED
               : m->reset.type == SCCP_RESET_TYPE_RESTART      ? EV_RESTART_ASKED
               : m->reset.type == SCCP_RESET_TYPE_APPLY_CONFIG ? EV_APPLY_ASKED
                                                               : EV_NOTED;
}

/* ---- the call ---------------------------------------------------------------------------- */

static enum port_event_kind call_ended(const struct port *p, uint32_t call)
{
    /* chan_skinny ends calls that it never offered (8.4). */
    if (p->state == PORT_MWI_OFF_HOOK && whose(p, call) == OURS)
        return EV_NOTED;
    switch (whose(p, call)) {
    case OURS:
        return EV_CALL_ENDED;
    case OFFERED:
        return EV_OFFER_ENDED;
    case NOBODYS:
        break;
    }
    return EV_NOTED;
}

static enum port_event_kind went_off_hook(const struct port *p, uint32_t call)
{
    if (whose(p, call) == OFFERED)
        return p->state == PORT_MWI_OFF_HOOK ? EV_CALL_TAKEN : EV_NOTED;
    if (p->state == PORT_MWI_OFF_HOOK)
        return EV_CALL_OPENED; /* even by the last call's name: libsccp's are the time in seconds */
    return whose(p, call) == OURS || call == 0 || call == p->last_call ? EV_NOTED : EV_CALL_OPENED;
}

static enum port_event_kind connected(const struct port *p, uint32_t call)
{
    if (p->state == PORT_MWI_OFF_HOOK)
        return whose(p, call) == OFFERED ? EV_CALL_TAKEN : EV_NOTED;
    return whose(p, call) == OURS && !port_lamp_call(p) ? EV_CONNECTED : EV_NOTED;
}

static enum port_event_kind rang(const struct port *p, uint32_t call)
{
    return call == 0 || (p->call.call && call == p->call.call) ? EV_NOTED : EV_RING;
}

static enum port_event_kind if_ours(const struct port *p, uint32_t call, enum port_event_kind k)
{
    return whose(p, call) == OURS ? k : EV_NOTED;
}

static enum port_event_kind in_call_state(const struct port *p, const struct sccp_call_state_msg *m)
{
    switch (m->state) {
    case SCCP_CALL_RING_IN:
    case SCCP_CALL_CALL_WAITING:
        return rang(p, m->call);
    case SCCP_CALL_OFF_HOOK:
        return went_off_hook(p, m->call);
    case SCCP_CALL_ON_HOOK:
        return call_ended(p, m->call);
    case SCCP_CALL_CONNECTED:
        return connected(p, m->call);
    case SCCP_CALL_PROCEED:
        return port_lamp_call(p) ? if_ours(p, m->call, EV_PROCEED) : EV_NOTED;
    case SCCP_CALL_BUSY:
        return if_ours(p, m->call, EV_BUSY);
    case SCCP_CALL_CONGESTION:
    case SCCP_CALL_INVALID_NUMBER:
        return if_ours(p, m->call, EV_REORDER);
    default:
        return EV_NOTED;
    }
}

static void in_call_info(const struct port *p, const struct sccp_call_info *m,
                         struct port_event *ev)
{
    struct port_info *i = &ev->info;

    ev->ids.line = m->line;
    ev->ids.call = m->call ? m->call : p->call.call;
    ev->kind = whose(p, m->call) == OURS ? EV_INFO : p->call.call ? EV_NOTED : EV_INFO_EARLY;
    put_text(i->caller, sizeof i->caller, m->calling_party);
    put_text(i->called, sizeof i->called, m->called_party);
    put_text(i->redir, sizeof i->redir, m->original_called_party);
    put_text(i->last_redir, sizeof i->last_redir, m->last_redirecting_party);
    i->reason = m->original_called_reason ? m->original_called_reason : m->last_redirecting_reason;
    i->last_reason = m->last_redirecting_reason;
    i->security = m->security;
}

static void in_digit(struct port_event *ev, bool ours, char digit, enum port_digit_way way)
{
    if (!ours || !digit) {
        ev->kind = EV_NOTED;
        return;
    }
    ev->kind = EV_DIGIT;
    ev->digit.digit = digit;
    ev->digit.way = way;
}

static enum port_event_kind tone_event(uint32_t tone)
{
    switch (tone) {
    case SCCP_TONE_INSIDE_DIAL:
    case SCCP_TONE_OUTSIDE_DIAL:
        return EV_DIAL_TONE;
    case SCCP_TONE_CONFIRMATION:
        return EV_CONFIRMED;
    case SCCP_TONE_LINE_BUSY:
        return EV_BUSY;
    case SCCP_TONE_REORDER:
    case SCCP_TONE_NO_SUCH_NUMBER:
        return EV_REORDER;
    default:
        return EV_NOTED;
    }
}

static void in_tone(const struct port *p, const struct sccp_start_tone *m, struct port_event *ev)
{
    const bool ours = whose(p, m->call) == OURS;
    const char digit = sccp_tone_to_digit(m->tone);

    if (digit) {
        in_digit(ev, ours, digit, DIGIT_TONE);
        return;
    }
    ev->kind = tone_event(m->tone);
    /* A tone for nobody is worth a trace where no call is up; else it belongs to another call. */
    if (ev->kind != EV_NOTED && !ours && port_in_call(p))
        ev->kind = EV_NOTED;
}

static bool dtmf_is_ours(const struct port *p, const struct sccp_dtmf_tone *m)
{
    if (m->party && m->party == p->receive.ids.party)
        return true;
    return media_is_ours(p, 0, m->conference);
}

/* ---- media ------------------------------------------------------------------------------- */

static void take_key(struct media_key *k, const struct sccp_srtp *s)
{
    memset(k, 0, sizeof *k);
    if (s->algorithm == SCCP_SRTP_NONE)
        return; /* key and salt are to be ignored (5.1) */
    k->algorithm = s->algorithm;
    k->key_len = s->key_len;
    k->salt_len = s->salt_len;
    memcpy(k->key, s->key, sizeof k->key);
    memcpy(k->salt, s->salt, sizeof k->salt);
}

static uint32_t refused(uint32_t status, const char *what, struct err *why)
{
    err_set(why, ERR_FORMAT, "%s", what);
    return status;
}

/* MKI and rate of a key that is in use (5.2). */
static uint32_t take_srtp(struct media_key *k, const struct sccp_srtp *s, struct err *why)
{
    take_key(k, s);
    if (!media_key_check(k, why))
        return SCCP_MEDIA_UNKNOWN;
    if (s->algorithm == SCCP_SRTP_NONE)
        return SCCP_MEDIA_OK;
    if (s->mki_present)
        return refused(SCCP_MEDIA_UNKNOWN, "an MKI in each packet", why);
    if (s->key_derivation_rate)
        return refused(SCCP_MEDIA_UNKNOWN, "a key derivation rate other than 0", why);
    return SCCP_MEDIA_OK;
}

/* Which status of 6.8 answers what cannot be served. */
static uint32_t take_format(struct media_format *f, uint32_t codec, uint32_t packet_ms,
                            uint32_t dtmf_payload, const struct sccp_srtp *s, struct err *why)
{
    if (codec != SCCP_CODEC_G711U && codec != SCCP_CODEC_G711A) {
        const char *name = sccp_codec_name(codec);
        err_set(why, ERR_FORMAT, "codec %u (%s) was not offered", codec, name ? name : "unknown");
        return SCCP_MEDIA_INVALID_CODEC;
    }
    if (packet_ms < 10 || packet_ms > 60) {
        err_set(why, ERR_FORMAT, "%u ms of sound in a packet, 10 to 60 will do", packet_ms);
        return SCCP_MEDIA_INVALID_PACKET_SIZE;
    }
    f->law = codec == SCCP_CODEC_G711U ? G711_ULAW : G711_ALAW;
    f->packet_ms = packet_ms;
    f->dtmf_payload = dtmf_payload >= 96 && dtmf_payload <= 127 ? dtmf_payload : 0;
    return take_srtp(&f->key, s, why);
}

/* Below version 17 an address has four bytes; from 16 the server may say which family it wants. */
static bool family_unavailable(const struct port *p, uint32_t wanted)
{
    if (p->local.family == 6)
        return p->version < 17 || wanted == SCCP_ADDR_IPV4;
    return wanted == SCCP_ADDR_IPV6;
}

/* A stream is for the call that is up. */
static void judge_call(const struct port *p, uint32_t call, uint32_t conference,
                       struct port_event *ev, struct err *why)
{
    if (!port_in_call(p))
        ev->value = refused(SCCP_MEDIA_ON_HOOK, "no call is up", why);
    else if (!media_is_ours(p, call, conference))
        ev->value = refused(SCCP_MEDIA_INVALID_CALL, "it names another call", why);
    put_text(ev->why, sizeof ev->why, why->text);
}

static void in_open_receive(const struct port *p, const struct sccp_open_receive *m,
                            struct port_event *ev)
{
    struct err why = {0};

    ev->ids = (struct port_ids){1, m->call, m->conference, m->party};
    ev->media.peer = sccp_addr_to(&m->source, m->source_port);
    ev->value =
        take_format(&ev->media.format, m->codec, m->packet_ms, m->dtmf_payload, &m->srtp, &why);
    if (family_unavailable(p, m->wanted_addr_type))
        ev->value = refused(SCCP_MEDIA_ADDRESS_TYPE_UNAVAILABLE,
                            p->local.family == 6 ? "an IPv4 address of a port that has IPv6"
                                                 : "an IPv6 address of a port that has IPv4",
                            &why);
    judge_call(p, m->call, m->conference, ev, &why);
    ev->kind = ev->value == SCCP_MEDIA_OK ? EV_OPEN_RECEIVE : EV_OPEN_RECEIVE_BAD;
}

static void in_start_transmit(const struct port *p, const struct sccp_start_transmit *m,
                              struct port_event *ev)
{
    struct err why = {0};

    ev->ids = (struct port_ids){1, m->call, m->conference, m->party};
    ev->media.peer = sccp_addr_to(&m->remote, m->remote_port);
    ev->media.tos = (uint8_t)(m->precedence & 0xfcu); /* the low bits are not DSCP's */
    ev->value =
        take_format(&ev->media.format, m->codec, m->packet_ms, m->dtmf_payload, &m->srtp, &why);
    if (net_ip_is_any(&ev->media.peer) || ev->media.peer.port == 0)
        ev->value = refused(SCCP_MEDIA_UNKNOWN, "it names no UDP port", &why);
    judge_call(p, m->call, m->conference, ev, &why);
    ev->kind = ev->value == SCCP_MEDIA_OK ? EV_START_SEND : EV_START_SEND_BAD;
}

static void in_close(const struct port_stream *s, const struct sccp_close_receive *m,
                     enum port_event_kind k, struct port_event *ev)
{
    ev->ids = (struct port_ids){1, m->call, m->conference, m->party};
    ev->kind = names_stream(s, &ev->ids) ? k : EV_NOTED;
}

static void in_port_request(const struct port *p, const struct sccp_port_req *m,
                            struct port_event *ev)
{
    ev->ids = (struct port_ids){1, m->call, m->conference, m->party};
    ev->kind = media_is_ours(p, m->call, m->conference) && m->transport != SCCP_TRANSPORT_TCP
                   ? EV_PORT_REQUEST
                   : EV_NOTED;
}

static void in_subscribe(const struct port *p, const struct sccp_dtmf_payload *m,
                         struct port_event *ev)
{
    ev->ids = (struct port_ids){1, p->call.call, m->conference, m->party};
    ev->value = m->payload;
    ev->kind = p->receive.on && m->payload && m->payload == p->receive.dtmf_payload
                   ? EV_SUBSCRIBE
                   : EV_SUBSCRIBE_BAD;
}

/* ---- in ------------------------------------------------------------------------------------ */

static bool in_session(const struct port *p, const struct sccp_message *m, struct port_event *ev)
{
    switch (m->id) {
    case SCCP_REGISTER_ACK:
        in_register_ack(p, m, ev);
        return true;
    case SCCP_REGISTER_REJECT:
        ev->kind = EV_REJECTED;
        put_text(ev->text, sizeof ev->text, m->register_reject.text);
        return true;
    case SCCP_CAPABILITIES_REQ:
        ev->kind =
            p->state == PORT_CONFIGURING && p->step == STEP_CAPABILITIES ? EV_CAPS_FIRST : EV_CAPS;
        return true;
    case SCCP_UNREGISTER_ACK:
        ev->kind = EV_UNREGISTERED;
        ev->value = m->unregister_ack.status;
        return true;
    case SCCP_RESET:
        in_reset(m, ev);
        return true;
    case SCCP_REGISTER_TOKEN_ACK:
    case SCCP_REGISTER_TOKEN_REJECT:
        ev->kind = EV_TOKEN;
        return true;
    default:
        if (step_answered(m->id) == STEPS)
            return false;
        in_step(p, m, ev);
        return true;
    }
}

static bool in_call(const struct port *p, const struct sccp_message *m, struct port_event *ev)
{
    switch (m->id) {
    case SCCP_CALL_STATE:
        ev->ids.line = m->call_state.line;
        ev->ids.call = m->call_state.call;
        ev->kind = in_call_state(p, &m->call_state);
        return true;
    case SCCP_CALL_INFO:
    case SCCP_CALL_INFO_V2:
        in_call_info(p, &m->call_info, ev);
        return true;
    case SCCP_START_TONE:
        ev->ids.line = m->start_tone.line;
        ev->ids.call = m->start_tone.call;
        in_tone(p, &m->start_tone, ev);
        return true;
    case SCCP_KEYPAD_BUTTON:
        in_digit(ev, whose(p, m->keypad_button.call) == OURS,
                 sccp_key_to_digit(m->keypad_button.button), DIGIT_KEYPAD);
        return true;
    case SCCP_NOTIFY_DTMF_TONE:
        in_digit(ev, dtmf_is_ours(p, &m->dtmf_tone), sccp_tone_to_digit(m->dtmf_tone.tone),
                 DIGIT_NOTIFY);
        return true;
    default:
        return false;
    }
}

static bool in_media(const struct port *p, const struct sccp_message *m, struct port_event *ev)
{
    switch (m->id) {
    case SCCP_OPEN_RECEIVE_CHANNEL:
        in_open_receive(p, &m->open_receive, ev);
        return true;
    case SCCP_CLOSE_RECEIVE_CHANNEL:
        in_close(&p->receive, &m->close_receive, EV_CLOSE_RECEIVE, ev);
        return true;
    case SCCP_START_MEDIA_TRANSMISSION:
        in_start_transmit(p, &m->start_transmit, ev);
        return true;
    case SCCP_STOP_MEDIA_TRANSMISSION:
        in_close(&p->send, &m->stop_transmit, EV_STOP_SEND, ev);
        return true;
    case SCCP_PORT_REQ:
        in_port_request(p, &m->port_req, ev);
        return true;
    case SCCP_CONNECTION_STATISTICS_REQ:
        ev->kind = EV_STATISTICS;
        ev->ids.call = m->statistics_req.call;
        ev->value = m->statistics_req.mode;
        put_text(ev->statistics.number, sizeof ev->statistics.number, m->statistics_req.number);
        return true;
    case SCCP_SUBSCRIBE_DTMF_PAYLOAD_REQ:
        in_subscribe(p, &m->dtmf_payload, ev);
        return true;
    case SCCP_UNSUBSCRIBE_DTMF_PAYLOAD_REQ:
        in_subscribe(p, &m->dtmf_payload, ev);
        ev->kind = EV_UNSUBSCRIBE;
        return true;
    default:
        return false;
    }
}

void translate_in(const struct port *p, const struct sccp_message *m, struct port_event *out)
{
    memset(out, 0, sizeof *out);
    out->kind = EV_NOTED;
    if (in_session(p, m, out) || in_call(p, m, out) || in_media(p, m, out))
        return;
    if (sccp_sender_of(m->id) == SCCP_SENDER_NONE) {
        out->kind = EV_UNKNOWN;
        out->value = m->id;
    }
}

void translate_second(const struct sccp_message *m, struct port_event *out)
{
    memset(out, 0, sizeof *out);
    out->kind = EV_SECOND_HEARD;
    if (m->id == SCCP_REGISTER_TOKEN_ACK)
        out->kind = EV_TOKEN_GRANTED;
    if (m->id != SCCP_REGISTER_TOKEN_REJECT)
        return;
    out->kind = EV_TOKEN_REFUSED;
    out->value = m->register_token_reject.wait_s;
}
