/* The settings of a file as rows: what each is called, what it takes, where it goes, what it means.
 * Reading, `vmports config example` and the tests walk them. Private to config*.c. */
#ifndef PORTS_CONFIG_ROWS_H
#define PORTS_CONFIG_ROWS_H

#include "ports/config.h"

#include <stdio.h>

enum row_kind {
    ROW_NUMBER, /* lo..hi */
    ROW_MS,     /* the same, a time in milliseconds */
    ROW_SWITCH,
    ROW_SWITCH_OFF, /* the field says the opposite */
    ROW_WORD,       /* of `words`: an enum */
    ROW_TEXT,       /* at most `hi` printable characters, at least `lo` */
    ROW_NAME,       /* a text that is also a directory's name */
    ROW_EXTENSION,  /* may be empty */
    ROW_SERVERS,
    ROW_TFTP,
    ROW_PIN,
    ROW_FEATURES,
    ROW_ADDR,
    ROW_RTP,
    ROW_RANGE, /* of port numbers */
};

struct row {
    enum row_kind kind;
    const char *name;
    size_t at; /* into what its level holds */
    unsigned lo, hi;
    const char *const *words;
    const char *help; /* lines for the example */
};

enum level { LEVEL_RUN, LEVEL_SYSTEM, LEVEL_GROUP, LEVEL_PORTS, LEVELS };

#define ROWS_MAX 64 /* of one level */

struct level_rows {
    const char *section;
    const struct row *rows;
    size_t count;
};
extern const struct level_rows config_levels[LEVELS];

/* What a PortGroup section fills in. */
struct group_draft {
    struct group_settings settings;
    struct config_group more;
};
struct system_draft {
    char name[64];
};

/* Text to field. False: `e` says what would do, without the setting's name. */
bool row_take(const struct row *row, void *base, const char *text, struct err *e) MUST_USE;
/* Field to text, as row_take reads it. */
void row_print(const struct row *row, const void *base, FILE *out);

#endif
