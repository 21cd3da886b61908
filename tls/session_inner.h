/* Inside a session: what context.c, session.c, verify.c and words.c share. Nobody else looks in
 * here. */
#ifndef TLS_SESSION_INNER_H
#define TLS_SESSION_INNER_H

#include "base/buf.h"
#include "tls/session.h"

#include <openssl/ssl.h>

struct tls_context {
    SSL_CTX *ssl;
    struct tls_profile profile;
};

struct tls_session {
    SSL *ssl;
    struct tls_profile profile; /* a copy: the context may be gone */
    const struct tls_identity *identity;
    const struct tls_trust *trust;
    enum tls_state state;
    bool starved;      /* no memory for what OpenSSL wanted to send */
    bool opened;       /* the handshake was finished once, whatever came later */
    const uint8_t *in; /* cipher bytes of the feed under way, borrowed */
    size_t in_len;
    struct buf out;   /* cipher bytes for the peer */
    struct buf inbox; /* plain bytes received */
    struct buf early; /* plain bytes that wait for the end of the handshake */
    X509 *peer;       /* the peer's leaf, also a refused one; our reference */
    X509 *refused;    /* the certificate of its chain that was the reason; our reference */
    int verify_error; /* X509_V_ERR_... of a refused peer */
    int alert_sent, alert_received;
    int fatal_received;     /* -1 none: the alert that ended the session */
    unsigned hello_version; /* what the ServerHello said; 0: none was seen */
    bool sent_certificate;
    bool sent_empty_cert; /* the request admitted no certificate of ours: 4.3's trap */
};

/* The default of ctl-tftp-tls.md 4.2 for the profile. */
const char *tls_profile_ciphers(const struct tls_profile *p);
bool tls_met_peer(const struct tls_session *s); /* its Hello came */
/* For SSL_CTX_set_cert_verify_callback. */
int tls_verify_peer(X509_STORE_CTX *ctx, void *unused);
/* Why the session failed, from the alert, the refused certificate or OpenSSL's error queue, in the
 * words of section 7. Always false. */
bool tls_explain(const struct tls_session *s, unsigned long openssl_error, struct err *e);
/* Why our own certificate cannot be used. Always false. */
bool tls_explain_own(const struct tls_identity *id, unsigned long openssl_error, struct err *e);

#endif
