/* The control socket against clients that are slow, hostile, many, or gone. */
#include "check.h"

#include "base/clock.h"
#include "tools/shared/control.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char dir[] = "/tmp/vmports-control-XXXXXX";
static char path[64];

struct lab {
    uv_loop_t loop;
    struct control_server *server;
    struct control_request *held[8]; /* requests "hold" that wait for their end */
    size_t held_count, served, gone;
};

static void on_gone(void *arg)
{
    ((struct lab *)arg)->gone++;
}

/* "echo" answers with what came; "many" with so many replies; "hold" waits; "refuse" refuses. */
static void handle(void *arg, struct control_request *r, const json_t *body)
{
    struct lab *lab = arg;
    const char *command = json_string_value(json_object_get(body, "command"));

    lab->served++;
    if (strcmp(command, "echo") == 0) {
        control_reply(r, json_deep_copy(json_object_get(body, "say")));
        control_end(r, 0);
    } else if (strcmp(command, "many") == 0) {
        json_int_t n = json_integer_value(json_object_get(body, "n"));
        char *text = calloc(1, 100001);
        memset(text, 'x', 100000);
        for (json_int_t i = 0; i < n; i++)
            control_reply(r, json_string(text));
        free(text);
        control_end(r, 3);
    } else if (strcmp(command, "hold") == 0) {
        CHECK(lab->held_count < 8, "too many");
        lab->held[lab->held_count++] = r;
        control_on_gone(r, on_gone, lab);
    } else {
        struct err why;
        (void)err_set(&why, ERR_CTL_24, "no \"%s\" today", command);
        control_refuse(r, 1, &why);
    }
}

static void lab_open(struct lab *lab, unsigned stall_ms)
{
    struct err e = {0};
    struct control_settings s = {.path = path, .handle = handle, .arg = lab, .stall_ms = stall_ms};

    *lab = (struct lab){0};
    uv_loop_init(&lab->loop);
    lab->server = control_listen(&lab->loop, &s, &e);
    CHECK(lab->server, "%s", e.text);
}

static void turn(struct lab *lab)
{
    for (int i = 0; i < 5; i++)
        uv_run(&lab->loop, UV_RUN_NOWAIT);
}

static void lab_close(struct lab *lab)
{
    control_close(lab->server);
    turn(lab);
    CHECK(uv_loop_close(&lab->loop) == 0, "something still lives in the loop");
}

static int raw_connect(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(a.sun_path, path);
    CHECK(connect(fd, (struct sockaddr *)&a, sizeof a) == 0, "%s", strerror(errno));
    return fd;
}

static void say(int fd, const char *bytes, size_t len)
{
    CHECK(send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len, "%s", strerror(errno));
}

/* All that has come by now, as text; "(closed)" behind it when the server hung up. */
static const char *heard(struct lab *lab, int fd)
{
    static char text[4096];
    size_t n = 0;

    turn(lab);
    for (;;) {
        ssize_t got = recv(fd, text + n, sizeof text - 10 - n, MSG_DONTWAIT);
        if (got <= 0) {
            strcpy(text + n, got == 0 ? "(closed)" : "");
            return text;
        }
        n += (size_t)got;
    }
}

#define HEARS(lab, fd, want)                                                                       \
    do {                                                                                           \
        const char *got = heard(lab, fd);                                                          \
        CHECK(strcmp(got, want) == 0, "heard: %s", got);                                           \
    } while (0)

static const char echo_line[] = "{\"command\":\"echo\",\"say\":[1,\"two\"]}\n";
static const char echo_answer[] = "{\"reply\":[1,\"two\"]}\n{\"end\":0}\n";

static void a_line_split_at_any_byte_is_one_request(void **state)
{
    struct lab lab;
    size_t len = strlen(echo_line);

    (void)state;
    lab_open(&lab, 0);
    int fd = raw_connect();
    for (size_t cut = 1; cut < len; cut++) {
        say(fd, echo_line, cut);
        HEARS(&lab, fd, "");
        say(fd, echo_line + cut, len - cut);
        HEARS(&lab, fd, echo_answer);
    }
    close(fd);
    lab_close(&lab);
}

static void requests_sent_ahead_are_served_one_after_the_other(void **state)
{
    static const char lines[] = "{\"command\":\"hold\"}\n\n{\"command\":\"echo\",\"say\":7}\n"
                                "{\"command\":\"hold\"}\n";
    struct lab lab;

    (void)state;
    lab_open(&lab, 0);
    int fd = raw_connect();
    say(fd, lines, strlen(lines));
    HEARS(&lab, fd, "");
    CHECK(lab.served == 1, "%zu", lab.served);
    control_reply(lab.held[0], json_true());
    control_end(lab.held[0], 4);
    HEARS(&lab, fd, "{\"reply\":true}\n{\"end\":4}\n{\"reply\":7}\n{\"end\":0}\n");
    CHECK(lab.served == 3, "%zu", lab.served);
    control_end(lab.held[1], 0);
    HEARS(&lab, fd, "{\"end\":0}\n");
    close(fd);
    lab_close(&lab);
}

static void rubbish_is_refused_in_words_and_the_next_line_is_served(void **state)
{
    static const char *const rows[] = {
        "hello\n",
        "{\n",
        "[]\n",
        "{}\n",
        "\"command\"\n",
        "{\"command\":7}\n",
        "{\"command\":\"echo\",\"command\":\"echo\"}\n",
        "{\"command\":\"e\\u0000\"}\n",
        "\xff\xfe\n",
        "{\"command\":\"echo\"} trailing\n",
    };
    struct lab lab;

    (void)state;
    lab_open(&lab, 0);
    int fd = raw_connect();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        say(fd, rows[i], strlen(rows[i]));
        CHECK(strstr(heard(&lab, fd), "{\"end\":2,\"kind\":\"ERR_FORMAT\""), "row %zu", i);
        say(fd, echo_line, strlen(echo_line));
        HEARS(&lab, fd, echo_answer);
    }
    close(fd);
    lab_close(&lab);
}

static void a_line_without_end_is_dropped_at_the_limit(void **state)
{
    static char much[CONTROL_LINE_MAX];
    struct lab lab;

    (void)state;
    lab_open(&lab, 0);
    int fd = raw_connect(), other = raw_connect();
    memset(much, ' ', sizeof much);
    say(fd, much, sizeof much - 1);
    HEARS(&lab, fd, "");
    say(fd, much, 1);
    const char *text = heard(&lab, fd);
    CHECK(strstr(text, "longer than 65536") && strstr(text, "(closed)"), "%s", text);
    say(other, echo_line, strlen(echo_line));
    HEARS(&lab, other, echo_answer);
    close(fd);
    close(other);
    lab_close(&lab);
}

static void a_full_line_is_not_too_long(void **state)
{
    static char line[CONTROL_LINE_MAX];
    struct lab lab;

    (void)state;
    lab_open(&lab, 0);
    int fd = raw_connect();
    memset(line, ' ', sizeof line);
    memcpy(line, echo_line, strlen(echo_line) - 1);
    line[sizeof line - 1] = '\n';
    say(fd, line, sizeof line);
    HEARS(&lab, fd, echo_answer);
    close(fd);
    lab_close(&lab);
}

static void one_client_too_many_is_told_so_and_the_others_go_on(void **state)
{
    int fds[CONTROL_CLIENTS_MAX];
    struct lab lab;

    (void)state;
    lab_open(&lab, 0);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        fds[i] = raw_connect();
        turn(&lab);
    }
    int more = raw_connect();
    const char *text = heard(&lab, more);
    CHECK(strstr(text, "too many") && strstr(text, "(closed)"), "%s", text);
    close(more);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        say(fds[i], echo_line, strlen(echo_line));
        HEARS(&lab, fds[i], echo_answer);
        close(fds[i]);
    }
    turn(&lab);
    more = raw_connect(); /* and there is room again */
    say(more, echo_line, strlen(echo_line));
    HEARS(&lab, more, echo_answer);
    close(more);
    lab_close(&lab);
}

static void who_does_not_read_is_dropped_and_blocks_nobody(void **state)
{
    static const char ask[] = "{\"command\":\"many\",\"n\":40}\n";
    struct lab lab;

    (void)state;
    lab_open(&lab, 600);
    int lazy = raw_connect(), other = raw_connect();
    say(lazy, ask, strlen(ask));
    turn(&lab);
    say(other, echo_line, strlen(echo_line));
    HEARS(&lab, other, echo_answer);
    /* The timer looks twice a second; give it until the cows come home, it needs about one. */
    struct pollfd hung_up = {.fd = lazy, .events = POLLRDHUP};
    for (int i = 0; i < 1000 && !(hung_up.revents & POLLRDHUP); i++) {
        turn(&lab);
        poll(&hung_up, 1, 10);
    }
    CHECK(hung_up.revents & POLLRDHUP, "still there");
    say(other, echo_line, strlen(echo_line));
    HEARS(&lab, other, echo_answer);
    close(lazy);
    close(other);
    lab_close(&lab);
}

static void what_is_left_unread_is_bounded(void **state)
{
    static const char ask[] = "{\"command\":\"many\",\"n\":1000}\n"; /* 100 MB */
    struct lab lab;

    (void)state;
    lab_open(&lab, 0);
    int lazy = raw_connect();
    say(lazy, ask, strlen(ask));
    turn(&lab);
    struct pollfd hung_up = {.fd = lazy, .events = POLLRDHUP};
    poll(&hung_up, 1, 0);
    CHECK(hung_up.revents & POLLRDHUP, "it may leave 100 MB unread");
    close(lazy);
    lab_close(&lab);
}

static void a_request_hears_that_its_client_has_gone(void **state)
{
    static const char ask[] = "{\"command\":\"hold\"}\n";
    struct lab lab;

    (void)state;
    lab_open(&lab, 0);
    int fd = raw_connect();
    say(fd, ask, strlen(ask));
    turn(&lab);
    CHECK(lab.held_count == 1 && !control_gone(lab.held[0]), "not held");
    close(fd);
    turn(&lab);
    CHECK(lab.gone == 1 && control_gone(lab.held[0]), "%zu", lab.gone);
    control_reply(lab.held[0], json_string("to nobody"));
    control_end(lab.held[0], 0);
    lab_close(&lab);
}

static void a_request_may_outlive_the_server(void **state)
{
    static const char ask[] = "{\"command\":\"hold\"}\n";
    struct lab lab;

    (void)state;
    lab_open(&lab, 0);
    int fd = raw_connect();
    say(fd, ask, strlen(ask));
    turn(&lab);
    lab_close(&lab);
    CHECK(control_gone(lab.held[0]) && recv(fd, &(char){0}, 1, 0) == 0, "still connected");
    control_end(lab.held[0], 0);
    close(fd);
}

static void the_path_is_private_and_removed_at_the_end(void **state)
{
    struct lab lab;
    struct stat st;

    (void)state;
    mode_t before = umask(0);
    lab_open(&lab, 0);
    umask(before);
    CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600, "mode %o", st.st_mode);
    lab_close(&lab);
    CHECK(access(path, F_OK) != 0, "still there");
}

static void a_live_server_keeps_its_path_and_a_dead_one_loses_it(void **state)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct control_settings s = {.path = path, .handle = handle};
    struct err e = {0};
    struct lab lab;

    (void)state;
    lab_open(&lab, 0);
    CHECK(!control_listen(&lab.loop, &s, &e) && e.kind == ERR_NOT_NOW, "%s", e.text);
    CHECK(strstr(e.text, path) && strstr(e.text, "in use") && strstr(e.text, "--control"), "%s",
          e.text);
    int fd = raw_connect();
    say(fd, echo_line, strlen(echo_line));
    HEARS(&lab, fd, echo_answer);
    close(fd);
    lab_close(&lab);

    int stale = socket(AF_UNIX, SOCK_STREAM, 0);
    strcpy(a.sun_path, path);
    CHECK(bind(stale, (struct sockaddr *)&a, sizeof a) == 0, "%s", strerror(errno));
    close(stale); /* the file stays, nobody listens */
    lab_open(&lab, 0);
    lab_close(&lab);
}

static void a_file_that_is_no_socket_is_never_removed(void **state)
{
    struct control_settings s = {.path = path, .handle = handle};
    struct err e = {0};
    uv_loop_t loop;

    (void)state;
    uv_loop_init(&loop);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    CHECK(!control_listen(&loop, &s, &e), "took over a file");
    CHECK(strstr(e.text, "not a socket"), "%s", e.text);
    CHECK(access(path, F_OK) == 0, "removed");
    unlink(path);
    uv_loop_close(&loop);
}

static void a_path_that_cannot_be_is_refused_with_its_reason(void **state)
{
    char much[300];
    struct {
        const char *path, *words;
    } rows[] = {
        {much, "at most 107"},
        {"/nowhere/at/all.sock", "/nowhere/at"},
    };
    uv_loop_t loop;

    (void)state;
    memset(much, 'a', sizeof much - 1);
    much[sizeof much - 1] = '\0';
    uv_loop_init(&loop);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct control_settings s = {.path = rows[i].path, .handle = handle};
        struct err e = {0};
        CHECK(!control_listen(&loop, &s, &e) && strstr(e.text, rows[i].words), "row %zu: %s", i,
              e.text);
    }
    uv_loop_close(&loop);
}

/* ---- the blocking client, in a thread of its own --------------------------------------------- */

struct asked {
    const char *command;
    int n, code;
    size_t replies, bytes;
    struct err e;
    atomic_bool done;
};

static void count_reply(void *arg, const json_t *reply)
{
    struct asked *a = arg;

    a->replies++;
    a->bytes += json_string_length(reply);
}

static void *ask(void *arg)
{
    struct asked *a = arg;
    json_t *request = json_pack("{s:s, s:i, s:s}", "command", a->command, "n", a->n, "say", "yes");

    a->code = control_call("vmports", path, request, count_reply, a, &a->e);
    atomic_store(&a->done, true);
    return NULL;
}

static void run_ask(struct lab *lab, struct asked *a)
{
    pthread_t thread;

    pthread_create(&thread, NULL, ask, a);
    while (!atomic_load(&a->done)) {
        uv_run(&lab->loop, UV_RUN_NOWAIT);
        usleep(200);
    }
    pthread_join(thread, NULL);
}

static void the_client_gets_every_reply_and_the_exit_code(void **state)
{
    struct asked a = {.command = "many", .n = 300}; /* 30 MB through a socket that holds 0.2 */
    struct lab lab;

    (void)state;
    lab_open(&lab, 0);
    run_ask(&lab, &a);
    CHECK(a.code == 3 && a.replies == 300 && a.bytes == 30000000, "%d: %zu, %zu: %s", a.code,
          a.replies, a.bytes, a.e.text);
    lab_close(&lab);
}

static void a_refusal_carries_kind_and_words(void **state)
{
    struct asked a = {.command = "sing"};
    struct lab lab;

    (void)state;
    lab_open(&lab, 0);
    run_ask(&lab, &a);
    CHECK(a.code == 1 && a.e.kind == ERR_CTL_24, "%d %d", a.code, a.e.kind);
    CHECK(strcmp(a.e.text, "no \"sing\" today") == 0, "%s", a.e.text);
    lab_close(&lab);
}

static void without_a_server_the_client_says_what_to_start(void **state)
{
    struct asked a = {.command = "echo"};

    (void)state;
    ask(&a);
    CHECK(a.code == 1 && strstr(a.e.text, "no vmports is running at"), "%d: %s", a.code, a.e.text);
    CHECK(strstr(a.e.text, "vmports run") && strstr(a.e.text, "--control"), "%s", a.e.text);
}

/* A server that writes one line and hangs up; the client must tell it from an answer. */
static void *bad_server(void *arg)
{
    const char *line = arg;
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    char drink[1024];

    strcpy(a.sun_path, path);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 1) != 0)
        abort();
    int c = accept(fd, NULL, NULL);
    if (recv(c, drink, sizeof drink, 0) > 0 && send(c, line, strlen(line), MSG_NOSIGNAL) < 0)
        abort();
    close(c);
    close(fd);
    return NULL;
}

static void a_broken_answer_is_a_failure_not_a_success(void **state)
{
    static const struct {
        const char *line, *words;
    } rows[] = {
        {"", "ended before"},
        {"{\"end\":0}", "ended before"}, /* cut off: no newline */
        {"end\n", "something else than JSON"},
        {"[0]\n", "something else than JSON"},
        {"{\"end\":\"0\"}\n", "ended before"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct asked a = {.command = "echo"};
        pthread_t thread;
        pthread_create(&thread, NULL, bad_server, (char *)rows[i].line);
        for (int tries = 0; tries < 5000; tries++) { /* until it listens */
            a = (struct asked){.command = "echo"};
            ask(&a);
            if (!strstr(a.e.text, "no vmports is running"))
                break;
            usleep(1000);
        }
        pthread_join(thread, NULL);
        CHECK(a.code == 1 && strstr(a.e.text, rows[i].words), "row %zu: %d: %s", i, a.code,
              a.e.text);
        unlink(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_split_at_any_byte_is_one_request),
        cmocka_unit_test(requests_sent_ahead_are_served_one_after_the_other),
        cmocka_unit_test(rubbish_is_refused_in_words_and_the_next_line_is_served),
        cmocka_unit_test(a_line_without_end_is_dropped_at_the_limit),
        cmocka_unit_test(a_full_line_is_not_too_long),
        cmocka_unit_test(one_client_too_many_is_told_so_and_the_others_go_on),
        cmocka_unit_test(who_does_not_read_is_dropped_and_blocks_nobody),
        cmocka_unit_test(what_is_left_unread_is_bounded),
        cmocka_unit_test(a_request_hears_that_its_client_has_gone),
        cmocka_unit_test(a_request_may_outlive_the_server),
        cmocka_unit_test(the_path_is_private_and_removed_at_the_end),
        cmocka_unit_test(a_live_server_keeps_its_path_and_a_dead_one_loses_it),
        cmocka_unit_test(a_file_that_is_no_socket_is_never_removed),
        cmocka_unit_test(a_path_that_cannot_be_is_refused_with_its_reason),
        cmocka_unit_test(the_client_gets_every_reply_and_the_exit_code),
        cmocka_unit_test(a_refusal_carries_kind_and_words),
        cmocka_unit_test(without_a_server_the_client_says_what_to_start),
        cmocka_unit_test(a_broken_answer_is_a_failure_not_a_success),
    };

    if (!mkdtemp(dir))
        return 1;
    snprintf(path, sizeof path, "%s/control.sock", dir);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    rmdir(dir);
    return failed;
}
