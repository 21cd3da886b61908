/* The call manager as rules: its devices, phones, lamps and calls. Pure: what happens comes in by
 * functions, what follows goes out through `struct manager_edge`. */
#ifndef LABCM_MANAGER_H
#define LABCM_MANAGER_H

#include "base/log.h"
#include "tools/labcm/call.h"
#include "tools/labcm/faults.h"
#include "tools/labcm/plan.h"

struct manager_settings {
    struct plan plan;
    sccp_device_name prefix; /* "CiscoUM1-VI" */
    enum lab_mode mode;      /* of every device */
    enum hunt_algorithm algorithm;
    uint32_t node;                   /* 1: the high byte of call references */
    uint32_t device_type;            /* 80 */
    uint32_t version_max;            /* 22 */
    unsigned ring_no_answer_ms;      /* 10,000 */
    unsigned keepalive_s, standby_s; /* 30, 60 */
    char server_name[41];
    struct net_addr address; /* ours, for ServerRes */
    uint16_t port;
    struct faults *faults; /* NULL: none; borrowed */
};

/* The lab as it is where nobody says otherwise: eight encrypted ports from CiscoUM1-VI1 on. */
#define MANAGER_DEFAULTS                                                                           \
    {                                                                                              \
        .plan = {.first = 1, .count = 8}, .prefix = "CiscoUM1-VI", .mode = LAB_ENCRYPTED,          \
        .algorithm = HUNT_LONGEST_IDLE, .node = 1, .device_type = SCCP_DEVICE_VOICE_MAIL_PORT,     \
        .version_max = SCCP_VERSION_MAX, .ring_no_answer_ms = 10000, .keepalive_s = 30,            \
        .standby_s = 60, .server_name = "cucm-lab-pub"                                             \
    }

struct manager_edge {
    struct outlet outlet;
    void *arg;
    void (*alarm)(void *arg, struct call *c, unsigned ms); /* replaces the one before; 0: none */
    /* The phone at the other end takes a UDP port (far->local) and listens with media.from_device.
     */
    bool (*far_open)(void *arg, struct call *c, struct net_addr *local);
    void (*far_rung)(void *arg, struct call *c, const struct device *d); /* that one rings now */
    void (*far_talk)(void *arg, struct call *c); /* to device_addr, with media.to_device */
    void (*far_over)(void *arg, struct call *c, enum call_end end); /* `c` is dead after it */
    void (*random)(void *arg, void *out, size_t len);
    void (*now)(void *arg, struct sccp_time_date_res *out);
    void (*note)(void *arg, enum log_level level, enum log_area area, const char *who,
                 const char *text);
};

struct lamp {
    bool on;
    bool ever_set;
    sccp_device_name by; /* who set it */
    uint32_t when;       /* seconds since 1970 */
    uint64_t changes;    /* how often it was set, also to what it was */
};

struct phone_line {
    struct call *call;
    struct lamp lamp;
};

struct manager {
    struct manager_settings s;
    struct manager_edge edge;
    struct device *devices; /* s.plan.count of them */
    struct hunt *hunt;
    struct phone_line phones[PLAN_PHONES];
    unsigned in_service, talking, with_media;
    uint32_t references, parties;
    bool going_down; /* devices are lost because we are */
    uint64_t placed, answered, lamps_set, not_understood;
};

struct manager *manager_new(const struct manager_settings *s, const struct manager_edge *edge,
                            struct err *e);
/* Every device must have been lost before. Accepts NULL. */
void manager_free(struct manager *m);

/* The configured device of that name; NULL: none. */
struct device *manager_device(struct manager *m, const char *name);
/* A Register that the registrar let pass: RegisterAck, CapabilitiesReq. */
void manager_register(struct manager *m, struct device *d, const struct sccp_register *r,
                      enum lab_mode mode);
/* Anything else that a registered device says, Unregister too: true when it has gone with that. */
bool manager_message(struct manager *m, struct device *d, const struct sccp_message *msg);
void manager_lost(struct manager *m, struct device *d);

/* False: no phone has that number. */
bool manager_set_lamp(struct manager *m, const char *number, bool on, const char *by);
void manager_note(struct manager *m, enum log_level level, enum log_area area,
                  const struct device *d, const char *fmt, ...) PRINTF_LIKE(5, 6);

/* The version both will speak: chan-sccp's table goes from 11 to 15, and so do we, because tshark
 * knows no other header words. */
uint32_t manager_negotiate(const struct manager *m, uint32_t offered);

#endif
