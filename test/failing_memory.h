/* Memory that fails. The linker leads our own malloc, calloc, realloc and aligned_alloc here
 * (--wrap, see failing_test in CMakeLists.txt); those of the C library and of others go on unless
 * they are asked to come here too (failing_openssl.c). Threads: any may allocate; the test decides.
 */
#ifndef TEST_FAILING_MEMORY_H
#define TEST_FAILING_MEMORY_H

#include "base/err.h"

/* What lies between an allocation and the one who decides: not a caller (failing_places.c). */
#define FAILING __attribute__((section("failing_text")))

/* Asked for each allocation; NULL: none fails. */
typedef bool memory_policy(void);
void memory_decide(memory_policy *fails);
FAILING bool memory_fails(void); /* for those who bring allocations of others */

/* From now on the n-th allocation fails, 0 is the next one: that one alone, or all from there on.
 */
enum memory_end { MEMORY_FAILS_ONCE, MEMORY_IS_OVER };
void memory_fail_at(unsigned n, enum memory_end how);
bool memory_struck(void); /* did it? */
void memory_is_back(void);

/* Runs the scenario with each of its allocations failing in turn, and at last with none. A scenario
 * that returns false must have said why; what it leaves behind is the address sanitizer's to find.
 */
typedef bool memory_scenario(struct err *e);
void memory_fail_each(const char *what, memory_scenario *run, enum memory_end how);

/* OpenSSL's allocations fail like ours; before its first. */
bool memory_of_openssl(void) MUST_USE;

#endif
