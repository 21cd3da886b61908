#include "failing_memory.h"

#include <openssl/crypto.h>
#include <stdlib.h>

FAILING static void *take(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return malloc(n); /* of the linker's choice */
}

FAILING static void *take_more(void *at, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return realloc(at, n);
}

static void give_back(void *at, const char *file, int line)
{
    (void)file;
    (void)line;
    free(at);
}

bool memory_of_openssl(void)
{
    return CRYPTO_set_mem_functions(take, take_more, give_back) == 1;
}
