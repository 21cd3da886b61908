#include "tools/shared/control.h"

#include "base/acceptor.h"
#include "tools/shared/control_socket.h"
#include "tools/shared/control_wire.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECK_EVERY_MS 500

struct client {
    uv_pipe_t pipe; /* first: a handle is its client */
    struct control_server *server;
    struct client *next, **back;
    struct control_request *request; /* the one being served */
    size_t used;                     /* bytes in `line` */
    size_t unsent;
    uint64_t moved_ms; /* when it last asked, or took something */
    bool serving, reading, doomed;
    char line[CONTROL_LINE_MAX];
};

struct control_request {
    struct client *client; /* NULL: gone */
    void (*gone)(void *arg);
    void *gone_arg;
};

struct control_server {
    uv_loop_t *loop;
    struct acceptor door;
    uv_timer_t timer;
    struct control_settings settings;
    char *path;
    dev_t dev; /* the socket file that we made, and no other, is removed at the end */
    ino_t ino;
    struct client *clients;
    size_t client_count, unsent;
    size_t handles; /* not yet closed */
    bool open, closing;
};

struct pending { /* what uv_try_write left over */
    uv_write_t request;
    size_t len;
    char bytes[];
};

/* ---- the end of things ----------------------------------------------------------------------- */

static void one_handle_less(struct control_server *s)
{
    if (--s->handles > 0)
        return;
    free(s->path);
    free(s);
}

static void on_server_handle_closed(uv_handle_t *h)
{
    one_handle_less(h->data);
}

static void on_door_closed(void *arg)
{
    one_handle_less(arg);
}

static void on_client_closed(uv_handle_t *h)
{
    struct client *c = (struct client *)h;
    struct control_server *s = c->server;
    struct control_request *r = c->request;

    *c->back = c->next;
    if (c->next)
        c->next->back = c->back;
    s->client_count--;
    free(c);
    if (r) {
        r->client = NULL;
        if (r->gone)
            r->gone(r->gone_arg);
    }
    one_handle_less(s);
}

/* The request, if one is open, hears of it when the loop has run on: never inside a call of its
 * own. */
static void drop(struct client *c)
{
    if (c->doomed)
        return;
    c->doomed = true;
    uv_close((uv_handle_t *)&c->pipe, on_client_closed);
}

static void say_dropped(struct client *c, const char *why)
{
    log_line(c->server->settings.log, LOG_WARN, LOG_ARBITER, NULL,
             "control: a connection was dropped: %s", why);
    drop(c);
}

/* ---- replies --------------------------------------------------------------------------------- */

static void on_written(uv_write_t *w, int status)
{
    struct pending *p = (struct pending *)w;
    struct client *c = (struct client *)w->handle;

    c->unsent -= p->len;
    c->server->unsent -= p->len;
    c->moved_ms = uv_now(c->server->loop);
    free(p);
    if (status < 0)
        drop(c);
}

static void queue_bytes(struct client *c, const char *bytes, size_t len)
{
    struct control_server *s = c->server;
    struct pending *p;

    if (s->unsent + len > CONTROL_UNSENT_MAX) {
        say_dropped(c, "it leaves too much unread");
        return;
    }
    p = malloc(sizeof *p + len);
    if (!p) {
        say_dropped(c, "no memory for its reply");
        return;
    }
    memcpy(p->bytes, bytes, len);
    p->len = len;
    if (c->unsent == 0)
        c->moved_ms = uv_now(s->loop);
    uv_buf_t b = uv_buf_init(p->bytes, (unsigned)len);
    if (uv_write(&p->request, (uv_stream_t *)&c->pipe, &b, 1, on_written) != 0) {
        free(p);
        drop(c);
        return;
    }
    c->unsent += len;
    s->unsent += len;
}

static void send_bytes(struct client *c, const char *bytes, size_t len)
{
    uv_buf_t b = uv_buf_init((char *)bytes, (unsigned)len);
    int n = c->unsent ? 0 : uv_try_write((uv_stream_t *)&c->pipe, &b, 1);

    if (n < 0 && n != UV_EAGAIN) {
        drop(c);
        return;
    }
    size_t done = n > 0 ? (size_t)n : 0;
    if (done < len)
        queue_bytes(c, bytes + done, len - done);
}

/* `line` is taken. */
static void send_json(struct client *c, json_t *line)
{
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    size_t len = text ? strlen(text) : 0;

    json_decref(line);
    if (!text) {
        say_dropped(c, "its reply could not be written");
        return;
    }
    text[len] = '\n'; /* in place of the NUL: the length goes with it */
    if (!c->doomed)
        send_bytes(c, text, len + 1);
    free(text);
}

void control_reply(struct control_request *r, json_t *reply)
{
    if (r->client && !r->client->doomed)
        send_json(r->client, json_pack("{s:o}", "reply", reply));
    else
        json_decref(reply);
}

static json_t *end_line(int exit_code, const struct err *why)
{
    if (!why || why->kind == ERR_NONE)
        return json_pack("{s:i}", "end", exit_code);
    json_t *text = json_string(why->text);
    return json_pack("{s:i, s:s, s:o}", "end", exit_code, "kind", control_kind_name(why->kind),
                     "error", text ? text : json_string("(not text)"));
}

static void serve(struct client *c);

void control_refuse(struct control_request *r, int exit_code, const struct err *why)
{
    struct client *c = r->client;

    free(r);
    if (!c)
        return;
    c->request = NULL;
    if (c->doomed)
        return;
    c->moved_ms = uv_now(c->server->loop);
    send_json(c, end_line(exit_code, why));
    serve(c);
}

void control_end(struct control_request *r, int exit_code)
{
    control_refuse(r, exit_code, NULL);
}

bool control_gone(const struct control_request *r)
{
    return !r->client || r->client->doomed;
}

void control_on_gone(struct control_request *r, void (*gone)(void *arg), void *arg)
{
    r->gone = gone;
    r->gone_arg = arg;
}

/* ---- requests -------------------------------------------------------------------------------- */

static void refuse_line(struct client *c, enum err_kind kind, const char *fact)
{
    struct err why;

    (void)err_set(&why, kind, "%s", fact);
    send_json(c, end_line(2, &why));
}

static void take_line(struct client *c, const char *text, size_t len)
{
    json_error_t wrong;
    json_t *body = json_loadb(text, len, JSON_REJECT_DUPLICATES, &wrong);

    if (!json_is_string(json_object_get(body, "command"))) {
        refuse_line(c, ERR_FORMAT,
                    body ? "a request is an object with a string \"command\""
                         : "the request is not a line of JSON");
        json_decref(body);
        return;
    }
    struct control_request *r = calloc(1, sizeof *r);
    if (r) {
        r->client = c;
        c->request = r;
        c->server->settings.handle(c->server->settings.arg, r, body);
    } else {
        refuse_line(c, ERR_MEMORY, "no memory for the request");
    }
    json_decref(body);
}

static void start_reading(struct client *c);

/* Takes whole lines while no request is open. Also entered from control_end, perhaps inside of
 * `handle`: then the loop that is already running goes on. */
static void serve(struct client *c)
{
    if (c->serving)
        return;
    c->serving = true;
    while (!c->request && !c->doomed) {
        char *end = memchr(c->line, '\n', c->used);
        if (!end)
            break;
        size_t len = (size_t)(end - c->line);
        if (len > 0)
            take_line(c, c->line, len);
        c->used -= len + 1;
        memmove(c->line, end + 1, c->used);
    }
    c->serving = false;
    if (c->doomed || c->request)
        return;
    if (c->used == sizeof c->line) {
        refuse_line(c, ERR_LIMIT, "the request is longer than 65536 bytes");
        say_dropped(c, "its request is too long");
        return;
    }
    start_reading(c);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *out)
{
    struct client *c = (struct client *)h;

    (void)suggested;
    *out = uv_buf_init(c->line + c->used, (unsigned)(sizeof c->line - c->used));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *unused)
{
    struct client *c = (struct client *)stream;

    (void)unused;
    if (n < 0) {
        drop(c);
        return;
    }
    c->used += (size_t)n;
    c->moved_ms = uv_now(c->server->loop);
    serve(c);
    /* A client that sends ahead while it is being served: the rest stays in the kernel. */
    if (!c->doomed && c->used == sizeof c->line) {
        uv_read_stop(stream);
        c->reading = false;
    }
}

static void start_reading(struct client *c)
{
    if (c->reading)
        return;
    c->reading = uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read) == 0;
    if (!c->reading)
        drop(c);
}

/* ---- connections ----------------------------------------------------------------------------- */

static struct client *client_new(struct control_server *s)
{
    struct client *c = calloc(1, sizeof *c);

    if (!c || uv_pipe_init(s->loop, &c->pipe, 0) != 0) {
        free(c);
        return NULL;
    }
    c->server = s;
    c->moved_ms = uv_now(s->loop);
    c->next = s->clients;
    c->back = &s->clients;
    if (c->next)
        c->next->back = &c->next;
    s->clients = c;
    s->client_count++;
    s->handles++;
    return c;
}

static void on_arrived(void *arg, int fd)
{
    struct control_server *s = arg;
    struct client *c = client_new(s);

    if (!c || uv_pipe_open(&c->pipe, fd) != 0) {
        close(fd);
        if (c)
            drop(c);
    } else if (s->client_count > CONTROL_CLIENTS_MAX) {
        refuse_line(c, ERR_LIMIT, "too many commands talk to the control socket; try again");
        drop(c);
    } else {
        start_reading(c);
    }
}

static void on_timer(uv_timer_t *t)
{
    struct control_server *s = t->data;
    uint64_t now = uv_now(s->loop);
    unsigned stall = s->settings.stall_ms ? s->settings.stall_ms : CONTROL_STALL_MS;
    unsigned idle = s->settings.idle_ms ? s->settings.idle_ms : CONTROL_IDLE_MS;

    for (struct client *c = s->clients, *next; c; c = next) {
        uint64_t still = now - c->moved_ms;
        next = c->next;
        if (c->doomed)
            continue;
        if (c->unsent && still >= stall)
            say_dropped(c, "it does not read its replies");
        else if (!c->unsent && !c->request && still >= idle)
            say_dropped(c, "it asks nothing");
    }
}

/* ---- the server ----------------------------------------------------------------------------- */

static struct control_server *server_new(uv_loop_t *loop, const struct control_settings *s)
{
    struct control_server *cs = calloc(1, sizeof *cs);
    char *path = strdup(s->path);

    if (!cs || !path) {
        free(cs);
        free(path);
        return NULL;
    }
    cs->loop = loop;
    cs->settings = *s;
    cs->path = path;
    cs->settings.path = path;
    uv_timer_init(loop, &cs->timer);
    cs->timer.data = cs;
    cs->handles = 1;
    return cs;
}

static bool start(struct control_server *s, int fd, struct err *e)
{
    struct stat st;

    if (lstat(s->path, &st) == 0) {
        s->dev = st.st_dev;
        s->ino = st.st_ino;
    }
    int rc = acceptor_start(&s->door, s->loop, fd, on_arrived, s);
    if (rc != 0) {
        close(fd);
        return err_set(e, ERR_SYSTEM, "control socket %s: %s", s->path, uv_strerror(rc));
    }
    s->handles++;
    s->open = true;
    uv_timer_start(&s->timer, on_timer, CHECK_EVERY_MS, CHECK_EVERY_MS);
    uv_unref((uv_handle_t *)&s->timer);
    return true;
}

struct control_server *control_listen(uv_loop_t *loop, const struct control_settings *s,
                                      struct err *e)
{
    int fd = control_socket_open(s->path, e);

    if (fd < 0)
        return NULL;
    struct control_server *cs = server_new(loop, s);
    if (!cs) {
        close(fd);
        unlink(s->path);
        err_set(e, ERR_MEMORY, "no memory for the control socket");
        return NULL;
    }
    if (!start(cs, fd, e)) {
        control_close(cs);
        return NULL;
    }
    return cs;
}

static void remove_path(const struct control_server *s)
{
    struct stat st;

    if (lstat(s->path, &st) == 0 && st.st_dev == s->dev && st.st_ino == s->ino)
        unlink(s->path);
}

void control_close(struct control_server *s)
{
    if (!s || s->closing)
        return;
    s->closing = true;
    remove_path(s);
    for (struct client *c = s->clients; c; c = c->next)
        drop(c);
    uv_close((uv_handle_t *)&s->timer, on_server_handle_closed);
    if (s->open)
        acceptor_close(&s->door, on_door_closed);
}
