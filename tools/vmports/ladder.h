/* What port and call manager said to each other on one captured connection: SCCP in clear, or
 * behind TLS that can be opened (tls_open.h), message by message as the codec prints it, without
 * keys and digits; and the lamp calls in it. Pure. */
#ifndef VMPORTS_LADDER_H
#define VMPORTS_LADDER_H

#include "tools/vmports/line_watch.h"
#include "tools/vmports/tls_secrets.h"

#include <jansson.h>
#include <stdio.h>

#define LADDER_MESSAGES_MAX 2000000u /* kept, of a whole capture; all are counted */
#define LADDER_NAME_MAX     65       /* a device name, escaped */
#define LAMP_DIGITS_MAX     32
#define LAMP_NUMBER_MAX     104 /* a number, escaped */

struct ladder_message {
    int64_t time_us;
    enum flow_side from;
    uint32_t id, call; /* call reference; 0: none is named */
    char *text;        /* "CallState state=4(RingIn) ..." */
};

/* A call that the port places as an extension (OffHookWithCallingPartyNumber), or that is answered
 * by the confirmation tone. */
struct lamp_call {
    int64_t first_us, last_us;
    char mailbox[LAMP_NUMBER_MAX]; /* whose lamp; empty where the number has it */
    char number[LAMP_NUMBER_MAX];  /* the MWI number */
    const char *result;            /* "confirmed", "busy", "reorder", ... */
};

/* Where the port takes a call's voice, from where it sends too: its OpenReceiveChannelAck. */
struct ladder_media {
    int64_t time_us;
    struct net_addr at;
};

struct ladder_facts {
    char name[LADDER_NAME_MAX]; /* of the device, from its Register */
    const struct ladder_message *messages;
    size_t count;
    uint64_t unkept;    /* messages beyond the limit */
    uint64_t gaps;      /* places where the capture lost something */
    uint64_t broken;    /* messages that end early */
    char ended[2][160]; /* by enum flow_side: why nothing more could be read; empty: all was */
    const struct lamp_call *lamps;
    size_t lamp_count;
    const struct ladder_media *media;
    size_t media_count;
};

struct ladders; /* what the ladders of a capture share */
struct ladder;

struct ladders *ladders_new(const struct tls_secrets *s, struct err *e); /* s borrowed, or NULL */
void ladders_free(struct ladders *all); /* accepts NULL; after its ladders */
/* Taps `w`, which is borrowed. NULL: no memory. */
struct ladder *ladder_new(struct ladders *all, struct line_watch *w);
void ladder_free(struct ladder *l);                              /* accepts NULL */
void ladder_clock(struct ladder *l, int64_t time_us);            /* of the bytes that come next */
void ladder_finish(struct ladder *l);                            /* before the facts are read */
const struct ladder_facts *ladder_facts(const struct ladder *l); /* borrowed; NULL of NULL */

#endif
