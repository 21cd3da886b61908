#include "tools/shared/progress.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEAST_GAP_NS (50 * NS_PER_MS)

struct progress {
    pthread_mutex_t lock;
    struct log *log, *own; /* borrowed, or else our own */
    int64_t shown_ns;
};

static bool can_erase(void)
{
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

struct progress *progress_new(struct log *log, bool quiet)
{
    struct progress *p = quiet || !can_erase() ? NULL : calloc(1, sizeof *p);

    if (!p)
        return NULL;
    pthread_mutex_init(&p->lock, NULL);
    p->own = log ? NULL : log_new(STDERR_FILENO, LOG_TEXT, LOG_ERROR);
    p->log = log ? log : p->own;
    return p;
}

/* How long ago it was shown last decides whether this one is worth it. */
static bool is_due(struct progress *p)
{
    int64_t now = clock_now_ns();
    bool due;

    pthread_mutex_lock(&p->lock);
    due = p->shown_ns == 0 || now - p->shown_ns >= LEAST_GAP_NS;
    if (due)
        p->shown_ns = now;
    pthread_mutex_unlock(&p->lock);
    return due;
}

void progress_show(struct progress *p, const char *fmt, ...)
{
    char line[200];
    va_list ap;

    if (!p)
        return;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    log_below(p->log, line, is_due(p));
}

void progress_clear(struct progress *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->shown_ns = 0;
    pthread_mutex_unlock(&p->lock);
    log_below(p->log, "", true);
}

void progress_free(struct progress *p)
{
    if (!p)
        return;
    progress_clear(p);
    log_free(p->own);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

bool term_has_colour(int fd)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fd) && !(no && *no) && term && *term && strcmp(term, "dumb") != 0;
}

const char *term_style(bool colour, enum term_style style)
{
    if (!colour)
        return "";
    switch (style) {
    case TERM_PLAIN:
        return "\033[0m";
    case TERM_BOLD:
        return "\033[1m";
    case TERM_DIM:
        return "\033[2m";
    case TERM_GREEN:
        return "\033[32m";
    case TERM_RED:
        return "\033[31m";
    case TERM_YELLOW:
        return "\033[33m";
    }
    return "";
}
