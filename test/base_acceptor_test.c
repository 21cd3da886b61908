/* Connections that wait at a door: all come, and none of them hangs the loop when descriptors are
 * gone. */
#include "check.h"

#include "base/acceptor.h"

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS_MAX 200

struct place {
    uv_loop_t loop;
    struct acceptor door;
    struct sockaddr_in at;
    uv_prepare_t turn;
    int clients[CLIENTS_MAX], arrived[CLIENTS_MAX];
    size_t client_count, arrived_count, enough, turns;
    bool closed;
};

static void on_closed(void *arg)
{
    ((struct place *)arg)->closed = true;
}

static void on_arrived(void *arg, int fd)
{
    struct place *p = arg;

    p->arrived[p->arrived_count++] = fd;
    if (p->arrived_count == p->enough)
        acceptor_close(&p->door, on_closed);
}

static void on_turn(uv_prepare_t *h)
{
    ((struct place *)h->data)->turns++;
}

static int listening(struct sockaddr_in *at)
{
    socklen_t len = sizeof *at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)at, len) == 0, "bind");
    CHECK(listen(fd, CLIENTS_MAX) == 0, "listen");
    CHECK(getsockname(fd, (struct sockaddr *)at, &len) == 0, "getsockname");
    return fd;
}

/* Closes itself when `enough` connections have come. */
static void open_place(struct place *p, size_t enough)
{
    *p = (struct place){.enough = enough};
    CHECK(uv_loop_init(&p->loop) == 0, "a loop");
    CHECK(acceptor_start(&p->door, &p->loop, listening(&p->at), on_arrived, p) == 0, "a door");
    CHECK(uv_prepare_init(&p->loop, &p->turn) == 0, "a counter");
    p->turn.data = p;
    uv_prepare_start(&p->turn, on_turn);
    uv_unref((uv_handle_t *)&p->turn);
}

static void knock(struct place *p, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&p->at, sizeof p->at) == 0, "connect");
        p->clients[p->client_count++] = fd;
    }
}

static void leave_place(struct place *p)
{
    uv_close((uv_handle_t *)&p->turn, NULL);
    uv_run(&p->loop, UV_RUN_DEFAULT);
    CHECK(p->closed, "the door was not closed");
    CHECK(uv_loop_close(&p->loop) == 0, "handles are left");
    for (size_t i = 0; i < p->client_count; i++)
        close(p->clients[i]);
    for (size_t i = 0; i < p->arrived_count; i++)
        close(p->arrived[i]);
}

static void all_that_wait_come_and_closing_inside_is_allowed(void **state)
{
    struct place p;

    (void)state;
    open_place(&p, CLIENTS_MAX);
    knock(&p, CLIENTS_MAX);
    uv_run(&p.loop, UV_RUN_DEFAULT);
    assert_int_equal(p.arrived_count, CLIENTS_MAX);
    leave_place(&p);
}

static void nobody_comes_after_the_door_is_closed(void **state)
{
    struct place p;

    (void)state;
    open_place(&p, 3);
    knock(&p, 5);
    uv_run(&p.loop, UV_RUN_DEFAULT);
    assert_int_equal(p.arrived_count, 3);
    leave_place(&p);
}

static void stop_loop(uv_timer_t *t)
{
    uv_stop(t->loop);
}

/* libuv's own listening never came back here. */
static void without_descriptors_the_loop_goes_on_and_whoever_waits_comes_later(void **state)
{
    struct place p;
    struct rlimit was, none;
    uv_timer_t end;

    (void)state;
    open_place(&p, 2);
    knock(&p, 2);
    CHECK(getrlimit(RLIMIT_NOFILE, &was) == 0, "getrlimit");
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = was.rlim_max};
    uv_timer_init(&p.loop, &end);
    uv_timer_start(&end, stop_loop, 350, 0);

    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0, "setrlimit");
    uv_run(&p.loop, UV_RUN_DEFAULT);
    CHECK(setrlimit(RLIMIT_NOFILE, &was) == 0, "setrlimit");
    assert_int_equal(p.arrived_count, 0);
    CHECK(p.turns < 20, "the loop span: %zu turns", p.turns);

    uv_close((uv_handle_t *)&end, NULL);
    uv_run(&p.loop, UV_RUN_DEFAULT);
    assert_int_equal(p.arrived_count, 2);
    leave_place(&p);
}

static void what_cannot_be_watched_is_left_to_the_caller(void **state)
{
    struct acceptor a;
    uv_loop_t loop;

    (void)state;
    CHECK(uv_loop_init(&loop) == 0, "a loop");
    assert_int_equal(acceptor_start(&a, &loop, -1, on_arrived, NULL), UV_EBADF);
    CHECK(uv_loop_close(&loop) == 0, "a handle is left");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_wait_come_and_closing_inside_is_allowed),
        cmocka_unit_test(nobody_comes_after_the_door_is_closed),
        cmocka_unit_test(without_descriptors_the_loop_goes_on_and_whoever_waits_comes_later),
        cmocka_unit_test(what_cannot_be_watched_is_left_to_the_caller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
