#include "check.h"
#include "failing_memory.h"

#define EACH_MOST 20000

void memory_fail_each(const char *what, memory_scenario *run, enum memory_end how)
{
    for (unsigned n = 0;; n++) {
        struct err e = {0};
        memory_fail_at(n, how);
        bool ok = run(&e);
        memory_is_back();
        if (!memory_struck()) {
            CHECK(ok, "%s: %s", what, e.text);
            CHECK(n > 0, "%s allocates nothing", what);
            return;
        }
        /* Some can be done without, as a stored certificate that can be issued again. */
        CHECK(ok || e.kind != ERR_NONE, "%s: allocation %u failed without a word", what, n);
        CHECK(n < EACH_MOST, "%s never ends", what);
    }
}
