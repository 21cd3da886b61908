/* One ladder, and what its parts tell each other: the messages (ladder.c), the calls for lamps
 * among them (ladder_lamp.c) and the addresses of the media (ladder_media.c). */
#ifndef VMPORTS_LADDER_INNER_H
#define VMPORTS_LADDER_INNER_H

#include "sccp/frame.h"
#include "tools/vmports/ladder.h"
#include "tools/vmports/tls_open.h"

/* A call that the port is placing. */
struct lamp_dial {
    bool on, as_another;
    size_t digits;
    char dialled[LAMP_DIGITS_MAX + 1];
    struct lamp_call call;
};

struct ladder {
    struct ladder_facts facts;
    struct ladders *all;
    struct line_watch *watch;
    struct tls_open *open;
    bool tried; /* to open it */
    int64_t now_us;
    struct sccp_frames frames[2];
    uint32_t own_version, version; /* SCCP's: the device's, and what was agreed on */
    struct sccp_habits habits;
    struct ladder_message *messages;
    size_t room;
    struct lamp_call *lamps;
    size_t lamp_room;
    struct ladder_media *media;
    size_t media_room;
    struct lamp_dial dial;
    bool ringing; /* an OffHook answers */
};

void ladder_lamp_message(struct ladder *l, enum flow_side from, const struct sccp_message *m);
void ladder_lamp_end(struct ladder *l, const char *without_tone);

void ladder_media_message(struct ladder *l, enum flow_side from, const struct sccp_message *m);

#endif
