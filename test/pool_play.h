/* A whole pool, its workers, ports and lines on the stage (stage.h), and a play of what may happen
 * to them, written as bytes. */
#ifndef TEST_POOL_PLAY_H
#define TEST_POOL_PLAY_H

#include <stddef.h>
#include <stdint.h>

/* Plays it to the end: after all that the bytes do, everybody behaves, and then must hold:
 *
 *   each port of the newest settings is registered, once, and no other; no handshake's turn is out
 *   each port that may answers a call, and lights a lamp
 *   each lamp request that was taken, and each wish for rows, has had exactly one answer
 *   the pool stops in its time, tells so once, and leaves no handle, link, stream or settings
 *
 * NULL, or which of these did not hold. The bytes: four of a seed for who goes next, one of the
 * settings, then records of one byte what (see scenes[]) and as many bytes as that one reads. */
const char *pool_play(const uint8_t *bytes, size_t len);

#endif
