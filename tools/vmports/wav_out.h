/* EDGE: the sound of streams as WAV files, one each: 8 kHz, mono, 16 bit.
 *
 * Samples stand where their timestamps put them: what was lost is silence, what came late stands
 * where it belongs, as long as it is no later than half a second. Memory is a second of sound for
 * each stream that is under way; no file stays open. */
#ifndef VMPORTS_WAV_OUT_H
#define VMPORTS_WAV_OUT_H

#include "media/rtp.h"
#include "tools/vmports/media_watch.h"

struct wav_out;
struct wav_track; /* one stream's sound */

struct wav_counts {
    size_t files;
    uint64_t samples;
    uint64_t late;      /* packets that came when their place was already written */
    uint64_t foreign;   /* packets of another codec than G.711, where there is G.711 too */
    uint64_t shortened; /* gaps of more than an hour */
    size_t mute;        /* streams without any G.711, and the first one's payload type */
    uint8_t mute_type;
};

/* Makes the directory when it is not there. `source`: the capture, never written over. */
struct wav_out *wav_out_new(const char *dir, const char *source, struct err *e);
void wav_out_free(struct wav_out *o); /* accepts NULL */
const struct wav_counts *wav_out_counts(const struct wav_out *o);

/* Whose sound it is; all is borrowed while the track lives. */
struct wav_title {
    const struct media_stream *stream;
    const char *port; /* device name; "": not known */
    enum media_way way;
};

struct wav_track *wav_track_new(struct wav_out *o, const struct wav_title *title, struct err *e);
/* One packet in clear, no duplicate. */
bool wav_track_packet(struct wav_track *t, const struct rtp_packet *r, int64_t time_us,
                      struct err *e) MUST_USE;
/* No more packets: what is held is written. Frees, also when it fails. Accepts NULL. */
bool wav_track_finish(struct wav_track *t, struct err *e) MUST_USE;
void wav_track_free(struct wav_track *t); /* what is held is lost; accepts NULL */

#define WAV_NAME 256
/* As "CiscoUM1-VI1-10.1.2.3_16384-sent-to-10.1.2.9_20000-1a2b3c4d.wav"; given back. The addresses
 * make it the only one of its name, whatever a port calls itself. */
const char *wav_name(const struct wav_title *t, char out[WAV_NAME]);

#endif
