/* EDGE: the log sink that edges are handed; one line, one fact.
 *
 * Threads: any may write; a line goes out whole, and who says it never waits for who reads it
 * (base/log_writer.h). Pure files never log: they
 * return. Keys, sound and digits (a digit may be part of a PIN) never appear in a line, at any
 * level. `who` names the port ("CiscoUM1-VI7"), the call, or the part; NULL for the program itself.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"
#include "base/text.h" /* log_escape */

#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_NOTE, LOG_INFO, LOG_DEBUG, LOG_TRACE };
enum log_format { LOG_TEXT, LOG_JSON, LOG_CUC };

/* CUC's trace components, as engineers grep for them (SERV12). */
enum log_area {
    LOG_ARBITER,     /* Arbiter: ports made, chosen */
    LOG_MIU_GENERAL, /* MiuGeneral: CTL, TFTP, port group */
    LOG_MIU_SKINNY,  /* MiuSkinny: SCCP, registration */
    LOG_MIU_CALL,    /* MiuCall: calls */
    LOG_MIU_IO,      /* MiuIO: media */
    LOG_SSL_INIT,    /* SslInit: TLS, certificates */
    LOG_NOTIFIER,    /* Notifier: lamps */
    LOG_MIXER,       /* Mixer: sound */
};

struct log;

/* Lines go to `fd` (borrowed). Levels above `most` are dropped before they are formatted. NULL if
 * no memory. */
struct log *log_new(int fd, enum log_format format, enum log_level most);
/* From now on a thread of its own writes: after forks, and after what changes the user. Until then
 * each line is written by who says it. */
bool log_start(struct log *l, struct err *e) MUST_USE;
void log_free(struct log *l);           /* writes what is left; accepts NULL */
uint64_t log_lost(const struct log *l); /* lines that found no room, because nobody read them */
bool log_wants(const struct log *l, enum log_level level);
/* `l` may be NULL: nothing happens. */
void log_line(struct log *l, enum log_level level, enum log_area area, const char *who,
              const char *fmt, ...) PRINTF_LIKE(5, 6);
/* A fact of several values: "words: name value, name value"; as JSON, an object `fields` beside the
 * text. Values are printable. */
struct log_field {
    const char *name, *value;
};
void log_fields(struct log *l, enum log_level level, enum log_area area, const char *who,
                const char *words, const struct log_field *fields, size_t count);
/* Reports an error: its id, the fact, and on the next line what to do. */
void log_err(struct log *l, enum log_level level, enum log_area area, const char *who,
             const struct err *e);
/* The line that stays below all others on a terminal that can erase one; "" takes it away. Without
 * `now` it is shown below the next line. */
void log_below(struct log *l, const char *text, bool now);

#endif
