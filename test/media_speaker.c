/* Speaks a sound file to an address by SRTP, for tests with other programs:
 *     media_speaker FILE HOST:PORT ALGORITHM ulaw|alaw PACKET_MS [KEY+SALT in hex]
 *     media_speaker FILE - 0 ulaw|alaw       writes what would be spoken, coded, to stdout
 * The packets begin half a second after the start, and end with half a second of silence. */
#include "base/clock.h"
#include "media/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_hex(struct media_key *k, const char *hex)
{
    size_t salt_len = media_salt_len(k->algorithm);
    unsigned v;

    if (strlen(hex) != 2 * (sizeof k->key + salt_len))
        return false;
    k->key_len = sizeof k->key;
    k->salt_len = (uint16_t)salt_len;
    for (size_t i = 0; i < sizeof k->key + salt_len; i++) {
        if (sscanf(hex + 2 * i, "%2x", &v) != 1)
            return false;
        *(i < sizeof k->key ? &k->key[i] : &k->salt[i - sizeof k->key]) = (uint8_t)v;
    }
    return true;
}

static bool speak(struct media_engine *m, struct queue *events, struct media_play *p, struct err *e)
{
    struct media_open o = {.bind = {.family = p->to.family}, .events = events};
    struct media_event ev = {.kind = MEDIA_REPORT};
    struct media_handle h;
    struct net_addr local;

    if (!media_open(m, &o, &h, &local, e) || !media_send(m, h, p, e))
        return false;
    while (!queue_take(events, &ev) || ev.kind != MEDIA_PLAYED)
        clock_sleep_until_ns(clock_now_ns() + 10 * NS_PER_MS);
    clock_sleep_until_ns(clock_now_ns() + 500 * NS_PER_MS);
    return true;
}

static int write_coded(const char *path, enum g711_law law)
{
    struct err e = {0};
    struct sound *s = sound_load(path, &e);
    size_t n = s ? sound_samples(s) : 0;
    bool ok = s && fwrite(sound_g711(s, law), 1, n, stdout) == n;

    if (!ok)
        fprintf(stderr, "media_speaker: %s\n", e.text);
    sound_free(s);
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct media_play p = {.delay_ms = 500, .after = MEDIA_SILENCE};
    struct media_settings s = {0};
    struct err e = {0};
    bool ok = false;

    if (argc < 5)
        return 2;
    p.format.key.algorithm = (uint32_t)atoi(argv[3]);
    p.format.law = strcmp(argv[4], "alaw") == 0 ? G711_ALAW : G711_ULAW;
    if (strcmp(argv[2], "-") == 0)
        return write_coded(argv[1], p.format.law);
    if (argc < 6 || !net_addr_parse(&p.to, argv[2], 0))
        return 2;
    p.format.packet_ms = (unsigned)atoi(argv[5]);
    if (p.format.key.algorithm != 0 && (argc < 7 || !read_hex(&p.format.key, argv[6])))
        return 2;
    struct sound *sound = sound_load(argv[1], &e);
    struct media_engine *m = media_engine_new(&s, &e);
    struct queue *events = queue_new(sizeof(struct media_event), 16, 1024, NULL, NULL, &e);
    p.sound = sound;
    if (sound && m && events)
        ok = speak(m, events, &p, &e);
    if (!ok)
        fprintf(stderr, "media_speaker: %s\n", e.text);
    media_engine_free(m);
    queue_free(events);
    sound_free(sound);
    return ok ? 0 : 1;
}
