/* One port's whole life, as a table of rules (port.c): events in, actions out, time as a number.
 *
 *   stopped -> waiting -> connecting -> registering -> configuring -> idle <----------------+
 *    ^          ^                                                     |                     |
 *    |          +-- down (waits for its retry) <-- from everywhere    +-> ringing ->        |
 *    |                                                                |   answering ->      |
 *    |                                                                |   talking ->        |
 *    |                                                                |   clearing ---------+
 *    |                                                                +-> mwi off hook ->   |
 *    |                                                                |   mwi dial tone ->  |
 *    |                                                                |   mwi dialled ->    |
 *    |                                                                |   mwi clearing -----+
 *    +-- unregistering <------ stop, reset ---------------------------+
 *
 * A link lost while a call talks leaves the call its voice (`kept`) until it ends. Besides, a
 * registered port has a second line (port_second.c): to the call manager that stands by, or to one
 * of higher order that it wants to go back to. It takes the place of a lost one at once.
 *
 * Pure: no socket, thread or clock. The worker (EDGE) turns what happens into events, carries the
 * actions out in their order, and calls port_tick when port_due has come. Three actions are
 * answered at once by an event: DO_LISTEN, DO_SEND and DO_OPEN. translate.h knows SCCP.
 *
 * Events and actions may hold SRTP keys: who holds one wipes it. The port keeps none. */
#ifndef PORTS_PORT_H
#define PORTS_PORT_H

#include "media/engine.h"
#include "ports/settings.h"

/* X(state, the word that `status` shows) */
#define PORT_STATE_LIST(X)                                                                         \
    X(STOPPED, "stopped")                                                                          \
    X(DOWN, "down")       /* waits for its next try */                                             \
    X(WAITING, "waiting") /* for identity, list of trust and a handshake's turn */                 \
    X(CONNECTING, "connecting")                                                                    \
    X(REGISTERING, "registering")                                                                  \
    X(CONFIGURING, "configuring")                                                                  \
    X(IDLE, "idle")                                                                                \
    X(RINGING, "ringing") /* waits a little for CallInfo */                                        \
    X(ANSWERING, "answering")                                                                      \
    X(TALKING, "talking")                                                                          \
    X(CLEARING, "clearing")                                                                        \
    X(MWI_OFF_HOOK, "mwi off hook") /* until the call manager opens a call */                      \
    X(MWI_DIAL_TONE, "mwi dial tone")                                                              \
    X(MWI_DIALLED, "mwi dialled")                                                                  \
    X(MWI_CLEARING, "mwi clearing")                                                                \
    X(UNREGISTERING, "unregistering")                                                              \
    X(KEPT, "call kept") /* the voice of a call whose call manager is gone */

enum port_state {
#define PORT_STATE(name, words) PORT_##name,
    PORT_STATE_LIST(PORT_STATE)
#undef PORT_STATE
        PORT_STATES,
};

/* X(state of the second line, the word that `status` shows) */
#define SECOND_STATE_LIST(X)                                                                       \
    X(NONE, "")                                                                                    \
    X(PAUSED, "down")                                                                              \
    X(WAITING, "waiting")                                                                          \
    X(CONNECTING, "connecting")                                                                    \
    X(HELD, "standing by")                                                                         \
    X(ASKING, "asking for a token")                                                                \
    X(GRANTED, "going back when idle")

enum second_state {
#define SECOND_STATE(name, words) SECOND_##name,
    SECOND_STATE_LIST(SECOND_STATE)
#undef SECOND_STATE
        SECOND_STATES,
};

/* X(event, its name in a trace). Where a rule would want an `if`, there are two events. */
#define PORT_EVENT_LIST(X)                                                                         \
    /* from the pool */                                                                            \
    X(START, "start")                                                                              \
    X(DRAIN, "drain") /* no more calls; unregister when free */                                    \
    X(STOP, "stop")   /* hang up and unregister */                                                 \
    X(KILL, "kill")   /* at once */                                                                \
    X(RESET, "reset")                                                                              \
    X(MWI, "lamp request")                                                                         \
    /* from the line */                                                                            \
    X(DIALLING, "dialling")                                                                        \
    X(LINK_UP, "link up")                                                                          \
    X(LINK_LOST, "link lost")                                                                      \
    X(UNTRUSTED, "certificate or CTL failure")                                                     \
    /* from the second line */                                                                     \
    X(SECOND_DIALLING, "second line: dialling")                                                    \
    X(SECOND_UP, "second line: up")                                                                \
    X(SECOND_LOST, "second line: lost")                                                            \
    X(SECOND_UNTRUSTED, "second line: certificate or CTL failure")                                 \
    X(SECOND_HEARD, "second line: a message")                                                      \
    X(TOKEN_GRANTED, "RegisterTokenAck")                                                           \
    X(TOKEN_REFUSED, "RegisterTokenReject")                                                        \
    X(SECOND_TIMEOUT, "second line: time-out")                                                     \
    X(SECOND_MAY_ASK, "second line: time to ask for a token")                                      \
    X(SECOND_NEED_NOT_ASK, "second line: no token is needed")                                      \
    X(SECOND_KEEPALIVE_DUE, "second line: keepalive due")                                          \
    X(SECOND_DEAD, "second line: three keepalives unanswered")                                     \
    /* made by the port itself */                                                                  \
    X(TIMEOUT, "time-out")                                                                         \
    X(LEFT, "link gone while leaving")                                                             \
    X(LEFT_FOR_RESET, "link gone for a reset")                                                     \
    X(CONFIGURED, "configuration over")                                                            \
    X(TIME_MISSED, "TimeDateReq unanswered")                                                       \
    X(TIMEOUT_TRY_PREFIX, "0x24 ignored, prefix allowed")                                          \
    X(TIMEOUT_CALL_CAME, "0x24 ignored while a call rings")                                        \
    X(CALL_TOO_LONG, "call lasted long enough")                                                    \
    X(LOOK, "time to look at the media")                                                           \
    X(SILENT_TOO_LONG, "no packet heard for five minutes")                                         \
    X(KEEPALIVE_DUE, "keepalive due")                                                              \
    X(DEAD, "three keepalives unanswered")                                                         \
    X(LOST_IN_CALL, "link lost in a call")                                                         \
    X(LOST_TO_STANDBY, "link lost, another stands by")                                             \
    X(KEPT_LOOK, "is the kept call alive?")                                                        \
    X(KEPT_OVER, "the kept call is over")                                                          \
    X(KEPT_OVER_TO_STANDBY, "the kept call is over, a call manager stands by")                     \
    X(FREE_TO_GO_BACK, "free to go back")                                                          \
    X(LEFT_TO_GO_BACK, "link gone to go back")                                                     \
    X(UNREGISTER_REFUSED, "UnregisterAck: a call is active")                                       \
    X(LEAVE_REFUSED, "UnregisterAck that refuses")                                                 \
    X(RESET_REFUSED, "UnregisterAck: a call is active, no reset now")                              \
    X(RESET_AGAIN, "time to unregister once more")                                                 \
    X(RESET_DUE, "reset waited long enough")                                                       \
    X(FREE_TO_LEAVE, "free to leave")                                                              \
    /* said by the call manager: the session */                                                    \
    X(REGISTERED, "RegisterAck")                                                                   \
    X(REJECTED, "RegisterReject")                                                                  \
    X(CAPS_FIRST, "CapabilitiesReq")                                                               \
    X(CAPS, "CapabilitiesReq")                                                                     \
    X(STEP_DONE, "configuration answer")                                                           \
    X(STEP_LATE, "late configuration answer")                                                      \
    X(UNREGISTERED, "UnregisterAck")                                                               \
    X(RESET_ASKED, "Reset reset")                                                                  \
    X(RESTART_ASKED, "Reset restart")                                                              \
    X(APPLY_ASKED, "Reset apply config")                                                           \
    X(TOKEN, "RegisterToken answer")                                                               \
    X(NOTED, "message without effect")                                                             \
    X(UNKNOWN, "unknown message")                                                                  \
    /* a call */                                                                                   \
    X(RING, "RingIn")                                                                              \
    X(RING_INFORMED, "RingIn after CallInfo")                                                      \
    X(RING_UNWANTED, "unwanted RingIn")                                                            \
    X(RING_SECOND, "RingIn of another call")                                                       \
    X(INFO, "CallInfo")                                                                            \
    X(INFO_EARLY, "CallInfo before RingIn")                                                        \
    X(CONNECTED, "Connected")                                                                      \
    X(CALL_OPENED, "OffHook")                                                                      \
    X(CALL_TAKEN, "the ringing call was connected")                                                \
    X(CALL_ENDED, "OnHook")                                                                        \
    X(CALL_CLEARED, "OnHook after Proceed")                                                        \
    X(OFFER_ENDED, "OnHook of another call")                                                       \
    X(PROCEED, "Proceed")                                                                          \
    X(DIAL_TONE, "dial tone")                                                                      \
    X(CONFIRMED, "ConfirmationTone")                                                               \
    X(BUSY, "busy")                                                                                \
    X(REORDER, "reorder")                                                                          \
    X(DIGIT, "digit")                                                                              \
    /* media */                                                                                    \
    X(OPEN_RECEIVE, "OpenReceiveChannel")                                                          \
    X(OPEN_RECEIVE_BAD, "OpenReceiveChannel that cannot be served")                                \
    X(CLOSE_RECEIVE, "CloseReceiveChannel")                                                        \
    X(START_SEND, "StartMediaTransmission")                                                        \
    X(START_SEND_BAD, "StartMediaTransmission that cannot be served")                              \
    X(STOP_SEND, "StopMediaTransmission")                                                          \
    X(PORT_REQUEST, "PortReq")                                                                     \
    X(STATISTICS, "ConnectionStatisticsReq")                                                       \
    X(SUBSCRIBE, "SubscribeDtmfPayloadReq")                                                        \
    X(SUBSCRIBE_BAD, "SubscribeDtmfPayloadReq of another payload type")                            \
    X(UNSUBSCRIBE, "UnSubscribeDtmfPayloadReq")                                                    \
    X(LISTENING, "media listens")                                                                  \
    X(LISTEN_FAILED, "media cannot listen")                                                        \
    X(SENDING, "media sends")                                                                      \
    X(SEND_FAILED, "media cannot send")                                                            \
    X(OPENED, "media open")                                                                        \
    X(OPEN_FAILED, "media cannot open")                                                            \
    X(PLAYED, "greeting over")                                                                     \
    X(PLAYED_ON, "greeting over, call goes on")                                                    \
    X(UNREACHABLE, "far end unreachable")                                                          \
    X(COUNTS, "media counts")                                                                      \
    X(REPORT, "media report")

enum port_event_kind {
#define PORT_EVENT(name, words) EV_##name,
    PORT_EVENT_LIST(PORT_EVENT)
#undef PORT_EVENT
        EV_KINDS,
};

/* Which stream or call a message speaks of. */
struct port_ids {
    uint32_t line, call, conference, party;
};

enum port_digit_way { DIGIT_KEYPAD, DIGIT_TONE, DIGIT_NOTIFY, DIGIT_RTP, DIGIT_INBAND };

#define PORT_NUMBER_MAX 25

struct port_info { /* of CallInfo: what `status` shows and a greeting needs */
    char caller[PORT_NUMBER_MAX + 1], called[PORT_NUMBER_MAX + 1];
    char redir[PORT_NUMBER_MAX + 1], last_redir[PORT_NUMBER_MAX + 1]; /* first and last */
    uint32_t reason, last_reason, security;
};

struct port_lamp { /* a lamp request; codes as dialled */
    uint32_t id;
    bool on;
    char extension[PORT_NUMBER_MAX], code[PORT_NUMBER_MAX];
};

struct port_media {
    struct media_format format;
    struct net_addr peer; /* who will send; where to send */
    uint8_t tos;
    bool greeting; /* the sound, else silence */
};

struct port_event {
    enum port_event_kind kind;
    struct port_ids ids;
    uint32_t value; /* by kind: a status, a payload type, seconds to wait, 1 if a new list of trust
                       may help */
    char why[64];   /* OPEN_RECEIVE_BAD, START_SEND_BAD: what cannot be served */
    union {
        struct net_addr local; /* LINK_UP, SECOND_UP; LISTENING, SENDING, OPENED: the UDP address */
        struct {               /* REGISTERED */
            uint32_t version, keepalive_s, standby_s; /* keepalives here; on a second line */
        } session;
        char text[64];           /* REJECTED: the reason; STEP_*: the directory number */
        struct port_info info;   /* INFO, INFO_EARLY */
        struct port_media media; /* OPEN_RECEIVE, START_SEND */
        struct {                 /* DIGIT */
            char digit;
            enum port_digit_way way;
        } digit;
        struct { /* STATISTICS */
            char number[29];
        } statistics;
        struct media_counts counts; /* COUNTS, REPORT */
        struct port_lamp lamp;      /* MWI */
    };
};

enum port_note { /* what a port has to tell: words in port_note_words */
                 NOTE_NONE,
                 NOTE_NO_TURN, /* no handshake's turn, or no trust, in time */
                 NOTE_NO_CONNECTION,
                 NOTE_NO_REGISTER_ACK,
                 NOTE_REJECTED, /* text: the reason given */
                 NOTE_NO_CAPABILITIES_REQ,
                 NOTE_STEP_UNANSWERED, /* text: which request */
                 NOTE_UNKNOWN_MESSAGE, /* text: its id */
                 NOTE_SECOND_CHANNEL,
                 NOTE_NEVER_SPOKE,
                 NOTE_LINK_DEAD,
                 NOTE_RESET_ASKED,   /* value: type */
                 NOTE_MUST_STAY,     /* value: the status of UnregisterAck */
                 NOTE_RESET_LATER,   /* the same, and the port goes on until it may be reset */
                 NOTE_BAD_KEEPALIVE, /* value: the interval that was asked */
                 NOTE_RING_UNWANTED,
                 NOTE_SECOND_CALL,
                 NOTE_NOT_CONNECTED, /* answered, but never connected */
                 NOTE_QUIET,         /* no media for five minutes */
                 NOTE_SILENT,        /* a channel, but no packet for five minutes */
                 NOTE_TOO_LONG,      /* value: seconds */
                 NOTE_CANNOT_LISTEN, /* value: the status sent; text: what was wrong, if asked
                                        wrongly */
                 NOTE_CANNOT_SEND,
                 NOTE_NO_ADDRESS, /* 0.0.0.0 in StartMediaTransmission */
                 NOTE_UNREACHABLE,
                 NOTE_LAMP_IGNORED, /* OffHookWithCallingPartyNumber was not understood */
                 NOTE_LAMP_PREFIX,  /* ... the prefix way is used instead */
                 NOTE_LAMP_REFUSED, /* cleared before the number was complete */
                 NOTE_STANDBY,      /* registers where it stood by */
                 NOTE_CALL_KEPT,
                 NOTE_KEPT_OVER,
                 NOTE_TOKEN_REFUSED, /* value: seconds to wait */
                 NOTE_TOKEN_IGNORED,
                 NOTE_GOING_BACK,
                 NOTE_STAYING, /* the call manager that is to be left has a call for us */
};

enum port_action_kind {
    /* to the call manager: translate.h makes messages of them */
    SAY_REGISTER,
    SAY_KEEPALIVE,
    SAY_CAPABILITIES,
    SAY_STEP, /* value: enum port_step */
    SAY_UNREGISTER,
    SAY_OFF_HOOK,    /* ids: the call answered; zeros: a new call */
    SAY_OFF_HOOK_AS, /* text: the subscriber */
    SAY_DIAL,        /* text: the number */
    SAY_ON_HOOK,
    SAY_RECEIVE_ACK, /* value: status; addr */
    SAY_SEND_ACK,
    SAY_SEND_FAILED,
    SAY_PORT,
    SAY_STATISTICS, /* text: directory number; counts */
    SAY_SUBSCRIBED, /* value: payload type */
    SAY_NOT_SUBSCRIBED,
    SAY_SECOND_KEEPALIVE, /* these two on the second line */
    SAY_TOKEN_REQ,
    SAY_UNSUBSCRIBED, /* the last of them */
    /* to the line */
    DO_DIAL,  /* value: index of the server; answered by DIALLING, LINK_UP, LINK_LOST, UNTRUSTED */
    DO_CLOSE, /* close the link, or leave the waiting list */
    DO_REFRESH,     /* the list of trust may be out of date: fetch it */
    DO_DIAL_SECOND, /* value: index of the server; answered by SECOND_DIALLING, _UP, _LOST ... */
    DO_CLOSE_SECOND,
    DO_SWAP, /* the second line is the line from now on; the old one was closed */
    /* to the media engine */
    DO_OPEN,   /* answered by OPENED or OPEN_FAILED */
    DO_LISTEN, /* opens if need be; answered by LISTENING or LISTEN_FAILED */
    DO_STOP_LISTENING,
    DO_SEND, /* opens if need be; answered by SENDING or SEND_FAILED */
    DO_STOP_SENDING,
    DO_COUNT,       /* answered by COUNTS */
    DO_CLOSE_MEDIA, /* the report follows as REPORT */
    /* to the pool */
    TELL_REGISTERED,
    TELL_LOST, /* was registered, is no more */
    TELL_FREE, /* may take a lamp request */
    TELL_TAKEN,
    TELL_ANSWERED,
    TELL_CALL_ENDED, /* value: 1 if it was connected */
    TELL_LAMP,       /* value: enum port_lamp_result; ids.call: the request */
    TELL_DIGIT,      /* that there was one: never which */
    TELL_NOTE,       /* note, value, text */
    TELL_UNEXPECTED, /* value: the event */
    TELL_STOPPED,
};

enum port_lamp_result {
    LAMP_CONFIRMED,
    LAMP_BUSY,
    LAMP_REORDER,
    LAMP_TIMEOUT,
    LAMP_NOT_UNDERSTOOD,
    LAMP_LINK_LOST,
    LAMP_PORT_BUSY, /* this port cannot now: try another */
};

struct port_action {
    enum port_action_kind kind;
    struct port_ids ids;
    uint32_t value;
    enum port_note note;
    union {
        char text[64];
        struct net_addr addr;
        struct port_media media;
        struct media_counts counts;
    };
};

/* No step needs more: registering anew after a lost call is the longest, with about ten. */
#define PORT_ACTIONS_MAX 24

struct port_actions {
    struct port_action list[PORT_ACTIONS_MAX];
    size_t count;
};

/* The requests of sccp.md 7.1 after RegisterAck, one at a time. */
enum port_step {
    STEP_CAPABILITIES, /* the call manager asks */
    STEP_BUTTONS,
    STEP_SOFT_KEYS,
    STEP_SOFT_KEY_SETS,
    STEP_CONFIG,
    STEP_LINE,
    STEP_FORWARD,
    STEP_TIME, /* with the number of lines in front of it */
    STEPS,
};

struct port_stream { /* one direction of the voice, as the call manager opened it */
    bool on, encrypted;
    uint32_t dtmf_payload;
    struct port_ids ids;
};

struct port_second { /* the second line */
    enum second_state state;
    int64_t due_ms, keepalive_due_ms;
    uint32_t server, first; /* which of the list; where the round through its choices began */
    uint32_t failures;      /* rounds without a sign of life */
    uint32_t unanswered, closed_on_token;
    bool answers; /* keepalives; libsccp does not before Register */
    struct net_addr local;
};

struct port {
    enum port_state state;
    const struct group_settings *group; /* borrowed */
    int64_t now_ms, due_ms, keepalive_due_ms, reset_due_ms;
    int64_t again_due_ms; /* Unregister once more: the one before was refused */
    uint64_t random;

    /* the line */
    uint32_t server, server_count; /* which of the list; how many there are */
    uint32_t failures;             /* rounds through the list since the last steady registration */
    int64_t settled_ms;            /* when it was registered; NEVER: that has been judged */
    uint32_t delay_ms;             /* how long `down` lasts */
    uint32_t version;              /* negotiated; 0 before */
    uint32_t keepalive_s, standby_s, unanswered;
    struct net_addr local;
    enum port_step step;
    bool never_answers;                  /* CapEnabled or CapAnswer = no: calls ring on */
    bool leaving;                        /* for good */
    bool going_back;                     /* unregisters to register at a higher order */
    bool no_cgpn;                        /* this server ignores 0x24 */
    char extension[PORT_NUMBER_MAX + 1]; /* own directory number */

    /* the call */
    struct port_ids call;  /* .call 0: none, or not known yet */
    struct port_ids offer; /* another call that rings meanwhile */
    uint32_t refused;      /* the call that rang unwanted last */
    uint32_t last_call;    /* the one before: what still comes for it means nothing */
    uint32_t info_call;    /* whose call `info` tells of */
    struct port_info info;
    struct port_stream receive, send;
    struct port_ids wanted_port; /* PortReq not answered yet */
    struct net_addr peer;        /* where we send */
    bool answered, connected;    /* by us; by the call manager */
    bool spoke;                  /* media was sent in it */
    bool media_open, unreachable_told;
    bool digits_come;     /* by another way than in the audio */
    int64_t call_ends_ms; /* when it has lasted long enough */
    int64_t look_ms;      /* when to look whether anything is heard */
    uint64_t heard;       /* packets, at the last look; */
    int64_t heard_ms;     /* the last look that found more of them */
    struct {
        char digit;
        enum port_digit_way way;
        int64_t at_ms;
    } last_digit;
    struct {
        bool wanted;
        struct port_ids ids;
        uint32_t mode;
        char number[29];
    } statistics;
    struct {
        uint32_t call;
        struct media_counts counts; /* told and cleared: later answers count from here */
    } cleared;
    struct {
        uint32_t call;
        struct media_counts counts; /* the last report: it can be asked for after the call */
    } reported;
    uint32_t report_call;      /* of which call the report is still out */
    struct port_lamp lamp;     /* id 0: none */
    bool by_prefix, proceeded; /* how it is dialled; the number was complete */

    struct port_second second;
    uint32_t registered_at; /* 1 + index of the server of the last registration; 0: none yet */

    /* counted since the start */
    uint32_t calls, calls_refused, calls_kept, registrations, lamps, lamps_failed, digits,
        unexpected, unknown;
    uint32_t failovers, failbacks; /* registrations at a lower and at a higher order than before */
};

/* `seed` spreads retries and keepalives of many ports. Time is any monotonic clock, in
 * milliseconds. */
void port_init(struct port *p, const struct group_settings *group, size_t server_count,
               uint64_t seed);
/* Other settings of the same group; not in mid-call, which ends as it began. */
void port_set_group(struct port *p, const struct group_settings *group, bool never_answers);
/* The list of servers changed its length: the next try starts at its top. */
void port_set_servers(struct port *p, size_t server_count);
/* A list in another order: this is the place of the server that the line leads to. */
void port_stands_at(struct port *p, size_t server);

/* One event. `out` is filled anew. */
void port_step(struct port *p, const struct port_event *ev, int64_t now_ms,
               struct port_actions *out);
/* When port_tick wants to be called: never before, soon after. INT64_MAX: not at all. */
int64_t port_due(const struct port *p);
void port_tick(struct port *p, int64_t now_ms, struct port_actions *out);

bool port_registered(const struct port *p);
bool port_second_up(const struct port *p); /* connected, and known to be no worse than that */
bool port_in_call(const struct port *p);   /* any call, lamp calls too */
bool port_lamp_call(const struct port *p); /* one of those */
bool port_encrypted(const struct port *p); /* SRTP both ways in the call that is up */

const char *port_state_words(enum port_state s);
const char *port_second_words(enum second_state s);
const char *port_event_words(enum port_event_kind k);
const char *port_note_words(enum port_note n);
const char *port_step_words(enum port_step s); /* the request, as the protocol names it */
/* unity-connection.md 3.1; "" for 0. */
const char *port_reason_words(uint32_t reason);

/* The table, for tests and drawings. False past its end. */
struct port_rule_view {
    enum port_state from;
    enum port_event_kind event;
    enum port_state to;
};
bool port_rule(size_t index, struct port_rule_view *out);
struct second_rule_view {
    enum second_state from;
    enum port_event_kind event;
    enum second_state to;
};
bool port_second_rule(size_t index, struct second_rule_view *out);

#endif
