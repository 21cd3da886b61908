/* One thread, poll(2), plain TCP. */
#include "pool_server.h"

#include "base/sock.h"
#include "check.h"

#include <poll.h>
#include <unistd.h>

static void say(struct device *d, struct sccp_message *m)
{
    uint8_t pdu[SCCP_PDU_MAX];
    size_t len = 0;

    m->version = d->version;
    if (sccp_encode_pdu(m, pdu, sizeof pdu, &len, NULL) && write(d->fd, pdu, len) < 0)
        d->in_service = false;
}

static void say_id(struct device *d, uint32_t id)
{
    struct sccp_message m = {.id = id};

    say(d, &m);
}

static void say_state(struct device *d, uint32_t state)
{
    struct sccp_message m = {.id = SCCP_CALL_STATE};

    m.call_state = (struct sccp_call_state_msg){.state = state, .line = 1, .call = d->call};
    say(d, &m);
}

static void in_service(struct server *s, struct device *d)
{
    static const uint8_t never[] = {0, 0, 0, 0, 0, 0, 0, 0, 0x11, 0x01, 0, 0};

    atomic_fetch_add(&s->registered, 1);
    if (atomic_exchange(&s->garbage, false)) {
        atomic_fetch_add(&s->garbled, 1);
        if (write(d->fd, never, sizeof never) < 0)
            d->in_service = false;
        return;
    }
    if (!atomic_load(&s->ring))
        return;
    d->call = 0x01000000u + (uint32_t)(d - s->devices);
    say_state(d, SCCP_CALL_RING_IN);
}

static void open_media(struct device *d)
{
    struct sccp_message orc = {.id = SCCP_OPEN_RECEIVE_CHANNEL};

    say_state(d, SCCP_CALL_OFF_HOOK);
    say_state(d, SCCP_CALL_CONNECTED);
    orc.open_receive = (struct sccp_open_receive){.conference = d->call,
                                                  .call = d->call,
                                                  .party = d->call + 7,
                                                  .packet_ms = 20,
                                                  .codec = SCCP_CODEC_G711U};
    say(d, &orc);
}

static void new_call(struct device *d)
{
    struct sccp_message tone = {.id = SCCP_START_TONE};

    d->call = 99;
    d->digits[0] = '\0';
    say_state(d, SCCP_CALL_OFF_HOOK);
    tone.start_tone =
        (struct sccp_start_tone){.tone = SCCP_TONE_INSIDE_DIAL, .line = 1, .call = 99};
    say(d, &tone);
}

static void on_key(struct server *s, struct device *d, uint32_t button)
{
    struct sccp_message tone = {.id = SCCP_START_TONE};
    const size_t n = strlen(d->digits);

    d->digits[n] = (char)('0' + button % 10);
    d->digits[n + 1] = '\0';
    if (strcmp(d->digits, "999991") != 0)
        return;
    atomic_fetch_add(&s->lamps, 1);
    tone.start_tone =
        (struct sccp_start_tone){.tone = SCCP_TONE_CONFIRMATION, .line = 1, .call = 99};
    say(d, &tone);
}

static void on_hook(struct device *d)
{
    if (!d->call)
        return;
    say_state(d, SCCP_CALL_ON_HOOK);
    d->call = 0;
}

static void on_ack(struct server *s, struct device *d)
{
    atomic_fetch_add(&s->rtp_acks, 1);
    say_state(d, SCCP_CALL_ON_HOOK); /* the caller has heard enough */
    d->call = 0;
}

static void on_message(struct server *s, struct device *d, const struct sccp_message *m)
{
    struct sccp_message ack = {.id = SCCP_REGISTER_ACK};

    switch (m->id) {
    case SCCP_REGISTER:
        if (atomic_load(&s->mute)) {
            atomic_fetch_add(&s->unanswered, 1);
            break;
        }
        memcpy(d->name, m->register_req.station.name, sizeof d->name);
        ack.register_ack.keepalive_s = 30; /* as CUCM: three lost ones are no part of these tests */
        ack.register_ack.protocol_version = m->register_req.protocol_version;
        d->version = m->register_req.protocol_version;
        say(d, &ack);
        say_id(d, SCCP_CAPABILITIES_REQ);
        break;
    case SCCP_KEEP_ALIVE:
        say_id(d, SCCP_KEEP_ALIVE_ACK);
        break;
    case SCCP_BUTTON_TEMPLATE_REQ:
        say_id(d, SCCP_BUTTON_TEMPLATE_RES);
        break;
    case SCCP_SOFT_KEY_TEMPLATE_REQ:
        say_id(d, SCCP_SOFT_KEY_TEMPLATE_RES);
        break;
    case SCCP_SOFT_KEY_SET_REQ:
        say_id(d, SCCP_SOFT_KEY_SET_RES);
        break;
    case SCCP_CONFIG_STAT_REQ:
        say_id(d, SCCP_CONFIG_STAT_RES);
        break;
    case SCCP_LINE_STAT_REQ:
        say_id(d, SCCP_LINE_STAT_V2_RES);
        break;
    case SCCP_FORWARD_STAT_REQ:
        say_id(d, SCCP_FORWARD_STAT_RES);
        break;
    case SCCP_TIME_DATE_REQ:
        say_id(d, SCCP_TIME_DATE_RES);
        in_service(s, d);
        break;
    case SCCP_OFF_HOOK:
        atomic_fetch_add(&s->answered, 1);
        open_media(d);
        break;
    case SCCP_OPEN_RECEIVE_CHANNEL_ACK:
        on_ack(s, d);
        break;
    case SCCP_OFF_HOOK_WITH_CGPN:
        new_call(d);
        break;
    case SCCP_KEYPAD_BUTTON:
        on_key(s, d, m->keypad_button.button);
        break;
    case SCCP_ON_HOOK:
        on_hook(d);
        break;
    case SCCP_UNREGISTER:
        atomic_fetch_add(&s->unregistered, 1);
        say_id(d, SCCP_UNREGISTER_ACK);
        break;
    default:
        break;
    }
}

static void drop(struct server *s, size_t i)
{
    close(s->devices[i].fd);
    sccp_frames_free(&s->devices[i].frames);
    s->devices[i] = s->devices[--s->count];
}

static bool read_device(struct server *s, struct device *d)
{
    uint8_t bytes[8192];
    struct sccp_frame f;
    struct sccp_message m;
    const ssize_t n = read(d->fd, bytes, sizeof bytes);

    if (n <= 0)
        return false;
    sccp_frames_feed(&d->frames, bytes, (size_t)n);
    while (sccp_frames_next(&d->frames, &f, NULL) == SCCP_CUT_FRAME)
        if (sccp_decode(&m, f.id, d->version, f.body, f.len, NULL))
            on_message(s, d, &m);
    return true;
}

static void *serve(void *arg)
{
    struct server *s = arg;
    struct pollfd fds[SERVER_DEVICES_MAX + 2];

    for (;;) {
        fds[0] = (struct pollfd){.fd = s->stop[0], .events = POLLIN};
        fds[1] = (struct pollfd){.fd = s->fd, .events = POLLIN};
        const size_t n = s->count;
        for (size_t i = 0; i < n; i++)
            fds[i + 2] = (struct pollfd){.fd = s->devices[i].fd, .events = POLLIN};
        if (poll(fds, (nfds_t)n + 2, 100) < 0)
            continue;
        if (fds[0].revents)
            break;
        for (size_t i = n; i > 0; i--)
            if (fds[i + 1].revents && !read_device(s, &s->devices[i - 1]))
                drop(s, i - 1);
        const bool drop_all = atomic_exchange(&s->drop, false);
        while (s->count && drop_all)
            drop(s, s->count - 1);
        if (fds[1].revents && s->count < SERVER_DEVICES_MAX)
            s->devices[s->count++] = (struct device){.fd = accept(s->fd, NULL, NULL)};
    }
    while (s->count)
        drop(s, s->count - 1);
    return NULL;
}

int loopback_socket(int type, uint16_t *port)
{
    struct sockaddr_storage sa;
    struct net_addr any;
    socklen_t len;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    assert_true(net_addr_parse(&any, "127.0.0.1", 0));
    len = sock_from_addr(&any, &sa);
    assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
    len = sizeof sa;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
    *port = sock_to_addr((struct sockaddr *)&sa).port;
    return fd;
}

void server_start(struct server *s)
{
    memset(s, 0, sizeof *s);
    s->fd = loopback_socket(SOCK_STREAM, &s->port);
    assert_int_equal(listen(s->fd, 128), 0);
    assert_int_equal(pipe(s->stop), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

void server_stop(struct server *s)
{
    assert_int_equal(write(s->stop[1], "x", 1), 1);
    pthread_join(s->thread, NULL);
    close(s->fd);
    close(s->stop[0]);
    close(s->stop[1]);
}
