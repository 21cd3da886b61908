#include "tls/session.h"

#include "tls/session_inner.h"
#include "tls/trust_judge.h"
#include "tls/x509_text.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CIPHERS_EC "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:"

/* ---- the two ends of OpenSSL's pipe -----------------------------------------------------------
 * A memory BIO pair would keep 2 x 17 KiB for each of 10,000 idle sessions. This one reads straight
 * from the bytes of the feed under way, and what it was given to send lives until it is pulled. */

static int pipe_write(BIO *bio, const char *bytes, size_t len, size_t *taken)
{
    struct tls_session *s = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    s->starved = !buf_add(&s->out, bytes, len, NULL);
    *taken = s->starved ? 0 : len;
    return !s->starved;
}

static int pipe_read(BIO *bio, char *out, size_t cap, size_t *got)
{
    struct tls_session *s = BIO_get_data(bio);
    size_t n = cap < s->in_len ? cap : s->in_len;

    BIO_clear_retry_flags(bio);
    *got = n;
    if (n == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(out, s->in, n);
    s->in += n;
    s->in_len -= n;
    return 1;
}

static long pipe_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    (void)bio;
    (void)num;
    (void)ptr;
    return cmd == BIO_CTRL_FLUSH;
}

static BIO_METHOD *pipe_method;

static void make_pipe_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tls_session");

    if (!m || !BIO_meth_set_write_ex(m, pipe_write) || !BIO_meth_set_read_ex(m, pipe_read) ||
        !BIO_meth_set_ctrl(m, pipe_ctrl)) {
        BIO_meth_free(m);
        return;
    }
    pipe_method = m; /* for the whole run; shared by all threads, never changed */
}

static bool lay_pipe(struct tls_session *s)
{
    static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;

    if (!CRYPTO_THREAD_run_once(&once, make_pipe_method) || !pipe_method)
        return false;
    BIO *bio = BIO_new(pipe_method);
    if (!bio)
        return false;
    BIO_set_data(bio, s);
    BIO_set_init(bio, 1);
    SSL_set_bio(s->ssl, bio, bio);
    return true;
}

/* ---- birth and death ------------------------------------------------------------------ */

static bool use_identity(struct tls_session *s, struct err *e)
{
    const struct tls_identity *id = s->identity;

    if (!id)
        return err_set(e, ERR_TLS_01, "this end has no certificate");
    if (SSL_use_certificate(s->ssl, tls_identity_cert(id)) == 1 &&
        SSL_use_PrivateKey(s->ssl, tls_identity_key(id)) == 1 &&
        SSL_set1_chain(s->ssl, tls_identity_chain(id)) == 1)
        return true;
    return tls_explain_own(id, ERR_peek_last_error(), e);
}

static bool server_has_ec(const struct tls_session *s)
{
    if (s->profile.role == TLS_CLIENT)
        return tls_trust_has_ec(s->trust);
    return EVP_PKEY_get_base_id(tls_identity_key(s->identity)) == EVP_PKEY_EC;
}

/* ECDSA suites are offered only towards somebody who may present such a certificate (4.2), and
 * taken by one who has it. */
static bool use_ciphers(struct tls_session *s)
{
    char list[256];

    if (s->profile.ciphers || s->profile.authenticated || !server_has_ec(s))
        return true;
    snprintf(list, sizeof list, "%s%s", CIPHERS_EC, tls_profile_ciphers(&s->profile));
    return SSL_set_cipher_list(s->ssl, list);
}

static bool use_trust(struct tls_session *s, struct err *e)
{
    if (!s->trust)
        return s->profile.no_peer_cert && s->profile.role == TLS_SERVER
                   ? true
                   : err_set(e, ERR_USAGE, "a session needs to know which certificates it trusts");
    X509_STORE *store = tls_trust_store(s->trust);
    if (store && !SSL_set1_verify_cert_store(s->ssl, store))
        return err_set(e, ERR_MEMORY, "no memory for a TLS session");
    return true;
}

static struct tls_session *allocate(struct tls_context *c)
{
    struct tls_session *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->profile = c->profile;
    s->inbox.secret = s->early.secret = true; /* keys of media streams, digits */
    s->alert_sent = s->alert_received = s->fatal_received = -1;
    s->verify_error = X509_V_OK;
    s->ssl = SSL_new(c->ssl);
    if (s->ssl && SSL_set_app_data(s->ssl, s) && lay_pipe(s))
        return s;
    tls_session_free(s);
    return NULL;
}

static bool handshake(struct tls_session *s, struct err *e);

static bool begin(struct tls_session *s, struct err *e)
{
    if (!use_identity(s, e) || !use_trust(s, e))
        return false;
    if (!use_ciphers(s))
        return err_set(e, ERR_MEMORY, "no memory for a TLS session");
    if (s->profile.role == TLS_SERVER) {
        SSL_set_accept_state(s->ssl);
        return true;
    }
    SSL_set_connect_state(s->ssl);
    return handshake(s, e); /* the ClientHello */
}

struct tls_session *tls_session_new(struct tls_context *c, const struct tls_identity *id,
                                    const struct tls_trust *trust, struct err *e)
{
    ERR_clear_error();
    struct tls_session *s = allocate(c);
    if (!s) {
        err_set(e, ERR_MEMORY, "no memory for a TLS session");
        return NULL;
    }
    s->identity = id;
    s->trust = trust;
    bool ok = begin(s, e);
    ERR_clear_error();
    if (ok)
        return s;
    tls_session_free(s);
    return NULL;
}

void tls_session_free(struct tls_session *s)
{
    if (!s)
        return;
    SSL_free(s->ssl);
    X509_free(s->peer);
    X509_free(s->refused);
    buf_free(&s->out);
    buf_free(&s->inbox);
    buf_free(&s->early);
    free(s);
}

/* ---- bytes through -------------------------------------------------------------------- */

static bool failed(struct tls_session *s, struct err *e)
{
    s->state = TLS_FAILED;
    tls_explain(s, ERR_peek_error(), e);
    ERR_clear_error();
    return false;
}

/* Into unlimited memory a write is complete or fails. */
static bool write_now(struct tls_session *s, const void *bytes, size_t len, struct err *e)
{
    size_t written = 0;

    if (len == 0)
        return true;
    ERR_clear_error();
    return SSL_write_ex(s->ssl, bytes, len, &written) == 1 || failed(s, e);
}

static bool handshake(struct tls_session *s, struct err *e)
{
    ERR_clear_error();
    int rc = SSL_do_handshake(s->ssl);
    if (rc != 1)
        return SSL_get_error(s->ssl, rc) == SSL_ERROR_WANT_READ || failed(s, e);
    s->state = TLS_OPEN;
    s->opened = true;
    /* From here on records bring media keys, and OpenSSL frees their buffers as they are. */
    SSL_set_options(s->ssl, SSL_OP_CLEANSE_PLAINTEXT);
    bool ok = write_now(s, s->early.at, s->early.len, e);
    buf_free(&s->early);
    return ok;
}

/* False: no more for now, or never; *ok tells. */
static bool receive_some(struct tls_session *s, bool *ok, struct err *e)
{
    uint8_t plain[4096];
    size_t n = 0;

    ERR_clear_error();
    if (SSL_read_ex(s->ssl, plain, sizeof plain, &n) == 1) {
        *ok = buf_add(&s->inbox, plain, n, e);
        OPENSSL_cleanse(plain, n);
        return *ok;
    }
    int why = SSL_get_error(s->ssl, 0);
    if (why == SSL_ERROR_ZERO_RETURN)
        s->state = TLS_CLOSED;
    *ok = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_ZERO_RETURN || failed(s, e);
    return false;
}

/* A read that finds nothing costs a buffer of 17 KiB, made, wiped and freed. */
static bool more_to_read(const struct tls_session *s)
{
    return s->state == TLS_OPEN && (s->in_len > 0 || SSL_has_pending(s->ssl));
}

bool tls_session_feed(struct tls_session *s, const uint8_t *bytes, size_t len, struct err *e)
{
    bool ok = true;

    if (s->state == TLS_FAILED)
        return err_set(e, ERR_NOT_NOW, "the TLS session has failed before");
    if (s->state == TLS_CLOSED)
        return true; /* what follows a close_notify means nothing */
    s->in = bytes;
    s->in_len = len;
    if (s->state == TLS_HANDSHAKING)
        ok = handshake(s, e);
    while (ok && more_to_read(s) && receive_some(s, &ok, e))
        ;
    s->in = NULL;
    s->in_len = 0;
    ERR_clear_error();
    return ok;
}

bool tls_session_write(struct tls_session *s, const void *bytes, size_t len, struct err *e)
{
    if (s->state == TLS_HANDSHAKING)
        return buf_add(&s->early, bytes, len, e);
    if (s->state != TLS_OPEN)
        return err_set(e, ERR_CLOSED, "the TLS session is closed");
    return write_now(s, bytes, len, e);
}

const uint8_t *tls_session_output(const struct tls_session *s, size_t *len)
{
    *len = s->out.len;
    return s->out.at;
}

void tls_session_sent(struct tls_session *s, size_t n)
{
    buf_drop(&s->out, n);
    if (s->out.len == 0)
        buf_free(&s->out); /* an idle session keeps no buffers */
}

size_t tls_session_pull(struct tls_session *s, uint8_t *out, size_t cap)
{
    size_t n = s->out.len < cap ? s->out.len : cap;

    if (n)
        memcpy(out, s->out.at, n);
    tls_session_sent(s, n);
    return n;
}

bool tls_session_has_output(const struct tls_session *s)
{
    return s->out.len > 0;
}

size_t tls_session_read(struct tls_session *s, void *out, size_t cap)
{
    size_t n = s->inbox.len < cap ? s->inbox.len : cap;

    if (n)
        memcpy(out, s->inbox.at, n);
    buf_drop(&s->inbox, n);
    if (s->inbox.len == 0)
        buf_free(&s->inbox);
    return n;
}

bool tls_session_renegotiate(struct tls_session *s, struct err *e)
{
    ERR_clear_error();
    SSL_clear_options(s->ssl, SSL_OP_NO_RENEGOTIATION);
    const bool asked = SSL_version(s->ssl) == TLS1_3_VERSION
                           ? SSL_key_update(s->ssl, SSL_KEY_UPDATE_REQUESTED)
                           : SSL_renegotiate(s->ssl);
    if (s->state != TLS_OPEN || !asked || SSL_do_handshake(s->ssl) != 1) {
        ERR_clear_error();
        return err_set(e, ERR_NOT_NOW, "new keys cannot be asked for now");
    }
    return true;
}

bool tls_session_refused_renegotiation(const struct tls_session *s)
{
    return s->opened && s->alert_sent == SSL_AD_NO_RENEGOTIATION;
}

void tls_session_close(struct tls_session *s)
{
    ERR_clear_error();
    if (s->state == TLS_OPEN || (s->state == TLS_CLOSED && s->alert_sent != SSL_AD_CLOSE_NOTIFY))
        SSL_shutdown(s->ssl);
    ERR_clear_error();
    if (s->state != TLS_FAILED)
        s->state = TLS_CLOSED;
}

/* ---- what there is to tell ------------------------------------------------------------ */

enum tls_state tls_session_state(const struct tls_session *s)
{
    return s->state;
}

bool tls_session_opened(const struct tls_session *s)
{
    return s->opened;
}

bool tls_session_wants_newer(const struct tls_session *s)
{
    return s->fatal_received == SSL_AD_PROTOCOL_VERSION &&
           SSL_get_max_proto_version(s->ssl) < TLS1_3_VERSION;
}

size_t tls_session_waiting(const struct tls_session *s)
{
    return s->early.len;
}

const char *tls_session_step(const struct tls_session *s)
{
    return SSL_state_string_long(s->ssl);
}

X509 *tls_session_peer_cert(const struct tls_session *s)
{
    return s->peer;
}

bool tls_met_peer(const struct tls_session *s)
{
    return s->profile.role == TLS_SERVER ? SSL_get_client_ciphers(s->ssl) != NULL
                                         : s->hello_version != 0;
}

const char *tls_session_version(const struct tls_session *s)
{
    return SSL_get_version(s->ssl);
}

const char *tls_session_cipher(const struct tls_session *s)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(s->ssl);

    return cipher ? SSL_CIPHER_get_name(cipher) : "";
}

void tls_session_facts(const struct tls_session *s, struct tls_facts *out)
{
    *out = (struct tls_facts){.version = tls_session_version(s),
                              .cipher = tls_session_cipher(s),
                              .alert_sent = s->alert_sent,
                              .alert_received = s->alert_received,
                              .met = tls_met_peer(s),
                              .shown = s->sent_certificate};
    if (!s->peer)
        return;
    x509_cn_text(s->peer, out->peer_cn, sizeof out->peer_cn);
    x509_subject_text(s->peer, out->peer_subject, sizeof out->peer_subject);
    x509_sha256_text(s->peer, out->peer_sha256);
    out->peer_not_before_s = x509_not_before_s(s->peer);
    out->peer_not_after_s = x509_not_after_s(s->peer);
}
