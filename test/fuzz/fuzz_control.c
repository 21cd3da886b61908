/* Any bytes on the control socket, and any line of `mwi -`: refused, or read so that what we write
 * of it reads the same. */
#include "must.h"

#include "tools/vmports/control_requests.h"

#include <stdlib.h>
#include <string.h>

static bool same(const struct ask *a, const struct ask *b)
{
    return a->kind == b->kind && a->wait == b->wait && a->lamp_count == b->lamp_count &&
           a->port_count == b->port_count &&
           (a->lamp_count == 0 ||
            memcmp(a->lamps, b->lamps, a->lamp_count * sizeof *a->lamps) == 0) &&
           (a->port_count == 0 ||
            memcmp(a->ports, b->ports, a->port_count * sizeof *a->ports) == 0);
}

static void there_and_back(const struct ask *first)
{
    struct err e = {0};
    struct ask again;
    json_t *body = ask_write(first);

    MUST(body);
    MUST(ask_read(&again, body, &e));
    MUST(same(first, &again));
    ask_free(&again);
    json_decref(body);
}

static void as_request(const uint8_t *bytes, size_t len)
{
    struct err e = {0};
    struct ask a;
    json_t *body = json_loadb((const char *)bytes, len, JSON_REJECT_DUPLICATES, NULL);

    if (ask_read(&a, body, &e)) {
        there_and_back(&a);
        ask_free(&a);
    } else {
        MUST(e.kind != ERR_NONE && e.text[0]);
    }
    json_decref(body);
}

static void as_line(const uint8_t *bytes, size_t len)
{
    struct err e = {0};
    struct ask_lamp lamp;
    bool blank;
    char *line = calloc(1, len + 1);

    memcpy(line, bytes, len);
    if (ask_lamp_line(line, &lamp, &blank, &e) && !blank)
        MUST(ask_extension_ok(lamp.extension));
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len <= 64 * 1024) {
        as_request(bytes, len);
        as_line(bytes, len);
    }
    return 0;
}
