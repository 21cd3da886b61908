/* A configured device, what the call manager knows of it, and its one line. Plain values. */
#ifndef LABCM_DEVICE_H
#define LABCM_DEVICE_H

#include "sccp/message.h"
#include "tools/labcm/plan.h"

struct call;

/* Device Security Mode, as CUCM's voice mail port page has it. */
enum lab_mode { LAB_NON_SECURE, LAB_AUTHENTICATED, LAB_ENCRYPTED };
const char *lab_mode_name(enum lab_mode mode);

enum device_state {
    DEVICE_ABSENT,
    DEVICE_REGISTERED, /* has its RegisterAck, asks for its configuration */
    DEVICE_IN_SERVICE, /* since its TimeDateReq */
};
const char *device_state_name(enum device_state s);

enum leg_state {
    LEG_NONE,
    LEG_RINGING,
    LEG_CONNECTED,
    LEG_DIALLING,
    LEG_PROCEEDING, /* the number is complete */
    LEG_TONE,       /* confirmation, busy, reorder: the device is to hang up */
};

/* A line's part in a call. */
struct leg {
    enum leg_state state;
    struct call *call;
    uint32_t reference, party; /* callReference, passThroughPartyId */
    struct device *next_ringing;
    bool media; /* OpenReceiveChannel was sent */
    bool has_subscriber;
    sccp_number subscriber; /* 0x24: whose call it is made to look */
    char digits[PLAN_NUMBER];
};

struct device {
    unsigned index;
    sccp_device_name name;
    sccp_number number; /* of its line */
    enum device_state state;
    enum lab_mode mode; /* as it is registered */
    uint32_t version;   /* negotiated */
    struct sccp_features features;
    uint32_t type;
    struct sccp_capability caps[SCCP_CAPS_MAX];
    uint32_t cap_count;
    struct leg leg;
    uint64_t calls, lamps, registrations;
    struct sccp_statistics_counts {
        uint32_t sent, received, lost;
    } statistics; /* as the device said after its last call */
};

/* Does it take the dynamic messages (0x143-0x149, 0x14A)? CUCM uses them from version 17. */
bool device_is_dynamic(const struct device *d);
/* The largest packet it takes in that codec, ms; 0: it has not the codec. */
unsigned device_packet_ms(const struct device *d, uint32_t codec);

#endif
