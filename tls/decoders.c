#include "tls/decoders.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <string.h>

#define CACHES_DECODERS 0x30200000UL
#define DECODERS_MAX    16
#define MANAGERS_MAX    16
#define CIPHERS_MAX     96

static OSSL_LIB_CTX *all;
static OSSL_PROVIDER *origin; /* the default provider, in `all` */
static OSSL_PROVIDER *ours;   /* in the default context */
static OSSL_ALGORITHM few_decoders[DECODERS_MAX + 1], few_managers[MANAGERS_MAX + 1],
    few_ciphers[CIPHERS_MAX + 1];

/* Algorithms have names like "EC:id-ecPublicKey:1.2.840.10045.2.1". */
static bool has_name(const OSSL_ALGORITHM *a, const char *name)
{
    const size_t len = strlen(name);

    return strncmp(a->algorithm_names, name, len) == 0 &&
           (a->algorithm_names[len] == '\0' || a->algorithm_names[len] == ':');
}

/* Keys that the signature of a TLS handshake, of a certificate or of a CTL can be checked with. */
static bool signs(const OSSL_ALGORITHM *a)
{
    static const char *const keys[] = {"RSA", "RSA-PSS", "EC", "ED25519", "ED448"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (has_name(a, keys[i]))
            return true;
    return false;
}

static bool reads_certificates(const OSSL_ALGORITHM *a)
{
    return strstr(a->property_definition, "input=der") &&
           strstr(a->property_definition, "structure=SubjectPublicKeyInfo") && signs(a);
}

/* And those that a handshake agrees on, or authenticates the records of a CBC suite with. */
static bool serves_tls(const OSSL_ALGORITHM *a)
{
    return signs(a) || has_name(a, "DH") || has_name(a, "X25519") || has_name(a, "X448") ||
           has_name(a, "HMAC");
}

/* What is left is in a suite of TLS, in SRTP, or in OpenSSL's random numbers. */
static bool encrypts_records(const OSSL_ALGORITHM *a)
{
    static const char *const others[] = {"-192-", "-WRAP", "-XTS", "-OCB", "-OFB",
                                         "-CFB",  "-SIV",  "-CTS", "SM4-", "DES-EDE-"};

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strstr(a->algorithm_names, others[i]))
            return false;
    return true;
}

static const struct {
    int operation;
    bool (*wanted)(const OSSL_ALGORITHM *a);
    OSSL_ALGORITHM *out;
    size_t most;
} choices[] = {
    {OSSL_OP_DECODER, reads_certificates, few_decoders, DECODERS_MAX},
    {OSSL_OP_KEYMGMT, serves_tls, few_managers, MANAGERS_MAX},
    {OSSL_OP_CIPHER, encrypts_records, few_ciphers, CIPHERS_MAX},
};
#define CHOICES (sizeof choices / sizeof choices[0])

/* False: none is left, or more than there is room for. */
static bool choose(int operation, bool (*wanted)(const OSSL_ALGORITHM *a), OSSL_ALGORITHM *out,
                   size_t most)
{
    int no_cache = 0;
    size_t n = 0;
    const OSSL_ALGORITHM *a = OSSL_PROVIDER_query_operation(origin, operation, &no_cache);

    for (; a && a->algorithm_names; a++)
        if (wanted(a)) {
            if (n == most)
                return false;
            out[n++] = *a;
        }
    return n > 0;
}

static bool choose_all(void)
{
    for (size_t i = 0; i < CHOICES; i++)
        if (!choose(choices[i].operation, choices[i].wanted, choices[i].out, choices[i].most))
            return false;
    return true;
}

static const OSSL_ALGORITHM *query(void *ctx, int operation, int *no_cache)
{
    (void)ctx;
    for (size_t i = 0; i < CHOICES; i++)
        if (choices[i].operation == operation) {
            *no_cache = 0;
            return choices[i].out;
        }
    return OSSL_PROVIDER_query_operation(origin, operation, no_cache);
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
    if (origin && choose_all() && OSSL_PROVIDER_add_builtin(NULL, "vmports", init))
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
