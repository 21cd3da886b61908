/* A call and its rules (sccp.md 7.4-7.9). Pure: devices are spoken to through the manager's outlet,
 * the phone at the other end and the timers through its edge.
 *
 *   a phone calls:   RINGING --answer--> TALKING        a device calls:  DIALLING -> ALERTING
 *                      |  ^ next member     |                               |
 *                      +--+ nobody: over    +-> over                        +-> TONE -> over
 *
 * CUCM opens the channels of both parties at once; each party is told to send only when the other
 * one has acknowledged its channel. */
#ifndef LABCM_CALL_H
#define LABCM_CALL_H

#include "tools/labcm/hunt.h"
#include "tools/labcm/present.h"

struct manager;

#define CALL_DIRECT_RING_MS 12000 /* CUCM's Forward No Answer Timer */
#define CALL_MEDIA_MS       12000 /* CUCM's Media Exchange Timer: the channel must be acknowledged */
#define CALL_DIGIT_MS       15000 /* CUCM's T302 Timer: between two digits */
#define CALL_TONE_MS        10000 /* a device that listens to a tone is cleared then */

enum call_state { CALL_RINGING, CALL_TALKING, CALL_DIALLING, CALL_ALERTING, CALL_TONE };

enum call_end {
    CALL_OVER_DEVICE,        /* the port hung up */
    CALL_OVER_PHONE,         /* the phone hung up */
    CALL_OVER_LAMP,          /* a phone dialled an MWI number: its own lamp changed */
    CALL_OVER_BUSY,          /* every member is on a call */
    CALL_OVER_NO_ANSWER,     /* rung, and nobody answered */
    CALL_OVER_NOBODY,        /* no member is in service */
    CALL_OVER_UNKNOWN,       /* no such number */
    CALL_OVER_PHONE_BUSY,    /* that phone has a call already */
    CALL_OVER_NO_CODEC,      /* the port does not offer the codec with that packet time */
    CALL_OVER_NO_SOCKET,     /* the phone got no UDP port */
    CALL_OVER_MEDIA_REFUSED, /* the port acknowledged its channel with an error */
    CALL_OVER_MEDIA_LATE,    /* the port did not acknowledge its channel */
    CALL_OVER_DEVICE_LOST,   /* the port's connection went down */
    CALL_OVER_SERVICE_DOWN,  /* the call manager is gone; phone and port may talk on */
    CALL_OVER_RESOURCES,     /* no memory */
};
const char *call_end_words(enum call_end end);

/* What a phone dials, and how it is set up. Empty numbers: not so. */
struct call_request {
    unsigned phone; /* index below PLAN_CALLERS */
    sccp_number to;
    sccp_number first_forwarder, last_forwarder;
    uint32_t reason;       /* SCCP_REDIRECT_... */
    bool clear;            /* the phone is a non-secure one */
    uint32_t codec;        /* 0: mu-law, or A-law if the port has only that */
    unsigned packet_ms;    /* 20 */
    uint32_t suite;        /* SCCP_SRTP_... of an encrypted call */
    uint32_t dtmf_payload; /* RFC 2833; 0 none */
};

struct call {
    struct manager *manager;
    enum call_state state;
    void *timer; /* the edge's, for its alarm */
    void *far;   /* the phone at the other end, as given to call_place; NULL: there is none */
    struct call_request asked;
    struct call_parties parties;
    struct call_media media;
    struct device *device;  /* who dials, or who answered */
    struct device *ringing; /* a list by leg.next_ringing */
    bool hunting, encrypted;
    bool acknowledged, sending; /* its OpenReceiveChannelAck, its StartMediaTransmissionAck came */
    struct hunt_walk walk;
    struct net_addr device_addr; /* where the device hears, once acknowledged */
};

/* NULL with *end set when it is over before it began. Else edge.far_over will come once. */
struct call *call_place(struct manager *m, const struct call_request *r, void *far,
                        enum call_end *end);
void call_phone_hangs_up(struct call *c);
void call_alarm(struct call *c); /* the time asked for with edge.alarm has passed */

/* What a device does with its line. */
void call_off_hook(struct manager *m, struct device *d, uint32_t reference);
void call_off_hook_as(struct manager *m, struct device *d,
                      const struct sccp_off_hook_with_cgpn *as);
void call_on_hook(struct manager *m, struct device *d, uint32_t reference);
void call_digit(struct manager *m, struct device *d, const struct sccp_keypad_button *key);
void call_enbloc(struct manager *m, struct device *d, const char *number);
void call_channel_open(struct manager *m, struct device *d,
                       const struct sccp_open_receive_ack *ack);
void call_sending(struct manager *m, struct device *d, const struct sccp_start_transmit_ack *ack);
void call_device_lost(struct manager *m, struct device *d);

#endif
