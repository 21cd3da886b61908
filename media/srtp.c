#include "media/srtp.h"

#include "base/wire.h"
#include "media/rtp.h"
#include "media/srtp_primitives.h"

#include <dlfcn.h>
#include <openssl/crypto.h>
#include <srtp2/srtp.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#define KEY_LEN      16
#define CM_SALT_LEN  14 /* RFC 3711 section 8.2: 112 bits */
#define GCM_SALT_LEN 12 /* RFC 7714 section 8.1: 96 bits */

enum { CM_SHA1_32 = 1, CM_SHA1_80 = 2, AEAD_GCM = 5 }; /* sccp.md 5.1 */

struct media_srtp {
    srtp_t session;
    size_t tag_len;
    unsigned sources; /* that have proven themselves; a receiver's only */
    uint32_t ssrc[MEDIA_SRTP_SOURCES];
};

const char *media_suite_name(uint32_t algorithm)
{
    switch (algorithm) {
    case CM_SHA1_32:
        return "AES_CM_128_HMAC_SHA1_32";
    case CM_SHA1_80:
        return "AES_CM_128_HMAC_SHA1_80";
    case AEAD_GCM:
        return "AEAD_AES_128_GCM";
    default:
        return "";
    }
}

size_t media_salt_len(uint32_t algorithm)
{
    switch (algorithm) {
    case CM_SHA1_32:
    case CM_SHA1_80:
        return CM_SALT_LEN;
    case AEAD_GCM:
        return GCM_SALT_LEN;
    default:
        return 0;
    }
}

size_t media_tag_len(uint32_t algorithm)
{
    switch (algorithm) {
    case CM_SHA1_32:
        return 4;
    case CM_SHA1_80:
        return 10;
    case AEAD_GCM:
        return 16;
    default:
        return 0;
    }
}

static bool salt_fits(const struct media_key *k, size_t wanted)
{
    static const uint8_t zeros[sizeof k->salt];

    if (k->salt_len == wanted)
        return true;
    return k->salt_len == sizeof k->salt &&
           memcmp(k->salt + wanted, zeros, sizeof k->salt - wanted) == 0;
}

bool media_key_check(const struct media_key *k, struct err *e)
{
    size_t salt_len = media_salt_len(k->algorithm);

    if (k->algorithm == 0)
        return true;
    if (salt_len == 0)
        return err_set(e, ERR_CRYPTO, "SRTP algorithm %u is not known; wanted 0, 1, 2 or 5",
                       (unsigned)k->algorithm);
    if (k->key_len != KEY_LEN)
        return err_set(e, ERR_CRYPTO, "the SRTP key is %u bytes, %s wants %d", k->key_len,
                       media_suite_name(k->algorithm), KEY_LEN);
    if (!salt_fits(k, salt_len))
        return err_set(e, ERR_CRYPTO, "the SRTP salt is %u bytes, %s wants %zu", k->salt_len,
                       media_suite_name(k->algorithm), salt_len);
    return true;
}

bool media_key_equal(const struct media_key *a, const struct media_key *b)
{
    if (a->algorithm != b->algorithm || a->algorithm == 0)
        return a->algorithm == b->algorithm;
    return CRYPTO_memcmp(a->key, b->key, KEY_LEN) == 0 &&
           CRYPTO_memcmp(a->salt, b->salt, media_salt_len(a->algorithm)) == 0;
}

/* Debian's libsrtp2 stands on NSS, which it opens for each cipher that it makes and closes with it.
 * While its kernel tests thirteen of them, NSS's modules are loaded, linked and thrown away
 * thirteen times: two thirds of what srtp_init costs. Somebody who holds NSS open spares that. A
 * libsrtp2 with other cryptography does not know these names, and nothing happens. */
static bool hold_nss(void)
{
    int (*open)(const char *dir); /* as <nss.h> has it, which need not be there */
    void *const at = dlsym(RTLD_DEFAULT, "NSS_NoDB_Init");

    memcpy(&open, &at, sizeof open);
    return at && open(NULL) == 0;
}

static void let_nss_go(void)
{
    int (*close)(void);
    void *const at = dlsym(RTLD_DEFAULT, "NSS_Shutdown");

    memcpy(&close, &at, sizeof close);
    if (at)
        (void)close();
}

/* libsrtp2 is made ready once for the process: its kernel is global. What failed (it tests each
 * primitive with memory of its own) goes on from there with the next stream: one moment without
 * memory must not take the voice of all later calls. */
static srtp_err_status_t step_kernel(void)
{
    const bool held = hold_nss();
    srtp_err_status_t got = srtp_init();

    if (held)
        let_nss_go();
    if (got != srtp_err_status_ok)
        (void)srtp_shutdown(); /* half of it may be there */
    return got;
}

static srtp_err_status_t step_icm(void)
{
    return srtp_replace_cipher_type(&srtp_primitive_icm, SRTP_AES_ICM_128);
}

static srtp_err_status_t step_gcm(void)
{
    return srtp_replace_cipher_type(&srtp_primitive_gcm, SRTP_AES_GCM_128);
}

static srtp_err_status_t step_hmac(void)
{
    return srtp_replace_auth_type(&srtp_primitive_hmac, SRTP_HMAC_SHA1);
}

enum { WAITING, STARTING, READY };

static srtp_err_status_t start(void)
{
    static srtp_err_status_t (*const steps[])(void) = {step_kernel, step_icm, step_gcm, step_hmac};
    static atomic_int state = WAITING;
    static size_t done; /* whoever is STARTING owns it */
    srtp_err_status_t got = srtp_err_status_ok;
    int was = WAITING;

    while (!atomic_compare_exchange_weak(&state, &was, STARTING)) {
        if (was == READY)
            return srtp_err_status_ok;
        if (was == STARTING)
            thrd_yield();
        was = WAITING;
    }
    while (done < sizeof steps / sizeof steps[0] && got == srtp_err_status_ok) {
        got = steps[done]();
        done += got == srtp_err_status_ok;
    }
    atomic_store(&state, got == srtp_err_status_ok ? READY : WAITING);
    return got;
}

bool media_srtp_ready(struct err *e)
{
    srtp_err_status_t started = start();

    return started == srtp_err_status_ok ||
           err_set(e, ERR_CRYPTO, "libsrtp2 refused OpenSSL's primitives (status %d)",
                   (int)started);
}

/* SRTCP keeps the 80-bit tag even where SRTP has 32 bits (RFC 3711 section 5.2, RFC 4568 6.2.2). */
static void set_suite(srtp_policy_t *policy, uint32_t algorithm)
{
    if (algorithm == AEAD_GCM) {
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtcp);
        return;
    }
    if (algorithm == CM_SHA1_32)
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy->rtp);
    else
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy->rtp);
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy->rtcp);
}

static struct media_srtp *make(const struct media_key *k, srtp_ssrc_t ssrc, struct err *e)
{
    uint8_t master[KEY_LEN + CM_SALT_LEN];
    srtp_policy_t policy = {.ssrc = ssrc, .key = master, .window_size = 128};

    if (!media_key_check(k, e))
        return NULL;
    if (k->algorithm == 0) {
        err_set(e, ERR_CRYPTO, "plain RTP has no SRTP context");
        return NULL;
    }
    if (!media_srtp_ready(e))
        return NULL;
    struct media_srtp *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(e, ERR_MEMORY, "no memory for an SRTP context");
        return NULL;
    }
    memcpy(master, k->key, KEY_LEN);
    memcpy(master + KEY_LEN, k->salt, media_salt_len(k->algorithm));
    set_suite(&policy, k->algorithm);
    s->tag_len = media_tag_len(k->algorithm);
    srtp_err_status_t status = srtp_create(&s->session, &policy);
    OPENSSL_cleanse(master, sizeof master);
    if (status == srtp_err_status_ok)
        return s;
    err_set(e, ERR_CRYPTO, "no SRTP context (libsrtp2 status %d)", (int)status);
    free(s);
    return NULL;
}

struct media_srtp *media_srtp_sender(const struct media_key *k, uint32_t ssrc, struct err *e)
{
    return make(k, (srtp_ssrc_t){.type = ssrc_specific, .value = ssrc}, e);
}

struct media_srtp *media_srtp_receiver(const struct media_key *k, struct err *e)
{
    return make(k, (srtp_ssrc_t){.type = ssrc_any_inbound}, e);
}

void media_srtp_free(struct media_srtp *s)
{
    if (!s)
        return;
    srtp_dealloc(s->session);
    free(s);
}

bool media_srtp_protect(struct media_srtp *s, uint8_t *packet, size_t *len)
{
    int n = (int)*len;

    if (srtp_protect(s->session, packet, &n) != srtp_err_status_ok)
        return false;
    *len = (size_t)n;
    return true;
}

bool media_srtp_protect_rtcp(struct media_srtp *s, uint8_t *packet, size_t *len)
{
    int n = (int)*len;

    if (srtp_protect_rtcp(s->session, packet, &n) != srtp_err_status_ok)
        return false;
    *len = (size_t)n;
    return true;
}

static bool is_known(const struct media_srtp *s, uint32_t ssrc)
{
    for (unsigned i = 0; i < s->sources; i++)
        if (s->ssrc[i] == ssrc)
            return true;
    return false;
}

static enum media_srtp_result result_of(srtp_err_status_t status)
{
    if (status == srtp_err_status_ok)
        return MEDIA_SRTP_OK;
    if (status == srtp_err_status_replay_fail)
        return MEDIA_SRTP_REPLAY;
    if (status == srtp_err_status_replay_old)
        return MEDIA_SRTP_REPLAY_OLD;
    if (status == srtp_err_status_auth_fail)
        return MEDIA_SRTP_FORGED;
    return MEDIA_SRTP_MALFORMED;
}

/* Each new source costs memory and a longer walk for every packet: a far end that has the key may
 * not add them without end. */
static enum media_srtp_result open_from(struct media_srtp *s, uint32_t ssrc,
                                        srtp_err_status_t (*unprotect)(srtp_t, void *, int *),
                                        uint8_t *packet, size_t *len)
{
    const bool known = is_known(s, ssrc);
    int n = (int)*len;

    if (!known && s->sources == MEDIA_SRTP_SOURCES)
        return MEDIA_SRTP_MALFORMED;
    enum media_srtp_result result = result_of(unprotect(s->session, packet, &n));
    if (result != MEDIA_SRTP_OK)
        return result;
    if (!known)
        s->ssrc[s->sources++] = ssrc;
    *len = (size_t)n;
    return MEDIA_SRTP_OK;
}

enum media_srtp_result media_srtp_unprotect(struct media_srtp *s, uint8_t *packet, size_t *len)
{
    struct rtp_header h;

    if (!rtp_peek(&h, packet, *len) || *len < RTP_HEADER_LEN + s->tag_len)
        return MEDIA_SRTP_MALFORMED;
    return open_from(s, h.ssrc, srtp_unprotect, packet, len);
}

enum media_srtp_result media_srtp_unprotect_rtcp(struct media_srtp *s, uint8_t *packet, size_t *len)
{
    struct wire_reader r = wire_read_from(packet, *len);

    wire_skip(&r, 4);
    const uint32_t ssrc = wire_u32be(&r);
    if (r.bad || packet[0] >> 6 != 2)
        return MEDIA_SRTP_MALFORMED;
    return open_from(s, ssrc, srtp_unprotect_rtcp, packet, len);
}
