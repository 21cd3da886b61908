/* A settings file being read, shared by config.c, which reads, and config_sections.c, which opens
 * and closes sections and knows what must agree in them. Private to them. */
#ifndef PORTS_CONFIG_READING_H
#define PORTS_CONFIG_READING_H

#include "ports/config_rows.h"

#define UNKNOWN_MAX 32u /* names; each costs one more reading */
#define NAME_MAX    64u

struct unknown {
    enum level level;
    char name[NAME_MAX];
};

/* Where each setting of the section under way stands; line 0: nowhere. */
struct places {
    unsigned line[ROWS_MAX];
    bool wrong[ROWS_MAX];
};

struct reading {
    struct config *c;
    struct unknown unknown[UNKNOWN_MAX];
    size_t unknown_count;
    bool found_unknown, no_memory, enough;
    bool told;          /* libconfuse said what was wrong */
    bool closed;        /* the closing brace behind the text was met */
    unsigned last_line; /* of the text */

    struct places places[LEVELS];
    bool open[LEVELS]; /* a section of this level is under way */
    struct system_draft system;
    struct group_draft group;
    struct port_behaviour ports;
    unsigned range_lines[CONFIG_RANGES_MAX]; /* of the group under way */
    size_t system_from;                      /* the first group of the phone system under way */
};

PRINTF_LIKE(3, 4)
void mistake(struct reading *r, unsigned line, const char *fmt, ...);

/* Opens what is not open yet, from the outermost down to this level. */
void sections_begin(struct reading *r, enum level level);
/* What the settings of a level go into. */
void *section_base(struct reading *r, enum level level);
/* Which row has this name; the count of rows: none. */
size_t row_index(enum level level, const char *name);
/* `end` is the line of the closing brace. */
void section_end(struct reading *r, enum level level, unsigned end);
void check_run(struct reading *r, unsigned end);

#endif
