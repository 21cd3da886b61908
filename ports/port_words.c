/* What states, events, notes and reasons are called. */
#include "ports/port.h"

const char *port_state_words(enum port_state s)
{
    static const char *const words[] = {
#define PORT_STATE(name, text) [PORT_##name] = text,
        PORT_STATE_LIST(PORT_STATE)
#undef PORT_STATE
    };
    return s < PORT_STATES ? words[s] : "?";
}

const char *port_event_words(enum port_event_kind k)
{
    static const char *const words[] = {
#define PORT_EVENT(name, text) [EV_##name] = text,
        PORT_EVENT_LIST(PORT_EVENT)
#undef PORT_EVENT
    };
    return k < EV_KINDS ? words[k] : "?";
}

const char *port_note_words(enum port_note n)
{
    switch (n) {
    case NOTE_NONE:
        return "";
    case NOTE_NO_TURN:
        return "waited in vain for a list of trust and a handshake's turn";
    case NOTE_NO_CONNECTION:
        return "no connection in time";
    case NOTE_NO_REGISTER_ACK:
        return "no answer to Register in 10 s";
    case NOTE_REJECTED:
        return "the call manager rejects the registration";
    case NOTE_NO_CAPABILITIES_REQ:
        return "no CapabilitiesReq followed RegisterAck; going on without";
    case NOTE_STEP_UNANSWERED:
        return "a request after RegisterAck was not answered; going on without";
    case NOTE_UNKNOWN_MESSAGE:
        return "a message of an unknown kind was skipped";
    case NOTE_SECOND_CHANNEL:
        return "a second OpenReceiveChannel takes the place of the first";
    case NOTE_NEVER_SPOKE:
        return "the call was connected, but StartMediaTransmission never came: nothing was said";
    case NOTE_LINK_DEAD:
        return "three keepalives unanswered: the link is dead";
    case NOTE_RESET_ASKED:
        return "the call manager asks for a reset";
    case NOTE_MUST_STAY:
        return "the call manager refuses Unregister, as with a call in progress; leaving soon all "
               "the same";
    case NOTE_RESET_LATER:
        return "the call manager refuses Unregister, as with a call in progress; the port stays "
               "and "
               "resets later";
    case NOTE_BAD_KEEPALIVE:
        return "RegisterAck names an impossible keepalive interval; using 30 s";
    case NOTE_RING_UNWANTED:
        return "a call was offered that this port does not answer; it rings on";
    case NOTE_SECOND_CALL:
        return "a second call was offered to a busy port; it rings on";
    case NOTE_NOT_CONNECTED:
        return "answered, but the call was never connected";
    case NOTE_QUIET:
        return "five minutes without media: hanging up";
    case NOTE_SILENT:
        return "no packet from the far end for five minutes: hanging up";
    case NOTE_TOO_LONG:
        return "the call has lasted as long as a call may: hanging up";
    case NOTE_CANNOT_LISTEN:
        return "OpenReceiveChannel refused";
    case NOTE_CANNOT_SEND:
        return "StartMediaTransmission refused";
    case NOTE_NO_ADDRESS:
        return "StartMediaTransmission names no address: nothing is sent";
    case NOTE_UNREACHABLE:
        return "the far end's media address is unreachable";
    case NOTE_LAMP_IGNORED:
        return "the call manager ignores OffHookWithCallingPartyNumber (0x24)";
    case NOTE_LAMP_PREFIX:
        return "the call manager ignores OffHookWithCallingPartyNumber (0x24); dialling code and "
               "extension instead";
    case NOTE_LAMP_REFUSED:
        return "the lamp call was cleared before its number was complete";
    case NOTE_STANDBY:
        return "registers with the call manager that stands by";
    case NOTE_CALL_KEPT:
        return "the call manager is gone; the call goes on without it";
    case NOTE_KEPT_OVER:
        return "the call that went on without its call manager is over";
    case NOTE_TOKEN_REFUSED:
        return "a call manager of higher order is there, and lets us wait";
    case NOTE_TOKEN_IGNORED:
        return "RegisterTokenReq was not answered; going back without a token";
    case NOTE_GOING_BACK:
        return "goes back to a call manager of higher order";
    case NOTE_STAYING:
        return "Unregister was refused, a call is active: staying for now";
    }
    return "";
}

const char *port_step_words(enum port_step s)
{
    static const char *const words[STEPS] = {
        [STEP_CAPABILITIES] = "CapabilitiesReq", [STEP_BUTTONS] = "ButtonTemplateReq",
        [STEP_SOFT_KEYS] = "SoftKeyTemplateReq", [STEP_SOFT_KEY_SETS] = "SoftKeySetReq",
        [STEP_CONFIG] = "ConfigStatReq",         [STEP_LINE] = "LineStatReq",
        [STEP_FORWARD] = "ForwardStatReq",       [STEP_TIME] = "TimeDateReq",
    };
    return s < STEPS ? words[s] : "?";
}

const char *port_reason_words(uint32_t reason)
{
    static const struct {
        uint32_t reason;
        const char *words;
    } list[] = {
        {1, "busy"},
        {2, "no answer"},
        {4, "transfer"},
        {5, "pickup"},
        {7, "park"},
        {8, "park pickup"},
        {9, "out of order"},
        {10, "forward"},
        {11, "park reversion"},
        {15, "all"},
        {18, "deflection"},
        {34, "blind transfer"},
        {50, "iDivert"},
        {66, "alternate party"},
        {82, "on failure"},
        {98, "conference"},
        {114, "barge"},
        {129, "AAR"},
        {130, "refer"},
        {146, "replaces"},
        {162, "SIP 3xx"},
        {178, "unregistered"},
    };
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        if (list[i].reason == reason)
            return list[i].words;
    return reason ? "other" : "";
}
