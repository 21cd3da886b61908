#include "base/log.h"

#include "base/clock.h"
#include "base/log_writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h> /* gettid */

#define LOG_LINE_MAX 1400

struct log {
    struct log_writer *writer;
    enum log_format format;
    enum log_level most;
};

static const char *level_word(enum log_level level)
{
    switch (level) {
    case LOG_ERROR:
        return "error";
    case LOG_WARN:
        return "warning";
    case LOG_NOTE:
        return "note";
    case LOG_INFO:
        return "info";
    case LOG_DEBUG:
        return "debug";
    case LOG_TRACE:
        return "trace";
    }
    return "?";
}

static const char *area_word(enum log_area area)
{
    switch (area) {
    case LOG_ARBITER:
        return "Arbiter";
    case LOG_MIU_GENERAL:
        return "MiuGeneral";
    case LOG_MIU_SKINNY:
        return "MiuSkinny";
    case LOG_MIU_CALL:
        return "MiuCall";
    case LOG_MIU_IO:
        return "MiuIO";
    case LOG_SSL_INIT:
        return "SslInit";
    case LOG_NOTIFIER:
        return "Notifier";
    case LOG_MIXER:
        return "Mixer";
    }
    return "?";
}

/* CUC's micro-trace levels as its own lines show them: 25 for failures, of MiuGeneral above all, 24
 * for state, 23 for certificates and warnings, others for flow (COM3164275, TAC200504). */
static int cuc_level(enum log_level level, enum log_area area)
{
    switch (level) {
    case LOG_ERROR:
        return 25;
    case LOG_WARN:
        return area == LOG_MIU_GENERAL ? 25 : 23;
    case LOG_NOTE:
        return 24;
    case LOG_INFO:
        return 12;
    case LOG_DEBUG:
        return 21;
    case LOG_TRACE:
        return 22;
    }
    return 0;
}

static size_t json_text(char *out, size_t cap, const char *text)
{
    size_t n = 0;

    for (const unsigned char *p = (const unsigned char *)text; *p && n + 7 < cap; p++) {
        if (*p == '"' || *p == '\\')
            n += (size_t)snprintf(out + n, cap - n, "\\%c", *p);
        else if (*p < 0x20 || *p >= 0x7f)
            n += (size_t)snprintf(out + n, cap - n, "\\u%04x", *p);
        else
            out[n++] = (char)*p;
    }
    out[n] = '\0';
    return n;
}

static void stamp(char *out, size_t cap, bool with_date)
{
    int64_t wall = clock_wall_ns();
    time_t s = (time_t)(wall / NS_PER_S);
    struct tm tm;

    localtime_r(&s, &tm);
    size_t n = with_date ? strftime(out, cap, "%Y-%m-%dT%H:%M:%S", &tm)
                         : strftime(out, cap, "%H:%M:%S", &tm);
    snprintf(out + n, cap - n, ".%03d", (int)(wall / NS_PER_MS % 1000));
}

struct fields {
    const struct log_field *list;
    size_t count;
};

/* ,"fields":{"name":"value"}; nothing without any. */
static void json_fields(char *out, size_t cap, const struct fields *f)
{
    char name[64], value[512];
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < f->count && n + sizeof name + sizeof value + 16 < cap; i++) {
        json_text(name, sizeof name, f->list[i].name);
        json_text(value, sizeof value, f->list[i].value);
        n += (size_t)snprintf(out + n, cap - n, "%s\"%s\":\"%s\"", i ? "," : ",\"fields\":{", name,
                              value);
    }
    if (n)
        snprintf(out + n, cap - n, "}");
}

static int format_line(const struct log *l, char *out, size_t cap, enum log_level level,
                       enum log_area area, const char *who, const char *id, const char *text,
                       const struct fields *f)
{
    char when[64], esc[LOG_LINE_MAX], more[LOG_LINE_MAX];

    switch (l->format) {
    case LOG_JSON:
        stamp(when, sizeof when, true);
        json_text(esc, sizeof esc, text);
        json_fields(more, sizeof more, f);
        return snprintf(out, cap,
                        "{\"time\":\"%s\",\"level\":\"%s\",\"component\":\"%s\",\"who\":\"%.64s\","
                        "\"id\":\"%s\",\"text\":\"%s\"%s}\n",
                        when, level_word(level), area_word(area), who ? who : "vmports", id, esc,
                        more);
    case LOG_CUC:
        stamp(when, sizeof when, false);
        return snprintf(out, cap, "%s |%d,,,%s,%d,%s%s%s%s%s\n", when, (int)gettid(),
                        area_word(area), cuc_level(level, area), who ? who : "", who ? ": " : "",
                        id, *id ? " " : "", text);
    case LOG_TEXT:
        break;
    }
    stamp(when, sizeof when, false);
    return snprintf(out, cap, "%s %s%s%s%s%s%s%s\n", when,
                    level <= LOG_WARN ? level_word(level) : "", level <= LOG_WARN ? ": " : "",
                    who ? who : "", who ? ": " : "", id, *id ? " " : "", text);
}

/* Whatever came into a text unescaped: a line stays one line, and moves no cursor. */
static void make_plain(char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
}

static size_t whole_line(const struct log *l, char *out, size_t cap, enum log_level level,
                         enum log_area area, const char *who, const char *id, const char *text,
                         const struct fields *f)
{
    int n = format_line(l, out, cap, level, area, who, id, text, f);
    size_t len = n < 0 ? 0 : (size_t)n < cap ? (size_t)n : cap - 1;

    if (len) {
        make_plain(out, len - 1);
        out[len - 1] = '\n';
    }
    return len;
}

static void put_line(struct log *l, enum log_level level, enum log_area area, const char *who,
                     const char *id, const char *text, const struct fields *f)
{
    char line[3 * LOG_LINE_MAX];
    size_t len = whole_line(l, line, sizeof line, level, area, who, id, text, f);

    log_writer_put(l->writer, line, len, level <= LOG_WARN);
}

static size_t lost_line(const void *log, uint64_t lost, char out[LOG_LOST_MAX])
{
    char text[80];

    snprintf(text, sizeof text, "%llu log line%s lost here: nobody read them in time",
             (unsigned long long)lost, lost == 1 ? " was" : "s were");
    return whole_line(log, out, LOG_LOST_MAX, LOG_WARN, LOG_ARBITER, NULL, "", text,
                      &(struct fields){NULL, 0});
}

struct log *log_new(int fd, enum log_format format, enum log_level most)
{
    struct log *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->format = format;
    l->most = most;
    l->writer = log_writer_new(fd, lost_line, l);
    if (l->writer)
        return l;
    free(l);
    return NULL;
}

bool log_start(struct log *l, struct err *e)
{
    return !l || log_writer_start(l->writer, e);
}

void log_free(struct log *l)
{
    if (l && log_writer_free(l->writer))
        free(l);
}

bool log_wants(const struct log *l, enum log_level level)
{
    return l && level <= l->most;
}

uint64_t log_lost(const struct log *l)
{
    return l ? log_writer_lost(l->writer) : 0;
}

void log_below(struct log *l, const char *text, bool now)
{
    if (l)
        log_writer_below(l->writer, text, now);
}

void log_line(struct log *l, enum log_level level, enum log_area area, const char *who,
              const char *fmt, ...)
{
    char text[LOG_LINE_MAX];
    va_list ap;

    if (!log_wants(l, level))
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    put_line(l, level, area, who, "", text, &(struct fields){NULL, 0});
}

void log_fields(struct log *l, enum log_level level, enum log_area area, const char *who,
                const char *words, const struct log_field *fields, size_t count)
{
    char text[LOG_LINE_MAX];
    size_t n;

    if (!log_wants(l, level))
        return;
    n = (size_t)snprintf(text, sizeof text, "%.400s", words);
    for (size_t i = 0; i < count && n < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %s", i ? ", " : ": ", fields[i].name,
                              fields[i].value);
    put_line(l, level, area, who, "", text, &(struct fields){fields, count});
}

void log_err(struct log *l, enum log_level level, enum log_area area, const char *who,
             const struct err *e)
{
    char text[LOG_LINE_MAX];
    const char *advice = err_advice(e->kind);

    if (!log_wants(l, level))
        return;
    snprintf(text, sizeof text, "%s%s%s", e->text, *advice ? "; " : "", advice);
    put_line(l, level, area, who, err_id(e->kind), text, &(struct fields){NULL, 0});
}
