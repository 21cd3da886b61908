#include "check.h"
#include "media/rtp.h"
#include "media/srtp.h"
#include "media/srtp_primitives.h"

#include <srtp2/srtp.h>
#include <sys/wait.h>
#include <unistd.h>

#define PACKET_MAX 600

struct packet {
    _Alignas(8) uint8_t bytes[PACKET_MAX];
    size_t len;
};

static struct packet packet_of(uint32_t ssrc, uint16_t sequence, size_t payload)
{
    struct packet p = {.len = RTP_HEADER_LEN + payload};
    struct rtp_header h = {.ssrc = ssrc, .sequence = sequence, .timestamp = sequence * 160u};

    rtp_write(p.bytes, &h);
    for (size_t i = 0; i < payload; i++)
        p.bytes[RTP_HEADER_LEN + i] = (uint8_t)(i * 31 + sequence);
    return p;
}

static struct media_key key_of(uint32_t algorithm, uint8_t seed)
{
    struct media_key k = {
        .algorithm = algorithm, .key_len = 16, .salt_len = algorithm == 5 ? 12 : 14};

    for (size_t i = 0; i < sizeof k.key; i++)
        k.key[i] = (uint8_t)(seed + i * 11);
    for (size_t i = 0; i < k.salt_len; i++)
        k.salt[i] = (uint8_t)(seed ^ i * 7);
    return k;
}

static struct media_srtp *sender(const struct media_key *k, uint32_t ssrc)
{
    struct err e = {0};
    struct media_srtp *s = media_srtp_sender(k, ssrc, &e);

    CHECK(s, "%s", e.text);
    return s;
}

static struct media_srtp *receiver(const struct media_key *k)
{
    struct err e = {0};
    struct media_srtp *s = media_srtp_receiver(k, &e);

    CHECK(s, "%s", e.text);
    return s;
}

/* Interop: two processes, one of which never puts our primitives into libsrtp2. */

static void set_theirs(srtp_policy_t *p, uint32_t algorithm)
{
    if (algorithm == 5) {
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtcp);
    } else if (algorithm == 1) {
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&p->rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&p->rtcp);
    } else {
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&p->rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&p->rtcp);
    }
}

static srtp_t theirs(const struct media_key *k, int type)
{
    uint8_t master[30];
    srtp_policy_t policy = {.ssrc = {.type = (srtp_ssrc_type_t)type}, .key = master};
    srtp_t s = NULL;

    memcpy(master, k->key, 16);
    memcpy(master + 16, k->salt, k->salt_len);
    set_theirs(&policy, k->algorithm);
    if (srtp_create(&s, &policy) != srtp_err_status_ok)
        _exit(2);
    return s;
}

/* Reads packets that we protected, opens them with libsrtp2 as Debian ships it, protects them again
 * with another key, and writes them back. */
static void stranger(int in, int out)
{
    srtp_t open[6] = {0}, seal[6] = {0};
    struct packet p;
    uint32_t algorithm;

    if (srtp_init() != srtp_err_status_ok)
        _exit(2);
    while (read(in, &algorithm, sizeof algorithm) == sizeof algorithm &&
           read(in, &p, sizeof p) == sizeof p) {
        struct media_key a = key_of(algorithm, 1), b = key_of(algorithm, 99);
        if (!open[algorithm]) {
            open[algorithm] = theirs(&a, ssrc_any_inbound);
            seal[algorithm] = theirs(&b, ssrc_any_outbound);
        }
        int len = (int)p.len;
        if (srtp_unprotect(open[algorithm], p.bytes, &len) != srtp_err_status_ok)
            _exit(3);
        if (srtp_protect(seal[algorithm], p.bytes, &len) != srtp_err_status_ok)
            _exit(4);
        p.len = (size_t)len;
        if (write(out, &p, sizeof p) != sizeof p)
            _exit(5);
    }
    _exit(0);
}

static int to_stranger, from_stranger;
static pid_t stranger_pid;

static int start_stranger(void **state)
{
    int in[2], out[2];

    (void)state;
    if (pipe(in) != 0 || pipe(out) != 0)
        return 1;
    stranger_pid = fork(); /* before anything of ours touches libsrtp2 */
    if (stranger_pid == 0) {
        close(in[1]);
        close(out[0]);
        stranger(in[0], out[1]);
    }
    close(in[0]);
    close(out[1]);
    to_stranger = in[1];
    from_stranger = out[0];
    return stranger_pid < 0;
}

static void packets_are_understood_by_libsrtp2_without_our_primitives(void **state)
{
    static const uint32_t algorithms[] = {1, 2, 5};
    static const size_t payloads[] = {0, 1, 4, 15, 16, 17, 80, 160, 255, 256, 257, 480};
    int status;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct media_key a = key_of(algorithms[i], 1), b = key_of(algorithms[i], 99);
        struct media_srtp *out = sender(&a, 0xcafe), *in = receiver(&b);
        /* across a wrap of the sequence, so that the roll-over counter counts too */
        for (uint16_t n = 65530; n != 30; n++) {
            struct packet p = packet_of(0xcafe, n, payloads[n % 12]), want = p;
            CHECK(media_srtp_protect(out, p.bytes, &p.len), "protect %u", n);
            CHECK(write(to_stranger, &algorithms[i], 4) == 4, "pipe");
            CHECK(write(to_stranger, &p, sizeof p) == sizeof p, "pipe");
            CHECK(read(from_stranger, &p, sizeof p) == sizeof p, "algorithm %u: refused packet %u",
                  algorithms[i], n);
            CHECK(media_srtp_unprotect(in, p.bytes, &p.len) == MEDIA_SRTP_OK, "their packet %u", n);
            CHECK_BYTES(p.bytes, p.len, want.bytes, want.len);
        }
        media_srtp_free(out);
        media_srtp_free(in);
    }
    close(to_stranger);
    close(from_stranger);
    waitpid(stranger_pid, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
}

static void the_reference_packet_is_reproduced(void **state)
{
    uint8_t all[200];
    size_t n = check_read_hex("srtp_aes_cm_128_hmac_sha1_80.hex", all, sizeof all);
    const uint8_t *clear = all + 30, *sealed = clear + 28;
    struct media_key k = {.algorithm = 2, .key_len = 16, .salt_len = 14};
    struct packet p = {.len = 28};

    (void)state;
    assert_int_equal(n, 30 + 28 + 38);
    memcpy(k.key, all, 16);
    memcpy(k.salt, all + 16, 14);
    memcpy(p.bytes, clear, 28);
    struct media_srtp *s = sender(&k, 0xcafebabe), *r = receiver(&k);
    CHECK(media_srtp_protect(s, p.bytes, &p.len), "protect");
    CHECK_BYTES(p.bytes, p.len, sealed, 38);
    CHECK(media_srtp_unprotect(r, p.bytes, &p.len) == MEDIA_SRTP_OK, "unprotect");
    CHECK_BYTES(p.bytes, p.len, clear, 28);
    media_srtp_free(s);
    media_srtp_free(r);
}

/* RFC 2202 section 3: all its cases. */
static void hmac_sha1_gives_the_known_answers(void **state)
{
    static const struct {
        const char *key;
        int key_repeat, key_len;
        const char *data;
        int data_repeat, data_len;
        uint8_t tag[20];
    } rows[] = {
        {"\x0b", 1, 20, "Hi There", 0, 8, {0xb6, 0x17, 0x31, 0x86, 0x55, 0x05, 0x72,
                                           0x64, 0xe2, 0x8b, 0xc0, 0xb6, 0xfb, 0x37,
                                           0x8c, 0x8e, 0xf1, 0x46, 0xbe, 0x00}},
        {"Jefe", 0, 4, "what do ya want for nothing?", 0, 28, {0xef, 0xfc, 0xdf, 0x6a, 0xe5,
                                                               0xeb, 0x2f, 0xa2, 0xd2, 0x74,
                                                               0x16, 0xd5, 0xf1, 0x84, 0xdf,
                                                               0x9c, 0x25, 0x9a, 0x7c, 0x79}},
        {"\xaa", 1, 20, "\xdd", 1, 50, {0x12, 0x5d, 0x73, 0x42, 0xb9, 0xac, 0x11,
                                        0xcd, 0x91, 0xa3, 0x9a, 0xf4, 0x8a, 0xa1,
                                        0x7b, 0x4f, 0x63, 0xf1, 0x75, 0xd3}},
        {"\x0c", 1, 20, "Test With Truncation", 0, 20, {0x4c, 0x1a, 0x03, 0x42, 0x4b, 0x55, 0xe0,
                                                        0x7f, 0xe7, 0xf2, 0x7b, 0xe1, 0xd5, 0x8b,
                                                        0xb9, 0x32, 0x4a, 0x9a, 0x5a, 0x04}},
        {"\xaa",
         1,
         80,
         "Test Using Larger Than Block-Size Key - Hash Key First",
         0,
         54,
         {0xaa, 0x4a, 0xe5, 0xe1, 0x52, 0x72, 0xd0, 0x0e, 0x95, 0x70,
          0x56, 0x37, 0xce, 0x8a, 0x3b, 0x55, 0xed, 0x40, 0x21, 0x12}},
        {"\xaa",
         1,
         80,
         "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data",
         0,
         73,
         {0xe8, 0xe9, 0x9d, 0x0f, 0x45, 0x23, 0x7d, 0x78, 0x6d, 0x6b,
          0xba, 0xa7, 0x96, 0x5c, 0x78, 0x08, 0xbb, 0xff, 0x1a, 0x91}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t key[100], data[100], tag[20];
        srtp_auth_t *a = NULL;
        for (int k = 0; k < rows[i].key_len; k++)
            key[k] = (uint8_t)rows[i].key[rows[i].key_repeat ? 0 : k];
        for (int k = 0; k < rows[i].data_len; k++)
            data[k] = (uint8_t)rows[i].data[rows[i].data_repeat ? 0 : k];
        CHECK(srtp_primitive_hmac.alloc(&a, rows[i].key_len, 20) == srtp_err_status_ok, "row %zu",
              i);
        srtp_primitive_hmac.init(a->state, key, rows[i].key_len);
        for (int cut = 0; cut < rows[i].data_len;
             cut += 7) { /* in two pieces; the key serves again */
            srtp_primitive_hmac.start(a->state);
            srtp_primitive_hmac.update(a->state, data, cut);
            srtp_primitive_hmac.compute(a->state, data + cut, rows[i].data_len - cut, 20, tag);
            CHECK_BYTES(tag, sizeof tag, rows[i].tag, sizeof rows[i].tag);
        }
        srtp_primitive_hmac.dealloc(a);
    }
}

/* The key stream is the same however it is cut: RFC 3711 B.2, and a long one against one-byte
 * steps. */
static void counter_mode_does_not_care_how_it_is_cut(void **state)
{
    const srtp_cipher_test_case_t *known = srtp_primitive_icm.test_data;
    uint8_t whole[1000] = {0}, pieces[1000] = {0};
    srtp_cipher_t *c = NULL;

    (void)state;
    CHECK(srtp_primitive_icm.alloc(&c, 30, 0) == srtp_err_status_ok, "alloc");
    srtp_primitive_icm.init(c->state, known->key);
    srtp_primitive_icm.set_iv(c->state, known->idx, srtp_direction_encrypt);
    unsigned n = sizeof whole;
    CHECK(srtp_primitive_icm.encrypt(c->state, whole, &n) == srtp_err_status_ok, "whole");
    CHECK_BYTES(whole, 48, known->ciphertext, 48);
    for (unsigned step = 1; step < 300; step += step < 40 ? 1 : 37) {
        memset(pieces, 0, sizeof pieces);
        srtp_primitive_icm.set_iv(c->state, known->idx, srtp_direction_encrypt);
        for (unsigned at = 0; at < sizeof pieces; at += step) {
            n = sizeof pieces - at < step ? (unsigned)sizeof pieces - at : step;
            CHECK(srtp_primitive_icm.encrypt(c->state, pieces + at, &n) == srtp_err_status_ok,
                  "piece");
        }
        CHECK(memcmp(whole, pieces, sizeof whole) == 0, "in steps of %u", step);
    }
    srtp_primitive_icm.dealloc(c);
}

/* Keys */

static void a_key_that_does_not_fit_is_refused_with_what_was_wanted(void **state)
{
    static const struct {
        uint32_t algorithm;
        uint16_t key_len, salt_len;
        uint8_t salt_12, salt_15;
        const char *words; /* NULL: it fits */
    } rows[] = {
        {0, 0, 0, 0, 0, NULL},
        {0, 17, 99, 1, 1, NULL}, /* sccp.md 5.1: to be ignored */
        {1, 16, 14, 0, 0, NULL},
        {2, 16, 14, 0, 0, NULL},
        {5, 16, 12, 0, 0, NULL},
        {1, 16, 16, 1, 0, NULL}, /* the whole field counted, zeros behind the salt */
        {5, 16, 16, 0, 0, NULL},
        {1, 16, 16, 0, 1, "salt is 16 bytes, AES_CM_128_HMAC_SHA1_32 wants 14"},
        {5, 16, 16, 1, 0, "salt is 16 bytes, AEAD_AES_128_GCM wants 12"},
        {1, 0, 14, 0, 0, "key is 0 bytes, AES_CM_128_HMAC_SHA1_32 wants 16"},
        {2, 17, 14, 0, 0, "key is 17 bytes, AES_CM_128_HMAC_SHA1_80 wants 16"},
        {1, 16, 12, 0, 0, "salt is 12 bytes"},
        {5, 16, 14, 0, 0, "salt is 14 bytes, AEAD_AES_128_GCM wants 12"},
        {3, 16, 14, 0, 0, "algorithm 3 is not known"},
        {4, 16, 14, 0, 0, "algorithm 4 is not known"},
        {6, 32, 12, 0, 0, "algorithm 6 is not known"},
        {0xffffffff, 16, 14, 0, 0, "algorithm 4294967295"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct media_key k = {.algorithm = rows[i].algorithm,
                              .key_len = rows[i].key_len,
                              .salt_len = rows[i].salt_len};
        struct err e = {0};
        k.salt[12] = rows[i].salt_12;
        k.salt[15] = rows[i].salt_15;
        bool ok = media_key_check(&k, &e);
        CHECK(ok == !rows[i].words, "row %zu: %s", i, e.text);
        if (rows[i].words)
            CHECK(e.kind == ERR_CRYPTO && strstr(e.text, rows[i].words), "row %zu: %s", i, e.text);
        if (rows[i].words)
            CHECK(!media_srtp_sender(&k, 1, &e) && !media_srtp_receiver(&k, &e),
                  "row %zu: a context", i);
    }
}

/* Receiving */

static void what_is_changed_is_refused(void **state)
{
    static const uint32_t algorithms[] = {1, 2, 5};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct media_key k = key_of(algorithms[i], 5);
        struct media_srtp *out = sender(&k, 7), *in = receiver(&k);
        struct packet sealed = packet_of(7, 1, 20);
        CHECK(media_srtp_protect(out, sealed.bytes, &sealed.len), "protect");
        for (size_t at = 0; at < sealed.len; at++) {
            struct packet p = sealed;
            p.bytes[at] ^= 0x04;
            CHECK(media_srtp_unprotect(in, p.bytes, &p.len) != MEDIA_SRTP_OK, "byte %zu of %u", at,
                  algorithms[i]);
        }
        for (size_t len = 0; len < sealed.len; len++) {
            struct packet p = sealed;
            p.len = len;
            CHECK(media_srtp_unprotect(in, p.bytes, &p.len) != MEDIA_SRTP_OK, "%zu bytes of %u",
                  len, algorithms[i]);
        }
        CHECK(media_srtp_unprotect(in, sealed.bytes, &sealed.len) == MEDIA_SRTP_OK,
              "and whole it is taken");
        media_srtp_free(out);
        media_srtp_free(in);
    }
}

static void a_replay_and_another_key_are_told_apart(void **state)
{
    struct media_key k = key_of(1, 5), other = key_of(1, 6);
    struct media_srtp *out = sender(&k, 7), *in = receiver(&k), *wrong = receiver(&other);
    struct packet first = packet_of(7, 1, 160), copy, p;

    (void)state;
    CHECK(media_srtp_protect(out, first.bytes, &first.len), "protect");
    p = first;
    CHECK(media_srtp_unprotect(wrong, p.bytes, &p.len) == MEDIA_SRTP_FORGED, "another key");
    p = copy = first;
    CHECK(media_srtp_unprotect(in, p.bytes, &p.len) == MEDIA_SRTP_OK, "once");
    CHECK(media_srtp_unprotect(in, copy.bytes, &copy.len) == MEDIA_SRTP_REPLAY, "twice");
    media_srtp_free(out);
    media_srtp_free(in);
    media_srtp_free(wrong);
}

static void a_far_end_may_not_be_endlessly_many(void **state)
{
    struct media_key k = key_of(1, 5);
    struct media_srtp *in = receiver(&k);

    (void)state;
    for (uint32_t ssrc = 1; ssrc <= MEDIA_SRTP_SOURCES + 3; ssrc++) {
        struct media_srtp *out = sender(&k, ssrc);
        struct packet p = packet_of(ssrc, 1, 160);
        CHECK(media_srtp_protect(out, p.bytes, &p.len), "protect");
        enum media_srtp_result want =
            ssrc <= MEDIA_SRTP_SOURCES ? MEDIA_SRTP_OK : MEDIA_SRTP_MALFORMED;
        CHECK(media_srtp_unprotect(in, p.bytes, &p.len) == want, "source %u", ssrc);
        media_srtp_free(out);
    }
    media_srtp_free(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_are_understood_by_libsrtp2_without_our_primitives),
        cmocka_unit_test(the_reference_packet_is_reproduced),
        cmocka_unit_test(hmac_sha1_gives_the_known_answers),
        cmocka_unit_test(counter_mode_does_not_care_how_it_is_cut),
        cmocka_unit_test(a_key_that_does_not_fit_is_refused_with_what_was_wanted),
        cmocka_unit_test(what_is_changed_is_refused),
        cmocka_unit_test(a_replay_and_another_key_are_told_apart),
        cmocka_unit_test(a_far_end_may_not_be_endlessly_many),
    };
    return cmocka_run_group_tests(tests, start_stranger, NULL);
}
