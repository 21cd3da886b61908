#include "tools/shared/progress.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LEAST_GAP_NS (50 * NS_PER_MS)
#define ERASE_LINE   "\r\033[K"

struct progress {
    pthread_mutex_t lock;
    struct log *log;
    int64_t shown_ns;
    bool on_screen;
    char line[200];
};

static void put(const char *text)
{
    /* A terminal that is gone is no reason to stop. */
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return;
}

static void draw(struct progress *p)
{
    char out[sizeof p->line + 16];
    struct winsize size = {0};
    int width = 79;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
        width = size.ws_col - 1;
    snprintf(out, sizeof out, ERASE_LINE "%.*s", width, p->line);
    put(out);
    p->on_screen = true;
}

static void erase(struct progress *p)
{
    if (p->on_screen)
        put(ERASE_LINE);
    p->on_screen = false;
}

/* Held from before a log line until after it: the line is whole, and no progress falls into it. */
static void before_line(void *arg)
{
    struct progress *p = arg;

    pthread_mutex_lock(&p->lock);
    erase(p);
}

static void after_line(void *arg)
{
    struct progress *p = arg;

    if (p->line[0])
        draw(p);
    pthread_mutex_unlock(&p->lock);
}

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
    p->log = log;
    log_set_hooks(log, before_line, after_line, p);
    return p;
}

void progress_show(struct progress *p, const char *fmt, ...)
{
    va_list ap;
    int64_t now;

    if (!p)
        return;
    now = clock_now_ns();
    pthread_mutex_lock(&p->lock);
    va_start(ap, fmt);
    vsnprintf(p->line, sizeof p->line, fmt, ap);
    va_end(ap);
    if (!p->on_screen || now - p->shown_ns >= LEAST_GAP_NS) {
        p->shown_ns = now;
        draw(p);
    }
    pthread_mutex_unlock(&p->lock);
}

void progress_clear(struct progress *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    erase(p);
    p->line[0] = '\0';
    pthread_mutex_unlock(&p->lock);
}

void progress_free(struct progress *p)
{
    if (!p)
        return;
    log_set_hooks(p->log, NULL, NULL, NULL);
    progress_clear(p);
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
