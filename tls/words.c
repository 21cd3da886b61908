/* Why a session failed, in the words of ctl-tftp-tls.md section 7. The address is the caller's to
 * put in front; what to do next stands in base/err.h beside the id. */
#include "base/text.h"
#include "tls/session_inner.h"
#include "tls/trust_judge.h"
#include "tls/x509_text.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>

#define NAME_TEXT 129 /* untrusted text is cut to 128 characters */

const char *tls_alert_name(int description)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {0, "close_notify"},
        {10, "unexpected_message"},
        {20, "bad_record_mac"},
        {21, "decryption_failed"},
        {22, "record_overflow"},
        {30, "decompression_failure"},
        {40, "handshake_failure"},
        {41, "no_certificate"},
        {42, "bad_certificate"},
        {43, "unsupported_certificate"},
        {44, "certificate_revoked"},
        {45, "certificate_expired"},
        {46, "certificate_unknown"},
        {47, "illegal_parameter"},
        {48, "unknown_ca"},
        {49, "access_denied"},
        {50, "decode_error"},
        {51, "decrypt_error"},
        {60, "export_restriction"},
        {70, "protocol_version"},
        {71, "insufficient_security"},
        {80, "internal_error"},
        {86, "inappropriate_fallback"},
        {90, "user_canceled"},
        {100, "no_renegotiation"},
        {109, "missing_extension"},
        {110, "unsupported_extension"},
        {112, "unrecognized_name"},
        {113, "bad_certificate_status_response"},
        {115, "unknown_psk_identity"},
        {116, "certificate_required"},
        {120, "no_application_protocol"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].number == description)
            return names[i].name;
    return "alert";
}

static const char *version_name(unsigned version)
{
    switch (version) {
    case SSL3_VERSION:
        return "SSL 3.0";
    case TLS1_VERSION:
        return "TLS 1.0";
    case TLS1_1_VERSION:
        return "TLS 1.1";
    case TLS1_2_VERSION:
        return "TLS 1.2";
    case TLS1_3_VERSION:
        return "TLS 1.3";
    default:
        return "an unknown TLS version";
    }
}

static const char *least_name(const struct tls_session *s)
{
    return version_name((unsigned)SSL_get_min_proto_version(s->ssl));
}

static const char *most_name(const struct tls_session *s)
{
    return version_name((unsigned)SSL_get_max_proto_version(s->ssl));
}

/* The TLS 1.2 names of our list; those of 1.3 follow from the version. */
static const char *offered(const struct tls_session *s)
{
    return tls_profile_ciphers(&s->profile);
}

/* ---- the peer sent an alert ----------------------------------------------------------- */

static bool does_not_know_our_root(const struct tls_session *s, struct err *e)
{
    X509 *own = tls_identity_cert(s->identity);
    char issuer[NAME_TEXT];

    return err_set(
        e, ERR_TLS_03,
        "does not know our root (it sent alert 48 unknown_ca): %s, file %08lx.0, is not in "
        "its CallManager-trust",
        x509_issuer_text(own, issuer, sizeof issuer), X509_issuer_name_hash(own));
}

static bool refuses_our_dates(const struct tls_session *s, int alert, struct err *e)
{
    X509 *own = tls_identity_cert(s->identity);
    char from[TEXT_DATE], to[TEXT_DATE], now[TEXT_DATE];

    return err_set(
        e, ERR_TLS_05,
        "refuses our certificate (it sent alert %d %s): ours is valid %s to %s, local time "
        "is %s",
        alert, tls_alert_name(alert), text_date(x509_not_before_s(own), from),
        text_date(x509_not_after_s(own), to), text_date(x509_now_s(), now));
}

static bool finds_nothing_common(const struct tls_session *s, int alert, struct err *e)
{
    const char *hint = "";

    if (s->sent_empty_cert)
        hint = "; it admitted no certificate of our kind, so none was sent";
    else if (s->profile.authenticated)
        hint = "; is the Device Security Mode there \"Authenticated\"?";
    return err_set(
        e, ERR_TLS_08,
        "finds no common cipher suite, or got no client certificate (it sent alert %d %s); "
        "offered: %.160s%s",
        alert, tls_alert_name(alert), offered(s), hint);
}

static bool refuses_our_version(const struct tls_session *s, int alert, struct err *e)
{
    return err_set(e, ERR_TLS_07,
                   "refuses the TLS version (it sent alert %d %s); offered: %s to %s", alert,
                   tls_alert_name(alert), least_name(s), most_name(s));
}

/* SCCP has no place for it, and our certificate is not shown twice. */
static bool insists_on_renegotiation(int alert, struct err *e)
{
    return err_set(
        e, ERR_TLS_14,
        "asked to renegotiate, which we refuse (we sent alert 100 no_renegotiation), and "
        "ended the connection with alert %d (%s)",
        alert, tls_alert_name(alert));
}

static bool server_was_refused(const struct tls_session *s, int alert, struct err *e)
{
    char own[65];

    if (alert == SSL_AD_PROTOCOL_VERSION)
        return refuses_our_version(s, alert, e);
    if (alert != SSL_AD_UNKNOWN_CA)
        return err_set(e, ERR_TLS_14, "the client sent TLS alert %d (%s)", alert,
                       tls_alert_name(alert));
    return err_set(e, ERR_TLS_14,
                   "the client sent TLS alert 48 (unknown_ca): our certificate, SHA-256 %s, is not "
                   "in the CTL it holds",
                   x509_sha256_text(tls_identity_cert(s->identity), own));
}

static bool explain_received(const struct tls_session *s, struct err *e)
{
    int alert = s->fatal_received;

    if (s->profile.role == TLS_SERVER)
        return server_was_refused(s, alert, e);
    if (tls_session_refused_renegotiation(s))
        return insists_on_renegotiation(alert, e);
    switch (alert) {
    case SSL_AD_UNKNOWN_CA:
        return does_not_know_our_root(s, e);
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_CERTIFICATE_EXPIRED:
        return refuses_our_dates(s, alert, e);
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_INSUFFICIENT_SECURITY:
    case SSL_AD_CERTIFICATE_REQUIRED:
        return finds_nothing_common(s, alert, e);
    case SSL_AD_PROTOCOL_VERSION:
        return refuses_our_version(s, alert, e);
    default:
        return err_set(e, ERR_TLS_14, "sent TLS alert %d (%s)", alert, tls_alert_name(alert));
    }
}

/* ---- we refused the peer's certificate ------------------------------------------------ */

static bool not_the_pinned_one(const struct tls_session *s, struct err *e)
{
    char subject[NAME_TEXT], serial[48], got[65], want[65], more[32] = "";
    size_t pins = tls_trust_count(s->trust);

    if (pins > 1)
        snprintf(more, sizeof more, " and %zu more", pins - 1);
    return err_set(
        e, ERR_TLS_02,
        "presents a certificate that is not in the CTL: %s, serial %s, SHA-256 %s; the CTL "
        "has %s%s for it; we sent alert %d %s",
        x509_subject_text(s->peer, subject, sizeof subject),
        x509_serial_text(s->peer, serial, sizeof serial), x509_sha256_text(s->peer, got),
        pins ? tls_trust_first_sha256(s->trust, want) : "no certificate", more, s->alert_sent,
        tls_alert_name(s->alert_sent));
}

static bool not_issued_by_a_member(const struct tls_session *s, struct err *e)
{
    char subject[NAME_TEXT], issuer[NAME_TEXT];

    return err_set(
        e, ERR_TLS_03,
        "the certificate of %s was issued by %s, which is not in CallManager-trust; we sent "
        "alert %d %s",
        x509_subject_text(s->peer, subject, sizeof subject),
        x509_issuer_text(s->peer, issuer, sizeof issuer), s->alert_sent,
        tls_alert_name(s->alert_sent));
}

static bool outside_its_dates(const struct tls_session *s, struct err *e)
{
    char subject[NAME_TEXT], from[TEXT_DATE], to[TEXT_DATE], now[TEXT_DATE];

    return err_set(e, s->profile.role == TLS_CLIENT ? ERR_TLS_04 : ERR_TLS_05,
                   "the certificate of %s is valid %s to %s, local time is %s; we sent alert %d %s",
                   x509_subject_text(s->refused, subject, sizeof subject),
                   text_date(x509_not_before_s(s->refused), from),
                   text_date(x509_not_after_s(s->refused), to), text_date(x509_now_s(), now),
                   s->alert_sent, tls_alert_name(s->alert_sent));
}

static bool too_weak(const struct tls_session *s, struct err *e)
{
    char subject[NAME_TEXT], key[96];

    return err_set(
        e, ERR_TLS_11,
        "the certificate of %s uses %s, below the configured minimum (RSA 2048, SHA-256); "
        "we sent alert %d %s",
        x509_subject_text(s->refused, subject, sizeof subject),
        x509_key_text(s->refused, key, sizeof key), s->alert_sent, tls_alert_name(s->alert_sent));
}

static bool refused_otherwise(const struct tls_session *s, struct err *e)
{
    char subject[NAME_TEXT];

    return err_set(e, ERR_TLS_05, "the certificate of %s is refused: %s; we sent alert %d %s",
                   x509_subject_text(s->refused, subject, sizeof subject),
                   X509_verify_cert_error_string(s->verify_error), s->alert_sent,
                   tls_alert_name(s->alert_sent));
}

static bool explain_refused(const struct tls_session *s, struct err *e)
{
    switch (s->verify_error) {
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return outside_its_dates(s, e);
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
        return too_weak(s, e);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return s->profile.role == TLS_CLIENT ? not_the_pinned_one(s, e)
                                             : not_issued_by_a_member(s, e);
    default:
        return refused_otherwise(s, e);
    }
}

/* ---- the conversation itself went wrong ----------------------------------------------- */

static bool version_too_old(const struct tls_session *s, struct err *e)
{
    if (s->profile.role == TLS_SERVER)
        return err_set(e, ERR_TLS_07, "offers no TLS version from %s to %s; we sent alert %d %s",
                       least_name(s), most_name(s), s->alert_sent, tls_alert_name(s->alert_sent));
    return err_set(e, s->profile.legacy ? ERR_TLS_07 : ERR_TLS_10,
                   "chose %s, but we want %s to %s; we sent alert %d %s",
                   version_name(s->hello_version), least_name(s), most_name(s), s->alert_sent,
                   tls_alert_name(s->alert_sent));
}

static bool no_common_cipher(const struct tls_session *s, struct err *e)
{
    return err_set(e, ERR_TLS_08, "no common cipher suite; ours: %.200s; we sent alert %d %s",
                   offered(s), s->alert_sent, tls_alert_name(s->alert_sent));
}

static bool no_client_certificate(const struct tls_session *s, struct err *e)
{
    return err_set(e, ERR_TLS_08, "sent no client certificate; we sent alert %d %s", s->alert_sent,
                   tls_alert_name(s->alert_sent));
}

/* The first bytes are no TLS; or, once the hellos were exchanged, it is a record of another
 * version. That is mostly an alert of a peer that dislikes the version; OpenSSL does not look into
 * it. */
static bool other_language(const struct tls_session *s, struct err *e)
{
    bool server = s->profile.role == TLS_SERVER;

    if (tls_met_peer(s))
        return err_set(e, ERR_TLS_07, "left the TLS version that was chosen (%s); ours: %s to %s",
                       SSL_get_version(s->ssl), least_name(s), most_name(s));
    return err_set(e, ERR_FORMAT, "does not speak TLS: %s",
                   server ? "its first bytes are no ClientHello" : "is that the secure SCCP port?");
}

static bool broken(const struct tls_session *s, unsigned long code, struct err *e)
{
    const char *reason = ERR_reason_error_string(code);

    if (!reason)
        reason = "unknown reason";
    if (s->alert_sent < 0)
        return err_set(e, ERR_FORMAT, "broke the TLS protocol: %s", reason);
    return err_set(e, ERR_FORMAT, "broke the TLS protocol: %s; we sent alert %d %s", reason,
                   s->alert_sent, tls_alert_name(s->alert_sent));
}

static bool explain_reason(const struct tls_session *s, unsigned long code, struct err *e)
{
    switch (ERR_GET_REASON(code)) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_WRONG_SSL_VERSION:
        return version_too_old(s, e);
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_WRONG_CIPHER_RETURNED:
    case SSL_R_UNKNOWN_CIPHER_RETURNED:
        return no_common_cipher(s, e);
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return no_client_certificate(s, e);
    case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED:
        return err_set(e, ERR_TLS_12, "lacks secure renegotiation (RFC 5746)");
    case SSL_R_LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED:
        return err_set(e, ERR_TLS_10, "signs with SHA-1, which the security level forbids");
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_DH_KEY_TOO_SMALL:
        return err_set(e, ERR_TLS_11, "uses a key below the configured minimum");
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_UNKNOWN_PROTOCOL:
        return other_language(s, e);
    default:
        return broken(s, code, e);
    }
}

bool tls_explain(const struct tls_session *s, unsigned long openssl_error, struct err *e)
{
    if (s->starved || ERR_GET_REASON(openssl_error) == ERR_R_MALLOC_FAILURE)
        return err_set(e, ERR_MEMORY, "no memory for the TLS session");
    if (s->fatal_received >= 0)
        return explain_received(s, e);
    if (s->refused && s->verify_error != X509_V_OK)
        return explain_refused(s, e);
    return explain_reason(s, openssl_error, e);
}

bool tls_explain_own(const struct tls_identity *id, unsigned long openssl_error, struct err *e)
{
    const char *reason = ERR_reason_error_string(openssl_error);
    char subject[NAME_TEXT], key[96];
    X509 *own = tls_identity_cert(id);

    bool weak = ERR_GET_LIB(openssl_error) == ERR_LIB_SSL;
    err_set(e, weak ? ERR_TLS_10 : ERR_TLS_01, "our certificate %s (%s) cannot be used: %s",
            x509_subject_text(own, subject, sizeof subject), x509_key_text(own, key, sizeof key),
            reason ? reason : "unknown reason");
    ERR_clear_error();
    return false;
}
