/* What the tests of a verdict share: the example's list, and a stranger who can sign too. */
#ifndef TEST_CTL_JUDGING_H
#define TEST_CTL_JUDGING_H

#include "ctl_fixture.h"

#include "ctl/inside.h"

static EVP_PKEY *stranger_key; /* RSA 1024, as long as the example's */
static X509 *look_alike;       /* the example's names and serial over the stranger's key */

static inline int load(void **state)
{
    if (fixture_load(state) != 0)
        return -1;
    stranger_key = EVP_RSA_gen(1024);
    look_alike = X509_dup(example_cert);
    X509_set_pubkey(look_alike, stranger_key);
    return X509_sign(look_alike, stranger_key, EVP_sha1()) ? 0 : -1;
}

static inline int unload(void **state)
{
    X509_free(look_alike);
    EVP_PKEY_free(stranger_key);
    return fixture_unload(state);
}

static inline struct ctl_file *example_file(void)
{
    struct err e;
    struct ctl_file *f = ctl_parse(example, example_len, &e);

    CHECK(f, "%s", e.text);
    return f;
}

static const struct ctl_policy lenient = {.now_s = NOW_S};
static const struct ctl_policy strict = {.strict = true, .now_s = NOW_S};

/* The file is freed. */
static inline bool accepted(struct ctl_file *f, const struct ctl_file *held,
                            const struct ctl_policy *p, struct ctl_verdict *v, struct err *e)
{
    CHECK(f, "%s", e->text);
    err_clear(e);
    bool ok = ctl_verify(f, held, p, v, e);
    ctl_free(f);
    return ok;
}

#define REFUSED(file, held, policy, e, want, part)                                                 \
    do {                                                                                           \
        struct ctl_verdict verdict_;                                                               \
        CHECK(!accepted((file), (held), (policy), &verdict_, &(e)), "accepted, wanted " #want);    \
        CHECK((e).kind == (want), "%s: %s", err_id((e).kind), (e).text);                           \
        CHECK(strstr((e).text, (part)), "\"%s\" lacks \"%s\"", (e).text, (part));                  \
    } while (0)

#define ACCEPTED(file, held, policy, v, e)                                                         \
    CHECK(accepted((file), (held), (policy), &(v), &(e)), "%s: %s", err_id((e).kind), (e).text)

/* A list of the given records, else like the example. */
static inline struct ctl_file *list_of(const struct ctl_build *b, struct err *e)
{
    return build_and_parse(b, e);
}

#endif
