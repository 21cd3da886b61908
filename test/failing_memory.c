#include "failing_memory.h"

#include <stdatomic.h>
#include <stddef.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *at, size_t n);
void *__real_aligned_alloc(size_t to, size_t n);
FAILING void *__wrap_malloc(size_t n);
FAILING void *__wrap_calloc(size_t n, size_t size);
FAILING void *__wrap_realloc(void *at, size_t n);
FAILING void *__wrap_aligned_alloc(size_t to, size_t n);

static _Atomic(memory_policy *) policy;
static atomic_uint until; /* the last of them fails; 0: none does any more */
static atomic_bool struck;

void memory_decide(memory_policy *fails)
{
    atomic_store(&policy, fails);
}

bool memory_fails(void)
{
    memory_policy *fails = atomic_load(&policy);

    return fails && fails();
}

void *__wrap_malloc(size_t n)
{
    return memory_fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return memory_fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *at, size_t n)
{
    return memory_fails() ? NULL : __real_realloc(at, n);
}

void *__wrap_aligned_alloc(size_t to, size_t n)
{
    return memory_fails() ? NULL : __real_aligned_alloc(to, n);
}

/* ---- the n-th -------------------------------------------------------------------------------- */

static bool this_is_it(void)
{
    unsigned left = atomic_load(&until);

    while (left && !atomic_compare_exchange_weak(&until, &left, left - 1))
        ;
    if (left == 1)
        atomic_store(&struck, true);
    return left == 1;
}

static bool it_was(void)
{
    return atomic_load(&struck) || this_is_it();
}

void memory_fail_at(unsigned n, enum memory_end how)
{
    atomic_store(&struck, false);
    atomic_store(&until, n + 1);
    memory_decide(how == MEMORY_IS_OVER ? it_was : this_is_it);
}

bool memory_struck(void)
{
    return atomic_load(&struck);
}

void memory_is_back(void)
{
    memory_decide(NULL);
}
