/* Memory that fails in the real program: each place that allocates is refused once. A place is
 * where the allocation was called from, four of our callers deep; those that have had their turn
 * are kept in the file $FAILED_PLACES, so that a program that could not start for one of them is
 * started again and meets the next. Without the variable nothing fails.
 *
 * At first only our own allocations fail. From SIGUSR2 on those of OpenSSL, libuv and jansson do
 * too: once for each of our ways into them. From SIGUSR1 on none fails any more. (libsrtp2 and
 * libsndfile let nobody else allocate for them.) */
#include "failing_memory.h"

#include <execinfo.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#define NEAR        10 /* frames, up to six of them FAILING */
#define FAR         48 /* through the libraries */
#define CALLERS     4
#define PLACES_MAX  16384
#define HASH_START  UINT64_C(1469598103934665603) /* FNV-1a */
#define HASH_FACTOR UINT64_C(1099511628211)

extern char __executable_start, etext, __start_failing_text, __stop_failing_text; /* the linker's */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t places[PLACES_MAX];
static size_t place_count;
static int file = -1;
static atomic_bool libraries_too;
static _Thread_local bool busy; /* backtrace may allocate */

FAILING static int callers(void **frames, int most)
{
    busy = true;
    int n = backtrace(frames, most);
    busy = false;
    return n;
}

/* A library's own frames do not count: they lie elsewhere each time. */
static bool is_caller(const char *at)
{
    return at >= &__executable_start && at < &etext &&
           (at < &__start_failing_text || at >= &__stop_failing_text);
}

/* 0: too few callers among these, for a library lies between. */
static uint64_t place_of(void **frames, int n, int wanted)
{
    uint64_t hash = HASH_START;
    int found = 0;

    for (int i = 0; i < n && found < CALLERS; i++) {
        if (!is_caller(frames[i]))
            continue;
        hash = (hash ^ (uint64_t)((char *)frames[i] - &__executable_start)) * HASH_FACTOR;
        found++;
    }
    return found < wanted ? 0 : hash;
}

/* 0: not to fail now. */
FAILING static uint64_t this_place(void)
{
    void *frames[FAR];
    const uint64_t near = place_of(frames, callers(frames, NEAR), 2);

    if (near || !atomic_load(&libraries_too))
        return near;
    return place_of(frames, callers(frames, FAR), 1);
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

FAILING static bool place_fails(void)
{
    uint64_t place = busy ? 0 : this_place();

    if (!place)
        return false;
    pthread_mutex_lock(&lock);
    bool yes = is_new(place);
    pthread_mutex_unlock(&lock);
    return yes;
}

static void on_signal(int number)
{
    if (number == SIGUSR2)
        atomic_store(&libraries_too, true);
    else
        memory_decide(NULL);
}

static bool read_places(const char *path)
{
    file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ssize_t n = file < 0 ? -1 : read(file, places, sizeof places);
    place_count = n < 0 ? 0 : (size_t)n / sizeof places[0];
    return n >= 0;
}

__attribute__((constructor)) static void begin_to_fail(void)
{
    const struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    const char *path = getenv("FAILED_PLACES");
    void *warm[1];

    if (!path)
        return;
    callers(warm, 1); /* loads what it needs */
    if (!read_places(path) || !memory_of_openssl() ||
        uv_replace_allocator(malloc, realloc, calloc, free) != 0)
        abort();
    json_set_alloc_funcs(malloc, free);
    sigaction(SIGUSR1, &act, NULL);
    sigaction(SIGUSR2, &act, NULL);
    memory_decide(place_fails);
}
