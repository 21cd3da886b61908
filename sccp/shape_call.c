/* Hook, digits, keys and what a call looks like: sccp.md 4.5 and 4.6, DTMF 4.8, lamps 4.9. */
#include "sccp/row.h"

static const struct sccp_field off_hook[] = {
    MAY_END(U32, off_hook.line),
    MAY_END(U32, off_hook.call),
};
static const struct sccp_field on_hook[] = {
    MAY_END(U32, on_hook.line),
    MAY_END(U32, on_hook.call),
};
static const struct sccp_field hook_flash[] = {
    MAY_END(U32, hook_flash.line),
    MAY_END(U32, hook_flash.call),
};
static const struct sccp_field back_space_res[] = {
    MAY_END(U32, back_space_res.line),
    MAY_END(U32, back_space_res.call),
};

/* The mailbox and the line are missing in the one-number form of old versions. */
static const struct sccp_field off_hook_with_cgpn[] = {
    FIELD(NUMBER, off_hook_with_cgpn.calling_party),
    MAY_END(NUMBER, off_hook_with_cgpn.voice_mailbox),
    MAY_END(U32, off_hook_with_cgpn.line),
};

static const struct sccp_field keypad_button[] = {
    FIELD(DIGIT, keypad_button.button),
    MAY_END(U32, keypad_button.line),
    MAY_END(U32, keypad_button.call),
};

static const struct sccp_field enbloc_call[] = {
    FIELD(NUMBER, enbloc_call.called_party),
    MAY_END(U32, enbloc_call.line),
};
/* An 8945 at version 22 keeps the line aligned. */
static const struct sccp_field enbloc_unpacked[] = {
    FIELD(TEXT(25), enbloc_call.called_party),
    PAD(3),
    MAY_END(U32, enbloc_call.line),
};
const struct sccp_rows sccp_rows_enbloc_unpacked = {enbloc_unpacked, COUNT(enbloc_unpacked)};

static const struct sccp_field stimulus[] = {
    FIELD(ONE_OF(stimulus), stimulus.stimulus),
    MAY_END(U32, stimulus.line),
    MAY_END(U32, stimulus.call),
    MAY_END(U32, stimulus.status),
};

static const struct sccp_field soft_key_event[] = {
    FIELD(ONE_OF(key), soft_key_event.event),
    MAY_END(U32, soft_key_event.line),
    MAY_END(U32, soft_key_event.call),
};

static const struct sccp_field call_state[] = {
    FIELD(ONE_OF(call_state), call_state.state),
    FIELD(U32, call_state.line),
    FIELD(U32, call_state.call),
    MAY_END(U32, call_state.privacy),
    MAY_END(U32, call_state.precedence_level),
    MAY_END(U32, call_state.precedence_domain),
};

static const struct sccp_field call_info[] = {
    FIELD(TEXT(40), call_info.calling_name),
    FIELD(TEXT(24), call_info.calling_party),
    FIELD(TEXT(40), call_info.called_name),
    FIELD(TEXT(24), call_info.called_party),
    FIELD(U32, call_info.line),
    FIELD(U32, call_info.call),
    MAY_END(ONE_OF(call_type), call_info.type),
    MAY_END(TEXT(40), call_info.original_called_name),
    MAY_END(TEXT(24), call_info.original_called_party),
    MAY_END(TEXT(40), call_info.last_redirecting_name),
    MAY_END(TEXT(24), call_info.last_redirecting_party),
    MAY_END(ONE_OF(redirect), call_info.original_called_reason),
    MAY_END(ONE_OF(redirect), call_info.last_redirecting_reason),
    MAY_END(TEXT(24), call_info.calling_mailbox),
    MAY_END(TEXT(24), call_info.called_mailbox),
    MAY_END(TEXT(24), call_info.original_called_mailbox),
    MAY_END(TEXT(24), call_info.last_redirecting_mailbox),
    MAY_END(U32, call_info.instance),
    MAY_END(ONE_OF(security), call_info.security),
    MAY_END(U32, call_info.restrictions),
};

#define CALL_INFO_V2_HEAD                                                                          \
    FIELD(U32, call_info.line), FIELD(U32, call_info.call),                                        \
        MAY_END(ONE_OF(call_type), call_info.type),                                                \
        MAY_END(ONE_OF(redirect), call_info.original_called_reason),                               \
        MAY_END(ONE_OF(redirect), call_info.last_redirecting_reason),                              \
        MAY_END(U32, call_info.instance), MAY_END(ONE_OF(security), call_info.security),           \
        MAY_END(U32, call_info.restrictions), MAY_END(STRING, call_info.calling_party)

/* The two hunt strings are read whenever they are there: chan-sccp sends them below 17 too, and
 * the zeros of padding read as two empty ones. */
#define CALL_INFO_V2_TAIL                                                                          \
    MAY_END(STRING, call_info.called_party), MAY_END(STRING, call_info.original_called_party),     \
        MAY_END(STRING, call_info.last_redirecting_party),                                         \
        MAY_END(STRING, call_info.calling_mailbox), MAY_END(STRING, call_info.called_mailbox),     \
        MAY_END(STRING, call_info.original_called_mailbox),                                        \
        MAY_END(STRING, call_info.last_redirecting_mailbox),                                       \
        MAY_END(STRING, call_info.calling_name), MAY_END(STRING, call_info.called_name),           \
        MAY_END(STRING, call_info.original_called_name),                                           \
        MAY_END(STRING, call_info.last_redirecting_name), LATE(17, STRING, call_info.hunt_pilot),  \
        LATE(17, STRING, call_info.hunt_pilot_name)

static const struct sccp_field call_info_v2[] = {
    CALL_INFO_V2_HEAD,
    MAY_END(STRING, call_info.alternate_calling_party),
    CALL_INFO_V2_TAIL,
};
static const struct sccp_field call_info_no_alternate[] = {
    CALL_INFO_V2_HEAD,
    CALL_INFO_V2_TAIL,
};
const struct sccp_rows sccp_rows_call_info_no_alternate = {call_info_no_alternate,
                                                           COUNT(call_info_no_alternate)};

static const struct sccp_field dialed_number[] = {
    FIELD(NUMBER, dialed_number.number),
    MAY_END(U32, dialed_number.line),
    MAY_END(U32, dialed_number.call),
};

static const struct sccp_field set_ringer[] = {
    FIELD(ONE_OF(ring), set_ringer.mode),
    MAY_END(U32, set_ringer.duration),
    MAY_END(U32, set_ringer.line),
    MAY_END(U32, set_ringer.call),
};

static const struct sccp_field set_lamp[] = {
    FIELD(ONE_OF(stimulus), set_lamp.stimulus),
    FIELD(U32, set_lamp.instance),
    FIELD(ONE_OF(lamp), set_lamp.mode),
};

static const struct sccp_field speaker_mode[] = {
    FIELD(ONE_OF(switch), speaker_mode.mode),
};
static const struct sccp_field microphone_mode[] = {
    FIELD(ONE_OF(switch), microphone_mode.mode),
};

static const struct sccp_field start_tone[] = {
    FIELD(TONE, start_tone.tone),
    MAY_END(U32, start_tone.direction),
    MAY_END(U32, start_tone.line),
    MAY_END(U32, start_tone.call),
};
static const struct sccp_field stop_tone[] = {
    MAY_END(U32, stop_tone.line),
    MAY_END(U32, stop_tone.call),
    SINCE(11, TONE, stop_tone.tone),
};

static const struct sccp_field activate_call_plane[] = {
    FIELD(U32, activate_call_plane.line),
};

static const struct sccp_field display_prompt_status[] = {
    FIELD(U32, display_prompt_status.timeout_s),
    MAY_END(TEXT(32), display_prompt_status.text),
    MAY_END(U32, display_prompt_status.line),
    MAY_END(U32, display_prompt_status.call),
};
static const struct sccp_field display_prompt_status_v2[] = {
    FIELD(U32, display_prompt_status.timeout_s),
    MAY_END(U32, display_prompt_status.line),
    MAY_END(U32, display_prompt_status.call),
    MAY_END(STRING, display_prompt_status.text),
};
static const struct sccp_field clear_prompt_status[] = {
    MAY_END(U32, clear_prompt_status.line),
    MAY_END(U32, clear_prompt_status.call),
};

static const struct sccp_field display_notify[] = {
    FIELD(U32, display_notify.timeout_s),
    MAY_END(TEXT(32), display_notify.text),
};
static const struct sccp_field display_notify_v2[] = {
    FIELD(U32, display_notify.timeout_s),
    MAY_END(STRING, display_notify.text),
};

static const struct sccp_field display_pri_notify[] = {
    FIELD(U32, display_pri_notify.timeout_s),
    MAY_END(U32, display_pri_notify.priority),
    MAY_END(TEXT(32), display_pri_notify.text),
};
static const struct sccp_field display_pri_notify_v2[] = {
    FIELD(U32, display_pri_notify.timeout_s),
    MAY_END(U32, display_pri_notify.priority),
    MAY_END(STRING, display_pri_notify.text),
};
static const struct sccp_field clear_pri_notify[] = {
    MAY_END(U32, clear_pri_notify.priority),
};

static const struct sccp_field display_text[] = {
    MAY_END(TEXT(32), display_text.text),
};

static const struct sccp_field call_select_stat[] = {
    FIELD(U32, call_select_stat.status),
    MAY_END(U32, call_select_stat.call),
    MAY_END(U32, call_select_stat.line),
};

static const struct sccp_field call_history[] = {
    FIELD(U32, call_history.disposition),
    MAY_END(U32, call_history.line),
    MAY_END(U32, call_history.call),
};

static const struct sccp_field dtmf_tone[] = {
    FIELD(DIGIT, dtmf_tone.tone),
    MAY_END(U32, dtmf_tone.conference),
    MAY_END(U32, dtmf_tone.party),
};

static const struct sccp_field dtmf_payload_req[] = {
    FIELD(U32, dtmf_payload.payload),
    MAY_END(U32, dtmf_payload.conference),
    MAY_END(U32, dtmf_payload.party),
    MAY_END(U32, dtmf_payload.dtmf_type),
};
static const struct sccp_field dtmf_payload_res[] = {
    FIELD(U32, dtmf_payload.payload),
    MAY_END(U32, dtmf_payload.conference),
    MAY_END(U32, dtmf_payload.party),
};

/* 25 bytes for a number in every version; all that follows is unaligned. */
static const struct sccp_field mwi_notification[] = {
    FIELD(TEXT(25), mwi_notification.target),
    FIELD(TEXT(25), mwi_notification.control),
    FIELD(U32, mwi_notification.waiting),
    MAY_END(U32, mwi_notification.voice.unheard),
    MAY_END(U32, mwi_notification.voice.heard),
    MAY_END(U32, mwi_notification.priority_voice.unheard),
    MAY_END(U32, mwi_notification.priority_voice.heard),
    MAY_END(U32, mwi_notification.fax.unheard),
    MAY_END(U32, mwi_notification.fax.heard),
    MAY_END(U32, mwi_notification.priority_fax.unheard),
    MAY_END(U32, mwi_notification.priority_fax.heard),
};
static const struct sccp_field mwi_res[] = {
    FIELD(TEXT(25), mwi_res.target),
    FIELD(ONE_OF(mwi_result), mwi_res.result),
};

const struct sccp_shape sccp_call_shapes[SCCP_ID_END] = {
    SHAPE(SCCP_OFF_HOOK, off_hook),
    SHAPE(SCCP_ON_HOOK, on_hook),
    SHAPE(SCCP_HOOK_FLASH, hook_flash),
    EMPTY(SCCP_SET_HOOK_FLASH_DETECT),
    SHAPE(SCCP_BACK_SPACE_RES, back_space_res),
    SHAPE(SCCP_OFF_HOOK_WITH_CGPN, off_hook_with_cgpn),
    SHAPE(SCCP_KEYPAD_BUTTON, keypad_button),
    PECULIAR(SCCP_ENBLOC_CALL, enbloc_call, sccp_read_enbloc),
    SHAPE(SCCP_STIMULUS, stimulus),
    SHAPE(SCCP_SOFT_KEY_EVENT, soft_key_event),
    SHAPE(SCCP_CALL_STATE, call_state),
    SHAPE(SCCP_CALL_INFO, call_info),
    PECULIAR(SCCP_CALL_INFO_V2, call_info_v2, sccp_read_call_info),
    SHAPE(SCCP_DIALED_NUMBER, dialed_number),
    SHAPE(SCCP_SET_RINGER, set_ringer),
    SHAPE(SCCP_SET_LAMP, set_lamp),
    SHAPE(SCCP_SET_SPEAKER_MODE, speaker_mode),
    SHAPE(SCCP_SET_MICROPHONE_MODE, microphone_mode),
    SHAPE(SCCP_START_TONE, start_tone),
    SHAPE(SCCP_STOP_TONE, stop_tone),
    SHAPE(SCCP_ACTIVATE_CALL_PLANE, activate_call_plane),
    EMPTY(SCCP_DEACTIVATE_CALL_PLANE),
    SHAPE(SCCP_DISPLAY_PROMPT_STATUS, display_prompt_status),
    SHAPE(SCCP_DISPLAY_PROMPT_STATUS_V2, display_prompt_status_v2),
    SHAPE(SCCP_CLEAR_PROMPT_STATUS, clear_prompt_status),
    SHAPE(SCCP_DISPLAY_NOTIFY, display_notify),
    SHAPE(SCCP_DISPLAY_NOTIFY_V2, display_notify_v2),
    EMPTY(SCCP_CLEAR_NOTIFY),
    SHAPE(SCCP_DISPLAY_PRI_NOTIFY, display_pri_notify),
    SHAPE(SCCP_DISPLAY_PRI_NOTIFY_V2, display_pri_notify_v2),
    SHAPE(SCCP_CLEAR_PRI_NOTIFY, clear_pri_notify),
    SHAPE(SCCP_DISPLAY_TEXT, display_text),
    EMPTY(SCCP_CLEAR_DISPLAY),
    SHAPE(SCCP_CALL_SELECT_STAT_RES, call_select_stat),
    SHAPE(SCCP_CALL_HISTORY_INFO, call_history),
    SHAPE(SCCP_NOTIFY_DTMF_TONE, dtmf_tone),
    SHAPE(SCCP_SEND_DTMF_TONE, dtmf_tone),
    SHAPE(SCCP_SUBSCRIBE_DTMF_PAYLOAD_REQ, dtmf_payload_req),
    SHAPE(SCCP_SUBSCRIBE_DTMF_PAYLOAD_RES, dtmf_payload_res),
    SHAPE(SCCP_SUBSCRIBE_DTMF_PAYLOAD_ERR, dtmf_payload_res),
    SHAPE(SCCP_UNSUBSCRIBE_DTMF_PAYLOAD_REQ, dtmf_payload_req),
    SHAPE(SCCP_UNSUBSCRIBE_DTMF_PAYLOAD_RES, dtmf_payload_res),
    SHAPE(SCCP_UNSUBSCRIBE_DTMF_PAYLOAD_ERR, dtmf_payload_res),
    SHAPE(SCCP_MWI_NOTIFICATION, mwi_notification),
    SHAPE(SCCP_MWI_RES, mwi_res),
};
