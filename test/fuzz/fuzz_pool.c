/* Bytes as a play of what happens to a whole pool (pool_play.h): afterwards all is well, whatever
 * it was. */
#include "../pool_play.h"
#include "must.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *broken = size <= 4096 ? pool_play(data, size) : NULL;

    if (broken) {
        fprintf(stderr, "broken: %s\n", broken);
        abort();
    }
    return 0;
}
