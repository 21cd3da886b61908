#include "tools/shared/sandbox.h"

#include "tools/shared/privileges.h"

#include <sys/prctl.h>

bool sandbox_enter(const struct sandbox_place *places, size_t count, struct sandbox_report *out,
                   struct err *e)
{
    *out = (struct sandbox_report){0};
    if (!privileges_clear(e))
        return false;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return err_errno(e, ERR_SYSTEM, "the kernel cannot rule out new privileges");
    out->files_errno = sandbox_files(places, count, &out->files_abi);
    out->calls_errno = sandbox_calls(); /* last: it refuses what the fences before are made with */
    return true;
}
