/* The lab's TFTP server as a packet machine. */
#include "tools/labcm/tftp.h"

#include "test/check.h"

#define TEXT(s) (const uint8_t *)(s), sizeof(s) - 1

static const char *const asked_by_curl = /* measured, ctl-tftp-tls.md 3.1 */
    "\0\1CTLFile.tlv\0octet\0tsize\0"
    "0\0blksize\0"
    "512\0timeout\0"
    "6";
#define CURL_REQUEST_LEN 50

static void a_request_is_read_strictly(void **state)
{
    static const struct {
        const char *packet;
        size_t len;
        bool ok;
        enum tftp_error code;
        const char *claim;
    } rows[] = {
#define ROW(p, ok, code, claim) {p, sizeof(p) - 1, ok, code, claim}
        ROW("\0\1a\0octet\0", true, 0, "plain"),
        ROW("\0\1a\0OCTET\0", true, 0, "modes in any case"),
        ROW("\0\1a\0netascii\0", true, 0, "netascii"),
        ROW("\0\1sub/a\0octet\0", true, 0, "a folder below"),
        ROW("\0\1..a..\0octet\0", true, 0, "dots in a name are no way up"),
        ROW("\0\1a\0octet\0multicast\0\0", true, 0, "unknown options are left alone"),
        ROW("\0\1a\0mail\0", false, TFTP_ERROR_ILLEGAL, "mail is long gone"),
        ROW("\0\2a\0octet\0", false, TFTP_ERROR_ACCESS, "writing"),
        ROW("\0\3\0\1data", false, TFTP_ERROR_ILLEGAL, "not a request"),
        ROW("\0\1", false, TFTP_ERROR_ILLEGAL, "no name"),
        ROW("\0\1a", false, TFTP_ERROR_ILLEGAL, "name without end"),
        ROW("\0\1a\0octet", false, TFTP_ERROR_ILLEGAL, "mode without end"),
        ROW("\0\1a\0octet\0blksize\0", false, TFTP_ERROR_OPTIONS, "option without value"),
        ROW("\0\1a\0octet\0tsize\0"
            "0\0x",
            false, TFTP_ERROR_ILLEGAL, "rest without end"),
        ROW("\0\1a\0octet\0tsize", false, TFTP_ERROR_ILLEGAL, "option without end"),
        ROW("\0\1\0octet\0", false, TFTP_ERROR_ACCESS, "empty name"),
        ROW("\0\1../a\0octet\0", false, TFTP_ERROR_ACCESS, "up"),
        ROW("\0\1a/../b\0octet\0", false, TFTP_ERROR_ACCESS, "up in the middle"),
        ROW("\0\1a/..\0octet\0", false, TFTP_ERROR_ACCESS, "up at the end"),
        ROW("\0\1/etc/passwd\0octet\0", false, TFTP_ERROR_ACCESS, "absolute"),
        ROW("\0\1a//b\0octet\0", false, TFTP_ERROR_ACCESS, "empty part"),
        ROW("\0\1./a\0octet\0", false, TFTP_ERROR_ACCESS, "here"),
        ROW("\0\1a\\b\0octet\0", false, TFTP_ERROR_ACCESS, "backslash"),
        ROW("\0\1a\nb\0octet\0", false, TFTP_ERROR_ACCESS, "control character"),
#undef ROW
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tftp_request r;
        struct err e = {0};
        enum tftp_error code = 0;
        bool ok = tftp_read_request(&r, (const uint8_t *)rows[i].packet, rows[i].len, &code, &e);
        CHECK(ok == rows[i].ok, "%s", rows[i].claim);
        CHECK(ok || code == rows[i].code, "%s: code %d", rows[i].claim, (int)code);
        CHECK(ok || e.text[0], "%s: an error has words", rows[i].claim);
    }
}

static void a_name_may_have_255_characters_and_no_more(void **state)
{
    uint8_t packet[400] = {0, 1};
    struct tftp_request r;
    enum tftp_error code;

    (void)state;
    for (size_t len = 255; len <= 256; len++) {
        memset(packet + 2, 'a', len);
        memcpy(packet + 2 + len, "\0octet", 7);
        bool ok = tftp_read_request(&r, packet, 2 + len + 7, &code, NULL);
        CHECK(ok == (len == 255), "%zu characters", len);
    }
}

static void options_out_of_range_are_not_answered(void **state)
{
    static const struct {
        const char *packet;
        size_t len;
        unsigned block, timeout;
        bool tsize;
    } rows[] = {
#define ROW(options, b, t, s)                                                                      \
    {"\0\1a\0octet\0" options, sizeof("\0\1a\0octet\0" options) - 1, b, t, s}
        ROW("blksize\0"
            "7\0",
            0, 0, false),
        ROW("blksize\0"
            "8\0",
            8, 0, false),
        ROW("BlkSize\0"
            "65464\0",
            65464, 0, false),
        ROW("blksize\0"
            "65465\0",
            0, 0, false),
        ROW("blksize\0"
            "-1\0",
            0, 0, false),
        ROW("blksize\0"
            "99999999999\0",
            0, 0, false),
        ROW("blksize\0\0", 0, 0, false),
        ROW("timeout\0"
            "0\0",
            0, 0, false),
        ROW("timeout\0"
            "255\0",
            0, 255, false),
        ROW("timeout\0"
            "256\0",
            0, 0, false),
        ROW("tsize\0"
            "0\0",
            0, 0, true),
        ROW("tsize\0x\0", 0, 0, false),
        ROW("blksize\0"
            "100\0blksize\0"
            "200\0",
            100, 0, false), /* the first one holds */
#undef ROW
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tftp_request r;
        enum tftp_error code;
        CHECK(tftp_read_request(&r, (const uint8_t *)rows[i].packet, rows[i].len, &code, NULL),
              "row %zu", i);
        CHECK(r.block_size == rows[i].block && r.timeout_s == rows[i].timeout &&
                  r.tsize == rows[i].tsize,
              "row %zu: %u %u %d", i, r.block_size, r.timeout_s, r.tsize);
    }
}

static size_t ack(uint8_t out[4], unsigned block)
{
    out[0] = 0;
    out[1] = 4;
    out[2] = (uint8_t)(block >> 8);
    out[3] = (uint8_t)block;
    return 4;
}

static void curls_request_is_answered_with_its_options(void **state)
{
    static const uint8_t file[2637];
    uint8_t out[TFTP_PACKET_MAX], a[4];
    struct tftp_request r;
    struct tftp_transfer t;
    enum tftp_error code;
    struct err e;

    (void)state;
    CHECK(tftp_read_request(&r, (const uint8_t *)asked_by_curl, CURL_REQUEST_LEN, &code, NULL),
          "curl's request");
    CHECK(strcmp(r.name, "CTLFile.tlv") == 0, "%s", r.name);
    tftp_start(&t, &r, file, sizeof file);
    size_t n = tftp_packet(&t, out);
    CHECK_BYTES(out, n,
                "\0\6tsize\0"
                "2637\0blksize\0"
                "512\0timeout\0"
                "6",
                35);
    CHECK(tftp_take(&t, a, ack(a, 0), &e) == TFTP_SEND, "ACK 0 asks for DATA 1");
    n = tftp_packet(&t, out);
    CHECK_BYTES(out, 4, "\0\3\0\1", 4);
    CHECK(n == 516, "%zu", n);
}

/* Plays the client; returns how many DATA packets it took, and what it got. */
static unsigned fetch(const uint8_t *file, size_t size, unsigned block_size, uint8_t *got,
                      size_t *got_len)
{
    struct tftp_request r = {.name = "f", .block_size = block_size};
    static uint8_t out[TFTP_PACKET_MAX];
    struct tftp_transfer t;
    struct err e;
    uint8_t a[4];
    unsigned packets = 0;

    *got_len = 0;
    tftp_start(&t, &r, file, size);
    for (enum tftp_turn turn = TFTP_SEND; turn == TFTP_SEND;) {
        size_t n = tftp_packet(&t, out);
        if (out[1] == 3) {
            memcpy(got + *got_len, out + 4, n - 4);
            *got_len += n - 4;
            packets++;
        }
        turn = tftp_take(&t, a, ack(a, out[1] == 3 ? (unsigned)(out[2] << 8 | out[3]) : 0), &e);
        CHECK(turn == TFTP_SEND || turn == TFTP_DONE, "turn %d", (int)turn);
    }
    return packets;
}

static void every_size_arrives_whole_and_ends_with_a_short_block(void **state)
{
    static const struct {
        size_t size;
        unsigned block, packets;
    } rows[] = {
        {0, 0, 1},          {1, 0, 1},         {511, 0, 1},       {512, 0, 2},
        {513, 0, 2},        {2637, 0, 6},      {6120, 0, 12},     {65536, 0, 129},
        {1500000, 0, 2930}, {65536, 1468, 45}, {65464, 65464, 2}, {600000, 8, 75001},
    };
    uint8_t *file = malloc(1500000), *got = malloc(1500000 + TFTP_PACKET_MAX);

    (void)state;
    for (size_t i = 0; i < 1500000; i++)
        file[i] = (uint8_t)(i * 2654435761u >> 13);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n;
        unsigned packets = fetch(file, rows[i].size, rows[i].block, got, &n);
        CHECK_BYTES(got, n, file, rows[i].size);
        CHECK(packets == rows[i].packets, "row %zu: %u packets", i, packets);
    }
    free(file);
    free(got);
}

static void a_second_ack_is_not_answered(void **state)
{
    uint8_t file[2000] = {0}, out[TFTP_PACKET_MAX], a[4];
    struct tftp_request r = {.name = "f"};
    struct tftp_transfer t;
    struct err e;

    (void)state;
    tftp_start(&t, &r, file, sizeof file);
    tftp_packet(&t, out);
    CHECK(tftp_take(&t, a, ack(a, 1), &e) == TFTP_SEND, "the first");
    tftp_packet(&t, out);
    CHECK(tftp_take(&t, a, ack(a, 1), &e) == TFTP_WAIT, "sorcerer's apprentice");
    CHECK(tftp_take(&t, a, ack(a, 3), &e) == TFTP_WAIT, "an ACK from the future");
    CHECK(t.block == 2, "still at block 2");
}

static void silence_is_answered_five_times_and_then_given_up(void **state)
{
    uint8_t file[10] = {0}, out[TFTP_PACKET_MAX];
    struct tftp_request r = {.name = "f"};
    struct tftp_transfer t;
    struct err e = {0};
    unsigned sent = 1;

    (void)state;
    tftp_start(&t, &r, file, sizeof file);
    tftp_packet(&t, out);
    for (; tftp_late(&t, &e) == TFTP_SEND; sent++)
        tftp_packet(&t, out);
    CHECK(sent == TFTP_TRIES, "%u", sent);
    CHECK(e.kind == ERR_TIMEOUT, "%s", e.text);
}

static void errors_and_garbage_end_a_transfer(void **state)
{
    uint8_t file[10] = {0}, out[TFTP_PACKET_MAX];
    struct tftp_request r = {.name = "f"};
    struct tftp_transfer t;
    struct err e = {0};

    (void)state;
    tftp_start(&t, &r, file, sizeof file);
    tftp_packet(&t, out);
    CHECK(tftp_take(&t, TEXT("\0\5\0\3disk\nfull\0"), &e) == TFTP_FAILED, "ERROR");
    CHECK(e.kind == ERR_REFUSED && strstr(e.text, "disk?full"), "%s", e.text);
    CHECK(tftp_take(&t, TEXT("\0\5"), &e) == TFTP_FAILED, "half an ERROR");
    CHECK(tftp_take(&t, TEXT("\0\4\0"), &e) == TFTP_FAILED && e.kind == ERR_FORMAT, "half an ACK");
    CHECK(tftp_take(&t, TEXT(""), &e) == TFTP_FAILED, "an empty packet");
    CHECK(tftp_take(&t, TEXT("\0\3\0\1x"), &e) == TFTP_FAILED, "DATA from the client");
}

static void netascii_turns_line_ends(void **state)
{
    static const uint8_t in[] = "a\nb\rc";
    uint8_t out[16];

    (void)state;
    CHECK(tftp_netascii(in, 5, NULL) == 7, "length");
    CHECK(tftp_netascii(in, 5, out) == 7, "written");
    CHECK_BYTES(out, 7, "a\r\nb\r\0c", 7);
}

static void an_error_packet_is_cut_to_what_fits(void **state)
{
    uint8_t out[10];

    (void)state;
    size_t n = tftp_write_error(out, sizeof out, TFTP_ERROR_NOT_FOUND, "a long text");
    CHECK_BYTES(out, n, "\0\5\0\1a lon\0", 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read_strictly),
        cmocka_unit_test(a_name_may_have_255_characters_and_no_more),
        cmocka_unit_test(options_out_of_range_are_not_answered),
        cmocka_unit_test(curls_request_is_answered_with_its_options),
        cmocka_unit_test(every_size_arrives_whole_and_ends_with_a_short_block),
        cmocka_unit_test(a_second_ack_is_not_answered),
        cmocka_unit_test(silence_is_answered_five_times_and_then_given_up),
        cmocka_unit_test(errors_and_garbage_end_a_transfer),
        cmocka_unit_test(netascii_turns_line_ends),
        cmocka_unit_test(an_error_packet_is_cut_to_what_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
