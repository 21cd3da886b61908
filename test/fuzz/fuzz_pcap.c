/* Any bytes as a capture file: judged as each mode of a run, without and with the keys of its
 * streams, printed, written as JSON, their media put out in clear; a second judgement of the same
 * bytes agrees.
 *
 * Corpus: srtp_* are calls between the two addresses of the key log, in its suites, with packets
 * changed, lost and doubled; tls_* are Register, KeepAlive and CallState behind TLS 1.2 and 1.3. */
#include "must.h"

#include "tools/vmports/media_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char rtp_path[64];

/* Of the connections in tls_cbc, tls_gcm and tls_13. */
static const char tls_lines[] =
    "CLIENT_RANDOM "
    "821aaf34398baec84b35902ffa2ad319dd50c68503190d5d854d6c07cf1e758c "
    "21fb4239bd4e7beb81c883cf4555198d2de20c3f312f809279f3dec6ebefa3a38ff4d079a2934d586e7ea8511da7ac"
    "23\n"
    "CLIENT_RANDOM "
    "5306b51148b10e6b95d52c5b37cd1d9f2c09f9437d7d3191fd7857adf37a9eff "
    "e2aa6bc353b9c017cabcb6159dfda6a49a87c59247931a3732e9cabef1079acfe9ea15b212b8e65b72f46aa6e68e0b"
    "01\n"
    "SERVER_HANDSHAKE_TRAFFIC_SECRET "
    "072e8d9ff55ec30c63bf7f6974be771ad9fecfb84a607d3bc8d415c95d98e0c5 "
    "623cf9585f128e22dd5f1fe6d1b25bdbf39b5e7900e2fb29c0334ebaa550c219\n"
    "SERVER_TRAFFIC_SECRET_0 "
    "072e8d9ff55ec30c63bf7f6974be771ad9fecfb84a607d3bc8d415c95d98e0c5 "
    "80e94e97192e441c38c81b48fe9a7b31654ce8dda835025ea480d5799689852a\n"
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET "
    "072e8d9ff55ec30c63bf7f6974be771ad9fecfb84a607d3bc8d415c95d98e0c5 "
    "9e427cab2177b0e8303afcf470245cb362e91b7627001723d3e7ebe3d3410fcb\n"
    "CLIENT_TRAFFIC_SECRET_0 "
    "072e8d9ff55ec30c63bf7f6974be771ad9fecfb84a607d3bc8d415c95d98e0c5 "
    "279c00fb543db948858b4d5fc2b4a3b8d5dbf0df96b80eb78524e2ab4570e64a\n";

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
    fputs(tls_lines, log);
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
