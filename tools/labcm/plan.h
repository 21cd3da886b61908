/* The dial plan: which number is what. Pure.
 *
 *   999001 ...   ports (number 990 and above: 99800990 ..., beside the MWI numbers)
 *   8000         the hunt pilot
 *   1001-1999    phones
 *   55500000 ... callers from outside: they only call, and have no lamp
 *   999991       message waiting on; 999990 off: the lamp of the calling party
 *   9999911001   the same for extension 1001, as call managers express do it with a prefix */
#ifndef LABCM_PLAN_H
#define LABCM_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#define PLAN_PILOT       "8000"
#define PLAN_MWI_ON      "999991"
#define PLAN_MWI_OFF     "999990"
#define PLAN_PHONE_FIRST 1001
#define PLAN_PHONES      999
#define PLAN_CALLERS     20000 /* the phones, and behind them those from outside */
#define PLAN_OUTSIDE     55500000
#define PLAN_NUMBER      25 /* characters of a number, with the NUL */

enum plan_kind {
    PLAN_UNKNOWN, /* no number begins so */
    PLAN_MORE,    /* a number may begin so */
    PLAN_IS_PORT,
    PLAN_IS_PHONE,
    PLAN_IS_PILOT,
    PLAN_IS_MWI, /* the lamp of the calling party, or of `phone` when there is one */
};

struct plan {
    unsigned first, count; /* port numbers, as in CiscoUM1-VI<first> */
};

struct plan_route {
    enum plan_kind kind;
    unsigned index; /* of the port or of the phone */
    bool lamp_on, has_phone;
};

/* `whole`: no digit will follow. `subscriber`: the call names a calling party of its own (0x24), so
 * the MWI numbers are complete as they are. */
struct plan_route plan_look_up(const struct plan *p, const char *digits, bool whole,
                               bool subscriber);
void plan_port_number(const struct plan *p, unsigned index, char out[PLAN_NUMBER]);
/* Of a phone, or from PLAN_PHONES on of a caller from outside. */
void plan_phone_number(unsigned index, char out[PLAN_NUMBER]);
/* The index of a phone's number; false: no phone has it. */
bool plan_phone(const char *number, unsigned *index);

#endif
