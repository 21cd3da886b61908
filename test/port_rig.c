#include "port_rig.h"

#include <string.h>

static void broke(struct rig *r, const char *what)
{
    if (!r->broken)
        r->broken = what;
}

/* ---- what always holds --------------------------------------------------------------------- */

static void check(struct rig *r)
{
    const struct port *p = &r->port;

    if (p->media_open != r->media.open)
        broke(r, "port and engine disagree whether a stream is open");
    if (p->receive.on != r->media.listening)
        broke(r, "port and engine disagree about listening");
    if (p->send.on != r->media.sending)
        broke(r, "port and engine disagree about sending");
    if (!port_in_call(p) && r->media.open)
        broke(r, "a stream is open without a call");
    if (!port_in_call(p) && p->call.call)
        broke(r, "a call is kept without a call");
    if (!port_lamp_call(p) && p->lamp.id)
        broke(r, "a lamp request is kept without its call");
    if (port_registered(p) != r->told_registered)
        broke(r, "the pool was not told about the registration");
    if ((p->state == PORT_IDLE && !p->leaving) != r->told_free)
        broke(r, "the pool was not told that the port is free, or not");
    if (port_registered(p) && !r->linked)
        broke(r, "registered without a link");
    if (port_second_up(p) != r->second_linked)
        broke(r, "port and line disagree whether the second line is up");
    if (p->second.state != SECOND_NONE && p->second.server == p->server)
        broke(r, "the second line leads to the same call manager");
    if (p->second.state != SECOND_NONE && port_due(p) == INT64_MAX)
        broke(r, "a second line without a time-out");
    if (p->state != PORT_IDLE && p->state != PORT_STOPPED && port_due(p) == INT64_MAX)
        broke(r, "a state without a time-out");
}

/* ---- the port's actions ---------------------------------------------------------------------- */

static void second_hears(struct rig *r, struct sccp_message m)
{
    struct port_event ev;

    translate_second(&m, &ev);
    rig_event(r, &ev);
}

static void asked_for_token(struct rig *r, const struct sccp_message *m)
{
    struct sccp_message no = {.id = SCCP_REGISTER_TOKEN_REJECT};

    if (strcmp(m->register_token_req.station.name, "CiscoUM1-VI1") != 0)
        broke(r, "a token is asked for by another name");
    r->other.tokens_asked++;
    r->other.asked_ms = r->now_ms;
    if (r->other.silent)
        return;
    if (r->other.closes) {
        r->second_linked = false;
        rig_kind(r, EV_SECOND_LOST);
    } else if (r->other.refuses) {
        no.register_token_reject.wait_s = r->other.refuses;
        second_hears(r, no);
    } else {
        second_hears(r, say_id(SCCP_REGISTER_TOKEN_ACK));
    }
}

static void say_on_second(struct rig *r, const struct port_action *a)
{
    struct sccp_message m;

    if (!r->second_linked)
        broke(r, "something is said on a second line that is not up");
    if (!translate_out(&r->port, "CiscoUM1-VI1", a, 0, &m))
        broke(r, "nothing is said on the second line");
    if (m.id == SCCP_REGISTER_TOKEN_REQ) {
        asked_for_token(r, &m);
        return;
    }
    r->other.keepalives++;
    if (!r->other.silent)
        second_hears(r, say_id(SCCP_KEEP_ALIVE_ACK));
}

static void swap_lines(struct rig *r)
{
    if (r->linked || !r->second_linked)
        broke(r, "a line takes the place of one that is still there, or is not up itself");
    r->linked = true;
    r->second_linked = false;
    r->server = r->second_server;
}

static void say(struct rig *r, const struct port_action *a)
{
    struct sccp_message m;

    for (size_t nth = 0; translate_out(&r->port, "CiscoUM1-VI1", a, nth, &m); nth++) {
        uint8_t pdu[SCCP_PDU_MAX];
        size_t len = 0, used = 0;
        struct sccp_frame f;
        struct err e = {0};
        if (!r->linked)
            continue;
        if (!sccp_encode_pdu(&m, pdu, sizeof pdu, &len, &e) ||
            sccp_frame_cut(pdu, len, &f, &used, &e) != SCCP_CUT_FRAME || used != len) {
            broke(r, "a message of the port is no frame");
            continue;
        }
        if (r->said_count == RIG_HEARD_MAX) {
            memmove(r->said, r->said + 1, sizeof r->said - sizeof r->said[0]);
            r->said_count--;
            r->heeded -= r->heeded > 0;
        }
        if (!sccp_decode(&r->said[r->said_count++], f.id, m.version, f.body, f.len, &e))
            broke(r, "a message of the port cannot be read");
    }
}

static struct net_addr local_media(void)
{
    struct net_addr a;

    if (!net_addr_parse(&a, "10.0.0.1:20000", 0))
        return (struct net_addr){0};
    return a;
}

static bool open_media(struct rig *r)
{
    if (r->media.cannot_open)
        return false;
    if (!r->media.open) {
        r->media.opened++;
        r->media.call = r->port.call.call;
    }
    r->media.open = true;
    return true;
}

static void feed_back(struct rig *r, bool ok, enum port_event_kind yes, enum port_event_kind no,
                      uint32_t status)
{
    struct port_event ev = {.kind = ok ? yes : no, .value = ok ? 0 : status};

    if (ok)
        ev.local = local_media();
    rig_event(r, &ev);
}

static void do_listen(struct rig *r, const struct port_action *a)
{
    bool opened = open_media(r), ok = opened && !r->media.cannot_listen;

    r->media.listening = ok;
    r->media.heard = a->media.format;
    feed_back(r, ok, EV_LISTENING, EV_LISTEN_FAILED, opened ? 1 : 8);
}

static void do_send(struct rig *r, const struct port_action *a)
{
    bool opened = open_media(r), ok = opened && !r->media.cannot_send;

    r->media.sounds += ok && !r->media.sending;
    r->media.sending = ok;
    r->media.greeting = a->media.greeting;
    r->media.said = a->media.format;
    r->media.to = a->media.peer;
    feed_back(r, ok, EV_SENDING, EV_SEND_FAILED, opened ? 1 : 8);
}

static void close_media_model(struct rig *r)
{
    if (!r->media.open)
        broke(r, "a stream is closed that is not open");
    r->media.open = r->media.listening = r->media.sending = false;
    r->media.closed++;
    r->media.report = r->media.call;
}

static void do_count(struct rig *r)
{
    const struct port_event ev = {
        .kind = EV_COUNTS, .ids.call = r->media.call, .counts = r->media.counts};

    if (r->media.open)
        rig_event(r, &ev);
}

static void tell(struct rig *r, const struct port_action *a)
{
    switch ((int)a->kind) {
    case TELL_REGISTERED:
        r->told_registered = true;
        break;
    case TELL_LOST:
        r->told_registered = false;
        r->lost++;
        break;
    case TELL_FREE:
        r->told_free = true;
        break;
    case TELL_TAKEN:
        r->told_free = false;
        break;
    case TELL_ANSWERED:
        r->answered++;
        break;
    case TELL_CALL_ENDED:
        r->ended++;
        r->ended_connected += a->value;
        break;
    case TELL_LAMP:
        r->lamps++;
        r->lamp_result = (enum port_lamp_result)a->value;
        r->lamp_id = a->ids.call;
        break;
    case TELL_DIGIT:
        r->digits++;
        break;
    case TELL_NOTE:
        if (r->note_count < 64)
            r->notes[r->note_count++] = a->note;
        break;
    case TELL_UNEXPECTED:
        r->unexpected++;
        break;
    case TELL_STOPPED:
        r->told_stopped = true;
        break;
    default:
        broke(r, "an action that nobody carries out");
    }
}

static void carry_out(struct rig *r, const struct port_action *a)
{
    switch ((int)a->kind) {
    case DO_DIAL:
        r->dialling = true;
        r->server = a->value;
        break;
    case DO_CLOSE:
        r->closes += r->linked;
        r->linked = r->dialling = false;
        r->inbox_count = 0;
        break;
    case DO_REFRESH:
        r->refreshes++;
        break;
    case DO_OPEN:
        feed_back(r, open_media(r), EV_OPENED, EV_OPEN_FAILED, 8);
        break;
    case DO_LISTEN:
        do_listen(r, a);
        break;
    case DO_STOP_LISTENING:
        r->media.listening = false;
        break;
    case DO_SEND:
        do_send(r, a);
        break;
    case DO_STOP_SENDING:
        r->media.sending = false;
        break;
    case DO_COUNT:
        do_count(r);
        break;
    case DO_CLOSE_MEDIA:
        close_media_model(r);
        break;
    case DO_DIAL_SECOND:
        r->second_dialling = true;
        r->second_server = a->value;
        break;
    case DO_CLOSE_SECOND:
        r->second_linked = r->second_dialling = false;
        break;
    case DO_SWAP:
        swap_lines(r);
        break;
    case SAY_SECOND_KEEPALIVE:
    case SAY_TOKEN_REQ:
        say_on_second(r, a);
        break;
    default:
        if (a->kind <= SAY_UNSUBSCRIBED)
            say(r, a);
        else
            tell(r, a);
    }
}

static void carry_out_all(struct rig *r, const struct port_actions *out)
{
    if (out->count >= PORT_ACTIONS_MAX)
        broke(r, "more actions than there is room for");
    for (size_t i = 0; i < out->count; i++)
        carry_out(r, &out->list[i]);
}

void rig_event(struct rig *r, const struct port_event *ev)
{
    struct port_actions out;

    port_step(&r->port, ev, r->now_ms, &out);
    carry_out_all(r, &out);
    check(r);
}

void rig_kind(struct rig *r, enum port_event_kind k)
{
    const struct port_event ev = {.kind = k};

    rig_event(r, &ev);
}

/* ---- bytes towards the port -------------------------------------------------------------------
 */

void rig_hear_bytes(struct rig *r, const uint8_t *body, size_t len, uint32_t id)
{
    struct sccp_message m;
    struct port_event ev;
    struct err e;

    if (!r->linked)
        return;
    if (!sccp_decode(&m, id, r->port.version, body, len, &e)) {
        r->linked = false; /* as the worker does: malformed, so the connection ends */
        r->inbox_count = 0;
        rig_kind(r, EV_LINK_LOST);
        return;
    }
    translate_in(&r->port, &m, &ev);
    rig_event(r, &ev);
}

static bool is_spoilt(struct rig *r)
{
    if (!r->spoil.armed || r->spoil.in-- > 0)
        return false;
    r->spoil.armed = false;
    return true;
}

/* `body` is a copy, for us to change. */
static void hear_spoilt(struct rig *r, uint8_t *body, size_t len, uint32_t id)
{
    const struct rig_spoil *s = &r->spoil;

    switch (s->how) {
    case SPOIL_BYTE:
        if (len)
            body[s->at % len] = s->value;
        break;
    case SPOIL_CUT:
        len = len ? s->at % len : 0;
        break;
    case SPOIL_LOST:
        return;
    case SPOIL_TWICE:
        rig_hear_bytes(r, body, len, id);
        break;
    case SPOIL_ID:
        id = (uint32_t)s->at << 8 | s->value;
        break;
    case SPOIL_HOWS:
        break;
    }
    rig_hear_bytes(r, body, len, id);
}

void rig_hear(struct rig *r, const struct sccp_message *m)
{
    struct sccp_message copy = *m;
    uint8_t pdu[SCCP_PDU_MAX];
    size_t len = 0, used = 0;
    struct sccp_frame f;
    struct err e = {0};

    copy.version = r->port.version;
    if (!sccp_encode_pdu(&copy, pdu, sizeof pdu, &len, &e) ||
        sccp_frame_cut(pdu, len, &f, &used, &e) != SCCP_CUT_FRAME) {
        broke(r, "a message of the call manager is no frame");
        return;
    }
    if (is_spoilt(r))
        hear_spoilt(r, pdu + (f.body - pdu), f.len, f.id);
    else
        rig_hear_bytes(r, f.body, f.len, f.id);
}

/* ---- messages ---------------------------------------------------------------------------------
 */

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

/* ---- the call manager -------------------------------------------------------------------------
 */

static void will_say(struct rig *r, struct sccp_message m)
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
        will_say(r, no);
        return;
    }
    ack.register_ack.keepalive_s = ack.register_ack.secondary_keepalive_s = r->cm.keepalive_s;
    strcpy(ack.register_ack.date_template, "M/D/Y");
    ack.register_ack.protocol_version =
        (uint8_t)(reg->protocol_version < r->cm.version ? reg->protocol_version : r->cm.version);
    if (r->cm.answers_version)
        ack.register_ack.protocol_version = r->cm.answers_version;
    will_say(r, ack);
    if (!r->cm.no_capabilities_req)
        will_say(r, say_id(SCCP_CAPABILITIES_REQ));
}

static void on_line_req(struct rig *r)
{
    struct sccp_message m = {.id = r->port.version >= 17 ? SCCP_LINE_STAT_V2_RES
                                                         : SCCP_LINE_STAT_RES};

    m.line_stat_res.line = 1;
    strcpy(m.line_stat_res.number, "999001");
    will_say(r, m);
}

static void on_off_hook(struct rig *r, uint32_t call)
{
    if (call == 0) { /* a new call */
        r->cm.call = ++r->cm.next_call;
        r->cm.digits[0] = '\0';
        will_say(r, say_call_state(SCCP_CALL_OFF_HOOK, r->cm.call));
        will_say(r, say_tone(SCCP_TONE_INSIDE_DIAL, r->cm.call));
        return;
    }
    if (call != r->cm.call) {
        if (!r->cm.confused)
            broke(r, "a call was answered that does not ring");
        return;
    }
    will_say(r, say_call_state(SCCP_CALL_OFF_HOOK, call));
    will_say(r, say_open_receive(r, call, r->cm.party));
    if (r->cm.smt_early)
        will_say(r, say_start_transmit(r, call, r->cm.party));
    will_say(r, say_call_state(SCCP_CALL_CONNECTED, call));
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
        will_say(r, say_start_transmit(r, r->cm.call, r->cm.party));
}

static void on_dialled(struct rig *r)
{
    const uint32_t call = r->cm.call;
    const struct mwi_settings *m = &r->group.mwi;

    if (strncmp(r->cm.digits, m->on_code, strlen(m->on_code)) != 0 &&
        strncmp(r->cm.digits, m->off_code, strlen(m->off_code)) != 0)
        return;
    will_say(r, say_call_state(SCCP_CALL_PROCEED, call));
    if (r->cm.clears_after_proceed)
        will_say(r, say_call_state(SCCP_CALL_ON_HOOK, call));
    else
        will_say(r, say_tone(r->cm.lamp_tone ? r->cm.lamp_tone : SCCP_TONE_CONFIRMATION, call));
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
    will_say(r, say_close(SCCP_CLOSE_RECEIVE_CHANNEL, call, r->cm.party));
    will_say(r, say_close(SCCP_STOP_MEDIA_TRANSMISSION, call, r->cm.party));
    will_say(r, say_call_state(SCCP_CALL_ON_HOOK, call));
    r->cm.call = 0;
}

static void on_message(struct rig *r, const struct sccp_message *m)
{
    switch (m->id) {
    case SCCP_REGISTER:
        on_register(r, &m->register_req);
        break;
    case SCCP_KEEP_ALIVE:
        if (!r->cm.no_keepalive_ack)
            will_say(r, say_id(SCCP_KEEP_ALIVE_ACK));
        break;
    case SCCP_BUTTON_TEMPLATE_REQ:
        will_say(r, say_id(SCCP_BUTTON_TEMPLATE_RES));
        break;
    case SCCP_SOFT_KEY_TEMPLATE_REQ:
    case SCCP_SOFT_KEY_SET_REQ:
        if (!r->cm.no_soft_keys)
            will_say(r, say_id(m->id == SCCP_SOFT_KEY_SET_REQ ? SCCP_SOFT_KEY_SET_RES
                                                              : SCCP_SOFT_KEY_TEMPLATE_RES));
        break;
    case SCCP_CONFIG_STAT_REQ:
        will_say(r, say_id(SCCP_CONFIG_STAT_RES));
        break;
    case SCCP_LINE_STAT_REQ:
        on_line_req(r);
        break;
    case SCCP_FORWARD_STAT_REQ:
        will_say(r, say_id(SCCP_FORWARD_STAT_RES));
        break;
    case SCCP_TIME_DATE_REQ:
        will_say(r, say_id(SCCP_TIME_DATE_RES));
        break;
    case SCCP_UNREGISTER:
        if (!r->cm.no_unregister_ack)
            will_say(r, unregister_ack(r->cm.refuses_unregister));
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

/* One message of the inbox is heard at a time: what the port says to it is answered behind the
 * rest. */
void rig_settle(struct rig *r)
{
    for (size_t turn = 0; turn < 2000 && r->linked; turn++) {
        struct sccp_message m;
        while (r->heeded < r->said_count) {
            m = r->said[r->heeded++];
            if (!r->cm.silent)
                on_message(r, &m);
        }
        if (r->inbox_count == 0)
            return;
        m = r->inbox[0];
        memmove(r->inbox, r->inbox + 1, --r->inbox_count * sizeof r->inbox[0]);
        rig_hear(r, &m);
    }
}

/* ---- time --------------------------------------------------------------------------------------
 */

static void second_line_does_its_work(struct rig *r)
{
    struct port_event up = {.kind = EV_SECOND_UP};

    if (!r->second_dialling)
        return;
    r->second_dialling = false;
    rig_kind(r, EV_SECOND_DIALLING);
    if (r->port.second.state != SECOND_CONNECTING)
        return;
    if (r->down >> r->second_server & 1) {
        rig_kind(r, EV_SECOND_LOST);
        return;
    }
    r->second_linked = true;
    r->other.connected++;
    up.local = local_media();
    rig_event(r, &up);
}

static void line_does_its_work(struct rig *r)
{
    struct port_event up = {.kind = EV_LINK_UP};

    second_line_does_its_work(r);
    if (!r->dialling)
        return;
    r->dialling = false;
    rig_kind(r, EV_DIALLING);
    if (r->port.state != PORT_CONNECTING)
        return;
    if (r->down >> r->server & 1) {
        rig_kind(r, EV_LINK_LOST);
        return;
    }
    r->linked = true;
    up.local = local_media();
    up.local.port = 40000;
    rig_event(r, &up);
}

void rig_advance(struct rig *r, int64_t ms)
{
    const int64_t end = r->now_ms + ms;
    struct port_actions out;

    line_does_its_work(r);
    rig_settle(r);
    for (unsigned steps = 0; port_due(&r->port) <= end; steps++) {
        if (steps > 100000) {
            broke(r, "time stands still");
            return;
        }
        if (port_due(&r->port) > r->now_ms)
            r->now_ms = port_due(&r->port);
        port_tick(&r->port, r->now_ms, &out);
        carry_out_all(r, &out);
        check(r);
        line_does_its_work(r);
        rig_settle(r);
    }
    r->now_ms = end;
}

void rig_server_dies(struct rig *r)
{
    r->down |= 1u << r->port.server;
    r->linked = false;
    r->inbox_count = 0;
    r->cm.call = 0;
    rig_kind(r, EV_LINK_LOST);
    rig_settle(r);
}

void rig_media_report(struct rig *r)
{
    const struct port_event ev = {
        .kind = EV_REPORT, .ids.call = r->media.report, .counts = r->media.counts};

    rig_event(r, &ev);
}

/* ---- common scenes --------------------------------------------------------------------------- */

void rig_init(struct rig *r, uint32_t version)
{
    memset(r, 0, sizeof *r);
    group_settings_default(&r->group);
    r->group.protocol_version = version;
    r->media.counts = (struct media_counts){.sent = 150, .received = 149, .lost = 1, .jitter = 80};
    r->cm.version = 22;
    r->cm.keepalive_s = 30;
    r->cm.encrypted = true;
    r->cm.next_call = 0x01000019;
    r->cm.party = 0x02000012;
    r->now_ms = 1000000;
    port_init(&r->port, &r->group, 1, 7);
}

void rig_register(struct rig *r)
{
    rig_kind(r, EV_START);
    line_does_its_work(r);
    rig_settle(r);
}

uint32_t rig_ring(struct rig *r)
{
    struct sccp_message m;

    r->cm.call = ++r->cm.next_call;
    m = say_call_state(SCCP_CALL_RING_IN, r->cm.call);
    rig_hear(r, &m);
    m = say_call_info(r->cm.call, "1002", "8000", "5000", 2);
    rig_hear(r, &m);
    rig_settle(r);
    return r->cm.call;
}

void rig_far_end_hangs_up(struct rig *r)
{
    const uint32_t call = r->cm.call;

    will_say(r, say_close(SCCP_CLOSE_RECEIVE_CHANNEL, call, r->cm.party));
    will_say(r, say_close(SCCP_STOP_MEDIA_TRANSMISSION, call, r->cm.party));
    will_say(r, say_call_state(SCCP_CALL_ON_HOOK, call));
    r->cm.call = 0;
    rig_settle(r);
}

void rig_lamp(struct rig *r, uint32_t id, const char *extension)
{
    struct port_event ev = {.kind = EV_MWI};

    ev.lamp.id = id;
    ev.lamp.on = true;
    strcpy(ev.lamp.extension, extension);
    strcpy(ev.lamp.code, r->group.mwi.on_code);
    rig_event(r, &ev);
    rig_settle(r);
}

const struct sccp_message *rig_last(const struct rig *r, uint32_t id)
{
    for (size_t i = r->said_count; i > 0; i--)
        if (r->said[i - 1].id == id)
            return &r->said[i - 1];
    return NULL;
}

size_t rig_times(const struct rig *r, uint32_t id)
{
    size_t n = 0;

    for (size_t i = 0; i < r->said_count; i++)
        n += r->said[i].id == id;
    return n;
}

void rig_forget(struct rig *r)
{
    r->said_count = r->heeded = 0;
    r->note_count = 0;
    r->unexpected = 0;
}

bool rig_noted(const struct rig *r, enum port_note n)
{
    for (size_t i = 0; i < r->note_count; i++)
        if (r->notes[i] == n)
            return true;
    return false;
}
