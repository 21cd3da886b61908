/* What the tests of a CTL file and of its records share: the worked example, with edits. */
#ifndef TEST_CTL_PARSING_H
#define TEST_CTL_PARSING_H

#include "ctl_fixture.h"

#include "ctl/inside.h"
#include "ctl/tlv.h"

static inline struct ctl_file *parse(const uint8_t *bytes, size_t len, struct err *e)
{
    err_clear(e);
    return ctl_parse(bytes, len, e);
}

/* Refused with this kind, and a text that holds `part`. */
#define REFUSED(file, e, want, part)                                                               \
    do {                                                                                           \
        struct ctl_file *refused = (file);                                                         \
        CHECK(!refused, "accepted, wanted " #want);                                                \
        CHECK((e).kind == (want), "%s: %s", err_id((e).kind), (e).text);                           \
        CHECK(strstr((e).text, (part)), "\"%s\" lacks \"%s\"", (e).text, (part));                  \
    } while (0)

#define ACCEPTED(f, file, e)                                                                       \
    do {                                                                                           \
        err_clear(&(e));                                                                           \
        (f) = (file);                                                                              \
        CHECK(f, "%s: %s", err_id((e).kind), (e).text);                                            \
    } while (0)

static inline bool is_text(struct ctl_bytes b, const char *text)
{
    return b.at && b.len == strlen(text) && memcmp(b.at, text, b.len) == 0;
}

static inline struct ctl_file *one_edit(struct ctl_build_edit edit, struct err *e)
{
    return example_edited(&edit, 1, e);
}
#define EDIT(...) one_edit((struct ctl_build_edit){__VA_ARGS__}, &e)

static uint8_t filler[1024];

#endif
