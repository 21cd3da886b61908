/* Who we are: a private key with its certificate, and CUC's own small authority that makes them.
 *
 * A root certificate (CN=CiscoUnity-<guid>, 2558 days) and under it one certificate per port
 * (CN=device name), as ctl-tftp-tls.md section 5 describes CUC's. Kept in a directory: `root.key`
 * (key and certificate, so that they change together), `root.pem` (the certificate for people),
 * `ports.key` (one key pair for the pool, the default) and `ports/NAME.pem` (+ `ports/NAME.key`
 * when each port has its own key); the legacy set has the same in `legacy/`. Key files have mode
 * 0600; one that others can read is refused. A port certificate is made anew 60 days before its end
 * or when the root changed; whether the root has signed it, a line in front of its PEM text tells
 * (seal.h), so that a start need not check the signature. Several processes may use one directory
 * at once.
 *
 * Threads: an authority belongs to one thread; an identity never changes after it was made and may
 * be used by any number of sessions in any thread. */
#ifndef TLS_IDENTITY_H
#define TLS_IDENTITY_H

#include "base/err.h"

#include <openssl/types.h>
#include <stdint.h>

struct tls_identity;

/* `cert_pem` may hold the chain behind the leaf. The key file must be private to its owner. */
struct tls_identity *tls_identity_load(const char *cert_pem, const char *key_pem, struct err *e);
/* Takes its own references. */
struct tls_identity *tls_identity_new(X509 *cert, EVP_PKEY *key, struct err *e);
void tls_identity_free(struct tls_identity *id);                         /* accepts NULL */
X509 *tls_identity_cert(const struct tls_identity *id);                  /* borrowed */
EVP_PKEY *tls_identity_key(const struct tls_identity *id);               /* borrowed */
struct stack_st_X509 *tls_identity_chain(const struct tls_identity *id); /* borrowed, or NULL */

struct tls_authority_settings {
    const char *dir;   /* made with mode 0700 when missing */
    bool legacy;       /* RSA 1024 and SHA-1 as CUC 10.5; else RSA 2048 and SHA-256 */
    bool key_per_port; /* each port its own key pair; else one for the pool */
    int64_t now_s;     /* wall clock, seconds since 1970; 0: ask the clock */
};

struct tls_authority;

/* Loads what the directory holds, or makes root and keys at the first start. */
struct tls_authority *tls_authority_open(const struct tls_authority_settings *s, struct err *e);
void tls_authority_free(struct tls_authority *a); /* accepts NULL; wipes its keys */
/* The certificate of one port: loaded, or issued and stored. The identity is given. */
struct tls_identity *tls_authority_port(struct tls_authority *a, const char *name, struct err *e);
/* Did the last asking for a port's certificate find one that the current root has not signed, and
 * replace it (PKI-03)? */
bool tls_authority_replaced(const struct tls_authority *a);
/* A new root, new keys; port certificates follow when they are next asked for. */
bool tls_authority_renew(struct tls_authority *a, struct err *e) MUST_USE;
/* Borrowed until the next call of _port or _renew: another process may have renewed it. */
X509 *tls_authority_root(const struct tls_authority *a);
/* This opening made the root: no call manager can have it yet. */
bool tls_authority_made_root(const struct tls_authority *a);
/* Days until the root ends; negative when it has. Callers warn below 60 (PKI-01). */
long tls_authority_days_left(const struct tls_authority *a);
/* "57ed0e66.0": OpenSSL's subject hash, as CUC names the file. */
void tls_root_file_name(const X509 *root, char *out, size_t cap);

/* A self-signed CallManager certificate as CUCM makes them (1.13): for the lab's call manager. */
struct tls_node_spec {
    const char *cn;                                               /* the node's name */
    const char *country, *organization, *unit, *state, *locality; /* NULL: not in the subject */
    const char *const *sans; /* DNS names and addresses, NULL-terminated; NULL: none */
    unsigned bits;           /* of an RSA key: 2048 */
    const char *curve;       /* "P-256", "P-384": an EC key instead; NULL: RSA */
    bool sha1;
    const uint8_t *serial;             /* 16 bytes; NULL: random */
    int64_t not_before_s, not_after_s; /* seconds since 1970; 0: now - 5 min, + 5 years */
    EVP_PKEY *key;                     /* NULL: a new one; else used, its own reference taken */
};
struct tls_identity *tls_identity_make_node(const struct tls_node_spec *spec, struct err *e);
/* Writes certificate and key (mode 0600) as PEM. */
bool tls_identity_save(const struct tls_identity *id, const char *cert_pem, const char *key_pem,
                       struct err *e) MUST_USE;

#endif
