/* EDGE: what the parts of `labcm load` share. */
#ifndef LABCM_LOAD_CLIENT_H
#define LABCM_LOAD_CLIENT_H

#include "tools/labcm/load.h"
#include "tools/shared/progress.h"

#include <stdint.h>

enum load_search_for { LOAD_SEARCH_NOTHING, LOAD_SEARCH_CALLS, LOAD_SEARCH_LAMPS };

struct load_options {
    const char *control, *vmports; /* NULL: the default */
    bool json, help;
    enum load_search_for search;
    unsigned extension_lo, extension_hi;
    json_t *request; /* as load_read takes it */
};

bool load_is_cut_short(void); /* a signal came */

/* One try of a search. */
struct load_try {
    unsigned rate;
    bool well, cut_short;
    uint64_t done; /* good calls, confirmed lamps */
    char why[120];
};
/* False: nothing can be tried, which has been said. */
bool load_try_calls(const struct load_options *o, struct progress *p, unsigned rate,
                    struct load_try *out);
bool load_try_lamps(const struct load_options *o, struct progress *p, unsigned rate,
                    struct load_try *out);
int load_search_run(const struct load_options *o, struct progress *p);

void load_show(struct progress *p, const json_t *report);
void load_print(const json_t *report);
void load_dump(const json_t *o);
void load_first_reason(const json_t *report, char *out, size_t cap);

#endif
