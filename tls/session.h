/* TLS as a pipe of bytes: cipher bytes in, cipher bytes out, plain bytes in, plain bytes out. No
 * sockets, no clock; the same code for client and server, over OpenSSL.
 *
 *        plain  write -> +---------+ -> pull  cipher
 *               read  <- | session | <- feed
 *                        +---------+
 *
 * After each feed or write: read until it gives 0, pull until it gives 0.
 * Threads: a context may be shared by the sessions of one thread (make one per worker); a session
 * belongs to one thread. */
#ifndef TLS_SESSION_H
#define TLS_SESSION_H

#include "base/err.h"
#include "tls/identity.h"
#include "tls/trust.h"

enum tls_role { TLS_CLIENT, TLS_SERVER };

struct tls_profile {
    enum tls_role role;
    bool authenticated; /* NULL-SHA: integrity without secrecy (security level 0) */
    bool legacy;        /* TLS 1.0-1.2, level 0, peers without RFC 5746 */
    bool no_peer_cert;  /* a server that asks for no client certificate */
    int min_version,
        max_version;     /* OpenSSL's TLS1_2_VERSION ...; 0: both 1.2, or as `legacy` says */
    const char *ciphers; /* OpenSSL's list; NULL: by the mode (ctl-tftp-tls.md 4.2) */
    void (*keylog)(void *arg, const char *line); /* NULL: none */
    void *keylog_arg;
};

struct tls_context;
struct tls_context *tls_context_new(const struct tls_profile *p, struct err *e);
void tls_context_free(struct tls_context *c); /* accepts NULL; sessions keep what they need */

enum tls_state {
    TLS_HANDSHAKING,
    TLS_OPEN,
    TLS_CLOSED, /* the peer sent close_notify, or we did */
    TLS_FAILED, /* see the error of the call that failed */
};

/* What there is to tell about a session; strings are borrowed until the session is freed. */
struct tls_facts {
    const char *version;    /* "TLSv1.2" */
    const char *cipher;     /* OpenSSL's name, "AES128-SHA" */
    char peer_cn[65];       /* escaped; "" without a certificate */
    char peer_subject[256]; /* escaped */
    char peer_sha256[65];   /* lower-case hex of the DER */
    int64_t peer_not_before_s, peer_not_after_s;
    int alert_sent;     /* -1 none; else the description number of the last one sent */
    int alert_received; /* -1 none; 0 close_notify */
    bool met;           /* the peer's Hello came */
    bool shown;         /* our certificate went out */
};

struct tls_session;

/* Identity and trust are borrowed: they live at least as long as the session. NULL with e set. */
struct tls_session *tls_session_new(struct tls_context *c, const struct tls_identity *id,
                                    const struct tls_trust *trust, struct err *e);
void tls_session_free(struct tls_session *s); /* accepts NULL */

/* Cipher bytes from the peer; all are taken. False: the session failed, `e` says why in the words
 * of ctl-tftp-tls.md section 7 (TLS-02 ... TLS-14, without the address: the caller puts it in
 * front). Even then `pull` what is left: the alert for the peer. */
bool tls_session_feed(struct tls_session *s, const uint8_t *bytes, size_t len,
                      struct err *e) MUST_USE;
/* Cipher bytes for the peer; returns how many were written to `out`. */
size_t tls_session_pull(struct tls_session *s, uint8_t *out, size_t cap);
bool tls_session_has_output(const struct tls_session *s);
/* The same without a copy: all that waits (borrowed until the next call), and how much of it left.
 */
const uint8_t *tls_session_output(const struct tls_session *s, size_t *len);
void tls_session_sent(struct tls_session *s, size_t n);
/* Plain bytes to send; all are taken, also before the handshake is over (they wait). */
bool tls_session_write(struct tls_session *s, const void *bytes, size_t len,
                       struct err *e) MUST_USE;
size_t tls_session_waiting(const struct tls_session *s); /* plain bytes the handshake holds back */
/* Plain bytes received; 0: none now. */
size_t tls_session_read(struct tls_session *s, void *out, size_t cap);
/* For labs: a server that is open asks for new keys, by a HelloRequest or TLS 1.3's KeyUpdate. Ours
 * refuse the former (SSL_OP_NO_RENEGOTIATION), which OpenSSL's server takes for the end. */
bool tls_session_renegotiate(struct tls_session *s, struct err *e) MUST_USE;
/* The peer asked for it, and we sent alert 100, no_renegotiation. */
bool tls_session_refused_renegotiation(const struct tls_session *s);
/* Queues close_notify; `pull` it, then close the socket. */
void tls_session_close(struct tls_session *s);
enum tls_state tls_session_state(const struct tls_session *s);
bool tls_session_opened(const struct tls_session *s); /* the handshake was finished once */
/* The peer refused our versions (alert 70, protocol_version), and we did not offer TLS 1.3. */
bool tls_session_wants_newer(const struct tls_session *s);
/* For a time-out during the handshake: OpenSSL's name of where it stands. */
const char *tls_session_step(const struct tls_session *s);
void tls_session_facts(const struct tls_session *s, struct tls_facts *out);
/* Two of the facts alone, which cost nothing; OpenSSL's words for them, for ever. */
const char *tls_session_version(const struct tls_session *s);
const char *tls_session_cipher(const struct tls_session *s);
X509 *tls_session_peer_cert(const struct tls_session *s); /* borrowed; NULL without one */

/* "unknown_ca" for 48; "alert" for numbers nobody knows. */
const char *tls_alert_name(int description);

#endif
