/* evil_proxy TARGET_PORT DEVICE FAULT: stands between the ports and a call manager in clear and
 * turns it into a bad one for one device, once. Prints "port N" where it listens, then what it did
 * and how the device answered. Not a test by itself: e2e/bad_peers_test.sh drives it. */
#include "base/wire.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS     64
#define FRAME_MAX 8192
#define HEAD      12 /* length, header version, message id */

enum id {
    ID_REGISTER = 0x01,
    ID_ORC_ACK = 0x22,
    ID_SMT = 0x8a,
    ID_TIME_DATE = 0x94,
    ID_ORC = 0x105,
    ID_CALL_STATE = 0x111,
    ID_CALL_INFO_V2 = 0x14a
};

struct pair {
    int fd[2]; /* the device, the call manager; -1: free */
    uint8_t bytes[2][FRAME_MAX];
    size_t len[2];
    char name[17];
    uint32_t version;
};

static struct pair pairs[PAIRS];
static const char *device, *fault;
static bool done;

static bool is(const char *name)
{
    return strcmp(fault, name) == 0;
}

static void drop(struct pair *p)
{
    close(p->fd[0]);
    close(p->fd[1]);
    *p = (struct pair){.fd = {-1, -1}};
}

static bool put(int fd, const void *bytes, size_t len)
{
    return send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static void say(const char *what)
{
    printf("%s\n", what);
    fflush(stdout);
}

/* ---- what is done ------------------------------------------------------------------------- */

static bool put_frame(struct pair *p, uint32_t id, const uint32_t *body, size_t words)
{
    uint8_t frame[256];
    struct wire_writer w = wire_write_to(frame, sizeof frame);

    wire_put_u32le(&w, (uint32_t)(4 + words * 4));
    wire_put_u32le(&w, p->version);
    wire_put_u32le(&w, id);
    for (size_t i = 0; i < words; i++)
        wire_put_u32le(&w, body[i]);
    return put(p->fd[0], frame, wire_written(&w));
}

/* True: the connection goes on. */
static bool do_evil_when_idle(struct pair *p)
{
    static const uint8_t garbage[64] = {0xff, 0x13, 0x80, 0xfe, 0x55, 0x99};
    static const uint8_t half[20] = {100, 0, 0, 0, 0, 0, 0, 0, 0x11, 1};
    static const uint8_t huge[12] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0x11, 1};
    static const uint8_t tiny[12] = {3, 0, 0, 0, 0, 0, 0, 0, 0x11, 1};
    static const uint32_t none[8] = {0};

    if (is("garbage"))
        return put(p->fd[0], garbage, sizeof garbage);
    if (is("huge"))
        return put(p->fd[0], huge, sizeof huge);
    if (is("tiny"))
        return put(p->fd[0], tiny, sizeof tiny);
    if (is("half"))
        return put(p->fd[0], half, sizeof half) && false;
    if (is("acks")) /* UnregisterAck, RegisterTokenAck, RegisterAck, media without a call */
        return put_frame(p, 0x118, none, 1) && put_frame(p, 0x11a, none, 1) &&
               put_frame(p, 0x106, none, 8) && put_frame(p, 0x8b, none, 8) &&
               put_frame(p, 0x7777, none, 8);
    return true;
}

static void patch_u16(uint8_t *at, uint16_t v)
{
    at[0] = (uint8_t)v;
    at[1] = (uint8_t)(v >> 8);
}

/* ORC's block stands at body offset 28 in every version (sccp.md 5.2). */
static void patch_keys(uint8_t *frame, size_t len, uint16_t key_len)
{
    if (len < HEAD + 76)
        return;
    patch_u16(frame + HEAD + 28, 1);
    patch_u16(frame + HEAD + 30, 0);
    patch_u16(frame + HEAD + 32, key_len);
    patch_u16(frame + HEAD + 34, 14);
}

static bool wants(uint32_t id)
{
    if (is("keys0") || is("keys17"))
        return id == ID_ORC;
    if (is("nowhere"))
        return id == ID_SMT;
    if (is("caller"))
        return id == ID_CALL_INFO_V2;
    return false;
}

static void change(uint8_t *frame, size_t len)
{
    if (is("keys0"))
        patch_keys(frame, len, 0);
    else if (is("keys17"))
        patch_keys(frame, len, 17);
    else if (is("caller")) /* the first string; a line of a log would end in it */
        memcpy(frame + HEAD + 32, "\n\x1b\xff", len >= HEAD + 36 ? 3 : 0);
    else if (len >= HEAD + 28) /* version 17: a family, then the address */
        memset(frame + HEAD + 12, 0, 4);
}

/* ---- frames ------------------------------------------------------------------------------- */

static void look_up(struct pair *p, uint32_t id, const uint8_t *frame, size_t len)
{
    if (id == ID_REGISTER && len >= HEAD + 16)
        memcpy(p->name, frame + HEAD, 16);
    else if (id == ID_ORC_ACK && len >= HEAD + 4 && strcmp(p->name, device) == 0) {
        struct wire_reader r = wire_read_from(frame + HEAD, 4);
        printf("ack %u\n", wire_u32le(&r));
        fflush(stdout);
    }
}

static bool look_down(struct pair *p, uint32_t id, uint8_t *frame, size_t len)
{
    struct wire_reader r = wire_read_from(frame + HEAD, len - HEAD);
    uint32_t first = wire_u32le(&r);
    const bool again = is("caller"); /* CallInfo comes more than once */

    if ((done && !again) || strcmp(p->name, device) != 0)
        return put(p->fd[0], frame, len);
    if (wants(id)) {
        done = true;
        change(frame, len);
        say("done");
        return put(p->fd[0], frame, len);
    }
    if (!put(p->fd[0], frame, len))
        return false;
    if (id == ID_CALL_STATE && first == 5 && is("second")) { /* connected: another call rings */
        static const uint32_t ring[6] = {4, 1, 0x7777, 0, 4, 0};
        done = true;
        say("done");
        return put_frame(p, ID_CALL_STATE, ring, 6);
    }
    if (id != ID_TIME_DATE || is("second") || again || wants(ID_ORC) || wants(ID_SMT))
        return true;
    done = true;
    say("done");
    return do_evil_when_idle(p);
}

static bool pass_frames(struct pair *p, int from)
{
    size_t at = 0;

    while (p->len[from] - at >= HEAD) {
        uint8_t *frame = p->bytes[from] + at;
        struct wire_reader r = wire_read_from(frame, HEAD);
        size_t len = (size_t)wire_u32le(&r) + 8;
        uint32_t version = wire_u32le(&r), id = wire_u32le(&r);
        if (len > FRAME_MAX || len < HEAD)
            return false;
        if (p->len[from] - at < len)
            break;
        if (from == 0) {
            look_up(p, id, frame, len);
            if (!put(p->fd[1], frame, len))
                return false;
        } else {
            p->version = version;
            if (!look_down(p, id, frame, len))
                return false;
        }
        at += len;
    }
    memmove(p->bytes[from], p->bytes[from] + at, p->len[from] - at);
    p->len[from] -= at;
    return true;
}

static void carry(struct pair *p, int from)
{
    ssize_t n = recv(p->fd[from], p->bytes[from] + p->len[from], FRAME_MAX - p->len[from], 0);

    if (n <= 0) {
        drop(p);
        return;
    }
    p->len[from] += (size_t)n;
    if (!pass_frames(p, from))
        drop(p);
}

/* ---- connections -------------------------------------------------------------------------- */

static void take(int listener, uint16_t target)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(target)};
    int client = accept(listener, NULL, NULL), server = socket(AF_INET, SOCK_STREAM, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < PAIRS; i++) {
        if (pairs[i].fd[0] >= 0)
            continue;
        if (client < 0 || connect(server, (struct sockaddr *)&to, sizeof to) != 0)
            break;
        pairs[i] = (struct pair){.fd = {client, server}};
        return;
    }
    close(client);
    close(server);
}

static int listen_somewhere(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        exit(1);
    printf("port %u\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv)
{
    struct pollfd wait[1 + 2 * PAIRS];

    if (argc != 4)
        return 2;
    device = argv[2];
    fault = argv[3];
    for (int i = 0; i < PAIRS; i++)
        pairs[i].fd[0] = pairs[i].fd[1] = -1;
    int listener = listen_somewhere();
    for (;;) {
        wait[0] = (struct pollfd){.fd = listener, .events = POLLIN};
        for (int i = 0; i < 2 * PAIRS; i++)
            wait[1 + i] = (struct pollfd){.fd = pairs[i / 2].fd[i % 2], .events = POLLIN};
        if (poll(wait, 1 + 2 * PAIRS, -1) < 0)
            return 1;
        for (int i = 0; i < 2 * PAIRS; i++)
            if (wait[1 + i].revents && pairs[i / 2].fd[i % 2] == wait[1 + i].fd)
                carry(&pairs[i / 2], i % 2);
        if (wait[0].revents)
            take(listener, (uint16_t)atoi(argv[1]));
    }
}
