/* other_cm PROFILE VMPORTS DIR: plays one foreign call manager against `vmports run` and prints
 * what vmports did that it should not have. Exit 0: nothing. See other.h. */
#include "other.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORTS = 3, GREETING = 8000 }; /* samples: one second */

static const struct profile profiles[] = {
    {"chan-sccp-3", CHAN_SCCP, PLAIN, 3, 17, ULAW, 20, 80, false},
    {"chan-sccp-11", CHAN_SCCP, PLAIN, 11, 13, ALAW, 20, 80, false},
    {"chan-sccp-17", CHAN_SCCP, PLAIN, 22, 17, ULAW, 30, 80, false},
    {"chan-sccp-22-tls", CHAN_SCCP, TLS_ASKS_NOTHING, 22, 22, ULAW, 20, 80, true},
    {"chan_skinny-17", CHAN_SKINNY, PLAIN, 17, 17, ULAW, 20, 80, false},
    {"chan_skinny-11", CHAN_SKINNY, PLAIN, 11, 11, ALAW, 20, 80, false},
    {"mod_skinny", MOD_SKINNY, PLAIN, 0, 17, ULAW, 20, 80, false},
    {"libsccp", LIBSCCP, PLAIN, 11, 17, ULAW, 20, 7, false},
    {"callmanager-3", CM3, PLAIN, 0, 5, ULAW, 20, 80, false},
    {"callmanager-4.1", CM41, TLS12_MUTUAL, 5, 17, ULAW, 20, 80, false},
    {"cucm-17", CUCM, TLS12_MUTUAL, 17, 17, ULAW, 20, 80, true},
    {"cucm-20", CUCM, TLS12_MUTUAL, 20, 20, ALAW, 20, 80, false},
    {"cucm-22", CUCM, TLS12_MUTUAL, 22, 22, ULAW, 40, 80, false},
};

static struct office office;
static const char *vmports, *folder, *profile_name = "?";
static unsigned deviations;
static uint8_t greeting[GREETING]; /* as the codec's bytes */

/* ---- telling
 * -------------------------------------------------------------------------------------- */

void deviation(const char *format, ...)
{
    va_list ap;

    deviations++;
    printf("%s: ", profile_name);
    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    putchar('\n');
}

_Noreturn void give_up(const char *format, ...)
{
    va_list ap;

    printf("%s: gave up: ", profile_name);
    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    putchar('\n');
    if (office.pid > 0) {
        kill(office.pid, SIGKILL);
        waitpid(office.pid, NULL, 0);
    }
    exit(1);
}

/* ---- the greeting: every sample is one that the codec keeps
 * ---------------------------------------- */

static int of_ulaw(uint8_t code)
{
    const unsigned u = (uint8_t)~code, t = ((u & 15) << 3) + 132;
    const int v = (int)(t << (u >> 4 & 7)) - 132;
    return u & 128 ? -v : v;
}

static int of_alaw(uint8_t code)
{
    const unsigned a = code ^ 0x55u, part = a >> 4 & 7;
    int v = (int)((a & 15) << 4) + 8;

    if (part)
        v = (v + 0x100) << (part - 1);
    return a & 128 ? v : -v;
}

static void make_greeting(const char *path)
{
    static const uint8_t head[44] = {'R', 'I', 'F',  'F',  0xa4, 0x3e, 0,    0,    'W',  'A', 'V',
                                     'E', 'f', 'm',  't',  ' ',  16,   0,    0,    0,    1,   0,
                                     1,   0,   0x40, 0x1f, 0,    0,    0x80, 0x3e, 0,    0,   2,
                                     0,   16,  0,    'd',  'a',  't',  'a',  0x80, 0x3e, 0,   0};
    uint32_t x = 12345;
    FILE *f = fopen(path, "wb");

    if (!f || fwrite(head, sizeof head, 1, f) != 1)
        give_up("cannot write %s", path);
    for (size_t i = 0; i < GREETING; i++) {
        x = x * 1664525 + 1013904223;
        greeting[i] = (uint8_t)(x >> 24);
        if (office.p->law == ULAW && greeting[i] == 0x7f) /* minus zero is plus zero's double */
            greeting[i] = 0xff;
        const int v = office.p->law == ULAW ? of_ulaw(greeting[i]) : of_alaw(greeting[i]);
        fputc(v & 255, f);
        fputc(v >> 8 & 255, f);
    }
    fclose(f);
}

/* ---- programs
 * -------------------------------------------------------------------------------------- */

static char *in_folder(const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        give_up("no memory");
    return path;
}

static int start(const char *out, char *const *argv)
{
    const int pid = fork();

    if (pid < 0)
        give_up("fork: %s", strerror(errno));
    if (pid > 0)
        return pid;
    const int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(fd, 1);
    dup2(fd, 2);
    execv(argv[0], argv);
    _exit(127);
}

/* The exit code, while the office goes on working; -1 when it takes longer than ms. */
static int finish(int pid, int ms)
{
    const int64_t end = clock_ms() + ms;
    int status;

    while (clock_ms() < end) {
        if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        pump(&office, 10);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return -1;
}

/* vmports COMMAND... --control ours: its output stays in the file "said". */
#define ASK(...)                                                                                   \
    start(in_folder("said"), (char *[]){(char *)(uintptr_t)vmports, __VA_ARGS__,                   \
                                        (char *)"--control", in_folder("v.sock"), NULL})

static bool said(const char *words)
{
    static char text[65536];
    FILE *f = fopen(in_folder("said"), "rb");
    const size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;

    if (f)
        fclose(f);
    text[n] = '\0';
    return strstr(text, words) != NULL;
}

static void status_says(const char *words)
{
    if (finish(ASK((char *)"status", (char *)"--json"), 5000) != 0)
        deviation("status failed");
    else if (!said(words))
        deviation("status does not say %s", words);
}

static void start_vmports(void)
{
    const struct profile *p = office.p;
    char *argv[48], *text[8];
    int n = 0;

    make_greeting(in_folder("greeting.wav"));
    if (asprintf(&text[0], "127.0.0.1:%u", office.port) < 0 ||
        asprintf(&text[1], "127.0.0.1:%u", office.tftp_port) < 0 ||
        asprintf(&text[2], "%u", p->offer) < 0 || asprintf(&text[3], "%u", p->device_type) < 0)
        give_up("no memory");
    char *const common[] = {(char *)(uintptr_t)vmports,
                            (char *)"run",
                            (char *)"-n",
                            (char *)"3",
                            (char *)"-s",
                            text[0],
                            (char *)"--protocol-version",
                            text[2],
                            (char *)"--device-type",
                            text[3],
                            (char *)"-g",
                            in_folder("greeting.wav"),
                            (char *)"--state-dir",
                            in_folder("state"),
                            (char *)"--control",
                            in_folder("v.sock"),
                            (char *)"--bind",
                            (char *)"127.0.0.1",
                            (char *)"-v"};
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        argv[n++] = common[i];
    if (p->pipe == PLAIN) {
        argv[n++] = (char *)"--security";
        argv[n++] = (char *)"non-secure";
    } else {
        argv[n++] = (char *)"-t";
        argv[n++] = text[1];
    }
    if (p->any_ccm)
        argv[n++] = (char *)"--any-ccm";
    if (p->brand == LIBSCCP)
        argv[n++] = (char *)"--mwi-fallback";
    argv[n] = NULL;
    office.pid = start(in_folder("vmports.log"), argv);
}

/* ---- calls
 * ------------------------------------------------------------------------------------------ */

static unsigned algorithm(void)
{
    if (office.p->pipe != TLS12_MUTUAL)
        return 0;
    return office.p->best == 22 ? 2 : 1;
}

static uint32_t next_ref(void)
{
    static uint32_t n;
    return (office.p->brand == LIBSCCP ? 0xf1234560u : 0x01000010u) + ++n;
}

static struct seat *port(unsigned number)
{
    char name[32];
    struct seat *s;

    snprintf(name, sizeof name, "CiscoUM1-VI%u", number);
    for (int64_t end = clock_ms() + 8000; clock_ms() < end; pump(&office, 20))
        if ((s = seat_of(&office, name)))
            return s;
    give_up("%s is not registered", name);
}

static void names_line_and_call(const struct seat *s, const struct message *m, uint32_t ref)
{
    if (m && (m->len < 8 || get32(m->body) != 1 || get32(m->body + 4) != ref))
        deviation("%s: 0x%04X names line %u, call %x", s->name, m->id,
                  m->len >= 4 ? get32(m->body) : 0, m->len >= 8 ? get32(m->body + 4) : 0);
}

static bool narrow(const struct seat *s)
{
    return s->version < 17;
}

static void look_at_ack(const struct seat *s, struct leg *l, const struct message *m)
{
    const size_t at = narrow(s) ? 4 : 8, tail = narrow(s) ? 8 : 24;

    if (!m)
        return;
    if (m->len != tail + 12)
        deviation("%s: OpenReceiveChannelAck of %zu bytes", s->name, m->len);
    if (get32(m->body) != 0 || memcmp(m->body + at, "\x7f\0\0\1", 4) != 0)
        deviation("%s: OpenReceiveChannelAck: status %u or a strange address", s->name,
                  get32(m->body));
    l->device_port = (uint16_t)get32(m->body + tail);
    if (!l->device_port || l->device_port % 2 || get32(m->body + tail + 4) != l->party)
        deviation("%s: OpenReceiveChannelAck: port %u, party %x", s->name, l->device_port,
                  get32(m->body + tail + 4));
}

static void wait_packets(const struct leg *l, unsigned n)
{
    for (int64_t end = clock_ms() + 4000; l->packets < n && clock_ms() < end;)
        pump(&office, 20);
}

/* Answering: hooks, then the two channels in the order of the brand. */
static void connect_call(struct seat *s, struct leg *l)
{
    names_line_and_call(s, want(&office, s, 0x0006, 3000), l->ref);
    if (office.p->brand == MOD_SKINNY) {
        send_orc(&office, s, l, 0);
        send_state(&office, s, 5, l->ref);
    } else {
        send_state(&office, s, 1, l->ref);
        if (office.p->brand == LIBSCCP || office.p->brand == CHAN_SCCP)
            send_state(&office, s, 5, l->ref);
        send_orc(&office, s, l, algorithm());
        send_state(&office, s, 5, l->ref);
    }
    if (office.p->brand == CUCM) /* the other party was quicker */
        send_smt(&office, s, l, algorithm());
    look_at_ack(s, l, want(&office, s, 0x0022, 2000));
    if (office.p->brand != CUCM)
        send_smt(&office, s, l, algorithm());
}

static void compare(const struct leg *l)
{
    if (l->heard_port != l->device_port)
        deviation("RTP comes from port %u, OpenReceiveChannelAck said %u", l->heard_port,
                  l->device_port);
    if (l->payload_len < GREETING)
        deviation("call %x: %u of %u samples were heard", l->ref, l->payload_len, GREETING);
    else if (memcmp(l->heard, greeting, GREETING) != 0)
        deviation("call %x: what was heard is not the greeting", l->ref);
}

static void digits_of_each_form(struct seat *s, const struct leg *l)
{
    static const uint32_t zero_is_ten = 10;
    struct bytes b = {0};

    put32(&b, zero_is_ten);
    put32(&b, 1);
    put32(&b, l->ref);
    seat_send(&office, s, 0x0003, &b);
    send_tone(&office, s, 0x05, l->ref);
    b.n = 0;
    put32(&b, 7);
    put32(&b, l->ref);
    put32(&b, l->party);
    seat_send(&office, s, 0x0127, &b);
}

/* The port plays to the end and hangs up by itself. */
static void call_is_heard(unsigned number)
{
    struct seat *s = port(number);
    struct leg *l = leg_open(&office, next_ref());

    send_offer(&office, s, l->ref);
    connect_call(s, l);
    wait_packets(l, 3);
    status_says("\"1001\"");
    if (!said("\"8000\""))
        deviation("%s: status does not know the called number", s->name);
    leg_says(&office, l, 20);
    digits_of_each_form(s, l);
    names_line_and_call(s, want(&office, s, 0x0007, 4000), l->ref);
    compare(l);
    send_media_end(&office, s, l);
    send_state(&office, s, 2, l->ref);
    want_silence(&office, s, 50);
    leg_close(l);
}

/* mod_skinny and chan_skinny offer calls as soon as they have sent RegisterAck (8.4). */
static void call_is_early(unsigned number)
{
    struct seat *s = port(number);
    struct leg *l;
    char name[17];

    memcpy(name, s->name, sizeof name);
    office.early_name = name;
    office.early_ref = next_ref();
    l = leg_open(&office, office.early_ref);
    seat_drop(s);
    s = port(number);
    office.early_name = NULL;
    connect_call(s, l);
    want(&office, s, 0x0007, 4000);
    compare(l);
    send_media_end(&office, s, l);
    send_state(&office, s, 2, l->ref);
    want_silence(&office, s, 50);
    leg_close(l);
}

/* AES-256-GCM does not fit the field, f8 is nobody's: a nonzero status, and the call may end (5.1).
 */
static void keys_of_no_use(unsigned number)
{
    struct seat *s = port(number);
    struct leg *l = leg_open(&office, next_ref());
    const struct message *m;

    send_offer(&office, s, l->ref);
    want(&office, s, 0x0006, 3000);
    send_state(&office, s, 1, l->ref);
    send_orc(&office, s, l, 6);
    m = want(&office, s, 0x0022, 2000);
    if (m && get32(m->body) == 0)
        deviation("%s: opens a channel with algorithm 6", s->name);
    send_state(&office, s, 2, l->ref);
    want(&office, s, 0x0007, 2000);
    leg_close(l);
}

static unsigned packets_later(const struct leg *l, int ms)
{
    const unsigned before = l->packets;
    pump(&office, ms);
    return l->packets - before;
}

/* The caller hangs up in the middle; before that another call comes to the busy port and goes. */
static void caller_hangs_up(unsigned number)
{
    struct seat *s = port(number);
    struct leg *l = leg_open(&office, next_ref());
    struct leg never = {.ref = next_ref(), .party = 99};

    send_offer(&office, s, l->ref);
    connect_call(s, l);
    wait_packets(l, 3);
    if (office.p->brand == MOD_SKINNY || office.p->brand == CUCM)
        send_offer(&office, s, never.ref);
    send_state(&office, s, 2, never.ref); /* chan_skinny: of a call never offered */
    send_media_end(&office, s, &never);
    if (packets_later(l, 120) < 2)
        deviation("%s: a second call stopped the first", s->name);
    send_media_end(&office, s, l);
    send_tone(&office, s, 0x25, l->ref);
    send_state(&office, s, 2, l->ref);
    names_line_and_call(s, want(&office, s, 0x0007, 1000), l->ref);
    pump(&office, 50);
    if (packets_later(l, 150))
        deviation("%s: sends media after StopMediaTransmission", s->name);
    want_silence(&office, s, 50);
    leg_close(l);
}

/* Both caller and callee change keys in mid-call: hold and resume, or a transfer behind the PBX. */
static void keys_change(unsigned number)
{
    struct seat *s = port(number);
    struct leg *l = leg_open(&office, next_ref());

    send_offer(&office, s, l->ref);
    connect_call(s, l);
    wait_packets(l, 5);
    send_media_end(&office, s, l);
    pump(&office, 60);
    leg_rekey(&office, l);
    send_orc(&office, s, l, algorithm());
    look_at_ack(s, l, want(&office, s, 0x0022, 2000));
    send_smt(&office, s, l, algorithm());
    wait_packets(l, 5);
    if (l->packets < 5)
        deviation("%s: silent after new keys", s->name);
    leg_says(&office, l, 5);
    send_media_end(&office, s, l);
    send_state(&office, s, 2, l->ref);
    want(&office, s, 0x0007, 1000);
    want_silence(&office, s, 50);
    leg_close(l);
}

/* The caller gives up while it rings: some brands close media that were never opened. */
static void caller_gives_up(unsigned number)
{
    struct seat *s = port(number);
    struct leg never = {.ref = next_ref(), .party = 99};

    send_offer(&office, s, never.ref);
    send_media_end(&office, s, &never);
    send_state(&office, s, 2, never.ref);
    pump(&office, 300);
    while (s->head != s->tail) { /* OffHook may have crossed; then OnHook follows */
        const uint32_t id = s->inbox[s->head++ % INBOX].id;
        if (id != 0x0006 && id != 0x0007)
            deviation("%s: 0x%04X for a call given up", s->name, id);
    }
}

/* ---- lamps
 * ------------------------------------------------------------------------------------------ */

static struct seat *who_says(uint32_t id, int ms)
{
    for (int64_t end = clock_ms() + ms; clock_ms() < end; pump(&office, 10))
        for (int i = 0; i < SEATS; i++) {
            struct seat *s = &office.seats[i];
            if (s->open && s->head != s->tail && s->inbox[s->head % INBOX].id == id)
                return s;
        }
    deviation("nobody sends 0x%04X", id);
    return NULL;
}

static void digits_are(struct seat *s, uint32_t ref, const char *number)
{
    for (const char *c = number; *c; c++) {
        const struct message *m = want(&office, s, 0x0003, 2000);
        if (!m)
            return;
        if (get32(m->body) != (uint32_t)(*c - '0') || m->len < 12 || get32(m->body + 8) != ref)
            deviation("%s: digit %zu of %s is %u", s->name, (size_t)(c - number), number,
                      get32(m->body));
    }
}

static void lamp_ends(struct seat *s, unsigned tone, uint32_t ref)
{
    send_tone(&office, s, tone, ref);
    names_line_and_call(s, want(&office, s, 0x0007, 3000), ref);
    send_state(&office, s, 2, ref);
}

static void dial_tone(struct seat *s, uint32_t ref)
{
    send_state(&office, s, 1, ref);
    send_tone(&office, s, 0x21, ref);
}

static void looks_like_1001(const struct seat *s, const struct message *m)
{
    const size_t width = s->version >= 18 ? 25 : 24;

    if (m && (m->len < 2 * width + 4 || strcmp((const char *)m->body, "1001") != 0 ||
              get32(m->body + 2 * width) != 1))
        deviation("%s: OffHookWithCallingPartyNumber of %zu bytes, from \"%.24s\"", s->name, m->len,
                  (const char *)m->body);
}

/* CUCM and CallManager take 0x24; the other four never answer it (8.4). */
static void lamps(void)
{
    const enum brand b = office.p->brand;
    const bool knows = b == CUCM || b == CM41 || b == CM3;
    const int asked = ASK((char *)"mwi", (char *)"on", (char *)"1001", (char *)"--wait");
    const uint32_t ref = next_ref();
    struct seat *s = who_says(0x0024, 3000);
    const char *number = "999991";
    int code;

    if (!s)
        return;
    looks_like_1001(s, want(&office, s, 0x0024, 100));
    if (!knows && b != LIBSCCP) {
        code = finish(asked, 6000);
        if (code != 1)
            deviation("a lamp that nobody switches: mwi exits %d", code);
        pump(&office, 100);
        while (s->head != s->tail) { /* it may hang up what it thinks it opened */
            const uint32_t id = s->inbox[s->head++ % INBOX].id;
            if (id != 0x0007)
                deviation("%s: 0x%04X after an ignored 0x24", s->name, id);
        }
        return;
    }
    if (b == LIBSCCP) {
        struct seat *again = who_says(0x0006, 4000);
        if (!again)
            return;
        s = again;
        want(&office, s, 0x0006, 100);
        number = "9999911001";
    }
    dial_tone(s, ref);
    digits_are(s, ref, number);
    send_state(&office, s, 12, ref);
    lamp_ends(s, 0x2E, ref);
    code = finish(asked, 4000);
    if (code != 0)
        deviation("a lamp that is confirmed: mwi exits %d", code);
    want_silence(&office, s, 50);
}

static void lamp_refused(void)
{
    const uint32_t ref = next_ref();
    const int asked = ASK((char *)"mwi", (char *)"off", (char *)"1001", (char *)"--wait");
    struct seat *s = who_says(0x0024, 3000);
    int code;

    if (!s)
        return;
    want(&office, s, 0x0024, 100);
    dial_tone(s, ref);
    digits_are(s, ref, "999990");
    lamp_ends(s, 0x25, ref);
    code = finish(asked, 4000);
    if (code != 1 || !said("reorder"))
        deviation("a lamp that is refused: mwi exits %d", code);
}

/* ---- sessions
 * --------------------------------------------------------------------------------------- */

static void comes_again(const char *why, unsigned before, unsigned more, int ms)
{
    for (int64_t end = clock_ms() + ms; clock_ms() < end; pump(&office, 20))
        if (office.registrations >= before + more)
            break;
    if (office.registrations != before + more)
        deviation("%s: %u registrations, wanted %u", why, office.registrations - before, more);
    for (unsigned i = 1; i <= PORTS; i++)
        port(i);
}

static void acknowledge_unregister(struct seat *s)
{
    struct bytes b = {0};

    switch (office.p->brand) {
    case CHAN_SKINNY:
        break;
    case LIBSCCP:
        put32(&b, 2);
        seat_send(&office, s, 0x009F, &b);
        break;
    case CHAN_SCCP:
    case MOD_SKINNY:
    case CM3:
    case CM41:
    case CUCM:
        put32(&b, 0);
        seat_send(&office, s, 0x0118, &b);
        break;
    }
    seat_drop(s);
}

static unsigned take_unregisters(void)
{
    unsigned n = 0;

    for (int i = 0; i < SEATS; i++) {
        struct seat *s = &office.seats[i];
        for (; s->open && s->head != s->tail; s->head++)
            if (s->inbox[s->head % INBOX].id == 0x0027) {
                acknowledge_unregister(s);
                n++;
            }
    }
    return n;
}

static void reset(unsigned type)
{
    struct seat *s = port(2);
    struct bytes b = {0};
    const unsigned before = office.registrations;

    put32(&b, type);
    seat_send(&office, s, 0x009F, &b);
    for (int64_t end = clock_ms() + 2000; s->open && clock_ms() < end; take_unregisters())
        pump(&office, 10);
    if (s->open)
        deviation("Reset %u: the connection stays", type);
    comes_again("Reset", before, 1, 8000);
}

/* Reset 3: "restart only if needed" (4.2), and a port has nothing that needs it. */
static void apply_configuration(void)
{
    struct seat *s = port(2);
    struct bytes b = {0};

    put32(&b, 3);
    seat_send(&office, s, 0x009F, &b);
    want_silence(&office, s, 200);
}

static void connection_is_cut(void)
{
    const unsigned before = office.registrations;

    seat_drop(port(1));
    comes_again("cut", before, 1, 8000);
}

static void nobody_answers(void)
{
    const unsigned before = office.registrations;

    office.silent = true;
    for (int64_t end = clock_ms() + 8000; clock_ms() < end; pump(&office, 20)) {
        take_unregisters();
        if (!seat_of(&office, "CiscoUM1-VI1") && !seat_of(&office, "CiscoUM1-VI2") &&
            !seat_of(&office, "CiscoUM1-VI3"))
            break;
        if (office.registrations != before)
            break;
    }
    office.silent = false;
    comes_again("keepalives without an answer", before, PORTS, 8000);
}

static void stop(void)
{
    unsigned n = 0;
    int code;

    kill(office.pid, SIGTERM);
    for (int64_t end = clock_ms() + 4000; n < PORTS && clock_ms() < end; n += take_unregisters())
        pump(&office, 10);
    if (n != PORTS)
        deviation("%u ports unregister at the end", n);
    code = finish(office.pid, 6000);
    office.pid = 0;
    if (code != 0)
        deviation("vmports ends with %d", code);
}

/* A refused port keeps away for a long time, as 4.2 advises; an operator's reset brings it back. */
static void refused_until_reset(void)
{
    pump(&office, 1500);
    if (office.rejections != 1 || seat_of(&office, office.rejected))
        deviation("Register was refused %u times", office.rejections);
    if (finish(ASK((char *)"reset", (char *)"CiscoUM1-VI3"), 3000) != 0)
        deviation("reset of one port failed");
    port(3);
}

static void play(void)
{
    start_vmports();
    port(1);
    port(2);
    refused_until_reset();
    call_is_heard(1);
    call_is_heard(1);
    caller_hangs_up(2);
    keys_change(3);
    caller_gives_up(2);
    if (office.p->brand == MOD_SKINNY || office.p->brand == CHAN_SKINNY)
        call_is_early(1);
    lamps();
    if (office.p->brand == CUCM) {
        keys_of_no_use(1);
        lamp_refused();
    }
    reset(1);
    reset(2);
    apply_configuration();
    connection_is_cut();
    nobody_answers();
    call_is_heard(3);
    stop();
}

/* Only answers, for others to be tried against; ends with its parent's signal. */
_Noreturn static void serve(void)
{
    office_open(&office, NULL);
    printf("tftp %u\ntls %u\n", office.tftp_port, office.port);
    for (;;)
        pump(&office, 1000);
}

static const struct profile *profile_called(const char *name)
{
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++)
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    give_up("no profile is called %s", name);
}

static int list_profiles(void)
{
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++)
        puts(profiles[i].name);
    return 0;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 1)
        return list_profiles();
    if (argc != 3 && argc != 4)
        return 2;
    profile_name = argc == 3 ? argv[2] : argv[1];
    office.p = profile_called(profile_name);
    if (argc == 3)
        serve();
    vmports = argv[2];
    folder = argv[3];
    office.rejected = "CiscoUM1-VI3";
    office_open(&office, in_folder("root.pem"));
    play();
    office_close(&office);
    printf("%s: %u deviations, %u registrations, %u keepalives\n", profile_name, deviations,
           office.registrations, office.keepalives);
    return deviations ? 1 : 0;
}
