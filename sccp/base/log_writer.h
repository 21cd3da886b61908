/* EDGE: carries finished log lines to a descriptor, so that nobody who speaks waits for who reads.
 *
 *   any thread --put--> ring of 1 MiB --> the writer's thread --write(2)--> terminal, pipe, file
 *
 * A stopped terminal or a pipe that nobody empties stops the writer alone. When the ring is full,
 * lines are lost and counted, and one line says how many where they would have stood. A thread's
 * lines keep their order.
 * Threads: any may put and show below; start, free: the owner. Before start each line is written by
 * who says it. */
#ifndef BASE_LOG_WRITER_H
#define BASE_LOG_WRITER_H

#include "base/err.h"

#include <stdint.h>

#define LOG_RING_BYTES (1u << 20) /* ten thousand lines: what a burst of registrations says */
#define LOG_LOST_MAX   256        /* bytes of a line that tells how many were lost */

struct log_writer;

/* Puts "so many lines were lost" into `out`, a whole line; returns its length, below LOG_LOST_MAX.
 */
typedef size_t log_lost_fn(const void *arg, uint64_t lost, char out[LOG_LOST_MAX]);

/* Lines go to `fd` (borrowed). NULL: no memory. */
struct log_writer *log_writer_new(int fd, log_lost_fn *lost, const void *arg);
/* Makes the ring and the thread. What fork and setuid must not meet comes before. */
bool log_writer_start(struct log_writer *w, struct err *e) MUST_USE;
/* Writes what is left, as long as somebody takes it; accepts NULL. False: nobody does, and the
 * thread hangs; it stays with all it needs, `arg` too. */
bool log_writer_free(struct log_writer *w);
/* One whole line. `urgent` ones have the last quarter of the ring for themselves. */
void log_writer_put(struct log_writer *w, const char *line, size_t len, bool urgent);
/* The line that stays below all others on a terminal that can erase; "" takes it away. Without
 * `now` it is shown below the next line. */
void log_writer_below(struct log_writer *w, const char *text, bool now);
uint64_t log_writer_lost(struct log_writer *w); /* so many lines so far */

#endif
