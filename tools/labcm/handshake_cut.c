#include "tools/labcm/handshake_cut.h"

#include <string.h>

/* RFC 8446 5.1: type, version, length; 4: type, length in three bytes. */
#define RECORD_HEADER  5
#define MESSAGE_HEADER 4

enum { TYPE_CHANGE_CIPHER_SPEC = 20, TYPE_HANDSHAKE = 22, TYPE_APPLICATION_DATA = 23 };

static const struct {
    const char *name;
    unsigned place[2];
} steps[] = {
#define STEP_ROW(id, name, in_12, in_13) {name, {in_12, in_13}},
    HANDSHAKE_STEP_LIST(STEP_ROW)
#undef STEP_ROW
};

const char *handshake_step_name(enum handshake_step step)
{
    return steps[step].name;
}

bool handshake_step_by_name(enum handshake_step *out, const char *name)
{
    for (unsigned i = 0; i < HANDSHAKE_STEPS; i++)
        if (strcmp(steps[i].name, name) == 0) {
            *out = (enum handshake_step)i;
            return true;
        }
    return false;
}

unsigned handshake_place(enum handshake_step step, bool tls13)
{
    return steps[step].place[tls13];
}

unsigned handshake_places(bool tls13)
{
    return handshake_place(HANDSHAKE_FINISHED, tls13) + 1;
}

/* Of the messages that a server sends in the clear; others belong to the one before. */
static unsigned place_of_message(uint8_t type, bool tls13)
{
    static const struct {
        uint8_t type; /* RFC 5246 7.4 */
        enum handshake_step step;
    } types[] = {
        {2, HANDSHAKE_SERVER_HELLO},         {11, HANDSHAKE_CERTIFICATE},
        {12, HANDSHAKE_SERVER_KEY_EXCHANGE}, {13, HANDSHAKE_CERTIFICATE_REQUEST},
        {14, HANDSHAKE_SERVER_HELLO_DONE},
    };

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].type == type)
            return handshake_place(types[i].step, tls13);
    return 0;
}

/* Several messages may share a record. */
static size_t cut_clear_record(const struct handshake_cut *c, unsigned place, const uint8_t *record,
                               size_t len)
{
    size_t at = RECORD_HEADER;

    while (at + MESSAGE_HEADER <= len) {
        if (place_of_message(record[at], c->tls13) >= place)
            return at;
        at += MESSAGE_HEADER +
              ((size_t)record[at + 1] << 16 | (size_t)record[at + 2] << 8 | record[at + 3]);
    }
    return len;
}

/* How much of the record stands before the place; of one that nothing does, 0. */
static size_t cut_record(struct handshake_cut *c, unsigned place, const uint8_t *record, size_t len)
{
    const uint8_t type = record[0];

    if (type == TYPE_APPLICATION_DATA)
        return ++c->records < place ? len : 0;
    if (type == TYPE_CHANGE_CIPHER_SPEC && c->tls13)
        return len; /* means nothing there: RFC 8446 D.4 */
    if (type == TYPE_CHANGE_CIPHER_SPEC) {
        c->ciphered = true;
        return handshake_place(HANDSHAKE_CHANGE_CIPHER_SPEC, false) < place ? len : 0;
    }
    if (type != TYPE_HANDSHAKE)
        return len;
    if (c->ciphered)
        return handshake_place(HANDSHAKE_FINISHED, false) < place ? len : 0;
    const size_t before = cut_clear_record(c, place, record, len);
    return before > RECORD_HEADER ? before : 0;
}

static void shorten(uint8_t *record, size_t len)
{
    record[3] = (uint8_t)((len - RECORD_HEADER) >> 8);
    record[4] = (uint8_t)(len - RECORD_HEADER);
}

size_t handshake_cut(struct handshake_cut *c, unsigned place, uint8_t *flight, size_t len,
                     bool *met)
{
    size_t at = 0;

    *met = false;
    while (at + RECORD_HEADER <= len) {
        uint8_t *record = flight + at;
        const size_t whole = RECORD_HEADER + ((size_t)record[3] << 8 | record[4]);
        if (whole > len - at)
            break;
        const size_t before = cut_record(c, place, record, whole);
        at += before;
        *met = before < whole;
        if (*met && before > 0)
            shorten(record, before);
        if (*met)
            return at;
    }
    return len;
}
