/* EDGE: the media of a judged capture, in clear: RTP to a capture file, sound to WAV files.
 *
 * The capture is read a second time, now that the first reading has said what each stream is. What
 * goes out: packets that authenticate with their key, opened; streams of plain RTP as they are.
 * What is left out is counted: streams whose key is not in the key log, or that nobody can tell;
 * packets that do not authenticate, came twice, or were shortened by the capture. RTCP is left out
 * too. */
#ifndef VMPORTS_MEDIA_OUT_H
#define VMPORTS_MEDIA_OUT_H

#include "tools/vmports/verify.h"
#include "tools/vmports/wav_out.h"

struct media_out_settings {
    const char *rtp_file, *wav_dir; /* NULL: not wanted */
};

struct media_out_report {
    size_t streams, closed; /* that went out; that have no key or cannot be told */
    uint64_t packets;
    uint64_t refused; /* packets of streams that went out, but did not authenticate */
    uint64_t doubled; /* of SRTP: a replay is not opened twice */
    uint64_t cut;
    struct wav_counts sound;
};

/* Can this be done with what is given? The capture is a path, as it is read twice. */
bool media_out_check(const struct verify_settings *s, const struct media_out_settings *want,
                     struct err *e) MUST_USE;
bool media_out_write(const struct verify_settings *s, const struct verify_report *r,
                     const struct media_out_settings *want, struct media_out_report *out,
                     struct err *e) MUST_USE;
void media_out_print(const struct media_out_settings *want, const struct media_out_report *r,
                     FILE *out);
json_t *media_out_json(const struct media_out_settings *want, const struct media_out_report *r);

#endif
