#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

PRINTF_LIKE(3, 0)
static void set_text(struct err *e, enum err_kind kind, const char *fmt, va_list ap)
{
    e->kind = kind;
    vsnprintf(e->text, sizeof e->text, fmt, ap);
}

bool err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
    va_list ap;

    if (!e)
        return false;
    va_start(ap, fmt);
    set_text(e, kind, fmt, ap);
    va_end(ap);
    return false;
}

bool err_errno(struct err *e, enum err_kind kind, const char *fmt, ...)
{
    int saved = errno;
    va_list ap;

    if (!e)
        return false;
    va_start(ap, fmt);
    set_text(e, kind, fmt, ap);
    va_end(ap);
    size_t used = strlen(e->text);
    char words[128];
    snprintf(e->text + used, sizeof e->text - used, ": %s", strerror_r(saved, words, sizeof words));
    return false;
}

bool err_in(struct err *e, const char *fmt, ...)
{
    char where[200];
    va_list ap;

    if (!e)
        return false;
    va_start(ap, fmt);
    vsnprintf(where, sizeof where, fmt, ap);
    va_end(ap);
    size_t front = strlen(where);
    size_t keep = strnlen(e->text, sizeof e->text - front - 3);
    memmove(e->text + front + 2, e->text, keep);
    memcpy(e->text, where, front);
    memcpy(e->text + front, ": ", 2);
    e->text[front + 2 + keep] = '\0';
    return false;
}

void err_clear(struct err *e)
{
    if (e)
        *e = (struct err){.kind = ERR_NONE};
}

#define ERR_CASE_ID(kind, id, words, advice)                                                       \
    case kind:                                                                                     \
        return id;
#define ERR_CASE_WORDS(kind, id, words, advice)                                                    \
    case kind:                                                                                     \
        return words;
#define ERR_CASE_ADVICE(kind, id, words, advice)                                                   \
    case kind:                                                                                     \
        return advice;

const char *err_id(enum err_kind kind)
{
    switch (kind) {
        ERR_LIST(ERR_CASE_ID)
    }
    return "";
}

const char *err_words(enum err_kind kind)
{
    switch (kind) {
        ERR_LIST(ERR_CASE_WORDS)
    }
    return "";
}

const char *err_advice(enum err_kind kind)
{
    switch (kind) {
        ERR_LIST(ERR_CASE_ADVICE)
    }
    return "";
}
