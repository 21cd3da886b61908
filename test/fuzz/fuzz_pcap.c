/* Any bytes as a capture file: judged, printed and written as JSON; a second judgement of the same
 * bytes agrees. */
#include "tools/vmports/verify.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct verify_report *judge(const uint8_t *data, size_t size)
{
    struct verify_settings s = {.mode = VERIFY_ENCRYPTED,
                                .stream = fmemopen((void *)(uintptr_t)data, size, "rb")};

    return s.stream ? verify_capture(&s, NULL) : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *nowhere;

    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    if (size == 0 || !nowhere)
        return 0;
    struct verify_report *r = judge(data, size), *again = judge(data, size);
    if ((r != NULL) != (again != NULL) || (r && (r->ok != again->ok || r->notes != again->notes)))
        abort();
    if (r) {
        verify_print(r, nowhere, true);
        json_t *o = verify_json(r);
        if (!o || json_is_true(json_object_get(o, "ok")) != r->ok)
            abort();
        json_decref(o);
    }
    verify_free(r);
    verify_free(again);
    return 0;
}
