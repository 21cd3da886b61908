/* A directory of its own for each test that keeps certificates and keys. */
#ifndef TEST_TLS_PLACE_H
#define TEST_TLS_PLACE_H

#include "tls_fixture.h"

#include "tls/files.h"
#include "tls/pem.h"

#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY INT64_C(86400)
#define NOW INT64_C(1427785174) /* 2015-03-31 06:59:34 UTC: the seed's root, 5.1 */

struct place {
    char dir[64];
};

static inline const char *in(const struct place *p, const char *name)
{
    static char path[4][512];
    static unsigned turn;
    char *out = path[turn++ % 4];

    snprintf(out, sizeof path[0], "%s/%s", p->dir, name);
    return out;
}

static inline int make_place(void **state)
{
    struct place *p = calloc(1, sizeof *p);

    snprintf(p->dir, sizeof p->dir, "/tmp/vmports-identity-XXXXXX");
    CHECK(p && mkdtemp(p->dir), "a directory");
    *state = p;
    return 0;
}

static inline int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static inline int free_place(void **state)
{
    struct place *p = *state;

    nftw(p->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(p);
    return 0;
}

static inline unsigned mode_of(const char *path)
{
    struct stat st;

    CHECK(stat(path, &st) == 0, "%s: %s", path, strerror(errno));
    return st.st_mode & 07777;
}

static inline X509 *load_cert(const char *path)
{
    struct buf text = {0};
    struct err e = {0};

    CHECK(buf_read_file(&text, path, PEM_FILE_MAX, &e), "%s", e.text);
    X509 *cert = pem_get_cert(&text, NULL, &e);
    CHECK(cert, "%s", e.text);
    buf_free(&text);
    return cert;
}

static inline bool same(struct tls_identity *a, struct tls_identity *b)
{
    bool equal = X509_cmp(tls_identity_cert(a), tls_identity_cert(b)) == 0;

    tls_identity_free(a);
    tls_identity_free(b);
    return equal;
}

#endif
