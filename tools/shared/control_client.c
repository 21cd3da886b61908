#include "tools/shared/control.h"

#include "base/buf.h"
#include "tools/shared/control_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct control_client {
    int fd;
    const char *program;
    struct buf in;
};

#define KIND_NAME(kind, id, words, advice)                                                         \
    case kind:                                                                                     \
        return #kind;

const char *control_kind_name(enum err_kind kind)
{
    switch (kind) {
        ERR_LIST(KIND_NAME)
    }
    return "ERR_NOT_NOW";
}

#define KIND_NAMED(kind, id, words, advice)                                                        \
    if (strcmp(name, #kind) == 0)                                                                  \
        return kind;

enum err_kind control_kind_named(const char *name)
{
    ERR_LIST(KIND_NAMED)
    return ERR_NOT_NOW;
}

static bool unreachable(const char *program, const char *path, struct err *e)
{
    if (errno == ENOENT || errno == ECONNREFUSED)
        return err_set(
            e, ERR_NOT_NOW,
            "no %s is running at %s; start it with `%s run`, or name its socket with --control",
            program, path, program);
    if (errno == EACCES)
        return err_set(e, ERR_SYSTEM,
                       "the control socket %s belongs to another user: ask as the user who started "
                       "%s",
                       path, program);
    return err_errno(e, ERR_SYSTEM, "control socket %s", path);
}

static bool connect_to(int fd, const char *program, const char *path, struct err *e)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof a.sun_path)
        return err_set(e, ERR_USAGE,
                       "the control socket's path has %zu bytes, at most %zu will do: %s",
                       strlen(path), sizeof a.sun_path - 1, path);
    strcpy(a.sun_path, path);
    while (connect(fd, (const struct sockaddr *)&a, sizeof a) != 0)
        if (errno != EINTR)
            return unreachable(program, path, e);
    return true;
}

struct control_client *control_connect(const char *program, const char *path, struct err *e)
{
    struct control_client *c = calloc(1, sizeof *c);

    if (!c) {
        err_set(e, ERR_MEMORY, "no memory to talk to %s", program);
        return NULL;
    }
    c->program = program;
    c->in.most = CONTROL_REPLY_MAX;
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0) {
        err_errno(e, ERR_SYSTEM, "no socket");
    } else if (connect_to(c->fd, program, path, e)) {
        return c;
    }
    control_disconnect(c);
    return NULL;
}

void control_disconnect(struct control_client *c)
{
    if (!c)
        return;
    if (c->fd >= 0)
        close(c->fd);
    buf_free(&c->in);
    free(c);
}

static bool send_all(struct control_client *c, const char *bytes, size_t len, struct err *e)
{
    while (len > 0) {
        ssize_t n = send(c->fd, bytes, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, ERR_SYSTEM, "the running %s hung up", c->program);
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static bool send_request(struct control_client *c, const json_t *request, struct err *e)
{
    char *text = json_dumps(request, JSON_COMPACT);
    size_t len = text ? strlen(text) : 0;
    bool ok;

    if (!text)
        return err_set(e, ERR_USAGE, "the request cannot be written as JSON (is it UTF-8?)");
    if (len >= CONTROL_LINE_MAX) {
        ok = err_set(e, ERR_LIMIT, "the request has %zu bytes, at most %d will do", len,
                     CONTROL_LINE_MAX - 1);
    } else {
        text[len] = '\n';
        ok = send_all(c, text, len + 1, e);
    }
    free(text);
    return ok;
}

static bool read_more(struct control_client *c, struct err *e)
{
    char bytes[16384];
    ssize_t n;

    do {
        n = recv(c->fd, bytes, sizeof bytes, 0);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_errno(e, ERR_SYSTEM, "the running %s cannot be heard", c->program);
    if (n == 0)
        return err_set(e, ERR_NOT_NOW, "the running %s ended before it had answered", c->program);
    return buf_add(&c->in, bytes, (size_t)n, e);
}

/* One line of JSON: given; NULL with e set. */
static json_t *read_line(struct control_client *c, struct err *e)
{
    size_t seen = 0;
    char *end;

    while (!(end = c->in.len > seen ? memchr(c->in.at + seen, '\n', c->in.len - seen) : NULL)) {
        seen = c->in.len;
        if (!read_more(c, e))
            return NULL;
    }
    size_t len = (size_t)((uint8_t *)end - c->in.at);
    json_t *line = json_loadb((const char *)c->in.at, len, JSON_REJECT_DUPLICATES, NULL);
    buf_drop(&c->in, len + 1);
    if (!json_is_object(line)) {
        json_decref(line);
        err_set(e, ERR_FORMAT, "the running %s answers with something else than JSON", c->program);
        return NULL;
    }
    return line;
}

/* True at the end; the exit code is then in *code, and the reason, if one came, in `e`. */
static bool take_end(const json_t *line, int *code, struct err *e)
{
    const json_t *end = json_object_get(line, "end");
    const char *fact = json_string_value(json_object_get(line, "error"));
    const char *kind = json_string_value(json_object_get(line, "kind"));

    if (!json_is_integer(end))
        return false;
    json_int_t v = json_integer_value(end);
    *code = v < 0 || v > 255 ? 1 : (int)v;
    if (fact)
        (void)err_set(e, kind ? control_kind_named(kind) : ERR_NOT_NOW, "%s", fact);
    return true;
}

int control_ask(struct control_client *c, const json_t *request,
                void (*reply)(void *arg, const json_t *reply), void *arg, struct err *e)
{
    int code = 1;

    err_clear(e);
    if (!send_request(c, request, e))
        return 1;
    for (bool done = false; !done;) {
        json_t *line = read_line(c, e);
        if (!line)
            return 1;
        const json_t *said = json_object_get(line, "reply");
        if (said && reply)
            reply(arg, said);
        done = take_end(line, &code, e);
        json_decref(line);
    }
    return code;
}

int control_call(const char *program, const char *path, json_t *request,
                 void (*reply)(void *arg, const json_t *reply), void *arg, struct err *e)
{
    struct control_client *c = control_connect(program, path, e);
    int code = c ? control_ask(c, request, reply, arg, e) : e->kind == ERR_USAGE ? 2 : 1;

    control_disconnect(c);
    json_decref(request);
    return code;
}
