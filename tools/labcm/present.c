#include "tools/labcm/present.h"

#include <stdio.h>
#include <string.h>

#define LINE            1u /* a port has one line */
#define LABEL_FROM      "\x80\x17"
#define LABEL_ENTER     "\x80\x20" /* Enter Number */
#define LABEL_CONNECTED "\x80\x18"
#define LABEL_OPTIONS   "\x80\x13" /* Your Current Options */
#define ALL_KEYS        0xFFFFFFFFu

static struct sccp_message of(const struct device *d, uint32_t id)
{
    return (struct sccp_message){.id = id, .version = d->version};
}

static void send(const struct outlet *o, struct device *d, const struct sccp_message *m)
{
    o->send(o->arg, d, m);
}

/* ---- single messages ------------------------------------------------------------------------ */

static void call_state(const struct outlet *o, struct device *d, uint32_t state)
{
    struct sccp_message m = of(d, SCCP_CALL_STATE);

    m.call_state = (struct sccp_call_state_msg){
        .state = state,
        .line = LINE,
        .call = d->leg.reference,
        .precedence_level = SCCP_PRECEDENCE_ROUTINE,
    };
    send(o, d, &m);
}

static void soft_keys(const struct outlet *o, struct device *d, uint32_t call, uint32_t set)
{
    struct sccp_message m = of(d, SCCP_SELECT_SOFT_KEYS);

    m.select_soft_keys = (struct sccp_select_soft_keys){
        .line = call ? LINE : 0,
        .call = call,
        .set = set,
        .valid_mask = ALL_KEYS,
    };
    send(o, d, &m);
}

static void prompt(const struct outlet *o, struct device *d, uint32_t call, const char *text)
{
    bool dynamic = device_is_dynamic(d);
    struct sccp_message m =
        of(d, dynamic ? SCCP_DISPLAY_PROMPT_STATUS_V2 : SCCP_DISPLAY_PROMPT_STATUS);

    m.display_prompt_status.line = call ? LINE : 0;
    m.display_prompt_status.call = call;
    snprintf(m.display_prompt_status.text, sizeof m.display_prompt_status.text, "%s", text);
    send(o, d, &m);
}

static void notify(const struct outlet *o, struct device *d, const char *text)
{
    bool dynamic = device_is_dynamic(d);
    struct sccp_message m = of(d, dynamic ? SCCP_DISPLAY_PRI_NOTIFY_V2 : SCCP_DISPLAY_PRI_NOTIFY);

    m.display_pri_notify.timeout_s = 10;
    m.display_pri_notify.priority = 5;
    snprintf(m.display_pri_notify.text, sizeof m.display_pri_notify.text, "%s", text);
    send(o, d, &m);
}

static void line_lamp(const struct outlet *o, struct device *d, uint32_t mode)
{
    struct sccp_message m = of(d, SCCP_SET_LAMP);

    m.set_lamp = (struct sccp_set_lamp){SCCP_STIMULUS_LINE, LINE, mode};
    send(o, d, &m);
}

static void ringer(const struct outlet *o, struct device *d, uint32_t mode)
{
    struct sccp_message m = of(d, SCCP_SET_RINGER);

    m.set_ringer = (struct sccp_set_ringer){
        .mode = mode, .duration = 1, .line = LINE, .call = d->leg.reference};
    send(o, d, &m);
}

static void speaker(const struct outlet *o, struct device *d, uint32_t on_or_off)
{
    struct sccp_message m = of(d, SCCP_SET_SPEAKER_MODE);

    m.speaker_mode.mode = on_or_off;
    send(o, d, &m);
}

static void call_plane(const struct outlet *o, struct device *d)
{
    struct sccp_message m = of(d, SCCP_ACTIVATE_CALL_PLANE);

    m.activate_call_plane.line = LINE;
    send(o, d, &m);
}

static void start_tone(const struct outlet *o, struct device *d, uint32_t tone)
{
    struct sccp_message m = of(d, SCCP_START_TONE);

    m.start_tone = (struct sccp_start_tone){.tone = tone, .line = LINE, .call = d->leg.reference};
    send(o, d, &m);
}

static void stop_tone(const struct outlet *o, struct device *d)
{
    struct sccp_message m = of(d, SCCP_STOP_TONE);

    m.stop_tone = (struct sccp_stop_tone){.line = LINE, .call = d->leg.reference};
    send(o, d, &m);
}

static void dialed_number(const struct outlet *o, struct device *d)
{
    struct sccp_message m = of(d, SCCP_DIALED_NUMBER);

    m.dialed_number.line = LINE;
    m.dialed_number.call = d->leg.reference;
    snprintf(m.dialed_number.number, sizeof m.dialed_number.number, "%s", d->leg.digits);
    send(o, d, &m);
}

static void copy(char *out, size_t cap, const char *text)
{
    snprintf(out, cap, "%s", text);
}
#define COPY(to, from) copy(to, sizeof(to), from)

/* Mailboxes are the parties' own numbers: the lab has no voicemail profile with a mask. */
static void call_info(const struct outlet *o, struct device *d, const struct call_parties *p)
{
    struct sccp_message m = of(d, device_is_dynamic(d) ? SCCP_CALL_INFO_V2 : SCCP_CALL_INFO);
    struct sccp_call_info *i = &m.call_info;

    i->line = LINE;
    i->call = d->leg.reference;
    i->type = p->type;
    i->original_called_reason = p->reason;
    i->last_redirecting_reason = p->reason;
    i->instance = 1;
    i->security = p->security;
    COPY(i->calling_party, p->calling);
    COPY(i->called_party, p->called);
    COPY(i->original_called_party, p->original);
    COPY(i->last_redirecting_party, p->last);
    COPY(i->calling_mailbox, p->calling);
    COPY(i->called_mailbox, p->called);
    COPY(i->original_called_mailbox, p->original);
    COPY(i->last_redirecting_mailbox, p->last);
    COPY(i->calling_name, p->calling_name);
    COPY(i->called_name, p->called_name);
    COPY(i->original_called_name, p->original_name);
    COPY(i->last_redirecting_name, p->last_name);
    COPY(i->hunt_pilot, p->hunt_pilot);
    send(o, d, &m);
}

/* ---- an incoming call, 7.4 ------------------------------------------------------------------ */

void present_ring_in(const struct outlet *o, struct device *d, const struct call_parties *p)
{
    char from[32];

    snprintf(from, sizeof from, LABEL_FROM "%s", p->calling);
    call_state(o, d, SCCP_CALL_RING_IN);
    soft_keys(o, d, d->leg.reference, SCCP_KEY_SET_RING_IN);
    prompt(o, d, d->leg.reference, from);
    notify(o, d, from);
    call_info(o, d, p);
    line_lamp(o, d, SCCP_LAMP_BLINK);
    ringer(o, d, SCCP_RING_INSIDE);
}

void present_answered(const struct outlet *o, struct device *d)
{
    ringer(o, d, SCCP_RING_OFF);
    speaker(o, d, SCCP_SWITCH_ON);
    line_lamp(o, d, SCCP_LAMP_ON);
    call_state(o, d, SCCP_CALL_OFF_HOOK);
    call_plane(o, d);
    ringer(o, d, SCCP_RING_OFF);
    stop_tone(o, d);
}

void present_connected(const struct outlet *o, struct device *d, const struct call_parties *p)
{
    call_state(o, d, SCCP_CALL_CONNECTED);
    soft_keys(o, d, d->leg.reference, SCCP_KEY_SET_CONNECTED);
    prompt(o, d, d->leg.reference, LABEL_CONNECTED);
    call_info(o, d, p);
}

/* ---- a call of the device's own, 7.8 -------------------------------------------------------- */

void present_dial_tone(const struct outlet *o, struct device *d)
{
    ringer(o, d, SCCP_RING_OFF);
    speaker(o, d, SCCP_SWITCH_ON);
    line_lamp(o, d, SCCP_LAMP_ON);
    call_state(o, d, SCCP_CALL_OFF_HOOK);
    soft_keys(o, d, d->leg.reference, SCCP_KEY_SET_OFF_HOOK);
    prompt(o, d, d->leg.reference, LABEL_ENTER);
    call_plane(o, d);
    start_tone(o, d, SCCP_TONE_INSIDE_DIAL);
}

void present_first_digit(const struct outlet *o, struct device *d)
{
    stop_tone(o, d);
    soft_keys(o, d, d->leg.reference, SCCP_KEY_SET_DIGITS);
}

void present_proceed(const struct outlet *o, struct device *d, const struct call_parties *p)
{
    dialed_number(o, d);
    call_state(o, d, SCCP_CALL_PROCEED);
    call_info(o, d, p);
}

void present_ring_out(const struct outlet *o, struct device *d)
{
    call_state(o, d, SCCP_CALL_RING_OUT);
    start_tone(o, d, SCCP_TONE_ALERTING);
    soft_keys(o, d, d->leg.reference, SCCP_KEY_SET_RING_OUT);
}

void present_tone(const struct outlet *o, struct device *d, uint32_t tone)
{
    start_tone(o, d, tone);
}

void present_failure(const struct outlet *o, struct device *d, uint32_t state, uint32_t tone)
{
    call_state(o, d, state);
    start_tone(o, d, tone);
}

/* ---- the end, 7.5 --------------------------------------------------------------------------- */

void present_over(const struct outlet *o, struct device *d, const struct sccp_time_date_res *now)
{
    struct sccp_message m = of(d, SCCP_TIME_DATE_RES);

    stop_tone(o, d);
    call_state(o, d, SCCP_CALL_ON_HOOK);
    soft_keys(o, d, 0, SCCP_KEY_SET_ON_HOOK);
    line_lamp(o, d, SCCP_LAMP_OFF);
    speaker(o, d, SCCP_SWITCH_OFF);
    ringer(o, d, SCCP_RING_OFF);
    prompt(o, d, 0, LABEL_OPTIONS);
    m.time_date_res = *now;
    send(o, d, &m);
}

/* ---- digits, 7.7 ---------------------------------------------------------------------------- */

static void digit_as_key(const struct outlet *o, struct device *d, uint32_t tone)
{
    struct sccp_message m = of(d, SCCP_KEYPAD_BUTTON);

    /* Towards a device '0' is 10, as in the tones' numbering (sccp.md 4.5). */
    m.keypad_button =
        (struct sccp_keypad_button){.button = tone, .line = LINE, .call = d->leg.reference};
    send(o, d, &m);
}

static void digit_as_notice(const struct outlet *o, struct device *d, uint32_t tone)
{
    struct sccp_message m = of(d, SCCP_NOTIFY_DTMF_TONE);

    m.dtmf_tone = (struct sccp_dtmf_tone){tone, d->leg.reference, d->leg.party};
    send(o, d, &m);
}

void present_digit(const struct outlet *o, struct device *d, enum digit_form form, char digit)
{
    uint32_t tone;

    if (!sccp_digit_to_tone(digit, &tone))
        return;
    switch (form) {
    case DIGIT_KEYPAD:
        digit_as_key(o, d, tone);
        break;
    case DIGIT_TONE:
        start_tone(o, d, tone);
        stop_tone(o, d);
        break;
    case DIGIT_NOTIFY:
        digit_as_notice(o, d, tone);
        break;
    case DIGIT_RFC2833:
    case DIGIT_INBAND:
        break;
    }
}

/* ---- media ---------------------------------------------------------------------------------- */

void open_channel(const struct outlet *o, struct device *d, const struct call_media *media)
{
    struct sccp_message m = of(d, SCCP_OPEN_RECEIVE_CHANNEL);

    m.open_receive = (struct sccp_open_receive){
        .conference = d->leg.reference,
        .party = d->leg.party,
        .packet_ms = media->packet_ms,
        .codec = media->codec,
        .call = d->leg.reference,
        .srtp = media->to_device,
        .dtmf_payload = media->dtmf_payload,
        .dtmf_type = SCCP_DTMF_TYPE_USUAL,
        .source = sccp_addr_of(&media->far),
        .wanted_addr_type = sccp_addr_of(&media->far).type,
    };
    d->leg.media = true;
    send(o, d, &m);
    explicit_bzero(&m.open_receive.srtp, sizeof m.open_receive.srtp);
}

void start_transmission(const struct outlet *o, struct device *d, const struct call_media *media)
{
    struct sccp_message m = of(d, SCCP_START_MEDIA_TRANSMISSION);

    m.start_transmit = (struct sccp_start_transmit){
        .conference = d->leg.reference,
        .party = d->leg.party,
        .remote = sccp_addr_of(&media->far),
        .remote_port = media->far.port,
        .packet_ms = media->packet_ms,
        .codec = media->codec,
        .precedence = SCCP_TOS_EF,
        .call = d->leg.reference,
        .srtp = media->from_device,
        .dtmf_payload = media->dtmf_payload,
        .dtmf_type = SCCP_DTMF_TYPE_USUAL,
    };
    send(o, d, &m);
    explicit_bzero(&m.start_transmit.srtp, sizeof m.start_transmit.srtp);
}

static void ask_statistics(const struct outlet *o, struct device *d)
{
    struct sccp_message m = of(d, SCCP_CONNECTION_STATISTICS_REQ);

    COPY(m.statistics_req.number, d->number);
    m.statistics_req.call = d->leg.reference;
    send(o, d, &m);
}

void close_channel(const struct outlet *o, struct device *d)
{
    struct sccp_message m = of(d, SCCP_CLOSE_RECEIVE_CHANNEL);
    struct sccp_close_receive which = {d->leg.reference, d->leg.party, d->leg.reference, 0};

    if (!d->leg.media)
        return;
    d->leg.media = false;
    ask_statistics(o, d);
    m.close_receive = which;
    send(o, d, &m);
    m = of(d, SCCP_STOP_MEDIA_TRANSMISSION);
    m.stop_transmit = which;
    send(o, d, &m);
}
