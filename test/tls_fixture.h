/* Certificates for the tests of tls/: a call manager, an authority in a directory of its own, and
 * two sessions back to back. Keys are made once for each test program. */
#ifndef TEST_TLS_FIXTURE_H
#define TEST_TLS_FIXTURE_H

#include "check.h"
#include "tls/issue.h"
#include "tls/session.h"
#include "tls/session_inner.h"
#include "tls/x509_text.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/* The port's side of 4.1 by our own rules, without files: a root and one port certificate. */
struct port_side {
    EVP_PKEY *root_key, *key;
    X509 *root;
    struct tls_identity *id;
};

static inline struct port_side port_side_of(EVP_PKEY *root_key, EVP_PKEY *key, const char *name,
                                            bool legacy, int64_t now_s)
{
    struct err e = {0};
    struct port_side p = {.root_key = root_key, .key = key};

    p.root = issue_root(root_key, legacy, now_s, &e);
    CHECK(p.root, "%s", e.text);
    X509 *cert = issue_port(p.root, root_key, key, name, legacy, now_s, &e);
    CHECK(cert, "%s", e.text);
    p.id = tls_identity_new(cert, key, &e);
    CHECK(p.id, "%s", e.text);
    X509_free(cert);
    return p;
}

static inline void port_side_free(struct port_side *p)
{
    tls_identity_free(p->id);
    X509_free(p->root);
}

static inline void trust_cert(struct tls_trust *t, X509 *cert)
{
    struct err e = {0};
    uint8_t *der = NULL;
    int len = i2d_X509(cert, &der);

    CHECK(len > 0 && tls_trust_add(t, der, (size_t)len, &e), "%s", e.text);
    OPENSSL_free(der);
}

static inline struct tls_trust *trust_one(enum tls_trust_kind kind, X509 *cert)
{
    struct tls_trust *t = tls_trust_new(kind, NULL);

    CHECK(t, "no memory");
    if (cert)
        trust_cert(t, cert);
    return t;
}

/* A port and a call manager that trust each other. */
struct acquainted {
    struct port_side port; /* CiscoUM1-VI1 */
    struct tls_identity *node;
    struct tls_trust *pins, *issuers; /* the port's, the call manager's */
};

static inline struct acquainted acquaint(void)
{
    struct tls_node_spec spec = {.cn = "cucm1.lab.test", .bits = 2048};
    struct err e = {0};
    struct acquainted a = {.port = port_side_of(issue_key(2048, &e), issue_key(2048, &e),
                                                "CiscoUM1-VI1", false, x509_now_s()),
                           .node = tls_identity_make_node(&spec, &e)};

    CHECK(a.node, "%s", e.text);
    a.pins = trust_one(TLS_TRUST_PINNED, tls_identity_cert(a.node));
    a.issuers = trust_one(TLS_TRUST_ISSUERS, a.port.root);
    return a;
}

static inline void acquainted_free(struct acquainted *a)
{
    tls_trust_free(a->pins);
    tls_trust_free(a->issuers);
    tls_identity_free(a->node);
    EVP_PKEY_free(a->port.root_key);
    EVP_PKEY_free(a->port.key);
    port_side_free(&a->port);
}

/* ---- two sessions, back to back ------------------------------------------------------- */

struct pair {
    struct tls_context *client_context, *server_context;
    struct tls_session *client, *server;
    struct err client_why, server_why; /* kind ERR_NONE: no failure */
};

static inline void pair_open(struct pair *p, const struct tls_profile *client,
                             const struct tls_identity *client_id, const struct tls_trust *pins,
                             const struct tls_profile *server, const struct tls_identity *server_id,
                             const struct tls_trust *issuers)
{
    struct err e = {0};

    *p = (struct pair){0};
    p->client_context = tls_context_new(client, &e);
    CHECK(p->client_context, "%s", e.text);
    p->server_context = tls_context_new(server, &e);
    CHECK(p->server_context, "%s", e.text);
    p->client = tls_session_new(p->client_context, client_id, pins, &e);
    CHECK(p->client, "%s", e.text);
    p->server = tls_session_new(p->server_context, server_id, issuers, &e);
    CHECK(p->server, "%s", e.text);
}

static inline void pair_free(struct pair *p)
{
    tls_context_free(p->client_context);
    tls_context_free(p->server_context);
    tls_session_free(p->client);
    tls_session_free(p->server);
    *p = (struct pair){0};
}

/* Carries what `from` has to `to`, `step` bytes at a time; returns how many. */
static inline size_t carry(struct tls_session *from, struct tls_session *to, size_t step,
                           struct err *why)
{
    uint8_t bytes[20000];
    size_t total = 0, n;

    if (step > sizeof bytes)
        step = sizeof bytes;
    while ((n = tls_session_pull(from, bytes, step)) > 0) {
        total += n;
        if (why->kind == ERR_NONE)
            (void)!tls_session_feed(to, bytes, n, why);
    }
    return total;
}

/* Until both are silent. */
static inline void pair_run(struct pair *p, size_t step)
{
    size_t moved = 1;

    while (moved > 0) {
        moved = carry(p->client, p->server, step, &p->server_why);
        moved += carry(p->server, p->client, step, &p->client_why);
    }
}

#endif
