/* Who talks in the captures of tests: RTP of something like voice, in SRTP or in clear. */
#ifndef TEST_EVIDENCE_TALKER_H
#define TEST_EVIDENCE_TALKER_H

#include "evidence_writer.h"

#include "media/g711.h"
#include "media/rtp.h"
#include "media/srtp.h"

#include <math.h>
#include <unistd.h>

#define PORT_END  "10.1.2.3:16384"
#define PHONE_END "10.1.2.9:20000"

struct talker {
    struct net_addr src, dst;
    struct rtp_header next;
    struct media_key key; /* algorithm 0: plain */
    struct media_srtp *srtp;
    uint8_t last[256];
    size_t last_len;
};

static const struct media_key keys[] = {
    {.algorithm = 1, .key_len = 16, .salt_len = 14, .key = {1, 2, 3}, .salt = {4, 5, 6}},
    {.algorithm = 2, .key_len = 16, .salt_len = 14, .key = {7, 8, 9}, .salt = {10, 11, 12}},
    {.algorithm = 5, .key_len = 16, .salt_len = 12, .key = {13, 14}, .salt = {15, 16}},
};
static const struct media_key plain;

static inline struct talker talker_new(const char *src, const char *dst, uint32_t ssrc,
                                       const struct media_key *key)
{
    struct talker t = {.src = addr_of(src),
                       .dst = addr_of(dst),
                       .key = *key,
                       .next = {.sequence = 65500, .timestamp = 4000000000u, .ssrc = ssrc}};
    if (key->algorithm)
        assert_non_null(t.srtp = media_srtp_sender(key, ssrc, NULL));
    return t;
}

/* Something like voice: a tone whose loudness swells. */
static inline void voice(uint8_t *out, size_t n, uint32_t at)
{
    for (size_t i = 0; i < n; i++) {
        double t = (double)(at + i) / 8000;
        double loud = 8000 * fabs(sin(t * 2.1)) + 300;
        out[i] = g711_encode(G711_ULAW, (int16_t)(loud * sin(t * 440 * 6.2831853)));
    }
}

static inline void make(struct talker *t, const uint8_t *payload, size_t len)
{
    _Alignas(8) static uint8_t packet[256];

    rtp_write(packet, &t->next);
    memcpy(packet + RTP_HEADER_LEN, payload, len);
    size_t n = RTP_HEADER_LEN + len;
    if (t->srtp)
        assert_true(media_srtp_protect(t->srtp, packet, &n));
    memcpy(t->last, packet, n);
    t->last_len = n;
    t->next.sequence++;
}

static inline void make_voice(struct talker *t)
{
    uint8_t payload[160];

    voice(payload, sizeof payload, t->next.timestamp - 4000000000u);
    make(t, payload, sizeof payload);
    t->next.timestamp += 160;
}

static inline void send_last(struct writer *w, const struct talker *t)
{
    put_udp(w, &t->src, &t->dst, t->last, t->last_len);
}

static inline void say(struct writer *w, struct talker *t, unsigned packets)
{
    for (unsigned i = 0; i < packets; i++) {
        make_voice(t);
        send_last(w, t);
        w->now_us += 20000;
    }
}

/* A key log of one talker's key. */
static inline char *key_log(const struct talker *t, const struct media_key *key)
{
    static char path[64];
    char src[NET_ADDR_TEXT], dst[NET_ADDR_TEXT];

    strcpy(path, "/tmp/evidence_keys_XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *f = fdopen(fd, "w");
    fprintf(f, "CLIENT_RANDOM 00 00\nSRTP_KEY %08x %s ", t->next.ssrc,
            media_suite_name(key->algorithm));
    for (size_t i = 0; i < 16; i++)
        fprintf(f, "%02x", key->key[i]);
    for (size_t i = 0; i < media_salt_len(key->algorithm); i++)
        fprintf(f, "%02x", key->salt[i]);
    fprintf(f, " %s %s sent\n", net_addr_text(&t->src, src), net_addr_text(&t->dst, dst));
    fclose(f);
    return path;
}

#endif
