#include "tls/session_inner.h"

#include <openssl/err.h>
#include <stdlib.h>

#define LEVEL_MODERN 2 /* 112 bits: RSA 2048, no SHA-1 in signatures of certificates */

#define CIPHERS_ENCRYPTED                                                                          \
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:AES256-SHA"

const char *tls_profile_ciphers(const struct tls_profile *p)
{
    if (p->ciphers)
        return p->ciphers;
    return p->authenticated ? "NULL-SHA" : CIPHERS_ENCRYPTED;
}

static void on_keylog(const SSL *ssl, const char *line)
{
    const struct tls_session *s = SSL_get_app_data(ssl);

    if (s && s->profile.keylog)
        s->profile.keylog(s->profile.keylog_arg, line);
}

static void on_info(const SSL *ssl, int where, int ret)
{
    struct tls_session *s = SSL_get_app_data(ssl);
    int level = ret >> 8, description = ret & 0xff;

    if (!s || !(where & SSL_CB_ALERT))
        return;
    if (where & SSL_CB_WRITE) {
        s->alert_sent = description;
        return;
    }
    s->alert_received = description;
    if (level == SSL3_AL_FATAL)
        s->fatal_received = description;
}

/* What OpenSSL does not tell otherwise: the version a server chose, even when we refuse it; whether
 * our certificate went out, and that it was an empty one because the request admitted none of ours.
 */
static void on_message(int sent, int version, int content, const void *bytes, size_t len, SSL *ssl,
                       void *arg)
{
    struct tls_session *s = SSL_get_app_data(ssl);
    const uint8_t *b = bytes;

    (void)version;
    (void)arg;
    if (!s || content != SSL3_RT_HANDSHAKE || len < 6)
        return;
    if (!sent && b[0] == SSL3_MT_SERVER_HELLO)
        s->hello_version = (unsigned)b[4] << 8 | b[5];
    if (sent && b[0] == SSL3_MT_CERTIFICATE)
        s->sent_certificate = true;
    if (sent && b[0] == SSL3_MT_CERTIFICATE && s->profile.role == TLS_CLIENT)
        s->sent_empty_cert = len < 16; /* no certificate is that short */
}

static int least_version(const struct tls_profile *p)
{
    if (p->min_version)
        return p->min_version;
    return p->legacy ? TLS1_VERSION : TLS1_2_VERSION;
}

static int verify_mode(const struct tls_profile *p)
{
    if (p->role == TLS_SERVER && p->no_peer_cert)
        return SSL_VERIFY_NONE;
    return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

static uint64_t options(const struct tls_profile *p)
{
    /* Resumption would hide certificate faults (4.3); renegotiation has no place in SCCP. */
    uint64_t o = SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION;

    return p->legacy ? o | SSL_OP_LEGACY_SERVER_CONNECT : o;
}

static bool configure(SSL_CTX *ctx, const struct tls_profile *p)
{
    /* The level comes first: certificates are judged by it when they are loaded (4.3). NULL-SHA
     * exists at level 0 alone; verify.c keeps the demands on the peer's key all the same. */
    SSL_CTX_set_security_level(ctx, p->legacy || p->authenticated ? 0 : LEVEL_MODERN);
    SSL_CTX_set_options(ctx, options(p));
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ctx, 0);
    /* The records of one flight come with one read, into one buffer. */
    SSL_CTX_set_read_ahead(ctx, 1);
    SSL_CTX_set_verify(ctx, verify_mode(p), NULL);
    SSL_CTX_set_cert_verify_callback(ctx, tls_verify_peer, NULL);
    SSL_CTX_set_info_callback(ctx, on_info);
    SSL_CTX_set_msg_callback(ctx, on_message);
    if (p->keylog)
        SSL_CTX_set_keylog_callback(ctx, on_keylog);
    return SSL_CTX_set_min_proto_version(ctx, least_version(p)) &&
           SSL_CTX_set_max_proto_version(ctx, p->max_version ? p->max_version : TLS1_2_VERSION) &&
           SSL_CTX_set_cipher_list(ctx, tls_profile_ciphers(p));
}

struct tls_context *tls_context_new(const struct tls_profile *p, struct err *e)
{
    if (!p->legacy && least_version(p) < TLS1_2_VERSION) {
        /* Below 1.2 level 2 sends an empty certificate instead of ours and says nothing. */
        err_set(e, ERR_TLS_10, "TLS below 1.2 is asked for, but the security level is %d",
                LEVEL_MODERN);
        return NULL;
    }
    struct tls_context *c = calloc(1, sizeof *c);
    if (c)
        c->ssl = SSL_CTX_new(p->role == TLS_CLIENT ? TLS_client_method() : TLS_server_method());
    if (!c || !c->ssl) {
        err_set(e, ERR_MEMORY, "no memory for a TLS context");
        tls_context_free(c);
        return NULL;
    }
    c->profile = *p;
    if (configure(c->ssl, p))
        return c;
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    err_set(e, ERR_USAGE, "TLS versions or ciphers \"%.200s\": %s", tls_profile_ciphers(p),
            reason ? reason : "refused");
    ERR_clear_error();
    tls_context_free(c);
    return NULL;
}

void tls_context_free(struct tls_context *c)
{
    if (!c)
        return;
    SSL_CTX_free(c->ssl);
    free(c);
}
