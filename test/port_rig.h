/* A port on the bench: pure port and translate, joined to a scripted call manager by bytes of SCCP
 * frames, with invented time and a model of the media engine. No sockets, threads or clock. */
#ifndef TEST_PORT_RIG_H
#define TEST_PORT_RIG_H

#include "manager.h"
#include "ports/port.h"
#include "ports/translate.h"
#include "sccp/frame.h"

#define RIG_HEARD_MAX 256
#define RIG_INBOX_MAX 64

/* One message of the call manager, the `in`-th from now on, is changed on its way. */
enum rig_spoil_how { SPOIL_BYTE, SPOIL_CUT, SPOIL_LOST, SPOIL_TWICE, SPOIL_ID, SPOIL_HOWS };
struct rig_spoil {
    bool armed;
    uint8_t in, at, value;
    enum rig_spoil_how how;
};

/* What answers on the second line. */
struct rig_other {
    bool silent;      /* to everything, as libsccp before Register */
    bool closes;      /* at RegisterTokenReq, as mod_skinny */
    uint32_t refuses; /* RegisterTokenReq, for so many seconds; 0: it grants */
    unsigned keepalives, tokens_asked, connected;
    int64_t asked_ms; /* the last time */
};

struct rig {
    struct port port;
    struct group_settings group;
    struct manager cm;
    struct rig_spoil spoil;
    int64_t now_ms;

    bool linked, dialling;
    uint32_t server; /* dialled last */
    uint32_t down;   /* a bit for each call manager that takes no connection */
    bool second_linked, second_dialling;
    uint32_t second_server;
    struct rig_other other;
    struct {
        bool open, listening, sending, greeting;
        bool cannot_open, cannot_listen, cannot_send;
        struct media_format heard, said;
        struct net_addr to;
        uint32_t call; /* whose stream it is */
        unsigned opened, closed, sounds;
        uint32_t report;            /* call whose report has not been given yet */
        struct media_counts counts; /* of any stream */
    } media;

    /* What the port said, newest last; ids and whole messages. */
    struct sccp_message said[RIG_HEARD_MAX];
    size_t said_count, heeded; /* heeded: how many the call manager has looked at */
    /* What the call manager still has to say. */
    struct sccp_message inbox[RIG_INBOX_MAX];
    size_t inbox_count;

    bool told_registered, told_free, told_stopped;
    unsigned lost, answered, ended, ended_connected, lamps, digits, refreshes, closes, unexpected;
    enum port_lamp_result lamp_result;
    uint32_t lamp_id;
    enum port_note notes[64];
    size_t note_count;
    char note_text[64]; /* of the last one */
    const char *broken; /* the first invariant that did not hold; NULL: all well */
};

void rig_init(struct rig *r, uint32_t version);
void rig_event(struct rig *r, const struct port_event *ev);
void rig_kind(struct rig *r, enum port_event_kind k);
/* The call manager says this, as bytes. */
void rig_hear(struct rig *r, const struct sccp_message *m);
void rig_hear_bytes(struct rig *r, const uint8_t *body, size_t len, uint32_t id);
/* Time goes on; timers run in order; the call manager answers. */
void rig_advance(struct rig *r, int64_t ms);
/* What is in the inbox is heard, and answered, until nobody says anything more. */
void rig_settle(struct rig *r);
void rig_media_report(struct rig *r);
/* The call manager that the port is registered with is gone, and takes no connection. */
void rig_server_dies(struct rig *r);

/* From `stopped` to `idle`. */
void rig_register(struct rig *r);
/* A call is offered: RingIn and CallInfo; the call manager does the rest. Returns its reference. */
uint32_t rig_ring(struct rig *r);
void rig_far_end_hangs_up(struct rig *r);
void rig_lamp(struct rig *r, uint32_t id, const char *extension);

/* The newest message of that id; NULL: never said. */
const struct sccp_message *rig_last(const struct rig *r, uint32_t id);
size_t rig_times(const struct rig *r, uint32_t id);
void rig_forget(struct rig *r); /* what was said and told so far */
bool rig_noted(const struct rig *r, enum port_note n);

/* Messages to hear. */
struct sccp_message say_open_receive(const struct rig *r, uint32_t call, uint32_t party);
struct sccp_message say_start_transmit(const struct rig *r, uint32_t call, uint32_t party);

#endif
