/* What went out of a capture, and what was left out, in words and as JSON. */
#include "tools/vmports/media_out.h"

#define LLU(n) ((unsigned long long)(n))

static void print_left_out(const struct media_out_report *r, FILE *out)
{
    if (r->closed)
        fprintf(out, "  left out: %zu streams that no key of the log opens\n", r->closed);
    if (r->refused)
        fprintf(out, "  left out: %llu packets that do not authenticate\n", LLU(r->refused));
    if (r->doubled)
        fprintf(out, "  left out: %llu packets of SRTP that came twice\n", LLU(r->doubled));
    if (r->cut)
        fprintf(out, "  left out: %llu packets that were shortened by the capture\n", LLU(r->cut));
}

static void print_sound(const char *dir, const struct wav_counts *c, FILE *out)
{
    fprintf(out, "%s: %zu WAV files, %.1f s of sound\n", dir, c->files, (double)c->samples / 8000);
    if (c->mute)
        fprintf(out, "  left out: %zu streams without G.711 (the first has payload type %u)\n",
                c->mute, c->mute_type);
    if (c->foreign)
        fprintf(out, "  silent: %llu packets of a codec that is not G.711\n", LLU(c->foreign));
    if (c->late)
        fprintf(out, "  left out: %llu packets that came more than half a second late\n",
                LLU(c->late));
    if (c->shortened)
        fprintf(out, "  %llu gaps were longer than an hour: an hour stands for each\n",
                LLU(c->shortened));
}

void media_out_print(const struct media_out_settings *want, const struct media_out_report *r,
                     FILE *out)
{
    if (want->rtp_file)
        fprintf(out, "%s: %llu RTP packets of %zu streams in clear\n", want->rtp_file,
                LLU(r->packets), r->streams);
    if (want->wav_dir)
        print_sound(want->wav_dir, &r->sound, out);
    print_left_out(r, out);
}

json_t *media_out_json(const struct media_out_settings *want, const struct media_out_report *r)
{
    const struct wav_counts *c = &r->sound;
    json_t *o = json_pack("{s:s?, s:s?, s:I, s:I, s:I, s:I, s:I, s:I}", "rtp_out", want->rtp_file,
                          "wav_out", want->wav_dir, "streams", (json_int_t)r->streams, "packets",
                          (json_int_t)r->packets, "streams_without_key", (json_int_t)r->closed,
                          "failed", (json_int_t)r->refused, "duplicates", (json_int_t)r->doubled,
                          "shortened", (json_int_t)r->cut);
    if (o && want->wav_dir)
        json_object_set_new(o, "wav",
                            json_pack("{s:I, s:f, s:I, s:I, s:I, s:I}", "files",
                                      (json_int_t)c->files, "seconds", (double)c->samples / 8000,
                                      "late", (json_int_t)c->late, "other_codec",
                                      (json_int_t)c->foreign, "without_g711", (json_int_t)c->mute,
                                      "gaps_cut", (json_int_t)c->shortened));
    return o;
}
