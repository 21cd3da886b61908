/* The cast of the session tests: a call manager, a port, their lists of trust; made once a program.
 */
#ifndef TEST_TLS_WORLD_H
#define TEST_TLS_WORLD_H

#include "tls_fixture.h"

#include <openssl/ssl.h>

#define DAY           INT64_C(86400)
#define NET_ADDR_ROOM 24 /* what a caller puts in front */

static EVP_PKEY *strong[3], *weak[3];
static int64_t now_s;
static struct port_side port;     /* CiscoUM1-VI1 under its root */
static struct tls_identity *node; /* the call manager */
static struct tls_trust *pins, *issuers;

static const struct tls_profile client_default = {.role = TLS_CLIENT};
static const struct tls_profile server_default = {.role = TLS_SERVER};

static inline struct tls_identity *make_node(EVP_PKEY *key, bool sha1, int64_t from_s, int64_t to_s)
{
    struct err e = {0};
    struct tls_node_spec spec = {.cn = "cucm1.lab.test",
                                 .country = "JP",
                                 .organization = "Example",
                                 .unit = "Lab",
                                 .state = "Tokyo",
                                 .locality = "Minato",
                                 .sha1 = sha1,
                                 .not_before_s = from_s,
                                 .not_after_s = to_s,
                                 .key = key};
    struct tls_identity *id = tls_identity_make_node(&spec, &e);
    CHECK(id, "%s", e.text);
    return id;
}

static inline int make_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        strong[i] = issue_key(2048, NULL);
        weak[i] = issue_key(1024, NULL);
    }
    now_s = x509_now_s();
    port = port_side_of(strong[0], strong[1], "CiscoUM1-VI1", false, now_s);
    node = make_node(strong[2], false, 0, 0);
    pins = trust_one(TLS_TRUST_PINNED, tls_identity_cert(node));
    issuers = trust_one(TLS_TRUST_ISSUERS, port.root);
    return 0;
}

static inline int free_keys(void **state)
{
    (void)state;
    tls_trust_free(pins);
    tls_trust_free(issuers);
    tls_identity_free(node);
    port_side_free(&port);
    for (size_t i = 0; i < 3; i++) {
        EVP_PKEY_free(strong[i]);
        EVP_PKEY_free(weak[i]);
    }
    return 0;
}

/* One recorded flight of the server, and of the client, cut at and damaged at each byte. */
static inline size_t first_flight(struct tls_session *of, struct tls_session *to, uint8_t *out,
                                  size_t cap)
{
    struct err why = {0};
    carry(of, to, 20000, &why);
    CHECK(why.kind == ERR_NONE, "%s", why.text);
    return tls_session_pull(to, out, cap);
}

#endif
