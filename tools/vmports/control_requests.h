/* What a command may ask of a running `vmports run`, as plain values, and as the JSON that crosses
 * the control socket. Pure: reading refuses whatever is not said exactly, for the socket may be
 * reached by any program of the user. What is written here is read here. */
#ifndef VMPORTS_CONTROL_REQUESTS_H
#define VMPORTS_CONTROL_REQUESTS_H

#include "base/err.h"

#include <jansson.h>

enum ask_kind { ASK_STATUS, ASK_MWI, ASK_MWI_STATUS, ASK_RESET, ASK_RELOAD, ASK_STOP };

#define ASK_LAMPS_MAX     1000 /* as many as fit a line of CONTROL_LINE_MAX bytes */
#define ASK_PORTS_MAX     2000
#define ASK_EXTENSION_MAX 24 /* SCCP's number fields hold 24 characters and a NUL */
#define ASK_PORT_NAME_MAX 15
#define ASK_GROUP_MAX     63

struct ask_lamp {
    char extension[ASK_EXTENSION_MAX + 1];
    bool on;
};

struct ask_port {
    char name[ASK_PORT_NAME_MAX + 1];
};

struct ask {
    enum ask_kind kind;
    bool wait;              /* ASK_MWI: the end comes after the last result */
    struct ask_lamp *lamps; /* ASK_MWI: 1 to ASK_LAMPS_MAX; owned */
    size_t lamp_count;
    char group[ASK_GROUP_MAX + 1]; /* ASK_MWI: which dials; "": the first that may */
    struct ask_port *ports;        /* ASK_RESET: none means all; owned */
    size_t port_count;
};

/* `body` as control.h hands it over. On failure nothing is left to free. */
bool ask_read(struct ask *out, const json_t *body, struct err *e) MUST_USE;
/* Given; NULL when there is no memory. */
json_t *ask_write(const struct ask *a);
void ask_free(struct ask *a); /* leaves it zero */

/* 1-24 of 0-9 * # A-D +. */
bool ask_extension_ok(const char *text);
/* A line of `mwi -`: "on 1001" or "off 1001". Blank lines and #-comments set `blank`. */
bool ask_lamp_line(const char *line, struct ask_lamp *out, bool *blank, struct err *e) MUST_USE;

#endif
