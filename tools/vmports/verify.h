/* A capture judged: was anything readable that should not be, and does the voice authenticate?
 *
 * Reads pcap and pcapng by libpcap and hands each packet to the watchers (flow.h with line_watch.h,
 * tftp_watch.h, media_watch.h); then makes findings of what they saw. A fault is something that can
 * be read, or does not authenticate, or could not be judged although it had to be; a note is worth
 * knowing. Whatever cannot be judged is never silently taken for good. */
#ifndef VMPORTS_VERIFY_H
#define VMPORTS_VERIFY_H

#include "tools/vmports/flow.h"
#include "tools/vmports/ladder.h"
#include "tools/vmports/line_watch.h"
#include "tools/vmports/media_watch.h"
#include "tools/vmports/tftp_watch.h"

#include <jansson.h>
#include <stdio.h>

enum verify_mode { VERIFY_NON_SECURE, VERIFY_AUTHENTICATED, VERIFY_ENCRYPTED };

#define VERIFY_PORTS_MAX    16
#define VERIFY_FINDINGS_MAX 200 /* kept; all are counted */

struct verify_settings {
    const char *pcap;                      /* a path; "-": stdin */
    FILE *stream;                          /* instead of a path; taken */
    const char *keylog;                    /* NULL: none */
    uint16_t signalling[VERIFY_PORTS_MAX]; /* TCP ports beside 2443 and 2000 */
    size_t signalling_count;
    enum verify_mode mode; /* what the run was meant to be */
};

struct verify_finding {
    bool fault;
    char text[320];
};

struct verify_connection {
    const struct flow *flow;
    const struct line_facts *line;
    const struct ladder_facts *ladder; /* NULL: nothing came */
};

struct verify_totals {
    uint64_t packets, bytes, broken, fragments, other, cut;
    uint64_t tcp_unjudged, other_tcp; /* packets beyond the limits; connections that are not ours */
    struct media_watch_totals media;
    size_t tls, sccp;                              /* connections */
    size_t authentic, srtp, plain, forged, untold; /* streams */
    size_t registered_names;                       /* different port names seen */
    int64_t first_us, last_us;
};

struct verify_report {
    bool ok; /* no fault */
    size_t faults, notes;
    const struct verify_finding *findings; /* the first VERIFY_FINDINGS_MAX */
    size_t finding_count;
    struct verify_totals totals;
    const struct verify_connection *connections; /* signalling, in order of appearance */
    size_t connection_count;
    const struct tftp_transfer *const *transfers;
    size_t transfer_count;
    const struct media_stream *const *streams; /* in order of time */
    size_t stream_count;
    const struct media_call *calls;
    size_t call_count;
    bool keys; /* a key log was given */
    const struct key_file *key_log;
    struct verify_owner *owner; /* of everything above */
};

/* NULL with e set: the capture or the key log cannot be read. */
struct verify_report *verify_capture(const struct verify_settings *s, struct err *e);
void verify_free(struct verify_report *r); /* accepts NULL */

/* For people; `colour` for a terminal. */
void verify_print(const struct verify_report *r, FILE *out, bool colour);
/* The same for scripts; given. NULL: no memory. */
json_t *verify_json(const struct verify_report *r);

const char *stream_verdict_words(enum stream_verdict v); /* "SRTP, authenticated" */

#endif
