/* tshark as the judge of what we write: every message, in every version that tshark knows, in both
 * address forms, goes into a capture; tshark must find nothing malformed, have no expert item, and
 * show each field by its name, in its place, with the value that was written. */
#include "check.h"

#include "sccp/frame.h"
#include "sccp_fill.h"
#include "sccp_tshark_names.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <unistd.h>

/* Fields of another name in another place: the codec of media and of capabilities. */
static const char *codec_name(uint32_t id)
{
    bool capability = id == SCCP_CAPABILITIES_RES || id == SCCP_UPDATE_CAPABILITIES ||
                      id == SCCP_UPDATE_CAPABILITIES_V2 || id == SCCP_UPDATE_CAPABILITIES_V3;

    return capability ? "payloadCapability" : "compressionType";
}

static const char *their_name(uint32_t id, const char *ours)
{
    if (strcmp(ours, "codec") == 0)
        return codec_name(id);
    if (strcmp(ours, "direction") == 0 && id != SCCP_START_TONE)
        return "dataCapabilityDirection";
    if (strcmp(ours, "encryption") == 0)
        return "encryptionCapability";
    if (strcmp(ours, "number") == 0 && sccp_sender_of(id) == SCCP_SENDER_DEVICE &&
        id != SCCP_CONNECTION_STATISTICS_RES)
        return "serviceNum";
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if ((aliases[i].id == id || aliases[i].id == ANY) && strcmp(aliases[i].ours, ours) == 0)
            return aliases[i].theirs;
    return ours;
}

/* ---- where tshark's reading is known to differ: what it does not show ---- */

static const struct {
    uint32_t id;
    const char *ours, *why;
} not_shown[] = {
    {SCCP_REGISTER, "config_stamp", "read only if the length is above 191; with it it is 176"},
    {SCCP_UNREGISTER, "reason", "read only if the length is above 12, which no body has"},
    {SCCP_FEATURE_STAT_REQ, "capabilities", "read only if the length is above 16"},
    {SCCP_SERVICE_URL_STAT_V2_RES, "url", "its dynamic strings are not shown"},
    {SCCP_SERVICE_URL_STAT_V2_RES, "label", "its dynamic strings are not shown"},
    {SCCP_REGISTER, "features.f2", "one word of bits with f1"},
    {SCCP_REGISTER_ACK, "features.f2", "one word of bits with f1"},
};

static bool is_shown(uint32_t id, const char *ours)
{
    for (size_t i = 0; i < sizeof not_shown / sizeof not_shown[0]; i++)
        if (not_shown[i].id == id && strcmp(not_shown[i].ours, ours) == 0)
            return false;
    return true;
}

/* Not in tshark's definition (sccp.md 4.2), so nothing can be judged. */
static bool tshark_knows(uint32_t id)
{
    return id != SCCP_MEDIA_PORT_LIST;
}

/* We write no video entries, only their room: a voicemail port has none. Cisco's devices send
 * entries of fixed size (sccp.md 4.3, from a 7961's own bytes); tshark leaves unused levels out of
 * each entry and unused entries out of the array, and so looks for the data entries elsewhere.
 * Those cannot be judged; all that stands before them is. */
static void adapt(struct sccp_message *m)
{
    struct sccp_update_capabilities *u = &m->update_capabilities;

    if (m->id != SCCP_UPDATE_CAPABILITIES && m->id != SCCP_UPDATE_CAPABILITIES_V2 &&
        m->id != SCCP_UPDATE_CAPABILITIES_V3)
        return;
    u->video_count = u->data_count = 0;
    memset(u->video, 0, sizeof u->video);
    memset(u->data, 0, sizeof u->data);
}

/* ---- what we expect to be shown ---- */

enum how { AS_NUMBER, AS_TEXT, AS_RAW };

struct shown {
    char name[64];
    enum how how;
    uint32_t number;
    char text[700];
};

struct list {
    struct shown *rows;
    size_t count, cap;
};

static struct shown *add(struct list *l, const char *name, enum how how)
{
    if (l->count == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 64;
        l->rows = realloc(l->rows, l->cap * sizeof *l->rows);
        assert_non_null(l->rows);
    }
    struct shown *s = &l->rows[l->count++];
    memset(s, 0, sizeof *s);
    snprintf(s->name, sizeof s->name, "%s", name);
    s->how = how;
    return s;
}

static void expect_number(struct list *l, const char *name, uint32_t v)
{
    add(l, name, AS_NUMBER)->number = v;
}

static void expect_raw(struct list *l, const char *name, const void *bytes, size_t n)
{
    struct shown *s = add(l, name, AS_RAW);

    for (size_t i = 0; i < n && 2 * i + 2 < sizeof s->text; i++)
        snprintf(s->text + 2 * i, 3, "%02x", ((const uint8_t *)bytes)[i]);
}

static void expect_addr(struct list *l, const char *name, uint32_t version, const char *at)
{
    struct sccp_addr a;
    char full[64];

    memcpy(&a, at, sizeof a);
    if (version >= 17)
        expect_number(l, "ipv4or6", a.type);
    const char *family = a.type == SCCP_ADDR_IPV6 ? ".ipv6" : ".ipv4";
    if (version < 17 && strcmp(name, "stationIpAddr") == 0)
        family = ""; /* the short ServerRes, with a name of its own */
    snprintf(full, sizeof full, "%.50s%s", name, family);
    struct shown *s = add(l, full, AS_TEXT);
    inet_ntop(a.type == SCCP_ADDR_IPV6 ? AF_INET6 : AF_INET, a.ip, s->text, sizeof s->text);
}

static void expect_params(struct list *l, const char *at)
{
    struct sccp_codec_params p;

    memcpy(&p, at, sizeof p);
    if (p.g723_rate) {
        expect_number(l, "g723BitRate", p.g723_rate);
        return;
    }
    expect_number(l, "codecMode", p.mode);
    expect_number(l, "dynamicPayload", p.dynamic_payload);
    expect_number(l, "codecParam1", p.param1);
    expect_number(l, "codecParam2", p.param2);
}

/* One row of ours may be many of tshark's: a byte of a key each, say. */
static void expect_bytes(struct list *l, const char *name, const struct sccp_field *f,
                         const char *at)
{
    size_t n = f->wire;

    if (fill_named(f, "srtp.salt"))
        n = 14;
    if (fill_named(f, "mac")) {
        expect_raw(l, name, at, 6);
        return;
    }
    if (fill_named(f, "latent.payload")) {
        static const char *const names[] = {"nse",     "rfc2833",    "sse",        "v150sprt",
                                            "noaudio", "FutureUse1", "FutureUse2", "FutureUse3"};
        for (size_t i = 0; i < 8; i++)
            expect_number(l, names[i], (uint8_t)at[i]);
        return;
    }
    for (size_t i = 0; i < n; i++)
        expect_number(l, name, (uint8_t)at[i]);
}

/* tshark shows the address of RegisterTokenReq with its bytes turned round; sccp.md 4.2 has it in
 * network order, as Register's. So there the bytes are compared. */
static void expect_ip(struct list *l, uint32_t id, const char *name, const struct sccp_field *f,
                      const char *at)
{
    if (id == SCCP_REGISTER_TOKEN_REQ) {
        expect_raw(l, name, at, 4);
        return;
    }
    struct shown *s = add(l, name, AS_TEXT);
    inet_ntop(f->wire == 16 ? AF_INET6 : AF_INET, at, s->text, sizeof s->text);
}

static void expect_text(struct list *l, const char *name, const struct sccp_field *f,
                        const char *at)
{
    struct shown *s = add(l, name, AS_TEXT);

    snprintf(s->text, sizeof s->text, "%.*s", (int)f->size, at);
}

/* A word of bits is shown bit by bit; the whole word stands with each. */
static void expect_bits(struct list *l, const char *name, const struct sccp_field *f,
                        const char *at)
{
    if (fill_named(f, "features.f1"))
        expect_raw(l, name, at, 2);
    else
        expect_raw(l, name, at, 4);
}

static const char *latent_names[][4] = {
    {"capAndVer", "modAnd2833"},
    {"chan0MaxPayload", "chan2MaxPayload", "chan3MaxPayload", "chan2MaxWindow"},
    {"standard", "vendor"},
};

static void expect_rows(struct list *l, const struct sccp_message *m,
                        const struct sccp_field *parent, const struct sccp_field *rows,
                        size_t count, const char *base, size_t element);

static void expect_field(struct list *l, const struct sccp_message *m, const char *ours,
                         const struct sccp_field *f, const char *base)
{
    const char *name = their_name(m->id, ours), *at = base + f->at;
    bool bits = name[strlen(name) - 1] == '.' || *name == '*';

    if (bits) {
        expect_bits(l, name, f, at);
        return;
    }
    switch (f->kind) {
    case SCCP_UINT:
    case SCCP_DIGIT:
    case SCCP_TONED:
        expect_number(l, name, sccp_load(at, f->size));
        break;
    case SCCP_BYTES:
    case SCCP_SECRET:
        expect_bytes(l, name, f, at);
        break;
    case SCCP_IP:
        expect_ip(l, m->id, name, f, at);
        break;
    case SCCP_ADDRESS:
        expect_addr(l, name, m->version, at);
        break;
    case SCCP_TEXT:
    case SCCP_NUMBER:
    case SCCP_STRING:
    case SCCP_COUNTED:
        expect_text(l, name, f, at);
        break;
    case SCCP_PARAMS:
    case SCCP_PARAMS_SINCE_11:
        expect_params(l, at);
        break;
    case SCCP_PAD:
        break;
    case SCCP_ARRAY: {
        size_t n = f->other ? sccp_load(base + f->other, 4) : f->times;
        for (size_t i = 0; i < n; i++)
            expect_rows(l, m, f, f->of, f->of_count, at + i * f->stride, i);
        break;
    }
    }
}

static const char *item_name(const struct sccp_field *parent, size_t element)
{
    const char *name = sccp_field_name(parent);

    if (strcmp(name, "latent.modem_relay") == 0)
        return latent_names[0][element];
    if (strcmp(name, "latent.sprt") == 0)
        return latent_names[1][element];
    if (strcmp(name, "latent.sse") == 0)
        return latent_names[2][element];
    return name;
}

static void expect_rows(struct list *l, const struct sccp_message *m,
                        const struct sccp_field *parent, const struct sccp_field *rows,
                        size_t count, const char *base, size_t element)
{
    for (size_t i = 0; i < count; i++) {
        const struct sccp_field *f = &rows[i];
        const char *ours = *f->name ? sccp_field_name(f) : item_name(parent, element);
        if (sccp_field_in(f, m->version) && is_shown(m->id, ours))
            expect_field(l, m, ours, f, base);
    }
}

/* ---- the capture ---- */

struct written {
    struct sccp_message m;
    struct list expected;
};

static struct written *all;
static size_t all_count;

static void be16(uint8_t *at, unsigned v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

static void be32(uint8_t *at, uint32_t v)
{
    be16(at, v >> 16);
    be16(at + 2, v & 0xffff);
}

/* One segment of a conversation between device 10.0.0.1 and server 10.0.0.2, port 2000. */
static void write_segment(pcap_dumper_t *d, bool from_device, const uint8_t *pdu, size_t len)
{
    static uint32_t sent[2] = {1, 1};
    static unsigned ms;
    uint8_t packet[40 + SCCP_PDU_MAX] = {0x45};
    size_t total = 40 + len;

    be16(packet + 2, (unsigned)total);
    packet[8] = 64;
    packet[9] = 6;
    be32(packet + 12, from_device ? 0x0a000001 : 0x0a000002);
    be32(packet + 16, from_device ? 0x0a000002 : 0x0a000001);
    be16(packet + 20, from_device ? 40000 : 2000);
    be16(packet + 22, from_device ? 2000 : 40000);
    be32(packet + 24, sent[from_device]);
    be32(packet + 28, sent[!from_device]);
    packet[32] = 0x50;
    packet[33] = 0x18; /* PSH ACK */
    be16(packet + 34, 65535);
    memcpy(packet + 40, pdu, len);
    sent[from_device] += (uint32_t)len;
    struct pcap_pkthdr h = {.caplen = (bpf_u_int32)total, .len = (bpf_u_int32)total};
    h.ts.tv_sec = ms / 1000;
    h.ts.tv_usec = ms++ % 1000 * 1000;
    pcap_dump((u_char *)d, &h, packet);
}

static void write_message(pcap_dumper_t *d, uint32_t id, uint32_t version, bool other)
{
    struct written *w = &all[all_count++];
    uint8_t pdu[SCCP_PDU_MAX];
    size_t len = 0;
    struct err e;

    fill_message(&w->m, id, version, other);
    /* A message in tshark's dynamic list has its station name read as a string: 15 characters
     * and the NUL fill the field, and both readings agree. */
    if (id == SCCP_CONFIG_STAT_V2_RES)
        strcpy(w->m.config_stat_res.station.name, "CiscoUM1-VI9999");
    adapt(&w->m);
    CHECK(sccp_encode_pdu(&w->m, pdu, sizeof pdu, &len, &e), "%s", e.text);
    /* It comes before any version is agreed on, with header word 0; tshark chooses its layout by
     * that word. */
    if (id == SCCP_REGISTER_TOKEN_REQ)
        pdu[4] = (uint8_t)version;
    const struct sccp_shape *shape = sccp_shape_of(id);
    expect_rows(&w->expected, &w->m, NULL, shape->fields, shape->count, (const char *)&w->m, 0);
    write_segment(d, sccp_sender_of(id) != SCCP_SENDER_SERVER, pdu, len);
}

/* The header words that tshark takes; 12 to 14 it does not (sccp.md 9.3), their layouts are 11's.
 */
static const uint32_t versions[] = {0, 10, 11, 15, 16, 17, 18, 19, 20, 21, 22};
#define VERSIONS (sizeof versions / sizeof versions[0])

static void write_capture(const char *path)
{
    pcap_t *p = pcap_open_dead(DLT_RAW, 65535);
    pcap_dumper_t *d = pcap_dump_open(p, path);

    assert_non_null(d);
    all = calloc(SCCP_ID_END * VERSIONS * 2, sizeof *all);
    assert_non_null(all);
    for (uint32_t id = 0; id < SCCP_ID_END; id++)
        for (size_t v = 0; v < 2 * VERSIONS && sccp_shape_of(id) && tshark_knows(id); v++)
            write_message(d, id, versions[v / 2], v % 2);
    pcap_dump_close(d);
    pcap_close(p);
}

/* ---- what tshark says ---- */

static bool attribute(const char *line, const char *name, char *out, size_t cap)
{
    char key[32];

    snprintf(key, sizeof key, " %s=\"", name);
    const char *at = strstr(line, key);
    if (!at)
        return false;
    at += strlen(key);
    const char *end = strchr(at, '"');
    if (!end || (size_t)(end - at) >= cap)
        return false;
    memcpy(out, at, (size_t)(end - at));
    out[end - at] = '\0';
    return true;
}

static bool is_number(const char *show, uint32_t want)
{
    char *end;
    long long v = strtoll(show, &end, 0);

    return *show && !*end && (uint32_t)v == want;
}

/* Does this name of tshark's belong to a word of bits? */
static bool names_bits(const char *expected, const char *name)
{
    static const char *const line_bits[] = {"OrigDialed", "RedirDialed", "CallingPartyNumber",
                                            "CallingPartyName"};
    size_t n = strlen(expected);

    for (size_t i = 0; *expected == '*' && i < 4; i++)
        if (strcmp(name, line_bits[i]) == 0)
            return true;
    return expected[n - 1] == '.' && strncmp(name, expected, n) == 0;
}

struct judge {
    size_t packet, row; /* which is judged next */
};

static void fail_at(const struct judge *j, const char *what, const char *line)
{
    const struct written *w = &all[j->packet - 1];
    const struct shown *want =
        j->row < w->expected.count ? &w->expected.rows[j->row] : &(struct shown){.name = "(end)"};

    fprintf(stderr, "%s version %u: %s\n  wanted %s %" PRIu32 " \"%s\"\n  tshark %s",
            sccp_name(w->m.id), w->m.version, what, want->name, want->number, want->text, line);
    fail();
}

static void judge_bits(struct judge *j, const struct shown *want, const char *line)
{
    char raw[16] = "";

    if (!attribute(line, "unmaskedvalue", raw, sizeof raw))
        attribute(line, "value", raw, sizeof raw);
    if (strcmp(raw, want->text) != 0)
        fail_at(j, "bits differ", line);
}

static void judge_value(struct judge *j, const struct shown *want, const char *line)
{
    char show[1024] = "", raw[1500] = "";

    attribute(line, "show", show, sizeof show);
    attribute(line, "value", raw, sizeof raw);
    if (want->how == AS_NUMBER && !is_number(show, want->number))
        fail_at(j, "another number", line);
    if (want->how == AS_TEXT && strcmp(show, want->text) != 0)
        fail_at(j, "another text", line);
    if (want->how == AS_RAW && strcmp(raw, want->text) != 0)
        fail_at(j, "other bytes", line);
}

/* What tshark makes itself, and padding. */
static bool is_beside(const char *name)
{
    static const char *const names[] = {"data_length",   "hdr_version",     "messageId",
                                        "padding",       "response_to",     "response_in",
                                        "response_time", "alignmentPadding"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void judge_field(struct judge *j, const char *name, const char *line)
{
    const struct list *l = &all[j->packet - 1].expected;

    if (j->row > 0 && names_bits(l->rows[j->row - 1].name, name))
        return; /* one more bit of the word before */
    if (j->row >= l->count)
        fail_at(j, "a field too many", line);
    const struct shown *want = &l->rows[j->row];
    if (names_bits(want->name, name))
        judge_bits(j, want, line);
    else if (strcmp(want->name, name) != 0)
        fail_at(j, "another field", line);
    else
        judge_value(j, want, line);
    j->row++;
}

static void end_packet(const struct judge *j)
{
    if (j->packet == 0)
        return;
    if (j->row != all[j->packet - 1].expected.count)
        fail_at(j, "fields are missing", "(end)\n");
}

static void judge_line(struct judge *j, const char *line)
{
    char name[128] = "";

    if (strstr(line, "<packet>")) {
        end_packet(j);
        j->packet++;
        j->row = 0;
        return;
    }
    attribute(line, "name", name, sizeof name);
    if (strncmp(name, "_ws.malformed", 13) == 0 || strncmp(name, "_ws.expert", 10) == 0)
        fail_at(j, "malformed, or an expert item", line);
    if (strncmp(name, "skinny.", 7) != 0 || is_beside(name + 7))
        return;
    judge_field(j, name + 7, line);
}

static void tshark_reads_every_message_as_it_was_written(void **state)
{
    char path[] = "/tmp/sccp_tshark_XXXXXX", command[256];
    struct judge j = {0};
    char *line = NULL;
    size_t cap = 0;

    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    write_capture(path);
    snprintf(command, sizeof command, "tshark -n -r %s -T pdml 2>/dev/null", path);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    while (getline(&line, &cap, f) > 0)
        judge_line(&j, line);
    end_packet(&j);
    unlink(path);
    CHECK(pclose(f) == 0, "tshark");
    CHECK(j.packet == all_count, "tshark saw %zu of %zu packets", j.packet, all_count);
    fprintf(stderr, "%zu messages judged\n", all_count);
    for (size_t i = 0; i < all_count; i++)
        free(all[i].expected.rows);
    free(all);
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tshark_reads_every_message_as_it_was_written),
    };

    if (system("tshark --version >/dev/null 2>&1") != 0) {
        puts("tshark is missing");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
