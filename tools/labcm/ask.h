/* What a phone's call is asked to do, as JSON between `labcm call` and the running labcm, read
 * strictly. Pure. */
#ifndef LABCM_ASK_H
#define LABCM_ASK_H

#include "tools/labcm/call.h"

#include <jansson.h>

#define ASK_SECONDS_MAX 86400
#define ASK_DIGITS_MAX  31
#define ASK_PATH_MAX    1023

struct call_ask {
    struct call_request request;
    unsigned for_s; /* the phone hangs up after so long; 0: it waits for the port */
    char digits[ASK_DIGITS_MAX + 1]; /* may be a PIN: never logged */
    enum digit_form form;
    bool rtcp;
    char play[ASK_PATH_MAX + 1];   /* "": a tone */
    char expect[ASK_PATH_MAX + 1]; /* "": nothing is compared */
};

/* {"from": "1001", "to": "8000", ...}. `e` names the member and its value (ERR_USAGE). */
bool ask_read(struct call_ask *out, const json_t *body, struct err *e) MUST_USE;

/* A member that is a number; *out stays when it is missing. */
bool ask_number(const json_t *body, const char *name, unsigned lo, unsigned hi, unsigned *out,
                struct err *e) MUST_USE;

/* Words of the options, NULL-terminated, in the order of their values. */
extern const char *const ask_reason_words[];
extern const char *const ask_codec_words[];
extern const char *const ask_form_words[];

#endif
