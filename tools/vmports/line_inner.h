/* One connection on its way through the watch, and what the parts of it tell each other: the
 * framing (line_watch.c), the search for what can be read (line_search.c), the TLS handshake
 * (line_handshake.c). */
#ifndef VMPORTS_LINE_INNER_H
#define VMPORTS_LINE_INNER_H

#include "base/buf.h"
#include "tools/vmports/line_watch.h"

#define TLS13         0x0304
#define SCCP_HEAD     12 /* length, header version, message id (sccp.md 1.1) */
#define SCCP_NAME_LEN 16 /* Register begins with the device name */
#define LINE_OVERLAP  (LINE_NAME_MAX - 1)

struct side {
    uint8_t head[SCCP_HEAD]; /* bytes of a header that is not yet whole */
    size_t head_len;
    size_t left; /* bytes of this record or frame to come */
    uint8_t type;
    bool lost;  /* framing must be found again */
    bool blind; /* bytes are missing: the handshake cannot be followed any more */
    size_t record_len;
    uint8_t alert[2];
    uint8_t name[SCCP_NAME_LEN];
    size_t name_len;
    uint32_t message;
    struct buf handshake;
    bool tapped;                /* this record is for the tap */
    struct buf record;          /* what came of it, unless it came whole */
    uint8_t tail[LINE_OVERLAP]; /* the end of what was searched */
    size_t tail_len;
    size_t inside; /* bytes to come of a frame that the search found */
};

struct line_watch {
    struct line_facts facts;
    bool from_start;
    struct line_tap tap; /* its functions are NULL: nobody's */
    char raw_name[LINE_NAME_MAX];
    size_t raw_name_len;
    struct side sides[2];
};

/* Twelve bytes that can only be the header of an SCCP frame. */
bool line_is_sccp_head(const uint8_t *b);
/* Searches bytes that must not be readable for SCCP frames and for the port's name; what begins at
 * the end of one piece and ends in the next is found too. */
void line_search(struct line_watch *w, enum flow_side from, const uint8_t *b, size_t len);
/* The piece that follows does not continue this one. */
void line_search_flush(struct line_watch *w, enum flow_side from);

/* Bytes of handshake messages, before that side encrypts. */
void line_on_handshake(struct line_watch *w, enum flow_side from, const uint8_t *b, size_t len);
/* The port's name, and its bytes to search for; the first one counts. */
void line_take_name(struct line_watch *w, const char *escaped, const char *raw, size_t len);

#endif
