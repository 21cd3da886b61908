/* Live capture on loopback. Where that is not permitted, only the error is looked at. */
#include "check.h"

#include "base/sock.h"
#include "tools/vmports/capture.h"
#include "tools/vmports/packet.h"

#include <netinet/in.h>
#include <pcap/pcap.h>
#include <unistd.h>

static bool permitted;
static char path[] = "/tmp/evidence_capture_XXXXXX";

struct end {
    int fd;
    struct net_addr addr;
};

static struct end open_end(int type)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof in;
    struct end end = {.fd = socket(AF_INET, type, 0)};

    assert_true(end.fd >= 0);
    assert_int_equal(bind(end.fd, (struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(getsockname(end.fd, (struct sockaddr *)&in, &len), 0);
    end.addr = sock_to_addr((struct sockaddr *)&in);
    return end;
}

static void tell(const struct end *from, const struct end *to, const char *text)
{
    struct sockaddr_storage ss;
    socklen_t len = sock_from_addr(&to->addr, &ss);

    assert_int_equal(sendto(from->fd, text, strlen(text), 0, (struct sockaddr *)&ss, len),
                     strlen(text));
}

/* Every UDP payload of the file, joined. */
static void read_back(char *out, size_t cap, unsigned *tcp)
{
    char why[PCAP_ERRBUF_SIZE];
    struct pcap_pkthdr *h;
    const u_char *bytes;
    size_t n = 0;
    pcap_t *p = pcap_open_offline(path, why);

    CHECK(p, "%s", why);
    while (pcap_next_ex(p, &h, &bytes) == 1) {
        struct packet k;
        enum packet_kind kind = packet_decode(&k, pcap_datalink(p), bytes, h->caplen, h->len);
        *tcp += kind == PACKET_TCP;
        if (kind != PACKET_UDP || k.len >= cap - n)
            continue;
        memcpy(out + n, k.payload, k.len);
        n += k.len;
    }
    out[n] = 0;
    pcap_close(p);
}

static void it_holds_the_run_and_nothing_else(void **state)
{
    (void)state;
    if (!permitted)
        skip();
    struct end server = open_end(SOCK_DGRAM), tid = open_end(SOCK_DGRAM),
               client = open_end(SOCK_DGRAM), media = open_end(SOCK_DGRAM),
               stranger = open_end(SOCK_DGRAM), line = open_end(SOCK_STREAM);
    struct capture_settings s = {.file = path,
                                 .device = "lo",
                                 .tcp_ports = &line.addr.port,
                                 .tcp_count = 1,
                                 .tftp = &server.addr,
                                 .tftp_count = 1,
                                 .rtp_lo = media.addr.port,
                                 .rtp_hi = media.addr.port};
    struct err e;
    struct capture *c = capture_open(&s, &e);
    CHECK(c && capture_write(c, &e), "%s", e.text);

    tell(&client, &server, "request.");
    tell(&tid, &client, "answer.");
    tell(&client, &tid, "ack.");
    tell(&stranger, &tid, "STRANGER");
    tell(&stranger, &media, "voice.");
    struct sockaddr_storage ss;
    socklen_t len = sock_from_addr(&line.addr, &ss);
    int caller = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(caller, (struct sockaddr *)&ss, len),
                     -1); /* nobody listens: SYN, RST */

    struct capture_counts counts;
    CHECK(capture_stop(c, &counts, &e), "%s", e.text);
    char text[256];
    unsigned tcp = 0;
    read_back(text, sizeof text, &tcp);
    assert_string_equal(text, "request.answer.ack.voice.");
    assert_int_equal(tcp, 2);
    assert_int_equal(counts.packets, 6);
    assert_int_equal(counts.dropped, 0);
    const int fds[] = {server.fd, tid.fd, client.fd, media.fd, stranger.fd, line.fd, caller};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        close(fds[i]);
}

static void a_file_that_cannot_be_made_is_named(void **state)
{
    (void)state;
    if (!permitted)
        skip();
    struct err e;
    struct capture_settings s = {.file = "/nonexistent/x.pcap", .device = "lo"};
    assert_null(capture_open(&s, &e));
    assert_int_equal(e.kind, ERR_FILE);
    CHECK(strstr(e.text, "/nonexistent/x.pcap"), "%s", e.text);
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    if (!permitted || access("/dev/full", W_OK) != 0)
        skip();
    struct err e;
    struct capture_settings s = {.file = "/dev/full", .device = "lo"};
    assert_null(capture_open(&s, &e));
    CHECK(strstr(e.text, "No space left"), "%s", e.text);
}

static void what_stands_in_the_way_is_named(void **state)
{
    static const uint16_t port = 2443;
    static const struct {
        struct capture_settings s;
        const char *says;
    } rows[] = {
        {{.device = "no-such-device"}, "no-such-device"},
        {{.device = "lo", .rtp_lo = 2, .rtp_hi = 1}, "media ports 2-1"},
        {{.device = "lo", .tcp_ports = &port, .tcp_count = 65}, "65 TCP ports"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct capture_settings s = rows[i].s;
        struct err e;
        s.file = path;
        assert_null(capture_open(&s, &e));
        CHECK(strstr(e.text, rows[i].says) || (!permitted && strstr(e.text, "CAP_NET_RAW")),
              "row %zu: %s", i, e.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_holds_the_run_and_nothing_else),
        cmocka_unit_test(a_file_that_cannot_be_made_is_named),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(what_stands_in_the_way_is_named),
    };
    struct capture_settings s = {.file = path, .device = "lo"};
    struct err e;
    int fd = mkstemp(path);

    close(fd);
    struct capture *c = capture_open(&s, &e);
    permitted = c != NULL;
    if (!c && !strstr(e.text, "CAP_NET_RAW")) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    if (!capture_stop(c, NULL, &e))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
