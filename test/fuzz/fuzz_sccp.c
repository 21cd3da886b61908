/* Frames and bodies of every version. What can be read can be written, and reads the same again; a
 * stream gives the same frames however it is split. Input: version, habits, place of a split,
 * stream.
 *
 * Corpus: the worked frames of test/data (golden_*), and one filled message of each kind (v22_*).
 */
#include "sccp/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool so, const char *what, const struct sccp_message *m)
{
    if (so)
        return;
    fprintf(stderr, "%s: %s, version %u\n", what, m ? sccp_name(m->id) : "stream",
            m ? m->version : 0);
    abort();
}

static bool reads_by_length(uint32_t id)
{
    return id == SCCP_OPEN_RECEIVE_CHANNEL_ACK || id == SCCP_START_MEDIA_TRANSMISSION_ACK ||
           id == SCCP_MEDIA_TRANSMISSION_FAILURE || id == SCCP_PORT_RES || id == SCCP_SERVER_RES;
}

/* What cannot come back as it was, on purpose. */
static bool comes_back(struct sccp_message *m)
{
    if (m->id == SCCP_CONNECTION_STATISTICS_RES)
        return false; /* read in three forms, written in one; the form is told by plausible values
                       */
    if (m->version < 17 && reads_by_length(m->id))
        return false; /* a wide address is read, by its length, but not written */
    if (m->id == SCCP_ENBLOC_CALL && m->enbloc_call.line && m->enbloc_call.line % 256 == 0)
        return false; /* no such line: it looks like the aligned form */
    if (m->id == SCCP_CALL_INFO_V2 && m->version < 17) {
        memset(m->call_info.hunt_pilot, 0, sizeof m->call_info.hunt_pilot);
        memset(m->call_info.hunt_pilot_name, 0, sizeof m->call_info.hunt_pilot_name);
    }
    return true;
}

static void there_and_back(struct sccp_message *m)
{
    static struct sccp_message again;
    static uint8_t body[SCCP_BODY_MAX];
    static char line[SCCP_PRINT_MAX];
    size_t len = 0;

    sccp_print(m, true, line, m->id % sizeof line + 1);
    if (!sccp_knows(m->id) || !comes_back(m))
        return;
    require(sccp_encode(m, body, sizeof body, &len, NULL), "cannot be written", m);
    require(sccp_decode(&again, m->id, m->version, body, len, NULL), "cannot be read again", m);
    require(memcmp(m, &again, sizeof again) == 0, "reads otherwise", m);
}

static void read_frame(const struct sccp_frame *f, uint32_t version, const struct sccp_habits *h)
{
    static struct sccp_message m;

    if (sccp_decode_as(&m, f->id, version, h, f->body, f->len, NULL))
        there_and_back(&m);
}

/* A sum over all frames, to compare splits by. */
struct sum {
    size_t frames;
    uint64_t bytes;
    bool bad;
};

static void feed(struct sccp_frames *s, const uint8_t *bytes, size_t n, struct sum *sum)
{
    struct sccp_frame f;
    enum sccp_cut cut;

    if (sum->bad)
        return;
    sccp_frames_feed(s, bytes, n);
    while ((cut = sccp_frames_next(s, &f, NULL)) == SCCP_CUT_FRAME) {
        sum->frames++;
        sum->bytes = sum->bytes * 31 + f.id + f.version;
        for (size_t i = 0; i < f.len; i++)
            sum->bytes = sum->bytes * 31 + f.body[i];
    }
    sum->bad = cut == SCCP_CUT_BAD;
}

static struct sum sum_split_at(const uint8_t *bytes, size_t n, size_t at)
{
    struct sccp_frames s = {0};
    struct sum sum = {0};

    feed(&s, bytes, at, &sum);
    feed(&s, bytes + at, n - at, &sum);
    sccp_frames_free(&s);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sccp_frame f;
    size_t used;

    if (size < 3)
        return 0;
    uint32_t version = data[0] % (SCCP_VERSION_MAX + 1);
    struct sccp_habits habits = {.no_alternate_party = data[1] & 1};
    const uint8_t *at = data + 3;
    size_t n = size - 3;
    struct sum whole = sum_split_at(at, n, 0), split = sum_split_at(at, n, n ? data[2] % n : 0);
    require(whole.frames == split.frames && whole.bytes == split.bytes && whole.bad == split.bad,
            "split otherwise", NULL);
    while (sccp_frame_cut(at, n, &f, &used, NULL) == SCCP_CUT_FRAME) {
        read_frame(&f, version, &habits);
        at += used;
        n -= used;
    }
    return 0;
}
