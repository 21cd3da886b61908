/* The sockets of media: ports, strangers, who is not there, IPv6, DSCP. */
#include "media_lab.h"

#include <netinet/in.h>
#include <sys/time.h>
#include <unistd.h>

static void ports_are_even_and_their_end_is_an_error(void **state)
{
    struct media_settings s = {.port_lo = 40001, .port_hi = 40012};
    struct err e = {0};
    struct media_engine *m = media_engine_new(&s, &e);
    struct queue *q = queue_new(sizeof(struct media_event), 16, 64, NULL, NULL, &e);
    struct media_open o = {.bind = loopback(0), .events = q};
    struct media_handle h[8];
    struct net_addr local;
    unsigned n = 0;

    (void)state;
    CHECK(m && q, "%s", e.text);
    while (n < 8 && media_open(m, &o, &h[n], &local, &e)) {
        CHECK(local.port % 2 == 0 && local.port >= 40002 && local.port <= 40012, "port %u",
              local.port);
        n++;
    }
    CHECK(n <= 6 && e.kind == ERR_LIMIT && strstr(e.text, "40001-40012"), "%u ports, then: %s", n,
          e.text);
    media_engine_free(m);
    queue_free(q);
}

static void a_port_that_another_program_holds_is_passed_over(void **state)
{
    struct err e = {0};
    struct sockaddr_storage sa;
    struct net_addr any = loopback(0);
    socklen_t len = sock_from_addr(&any, &sa);
    int taken = socket(AF_INET, SOCK_DGRAM, 0);
    uint16_t port = 0;

    (void)state;
    for (int tries = 0; tries < 200 && (port == 0 || port % 2 || port > 65000);
         tries++) { /* an even one */
        close(taken);
        taken = socket(AF_INET, SOCK_DGRAM, 0);
        CHECK(bind(taken, (struct sockaddr *)&sa, len) == 0, "bind");
        struct sockaddr_storage got;
        socklen_t got_len = sizeof got;
        getsockname(taken, (struct sockaddr *)&got, &got_len);
        port = sock_to_addr((struct sockaddr *)&got).port;
    }
    struct media_settings s = {.port_lo = port, .port_hi = (uint16_t)(port + 400)};
    struct media_engine *m = media_engine_new(&s, &e);
    struct media_open o = {.bind = loopback(0)};
    struct media_handle h;
    struct net_addr local;
    unsigned n = 0;
    CHECK(m, "%s", e.text);
    while (n < 1000 && media_open(m, &o, &h, &local, &e)) {
        CHECK(local.port != port, "port %u twice", port);
        n++;
    }
    CHECK(n > 0 && n < 201 && e.kind == ERR_LIMIT, "%u ports, then: %s", n, e.text);
    o.bind.port = port; /* asked for by number, it is an error */
    CHECK(!media_open(m, &o, &h, &local, &e) && strstr(e.text, "127.0.0.1"), "%s", e.text);
    media_engine_free(m);
    close(taken);
}

static void a_far_end_that_is_not_there_is_told_once(void **state)
{
    struct lab lab = lab_new(1);
    struct end a = open_end(&lab, 1, 0);
    struct media_play p = {.format = format_of(1, 1), .to = loopback(1)}; /* tcpmux: nobody's */
    struct media_event ev;

    (void)state;
    send_with(&lab, &a, &p);
    ev = wait_for(&lab, MEDIA_UNREACHABLE);
    CHECK(ev.tag == 1, "tag %llu", (unsigned long long)ev.tag);
    sleep_ms(100);
    CHECK(!queue_take(lab.events, &ev), "told again: %d", (int)ev.kind);
    lab_free(&lab);
}

static void a_stray_source_is_counted_and_still_heard(void **state)
{
    struct lab lab = lab_new(1);
    struct end a = open_end(&lab, 1, 0), b = open_end(&lab, 2, 0);
    struct sound *sound = sweep(160 * 5);
    struct media_play p = {.format = format_of(1, 1), .to = b.local, .sound = sound};
    struct net_addr other = loopback(9);
    struct err e = {0};

    (void)state;
    CHECK(media_listen(lab.engine, b.handle, &p.format, &other, &e), "%s", e.text);
    send_with(&lab, &a, &p);
    wait_for(&lab, MEDIA_PLAYED);
    close_and_report(&lab, &a, 1);
    struct media_event ev = close_and_report(&lab, &b, 2);
    CHECK(ev.counts.received == 5 && ev.counts.wrong_source == 5, "%llu",
          (unsigned long long)ev.counts.wrong_source);
    sound_free(sound);
    lab_free(&lab);
}

static void voice_goes_over_ipv6_too(void **state)
{
    struct lab lab = lab_new(1);
    struct media_open o = {
        .bind = {.family = 6, .ip = {[15] = 1}}, .events = lab.events, .record_ms = 1000};
    struct sound *sound = sweep(160 * 5);
    struct end a = {0}, b = {0};
    struct err e = {0};

    (void)state;
    if (!media_open(lab.engine, &o, &a.handle, &a.local, &e)) {
        fprintf(stderr, "no IPv6 here: %s\n", e.text);
        lab_free(&lab);
        sound_free(sound);
        skip();
        return;
    }
    CHECK(media_open(lab.engine, &o, &b.handle, &b.local, &e), "%s", e.text);
    struct media_play p = {.format = format_of(1, 1), .to = b.local, .sound = sound};
    listen_with(&lab, &b, &p.format);
    send_with(&lab, &a, &p);
    wait_for(&lab, MEDIA_PLAYED);
    close_and_report(&lab, &a, 0);
    struct media_event ev = close_and_report(&lab, &b, 0);
    CHECK(ev.counts.received == 5 && ev.recorded >= 5 * 160, "received %llu",
          (unsigned long long)ev.counts.received);
    free(ev.recording);
    sound_free(sound);
    lab_free(&lab);
}

static void packets_carry_their_dscp(void **state)
{
    struct lab lab = lab_new(1);
    struct end a = open_end(&lab, 1, 0);
    struct sockaddr_storage sa;
    struct net_addr any = loopback(0);
    socklen_t len = sock_from_addr(&any, &sa);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
    struct timeval patience = {.tv_sec = 60};
    static const uint8_t asked[] = {0, 0x68}, want[] = {0xb8, 0x68};

    (void)state;
    CHECK(bind(fd, (struct sockaddr *)&sa, len) == 0, "bind");
    len = sizeof sa;
    getsockname(fd, (struct sockaddr *)&sa, &len);
    setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    for (size_t i = 0; i < 2; i++) {
        struct media_play p = {
            .format = format_of(0, 0), .to = sock_to_addr((struct sockaddr *)&sa), .tos = asked[i]};
        uint8_t bytes[256], control[64], tos = 0;
        send_with(&lab, &a, &p);
        for (int packets = 0; packets < 50 && tos != want[i];
             packets++) { /* the old one may still come */
            struct iovec iov = {.iov_base = bytes, .iov_len = sizeof bytes};
            struct msghdr m = {.msg_iov = &iov,
                               .msg_iovlen = 1,
                               .msg_control = control,
                               .msg_controllen = sizeof control};
            CHECK(recvmsg(fd, &m, 0) == 172, "a packet");
            tos = *CMSG_DATA(CMSG_FIRSTHDR(&m));
        }
        CHECK(tos == want[i], "TOS %02x, not %02x", tos, want[i]);
    }
    close(fd);
    lab_free(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_are_even_and_their_end_is_an_error),
        cmocka_unit_test(a_port_that_another_program_holds_is_passed_over),
        cmocka_unit_test(a_far_end_that_is_not_there_is_told_once),
        cmocka_unit_test(a_stray_source_is_counted_and_still_heard),
        cmocka_unit_test(voice_goes_over_ipv6_too),
        cmocka_unit_test(packets_carry_their_dscp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
