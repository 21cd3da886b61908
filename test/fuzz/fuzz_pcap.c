/* Any bytes as a capture file: judged as each mode of a run, without and with the keys of its
 * streams, printed, written as JSON, their media put out in clear; a second judgement of the same
 * bytes agrees.
 *
 * Corpus: srtp_* are calls between the two addresses of the key log, in its suites, with packets
 * changed, lost and doubled. */
#include "must.h"

#include "tools/vmports/media_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char rtp_path[64];

/* Of both directions and every suite; each key and salt is bytes of 0x11. */
static void write_keys(FILE *log)
{
    static const struct {
        const char *name;
        size_t bytes; /* key and salt */
    } suites[] = {
        {"AES_CM_128_HMAC_SHA1_32", 30}, {"AES_CM_128_HMAC_SHA1_80", 30}, {"AEAD_AES_128_GCM", 28}};
    char hex[61];

    memset(hex, '1', sizeof hex);
    for (size_t i = 0; i < 2 * (sizeof suites / sizeof suites[0]); i++)
        fprintf(log, "SRTP_KEY %08x %s %.*s 10.1.2.3:16384 10.1.2.9:20000 %s\n",
                (unsigned)(1 + i % 2), suites[i / 2].name, (int)(2 * suites[i / 2].bytes), hex,
                i % 2 ? "received" : "sent");
}

/* A key log has a path; this one has no directory. */
static const char *key_log(void)
{
    static char path[64];
    const int fd = path[0] ? -1 : memfd_create("keys", 0);
    FILE *log = fd < 0 ? NULL : fdopen(fd, "w");

    if (!log)
        return path;
    write_keys(log);
    MUST(fflush(log) == 0); /* it stays open: so long the path leads there */
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

static struct verify_report *judge(const uint8_t *data, size_t size, enum verify_mode mode,
                                   const char *keylog)
{
    struct verify_settings s = {
        .mode = mode, .keylog = keylog, .stream = fmemopen((void *)(uintptr_t)data, size, "rb")};

    return s.stream ? verify_capture(&s, NULL) : NULL;
}

static void forget_rtp(void)
{
    unlink(rtp_path);
}

/* What has keys or is plain, written in clear; what was written is a capture again. */
static void put_out(const uint8_t *data, size_t size, const struct verify_report *r)
{
    const struct media_out_settings want = {.rtp_file = rtp_path};
    struct media_out_report out;
    char path[64];
    const int fd = r->stream_count ? memfd_create("capture", 0) : -1;

    if (fd < 0)
        return;
    if (!*rtp_path) {
        snprintf(rtp_path, sizeof rtp_path, "/tmp/fuzz_pcap_%d.pcap", (int)getpid());
        atexit(forget_rtp);
    }
    MUST(write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const struct verify_settings s = {.pcap = path};
    if (media_out_write(&s, r, &want, &out, NULL)) {
        struct verify_settings again = {.mode = VERIFY_NON_SECURE, .pcap = rtp_path};
        struct verify_report *clear = verify_capture(&again, NULL);
        MUST(clear && clear->totals.packets == out.packets);
        verify_free(clear);
    }
    close(fd);
}

static void write_out(const struct verify_report *r)
{
    static FILE *nowhere;

    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    MUST(nowhere);
    verify_print(r, nowhere, true);
    json_t *o = verify_json(r);
    MUST(o && json_is_true(json_object_get(o, "ok")) == r->ok);
    json_decref(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    /* What is left over by three says the mode: no byte of the file is spent on it. */
    const enum verify_mode mode = size % 3 == 0   ? VERIFY_NON_SECURE
                                  : size % 3 == 1 ? VERIFY_ENCRYPTED
                                                  : VERIFY_AUTHENTICATED;
    struct verify_report *r = judge(data, size, VERIFY_ENCRYPTED, key_log());
    struct verify_report *again = judge(data, size, VERIFY_ENCRYPTED, key_log());
    struct verify_report *other = judge(data, size, mode, NULL);

    MUST((r != NULL) == (again != NULL) && (r != NULL) == (other != NULL));
    MUST(!r || (r->ok == again->ok && r->notes == again->notes));
    if (r) {
        write_out(r);
        put_out(data, size, r);
    }
    if (other)
        write_out(other);
    verify_free(r);
    verify_free(again);
    verify_free(other);
    return 0;
}
