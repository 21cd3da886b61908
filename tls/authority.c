/* EDGE: CUC's own authority in a directory.
 *
 *   .lock            what processes that make something wait for
 *   root.key         the root's key and certificate in one file, so that they change together
 *   root.pem         the certificate again, for people
 *   ports.key        the key pair of the pool
 *   ports/NAME.pem   one certificate a port, ports/NAME.key with a key for each
 *   legacy/          the same for the RSA 1024 and SHA-1 set: both sets can stand side by side
 *
 * A port that starts pays one file and the check of its seal (seal.h); one whose certificate has
 * none yet, from an older version, the check of the signature and the lock; one that has no good
 * certificate the lock and a signature. Nothing is proportional to the number of ports. */
#include "tls/identity.h"

#include "base/clock.h"
#include "base/text.h"
#include "tls/files.h"
#include "tls/issue.h"
#include "tls/pem.h"
#include "tls/seal.h"
#include "tls/x509_text.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIR_TEXT       512
#define PATH_TEXT      (DIR_TEXT + 96)
#define RENEW_BEFORE_S (INT64_C(60) * 86400)
#define PORT_NAME_MAX  64

struct tls_authority {
    char dir[DIR_TEXT];
    bool legacy, key_per_port;
    bool made_root;
    int64_t now_s; /* 0: ask the clock */
    bool replaced; /* the last certificate asked for was another root's */
    bool unsealed; /* it is good, and its file does not say so yet */
    X509 *root;
    EVP_PKEY *root_key, *ports_key;
    struct seal_key seal;  /* of this root */
    struct stat root_file; /* of root.key as it was read: another process may renew it */
};

static int64_t now_of(const struct tls_authority *a)
{
    return a->now_s ? a->now_s : clock_wall_ns() / NS_PER_S;
}

static unsigned bits_of(const struct tls_authority *a)
{
    return a->legacy ? 1024 : 2048;
}

static const char *path_in(const struct tls_authority *a, const char *name, char out[PATH_TEXT])
{
    snprintf(out, PATH_TEXT, "%s/%s", a->dir, name);
    return out;
}

static int lock(const struct tls_authority *a, struct err *e)
{
    char path[PATH_TEXT];

    return files_lock(path_in(a, ".lock", path), e);
}

/* ---- the root and the keys ------------------------------------------------------------ */

static void forget_root(struct tls_authority *a)
{
    X509_free(a->root);
    EVP_PKEY_free(a->root_key);
    EVP_PKEY_free(a->ports_key);
    a->root = NULL;
    a->root_key = a->ports_key = NULL;
    OPENSSL_cleanse(&a->seal, sizeof a->seal);
}

static bool store_key(const struct tls_authority *a, const char *name, const EVP_PKEY *key,
                      const X509 *cert, struct err *e)
{
    struct buf text = {.secret = true};
    char path[PATH_TEXT];
    bool ok = pem_put_key(&text, key, e) && (!cert || pem_put_cert(&text, cert, e)) &&
              files_write(path_in(a, name, path), true, true, text.at, text.len, e);

    buf_free(&text);
    return ok;
}

static bool store_root_cert(const struct tls_authority *a, struct err *e)
{
    struct buf text = {0};
    char path[PATH_TEXT];
    bool ok = pem_put_cert(&text, a->root, e) &&
              files_write(path_in(a, "root.pem", path), false, true, text.at, text.len, e);

    buf_free(&text);
    return ok;
}

static void note_root_file(struct tls_authority *a)
{
    char path[PATH_TEXT];

    if (stat(path_in(a, "root.key", path), &a->root_file) != 0)
        a->root_file = (struct stat){0};
}

static bool root_file_changed(const struct tls_authority *a)
{
    char path[PATH_TEXT];
    struct stat now;

    return stat(path_in(a, "root.key", path), &now) != 0 || now.st_ino != a->root_file.st_ino ||
           now.st_dev != a->root_file.st_dev || now.st_mtim.tv_sec != a->root_file.st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != a->root_file.st_mtim.tv_nsec;
}

static bool read_key(const struct tls_authority *a, const char *name, struct buf *text,
                     EVP_PKEY **key, struct err *e)
{
    char path[PATH_TEXT];
    bool found = false;

    *key = NULL;
    if (!files_read(path_in(a, name, path), true, text, &found, e))
        return false;
    if (found && !(*key = pem_get_key(text, e)))
        return err_in(e, "%.200s", path);
    return true;
}

/* A root.key that was brought from elsewhere may hold the key alone: then root.pem has the rest. */
static X509 *read_root_cert(const struct tls_authority *a, const struct buf *key_text,
                            struct err *e)
{
    struct buf text = {0};
    char path[PATH_TEXT];
    bool found = false;

    X509 *cert = pem_get_cert(key_text, NULL, NULL);
    if (cert)
        return cert;
    if (files_read(path_in(a, "root.pem", path), false, &text, &found, e) &&
        !(cert = pem_get_cert(&text, NULL, e)))
        err_in(e, "%.200s", path);
    buf_free(&text);
    return cert;
}

static bool check_root(const struct tls_authority *a, struct err *e)
{
    if (X509_check_private_key(a->root, a->root_key) == 1 && X509_check_ca(a->root) == 1)
        return true;
    ERR_clear_error();
    return err_set(e, ERR_TLS_01, "%.200s: root.key does not belong to the root certificate",
                   a->dir);
}

static bool load_root(struct tls_authority *a, struct err *e)
{
    struct buf text = {.secret = true};
    char path[PATH_TEXT];

    note_root_file(a); /* before it is read: what comes later counts as a change */
    bool ok = read_key(a, "root.key", &text, &a->root_key, e);
    if (ok && a->root_key)
        ok = (a->root = read_root_cert(a, &text, e)) && check_root(a, e);
    buf_free(&text);
    if (ok && a->root)
        seal_key_of(a->root, a->root_key, &a->seal);
    if (ok && !a->root && access(path_in(a, "root.pem", path), F_OK) == 0)
        return err_set(
            e, ERR_FILE,
            "%.200s: the key of this root (root.key) is missing; bring it back, or remove "
            "root.pem to have a new root made",
            path);
    return ok;
}

static bool load_ports_key(struct tls_authority *a, struct err *e)
{
    struct buf text = {.secret = true};
    bool ok = read_key(a, "ports.key", &text, &a->ports_key, e);

    buf_free(&text);
    return ok;
}

static bool make_ports_key(struct tls_authority *a, struct err *e)
{
    EVP_PKEY *key = issue_key(bits_of(a), e);

    if (!key || !store_key(a, "ports.key", key, NULL, e)) {
        EVP_PKEY_free(key);
        return false;
    }
    EVP_PKEY_free(a->ports_key);
    a->ports_key = key;
    return true;
}

static bool make_root(struct tls_authority *a, struct err *e)
{
    EVP_PKEY *key = issue_key(bits_of(a), e);
    X509 *root = key ? issue_root(key, a->legacy, now_of(a), e) : NULL;

    if (!root || !store_key(a, "root.key", key, root, e)) {
        X509_free(root);
        EVP_PKEY_free(key);
        return false;
    }
    X509_free(a->root);
    EVP_PKEY_free(a->root_key);
    a->root = root;
    a->root_key = key;
    a->made_root = true;
    seal_key_of(root, key, &a->seal);
    note_root_file(a);
    return store_root_cert(a, e);
}

/* root.pem is a copy: a process that died between the two files, or a tidy person, left it behind.
 */
static bool mend_copy(const struct tls_authority *a, struct err *e)
{
    struct buf text = {0};
    char path[PATH_TEXT];
    bool found = false;

    if (!files_read(path_in(a, "root.pem", path), false, &text, &found, e))
        return false;
    X509 *copy = pem_get_cert(&text, NULL, NULL);
    bool equal = copy && X509_cmp(copy, a->root) == 0;
    X509_free(copy);
    buf_free(&text);
    return equal || store_root_cert(a, e);
}

/* Under the lock: what the directory holds, and what it lacks is made. */
static bool load_or_make(struct tls_authority *a, struct err *e)
{
    forget_root(a);
    if (!load_root(a, e) || !load_ports_key(a, e))
        return false;
    bool have_root = a->root ? mend_copy(a, e) : make_root(a, e);
    return have_root && (a->ports_key || make_ports_key(a, e));
}

static bool open_dir(struct tls_authority *a, const char *dir, struct err *e)
{
    char ports[PATH_TEXT];

    if ((size_t)snprintf(a->dir, sizeof a->dir, "%s%s", dir, a->legacy ? "/legacy" : "") >=
        sizeof a->dir)
        return err_set(e, ERR_FILE, "the directory name %.100s... is too long", dir);
    return files_make_dir(path_in(a, "ports", ports), e);
}

struct tls_authority *tls_authority_open(const struct tls_authority_settings *s, struct err *e)
{
    struct tls_authority *a = calloc(1, sizeof *a);

    if (!a) {
        err_set(e, ERR_MEMORY, "no memory for an authority");
        return NULL;
    }
    a->legacy = s->legacy;
    a->key_per_port = s->key_per_port;
    a->now_s = s->now_s;
    int fd = open_dir(a, s->dir, e) ? lock(a, e) : -1;
    bool ok = fd >= 0 && load_or_make(a, e);
    if (fd >= 0)
        close(fd);
    if (ok)
        return a;
    tls_authority_free(a);
    return NULL;
}

void tls_authority_free(struct tls_authority *a)
{
    if (!a)
        return;
    forget_root(a);
    free(a);
}

bool tls_authority_renew(struct tls_authority *a, struct err *e)
{
    int fd = lock(a, e);
    bool ok = fd >= 0 && make_root(a, e) && make_ports_key(a, e);

    if (fd >= 0)
        close(fd);
    return ok;
}

X509 *tls_authority_root(const struct tls_authority *a)
{
    return a->root;
}

bool tls_authority_made_root(const struct tls_authority *a)
{
    return a->made_root;
}

long tls_authority_days_left(const struct tls_authority *a)
{
    int64_t left_s = x509_not_after_s(a->root) - now_of(a);

    return (long)(left_s / 86400) - (left_s < 0 && left_s % 86400 != 0);
}

void tls_root_file_name(const X509 *root, char *out, size_t cap)
{
    snprintf(out, cap, "%08lx.0", X509_subject_name_hash((X509 *)(uintptr_t)root));
}

/* ---- the ports ------------------------------------------------------------------------ */

/* The name becomes a CN and a file name. */
static bool check_name(const char *name, struct err *e)
{
    size_t len = strlen(name);
    bool ok = len >= 1 && len <= PORT_NAME_MAX && name[0] != '.';

    for (size_t i = 0; ok && i < len; i++)
        ok = name[i] >= ' ' && name[i] <= '~' && name[i] != '/';
    if (ok)
        return true;
    char shown[TEXT_ESCAPED];
    return err_set(
        e, ERR_PKI_04,
        "the subject name \"%s\" is empty, longer than %d characters, begins with a dot or "
        "has a forbidden character",
        log_escape(name, len, shown, sizeof shown), PORT_NAME_MAX);
}

static const char *port_path(const struct tls_authority *a, const char *name, const char *ending,
                             char out[PATH_TEXT])
{
    snprintf(out, PATH_TEXT, "%s/ports/%s%s", a->dir, name, ending);
    return out;
}

static bool named(const X509 *cert, const char *name)
{
    char cn[PORT_NAME_MAX + 1];
    int n = X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, cn, sizeof cn);

    return n >= 0 && strcmp(cn, name) == 0;
}

static bool still_good(const struct tls_authority *a, X509 *cert, EVP_PKEY *key, const char *name)
{
    int64_t now_s = now_of(a);
    bool good = named(cert, name) && x509_not_before_s(cert) <= now_s &&
                x509_not_after_s(cert) - now_s >= RENEW_BEFORE_S &&
                X509_check_private_key(cert, key) == 1;

    ERR_clear_error();
    return good;
}

static bool signed_by_root(const struct tls_authority *a, X509 *cert)
{
    bool ours = X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(a->root)) == 0 &&
                X509_verify(cert, a->root_key) == 1;

    ERR_clear_error();
    return ours;
}

/* NULL without an error: there is none. A wide or unreadable key file is an error. */
static EVP_PKEY *port_key(const struct tls_authority *a, const char *name, bool *ok, struct err *e)
{
    struct buf text = {.secret = true};
    char file[PORT_NAME_MAX + 16];
    EVP_PKEY *key = NULL;

    *ok = true;
    if (!a->key_per_port) {
        EVP_PKEY_up_ref(a->ports_key);
        return a->ports_key;
    }
    snprintf(file, sizeof file, "ports/%s.key", name);
    *ok = read_key(a, file, &text, &key, e);
    buf_free(&text);
    return key;
}

/* NULL: none, or none that can be read: then a new one is issued. */
static X509 *port_cert(const struct tls_authority *a, const char *name, bool *sealed)
{
    struct buf text = {0};
    char path[PATH_TEXT];
    bool found = false;
    X509 *cert = NULL;

    if (files_read(port_path(a, name, ".pem", path), false, &text, &found, NULL) && found)
        cert = pem_get_cert(&text, NULL, NULL);
    *sealed = cert && seal_fits(&text, &a->seal, cert);
    buf_free(&text);
    return cert;
}

/* Port certificates can be made again at any time: they are not worth an fsync each. */
static bool store_port_cert(const struct tls_authority *a, const char *name, const X509 *cert,
                            struct err *e)
{
    struct buf text = {0};
    char path[PATH_TEXT];
    bool ok = seal_put(&text, &a->seal, cert, e) && pem_put_cert(&text, cert, e) &&
              files_write(port_path(a, name, ".pem", path), false, false, text.at, text.len, e);

    buf_free(&text);
    return ok;
}

/* The stored identity when it is good, else NULL; *ok is false when looking for it failed. */
static struct tls_identity *stored(struct tls_authority *a, const char *name, bool *ok,
                                   struct err *e)
{
    struct tls_identity *id = NULL;
    bool sealed = false;
    EVP_PKEY *key = port_key(a, name, ok, e);
    X509 *cert = key ? port_cert(a, name, &sealed) : NULL;

    a->replaced = cert && !sealed && !signed_by_root(a, cert);
    a->unsealed = cert && !sealed;
    if (cert && !a->replaced && still_good(a, cert, key, name)) {
        id = tls_identity_new(cert, key, e);
        *ok = id != NULL;
    }
    X509_free(cert);
    EVP_PKEY_free(key);
    return id;
}

static EVP_PKEY *fresh_port_key(const struct tls_authority *a, const char *name, struct err *e)
{
    char file[PORT_NAME_MAX + 16];
    bool ok;

    if (!a->key_per_port)
        return port_key(a, name, &ok, e);
    EVP_PKEY *key = issue_key(bits_of(a), e);
    snprintf(file, sizeof file, "ports/%s.key", name);
    if (key && store_key(a, file, key, NULL, e))
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

static struct tls_identity *issue(const struct tls_authority *a, const char *name, struct err *e)
{
    struct tls_identity *id = NULL;
    EVP_PKEY *key = fresh_port_key(a, name, e);
    X509 *cert = NULL;

    if (key)
        cert = issue_port(a->root, a->root_key, key, name, a->legacy, now_of(a), e);
    if (cert && store_port_cert(a, name, cert, e))
        id = tls_identity_new(cert, key, e);
    X509_free(cert);
    EVP_PKEY_free(key);
    return id;
}

/* Under the lock, and with the root as it now is: another process may have renewed it, or issued
 * this very certificate, while we waited. */
static struct tls_identity *issue_locked(struct tls_authority *a, const char *name, struct err *e)
{
    bool ok = true;

    if (root_file_changed(a) && !load_or_make(a, e))
        return NULL;
    struct tls_identity *id = stored(a, name, &ok, e);
    return id || !ok ? id : issue(a, name, e);
}

/* So that the next start need not check the signature. Where nothing can be written, it will. */
static void seal_stored(const struct tls_authority *a, const char *name, const X509 *cert)
{
    int fd = lock(a, NULL);

    if (fd < 0)
        return;
    if (!root_file_changed(a))
        (void)store_port_cert(a, name, cert, NULL);
    close(fd);
}

bool tls_authority_replaced(const struct tls_authority *a)
{
    return a->replaced;
}

struct tls_identity *tls_authority_port(struct tls_authority *a, const char *name, struct err *e)
{
    bool ok = true;

    a->replaced = false;
    if (!check_name(name, e))
        return NULL;
    struct tls_identity *id = stored(a, name, &ok, e);
    if (id && a->unsealed && a->seal.usable)
        seal_stored(a, name, tls_identity_cert(id));
    if (id || !ok)
        return id;
    int fd = lock(a, e);
    if (fd < 0)
        return NULL;
    id = issue_locked(a, name, e);
    close(fd);
    return id;
}
