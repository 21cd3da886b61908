/* EDGE: a capture file (pcap, pcapng) by libpcap, packet by packet. */
#ifndef VMPORTS_CAPTURE_FILE_H
#define VMPORTS_CAPTURE_FILE_H

#include "tools/vmports/packet.h"

#include <stdio.h>

struct captured {
    enum packet_kind kind;
    struct packet packet; /* with its time */
    int link_type;        /* DLT_ number */
    const uint8_t *frame; /* as it was captured; borrowed */
    size_t len;           /* of it, without what the snapshot length cut off */
};

/* False: read no further. */
typedef bool captured_fn(void *arg, const struct captured *c);

#define CAPTURE_END_TEXT 256

/* Reads `path` ("-": stdin), or `stream` (taken) when there is one, to its end. A file that was cut
 * off in its last packet still says much: then `early` (CAPTURE_END_TEXT bytes) says why, else it
 * is empty. */
bool capture_file_read(const char *path, FILE *stream, captured_fn *each, void *arg, char *early,
                       struct err *e) MUST_USE;

#endif
