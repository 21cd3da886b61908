/* Memory that fails: linked into the real program by --wrap, it refuses each place that allocates
 * once. A place is where the allocation was called from, four callers deep; those that have had
 * their turn are kept in the file $FAILED_PLACES, so that a program that could not start for one of
 * them is started again and meets the next. Without the variable nothing fails. Only our own
 * allocations: those of the libraries are theirs. */
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define DEPTH      6 /* the first two frames are ours */
#define PLACES_MAX 16384

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *at, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *at, size_t n);

extern char __executable_start, etext; /* the linker's */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t places[PLACES_MAX];
static size_t place_count;
static int file = -1;
static _Thread_local bool busy; /* backtrace may allocate */

__attribute__((constructor)) static void open_places(void)
{
    const char *path = getenv("FAILED_PLACES");
    void *warm[1];

    if (!path)
        return;
    busy = true;
    backtrace(warm, 1); /* loads what it needs */
    busy = false;
    file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ssize_t n = file < 0 ? 0 : read(file, places, sizeof places);
    place_count = n < 0 ? 0 : (size_t)n / sizeof places[0];
}

static uint64_t this_place(void)
{
    void *frames[DEPTH];
    uint64_t hash = 1469598103934665603u; /* FNV-1a */

    busy = true;
    int n = backtrace(frames, DEPTH);
    busy = false;
    for (int i = 2; i < n; i++) {
        if ((char *)frames[i] < &__executable_start || (char *)frames[i] > &etext)
            continue; /* a library's: it lies elsewhere each time */
        hash ^= (uint64_t)((char *)frames[i] - &__executable_start);
        hash *= 1099511628211u;
    }
    return hash;
}

static bool is_new(uint64_t place)
{
    for (size_t i = 0; i < place_count; i++)
        if (places[i] == place)
            return false;
    if (place_count == PLACES_MAX)
        return false;
    places[place_count++] = place;
    return write(file, &place, sizeof place) == (ssize_t)sizeof place;
}

static bool fails(void)
{
    if (file < 0 || busy)
        return false;
    uint64_t place = this_place();
    pthread_mutex_lock(&lock);
    bool yes = is_new(place);
    pthread_mutex_unlock(&lock);
    return yes;
}

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *at, size_t n)
{
    return fails() ? NULL : __real_realloc(at, n);
}
