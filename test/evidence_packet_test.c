/* From captured bytes to who sent what: link types, IP, TCP in order, TFTP. */
#include "evidence_writer.h"

#include "base/text.h"

#include <openssl/evp.h>

static void every_link_type_leads_to_the_same_packet(void **state)
{
    static const struct {
        int link_type;
        enum writer_ip ip;
        unsigned tags;
    } rows[] = {
        {DLT_EN10MB, WRITE_IPV4, 0},      {DLT_EN10MB, WRITE_IPV4, 1},
        {DLT_EN10MB, WRITE_IPV4, 2},      {DLT_EN10MB, WRITE_IPV4_OPTIONS, 0},
        {DLT_EN10MB, WRITE_IPV6, 1},      {DLT_EN10MB, WRITE_IPV6_HEADERS, 0},
        {DLT_LINUX_SLL, WRITE_IPV4, 0},   {DLT_LINUX_SLL, WRITE_IPV6, 0},
        {DLT_LINUX_SLL2, WRITE_IPV4, 0},  {DLT_LINUX_SLL2, WRITE_IPV6_HEADERS, 0},
        {DLT_NULL, WRITE_IPV4, 0},        {DLT_NULL, WRITE_IPV6, 0},
        {DLT_LOOP, WRITE_IPV4, 0},        {DLT_RAW, WRITE_IPV4, 0},
        {DLT_RAW, WRITE_IPV6_HEADERS, 0},
    };
    struct net_addr a = addr_of("10.0.0.1:40000"), b = addr_of("10.0.0.2:69");
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct writer w = writer_new(rows[i].link_type);
        w.ip = rows[i].ip;
        w.vlan_tags = rows[i].tags;
        put_udp(&w, &a, &b, "\0\1CTLFile.tlv\0octet", 20);
        struct verify_report *r = writer_judge(&w, (struct verify_settings){0});
        CHECK(r->transfer_count == 1 && !strcmp(r->transfers[0]->file, "CTLFile.tlv"), "row %zu",
              i);
        CHECK(r->totals.broken + r->totals.other + r->totals.fragments == 0, "row %zu", i);
        verify_free(r);
        writer_free(&w);
    }
}

static void a_packet_cut_at_any_byte_is_broken_or_says_what_it_lacks(void **state)
{
    struct net_addr a = addr_of("10.0.0.1:40000"), b = addr_of("10.0.0.2:2443");
    static const enum writer_ip ips[] = {WRITE_IPV4_OPTIONS, WRITE_IPV6_HEADERS};
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct writer w = writer_new(DLT_EN10MB);
        w.ip = ips[k];
        put_tcp(&w, &a, &b, 7, TCP_ACK, "0123456789", 10);
        const uint8_t *bytes = w.bytes + 24 + 16;
        size_t len = w.len - 24 - 16;
        for (size_t n = 0; n < len; n++) {
            uint8_t *exact = malloc(n + 1); /* so that a read past the end is seen */
            struct packet p;
            memcpy(exact, bytes, n);
            enum packet_kind kind = packet_decode(&p, DLT_EN10MB, exact, n, len);
            CHECK(kind == PACKET_BROKEN || (kind == PACKET_TCP && p.len + p.missing == 10),
                  "cut at %zu: kind %d, %zu + %zu", n, kind, p.len, p.missing);
            free(exact);
        }
        writer_free(&w);
    }
}

static void padding_of_short_frames_is_no_payload(void **state)
{
    struct net_addr a = addr_of("10.0.0.1:1"), b = addr_of("10.0.0.2:2");
    struct writer w = writer_new(DLT_EN10MB);
    uint8_t frame[60] = {0};
    struct packet p;

    (void)state;
    put_tcp(&w, &a, &b, 7, TCP_ACK, "", 0);
    memcpy(frame, w.bytes + 40, w.len - 40);
    assert_int_equal(packet_decode(&p, DLT_EN10MB, frame, 60, 60), PACKET_TCP);
    assert_int_equal(p.len + p.missing, 0);
    writer_free(&w);
}

static void fragments_are_named(void **state)
{
    struct net_addr a = addr_of("10.0.0.1:40000"), b = addr_of("10.0.0.2:69");
    struct writer w = writer_new(DLT_EN10MB);

    (void)state;
    w.ip = WRITE_IPV4_FRAGMENT;
    put_udp(&w, &a, &b, "piece", 5);
    struct verify_report *r = writer_judge(&w, (struct verify_settings){0});
    assert_int_equal(r->totals.fragments, 1);
    assert_true(found(r, false, "1 IP fragments"));
    verify_free(r);
    writer_free(&w);
}

/* ---- TCP in order ------------------------------------------------------------------------- */

struct heard {
    char text[2][4096];
    size_t len[2];
    uint64_t gaps;
};

static void hear(void *arg, struct flow *f, enum flow_side from, const uint8_t *bytes, size_t len,
                 int64_t time_us)
{
    struct heard *h = arg;

    (void)f;
    (void)time_us;
    assert_true(h->len[from] + len < sizeof h->text[from]);
    memcpy(h->text[from] + h->len[from], bytes, len);
    h->len[from] += len;
}

static void hear_gap(void *arg, struct flow *f, enum flow_side from, uint64_t bytes)
{
    struct heard *h = arg;

    (void)f;
    h->gaps += bytes;
    h->text[from][h->len[from]++] = '_';
}

struct piece {
    bool server;
    uint32_t at; /* from the first byte */
    const char *text;
    uint8_t flags;
};

static void what_comes_out_is_in_order_and_once(void **state)
{
    static const struct {
        const char *what, *client, *server;
        uint64_t gaps;
        size_t flows;
        struct piece pieces[8];
    } rows[] = {
        {"in order", "abcdef", "xyz", 0, 1, {{0, 0, "abc", 0}, {1, 0, "xyz", 0}, {0, 3, "def", 0}}},
        {"out of order", "abcdef", "", 0, 1, {{0, 4, "ef", 0}, {0, 2, "cd", 0}, {0, 0, "ab", 0}}},
        {"sent again", "abcdef", "", 0, 1, {{0, 0, "abc", 0}, {0, 0, "abc", 0}, {0, 3, "def", 0}}},
        {"overlapped", "abcdef", "", 0, 1, {{0, 0, "abcd", 0}, {0, 2, "XXef", 0}}},
        {"overlapped ahead",
         "abcXXX",
         "",
         0,
         1,
         {{0, 3, "def", 0}, {0, 1, "bcXXX", 0}, {0, 0, "a", 0}}},
        {"never came", "ab_ef", "", 2, 1, {{0, 0, "ab", 0}, {0, 4, "ef", 0}}},
        {"keep-alive probe", "abcd", "", 0, 1, {{0, 0, "ab", 0}, {0, 1, "?", 0}, {0, 2, "cd", 0}}},
        {"the same ends again",
         "abcd",
         "",
         0,
         2,
         {{0, 0, "ab", 0}, {0, 0x10000, "", TCP_SYN}, {0, 0x10001, "cd", 0}}},
    };
    static const uint32_t starts[] = {1000, 0xffffffffu - 1, 0xfffffffdu}; /* across the wrap */
    struct net_addr ends[2] = {addr_of("10.0.0.1:40000"), addr_of("10.0.0.2:2443")};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t k = 0; k < 3; k++) {
            struct heard h = {0};
            const struct flow_sink sink = {.data = hear, .gap = hear_gap, .arg = &h};
            struct flows *t = flows_new(&sink, NULL);
            struct packet p = {.src = ends[0], .dst = ends[1], .tcp_seq = starts[k] - 1};
            p.tcp_flags = TCP_SYN;
            assert_true(flows_feed(t, &p));
            for (const struct piece *c = rows[i].pieces; c->text; c++) {
                p = (struct packet){.src = ends[c->server],
                                    .dst = ends[!c->server],
                                    .tcp_seq = starts[k] + c->at,
                                    .tcp_flags = c->flags | (c->flags ? 0 : TCP_ACK),
                                    .payload = (const uint8_t *)c->text,
                                    .len = strlen(c->text)};
                assert_true(flows_feed(t, &p));
            }
            flows_finish(t);
            CHECK(!strcmp(h.text[0], rows[i].client), "%s: %s", rows[i].what, h.text[0]);
            CHECK(!strcmp(h.text[1], rows[i].server), "%s: %s", rows[i].what, h.text[1]);
            CHECK(h.gaps == rows[i].gaps, "%s: %d", rows[i].what, (int)h.gaps);
            CHECK(flows_count(t) == rows[i].flows, "%s", rows[i].what);
            flows_free(t);
        }
    }
}

static void ignore(void *arg, struct flow *f, enum flow_side from, const uint8_t *bytes, size_t len,
                   int64_t time_us)
{
    (void)f;
    (void)from;
    (void)bytes;
    (void)time_us;
    *(uint64_t *)arg += len;
}

static void count_gap(void *arg, struct flow *f, enum flow_side from, uint64_t bytes)
{
    (void)arg;
    (void)f;
    (void)from;
    (void)bytes;
}

static void what_is_held_back_is_bounded(void **state)
{
    static const uint8_t bytes[1400];
    struct net_addr a = addr_of("10.0.0.1:40000"), b = addr_of("10.0.0.2:2443");
    uint64_t out = 0;
    const struct flow_sink sink = {.data = ignore, .gap = count_gap, .arg = &out};
    struct flows *t = flows_new(&sink, NULL);

    (void)state;
    for (uint32_t i = 0; i < 5000; i++) { /* every second segment is missing */
        struct packet p = {.src = a, .dst = b, .tcp_flags = TCP_ACK, .payload = bytes};
        p.tcp_seq = i * 2800;
        p.len = sizeof bytes;
        assert_true(flows_feed(t, &p));
        const struct flow_half *h = &flows_at(t, 0)->half[0];
        CHECK(h->held <= FLOW_HELD_MAX && h->held_count <= FLOW_SEGMENTS_MAX, "%zu", h->held);
    }
    flows_finish(t);
    assert_int_equal(out, 5000 * sizeof bytes);
    flows_free(t);
}

static void connections_beyond_the_limit_are_told(void **state)
{
    struct net_addr a = addr_of("10.0.0.1:1"), b = addr_of("10.0.0.2:2443");
    struct writer w = writer_new(DLT_RAW);

    (void)state;
    for (uint32_t i = 0; i < FLOWS_MAX + 5; i++) {
        a.ip[1] = (uint8_t)(i >> 16);
        a.ip[2] = (uint8_t)(i >> 8);
        a.ip[3] = (uint8_t)i;
        put_tcp(&w, &a, &b, 1, TCP_SYN, "", 0);
    }
    struct verify_report *r = writer_judge(&w, (struct verify_settings){0});
    assert_false(r->ok);
    assert_true(found(r, true, "5 TCP packets of more than 65536 connections"));
    assert_int_equal(r->finding_count, VERIFY_FINDINGS_MAX / 2 + 2);
    verify_free(r);
    writer_free(&w);
}

/* ---- TFTP --------------------------------------------------------------------------------- */

static uint8_t content[1700];

static void put_data(struct writer *w, const char *from, uint16_t block, size_t at, size_t len)
{
    uint8_t packet[2000];
    struct net_addr server = addr_of(from), client = addr_of("10.0.0.1:40000");
    struct wire_writer out = wire_write_to(packet, sizeof packet);

    wire_put_u16be(&out, 3);
    wire_put_u16be(&out, block);
    wire_put_bytes(&out, content + at, len);
    put_udp(w, &server, &client, packet, wire_written(&out));
}

static void ask(struct writer *w, const void *request, size_t len)
{
    struct net_addr server = addr_of("10.0.0.2:69"), client = addr_of("10.0.0.1:40000");

    put_udp(w, &client, &server, request, len);
}

static void answer(struct writer *w, const void *packet, size_t len)
{
    struct net_addr server = addr_of("10.0.0.2:50000"), client = addr_of("10.0.0.1:40000");

    put_udp(w, &server, &client, packet, len);
}

static const char rrq[] = "\0\1CTLFile.tlv\0octet";

static void a_transfer_has_the_md5_of_its_content(void **state)
{
    struct writer w = writer_new(DLT_EN10MB);
    uint8_t digest[16];
    char hex[33];

    (void)state;
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)(i * 7);
    ask(&w, rrq, sizeof rrq);
    ask(&w, rrq, sizeof rrq); /* the request is repeated */
    answer(&w,
           "\0\6tsize\0"
           "1500\0blksize\0"
           "600",
           25);
    put_data(&w, "10.0.0.2:50000", 1, 0, 600);
    put_data(&w, "10.0.0.2:50001", 2, 0, 600); /* a stranger */
    put_data(&w, "10.0.0.2:50000", 2, 600, 600);
    put_data(&w, "10.0.0.2:50000", 2, 600, 600); /* sent again */
    put_data(&w, "10.0.0.2:50000", 3, 1200, 300);
    struct verify_report *r = writer_judge(&w, (struct verify_settings){0});
    assert_int_equal(r->transfer_count, 1);
    const struct tftp_transfer *t = r->transfers[0];
    EVP_Digest(content, 1500, digest, NULL, EVP_md5(), NULL);
    assert_string_equal(t->md5, text_hex(digest, sizeof digest, hex, sizeof hex));
    assert_true(t->done);
    assert_int_equal(t->bytes, 1500);
    assert_int_equal(t->block_size, 600);
    assert_int_equal(t->tsize, 1500);
    assert_int_equal(t->requests, 2);
    assert_int_equal(t->repeated, 1);
    assert_int_equal(t->strangers, 1);
    verify_free(r);
    writer_free(&w);
}

static void what_went_wrong_with_a_transfer_is_said(void **state)
{
    static const struct {
        const char *says;
        uint16_t blocks[4];
        size_t last; /* length of the last of them */
        const char *error;
    } rows[] = {
        {"no answer in this capture (it comes from another UDP port than 69), asked 1 times",
         {0},
         0,
         NULL},
        {"the server sent error 1 \"File not found\"", {0}, 0, "\0\5\0\1File not found"},
        {"blocks are missing after 1034 bytes", {1, 2, 4}, 10, NULL},
        {"not finished after 1024 bytes", {1, 2}, 512, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct writer w = writer_new(DLT_EN10MB);
        ask(&w, rrq, sizeof rrq);
        if (rows[i].error)
            answer(&w, rows[i].error, 19);
        for (const uint16_t *b = rows[i].blocks; *b; b++)
            put_data(&w, "10.0.0.2:50000", *b, 0, b[1] ? 512 : rows[i].last);
        struct verify_report *r = writer_judge(&w, (struct verify_settings){0});
        CHECK(found(r, false, rows[i].says), "row %zu: %s", i, r->findings[0].text);
        assert_string_equal(r->transfers[0]->md5, "");
        verify_free(r);
        writer_free(&w);
    }
}

static void a_file_that_is_none_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {
        {"", 0}, {"#!/bin/sh\necho this is no capture file\n", 38}, {"\xd4\xc3\xb2\xa1", 4}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char file[] = "/tmp/evidence_none_XXXXXX";
        int fd = mkstemp(file);
        FILE *f = fdopen(fd, "w");
        struct err e = {0};
        fwrite(rows[i].bytes, 1, rows[i].len, f);
        fclose(f);
        struct verify_settings s = {.pcap = file};
        assert_null(verify_capture(&s, &e));
        CHECK(strstr(e.text, file), "row %zu: %s", i, e.text);
        remove(file);
    }
    struct err e;
    struct verify_settings s = {.pcap = "/nonexistent.pcap"};
    assert_null(verify_capture(&s, &e));
    CHECK(strstr(e.text, "/nonexistent.pcap: No such file"), "%s", e.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_link_type_leads_to_the_same_packet),
        cmocka_unit_test(a_packet_cut_at_any_byte_is_broken_or_says_what_it_lacks),
        cmocka_unit_test(padding_of_short_frames_is_no_payload),
        cmocka_unit_test(fragments_are_named),
        cmocka_unit_test(what_comes_out_is_in_order_and_once),
        cmocka_unit_test(what_is_held_back_is_bounded),
        cmocka_unit_test(connections_beyond_the_limit_are_told),
        cmocka_unit_test(a_transfer_has_the_md5_of_its_content),
        cmocka_unit_test(what_went_wrong_with_a_transfer_is_said),
        cmocka_unit_test(a_file_that_is_none_is_refused_with_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
