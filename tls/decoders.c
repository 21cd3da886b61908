#include "tls/decoders.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <string.h>

#define CACHES_DECODERS 0x30200000UL
#define DECODERS_MAX    16

static OSSL_LIB_CTX *all;
static OSSL_PROVIDER *origin; /* the default provider, in `all` */
static OSSL_PROVIDER *ours;   /* in the default context */
static OSSL_ALGORITHM few[DECODERS_MAX + 1];

/* Keys that the signature of a TLS handshake, of a certificate or of a CTL can be checked with. */
static bool is_wanted(const OSSL_ALGORITHM *a)
{
    static const char *const keys[] = {"RSA", "RSA-PSS", "EC", "ED25519", "ED448"};

    if (!strstr(a->property_definition, "input=der") ||
        !strstr(a->property_definition, "structure=SubjectPublicKeyInfo"))
        return false;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(a->algorithm_names, keys[i]) == 0)
            return true;
    return false;
}

static bool choose(void)
{
    int no_cache = 0;
    size_t n = 0;
    const OSSL_ALGORITHM *a = OSSL_PROVIDER_query_operation(origin, OSSL_OP_DECODER, &no_cache);

    for (; a && a->algorithm_names && n < DECODERS_MAX; a++)
        if (is_wanted(a))
            few[n++] = *a;
    return n > 0;
}

static const OSSL_ALGORITHM *query(void *ctx, int operation, int *no_cache)
{
    (void)ctx;
    if (operation != OSSL_OP_DECODER)
        return OSSL_PROVIDER_query_operation(origin, operation, no_cache);
    *no_cache = 0;
    return few;
}

/* The groups of TLS, among others. */
static int capabilities(void *ctx, const char *name, OSSL_CALLBACK *each, void *arg)
{
    (void)ctx;
    return OSSL_PROVIDER_get_capabilities(origin, name, each, arg);
}

static int init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                void **ctx)
{
    static const OSSL_DISPATCH functions[] = {
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
        {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))capabilities},
        {0, NULL},
    };

    (void)handle;
    (void)in;
    *out = functions;
    *ctx = OSSL_PROVIDER_get0_provider_ctx(origin);
    return 1;
}

static void give_up(void)
{
    if (origin)
        OSSL_PROVIDER_unload(origin);
    OSSL_LIB_CTX_free(all);
    origin = NULL;
    all = NULL;
    ERR_clear_error();
}

bool tls_few_decoders(void)
{
    if (all || OpenSSL_version_num() >= CACHES_DECODERS)
        return true;
    all = OSSL_LIB_CTX_new();
    origin = all ? OSSL_PROVIDER_load(all, "default") : NULL;
    /* From a provider loaded by name on, the default one is no longer loaded by itself. */
    if (origin && choose() && OSSL_PROVIDER_add_builtin(NULL, "vmports", init))
        ours = OSSL_PROVIDER_load(NULL, "vmports");
    if (ours)
        return true; /* they stay to the end of the process */
    give_up();
    return false;
}

OSSL_LIB_CTX *tls_all_decoders(void)
{
    return all;
}
