#include "base/wipe.h"

#include <stdint.h>
#include <string.h>

/* A message with a key goes through the port's rules, the media engine, libsrtp2 and OpenSSL, and
 * in a debug build their frames are large; a thread's stack has megabytes. */
#define STACK_BYTES 65536

__attribute__((noinline)) void wipe_stack(void)
{
    uint8_t below[STACK_BYTES];

    explicit_bzero(below, sizeof below);
}
