#include "tls/session_inner.h"
#include "tls/trust_judge.h"

#include <openssl/x509_vfy.h>

#define BITS_MODERN 112 /* RSA 2048 */

/* The peer's leaf must be signed by a member of the session's store (a chain may lead there).
 * Whether it may be used by a client is asked as OpenSSL asks: an extended key usage that is absent
 * says yes. */
static int judge_issued(X509_STORE_CTX *ctx, bool legacy)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

    X509_VERIFY_PARAM_set_auth_level(param, legacy ? 0 : 2);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    if (X509_verify_cert(ctx) == 1)
        return X509_V_OK;
    int why = X509_STORE_CTX_get_error(ctx);
    return why == X509_V_OK ? X509_V_ERR_UNSPECIFIED : why;
}

static int judge(const struct tls_session *s, X509_STORE_CTX *ctx, X509 *leaf)
{
    if (tls_trust_kind_of(s->trust) == TLS_TRUST_ISSUERS)
        return judge_issued(ctx, s->profile.legacy);
    return tls_trust_judge_pinned(s->trust, leaf, s->profile.legacy ? 0 : BITS_MODERN);
}

static void keep(X509 **at, X509 *cert)
{
    X509_free(*at);
    *at = cert && X509_up_ref(cert) ? cert : NULL;
}

int tls_verify_peer(X509_STORE_CTX *ctx, void *unused)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_session *s = SSL_get_app_data(ssl);
    X509 *leaf = X509_STORE_CTX_get0_cert(ctx);

    (void)unused;
    keep(&s->peer, leaf);
    s->verify_error = leaf ? judge(s, ctx, leaf) : X509_V_ERR_UNSPECIFIED;
    X509 *blamed = X509_STORE_CTX_get_current_cert(ctx);
    keep(&s->refused, blamed ? blamed : leaf);
    X509_STORE_CTX_set_error(ctx, s->verify_error); /* it chooses the alert: 4.4 */
    if (s->verify_error == X509_V_OK)
        keep(&s->refused, NULL);
    return s->verify_error == X509_V_OK;
}
