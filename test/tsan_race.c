/* Does the thread sanitizer see the descriptors that libuv closes? `tsan_race race` uses a
 * descriptor in one thread that libuv closes in another: it must be reported. `tsan_race again` has
 * the system give a number out again to another thread: nothing is wrong with that. */
#include "base/clock.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define NUMBERS 16 /* more than a loop and a socket have */

static atomic_int fd_of_libuv; /* released: its birth is in order, only its end is not */
static atomic_int
    turn; /* relaxed: it orders the threads in time, and tells the sanitizer nothing */

static void wait_for_turn(int n)
{
    while (atomic_load_explicit(&turn, memory_order_relaxed) < n)
        clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
}

static void my_turn_is_over(int n)
{
    atomic_store_explicit(&turn, n, memory_order_relaxed);
}

static void close_by_libuv(void *arg)
{
    uv_loop_t loop;
    uv_udp_t socket;
    int fd = -1;

    (void)arg;
    uv_loop_init(&loop);
    uv_udp_init_ex(&loop, &socket, AF_INET);
    uv_fileno((uv_handle_t *)&socket, &fd);
    atomic_store_explicit(&fd_of_libuv, fd, memory_order_release);
    my_turn_is_over(1);
    wait_for_turn(2);
    uv_close((uv_handle_t *)&socket, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    my_turn_is_over(3);
}

static int race(void)
{
    uv_thread_t thread;
    char byte;

    uv_thread_create(&thread, close_by_libuv, NULL);
    wait_for_turn(1);
    /* what is another thread's to close */
    (void)!read(atomic_load_explicit(&fd_of_libuv, memory_order_acquire), &byte, 1);
    my_turn_is_over(2);
    wait_for_turn(3);
    uv_thread_join(&thread);
    return 0;
}

static int again(void)
{
    uv_thread_t thread;

    uv_thread_create(&thread, close_by_libuv, NULL);
    wait_for_turn(1);
    my_turn_is_over(2);
    wait_for_turn(3);
    for (int i = 0; i < NUMBERS; i++)
        (void)!open("/dev/null", O_RDONLY | O_CLOEXEC); /* the lowest number that is free */
    uv_thread_join(&thread);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "race") == 0)
        return race();
    if (argc == 2 && strcmp(argv[1], "again") == 0)
        return again();
    return 2;
}
